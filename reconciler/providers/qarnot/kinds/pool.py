"""The Qarnot pool: a standing group of machines with slots for tasks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from reconciler import fields
from reconciler.fields import FieldTable, Mutability, SetBy
from reconciler.kinds import Ability, Demand, KindSpec, Nature, Refusal, Spec
from reconciler.providers.qarnot.kinds import blocks
from reconciler.providers.qarnot.kinds.hardware import (
    HardwareConstraint,
    fold_requirements,
    refuse_hardware,
    spelled_requirement,
)
from reconciler.providers.qarnot.kinds.scaling import (
    Elastic,
    Scaling,
    fold_scaling,
    refuse_scaling,
)
from reconciler.spec_model import Duration, SpecModel
from reconciler.values import Path

MAX_CONSTANTS = 50
"""Source: Compute API v1.0 page, pool constants."""


class PreparationTask(SpecModel):
    """A command run on each node before any task."""

    command_line: blocks.Text


class MultiSlotsSettings(SpecModel):
    slots_per_node: blocks.PositiveCount


class PoolSpec(SpecModel):
    """What a Qarnot pool is to be; exactly one of instanceCount, scaling and elastic sizes it."""

    display_name: blocks.Text | None = None
    profile: blocks.Text
    instance_count: blocks.PositiveCount | None = None
    scaling: Scaling | None = None
    elastic: Elastic | None = None
    requirements: blocks.Requirements | None = None
    hardware_constraints: list[HardwareConstraint] | None = None
    constants: dict[blocks.ConstantKey, blocks.ConstantValue] | None = None
    tags: blocks.Tags | None = None
    secrets_access_rights: blocks.SecretsAccessRights | None = None
    resource_buckets: Annotated[list[blocks.Text] | None, Field(max_length=100)] = None
    advanced_resource_buckets: Annotated[
        list[blocks.AdvancedBucket] | None, Field(max_length=100)
    ] = None
    preparation_task: PreparationTask | None = None
    auto_delete_on_completion: bool | None = None
    completion_time_to_live: Duration | None = None
    task_default_wait_for_pool_resources_synchronization: bool | None = None
    scheduling_type: blocks.SchedulingWord | None = None
    targeted_reserved_machine_key: blocks.Text | None = None
    targeted_reservation_name: blocks.Text | None = None
    default_resources_cache_ttl_sec: Annotated[
        blocks.Count | None, Field(alias="defaultResourcesCacheTTLSec")
    ] = None
    privileges: blocks.Privileges | None = None
    default_retry_settings: blocks.RetrySettings | None = None
    max_time_queue_seconds: blocks.PositiveCount | None = None
    multi_slots_settings: MultiSlotsSettings | None = None
    project_uuid: blocks.Uuid | None = None
    priority: int | None = None
    constraints: (
        dict[blocks.ConstantKey, Annotated[str, StringConstraints(max_length=2048)]] | None
    ) = None
    forced_constants: list[blocks.ForcedConstant] | None = None
    forced_network_rules: list[blocks.ForcedNetworkRule] | None = None


_PAGE = "Compute API v1.0 page, create pool"
_UPDATE = "Compute API v1.0 page, update pool"
_SCALING = "qarnot-sdk-csharp 7.0.1, scaling; Compute API v1.0 page"
_ELASTIC = "qarnot-sdk-csharp 7.0.1, elastic property"
_SDK = "qarnot-sdk-python 2.23, create pool"
_SERVER = "Compute API v1.0 page, pool"


def _user(path: str, remote: str, doc: str, **columns: Any) -> fields.Field:
    columns = {"mutability": Mutability.REPLACE, "source": _PAGE, **columns}
    return fields.Field(path, remote, doc=doc, **columns)


def _live(path: str, remote: str, doc: str, **columns: Any) -> fields.Field:
    columns = {"mutability": Mutability.IN_PLACE, "source": _UPDATE, **columns}
    return fields.Field(path, remote, doc=doc, **columns)


def _vendor(path: str, doc: str, unit: str = "") -> fields.Field:
    return fields.Field(
        path,
        path,
        Mutability.FIXED,
        SetBy.VENDOR,
        unit=unit,
        doc=doc,
        source=_SERVER,
    )


_EITHER = {"set_by": SetBy.EITHER}
_CONSTRAINT = "hardwareConstraints[discriminator]"
_BUCKET = "advancedResourceBuckets[bucketName]"
_POLICY = "scaling.policies[name]"
_PERIOD = f"{_POLICY}.periods[name]"
_R_POLICY = "scaling.policies[]"
_R_PERIOD = f"{_R_POLICY}.enabledPeriods[]"

POOL_FIELDS = FieldTable(
    _user("displayName", "name", "The name people see at Qarnot.", **_EITHER),
    _user("profile", "profile", "The software the machines run; the account lists its own."),
    _user("instanceCount", "instanceCount", "Static size.", unit="instances", **_EITHER),
    # --- size that moves
    _live("scaling", "scaling", "Policies that decide how many slots stand ready.",
          default={}, source=_SCALING),
    _live("scaling.policies", "scaling.policies", "In order: the first policy that is on holds.",
          default=[], source=_SCALING),
    _live(f"{_POLICY}.type", f"{_R_POLICY}.type",
          "fixed (remote Fixed) or queue (remote ManagedTasksQueue).", source=_SCALING),
    _live(f"{_POLICY}.name", f"{_R_POLICY}.name", "Unique in the pool.", source=_SCALING),
    _live(f"{_POLICY}.slots", f"{_R_POLICY}.slotsCount", "Slots always provisioned (fixed).",
          unit="slots", source=_SCALING),
    _live(f"{_POLICY}.minSlots", f"{_R_POLICY}.minTotalSlots",
          "Slots provisioned even with an empty queue (queue); 0 when left out.",
          unit="slots", source=_SCALING),
    _live(f"{_POLICY}.maxSlots", f"{_R_POLICY}.maxTotalSlots", "Ceiling (queue).",
          unit="slots", source=_SCALING),
    _live(f"{_POLICY}.minIdleSlots", f"{_R_POLICY}.minIdleSlots",
          "Slots kept provisioned and idle (queue); 0 when left out.", unit="slots",
          source=_SCALING),
    _live(f"{_POLICY}.minIdleTime", f"{_R_POLICY}.minIdleTimeSeconds",
          "How long a slot is idle before it may go (queue); 90s when left out.",
          unit="s", compare=fields.DURATION, source=_SCALING),
    _live(f"{_POLICY}.factor", f"{_R_POLICY}.scalingFactor",
          "Share of maxSlots that may be added at once (queue), 0 to 1; 0.2 when left out.",
          source=_SCALING),
    _live(f"{_POLICY}.periods", f"{_R_POLICY}.enabledPeriods",
          "When the policy is on; always, when left out.", source=_SCALING),
    _live(f"{_PERIOD}.name", f"{_R_PERIOD}.name",
          "Made from the policy's name and a number when left out.", source=_SCALING),
    _live(f"{_PERIOD}.days", f"{_R_PERIOD}.days", "Days of the week.",
          compare=fields.CASELESS_SET, source=_SCALING),
    _live(f"{_PERIOD}.start", f"{_R_PERIOD}.startTimeUtc", "Start, UTC.",
          compare=fields.CLOCK, source=_SCALING),
    _live(f"{_PERIOD}.end", f"{_R_PERIOD}.endTimeUtc",
          "End, UTC; before the start means the next day and is split in two.",
          compare=fields.CLOCK, source=_SCALING),
    _live("elastic", "elasticProperty", "Older slot settings; `scaling` is preferred.",
          default={}, source=_ELASTIC),
    _live("elastic.minSlots", "elasticProperty.minTotalSlots", "Lower bound.", default=0,
          unit="slots", source=_ELASTIC),
    _live("elastic.maxSlots", "elasticProperty.maxTotalSlots", "Upper bound.", unit="slots",
          source=_ELASTIC),
    _live("elastic.minIdleSlots", "elasticProperty.minIdleSlots", "Slots kept idle and ready.",
          default=0, unit="slots", source=_ELASTIC),
    _live("elastic.minIdleTime", "elasticProperty.minIdleTimeSeconds",
          "How long a slot is idle before it may close.", default=90, unit="s",
          compare=fields.DURATION, source=_ELASTIC),
    _live("elastic.resizePeriod", "elasticProperty.resizePeriod",
          "Time between two resizes, at least 90s.", default=90, unit="s",
          compare=fields.DURATION, source=_ELASTIC),
    _live("elastic.resizeFactor", "elasticProperty.rampResizeFactor", "Growth speed, 0 to 1.",
          default=0.4, source=_ELASTIC),
    # --- machines
    _user("requirements", "hardwareConstraints", "The shared words for what a machine must have."),
    _user("requirements.cpu", "hardwareConstraints[MinimumCoreHardwareConstraint].coreCount",
          "At least so many.", unit="cores"),
    _user("requirements.memory",
          "hardwareConstraints[MinimumRamHardwareConstraint].minimumMemoryMB", "At least so much.",
          unit="MiB", compare=fields.MEMORY),
    _user("requirements.gpu", "hardwareConstraints[GpuHardwareConstraint]",
          "true: a machine with a GPU."),
    _user("requirements.ssd", "hardwareConstraints[SSDHardwareConstraint]",
          "true: a machine with an SSD."),
    _user("hardwareConstraints", "hardwareConstraints", "The vendor's own list, each kind once.",
          default=[], compare=fields.UNORDERED),
    _user(f"{_CONSTRAINT}.discriminator", "hardwareConstraints[].discriminator",
          "Which of the twelve constraints."),
    _user(f"{_CONSTRAINT}.coreCount", "hardwareConstraints[].coreCount",
          "For MinimumCore and MaximumCore.", unit="cores"),
    _user(f"{_CONSTRAINT}.minimumMemoryMB", "hardwareConstraints[].minimumMemoryMB",
          "For MinimumRam.", unit="MB"),
    _user(f"{_CONSTRAINT}.maximumMemoryMB", "hardwareConstraints[].maximumMemoryMB",
          "For MaximumRam.", unit="MB"),
    _user(f"{_CONSTRAINT}.minimumMemoryGBCoreRatio",
          "hardwareConstraints[].minimumMemoryGBCoreRatio", "For MinimumRamCoreRatio.",
          unit="GB per core"),
    _user(f"{_CONSTRAINT}.maximumMemoryGBCoreRatio",
          "hardwareConstraints[].maximumMemoryGBCoreRatio", "For MaximumRamCoreRatio.",
          unit="GB per core"),
    _user(f"{_CONSTRAINT}.specificationKey", "hardwareConstraints[].specificationKey",
          "For SpecificHardware; the account's hardware catalogue lists the keys."),
    _user(f"{_CONSTRAINT}.cpuModel", "hardwareConstraints[].cpuModel", "For CpuModel."),
    # --- what the work finds there
    _live("constants", "constants", "Constants of the profile and of the work, at most 50.",
          default={}),
    _live("constants.*", "constants[].value", "A text; a whole number is sent as text.",
          compare=fields.TEXT),
    _live("constants.QARNOT_SECRET__*", "constants[].value", "A secret, written as secretRef.",
          secret=True),
    _user("secretsAccessRights", "secretsAccessRights",
          "Secrets of the vendor's secret manager that the work may read.", default={},
          compare=fields.SPARSE),
    _user("secretsAccessRights.bySecret", "secretsAccessRights.bySecret[].key", "By name.",
          compare=fields.UNORDERED),
    _user("secretsAccessRights.byPrefix", "secretsAccessRights.byPrefix[].prefix", "By prefix.",
          compare=fields.UNORDERED),
    _user("resourceBuckets", "advancedResourceBuckets",
          "Buckets copied whole to the machines; sent in the advanced form."),
    _user("advancedResourceBuckets", "advancedResourceBuckets",
          "Buckets with a choice of files; not together with resourceBuckets.", default=[],
          compare=fields.UNORDERED),
    _user(f"{_BUCKET}.bucketName", "advancedResourceBuckets[].bucketName", "An existing bucket."),
    _user(f"{_BUCKET}.filtering", "advancedResourceBuckets[].filtering", "Which files.",
          default={}, compare=fields.SPARSE),
    _user(f"{_BUCKET}.filtering.prefixFiltering",
          "advancedResourceBuckets[].filtering.prefixFiltering", "Files under a prefix.",
          compare=fields.SPARSE),
    _user(f"{_BUCKET}.filtering.prefixFiltering.prefix",
          "advancedResourceBuckets[].filtering.prefixFiltering.prefix", "The prefix."),
    _user(f"{_BUCKET}.resourcesTransformation",
          "advancedResourceBuckets[].resourcesTransformation", "Where the files appear.",
          default={}, compare=fields.SPARSE),
    _user(f"{_BUCKET}.resourcesTransformation.stripPrefix",
          "advancedResourceBuckets[].resourcesTransformation.stripPrefix",
          "Take a prefix off the paths the work sees.", compare=fields.SPARSE),
    _user(f"{_BUCKET}.resourcesTransformation.stripPrefix.prefix",
          "advancedResourceBuckets[].resourcesTransformation.stripPrefix.prefix", "The prefix."),
    _user(f"{_BUCKET}.cacheTTLSec", "advancedResourceBuckets[].cacheTTLSec",
          "How long the files stay cached; the pool's default when left out.", unit="s"),
    _user("preparationTask", "preparationTask", "A command run on each node before any task.",
          default={}),
    _user("preparationTask.commandLine", "preparationTask.commandLine", "The command."),
    _user("privileges", "privileges", "Rights of the work.", default={}, compare=fields.SPARSE),
    _user("privileges.exportApiAndStorageCredentialsInEnvironment",
          "privileges.exportApiAndStorageCredentialsInEnvironment",
          "Whether the work finds the account's credentials in its environment."),
    _user("defaultRetrySettings", "defaultRetrySettings", "Retries of the pool's tasks.",
          default={}, compare=fields.SPARSE),
    _user("defaultRetrySettings.maxTotalRetries", "defaultRetrySettings.maxTotalRetries",
          "For a whole task; none when 0 or left out."),
    _user("defaultRetrySettings.maxPerInstanceRetries",
          "defaultRetrySettings.maxPerInstanceRetries", "For one instance; none when 0."),
    _user("defaultResourcesCacheTTLSec", "defaultResourcesCacheTTLSec",
          "How long files of buckets stay cached.", default=7776000, unit="s"),
    _user("taskDefaultWaitForPoolResourcesSynchronization",
          "taskDefaultWaitForPoolResourcesSynchronization",
          "Whether tasks wait until the pool's files are in place.", default=False),
    # --- how it is scheduled and kept
    _user("schedulingType", "schedulingType",
          "flex, onDemand or reserved; the account's default when left out.",
          compare=fields.CASELESS, **_EITHER),
    _user("targetedReservedMachineKey", "targetedReservedMachineKey",
          "A reserved machine type, with schedulingType reserved.", default=""),
    _user("targetedReservationName", "targetedReservationName",
          "A reservation, with schedulingType reserved.", default="", source=_SDK),
    _user("maxTimeQueueSeconds", "maxTimeQueueSeconds",
          "Queued longer than this without machines, the pool ends in error.", default=0, unit="s",
          source=_SDK),
    _user("multiSlotsSettings", "multiSlotsSettings", "How many slots a node has.", default={},
          source=_SDK),
    _user("multiSlotsSettings.slotsPerNode", "multiSlotsSettings.slotsPerNode", "Per node.",
          unit="slots", source=_SDK),
    _user("autoDeleteOnCompletion", "autoDeleteOnCompletion",
          "Once closed, Qarnot may delete it when room in the pool quota is needed.",
          default=False),
    _user("completionTimeToLive", "completionTimeToLive",
          "Deleted so long after it closed; never when left out.", default=0, unit="s",
          compare=fields.DURATION),
    _user("projectUuid", "projectUuid", "The project it is billed to.", source=_SDK, **_EITHER),
    _live("tags", "tags", "Free words to find it by, at most 10.", default=[],
          compare=fields.UNORDERED),
    fields.Field("labels", "labels", Mutability.AT_NEXT_CREATE, default={},
                 doc="metadata.labels: written at creation, Qarnot can't change them later.",
                 source=_PAGE),
    fields.Field(
        "labels.*",
        "labels",
        Mutability.AT_NEXT_CREATE,
        doc="A word of your own and its value.",
        source=_PAGE,
    ),
    # --- for accounts with special permissions
    _user("priority", "priority", "Needs an administrator's permission.", **_EITHER),
    _live("constraints", "constraints", "Needs an administrator's permission.", default={}),
    _user("forcedConstants", "forcedConstants", "Needs a special permission.", default=[],
          compare=blocks.FORCED_CONSTANTS, source=_SDK),
    _user("forcedNetworkRules", "forcedNetworkRules", "Needs a special permission.", default=[],
          compare=blocks.FORCED_RULES, source=_SDK),
    # --- the vendor's own
    _vendor("uuid", "The remote id."),
    _vendor("shortname", "The unique handle; we make it from workspace, address and ordinal."),
    _vendor("state", "Submitted … FullyExecuting, Closing, Closed, Failure."),
    _vendor("previousState", "The state before."),
    _vendor("stateTransitionTime", "When the state was entered."),
    _vendor("previousStateTransitionTime", "When the state before was entered."),
    _vendor("creationDate", "When it was made."),
    _vendor("lastModified", "When it last changed."),
    _vendor("endDate", "When it came to its end."),
    _vendor("runningInstanceCount", "Instances running now.", "instances"),
    _vendor("runningCoreCount", "Cores running now.", "cores"),
    _vendor("queuedOrRunningTaskInstancesCount", "Instances of tasks on it.", "instances"),
    _vendor("executionTime", "Time spent executing."),
    _vendor("wallTime", "Time since it started."),
    _vendor("totalSlotCapacity", "Slots it may have.", "slots"),
    _vendor("poolUsage", "Dispatched instances by capacity."),
    _vendor("errors", "What went wrong at the vendor."),
    _vendor("status", "Progress and machines."),
)  # fmt: skip


def fold(spec: Spec) -> dict[str, Any]:
    """The spec in the vendor's own fields: requirements, bucket names and periods written out."""
    folded = {key: value for key, value in spec.items() if value is not None}
    fold_requirements(folded)
    blocks.fold_buckets(folded)
    fold_scaling(folded)
    return folded


