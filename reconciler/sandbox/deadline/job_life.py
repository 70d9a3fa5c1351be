"""A job's way from its submission to its end, tasks aside.

Source: Deadline 10 manual, job states, clean-up and deletion; REST pages for the commands.
"""

from collections.abc import Mapping

from reconciler.sandbox.clock import Event
from reconciler.sandbox.deadline.dates import DAY_S
from reconciler.sandbox.deadline.holding import let_go
from reconciler.sandbox.deadline.job import Job, JobStat, TaskStat
from reconciler.sandbox.deadline.pending import is_free
from reconciler.sandbox.deadline.world import EventHandler, World

SCAN = "farm.scan"
_PENDING_SCAN = "farm.pending"
_CLEAN = "job.clean"
_PURGE = "job.purge"
_ARCHIVE, _DELETE = 0, 1


class JobLife:
    """Keeps jobs, the queue and what is planned for them in step with their tasks.

    Every method takes the virtual time it happens at.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._next_scan_s: float | None = None
        self._next_pending_s: float | None = None

    def handlers(self) -> Mapping[str, EventHandler]:
        """What to do at each kind of event that this class plans, but the scan of the queue."""
        return {
            _PENDING_SCAN: self._on_pending_scan,
            _CLEAN: self._on_clean,
            _PURGE: self._on_purge,
        }

    def changed(self, job: Job, at_s: float) -> None:
        """Tasks or properties of a live job have changed."""
        job.recount()
        self._world.queue.put(job)
        if job.job_id in self._world.queue:
            self.want_scan(at_s + self._world.switches["dequeue_s"])
        self._note_pending(job, at_s)
        is_done = job.stat == JobStat.COMPLETED and not job.counts[TaskStat.RENDERING]
        if is_done and job.done_s is None:
            self._complete(job, at_s)
        elif not is_done and job.done_s is not None:
            job.done_s = None
            job.stamp += 1

    def want_scan(self, at_s: float) -> None:
        """Let idle workers look for tasks then, or earlier."""
        if self._next_scan_s is None or at_s < self._next_scan_s:
            self._next_scan_s = at_s
            self._world.timeline.plan(at_s, SCAN, "")

    def scan_began(self, at_s: float) -> None:
        """The scan that was wanted first is at hand."""
        if self._next_scan_s is not None and at_s >= self._next_scan_s:
            self._next_scan_s = None

    def _note_pending(self, job: Job, at_s: float) -> None:
        scripts = [one for one in (job.pre_task, job.post_task) if one is not None]
        if job.counts[TaskStat.PENDING] or any(one.stat == TaskStat.PENDING for one in scripts):
            self._world.pending[job.job_id] = None
            self._want_pending_scan(at_s)
        else:
            self._world.pending.pop(job.job_id, None)

    def _want_pending_scan(self, at_s: float) -> None:
        if self._next_pending_s is None or at_s >= self._next_pending_s:
            self._next_pending_s = at_s + self._world.switches["pending_scan_s"]
            self._world.timeline.plan(self._next_pending_s, _PENDING_SCAN, "")

    def _on_pending_scan(self, event: Event) -> None:
        if self._next_pending_s is not None and event.at_s >= self._next_pending_s:
            self._next_pending_s = None
        for job_id in list(self._world.pending):
            self._release_free(self._world.jobs[job_id], event.at_s)
        if self._world.pending:
            self._want_pending_scan(event.at_s)

    def _release_free(self, job: Job, at_s: float) -> None:
        waiting = [task for task in job.all_tasks() if task.stat == TaskStat.PENDING]
        free = [task for task in waiting if is_free(self._world, job, task, at_s)]
        for task in free:
            task.stat = TaskStat.QUEUED
        if free:
            self.changed(job, at_s)

    def _complete(self, job: Job, at_s: float) -> None:
        job.done_s = at_s
        match job.prop("OnComp"):
            case 1:
                self.delete(job, at_s)
            case 0:
                self.archive(job, at_s)
            case _:
                self.plan_clean_up(job)

    def plan_clean_up(self, job: Job) -> None:
        """Plan the end of a completed job, by its own days or those of the repository."""
        job.stamp += 1
        age_s = self._world.retention["retention_s"]
        if job.prop("OverAutoClean"):
            age_s = job.prop("OverCleanDays") * DAY_S if job.prop("OverClean") else None
        if age_s is not None and job.done_s is not None:
            at_s = max(job.done_s + age_s, self._world.clock.now_s())
            self._world.timeline.plan(at_s, _CLEAN, job.job_id, job.stamp)

    def _on_clean(self, event: Event) -> None:
        job = self._world.jobs.get(event.subject)
        if job is None or job.stamp != event.stamp:
            return
        if job.prop("OverAutoClean"):
            one = self._world.switches["clean_type_one"]
            is_archived = (one == "archive") == (job.prop("OverCleanType") == 1)
        else:
            is_archived = self._world.switches["cleanup"] == "archive"
        if is_archived:
            self.archive(job, event.at_s)
        else:
            self.delete(job, event.at_s)

    def _leave_farm(self, job: Job, at_s: float) -> None:
        for task in job.all_tasks():
            if task.stat == TaskStat.RENDERING:
                let_go(self._world, job, task, at_s)
                task.stat, task.leaving = task.leaving or TaskStat.QUEUED, None
        job.recount()
        job.stamp += 1
        self._world.queue.drop(job.job_id)
        self._world.pending.pop(job.job_id, None)
        del self._world.jobs[job.job_id]
        self.want_scan(at_s + self._world.switches["dequeue_s"])

    def delete(self, job: Job, at_s: float) -> None:
        """Move a job to the deleted ones; its workers are free at once."""
        self._leave_farm(job, at_s)
        self._world.deleted[job.job_id] = job
        kept_s = self._world.switches["deleted_kept_s"]
        if kept_s is not None:
            self._world.timeline.plan(at_s + kept_s, _PURGE, job.job_id, job.stamp)

    def archive(self, job: Job, at_s: float) -> None:
        """Move a job to its archive file."""
        self._leave_farm(job, at_s)
        self._world.archived[job.job_id] = job

    def bring_back(self, job: Job, at_s: float) -> None:
        """A job that was deleted or archived is on the farm again, as it was."""
        self._world.deleted.pop(job.job_id, None)
        self._world.jobs[job.job_id] = job
        self.changed(job, at_s)
        self.plan_clean_up(job)

    def purge(self, job_id: str) -> None:
        """Forget a deleted job for good."""
        self._world.deleted.pop(job_id, None)
        self._world.reports.pop(job_id, None)

    def _on_purge(self, event: Event) -> None:
        job = self._world.deleted.get(event.subject)
        if job is not None and job.stamp == event.stamp:
            self.purge(event.subject)
