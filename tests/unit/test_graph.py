"""Waves, circles and descendants over any keys."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import PlanRefused
from reconciler.graph import Graph, descendants, inverted, waves

keys = st.integers(0, 12)
graphs = st.dictionaries(keys, st.frozensets(keys, max_size=4), max_size=12)
acyclic = st.dictionaries(keys, st.frozensets(keys, max_size=4), max_size=12).map(
    lambda graph: {key: frozenset(n for n in needs if n < key) for key, needs in graph.items()}
)


def needed_by(graph: Graph[int], key: int) -> frozenset[int]:
    """All that `key` needs, directly or not: the plain, slow way."""
    found, pending = set[int](), [key]
    while pending:
        for need in graph.get(pending.pop(), frozenset()) & graph.keys():
            if need not in found:
                found.add(need)
                pending.append(need)
    return frozenset(found)


# --- waves ----------------------------------------------------------------------------------------


@given(acyclic)
def test_every_key_stands_in_one_wave_after_all_it_needs(graph: Graph[int]) -> None:
    found = waves(graph)
    place = {key: number for number, wave in enumerate(found) for key in wave}
    assert sorted(key for wave in found for key in wave) == sorted(graph)
    for key, needs in graph.items():
        assert all(place[need] < place[key] for need in needs & graph.keys())


@given(acyclic)
def test_a_key_stands_in_the_earliest_wave_it_can(graph: Graph[int]) -> None:
    found = waves(graph)
    for before, wave in pairwise(found):
        assert all(graph[key] & before for key in wave)
    assert all(found)


@given(acyclic, st.randoms())
def test_waves_are_blind_to_the_order_of_keys(graph: Graph[int], order: object) -> None:
    names = list(graph)
    order.shuffle(names)  # type: ignore[attr-defined]
    assert waves({name: graph[name] for name in names}) == waves(graph)


def test_what_is_needed_but_absent_counts_as_met() -> None:
    assert waves({"task": frozenset({"a job that is live already"})}) == [frozenset({"task"})]


def test_nothing_has_no_waves() -> None:
    assert waves({}) == []


@given(graphs)
def test_a_graph_has_waves_exactly_when_no_key_needs_itself(graph: Graph[int]) -> None:
    has_circle = any(key in needed_by(graph, key) for key in graph)
    try:
        waves(graph)
    except PlanRefused:
        assert has_circle
    else:
        assert not has_circle


# --- circles --------------------------------------------------------------------------------------


@given(graphs)
def test_a_circle_is_told_as_a_walk_along_needs_from_its_smallest_key(graph: Graph[int]) -> None:
    try:
        waves(graph)
    except PlanRefused as error:
        (problem,) = error.problems
        names = problem.cause.split(" -> ")
        walk = [int(name) for name in names]
        assert walk[0] == walk[-1]
        assert len(set(walk)) == len(walk) - 1
        assert names[0] == min(names) == problem.address
        assert all(need in graph[key] for key, need in pairwise(walk))
        assert problem.remedy


@pytest.mark.parametrize(
    ("graph", "cause"),
    [
        ({"a": {"a"}}, "a -> a"),
        ({"b": {"a"}, "a": {"b"}}, "a -> b -> a"),
        ({"c": {"b"}, "b": {"a"}, "a": {"c"}, "d": {"a"}, "e": set()}, "a -> c -> b -> a"),
        ({"0": {"b"}, "b": {"a"}, "a": {"b"}}, "a -> b -> a"),
    ],
)
def test_a_circle_is_listed_once_without_what_only_leads_into_it(
    graph: dict[str, set[str]], cause: str
) -> None:
    with pytest.raises(PlanRefused) as caught:
        waves({key: frozenset(needs) for key, needs in graph.items()})
    assert caught.value.problems[0].cause == cause


def test_a_long_chain_needs_no_recursion() -> None:
    chain = {number: frozenset({number - 1}) for number in range(5000)}
    assert len(waves(chain)) == 5000
    with pytest.raises(PlanRefused):
        waves({**chain, 0: frozenset({4999})})


# --- who needs whom -------------------------------------------------------------------------------


@given(graphs, st.frozensets(keys, max_size=3))
def test_descendants_are_all_that_need_a_root(graph: Graph[int], roots: frozenset[int]) -> None:
    found = descendants(graph, roots)
    assert found == {key for key in graph if needed_by(graph, key) & roots}


@given(acyclic, st.frozensets(keys, max_size=3))
def test_a_root_that_needs_no_other_is_no_descendant(
    graph: Graph[int], roots: frozenset[int]
) -> None:
    alone = {root for root in roots if not needed_by(graph, root) & roots}
    assert not descendants(graph, roots) & alone


@given(graphs)
def test_inverting_turns_every_edge_around(graph: Graph[int]) -> None:
    edges = {(key, need) for key, needs in graph.items() for need in needs if need in graph}
    assert {(user, key) for key, users in inverted(graph).items() for user in users} == edges
