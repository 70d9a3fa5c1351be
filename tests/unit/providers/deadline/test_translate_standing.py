"""Pools, groups and limits between our words and Deadline's, held against the emulated farm."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.kinds import KindSpec
from reconciler.model import Settled
from reconciler.providers.deadline.kinds.group import GROUP
from reconciler.providers.deadline.kinds.limit import LIMIT
from reconciler.providers.deadline.kinds.pool import POOL
from reconciler.providers.deadline.translate_standing import (
    Give,
    Take,
    from_group,
    from_limit,
    from_pool,
    limit_set,
    pool_changes,
)
from tests.strategies import LAW
from tests.unit.providers.deadline.wanted import request, shown
from tests.unit.sandbox.deadline.farm import Farm

NAMES = ["Node01", "node02", "node03"]
OTHERS = ["ads", "sim", "none2"]
BOTH = frozenset({"workers", "positions"})
members = st.lists(st.sampled_from([*NAMES, "ghost"]), unique=True)
places = st.dictionaries(st.sampled_from(NAMES), st.integers(1, 3))
lists = st.lists(st.sampled_from(["film", *OTHERS]), unique=True)


def settings(**pools: list[str]) -> list[dict[str, Any]]:
    return [{"_id": name.lower(), "Name": name, "Pools": of} for name, of in pools.items()]


def farm_of(kind: KindSpec, worker_lists: list[list[str]]) -> Farm:
    """A farm whose workers have these pools, or groups, and no others."""
    farm = Farm({"workers": [{"Name": name} for name in NAMES]})
    key, route = ("Pool", "pools") if kind is POOL else ("Group", "groups")
    farm.ok("POST", route, {key: ["film", *OTHERS]})
    for name, of in zip(NAMES, worker_lists, strict=True):
        farm.ok("PUT", route, {"OverWrite": True, "Slave": name, key: of})
    return farm


def bring(farm: Farm, kind: KindSpec, spec: dict[str, Any]) -> int:
    """How many calls an update took."""
    route = "pools" if kind is POOL else "groups"
    wanted = request(spec, kind=kind, name="film")
    changes = pool_changes(wanted, farm.get("slaves", Data="settings"), BOTH)
    for change in changes:
        match change:
            case Give(body):
                farm.ok("PUT", route, body)
            case Take(query):
                farm.ok("DELETE", route, query=query)
    return len(changes)


def others(farm: Farm, key: str) -> list[list[str]]:
    """What each worker carries beside the pool in question, in its order."""
    found = farm.get("slaves", Data="settings")
    return [[each for each in worker[key] if each != "film"] for worker in found]


@LAW
@given(st.tuples(lists, lists, lists), members, places)
def test_a_pool_is_carried_by_whom_it_names_and_other_pools_keep_their_order(
    before: tuple[list[str], ...], named: list[str], placed: dict[str, int]
) -> None:
    farm = farm_of(POOL, list(before))
    spec = {
        "workers": [
            {"name": each, "position": placed[each]} if each in placed else each for each in named
        ]
    }
    kept = others(farm, "Pools")
    bring(farm, POOL, spec)
    workers = farm.get("slaves", Data="settings")
    seen = shown(from_pool("film", workers), POOL).spec
    assert seen["workers"] == sorted(each.lower() for each in named if each != "ghost")
    assert others(farm, "Pools") == kept
    for name, position in placed.items():
        if name in named:
            most = len(next(each for each in workers if each["Name"] == name)["Pools"])
            assert seen["positions"][name.lower()] == min(position, most)
    is_placeable = all(
        seen["positions"].get(name.lower()) == place
        for name, place in placed.items()
        if name in named
    )
    if is_placeable and "ghost" not in named:
        assert bring(farm, POOL, spec) == 0


@LAW
@given(st.tuples(lists, lists, lists), members)
def test_a_group_has_the_members_it_names(before: tuple[list[str], ...], named: list[str]) -> None:
    farm = farm_of(GROUP, list(before))
    kept = others(farm, "Grps")
    bring(farm, GROUP, {"workers": named})
    seen = shown(from_group("film", farm.get("slaves", Data="settings")), GROUP).spec
    assert seen == {
        "name": "film",
        "workers": sorted(each.lower() for each in named if each != "ghost"),
    }
    assert others(farm, "Grps") == kept


def test_members_nobody_speaks_of_are_left_to_others() -> None:
    workers = settings(node01=["film", "ads"])
    assert pool_changes(request({}, kind=POOL, name="film"), workers, BOTH) == ()


def test_what_did_not_change_is_not_sent() -> None:
    workers = settings(node01=["ads"])
    wanted = request({"workers": ["node01"]}, kind=POOL, name="film")
    assert pool_changes(wanted, workers, frozenset({"name"})) == ()


def test_several_workers_are_given_a_pool_in_one_call_and_lose_it_in_one() -> None:
    workers = settings(a=["ads"], B=["ads"], c=["film"], D=["ads", "FILM"])
    wanted = request({"workers": ["b", "A"]}, kind=POOL, name="Film")
    assert pool_changes(wanted, workers, BOTH) == (
        Give({"Slave": ["a", "B"], "Pool": ["film"]}),
        Take({"Slaves": "c,D", "Pool": "film"}),
    )


def test_a_list_is_only_ever_set_for_one_worker_by_name() -> None:
    workers = settings(a=["ads", "film"], b=["ads"])
    spec = {"workers": [{"name": "a", "position": 1}, {"name": "b", "position": 2}]}
    assert pool_changes(request(spec, kind=POOL, name="film"), workers, BOTH) == (
        Give({"OverWrite": True, "Slave": ["a"], "Pool": ["film", "ads"]}),
        Give({"OverWrite": True, "Slave": ["b"], "Pool": ["ads", "film"]}),
    )


def test_a_pool_is_seen_by_the_name_the_farm_has() -> None:
    seen = from_pool("Film", settings(a=["film"], b=["ads", "FILM"]))
    assert (seen.kind, seen.remote_id, seen.name) == ("deadline/Pool", "pools/film", "Film")
    assert seen.settled is Settled.CURRENT
    assert seen.spec["positions"] == {"a": 1, "b": 2}
    assert seen.marker is None
    assert from_group("cpu16", []).remote_id == "groups/cpu16"


# --- limits ---------------------------------------------------------------------------------------

workers = st.lists(st.sampled_from(["node01", "Node02"]), unique=True, min_size=1)
limits: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"maximum": st.integers(0, 99)},
    optional={
        "workers": workers.map(lambda names: {"allow": names})
        | workers.map(lambda names: {"deny": names})
        | st.just({"deny": []}),
        "exemptWorkers": workers,
        "releaseAt": st.sampled_from([0, 50, 99.5]),
    },
)


@pytest.mark.parametrize("keys", ["props", "top", "both"])
@LAW
@given(limits, limits)
def test_a_limit_comes_back_as_it_was_and_can_be_changed_whole(
    keys: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    farm = Farm({})
    farm.set(limit_keys=keys)
    for spec in (before, after):
        wanted = request(spec, kind=LIMIT, name="Nuke")
        farm.ok("PUT", "limitgroups", limit_set(wanted))
        seen = shown(from_limit(farm.get("limitgroups", Name="nuke")), LIMIT)
        assert (seen.remote_id, seen.spec) == ("limits/nuke", {"name": "nuke", **wanted.spec})


def test_an_emptied_list_of_the_only_workers_is_seen() -> None:
    body = {"Name": "nuke", "Props": {"Limit": 1, "White": True, "Slaves": []}}
    assert shown(from_limit(body), LIMIT).spec["workers"] == {"allow": []}
