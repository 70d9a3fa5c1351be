"""Dates and time spans as the Web Service writes them, and as seconds.

Source: Deadline 10 REST pages; real samples of job objects for the milliseconds and the offset.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

UNSET_DATE = "0001-01-01T00:00:00Z"
UNSET_SPAN = "-10675199.02:48:05.4775808"
DAY_S = 86_400
_SUBMITTED = "%d/%m/%Y %H:%M"
_SPAN = re.compile(r"(?:(\d{1,7})\.)?(\d{1,2}):([0-5]?\d):([0-5]?\d)(?:\.\d{1,7})?", re.ASCII)


def date_text(at_s: float | None, offset_min: int = 0) -> str:
    """A date with milliseconds and the server's offset; None is the unset date."""
    if at_s is None:
        return UNSET_DATE
    zone = timezone(timedelta(minutes=offset_min))
    return datetime.fromtimestamp(at_s, zone).isoformat(timespec="milliseconds")


def date_seconds(text: str) -> float | None:
    """Seconds since 1970 of an ISO date, without an offset in UTC; None for an unset one.

    Raises:
        ValueError: the text is no date.
    """
    if text.startswith("0001-01-01T00:00:00"):
        return None
    date = datetime.fromisoformat(text)
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


def submitted_date_seconds(text: str, offset_min: int = 0) -> float:
    """Seconds since 1970 of `dd/MM/yyyy HH:mm` in the server's time zone.

    Raises:
        ValueError: the text is no such date.
    """
    zone = timezone(timedelta(minutes=offset_min))
    return datetime.strptime(text, _SUBMITTED).replace(tzinfo=zone).timestamp()


def span_seconds(text: str) -> float | None:
    """The seconds of a time span `[d.]hh:mm:ss[.fffffff]`; None for the unset one.

    Raises:
        ValueError: the text is no time span.
    """
    if text == UNSET_SPAN:
        return None
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ValueError(text)
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return days * DAY_S + hours * 3600 + minutes * 60 + seconds


def span_text(seconds: float) -> str:
    """A time span of whole seconds."""
    days, rest = divmod(int(seconds), DAY_S)
    text = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days}.{text}" if days else text
