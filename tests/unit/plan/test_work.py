"""One piece of finite work: which share of it runs, when, and what is said of the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.diff.change import Action, Reason, Standing
from reconciler.lifecycle import OnChange, OnEnd, OnGrow
from reconciler.model import Outcome, Resource, Settled, Usage
from reconciler.plan.plan import Change
from tests.toy_kinds import LOOSE, TASK, at
from tests.unit.plan.farm import TTL, Farm, Life, intent, key, task

OVER = (Settled.SUCCEEDED, Outcome.SUCCEEDED)
FAILED = (Settled.FAILED, Outcome.FAILED)
RERUN = {"on_failure": OnEnd.RERUN, "max_attempts": 2}
REPLACE = {"on_change": OnChange.REPLACE}


def act(change: Change) -> tuple[Action, Reason, Standing]:
    return change.action, change.reason, change.standing


def made_ranges(farm: Farm, **policy: Any) -> str:
    request = farm.change("t", **policy).request
    assert request is not None
    return request.ranges


def is_silent(farm: Farm) -> bool:
    return farm.plan().changes == ()


# --- the first time, and again --------------------------------------------------------------------


def test_new_work_is_created_as_its_first_attempt() -> None:
    change = Farm((task(frames="1-4"),)).change("t")
    assert act(change) == (Action.CREATE, Reason.NOT_FOUND, Standing.READY)
    assert change.request is not None
    marker = change.request.marker
    assert (marker.run_key, marker.attempt, marker.ordinal) == (key(task()), 1, 1)
    assert change.request.ranges == "1-4"
    assert marker.cover


def test_other_work_at_an_address_is_a_changed_manifest() -> None:
    change = Farm((task(work="B"),), (Life(task(), *OVER),)).change("t")
    assert act(change) == (Action.CREATE, Reason.MANIFEST_CHANGED, Standing.READY)
    assert change.request is not None
    assert (change.request.marker.attempt, change.request.marker.ordinal) == (1, 2)


@pytest.mark.parametrize("settled", [Settled.IN_PROGRESS, Settled.SUSPENDED, Settled.TERMINATING])
def test_work_that_goes_on_is_left_alone(settled: Settled) -> None:
    assert is_silent(Farm((task(),), (Life(task(), settled),)))


@pytest.mark.parametrize("settled", [Settled.SUCCEEDED, None])
def test_work_that_succeeded_is_over_for_ever(settled: Settled | None) -> None:
    assert is_silent(Farm((task(),), (Life(task(), settled, Outcome.SUCCEEDED),)))


def test_work_that_completed_before_a_later_run_is_said_so() -> None:
    other = task(work="B")
    lives = (Life(task(), *OVER, made_ago_s=900), Life(other, *OVER, made_ago_s=500))
    change = Farm((task(),), lives).change("t")
    assert act(change) == (Action.NO_OP, Reason.COMPLETED, Standing.READY)
    assert change.notes == ("completed before; a later run of another declaration is over too",)
    assert is_silent(Farm((other,), lives))


def test_withdrawn_work_is_made_again_as_its_next_attempt_however_often() -> None:
    lives = tuple(Life(task(), None, Outcome.WITHDRAWN, attempt=n) for n in (1, 2, 3, 4))
    change = Farm((task(),), lives).change("t")
    assert act(change) == (Action.CREATE, Reason.RETRY, Standing.READY)
    assert change.request is not None
    assert change.request.marker.attempt == 5


def test_failed_work_is_held_or_run_again_so_often() -> None:
    one, two = (Life(task(), *FAILED, attempt=n) for n in (1, 2))
    assert act(Farm((task(),), (one,)).change("t"))[2] is Standing.HELD
    eager = task(lifecycle=RERUN)
    assert act(Farm((eager,), (one,)).change("t")) == (
        Action.CREATE,
        Reason.RETRY,
        Standing.READY,
    )
    assert Farm((eager,), (one, two)).change("t").standing is Standing.HELD


def test_attempts_that_we_withdrew_use_up_no_retry() -> None:
    withdrawn = Life(task(), None, Outcome.WITHDRAWN)
    failed = Life(task(), *FAILED, attempt=2)
    change = Farm((task(lifecycle=RERUN),), (withdrawn, failed)).change("t")
    assert act(change) == (Action.CREATE, Reason.RETRY, Standing.READY)


def test_what_a_person_cancelled_is_held_whatever_the_policy() -> None:
    eager = task(lifecycle={**RERUN, "on_lost": OnEnd.RERUN})
    change = Farm((eager,), (Life(task(), Settled.CANCELLED),)).change("t")
    assert change.standing is Standing.HELD
    assert change.problem is not None
    assert f"rerun {at(TASK, 't')}" in change.problem.remedy


def test_what_is_gone_in_time_is_presumed_finished_and_said_so() -> None:
    change = Farm((task(),), (Life(task(), None, seen_ago_s=TTL),)).change("t")
    assert act(change) == (Action.NO_OP, Reason.PRESUMED_FINISHED, Standing.READY)
    assert change.notes == ("presumed finished",)


def test_what_is_gone_too_soon_is_lost_and_held_or_run_again() -> None:
    gone = Life(task(), None)
    assert Farm((task(),), (gone,)).change("t").standing is Standing.HELD
    eager = task(lifecycle={"on_lost": OnEnd.RERUN})
    assert Farm((eager,), (gone,)).change("t").action is Action.CREATE


def test_what_may_have_come_and_gone_is_held_whatever_the_policy() -> None:
    eager = task(lifecycle={**RERUN, "on_lost": OnEnd.RERUN})
    unknown = Life(task(), None, Outcome.UNKNOWN)
    assert Farm((eager,), (unknown,)).change("t").standing is Standing.HELD


def test_raising_the_run_is_new_work() -> None:
    again = task(lifecycle={"run": 2})
    change = Farm((again,), (Life(task(), *OVER),)).change("t")
    assert act(change) == (Action.CREATE, Reason.MANIFEST_CHANGED, Standing.READY)


# --- what is not known for sure -------------------------------------------------------------------


def test_nothing_is_decided_on_half_a_list() -> None:
    for lives in ((), (Life(task(), None),), (Life(task(work="B")),)):
        change = Farm((task(lifecycle=REPLACE),), lives, incomplete=(TASK.id,)).change("t")
        assert act(change) == (Action.NO_OP, Reason.UNSETTLED, Standing.BLOCKED)


def test_nothing_is_decided_while_an_answer_is_lost() -> None:
    farm = Farm((task(),), intents=(intent(Life(task())),))
    assert act(farm.change("t")) == (Action.NO_OP, Reason.UNSETTLED, Standing.BLOCKED)


def test_a_twin_blocks_and_is_never_stopped_unasked() -> None:
    twins = (Life(task()), Life(task(), is_remembered=False, suffix="-copy"))
    for resource in (task(), task(work="B", lifecycle=REPLACE)):
        change = Farm((resource,), twins).change("t")
        assert act(change) == (Action.NO_OP, Reason.UNSETTLED, Standing.BLOCKED)


def test_an_unconfirmed_object_of_the_wanted_work_blocks_even_when_it_is_over() -> None:
    for settled in (Settled.IN_PROGRESS, Settled.SUCCEEDED):
        stranger = Life(task(), settled, is_remembered=False)
        assert Farm((task(),), (stranger,)).change("t").standing is Standing.BLOCKED


def test_an_unconfirmed_object_of_other_work_blocks_while_it_goes_on() -> None:
    going = Life(task(work="B"), is_remembered=False)
    assert Farm((task(),), (going,)).change("t").standing is Standing.BLOCKED
    over = Life(task(work="B"), Settled.SUCCEEDED, is_remembered=False)
    change = Farm((task(),), (over,)).change("t")
    assert change.action is Action.CREATE
    assert change.request is not None
    assert change.request.marker.attempt == 2  # the unconfirmed one bears the first


# --- other work at the address --------------------------------------------------------------------


def test_other_work_that_goes_on_blocks_waits_or_makes_room() -> None:
    before = (Life(task()),)
    blocked = Farm((task(work="B"),), before).change("t")
    assert act(blocked) == (Action.NO_OP, Reason.MANIFEST_CHANGED, Standing.BLOCKED)
    waiting = Farm((task(work="B", lifecycle={"on_change": OnChange.WAIT}),), before).change("t")
    assert (waiting.action, waiting.standing) == (Action.CREATE, Standing.WAITING)
    replaced = Farm((task(work="B", lifecycle=REPLACE),), before).change("t")
    assert act(replaced) == (Action.REPLACE, Reason.MANIFEST_CHANGED, Standing.READY)
    assert (replaced.remote_id, replaced.also) == ("id-t-1", ())


def test_all_that_goes_on_makes_room_and_what_is_lost_is_told() -> None:
    busy = Usage(instances=2, cores=8, queued_instances=3, core_seconds=60.0)
    lives = tuple(Life(task(frames="1-4"), attempt=n, ranges=str(n), usage=busy) for n in (1, 2))
    change = Farm((task(work="B", lifecycle=REPLACE),), lives).change("t")
    assert (change.remote_id, *change.also) == ("id-t-1", "id-t-2")
    assert change.loss == Usage(4, 16, 6, 120.0)


def test_going_back_to_what_succeeded_only_ends_what_goes_on() -> None:
    lives = (Life(task(), *OVER), Life(task(work="B"), attempt=2))
    change = Farm((task(lifecycle=REPLACE),), lives).change("t")
    assert act(change) == (Action.TERMINATE, Reason.MANIFEST_CHANGED, Standing.READY)
    assert change.request is None


def test_protected_work_makes_no_room() -> None:
    change = Farm((task(work="B", lifecycle={**REPLACE, "protect": True}),), (Life(task()),))
    assert change.change("t").standing is Standing.BLOCKED


# --- steering -------------------------------------------------------------------------------------


def test_what_a_run_can_take_is_updated_and_the_rest_is_shown() -> None:
    was, now = task(tags=["x"], steer="1"), task(tags=["y"], steer="2")
    change = Farm((now,), (Life(was),)).change("t")
    assert act(change) == (Action.UPDATE, Reason.MANIFEST_CHANGED, Standing.READY)
    assert [each.path for each in change.fields] == ["tags", "steer"]
    assert change.remote_id == "id-t-1"


def test_what_a_run_can_not_take_waits_and_is_no_change() -> None:
    farm = Farm((task(steer="2"),), (Life(task(steer="1")),))
    change = farm.change("t")
    assert act(change) == (Action.NO_OP, Reason.RUNNING, Standing.READY)
    assert [each.path for each in change.fields] == ["steer"]
    assert farm.plan().is_empty


def test_a_draining_run_is_not_steered() -> None:
    farm = Farm((task(tags=["y"]),), (Life(task(tags=["x"]), Settled.TERMINATING),))
    assert farm.plan().is_empty


def test_what_is_over_is_not_steered() -> None:
    assert is_silent(Farm((task(tags=["y"]),), (Life(task(tags=["x"]), *OVER),)))


def test_every_run_of_the_work_is_steered() -> None:
    lives = tuple(Life(task(tags=["x"], frames="1-4"), attempt=n, ranges=str(n)) for n in (1, 2))
    change = Farm((task(tags=["y"], frames="1-2"),), lives).change("t")
    assert (change.action, change.remote_id, change.also) == (
        Action.UPDATE,
        "id-t-1",
        ("id-t-2",),
    )


# --- shares ---------------------------------------------------------------------------------------


def frames(text: str, **more: Any) -> Resource:
    return task(frames=text, **more)


def test_only_the_frames_that_are_missing_run() -> None:
    for life in (Life(frames("1-2")), Life(frames("1-2"), *OVER)):
        farm = Farm((frames("1-5"),), (life,))
        assert farm.change("t").action is Action.CREATE
        assert made_ranges(farm) == "3-5"
    presumed = Life(frames("1-2"), None, seen_ago_s=TTL)
    assert made_ranges(Farm((frames("1-5"),), (presumed,))) == "3-5"


def test_growth_uses_up_no_attempt() -> None:
    lives = (Life(frames("1"), *OVER), Life(frames("2"), *FAILED, attempt=2))
    farm = Farm((frames("1-2", lifecycle=RERUN),), lives)
    assert made_ranges(farm) == "2"


def test_fewer_frames_are_no_change() -> None:
    assert is_silent(Farm((frames("1"),), (Life(frames("1-2"), *OVER),)))
    assert Farm((frames("2"),), (Life(frames("1-2")),)).plan().is_empty


def test_attempts_at_frames_that_are_wanted_no_more_decide_nothing() -> None:
    farm = Farm((frames("1-2", lifecycle=RERUN),), (Life(frames("3-4"), *FAILED),))
    assert made_ranges(farm) == "1-2"
    assert farm.change("t").notes == ()


def test_of_a_failed_share_only_what_did_not_succeed_is_held_or_runs_again() -> None:
    failed = Life(frames("1-4"), *FAILED, done="1,3")
    held = Farm((frames("1-4"),), (failed,)).change("t")
    assert held.standing is Standing.HELD
    assert held.problem is not None
    assert "(2,4)" in held.problem.summary
    assert made_ranges(Farm((frames("1-4", lifecycle=RERUN),), (failed,))) == "2,4"


def test_a_failed_share_holds_back_no_frame_that_is_missing() -> None:
    farm = Farm((frames("1-4"),), (Life(frames("1-2"), *FAILED),))
    change = farm.change("t")
    assert act(change) == (Action.CREATE, Reason.MANIFEST_CHANGED, Standing.READY)
    assert made_ranges(farm) == "3-4"
    assert any(note.startswith("1-2: failed") for note in change.notes)


def test_each_frame_belongs_to_the_newest_attempt_at_it() -> None:
    lives = (Life(frames("1-4"), *FAILED), Life(frames("2-3"), *OVER, attempt=2))
    farm = Farm((frames("1-4", lifecycle=RERUN),), lives)
    assert made_ranges(farm) == "1,4"


def test_retries_are_counted_for_each_frame() -> None:
    lives = (
        Life(frames("1-2"), *FAILED),
        Life(frames("1"), *FAILED, attempt=2),
    )
    farm = Farm((frames("1-2", lifecycle=RERUN),), lives)
    assert made_ranges(farm) == "2"


def test_a_rerun_by_a_person_runs_what_did_not_succeed_and_else_all() -> None:
    asked = frozenset({at(TASK, "t")})
    failed = Farm((frames("1-4"),), (Life(frames("1-4"), *FAILED, done="1-3"),))
    assert made_ranges(failed, rerun=asked) == "4"
    done = Farm((frames("1-4"),), (Life(frames("1-4"), *OVER),))
    assert made_ranges(done, rerun=asked) == "1-4"
    assert done.change("t", rerun=asked).reason is Reason.REQUESTED
    going = Farm((frames("1-4"),), (Life(frames("1-4")),))
    assert going.plan(rerun=asked).is_empty


def test_a_rerun_while_other_work_goes_on_is_blocked_like_any_creation() -> None:
    lives = (Life(task(), *FAILED), Life(task(work="B"), attempt=2))
    change = Farm((task(),), lives).change("t", rerun=frozenset({at(TASK, "t")}))
    assert change.standing is Standing.BLOCKED


# --- as a whole -----------------------------------------------------------------------------------

WHOLE = {"on_grow": OnGrow.RERUN}


def test_as_a_whole_only_a_run_of_exactly_the_wanted_frames_counts() -> None:
    was = Life(frames("1-2"), *OVER)
    for wanted in ("1-3", "1"):
        farm = Farm((frames(wanted, lifecycle=WHOLE),), (was,))
        assert made_ranges(farm) == wanted
        assert farm.change("t").request is not None
    assert is_silent(Farm((frames("1-2", lifecycle=WHOLE),), (was,)))


def test_as_a_whole_a_run_of_other_frames_is_other_work() -> None:
    was = (Life(frames("1-2")),)
    assert Farm((frames("1-3", lifecycle=WHOLE),), was).change("t").standing is Standing.BLOCKED
    replaced = Farm((frames("1-3", lifecycle={**WHOLE, **REPLACE}),), was).change("t")
    assert (replaced.action, replaced.remote_id) == (Action.REPLACE, "id-t-1")
    assert replaced.request is not None
    assert replaced.request.marker.attempt == 2


def test_instances_are_a_whole_unless_the_manifest_says_otherwise() -> None:
    """A kind whose ranges do not stand for themselves."""
    whole = replace(TASK, grows=lambda spec: False)
    kinds = {TASK.id: whole}
    was = Life(frames("0-3"), *OVER)
    assert made_ranges(Farm((frames("0-5"),), (was,), kinds=kinds)) == "0-5"
    asked = frames("0-5", lifecycle={"on_grow": OnGrow.MISSING})
    assert made_ranges(Farm((asked,), (was,), kinds=kinds)) == "4-5"


def test_work_without_ranges_covers_nothing_and_is_one() -> None:
    change = Farm((task(kind=LOOSE),)).change("t")
    assert change.request is not None
    assert (change.request.ranges, change.request.marker.cover) == ("", "")
