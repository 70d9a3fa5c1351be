"""What may be ended, and how much of it at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.diff.change import Action, Standing
from reconciler.lifecycle import OnRemove, WhenRunning
from reconciler.model import Settled
from reconciler.plan.plan import Change
from tests.unit.plan.world import BUSY, World, live, pool, pools, record


def left(**lifecycle: Any) -> World:
    """A pool that left the manifests after it had said this."""
    gone, stays = pool("gone", **lifecycle), pool("stays")
    return World((stays,), (record(gone), record(stays)), (live(gone), live(stays)))


def replaced(**lifecycle: Any) -> World:
    """A pool that has to be replaced under this lifecycle."""
    was, asked = pool("a"), pool("a", {"profile": "other"}, **lifecycle)
    return World((asked,), (record(was),), (live(was),))


def busy(world: World) -> World:
    return world.but(objects=tuple(replace(each, usage=BUSY) for each in world.objects))


def code(change: Change) -> str:
    return change.problem.code if change.problem is not None else ""


# --- protect --------------------------------------------------------------------------------------


def test_what_was_protected_when_it_left_git_is_not_deleted() -> None:
    change = left(protect=True).change("gone", prune=True)
    assert (change.action, change.standing, code(change)) == (
        Action.DELETE,
        Standing.BLOCKED,
        "P301",
    )
    assert left(protect=True).change("gone", is_destroy=True).standing is Standing.BLOCKED


def test_what_is_protected_is_not_replaced_but_updated_all_the_same() -> None:
    assert code(replaced(protect=True).change("a")) == "P301"
    tagged = pool("a", {"tags": ["x"]}, protect=True)
    world = World((tagged,), (record(tagged),), (live(pool("a")),))
    assert world.change("a").standing is Standing.READY


def test_forgetting_ends_nothing_so_protect_allows_it() -> None:
    change = left(protect=True, on_remove=OnRemove.FORGET).change("gone", prune=True)
    assert (change.action, change.standing) == (Action.FORGET, Standing.READY)


# --- work that would be lost ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "standing", "reason"),
    [
        (WhenRunning.REFUSE, Standing.BLOCKED, "P302"),
        (WhenRunning.DRAIN, Standing.WAITING, "P303"),
        (WhenRunning.STOP, Standing.READY, ""),
    ],
)
def test_work_under_way_is_ended_only_as_declared(
    when: WhenRunning, standing: Standing, reason: str
) -> None:
    for change in (
        busy(replaced(when_running=when)).change("a"),
        busy(left(when_running=when)).change("gone", prune=True),
    ):
        assert (change.standing, code(change)) == (standing, reason)
        assert change.loss == BUSY


def test_an_idle_pool_is_ended_without_a_word() -> None:
    change = replaced().change("a")
    assert (change.standing, change.loss) == (Standing.READY, None)


def test_what_is_over_has_no_work_to_lose() -> None:
    was = pool("a")
    over = live(was, usage=BUSY, settled=Settled.FAILED)
    change = World((was,), (record(was),), (over,)).change("a")
    assert (change.action, change.standing) == (Action.REPLACE, Standing.READY)


# --- how much at once -----------------------------------------------------------------------------


def pruning(owned: int, gone: int) -> World:
    declared = pools(owned)
    return World.settled(*declared).but(resources=declared[gone:])


def ready(world: World, **policy: Any) -> int:
    return len(world.plan(prune=True, **policy).pending)


@pytest.mark.parametrize(
    ("owned", "gone", "removed"),
    [(4, 3, 3), (5, 1, 1), (5, 2, 0), (10, 3, 3), (10, 4, 0), (100, 30, 30), (100, 31, 0)],
)
def test_from_five_objects_up_at_most_thirty_percent_go(
    owned: int, gone: int, removed: int
) -> None:
    assert ready(pruning(owned, gone)) == removed


def test_a_number_on_the_command_line_replaces_the_share() -> None:
    assert ready(pruning(10, 4), max_deletes=4) == 4
    assert ready(pruning(10, 4), max_deletes=3) == 0
    assert ready(pruning(4, 1), max_deletes=0) == 0


def test_replacements_count_as_removals_and_updates_do_not() -> None:
    declared = pools(10)
    changed = tuple(pool(each.address.name, {"profile": "other"}) for each in declared[:4])
    world = World.settled(*declared).but(resources=(*changed, *declared[4:]))
    made = world.plan()
    assert made.is_empty
    assert {code(each) for each in made.changes} == {"P304"}
    assert "4" in (made.changes[0].problem.remedy if made.changes[0].problem else "")
    tagged = tuple(pool(each.address.name, {"tags": ["x"]}) for each in declared)
    assert len(world.but(resources=tagged).plan().pending) == 10


def test_what_is_blocked_for_another_reason_does_not_count() -> None:
    declared = (*pools(8), pool("q1", protect=True), pool("q2", protect=True))
    world = World.settled(*declared).but(resources=declared[2:8])
    made = world.plan(prune=True)
    assert len(made.pending) == 2
    assert sorted(code(each) for each in made.changes) == ["", "", "P301", "P301"]


def test_destroy_has_no_share_but_keeps_to_a_number() -> None:
    world = World.settled(*pools(10))
    assert len(world.plan(is_destroy=True).pending) == 10
    assert world.plan(is_destroy=True, max_deletes=9).is_empty
