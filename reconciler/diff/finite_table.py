"""What is decided for work that runs once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import assert_never

from reconciler.diff.change import Action, Reason, Standing
from reconciler.diff.table import (
    Decision,
    Row,
    blocked,
    first_match,
    unconfirmed,
    unreadable,
    unsettled,
)
from reconciler.lifecycle import Lifecycle, OnChange, OnEnd


class Current(StrEnum):
    """The newest attempt of the wanted run key, as far as it is live or remembered."""

    NONE = "none"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    DRAINING = "draining"
    SUCCEEDED = "succeeded"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ABSENT_IN_TIME = "absent_in_time"
    """Last seen active, now absent, and its retention has passed: it may well have finished."""
    ABSENT_TOO_SOON = "absent_too_soon"
    PRESUMED_FINISHED = "presumed_finished"
    LOST = "lost"
    UNKNOWN = "unknown"


STILL_THERE = frozenset({Current.ACTIVE, Current.SUSPENDED, Current.DRAINING})
_PRESUMED = frozenset({Current.ABSENT_IN_TIME, Current.PRESUMED_FINISHED})


@dataclass(frozen=True, slots=True)
class FiniteSituation:
    """One wanted range of one address; `attempts` counts creations of the wanted run key."""

    is_readable: bool = True
    is_settled: bool = True
    is_twofold: bool = False
    """Several objects stand for one creation, and are not over."""
    is_unconfirmed: bool = False
    """An object of ours that nothing remembered speaks of is, or may become, the wanted work."""
    other_is_active: bool = False
    """Another run key of this address is not over."""
    current: Current = Current.NONE
    has_steering_change: bool = False
    attempts: int = 0
    lifecycle: Lifecycle = field(default_factory=Lifecycle)


def _on_change(situation: FiniteSituation) -> Decision:
    """What the other run asks for; a run of the current key is steered all the same."""
    if situation.current in STILL_THERE and _is_steered(situation):
        return _while_there(situation)
    match situation.lifecycle.on_change:
        case OnChange.REFUSE:
            return blocked(
                Reason.MANIFEST_CHANGED,
                "the run of the earlier declaration is not over",
                "wait for it, stop ADDRESS, or set lifecycle.onChange to wait or replace",
            )
        case OnChange.WAIT:
            return Decision(
                Action.CREATE,
                Reason.MANIFEST_CHANGED,
                Standing.WAITING,
                "waits until the run of the earlier declaration is over",
                "it starts with a later apply; stop ADDRESS ends the earlier run at once",
            )
        case OnChange.REPLACE:
            return Decision(_once_stopped(situation), Reason.MANIFEST_CHANGED)
        case _:
            assert_never(situation.lifecycle.on_change)


def _once_stopped(situation: FiniteSituation) -> Action:
    """To make the wanted run as well, unless it has run before or its fate is to be decided."""
    _, after = first_match(FINITE, replace(situation, other_is_active=False))
    return Action.REPLACE if after.action is Action.CREATE else Action.TERMINATE


def _is_steered(situation: FiniteSituation) -> bool:
    return situation.has_steering_change and situation.current is not Current.DRAINING


def _while_there(situation: FiniteSituation) -> Decision:
    is_steered = _is_steered(situation)
    return Decision(
        Action.UPDATE if is_steered else Action.NO_OP,
        Reason.MANIFEST_CHANGED if is_steered else Reason.RUNNING,
        says=situation.current.value,
    )


def _again_or_hold(situation: FiniteSituation, policy: OnEnd, says: str) -> Decision:
    if policy is OnEnd.RERUN and situation.attempts < situation.lifecycle.max_attempts:
        return Decision(Action.CREATE, Reason.RETRY, says=says)
    return _held(Reason.NOT_SUCCEEDED, says)


def _held(reason: Reason, says: str) -> Decision:
    way_out = "rerun ADDRESS starts it again; so does raising lifecycle.run"
    return Decision(Action.NO_OP, reason, Standing.HELD, says, way_out)


def _twofold() -> Decision:
    return blocked(
        Reason.UNSETTLED,
        "two objects stand for one run",
        "stop ADDRESS ends them; or remove the copy at the vendor",
    )


WITHDRAWN_BEFORE = "stopped by an earlier apply of ours"

FINITE: tuple[Row[FiniteSituation], ...] = (
    Row(
        "1",
        "the list or the state can't be read completely",
        lambda s: not s.is_readable,
        lambda s: unreadable(),
    ),
    Row(
        "2",
        "an intent of this address is open",
        lambda s: not s.is_settled,
        lambda s: unsettled(),
    ),
    Row(
        "3",
        "two objects of one run key, attempt and range, neither over; or an unconfirmed one",
        lambda s: s.is_twofold or s.is_unconfirmed,
        lambda s: _twofold() if s.is_twofold else unconfirmed(),
    ),
    Row(
        "4", "another run key of this address is not over", lambda s: s.other_is_active, _on_change
    ),
    Row(
        "5",
        "the current run is active, suspended or draining",
        lambda s: s.current in STILL_THERE,
        _while_there,
    ),
    Row(
        "6",
        "the current run succeeded",
        lambda s: s.current is Current.SUCCEEDED,
        lambda s: Decision(Action.NO_OP, Reason.COMPLETED),
    ),
    Row(
        "7",
        "the current run was withdrawn by our own apply",
        lambda s: s.current is Current.WITHDRAWN,
        lambda s: Decision(Action.CREATE, Reason.RETRY, says=WITHDRAWN_BEFORE),
    ),
    Row(
        "8a",
        "the current run failed",
        lambda s: s.current is Current.FAILED,
        lambda s: _again_or_hold(s, s.lifecycle.on_failure, "failed"),
    ),
    Row(
        "8b",
        "the current run was cancelled by a person",
        lambda s: s.current is Current.CANCELLED,
        lambda s: _held(Reason.NOT_SUCCEEDED, "cancelled"),
    ),
    Row(
        "9",
        "last seen active, absent since its retention has passed",
        lambda s: s.current in _PRESUMED,
        lambda s: Decision(Action.NO_OP, Reason.PRESUMED_FINISHED, says="presumed finished"),
    ),
    Row(
        "10a",
        "last seen active, absent too soon",
        lambda s: s.current in (Current.ABSENT_TOO_SOON, Current.LOST),
        lambda s: _again_or_hold(s, s.lifecycle.on_lost, "lost"),
    ),
    Row(
        "10b",
        "it can't be told whether the run came and went",
        lambda s: s.current is Current.UNKNOWN,
        lambda s: _held(Reason.UNSETTLED, "its outcome is unknown"),
    ),
    Row(
        "11",
        "nothing of the current key, only other keys that are over",
        lambda s: True,
        lambda s: Decision(Action.CREATE, Reason.NOT_FOUND),
    ),
)
