"""Sequences that broke an earlier draft of the design, by name: work runs once in each of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.diff.change import Action, Standing
from reconciler.fields import FieldTable, Mutability
from reconciler.kinds import KindSpec
from reconciler.lifecycle import OnChange, OnEnd
from reconciler.model import Outcome, Resource, Settled
from reconciler.plan.plan import Plan
from tests.fakes import Fault, MemoryObject
from tests.simulation.mortal import Crash, Doom
from tests.simulation.studio import Studio
from tests.toy_kinds import LOOSE, PROVIDER, TASK, at, toy

TTL = 10_000
UNIQUE = pytest.mark.parametrize("kind", [TASK, LOOSE], ids=["unique id", "no unique id"])


def studio(kind: KindSpec = TASK, **habits: float) -> Studio:
    return Studio(kind, provider=PROVIDER, **habits)


def task(work: str, kind: KindSpec = TASK, name: str = "t", **more: Any) -> Resource:
    return toy(kind, name, more.pop("lifecycle", {}), work=work, ttl=TTL, **more)


def works(made: Studio) -> list[str]:
    """What was ever computed, in order: work, and the frames of it."""
    return [f"{each.spec['work']} {each.ranges}".strip() for each in made.vendor.ever]


def newest(made: Studio) -> MemoryObject:
    return made.vendor.ever[-1]


def apply(made: Studio, *resources: Resource, **policy: Any) -> None:
    made.declare(*resources)
    made.apply(**policy)


def end(made: Studio, settled: Settled = Settled.SUCCEEDED, done: str = "") -> None:
    made.vendor.settle(newest(made).remote_id, settled, done)


def outcomes(made: Studio) -> list[Outcome]:
    return [each.outcome for each in made.recorded.runs]


# --- a lost answer --------------------------------------------------------------------------------


def lose_the_answer(made: Studio) -> None:
    """The vendor makes it, the answer is lost, and nobody can look."""
    made.vendor.inject("create", Fault.LOST_AFTER)
    made.vendor.inject("find", *[Fault.NOT_SENT] * 4)
    made.apply()
    made.vendor._faults.clear()
    assert len(made.recorded.intents) == 1


@UNIQUE
def test_create_executed_with_the_answer_lost_succeeds_removed_apply_again(kind: KindSpec) -> None:
    made = studio(kind)
    made.declare(task("A", kind))
    lose_the_answer(made)
    end(made)
    made.clock.advance(TTL + 1)
    made.apply()
    assert works(made) == ["A"]
    assert outcomes(made) == [Outcome.UNKNOWN]
    (change,) = made.plan().changes
    assert change.standing is Standing.HELD
    made.apply(rerun=frozenset({at(kind, "t")}))
    assert works(made) == ["A", "A"]


@UNIQUE
@pytest.mark.parametrize("looks", ["plan", "look"])
def test_what_was_seen_of_it_before_it_was_removed_is_not_forgotten(
    kind: KindSpec, looks: str
) -> None:
    """A plan saw the success while the intent was open; the apply after the removal knows it."""
    made = studio(kind)
    made.declare(task("A", kind))
    lose_the_answer(made)
    end(made)
    getattr(made, looks)()
    made.clock.advance(TTL + 1)
    made.apply()
    assert works(made) == ["A"]
    assert outcomes(made) == [Outcome.SUCCEEDED]
    assert made.plan().changes == ()


@UNIQUE
def test_create_never_executed_and_the_answer_lost_is_made_once(kind: KindSpec) -> None:
    made = studio(kind)
    made.declare(task("A", kind))
    made.vendor.inject("create", Fault.LOST_BEFORE)
    made.apply()
    made.apply()
    assert works(made) == ["A"]


# --- edits there and back -------------------------------------------------------------------------


def test_a_then_b_then_a_person_suspends() -> None:
    """B is blocked while A is suspended, whatever onChange says but replace, and A is kept."""
    made = studio()
    apply(made, task("A"))
    made.vendor.settle(newest(made).remote_id, Settled.SUSPENDED)
    apply(made, task("B"))
    (change,) = made.plan().changes
    assert (change.standing, works(made)) == (Standing.BLOCKED, ["A"])
    apply(made, task("A"))
    assert made.plan().changes == ()
    apply(made, task("B", lifecycle={"on_change": OnChange.WAIT}))
    assert (made.plan().changes[0].standing, works(made)) == (Standing.WAITING, ["A"])
    made.vendor.settle(newest(made).remote_id, Settled.SUCCEEDED)
    made.apply()
    assert works(made) == ["A", "B"]


def test_a_done_b_active_back_to_a() -> None:
    """A has run: it is not run again, neither while B runs nor after."""
    made = studio()
    apply(made, task("A"))
    end(made)
    apply(made, task("B"))
    for way in OnChange:
        made.declare(task("A", lifecycle={"on_change": way}))
        assert made.plan().count(Action.CREATE) == made.plan().count(Action.REPLACE) == 0
    apply(made, task("A"))
    end(made)
    made.apply()
    assert works(made) == ["A", "B"]
    assert made.plan().is_empty


def test_a_done_b_active_back_to_a_ends_b_where_changes_replace() -> None:
    made = studio()
    apply(made, task("A"))
    end(made)
    apply(made, task("B"))
    apply(made, task("A", lifecycle={"on_change": OnChange.REPLACE}))
    assert newest(made).settled is Settled.CANCELLED
    assert (works(made), made.plan().is_empty) == (["A", "B"], True)


def test_replace_then_back_makes_what_we_ourselves_withdrew() -> None:
    made = studio()
    eager = {"on_change": OnChange.REPLACE}
    apply(made, task("A", lifecycle=eager))
    apply(made, task("B", lifecycle=eager))
    apply(made, task("A", lifecycle=eager))
    assert works(made) == ["A", "B", "A"]
    assert [each.settled for each in made.vendor.ever] == [
        Settled.CANCELLED,
        Settled.CANCELLED,
        Settled.IN_PROGRESS,
    ]
    assert made.plan().is_empty


@pytest.mark.parametrize("stopping_takes_s", [20.0, 90.0])
def test_new_work_begins_only_when_what_made_room_for_it_has_ended(
    stopping_takes_s: float,
) -> None:
    made = studio(stopping_takes_s=stopping_takes_s)
    apply(made, task("A"))
    apply(made, task("B", lifecycle={"on_change": OnChange.REPLACE}))
    before, after = made.vendor.ever
    assert before.ended_at is not None
    assert before.ended_at <= after.created_at
    assert made.plan().is_empty


def test_work_that_does_not_end_when_it_is_stopped_is_not_joined_by_another() -> None:
    made = studio(stopping_takes_s=9_000.0)
    apply(made, task("A"))
    apply(made, task("B", lifecycle={"on_change": OnChange.REPLACE}))
    assert works(made) == ["A"]
    made.clock.advance(9_000)
    made.apply()
    made.apply()
    assert works(made) == ["A", "B"]


def test_work_that_finished_right_before_we_stopped_it_is_not_run_again() -> None:
    """Nobody looks before it is removed; the apply itself saw how it ended."""
    made = studio()
    apply(made, task("A"))

    async def finishes_meanwhile(_: Plan) -> bool:
        end(made)
        return True

    made.declare(task("B", lifecycle={"on_change": OnChange.REPLACE}))
    made.apply(confirm=finishes_meanwhile)
    assert works(made) == ["A", "B"]
    end(made)
    made.clock.advance(TTL + 1)
    apply(made, task("A"))
    assert works(made) == ["A", "B"]


@UNIQUE
def test_what_a_person_stopped_is_held_and_not_run_again(kind: KindSpec) -> None:
    made = studio(kind)
    eager = {"on_change": OnChange.REPLACE, "on_failure": OnEnd.RERUN, "on_lost": OnEnd.RERUN}
    apply(made, task("A", kind, lifecycle=eager))
    made.apply(stop=frozenset({at(kind, "t")}))
    assert newest(made).settled is Settled.CANCELLED
    made.apply()
    assert (works(made), outcomes(made)) == (["A"], [Outcome.CANCELLED])
    assert made.plan().changes[0].standing is Standing.HELD


def test_what_a_person_cancelled_after_we_tried_to_stop_it_in_vain_is_still_a_persons() -> None:
    """The stop was refused, so nothing of ours ended it."""
    made = studio()
    apply(made, task("A"))
    made.vendor.inject("stop", Fault.REFUSED)
    apply(made, task("B", lifecycle={"on_change": OnChange.REPLACE}))
    made.declare(task("A"))
    made.plan()
    end(made, Settled.CANCELLED)
    made.apply()
    assert works(made) == ["A"]
    assert made.plan().changes[0].standing is Standing.HELD


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.LOST_BEFORE, None])
def test_work_that_finished_although_we_meant_to_stop_it_is_not_run_again(
    fault: Fault | None,
) -> None:
    """A is to make room for B; the stop never arrives, A succeeds and is removed; back to A."""
    made = studio()
    apply(made, task("A"))
    made.declare(task("B", lifecycle={"on_change": OnChange.REPLACE}))
    if fault is None:
        with pytest.raises(Crash):
            made.apply(_right_after_the_note_of_the_stop(made))
    else:
        made.vendor.inject("stop", fault, fault)
        made.apply()
    made.vendor._faults.clear()
    end(made)
    made.clock.advance(TTL + 1)
    apply(made, task("A"))
    assert works(made) == ["A"]


@pytest.mark.parametrize("settled", [Settled.SUCCEEDED, Settled.CANCELLED])
def test_a_stop_that_was_noted_and_never_sent_withdraws_nothing(settled: Settled) -> None:
    """The process died in between; an apply found A going on, and so A is nobody's but its own."""
    made = studio()
    apply(made, task("A"))
    made.declare(task("B", lifecycle={"on_change": OnChange.REPLACE}))
    with pytest.raises(Crash):
        made.apply(_right_after_the_note_of_the_stop(made))
    apply(made, task("A"))
    assert made.recorded.intents == ()
    end(made, settled)
    if settled is Settled.SUCCEEDED:
        made.clock.advance(TTL + 1)
    made.apply()
    assert works(made) == ["A"]


