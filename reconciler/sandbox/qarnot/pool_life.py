"""A pool's way through its states on the virtual clock.

Source: Qarnot Compute API v1.0 page and web documentation, pools; SDK python 2.23 for the states.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from reconciler.sandbox.clock import Event
from reconciler.sandbox.qarnot.capacity import Capacity
from reconciler.sandbox.qarnot.pool import OVER, Pool
from reconciler.sandbox.qarnot.pool_scaling import ROOM_MADE, PoolScaling, forget_state
from reconciler.sandbox.qarnot.times import span_seconds
from reconciler.sandbox.qarnot.world import EventHandler, World

_STEP = "pool.step"
_QUEUE_END = "pool.queue_end"
_GONE = "pool.gone"
_NEXT = {
    "PartiallyDispatched": "FullyDispatched",
    "FullyDispatched": "PartiallyExecuting",
    "PartiallyExecuting": "FullyExecuting",
    "Closing": "Closed",
}


class PoolLife:
    """Moves pools from state to state; every method takes the virtual time it happens at."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._capacity = Capacity(world.switches, world.quotas)
        self.scaling = PoolScaling(world, self._capacity)

    @property
    def capacity(self) -> Capacity:
        """What runs at present."""
        return self._capacity

    def handlers(self) -> Mapping[str, EventHandler]:
        """What to do at each kind of event that this class plans."""
        return {
            _STEP: self._on_step,
            _QUEUE_END: self._on_queue_end,
            _GONE: self._on_gone,
            ROOM_MADE: lambda event: self.admit_waiting(event.at_s),
            **self.scaling.handlers(),
        }

    def begin(self, pool: Pool, at_s: float) -> None:
        """A pool was created: it is Submitted and waits for its first step."""
        self._world.pools.add(pool)
        self._plan(pool, at_s + self._world.switches["state_s"])
        longest_s = pool.fields["maxTimeQueueSeconds"]
        if longest_s:
            self._plan(pool, at_s + longest_s, _QUEUE_END)

    def close(self, pool: Pool, at_s: float) -> None:
        """Stop the nodes; Closed follows."""
        self._enter(pool, "Closing", at_s)
        self._plan(pool, at_s + self._world.switches["closing_s"])

    def delete(self, pool: Pool, at_s: float) -> None:
        """Forget the pool, at once or after a while in PendingDelete."""
        if self._world.switches["pools_after_delete"] == "absent":
            self._remove(pool, at_s)
        elif pool.state != "PendingDelete":
            self._enter(pool, "PendingDelete", at_s)
            self._plan(pool, at_s + self._world.switches["delete_s"], _GONE)

    def place(self, pool: Pool, state: str, at_s: float) -> None:
        """Put a pool of a seeded world into a state; from there it goes on by itself."""
        if state == "Submitted":
            return
        pool.stamp += 1
        if state not in OVER:
            self._admit(pool, at_s)
            pool.stamp += 1
        self._enter(pool, state, at_s)
        if state == "FullyExecuting":
            self.scaling.begin(pool, at_s)
        elif state in _NEXT:
            self._plan(pool, at_s + self._world.switches["state_s"])

    def admit_waiting(self, at_s: float) -> None:
        """Room may have been made: those that wait try again, in the order of their coming."""
        for uuid in list(self._world.waiting):
            pool = self._world.pools.get(uuid)
            if pool is not None and not self._admit(pool, at_s):
                return

    def plan_retention(self, pool: Pool) -> None:
        """Plan the end of a pool that is over, by its own time to live or the vendor's."""
        if pool.ended_s is None or not pool.is_over:
            return
        own_s = span_seconds(pool.fields["completionTimeToLive"], hours_may_pass_23=True)
        kept = self._world.retention["retention_s"]
        ages = [age for age in (own_s or None, kept) if age is not None]
        if ages:
            self._plan(pool, max(pool.ended_s + min(ages), self._world.clock.now_s()), _GONE)

    def resume(self) -> None:
        """Count again what runs, after the pools of a kept world came back."""
        for pool in self._world.pools:
            if _holds_room(pool):
                self._capacity.take(pool, pool.slots, pools=1)

    def _plan(self, pool: Pool, at_s: float, kind: str = _STEP) -> None:
        self._world.timeline.plan(at_s, kind, pool.uuid, pool.stamp)

    def _of(self, event: Event) -> Pool | None:
        pool = self._world.pools.get(event.subject)
        return pool if pool is not None and pool.stamp == event.stamp else None

    def _on_step(self, event: Event) -> None:
        pool = self._of(event)
        if pool is None:
            return
        if pool.state == "Submitted":
            self._admit(pool, event.at_s)
        elif pool.state == "FullyDispatched" and self._must_fail(pool):
            self.fail(pool, "GHX0801E", "The pool could not be started.", event.at_s)
        elif pool.state in _NEXT:
            self._step(pool, event.at_s)

    def _must_fail(self, pool: Pool) -> bool:
        return any(fnmatchcase(pool.name, glob) for glob in self._world.switches["failing_names"])

    def _step(self, pool: Pool, at_s: float) -> None:
        following = _NEXT[pool.state]
        if following == "PartiallyExecuting" and pool.slots < 2:
            following = "FullyExecuting"
        self._enter(pool, following, at_s)
        if following == "FullyExecuting":
            self.scaling.begin(pool, at_s)
        elif following in _NEXT:
            self._plan(pool, at_s + self._world.switches["state_s"])

    def _admit(self, pool: Pool, at_s: float) -> bool:
        size = 0 if pool.is_scaled else int(pool.fields["instanceCount"])
        if not self._capacity.has_pool_place() or size > self._capacity.room(pool):
            self._world.waiting[pool.uuid] = None
            return False
        self._world.waiting.pop(pool.uuid, None)
        self._capacity.take(pool, size, pools=1)
        pool.slots = size
        self._enter(pool, "PartiallyDispatched" if size > 1 else "FullyDispatched", at_s)
        self._plan(pool, at_s + self._world.switches["state_s"])
        return True

    def _on_queue_end(self, event: Event) -> None:
        pool = self._of(event)
        if pool is not None and pool.state == "Submitted":
            message = "No resources were found in the time allowed."
            self.fail(pool, "GHX0700E", message, event.at_s)

    def fail(self, pool: Pool, code: str, message: str, at_s: float) -> None:
        """End a pool in Failure, with an entry in its errors."""
        pool.errors.append({"code": code, "message": message, "debug": None})
        self._enter(pool, "Failure", at_s)

    def _on_gone(self, event: Event) -> None:
        pool = self._of(event)
        if pool is not None:
            self._remove(pool, event.at_s)

    def _remove(self, pool: Pool, at_s: float) -> None:
        self._release(pool, at_s)
        self._world.pools.remove(pool)
        self.admit_waiting(at_s)

    def _enter(self, pool: Pool, state: str, at_s: float) -> None:
        is_ending = state in {"Closing", "Closed", "Failure", "PendingDelete"}
        if is_ending:
            self._release(pool, at_s)
            pool.stamp += 1
        pool.previous_state, pool.previous_state_s = pool.state, pool.state_s
        pool.state, pool.state_s = state, int(at_s)
        if state in {"PartiallyExecuting", "FullyExecuting"}:
            started = pool.slots if state == "FullyExecuting" else (pool.slots + 1) // 2
            self.scaling.run(pool, started, at_s)
        if pool.is_over:
            pool.ended_s = int(at_s)
            self.plan_retention(pool)
        self.touch(pool, at_s)
        if is_ending:
            self.admit_waiting(at_s)

    def _release(self, pool: Pool, at_s: float) -> None:
        if _holds_room(pool):
            self._capacity.take(pool, -pool.slots, pools=-1)
        self._world.waiting.pop(pool.uuid, None)
        self.scaling.run(pool, 0, at_s)
        pool.slots = 0

    def touch(self, pool: Pool, at_s: float) -> None:
        """A pool has changed: what was rendered of it is void."""
        pool.modified_s = int(at_s)
        forget_state(pool)
        self._world.pools.touch()


def _holds_room(pool: Pool) -> bool:
    return pool.is_active and pool.state != "Submitted"
