"""The words of a difference: what is done to a resource, why, and whether it may happen now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.errors import Location
from reconciler.fields import Mutability
from reconciler.values import Json, Unseen


class Action(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    TERMINATE = "terminate"
    DELETE = "delete"
    ADOPT = "adopt"
    FORGET = "forget"
    NO_OP = "no_op"


class Reason(StrEnum):
    """Why that action."""

    NOT_FOUND = "not_found"
    REMOVED_OUTSIDE = "removed_outside"
    ENDED = "ended"
    MANIFEST_CHANGED = "manifest_changed"
    DRIFTED = "drifted"
    IMMUTABLE_FIELD = "immutable_field"
    NOT_DECLARED = "not_declared"
    REQUESTED = "requested"
    UP_TO_DATE = "up_to_date"
    COMPLETED = "completed"
    PRESUMED_FINISHED = "presumed_finished"
    RUNNING = "running"
    RETRY = "retry"
    NOT_SUCCEEDED = "not_succeeded"
    MOVED = "moved"
    """What it stands on is replaced."""
    TAKEN = "taken"
    """Something that is not ours has its name."""
    UNSETTLED = "unsettled"


class Standing(StrEnum):
    """Whether an action may happen now. `HELD` and `WAITING` are shown and are no change."""

    READY = "ready"
    BLOCKED = "blocked"
    HELD = "held"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field's before and after, spelled as the manifest spells it.

    A secret's value is never here: `is_secret` and both values `UNSEEN`. `is_drift` is true when
    we had set `after` before and the live value moved away from it.
    """

    path: str
    before: Json | Unseen
    after: Json | Unseen
    mutability: Mutability
    root: str
    """The top-level folded field an update has to send."""
    unit: str = ""
    is_secret: bool = False
    is_drift: bool = False
    location: Location | None = None
