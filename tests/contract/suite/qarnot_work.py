"""What pools and tasks of Qarnot have in common in the suite: two declarations for each row."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.values import Json
from tests.contract.suite.cases import Trial

CANARIES = {
    "env:FARM_KEY": "canary-5b0e7d1f-first",
    "env:OTHER_KEY": "canary-9c44a2e8-other",
}
_UUIDS = ("11111111-2222-4333-8444-555555555555", "66666666-7777-4888-8999-000000000000")

Fragment = Mapping[str, Json]


def of_field(name: str, first: Json, then: Json) -> Trial:
    return Trial({name: first}, {name: then})


def of_block(name: str, first: Fragment, then: Fragment) -> Trial:
    return Trial({name: first}, {name: then})


def _constraint(kind: str, key: str, first: Json, then: Json) -> Trial:
    name = f"{kind}HardwareConstraint"
    one, other = ([{"discriminator": name, key: each}] for each in (first, then))
    return of_field("hardwareConstraints", one, other)


def _bucket(first: Fragment, then: Fragment) -> Trial:
    one, other = ([{"bucketName": "assets", **each}] for each in (first, then))
    return of_field("advancedResourceBuckets", one, other)


def _filter(first: str, then: str) -> Trial:
    one, other = ({"filtering": {"prefixFiltering": {"prefix": each}}} for each in (first, then))
    return _bucket(one, other)


def _strip(first: str, then: str) -> Trial:
    one, other = (
        {"resourcesTransformation": {"stripPrefix": {"prefix": each}}} for each in (first, then)
    )
    return _bucket(one, other)


def _reserved(name: str) -> Trial:
    kind = {"schedulingType": "reserved"}
    return Trial({**kind, name: "one"}, {**kind, name: "two"})


def _secret(name: str) -> Json:
    return {"QARNOT_SECRET__KEY": {"secretRef": {"env": name}}}


def a_pool(name: str) -> tuple[str, Json]:
    """Somebody else's creation of a pool."""
    body: Json = {"name": name, "shortname": name, "profile": "docker-batch", "instanceCount": 2}
    return ("/pools", body)


_CONSTRAINT = "hardwareConstraints[discriminator]"
_BUCKET = "advancedResourceBuckets[bucketName]"
_RULE: Fragment = {"inbound": True, "proto": "tcp", "port": "80"}

