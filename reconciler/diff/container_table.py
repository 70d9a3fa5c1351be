"""What is decided for what groups finite work, and has no run of its own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.diff.change import Action, Reason
from reconciler.diff.table import Decision, Row, unconfirmed, unreadable, unsettled


class Holds(StrEnum):
    """What is there at a container's address, and whether members can be made in it."""

    ABSENT = "absent"
    USABLE = "usable"
    STRANDED = "stranded"
    """It is there, and what it runs on is gone or goes with this plan."""
    OVER = "over"


@dataclass(frozen=True, slots=True)
class ContainerSituation:
    """`is_needed`: a member has to be made; `has_members`: any are declared."""

    is_list_complete: bool = True
    is_settled: bool = True
    is_twofold: bool = False
    holds: Holds = Holds.ABSENT
    is_recorded: bool = False
    is_needed: bool = False
    has_members: bool = False


CONTAINER: tuple[Row[ContainerSituation], ...] = (
    Row(
        "C1",
        "the list could not be read to its end",
        lambda s: not s.is_list_complete,
        lambda s: unreadable(),
    ),
    Row(
        "C2",
        "an earlier request's outcome is not known yet",
        lambda s: not s.is_settled,
        lambda s: unsettled(),
    ),
    Row(
        "C3",
        "an object of ours that nothing we remember confirms",
        lambda s: s.is_twofold,
        lambda s: unconfirmed(),
    ),
    Row(
        "C4",
        "it is there, and members can be made in it",
        lambda s: s.holds is Holds.USABLE,
        lambda s: Decision(Action.NO_OP, Reason.UP_TO_DATE),
    ),
    Row(
        "C5",
        "it is there, a member has to be made, and what it runs on is gone",
        lambda s: s.holds is Holds.STRANDED and s.is_needed,
        lambda s: Decision(Action.REPLACE, Reason.MOVED),
    ),
    Row(
        "C6",
        "it is over, and a member has to be made",
        lambda s: s.holds is Holds.OVER and s.is_needed,
        lambda s: Decision(Action.CREATE, Reason.ENDED, says="the one before is over"),
    ),
    Row(
        "C7",
        "absent, though we have a record, and a member has to be made",
        lambda s: s.holds is Holds.ABSENT and s.is_recorded and s.is_needed,
        lambda s: Decision(Action.CREATE, Reason.REMOVED_OUTSIDE, says="removed outside"),
    ),
    Row(
        "C8",
        "never made, and a member has to be made or none is declared",
        lambda s: (
            s.holds is Holds.ABSENT and not s.is_recorded and (s.is_needed or not s.has_members)
        ),
        lambda s: Decision(Action.CREATE, Reason.NOT_FOUND),
    ),
    Row(
        "C9",
        "nothing has to be made in it",
        lambda s: True,
        lambda s: Decision(Action.NO_OP, Reason.UP_TO_DATE),
    ),
)