def _right_after_the_note_of_the_stop(made: Studio) -> Doom:
    return Doom(1)


# --- ranges ---------------------------------------------------------------------------------------


def test_frames_1_to_2_done_edit_to_1() -> None:
    made = studio()
    apply(made, task("A", frames="1-2"))
    end(made)
    apply(made, task("A", frames="1"))
    assert (works(made), made.plan().changes) == (["A 1-2"], ())
    apply(made, task("A", frames="1-3"))
    assert works(made) == ["A 1-2", "A 3"]


# --- what is seen, forgotten, steered ------------------------------------------------------------


def test_work_that_was_just_seen_to_go_on_is_not_presumed_finished_however_short_its_time() -> None:
    made = studio()
    apply(made, toy(TASK, "t", work="A", ttl=60))
    made.clock.advance(100)
    made.plan()
    made.vendor.remove(newest(made).remote_id)
    made.clock.advance(1)
    assert made.plan().changes[0].standing is Standing.HELD


def test_forgotten_work_that_goes_on_can_be_steered_and_is_ours_again() -> None:
    made = studio()
    apply(made, task("A", tags=["x"]))
    made.apply(forget=frozenset({at(TASK, "t")}))
    assert made.plan().changes == ()
    apply(made, task("A", tags=["y"]))
    assert newest(made).spec["tags"] == ["y"]
    assert made.recorded.records[at(TASK, "t")].remote_id == newest(made).remote_id
    assert (works(made), made.plan().changes) == (["A"], ())


