"""A job, its executions and what they leave: a life that is planned whole and that a cancel cuts.

Source: reference of the compute API, v1.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from reconciler.sandbox.vendor import Json

QUEUED, RUNNING = "QUEUED", "RUNNING"
SUCCEEDED, FAILED, CANCELED = "SUCCEEDED", "FAILED", "CANCELED"
OVER = frozenset({SUCCEEDED, FAILED, CANCELED})


@dataclass(slots=True)
class Execution:
    """One run of a task. `index` counts within the task; a time that is None never comes.

    `outputs` are pairs of a name and a resource id.
    """

    id: str
    task: str
    index: int
    started_s: float | None
    ended_s: float | None
    outcome: str
    error: Json
    log: tuple[str, str]
    outputs: list[tuple[str, str]]

    def status(self, now_s: float) -> str:
        """The word for how far it has come."""
        return _status(self.started_s, self.ended_s, self.outcome, now_s)

    def changed_s(self, now_s: float) -> float | None:
        """When its status changed last; None before it started."""
        return max(_passed(now_s, self.started_s, self.ended_s), default=None)

    def cut(self, at_s: float, now_s: float) -> None:
        """A cancel of now takes effect then; what has not started will not."""
        if _ends_before(self.started_s, self.ended_s, at_s, now_s):
            return
        if self.started_s is None or self.started_s > now_s:
            self.started_s = at_s
        self.ended_s, self.outcome, self.error, self.outputs = at_s, CANCELED, None, []


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that an execution left: an output, or its log. `path` is as the lists show it."""

    path: str
    resource_id: str
    since_s: float


@dataclass(slots=True)
class Job:
    """A job of one app in one queue. `number` grows with each creation; `space` is the key of the
    space of its outputs; it is in no list before `listed_s`."""

    id: str
    number: int
    app: str
    queue: str
    region: str
    space: str
    name: str | None
    tags: list[str]
    tasks: list[Json]
    created_s: float
    listed_s: float
    started_s: float | None = None
    ended_s: float | None = None
    outcome: str = SUCCEEDED
    error: Json = None
    canceled_s: float | None = None
    deleted_s: float | None = None
    executions: list[Execution] = field(default_factory=list)

    def status(self, now_s: float) -> str:
        """The word for how far it has come."""
        return _status(self.started_s, self.ended_s, self.outcome, now_s)

    def is_over(self, now_s: float) -> bool:
        """Whether nothing will happen to it any more."""
        return self.ended_s is not None and self.ended_s <= now_s

    def changed_s(self, now_s: float) -> float:
        """When its status changed last."""
        return max(_passed(now_s, self.created_s, self.started_s, self.ended_s))

    def cancel(self, now_s: float, at_s: float) -> None:
        """Ask now for an end then, which does nothing to what runs and has ended by then."""
        self.canceled_s = now_s
        times = [(one.started_s, one.ended_s) for one in self.executions]
        times.append((self.started_s, self.ended_s))
        if all(_ends_before(started_s, ended_s, at_s, now_s) for started_s, ended_s in times):
            return
        if self.started_s is None or self.started_s > now_s:
            self.started_s = at_s
        self.ended_s, self.outcome, self.error = at_s, CANCELED, None
        for execution in self.executions:
            execution.cut(at_s, now_s)

    def logs(self, now_s: float) -> Iterator[Kept]:
        """The logs there are by now."""
        for one in self.executions:
            if one.ended_s is not None and one.ended_s <= now_s:
                yield Kept(_path(one, one.log[0]), one.log[1], one.ended_s)

    def outputs(self, now_s: float) -> Iterator[Kept]:
        """The outputs there are by now."""
        for one in self.executions:
            if one.ended_s is not None and one.ended_s <= now_s and one.outcome == SUCCEEDED:
                yield from (Kept(_path(one, name), id_, one.ended_s) for name, id_ in one.outputs)


def _path(execution: Execution, name: str) -> str:
    return f"/{execution.task}/{execution.index}/{name}"


def _ends_before(started_s: float | None, ended_s: float | None, at_s: float, now_s: float) -> bool:
    """Whether what has these times runs by now, and has ended then."""
    is_started = started_s is not None and started_s <= now_s
    return is_started and ended_s is not None and ended_s <= at_s


def _passed(now_s: float, *times: float | None) -> list[float]:
    return [at_s for at_s in times if at_s is not None and at_s <= now_s]


def _status(started_s: float | None, ended_s: float | None, outcome: str, now_s: float) -> str:
    if ended_s is not None and ended_s <= now_s:
        return outcome
    return QUEUED if started_s is None or started_s > now_s else RUNNING
