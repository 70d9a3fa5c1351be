"""GET /api/jobs.

Source: Deadline 10 REST pages, jobs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from reconciler.sandbox.deadline.job import Job, JobStat, TaskStat
from reconciler.sandbox.deadline.shapes import Shapes, state_text
from reconciler.sandbox.deadline.transport import (
    Asked,
    array_answer,
    failed,
    invalid,
    json_answer,
    json_text,
)
from reconciler.sandbox.deadline.world import World
from reconciler.sandbox.vendor import Answer, Json

_STATES = {stat.name.lower(): stat for stat in JobStat}


class JobLists:
    """Answers every form of the read."""

    def __init__(self, world: World, shapes: Shapes) -> None:
        self._world = world
        self._shapes = shapes

    def read(self, asked: Asked) -> Answer:
        """Whole jobs, ids, details or statistics, of all jobs or of those asked for."""
        ids = asked.names("JobID")
        if asked.flag("Details"):
            return self._keyed(ids, lambda job: {"Job": {"Status": state_text(job)}})
        if asked.flag("Statistics"):
            return self._keyed(ids, _statistics)
        if asked.flag("Deleted"):
            return self._deleted(asked, ids)
        if ids:
            return self._answer(asked, self._found(ids, self._world.jobs))
        jobs = list(self._world.jobs.values())
        if "States" in asked.call.query:
            wanted = self._states(asked)
            jobs = [job for job in jobs if job.stat in wanted]
        return self._answer(asked, _visible(asked, jobs))

    def _states(self, asked: Asked) -> set[JobStat]:
        words = [word.lower() for word in asked.names("States")]
        reading = self._world.switches["unknown_state_word"]
        unknown = next((word for word in words if word not in _STATES), None)
        if unknown is not None and reading == "error":
            raise failed(f"unknown state {unknown[:60]}.")
        if unknown is not None and reading == "empty":
            return set()
        return {_STATES[word] for word in words if word in _STATES}

    def _found(self, ids: Iterable[str], jobs: Mapping[str, Job]) -> list[Job]:
        known = dict.fromkeys(ids)
        unknown = next((job_id for job_id in known if job_id not in jobs), None)
        if unknown is not None and self._world.switches["unknown_job_read"] == "error":
            raise failed(f"no job with ID {unknown}.")
        return [jobs[job_id] for job_id in known if job_id in jobs]

    def _deleted(self, asked: Asked, ids: list[str]) -> Answer:
        if ids:
            return self._answer(asked, self._found(ids, self._world.deleted))
        if self._world.switches["deleted_without_id"] == "refuse" and not asked.flag("IdOnly"):
            raise invalid("at least one job ID is needed.")
        return self._answer(asked, _visible(asked, self._world.deleted.values()))

    def _answer(self, asked: Asked, jobs: Sequence[Job]) -> Answer:
        if asked.call.duplicates_page:
            jobs = [*jobs, *jobs]
        if asked.flag("IdOnly"):
            return json_answer([job.job_id for job in jobs])
        return array_answer(self._shapes.job_texts(jobs), len(jobs))

    def _keyed(self, ids: list[str], shown: Callable[[Job], Json]) -> Answer:
        if not ids:
            raise invalid("at least one job ID is needed.")
        return json_answer({job.job_id: shown(job) for job in self._found(ids, self._world.jobs)})

    def one(self, job: Job) -> Answer:
        """One whole job, not in an array."""
        return Answer(200, self._shapes.job_text(job).encode())

    def several(self, jobs: Iterable[Job]) -> Answer:
        """The answer to a submission of several jobs, whose shape is unpublished."""
        match self._world.switches["batch_answer"]:
            case "jobs":
                return Answer(200, f"[{','.join(self._shapes.job_texts(jobs))}]".encode())
            case _:
                return Answer(200, json_text([{"_id": job.job_id} for job in jobs]).encode())


def _visible(asked: Asked, jobs: Iterable[Job]) -> list[Job]:
    """The jobs of a whole list, which may be late by a planned fault."""
    latest_s = asked.now_s - asked.call.slow_list_s
    return [
        job
        for job in jobs
        if job.listed_from_s <= asked.now_s
        and (not asked.call.slow_list_s or job.date_s <= latest_s)
    ]


def _statistics(job: Job) -> dict[str, Json]:
    return {
        "JobID": job.job_id,
        "TaskCount": len(job.tasks),
        "CompletedTasks": job.counts[TaskStat.COMPLETED],
        "ErrorCount": job.errors,
    }
