"""Workers look for tasks, render them on the virtual clock, and report.

Source: Deadline 10 manual: job scheduling, failure detection, timeouts, limits.
"""

from collections.abc import Iterator, Mapping

from reconciler.sandbox.clock import Event
from reconciler.sandbox.deadline.failing import is_failing, render_seconds
from reconciler.sandbox.deadline.frames import chunk_text
from reconciler.sandbox.deadline.holding import let_go, take
from reconciler.sandbox.deadline.job import Job, JobStat, Task, TaskStat
from reconciler.sandbox.deadline.job_life import SCAN, JobLife
from reconciler.sandbox.deadline.queue import NONE
from reconciler.sandbox.deadline.reports import Report, ReportType
from reconciler.sandbox.deadline.worker import Worker, WorkerStat
from reconciler.sandbox.deadline.world import EventHandler, World

_END = "task.end"
_LEAVE = "task.leave"
_RELEASE = "limit.release"
_NOTIFY = 2
_TOO_LONG = "the task took too long"
_AT_TIMEOUT = {3: "complete", 4: "requeue", 5: "requeue", 6: "fail", 7: "fail"}


class Rendering:
    """Starts, ends and takes back tasks; every method takes the virtual time it happens at."""

    def __init__(self, world: World, life: JobLife) -> None:
        self._world = world
        self._life = life

    def handlers(self) -> Mapping[str, EventHandler]:
        """What to do at each kind of event that this class plans, and at the scan."""
        return {
            SCAN: self._on_scan,
            _END: self._on_end,
            _LEAVE: self._on_leave,
            _RELEASE: self._on_release,
        }

    def _on_scan(self, event: Event) -> None:
        self._life.scan_began(event.at_s)
        for worker in self._world.workers.values():
            if worker.may_render:
                self._fill(worker, event.at_s)

    def _fill(self, worker: Worker, at_s: float) -> None:
        while (found := self._next_for(worker, at_s)) is not None:
            self._start(*found, worker, at_s)

    def _next_for(self, worker: Worker, at_s: float) -> tuple[Job, Task] | None:
        for job_id in self._candidates(worker):
            job = self._world.jobs[job_id]
            task = _next_task(job)
            if task is not None and self._is_open_to(job, worker, at_s):
                return job, task
        return None

    def _candidates(self, worker: Worker) -> Iterator[str]:
        if worker.running:
            job_id = worker.running[0][0]
            job = self._world.jobs.get(job_id)
            if job is not None and len(worker.running) < _tasks_at_once(job, worker):
                yield from [job_id] if job_id in self._world.queue else []
            return
        pools = [*map(str.lower, worker.pools), NONE]
        groups = [*map(str.lower, worker.groups), NONE]
        yield from self._world.queue.candidates(
            list(dict.fromkeys(pools)), list(dict.fromkeys(groups))
        )

    def _is_open_to(self, job: Job, worker: Worker, at_s: float) -> bool:
        name = worker.name.lower()
        if worker.name in job.bad and not job.prop("NoBad"):
            return False
        listed = job.prop("ListedSlaves")
        if (name in map(str.lower, listed)) != job.prop("White") and (listed or job.prop("White")):
            return False
        limits = [self._world.limits.get(one.lower()) for one in job.prop("Limits")]
        if not all(limit is not None and limit.admits(worker.name) for limit in limits):
            return False
        most = job.prop("MachLmt")
        return not most or self._has_room(job, worker, at_s)

    def _has_room(self, job: Job, worker: Worker, at_s: float) -> bool:
        until = job.prop("MachLmtProg")
        rendering = (task for task in job.all_tasks() if task.stat == TaskStat.RENDERING)
        busy = {task.worker for task in rendering if until < 0 or progress(task, at_s) < until}
        return worker.name in busy or len(busy) < job.prop("MachLmt")

    def _start(self, job: Job, task: Task, worker: Worker, at_s: float) -> None:
        take(self._world, job, task, worker, at_s)
        seconds = render_seconds(self._world.switches, job, task)
        most_s = _most_seconds(job, task)
        if most_s and most_s < seconds and job.prop("Timeout") != _NOTIFY:
            seconds = most_s
        task.end_s = at_s + seconds
        key = _key(job, task)
        self._world.timeline.plan(task.end_s, _END, key, task.run)
        if 0 <= job.prop("MachLmtProg") < 100:
            room_s = at_s + seconds * job.prop("MachLmtProg") / 100
            self._world.timeline.plan(room_s, SCAN, "")
        for name in job.prop("Limits"):
            share = self._world.limits[name.lower()].release
            if 0 <= share < 100:
                at_share_s = at_s + seconds * share / 100
                self._world.timeline.plan(at_share_s, _RELEASE, f"{key}_{name.lower()}", task.run)
        self._life.changed(job, at_s)

    def _of(self, event: Event) -> tuple[Job, Task] | None:
        job_id, number = event.subject.split("_")[:2]
        job = self._world.jobs.get(job_id)
        task = job.task(int(number)) if job is not None else None
        if job is None or task is None or task.run != event.stamp:
            return None
        return (job, task) if task.stat == TaskStat.RENDERING else None

    def _on_release(self, event: Event) -> None:
        found = self._of(event)
        limit = self._world.limits.get(event.subject.split("_", 2)[2])
        if found is not None and limit is not None:
            limit.give_back(*found)
            self._life.want_scan(event.at_s)

    def _on_end(self, event: Event) -> None:
        found = self._of(event)
        if found is None:
            return
        job, task = found
        let_go(self._world, job, task, event.at_s)
        self._life.want_scan(event.at_s)
        why = self._failure(job, task, event.at_s)
        if why and task.leaving is not None:
            self._leave(job, task, event.at_s)
        elif why == _TOO_LONG:
            self._time_out(job, task, event.at_s)
        elif why:
            self._err(job, task, why, event.at_s)
        else:
            self._finish(job, task, event.at_s)
        self._life.changed(job, event.at_s)

    def _failure(self, job: Job, task: Task, at_s: float) -> str:
        """Why the task that ends now did not work out; empty when it did."""
        wanted_s, most_s = render_seconds(self._world.switches, job, task), _most_seconds(job, task)
        if 0 < most_s < wanted_s and job.prop("Timeout") != _NOTIFY:
            return _TOO_LONG
        if is_failing(self._world.switches, job, task):
            return "the renderer ended with an error"
        is_short = task.number >= 0 and at_s - (task.start_s or at_s) < job.prop("MinTime")
        return "the task was rendered in too short a time" if is_short else ""

    def _time_out(self, job: Job, task: Task, at_s: float) -> None:
        match _AT_TIMEOUT.get(job.prop("Timeout")):
            case "complete":
                self._finish(job, task, at_s)
            case "requeue":
                self._report(job, task, ReportType.REQUEUE, _TOO_LONG, at_s)
                task.stat = _waiting_state(job, task)
            case "fail":
                self._err(job, task, _TOO_LONG, at_s)
                task.stat, task.done_s = TaskStat.FAILED, at_s
            case _:
                self._err(job, task, _TOO_LONG, at_s)

    def _finish(self, job: Job, task: Task, at_s: float) -> None:
        task.stat, task.done_s, task.leaving = TaskStat.COMPLETED, at_s, None
        worker = self._world.workers.get(task.worker.lower())
        if worker is not None:
            worker.completed += 1
        self._report(job, task, ReportType.LOG, "rendered", at_s)

    def _err(self, job: Job, task: Task, why: str, at_s: float) -> None:
        self._report(job, task, ReportType.ERROR, why, at_s)
        task.errors += 1
        job.errors += 1
        worker = self._world.workers.get(task.worker.lower())
        if worker is not None:
            worker.failed += 1
            self._note_bad(job, worker)
        task.stat = _waiting_state(job, task)
        most = job.prop("TskFailErr") if job.prop("TskFailOvr") else self._switch("task_errors")
        if most and task.errors >= most:
            task.stat, task.done_s = TaskStat.FAILED, at_s
        most = job.prop("JobFailErr") if job.prop("JobFailOvr") else self._switch("job_errors")
        if most and job.errors >= most:
            self._give_up(job, at_s)

    def _switch(self, name: str) -> int:
        return int(self._world.switches[name])

    def _note_bad(self, job: Job, worker: Worker) -> None:
        job.worker_errors[worker.name] += 1
        most = self._switch("bad_worker_errors")
        if most and job.worker_errors[worker.name] >= most and worker.name not in job.bad:
            job.bad.append(worker.name)

    def _give_up(self, job: Job, at_s: float) -> None:
        job.ordered = JobStat.FAILED
        for task in job.all_tasks():
            if not task.is_over:
                self.move(job, task, TaskStat.FAILED, at_s)

    def move(self, job: Job, task: Task, stat: TaskStat, at_s: float) -> None:
        """Bring a task to a state; one that renders gets there when its worker sees it.

        `changed` is for the caller to call.
        """
        if task.stat == TaskStat.RENDERING:
            task.leaving = stat
            if not self._switch_s("notice_s"):
                self._leave(job, task, at_s)
            else:
                due_s = at_s + self._switch_s("notice_s")
                self._world.timeline.plan(due_s, _LEAVE, _key(job, task), task.run)
            return
        task.stat = stat
        task.done_s = at_s if task.is_over else None

    def take_back(self, job: Job, at_s: float) -> None:
        """All tasks of the job that render are let go of at once; `changed` is for the caller."""
        for task in job.all_tasks():
            if task.stat == TaskStat.RENDERING:
                self._leave(job, task, at_s)

    def _switch_s(self, name: str) -> float:
        return float(self._world.switches[name])

    def _leave(self, job: Job, task: Task, at_s: float) -> None:
        let_go(self._world, job, task, at_s)
        task.stat, task.leaving = _waiting_state(job, task), None
        task.done_s = at_s if task.is_over else None
        self._report(job, task, ReportType.REQUEUE, "taken back", at_s)
        self._life.want_scan(at_s + self._switch_s("dequeue_s"))

    def _on_leave(self, event: Event) -> None:
        found = self._of(event)
        if found is not None and found[1].leaving is not None:
            self._leave(*found, event.at_s)
            self._life.changed(found[0], event.at_s)

    def put_out(self, worker: Worker, at_s: float) -> None:
        """The worker is gone or disabled: what it renders is queued again."""
        for job_id, number in list(worker.running):
            job = self._world.jobs[job_id]
            task = job.task(number)
            if task is not None:
                self._leave(job, task, at_s)
                self._life.changed(job, at_s)
        if worker.stat == WorkerStat.RENDERING:
            worker.stat, worker.since_s = WorkerStat.IDLE, at_s

    def _report(self, job: Job, task: Task, kind: ReportType, why: str, at_s: float) -> None:
        frames = chunk_text(task.frames) if task.frames else ""
        title = f"Task {task.number} on {task.worker}: {why}"
        report = Report(
            report_id=self._world.new_id(at_s),
            kind=kind,
            task=task.number,
            frames=frames,
            worker=task.worker,
            date_s=at_s,
            task_s=at_s - (task.start_s or at_s),
            title=title,
            text=f"{title}\nplugin {job.plugin}, frames {frames}\n",
        )
        self._world.reports.setdefault(job.job_id, []).append(report)


