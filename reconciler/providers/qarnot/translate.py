"""Pools between our words and Qarnot's. Pure; a round trip on what a person may set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from reconciler.model import Observed, Request, SecretRef, Settled, Usage
from reconciler.ports import Revealed
from reconciler.providers.qarnot.kinds.blocks import SECRET_PREFIX
from reconciler.providers.qarnot.kinds.pool import POOL_FIELDS
from reconciler.providers.qarnot.kinds.scaling import END_OF_DAY
from reconciler.providers.qarnot.marker import (
    LABEL,
    from_label,
    shortname,
    to_label,
    without_marker,
)
from reconciler.providers.qarnot.timespan import from_timespan, to_timespan
from reconciler.values import Tree

Body = Mapping[str, Any]
Reveal = Callable[[SecretRef], Revealed]

POOL = "qarnot/Pool"

_SAME_NAME = (
    "profile",
    "instanceCount",
    "hardwareConstraints",
    "tags",
    "advancedResourceBuckets",
    "autoDeleteOnCompletion",
    "taskDefaultWaitForPoolResourcesSynchronization",
    "schedulingType",
    "targetedReservedMachineKey",
    "targetedReservationName",
    "defaultResourcesCacheTTLSec",
    "privileges",
    "defaultRetrySettings",
    "maxTimeQueueSeconds",
    "multiSlotsSettings",
    "preparationTask",
    "projectUuid",
    "priority",
    "forcedConstants",
    "forcedNetworkRules",
)
_UPDATABLE = ("constants", "tags", "elastic", "scaling", "constraints")
_CLEARED: Mapping[str, Any] = {
    "constants": [],
    "constraints": [],
    "tags": [],
    "elasticProperty": {"isElastic": False},
    "scaling": {"policies": []},
}
"""What takes a field back to nothing; a missing or null one may keep its value instead.

