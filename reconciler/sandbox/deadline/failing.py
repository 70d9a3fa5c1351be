"""How long a task renders and what comes of it, as a person orders it.

An entry of `failing_names` is a glob of job names. With `#` and a frame list behind it only the
tasks with one of those frames fail; with `!` and a number, only so many times: `comp-*#7,10-12!1`.
"""

from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from reconciler.sandbox.deadline.frames import parsed_frames
from reconciler.sandbox.deadline.job import Job, Task
from reconciler.sandbox.settings import SettingTable

_LEAST_S = 0.001
"""Time passes with every run, so that one that fails for ever does not stand still."""


def is_failing(switches: SettingTable, job: Job, task: Task) -> bool:
    """Whether this run of the task ends in an error."""
    return any(_orders(entry, job, task) for entry in switches["failing_names"])


def _orders(entry: str, job: Job, task: Task) -> bool:
    rest, _, times = entry.rpartition("!") if "!" in entry else (entry, "", "")
    glob, _, frames = rest.partition("#")
    if not fnmatchcase(job.prop("Name"), glob):
        return False
    if times.isdecimal() and task.errors >= int(times):
        return False
    return not frames or not set(_frames(frames)).isdisjoint(task.frames)


def _frames(text: str) -> list[int]:
    try:
        return parsed_frames(text)
    except ValueError:
        return []


def render_seconds(switches: SettingTable, job: Job, task: Task) -> float:
    """Virtual time that a task needs: that of its frames, or what a `sleep` command asks for."""
    own_s = _slept_seconds(job)
    frames = max(len(task.frames), 1)
    return max(own_s if own_s is not None else frames * float(switches["frame_s"]), _LEAST_S)


def _slept_seconds(job: Job) -> float | None:
    plugin = job.prop("PlugInfo")
    program = PurePosixPath(plugin.get("Executable", "")).name
    if job.plugin.lower() != "commandline" or program != "sleep":
        return None
    words = plugin.get("Arguments", "").split()
    return float(words[0]) if words and words[0].isdecimal() and len(words[0]) < 10 else None
