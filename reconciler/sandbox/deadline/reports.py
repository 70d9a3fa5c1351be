"""Reports of renders: logs, errors, requeues.

Source: Deadline 10 REST pages, job and task reports.
"""

from dataclasses import dataclass
from enum import IntEnum

from reconciler.sandbox.deadline.dates import date_text, span_text
from reconciler.sandbox.deadline.job import Job
from reconciler.sandbox.vendor import Json


class ReportType(IntEnum):
    """What a report tells of."""

    LOG = 0
    ERROR = 1
    REQUEUE = 2


@dataclass(slots=True)
class Report:
    """One report; `text` is its contents."""

    report_id: str
    kind: ReportType
    task: int
    frames: str
    worker: str
    date_s: float
    task_s: float
    title: str
    text: str


def report_json(job: Job, report: Report, offset_min: int) -> Json:
    """A report as an answer shows it; its contents are asked for alone."""
    return {
        "_id": report.report_id,
        "Job": job.job_id,
        "JobName": job.prop("Name"),
        "JobUser": job.prop("User"),
        "Plugin": job.plugin,
        "Type": report.kind,
        "Date": date_text(report.date_s, offset_min),
        "Slave": report.worker,
        "Task": report.task,
        "Frames": report.frames,
        "Title": report.title,
        "TaskStartTime": date_text(report.date_s - report.task_s, offset_min),
        "TaskTime": span_text(report.task_s),
        "LogErr": report.kind == ReportType.ERROR,
        "AverageCpu": 0,
        "PeakCpu": 0,
        "AverageRam": 0,
        "RamAvgPer": 0,
        "PeakRam": 0,
        "RamPeakPer": 0,
        "UsedClock": 0,
        "TotalClock": 0,
    }
