"""A task's way through its states on the virtual clock.

Source: Qarnot Compute API v1.0 page and web documentation, tasks; SDK python 2.23 for the states.
"""

from collections.abc import Mapping

from reconciler.sandbox.clock import Event
from reconciler.sandbox.qarnot.dependencies import FULFILLED, NOT_FULFILLED, state_of, wanted_of
from reconciler.sandbox.qarnot.pool_life import POOL_ENDED
from reconciler.sandbox.qarnot.pool_scaling import ROOM_MADE, SLOTS_FREE
from reconciler.sandbox.qarnot.task import Task, work_seconds
from reconciler.sandbox.qarnot.task_slots import ACCOUNT, TaskSlots
from reconciler.sandbox.qarnot.task_work import TaskWork
from reconciler.sandbox.qarnot.world import EventHandler, World

KIND = "task"
TASK_ENDED = "job.task_ended"
_STEP = "task.step"
_WAVE = "task.wave"
_QUEUE_END = "task.queue_end"
_GONE = "task.gone"
_EXECUTING = frozenset({"PartiallyExecuting", "FullyExecuting"})


class TaskLife:
    """Moves tasks from state to state; every method takes the virtual time it happens at.

    Instances run in waves: as many as there are slots for start together and end together; those
    that are queued follow as slots become free.
    """

    def __init__(self, world: World, slots: TaskSlots) -> None:
        self._world = world
        self._slots = slots
        self._work = TaskWork(world)

    def handlers(self) -> Mapping[str, EventHandler]:
        """What to do at each kind of event that this class plans or follows."""
        return {
            _STEP: self._on_step,
            _WAVE: self._on_wave,
            _QUEUE_END: self._on_queue_end,
            _GONE: self._on_gone,
            SLOTS_FREE: self._on_slots_free,
            POOL_ENDED: self._on_pool_ended,
        }

    def begin(self, task: Task, at_s: float) -> None:
        """A task was created: it is Submitted, and waits for others or for its first step."""
        self._world.tasks.add(task)
        if task.host:
            self._world.tasks_of_pool.add(task.host, task.uuid)
        if task.fields["jobUuid"]:
            self._world.tasks_of_job.add(task.fields["jobUuid"], task.uuid)
        wanted = wanted_of(task.fields)
        for uuid, _ in wanted:
            self._world.dependants.add(uuid, task.uuid)
        task.dependency_state = state_of(self._world, task) if wanted else None
        self._go_on(task, at_s)

    def _go_on(self, task: Task, at_s: float) -> None:
        if task.dependency_state == NOT_FULFILLED:
            self._miss(task, at_s)
        elif task.dependency_state in {None, FULFILLED}:
            self._slots.want(task, len(task.queued), at_s)
            self._world.plan(task, _STEP, at_s + self._world.switches["state_s"])
            longest_s = task.fields["maxTimeQueueSeconds"]
            if longest_s:
                self._world.plan(task, _QUEUE_END, at_s + longest_s)

    def _miss(self, task: Task, at_s: float) -> None:
        if self._world.switches["unmet_dependency"] == "cancel":
            self.cancel(task, at_s)
        elif self._world.switches["unmet_dependency"] == "fail":
            self._fail(task, "GHX0710E", "A dependency was not fulfilled.", at_s)

    def cancel(self, task: Task, at_s: float) -> None:
        """Stop all instances; Cancelled follows."""
        self._stop(task, "Cancelled", at_s)
        self._world.enter(KIND, task, "PendingCancel", at_s)
        self._world.plan(task, _STEP, at_s + self._world.switches["closing_s"])

    def _stop(self, task: Task, state: str, at_s: float) -> None:
        """Take back slots, and end every instance that has not ended yet."""
        task.track.give_up_steps()
        self._world.waiting_tasks.discard(task.host, task.uuid)
        unfinished = len(task.started) + len(task.queued)
        if task.dependency_state in {None, FULFILLED}:
            self._slots.want(task, -unfinished, at_s)
        self._slots.give_back(task, len(task.started), is_last=True)
        self._work.stop(task, state, at_s)
        self._world.timeline.plan(at_s, SLOTS_FREE, task.host)

    def delete(self, task: Task, at_s: float) -> None:
        """Abort the task if it runs, and forget it, at once or after a while."""
        if self._world.switches["tasks_after_delete"] == "absent":
            self._remove(task, at_s)
        elif task.state != "PendingDelete":
            self._stop(task, "Cancelled", at_s)
            self._world.enter(KIND, task, "PendingDelete", at_s)
            self._world.plan(task, _GONE, at_s + self._world.switches["delete_s"])

    def _remove(self, task: Task, at_s: float) -> None:
        was_over = task.is_over
        self._stop(task, "Cancelled", at_s)
        self._world.forget(KIND, task)
        if not was_over:
            self._tell_dependants(task, at_s)

    def serve(self, host: str, at_s: float) -> None:
        """Slots may be free: the tasks that wait for them start, in the order of their coming."""
        while (uuid := self._world.waiting_tasks.first(host)) is not None:
            task = self._world.tasks.get(uuid)
            if task is None or not self._start(task, at_s):
                return

    def serve_all(self, at_s: float) -> None:
        """The same for every place where tasks wait, as long as one more may run."""
        for host in self._world.waiting_tasks.names():
            if self._slots.is_full:
                return
            self.serve(host, at_s)

    def _start(self, task: Task, at_s: float) -> bool:
        """As many instances as there is room for start; whether these are all that were queued."""
        count = min(len(task.queued), self._slots.free(task))
        if count:
            self._slots.take(task, count)
            task.dispatched += task.queued[:count]
            task.queued = task.queued[count:]
            self._begin_or_dispatch(task, at_s)
        if task.queued:
            self._world.waiting_tasks.add(task.host, task.uuid)
            return False
        self._world.waiting_tasks.discard(task.host, task.uuid)
        return True

    def _begin_or_dispatch(self, task: Task, at_s: float) -> None:
        if task.state == "Submitted":
            is_one = len(task.dispatched) == 1 and not task.queued
            self._enter_and_plan(task, "FullyDispatched" if is_one else "PartiallyDispatched", at_s)
        elif task.state in _EXECUTING:
            self._begin_wave(task, at_s)
            if task.state == "PartiallyExecuting" and not task.queued:
                self._world.enter(KIND, task, "FullyExecuting", at_s)

    def _of(self, event: Event) -> Task | None:
        task = self._world.tasks.get(event.subject)
        return task if task is not None and task.track.stamp == event.stamp else None

    def _enter_and_plan(self, task: Task, state: str, at_s: float) -> None:
        self._world.enter(KIND, task, state, at_s)
        self._world.plan(task, _STEP, at_s + self._world.switches["state_s"])

    def _on_step(self, event: Event) -> None:
        task = self._of(event)
        if task is None:
            return
        match task.state:
            case "Submitted":
                self._start(task, event.at_s)
            case "PartiallyDispatched" if not task.queued:
                self._enter_and_plan(task, "FullyDispatched", event.at_s)
            case "PartiallyDispatched" | "FullyDispatched":
                self._execute(task, event.at_s)
            case "PartiallyExecuting" if not task.queued:
                self._world.enter(KIND, task, "FullyExecuting", event.at_s)
            case "UploadingResults":
                self._end(task, event.at_s)
            case "PendingCancel":
                self._finish(task, "Cancelled", event.at_s)

    def _execute(self, task: Task, at_s: float) -> None:
        is_one = len(task.dispatched) == 1 and not task.queued
        self._begin_wave(task, at_s)
        self._enter_and_plan(task, "FullyExecuting" if is_one else "PartiallyExecuting", at_s)

    def _begin_wave(self, task: Task, at_s: float) -> None:
        number = self._work.begin(task, at_s)
        seconds = work_seconds(task, self._world.switches["task_s"])
        self._world.timeline.plan(at_s + seconds, _WAVE, task.uuid, number)
        self._world.changed(KIND, task)

    def _on_wave(self, event: Event) -> None:
        task = self._world.tasks.get(event.subject)
        waves = task.waves if task is not None else []
        wave = next((one for one in waves if one.number == event.stamp), None)
        if task is None or wave is None:
            return
        ended = self._work.end(task, wave, event.at_s)
        is_last = not task.queued and not task.started
        self._slots.want(task, -ended, event.at_s)
        self._slots.give_back(task, len(wave.instances), is_last=is_last)
        self._world.changed(KIND, task)
        if is_last:
            task.track.give_up_steps()
            self._enter_and_plan(task, "UploadingResults", event.at_s)
        elif task.queued:
            self._world.waiting_tasks.add(task.host, task.uuid)
        self._world.timeline.plan(event.at_s, SLOTS_FREE, task.host)

    def _on_slots_free(self, event: Event) -> None:
        self.serve(event.subject, event.at_s)
        self.serve_all(event.at_s)  # one running task less: others may be next wherever they wait
        if event.subject == ACCOUNT and self._world.waiting_pools:
            self._world.timeline.plan(event.at_s, ROOM_MADE, ACCOUNT)

    def _end(self, task: Task, at_s: float) -> None:
        failed = task.ended_in("Failure")
        if failed:
            code = next(one.exit_code for one in task.ended if one.state == "Failure")
            message = f"Instance {failed[0]} exited with code {code}"
            task.errors.append({"code": "GHX0600E", "message": message, "debug": None})
        self._finish(task, "Failure" if failed else "Success", at_s)

    def _fail(self, task: Task, code: str, message: str, at_s: float) -> None:
        self._stop(task, "Failure", at_s)
        task.errors.append({"code": code, "message": message, "debug": None})
        self._finish(task, "Failure", at_s)

    def _finish(self, task: Task, state: str, at_s: float) -> None:
        self._world.enter(KIND, task, state, at_s)
        self._tell_dependants(task, at_s)
        if task.fields["jobUuid"]:
            self._world.timeline.plan(at_s, TASK_ENDED, task.fields["jobUuid"])

    def _tell_dependants(self, task: Task, at_s: float) -> None:
        gone = frozenset() if task.is_over else frozenset({task.uuid})
        for uuid in self._world.dependants.pop(task.uuid):
            other = self._world.tasks.get(uuid)
            if other is None or other.state != "Submitted" or other.dependency_state == FULFILLED:
                continue
            other.dependency_state = state_of(self._world, other, gone)
            other.rendered.pop("state", None)
            self._go_on(other, at_s)

    def _on_queue_end(self, event: Event) -> None:
        task = self._of(event)
        if task is not None and task.state == "Submitted":
            message = "No resources were found in the time allowed."
            self._fail(task, "GHX0700E", message, event.at_s)

    def _on_gone(self, event: Event) -> None:
        task = self._of(event)
        if task is not None:
            self._remove(task, event.at_s)

    def _on_pool_ended(self, event: Event) -> None:
        self.serve(ACCOUNT, event.at_s)
        if self._world.switches["close_pool_tasks"] == "keep":
            return
        for uuid in self._world.tasks_of_pool.of(event.subject):
            task = self._world.tasks.get(uuid)
            if task is not None and task.is_active:
                self.cancel(task, event.at_s)

    def place(self, task: Task, state: str, at_s: float) -> None:
        """Put a task of a seeded world into a final state."""
        ended = {"Success": "Success", "Failure": "Failure"}.get(state, "Cancelled")
        self._stop(task, ended, at_s)
        self._finish(task, state, at_s)

    def resume(self) -> None:
        """Find the relations of the tasks of a kept world again."""
        for task in self._world.tasks:
            if task.host:
                self._world.tasks_of_pool.add(task.host, task.uuid)
            if task.fields["jobUuid"]:
                self._world.tasks_of_job.add(task.fields["jobUuid"], task.uuid)
            for uuid, _ in wanted_of(task.fields):
                if not task.is_over:
                    self._world.dependants.add(uuid, task.uuid)
        self._slots.resume()
