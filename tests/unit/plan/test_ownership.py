"""Whose an object is: records, markers, copies, strangers, and addresses that have moved."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from reconciler.address import Address
from reconciler.diff.change import Action, Reason, Standing
from reconciler.errors import Severity
from reconciler.model import Settled, Verb
from reconciler.plan.match import match
from tests.unit.plan.world import World, at, intent, live, marker, pool, record

A, B = pool("a"), pool("b")


def renamed(name: str, old: str) -> World:
    """A pool that was made as `old` and is declared as `name`."""
    return World((pool(name, renamed_from=old),), (record(pool(old)),), (live(pool(old)),))


# --- whose it is ----------------------------------------------------------------------------------


def test_an_object_is_found_by_the_id_that_is_recorded_whatever_its_marker_says() -> None:
    bare = live(A, marker=None)
    world = World((A,), (record(A),), (bare,))
    assert match(world.recorded, world.observation).at(at("a")).live == bare


def test_an_object_with_our_marker_that_nothing_confirms_blocks_creation() -> None:
    made = World((A,), (), (live(A),)).plan()
    (change,) = made.changes
    assert (change.action, change.standing) == (Action.NO_OP, Standing.BLOCKED)
    assert change.problem is not None
    assert "adopt" in change.problem.remedy


def test_one_that_is_over_blocks_nothing_and_its_ordinal_is_not_used_again() -> None:
    over = live(A, ordinal=4, settled=Settled.CANCELLED)
    change = World((A,), (), (over,)).change("a")
    assert change.action is Action.CREATE
    assert change.request is not None
    assert change.request.marker.ordinal == 5


@pytest.mark.parametrize("ordinal", [1, 2])
def test_a_copied_marker_is_nobodys_and_is_left_alone(ordinal: int) -> None:
    copy = live(A, ordinal, remote_id="a clone")
    made = World((A,), (record(A, 2),), (live(A, 2), copy)).plan()
    assert made.changes == ()
    pruned = World((B,), (record(A, 2),), (live(A, 2), copy)).plan(prune=True)
    assert {each.remote_id for each in pruned.changes} == {"", "id-a-2"}


def test_a_newer_object_than_the_state_knows_blocks_its_address() -> None:
    newer = live(A, 3)
    change = World((A,), (record(A, 2),), (live(A, 2), newer)).change("a")
    assert change.standing is Standing.BLOCKED


def test_the_object_of_an_open_intent_is_no_stranger() -> None:
    world = World((A,), (), (live(A),), (intent("a"),))
    found = match(world.recorded, world.observation).at(at("a"))
    assert found.unconfirmed == ()
    assert world.change("a").problem is not None


def test_an_intent_that_makes_nothing_confirms_nothing() -> None:
    stop = intent("a", verb=Verb.STOP)
    world = World((A,), (), (live(A),), (stop,))
    assert match(world.recorded, world.observation).at(at("a")).unconfirmed == (live(A),)


def test_what_nothing_speaks_of_is_a_warning_and_is_left_alone() -> None:
    made = World((A,), (record(A),), (live(A), live(B))).plan(prune=True)
    (problem,) = made.problems
    assert (problem.code, problem.severity) == ("P405", Severity.WARNING)
    assert "id-b-1" in problem.summary
    assert made.is_empty


def test_a_stranger_that_is_over_is_not_spoken_of() -> None:
    over = live(B, settled=Settled.FAILED)
    assert World((A,), (record(A),), (live(A), over)).plan().problems == ()


# --- renames --------------------------------------------------------------------------------------


def test_a_renamed_resource_keeps_its_object_and_its_first_address() -> None:
    made = renamed("new", "old").plan(prune=True)
    assert made.is_empty
    (kept,) = made.remembered
    assert (kept.address, kept.first_address) == (at("new"), at("old"))
    assert kept.remote_id == "id-old-1"


def test_the_next_creation_of_a_renamed_resource_bears_its_first_address() -> None:
    world = renamed("new", "old").but(objects=())
    change = world.change("new")
    assert change.reason is Reason.REMOVED_OUTSIDE
    assert change.request is not None
    assert change.request.marker == marker("old", 2)


def test_a_rename_that_was_written_down_is_no_news() -> None:
    moved = record(pool("old"), address=at("new"))
    world = renamed("new", "old").but(records=(moved,))
    assert world.plan().remembered == ()
    assert world.plan().is_empty


def test_a_new_document_at_an_old_first_address_gets_one_of_its_own() -> None:
    moved = record(pool("old"), address=at("new"))
    world = World((pool("new"), pool("old")), (moved,), (live(pool("old")),))
    change = world.change("old")
    assert change.action is Action.CREATE
    assert change.request is not None
    assert change.request.marker == marker("old#2")
    assert [each.address.name for each in world.plan().changes] == ["old"]


def test_a_third_document_of_that_name_gets_the_next_one() -> None:
    moved = record(pool("old"), address=at("new"))
    again = record(pool("old"), address=at("newer"), first_address=at("old#2"), remote_id="x")
    change = World((pool("old"),), (moved, again)).change("old")
    assert change.request is not None
    assert change.request.marker.address == at("old#3")


def test_an_open_intent_follows_a_rename() -> None:
    world = World((pool("new", renamed_from="old"),), intents=(intent("old"),))
    change = world.change("new")
    assert (change.action, change.standing) == (Action.NO_OP, Standing.BLOCKED)
    with_record = renamed("new", "old").but(intents=(intent("old", verb=Verb.UPDATE),))
    assert with_record.change("new").standing is Standing.BLOCKED


def test_two_that_claim_one_old_name_are_decided_the_same_in_any_order() -> None:
    world = renamed("x", "old")
    claims = (pool("x", renamed_from="old"), pool("y", renamed_from="old"))
    plans = [world.but(resources=each).plan() for each in permutations(claims)]
    assert plans[0] == plans[1]
    assert [each.address for each in plans[0].remembered] == [at("x")]


def test_destroy_ends_a_resource_under_the_address_it_is_remembered_by() -> None:
    (change,) = renamed("new", "old").plan(is_destroy=True).changes
    assert (change.address, change.action) == (at("old"), Action.DELETE)


def test_the_intent_of_a_new_document_at_an_old_address_takes_nothing_from_the_moved_one() -> None:
    moved = record(pool("old"), address=at("new"))
    fresh = replace(live(pool("old")), remote_id="fresh", marker=marker("old#2"))
    lost = intent("old", first_address=Address(*("qarnot-prod", "pool", "old#2")))
    world = World((pool("new"), pool("old")), (moved,), (live(pool("old")), fresh), (lost,))
    made = world.plan()
    assert made.problems == ()
    assert [each.address for each in made.changes] == [at("old")]
    assert match(world.recorded, world.observation).at(at("new")).live == live(pool("old"))
