"""Frames a manifest gains are added to the run that is there; finished ones never run again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.diff.change import Action
from reconciler.lifecycle import OnChange, OnEnd
from reconciler.model import Outcome, Settled
from reconciler.plan.attempts import TRUSTED_AFTER
from reconciler.plan.plan import Change
from reconciler.ranges import ranges
from reconciler.report import Passed, Report
from tests.fakes import Fault
from tests.memory_world import MemoryObject
from tests.simulation.mortal import Crash, Doom
from tests.simulation.studio import Studio
from tests.toy_kinds import GROWING, PROVIDER, at, toy


def studio(frames: str = "1-10", **spec: str) -> Studio:
    """A workspace whose one piece of work was applied, and goes on."""
    made = Studio(GROWING, provider=PROVIDER)
    declare(made, frames, **spec)
    made.apply()
    return made


def declare(made: Studio, frames: str, **spec: Any) -> None:
    made.declare(toy(GROWING, "shot", frames=frames, **spec))


def job(made: Studio) -> MemoryObject:
    (only,) = made.vendor.objects.values()
    return only


def outcomes(made: Studio) -> Mapping[str, Outcome]:
    return {each.ranges: each.outcome for each in made.recorded.runs}


def change(made: Studio) -> Change:
    (only,) = made.plan().changes
    return only


def apply(made: Studio) -> Report:
    report = made.apply()
    assert report is not None
    assert {each.passed for each in report.steps} <= {Passed.DONE}
    return report


def test_frames_are_added_to_a_run_that_goes_on_and_the_next_plan_is_empty() -> None:
    made = studio()
    declare(made, "1-15")
    planned = change(made)
    assert (planned.action, planned.is_append) == (Action.UPDATE, True)
    assert planned.request is not None
    assert planned.request.ranges == "11-15"
    assert planned.notes == ("adds 11-15 to the run that is there",)
    apply(made)
    assert made.calls() == ["create", "append"]
    assert job(made).ranges == "1-15"
    assert made.plan().changes == ()


def test_what_had_finished_before_stays_finished_and_each_share_is_remembered() -> None:
    made = studio()
    made.vendor.settle(job(made).remote_id, Settled.SUCCEEDED)
    made.apply()
    declare(made, "1-15")
    apply(made)
    assert outcomes(made) == {"1-10": Outcome.SUCCEEDED, "11-15": Outcome.ACTIVE}
    made.vendor.settle(job(made).remote_id, Settled.SUCCEEDED)
    made.apply()
    made.vendor.remove(job(made).remote_id)
    assert made.plan().is_empty
    assert set(outcomes(made).values()) == {Outcome.SUCCEEDED}


def test_frames_added_after_the_run_is_gone_are_run_alone() -> None:
    made = studio()
    made.vendor.settle(job(made).remote_id, Settled.SUCCEEDED)
    made.apply()
    made.vendor.remove(job(made).remote_id)
    declare(made, "1-15")
    apply(made)
    assert made.calls() == ["create", "create"]
    assert job(made).ranges == "11-15"


def test_failed_frames_and_new_ones_are_told_apart() -> None:
    made = studio()
    made.vendor.settle(job(made).remote_id, Settled.FAILED, "1-3,5-10")
    made.apply()
    declare(made, "1-15")
    planned = change(made)
    assert planned.request is not None
    assert (planned.is_append, planned.request.ranges) == (True, "11-15")
    apply(made)
    made.vendor.settle(job(made).remote_id, Settled.FAILED, "1-3,5-15")
    made.apply()
    assert change(made).standing.value == "held"
    assert change(made).problem is not None
    assert "(4)" in str(change(made).problem)


@pytest.mark.parametrize("settled", [Settled.DRAINING, Settled.TERMINATING])
def test_a_run_that_is_ending_takes_no_more(settled: Settled) -> None:
    made = studio()
    made.vendor.settle(job(made).remote_id, settled)
    declare(made, "1-15")
    planned = change(made)
    assert (planned.action, planned.is_append) == (Action.CREATE, False)


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
def test_a_lost_answer_is_outlasted_and_the_frames_are_there_once(fault: Fault) -> None:
    made = studio()
    declare(made, "1-15")
    made.vendor.inject("append", fault)
    began = made.clock.monotonic()
    apply(made)
    assert made.clock.monotonic() - began >= made.vendor.settle_after_s
    assert job(made).ranges == "1-15"
    assert made.plan().is_empty
    assert outcomes(made) == {"1-10": Outcome.ACTIVE, "11-15": Outcome.ACTIVE}


@pytest.mark.parametrize("moment", range(1, 12))
def test_killed_anywhere_the_next_apply_completes_it(moment: int) -> None:
    made = studio()
    declare(made, "1-15")
    try:
        made.apply(Doom(moment))
    except Crash:
        apply(made)
    assert job(made).ranges == "1-15"
    assert made.plan().is_empty
    assert {str(ranges(each)) for each in outcomes(made)} == {"1-10", "11-15"}


def test_steering_goes_with_it() -> None:
    made = studio()
    declare(made, "1-15", tags=["rush"])
    apply(made)
    assert sorted(made.calls()) == ["append", "create", "update"]
    assert made.plan().is_empty


def test_a_finished_run_that_goes_on_with_more_is_steered_as_well() -> None:
    made = studio()
    made.vendor.settle(job(made).remote_id, Settled.SUCCEEDED)
    made.apply()
    declare(made, "1-15", tags=["rush"])
    apply(made)
    assert made.calls() == ["create", "update", "append"]
    assert made.plan().is_empty


def test_a_stop_ends_every_share_and_a_finished_one_stays_finished() -> None:
    made = studio()
    made.vendor.settle(job(made).remote_id, Settled.SUCCEEDED)
    made.apply()
    declare(made, "1-15")
    apply(made)
    made.apply(stop=frozenset({at(GROWING, "shot")}))
    made.apply()
    assert outcomes(made) == {"1-10": Outcome.SUCCEEDED, "11-15": Outcome.CANCELLED}


def test_a_replaced_run_is_withdrawn_with_every_share_that_goes_on() -> None:
    made = studio()
    made.vendor.settle(job(made).remote_id, Settled.SUCCEEDED)
    made.apply()
    for frames in ("1-15", "1-20"):
        declare(made, frames)
        apply(made)
    replace = {"on_change": OnChange.REPLACE}
    made.declare(toy(GROWING, "shot", replace, frames="1-2", work="other"))
    apply(made)
    ended = {each.ranges: each.outcome for each in made.recorded.runs if each.ranges != "1-2"}
    assert ended == {
        "1-10": Outcome.SUCCEEDED,
        "11-15": Outcome.WITHDRAWN,
        "16-20": Outcome.WITHDRAWN,
    }


def test_frames_whose_note_was_lost_are_remembered_by_whoever_looks_first() -> None:
    made = studio()
    declare(made, "1-15")
    moment = next(each for each in range(1, 99) if _is_killed_after_the_effect(made, each))
    assert moment > 1
    made.vendor.settle(job(made).remote_id, Settled.SUCCEEDED)
    made.plan()
    made.vendor.remove(job(made).remote_id)
    made.apply()
    assert outcomes(made) == {"1-10": Outcome.SUCCEEDED, "11-15": Outcome.SUCCEEDED}


def _is_killed_after_the_effect(made: Studio, moment: int) -> bool:
    try:
        made.apply(Doom(moment))
    except Crash:
        return job(made).ranges == "1-15" and len(made.recorded.runs) == 1
    raise AssertionError("it was never killed there")


@pytest.mark.parametrize("frames", ["1-10", None])
def test_a_failed_run_that_a_person_takes_up_again_is_not_run_twice(frames: str | None) -> None:
    made = Studio(GROWING, provider=PROVIDER)
    made.declare(toy(GROWING, "shot", {"on_failure": OnEnd.RERUN}, frames=frames))
    made.apply()
    failed = job(made)
    made.vendor.settle(failed.remote_id, Settled.FAILED)
    made.plan()
    failed.settled, failed.ended_at = Settled.IN_PROGRESS, None
    assert made.plan().is_empty, "it goes on"
    made.vendor.settle(failed.remote_id, Settled.SUCCEEDED)
    assert made.plan().is_empty, "and it succeeded"
    made.vendor.remove(failed.remote_id)
    assert made.plan().is_empty, "which is remembered"


# --- frames a person cuts -------------------------------------------------------------------------


def test_frames_that_a_person_cut_have_not_succeeded_and_are_held() -> None:
    made = studio("1-8")
    job(made).ranges = "1-3"
    made.vendor.settle(job(made).remote_id, Settled.SUCCEEDED)
    for _ in range(2):
        made.apply()
        assert change(made).standing.value == "held"
        assert "(4-8)" in str(change(made).problem)
        for each in list(made.vendor.objects):
            made.vendor.remove(each)
    assert made.calls() == ["create"]


def test_an_older_sight_of_a_run_does_not_speak_for_frames_that_were_just_added() -> None:
    made = studio()
    made.vendor.settle(job(made).remote_id, Settled.SUCCEEDED)
    made.apply()
    declare(made, "1-15")
    apply(made)
    grown = job(made)
    grown.ranges, grown.settled = "1-10", Settled.SUCCEEDED
    made.apply()
    assert outcomes(made)["11-15"] is Outcome.ACTIVE
    assert made.plan().is_empty
    made.clock.advance(TRUSTED_AFTER.total_seconds() + 1)
    assert change(made).standing.value == "held", "the farm has lost them for good"
