"""What an apply did: events while it goes on, a report at its end."""

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
