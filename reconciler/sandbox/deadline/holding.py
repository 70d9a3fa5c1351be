"""A worker takes a task, and lets it go."""

from reconciler.sandbox.deadline.job import Job, Task, TaskStat
from reconciler.sandbox.deadline.worker import Worker, WorkerStat
from reconciler.sandbox.deadline.world import World


def take(world: World, job: Job, task: Task, worker: Worker, at_s: float) -> None:
    """The task renders on the worker from now on, with a stub of each limit of its job."""
    task.stat, task.worker, task.leaving = TaskStat.RENDERING, worker.name, None
    task.run += 1
    task.start_s, task.done_s = at_s, None
    if job.started_s is None:
        job.started_s = at_s
    worker.running.append((job.job_id, task.number))
    if worker.stat != WorkerStat.RENDERING:
        worker.stat, worker.since_s = WorkerStat.RENDERING, at_s
    for name in job.prop("Limits"):
        world.limits[name.lower()].take(job, task)


def let_go(world: World, job: Job, task: Task, at_s: float) -> None:
    """The worker and the stubs of a task that rendered are free again."""
    worker = world.workers.get(task.worker.lower())
    held = (job.job_id, task.number)
    if worker is not None and held in worker.running:
        worker.running.remove(held)
        worker.rendered_s += at_s - (task.start_s or at_s)
        if not worker.running and worker.stat == WorkerStat.RENDERING:
            worker.stat, worker.since_s = WorkerStat.IDLE, at_s
    for limit in world.limits.values():
        limit.give_back(job, task)
