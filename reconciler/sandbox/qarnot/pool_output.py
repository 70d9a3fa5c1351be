"""How a pool reads on the wire.

Source: Qarnot Compute API v1.0 page; bodies recorded in SDK nodejs 1.18 and a Go client.
"""

from collections.abc import Callable, Mapping

from reconciler.sandbox.qarnot.hardware_constraints import with_decimals_spelled_out
from reconciler.sandbox.qarnot.json_text import json_text
from reconciler.sandbox.qarnot.pool import Pool
from reconciler.sandbox.qarnot.shapes import (
    WRITE_ONLY_PREFIX,
    no_access_rights,
    no_privileges,
    no_retries,
)
from reconciler.sandbox.qarnot.status import status_text
from reconciler.sandbox.qarnot.times import date_text, span_seconds, span_text
from reconciler.sandbox.settings import SettingTable
from reconciler.sandbox.vendor import Json

_SUMMARY_NAMES = (
    "uuid",
    "name",
    "shortname",
    "profile",
    "state",
    "previousState",
    "instanceCount",
    "stateTransitionTime",
    "previousStateTransitionTime",
    "creationDate",
    "lastModified",
    "endDate",
    "runningInstanceCount",
    "runningCoreCount",
    "queuedOrRunningTaskInstancesCount",
    "taskDefaultWaitForPoolResourcesSynchronization",
)
_SHOWN_WHEN_SET = (
    "targetedReservationName",
    "maxTimeQueueSeconds",
    "multiSlotsSettings",
    "forcedNetworkRules",
    "projectUuid",
)


def pool_json(pool: Pool, switches: SettingTable, now_s: float) -> str:
    """The pool as JSON text.

    What its user gave and what changes with its state are kept apart between calls, so that a list
    of many pools costs little more than its bytes.
    """
    given = _kept(pool, "given", switches, _given_text)
    state = _kept(pool, "state", switches, _state_text)
    status = "null" if pool.first_ran_s is None else _status_text(pool)
    return f'{{{given},{state},"status":{status},{_running_times(pool, now_s)}}}'


def pool_summary_json(pool: Pool, switches: SettingTable, now_s: float) -> str:
    """The summary of the pool as JSON text."""
    stable = _kept(pool, "summary", switches, _summary_text)
    return f"{{{stable},{_running_times(pool, now_s)}}}"


_Text = Callable[[Pool, SettingTable], str]


def _kept(pool: Pool, part: str, switches: SettingTable, text: _Text) -> str:
    version, kept = pool.rendered.get(part, (-1, ""))
    if version != switches.version:
        kept = text(pool, switches)
        pool.rendered[part] = (switches.version, kept)
    return kept


def _members(fields: Mapping[str, Json]) -> str:
    return json_text(fields)[1:-1]


def _state_text(pool: Pool, switches: SettingTable) -> str:
    return _members({name: show(pool, switches) for name, show in _STATE.items()})


def _summary_text(pool: Pool, switches: SettingTable) -> str:
    shown = {**_GIVEN, **_STATE}
    return _members({name: shown[name](pool, switches) for name in _SUMMARY_NAMES})


def _status_text(pool: Pool) -> str:
    # the state's time and not the present one: a status is as old as the last change of state
    return status_text(
        running=pool.running,
        cores=pool.cores,
        at_s=pool.state_s,
        first_ran_s=pool.first_ran_s or 0,
        executed_s=int(pool.executed_s),
    )


def _running_times(pool: Pool, now_s: float) -> str:
    if pool.first_ran_s is None:
        return '"executionTime":null,"wallTime":null'
    end_s = now_s if pool.ended_s is None else pool.ended_s
    wall = span_text(max(0, int(end_s) - pool.first_ran_s))
    execution = span_text(int(pool.executed_until(now_s)))
    return f'"executionTime":"{execution}","wallTime":"{wall}"'


def _given_text(pool: Pool, switches: SettingTable) -> str:
    shown = {name: show(pool, switches) for name, show in _GIVEN.items()}
    for name in _SHOWN_WHEN_SET:
        if pool.fields[name]:
            shown[name] = pool.fields[name]
    if shown["scaling"] is None and switches["unset_scaling"] == "absent":
        del shown["scaling"]
    if switches["nulls_in_output"] == "unset":
        for name, empty in _EMPTY.items():
            shown[name] = None if shown[name] == empty else shown[name]
    return _members(shown)


_EMPTY: Mapping[str, Json] = {
    "hardwareConstraints": [],
    "secretsAccessRights": no_access_rights(),
    "privileges": no_privileges(),
    "defaultRetrySettings": no_retries(),
    "tags": [],
    "labels": {},
}


