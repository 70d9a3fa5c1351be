"""Scaling policies: how they are read, and which one is active at a time.

Source: SDKs csharp 7.0 and python 2.23; tests of SDK nodejs 1.18, which show that a stored policy
comes back in the key order used here.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from reconciler.sandbox.qarnot.errors import INVALID_INPUT
from reconciler.sandbox.qarnot.reading import (
    Problems,
    Reader,
    Rule,
    folded,
    list_of,
    number,
    record,
    text,
    whole,
    word,
)
from reconciler.sandbox.qarnot.times import time_of_day_seconds, time_of_day_text
from reconciler.sandbox.vendor import Json

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_S = 86_400


def _zero() -> int:
    return 0


def _time_of_day(value: Json, path: str, problems: Problems) -> Json:
    try:
        time_of_day_seconds(value)
    except (TypeError, ValueError):
        problems.add(path, INVALID_INPUT)
        return "00:00:00"
    return time_of_day_text(value)


_NAME = Rule("name", text())
_ALWAYS = record(_NAME)
_WEEKLY = record(
    Rule("days", list_of(word(*_DAYS)), list),
    Rule("startTimeUtc", _time_of_day, lambda: "00:00:00", is_required=True),
    Rule("endTimeUtc", _time_of_day, lambda: "00:00:00", is_required=True),
    _NAME,
)


def _period(value: Json, path: str, problems: Problems) -> Json:
    kind, read = _by_type({"Always": _ALWAYS, "Weekly": _WEEKLY}, value, path, problems)
    if kind == "Weekly" and read and not _is_forward(read):
        problems.add(path, "endTimeUtc must be after startTimeUtc.")
    return {"type": kind, **read}


def _is_forward(weekly: Json) -> bool:
    return time_of_day_seconds(weekly["startTimeUtc"]) < time_of_day_seconds(weekly["endTimeUtc"])


_PERIODS = Rule("enabledPeriods", list_of(_period), list)
_COUNT = whole(0)
_POLICIES = {
    "Fixed": record(Rule("slotsCount", _COUNT, _zero), _NAME, _PERIODS),
    "ManagedTasksQueue": record(
        Rule("minTotalSlots", _COUNT, _zero),
        Rule("maxTotalSlots", _COUNT, _zero),
        Rule("minIdleSlots", _COUNT, _zero),
        Rule("minIdleTimeSeconds", _COUNT, lambda: 90),
        Rule("scalingFactor", number(0, 1, is_whole=False), lambda: 0.2),
        _NAME,
        _PERIODS,
    ),
}


def _by_type(
    readers: dict[str, Reader], value: Json, path: str, problems: Problems
) -> tuple[str, Json]:
    kind = folded(value).get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in readers:
        problems.add(path, INVALID_INPUT)
        return "", {}
    return kind, readers[kind](value, path, problems)


def _policy(value: Json, path: str, problems: Problems) -> Json:
    own = Problems()
    kind, read = _by_type(_POLICIES, value, path, own)
    if read.get("minTotalSlots", 0) > read.get("maxTotalSlots", 0) and not own.found:
        own.add(path, "minTotalSlots is above maxTotalSlots.")
    for texts in own.found.values():  # whatever is wrong inside is reported at the policy
        for one in texts:
            problems.add(path, one)
    return {"type": kind, **read}


def scaling(value: Json, path: str, problems: Problems) -> Json:
    """The stored scaling `{"policies": […]}`; names of policies are unique."""
    if not isinstance(value, dict):
        problems.add(path, INVALID_INPUT)
        return {"policies": []}
    given = folded(value).get("policies")
    here = f"{path}.policies" if path else "policies"
    policies = list_of(_policy)([] if given is None else given, here, problems)
    names = [policy.get("name") for policy in policies if policy]
    for i, name in enumerate(names):
        if name is not None and name in names[:i]:
            problems.add(f"{here}[{i}]", f"The name {name!r} is used twice.")
    return {"policies": policies}


def active_policy(policies: Sequence[Json], at_s: float) -> Json:
    """The first policy with a period that holds this time, if any."""
    return next((policy for policy in policies if _is_enabled(policy, at_s)), None)


def _is_enabled(policy: Json, at_s: float) -> bool:
    periods = policy["enabledPeriods"]
    return not periods or any(_holds(period, at_s) for period in periods)


def _holds(period: Json, at_s: float) -> bool:
    if period["type"] == "Always":
        return True
    day = _DAYS[datetime.fromtimestamp(at_s, UTC).weekday()]
    if day not in period["days"]:
        return False
    start, end = _bounds(period)
    return start <= at_s % _DAY_S < end


def _bounds(period: Json) -> tuple[float, float]:
    start = time_of_day_seconds(period["startTimeUtc"])
    end = time_of_day_seconds(period["endTimeUtc"])
    return start, _DAY_S if end >= _DAY_S - 1 else end  # 23:59:59 is how the day's end is written


def next_change_s(policies: Sequence[Json], at_s: float) -> float | None:
    """The earliest later time at which another policy may become active; None without periods."""
    midnight = at_s - at_s % _DAY_S
    bounds = sorted(set(_weekly_bounds(policies)))
    days = (midnight + day * _DAY_S for day in range(2))
    times = [day + bound for day in days for bound in bounds]
    return next((time for time in times if time > at_s), None)


def _weekly_bounds(policies: Sequence[Json]) -> Iterator[float]:
    for policy in policies:
        for period in policy["enabledPeriods"]:
            if period["type"] == "Weekly":
                yield from _bounds(period)


def target_slots(policy: Json, demand: int) -> int:
    """How many slots a policy wants while `demand` instances are queued or running."""
    if policy["type"] == "Fixed":
        return int(policy["slotsCount"])
    wanted = demand + policy["minIdleSlots"]
    return int(min(max(policy["minTotalSlots"], wanted), policy["maxTotalSlots"]))
