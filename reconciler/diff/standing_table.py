"""What is decided for what is kept as declared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from reconciler.diff.change import Action, Reason
from reconciler.diff.table import Decision, Row, blocked, taken, unconfirmed, unreadable, unsettled


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
    is_taken: bool = False
    """An object of its name is there, and nothing remembered says that it is ours."""
    is_recorded: bool = False
    live: Live = Live.ABSENT
    differs: Differs = Differs.NOT
    is_drift: bool = False


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
        lambda s: unreadable(),
    ),
    Row(
        "S2",
        "an earlier request's outcome is not known yet",
        lambda s: not s.is_settled,
        lambda s: unsettled(),
    ),
    Row(
        "S3",
        "two objects of ours, or one that nothing we remember confirms",
        lambda s: s.is_twofold,
        lambda s: unconfirmed(),
    ),
    Row(
        "S3b",
        "an object of its name is there, and nothing remembered says that it is ours",
        lambda s: s.is_taken,
        lambda s: taken(),
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
        lambda s: blocked(Reason.MANIFEST_CHANGED, "a field may not be dropped", ""),
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
        lambda s: blocked(
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
