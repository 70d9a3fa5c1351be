"""Pools as a studio would declare them: five sorts in turn."""

from __future__ import annotations

from collections.abc import Callable

from bench.workload import SHOWS, TEAMS, Tree, Workload

_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]


def pool(number: int) -> Tree:
    """The manifest of one pool, without the constant `NOTE` that pads it."""
    show, team = SHOWS[number % len(SHOWS)], TEAMS[number // 7 % len(TEAMS)]
    spec: Tree = {
        "displayName": f"{team.capitalize()} {number:05} of {show}",
        "profile": ("docker-batch", "docker-network")[number % 2],
        "tags": [show, team, f"sequence-{number // 100:03}"],
        **_FAMILIES[number % len(_FAMILIES)](number),
    }
    spec["constants"] = {
        "DOCKER_REPO": f"studio/{team}",
        "DOCKER_TAG": f"{number % 9}.{number % 4}",
        "SHOT": f"{number:05}",
    }
    return {
        "apiVersion": "qarnot/v1",
        "kind": "Pool",
        "metadata": {"name": f"{team}-{number:05}", "labels": {"show": show, "team": team}},
        "spec": spec,
    }


def edited(tree: Tree) -> Tree:
    """The same pool after a change that needs no new one: more slots, or another tag."""
    spec = tree["spec"]
    policies = spec.get("scaling", {}).get("policies", ())
    if policies and policies[-1]["type"] == "queue":
        last = {**policies[-1], "maxSlots": policies[-1]["maxSlots"] + 1}
        return {**tree, "spec": {**spec, "scaling": {"policies": [*policies[:-1], last]}}}
    return {**tree, "spec": {**spec, "tags": [*spec["tags"][:-1], "sequence-new"]}}


# --- five sorts of pools --------------------------------------------------------------------------


def _office_and_night(number: int) -> Tree:
    return {
        "requirements": {"cpu": 8 + number % 3 * 8, "memory": "64GiB", "ssd": True},
        "scaling": {
            "policies": [
                {
                    "name": "office",
                    "type": "fixed",
                    "slots": 2 + number % 5,
                    "periods": [{"days": _WEEKDAYS, "start": "08:00", "end": "19:30"}],
                },
                {
                    "name": "night",
                    "type": "queue",
                    "minSlots": 0,
                    "maxSlots": 16 + number % 64,
                    "minIdleSlots": 1,
                    "minIdleTime": "90s",
                    "factor": 0.2,
                },
            ]
        },
    }


def _machines_by_hand(number: int) -> Tree:
    return {
        "instanceCount": 1 + number % 12,
        "hardwareConstraints": [
            {"discriminator": "MinimumCoreHardwareConstraint", "coreCount": 4 + number % 4 * 4},
            {"discriminator": "MinimumRamHardwareConstraint", "minimumMemoryMB": 32768},
            {"discriminator": "SSDHardwareConstraint"},
        ],
        "preparationTask": {"commandLine": f"mkdir -p /cache/{number:05}"},
        "defaultRetrySettings": {"maxTotalRetries": 9, "maxPerInstanceRetries": number % 3 + 1},
        "completionTimeToLive": "2d",
    }


def _queue_with_buckets(number: int) -> Tree:
    return {
        "requirements": {"cpu": 16, "memory": f"{32 + number % 2 * 32}GiB"},
        "scaling": {
            "policies": [
                {
                    "name": "queue",
                    "type": "queue",
                    "maxSlots": 8 + number % 40,
                    "minIdleTime": "5m",
                }
            ]
        },
        "advancedResourceBuckets": [
            {
                "bucketName": f"assets-{number % 20:02}",
                "filtering": {"prefixFiltering": {"prefix": f"shots/{number:05}/"}},
                "cacheTTLSec": 86400,
            },
            {"bucketName": "textures"},
        ],
    }


def _elastic(number: int) -> Tree:
    return {
        "requirements": {"cpu": 4, "memory": "16GiB"},
        "elastic": {
            "minSlots": number % 3,
            "maxSlots": 10 + number % 30,
            "minIdleSlots": 1,
            "minIdleTime": "2m",
            "resizePeriod": "3m",
            "resizeFactor": 0.5,
        },
        "schedulingType": "flex",
        "taskDefaultWaitForPoolResourcesSynchronization": True,
    }


def _plain(number: int) -> Tree:
    return {
        "instanceCount": 2 + number % 6,
        "requirements": {"cpu": 8, "memory": "48GiB", "gpu": number % 10 == 4},
        "resourceBuckets": [f"plates-{number % 8}", "luts"],
        "secretsAccessRights": {"bySecret": [f"farm/{number % 30}"], "byPrefix": ["shared/"]},
        "privileges": {"exportApiAndStorageCredentialsInEnvironment": True},
        "autoDeleteOnCompletion": True,
    }


_FAMILIES: tuple[Callable[[int], Tree], ...] = (
    _office_and_night,
    _machines_by_hand,
    _queue_with_buckets,
    _elastic,
    _plain,
)

POOLS = Workload("pools", pool, edited, resources=int)
