"""The values of the sandbox's switches under which a story is lived."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from reconciler.sandbox.qarnot.switches import SWITCHES
from reconciler.sandbox.settings import Choice, Setting
from reconciler.values import Json


def ways(
    left_out: Collection[str],
    amounts: Mapping[str, Sequence[Json]],
    switches: Sequence[Setting] = SWITCHES,
) -> list[tuple[str, Json]]:
    """Each word of each switch but its default, and these amounts of those that take a number."""
    words = [
        (row.name, word)
        for row in switches
        if isinstance(row.takes, Choice) and row.name not in left_out
        for word in row.takes.words
        if word != row.default
    ]
    return [*words, *((name, value) for name, values in amounts.items() for value in values)]


def untried(tried: Collection[str], switches: Sequence[Setting] = SWITCHES) -> set[str]:
    """The switches that are not among these."""
    return {row.name for row in switches} - set(tried)
