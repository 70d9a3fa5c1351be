"""Scaling policies with their periods, and the older elastic settings, as people write them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from reconciler.kinds import Refusal, Spec
from reconciler.providers.qarnot.kinds.blocks import (
    Count,
    PositiveCount,
    Text,
    refuse_fractions,
)
from reconciler.quantities import NotAQuantity, clock_time, duration_s
from reconciler.spec_model import ClockTime, Duration, SpecModel

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_QUEUE_DEFAULTS = {"minSlots": 0, "minIdleSlots": 0, "minIdleTime": 90, "factor": 0.2}
_FIXED_DEFAULTS = {"slots": 0}
"""What the service holds when a policy leaves these out. Source: qarnot-sdk-csharp 7.0.1."""
_WHOLE_SECONDS = ("minIdleTime", "resizePeriod")
MIN_RESIZE_PERIOD_S = 90
"""Source: qarnot-sdk-csharp 7.0.1, elastic property."""
END_OF_DAY = "23:59:59.9999999"
"""The last moment of a day, as the vendor's SDKs write it. Source: qarnot-sdk-csharp 7.0.1."""

Day = Annotated[str, StringConstraints(pattern="^(" + "|".join(WEEK) + ")$")]
Share = Annotated[int | float, Field(ge=0, le=1)]


class Period(SpecModel):
    """Days of the week with a start and an end in UTC; an end before the start is the next day."""

    name: Text | None = None
    days: Annotated[list[Day], Field(min_length=1, max_length=7)]
    start: ClockTime
    end: ClockTime


class FixedPolicy(SpecModel):
    """A number of slots that is always provisioned while a period is on."""

    type: Literal["fixed"]
    name: Text
    slots: Count
    periods: list[Period] | None = None


class QueuePolicy(SpecModel):
    """Slots that follow the queue of waiting work, between bounds."""

    type: Literal["queue"]
    name: Text
    min_slots: Count | None = None
    max_slots: PositiveCount
    min_idle_slots: Count | None = None
    min_idle_time: Duration | None = None
    factor: Share | None = None
    periods: list[Period] | None = None


class Scaling(SpecModel):
    """Policies in order: at any moment the first one with a period that is on holds."""

    policies: list[Annotated[FixedPolicy | QueuePolicy, Field(discriminator="type")]]


class Elastic(SpecModel):
    """The older form of scaling, without policies."""

    min_slots: Count | None = None
    max_slots: PositiveCount
    min_idle_slots: Count | None = None
    min_idle_time: Duration | None = None
    resize_period: Duration | None = None
    resize_factor: Share | None = None


def fold_scaling(spec: dict[str, Any]) -> None:
    """Give each period its name, and split those that pass midnight."""
    scaling = spec.get("scaling")
    if scaling:
        spec["scaling"] = {"policies": [_fold_policy(each) for each in scaling["policies"]]}


def _fold_policy(policy: Mapping[str, Any]) -> dict[str, Any]:
    periods = policy.get("periods") or ()
    folded = [
        part
        for number, period in enumerate(periods, start=1)
        for part in _fold_period(period, period.get("name") or f"{policy['name']}-{number}")
    ]
    defaults = _QUEUE_DEFAULTS if policy["type"] == "queue" else _FIXED_DEFAULTS
    return {**defaults, **policy, "periods": folded}


def _fold_period(period: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    days, start, end = period["days"], clock_time(period["start"]), clock_time(period["end"])
    if start < end:
        yield {"name": name, "days": list(days), "start": start, "end": end}
        return
    yield {"name": name, "days": list(days), "start": start, "end": END_OF_DAY}
    if end != "00:00:00":
        following = [WEEK[(WEEK.index(day) + 1) % 7] for day in days]
        yield {"name": f"{name}-next-day", "days": following, "start": "00:00:00", "end": end}


def refuse_scaling(spec: Spec) -> Iterator[Refusal]:
    """Names said twice, bounds the wrong way round, and policies that can never hold."""
    seen: set[str] = set()
    always_on = ""
    for index, policy in enumerate((spec.get("scaling") or {}).get("policies") or ()):
        path = ("scaling", "policies", index)
        if policy["name"] in seen:
            yield Refusal(
                code="M521",
                path=(*path, "name"),
                summary=f"two policies are called '{policy['name']}'",
                cause="a policy's name is unique in its pool",
                remedy="give one of them another name",
            )
        if always_on:
            yield _never_holds(policy["name"], always_on, (*path, "name"))
        seen.add(policy["name"])
        always_on = always_on or ("" if policy.get("periods") else policy["name"])
        yield from _refuse_bounds(policy, path, "maxSlots")
        yield from refuse_fractions(policy, path, _WHOLE_SECONDS)
        yield from _refuse_periods(policy, path)
    elastic = spec.get("elastic") or {}
    yield from _refuse_bounds(elastic, ("elastic",), "maxSlots")
    yield from refuse_fractions(elastic, ("elastic",), _WHOLE_SECONDS)
    yield from _refuse_resize_period(elastic)


def _refuse_resize_period(elastic: Mapping[str, Any]) -> Iterator[Refusal]:
    try:
        period_s = duration_s(elastic.get("resizePeriod") or f"{MIN_RESIZE_PERIOD_S}s")
    except NotAQuantity:
        return
    if period_s < MIN_RESIZE_PERIOD_S:
        yield Refusal(
            code="M525",
            path=("elastic", "resizePeriod"),
            summary="resizePeriod is too short",
            cause=f"it is {elastic['resizePeriod']}, Qarnot takes {MIN_RESIZE_PERIOD_S}s or more",
            remedy=f"write {MIN_RESIZE_PERIOD_S}s or more",
        )


def _never_holds(name: str, always_on: str, path: tuple[str | int, ...]) -> Refusal:
    return Refusal(
        code="M522",
        path=path,
        summary=f"the policy '{name}' can never hold",
        cause=f"'{always_on}' stands before it and is always on; the first one that is on holds",
        remedy=f"give '{always_on}' periods, or put it last",
        is_warning=True,
    )


def _refuse_bounds(
    block: Mapping[str, Any], path: tuple[str | int, ...], most: str
) -> Iterator[Refusal]:
    for least in ("minSlots", "minIdleSlots"):
        if most in block and (block.get(least) or 0) > block[most]:
            yield Refusal(
                code="M523",
                path=(*path, least),
                summary=f"{least} is more than {most}",
                cause=f"{least} is {block[least]}, {most} is {block[most]}",
                remedy=f"lower {least} to {block[most]} or less, or raise {most}",
            )


def _refuse_periods(policy: Mapping[str, Any], path: tuple[str | int, ...]) -> Iterator[Refusal]:
    for index, period in enumerate(policy.get("periods") or ()):
        if clock_time(period["start"]) == clock_time(period["end"]):
            yield Refusal(
                code="M524",
                path=(*path, "periods", index, "end"),
                summary="the period ends when it starts",
                cause=f"start and end are both {period['start']}",
                remedy="leave `periods` out for a policy that is always on",
            )
