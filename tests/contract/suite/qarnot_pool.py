"""The Qarnot pool in the contract suite: two declarations for each row a person may write."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.providers.qarnot.kinds.pool import POOL
from tests.contract.suite.cases import Case, Trial
from tests.contract.suite.qarnot_work import (
    CANARIES,
    WORK_TRIALS,
    Fragment,
    of_block,
    of_field,
)


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


_POLICY = "scaling.policies[name]"
_PERIOD = f"{_POLICY}.periods[name]"
_FIXED: Fragment = {"name": "f", "type": "fixed", "slots": 3}
_QUEUE: Fragment = {"name": "q", "type": "queue", "maxSlots": 8}
_OFFICE: Fragment = {**_FIXED, "periods": [{"days": ["monday"], "start": "08:00", "end": "18:00"}]}

TRIALS: Mapping[str, Trial] = {
    **WORK_TRIALS,
    "instanceCount": of_field("instanceCount", 3, 4),
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
    "preparationTask": of_block(
        "preparationTask", {"commandLine": "true"}, {"commandLine": "false"}
    ),
    "preparationTask.commandLine": of_block(
        "preparationTask", {"commandLine": "a"}, {"commandLine": "b"}
    ),
    "defaultRetrySettings": of_block(
        "defaultRetrySettings", {"maxTotalRetries": 3}, {"maxPerInstanceRetries": 2}
    ),
    "defaultRetrySettings.maxTotalRetries": of_block(
        "defaultRetrySettings", {"maxTotalRetries": 3}, {"maxTotalRetries": 4}
    ),
    "defaultRetrySettings.maxPerInstanceRetries": of_block(
        "defaultRetrySettings", {"maxPerInstanceRetries": 1}, {"maxPerInstanceRetries": 2}
    ),
    "taskDefaultWaitForPoolResourcesSynchronization": of_field(
        "taskDefaultWaitForPoolResourcesSynchronization", False, True
    ),
    "multiSlotsSettings": of_block("multiSlotsSettings", {"slotsPerNode": 2}, {"slotsPerNode": 4}),
    "multiSlotsSettings.slotsPerNode": of_block(
        "multiSlotsSettings", {"slotsPerNode": 1}, {"slotsPerNode": 3}
    ),
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
