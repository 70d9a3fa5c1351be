"""The identity of finite work: what never changes it, and what always does."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.address import Address
from reconciler.diff.runkey import run_keys
from reconciler.fields import FieldTable, Mutability, SetBy
from reconciler.kinds import KindSpec, RefRole
from reconciler.lifecycle import Lifecycle, OnChange, OnEnd, OnGrow
from reconciler.model import Ref, Resource
from reconciler.pointers import with_contents
from reconciler.providers.qarnot.kinds.task import TASK
from tests.strategies import LAW
from tests.toy_kinds import TASK as TOY
from tests.toy_kinds import at, toy
from tests.unit.providers.qarnot.strategies import task_specs

SHOT = Address("qarnot-prod", "task", "shot-010")
SECRET = {"secretRef": {"env": "KEY"}}


def itself(address: Address) -> Address:
    return address


def keys(kind: KindSpec, resource: Resource, **told: Any) -> tuple[str, ...]:
    first = told.get("first", itself)
    return run_keys(kind, resource, told.get("workspace", "ws"), told.get("env", "prod"), first)


def key(spec: Mapping[str, Any], kind: KindSpec = TASK, **others: Any) -> str:
    lifecycle = Lifecycle(**others.pop("lifecycle", {}))
    (found,) = keys(kind, Resource(SHOT, kind.id, spec, lifecycle=lifecycle, **others))
    return found


# --- what never changes it ------------------------------------------------------------------------


def shuffled(value: Any, order: random.Random) -> Any:
    """The same value, every object of it written in another order."""
    if isinstance(value, Mapping):
        pairs = [(name, shuffled(each, order)) for name, each in value.items()]
        return dict(order.sample(pairs, len(pairs)))
    return [shuffled(each, order) for each in value] if isinstance(value, list) else value


@LAW
@given(task_specs(), st.randoms(use_true_random=False))
def test_the_order_of_keys_is_no_other_work(spec: dict[str, Any], order: random.Random) -> None:
    assert key(shuffled(spec, order)) == key(spec)


STEERING = {
    "displayName": "Shot 10",
    "tags": ["film-a"],
    "instances": 9,
    "frames": "1-240",
    "dependsOn": ["layout"],
    "snapshotInterval": "10m",
    "snapshotBucket": "snaps",
    "uploadResultsOnCancellation": True,
    "resultsCacheTTLSec": 60,
    "autoDeleteOnCompletion": True,
    "completionTimeToLive": "1d",
    "maxTimeQueueSeconds": 60,
    "priority": 3,
    "requirements": {"cpu": 8},
    "retries": 3,
}


@LAW
@given(task_specs(), st.sampled_from(sorted(STEERING)))
def test_what_only_steers_is_no_other_work(spec: dict[str, Any], name: str) -> None:
    assert key({**spec, name: STEERING[name]}) == key(
        {path: each for path, each in spec.items() if path != name}
    )


def test_where_it_runs_and_what_groups_it_is_no_other_work() -> None:
    assert key({"pool": "farm"}) == key({"job": "shot"}) == key({})


def test_labels_and_how_it_is_looked_after_are_no_other_work() -> None:
    spec = {"profile": "docker-batch", "instances": 1}
    lives: list[dict[str, Any]] = [
        {"protect": True},
        {"on_change": OnChange.REPLACE},
        {"on_grow": OnGrow.RERUN},
        {"on_failure": OnEnd.RERUN},
        {"on_lost": OnEnd.RERUN},
        {"max_attempts": 9},
        {"renamed_from": "before"},
    ]
    assert {key(spec), key(spec, labels={"show": "dune"})} == {key(spec)}
    assert {key(spec, lifecycle=each) for each in lives} == {key(spec)}


def test_a_value_equal_to_its_default_is_as_good_as_none() -> None:
    spec = {"profile": "docker-batch"}
    for row in TASK.table:
        if row.mutability is Mutability.WORK and row.default is not None and "." not in row.path:
            assert key({**spec, row.path: row.default}) == key(spec), row.path


def test_a_shared_word_is_the_work_that_the_vendors_words_say() -> None:
    assert key({"resourceBuckets": ["in"]}) == key({"advancedResourceBuckets": [
        {"bucketName": "in"}]})  # fmt: skip


def test_a_secret_counts_by_where_it_is_kept() -> None:
    """A rotated secret re-runs nothing; another secret is other work."""
    one = {"constants": {"QARNOT_SECRET__KEY": SECRET}}
    other = {"constants": {"QARNOT_SECRET__KEY": {"secretRef": {"env": "KEY2"}}}}
    assert key(one) == key(one)
    assert key(one) != key(other)


# --- what always changes it -----------------------------------------------------------------------

OTHER: Mapping[str, tuple[Any, Any]] = {
    "profile": ("docker-batch", "blender"),
    "constants": ({"DOCKER_CMD": "a"}, {"DOCKER_CMD": "b"}),
    "resourceBuckets": (["in"], ["other"]),
    "advancedResourceBuckets": (
        [{"bucketName": "in"}],
        [{"bucketName": "in", "filtering": {"prefixFiltering": {"prefix": "x"}}}],
    ),
    "resultBucket": ("out", "other"),
    "resultsWhitelist": ("a", "b"),
    "resultsBlacklist": ("a", "b"),
    "forcedConstants": ([{"constantName": "A", "forcedValue": "1"}], [{"constantName": "A"}]),
}


def work_roots(table: FieldTable) -> set[str]:
    rows = (row for row in table if row.mutability is Mutability.WORK)
    return {
        row.path.partition(".")[0].partition("[")[0] for row in rows if row.set_by is SetBy.USER
    }


def test_every_field_that_decides_the_work_is_tried() -> None:
    assert work_roots(TASK.table) - {"instances", "frames"} == OTHER.keys()


@pytest.mark.parametrize("name", sorted(OTHER))
def test_each_field_that_decides_the_work_makes_other_work(name: str) -> None:
    one, other = OTHER[name]
    assert len({key({}), key({name: one}), key({name: other})}) == 3


def test_the_newest_formula_knows_every_field_that_decides_the_work() -> None:
    """All but the ranges, which say how much of it, not what."""
    folded = {str(name) for each in OTHER for name in TASK.fold({each: OTHER[each][0]})}
    assert TASK.formulas[-1] == folded
    assert all(old < new for old, new in zip(TASK.formulas, TASK.formulas[1:], strict=False))


@LAW
@given(task_specs(), st.sampled_from(sorted(set(OTHER) - {"resourceBuckets"})))
def test_any_work_with_one_field_more_is_other_work(spec: dict[str, Any], name: str) -> None:
    bare = {path: each for path, each in spec.items() if path not in (name, "resourceBuckets")}
    assert key({**bare, name: OTHER[name][0]}) != key({**bare, name: OTHER[name][1]})


def test_raising_the_run_is_other_work() -> None:
    spec = {"profile": "docker-batch"}
    assert len({key(spec, lifecycle={"run": number}) for number in (1, 2, 3)}) == 3


def test_another_workspace_env_address_or_kind_is_other_work() -> None:
    resource = toy(TOY, "t", work="A")
    elsewhere = replace(resource, address=at(TOY, "u"))
    told = [
        keys(TOY, resource),
        keys(TOY, resource, workspace="other"),
        keys(TOY, resource, env="staging"),
        keys(TOY, elsewhere),
        keys(replace(TOY, kind="Other"), resource),
    ]
    assert len(set(told)) == len(told)


def test_ignored_work_counts_as_unset() -> None:
    ignoring = {"ignore": ("constants.SEED",)}
    one = key({"constants": {"SEED": "1", "CMD": "x"}}, lifecycle=ignoring)
    other = key({"constants": {"SEED": "2", "CMD": "x"}}, lifecycle=ignoring)
    assert one == other == key({"constants": {"CMD": "x"}})
    assert key({"profile": "a"}, lifecycle={"ignore": ("profile",)}) == key({})


# --- addresses ------------------------------------------------------------------------------------


def test_a_renamed_resource_asks_for_the_same_work() -> None:
    moved = replace(toy(TOY, "t", work="A"), address=at(TOY, "renamed"))
    assert keys(TOY, moved, first=lambda _: at(TOY, "t")) == keys(TOY, toy(TOY, "t", work="A"))


def test_a_reference_that_decides_the_work_counts_by_first_address() -> None:
    """No kind has one yet: a toy whose work is what it stands on."""
    kind = replace(TOY, formulas=(frozenset({"work", "pool"}),))
    resource = toy(TOY, "t", work="A", pool="farm")
    renamed = toy(TOY, "t", work="A", pool="barn")

    def first(address: Address) -> Address:
        return replace(address, name="farm") if address.name == "barn" else address

    assert keys(kind, renamed, first=first) == keys(kind, resource)
    assert keys(kind, renamed) != keys(kind, resource)
    existing = Ref(("pool",), "toy/Pool", existing="theirs", role=RefRole.PLACE)
    stranger = Resource(at(TOY, "t"), TOY.id, {"work": "A", "pool": {"existing": "theirs"}},
                        references=(existing,))  # fmt: skip
    assert keys(kind, stranger) != keys(kind, resource)


# --- formulas -------------------------------------------------------------------------------------

LATER = replace(TOY, formulas=(frozenset({"work"}), frozenset({"work", "steer"})))
LATEST = replace(TOY, formulas=(*LATER.formulas, frozenset({"work", "steer", "ttl"})))


def test_a_run_made_under_an_older_formula_still_counts() -> None:
    resource = toy(TOY, "t", work="A")
    (old,) = keys(TOY, resource)
    newest, kept = keys(LATER, resource)
    assert kept == old
    assert newest != old
    assert keys(LATEST, resource)[1:] == (newest, old)


def test_a_formula_that_does_not_know_a_field_that_is_set_has_no_key() -> None:
    resource = toy(TOY, "t", work="A", steer="x")
    (only,) = keys(LATER, resource)
    assert only.startswith("k2-")
    assert [each[:3] for each in keys(LATEST, resource)] == ["k3-", "k2-"]
    assert [each[:3] for each in keys(LATEST, toy(TOY, "t", work="A", ttl=1))] == ["k3-"]


def test_the_newest_formula_stands_first_and_all_keys_differ() -> None:
    found = keys(LATEST, toy(TOY, "t", work="A"))
    assert [each[:3] for each in found] == ["k3-", "k2-", "k1-"]
    assert len(set(found)) == 3


def test_a_key_is_short_enough_for_every_slot_and_holds_no_space() -> None:
    found = key({"constants": {"A": "x" * 2048}})
    assert len(found) <= 32
    assert " " not in found


# --- files ----------------------------------------------------------------------------------------

WITH_FILE = replace(TOY, files=lambda spec: ((("work",), spec["work"]["file"]),))


def filed(path: str, **contents: str) -> str:
    resource = toy(TOY, "a", work={"file": path})
    found = run_keys(WITH_FILE, resource, "ws", "prod", itself, contents)
    return found[0]


def test_what_is_in_a_file_is_the_work_and_its_name_is_not() -> None:
    assert filed("a", a="1", b="2") == filed("b", a="2", b="1")
    assert filed("a", a="1") != filed("a", a="2")


def test_what_only_looks_like_a_file_is_taken_as_it_stands() -> None:
    odd = {"file": ["graphs", {"file": 3}]}
    assert with_contents(odd, {"graphs": "1"}) == odd
