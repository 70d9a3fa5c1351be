"""The vendor's dates and time spans, as text and as seconds.

Source: Qarnot Compute API v1.0 page; .NET constant ("c") time spans; SDK python 2.23.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache

UNSET_DATE = "0001-01-01T00:00:00Z"
NO_SPAN = "00:00:00"
_DAY_S = 86_400
_SPAN = re.compile(r"(-?)(?:(\d{1,7})\.)?(\d{1,2}):([0-5]\d):([0-5]\d)(?:\.(\d{1,7}))?", re.ASCII)
_TIME_OF_DAY = re.compile(r"(\d{2}):([0-5]\d):([0-5]\d)(?:\.(\d{1,7}))?", re.ASCII)


@lru_cache(maxsize=4096)
def date_text(at_s: int | None) -> str:
    """A date in UTC without fraction and with a literal `Z`; None is the vendor's unset date."""
    if at_s is None:
        return UNSET_DATE
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def date_seconds(text: str) -> float:
    """Seconds since 1970 of an ISO date; without an offset it is UTC.

    Raises:
        ValueError: the text is no date.
    """
    date = datetime.fromisoformat(text)
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


def span_seconds(text: str, *, hours_may_pass_23: bool = False) -> float:
    """The seconds of a time span `[-][d.]hh:mm:ss[.fffffff]`.

    Raises:
        ValueError: the text is no time span.
    """
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ValueError(text)
    sign, days, hours, minutes, seconds, fraction = match.groups()
    if int(hours) > 23 and not hours_may_pass_23:
        raise ValueError(text)
    whole = int(days or 0) * _DAY_S + int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    total = whole + int((fraction or "0").ljust(7, "0")) / 10**7
    return -total if sign else total


def span_text(seconds: float) -> str:
    """The canonical time span: days only from one day up, a fraction of 7 digits or none."""
    ticks = round(abs(seconds) * 10**7)
    whole, fraction = divmod(ticks, 10**7)
    days, rest = divmod(whole, _DAY_S)
    text = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    text = f"{days}.{text}" if days else text
    text = f"{text}.{fraction:07d}" if fraction else text
    return f"-{text}" if seconds < 0 and ticks else text


def time_of_day_seconds(text: str) -> float:
    """Seconds since midnight of `HH:MM:SS[.fffffff]`.

    Raises:
        ValueError: the text is no time of day.
    """
    match = _TIME_OF_DAY.fullmatch(text)
    if match is None or int(match[1]) > 23:
        raise ValueError(text)
    fraction = int((match[4] or "0").ljust(7, "0")) / 10**7
    return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3]) + fraction


def time_of_day_text(text: str) -> str:
    """The same time as the vendor writes it: no fraction when it is zero, else 7 digits."""
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.ljust(7, '0')}" if int(fraction or "0") else whole
