"""Worlds that people wrote down, to begin with, and the workers of one that nobody wrote."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from reconciler.sandbox.deadline.commands import Commands
from reconciler.sandbox.deadline.job import Job, JobStat, TaskStat
from reconciler.sandbox.deadline.job_life import JobLife
from reconciler.sandbox.deadline.limit import Limit
from reconciler.sandbox.deadline.limit_routes import changed_limit
from reconciler.sandbox.deadline.rendering import Rendering
from reconciler.sandbox.deadline.submission import Submission
from reconciler.sandbox.deadline.transport import Refused
from reconciler.sandbox.deadline.worker import Worker, WorkerStat
from reconciler.sandbox.deadline.world import World
from reconciler.sandbox.sandbox import WorldError
from reconciler.sandbox.settings import SettingError, change_tables
from reconciler.sandbox.vendor import Json

_PARTS = ("settings", "workers", "pools", "groups", "limits", "users", "jobs")
_GIB = 1024**3
_ENDS: Mapping[str, TaskStat] = {"Completed": TaskStat.COMPLETED, "Failed": TaskStat.FAILED}
_STATES = ("Active", "Suspended", "Pending", "Completed", "Failed", "Deleted", "Archived")
_DEFAULT_WORKERS: tuple[Json, ...] = (
    {"Name": "node01", "Procs": 16, "RAM": 64 * _GIB},
    {"Name": "node02", "Procs": 16, "RAM": 64 * _GIB},
    {"Name": "node03", "Procs": 32, "RAM": 128 * _GIB},
    {"Name": "node04", "Procs": 32, "RAM": 128 * _GIB},
    {"Name": "gpu01", "Procs": 64, "RAM": 256 * _GIB, "Vid": "NVIDIA RTX 6000 Ada Generation"},
)


class WorldSeed:
    """Fills a new world with settings, workers, pools, groups, limits, users and jobs.

    A worker is an object of its measured values and settings, `Pools`, `Grps` and `Stat` among
    them. A job is the body of a submission with `state`, `age_s` (seconds since then) and `count`
    beside it; it was submitted that long ago and has that state now. The copies of one that counts
    more than 1 end in `-00001` and so on. Its dependencies may be names of jobs above it. A world
    without workers has five.
    """

    def __init__(self, world: World, life: JobLife, rendering: Rendering) -> None:
        self._world = world
        self._life = life
        self._commands = Commands(world, life, rendering)
        self._submission = Submission(world, life)
        self._ids: dict[str, str] = {}

    def fill(self, wanted: Json) -> None:
        """Fill the world.

        Raises:
            WorldError: says which part can't be used, and why.
        """
        if not isinstance(wanted, dict) or wanted.keys() - set(_PARTS):
            raise WorldError(f"a deadline world is an object of {', '.join(_PARTS)}")
        try:
            change_tables(self._world.tables(), wanted.get("settings", {}))
        except SettingError as error:
            raise WorldError(f"deadline settings: {error}") from error
        readers: dict[str, Callable[[Json], None]] = {
            "workers": self._add_worker,
            "pools": lambda name: self._world.pools.update({_name(name): 0.0}),
            "groups": lambda name: self._world.groups.update({_name(name): 0.0}),
            "limits": self._add_limit,
            "users": lambda name: self._world.users.update({str(name): ["Everyone"]}),
            "jobs": self._add_jobs,
        }
        parts = {"workers": list(_DEFAULT_WORKERS)} | wanted
        for part, read in readers.items():
            for i, one in enumerate(parts.get(part, [])):
                self._read(read, one, f"deadline {part}[{i}]")

    def _read(self, read: Callable[[Json], None], one: Json, where: str) -> None:
        try:
            read(one)
        except Refused as refused:
            raise WorldError(f"{where}: {refused.answer.body.decode()}") from refused
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise WorldError(f"{where}: {error}") from error

    def _add_worker(self, one: Json) -> None:
        worker = Worker(str(one["Name"]))
        worker.pools, worker.groups = list(one.get("Pools", [])), list(one.get("Grps", []))
        worker.stat = WorkerStat(one.get("Stat", WorkerStat.IDLE))
        worker.measured |= {name: one[name] for name in worker.measured.keys() & one.keys()}
        worker.settings |= {name: one[name] for name in worker.settings.keys() & one.keys()}
        known = {"Name", "Pools", "Grps", "Stat", *worker.measured, *worker.settings}
        if one.keys() - known:
            raise ValueError(f"a worker has no {min(one.keys() - known)}")
        self._world.workers[worker.name.lower()] = worker

    def _add_limit(self, one: Json) -> None:
        limit = changed_limit(Limit(str(one["Name"])), one)
        self._world.limits[limit.name.lower()] = limit

    def _add_jobs(self, one: Json) -> None:
        state, age_s, count = one.get("state", "Active"), one.get("age_s", 0), one.get("count", 1)
        if state not in _STATES or age_s < 0 or count < 1:
            raise ValueError(f"state is one of {', '.join(_STATES)}, age_s and count are positive")
        first = self._submission.read(self._with_ids(one), self._world.clock.now_s() - age_s)
        for i in range(count):
            job = first if count == 1 else _copy(first, f"{first.prop('Name')}-{i + 1:05d}")
            self._submission.put(job, self._world.clock.now_s(), 0.0)
            self._ids[job.prop("Name")] = job.job_id
            self._place(job, state)

    def _with_ids(self, one: Json) -> dict[str, Json]:
        sent = dict(one["JobInfo"])
        for key in [key for key in sent if key.startswith(("JobDependencies", "JobDependency"))]:
            names = (name.strip() for name in str(sent[key]).split(","))
            sent[key] = ",".join(self._ids.get(name, name) for name in names)
        return {"PluginInfo": {}, "AuxFiles": [], **one, "JobInfo": sent}

    def _place(self, job: Job, state: str) -> None:
        at_s = self._world.clock.now_s()
        match state:
            case "Completed" | "Failed":
                self._end(job, _ENDS[state])
            case "Suspended":
                self._commands.of_job(job, "suspend", at_s)
            case "Pending":
                for task in job.all_tasks():
                    task.stat = TaskStat.PENDING
                self._life.changed(job, at_s)
            case "Deleted":
                self._life.delete(job, at_s)
            case "Archived":
                self._end(job, TaskStat.COMPLETED)
                if job.job_id in self._world.jobs:
                    self._life.archive(job, at_s)

    def _end(self, job: Job, stat: TaskStat) -> None:
        for task in job.all_tasks():
            task.stat, task.start_s, task.done_s = stat, job.date_s, job.date_s
        job.started_s = job.date_s
        self._life.changed(job, job.date_s)
        if stat == TaskStat.FAILED and job.stat != JobStat.FAILED:
            raise ValueError("it can't be failed")


def _copy(job: Job, name: str) -> Job:
    return Job(
        job_id="",
        plugin=job.plugin,
        machine=job.machine,
        date_s=job.date_s,
        props={**job.props, "Name": name},
        aux=job.aux,
        out_dir=job.out_dir,
        out_file=job.out_file,
        tile_file=job.tile_file,
        extra=job.extra,
        tasks=[replace(task) for task in job.tasks],
        pre_task=replace(job.pre_task) if job.pre_task is not None else None,
        post_task=replace(job.post_task) if job.post_task is not None else None,
    )


def _name(name: Json) -> str:
    if not isinstance(name, str):
        raise TypeError("a name is a string")
    return name.lower()