def spelled(spec: Spec, path: Path) -> Path:
    """Where in the manifest's `spec` a folded path was written."""
    match path:
        case ("hardwareConstraints", str() as discriminator, *_):
            return spelled_requirement(spec, discriminator) or path
        case ("hardwareConstraints",) if "hardwareConstraints" not in spec:
            return ("requirements",) if spec.get("requirements") else path
        case ("advancedResourceBuckets", *_) if spec.get("resourceBuckets"):
            return ("resourceBuckets",)
        case _:
            return path


def refuse(spec: Spec) -> Iterator[Refusal]:
    """What Qarnot would refuse, or what could never work, with the field it stands in."""
    yield from _refuse_size(spec)
    yield from refuse_scaling(spec)
    yield from refuse_hardware(spec)
    yield from blocks.refuse_constants(spec, limit=MAX_CONSTANTS)
    yield from blocks.refuse_buckets(spec)
    yield from blocks.refuse_scheduling(spec)


def _refuse_size(spec: Spec) -> Iterator[Refusal]:
    sizes = [key for key in ("instanceCount", "scaling", "elastic") if spec.get(key)]
    if not sizes:
        yield Refusal(
            code="M531",
            path=(),
            summary="the pool has no size",
            cause="a pool is sized by exactly one of instanceCount, scaling and elastic",
            remedy="add instanceCount: 4, or scaling with policies",
        )
    for extra in sizes[1:]:
        yield Refusal(
            code="M532",
            path=(extra,),
            summary=f"{sizes[0]} and {extra} exclude each other",
            cause="a pool is sized by exactly one of instanceCount, scaling and elastic",
            remedy=f"remove one of them; without {sizes[0]} the pool can be resized in place"
            if sizes[0] == "instanceCount"
            else "remove one of them",
        )


