"""A pool's way through its states on the virtual clock.

Source: Qarnot Compute API v1.0 page and web documentation, pools; SDK python 2.23 for the states.
"""

from collections.abc import Mapping

from reconciler.sandbox.clock import Event
from reconciler.sandbox.qarnot.failing import is_failing
from reconciler.sandbox.qarnot.pool import OVER, Pool
from reconciler.sandbox.qarnot.pool_scaling import ROOM_MADE, PoolScaling
from reconciler.sandbox.qarnot.world import EventHandler, World

KIND = "pool"
POOL_ENDED = "pool.ended"
_STEP = "pool.step"
_QUEUE_END = "pool.queue_end"
_GONE = "pool.gone"
_NEXT = {
    "PartiallyDispatched": "FullyDispatched",
    "FullyDispatched": "PartiallyExecuting",
    "PartiallyExecuting": "FullyExecuting",
    "Closing": "Closed",
}
_ENDING = frozenset({"Closing", "Closed", "Failure", "PendingDelete"})
_EXECUTING = frozenset({"PartiallyExecuting", "FullyExecuting"})


class PoolLife:
    """Moves pools from state to state; every method takes the virtual time it happens at."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.scaling = PoolScaling(world)

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
        self._world.plan(pool, _STEP, at_s + self._world.switches["state_s"])
        longest_s = pool.fields["maxTimeQueueSeconds"]
        if longest_s:
            self._world.plan(pool, _QUEUE_END, at_s + longest_s)

    def close(self, pool: Pool, at_s: float) -> None:
        """Stop the nodes; Closed follows."""
        self._enter(pool, "Closing", at_s)
        self._world.plan(pool, _STEP, at_s + self._world.switches["closing_s"])

    def delete(self, pool: Pool, at_s: float) -> None:
        """Forget the pool, at once or after a while in PendingDelete."""
        if self._world.switches["pools_after_delete"] == "absent":
            self._remove(pool, at_s)
        elif pool.state != "PendingDelete":
            self._enter(pool, "PendingDelete", at_s)
            self._world.plan(pool, _GONE, at_s + self._world.switches["delete_s"])

    def place(self, pool: Pool, state: str, at_s: float) -> None:
        """Put a new pool of a seeded world into a later state; from there it goes on by itself."""
        pool.track.give_up_steps()
        if state not in OVER:
            self._admit(pool, at_s)
            pool.track.give_up_steps()
        self._enter(pool, state, at_s)
        self._plan_next(pool, at_s)

    def admit_waiting(self, at_s: float) -> None:
        """Room may have been made: those that wait try again, in the order of their coming."""
        for uuid in list(self._world.waiting_pools):
            pool = self._world.pools.get(uuid)
            if pool is not None and not self._admit(pool, at_s):
                return

    def resume(self) -> None:
        """Count again what runs, after the pools of a kept world came back."""
        for pool in self._world.pools:
            if _holds_room(pool):
                self._world.capacity.take(pool, pool.nodes, pools=1)

    def _of(self, event: Event) -> Pool | None:
        pool = self._world.pools.get(event.subject)
        return pool if pool is not None and pool.track.stamp == event.stamp else None

    def _on_step(self, event: Event) -> None:
        pool = self._of(event)
        if pool is None:
            return
        if pool.state == "Submitted":
            self._admit(pool, event.at_s)
        elif pool.state == "FullyDispatched" and is_failing(self._world.switches, pool.name):
            self._fail(pool, "GHX0801E", "The pool could not be started.", event.at_s)
        elif pool.state in _NEXT:
            self._step(pool, event.at_s)

    def _step(self, pool: Pool, at_s: float) -> None:
        following = _NEXT[pool.state]
        if following == "PartiallyExecuting" and pool.nodes < 2:
            following = "FullyExecuting"
        self._enter(pool, following, at_s)
        self._plan_next(pool, at_s)

    def _plan_next(self, pool: Pool, at_s: float) -> None:
        if pool.state == "FullyExecuting":
            self.scaling.begin(pool, at_s)
        elif pool.state in _NEXT:
            self._world.plan(pool, _STEP, at_s + self._world.switches["state_s"])

    def _admit(self, pool: Pool, at_s: float) -> bool:
        size = 0 if pool.is_scaled else int(pool.fields["instanceCount"])
        capacity = self._world.capacity
        if not capacity.has_pool_place() or size > capacity.room(pool):
            self._world.waiting_pools[pool.uuid] = None
            return False
        self._world.waiting_pools.pop(pool.uuid, None)
        capacity.take(pool, size, pools=1)
        pool.nodes = size
        self._enter(pool, "PartiallyDispatched" if size > 1 else "FullyDispatched", at_s)
        self._plan_next(pool, at_s)
        return True

    def _on_queue_end(self, event: Event) -> None:
        pool = self._of(event)
        if pool is not None and pool.state == "Submitted":
            message = "No resources were found in the time allowed."
            self._fail(pool, "GHX0700E", message, event.at_s)

    def _fail(self, pool: Pool, code: str, message: str, at_s: float) -> None:
        pool.errors.append({"code": code, "message": message, "debug": None})
        self._enter(pool, "Failure", at_s)

    def _on_gone(self, event: Event) -> None:
        pool = self._of(event)
        if pool is not None:
            self._remove(pool, event.at_s)

    def _remove(self, pool: Pool, at_s: float) -> None:
        self._release(pool, at_s)
        self._world.forget(KIND, pool)
        self._world.timeline.plan(at_s, POOL_ENDED, pool.uuid)
        self.admit_waiting(at_s)

    def _enter(self, pool: Pool, state: str, at_s: float) -> None:
        is_ending = state in _ENDING
        if is_ending:
            self._release(pool, at_s)
            pool.track.give_up_steps()
        if state in _EXECUTING:
            started = pool.nodes if state == "FullyExecuting" else (pool.nodes + 1) // 2
            self.scaling.run(pool, started, at_s)
        self._world.enter(KIND, pool, state, at_s)
        if is_ending:
            self._world.timeline.plan(at_s, POOL_ENDED, pool.uuid)
            self.admit_waiting(at_s)

    def _release(self, pool: Pool, at_s: float) -> None:
        if _holds_room(pool):
            self._world.capacity.take(pool, -pool.nodes, pools=-1)
        self._world.waiting_pools.pop(pool.uuid, None)
        self.scaling.run(pool, 0, at_s)
        pool.nodes = 0


def _holds_room(pool: Pool) -> bool:
    return pool.is_active and pool.state != "Submitted"
