"""The decision tables, as data: one row per situation, first match wins.

`STANDING` decides for what is kept as declared, `FINITE` for work that runs once. The rows are
printed into the documentation and tried one by one; a property shows that some row always matches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar, assert_never

from reconciler.diff.change import Action, Reason, Standing
from reconciler.lifecycle import Lifecycle, OnChange, OnEnd

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows for one address; `way_out` tells what ends a block or a hold."""

    action: Action
    reason: Reason
    standing: Standing = Standing.READY
    says: str = ""
    way_out: str = ""


@dataclass(frozen=True, slots=True)
class Row(Generic[S]):
    """`number` is the row's place in the documentation."""

    number: str
    situation: str
    matches: Callable[[S], bool]
    decide: Callable[[S], Decision]


def first_match(table: tuple[Row[S], ...], situation: S) -> tuple[Row[S], Decision]:
    """The row that decides, and what it decides. The last row of a table matches everything."""
    row = next(row for row in table if row.matches(situation))
    return row, row.decide(situation)


# --- what is kept as declared ---------------------------------------------------------------------


class Live(StrEnum):
    """What is there at a standing address."""

    ABSENT = "absent"
    THERE = "there"
    OVER = "over"


class Differs(StrEnum):
    """The heaviest difference between what is wanted and what is there."""

    NOT = "not"
    REFUSED = "refused"
    NOT_HONOURED = "not_honoured"
    IN_PLACE = "in_place"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class StandingSituation:
    is_list_complete: bool = True
    is_settled: bool = True
    is_twofold: bool = False
    """Two objects of ours stand at the address, or one that no record or intent confirms."""
    is_recorded: bool = False
    live: Live = Live.ABSENT
    differs: Differs = Differs.NOT
    is_drift: bool = False


def _blocked(reason: Reason, says: str, way_out: str) -> Decision:
    return Decision(Action.NO_OP, reason, Standing.BLOCKED, says, way_out)


def _difference(action: Action) -> Callable[[StandingSituation], Decision]:
    def decide(situation: StandingSituation) -> Decision:
        if action is Action.REPLACE and not situation.is_drift:
            return Decision(action, Reason.IMMUTABLE_FIELD)
        return Decision(action, Reason.DRIFTED if situation.is_drift else Reason.MANIFEST_CHANGED)

    return decide


STANDING: tuple[Row[StandingSituation], ...] = (
    Row(
        "S1",
        "the list could not be read to its end",
        lambda s: not s.is_list_complete,
        lambda s: _blocked(
            Reason.UNSETTLED,
            "the vendor's list could not be read to its end",
            "run again when the vendor answers",
        ),
    ),
    Row(
        "S2",
        "an earlier request's outcome is not known yet",
        lambda s: not s.is_settled,
        lambda s: _blocked(
            Reason.UNSETTLED,
            "the answer to an earlier request was lost and can't be settled yet",
            "run apply: it settles this first",
        ),
    ),
    Row(
        "S3",
        "two objects of ours, or one that nothing we remember confirms",
        lambda s: s.is_twofold,
        lambda s: _blocked(
            Reason.UNSETTLED,
            "an object carries our marker that no record confirms",
            "adopt it, or remove it at the vendor",
        ),
    ),
    Row(
        "S4",
        "absent, though we have a record",
        lambda s: s.live is Live.ABSENT and s.is_recorded,
        lambda s: Decision(Action.CREATE, Reason.REMOVED_OUTSIDE, says="removed outside"),
    ),
    Row(
        "S5",
        "absent",
        lambda s: s.live is Live.ABSENT,
        lambda s: Decision(Action.CREATE, Reason.NOT_FOUND),
    ),
    Row(
        "S6",
        "over at the vendor",
        lambda s: s.live is Live.OVER,
        lambda s: Decision(Action.REPLACE, Reason.ENDED),
    ),
    Row(
        "S7",
        "a field was dropped that has no default to go back to",
        lambda s: s.differs is Differs.REFUSED,
        lambda s: _blocked(Reason.MANIFEST_CHANGED, "a field may not be dropped", ""),
    ),
    Row(
        "S8",
        "a field differs that only a new object can have",
        lambda s: s.differs is Differs.REPLACE,
        _difference(Action.REPLACE),
    ),
    Row(
        "S9",
        "a field differs that can be changed in place",
        lambda s: s.differs is Differs.IN_PLACE,
        _difference(Action.UPDATE),
    ),
    Row(
        "S10",
        "the vendor accepted a value and did not keep it",
        lambda s: s.differs is Differs.NOT_HONOURED,
        lambda s: _blocked(
            Reason.DRIFTED,
            "the vendor accepted this before and did not keep it",
            "write the value it keeps, or add the field to lifecycle.ignore",
        ),
    ),
    Row(
        "S11",
        "live and equal",
        lambda s: True,
        lambda s: Decision(Action.NO_OP, Reason.UP_TO_DATE),
    ),
)


