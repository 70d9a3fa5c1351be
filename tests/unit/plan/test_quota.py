"""Whether what a plan adds fits the account, and whether names it uses exist there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.diff.change import Action, Standing
from reconciler.model import Quota
from reconciler.plan.plan import Verdict
from tests.toy_kinds import POOL as TOY_POOL
from tests.toy_kinds import TASK as TOY_TASK
from tests.toy_kinds import toy
from tests.unit.plan.farm import Farm
from tests.unit.plan.world import World, live, pool, pools, record


def room(used: float, limit: float | None) -> dict[str, Quota]:
    return {"pools": Quota(used, limit)}


@pytest.mark.parametrize(
    ("used", "limit", "new", "verdict", "made"),
    [
        (0, 10, 2, Verdict.FITS, 2),
        (7, 10, 2, Verdict.FITS, 2),
        (7, 10, 3, Verdict.TIGHT, 3),
        (8, 10, 2, Verdict.TIGHT, 2),
        (8, 10, 3, Verdict.EXCEEDS, 2),
        (10, 10, 1, Verdict.EXCEEDS, 0),
        (12, 10, 1, Verdict.EXCEEDS, 0),
        (50, None, 3, Verdict.FITS, 3),
    ],
)
def test_what_is_beyond_the_quota_is_blocked_and_the_rest_goes_on(
    used: float, limit: float | None, new: int, verdict: Verdict, made: int
) -> None:
    plan = World(pools(new), quotas=room(used, limit)).plan()
    (found,) = (each for each in plan.verdicts if each.quota == "pools")
    assert (found.verdict, found.used, found.added, found.limit) == (verdict, used, new, limit)
    assert plan.count(Action.CREATE) == made
    refused = [each for each in plan.changes if each.standing is Standing.BLOCKED]
    assert [each.problem.code for each in refused if each.problem] == ["P401"] * (new - made)


def test_room_is_given_in_the_order_of_addresses() -> None:
    plan = World(pools(3), quotas=room(9, 10)).plan()
    assert [each.address.name for each in plan.pending] == ["p00"]


def test_a_quota_nobody_can_read_decides_nothing() -> None:
    plan = World(pools(3)).plan()
    assert {each.verdict for each in plan.verdicts} == {Verdict.UNKNOWN}
    assert plan.count(Action.CREATE) == 3


def test_what_deletions_free_is_counted_first() -> None:
    gone = pool("zz-gone")
    world = World(pools(1), (record(gone),), (live(gone),), quotas=room(10, 10))
    assert world.plan(prune=True).count(Action.CREATE) == 1
    assert world.plan().count(Action.CREATE) == 0


def test_a_soft_quota_only_makes_the_vendor_wait() -> None:
    large = pool("a", {"instanceCount": 100})
    plan = World((large,), quotas={"flex instances": Quota(0, 64)}).plan()
    assert plan.count(Action.CREATE) == 1
    (found,) = (each for each in plan.verdicts if each.quota == "flex instances")
    assert found.verdict is Verdict.TIGHT


def test_a_plan_that_adds_nothing_has_no_verdict() -> None:
    assert World.settled(*pools(2), quotas=room(10, 10)).plan().verdicts == ()


def test_a_replacement_needs_no_room_of_its_own() -> None:
    was = pool("a", {"profile": "old"})
    world = World((pool("a"),), (record(was),), (live(was),), quotas=room(10, 10))
    assert world.plan().count(Action.REPLACE) == 1


# --- names ----------------------------------------------------------------------------------------

PROFILES = frozenset({"docker-batch", "blender"})


def test_a_profile_the_account_does_not_have_is_blocked_with_the_nearest_name() -> None:
    change = World((pool("a", {"profile": "docker-bach"}),), profiles=PROFILES).change("a")
    assert change.standing is Standing.BLOCKED
    assert change.problem is not None
    assert change.problem.code == "P402"
    assert "docker-batch" in change.problem.remedy


def test_a_name_like_no_other_is_answered_with_those_there_are() -> None:
    change = World((pool("a", {"profile": "xyz"}),), profiles=PROFILES).change("a")
    assert change.problem is not None
    assert change.problem.remedy == "it has: blender, docker-batch"


@pytest.mark.parametrize("profiles", [None, PROFILES])
def test_a_known_name_or_a_catalogue_nobody_can_read_blocks_nothing(
    profiles: frozenset[str] | None,
) -> None:
    assert World((pool("a"),), profiles=profiles).change("a").standing is Standing.READY


def test_a_name_is_not_asked_about_while_nothing_is_made() -> None:
    there = pool("a", {"profile": "retired"})
    assert World.settled(there, profiles=PROFILES).plan().changes == ()


# --- bounds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("maxima", "slots", "is_told"),
    [({"slots": 8}, 9, True), ({"slots": 8}, 8, False), ({}, 9, False)],
)
def test_a_value_above_what_the_account_takes_is_blocked(
    maxima: dict[str, float], slots: int, *, is_told: bool
) -> None:
    kinds = {TOY_POOL.id: replace(TOY_POOL, maxima=(("slots", "slots"),))}
    farm = Farm((toy(TOY_POOL, "a", slots=slots),), kinds=kinds, maxima=maxima)
    change = farm.change("a")
    assert (change.problem is not None and change.problem.code == "P406") is is_told
    assert (change.standing is Standing.BLOCKED) is is_told


# --- pace -----------------------------------------------------------------------------------------


def test_creations_that_take_more_than_a_minute_say_how_long_they_take() -> None:
    slow = {TOY_TASK.id: 10.0}
    work = tuple(toy(TOY_TASK, f"shot-{number}", work="w") for number in range(31))
    (pace,) = Farm(work, paces=slow).plan().paces
    assert (pace.creations, pace.per_min, pace.minutes) == (31, 10.0, 3.1)
    assert Farm(work[:10], paces=slow).plan().paces == ()
    assert Farm(work).plan().paces == ()
