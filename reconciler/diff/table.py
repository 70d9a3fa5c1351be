"""A decision table as data: one row per situation, first match wins.

The rows of the three tables are printed into the documentation and tried one by one; a property
shows that some row always matches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from reconciler.diff.change import Action, Reason, Standing

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


def blocked(reason: Reason, says: str, way_out: str) -> Decision:
    return Decision(Action.NO_OP, reason, Standing.BLOCKED, says, way_out)


INCOMPLETE = "the vendor's list could not be read to its end"
UNSETTLED = "the answer to an earlier request was lost and can't be settled yet"


def unreadable() -> Decision:
    """What follows when absence can't be told from silence."""
    return blocked(Reason.UNSETTLED, INCOMPLETE, "run again when the vendor answers")


def unsettled() -> Decision:
    """What follows while an earlier request may still have passed."""
    return blocked(Reason.UNSETTLED, UNSETTLED, "run apply: it settles this first")


def taken() -> Decision:
    """What follows where the name is all the identity there is, and somebody has it already."""
    return blocked(
        Reason.TAKEN,
        "one of this name is there already, and it was not made from here",
        "adopt ADDRESS takes it over; to use it as it is, refer to it with `existing`",
    )


def unconfirmed() -> Decision:
    """What follows where an object of ours stands that nothing speaks of."""
    return blocked(
        Reason.UNSETTLED,
        "an object carries our marker that no record confirms",
        "adopt ADDRESS takes it over; or remove it at the vendor",
    )
