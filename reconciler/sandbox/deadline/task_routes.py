"""/api/tasks.

Source: Deadline 10 REST pages, tasks; real answers for the container and for what a missing
TaskList means.
"""

from reconciler.sandbox.deadline.commands import TASK_COMMANDS, Commands
from reconciler.sandbox.deadline.job import Job, Task
from reconciler.sandbox.deadline.shapes import Shapes
from reconciler.sandbox.deadline.transport import (
    Asked,
    Success,
    failed,
    invalid,
    json_answer,
    text_of,
)
from reconciler.sandbox.deadline.world import World
from reconciler.sandbox.vendor import Answer, Json


class TaskRoutes:
    """Reads and commands."""

    def __init__(self, world: World, commands: Commands) -> None:
        self._world = world
        self._commands = commands
        self._shapes = Shapes(world)
        self._success = Success(world.switches)

    def get(self, asked: Asked) -> Answer:
        """The tasks of a job, their numbers, or one of them."""
        job = self._world.asked_job(asked)
        number = asked.query("TaskID")
        if asked.flag("IdOnly"):
            return json_answer([task.number for task in job.tasks])
        if number is None:
            return json_answer(self._shapes.tasks(job))
        task = self._shapes.task(job, _task(job, number))
        return json_answer([task] if self._world.switches["one_task"] == "list" else task)

    def put(self, asked: Asked) -> Answer:
        """Commands; without a task list they are for all tasks."""
        body = asked.body()
        command = text_of(body, "Command").lower()
        if command not in TASK_COMMANDS:
            raise failed(f"invalid command {command[:60]}.")
        job = self._world.known_job(text_of(body, "JobID"))
        numbers = _numbers(body.get("TaskList"))
        tasks = [_task(job, number) for number in numbers] or self._all(job)
        if tasks:
            self._commands.of_tasks(job, tasks, command, asked.now_s)
        return self._success()

    def _all(self, job: Job) -> list[Task]:
        match self._world.switches["empty_task_list"]:
            case "all":
                return list(job.tasks)
            case "error":
                raise failed("no task was named.")
            case _:
                return []


def _numbers(value: Json) -> list[Json]:
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def _task(job: Job, number: Json) -> Task:
    try:
        found = job.task(int(number)) if isinstance(number, str | int) else None
    except ValueError:
        raise invalid("TaskID must be an integer.") from None
    if found is None:
        raise failed(f"job {job.job_id} has no task {str(number)[:20]}.")
    return found
