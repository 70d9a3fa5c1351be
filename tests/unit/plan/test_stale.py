"""A reviewed plan does exactly what was reviewed, or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reconciler.diff.change import Action
from reconciler.errors import PlanStale
from reconciler.model import Observed, Quota, Settled
from reconciler.plan.plan import Binding
from reconciler.plan.stale import check_binding, check_unused, still_due
from tests.unit.plan.world import BUSY, NOW, World, at, live, pool, record

PLAN = World((pool("a"),)).plan()
TAGGED = pool("a", {"tags": ["x"]})
UPDATING = World((TAGGED,), (record(pool("a")),), (live(pool("a")),))


def moved(reviewed: World, now: World, **policy: Any) -> list[str]:
    """The addresses a plan is stale for; empty when it is still due."""
    try:
        still_due(reviewed.plan(**policy), now.plan(**policy))
    except PlanStale as error:
        return [each.address.rpartition("/")[2] for each in error.problems if each.code == "P110"]
    return []


def seen_as(world: World, **changes: Any) -> World:
    return world.but(objects=tuple(replace(each, **changes) for each in world.objects))


# --- what it is bound to --------------------------------------------------------------------------


def test_a_plan_is_good_until_it_expires_and_not_after() -> None:
    check_binding(PLAN, PLAN.binding, NOW + timedelta(days=7))
    with pytest.raises(PlanStale) as stale:
        check_binding(PLAN, PLAN.binding, NOW + timedelta(days=7, seconds=1))
    assert stale.value.problems[0].code == "P102"


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("P103", {"inputs": "other"}),
        ("P104", {"workspace_id": "other"}),
        ("P104", {"env": "other"}),
        ("P105", {"lineage": "other"}),
        ("P106", {"endpoints": {"qarnot-prod": "https://elsewhere"}}),
        ("P107", {"accounts": {"qarnot-prod": "bob@example.org"}}),
        ("P108", {"files": {"scene.blend": "1"}}),
    ],
)
def test_a_plan_applies_to_nothing_but_what_it_is_bound_to(code: str, change: Any) -> None:
    now: Binding = replace(PLAN.binding, **change)
    with pytest.raises(PlanStale) as stale:
        check_binding(PLAN, now, NOW)
    assert stale.value.problems[0].code == code
    assert stale.value.problems[0].remedy == "plan again"


def test_a_plan_is_used_once() -> None:
    check_unused("digest", frozenset({"other"}))
    with pytest.raises(PlanStale) as stale:
        check_unused("digest", frozenset({"digest"}))
    assert stale.value.problems[0].code == "P109"


# --- what it is about to touch --------------------------------------------------------------------


def test_what_has_not_moved_is_still_due() -> None:
    due = still_due(UPDATING.plan(), UPDATING.plan())
    assert due.changes == UPDATING.plan().pending


def test_what_came_to_pass_by_itself_is_not_done_again() -> None:
    done = World.settled(TAGGED)
    assert still_due(UPDATING.plan(), done.plan()).changes == ()


@pytest.mark.parametrize(
    "now",
    [
        UPDATING.but(objects=(live(pool("a", {"constants": {"K": "v"}})),)),
        UPDATING.but(objects=(live(pool("a"), settled=Settled.FAILED),)),
        UPDATING.but(objects=()),
        UPDATING.but(records=(record(pool("a"), 2),), objects=(live(pool("a"), 2),)),
        UPDATING.but(resources=(pool("a", {"tags": ["y"]}),)),
        UPDATING.but(is_incomplete=True),
        UPDATING.but(resources=()),
    ],
    ids=["field", "over", "gone", "another object", "another wish", "half a list", "not declared"],
)
def test_anything_that_matters_and_moved_makes_it_stale(now: World) -> None:
    assert moved(UPDATING, now) == ["a"]


def test_progress_does_not_make_it_stale() -> None:
    for change in ({"state": "Busier"}, {"settled": Settled.IN_PROGRESS}, {"name": "renamed"}):
        assert moved(UPDATING, seen_as(UPDATING, **change)) == []
    stopping = World((pool("a", {"profile": "other"}),), (record(pool("a")),), (live(pool("a")),))
    assert moved(stopping, stopping.but()) == []


def counted(observed: Observed, **spec: Any) -> Observed:
    return replace(observed, spec={**observed.spec, **spec})


def test_what_the_vendor_chooses_or_we_ignore_does_not_make_it_stale() -> None:
    scaled = {"instanceCount": None, "elastic": {"maxSlots": 8}}
    was = pool("a", scaled)
    now = pool("a", {**scaled, "tags": ["x"]}, ignore=("constants.COUNTER",))
    for one, other in (
        ({"instanceCount": 2}, {"instanceCount": 5}),
        ({"constants": {"COUNTER": "1"}}, {"constants": {"COUNTER": "2"}}),
    ):
        before, after = (
            World((now,), (record(was),), (counted(live(was), **each),)) for each in (one, other)
        )
        assert moved(before, after) == []
    pruned, later = (
        World((pool("b"),), (record(was),), (counted(live(was), instanceCount=n),)) for n in (2, 5)
    )
    assert moved(pruned, later, prune=True) == []


def test_work_that_came_makes_a_planned_ending_stale() -> None:
    ending = World((pool("b"),), (record(pool("a")),), (live(pool("a")),))
    assert moved(ending, seen_as(ending, usage=BUSY), prune=True) == ["a"]


def test_what_is_to_be_forgotten_may_be_forgotten_already() -> None:
    forgetting = World((pool("b"),), (record(pool("a")),))
    reviewed = forgetting.plan(prune=True)
    assert reviewed.count(Action.FORGET) == 1
    due = still_due(reviewed, forgetting.but(records=()).plan(prune=True))
    assert at("a") not in {each.address for each in due.changes}


def test_what_was_not_reviewed_is_not_done() -> None:
    more = UPDATING.but(resources=(TAGGED, pool("z")))
    assert [each.address for each in still_due(UPDATING.plan(), more.plan()).changes] == [at("a")]


def test_every_address_that_moved_is_named() -> None:
    both = World((pool("a"), pool("b")))
    now = both.but(objects=(live(pool("a")), live(pool("b"))))
    assert moved(both, now) == ["a", "b"]


def test_what_is_remembered_is_what_is_known_now_and_not_what_was_known_then() -> None:
    asked = pool("a", protect=True)
    then = World((asked,), (record(pool("a")),), (live(pool("a")),))
    since = World((asked,), (record(pool("a"), 2),), (live(pool("a"), 2),))
    (kept,) = still_due(then.plan(), since.plan()).remembered
    assert (kept.remote_id, kept.ordinal, kept.protect) == ("id-a-2", 2, True)


def test_an_ignored_value_is_sent_as_it_is_now_and_not_as_it_was_then() -> None:
    asked = pool("a", {"tags": ["x"]}, ignore=("constants.COUNTER",))
    then, now = (
        World((asked,), (record(pool("a")),), (counted(live(pool("a")), constants={"COUNTER": n}),))
        for n in ("1", "2")
    )
    (change,) = still_due(then.plan(), now.plan()).changes
    assert change.request is not None
    assert change.request.spec["constants"] == {"COUNTER": "2"}


def test_a_quota_that_shrank_since_the_review_is_the_vendors_to_enforce() -> None:
    new = World((pool("a"),), quotas={"pools": Quota(0, 10)})
    full = new.but(quotas={"pools": Quota(10, 10)})
    assert moved(new, full) == []
