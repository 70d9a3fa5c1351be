"""What the instances of a task do: they start, print, end well or badly, and are tried again."""

from reconciler.sandbox.qarnot.command import command_of
from reconciler.sandbox.qarnot.failing import failing_instances, is_failing
from reconciler.sandbox.qarnot.task import Ended, Task, Wave
from reconciler.sandbox.qarnot.times import date_text
from reconciler.sandbox.qarnot.world import World

_ORDERED_EXIT_CODE = 1


class TaskWork:
    """Begins and ends waves of instances."""

    def __init__(self, world: World) -> None:
        self._world = world

    def begin(self, task: Task, at_s: float) -> int:
        """The dispatched instances begin to work, as a wave; returns its number."""
        task.begun_waves += 1
        wave = Wave(task.begun_waves, at_s, task.dispatched)
        task.dispatched = []
        task.waves.append(wave)
        task.time.change(len(task.started), at_s)
        date = date_text(int(at_s))
        lines = command_of(task.fields["constants"]).lines
        for instance in wave.instances:
            task.attempts[instance] = task.attempts.get(instance, 0) + 1
            task.stdout.add(instance, f"[{date}] instance {instance} of {task.name} started")
            for line in lines:
                task.stdout.add(instance, line)
        return wave.number

    def end(self, task: Task, wave: Wave, at_s: float) -> int:
        """The instances of a wave end; those that may be tried again are queued.

        Returns how many have ended for good.
        """
        task.waves.remove(wave)
        task.time.change(len(task.started), at_s)
        codes = self._exit_codes(task, wave)
        ended = 0
        for instance in wave.instances:
            code = codes.get(instance, 0)
            if code:
                task.stderr.add(instance, f"instance {instance} exited with code {code}")
            if code and self._may_try_again(task, instance):
                task.queued.append(instance)
                continue
            state, worked_s = "Failure" if code else "Success", at_s - wave.began_s
            task.ended.append(_ended(task, instance, state, worked_s, code))
            ended += 1
        return ended

    def stop(self, task: Task, state: str, at_s: float) -> None:
        """Every instance that has not ended ends in this state."""
        for wave in task.waves:
            worked_s = at_s - wave.began_s
            task.ended += [_ended(task, one, state, worked_s) for one in wave.instances]
        task.ended += [_ended(task, one, state, 0.0) for one in (*task.dispatched, *task.queued)]
        task.waves, task.dispatched, task.queued = [], [], []
        task.time.change(0, at_s)

    def _exit_codes(self, task: Task, wave: Wave) -> dict[int, int]:
        code = command_of(task.fields["constants"]).exit_code
        if code:
            return dict.fromkeys(wave.instances, code)
        if is_failing(self._world.switches, task.name):
            return dict.fromkeys(wave.instances, _ORDERED_EXIT_CODE)
        ordered = failing_instances(self._world.switches, task.name)
        return dict.fromkeys(ordered, _ORDERED_EXIT_CODE)

    def _may_try_again(self, task: Task, instance: int) -> bool:
        settings = task.fields["retrySettings"]
        total, own = settings["maxTotalRetries"] or 0, settings["maxPerInstanceRetries"] or 0
        if not total and not own:
            return False
        tried = sum(attempts - 1 for attempts in task.attempts.values())
        waiting = sum(1 for one in (*task.queued, *task.dispatched) if task.attempts.get(one))
        is_in_total = not total or tried + waiting < total
        return is_in_total and (not own or task.attempts[instance] <= own)


def _ended(task: Task, instance: int, state: str, seconds: float, code: int = 0) -> Ended:
    return Ended(instance, state, seconds, task.attempts.get(instance, 0), code)
