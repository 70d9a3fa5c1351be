"""Reports, users, the repository and its numbers.

Source: Deadline 10 REST pages.
"""

from reconciler.sandbox.deadline.job import Job
from reconciler.sandbox.deadline.reports import Report, ReportType, report_json
from reconciler.sandbox.deadline.transport import (
    Asked,
    Success,
    failed,
    invalid,
    json_answer,
    text_answer,
    text_of,
)
from reconciler.sandbox.deadline.world import World
from reconciler.sandbox.vendor import Answer

VERSION = "v10.4.0.0 Release (emulator)"
BANNER = f"Deadline Web Service 10.4 [{VERSION}]"
_ROOT = "/mnt/repository"
_FOLDERS = {
    "root": "",
    "bin": "/bin",
    "settings": "/settings",
    "events": "/events",
    "customevents": "/custom/events",
    "plugins": "/plugins",
    "customplugins": "/custom/plugins",
    "scripts": "/scripts",
    "customscripts": "/custom/scripts",
}
_KINDS = {
    "all": frozenset(ReportType),
    "log": frozenset({ReportType.LOG}),
    "error": frozenset({ReportType.ERROR}),
    "requeue": frozenset({ReportType.REQUEUE}),
}


class OtherRoutes:
    """The smaller resources."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._success = Success(world.switches)

    def banner(self, _asked: Asked) -> Answer:
        """What the service is."""
        return text_answer(200, BANNER)

    def maximum_priority(self, _asked: Asked) -> Answer:
        """The highest priority of a job."""
        return json_answer(self._world.quotas["maximumPriority"])

    def job_task_limit(self, _asked: Asked) -> Answer:
        """How many tasks a job may have."""
        return json_answer(self._world.quotas["jobTaskLimit"])

    def job_reports(self, asked: Asked) -> Answer:
        """Reports of a job."""
        job = self._world.asked_job(asked)
        return self._reports(asked, job, self._world.reports.get(job.job_id, []))

    def task_reports(self, asked: Asked) -> Answer:
        """Reports of a task."""
        job, number = self._world.asked_job(asked), asked.query("TaskID")
        if number is None or not number.removeprefix("-").isdecimal():
            raise invalid("TaskID must be an integer.")
        reports = self._world.reports.get(job.job_id, [])
        return self._reports(asked, job, [one for one in reports if one.task == int(number)])

    def _reports(self, asked: Asked, job: Job, reports: list[Report]) -> Answer:
        data = (asked.query("Data") or "all").lower()
        if data == "history":
            return json_answer(job.history) if job.history else text_answer(200, "No history.")
        kinds = _KINDS.get(data.removesuffix("contents"))
        if kinds is None:
            raise invalid("Data is not known.")
        found = [one for one in reports if one.kind in kinds]
        if data.endswith("contents"):
            found = self._one(asked, found)
        if not found:
            return text_answer(200, "There are no reports for this job.")
        if data.endswith("contents"):
            return json_answer([one.text for one in found])
        offset_min = self._world.switches["utc_offset_min"]
        return json_answer([report_json(job, one, offset_min) for one in found])

    def _one(self, asked: Asked, reports: list[Report]) -> list[Report]:
        report_id = asked.query("ReportID")
        if not report_id:
            raise invalid("ReportID is missing.")
        return [one for one in reports if one.report_id == report_id]

    def repository(self, asked: Asked) -> Answer:
        """Paths and versions, as text."""
        query = asked.call.query
        folder = asked.query("Directory")
        if folder is not None and folder.lower() in _FOLDERS:
            return text_answer(200, f"{_ROOT}{_FOLDERS[folder.lower()]}")
        if asked.query("AuxiliaryPath") is not None:
            return text_answer(200, f"{_ROOT}/jobs/{self._world.asked_job(asked).job_id}")
        if "DatabaseConnection" in query:
            return text_answer(200, "localhost:27100")
        if "MajorVersion" in query:
            return text_answer(200, "10")
        if "Version" in query:
            return text_answer(200, VERSION)
        raise invalid("nothing known was asked for.")

    def history(self, asked: Asked) -> Answer:
        """Write a line into a history."""
        body = asked.body()
        command, entry = text_of(body, "Command").lower(), text_of(body, "Entry")
        match command:
            case "jobhistoryentry":
                self._world.known_job(text_of(body, "JobID")).history.append(entry)
            case "slavehistoryentry":
                worker = self._world.workers.get(text_of(body, "SlaveName").lower())
                if worker is None:
                    raise failed("there is no such Worker.")
                worker.history.append(entry)
            case "repositoryhistoryentry":
                self._world.history.append(entry)
            case _:
                raise failed(f"invalid command {command[:60]}.")
        return self._success()

    def users(self, asked: Asked) -> Answer:
        """Names of users, or users."""
        if asked.flag("NamesOnly"):
            return json_answer(list(self._world.users))
        wanted = {name.lower() for name in asked.names("Name")}
        found = (one for one in self._world.users if not wanted or one.lower() in wanted)
        return json_answer([{"_id": one.lower(), "Name": one, "Email": ""} for one in found])

    def user_groups(self, asked: Asked) -> Answer:
        """Names of user groups: all, or those of a user; with a name, its users."""
        name, user = asked.query("Name"), asked.query("User")
        if name is not None:
            return json_answer([one for one, groups in self._world.users.items() if name in groups])
        if user is not None:
            return json_answer(self._world.users.get(user, []))
        groups = (group for groups in self._world.users.values() for group in groups)
        return json_answer(list(dict.fromkeys(groups)))