def progress(task: Task, at_s: float) -> float:
    """The share of a task that is done, in percent."""
    if task.stat == TaskStat.COMPLETED:
        return 100.0
    if task.stat != TaskStat.RENDERING or task.start_s is None or task.end_s is None:
        return 0.0
    return min(100.0, 100 * (at_s - task.start_s) / max(task.end_s - task.start_s, 0.001))


def _key(job: Job, task: Task) -> str:
    return f"{job.job_id}_{task.number}"


def _most_seconds(job: Job, task: Task) -> float:
    """The longest time a task may render; 0 without an end."""
    if task.number < 0 and not job.prop("TimeScrpt"):
        return 0
    frames = max(len(task.frames), 1) if job.prop("FrameTimeout") else 1
    return float(job.prop("MaxTime") * frames)


def _tasks_at_once(job: Job, worker: Worker) -> int:
    most = int(job.prop("Conc"))
    return min(most, worker.task_limit()) if job.prop("ConcLimt") else most


def _waiting_state(job: Job, task: Task) -> TaskStat:
    if task.leaving is not None:
        return task.leaving
    return TaskStat.SUSPENDED if job.stat == JobStat.SUSPENDED else TaskStat.QUEUED


def _next_task(job: Job) -> Task | None:
    """The task to render next; scripts of the job go before and after all others."""
    if job.pre_task is not None and job.pre_task.stat != TaskStat.COMPLETED:
        return job.pre_task if job.pre_task.stat == TaskStat.QUEUED else None
    if job.prop("Seq") and job.counts[TaskStat.RENDERING]:
        return None
    if job.counts[TaskStat.QUEUED]:
        return next(task for task in job.tasks if task.stat == TaskStat.QUEUED)
    post = job.post_task
    is_last = job.counts[TaskStat.COMPLETED] == len(job.tasks)
    return post if post is not None and is_last and post.stat == TaskStat.QUEUED else None
