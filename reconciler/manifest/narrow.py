"""The small part of a huge invalid value that is still invalid: slips are told of that part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reconciler.values import Path, get_in

MOST_VALUES = 5_000
"""Up to so many values are looked at whole; no person's resource holds more."""

_FEW = 500  # what is wrong all over is wrong in the first entries


class Part:
    """A value with parts of its lists and objects left out."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self._skipped: dict[Path, int] = {}

    def whole_path(self, path: Path) -> Path:
        """Where the value at `path` of the part stands in the whole."""
        skipped = (self._skipped.get(path[:depth], 0) for depth in range(len(path)))
        return tuple(
            part + count if isinstance(part, int) else part
            for part, count in zip(path, skipped, strict=True)
        )

    def only(self, path: Path, start: int, stop: int | None) -> Part:
        """This part with some of the entries of the list or object at `path`."""
        here = get_in(self.value, path)
        shorter = Part(_put(self.value, path, _cut(here, slice(start, stop))))
        moved = 0 if isinstance(here, dict) else start
        shorter._skipped = {**self._skipped, path: self._skipped.get(path, 0) + moved}
        return shorter


def narrow(value: Any, accepts: Callable[[Any], bool]) -> Part:
    """A part that `accepts` refuses as well, and which is small unless all of it is needed."""
    part = Part(value)
    while True:
        sizes: dict[int, int] = {}
        if _measure(part.value, sizes) <= MOST_VALUES:
            return part
        path = _heaviest(part.value, sizes)
        count = len(get_in(part.value, path))
        half = count // 2
        ranges = [(0, min(half, _FEW)), (0, half), (half, None)] if count > 1 else []
        parts = (part.only(path, start, stop) for start, stop in ranges)
        refused = next((each for each in parts if not accepts(each.value)), None)
        if refused is None:
            return part
        part = refused


def _measure(value: Any, sizes: dict[int, int]) -> int:
    """How many values there are, and in each list and object by its id."""
    if not isinstance(value, dict | list):
        return 1
    below = value.values() if isinstance(value, dict) else value
    sizes[id(value)] = size = 1 + sum(_measure(each, sizes) for each in below)
    return size


def _heaviest(value: Any, sizes: dict[int, int]) -> Path:
    """The list or object that holds most of the value and has no entry that does."""
    path: Path = ()
    while True:
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        key, below = max(entries, key=lambda entry: sizes.get(id(entry[1]), 1))
        if sizes.get(id(below), 1) <= sizes[id(value)] // 2:
            return path
        path, value = (*path, key), below


def _cut(value: Any, kept: slice) -> Any:
    return dict(list(value.items())[kept]) if isinstance(value, dict) else value[kept]


def _put(tree: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    changed = tree.copy()
    changed[path[0]] = _put(tree[path[0]], path[1:], value)
    return changed
