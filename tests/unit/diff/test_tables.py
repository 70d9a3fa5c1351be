"""The three decision tables, row by row and over every situation there is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product
from typing import Any

import pytest

from reconciler.diff.change import Action, Reason, Standing
from reconciler.diff.container_table import CONTAINER, ContainerSituation, Holds
from reconciler.diff.finite_table import FINITE, Current, FiniteSituation
from reconciler.diff.standing_table import STANDING, Differs, Live, StandingSituation
from reconciler.diff.table import Decision, first_match
from reconciler.lifecycle import Lifecycle, OnChange, OnEnd

BLOCKED, HELD, WAITING, READY = (
    Standing.BLOCKED,
    Standing.HELD,
    Standing.WAITING,
    Standing.READY,
)
BOTH = (True, False)
OVER_ITSELF = [each for each in Current if each is not Current.NONE]


def standing(**fields: Any) -> StandingSituation:
    return StandingSituation(**{"is_recorded": True, "live": Live.THERE, **fields})


def finite(current: Current = Current.NONE, **fields: Any) -> FiniteSituation:
    return FiniteSituation(current=current, **fields)


def every_standing() -> Iterator[StandingSituation]:
    for complete, settled, twofold, taken, recorded, drift in product(BOTH, repeat=6):
        for live, differs in product(Live, Differs):
            yield StandingSituation(
                complete, settled, twofold, taken, recorded, live, differs, drift
            )


def every_finite() -> Iterator[FiniteSituation]:
    lifecycles = [
        Lifecycle(on_change=change, on_failure=failure, on_lost=lost, max_attempts=2)
        for change, failure, lost in product(OnChange, OnEnd, OnEnd)
    ]
    unclear = ((False, False), (True, False), (False, True))
    for readable, settled, other, steering in product(BOTH, repeat=4):
        for current, attempts, lifecycle in product(Current, (1, 2), lifecycles):
            for twofold, unconfirmed in unclear:
                yield FiniteSituation(
                    is_readable=readable,
                    is_settled=settled,
                    is_twofold=twofold,
                    is_unconfirmed=unconfirmed,
                    other_is_active=other,
                    current=current,
                    has_steering_change=steering,
                    attempts=attempts,
                    lifecycle=lifecycle,
                )


def container(**fields: Any) -> ContainerSituation:
    return ContainerSituation(**fields)


def every_container() -> Iterator[ContainerSituation]:
    for complete, settled, twofold, recorded, needed, members in product(BOTH, repeat=6):
        for holds in Holds:
            yield ContainerSituation(
                complete, settled, twofold, holds, recorded, needed, needed or members
            )


# --- every situation ------------------------------------------------------------------------------


def test_every_standing_situation_is_decided_and_every_row_decides_one() -> None:
    assert {first_match(STANDING, each)[0].number for each in every_standing()} == {
        row.number for row in STANDING
    }


def test_every_finite_situation_is_decided_and_every_row_decides_one() -> None:
    assert {first_match(FINITE, each)[0].number for each in every_finite()} == {
        row.number for row in FINITE
    }


def test_every_situation_of_a_container_is_decided_and_every_row_decides_one() -> None:
    assert {first_match(CONTAINER, each)[0].number for each in every_container()} == {
        row.number for row in CONTAINER
    }


TABLES = {"standing": STANDING, "finite": FINITE, "container": CONTAINER}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_the_last_row_takes_what_no_other_takes(table: Any) -> None:
    *before, last = table
    situation = {STANDING: standing(), FINITE: finite(), CONTAINER: container()}[table]
    assert last.matches(situation)
    assert last.matches(None)
    assert before


ORDERS: dict[str, tuple[Any, Any]] = {
    "standing": (STANDING, every_standing),
    "finite": (FINITE, every_finite),
    "container": (CONTAINER, every_container),
}
EXCLUSIVE = {
    *(("6", "7"), ("7", "8a"), ("8a", "8b"), ("8b", "9"), ("9", "10a"), ("10a", "10b")),
    *(("5", "6"), ("C4", "C5"), ("C5", "C6"), ("C6", "C7"), ("C7", "C8")),
    *(("S5", "S6"), ("S7", "S8"), ("S8", "S9"), ("S9", "S10")),
}
"""Neighbours that never match one situation, so that their order means nothing."""


@pytest.mark.parametrize("name", ORDERS)
def test_first_match_wins_so_the_order_of_the_rows_matters(name: str) -> None:
    """A row takes situations that its follower would take too, for all but some neighbours."""
    table, every = ORDERS[name]
    follower = dict(pairwise(table))
    firsts = ((first_match(table, each)[0], each) for each in every())
    contested = {
        (row.number, follower[row].number)
        for row, each in firsts
        if row in follower and follower[row].matches(each)
    }
    pairs = {(row.number, other.number) for row, other in follower.items()}
    assert contested == pairs - EXCLUSIVE


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_rows_are_numbered_once_and_say_their_situation(table: Any) -> None:
    assert len({row.number for row in table}) == len(table)
    assert all(row.situation for row in table)


def decisions() -> Iterator[Decision]:
    yield from (first_match(STANDING, each)[1] for each in every_standing())
    yield from (first_match(FINITE, each)[1] for each in every_finite())
    yield from (first_match(CONTAINER, each)[1] for each in every_container())


def test_what_may_not_happen_says_why_and_what_does_happen_is_no_block() -> None:
    for decision in decisions():
        assert decision.standing is READY or decision.says
        if decision.standing in (BLOCKED, HELD):
            assert decision.action is Action.NO_OP


def test_nothing_is_made_stopped_or_deleted_on_half_a_list() -> None:
    for one in every_standing():
        if not (one.is_list_complete and one.is_settled) or one.is_twofold:
            assert first_match(STANDING, one)[1].action is Action.NO_OP
    for other in every_finite():
        if not (other.is_readable and other.is_settled) or other.is_twofold:
            assert first_match(FINITE, other)[1].action is Action.NO_OP
    for third in every_container():
        if not (third.is_list_complete and third.is_settled) or third.is_twofold:
            assert first_match(CONTAINER, third)[1].action is Action.NO_OP


def test_work_that_succeeded_or_is_there_is_never_made_again() -> None:
    done = {Current.SUCCEEDED, Current.ABSENT_IN_TIME, Current.PRESUMED_FINISHED}
    there = {Current.ACTIVE, Current.SUSPENDED, Current.DRAINING}
    for each in every_finite():
        if each.current in done | there and not each.other_is_active:
            assert first_match(FINITE, each)[1].action in (Action.NO_OP, Action.UPDATE)


# --- what is kept as declared ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "situation", "action", "reason", "stands"),
    [
        ("S1", standing(is_list_complete=False), Action.NO_OP, Reason.UNSETTLED, BLOCKED),
        ("S2", standing(is_settled=False), Action.NO_OP, Reason.UNSETTLED, BLOCKED),
        ("S3", standing(is_twofold=True), Action.NO_OP, Reason.UNSETTLED, BLOCKED),
        ("S3b", standing(is_taken=True), Action.NO_OP, Reason.TAKEN, BLOCKED),
        ("S4", standing(live=Live.ABSENT), Action.CREATE, Reason.REMOVED_OUTSIDE, READY),
        ("S5", StandingSituation(), Action.CREATE, Reason.NOT_FOUND, READY),
        ("S6", standing(live=Live.OVER), Action.REPLACE, Reason.ENDED, READY),
        (
            "S7",
            standing(differs=Differs.REFUSED),
            Action.NO_OP,
            Reason.MANIFEST_CHANGED,
            BLOCKED,
        ),
        (
            "S8",
            standing(differs=Differs.REPLACE),
            Action.REPLACE,
            Reason.IMMUTABLE_FIELD,
            READY,
        ),
        (
            "S8",
            standing(differs=Differs.REPLACE, is_drift=True),
            Action.REPLACE,
            Reason.DRIFTED,
            READY,
        ),
        (
            "S9",
            standing(differs=Differs.IN_PLACE),
            Action.UPDATE,
            Reason.MANIFEST_CHANGED,
            READY,
        ),
        (
            "S9",
            standing(differs=Differs.IN_PLACE, is_drift=True),
            Action.UPDATE,
            Reason.DRIFTED,
            READY,
        ),
        (
            "S10",
            standing(differs=Differs.NOT_HONOURED),
            Action.NO_OP,
            Reason.DRIFTED,
            BLOCKED,
        ),
        ("S11", standing(), Action.NO_OP, Reason.UP_TO_DATE, READY),
    ],
)
def test_each_row_of_what_is_kept_as_declared(
    number: str, situation: StandingSituation, action: Action, reason: Reason, stands: Standing
) -> None:
    row, decision = first_match(STANDING, situation)
    assert row.number == number
    assert (decision.action, decision.reason, decision.standing) == (action, reason, stands)


def test_removed_outside_is_said() -> None:
    assert first_match(STANDING, standing(live=Live.ABSENT))[1].says == "removed outside"


# --- work that runs once --------------------------------------------------------------------------

RERUN = Lifecycle(on_failure=OnEnd.RERUN, on_lost=OnEnd.RERUN, max_attempts=2)


def on_change(way: OnChange) -> Lifecycle:
    return Lifecycle(on_change=way)


@pytest.mark.parametrize(
    ("number", "situation", "action", "stands"),
    [
        ("1", finite(is_readable=False), Action.NO_OP, BLOCKED),
        ("2", finite(is_settled=False), Action.NO_OP, BLOCKED),
        ("3", finite(is_twofold=True), Action.NO_OP, BLOCKED),
        ("3", finite(is_unconfirmed=True), Action.NO_OP, BLOCKED),
        ("4", finite(other_is_active=True), Action.NO_OP, BLOCKED),
        (
            "4",
            finite(other_is_active=True, lifecycle=on_change(OnChange.WAIT)),
            Action.CREATE,
            WAITING,
        ),
        (
            "4",
            finite(other_is_active=True, lifecycle=on_change(OnChange.REPLACE)),
            Action.REPLACE,
            READY,
        ),
        *(
            (
                "4",
                finite(Current.ACTIVE, other_is_active=True, has_steering_change=True,
                       lifecycle=on_change(way)),
                Action.UPDATE,
                READY,
            )
            for way in OnChange
        ),
        ("5", finite(Current.ACTIVE), Action.NO_OP, READY),
        ("5", finite(Current.ACTIVE, has_steering_change=True), Action.UPDATE, READY),
        ("5", finite(Current.SUSPENDED, has_steering_change=True), Action.UPDATE, READY),
        ("5", finite(Current.DRAINING, has_steering_change=True), Action.NO_OP, READY),
        ("6", finite(Current.SUCCEEDED), Action.NO_OP, READY),
        ("7", finite(Current.WITHDRAWN, attempts=99), Action.CREATE, READY),
        ("8a", finite(Current.FAILED), Action.NO_OP, HELD),
        ("8a", finite(Current.FAILED, attempts=1, lifecycle=RERUN), Action.CREATE, READY),
        ("8a", finite(Current.FAILED, attempts=2, lifecycle=RERUN), Action.NO_OP, HELD),
        ("8b", finite(Current.CANCELLED, lifecycle=RERUN), Action.NO_OP, HELD),
        ("9", finite(Current.ABSENT_IN_TIME), Action.NO_OP, READY),
        ("9", finite(Current.PRESUMED_FINISHED, lifecycle=RERUN), Action.NO_OP, READY),
        ("10a", finite(Current.ABSENT_TOO_SOON), Action.NO_OP, HELD),
        ("10a", finite(Current.LOST, attempts=1, lifecycle=RERUN), Action.CREATE, READY),
        ("10a", finite(Current.LOST, attempts=2, lifecycle=RERUN), Action.NO_OP, HELD),
        ("10b", finite(Current.UNKNOWN, lifecycle=RERUN), Action.NO_OP, HELD),
        ("11", finite(), Action.CREATE, READY),
    ],
)  # fmt: skip
def test_each_row_of_work_that_runs_once(
    number: str, situation: FiniteSituation, action: Action, stands: Standing
) -> None:
    row, decision = first_match(FINITE, situation)
    assert row.number == number
    assert (decision.action, decision.standing) == (action, stands)


def test_a_run_that_is_there_is_never_started_again_beside_another() -> None:
    there = (Current.ACTIVE, Current.SUSPENDED, Current.DRAINING)
    for current, way in product(there, OnChange):
        situation = finite(current, other_is_active=True, lifecycle=on_change(way))
        decision = first_match(FINITE, situation)[1]
        assert (decision.action, decision.standing) != (Action.CREATE, READY)


def test_editing_there_and_back_runs_nothing_that_had_succeeded() -> None:
    """A → B → A: nothing when A succeeded, A again when we had stopped it, a wait while B runs."""
    back = Lifecycle(on_change=OnChange.WAIT)
    assert first_match(FINITE, finite(Current.SUCCEEDED))[1].action is Action.NO_OP
    assert first_match(FINITE, finite(Current.WITHDRAWN))[1].action is Action.CREATE
    waits = finite(Current.SUCCEEDED, other_is_active=True, lifecycle=back)
    assert first_match(FINITE, waits)[1].standing is WAITING


def test_what_may_not_happen_to_work_names_what_ends_that() -> None:
    for each in every_finite():
        decision = first_match(FINITE, each)[1]
        assert decision.standing is READY or decision.way_out


def test_every_hold_names_its_way_out() -> None:
    for current in (Current.FAILED, Current.CANCELLED, Current.LOST, Current.UNKNOWN):
        assert "rerun ADDRESS" in first_match(FINITE, finite(current))[1].way_out


def test_work_is_made_again_only_for_a_reason_somebody_gave() -> None:
    """Nothing of it is there or remembered, we withdrew it, or a policy says so, so often."""
    for each in every_finite():
        decision = first_match(FINITE, each)[1]
        makes = decision.action in (Action.CREATE, Action.REPLACE)
        if not makes or decision.standing is not READY:
            continue
        tries_left = each.attempts < each.lifecycle.max_attempts
        assert (
            each.current in (Current.NONE, Current.WITHDRAWN)
            or (each.current is Current.FAILED
                and each.lifecycle.on_failure is OnEnd.RERUN and tries_left)
            or (each.current in (Current.LOST, Current.ABSENT_TOO_SOON)
                and each.lifecycle.on_lost is OnEnd.RERUN and tries_left)
        )  # fmt: skip


def test_another_run_is_ended_only_where_changes_replace() -> None:
    for each in every_finite():
        action = first_match(FINITE, each)[1].action
        if action in (Action.REPLACE, Action.TERMINATE):
            assert each.other_is_active
            assert each.lifecycle.on_change is OnChange.REPLACE


def test_making_room_for_work_that_has_run_only_ends_the_other() -> None:
    replacing = on_change(OnChange.REPLACE)
    for current in (Current.SUCCEEDED, Current.FAILED, Current.CANCELLED, Current.UNKNOWN):
        situation = finite(current, other_is_active=True, lifecycle=replacing)
        assert first_match(FINITE, situation)[1].action is Action.TERMINATE


# --- what groups work -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "situation", "action", "reason", "stands"),
    [
        ("C1", container(is_list_complete=False, is_needed=True), Action.NO_OP,
         Reason.UNSETTLED, BLOCKED),
        ("C2", container(is_settled=False, is_needed=True), Action.NO_OP,
         Reason.UNSETTLED, BLOCKED),
        ("C3", container(is_twofold=True, is_needed=True), Action.NO_OP,
         Reason.UNSETTLED, BLOCKED),
        ("C4", container(holds=Holds.USABLE, is_needed=True), Action.NO_OP,
         Reason.UP_TO_DATE, READY),
        ("C5", container(holds=Holds.STRANDED, is_needed=True), Action.REPLACE,
         Reason.MOVED, READY),
        ("C6", container(holds=Holds.OVER, is_needed=True), Action.CREATE, Reason.ENDED, READY),
        ("C7", container(is_recorded=True, is_needed=True), Action.CREATE,
         Reason.REMOVED_OUTSIDE, READY),
        ("C8", container(is_needed=True, has_members=True), Action.CREATE,
         Reason.NOT_FOUND, READY),
        ("C8", container(), Action.CREATE, Reason.NOT_FOUND, READY),
        ("C9", container(has_members=True), Action.NO_OP, Reason.UP_TO_DATE, READY),
        ("C9", container(is_recorded=True, has_members=True), Action.NO_OP,
         Reason.UP_TO_DATE, READY),
        *(
            ("C9", container(holds=holds, has_members=True), Action.NO_OP,
             Reason.UP_TO_DATE, READY)
            for holds in (Holds.STRANDED, Holds.OVER)
        ),
    ],
)  # fmt: skip
def test_each_row_of_what_groups_work(
    number: str, situation: ContainerSituation, action: Action, reason: Reason, stands: Standing
) -> None:
    row, decision = first_match(CONTAINER, situation)
    assert row.number == number
    assert (decision.action, decision.reason, decision.standing) == (action, reason, stands)


def test_a_container_is_made_again_exactly_when_a_member_has_to_be_made() -> None:
    for each in every_container():
        action = first_match(CONTAINER, each)[1].action
        if action in (Action.CREATE, Action.REPLACE):
            assert each.is_needed or not each.has_members
            assert each.holds is not Holds.USABLE
