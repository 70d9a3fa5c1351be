"""Each row of the pool's table, tried alone: its change is seen, where it is and as what it is."""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import Any

import pytest

from reconciler.fields import Field, SetBy, split_path
from reconciler.providers.qarnot.kinds.pool import POOL_FIELDS
from tests.unit.diff.pools import difference, pool

SECRET = {"secretRef": {"env": "KEY"}}
PERIOD = {"name": "day", "days": ["monday", "friday"], "start": "08:00", "end": "19:30"}
QUEUE = {
    "name": "queue",
    "type": "queue",
    "minSlots": 1,
    "maxSlots": 8,
    "minIdleSlots": 2,
    "minIdleTime": "10m",
    "factor": 0.5,
    "periods": [PERIOD],
}
BUCKET = {
    "bucketName": "assets",
    "filtering": {"prefixFiltering": {"prefix": "in/"}},
    "resourcesTransformation": {"stripPrefix": {"prefix": "in/"}},
    "cacheTTLSec": 60,
}
HARDWARE: dict[str, dict[str, Any]] = {
    "MinimumCore": {"coreCount": 4},
    "MinimumRam": {"minimumMemoryMB": 1024},
    "MaximumRam": {"maximumMemoryMB": 96000},
    "MinimumRamCoreRatio": {"minimumMemoryGBCoreRatio": 1.5},
    "MaximumRamCoreRatio": {"maximumMemoryGBCoreRatio": 6},
    "CpuModel": {"cpuModel": "Demo CPU 9000"},
}
WHOLE: dict[str, Any] = {
    "displayName": "Sim",
    "profile": "docker-batch",
    "hardwareConstraints": [
        *({"discriminator": f"{k}HardwareConstraint", **v} for k, v in HARDWARE.items()),
        {"discriminator": "SpecificHardwareConstraint", "specificationKey": "24c"},
    ],
    "constants": {"DOCKER_REPO": "ubuntu", "QARNOT_SECRET__K": SECRET},
    "secretsAccessRights": {"bySecret": ["a"], "byPrefix": ["p"]},
    "advancedResourceBuckets": [BUCKET],
    "preparationTask": {"commandLine": "true"},
    "privileges": {"exportApiAndStorageCredentialsInEnvironment": True},
    "defaultRetrySettings": {"maxTotalRetries": 3, "maxPerInstanceRetries": 1},
    "defaultResourcesCacheTTLSec": 60,
    "taskDefaultWaitForPoolResourcesSynchronization": True,
    "schedulingType": "reserved",
    "targetedReservedMachineKey": "key",
    "targetedReservationName": "name",
    "maxTimeQueueSeconds": 60,
    "multiSlotsSettings": {"slotsPerNode": 2},
    "autoDeleteOnCompletion": True,
    "completionTimeToLive": "1h",
    "projectUuid": "1f0c6a52-6d1e-4b8a-9b58-6f0a52d7c001",
    "tags": ["a", "b"],
    "priority": 1,
    "constraints": {"a": "b"},
    "forcedConstants": [{"constantName": "K", "forcedValue": "v"}],
    "forcedNetworkRules": [{"inbound": True, "proto": "tcp"}],
}
SIZES: dict[str, dict[str, Any]] = {
    "instanceCount": {"instanceCount": 4},
    "scaling": {"scaling": {"policies": [QUEUE, {"name": "rest", "type": "fixed", "slots": 1}]}},
    "elastic": {
        "elastic": {
            "minSlots": 1,
            "maxSlots": 8,
            "minIdleSlots": 2,
            "minIdleTime": "10m",
            "resizePeriod": "10m",
            "resizeFactor": 0.5,
        }
    },
}
INSTEAD: dict[str, dict[str, Any]] = {
    "requirements": {"requirements": {"cpu": 4, "memory": "1GiB", "gpu": False, "ssd": False}},
    "resourceBuckets": {"resourceBuckets": ["assets"]},
}
REPLACES = {"requirements": "hardwareConstraints", "resourceBuckets": "advancedResourceBuckets"}
SETTABLE = [row for row in POOL_FIELDS if row.set_by is not SetBy.VENDOR]
OTHERS = {
    "start": "09:00",
    "end": "20:00",
    "memory": "2GiB",
    "minIdleTime": "11m",
    "resizePeriod": "11m",
    "completionTimeToLive": "2h",
    "schedulingType": "flex",
    "days": ["sunday"],
    "type": "fixed",
}
"""Other values of fields whose words are not free."""
NAMES = {"name", "discriminator", "bucketName", "type"}
"""What tells elements apart: another name is another element."""
ALONE = {"privileges.exportApiAndStorageCredentialsInEnvironment"}
"""The only member of its object: it comes and goes with it."""


