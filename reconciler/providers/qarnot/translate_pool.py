"""Pools between our words and Qarnot's. Pure; a round trip on what a person may set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.answers import reading
from reconciler.model import Observed, Request, Settled, Usage
from reconciler.providers.qarnot.kinds.pool import POOL, POOL_FIELDS
from reconciler.providers.qarnot.kinds.scaling import END_OF_DAY
from reconciler.providers.qarnot.marker import LABEL, from_label, without_marker
from reconciler.providers.qarnot.translate_work import (
    CLEARED,
    MAY_BE_HIDDEN,
    Body,
    Reveal,
    from_work,
    labelled,
    named,
    picked,
    shown,
    to_work,
)
from reconciler.values import Tree

_OWN_SAME_NAME = (
    "profile",
    "instanceCount",
    "taskDefaultWaitForPoolResourcesSynchronization",
    "defaultRetrySettings",
    "multiSlotsSettings",
    "preparationTask",
)
_UPDATABLE = ("constants", "tags", "elastic", "scaling", "constraints")
_CLEARED: Mapping[str, Any] = {
    **CLEARED,
    "elasticProperty": {"isElastic": False},
    "scaling": {"policies": []},
}
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
_MAY_BE_HIDDEN = MAY_BE_HIDDEN | {"multiSlotsSettings", "preparationTask"}


# --- ours to theirs -------------------------------------------------------------------------------


def to_remote(request: Request, reveal: Reveal) -> Tree:
    """The body that creates the pool."""
    return {**_fields(request.spec, reveal), **named(request), **labelled(request)}


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
    body = {**picked(spec, _OWN_SAME_NAME), **to_work(spec, reveal)}
    if "scaling" in spec:
        body["scaling"] = {"policies": [_to_policy(each) for each in spec["scaling"]["policies"]]}
    if "elastic" in spec:
        slots = {_ELASTIC[key]: value for key, value in spec["elastic"].items()}
        body["elasticProperty"] = {"isElastic": True, **_ELASTIC_DEFAULTS, **slots}
    return body


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


@reading("Qarnot's", "pool", "uuid")
def from_remote(body: Body) -> Observed:
    """A pool as the manifest would say it; secret values come wrapped."""
    labels = body.get("labels") or {}
    state = str(body.get("state") or "")
    return Observed(
        kind=POOL.id,
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
    yield from shown(body, _OWN_SAME_NAME)
    yield from from_work(body)
    policies = (body.get("scaling") or {}).get("policies") or ()
    yield "scaling", {"policies": [_from_policy(each) for each in policies]}
    elastic = body.get("elasticProperty") or {}
    if elastic.get("isElastic") and not policies:
        yield "elastic", _renamed(elastic, _ELASTIC)


def _renamed(theirs: Mapping[str, Any], names: Mapping[str, str]) -> Tree:
    """What the vendor says of these fields, under our names."""
    return {ours: theirs[name] for ours, name in names.items() if theirs.get(name) is not None}


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