# --- names ----------------------------------------------------------------------------------------


def test_rename_then_drop_renamed_from() -> None:
    made = studio()
    apply(made, task("A", name="old"))
    end(made)
    apply(made, task("A", name="new", lifecycle={"renamed_from": "old"}))
    apply(made, task("A", name="new"))
    made.clock.advance(TTL + 1)
    made.apply()
    assert (works(made), made.plan().changes) == (["A"], ())


def test_a_new_document_at_an_old_name_is_work_of_its_own() -> None:
    made = studio()
    apply(made, task("A", name="old"))
    end(made)
    renamed = task("A", name="new", lifecycle={"renamed_from": "old"})
    apply(made, renamed)
    apply(made, task("A", name="new"), task("A", name="old"))
    assert works(made) == ["A", "A"]
    assert made.plan().is_empty


# --- a lost state ---------------------------------------------------------------------------------


@UNIQUE
@pytest.mark.parametrize("settled", [Settled.IN_PROGRESS, Settled.SUCCEEDED, Settled.FAILED])
def test_state_lost_rebuild_apply(kind: KindSpec, settled: Settled) -> None:
    made = studio(kind)
    apply(made, task("A", kind, frames="1-2"))
    made.vendor.settle(newest(made).remote_id, settled)
    made.rebuild()
    made.apply()
    assert works(made) == ["A 1-2"]
    assert made.plan().is_empty
    (record,) = made.recorded.records.values()
    assert record.remote_id == newest(made).remote_id


