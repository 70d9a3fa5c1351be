"""How two lists of what work waits for are held against each other, the same at every vendor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.fields import Compare
from reconciler.values import canonical


def dependencies(key: str) -> Compare:
    """Names, and objects that name one by `key` or by `existing` with the final states that do."""

    def form(value: Any) -> Any:
        return sorted((_plainest(each, key) for each in value), key=canonical)

    return Compare("unordered, a bare name is one without a final state", form)


def _plainest(value: Any, key: str) -> Any:
    if not isinstance(value, Mapping):
        return value
    states = value.get("finalState")
    told = {name: each for name, each in value.items() if name != "finalState"}
    return {**told, "finalState": sorted(states)} if states else value.get(key, told)
