"""The manifest block `lifecycle`: how changes, ends and removal of a resource are treated."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class OnChange(StrEnum):
    REFUSE = "refuse"
    WAIT = "wait"
    REPLACE = "replace"


class OnGrow(StrEnum):
    MISSING = "missing"
    RERUN = "rerun"


class OnEnd(StrEnum):
    """What follows a failed or a lost run."""

    HOLD = "hold"
    RERUN = "rerun"


class OnRemove(StrEnum):
    TERMINATE = "terminate"
    DELETE = "delete"
    ARCHIVE = "archive"
    FORGET = "forget"


class WhenRunning(StrEnum):
    REFUSE = "refuse"
    DRAIN = "drain"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The manifest block of that name; `None`: as remembered, else the kind's default."""

    protect: bool | None = None
    run: int = 1
    renamed_from: str | None = None
    ignore: tuple[str, ...] = ()
    on_change: OnChange = OnChange.REFUSE
    on_grow: OnGrow | None = None
    on_failure: OnEnd = OnEnd.HOLD
    max_attempts: int = 3
    on_lost: OnEnd = OnEnd.HOLD
    on_remove: OnRemove | None = None
    replacement: str | None = None
    """Under `onRemove: {delete: {replacement: NAME}}`: what takes its place for its users."""
    when_running: WhenRunning | None = None


UNSAID = Lifecycle()
"""Of a manifest that has no such block."""
