"""Qarnot's time spans: `[d.]hh:mm:ss[.fffffff]`. Source: .NET "c" format, SDK fixtures."""

from __future__ import annotations

import re
from decimal import Decimal

_SPAN = re.compile(r"^(-)?(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?$")


def to_timespan(seconds: float) -> str:
    """`97200` as `1.03:00:00`; a fraction is cut at 100 ns."""
    exact = Decimal(str(seconds))
    whole = int(exact)
    days, rest = divmod(whole, 86400)
    text = f"{days}." if days else ""
    text += f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    fraction = int((exact - whole) * 10_000_000)
    return f"{text}.{fraction:07}" if fraction else text


def from_timespan(text: str) -> int | float | None:
    """Seconds, however the span is spelled; `None` for what is no time span."""
    match = _SPAN.match(text)
    if match is None:
        return None
    sign, days, hours, minutes, seconds, fraction = match.groups()
    total = Decimal(int(days or 0)) * 86400 + int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    total += Decimal(f"0.{fraction}") if fraction else 0
    total = -total if sign else total
    return int(total) if total == total.to_integral_value() else float(total)
