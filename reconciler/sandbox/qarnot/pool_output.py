"""How a pool reads on the wire.

Source: Qarnot Compute API v1.0 page; bodies recorded in SDK nodejs 1.18 and a Go client.
"""

from reconciler.sandbox.qarnot.pool import Pool
from reconciler.sandbox.qarnot.rendering import (
    END_SHOWN,
    SHOWN_WHEN_SET,
    STATE_SHOWN,
    WORK_SHOWN,
    Shown,
    field,
    kept_text,
    members,
    running_times,
    with_nulls,
)
from reconciler.sandbox.qarnot.status import status_text
from reconciler.sandbox.settings import SettingTable

_SUMMARY_NAMES = (
    "uuid",
    "name",
    "shortname",
    "profile",
    "state",
    "previousState",
    "instanceCount",
    "stateTransitionTime",
    "previousStateTransitionTime",
    "creationDate",
    "lastModified",
    "endDate",
    "runningInstanceCount",
    "runningCoreCount",
    "queuedOrRunningTaskInstancesCount",
    "taskDefaultWaitForPoolResourcesSynchronization",
)
_SHOWN_WHEN_SET = (*SHOWN_WHEN_SET, "multiSlotsSettings")


def pool_json(pool: Pool, switches: SettingTable, now_s: float) -> str:
    """The pool as JSON text.

    What its user gave and what changes with its state are kept apart between calls, so that a list
    of many pools costs little more than its bytes.
    """
    given = kept_text(pool, "given", switches, _given)
    state = kept_text(pool, "state", switches, _state)
    return f"{{{given},{state},{running_times(pool.time, pool.track, now_s)}}}"


def pool_summary_json(pool: Pool, switches: SettingTable, now_s: float) -> str:
    """The summary of the pool as JSON text."""
    stable = kept_text(pool, "summary", switches, _summary)
    return f"{{{stable},{running_times(pool.time, pool.track, now_s)}}}"


def _state(pool: Pool, switches: SettingTable) -> str:
    shown = members({name: show(pool, switches) for name, show in _STATE.items()})
    return f'{shown},"status":{status_text(pool.time, pool.track.since_s, pool.cores)}'


def _summary(pool: Pool, switches: SettingTable) -> str:
    shown: Shown[Pool] = {**_GIVEN, **_STATE}
    return members({name: shown[name](pool, switches) for name in _SUMMARY_NAMES})


def _given(pool: Pool, switches: SettingTable) -> str:
    shown = {name: show(pool, switches) for name, show in _GIVEN.items()}
    shown |= {name: pool.fields[name] for name in _SHOWN_WHEN_SET if pool.fields[name]}
    if shown["scaling"] is None and switches["unset_scaling"] == "absent":
        del shown["scaling"]
    return members(with_nulls(shown, switches))


def total_slots(pool: Pool) -> int:
    """How many slots there are, or could be at most."""
    elastic = pool.fields["elasticProperty"]
    if pool.policies:
        ceilings = (one.get("maxTotalSlots", one.get("slotsCount", 0)) for one in pool.policies)
        return max(ceilings, default=0)
    if elastic["isElastic"]:
        return int(elastic["maxTotalSlots"])
    return int(pool.fields["instanceCount"]) * pool.slots_per_node


def pool_usage(pool: Pool) -> float:
    """Dispatched instances of tasks for each slot."""
    capacity = total_slots(pool)
    return round(pool.used_slots / capacity, 4) if capacity else 0.0


def instance_count(pool: Pool, switches: SettingTable) -> int:
    """The static size, or the present one where the service decides it."""
    if pool.is_scaled and switches["scaled_instance_count"] == "moves":
        return pool.nodes
    return int(pool.fields["instanceCount"])


_GIVEN: Shown[Pool] = {
    **WORK_SHOWN,
    "elasticProperty": field("elasticProperty"),
    "scaling": field("scaling"),
    "preparationTask": field("preparationTask"),
    "defaultRetrySettings": field("defaultRetrySettings"),
    "taskDefaultWaitForPoolResourcesSynchronization": field(
        "taskDefaultWaitForPoolResourcesSynchronization"
    ),
}
_STATE: Shown[Pool] = {
    **STATE_SHOWN,
    **END_SHOWN,
    "errors": lambda pool, _: pool.errors,
    "instanceCount": instance_count,
    "totalSlotCapacity": lambda pool, _: total_slots(pool),
    "poolUsage": lambda pool, _: pool_usage(pool),
    "runningInstanceCount": lambda pool, _: pool.time.running,
    "runningCoreCount": lambda pool, _: pool.time.running * pool.cores,
    "queuedOrRunningTaskInstancesCount": lambda pool, _: pool.demand,
}
