"""How the parts that pools, jobs and tasks share read on the wire.

Source: Qarnot Compute API v1.0 page; bodies recorded in SDK nodejs 1.18 and a Go client.
"""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from reconciler.sandbox.qarnot.hardware_constraints import with_decimals_spelled_out
from reconciler.sandbox.qarnot.json_text import json_text
from reconciler.sandbox.qarnot.shapes import (
    WRITE_ONLY_PREFIX,
    no_access_rights,
    no_privileges,
    no_retries,
)
from reconciler.sandbox.qarnot.times import date_text, span_seconds, span_text
from reconciler.sandbox.qarnot.track import RunTime, StateTrack
from reconciler.sandbox.settings import SettingTable
from reconciler.sandbox.vendor import Json


class Rendered(Protocol):
    """An object whose text is kept in parts; each part with the version of the switches."""

    uuid: str
    shortname: str
    fields: dict[str, Json]
    track: StateTrack
    created_s: int
    rendered: dict[str, tuple[int, str]]

    @property
    def is_over(self) -> bool:
        """Whether nothing will happen to it any more."""


Item = TypeVar("Item", bound=Rendered)
Show = Callable[[Item, SettingTable], Json]
Shown = Mapping[str, Show[Item]]


def forget_state(item: Rendered) -> None:
    """The state or the counts have changed: what was rendered of them is void."""
    item.rendered.pop("state", None)
    item.rendered.pop("summary", None)


def kept_text(
    item: Item, part: str, switches: SettingTable, text: Callable[[Item, SettingTable], str]
) -> str:
    """One part of an object as text, made again only when what was kept of it is void."""
    version, kept = item.rendered.get(part, (-1, ""))
    if version != switches.version:
        kept = text(item, switches)
        item.rendered[part] = (switches.version, kept)
    return kept


def members(fields: Mapping[str, Json]) -> str:
    """The members of an object as JSON text without braces."""
    return json_text(fields)[1:-1]


def field(name: str) -> Show[Item]:
    """Shows a field as it is stored."""
    return lambda item, _switches: item.fields[name]


STATE_SHOWN: Shown[Rendered] = {
    "state": lambda item, _: item.track.state,
    "previousState": lambda item, _: item.track.previous,
    "stateTransitionTime": lambda item, _: date_text(item.track.since_s),
    "previousStateTransitionTime": lambda item, _: date_text(item.track.previous_since_s),
    "creationDate": lambda item, _: date_text(item.created_s),
    "lastModified": lambda item, _: date_text(item.track.modified_s),
}
END_SHOWN: Shown[Rendered] = {"endDate": lambda item, _: date_text(item.track.ended_s)}


def running_times(time: RunTime, track: StateTrack, now_s: float) -> str:
    """`executionTime` and `wallTime`, which go on by themselves, as members of JSON text."""
    wall_s = time.wall_s(now_s if track.ended_s is None else track.ended_s)
    if wall_s is None:
        return '"executionTime":null,"wallTime":null'
    execution = span_text(int(time.executed_until(now_s)))
    return f'"executionTime":"{execution}","wallTime":"{span_text(wall_s)}"'


_EMPTY: Mapping[str, Json] = {
    "hardwareConstraints": [],
    "secretsAccessRights": no_access_rights(),
    "privileges": no_privileges(),
    "defaultRetrySettings": no_retries(),
    "retrySettings": no_retries(),
    "tags": [],
    "labels": {},
}


def with_nulls(shown: dict[str, Json], switches: SettingTable) -> dict[str, Json]:
    """The same, with nulls for empty lists and objects where the switch says so."""
    if switches["nulls_in_output"] == "unset":
        for name, empty in _EMPTY.items():
            if name in shown and shown[name] == empty:
                shown[name] = None
    return shown


def shows_secrets(switches: SettingTable) -> bool:
    """Whether a GET shows the constants that are meant to be write-only."""
    return bool(switches["secret_constants"] == "shown")  # noqa: S105 - the name of a switch


def _constants(item: Rendered, switches: SettingTable) -> Json:
    constants = item.fields["constants"]
    if not shows_secrets(switches):
        constants = [one for one in constants if not one["key"].startswith(WRITE_ONLY_PREFIX)]
    if switches["reorder_constants"] == "yes":
        constants = sorted(constants, key=lambda one: str(one["key"]))
    return constants


def _constraints(item: Rendered, switches: SettingTable) -> Json:
    constraints = item.fields["hardwareConstraints"]
    if switches["normalise_numbers"] == "yes":
        constraints = [with_decimals_spelled_out(one) for one in constraints]
    if switches["reorder_constraints"] == "yes":
        constraints = sorted(constraints, key=lambda one: str(one["discriminator"]))
    return constraints


def shown_span(span: str, switches: SettingTable) -> str:
    """A time span that a user gave, as a GET shows it."""
    if switches["timespan_spelling"] == "as_sent":
        return span
    canonical = span_text(span_seconds(span, hours_may_pass_23=True))
    if switches["timespan_spelling"] == "fraction" and "." not in canonical.split(":")[-1]:
        return f"{canonical}.0000000"
    return canonical


def _tags(item: Rendered, switches: SettingTable) -> Json:
    tags = item.fields["tags"]
    return sorted(tags) if switches["reorder_tags"] == "yes" else tags


def _labels(item: Rendered, switches: SettingTable) -> Json:
    labels = item.fields["labels"]
    return None if not labels and switches["labels_null"] == "yes" else labels


def _scheduling(item: Rendered, switches: SettingTable) -> Json:
    word = item.fields["schedulingType"]
    is_pascal = switches["scheduling_type_case"] == "pascal"
    return f"{word[0].upper()}{word[1:]}" if is_pascal else word


IDENTITY_SHOWN: Shown[Rendered] = {
    "uuid": lambda item, _: item.uuid,
    "name": field("name"),
    "shortname": lambda item, _: item.shortname,
}
COMPLETION_SHOWN: Shown[Rendered] = {
    "tags": _tags,
    "autoDeleteOnCompletion": field("autoDeleteOnCompletion"),
    "completionTimeToLive": lambda item, s: shown_span(item.fields["completionTimeToLive"], s),
}
WORK_SHOWN: Shown[Rendered] = {
    **IDENTITY_SHOWN,
    **COMPLETION_SHOWN,
    "profile": field("profile"),
    "constants": _constants,
    "secretsAccessRights": field("secretsAccessRights"),
    "resourceBuckets": field("resourceBuckets"),
    "advancedResourceBuckets": field("advancedResourceBuckets"),
    "hardwareConstraints": _constraints,
    "schedulingType": _scheduling,
    "targetedReservedMachineKey": field("targetedReservedMachineKey"),
    "labels": _labels,
    "privileges": field("privileges"),
    "defaultResourcesCacheTTLSec": field("defaultResourcesCacheTTLSec"),
}
SHOWN_WHEN_SET = (
    "targetedReservationName",
    "maxTimeQueueSeconds",
    "forcedNetworkRules",
    "projectUuid",
)
