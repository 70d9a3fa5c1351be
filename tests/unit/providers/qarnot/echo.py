"""What Qarnot shows of a pool it was sent: all of it, in the vendor's own spelling.

Written from the vendor's page and SDKs, not from our table: defaults filled in, numbers with a
fraction, sets in another order, enum words in lower case, time spans respelled.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SECRET_PREFIX = "QARNOT_SECRET__"
UUID = "1f0c6a52-6d1e-4b8a-9b58-6f0a52d7c001"
ELASTIC_OFF = {
    "isElastic": False,
    "minTotalSlots": 0,
    "maxTotalSlots": 0,
    "minIdleSlots": 0,
    "resizePeriod": 90,
    "rampResizeFactor": 0.4,
    "minIdleTimeSeconds": 90,
}
HIDDEN_UNLESS_SET = (
    *("priority", "constraints", "forcedConstants", "forcedNetworkRules", "multiSlotsSettings"),
    *("maxTimeQueueSeconds", "projectUuid", "targetedReservationName"),
)


def shown(body: Mapping[str, Any], *, hides: tuple[str, ...] = ()) -> dict[str, Any]:
    """The answer to a GET right after the creation; `hides` are fields this account can't see."""
    whole = {
        "uuid": UUID,
        "state": "FullyExecuting",
        "instanceCount": 0,
        "runningInstanceCount": 0,
        "runningCoreCount": 0,
        "queuedOrRunningTaskInstancesCount": 0,
        "scaling": None,
        "preparationTask": None,
        "secretsAccessRights": {"bySecret": [], "byPrefix": []},
        "tags": [],
        "resourceBuckets": [],
        "hardwareConstraints": [],
        "schedulingType": "flex",
        "targetedReservedMachineKey": None,
        "autoDeleteOnCompletion": False,
        "completionTimeToLive": "00:00:00",
        "privileges": {"exportApiAndStorageCredentialsInEnvironment": False},
        "defaultRetrySettings": {"maxTotalRetries": None, "maxPerInstanceRetries": None},
        "defaultResourcesCacheTTLSec": 7776000,
        "taskDefaultWaitForPoolResourcesSynchronization": None,
        "constants": [],
        **body,
    }
    return {key: each for key, each in _respelled(whole).items() if key not in hides}


def _respelled(body: dict[str, Any]) -> dict[str, Any]:
    return {
        **body,
        "advancedResourceBuckets": _buckets(body.get("advancedResourceBuckets")),
        "constants": [
            each for each in body["constants"] if not each["key"].startswith(SECRET_PREFIX)
        ],
        "elasticProperty": {**ELASTIC_OFF, **body.get("elasticProperty", {})},
        "hardwareConstraints": [_decimal(each) for each in reversed(body["hardwareConstraints"])],
        "scaling": _scaling(body["scaling"]),
        "schedulingType": _lower_first(body["schedulingType"]),
        "tags": list(reversed(body["tags"])),
    }


def _decimal(constraint: dict[str, Any]) -> dict[str, Any]:
    return {key: float(each) if isinstance(each, int) else each for key, each in constraint.items()}


def _buckets(buckets: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    if not buckets:
        return None
    unset: dict[str, Any] = {"filtering": None, "resourcesTransformation": {}, "cacheTTLSec": None}
    return [{**unset, **each} for each in reversed(buckets)]


def _scaling(scaling: dict[str, Any] | None) -> dict[str, Any] | None:
    if scaling is None:
        return None
    policies = [
        {**policy, "enabledPeriods": [_period(each) for each in policy["enabledPeriods"]]}
        for policy in scaling["policies"]
    ]
    return {"policies": policies, "activePolicyName": None}


def _period(period: dict[str, Any]) -> dict[str, Any]:
    if period["type"] == "Always":
        return period
    return {**period, "days": [day.capitalize() for day in reversed(period["days"])]}


def _lower_first(word: str) -> str:
    return {"ondemand": "onDemand"}.get(word.lower(), word.lower())
