"""The Qarnot pool: a standing group of machines with slots for tasks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from reconciler import fields
from reconciler.fields import FieldTable, Mutability
from reconciler.kinds import Ability, Demand, KindSpec, Nature, Refusal, Spec
from reconciler.providers.qarnot.kinds import blocks
from reconciler.providers.qarnot.kinds.scaling import (
    Elastic,
    Scaling,
    fold_scaling,
    refuse_scaling,
)
from reconciler.providers.qarnot.kinds.work import (
    EITHER,
    Rows,
    WorkSpec,
    fold_work,
    instances_demand,
    refuse_work,
    spelled_work,
)
from reconciler.spec_model import SpecModel

MAX_CONSTANTS = 50
"""Source: Compute API v1.0 page, pool constants."""


class PreparationTask(SpecModel):
    """A command run on each node before any task."""

    command_line: blocks.Text


class MultiSlotsSettings(SpecModel):
    slots_per_node: blocks.PositiveCount


class PoolSpec(WorkSpec):
    """What a Qarnot pool is to be; exactly one of instanceCount, scaling and elastic sizes it."""

    display_name: blocks.Text | None = None
    profile: blocks.Text
    instance_count: blocks.PositiveCount | None = None
    scaling: Scaling | None = None
    elastic: Elastic | None = None
    preparation_task: PreparationTask | None = None
    task_default_wait_for_pool_resources_synchronization: bool | None = None
    default_retry_settings: blocks.RetrySettings | None = None
    multi_slots_settings: MultiSlotsSettings | None = None


_SCALING = "qarnot-sdk-csharp 7.0.1, scaling; Compute API v1.0 page"
_ELASTIC = "qarnot-sdk-csharp 7.0.1, elastic property"
_ROWS = Rows("pool", Mutability.REPLACE, ended="closed")
_user, _live, _vendor = _ROWS.user, _ROWS.live, _ROWS.vendor
_POLICY = "scaling.policies[name]"
_PERIOD = f"{_POLICY}.periods[name]"
_R_POLICY = "scaling.policies[]"
_R_PERIOD = f"{_R_POLICY}.enabledPeriods[]"

POOL_FIELDS = FieldTable(
    _user("displayName", "name", "The name people see at Qarnot.", **EITHER),
    _user("profile", "profile", "The software the machines run; the account lists its own."),
    _user("instanceCount", "instanceCount", "Static size.", unit="instances", **EITHER),
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
    *_ROWS.machines(),
    # --- what the work finds there
    *_ROWS.constants(_live, MAX_CONSTANTS),
    *_ROWS.rights(),
    *_ROWS.buckets(Mutability.REPLACE),
    _user("preparationTask", "preparationTask", "A command run on each node before any task.",
          default={}),
    _user("preparationTask.commandLine", "preparationTask.commandLine", "The command."),
    *_ROWS.privileges(),
    *_ROWS.retries("defaultRetrySettings", "Retries of the pool's tasks."),
    *_ROWS.cache(),
    _user("taskDefaultWaitForPoolResourcesSynchronization",
          "taskDefaultWaitForPoolResourcesSynchronization",
          "Whether tasks wait until the pool's files are in place.", default=False),
    # --- how it is scheduled and kept
    *_ROWS.scheduling(),
    _user("multiSlotsSettings", "multiSlotsSettings", "How many slots a node has.", default={},
          source=_ROWS.sdk),
    _user("multiSlotsSettings.slotsPerNode", "multiSlotsSettings.slotsPerNode", "Per node.",
          unit="slots", source=_ROWS.sdk),
    *_ROWS.retention(),
    _ROWS.project(),
    _live("tags", "tags", "Free words to find it by, at most 10.", default=[],
          compare=fields.UNORDERED),
    *_ROWS.labels(),
    # --- for accounts with special permissions
    *_ROWS.special(Mutability.REPLACE),
    # --- the vendor's own
    *_ROWS.identity("workspace, address and ordinal",
                    "Submitted … FullyExecuting, Closing, Closed, Failure."),
    *_ROWS.running(),
    _vendor("queuedOrRunningTaskInstancesCount", "Instances of tasks on it.", "instances"),
    *_ROWS.times(),
    _vendor("totalSlotCapacity", "Slots it may have.", "slots"),
    _vendor("poolUsage", "Dispatched instances by capacity."),
    *_ROWS.reports(),
)  # fmt: skip


def fold(spec: Spec) -> dict[str, Any]:
    """The spec in the vendor's own fields: requirements, bucket names and periods written out."""
    folded = fold_work(spec)
    fold_scaling(folded)
    return folded


def refuse(spec: Spec) -> Iterator[Refusal]:
    """What Qarnot would refuse, or what could never work, with the field it stands in."""
    yield from _refuse_size(spec)
    yield from refuse_scaling(spec)
    yield from refuse_work(spec, most_constants=MAX_CONSTANTS)


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
    return (Demand("pools", 1), *instances_demand(spec, max(sizes)))


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
    spelled=spelled_work,
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