# --- work that runs once --------------------------------------------------------------------------


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


_STILL_THERE = frozenset({Current.ACTIVE, Current.SUSPENDED, Current.DRAINING})
_PRESUMED = frozenset({Current.ABSENT_IN_TIME, Current.PRESUMED_FINISHED})


@dataclass(frozen=True, slots=True)
class FiniteSituation:
    """One wanted range of one address; `attempts` counts creations of the wanted run key."""

    is_readable: bool = True
    is_settled: bool = True
    is_twofold: bool = False
    other_is_active: bool = False
    """Another run key of this address is not over."""
    current: Current = Current.NONE
    has_steering_change: bool = False
    attempts: int = 0
    lifecycle: Lifecycle = field(default_factory=Lifecycle)


def _on_change(situation: FiniteSituation) -> Decision:
    """What the other run asks for; a run of the current key is steered all the same."""
    if situation.current in _STILL_THERE and _is_steered(situation):
        return _while_there(situation)
    match situation.lifecycle.on_change:
        case OnChange.REFUSE:
            return _blocked(
                Reason.MANIFEST_CHANGED,
                "the run of the earlier declaration is not over",
                "wait for it, stop it, or set lifecycle.onChange to wait or replace",
            )
        case OnChange.WAIT:
            return Decision(
                Action.CREATE,
                Reason.MANIFEST_CHANGED,
                Standing.WAITING,
                "waits until the run of the earlier declaration is over",
            )
        case OnChange.REPLACE:
            return Decision(Action.REPLACE, Reason.MANIFEST_CHANGED)
        case _:
            assert_never(situation.lifecycle.on_change)


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
    return Decision(
        Action.NO_OP,
        Reason.RETRY,
        Standing.HELD,
        says,
        "rerun ADDRESS starts it again; so does raising lifecycle.run",
    )


def _held(says: str) -> Decision:
    return Decision(
        Action.NO_OP,
        Reason.UNSETTLED,
        Standing.HELD,
        says,
        "rerun ADDRESS starts it again; forget ADDRESS drops it",
    )


FINITE: tuple[Row[FiniteSituation], ...] = (
    Row(
        "1",
        "the list or the state can't be read completely",
        lambda s: not s.is_readable,
        lambda s: _blocked(
            Reason.UNSETTLED,
            "the vendor's list could not be read to its end",
            "run again when the vendor answers",
        ),
    ),
    Row(
        "2",
        "an intent of this address is open",
        lambda s: not s.is_settled,
        lambda s: _blocked(
            Reason.UNSETTLED,
            "the answer to an earlier request was lost and can't be settled yet",
            "run apply: it settles this first",
        ),
    ),
    Row(
        "3",
        "two objects of one run key, attempt and range, neither over; or an unconfirmed one",
        lambda s: s.is_twofold,
        lambda s: _blocked(
            Reason.UNSETTLED,
            "two objects stand for one run, or one that nothing confirms",
            "stop or adopt one of them",
        ),
    ),
    Row(
        "4", "another run key of this address is not over", lambda s: s.other_is_active, _on_change
    ),
    Row(
        "5",
        "the current run is active, suspended or draining",
        lambda s: s.current in _STILL_THERE,
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
        lambda s: Decision(Action.CREATE, Reason.RETRY, says="withdrawn before"),
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
        lambda s: _held("cancelled"),
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
        lambda s: _held("its outcome is unknown"),
    ),
    Row(
        "11",
        "nothing of the current key, only other keys that are over",
        lambda s: True,
        lambda s: Decision(Action.CREATE, Reason.NOT_FOUND),
    ),
)
