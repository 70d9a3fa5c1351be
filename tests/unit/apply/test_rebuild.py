"""A lost state, made anew: what carries our marker comes back, protected, and nothing else does."""

from __future__ import annotations

from datetime import timedelta

import anyio
import pytest

from reconciler.apply.rebuild import Rebuild
from reconciler.errors import Problem, StateError
from reconciler.lifecycle import OnEnd
from reconciler.model import Outcome, Record, Resource, Run, Settled
from reconciler.plan.build import Desired
from reconciler.ports import Batch
from reconciler.values import digest
from tests.fakes import START, MemoryState
from tests.simulation.studio import SCOPE, Studio
from tests.toy_kinds import JOB, POOL, PROVIDER, TASK, toy

RACK = toy(POOL, "p", profile="a")
SHOT = toy(JOB, "j", pool="p")


def task(name: str, frames: str = "1-4", ttl: int = 1000, **lifecycle: object) -> Resource:
    return toy(TASK, name, lifecycle, job="j", work=name, frames=frames, ttl=ttl)


def studio(*resources: Resource) -> Studio:
    made = Studio(POOL, JOB, TASK, provider=PROVIDER, works_for_s=100.0)
    made.declare(RACK, SHOT, *resources)
    made.apply()
    return made


def restored(lost: Studio) -> Batch:
    desired = Desired(lost.resources, "", SCOPE.workspace_id, SCOPE.env, lost.kinds)
    rebuild = Rebuild(desired, {PROVIDER: lost.vendor}, lost.clock, digest)
    return anyio.run(rebuild.restored)


def records(batch: Batch) -> dict[str, Record]:
    return {each.address.name: each for each in batch.put_records}


def outcomes(batch: Batch) -> dict[tuple[str, str], Outcome]:
    return {(each.address.name, each.ranges): each.outcome for each in batch.put_runs}


def lose(lost: Studio) -> None:
    """The state is gone; another is made of what the vendor has."""
    batch = restored(lost)
    lost.store.shelf.clear()
    lost.store.init(batch)


def test_every_object_of_ours_has_a_record_again_and_is_protected() -> None:
    lost = studio(task("a"))
    lost.vendor.add(POOL.id, "somebody's", {})
    found = records(restored(lost))
    before = lost.store.read().records
    assert {each.remote_id for each in found.values()} == {e.remote_id for e in before.values()}
    assert all(each.protect and not each.managed for each in found.values())


def test_of_two_creations_of_one_address_the_newest_counts() -> None:
    lost = studio()
    lost.vendor.settle(lost.store.read().records[RACK.address].remote_id, Settled.FAILED)
    lost.apply()
    newest = lost.store.read().records[RACK.address]
    found = records(restored(lost))["p"]
    assert (found.remote_id, found.ordinal) == (newest.remote_id, newest.ordinal) != ("", 1)


def test_it_waits_until_nothing_under_way_can_still_arrive() -> None:
    lost = studio()
    began = lost.clock.now()
    restored(lost)
    wait_s = lost.vendor.request_deadline_s + lost.vendor.settle_after_s
    assert lost.clock.now() - began >= timedelta(seconds=wait_s)
    assert began >= START


def test_a_list_that_breaks_off_restores_nothing() -> None:
    lost = studio()
    lost.vendor.incomplete[TASK.id] = Problem("V503", "the list broke off")
    with pytest.raises(StateError, match="part of the list"):
        restored(lost)


def test_runs_come_back_with_what_became_of_them() -> None:
    lost = studio(task("a"), task("b"))
    lost.clock.advance(150)
    late = task("c")
    lost.declare(*lost.resources, late)
    lost.apply()
    found = outcomes(restored(lost))
    assert found[("a", "1-4")] is Outcome.SUCCEEDED
    assert len(found) == 3


def test_work_that_has_no_object_is_unknown_and_held_whatever_is_declared_for_lost_runs() -> None:
    lost = studio(task("a", on_lost=OnEnd.RERUN))
    lost.clock.advance(150)
    lost.plan()
    lost.clock.advance(5000)
    lose(lost)
    planned = lost.plan()
    assert [str(each.standing) for each in planned.changes] == ["held"]
    assert planned.is_empty
    report = lost.apply()
    assert report is not None
    assert report.steps == ()


def test_rebuilding_then_applying_sends_nothing_for_work_that_is_there() -> None:
    lost = studio(task("a"))
    lost.clock.advance(150)
    lose(lost)
    before = len(lost.vendor.calls)
    lost.apply()
    assert len(lost.vendor.calls) == before


def test_what_was_restored_is_whole_from_the_first_moment() -> None:
    lost = studio(task("a"))
    batch = restored(lost)
    lost.store.shelf.clear()
    lost.store.init(batch)
    state: MemoryState = lost.store.shelf[SCOPE]
    runs: list[Run] = list(state.runs.values())
    assert runs
    assert state.records
