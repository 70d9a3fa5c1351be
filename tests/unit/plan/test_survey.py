"""How far work has come, piece by piece, and what follows once all of it is done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.address import Address
from reconciler.diff.change import Action, Reason, Standing
from reconciler.errors import PlanRefused
from reconciler.kinds import KindSpec
from reconciler.lifecycle import OnChange
from reconciler.model import Outcome, Resource, Settled
from reconciler.plan.build import Desired
from reconciler.plan.completion import follow_ups
from reconciler.plan.plan import Change
from reconciler.plan.policy import Policy
from reconciler.plan.survey import Survey, runs_at, survey
from reconciler.values import digest
from tests.simulation.studio import SCOPE, Studio
from tests.toy_kinds import JOB, POOL, PROVIDER, TASK, at, toy

A, B, J = at(TASK, "a"), at(TASK, "b"), at(JOB, "j")


def studio() -> Studio:
    return Studio(POOL, JOB, TASK, provider=PROVIDER, works_for_s=100.0)


def farm(**job: object) -> tuple[Resource, ...]:
    return (
        toy(JOB, "j", job.pop("lifecycle", None), **job),  # type: ignore[arg-type]  # short way
        toy(TASK, "a", job="j", work="w", frames="1-4"),
        toy(TASK, "b", job="j", work="w", dependsOn=["a"]),
    )


def now(studio: Studio) -> Survey:
    recorded, observation = studio.look()
    desired = Desired(studio.resources, "", SCOPE.workspace_id, SCOPE.env, studio.kinds)
    return survey(desired, recorded, observation, Policy(digest))


def pieces(survey: Survey, *addresses: Address) -> list[tuple[Address, str, Outcome | None]]:
    return [(each.address, each.ranges, each.outcome) for each in survey.pieces(addresses)]


@pytest.fixture
def running() -> Studio:
    started = studio()
    started.declare(*farm())
    started.apply()
    return started


def end(studio: Studio, address: Address, settled: Settled, done: str = "") -> None:
    studio.vendor.settle(studio.recorded.records[address].remote_id, settled, done)


# --- pieces ---------------------------------------------------------------------------------------


def test_work_that_was_never_started_is_a_piece_without_an_attempt() -> None:
    declared = studio()
    declared.declare(*farm())
    assert pieces(now(declared)) == [(A, "1-4", None), (B, "", None)]


def test_each_declared_task_is_a_piece_with_its_newest_attempt(running: Studio) -> None:
    assert pieces(now(running)) == [(A, "1-4", Outcome.ACTIVE), (B, "", Outcome.ACTIVE)]


def test_the_parts_of_one_address_come_in_order_each_with_its_own_attempt(
    running: Studio,
) -> None:
    running.clock.advance(150.0)
    job, a, b = running.resources
    running.declare(job, replace(a, spec={**a.spec, "frames": "1-6"}), b)
    running.apply()
    first, second = now(running).pieces([A])
    assert (first.ranges, first.outcome) == ("1-4", Outcome.SUCCEEDED)
    assert (second.ranges, second.outcome) == ("5-6", Outcome.ACTIVE)
    assert first.attempt is not None
    assert second.attempt is not None
    assert (first.attempt.run.attempt, second.attempt.run.attempt) == (1, 2)


def test_frames_that_succeeded_stand_beside_those_of_the_same_run_that_failed(
    running: Studio,
) -> None:
    end(running, A, Settled.FAILED, "1-3")
    assert pieces(now(running), A) == [
        (A, "1-3", Outcome.SUCCEEDED),
        (A, "4", Outcome.FAILED),
    ]


def test_a_job_stands_for_its_tasks_even_when_nothing_is_declared_any_more(
    running: Studio,
) -> None:
    assert {each.address for each in now(running).pieces([J])} == {A, B}
    running.declare()
    found = now(running).pieces([J])
    assert {each.address: each.is_wanted for each in found} == {A: False, B: False}


def test_a_run_of_an_earlier_declaration_is_told_apart(running: Studio) -> None:
    job, a, b = running.resources
    lifecycle = replace(a.lifecycle, on_change=OnChange.WAIT)
    running.declare(job, replace(a, spec={**a.spec, "work": "new"}, lifecycle=lifecycle), b)
    standing = now(running)
    assert pieces(standing, A) == [(A, "1-4", None)]
    assert [(e.address, e.outcome, e.is_wanted) for e in standing.elsewhere()] == [
        (A, Outcome.ACTIVE, False)
    ]


def test_runs_are_found_by_the_address_of_today_and_by_the_first(running: Studio) -> None:
    job, a, b = running.resources
    lifecycle = replace(a.lifecycle, renamed_from="a")
    running.declare(job, replace(a, address=at(TASK, "new"), lifecycle=lifecycle), b)
    running.apply()
    recorded = running.recorded
    assert runs_at(at(TASK, "new"), recorded) == runs_at(A, recorded)
    assert len(runs_at(A, recorded)) == 1


# --- what may be run again ------------------------------------------------------------------------


def test_running_a_job_again_means_its_tasks_that_did_not_succeed(running: Studio) -> None:
    end(running, A, Settled.SUCCEEDED)
    end(running, B, Settled.FAILED)
    standing = now(running)
    assert standing.to_rerun([J]) == {B}
    assert standing.containers_of([B]) == {J}


def test_a_task_that_is_named_runs_again_even_if_it_succeeded(running: Studio) -> None:
    end(running, A, Settled.SUCCEEDED)
    assert now(running).to_rerun([A]) == {A}


@pytest.mark.parametrize(
    ("settled", "address", "says"),
    [
        (None, A, "reconciler stop"),
        (None, J, "reconciler stop"),
        (Settled.SUCCEEDED, J, "name the tasks"),
    ],
)
def test_what_can_not_be_run_again_is_refused_with_the_way_out(
    running: Studio, settled: Settled | None, address: Address, says: str
) -> None:
    for each in (A, B):
        if settled is not None:
            end(running, each, settled)
    with pytest.raises(PlanRefused) as refused:
        now(running).to_rerun([address])
    assert says in refused.value.problems[0].remedy


def test_work_that_never_ran_or_that_nobody_declares_is_not_run_again(running: Studio) -> None:
    running.declare(*running.resources, toy(TASK, "c", work="w"))
    with pytest.raises(PlanRefused, match="has not run yet"):
        now(running).to_rerun([at(TASK, "c")])
    running.declare()
    with pytest.raises(PlanRefused, match="declared in no manifest"):
        now(running).to_rerun([A])


# --- what follows ---------------------------------------------------------------------------------


def completed(what: str, **lifecycle: object) -> Studio:
    """A job whose tasks have all succeeded, and that says what follows."""
    started = studio()
    started.declare(*farm(onComplete=what, lifecycle=lifecycle))
    started.apply()
    started.clock.advance(300.0)
    return started


@pytest.mark.parametrize(
    ("what", "action"), [("terminate", Action.TERMINATE), ("delete", Action.DELETE)]
)
def test_a_container_whose_work_is_done_is_ended_as_it_says(what: str, action: Action) -> None:
    (change,) = follow_ups(now(completed(what)))
    assert (change.address, change.action, change.reason) == (J, action, Reason.COMPLETED)
    assert change.is_pending


@pytest.mark.parametrize("what", ["keep", None])
def test_a_container_that_says_nothing_is_kept(what: str | None) -> None:
    assert follow_ups(now(completed(what or ""))) == ()


@pytest.mark.parametrize("settled", [Settled.FAILED, Settled.CANCELLED])
def test_nothing_follows_while_some_of_the_work_is_not_done(settled: Settled) -> None:
    started = studio()
    started.declare(*farm(onComplete="delete"))
    started.apply()
    assert follow_ups(now(started)) == ()
    end(started, A, Settled.SUCCEEDED)
    end(started, B, settled)
    assert follow_ups(now(started)) == ()


def test_what_is_terminated_already_is_left_so() -> None:
    ended = completed("terminate")
    ended.vendor.settle(ended.recorded.records[J].remote_id, Settled.SUCCEEDED)
    assert follow_ups(now(ended)) == ()


def test_a_protected_container_is_not_ended() -> None:
    (change,) = follow_ups(now(completed("delete", protect=True)))
    assert change.standing is Standing.BLOCKED


def test_no_plan_has_what_follows_and_none_brings_the_container_back() -> None:
    ended = completed("delete")
    assert ended.plan().is_empty
    ended.vendor.remove(ended.recorded.records[J].remote_id)
    assert ended.plan().is_empty


# --- what finite work leaves ----------------------------------------------------------------------


def after(kind: KindSpec, outcome: Settled) -> tuple[Change, ...]:
    made = Studio(kind, provider=PROVIDER)
    made.declare(toy(kind, "a", work="w", onComplete="delete"))
    made.apply()
    (done,) = made.vendor.objects
    made.vendor.settle(done, outcome)
    return follow_ups(now(made))


def test_work_that_is_done_is_removed_when_it_says_so_and_the_vendor_does_not() -> None:
    (change,) = after(TASK, Settled.SUCCEEDED)
    assert (change.action, change.reason) == (Action.DELETE, Reason.COMPLETED)
    assert after(TASK, Settled.FAILED) == ()
    assert after(replace(TASK, ends_itself=True), Settled.SUCCEEDED) == ()
