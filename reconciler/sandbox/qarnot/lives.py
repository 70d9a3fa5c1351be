"""The lives of pools, tasks and jobs, tied together."""

from collections.abc import Mapping

from reconciler.sandbox.qarnot.job_life import JobLife
from reconciler.sandbox.qarnot.pool_life import PoolLife
from reconciler.sandbox.qarnot.task_life import TaskLife
from reconciler.sandbox.qarnot.task_slots import ACCOUNT, TaskSlots
from reconciler.sandbox.qarnot.world import EventHandler, World


class Lives:
    """One life of each kind, on the same world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.pools = PoolLife(world)
        self.tasks = TaskLife(world, TaskSlots(world, self.pools.scaling))
        self.jobs = JobLife(world, self.tasks)

    def handlers(self) -> Mapping[str, EventHandler]:
        """What to do at each kind of event."""
        return {**self.pools.handlers(), **self.tasks.handlers(), **self.jobs.handlers()}

    def admit_waiting(self, at_s: float) -> None:
        """Limits may have been lifted: what waits for room tries again."""
        self.pools.admit_waiting(at_s)
        self.tasks.serve(ACCOUNT, at_s)
        self.tasks.serve_all(at_s)

    def resume(self) -> None:
        """Count again what runs, after the objects of a kept world came back."""
        self.pools.resume()
        self.tasks.resume()
