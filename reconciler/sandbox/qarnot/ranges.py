"""Ids of instances as the vendor writes them: `"0-2,4-5,17"`.

Source: Qarnot Compute API v1.0 page, advancedRanges.
"""

from collections.abc import Iterable, Sequence

MOST_INSTANCES = 2048
_LARGEST_ID = 2**31 - 1


def range_ids(text: str) -> list[int]:
    """The ids of a range text, each once, in the order written.

    Raises:
        ValueError: the text is no list of ranges, or names more than 2048 ids.
    """
    ids: dict[int, None] = {}
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        start = _number(first)
        end = _number(last) if dash else start
        if end < start or end - start >= MOST_INSTANCES:
            raise ValueError(part)
        ids |= dict.fromkeys(range(start, end + 1))
        if len(ids) > MOST_INSTANCES:
            raise ValueError(f"more than {MOST_INSTANCES} instances")
    return list(ids)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 11) or int(text) > _LARGEST_ID:
        raise ValueError(text)
    return int(text)


def range_text(ids: Iterable[int]) -> str:
    """The shortest range text of these ids, in rising order; empty for none."""
    runs: list[list[int]] = []
    for one in sorted(ids):
        if runs and one == runs[-1][1] + 1:
            runs[-1][1] = one
        else:
            runs.append([one, one])
    return ",".join(_run(run) for run in runs)


def _run(run: Sequence[int]) -> str:
    return str(run[0]) if run[0] == run[1] else f"{run[0]}-{run[1]}"
