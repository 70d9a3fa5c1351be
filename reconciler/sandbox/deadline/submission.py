"""Submissions: a new job from JobInfo, PluginInfo and auxiliary files.

Source: Deadline 10 REST pages, jobs. What the server checks is unpublished: here it wants a
plugin, a good frame list, and numbers and flags that are such.
"""

from collections.abc import Mapping, Sequence
from pathlib import PureWindowsPath

from reconciler.sandbox.deadline.coercion import plain_text
from reconciler.sandbox.deadline.framing import (
    frames_text,
    make_tasks,
    read_frames,
    set_script_tasks,
)
from reconciler.sandbox.deadline.job import Job, TaskStat
from reconciler.sandbox.deadline.job_keys import JobKeys, dependency
from reconciler.sandbox.deadline.job_life import JobLife
from reconciler.sandbox.deadline.pending import is_free, is_missing
from reconciler.sandbox.deadline.transport import USER, failed, invalid, needed
from reconciler.sandbox.deadline.world import MACHINE, World
from reconciler.sandbox.settings import SettingTable
from reconciler.sandbox.vendor import Json

_FOLDED = ("Pool", "SecPool", "Grp")


class Submission:
    """Makes jobs of what was sent; a new job is on the farm when `put` has been called."""

    def __init__(self, world: World, life: JobLife) -> None:
        self._world = world
        self._life = life

    def read(self, body: dict[str, Json], at_s: float) -> Job:
        """The job of a body, on no list yet.

        Raises:
            Refused: 400, a key is missing or of another type; 500, a value can't be used.
        """
        sent, plugin, aux = (needed(body, key) for key in ("JobInfo", "PluginInfo", "AuxFiles"))
        if not isinstance(sent, dict) or not isinstance(plugin, dict):
            raise invalid("JobInfo and PluginInfo must be objects.")
        if not isinstance(aux, list) or not all(isinstance(one, str) for one in aux):
            raise invalid("AuxFiles must be a list of paths.")
        keys = {key: plain_text(value) for key, value in sent.items()}
        self._check_paths(keys, aux)
        if not keys.get("Plugin"):
            raise failed("the job has no Plugin.")
        try:
            return self._job(JobKeys(keys, self._world.switches, at_s), keys, plugin, aux, at_s)
        except (ValueError, OverflowError) as error:
            raise failed(str(error)) from error

    def _check_paths(self, keys: Mapping[str, str], aux: Sequence[str]) -> None:
        root = keys.get("NetworkRoot", "")
        if root and is_missing(self._world, root):
            raise failed(f"NetworkRoot {root} cannot be accessed.")
        gone = next((path for path in aux if is_missing(self._world, path)), None)
        if gone is not None:
            raise failed(f"auxiliary file {gone} cannot be accessed.")

    def _job(
        self,
        keys: JobKeys,
        texts: Mapping[str, str],
        plugin: dict[str, Json],
        aux: Sequence[str],
        at_s: float,
    ) -> Job:
        job = Job(
            job_id="",
            plugin=texts["Plugin"],
            machine=texts.get("MachineName") or MACHINE,
            date_s=at_s,
            aux=[PureWindowsPath(path).name for path in aux],
        )
        for name, value in self._props(keys, texts, plugin).items():
            job.set_prop(name, value)
        frames = read_frames(job.prop("Frames"))
        job.tasks = make_tasks(self._world, frames, job.prop("Chunk"))
        job.set_prop("Frames", frames_text(self._world, job.prop("Frames"), frames))
        job.out_dir, job.out_file, job.tile_file = keys.outputs()
        job.extra = _extra(keys)
        initial = texts.get("InitialStatus", "").strip().lower()
        if initial not in {"", "active", "suspended"}:
            raise failed(f"InitialStatus can't be {initial[:60]!r}.")
        if initial == "suspended":
            for task in job.tasks:
                task.stat = TaskStat.SUSPENDED
        set_script_tasks(job)
        return job

    def _props(
        self, keys: JobKeys, texts: Mapping[str, str], plugin: dict[str, Json]
    ) -> dict[str, Json]:
        switches = self._world.switches
        is_dotnet = switches["plugin_values"] == "dotnet"
        values = {key: plain_text(value, is_dotnet=is_dotnet) for key, value in plugin.items()}
        props: dict[str, Json] = {"User": USER} | keys.props() | {"PlugInfo": values}
        if keys.flag("ClearNotificationTargets"):
            props["NotUser"] = []
        props.setdefault("NotUser", [props["User"]])
        if switches["job_names_case"] == "fold":
            props |= {name: props[name].lower() for name in _FOLDED if name in props}
        most = self._world.quotas["maximumPriority"]
        for name, lowest, highest in (("Pri", 0, most), ("Conc", 1, 16)):
            if name in props:
                props[name] = within(switches, props[name], lowest, highest)
        return props

    def put(self, job: Job, at_s: float, listed_from_s: float) -> None:
        """The job is on the farm: it has an id, and what holds it back keeps it pending."""
        job.job_id = self._world.new_id(at_s)
        job.listed_from_s = listed_from_s
        self._world.jobs[job.job_id] = job
        for task in job.all_tasks():
            task.waiting_s = at_s
            if task.stat == TaskStat.QUEUED and not is_free(self._world, job, task, at_s):
                task.stat = TaskStat.PENDING
        self._life.changed(job, at_s)

    def put_after(self, job: Job, previous: Job, at_s: float, listed_from_s: float) -> None:
        """The same for a job that waits for another one."""
        job.set_prop("Dep", [*job.prop("Dep"), dependency(previous.job_id, "")])
        self.put(job, at_s, listed_from_s)


def within(switches: SettingTable, value: int, lowest: int, highest: int) -> int:
    """A number in its range, or what the switch says of one outside.

    Raises:
        Refused: 500, it is refused.
    """
    if lowest <= value <= highest or switches["out_of_bounds"] == "keep":
        return value
    if switches["out_of_bounds"] == "refuse":
        raise failed(f"{value} is not in the range {lowest} to {highest}.")
    return min(max(value, lowest), highest)


def _extra(keys: JobKeys) -> dict[str, Json]:
    flags = {"Main": "MaintenanceJob", "Tile": "TileJob"}
    numbers = {
        "MainStart": "MaintenanceJobStartFrame",
        "MainEnd": "MaintenanceJobEndFrame",
        "TileFrame": "TileJobFrame",
        "TileCount": "TileJobTileCount",
        "TileX": "TileJobTilesInX",
        "TileY": "TileJobTilesInY",
    }
    found: dict[str, Json] = {name: keys.flag(key) for name, key in flags.items()}
    found |= {name: keys.whole(key) for name, key in numbers.items()}
    return {name: value for name, value in found.items() if value}