@UNIQUE
def test_state_lost_when_the_work_was_removed_holds_it(kind: KindSpec) -> None:
    """It may have run and gone: nothing is made, whatever onLost says, until a person asks."""
    made = studio(kind)
    resource = task("A", kind, lifecycle={"on_lost": OnEnd.RERUN})
    apply(made, resource)
    end(made)
    made.clock.advance(TTL + 1)
    made.rebuild()
    made.apply()
    assert works(made) == ["A"]
    assert made.plan().changes[0].standing is Standing.HELD
    made.apply(rerun=frozenset({at(kind, "t")}))
    assert works(made) == ["A", "A"]
    assert made.plan().is_empty


def test_state_lost_when_some_frames_were_removed_holds_those_alone() -> None:
    made = studio()
    apply(made, task("A", frames="1-2"))
    end(made)
    made.clock.advance(TTL / 2)
    apply(made, task("A", frames="1-4"))
    end(made)
    made.clock.advance(TTL / 2 + 1)
    made.rebuild()
    apply(made, task("A", frames="1-5"))
    assert works(made) == ["A 1-2", "A 3-4", "A 5"]
    (change,) = [each for each in made.plan().changes if each.standing is Standing.HELD]
    assert change.problem is not None
    assert "(1-2)" in change.problem.summary


@UNIQUE
def test_state_lost_while_an_answer_was_lost(kind: KindSpec) -> None:
    made = studio(kind)
    made.declare(task("A", kind))
    lose_the_answer(made)
    made.rebuild()
    made.apply()
    assert works(made) == ["A"]
    assert made.plan().is_empty


def test_state_lost_after_a_rename_runs_nothing_again() -> None:
    """With or without renamedFrom: what is known by the old name, or may have run, is not made."""
    for lifecycle in ({"renamed_from": "old"}, {}):
        made = studio()
        apply(made, task("A", name="old"))
        end(made)
        apply(made, task("A", name="new", lifecycle={"renamed_from": "old"}))
        made.declare(task("A", name="new", lifecycle=lifecycle))
        made.rebuild()
        made.apply()
        assert works(made) == ["A"]


# --- the formula ----------------------------------------------------------------------------------


def upgraded() -> KindSpec:
    """The same kind in a later version: a field came that decides what is computed."""
    rows = (
        replace(each, mutability=Mutability.WORK) if each.path == "steer" else each
        for each in TASK.table
    )
    return replace(
        TASK,
        table=FieldTable(*rows),
        formulas=(*TASK.formulas, frozenset({"work", "steer"})),
    )


def test_upgrade_of_the_formula_then_a_new_field() -> None:
    made = studio()
    apply(made, task("A"))
    end(made)
    made.apply()
    made.kinds[TASK.id] = upgraded()
    made.vendor.kinds = made.kinds
    assert made.plan().changes == ()
    apply(made, task("A", steer="x"))
    assert works(made) == ["A", "A"]
    end(made)
    made.clock.advance(TTL + 1)
    apply(made, task("A"))
    assert works(made) == ["A", "A"]
    assert made.plan().is_empty
