"""A reviewed plan of finite work: progress is not staleness, what ended by itself is done."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from reconciler.diff.change import Action
from reconciler.errors import PlanStale
from reconciler.kinds import Demand
from reconciler.lifecycle import OnChange, WhenRunning
from reconciler.model import Outcome, Quota, Settled, Usage
from reconciler.plan.codec import decode_plan, encode_plan
from reconciler.plan.plan import Change, Plan, Verdict
from reconciler.plan.stale import still_due
from tests.toy_kinds import KINDS, TASK, at
from tests.unit.plan.farm import Farm, Life, intent, job, pool, task, there

REPLACE = {"on_change": OnChange.REPLACE}
OVER = (Settled.SUCCEEDED, Outcome.SUCCEEDED)


def due(reviewed: Farm, now: Farm, **policy: Any) -> dict[str, Action]:
    """What is done of a reviewed plan in the world of now, by name."""
    plan = still_due(reviewed.plan(**policy), now.plan(**policy))
    return {each.address.name: each.action for each in plan.pending}


def is_stale(reviewed: Farm, now: Farm, **policy: Any) -> bool:
    try:
        due(reviewed, now, **policy)
    except PlanStale as error:
        return [each.code for each in error.problems] == ["P110"]
    return False


MAKING_ROOM = Farm((task(work="B", lifecycle=REPLACE),), (Life(task()),))
STEERING = Farm((task(tags=["y"]),), (Life(task(tags=["x"])),))
PRUNING = Farm((task("other"),), (Life(task()), Life(task("other"))))
GROWING = Farm((task(frames="1-4"),), (Life(task(frames="1-2")),))


@pytest.mark.parametrize("farm", [MAKING_ROOM, STEERING, GROWING])
def test_progress_is_not_staleness(farm: Farm) -> None:
    (life,) = farm.lives
    for seen in (
        {"usage": Usage(instances=3, core_seconds=5.0)},
        {"seen_ago_s": 1.0},
        {"settled": Settled.SUSPENDED},
    ):
        later = farm.but(lives=(replace(life, **seen),))
        assert due(farm, later) == due(farm, farm)


def test_a_planned_stop_of_what_has_ended_since_is_done() -> None:
    ended = PRUNING.but(lives=(Life(task(), *OVER), Life(task("other"))))
    assert due(PRUNING, PRUNING, prune=True) == {"t": Action.TERMINATE}
    assert due(PRUNING, ended, prune=True) == {"t": Action.FORGET}


def test_making_room_for_new_work_when_the_old_has_ended_is_only_making_it() -> None:
    ended = MAKING_ROOM.but(lives=(Life(task(), *OVER),))
    assert due(MAKING_ROOM, MAKING_ROOM) == {"t": Action.REPLACE}
    assert due(MAKING_ROOM, ended) == {"t": Action.CREATE}


def test_steering_what_has_ended_since_is_done() -> None:
    for ended in (Life(task(tags=["x"]), *OVER), Life(task(tags=["x"]), Settled.FAILED)):
        assert due(STEERING, STEERING.but(lives=(ended,))) == {}


def test_frames_that_ended_since_make_a_growth_no_other() -> None:
    ended = GROWING.but(lives=(Life(task(frames="1-2"), *OVER),))
    assert due(GROWING, ended) == {"t": Action.CREATE}


@pytest.mark.parametrize(
    "now",
    [
        GROWING.but(lives=(*GROWING.lives, Life(task(frames="1-4"), attempt=2, ranges="3-4"))),
        GROWING.but(lives=(*GROWING.lives, Life(task(frames="1-4"), attempt=2, ranges="3"))),
        GROWING.but(intents=(intent(GROWING.lives[0]),)),
        GROWING.but(incomplete=(TASK.id,)),
        GROWING.but(lives=()),
    ],
    ids=["made", "made in part", "unsettled", "half a list", "forgotten"],
)
def test_another_run_than_was_reviewed_is_stale_unless_it_is_the_reviewed_one(now: Farm) -> None:
    is_made = len(now.lives) == 2 and now.lives[1].ranges == "3-4"
    assert is_stale(GROWING, now) is not is_made


def test_a_stop_of_more_than_was_reviewed_is_stale() -> None:
    """Of two runs one ends: less is stopped. One more begins: that was not reviewed."""
    work = task(frames="1-4")
    one, two = (Life(work, attempt=n, ranges=str(n)) for n in (1, 2))
    other = Life(task("other"))
    both, single = (Farm((task("other"),), lives) for lives in ((one, two, other), (one, other)))
    assert is_stale(single, both, prune=True)
    ended = both.but(lives=(Life(work, *OVER, ranges="1"), two, other))
    assert due(both, ended, prune=True) == {"t": Action.TERMINATE}
    (change,) = still_due(both.plan(prune=True), ended.plan(prune=True)).pending
    assert (change.remote_id, change.also) == ("id-t-2", ())


# --- plans as data --------------------------------------------------------------------------------


def whole_farm() -> Farm:
    """Pools, jobs, works: made, growing, held, blocked, behind others, moved and pruned."""
    on_p, in_j = {"pool": "id-p-1"}, {"job": "id-j-1"}
    works = (
        task("grows", frames="1-6", job="j"),
        task("held"),
        task("behind", dependsOn=["held", "grows"], job="j"),
        task("room", work="B", lifecycle=REPLACE),
        task("on", pool="p"),
        task("steered", tags=["y"]),
    )
    lives = (
        there(pool()),
        there(job(pool="p"), stands_on=on_p),
        Life(task("grows", frames="1-6", job="j"), ranges="1-2", stands_on=in_j),
        Life(task("held"), Settled.FAILED, Outcome.FAILED),
        Life(task("room")),
        Life(task("on", pool="p"), stands_on=on_p),
        Life(task("steered", tags=["x"])),
        Life(task("gone")),
    )
    place = pool(profile="b", when_running=WhenRunning.STOP)
    return Farm((place, job(pool="p"), *works), lives)


def test_a_plan_of_finite_work_reads_back_as_it_was_written() -> None:
    for policy in ({}, {"prune": True}, {"rerun": frozenset({at(TASK, "held")})}):
        plan = whole_farm().plan(max_deletes=99, **policy)
        assert decode_plan(encode_plan(plan)) == plan
    actions = {each.action for each in whole_farm().plan(prune=True, max_deletes=99).changes}
    assert {Action.CREATE, Action.REPLACE, Action.UPDATE, Action.TERMINATE} <= actions


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("policy", [{}, {"prune": True}, {"is_destroy": True}])
def test_the_order_of_what_it_is_made_from_changes_no_byte(
    seed: int, policy: dict[str, Any]
) -> None:
    farm, shuffle = whole_farm(), random.Random(seed)
    other = farm.but(
        resources=tuple(shuffle.sample(farm.resources, len(farm.resources))),
        lives=tuple(shuffle.sample(farm.lives, len(farm.lives))),
    )
    assert encode_plan(other.plan(**policy)) == encode_plan(farm.plan(**policy))


def test_a_plan_of_finite_work_is_still_due_right_after_it_was_made() -> None:
    plan = whole_farm().plan(max_deletes=99)
    assert still_due(decode_plan(encode_plan(plan)), plan).pending == plan.pending


# --- quotas ---------------------------------------------------------------------------------------


def counted(farm: Farm, used: float, limit: float) -> Plan:

    demanding = replace(TASK, demands=lambda spec: (Demand("tasks", 1),))
    kinds = {**KINDS, TASK.id: demanding}
    return farm.but(kinds=kinds, quotas={"tasks": Quota(used, limit)}).plan()


def standing(changes: tuple[Change, ...]) -> list[str]:
    return [each.standing.value for each in changes]


def test_what_finished_and_is_still_there_takes_its_place_in_the_quota() -> None:
    new = Farm((task("a"), task("b")))
    assert standing(counted(new, 8, 10).changes) == ["ready", "ready"]
    assert standing(counted(new, 9, 10).changes) == ["ready", "blocked"]
    (verdict,) = counted(new, 9, 10).verdicts
    assert verdict.verdict is Verdict.EXCEEDS


def test_making_room_frees_no_place_because_what_was_stopped_stays() -> None:
    assert standing(counted(MAKING_ROOM, 10, 10).changes) == ["blocked"]
    assert standing(counted(MAKING_ROOM, 9, 10).changes) == ["ready"]


def test_what_needs_work_that_finds_no_room_is_blocked_as_well() -> None:
    chain = Farm((task("a"), task("b", dependsOn=["a"])))
    assert standing(counted(chain, 10, 10).changes) == ["blocked", "blocked"]
