"""Sets of frames or instances, as sorted spans that never touch: what a run covers or lacks.

A set is written like `-5--1,1-10,20`; one set has one text. Stepped ranges are members one by one,
and one that runs backwards holds what it holds forwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.quantities import NotAQuantity, frames

MAX_MEMBERS = 1_000_000
"""Of one set: a cap, far above what any vendor takes."""


@dataclass(frozen=True, slots=True)
class Ranges:
    """A set of whole numbers; `spans` are (first, last) pairs, sorted, apart from each other."""

    spans: tuple[tuple[int, int], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.spans)

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.spans)

    def __iter__(self) -> Iterator[int]:
        for first, last in self.spans:
            yield from range(first, last + 1)

    def __str__(self) -> str:
        return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in self.spans)

    def __or__(self, other: Ranges) -> Ranges:
        if not (self.spans and other.spans):
            return self if self.spans else other
        return _joined([*self.spans, *other.spans])

    def __and__(self, other: Ranges) -> Ranges:
        return self if self.spans == other.spans else self - (self - other)

    def __sub__(self, other: Ranges) -> Ranges:
        if not other.spans:
            return self
        kept: list[tuple[int, int]] = []
        taken = iter(other.spans)
        gap = next(taken, None)
        for first, last in self.spans:
            start = first
            while gap is not None and gap[1] < start:
                gap = next(taken, None)
            while gap is not None and gap[0] <= last:
                if start < gap[0]:
                    kept.append((start, gap[0] - 1))
                start = gap[1] + 1
                if start > last:
                    break
                gap = next(taken, None)
            if start <= last:
                kept.append((start, last))
        return Ranges(tuple(kept))


NO_RANGES = Ranges()
_ONE_SPAN = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?", re.ASCII)


def ranges(text: str) -> Ranges:
    """The set that `1-10,20,30-40x2` names; nothing for the empty text.

    Raises:
        NotAQuantity: a part is no frame or range, or the set has too many members.
    """
    if not text:
        return NO_RANGES
    only = _ONE_SPAN.fullmatch(text)
    if only is not None:  # most sets are one span
        first, last = int(only[1]), int(only[2] or only[1])
        if first <= last < first + MAX_MEMBERS:
            return Ranges(((first, last),))
    found: list[tuple[int, int]] = []
    members = 0
    for span in frames(text):
        members += len(span)
        if members > MAX_MEMBERS:
            raise NotAQuantity(f"at most {MAX_MEMBERS} frames can be told apart")
        if abs(span.step) == 1:
            found.append((min(span.start, span.stop), max(span.start, span.stop)))
        else:
            found.extend((at, at) for at in span)
    return _joined(found)


def _joined(spans: Iterable[tuple[int, int]]) -> Ranges:
    joined: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return Ranges(tuple(joined))
