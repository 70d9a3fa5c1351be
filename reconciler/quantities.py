"""Amounts as people write them, in base units: memory in MiB, durations in seconds, frames."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

_MEMORY = re.compile(r"^(\d{1,12}(?:\.\d{1,6})?)(B|[KMGT]i?B)$", re.ASCII)
_DURATION = re.compile(
    r"^(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,8})m)?(?:(\d{1,10}(?:\.\d{1,7})?)s)?$", re.ASCII
)
_FRAMES = re.compile(r"^(-?\d{1,9})(?:-(-?\d{1,9})(?:x(\d{1,9}))?)?$", re.ASCII)
_CLOCK = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$", re.ASCII)

MEMORY_PATTERN = _MEMORY.pattern
DURATION_PATTERN = _DURATION.pattern
"""Matches the empty text as well: ask for at least one character beside it."""
CLOCK_PATTERN = _CLOCK.pattern

_MIB = {
    "B": Decimal(1) / (1 << 20),
    "KB": Decimal(1) / 1024,
    "MB": Decimal(1),
    "GB": Decimal(1024),
    "TB": Decimal(1024 * 1024),
}


class NotAQuantity(ValueError):
    """The text is not an amount; the message says what one looks like."""


def memory_mib(text: str) -> int | float:
    """`64GiB` as 65536. Vendors' MB, GB and so on are taken as MiB, GiB: `30720MB` is 30720.

    Raises:
        NotAQuantity: no number with a unit of B, KiB, MiB, GiB or TiB.
    """
    match = _MEMORY.fullmatch(text)
    if match is None:
        raise NotAQuantity("a memory size is a number and its unit, such as 64GiB or 30720MB")
    exact = Decimal(match[1]) * _MIB[match[2].replace("i", "")]
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def duration_s(text: str) -> int | float:
    """`1h30m` as 5400 seconds.

    Raises:
        NotAQuantity: no sequence of numbers with d, h, m, s, in this order.
    """
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        raise NotAQuantity("a duration is written like 90s, 10m, 1h30m or 2d")
    days, hours, minutes = (int(part or 0) for part in match.groups()[:3])
    whole, seconds = days * 86400 + hours * 3600 + minutes * 60, match[4] or "0"
    if "." not in seconds:
        return whole + int(seconds)
    exact = whole + Decimal(seconds)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def show_duration(seconds: float) -> str:
    """`5400` as `1h30m`: the shortest form `duration_s` reads back, to 100 nanoseconds."""
    rest, text = round(Decimal(str(seconds)), 7), ""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        count, rest = divmod(rest, size)
        text += f"{int(count)}{unit}" if count else ""
    if rest or not text:
        text += f"{rest.normalize():f}s"
    return text


def clock_time(text: str) -> str:
    """`8:30` is refused, `08:30` is `08:30:00`: a time of day in UTC.

    Raises:
        NotAQuantity: not HH:MM or HH:MM:SS.
    """
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise NotAQuantity('a time of day is written like "08:00" or "19:30:00", in UTC')
    return f"{match[1]}:{match[2]}:{match[3] or '00'}"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Frames `start, start + step, …` up to `stop`, both ends included when the step meets them.

    Where `stop` comes before `start` the step is negative: the frames run backwards.
    """

    start: int
    stop: int
    step: int = 1

    def __len__(self) -> int:
        return (self.stop - self.start) // self.step + 1

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.start, self.stop + (1 if self.step > 0 else -1), self.step))

    def __str__(self) -> str:
        if self.start == self.stop:
            return str(self.start)
        pace = abs(self.step)
        return f"{self.start}-{self.stop}" + (f"x{pace}" if pace != 1 else "")


def frames(text: str) -> tuple[Span, ...]:
    """`1-10,20,40-30x2` as spans, in the order written, never expanded.

    `40-30x2` runs backwards, and frames may be below zero: `-5--1`.

    Raises:
        NotAQuantity: a part is no frame or range.
    """
    spans = []
    for part in text.split(","):
        match = _FRAMES.fullmatch(part.strip())
        if match is None:
            raise NotAQuantity("frames are written like 1-240, 1-240x10 or 1-10,20,30-40")
        start, stop, step = int(match[1]), int(match[2] or match[1]), int(match[3] or 1)
        if not step:
            raise NotAQuantity(f"the range {part.strip()} never gets on")
        spans.append(Span(start, stop, step if stop >= start else -step))
    return tuple(spans)