def demands(spec: Spec) -> tuple[Demand, ...]:
    """One pool of the account's pools, and its largest size of the running instances."""
    policies = (spec.get("scaling") or {}).get("policies") or ()
    sizes = [
        spec.get("instanceCount") or 0,
        (spec.get("elastic") or {}).get("maxSlots", 0),
        *(policy.get("slots") or policy.get("maxSlots") or 0 for policy in policies),
    ]
    quota = "onDemand instances" if spec.get("schedulingType") == "onDemand" else "flex instances"
    if spec.get("schedulingType") == "reserved":
        return (Demand("pools", 1),)
    return (Demand("pools", 1), Demand(quota, max(sizes), is_hard=False))


def _model() -> type[BaseModel]:
    return PoolSpec


POOL = KindSpec(
    vendor="qarnot",
    kind="Pool",
    nature=Nature.STANDING,
    model=_model,
    table=POOL_FIELDS,
    abilities=frozenset(
        {Ability.MARKER, Ability.UNIQUE_ID, Ability.UPDATE, Ability.STOP, Ability.DELETE}
    ),
    doc="A standing group of machines with slots for tasks.",
    fold=fold,
    spelled=spelled,
    refuse=refuse,
    demands=demands,
    catalogues=(("profile", "profiles"),),
    on_remove=("delete", "terminate", "forget"),
    default_on_remove="delete",
    examples=(
        {
            "profile": "docker-batch",
            "requirements": {"cpu": 16, "memory": "64GiB", "ssd": True},
            "scaling": {"policies": [{"name": "queue", "type": "queue", "maxSlots": 64}]},
        },
    ),
)
