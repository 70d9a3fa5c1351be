"""Edges over any hashable key; knows no domain."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, TypeVar

from reconciler.errors import PlanRefused, Problem

K = TypeVar("K", bound=Hashable)

_SHOWN = 12
"""Members of a circle that are named."""

Graph = Mapping[K, frozenset[K]]
"""Each key with the keys it needs first; keys needed but absent count as met."""


def waves(graph: Graph[K]) -> list[frozenset[K]]:
    """Keys grouped so that each group needs only earlier ones; order inside a group means nothing.

    Raises:
        PlanRefused: the edges form a cycle; it is listed once, from its smallest key.
    """
    missing = {key: {need for need in needs if need in graph} for key, needs in graph.items()}
    users = inverted(graph)
    ready = frozenset(key for key, needs in missing.items() if not needs)
    found: list[frozenset[K]] = []
    seen = 0
    while ready:
        found.append(ready)
        seen += len(ready)
        following = set()
        for key in ready:
            for user in users.get(key, ()):
                missing[user].discard(key)
                if not missing[user]:
                    following.add(user)
        ready = frozenset(following)
    if seen < len(graph):
        raise PlanRefused(_cycle_problem({k: v for k, v in missing.items() if v}))
    return found


def inverted(graph: Graph[K]) -> dict[K, frozenset[K]]:
    """Each key with the keys that need it."""
    users: dict[K, set[K]] = {}
    for key, needs in graph.items():
        for need in needs:
            if need in graph:
                users.setdefault(need, set()).add(key)
    return {key: frozenset(each) for key, each in users.items()}


def descendants(graph: Graph[K], roots: Iterable[K]) -> frozenset[K]:
    """All keys that need one of `roots`, directly or not; the roots themselves are left out."""
    users, found = inverted(graph), set[K]()
    pending = list(roots)
    while pending:
        for user in users.get(pending.pop(), ()):
            if user not in found:
                found.add(user)
                pending.append(user)
    return frozenset(found)


def _cycle_problem(missing: Mapping[K, set[K]]) -> Problem:
    order = _sort_key
    start = min(missing, key=order)
    trail, position = [start], {start: 0}
    while True:
        following = min((need for need in missing[trail[-1]] if need in missing), key=order)
        if following in position:
            cycle = trail[position[following] :]
            break
        position[following] = len(trail)
        trail.append(following)
    first = cycle.index(min(cycle, key=order))
    names = [str(key) for key in cycle[first:] + cycle[:first]]
    return Problem(
        code="M310",
        summary="resources depend on each other in a circle",
        cause=_circle_text(names),
        remedy="remove one of these references",
        address=names[0],
    )


def _circle_text(names: list[str]) -> str:
    """`a -> b -> a`; of a long circle its beginning and how many more there are."""
    shown = names[:_SHOWN]
    more = [f"({len(names) - len(shown)} more)"] if len(names) > len(shown) else []
    return " -> ".join([*shown, *more, names[0]])


def _sort_key(key: Any) -> str:
    return str(key)
