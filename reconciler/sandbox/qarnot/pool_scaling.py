"""How many nodes a pool has: the autoscaler of elastic pools and of scaling policies.

Source: SDKs csharp 7.0 and python 2.23, scaling and elastic properties.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.sandbox.clock import Event
from reconciler.sandbox.qarnot.capacity import Capacity
from reconciler.sandbox.qarnot.pool import Pool
from reconciler.sandbox.qarnot.scaling_policies import (
    active_policy,
    next_change_s,
    target_slots,
)
from reconciler.sandbox.qarnot.times import date_text
from reconciler.sandbox.qarnot.world import EventHandler, World

_SCALE = "pool.scale"
ROOM_MADE = "pool.room_made"


@dataclass(frozen=True, slots=True)
class Aim:
    """What the autoscaler wants now: so many slots, so many more at once, so slowly less."""

    slots: int
    step: int
    idle_s: float
    period_s: float


class PoolScaling:
    """Moves the number of a pool's nodes towards what its policies want."""

    def __init__(self, world: World, capacity: Capacity) -> None:
        self._world = world
        self._capacity = capacity

    def handlers(self) -> Mapping[str, EventHandler]:
        """What to do at each kind of event that this class plans."""
        return {_SCALE: self._on_scale}

    def begin(self, pool: Pool, at_s: float) -> None:
        """Look at the pool again after one period, whatever was planned before."""
        pool.scale_stamp += 1
        pool.idle_since_s = None
        if pool.is_scaled and pool.state == "FullyExecuting":
            self._plan(pool, at_s + self._aim(pool, at_s).period_s)

    def policies_changed(self, pool: Pool, former: str | None, at_s: float) -> None:
        """Scaling or elastic property were put."""
        pool.former_policy, pool.policy_since_s = former, at_s
        self.begin(pool, at_s)

    def active_policy_name(self, pool: Pool, at_s: float) -> str | None:
        """The name that GET scaling gives: a little behind the truth."""
        if not pool.is_active or not pool.policies:
            return None
        seen_s = at_s - self._world.switches["policy_lag_s"]
        if seen_s < pool.policy_since_s:
            return pool.former_policy
        policy = active_policy(pool.policies, seen_s)
        return policy["name"] if policy else None

    def run(self, pool: Pool, running: int, at_s: float) -> None:
        """So many nodes run from now on."""
        pool.accrue(at_s)
        if running and pool.first_ran_s is None:
            pool.first_ran_s = int(at_s)
        for node in range(pool.running, running):
            pool.stdout.add(node, f"[{date_text(int(at_s))}] node {node} of {pool.name} is ready")
        for node in range(running, pool.running):
            pool.stdout.add(node, f"[{date_text(int(at_s))}] node {node} of {pool.name} stopped")
        pool.running = running

    def _plan(self, pool: Pool, at_s: float) -> None:
        self._world.timeline.plan(at_s, _SCALE, pool.uuid, pool.scale_stamp)

    def _on_scale(self, event: Event) -> None:
        pool = self._world.pools.get(event.subject)
        if pool is None or pool.scale_stamp != event.stamp or not pool.is_active:
            return
        aim = self._aim(pool, event.at_s)
        wanted = math.ceil(aim.slots / pool.slots_per_node)
        self._resize(pool, self._size(pool, wanted, aim, event.at_s), event.at_s)
        change_s = next_change_s(pool.policies, event.at_s)
        if pool.slots != wanted:
            self._plan(pool, min(event.at_s + aim.period_s, change_s or math.inf))
        elif change_s is not None:
            self._plan(pool, change_s)

    def _size(self, pool: Pool, wanted: int, aim: Aim, at_s: float) -> int:
        if wanted >= pool.slots:
            pool.idle_since_s = None
            return pool.slots + min(wanted - pool.slots, aim.step, self._capacity.room(pool))
        if pool.idle_since_s is None:
            pool.idle_since_s = at_s
        return wanted if at_s - pool.idle_since_s >= aim.idle_s else pool.slots

    def _resize(self, pool: Pool, slots: int, at_s: float) -> None:
        if slots == pool.slots:
            return
        self._capacity.take(pool, slots - pool.slots)
        if slots < pool.slots:
            self._world.timeline.plan(at_s, ROOM_MADE, pool.uuid)
        pool.slots = slots
        self.run(pool, slots, at_s)
        forget_state(pool)
        self._world.pools.touch()

    def _aim(self, pool: Pool, at_s: float) -> Aim:
        if pool.policies:
            return self._policy_aim(pool, at_s)
        elastic = pool.fields["elasticProperty"]
        wanted = pool.demand + elastic["minIdleSlots"]
        slots = min(max(elastic["minTotalSlots"], wanted), elastic["maxTotalSlots"])
        step = max(1, math.ceil(elastic["rampResizeFactor"] * elastic["maxTotalSlots"]))
        return Aim(slots, step, elastic["minIdleTimeSeconds"], elastic["resizePeriod"])

    def _policy_aim(self, pool: Pool, at_s: float) -> Aim:
        period_s = max(1.0, self._world.switches["scaling_s"])
        policy = active_policy(pool.policies, at_s)
        if policy is None:
            return Aim(0, 1, 0.0, period_s)
        slots = target_slots(policy, pool.demand)
        if policy["type"] == "Fixed":
            return Aim(slots, max(1, slots), 0.0, period_s)
        step = max(1, math.ceil(policy["scalingFactor"] * policy["maxTotalSlots"]))
        return Aim(slots, step, policy["minIdleTimeSeconds"], period_s)


def forget_state(pool: Pool) -> None:
    """The state or the counts of a pool have changed: what was rendered of them is void."""
    pool.rendered.pop("state", None)
    pool.rendered.pop("summary", None)
