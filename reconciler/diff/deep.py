"""Differences inside lists whose elements have no name: DeepDiff pairs the most alike ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.values import UNSEEN, Json, Path, Unseen

Difference = tuple[Path, Json | Unseen, Json | Unseen]
"""(place, before, after); `UNSEEN` where one side has nothing."""


def deep_differences(before: Any, after: Any) -> tuple[Difference, ...]:
    """What differs between two lists when their order means nothing, sorted by place.

    A place is a position in `after`, or in `before` for what was taken away.
    """
    from deepdiff import DeepDiff  # 0.2 s to import, and few plans come here

    found = DeepDiff(before, after, ignore_order=True, view="tree", report_repetition=True)
    return tuple(sorted(_differences(found), key=lambda each: str(each[0])))


def _differences(found: Any) -> Iterator[Difference]:
    for kind, levels in found.items():
        for level in levels:
            path = tuple(level.path(output_format="list"))
            if kind.endswith("_added"):
                yield path, UNSEEN, level.t2
            elif kind.endswith("_removed"):
                yield path, level.t1, UNSEEN
            else:
                yield path, level.t1, level.t2
