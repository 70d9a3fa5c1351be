"""What the instances of a task do: they start, print, end well or badly, and are tried again."""

from reconciler.sandbox.qarnot.command import command_of
from reconciler.sandbox.qarnot.failing import failing_instances, is_failing
from reconciler.sandbox.qarnot.task import Ended, Task
from reconciler.sandbox.qarnot.times import date_text
from reconciler.sandbox.qarnot.world import World

_ORDERED_EXIT_CODE = 1


class TaskWork:
    """Begins and ends waves of instances."""

    def __init__(self, world: World) -> None:
        self._world = world

    def begin(self, task: Task, at_s: float) -> None:
        """The started instances begin to work."""
        task.wave_s = at_s
        task.time.change(len(task.started), at_s)
        date = date_text(int(at_s))
        lines = command_of(task.fields["constants"]).lines
        for instance in task.started:
            task.attempts[instance] = task.attempts.get(instance, 0) + 1
            task.stdout.add(instance, f"[{date}] instance {instance} of {task.name} started")
            for line in lines:
                task.stdout.add(instance, line)

    def end_wave(self, task: Task, at_s: float) -> int:
        """The started instances end; those that may be tried again are queued.

        Returns how many have ended for good.
        """
        task.time.change(0, at_s)
        codes = self._exit_codes(task)
        ended = 0
        for instance in task.started:
            code = codes.get(instance, 0)
            if code:
                task.stderr.add(instance, f"instance {instance} exited with code {code}")
            if code and self._may_try_again(task, instance):
                task.queued.append(instance)
                continue
            state, worked_s = "Failure" if code else "Success", at_s - task.wave_s
            task.ended.append(_ended(task, instance, state, worked_s, code))
            ended += 1
        task.started = []
        return ended

    def stop(self, task: Task, state: str, at_s: float) -> None:
        """Every instance that has not ended ends in this state."""
        task.time.change(0, at_s)
        worked_s = at_s - task.wave_s
        task.ended += [_ended(task, instance, state, worked_s) for instance in task.started]
        task.ended += [_ended(task, instance, state, 0.0) for instance in task.queued]
        task.started, task.queued = [], []

    def _exit_codes(self, task: Task) -> dict[int, int]:
        code = command_of(task.fields["constants"]).exit_code
        if code:
            return dict.fromkeys(task.started, code)
        if is_failing(self._world.switches, task.name):
            return dict.fromkeys(task.started, _ORDERED_EXIT_CODE)
        ordered = failing_instances(self._world.switches, task.name)
        return dict.fromkeys(ordered, _ORDERED_EXIT_CODE)

    def _may_try_again(self, task: Task, instance: int) -> bool:
        settings = task.fields["retrySettings"]
        total, own = settings["maxTotalRetries"] or 0, settings["maxPerInstanceRetries"] or 0
        if not total and not own:
            return False
        tried = sum(attempts - 1 for attempts in task.attempts.values())
        waiting = sum(1 for one in task.queued if task.attempts.get(one))
        is_in_total = not total or tried + waiting < total
        return is_in_total and (not own or task.attempts[instance] <= own)


def _ended(task: Task, instance: int, state: str, seconds: float, code: int = 0) -> Ended:
    return Ended(instance, state, seconds, task.attempts.get(instance, 0), code)
