"""PUT commands of jobs that change more than the state.

Source: Deadline 10 REST pages, jobs.
"""

from collections.abc import Callable, Mapping

from reconciler.sandbox.deadline.framing import append_frames
from reconciler.sandbox.deadline.job import Job, TaskStat
from reconciler.sandbox.deadline.job_life import JobLife
from reconciler.sandbox.deadline.pending import is_free
from reconciler.sandbox.deadline.rendering import Rendering
from reconciler.sandbox.deadline.saving import Saving
from reconciler.sandbox.deadline.transport import failed, invalid, needed, text_of
from reconciler.sandbox.deadline.world import World
from reconciler.sandbox.vendor import Json

Body = dict[str, Json]
Edit = Callable[[Job, Body, float], None]


class JobEdits:
    """Changes machine limits, frames and the submission date of one job."""

    def __init__(self, world: World, life: JobLife, rendering: Rendering, saving: Saving) -> None:
        self._world = world
        self._life = life
        self._rendering = rendering
        self._saving = saving

    def commands(self) -> Mapping[str, Edit]:
        """The commands by name."""
        return {
            "updatesubmissiondate": self._update_date,
            "setjobmachinelimit": self._set_limit,
            "setjobmachinelimitmaximum": self._set_maximum,
            "setjobmachinelimitlistedslaves": self._set_list,
            "addslavestojobmachinelimitlist": self._add_to_list,
            "removeslavesfromjobmachinelimitlist": self._remove_from_list,
            "setjobmachinelimitwhitelistflag": self._set_flag,
            "setjobframerange": self._set_frames,
            "appendjobframerange": self._append_frames,
        }

    def _update_date(self, job: Job, _body: Body, at_s: float) -> None:
        job.date_s = at_s
        self._life.changed(job, at_s)

    def _set_limit(self, job: Job, body: Body, at_s: float) -> None:
        found: Body = {}
        if body.get("Limit") is not None:
            found["MachLmt"] = _whole(body, "Limit")
        if body.get("SlaveList") is not None:
            found["ListedSlaves"] = _workers(body)
        if body.get("WhiteListFlag") is not None:
            found["White"] = _flag(body, "WhiteListFlag")
        if body.get("Progress") is not None:
            found["MachLmtProg"] = _number(body, "Progress")
        self._set(job, found, at_s)

    def _set(self, job: Job, found: Body, at_s: float) -> None:
        for name, value in found.items():
            job.set_prop(name, value)
        self._life.changed(job, at_s)
        self._life.want_scan(at_s + self._world.switches["dequeue_s"])

    def _set_maximum(self, job: Job, body: Body, at_s: float) -> None:
        needed(body, "Limit")
        self._set(job, {"MachLmt": _whole(body, "Limit")}, at_s)

    def _set_flag(self, job: Job, body: Body, at_s: float) -> None:
        needed(body, "WhiteListFlag")
        self._set(job, {"White": _flag(body, "WhiteListFlag")}, at_s)

    def _set_list(self, job: Job, body: Body, at_s: float) -> None:
        self._set(job, {"ListedSlaves": _some_workers(body)}, at_s)

    def _add_to_list(self, job: Job, body: Body, at_s: float) -> None:
        present = job.prop("ListedSlaves")
        known = {one.lower() for one in present}
        added = [one for one in _some_workers(body) if one.lower() not in known]
        self._set(job, {"ListedSlaves": [*present, *added]}, at_s)

    def _remove_from_list(self, job: Job, body: Body, at_s: float) -> None:
        gone = {one.lower() for one in _some_workers(body)}
        left = [one for one in job.prop("ListedSlaves") if one.lower() not in gone]
        self._set(job, {"ListedSlaves": left}, at_s)

    def _set_frames(self, job: Job, body: Body, at_s: float) -> None:
        needed(body, "ChunkSize")
        self._saving.set_frames(job, text_of(body, "FrameList"), _whole(body, "ChunkSize"), at_s)

    def _append_frames(self, job: Job, body: Body, at_s: float) -> None:
        first = len(job.tasks)
        grown = append_frames(self._world, job, text_of(body, "FrameList"))
        if grown is not None and (grown.is_over or grown.stat == TaskStat.RENDERING):
            self._rendering.move(job, grown, TaskStat.QUEUED, at_s)
        for task in job.tasks[first:]:
            task.waiting_s = at_s
            if task.stat == TaskStat.QUEUED and not is_free(self._world, job, task, at_s):
                task.stat = TaskStat.PENDING
        self._life.changed(job, at_s)


def _whole(body: Body, key: str) -> int:
    value = body[key]
    if type(value) is not int:
        raise invalid(f"{key} must be an integer.")
    if abs(value) >= 2**31:
        raise failed(f"{key} is too large.")
    return value


def _number(body: Body, key: str) -> float:
    value = body[key]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid(f"{key} must be a number.")
    return float(value)


def _flag(body: Body, key: str) -> bool:
    value = body[key]
    if not isinstance(value, bool):
        raise invalid(f"{key} must be a boolean.")
    return value


def _workers(body: Body) -> list[str]:
    value = body.get("SlaveList")
    words = value.split(",") if isinstance(value, str) else value if value is not None else []
    if not isinstance(words, list) or not all(isinstance(one, str) for one in words):
        raise invalid("SlaveList must be a Worker name or a list of them.")
    return list(dict.fromkeys(word.strip() for word in words if word.strip()))


def _some_workers(body: Body) -> list[str]:
    found = _workers(body)
    if not found:
        raise invalid("at least one Worker is needed.")
    return found
