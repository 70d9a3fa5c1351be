"""What will become of a new job: its executions with their times and their ends.

Source: reference of the compute API, v1, for what makes a task fail.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice

from reconciler.sandbox.flow.answers import service_error
from reconciler.sandbox.flow.by_name import is_chosen, number_for
from reconciler.sandbox.flow.job import CANCELED, FAILED, SUCCEEDED, Execution, Job
from reconciler.sandbox.flow.machines import shortfall
from reconciler.sandbox.flow.payload import AskedRun, asked_runs
from reconciler.sandbox.flow.spaces import Spaces
from reconciler.sandbox.flow.world import World
from reconciler.sandbox.vendor import Json

_EXECUTOR = "bifrost"


@dataclass(frozen=True, slots=True)
class _Run:
    """One run of a task: the name it is shown under, its place, and what was asked."""

    shown: str
    index: int
    task: Json
    asked: AskedRun


@dataclass(frozen=True, slots=True)
class _End:
    """How long an execution takes, and how it ends."""

    seconds: float
    outcome: str = SUCCEEDED
    detail: str = ""


class Planner:
    """Plans the lives of jobs."""

    def __init__(self, world: World, spaces: Spaces) -> None:
        self._world = world
        self._spaces = spaces

    def check(self, app: str, tasks: list[Json]) -> None:
        """Nothing, when the service takes executors and inputs as they are.

        Raises:
            Refused: 400, where a switch says so.
        """
        switches = self._world.switches
        for i, task in enumerate(tasks):
            plain = task.get("task", task)
            if switches["unknown_executor"] == "refuse" and _executor(plain) != _EXECUTOR:
                raise service_error(400, f"tasks[{i}].executor: {_executor(plain)} is not known")
            if switches["unresolved_input"] == "refuse":
                self._refuse_unresolved(app, plain, f"tasks[{i}]")

    def _refuse_unresolved(self, app: str, task: Json, path: str) -> None:
        for run in islice(asked_runs(task), self._world.switches["most_executions"]):
            for uri in run.uris:
                if not self._spaces.resolves(app, uri):
                    raise service_error(400, f"{path}: {uri} does not resolve")

    def plan(self, job: Job) -> None:
        """Give the job its executions, and the times and ends of all."""
        switches = self._world.switches
        begins_s = job.created_s + switches["queued_s"]
        most = switches["most_executions"]
        runs = list(islice(self._runs(job), most + 1))
        job.started_s = begins_s
        if len(runs) > most:
            job.ended_s, job.outcome = begins_s, FAILED
            job.error = _error("Job failed", f"it has more than {most} executions")
            return
        resolves = cache(partial(self._spaces.resolves, job.app))
        slots = [begins_s] * switches["parallel_executions"]
        for run in runs:
            end = self._end(job, run, resolves)
            started_s = slots[0]
            heapq.heapreplace(slots, started_s + end.seconds)
            job.executions.append(self._execution(run, started_s, end))
        job.ended_s = max((one.ended_s or 0.0 for one in job.executions), default=begins_s)
        self._conclude(job)

    def _conclude(self, job: Job) -> None:
        ends = {one.outcome: one for one in reversed(job.executions)}
        job.outcome = next((word for word in (FAILED, CANCELED) if word in ends), SUCCEEDED)
        if job.outcome == FAILED:
            first = ends[FAILED]
            job.error = _error("Task failed", f"task '{first.task}': {first.error['detail']}")

    def _runs(self, job: Job) -> Iterator[_Run]:
        is_inner = self._world.switches["map_task_name"] == "inner"
        for task in job.tasks:
            plain = task.get("task", task)
            shown = plain["name"] if is_inner else task["name"]
            asked = (run for _ in range(self._values(task)) for run in asked_runs(plain))
            yield from (_Run(shown, i, plain, run) for i, run in enumerate(asked))

    def _values(self, task: Json) -> int:
        if "task" not in task:
            return 1
        found = number_for(self._world.switches["map_values"], task["values"]["source"])
        return 1 if found is None else found

    def _end(self, job: Job, run: _Run, resolves: Callable[[str], bool]) -> _End:
        switches = self._world.switches
        names = (job.name or "", run.shown, f"{job.name or ''}/{run.shown}")
        wanted = run.task.get("requirements", {})
        refusal = shortfall(wanted.get("cpu", 1), wanted.get("memory", 1))
        missing = next((uri for uri in run.asked.uris if not resolves(uri)), None)
        if refusal is None and missing is not None and switches["unresolved_input"] == "fail":
            refusal = f"input {missing} does not resolve"
        if switches["unknown_executor"] == "fail" and _executor(run.task) != _EXECUTOR:
            refusal = f"there is no executor {_executor(run.task)}"
        if refusal is not None:
            return _End(0.0, FAILED, refusal)
        own_s = number_for(switches["seconds_by_name"], *names)
        seconds = float(switches["execution_s"] * run.asked.frames if own_s is None else own_s)
        most_s = run.task.get("limitations", {}).get("maxExecutionTimeInSeconds")
        if most_s is not None and seconds > most_s:
            return _End(float(most_s), switches["overtime"], f"ran longer than {most_s} s")
        if is_chosen(switches["failing_names"], run.index, *names):
            return _End(seconds, FAILED, "the evaluation ended with an error")
        return _End(seconds)

    def _execution(self, run: _Run, started_s: float, end: _End) -> Execution:
        is_good = end.outcome == SUCCEEDED
        new = self._world.new_uuid
        return Execution(
            id=new(),
            task=run.shown,
            index=run.index,
            started_s=started_s,
            ended_s=started_s + end.seconds,
            outcome=end.outcome,
            error=_error("Execution failed", end.detail) if end.outcome == FAILED else None,
            log=(f"{_executor(run.task)}.log", new()),
            outputs=[(name, new()) for name in run.asked.outputs] if is_good else [],
        )


def _error(title: str, detail: str) -> Json:
    return {"title": title, "detail": detail}


def _executor(task: Json) -> str:
    executor = task["executor"]
    return str(executor["name"] if isinstance(executor, dict) else executor)
