"""The Qarnot pool in the contract suite: two declarations for each row a person may write."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.providers.qarnot.kinds.pool import POOL
from reconciler.values import Json
from tests.contract.suite.cases import Case, Trial

CANARIES = {
    "env:FARM_KEY": "canary-5b0e7d1f-first",
    "env:OTHER_KEY": "canary-9c44a2e8-other",
}
_UUIDS = ("11111111-2222-4333-8444-555555555555", "66666666-7777-4888-8999-000000000000")

Fragment = Mapping[str, Json]


def _field(name: str, first: Json, then: Json) -> Trial:
    return Trial({name: first}, {name: then})


def _inner(name: str, first: Fragment, then: Fragment) -> Trial:
    return Trial({name: first}, {name: then})


def _policies(*policies: Fragment) -> Fragment:
    return {"instanceCount": None, "scaling": {"policies": list(policies)}}


def _queue(first: Fragment, then: Fragment) -> Trial:
    base: Fragment = {"name": "q", "type": "queue", "maxSlots": 8}
    return Trial(_policies({**base, **first}), _policies({**base, **then}))


def _period(first: Fragment, then: Fragment) -> Trial:
    base = {"name": "day", "days": ["monday"], "start": "08:00", "end": "18:00"}
    return _queue({"periods": [{**base, **first}]}, {"periods": [{**base, **then}]})


def _elastic(first: Fragment, then: Fragment) -> Trial:
    one, other = ({"maxSlots": 8, **each} for each in (first, then))
    return Trial({"instanceCount": None, "elastic": one}, {"instanceCount": None, "elastic": other})


def _constraint(kind: str, key: str, first: Json, then: Json) -> Trial:
    name = f"{kind}HardwareConstraint"
    one, other = ([{"discriminator": name, key: each}] for each in (first, then))
    return _field("hardwareConstraints", one, other)


def _bucket(first: Fragment, then: Fragment) -> Trial:
    one, other = ([{"bucketName": "assets", **each}] for each in (first, then))
    return _field("advancedResourceBuckets", one, other)


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


_CONSTRAINT = "hardwareConstraints[discriminator]"
_BUCKET = "advancedResourceBuckets[bucketName]"
_POLICY = "scaling.policies[name]"
_PERIOD = f"{_POLICY}.periods[name]"
_FIXED: Fragment = {"name": "f", "type": "fixed", "slots": 3}
_QUEUE: Fragment = {"name": "q", "type": "queue", "maxSlots": 8}
_OFFICE: Fragment = {**_FIXED, "periods": [{"days": ["monday"], "start": "08:00", "end": "18:00"}]}
_RULE: Fragment = {"inbound": True, "proto": "tcp", "port": "80"}

TRIALS: Mapping[str, Trial] = {
    "displayName": _field("displayName", "One", "Two"),
    "profile": _field("profile", "docker-batch", "docker-network"),
    "instanceCount": _field("instanceCount", 3, 4),
    "scaling": Trial(_policies(_QUEUE), _policies(_FIXED)),
    "scaling.policies": Trial(_policies(_QUEUE), _policies(_OFFICE, _QUEUE)),
    f"{_POLICY}.type": Trial(
        _policies({**_QUEUE, "name": "p"}), _policies({**_FIXED, "name": "p"})
    ),
    f"{_POLICY}.name": Trial(_policies(_FIXED), _policies({**_FIXED, "name": "g"})),
    f"{_POLICY}.slots": Trial(_policies(_FIXED), _policies({**_FIXED, "slots": 5})),
    f"{_POLICY}.minSlots": _queue({"minSlots": 1}, {"minSlots": 2}),
    f"{_POLICY}.maxSlots": _queue({"maxSlots": 8}, {"maxSlots": 9}),
    f"{_POLICY}.minIdleSlots": _queue({"minIdleSlots": 1}, {"minIdleSlots": 3}),
    f"{_POLICY}.minIdleTime": _queue({"minIdleTime": "90s"}, {"minIdleTime": "2m"}),
    f"{_POLICY}.factor": _queue({"factor": 0.2}, {"factor": 0.75}),
    f"{_POLICY}.periods": _queue(
        {},
        {"periods": [{"days": ["friday", "saturday"], "start": "22:00", "end": "06:00"}]},
    ),
    f"{_PERIOD}.name": _period({"name": "early"}, {"name": "late"}),
    f"{_PERIOD}.days": _period({"days": ["monday"]}, {"days": ["tuesday", "friday"]}),
    f"{_PERIOD}.start": _period({"start": "08:00"}, {"start": "08:30:15"}),
    f"{_PERIOD}.end": _period({"end": "18:00"}, {"end": "23:59:59"}),
    "elastic": _elastic({}, {"maxSlots": 4, "minSlots": 1}),
    "elastic.minSlots": _elastic({"minSlots": 1}, {"minSlots": 2}),
    "elastic.maxSlots": _elastic({"maxSlots": 8}, {"maxSlots": 9}),
    "elastic.minIdleSlots": _elastic({"minIdleSlots": 1}, {"minIdleSlots": 2}),
    "elastic.minIdleTime": _elastic({"minIdleTime": "100s"}, {"minIdleTime": "5m"}),
    "elastic.resizePeriod": _elastic({"resizePeriod": "2m"}, {"resizePeriod": "3m"}),
    "elastic.resizeFactor": _elastic({"resizeFactor": 0.5}, {"resizeFactor": 1}),
    "requirements": _inner("requirements", {"cpu": 8}, {"cpu": 8, "gpu": True}),
    "requirements.cpu": _inner("requirements", {"cpu": 8}, {"cpu": 16}),
    "requirements.memory": _inner("requirements", {"memory": "32GiB"}, {"memory": "33792MB"}),
    "requirements.gpu": _inner("requirements", {"gpu": False}, {"gpu": True}),
    "requirements.ssd": _inner("requirements", {"ssd": False}, {"ssd": True}),
    "hardwareConstraints": _field(
        "hardwareConstraints",
        [
            {"discriminator": "SSDHardwareConstraint"},
            {"discriminator": "MaximumCoreHardwareConstraint", "coreCount": 48},
        ],
        [{"discriminator": "NoSSDHardwareConstraint"}],
    ),
    f"{_CONSTRAINT}.discriminator": _field(
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
    "constants": _inner("constants", {"A": "1"}, {"B": "2"}),
    "constants.*": _inner("constants", {"A": "1", "N": 5}, {"A": "2", "N": 5}),
    "constants.QARNOT_SECRET__*": _field("constants", _secret("FARM_KEY"), _secret("OTHER_KEY")),
    "secretsAccessRights": _inner("secretsAccessRights", {"bySecret": ["a"]}, {"byPrefix": ["b/"]}),
    "secretsAccessRights.bySecret": _inner(
        "secretsAccessRights", {"bySecret": ["b", "a"]}, {"bySecret": ["a", "c"]}
    ),
    "secretsAccessRights.byPrefix": _inner(
        "secretsAccessRights", {"byPrefix": ["b/", "a/"]}, {"byPrefix": ["a/", "c/"]}
    ),
    "resourceBuckets": _field("resourceBuckets", ["textures", "assets"], ["textures", "scenes"]),
    "advancedResourceBuckets": _field(
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
    "preparationTask": _inner("preparationTask", {"commandLine": "true"}, {"commandLine": "false"}),
    "preparationTask.commandLine": _inner(
        "preparationTask", {"commandLine": "a"}, {"commandLine": "b"}
    ),
    "privileges": _inner("privileges", {}, {"exportApiAndStorageCredentialsInEnvironment": True}),
    "privileges.exportApiAndStorageCredentialsInEnvironment": _inner(
        "privileges",
        {"exportApiAndStorageCredentialsInEnvironment": False},
        {"exportApiAndStorageCredentialsInEnvironment": True},
    ),
    "defaultRetrySettings": _inner(
        "defaultRetrySettings", {"maxTotalRetries": 3}, {"maxPerInstanceRetries": 2}
    ),
    "defaultRetrySettings.maxTotalRetries": _inner(
        "defaultRetrySettings", {"maxTotalRetries": 3}, {"maxTotalRetries": 4}
    ),
    "defaultRetrySettings.maxPerInstanceRetries": _inner(
        "defaultRetrySettings", {"maxPerInstanceRetries": 1}, {"maxPerInstanceRetries": 2}
    ),
    "defaultResourcesCacheTTLSec": _field("defaultResourcesCacheTTLSec", 7776000, 3600),
    "taskDefaultWaitForPoolResourcesSynchronization": _field(
        "taskDefaultWaitForPoolResourcesSynchronization", False, True
    ),
    "schedulingType": _field("schedulingType", "flex", "onDemand"),
    "targetedReservedMachineKey": _reserved("targetedReservedMachineKey"),
    "targetedReservationName": _reserved("targetedReservationName"),
    "maxTimeQueueSeconds": _field("maxTimeQueueSeconds", 600, 1200),
    "multiSlotsSettings": _inner("multiSlotsSettings", {"slotsPerNode": 2}, {"slotsPerNode": 4}),
    "multiSlotsSettings.slotsPerNode": _inner(
        "multiSlotsSettings", {"slotsPerNode": 1}, {"slotsPerNode": 3}
    ),
    "autoDeleteOnCompletion": _field("autoDeleteOnCompletion", False, True),
    "completionTimeToLive": _field("completionTimeToLive", "90m", "2d12h"),
    "projectUuid": _field("projectUuid", _UUIDS[0], _UUIDS[1]),
    "tags": _field("tags", ["fx", "dune"], ["fx", "arrakis"]),
    "labels": Trial({}, {}, labels=({}, {"show": "dune"})),
    "labels.*": Trial({}, {}, labels=({"show": "dune"}, {"show": "arrakis"})),
    "priority": _field("priority", 3, 4),
    "constraints": _inner("constraints", {"zone": "a"}, {"zone": "b"}),
    "forcedConstants": _field(
        "forcedConstants",
        [{"constantName": "A", "forcedValue": "1", "access": "ReadOnly"}],
        [{"constantName": "A", "forcedValue": "2", "access": "ReadOnly"}],
    ),
    "forcedNetworkRules": _field("forcedNetworkRules", [_RULE], [{**_RULE, "port": "443"}]),
}

QARNOT_POOL = Case(
    kind=POOL,
    collection="pools",
    base={"profile": "docker-batch", "instanceCount": 2},
    trials=TRIALS,
    secrets=CANARIES,
    ours=frozenset({"shortname"}),
    settings={"switches": {"admin": "yes"}, "quotas": {"maxPool": None}},
    moving=frozenset({"lastModified", "slots"}),
    own=frozenset({"uuid", "shortname", "name", "labels"}),
)
