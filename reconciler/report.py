"""What an apply did, and what came of work: events while it goes on, a report at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.address import Address
from reconciler.errors import Problem
from reconciler.model import Verb


class Passed(StrEnum):
    """Whether what we asked for passed."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    PENDING = "pending"
    UNKNOWN = "unknown"


class EventKind(StrEnum):
    STARTED = "started"
    WAITING = "waiting"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one step; `done` of `total` steps have ended by now."""

    kind: EventKind
    address: Address
    verb: Verb
    done: int
    total: int
    passed: Passed | None = None
    problem: Problem | None = None
    text: str = ""
    elapsed_s: float = 0.0


@dataclass(frozen=True, slots=True)
class StepReport:
    """How one step ended; a skipped one names the step it waited for in `problem`."""

    address: Address
    verb: Verb
    passed: Passed
    remote_id: str = ""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """How an apply ended; `interrupted` is the signal's number, 0 when there was none."""

    steps: tuple[StepReport, ...] = ()
    not_honoured: tuple[Problem, ...] = ()
    interrupted: int = 0
    elapsed_s: float = 0.0
    requests: Mapping[str, int] = field(default_factory=dict)

    def count(self, passed: Passed) -> int:
        return sum(step.passed is passed for step in self.steps)

    @property
    def is_complete(self) -> bool:
        return all(step.passed is Passed.DONE for step in self.steps)


# --- work -----------------------------------------------------------------------------------------


class Phase(StrEnum):
    """How far a share of finite work has come, in one word; `is_over` are those it stays in."""

    NOT_STARTED = "not_started"
    WAITING = "waiting"
    """Made at the vendor, and nothing of it runs now."""
    RUNNING = "running"
    SUSPENDED = "suspended"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    PRESUMED_FINISHED = "presumed_finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    LOST = "lost"
    UNKNOWN = "unknown"

    @property
    def is_good(self) -> bool:
        return self in (Phase.SUCCEEDED, Phase.PRESUMED_FINISHED)

    @property
    def is_going(self) -> bool:
        return self in _GOING

    @property
    def is_over(self) -> bool:
        return self is not Phase.NOT_STARTED and self not in _GOING


_GOING = frozenset({Phase.WAITING, Phase.RUNNING, Phase.SUSPENDED, Phase.STOPPING})


@dataclass(frozen=True, slots=True)
class WorkSeen:
    """One share of work as it was last seen; `state` is the vendor's own word.

    `is_gone`: its vendor has it no more. `progress` is from 0 to 1. `failure` is text from outside.
    """

    address: Address
    phase: Phase
    ranges: str = ""
    state: str = ""
    attempt: int = 0
    remote_id: str = ""
    progress: float | None = None
    failure: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """One look at all work that is waited for; `moved` came into another state since the last.

    `fraction` of it, from 0 to 1, is done or over. `problem` tells why nothing could be seen.
    """

    moved: tuple[WorkSeen, ...]
    counts: Mapping[Phase, int]
    fraction: float
    elapsed_s: float
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class WaitReport:
    """How a wait ended, share by share; `interrupted` is the signal's number, else 0.

    `is_late`: its time was over before the work was.
    """

    works: tuple[WorkSeen, ...] = ()
    interrupted: int = 0
    is_late: bool = False
    elapsed_s: float = 0.0

    def count(self, phase: Phase) -> int:
        return sum(each.phase is phase for each in self.works)

    def those(self, *, good: bool) -> tuple[WorkSeen, ...]:
        """What is over, and well or not."""
        return tuple(e for e in self.works if e.phase.is_over and e.phase.is_good is good)
