"""The fields of pools that filters and orders may name.

Source: SDK csharp 7.0, filterable fields of pools.
"""

from collections.abc import Mapping

from reconciler.sandbox.qarnot.filters import FieldType, FilterField
from reconciler.sandbox.qarnot.listing import ListedKind
from reconciler.sandbox.qarnot.pool import Pool
from reconciler.sandbox.qarnot.pool_output import (
    instance_count,
    pool_json,
    pool_summary_json,
    pool_usage,
    total_slots,
)
from reconciler.sandbox.qarnot.work_filters import of, run_fields, run_orders, stored
from reconciler.sandbox.qarnot.world import World


def _elastic(kind: FieldType, name: str) -> FilterField[Pool]:
    return FilterField(kind, lambda pool: pool.fields["elasticProperty"][name])


_NUMBER = FieldType.NUMBER
_OWN: Mapping[str, FilterField[Pool]] = {
    "Profile": stored(FieldType.TEXT, "profile"),
    "DefaultRetrySettings": stored(FieldType.JSON, "defaultRetrySettings"),
    "totalSlotCapacity": of(_NUMBER, total_slots),
    "poolUsage": of(_NUMBER, pool_usage),
    "queuedOrRunningTaskInstancesCount": of(_NUMBER, lambda pool: pool.demand),
    "ElasticProperty.IsElastic": _elastic(FieldType.BOOLEAN, "isElastic"),
    "ElasticProperty.MinTotalSlots": _elastic(_NUMBER, "minTotalSlots"),
    "ElasticProperty.MaxTotalSlots": _elastic(_NUMBER, "maxTotalSlots"),
    "ElasticProperty.MinIdleSlots": _elastic(_NUMBER, "minIdleSlots"),
    "ElasticProperty.ResizePeriod": _elastic(_NUMBER, "resizePeriod"),
    "ElasticProperty.RampResizeFactor": _elastic(_NUMBER, "rampResizeFactor"),
    "ElasticProperty.MinIdleTimeSeconds": _elastic(_NUMBER, "minIdleTimeSeconds"),
    "PreparationTask.CommandLine": of(
        FieldType.TEXT, lambda pool: (pool.fields["preparationTask"] or {}).get("commandLine")
    ),
}


def pool_kind(world: World) -> ListedKind[Pool]:
    """Pools as the list routes see them."""
    switches = world.switches
    fields: Mapping[str, FilterField[Pool]] = {
        **run_fields(world.clock.now_s),
        **_OWN,
        "InstanceCount": of(_NUMBER, lambda pool: instance_count(pool, switches)),
    }
    return ListedKind(
        fields,
        run_orders(),
        render=lambda pool, at_s: pool_json(pool, switches, at_s),
        render_summary=lambda pool, at_s: pool_summary_json(pool, switches, at_s),
    )
