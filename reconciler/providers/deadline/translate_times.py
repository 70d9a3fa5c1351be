"""Dates, lengths of time and schedules between our words and Deadline's. Pure.

Source: Deadline 10 REST pages, and its manual for the keys of a submission.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from reconciler.providers.deadline.kinds.job_blocks import DAYS
from reconciler.values import Tree

_TYPES = ("", "once", "daily", "custom")
"""By the vendor's number."""
_MINUTE = "%Y-%m-%dT%H:%M"
_SUBMITTED_MINUTE = "%d/%m/%Y %H:%M"
_CLOCK = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.0*)?", re.ASCII)
_DAY_S, _HOUR_S, _MINUTE_S = 86_400, 3_600, 60


def _date(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.year > 1 else None


def schedule_of(props: Mapping[str, Any]) -> Tree:
    """When a job begins, as the manifest says it; empty for at once."""
    number = props.get("Schd") or 0
    if not number:
        return {}
    is_known = isinstance(number, int) and 0 < number < len(_TYPES)
    kind = _TYPES[number] if is_known else str(number)
    found: Tree = {"type": kind}
    start = _date(props.get("SchdDate"))
    if start is not None:
        found["start"] = start.strftime(_MINUTE)  # on the farm's own clocks, as it was submitted
    if kind == "daily":
        found["days"] = props.get("SchdDays")
    if kind == "custom":
        found["week"] = {day: plan for day, plan in _week(props) if plan}
    return found


def _week(props: Mapping[str, Any]) -> Iterator[tuple[str, Tree]]:
    for day in DAYS:
        told = {end: props.get(_short(day) + end.capitalize()) for end in ("start", "stop")}
        yield day, {end: text for end, text in told.items() if _CLOCK.fullmatch(str(text))}


def _short(day: str) -> str:
    return day[:3].capitalize()


def schedule_keys(schedule: Mapping[str, Any]) -> Tree:
    """The keys of a submission for a formed schedule."""
    keys: Tree = {"ScheduledType": schedule["type"].capitalize()}
    if "start" in schedule:
        start = datetime.strptime(schedule["start"], _MINUTE)  # noqa: DTZ007 - the farm's own zone
        keys["ScheduledStartDateTime"] = start.strftime(_SUBMITTED_MINUTE)
    if "days" in schedule:
        keys["ScheduledDays"] = schedule["days"]
    for day, plan in schedule.get("week", {}).items():
        for end, clock in plan.items():
            keys[f"{day.capitalize()}{end.capitalize()}Time"] = clock
    return keys


def delay_keys(seconds: int) -> Tree:
    """The keys of a submission for a delay of so many seconds: days, hours, minutes, seconds."""
    days, rest = divmod(seconds, _DAY_S)
    hours, rest = divmod(rest, _HOUR_S)
    minutes, left = divmod(rest, _MINUTE_S)
    return {"ScheduledType": "Once", "JobDelay": f"{days}:{hours:02}:{minutes:02}:{left:02}"}