Undocumented at the vendor: tests/contract/test_qarnot_quirks.py tries both.
"""
_REMOTE_NAME = {"elastic": "elasticProperty"}
_POLICY_TYPES = {"fixed": "Fixed", "queue": "ManagedTasksQueue"}
_OUR_POLICY_TYPES = {theirs.lower(): ours for ours, theirs in _POLICY_TYPES.items()}
_ELASTIC = {
    "minSlots": "minTotalSlots",
    "maxSlots": "maxTotalSlots",
    "minIdleSlots": "minIdleSlots",
    "minIdleTime": "minIdleTimeSeconds",
    "resizePeriod": "resizePeriod",
    "resizeFactor": "rampResizeFactor",
}
_ELASTIC_DEFAULTS = {
    theirs: row.default
    for ours, theirs in _ELASTIC.items()
    if (row := POOL_FIELDS.row(f"elastic.{ours}")) is not None and row.default is not None
}
"""Sent in full: what a PUT makes of a setting that is left out of the object is not documented."""
_POLICY = {
    "minSlots": "minTotalSlots",
    "maxSlots": "maxTotalSlots",
    "minIdleSlots": "minIdleSlots",
    "minIdleTime": "minIdleTimeSeconds",
    "factor": "scalingFactor",
    "slots": "slotsCount",
}
_SETTLED = {
    "submitted": Settled.IN_PROGRESS,
    "partiallydispatched": Settled.IN_PROGRESS,
    "fullydispatched": Settled.IN_PROGRESS,
    "partiallyexecuting": Settled.CURRENT,
    "fullyexecuting": Settled.CURRENT,
    "closing": Settled.TERMINATING,
    "pendingdelete": Settled.TERMINATING,
    "closed": Settled.CANCELLED,
    "failure": Settled.FAILED,
}
_MAY_BE_HIDDEN = frozenset(
    {
        *(
            "priority",
            "constraints",
            "forcedConstants",
            "forcedNetworkRules",
            "maxTimeQueueSeconds",
        ),
        *("multiSlotsSettings", "projectUuid", "targetedReservationName"),
        *("targetedReservedMachineKey", "preparationTask", "advancedResourceBuckets"),
    }
)


# --- ours to theirs -------------------------------------------------------------------------------


def to_remote(request: Request, reveal: Reveal) -> Tree:
    """The body that creates the pool."""
    body = _fields(request.spec, reveal)
    body["name"] = request.spec.get("displayName") or request.resource.address.name
    body["shortname"] = shortname(request.marker)
    body["labels"] = {**request.resource.labels, LABEL: to_label(request.marker)}
    return body


def to_update(request: Request, changed: Iterable[str], reveal: Reveal) -> Tree:
    """The body that brings the updatable fields to what the request says.

    All those that are set go along with the changed ones: whether the vendor keeps or clears what a
    PUT leaves out is not documented, and this is right either way.
    """
    names = frozenset(changed)
    spec = {key: request.spec[key] for key in _UPDATABLE if key in request.spec}
    dropped = (_REMOTE_NAME.get(key, key) for key in names - spec.keys())
    return {
        **{key: _CLEARED[key] for key in dropped if key in _CLEARED},
        **_fields(spec, reveal),
    }


def _fields(spec: Mapping[str, Any], reveal: Reveal) -> Tree:
    body: Tree = {key: spec[key] for key in _SAME_NAME if key in spec}
    if "constants" in spec:
        body["constants"] = [
            {"key": key, "value": _constant(value, reveal)}
            for key, value in spec["constants"].items()
        ]
    if "constraints" in spec:
        pairs = spec["constraints"].items()
        body["constraints"] = [{"key": key, "value": value} for key, value in pairs]
    if "scaling" in spec:
        body["scaling"] = {"policies": [_to_policy(each) for each in spec["scaling"]["policies"]]}
    if "elastic" in spec:
        slots = {_ELASTIC[key]: value for key, value in spec["elastic"].items()}
        body["elasticProperty"] = {"isElastic": True, **_ELASTIC_DEFAULTS, **slots}
    if "completionTimeToLive" in spec:
        body["completionTimeToLive"] = to_timespan(spec["completionTimeToLive"])
    if "secretsAccessRights" in spec:
        body["secretsAccessRights"] = _to_rights(spec["secretsAccessRights"])
    return body


def _constant(value: Any, reveal: Reveal) -> str:
    ref = SecretRef.from_manifest(value)
    return reveal(ref).reveal() if ref is not None else str(value)


def _to_rights(rights: Mapping[str, Any]) -> Tree:
    return {
        "bySecret": [{"key": each} for each in rights.get("bySecret") or ()],
        "byPrefix": [{"prefix": each} for each in rights.get("byPrefix") or ()],
    }


def _to_policy(policy: Mapping[str, Any]) -> Tree:
    slots = {_POLICY[key]: policy[key] for key in _POLICY if key in policy}
    return {
        "type": _POLICY_TYPES[policy["type"]],
        **slots,
        "name": policy["name"],
        "enabledPeriods": [_to_period(each) for each in policy.get("periods") or ()]
        or [{"type": "Always", "name": "always"}],
    }


def _to_period(period: Mapping[str, Any]) -> Tree:
    return {
        "type": "Weekly",
        "days": list(period["days"]),
        "startTimeUtc": period["start"],
        "endTimeUtc": period["end"],
        "name": period["name"],
    }


# --- theirs to ours -------------------------------------------------------------------------------


def from_remote(body: Body) -> Observed:
    """A pool as the manifest would say it; secret values come wrapped."""
    labels = body.get("labels") or {}
    state = str(body.get("state") or "")
    return Observed(
        kind=POOL,
        remote_id=str(body["uuid"]),
        spec=dict(_from_fields(body)),
        settled=_SETTLED.get(state.lower(), Settled.UNKNOWN),
        state=state,
        marker=from_label(str(labels.get(LABEL, ""))),
        labels=without_marker(labels),
        unseen=_MAY_BE_HIDDEN.difference(body),
        usage=Usage(
            instances=int(body.get("runningInstanceCount") or 0),
            cores=int(body.get("runningCoreCount") or 0),
            queued_instances=int(body.get("queuedOrRunningTaskInstancesCount") or 0),
        ),
        name=str(body.get("name") or ""),
    )


def _from_fields(body: Body) -> Iterator[tuple[str, Any]]:
    for key in _SAME_NAME:
        value = body.get(key)
        if value is not None:
            yield key, value
    yield "displayName", body.get("name")
    yield "labels", without_marker(body.get("labels") or {})
    yield "constants", dict(_from_constants(body.get("constants") or ()))
    yield "constraints", {each["key"]: each["value"] for each in body.get("constraints") or ()}
    policies = (body.get("scaling") or {}).get("policies") or ()
    yield "scaling", {"policies": [_from_policy(each) for each in policies]}
    elastic = body.get("elasticProperty") or {}
    if elastic.get("isElastic") and not policies:
        yield "elastic", _renamed(elastic, _ELASTIC)
    span = body.get("completionTimeToLive")
    yield "completionTimeToLive", from_timespan(span) if isinstance(span, str) else span
    yield "secretsAccessRights", _from_rights(body.get("secretsAccessRights") or {})
    plain = ({"bucketName": name} for name in body.get("resourceBuckets") or ())
    yield "advancedResourceBuckets", [*plain, *(body.get("advancedResourceBuckets") or ())]


def _renamed(theirs: Mapping[str, Any], names: Mapping[str, str]) -> Tree:
    """What the vendor says of these fields, under our names."""
    return {ours: theirs[name] for ours, name in names.items() if theirs.get(name) is not None}


def _from_constants(pairs: Iterable[Mapping[str, str]]) -> Iterator[tuple[str, Any]]:
    for pair in pairs:
        key, value = pair["key"], pair["value"]
        yield key, Revealed(value) if key.startswith(SECRET_PREFIX) else value


def _from_rights(rights: Mapping[str, Any]) -> Tree:
    return {
        "bySecret": [each["key"] for each in rights.get("bySecret") or ()],
        "byPrefix": [each["prefix"] for each in rights.get("byPrefix") or ()],
    }


def _from_policy(policy: Mapping[str, Any]) -> Tree:
    periods = policy.get("enabledPeriods") or ()
    is_always_on = any(str(each.get("type")).lower() == "always" for each in periods)
    kind = str(policy.get("type"))
    return {
        "type": _OUR_POLICY_TYPES.get(kind.lower(), kind),
        "name": policy.get("name") or "",
        **_renamed(policy, _POLICY),
        "periods": [] if is_always_on else [_from_period(each) for each in periods],
    }


def _from_period(period: Mapping[str, Any]) -> Tree:
    return {
        "name": period.get("name") or "",
        "days": period.get("days") or [],
        "start": _clock(period.get("startTimeUtc")),
        "end": _clock(period.get("endTimeUtc")),
    }


def _clock(text: Any) -> str:
    """A time of day without a fraction that is zero."""
    whole, _, fraction = str(text).partition(".")
    return END_OF_DAY if fraction.strip("0") and whole == "23:59:59" else whole
