"""The plan of what is declared: what is done, in what order, from what; always the same."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.diff.change import Action, Reason, Standing
from reconciler.errors import PlanRefused, Problem
from reconciler.lifecycle import OnRemove
from reconciler.model import Ref, Settled
from reconciler.plan.codec import encode_plan
from reconciler.plan.plan import Change
from reconciler.providers.qarnot.kinds.pool import POOL
from tests.strategies import LAW, pool_specs
from tests.unit.plan.world import (
    NOW,
    PROVIDER,
    World,
    at,
    intent,
    live,
    marker,
    pool,
    pools,
    record,
)

A, B = pool("a"), pool("b")


def act(change: Change) -> tuple[Action, Reason, Standing]:
    return change.action, change.reason, change.standing


# --- laws -----------------------------------------------------------------------------------------


@LAW
@given(st.lists(pool_specs(), max_size=2))
def test_what_was_made_as_asked_plans_nothing(specs: list[dict[str, Any]]) -> None:
    declared = tuple(
        pool(f"p{number}", {"instanceCount": None, **_plain(spec)})
        for number, spec in enumerate(specs)
    )
    made = World.settled(*declared).plan(prune=True) if declared else World().plan()
    assert made.changes == ()
    assert made.is_empty
    assert made.problems == ()


def _plain(spec: dict[str, Any]) -> dict[str, Any]:
    """Without secrets, which no echo shows."""
    constants = spec.get("constants", {})
    return {**spec, "constants": {k: v for k, v in constants.items() if not isinstance(v, dict)}}


def mixed() -> World:
    """One of each: new, changed, replaced, gone, orphaned, busy, lost, blocked."""
    new, changed, replaced = pool("new"), pool("changed", {"tags": ["x"]}), pool("replaced")
    orphan, gone, busy = pool("orphan"), pool("gone"), pool("busy", {"profile": "other"})
    lost, twofold = pool("lost"), pool("twofold")
    was = [pool("changed"), pool("replaced", {"profile": "old"}), orphan, gone, pool("busy")]
    objects = [live(each) for each in was if each is not gone]
    return World(
        resources=(new, changed, replaced, gone, busy, lost, twofold),
        records=(*map(record, was), record(pool("vanished"))),
        objects=(
            *(replace(each, usage=replace(each.usage, queued_instances=2)) if each.name == "busy"
              else each for each in objects),
            live(twofold),
            live(pool("stranger")),
        ),
        intents=(intent("lost"),),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("policy", [{}, {"prune": True}, {"is_destroy": True}])
def test_the_order_of_files_objects_and_records_changes_no_byte(
    seed: int, policy: dict[str, Any]
) -> None:
    world, shuffle = mixed(), random.Random(seed)
    shuffled = world.but(
        resources=tuple(shuffle.sample(world.resources, len(world.resources))),
        records=tuple(shuffle.sample(world.records, len(world.records))),
        objects=tuple(shuffle.sample(world.objects, len(world.objects))),
    )
    assert encode_plan(shuffled.plan(**policy)) == encode_plan(world.plan(**policy))


def test_changes_come_in_the_order_of_their_addresses() -> None:
    names = [each.address for each in mixed().plan(prune=True).changes]
    assert names == sorted(names)


# --- what is declared -----------------------------------------------------------------------------


def test_what_is_new_is_created_with_the_first_ordinal() -> None:
    change = World((A,)).change("a")
    assert act(change) == (Action.CREATE, Reason.NOT_FOUND, Standing.READY)
    assert change.request is not None
    assert change.request.marker == marker("a", 1)
    assert change.remote_id == ""


def test_what_was_removed_outside_is_created_with_the_next_ordinal() -> None:
    change = World((A,), (record(A, 3),)).change("a")
    assert act(change) == (Action.CREATE, Reason.REMOVED_OUTSIDE, Standing.READY)
    assert change.notes == ("removed outside",)
    assert change.request is not None
    assert change.request.marker.ordinal == 4


def test_a_record_without_an_object_was_never_made() -> None:
    change = World((A,), (record(A, 2, remote_id=""),)).change("a")
    assert (change.reason, change.request and change.request.marker.ordinal) == (
        Reason.NOT_FOUND,
        3,
    )


@pytest.mark.parametrize("settled", [Settled.CANCELLED, Settled.FAILED, Settled.TERMINATING])
def test_what_is_over_at_the_vendor_is_replaced(settled: Settled) -> None:
    change = World((A,), (record(A),), (live(A, settled=settled),)).change("a")
    assert act(change) == (Action.REPLACE, Reason.ENDED, Standing.READY)
    assert change.request is not None
    assert change.request.marker.ordinal == 2


def test_a_field_that_can_change_in_place_is_an_update_of_the_same_object() -> None:
    changed = pool("a", {"tags": ["x"]})
    change = World((changed,), (record(A),), (live(A),)).change("a")
    assert act(change) == (Action.UPDATE, Reason.MANIFEST_CHANGED, Standing.READY)
    assert change.remote_id == "id-a-1"
    assert [each.path for each in change.fields] == ["tags"]


def test_a_field_only_a_new_object_can_have_is_a_replacement() -> None:
    changed = pool("a", {"profile": "other", "tags": ["x"]})
    change = World((changed,), (record(A),), (live(A),)).change("a")
    assert act(change) == (Action.REPLACE, Reason.IMMUTABLE_FIELD, Standing.READY)
    assert [each.path for each in change.fields] == ["profile", "tags"]


def test_drift_is_told_apart_from_a_changed_manifest() -> None:
    moved = live(pool("a", {"tags": ["theirs"]}))
    assert World((A,), (record(A),), (moved,)).change("a").reason is Reason.DRIFTED
    asked = pool("a", {"tags": ["ours"]})
    assert World((asked,), (record(A),), (moved,)).change("a").reason is Reason.MANIFEST_CHANGED


def test_a_label_waits_for_the_next_creation_and_forces_nothing() -> None:
    labelled = replace(A, labels={"show": "dune"})
    made = World((labelled,), (record(A),), (live(A),)).plan()
    (change,) = made.changes
    assert change.action is Action.NO_OP
    assert [each.path for each in change.fields] == ["metadata.labels.show"]
    assert made.is_empty


def test_a_field_that_may_not_be_dropped_is_blocked_with_the_field() -> None:
    bare = replace(A, spec={"instanceCount": 1})
    change = World((bare,), (record(A),), (live(A),)).change("a")
    assert act(change) == (Action.NO_OP, Reason.MANIFEST_CHANGED, Standing.BLOCKED)
    assert change.problem is not None
    assert change.problem.code == "P201"


def test_a_value_the_vendor_did_not_keep_is_shown_as_blocked_and_not_sent_again() -> None:
    from reconciler.diff.compare import desired_form, not_honoured
    from tests.unit.plan.world import KNOWN

    asked, there = pool("a", {"tags": ["ours"]}), live(A)
    kept = not_honoured(POOL, desired_form(POOL, asked), there, KNOWN)
    made = World((asked,), (record(asked, not_honoured=kept),), (there,)).plan()
    (change,) = made.changes
    assert act(change) == (Action.NO_OP, Reason.DRIFTED, Standing.BLOCKED)
    assert [each.path for each in change.fields] == ["tags"]
    assert change.problem is not None
    assert made.is_empty


def test_an_ignored_field_is_sent_as_it_is_there() -> None:
    asked = pool("a", {"tags": ["ours"], "constants": {"K": "new"}}, ignore=("tags",))
    there = live(pool("a", {"tags": ["theirs"]}))
    change = World((asked,), (record(A),), (there,)).change("a")
    assert change.request is not None
    assert change.request.spec["tags"] == ["theirs"]
    assert [each.path for each in change.fields] == ["constants.K"]


def test_the_unchanged_are_remembered_by_the_digest_of_what_was_seen() -> None:
    made = World.settled(A, B).plan()
    assert made.unchanged.keys() == {at("a"), at("b")}
    assert made.changes == ()


# --- what is not known ----------------------------------------------------------------------------


@pytest.mark.parametrize("policy", [{}, {"prune": True}, {"is_destroy": True}])
def test_nothing_is_done_on_half_a_list(policy: dict[str, Any]) -> None:
    world = World(
        (A, pool("c", {"tags": ["x"]})),
        (record(pool("c")), record(B), record(pool("d"))),
        (live(pool("c")), live(B)),
        is_incomplete=True,
    )
    made = world.plan(**policy)
    assert made.is_empty
    assert [each.code for each in made.problems] == ["V503"]
    assert {each.standing for each in made.changes} == {Standing.BLOCKED}


@pytest.mark.parametrize("policy", [{}, {"prune": True}, {"is_destroy": True}])
def test_nothing_is_done_where_an_answer_is_still_lost(policy: dict[str, Any]) -> None:
    world = World((A,), (record(B),), (live(B),), (intent("a"), intent("b", 2)))
    made = world.plan(**policy)
    assert made.is_empty
    assert all(each.standing is Standing.BLOCKED for each in made.changes)


@pytest.mark.parametrize("policy", [{"prune": True}, {"is_destroy": True}])
def test_what_stands_at_a_provider_nobody_configures_is_not_taken_for_gone(
    policy: dict[str, Any],
) -> None:
    away = replace(B, address=replace(B.address, provider="elsewhere"))
    world = World.settled(A)
    world = world.but(records=(*world.records, record(away)))
    (change,) = (each for each in world.plan(**policy).changes if each.address == away.address)
    assert change.standing is Standing.BLOCKED
    assert change.problem is not None
    assert "elsewhere" in change.problem.cause


# --- targets --------------------------------------------------------------------------------------


def test_only_what_is_targeted_is_planned() -> None:
    world = World((A, B), (record(pool("c")), record(pool("d"))))
    made = world.plan(targets=frozenset({at("a"), at("c")}), prune=True)
    assert [each.address.name for each in made.changes] == ["a", "c"]
    kept = world.plan(targets=frozenset({at("a"), at("c")}))
    assert kept.orphans == (at("c"),)


# --- what it is bound to --------------------------------------------------------------------------


def test_a_plan_says_what_it_was_made_from_and_until_when_it_is_good() -> None:
    made = World((A,)).plan()
    assert made.binding.lineage == "lineage"
    assert made.binding.inputs == "inputs"
    assert made.binding.accounts == {PROVIDER: "ana@example.org"}
    assert made.binding.endpoints == {PROVIDER: "https://api.qarnot.com"}
    assert made.made_at == NOW
    assert (made.expires_at - NOW).days == 7
    assert made.serial == 7


# --- order ----------------------------------------------------------------------------------------


def test_what_is_referred_to_comes_first_and_ends_last() -> None:
    uses = replace(B, references=(Ref(("pool",), POOL.id, target=at("a")),))
    created = World((A, uses))
    assert created.change("b").waits_for == {at("a")}
    assert created.change("a").waits_for == frozenset()
    gone = World((pool("c"),), (record(A), record(uses)), (live(A), live(uses)))
    assert gone.change("a", prune=True).ends_after == {at("b")}
    assert gone.change("b", prune=True).waits_for == frozenset()


def test_a_reference_carries_the_id_of_what_is_there() -> None:
    uses = replace(B, references=(Ref(("pool",), POOL.id, target=at("a")),))
    change = World((A, uses), (record(A),), (live(A),)).change("b")
    assert change.request is not None
    assert change.request.remote_ids == {at("a"): "id-a-1"}


def test_an_object_that_is_not_ours_is_named_by_its_id_or_is_an_error() -> None:
    uses = replace(B, references=(Ref(("pool",), POOL.id, existing="theirs"),))
    change = World((uses,)).change("b")
    assert change.standing is Standing.BLOCKED
    assert change.problem is not None
    assert change.problem.code == "P403"

    from reconciler.plan.build import plan
    from reconciler.plan.policy import Policy
    from tests.unit.plan.world import seal

    world = World((uses,))
    seen = replace(world.observation, existing={(PROVIDER, POOL.id, "theirs"): "id-7"})
    (change,) = plan(world.desired, world.recorded, seen, Policy(seal)).changes
    assert change.request is not None
    assert change.request.existing_ids == {(POOL.id, "theirs"): "id-7"}


# --- what is declared no more ---------------------------------------------------------------------


def test_without_prune_what_left_the_manifests_is_kept_and_listed() -> None:
    made = World((A,), (record(A), record(B)), (live(A), live(B))).plan()
    assert made.orphans == (at("b"),)
    assert made.is_empty


@pytest.mark.parametrize(
    ("on_remove", "action"),
    [
        (None, Action.DELETE),
        (OnRemove.DELETE, Action.DELETE),
        (OnRemove.ARCHIVE, Action.DELETE),
        (OnRemove.TERMINATE, Action.TERMINATE),
        (OnRemove.FORGET, Action.FORGET),
    ],
)
def test_prune_removes_as_the_manifest_last_said(
    on_remove: OnRemove | None, action: Action
) -> None:
    left = pool("b", on_remove=on_remove)
    world = World((A,), (record(A), record(left)), (live(A), live(left)))
    change = world.change("b", prune=True)
    assert act(change) == (action, Reason.NOT_DECLARED, Standing.READY)
    assert change.remote_id == "id-b-1"


def test_destroy_deletes_whatever_on_remove_says() -> None:
    left = pool("b", on_remove=OnRemove.FORGET)
    change = World((left,), (record(left),), (live(left),)).change("b", is_destroy=True)
    assert act(change) == (Action.DELETE, Reason.REQUESTED, Standing.READY)


def test_what_is_gone_at_the_vendor_is_only_forgotten() -> None:
    change = World((A,), (record(A), record(B)), (live(A),)).change("b", prune=True)
    assert change.action is Action.FORGET
    assert change.notes


def test_an_empty_set_of_manifests_under_prune_is_refused() -> None:
    with pytest.raises(PlanRefused) as refused:
        World((), (record(A),), (live(A),)).plan(prune=True)
    assert refused.value.problems[0].code == "P305"
    assert World().plan(prune=True).is_empty
    assert World((), (record(A),), (live(A),)).plan(is_destroy=True).count(Action.DELETE) == 1


def test_what_lifecycle_says_is_remembered_and_only_when_it_is_news() -> None:
    careful = pool("a", protect=True, on_remove=OnRemove.FORGET)
    (kept,) = World((careful,), (record(A),), (live(A),)).plan().remembered
    assert (kept.protect, kept.on_remove) == (True, OnRemove.FORGET)
    assert World.settled(careful).plan().remembered == ()


def test_a_problem_of_the_observation_reaches_the_plan() -> None:
    (problem,) = World((A,), is_incomplete=True).plan().problems
    assert isinstance(problem, Problem)


@pytest.mark.parametrize("count", [1, 7])
def test_every_declared_resource_is_a_change_or_unchanged(count: int) -> None:
    declared = pools(count)
    made = World(declared, tuple(map(record, declared[:3])), tuple(map(live, declared[:3]))).plan()
    assert {each.address for each in made.changes} | made.unchanged.keys() == {
        each.address for each in declared
    }
