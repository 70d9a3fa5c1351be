"""What Qarnot shows of what it was sent: all of it, in the vendor's own spelling.

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
_RETRIES = {"maxTotalRetries": None, "maxPerInstanceRetries": None}
_WORK = {
    "uuid": UUID,
    "state": "FullyExecuting",
    "instanceCount": 0,
    "runningInstanceCount": 0,
    "runningCoreCount": 0,
    "secretsAccessRights": {"bySecret": [], "byPrefix": []},
    "tags": [],
    "resourceBuckets": [],
    "hardwareConstraints": [],
    "schedulingType": "flex",
    "targetedReservedMachineKey": None,
    "autoDeleteOnCompletion": False,
    "completionTimeToLive": "00:00:00",
    "privileges": {"exportApiAndStorageCredentialsInEnvironment": False},
    "defaultResourcesCacheTTLSec": 7776000,
    "constants": [],
    "creationDate": "2026-03-02T08:00:00Z",
    "endDate": "0001-01-01T00:00:00Z",
}


def shown(body: Mapping[str, Any], *, hides: tuple[str, ...] = ()) -> dict[str, Any]:
    """The answer to a GET of a pool right after its creation.

    `hides` are fields this account can't see.
    """
    whole = {
        **_WORK,
        "queuedOrRunningTaskInstancesCount": 0,
        "scaling": None,
        "preparationTask": None,
        "defaultRetrySettings": _RETRIES,
        "taskDefaultWaitForPoolResourcesSynchronization": None,
        **body,
    }
    told = {
        **_respelled(whole),
        "elasticProperty": {**ELASTIC_OFF, **whole.get("elasticProperty", {})},
        "scaling": _scaling(whole["scaling"]),
    }
    return {key: each for key, each in told.items() if key not in hides}


def shown_task(body: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a GET of a task right after its creation."""
    whole = {
        **_WORK,
        **dict.fromkeys(_TASK_TEXTS),
        "state": "Submitted",
        "profile": "the profile of its pool",
        "poolUuid": None,
        "jobUuid": None,
        "advancedRanges": None,
        "dependencies": None,
        "retrySettings": _RETRIES,
        "waitForPoolResourcesSynchronization": None,
        "uploadResultsOnCancellation": None,
        "snapshotInterval": 0,
        "progress": 0.0,
        "errors": [],
        "status": None,
        **body,
    }
    return _respelled(whole)


_TASK_TEXTS = (
    *("resultBucket", "resultsBucket", "resultsBucketPrefix", "resultsWhitelist"),
    *("resultsBlacklist", "snapshotWhitelist", "snapshotBlacklist", "snapshotBucket"),
    "snapshotBucketPrefix",
)


def shown_job(body: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a GET of a job right after its creation."""
    whole = {
        "uuid": UUID,
        "state": "Active",
        "poolUuid": None,
        "useDependencies": False,
        "maxWallTime": None,
        "autoDeleteOnCompletion": False,
        "completionTimeToLive": "00:00:00",
        "creationDate": "2026-03-02T08:00:00Z",
        **body,
    }
    return {**whole, "tags": list(reversed(whole["tags"]))}


def _respelled(body: dict[str, Any]) -> dict[str, Any]:
    """What pools and tasks have in common."""
    return {
        **body,
        "advancedResourceBuckets": _buckets(body.get("advancedResourceBuckets")),
        "constants": [
            each for each in body["constants"] if not each["key"].startswith(SECRET_PREFIX)
        ],
        "hardwareConstraints": [_decimal(each) for each in reversed(body["hardwareConstraints"])],
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
