"""A world as JSON: the truth for tests, and the file that is kept."""

import dataclasses
import json
from collections import Counter
from typing import Any

from reconciler.sandbox.deadline.job import Job, JobStat, Task, TaskStat
from reconciler.sandbox.deadline.job_routes import archive_path
from reconciler.sandbox.deadline.limit import Limit
from reconciler.sandbox.deadline.reports import Report, ReportType
from reconciler.sandbox.deadline.shapes import Shapes
from reconciler.sandbox.deadline.worker import Worker, WorkerStat
from reconciler.sandbox.deadline.world import World
from reconciler.sandbox.sandbox import WorldError
from reconciler.sandbox.settings import SettingError, restore_tables
from reconciler.sandbox.vendor import Json

_PLACES = ("jobs", "deleted", "archived")
_PLAIN = ("made_ids", "pools", "groups", "users", "history", "pending")


def objects(world: World) -> Json:
    """Every object as stored, by the names of the resources."""
    shapes = Shapes(world)

    def job(one: Job) -> Json:
        tasks = [shapes.task(one, task) for task in one.all_tasks()]
        return json.loads(shapes.job_text(one)) | {"tasks": tasks, "history": one.history}

    def worker(one: Worker) -> Json:
        return {"Info": shapes.worker_info(one), "Settings": shapes.worker_settings(one)}

    return {
        "jobs": [job(one) for one in world.jobs.values()],
        "deleted": [job(one) for one in world.deleted.values()],
        "archived": [job(one) | {"File": archive_path(one)} for one in world.archived.values()],
        "pools": [_named(name, world, "pools") for name in world.pools],
        "groups": [_named(name, world, "groups") for name in world.groups],
        "limits": [
            shapes.limit(one) | {"holders": sorted(set(one.holders.values()))}
            for one in world.limits.values()
        ],
        "workers": [{"_id": one.name.lower()} | worker(one) for one in world.workers.values()],
        "history": world.history,
    }


def _named(name: str, world: World, listed: str) -> Json:
    carriers = [one.name for one in world.workers.values() if name in getattr(one, listed)]
    return {"_id": name, "workers": carriers}


def saved(world: World) -> Json:
    """The world as JSON, for `restore`."""
    return {
        "seed": world.seed,
        **{name: getattr(world, name) for name in _PLAIN},
        **{name: table.values() for name, table in world.tables().items()},
        "timeline": world.timeline.saved(),
        **{place: [_saved_job(one) for one in getattr(world, place).values()] for place in _PLACES},
        "limits": [_saved_limit(one) for one in world.limits.values()],
        "workers": [_values(one) for one in world.workers.values()],
        "reports": {
            job_id: [_values(one) for one in reports] for job_id, reports in world.reports.items()
        },
    }


def _values(one: Any) -> dict[str, Json]:
    return {field.name: getattr(one, field.name) for field in dataclasses.fields(one)}


def _saved_task(task: Task | None) -> Json:
    return None if task is None else list(_values(task).values())


def _saved_job(job: Job) -> Json:
    kept = _values(job)
    kept["tasks"] = [_saved_task(task) for task in job.tasks]
    kept["pre_task"], kept["post_task"] = _saved_task(job.pre_task), _saved_task(job.post_task)
    return {
        name: value for name, value in kept.items() if name not in {"counts", "stat", "rendered"}
    }


def _saved_limit(limit: Limit) -> Json:
    held = [[*key, worker] for key, worker in limit.holders.items()]
    return _values(limit) | {"holders": held}


def restore(world: World, kept: Json) -> None:
    """Fill a new world with what `saved` gave.

    Raises:
        WorldError: it is not what `saved` gives.
    """
    try:
        restore_tables(world.tables(), kept)
        world.seed = kept["seed"]
        for name in _PLAIN:
            setattr(world, name, kept[name])
        for place in _PLACES:
            for one in kept[place]:
                job = _restored_job(one)
                getattr(world, place)[job.job_id] = job
        _restore_farm(world, kept)
        world.timeline.restore([tuple(event) for event in kept["timeline"]])
    except (AttributeError, LookupError, TypeError, ValueError, SettingError) as error:
        raise WorldError(f"the kept world of deadline is damaged: {error!r}") from error
    for job in world.jobs.values():
        world.queue.put(job)


def _restore_farm(world: World, kept: Json) -> None:
    for one in kept["limits"]:
        held = {(job_id, number): worker for job_id, number, worker in one["holders"]}
        world.limits[one["name"].lower()] = Limit(**{**one, "holders": held})
    for one in kept["workers"]:
        running = [(job_id, number) for job_id, number in one["running"]]
        parts = {"stat": WorkerStat(one["stat"]), "running": running}
        world.workers[one["name"].lower()] = Worker(**{**one, **parts})
    for job_id, reports in kept["reports"].items():
        world.reports[job_id] = [
            Report(**{**one, "kind": ReportType(one["kind"])}) for one in reports
        ]


def _restored_job(kept: Json) -> Job:
    ordered = kept["ordered"]
    parts = {
        "tasks": [_restored_task(one) for one in kept["tasks"]],
        "pre_task": _restored_script(kept["pre_task"]),
        "post_task": _restored_script(kept["post_task"]),
        "ordered": None if ordered is None else JobStat(ordered),
        "worker_errors": Counter(kept["worker_errors"]),
    }
    job = Job(**{**kept, **parts})
    job.recount()
    return job


def _restored_script(kept: Json) -> Task | None:
    return None if kept is None else _restored_task(kept)


def _restored_task(kept: Json) -> Task:
    names = [field.name for field in dataclasses.fields(Task)]
    values = dict(zip(names, kept, strict=True))
    leaving = values["leaving"]
    parts = {
        "frames": tuple(values["frames"]),
        "stat": TaskStat(values["stat"]),
        "leaving": None if leaving is None else TaskStat(leaving),
    }
    return Task(**{**values, **parts})
