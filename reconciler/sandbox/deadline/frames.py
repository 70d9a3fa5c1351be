"""Frame lists: text to frames in order, frames to tasks, tasks to text.

Source: Deadline 10 manual, frame list formatting.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

MOST_FRAMES = 1_000_000
_ITEM = re.compile(
    r"(-?\d{1,9})(?:[-:](-?\d{1,9})(?:\s*(?:x|:|step|by|every)\s*(\d{1,9}))?)?(?=[,\s]|$)",
    re.ASCII | re.IGNORECASE,
)
_GAP = re.compile(r"[,\s]*", re.ASCII)


def parsed_frames(text: str) -> list[int]:
    """The frames in the order of the list; of a frame named twice the first place counts.

    Raises:
        ValueError: the list is empty, too long or not well formed.
    """
    frames: dict[int, None] = {}
    at = _gap_end(text, 0)
    while at < len(text):
        match = _ITEM.match(text, at)
        if match is None:
            raise ValueError(f"{text[at : at + 40]!r} is no frame or range")
        frames.update(dict.fromkeys(_range(*match.groups())))
        at = _gap_end(text, match.end())
        if len(frames) > MOST_FRAMES:
            raise ValueError(f"more than {MOST_FRAMES} frames")
    if not frames:
        raise ValueError("there is no frame in it")
    return list(frames)


def _gap_end(text: str, at: int) -> int:
    match = _GAP.match(text, at)
    return match.end() if match else at


def _range(first: str, last: str | None, step: str | None) -> range:
    begin = int(first)
    end = begin if last is None else int(last)
    stride = int(step or 1)
    if not stride:
        raise ValueError("a step is 1 or more")
    if abs(end - begin) // stride >= MOST_FRAMES:
        raise ValueError(f"more than {MOST_FRAMES} frames")
    return range(begin, end + 1, stride) if end >= begin else range(begin, end - 1, -stride)


def chunks(frames: Sequence[int], size: int) -> list[tuple[int, ...]]:
    """Consecutive slices of the ordered frames; the last may be short."""
    return [tuple(frames[i : i + size]) for i in range(0, len(frames), size)]


def chunk_text(frames: Sequence[int], *, doubles_single: bool = False) -> str:
    """The frames of one task: `7` (or `7-7`), `1-5`, or a comma list when there are gaps."""
    if len(frames) == 1:
        return f"{frames[0]}-{frames[0]}" if doubles_single else str(frames[0])
    if all(after == before + 1 for before, after in pairwise(frames)):
        return f"{frames[0]}-{frames[-1]}"
    return ",".join(map(str, frames))


def normal_text(frames: Iterable[int]) -> str:
    """The shortest list of single frames and rising ranges that keeps the order."""
    runs: list[list[int]] = []
    for frame in frames:
        if runs and frame == runs[-1][-1] + 1:
            runs[-1][1:] = [frame]
        else:
            runs.append([frame])
    return ",".join("-".join(map(str, run)) for run in runs)
