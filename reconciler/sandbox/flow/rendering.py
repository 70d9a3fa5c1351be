"""Jobs and executions as the service shows them. Source: reference of the compute API, v1."""

from datetime import UTC, datetime

from reconciler.sandbox.flow.job import CANCELED, OVER, QUEUED, RUNNING, Execution, Job
from reconciler.sandbox.settings import SettingTable
from reconciler.sandbox.vendor import Json


class Rendering:
    """Shows what there is, in the words of the switches."""

    def __init__(self, switches: SettingTable) -> None:
        self._switches = switches

    def job(self, job: Job, now_s: float) -> Json:
        """A job as a list and a GET show it."""
        status = job.status(now_s)
        word = self._word(status)
        is_ending = job.canceled_s is not None and status not in OVER
        if is_ending and self._switches["canceling_status"] != "unchanged":
            word = self._switches["canceling_status"]
        shown: Json = {"id": job.id}
        if job.name is not None and self._switches["name_returned"] == "yes":
            shown["name"] = job.name
        if self._switches["tags_returned"] == "yes":
            shown["tags"] = job.tags
        shown["status"] = word
        if job.error is not None and job.is_over(now_s):
            shown["error"] = job.error
        if self._switches["job_times"] == "present":
            shown["creationTime"] = date_text(job.created_s)
            shown["modificationTime"] = date_text(job.changed_s(now_s))
        return shown

    def execution(self, one: Execution, now_s: float) -> Json:
        """An execution as a list shows it."""
        status = one.status(now_s)
        shown: Json = {"id": one.id}
        if self._switches["execution_fields"] == "usual":
            shown |= {"taskName": one.task, "index": one.index, "status": self._word(status)}
        if one.error is not None and status in OVER:
            shown["error"] = one.error
        return shown

    def _word(self, status: str) -> str:
        names = {QUEUED: "queued_status", RUNNING: "running_status", CANCELED: "canceled_status"}
        name = names.get(status)
        return status if name is None else str(self._switches[name])


def date_text(at_s: float) -> str:
    """A time as text in UTC, with milliseconds."""
    text = datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
