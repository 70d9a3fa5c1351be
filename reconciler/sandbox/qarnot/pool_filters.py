"""The fields of pools that filters and orders may name.

Source: SDK csharp 7.0, filterable fields of pools.
"""

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.sandbox.qarnot.filters import FieldType, FilterField
from reconciler.sandbox.qarnot.listing import CREATION_ORDER, ListedKind, Order
from reconciler.sandbox.qarnot.pool import Pool
from reconciler.sandbox.qarnot.pool_output import (
    instance_count,
    pool_json,
    pool_summary_json,
    total_slots,
)
from reconciler.sandbox.qarnot.world import World


def _stored(kind: FieldType, name: str) -> FilterField[Pool]:
    return FilterField(kind, lambda pool: pool.fields[name])


def _of(kind: FieldType, value: Callable[[Pool], Any]) -> FilterField[Pool]:
    return FilterField(kind, value)


def _elastic(kind: FieldType, name: str) -> FilterField[Pool]:
    return FilterField(kind, lambda pool: pool.fields["elasticProperty"][name])


_NUMBER, _DATE = FieldType.NUMBER, FieldType.DATE
_FIXED: Mapping[str, FilterField[Pool]] = {
    "Uuid": _of(FieldType.TEXT, lambda pool: pool.uuid),
    "Shortname": _of(FieldType.TEXT, lambda pool: pool.shortname),
    "Name": _stored(FieldType.TEXT, "name"),
    "Profile": _stored(FieldType.TEXT, "profile"),
    "State": _of(FieldType.WORD, lambda pool: pool.state),
    "PreviousState": _of(FieldType.WORD, lambda pool: pool.previous_state),
    "StateTransitionTime": _of(_DATE, lambda pool: pool.state_s),
    "PreviousStateTransitionTime": _of(_DATE, lambda pool: pool.previous_state_s),
    "LastModified": _of(_DATE, lambda pool: pool.modified_s),
    "CreationDate": _of(_DATE, lambda pool: pool.created_s),
    "EndDate": _of(_DATE, lambda pool: pool.ended_s),
    "RunningInstanceCount": _of(_NUMBER, lambda pool: pool.running),
    "RunningCoreCount": _of(_NUMBER, lambda pool: pool.running * pool.cores),
    "Tags": _stored(FieldType.LIST, "tags"),
    "HardwareConstraints": _stored(FieldType.JSON, "hardwareConstraints"),
    "DefaultResourcesCacheTTLSec": _stored(_NUMBER, "defaultResourcesCacheTTLSec"),
    "Privileges": _stored(FieldType.JSON, "privileges"),
    "DefaultRetrySettings": _stored(FieldType.JSON, "defaultRetrySettings"),
    "MaxTimeQueueSeconds": _stored(_NUMBER, "maxTimeQueueSeconds"),
    "totalSlotCapacity": _of(_NUMBER, total_slots),
    "poolUsage": _of(_NUMBER, lambda pool: pool.demand / (total_slots(pool) or 1)),
    "queuedOrRunningTaskInstancesCount": _of(_NUMBER, lambda pool: pool.demand),
    "ProjectUuid": _stored(FieldType.TEXT, "projectUuid"),
    "ElasticProperty.IsElastic": _elastic(FieldType.BOOLEAN, "isElastic"),
    "ElasticProperty.MinTotalSlots": _elastic(_NUMBER, "minTotalSlots"),
    "ElasticProperty.MaxTotalSlots": _elastic(_NUMBER, "maxTotalSlots"),
    "ElasticProperty.MinIdleSlots": _elastic(_NUMBER, "minIdleSlots"),
    "ElasticProperty.ResizePeriod": _elastic(_NUMBER, "resizePeriod"),
    "ElasticProperty.RampResizeFactor": _elastic(_NUMBER, "rampResizeFactor"),
    "ElasticProperty.MinIdleTimeSeconds": _elastic(_NUMBER, "minIdleTimeSeconds"),
    "PreparationTask.CommandLine": _of(
        FieldType.TEXT, lambda pool: (pool.fields["preparationTask"] or {}).get("commandLine")
    ),
}


def _wall_s(pool: Pool, now_s: float) -> float | None:
    if pool.first_ran_s is None:
        return None
    return max(0, int(now_s if pool.ended_s is None else pool.ended_s) - pool.first_ran_s)


def _execution_s(pool: Pool, now_s: float) -> float | None:
    return None if pool.first_ran_s is None else float(int(pool.executed_until(now_s)))


def pool_kind(world: World) -> ListedKind[Pool]:
    """Pools as the list routes see them."""
    now_s, switches = world.clock.now_s, world.switches
    fields = {
        **_FIXED,
        "InstanceCount": _of(_NUMBER, lambda pool: instance_count(pool, switches)),
        "ExecutionTime": _of(FieldType.SPAN, lambda pool: _execution_s(pool, now_s())),
        "WallTime": _of(FieldType.SPAN, lambda pool: _wall_s(pool, now_s())),
    }
    orders: Mapping[str, Order[Pool]] = {
        CREATION_ORDER: Order(lambda pool: pool.created_s, is_fixed=True),
        "name": Order(lambda pool: pool.name, is_fixed=True),
        "state": Order(lambda pool: pool.state, is_fixed=False),
        "executiontime": Order(lambda pool: pool.executed_s, is_fixed=False),
    }

    return ListedKind(
        fields,
        orders,
        render=lambda pool, at_s: pool_json(pool, switches, at_s),
        render_summary=lambda pool, at_s: pool_summary_json(pool, switches, at_s),
    )