WORK_TRIALS: Mapping[str, Trial] = {
    "displayName": of_field("displayName", "One", "Two"),
    "profile": of_field("profile", "docker-batch", "docker-network"),
    "requirements": of_block("requirements", {"cpu": 8}, {"cpu": 8, "gpu": True}),
    "requirements.cpu": of_block("requirements", {"cpu": 8}, {"cpu": 16}),
    "requirements.memory": of_block("requirements", {"memory": "32GiB"}, {"memory": "33792MB"}),
    "requirements.gpu": of_block("requirements", {"gpu": False}, {"gpu": True}),
    "requirements.ssd": of_block("requirements", {"ssd": False}, {"ssd": True}),
    "hardwareConstraints": of_field(
        "hardwareConstraints",
        [
            {"discriminator": "SSDHardwareConstraint"},
            {"discriminator": "MaximumCoreHardwareConstraint", "coreCount": 48},
        ],
        [{"discriminator": "NoSSDHardwareConstraint"}],
    ),
    f"{_CONSTRAINT}.discriminator": of_field(
        "hardwareConstraints",
        [{"discriminator": "GpuHardwareConstraint"}],
        [{"discriminator": "NoGpuHardwareConstraint"}],
    ),
    f"{_CONSTRAINT}.coreCount": _constraint("MaximumCore", "coreCount", 32, 64),
    f"{_CONSTRAINT}.minimumMemoryMB": _constraint("MinimumRam", "minimumMemoryMB", 24000, 1000.5),
    f"{_CONSTRAINT}.maximumMemoryMB": _constraint("MaximumRam", "maximumMemoryMB", 96000.5, 96001),
    f"{_CONSTRAINT}.minimumMemoryGBCoreRatio": _constraint(
        "MinimumRamCoreRatio", "minimumMemoryGBCoreRatio", 1.5, 2
    ),
    f"{_CONSTRAINT}.maximumMemoryGBCoreRatio": _constraint(
        "MaximumRamCoreRatio", "maximumMemoryGBCoreRatio", 6, 8.25
    ),
    f"{_CONSTRAINT}.specificationKey": _constraint("Specific", "specificationKey", "24c", "32c"),
    f"{_CONSTRAINT}.cpuModel": _constraint("CpuModel", "cpuModel", "Demo 9000", "Demo 9001"),
    "constants": of_block("constants", {"A": "1"}, {"B": "2"}),
    "constants.*": of_block("constants", {"A": "1", "N": 5}, {"A": "2", "N": 5}),
    "constants.QARNOT_SECRET__*": of_field("constants", _secret("FARM_KEY"), _secret("OTHER_KEY")),
    "secretsAccessRights": of_block(
        "secretsAccessRights", {"bySecret": ["a"]}, {"byPrefix": ["b/"]}
    ),
    "secretsAccessRights.bySecret": of_block(
        "secretsAccessRights", {"bySecret": ["b", "a"]}, {"bySecret": ["a", "c"]}
    ),
    "secretsAccessRights.byPrefix": of_block(
        "secretsAccessRights", {"byPrefix": ["b/", "a/"]}, {"byPrefix": ["a/", "c/"]}
    ),
    "resourceBuckets": of_field("resourceBuckets", ["textures", "assets"], ["textures", "scenes"]),
    "advancedResourceBuckets": of_field(
        "advancedResourceBuckets",
        [{"bucketName": "textures"}, {"bucketName": "assets"}],
        [{"bucketName": "textures"}, {"bucketName": "scenes"}],
    ),
    f"{_BUCKET}.bucketName": _bucket({}, {"bucketName": "scenes"}),
    f"{_BUCKET}.filtering": _bucket({}, {"filtering": {"prefixFiltering": {"prefix": "a/"}}}),
    f"{_BUCKET}.filtering.prefixFiltering": _filter("a/", "b/"),
    f"{_BUCKET}.filtering.prefixFiltering.prefix": _filter("a/", "c/"),
    f"{_BUCKET}.resourcesTransformation": _bucket(
        {}, {"resourcesTransformation": {"stripPrefix": {"prefix": "a/"}}}
    ),
    f"{_BUCKET}.resourcesTransformation.stripPrefix": _strip("a/", "b/"),
    f"{_BUCKET}.resourcesTransformation.stripPrefix.prefix": _strip("a/", "c/"),
    f"{_BUCKET}.cacheTTLSec": _bucket({"cacheTTLSec": 60}, {"cacheTTLSec": 120}),
    "privileges": of_block("privileges", {}, {"exportApiAndStorageCredentialsInEnvironment": True}),
    "privileges.exportApiAndStorageCredentialsInEnvironment": of_block(
        "privileges",
        {"exportApiAndStorageCredentialsInEnvironment": False},
        {"exportApiAndStorageCredentialsInEnvironment": True},
    ),
    "defaultResourcesCacheTTLSec": of_field("defaultResourcesCacheTTLSec", 7776000, 3600),
    "schedulingType": of_field("schedulingType", "flex", "onDemand"),
    "targetedReservedMachineKey": _reserved("targetedReservedMachineKey"),
    "targetedReservationName": _reserved("targetedReservationName"),
    "maxTimeQueueSeconds": of_field("maxTimeQueueSeconds", 600, 1200),
    "autoDeleteOnCompletion": of_field("autoDeleteOnCompletion", False, True),
    "completionTimeToLive": of_field("completionTimeToLive", "90m", "2d12h"),
    "projectUuid": of_field("projectUuid", _UUIDS[0], _UUIDS[1]),
    "tags": of_field("tags", ["fx", "dune"], ["fx", "arrakis"]),
    "labels": Trial({}, {}, labels=({}, {"show": "dune"})),
    "labels.*": Trial({}, {}, labels=({"show": "dune"}, {"show": "arrakis"})),
    "priority": of_field("priority", 3, 4),
    "constraints": of_block("constraints", {"zone": "a"}, {"zone": "b"}),
    "forcedConstants": of_field(
        "forcedConstants",
        [{"constantName": "A", "forcedValue": "1", "access": "ReadOnly"}],
        [{"constantName": "A", "forcedValue": "2", "access": "ReadOnly"}],
    ),
    "forcedNetworkRules": of_field("forcedNetworkRules", [_RULE], [{**_RULE, "port": "443"}]),
}
