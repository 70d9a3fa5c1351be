"""A job and its tasks as stored.

Source: Deadline 10 REST pages for the state numbers; the order of the rules is the sandbox's own.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from reconciler.sandbox.deadline.props import PROP_OF
from reconciler.sandbox.vendor import Json

PRE_TASK_ID = -1
POST_TASK_ID = -2


class JobStat(IntEnum):
    """The state of a job."""

    ACTIVE = 1
    SUSPENDED = 2
    COMPLETED = 3
    FAILED = 4
    PENDING = 6


class TaskStat(IntEnum):
    """The state of a task; its numbers are not those of jobs."""

    QUEUED = 2
    SUSPENDED = 3
    RENDERING = 4
    COMPLETED = 5
    FAILED = 6
    PENDING = 8


_WAITING = frozenset({TaskStat.QUEUED, TaskStat.PENDING})
OVER = frozenset({TaskStat.COMPLETED, TaskStat.FAILED})


@dataclass(slots=True)
class Task:
    """A chunk of frames.

    `run` counts the times it was started; `leaving` is the state it goes to as soon as its worker
    sees that it was taken back.
    """

    number: int
    frames: tuple[int, ...]
    stat: TaskStat = TaskStat.QUEUED
    worker: str = ""
    errors: int = 0
    run: int = 0
    leaving: TaskStat | None = None
    waiting_s: float | None = None
    start_s: float | None = None
    end_s: float | None = None
    done_s: float | None = None

    @property
    def is_over(self) -> bool:
        """Whether it completed or failed."""
        return self.stat in OVER


@dataclass(slots=True)
class Job:
    """A job; `props` holds the properties that differ from their defaults.

    `ordered` is the state that a command gave the job while its last tasks still render;
    `is_released` says that its dependencies and its schedule no longer hold it back; `rendered` is
    its text in an answer with the version of the switches it was made by.
    """

    job_id: str
    plugin: str
    machine: str
    date_s: float
    props: dict[str, Json] = field(default_factory=dict)
    aux: list[str] = field(default_factory=list)
    out_dir: list[str] = field(default_factory=list)
    out_file: list[str] = field(default_factory=list)
    tile_file: list[str] = field(default_factory=list)
    extra: dict[str, Json] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    pre_task: Task | None = None
    post_task: Task | None = None
    ordered: JobStat | None = None
    is_released: bool = False
    started_s: float | None = None
    done_s: float | None = None
    errors: int = 0
    worker_errors: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    listed_from_s: float = 0.0
    stamp: int = 0
    counts: Counter[TaskStat] = field(default_factory=Counter)
    stat: JobStat = JobStat.ACTIVE
    rendered: tuple[int, str] | None = None

    def prop(self, name: str) -> Json:
        """The value of a property; not to be changed in place."""
        return self.props.get(name, PROP_OF[name].default)

    def set_prop(self, name: str, value: Json) -> None:
        """Give a property a value; its default takes no room."""
        self.rendered = None
        if value == PROP_OF[name].default:
            self.props.pop(name, None)
        else:
            self.props[name] = value

    def all_tasks(self) -> Iterator[Task]:
        """Tasks in the order of rendering, those of the job scripts included."""
        if self.pre_task is not None:
            yield self.pre_task
        yield from self.tasks
        if self.post_task is not None:
            yield self.post_task

    def task(self, number: int) -> Task | None:
        """The task of that number, job scripts included."""
        if 0 <= number < len(self.tasks):
            return self.tasks[number]
        scripts = {PRE_TASK_ID: self.pre_task, POST_TASK_ID: self.post_task}
        return scripts.get(number)

    def recount(self) -> None:
        """Bring counts and state up to date with the tasks."""
        self.rendered = None
        self.counts = Counter(task.stat for task in self.tasks)
        self.set_prop("Tasks", len(self.tasks))
        stats = self.counts
        if self.pre_task is not None or self.post_task is not None:
            stats = stats + Counter(self._script_stats())
        if not stats[TaskStat.RENDERING] or any(stats[one] for one in _WAITING):
            self.ordered = None
        self.stat = self._derived(stats)

    def _script_stats(self) -> Iterator[TaskStat]:
        """A post job script counts when all the rest is completed."""
        if self.pre_task is not None:
            yield self.pre_task.stat
        if self.post_task is not None and self.counts[TaskStat.COMPLETED] == len(self.tasks):
            yield self.post_task.stat

    def _derived(self, stats: Counter[TaskStat]) -> JobStat:
        if sum(stats.values()) == stats[TaskStat.COMPLETED]:
            return JobStat.COMPLETED
        if self.pre_task is not None and self.pre_task.stat == TaskStat.FAILED:
            return JobStat.FAILED
        if self.ordered is not None:
            return self.ordered
        if stats[TaskStat.QUEUED] or stats[TaskStat.RENDERING]:
            return JobStat.ACTIVE
        if stats[TaskStat.SUSPENDED]:
            return JobStat.SUSPENDED
        return JobStat.PENDING if stats[TaskStat.PENDING] else JobStat.FAILED