def base(root: str) -> dict[str, Any]:
    """A whole pool that has the field."""
    size = SIZES.get(root, SIZES["instanceCount"])
    spec = {**WHOLE, **size, **INSTEAD.get(root, {})}
    spec.pop(REPLACES.get(root, ""), None)
    return copy.deepcopy(spec)


def parent_of(spec: Any, row: Field) -> tuple[Any, str, str]:
    """The object that holds the row's field, the field's key, and how the place is spelled."""
    parts = split_path(row.path)
    text = ""
    for (key, list_key), (below, _) in pairwise(parts):
        spec, text = spec[key], f"{text}.{key}"
        if list_key is not None:
            spec = next(each for each in spec if below in each)
            text = f"{text}[{spec[list_key]}]"
    key = parts[-1][0]
    found = next(each for each in spec if each.startswith(key.removesuffix("*")) or each == key)
    return spec, found, f"{text}.{found}".removeprefix(".")


def changed(value: Any, key: str) -> Any:
    match value:
        case _ if key in OTHERS:
            return OTHERS[key]
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return value + "x"
        case {"secretRef": _}:
            return {"secretRef": {"env": "KEY2"}}
        case [str(), *_]:
            return [*value, "other"]
        case _:
            return None


def is_leaf(row: Field) -> bool:
    spec, key, _ = parent_of(base(row.path.partition(".")[0].partition("[")[0]), row)
    is_named = row.path in ALONE or row.path.rpartition(".")[2] in NAMES
    return changed(spec[key], key) is not None and not is_named


ROWS = [row for row in SETTABLE if not row.path.startswith("labels")]
LEAVES = [row for row in ROWS if is_leaf(row)]
WHOLES = [row for row in ROWS if not is_leaf(row)]


def root_of(row: Field) -> str:
    return row.path.partition(".")[0].partition("[")[0]


@pytest.mark.parametrize("row", LEAVES, ids=lambda row: row.path)
def test_a_change_of_one_field_is_that_change_and_no_other(row: Field) -> None:
    before, after = base(root_of(row)), base(root_of(row))
    parent, key, place = parent_of(after, row)
    parent[key] = changed(parent[key], key)
    found = difference(pool(before), pool(after))
    (change,) = found.changes
    assert change.path == place
    assert change.mutability is row.mutability
    assert change.is_secret is row.secret
    assert not change.is_drift


@pytest.mark.parametrize("row", WHOLES, ids=lambda row: row.path)
def test_a_change_of_a_part_is_told_below_its_row(row: Field) -> None:
    before, after = base(root_of(row)), base(root_of(row))
    parent, key, _ = parent_of(after, row)
    if row.path.rpartition(".")[2] in NAMES:
        parent[key] = OTHERS.get(key, parent[key] + "x")
    else:
        del parent[key]
    changes = difference(pool(before), pool(after)).changes
    assert changes
    roots = {each.path.partition(".")[0].partition("[")[0] for each in changes}
    assert roots <= {root_of(row), REPLACES.get(root_of(row))}
    assert {each.mutability for each in changes} == {row.mutability}


def test_every_row_a_person_may_set_is_tried() -> None:
    assert len(LEAVES) + len(WHOLES) + 2 == len(SETTABLE)
    assert len(LEAVES) > 40
