"""Where instances of tasks run: on the slots of a pool, or on the account's share of machines."""

from reconciler.sandbox.qarnot.pool_scaling import PoolScaling
from reconciler.sandbox.qarnot.task import Task
from reconciler.sandbox.qarnot.world import World

ACCOUNT = ""


class TaskSlots:
    """Gives slots to the instances of tasks, and takes them back."""

    def __init__(self, world: World, scaling: PoolScaling) -> None:
        self._world = world
        self._scaling = scaling

    @property
    def is_full(self) -> bool:
        """Whether no more task may run."""
        most = self._world.quotas["maxRunningTask"]
        return most is not None and len(self._world.running_tasks) >= most

    def free(self, task: Task) -> int:
        """How many instances of this task could start now."""
        if self.is_full and task.uuid not in self._world.running_tasks:
            return 0
        if not task.host:
            return self._world.capacity.room(task)
        pool = self._world.pools.get(task.host)
        return 0 if pool is None else pool.free_slots

    def take(self, task: Task, instances: int) -> None:
        """Hold so many slots for a task."""
        self._world.running_tasks[task.uuid] = None
        self._hold(task, instances)

    def give_back(self, task: Task, instances: int, *, is_last: bool) -> None:
        """So many instances have ended; the last ones end the task's place among the running."""
        self._hold(task, -instances)
        if is_last:
            self._world.running_tasks.pop(task.uuid, None)

    def _hold(self, task: Task, instances: int) -> None:
        pool = self._world.pools.get(task.host) if task.host else None
        if not task.host:
            self._world.capacity.take(task, instances)
        elif pool is not None:
            pool.used_slots += instances
            self._world.changed("pool", pool)

    def want(self, task: Task, instances: int, at_s: float) -> None:
        """So many more (or, negative, less) instances are queued or running."""
        pool = self._world.pools.get(task.host) if task.host else None
        if pool is not None:
            self._scaling.demand_changed(pool, instances, at_s)

    def resume(self) -> None:
        """Count again what runs, after the tasks of a kept world came back."""
        for task in self._world.tasks:
            if task.started and not task.host:
                self._world.capacity.take(task, len(task.started))
