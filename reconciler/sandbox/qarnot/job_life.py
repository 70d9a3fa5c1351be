"""A job's way through its states, and what it does to its tasks.

Source: Qarnot Compute API v1.0 page, jobs; SDKs python 2.23 and csharp 7.0.
"""

from collections.abc import Iterator, Mapping

from reconciler.sandbox.clock import Event
from reconciler.sandbox.qarnot.job import Job
from reconciler.sandbox.qarnot.task import Task
from reconciler.sandbox.qarnot.task_life import TASK_ENDED, TaskLife
from reconciler.sandbox.qarnot.times import span_seconds
from reconciler.sandbox.qarnot.world import EventHandler, World

KIND = "job"
_STEP = "job.step"
_WALL_END = "job.wall_end"
_GONE = "job.gone"


class JobLife:
    """Moves jobs from state to state; every method takes the virtual time it happens at."""

    def __init__(self, world: World, tasks: TaskLife) -> None:
        self._world = world
        self._tasks = tasks

    def handlers(self) -> Mapping[str, EventHandler]:
        """What to do at each kind of event that this class plans."""
        return {
            _STEP: self._on_step,
            _WALL_END: self._on_wall_end,
            _GONE: self._on_gone,
            TASK_ENDED: self._on_task_ended,
        }

    def begin(self, job: Job, at_s: float) -> None:
        """A job was created: it is Active until it is terminated or its time is over."""
        self._world.jobs.add(job)
        longest = job.fields["maxWallTime"]
        if longest is not None:
            seconds = span_seconds(longest, hours_may_pass_23=True)
            self._world.plan(job, _WALL_END, at_s + seconds)

    def tasks_of(self, job: Job) -> list[Task]:
        """The tasks of a job, oldest first."""
        found = (self._world.tasks.get(uuid) for uuid in self._world.tasks_of_job.of(job.uuid))
        return [task for task in found if task is not None]

    def unfinished(self, job: Job) -> Iterator[Task]:
        """The tasks of a job that are on their way."""
        return (task for task in self.tasks_of(job) if not task.is_over)

    def terminate(self, job: Job, at_s: float) -> None:
        """Cancel what is unfinished; Completed follows."""
        job.track.give_up_steps()
        self._world.enter(KIND, job, "Terminating", at_s)
        self._world.plan(job, _STEP, at_s + self._world.switches["closing_s"])
        for task in self.unfinished(job):
            if task.is_active:
                self._tasks.cancel(task, at_s)

    def delete(self, job: Job, at_s: float) -> None:
        """Forget the job; its unfinished tasks go with it, the others as the switch says."""
        takes_all = self._world.switches["delete_job_tasks"] == "delete"
        for task in self.tasks_of(job):
            if takes_all or not task.is_over:
                self._tasks.delete(task, at_s)
        if self._world.switches["jobs_after_delete"] == "absent":
            self._world.forget(KIND, job)
        elif job.state != "Deleting":
            job.track.give_up_steps()
            self._world.enter(KIND, job, "Deleting", at_s)
            self._world.plan(job, _GONE, at_s + self._world.switches["delete_s"])

    def place(self, job: Job, state: str, at_s: float) -> None:
        """Put a job of a seeded world into a state."""
        if state == "Completed":
            job.track.give_up_steps()
            self._world.enter(KIND, job, "Completed", at_s)

    def _of(self, event: Event) -> Job | None:
        job = self._world.jobs.get(event.subject)
        return job if job is not None and job.track.stamp == event.stamp else None

    def _on_step(self, event: Event) -> None:
        job = self._of(event)
        if job is not None:
            self._world.enter(KIND, job, "Completed", event.at_s)

    def _on_wall_end(self, event: Event) -> None:
        job = self._of(event)
        if job is not None:
            self.terminate(job, event.at_s)

    def _on_task_ended(self, event: Event) -> None:
        job = self._world.jobs.get(event.subject)
        if job is None or self._world.switches["job_completes_alone"] == "no":
            return
        if job.is_active and not any(True for _ in self.unfinished(job)):
            job.track.give_up_steps()
            self._world.enter(KIND, job, "Completed", event.at_s)

    def _on_gone(self, event: Event) -> None:
        job = self._of(event)
        if job is not None:
            self._world.forget(KIND, job)
