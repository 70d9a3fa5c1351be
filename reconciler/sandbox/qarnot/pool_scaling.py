"""How many nodes a pool has: the autoscaler of elastic pools and of scaling policies.

Source: SDKs csharp 7.0 and python 2.23, scaling and elastic properties.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.sandbox.clock import Event
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
SLOTS_FREE = "pool.slots_free"


@dataclass(frozen=True, slots=True)
class Aim:
    """What the autoscaler wants now: so many slots, so many more at once, so slowly less."""

    slots: int
    step: int
    idle_s: float
    period_s: float


class PoolScaling:
    """Moves the number of a pool's nodes towards what its policies want."""

    def __init__(self, world: World) -> None:
        self._world = world

    def handlers(self) -> Mapping[str, EventHandler]:
        """What to do at each kind of event that this class plans."""
        return {_SCALE: self._on_scale}

    def begin(self, pool: Pool, at_s: float) -> None:
        """Look at the pool again after one period, whatever was planned before."""
        pool.idle_since_s = None
        if pool.is_scaled and pool.state == "FullyExecuting":
            self._plan(pool, at_s + self._aim(pool, at_s).period_s)
        else:
            pool.scale_stamp += 1
            pool.scale_at_s = None

    def demand_changed(self, pool: Pool, change: int, at_s: float) -> None:
        """So many more (or, negative, less) instances of tasks are queued or running."""
        pool.demand += change
        self._world.changed("pool", pool)
        if not pool.is_scaled or pool.state != "FullyExecuting":
            return
        look_s = at_s + self._aim(pool, at_s).period_s
        if pool.scale_at_s is None or pool.scale_at_s > look_s:
            self._plan(pool, look_s)

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
        """So many nodes run from now on; tasks may have room on them."""
        date = date_text(int(at_s))
        for node in range(pool.time.running, running):
            pool.stdout.add(node, f"[{date}] node {node} of {pool.name} is ready")
        for node in range(running, pool.time.running):
            pool.stdout.add(node, f"[{date}] node {node} of {pool.name} stopped")
        if running > pool.time.running:
            self._world.timeline.plan(at_s, SLOTS_FREE, pool.uuid)
        pool.time.change(running, at_s)

    def _plan(self, pool: Pool, at_s: float) -> None:
        pool.scale_stamp += 1
        pool.scale_at_s = at_s
        self._world.timeline.plan(at_s, _SCALE, pool.uuid, pool.scale_stamp)

    def _on_scale(self, event: Event) -> None:
        pool = self._world.pools.get(event.subject)
        if pool is None or pool.scale_stamp != event.stamp or not pool.is_active:
            return
        pool.scale_at_s = None
        aim = self._aim(pool, event.at_s)
        wanted = math.ceil(aim.slots / pool.slots_per_node)
        self._resize(pool, self._size(pool, wanted, aim, event.at_s), event.at_s)
        change_s = next_change_s(pool.policies, event.at_s)
        if pool.nodes != wanted:
            self._plan(pool, min(event.at_s + aim.period_s, change_s or math.inf))
        elif change_s is not None:
            self._plan(pool, change_s)

    def _size(self, pool: Pool, wanted: int, aim: Aim, at_s: float) -> int:
        if wanted >= pool.nodes:
            pool.idle_since_s = None
            room = self._world.capacity.room(pool)
            return pool.nodes + min(wanted - pool.nodes, aim.step, room)
        if pool.idle_since_s is None:
            pool.idle_since_s = at_s
        return wanted if at_s - pool.idle_since_s >= aim.idle_s else pool.nodes

    def _resize(self, pool: Pool, nodes: int, at_s: float) -> None:
        if nodes == pool.nodes:
            return
        self._world.capacity.take(pool, nodes - pool.nodes)
        if nodes < pool.nodes:
            self._world.timeline.plan(at_s, ROOM_MADE, pool.uuid)
        pool.nodes = nodes
        self.run(pool, nodes, at_s)
        self._world.changed("pool", pool)

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
