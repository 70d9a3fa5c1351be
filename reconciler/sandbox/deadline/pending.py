"""What holds a job back: other jobs, files, a schedule.

Source: Deadline 10 manual, job dependencies and scheduling; the words of the rules are partly ours.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from fnmatch import fnmatchcase

from reconciler.sandbox.deadline.dates import date_seconds, span_seconds
from reconciler.sandbox.deadline.job import Job, JobStat, Task, TaskStat
from reconciler.sandbox.deadline.props import WEEK_DAYS
from reconciler.sandbox.deadline.world import World
from reconciler.sandbox.vendor import Json

_ONCE, _DAILY, _CUSTOM = 1, 2, 3


def has_conditions(job: Job) -> bool:
    """Whether anything at all can hold the job back."""
    return bool(job.prop("Dep") or job.prop("ReqAss") or job.prop("ScrDep") or job.prop("Schd"))


def is_free(world: World, job: Job, task: Task, at_s: float) -> bool:
    """Whether nothing holds this task of the job back."""
    if job.is_released or not has_conditions(job):
        return True
    if not _is_time(world, job, at_s) or not _has_files(world, job):
        return False
    return all(_is_met(world, job, dep, task) for dep in job.prop("Dep"))


def is_missing(world: World, path: str) -> bool:
    """Whether the Web Service can't see the path."""
    return any(fnmatchcase(path, glob) for glob in world.switches["missing_paths"])


def _has_files(world: World, job: Job) -> bool:
    named = (one.get("FileName", "") for one in (*job.prop("ReqAss"), *job.prop("ScrDep")))
    return not any(is_missing(world, name) for name in named)


def _is_time(world: World, job: Job, at_s: float) -> bool:
    kind = job.prop("Schd")
    if kind in {_ONCE, _DAILY}:
        start_s = date_seconds(job.prop("SchdDate"))
        return start_s is None or at_s >= start_s
    return kind != _CUSTOM or _is_in_week(world, job, at_s)


def _is_in_week(world: World, job: Job, at_s: float) -> bool:
    zone = timezone(timedelta(minutes=world.switches["utc_offset_min"]))
    local = datetime.fromtimestamp(at_s, zone)
    second = local.hour * 3600 + local.minute * 60 + local.second
    day = WEEK_DAYS[local.weekday()]
    start_s, stop_s = span_seconds(job.prop(f"{day}Start")), span_seconds(job.prop(f"{day}Stop"))
    return (start_s is None or second >= start_s) and (stop_s is None or second < stop_s)


def _is_met(world: World, job: Job, dep: Mapping[str, Json], task: Task) -> bool:
    found = dep.get("JobID", "")
    other = world.jobs.get(found) or world.archived.get(found)
    own = dep if dep.get("OverrideResumeOn") else {}
    if other is None:
        return bool(own.get("ResumeOnDeleted", job.prop("DepDel")))
    if other.stat == JobStat.FAILED and own.get("ResumeOnFailed", job.prop("DepFail")):
        return True
    if not own.get("ResumeOnComplete", job.prop("DepComp")):
        return False
    if other.stat == JobStat.COMPLETED:
        return True
    if job.prop("DepFrame"):
        return _are_frames_done(other, job, dep, task)
    share = 100 * other.counts[TaskStat.COMPLETED] / max(len(other.tasks), 1)
    wanted = float(job.prop("DepPer"))
    return 0 <= wanted <= share


def _are_frames_done(other: Job, job: Job, dep: Mapping[str, Json], task: Task) -> bool:
    first, last = job.prop("DepFrameStart"), job.prop("DepFrameEnd")
    if dep.get("OverrideFrameOffsets"):
        first, last = dep.get("StartOffset", 0), dep.get("EndOffset", 0)
    wanted = [(frame + first, frame + last) for frame in task.frames]
    used = [
        one.stat
        for one in other.tasks
        if any(low <= frame <= high for low, high in wanted for frame in one.frames)
    ]
    return bool(used) and all(stat == TaskStat.COMPLETED for stat in used)