def shown_constants(constants: list[Json], switches: SettingTable) -> list[Json]:
    """The constants as a GET shows them."""
    if not shows_secrets(switches):
        constants = [one for one in constants if not one["key"].startswith(WRITE_ONLY_PREFIX)]
    if switches["reorder_constants"] == "yes":
        constants = sorted(constants, key=lambda one: str(one["key"]))
    return constants


def shows_secrets(switches: SettingTable) -> bool:
    """Whether a GET shows the constants that are meant to be write-only."""
    return bool(switches["secret_constants"] == "shown")  # noqa: S105 - the name of a switch


def shown_constraints(constraints: list[Json], switches: SettingTable) -> list[Json]:
    """The hardware constraints as a GET shows them."""
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


def shown_tags(tags: list[str], switches: SettingTable) -> list[str]:
    """The tags as a GET shows them."""
    return sorted(tags) if switches["reorder_tags"] == "yes" else tags


def shown_labels(labels: dict[str, str], switches: SettingTable) -> Json:
    """The labels as a GET shows them."""
    return None if not labels and switches["labels_null"] == "yes" else labels


def shown_scheduling(word: str, switches: SettingTable) -> str:
    """The scheduling type as a GET shows it."""
    is_pascal = switches["scheduling_type_case"] == "pascal"
    return f"{word[0].upper()}{word[1:]}" if is_pascal else word


def total_slots(pool: Pool) -> int:
    """How many slots there are, or could be at most."""
    elastic = pool.fields["elasticProperty"]
    if pool.policies:
        ceilings = (one.get("maxTotalSlots", one.get("slotsCount", 0)) for one in pool.policies)
        return max(ceilings, default=0)
    if elastic["isElastic"]:
        return int(elastic["maxTotalSlots"])
    return int(pool.fields["instanceCount"]) * pool.slots_per_node


def _usage(pool: Pool) -> float:
    capacity = total_slots(pool)
    return round(pool.demand / capacity, 4) if capacity else 0.0


def instance_count(pool: Pool, switches: SettingTable) -> int:
    """The static size, or the present one where the service decides it."""
    if pool.is_scaled and switches["scaled_instance_count"] == "moves":
        return pool.slots
    return int(pool.fields["instanceCount"])


_Show = Callable[[Pool, SettingTable], Json]


def _field(name: str) -> _Show:
    return lambda pool, _switches: pool.fields[name]


_GIVEN: Mapping[str, _Show] = {
    "elasticProperty": _field("elasticProperty"),
    "scaling": _field("scaling"),
    "preparationTask": _field("preparationTask"),
    "constants": lambda pool, s: shown_constants(pool.fields["constants"], s),
    "secretsAccessRights": _field("secretsAccessRights"),
    "tags": lambda pool, s: shown_tags(pool.fields["tags"], s),
    "resourceBuckets": _field("resourceBuckets"),
    "advancedResourceBuckets": _field("advancedResourceBuckets"),
    "hardwareConstraints": lambda pool, s: shown_constraints(pool.fields["hardwareConstraints"], s),
    "schedulingType": lambda pool, s: shown_scheduling(pool.fields["schedulingType"], s),
    "targetedReservedMachineKey": _field("targetedReservedMachineKey"),
    "autoDeleteOnCompletion": _field("autoDeleteOnCompletion"),
    "completionTimeToLive": lambda pool, s: shown_span(pool.fields["completionTimeToLive"], s),
    "labels": lambda pool, s: shown_labels(pool.fields["labels"], s),
    "privileges": _field("privileges"),
    "defaultRetrySettings": _field("defaultRetrySettings"),
    "defaultResourcesCacheTTLSec": _field("defaultResourcesCacheTTLSec"),
    "uuid": lambda pool, _: pool.uuid,
    "name": _field("name"),
    "shortname": lambda pool, _: pool.shortname,
    "profile": _field("profile"),
    "taskDefaultWaitForPoolResourcesSynchronization": _field(
        "taskDefaultWaitForPoolResourcesSynchronization"
    ),
}
_STATE: Mapping[str, _Show] = {
    "errors": lambda pool, _: pool.errors,
    "totalSlotCapacity": lambda pool, _: total_slots(pool),
    "poolUsage": lambda pool, _: _usage(pool),
    "state": lambda pool, _: pool.state,
    "previousState": lambda pool, _: pool.previous_state,
    "instanceCount": instance_count,
    "stateTransitionTime": lambda pool, _: date_text(pool.state_s),
    "previousStateTransitionTime": lambda pool, _: date_text(pool.previous_state_s),
    "creationDate": lambda pool, _: date_text(pool.created_s),
    "lastModified": lambda pool, _: date_text(pool.modified_s),
    "endDate": lambda pool, _: date_text(pool.ended_s),
    "runningInstanceCount": lambda pool, _: pool.running,
    "runningCoreCount": lambda pool, _: pool.running * pool.cores,
    "queuedOrRunningTaskInstancesCount": lambda pool, _: pool.demand,
}
