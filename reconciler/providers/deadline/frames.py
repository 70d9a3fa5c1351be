"""Frame lists of Deadline: in order, of a frame named twice the first place counts.

Source: Deadline 10 manual, frame list formatting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reconciler.quantities import NotAQuantity
from reconciler.ranges import MAX_MEMBERS, ranges

_ITEM = re.compile(
    r"[,\s]*(-?\d{1,9})(?:[-:](-?\d{1,9})(?:\s*(?:x|:|step|by|every)\s*(\d{1,9}))?)?(?=[,\s]|$)",
    re.ASCII | re.IGNORECASE,
)
_WRITTEN = re.compile(r"-?\d{1,9}(?:--?\d{1,9}(?:x\d{1,9})?)?", re.ASCII)


def check_frames(text: str) -> str:
    """The text itself, if it is a list of frames as a manifest writes one.

    Raises:
        NotAQuantity: a part is no frame or range, or there are too many frames.
    """
    if not all(_WRITTEN.fullmatch(part.strip()) for part in text.split(",")):
        raise NotAQuantity("frames are written like 1-240, 1-240x10, 240-1 or 1-10,20,30-40")
    _steps_of(text)
    return text


def in_order(text: str) -> tuple[int, ...]:
    """Every frame once, in the order of the list, in any of the vendor's spellings.

    Raises:
        NotAQuantity: a part is no frame or range, or there are too many frames.
    """
    found: dict[int, None] = {}
    for each in _steps_of(text):
        found.update(dict.fromkeys(each))
    return tuple(found)


def as_set(text: str) -> str:
    """The frames of a list as the text of a set; nothing of a text that is no list.

    In the form of `reconciler.ranges`.
    """
    try:
        return str(ranges(text))
    except NotAQuantity:
        pass  # only the vendor's own spellings are left
    try:
        return str(ranges(",".join(map(str, sorted(in_order(text))))))
    except NotAQuantity:
        return ""


def ordered_text(frames: Sequence[int]) -> str:
    """The shortest list of frames, and of ranges with a step, that keeps the order."""
    return ",".join(_pieces(frames))


def normal_text(text: str) -> str:
    """A list with each of its ranges in one spelling; a text that is no list as it stands."""
    try:
        return ",".join(map(_range_text, _steps_of(text)))
    except NotAQuantity:
        return text


def cut(text: str, wanted: str) -> str:
    """Those frames of a list that a set holds, in the list's order; all of it for no set."""
    if not wanted or as_set(text) == wanted:
        return normal_text(text)
    kept = frozenset(ranges(wanted))
    return ordered_text([frame for frame in in_order(text) if frame in kept])


def _steps_of(text: str) -> list[range]:
    found = list(_items(text))
    if not found:
        raise NotAQuantity("there is no frame in it")
    if sum(map(len, found)) > MAX_MEMBERS:
        raise NotAQuantity(f"at most {MAX_MEMBERS} frames can be told apart")
    return found


def _items(text: str) -> Iterator[range]:
    at, end = 0, len(text.rstrip(", \t\r\n"))
    while at < end:
        match = _ITEM.match(text, at)
        if match is None:
            raise NotAQuantity(f"{text[at : at + 40]!r} is no frame or range")
        first, last, step = int(match[1]), int(match[2] or match[1]), int(match[3] or 1)
        if not step:
            raise NotAQuantity("a step is 1 or more")
        yield range(first, last + 1, step) if last >= first else range(first, last - 1, -step)
        at = match.end()


def _pieces(frames: Sequence[int]) -> Iterator[str]:
    at = 0
    while at < len(frames):
        run = _run(frames, at)
        yield _range_text(run)
        at += len(run)


def _range_text(frames: range) -> str:
    first, last, step = frames[0], frames[-1], abs(frames.step)
    if first == last:
        return str(first)
    return f"{first}-{last}" + (f"x{step}" if step > 1 else "")


def _run(frames: Sequence[int], at: int) -> range:
    """As many frames from here on as one range may say."""
    one = range(frames[at], frames[at] + 1)
    if at + 1 == len(frames):
        return one
    step = frames[at + 1] - frames[at]
    end = at + 1
    while end + 1 < len(frames) and frames[end + 1] - frames[end] == step:
        end += 1
    is_worth_it = step == 1 or end - at > 1
    return range(frames[at], frames[end] + (1 if step > 0 else -1), step) if is_worth_it else one
