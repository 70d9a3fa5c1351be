"""The rows that `status` tells: one per address, however many runs it has."""

from __future__ import annotations

from dataclasses import replace

import anyio
import pytest

from reconciler.address import Address
from reconciler.cli.standings import rows_at, status_rows
from reconciler.errors import PlanRefused
from reconciler.lifecycle import OnChange
from reconciler.model import Settled
from reconciler.plan.build import Desired
from reconciler.plan.policy import Policy
from reconciler.plan.survey import Survey, survey
from reconciler.render.status import StatusRow, WorkStatus
from reconciler.report import Phase
from reconciler.values import digest
from tests.fakes import Fault
from tests.simulation.studio import SCOPE, Studio
from tests.toy_kinds import JOB, POOL, PROVIDER, TASK, at, toy

P, J, A, B = at(POOL, "p"), at(JOB, "j"), at(TASK, "a"), at(TASK, "b")


@pytest.fixture
def studio() -> Studio:
    started = Studio(POOL, JOB, TASK, provider=PROVIDER, works_for_s=100.0)
    started.declare(
        toy(POOL, "p", profile="x"),
        toy(JOB, "j", pool="p"),
        toy(TASK, "a", job="j", work="w", frames="1-4"),
        toy(TASK, "b", job="j", work="w", dependsOn=["a"]),
    )
    started.apply()
    return started


def standing(studio: Studio) -> Survey:
    recorded, observation = studio.look()
    desired = Desired(studio.resources, "", SCOPE.workspace_id, SCOPE.env, studio.kinds)
    return survey(desired, recorded, observation, Policy(digest))


def rows(studio: Studio) -> dict[Address, StatusRow]:
    return {each.address: each for each in status_rows(standing(studio))}


def named(studio: Studio, *addresses: Address) -> dict[Address, StatusRow]:
    """The rows of these, with what the vendor tells of their results."""
    seen, providers = standing(studio), {PROVIDER: studio.vendor}
    wanted = frozenset(addresses)
    found = anyio.run(rows_at, wanted, status_rows(seen), seen, providers)
    return {each.address: each for each in found}


def work(studio: Studio, address: Address) -> WorkStatus:
    row = rows(studio)[address]
    assert row.work is not None
    return row.work


def test_every_resource_has_one_row_in_order(studio: Studio) -> None:
    assert list(rows(studio)) == [J, P, A, B]


def test_a_job_counts_its_tasks(studio: Studio) -> None:
    studio.clock.advance(50.0)
    assert rows(studio)[J].members == {Phase.RUNNING: 1, Phase.WAITING: 1}


def test_declared_work_that_was_never_started_has_a_row_as_well(studio: Studio) -> None:
    studio.declare(*studio.resources, toy(TASK, "c", job="j", work="w"))
    assert work(studio, at(TASK, "c")).phase is Phase.NOT_STARTED
    assert rows(studio)[J].members[Phase.NOT_STARTED] == 1


def test_work_in_several_runs_is_one_row_of_what_goes_on(studio: Studio) -> None:
    studio.clock.advance(150.0)
    pool, job, a, b = studio.resources
    studio.declare(pool, job, replace(a, spec={**a.spec, "frames": "1-6"}), b)
    studio.apply()
    told = work(studio, A)
    assert (told.phase.is_going, told.ranges, told.attempt) == (True, "5-6", 2)
    assert (told.done, told.total) == (4, 6)


def test_work_that_its_vendor_removed_is_told_from_memory(studio: Studio) -> None:
    remote_id = studio.recorded.records[A].remote_id
    studio.clock.advance(150.0)
    studio.look()
    studio.vendor.remove(remote_id)
    told = work(studio, A)
    assert (told.phase, told.is_gone) == (Phase.SUCCEEDED, True)
    assert rows(studio)[A].settled is Settled.ABSENT


def test_a_failure_and_the_place_of_results_are_told(studio: Studio) -> None:
    studio.vendor.settle(studio.recorded.records[B].remote_id, Settled.SUCCEEDED)
    assert work(studio, B).outputs.keys() == {"results"}
    studio.vendor.settle(studio.recorded.records[A].remote_id, Settled.FAILED)
    assert work(studio, A).failure == "the command ended with 1"


def test_an_earlier_declaration_that_still_runs_is_noted(studio: Studio) -> None:
    pool, job, a, b = studio.resources
    lifecycle = replace(a.lifecycle, on_change=OnChange.WAIT)
    changed = replace(a, spec={**a.spec, "work": "new"}, lifecycle=lifecycle)
    studio.declare(pool, job, changed, b)
    assert "earlier declaration" in rows(studio)[A].note


def test_what_left_the_manifests_is_told_so(studio: Studio) -> None:
    studio.declare(*studio.resources[:2])
    assert rows(studio)[A].note == "not declared any more"
    studio.clock.advance(300.0)
    assert "nothing goes on" in rows(studio)[A].note


def test_a_pool_that_is_gone_is_made_again_and_a_job_that_is_gone_is_not(studio: Studio) -> None:
    for each in (J, P):
        studio.vendor.remove(studio.recorded.records[each].remote_id)
    found = rows(studio)
    assert found[P].note == "removed outside; apply makes it again"
    assert found[J].note == "gone at the vendor"


# --- of what is named -----------------------------------------------------------------------------


def test_of_a_job_that_is_named_its_tasks_are_told_and_nothing_else(studio: Studio) -> None:
    assert named(studio, J).keys() == {J, A, B}
    assert named(studio, P).keys() == {P}


def test_results_of_work_that_is_over_are_asked_for(studio: Studio) -> None:
    studio.clock.advance(150.0)
    found = named(studio, A, B)
    remote_id = studio.recorded.records[A].remote_id
    told = found[A].work
    assert told is not None
    assert told.outputs == {
        "results": f"results-of-{remote_id}",
        "listing": f"listing of {remote_id}",
    }
    studio.vendor.inject("outputs", Fault.NOT_SENT)
    assert named(studio, B)[B].work is not None, "what goes on has no results yet"


def test_an_address_nobody_knows_is_refused(studio: Studio) -> None:
    with pytest.raises(PlanRefused):
        named(studio, at(TASK, "typo"))
