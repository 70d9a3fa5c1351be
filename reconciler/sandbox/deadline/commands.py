"""State commands of jobs and of single tasks.

Source: Deadline 10 REST pages and the standalone Python API for what each acts on; manual. The
states from which a command is sensible are the sandbox's reading.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.sandbox.deadline.job import Job, JobStat, Task, TaskStat
from reconciler.sandbox.deadline.job_life import JobLife
from reconciler.sandbox.deadline.pending import has_conditions, is_free
from reconciler.sandbox.deadline.rendering import Rendering
from reconciler.sandbox.deadline.transport import failed
from reconciler.sandbox.deadline.world import World

_J, _T = JobStat, TaskStat


@dataclass(frozen=True, slots=True)
class _Command:
    """From which job states it is sensible, and where it brings tasks of which states."""

    sensible: frozenset[JobStat]
    moves: frozenset[TaskStat]
    to: TaskStat
    ordered: JobStat | None = None


def _command(
    sensible: Iterable[JobStat],
    moves: Iterable[TaskStat],
    to: TaskStat,
    ordered: JobStat | None = None,
) -> _Command:
    return _Command(frozenset(sensible), frozenset(moves), to, ordered)


_WAITING = (_T.QUEUED, _T.PENDING)
_BOUND = {_J.ACTIVE, _J.PENDING}
_UNDONE = set(_J) - {_J.COMPLETED}
COMMANDS: Mapping[str, _Command] = {
    "suspend": _command(_BOUND, (*_WAITING, _T.RENDERING), _T.SUSPENDED, _J.SUSPENDED),
    "suspendnonrendering": _command(_BOUND, _WAITING, _T.SUSPENDED, _J.SUSPENDED),
    "resume": _command({_J.SUSPENDED}, {_T.SUSPENDED}, _T.QUEUED),
    "resumefailed": _command({_J.FAILED}, {_T.FAILED}, _T.QUEUED),
    "requeue": _command(set(_J) - {_J.PENDING}, {_T.RENDERING, _T.COMPLETED}, _T.QUEUED),
    "pend": _command({_J.ACTIVE, _J.SUSPENDED}, {_T.QUEUED, _T.SUSPENDED}, _T.PENDING),
    "releasepending": _command({_J.PENDING}, {_T.PENDING}, _T.QUEUED),
    "complete": _command(_UNDONE, set(_T) - {_T.COMPLETED}, _T.COMPLETED, _J.COMPLETED),
    "fail": _command(
        _UNDONE - {_J.FAILED}, set(_T) - {_T.COMPLETED, _T.FAILED}, _T.FAILED, _J.FAILED
    ),
}
TASK_COMMANDS = frozenset(COMMANDS) - {"suspendnonrendering"}


class Commands:
    """Carries out state commands; every method takes the virtual time it happens at."""

    def __init__(self, world: World, life: JobLife, rendering: Rendering) -> None:
        self._world = world
        self._life = life
        self._rendering = rendering

    def of_job(self, job: Job, name: str, at_s: float) -> None:
        """A command for the whole job.

        Raises:
            Refused: 500, the state does not allow it and the switch says so.
        """
        command = COMMANDS[name]
        is_sensible = job.stat in command.sensible
        if name == "pend":
            is_sensible = is_sensible and has_conditions(job)
        if not is_sensible:
            self.refuse_state(f"job {job.job_id} can't {name} in its state.")
            return
        was_suspended = job.stat == JobStat.SUSPENDED
        to = self._waiting_again(name, command.to, was_suspended=was_suspended)
        job.is_released = name == "releasepending" or (job.is_released and name != "pend")
        self._move(job, job.all_tasks(), name, to, at_s)
        job.ordered = command.ordered
        if to == TaskStat.SUSPENDED and name == "requeue":
            job.ordered = JobStat.SUSPENDED
        self._life.changed(job, at_s)

    def of_tasks(self, job: Job, tasks: list[Task], name: str, at_s: float) -> None:
        """A command for some tasks of a job.

        Raises:
            Refused: 500, no task is in a state that allows it and the switch says so.
        """
        command = COMMANDS[name]
        moving = [one for one in tasks if (one.leaving or one.stat) in command.moves]
        if not moving:
            self.refuse_state(f"no task can {name} in its state.")
            return
        was_suspended = job.stat == JobStat.SUSPENDED
        to = self._waiting_again(name, command.to, was_suspended=was_suspended)
        self._move(job, moving, name, to, at_s)
        self._life.changed(job, at_s)

    def refuse_state(self, text: str) -> None:
        """Nothing, as a command that changes nothing answers success.

        Raises:
            Refused: 500, when the switch says so.
        """
        if self._world.switches["wrong_state"] == "error":
            raise failed(text)

    def _waiting_again(self, name: str, to: TaskStat, *, was_suspended: bool) -> TaskStat:
        stays = self._world.switches["requeue_suspended"] == "stays"
        return TaskStat.SUSPENDED if name == "requeue" and was_suspended and stays else to

    def _move(self, job: Job, tasks: Iterable[Task], name: str, to: TaskStat, at_s: float) -> None:
        is_kept = self._world.switches["resumefailed_errors"] == "kept"
        may_pend = name == "resume" and self._world.switches["resume_unmet"] == "pending"
        for task in list(tasks):
            if (task.leaving or task.stat) not in COMMANDS[name].moves:
                continue
            if name == "resumefailed" and not is_kept:
                job.errors -= min(task.errors, job.errors)
                task.errors = 0
            is_held = may_pend and not is_free(self._world, job, task, at_s)
            self._rendering.move(job, task, TaskStat.PENDING if is_held else to, at_s)
