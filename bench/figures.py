"""The little arithmetic there is."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence


def median(values: Iterable[float]) -> float:
    """The middle one; the mean of the two in the middle when their number is even."""
    return statistics.median(values)


def growth_exponent(sizes: Sequence[int], values: Sequence[float]) -> float:
    """The power by which values grow with sizes: the slope of the best line through their logs.

    1.0 is linear. Needs two sizes that differ; values are above zero.
    """
    xs, ys = [math.log(each) for each in sizes], [math.log(each) for each in values]
    return statistics.linear_regression(xs, ys).slope


def ratio_text(ratio: float) -> str:
    """`31x`, `3.4x`: as many digits as mean something."""
    return f"{ratio:.0f}x" if ratio >= 10 else f"{ratio:.1f}x" if ratio >= 2 else f"{ratio:.2f}x"


def seconds_text(seconds: float) -> str:
    """`83 ms`, `2.31 s`, `145 s`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 100 else f"{seconds:.0f} s"
