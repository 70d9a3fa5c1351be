"""/api/slaves and /api/slavesrenderingjob.

Source: Deadline 10 REST pages, workers.
"""

from collections.abc import Mapping

from reconciler.sandbox.deadline.job_life import JobLife
from reconciler.sandbox.deadline.rendering import Rendering
from reconciler.sandbox.deadline.reports import report_json
from reconciler.sandbox.deadline.shapes import Shapes
from reconciler.sandbox.deadline.transport import (
    Asked,
    Success,
    failed,
    invalid,
    json_answer,
    needed,
    text_answer,
    text_of,
)
from reconciler.sandbox.deadline.worker import GONE, OWN_SETTINGS, Worker, WorkerStat
from reconciler.sandbox.deadline.world import World
from reconciler.sandbox.vendor import Answer, Json

_LISTS = {"Pools": "pools", "Grps": "groups"}


class WorkerRoutes:
    """The routes of workers."""

    def __init__(self, world: World, life: JobLife, rendering: Rendering) -> None:
        self._world = world
        self._life = life
        self._rendering = rendering
        self._shapes = Shapes(world)
        self._success = Success(world.switches)

    def get(self, asked: Asked) -> Answer:
        """Names, what workers are and do, how they are set, what they reported."""
        if asked.flag("NamesOnly"):
            return json_answer([one.name for one in self._world.workers.values()])
        workers = self._named(asked)
        match (asked.query("Data") or "infosettings").lower():
            case "info":
                return json_answer([self._shapes.worker_info(one) for one in workers])
            case "settings":
                return json_answer([self._shapes.worker_settings(one) for one in workers])
            case "infosettings":
                return json_answer([self._both(one) for one in workers])
            case "reports":
                return self._reports(workers, is_contents=False)
            case "reportcontents":
                return self._reports(workers, is_contents=True)
            case "history":
                lines = [line for one in workers for line in one.history]
                return json_answer(lines) if lines else text_answer(200, "No history entries.")
        raise invalid("Data is not known.")

    def _both(self, worker: Worker) -> Json:
        info, settings = self._shapes.worker_info(worker), self._shapes.worker_settings(worker)
        return {"Info": info, "Settings": settings}

    def _named(self, asked: Asked) -> list[Worker]:
        if "Name" not in asked.call.query:
            return list(self._world.workers.values())
        found = (self._world.workers.get(name.lower()) for name in asked.names("Name"))
        return [worker for worker in found if worker is not None]

    def _reports(self, workers: list[Worker], *, is_contents: bool) -> Answer:
        names = {worker.name for worker in workers}
        farm = {**self._world.jobs, **self._world.deleted}
        found = [
            (farm[job_id], report)
            for job_id, reports in self._world.reports.items()
            for report in reports
            if report.worker in names and job_id in farm
        ]
        if not found:
            return text_answer(200, "No reports.")
        if is_contents:
            return json_answer([report.text for _, report in found])
        offset_min = self._world.switches["utc_offset_min"]
        return json_answer([report_json(job, report, offset_min) for job, report in found])

    def put(self, asked: Asked) -> Answer:
        """Save the settings of a worker, or what it says of itself."""
        body = asked.body()
        command = text_of(body, "Command").lower()
        match command:
            case "savesettings":
                self._save_settings(_object(body, "SlaveSettings"), asked.now_s)
            case "saveinfo":
                self._save_info(_object(body, "SlaveInfo"), asked.now_s)
            case _:
                raise failed(f"invalid command {command[:60]}.")
        self._life.want_scan(asked.now_s + self._world.switches["dequeue_s"])
        return self._success()

    def _known(self, sent: Mapping[str, Json]) -> Worker:
        name = sent.get("Name") or sent.get("_id")
        worker = self._world.workers.get(name.lower()) if isinstance(name, str) else None
        if worker is None:
            raise failed(f"there is no Worker {str(name)[:60]}.")
        return worker

    def _save_settings(self, sent: dict[str, Json], at_s: float) -> None:
        worker = self._known(sent)
        found = {name: sent[name] for name in OWN_SETTINGS & sent.keys()}
        lists = {name: sent[name] for name in _LISTS if name in sent}
        _check_types(found, worker.settings)
        _check_types(lists, {name: [] for name in _LISTS})
        worker.settings |= found
        for name, value in lists.items():
            setattr(worker, _LISTS[name], list(value))
        if not worker.may_render:
            self._rendering.put_out(worker, at_s)

    def _save_info(self, sent: dict[str, Json], at_s: float) -> None:
        worker = self._known(sent)
        found = {name: sent[name] for name in worker.measured.keys() & sent.keys()}
        _check_types(found, worker.measured)
        worker.measured |= found
        try:
            stat = WorkerStat(sent.get("Stat", worker.stat))
        except ValueError as error:
            raise failed("Stat is not known.") from error
        if stat in GONE:
            self._rendering.put_out(worker, at_s)
        elif worker.running:
            stat = WorkerStat.RENDERING
        if stat != worker.stat:
            worker.stat, worker.since_s = stat, at_s

    def delete(self, asked: Asked) -> Answer:
        """Remove a worker; what it renders is queued again."""
        names = asked.names("Name")
        if not names:
            raise invalid("at least one Worker is needed.")
        for worker in self._named(asked):
            self._rendering.put_out(worker, asked.now_s)
            del self._world.workers[worker.name.lower()]
        return self._success()

    def get_rendering(self, asked: Asked) -> Answer:
        """Names, or addresses, of the workers that render a job."""
        job_id = self._world.asked_job(asked).job_id
        key = "IP" if asked.flag("GetIpAddress") else None
        busy = [
            one
            for one in self._world.workers.values()
            if any(running[0] == job_id for running in one.running)
        ]
        return json_answer([one.measured[key] if key else one.name for one in busy])


def _object(body: dict[str, Json], key: str) -> dict[str, Json]:
    value = needed(body, key)
    if not isinstance(value, dict):
        raise invalid(f"{key} must be an object.")
    return value


def _check_types(found: Mapping[str, Json], like: Mapping[str, Json]) -> None:
    for name, value in found.items():
        kinds = int | float if type(like[name]) in {int, float} else type(like[name])
        if not isinstance(value, kinds) or isinstance(value, bool) != isinstance(like[name], bool):
            raise failed(f"{name} has a wrong type.")
