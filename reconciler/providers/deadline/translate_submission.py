"""A submission: the keys of JobInfo for what a request says. Pure.

Source: Deadline 10 manual, job info file; REST pages, jobs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.model import Request
from reconciler.providers.deadline.frames import cut
from reconciler.providers.deadline.kinds.job_refusals import final_states
from reconciler.providers.deadline.kinds.job_table import PLAIN
from reconciler.providers.deadline.kinds.machines import GROUP, POOL, WORKERS
from reconciler.providers.deadline.marker import noted, short_form
from reconciler.providers.deadline.translate_fields import notes
from reconciler.providers.deadline.translate_times import delay_keys, schedule_keys
from reconciler.providers.deadline.translate_used import (
    LIMIT_LIST,
    SECONDARY_POOL,
    awaited,
    names,
)
from reconciler.values import UNSEEN, Tree, get_in

_USED = {POOL: "Pool", SECONDARY_POOL: "SecondaryPool", GROUP: "Group", LIMIT_LIST: "LimitGroups"}
_LISTS = {
    WORKERS: ("Allowlist", "Whitelist"),
    "deniedWorkers": ("Denylist", "Blacklist"),
    "requiredAssets": ("RequiredAssets",),
    "scriptDependencies": ("ScriptDependencies",),
}
"""An older farm knows the second names alone, and a farm leaves out what it does not know."""
_OLDER_NAMES = {"LimitConcurrentTasksToNumberOfCpus": "LimitTasksToNumberOfCpus"}
_COMPLETIONS = {"keep": "Nothing", "archive": "Archive", "delete": "Delete"}
_CLEANUPS = {"archive": "ArchiveJobs", "delete": "DeleteJobs"}
_ALIKE = {
    "networkRoot": "NetworkRoot",
    "machineName": "MachineName",
    "includeEnvironment": "IncludeEnvironment",
    "chunkSize": "ChunkSize",
}
_STATES = {"success": "Complete", "failure": "Failed", "cancelled": "Deleted"}
_TILE = {
    "frame": "TileJobFrame",
    "tilesInX": "TileJobTilesInX",
    "tilesInY": "TileJobTilesInY",
    "tileCount": "TileJobTileCount",
}


def submission_of(request: Request) -> Tree:
    """The body of the POST that submits a job, for the request's ranges.

    Raises:
        InternalError: the id of what it refers to is not known.
    """
    spec: Mapping[str, Any] = request.spec
    return {
        "JobInfo": dict(_job_info(request, spec)),
        "PluginInfo": dict(spec.get("pluginInfo", {})),
        "AuxFiles": list(spec.get("auxiliaryFiles", ())),
        "IdOnly": True,
    }


def _job_info(request: Request, spec: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "Name", request.resource.address.name
    yield "Plugin", spec["plugin"]
    yield "Frames", cut(spec["frames"], request.ranges)
    yield from _plain(spec)
    yield from _work(spec)
    yield from _place(spec, {**names(request), **request.chosen})
    yield from _start(request, spec)
    yield from _course(spec)
    yield from _numbered("EnvironmentKeyValue", _pairs(spec.get("environment", {})))
    dictionary = {**noted(request.marker), **notes(request)}
    yield from _numbered("ExtraInfoKeyValue", _pairs(dictionary))
    yield "ExtraInfo9", short_form(request.marker)


def _plain(spec: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for each in PLAIN:
        value = get_in(spec, each.path)
        if value is not UNSEEN:
            text = ",".join(value) if isinstance(value, list) else value
            yield each.submitted, text
            if each.submitted in _OLDER_NAMES:
                yield _OLDER_NAMES[each.submitted], text


def _numbered(stem: str, values: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    return ((f"{stem}{number}", value) for number, value in enumerate(values))


def _pairs(values: Mapping[str, Any]) -> Iterator[str]:
    return (f"{key}={value}" for key, value in values.items())


def _work(spec: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from ((key, spec[field]) for field, key in _ALIKE.items() if field in spec)
    folders, files = _divided(spec.get("outputs", ()))
    yield from _numbered("OutputDirectory", folders)
    yield from _numbered("OutputFilename", filter(None, files))
    if "tile" in spec:
        yield "TileJob", True
        yield from ((_TILE[key], spec["tile"][key]) for key in _TILE if key in spec["tile"])
        yield from _numbered("OutputFilename0Tile", spec["tile"].get("outputs", ()))
    if "maintenance" in spec:
        yield "MaintenanceJob", True
        yield "MaintenanceJobStartFrame", spec["maintenance"]["startFrame"]
        yield "MaintenanceJobEndFrame", spec["maintenance"]["endFrame"]


def _divided(paths: Sequence[str]) -> tuple[list[str], list[str]]:
    """Folders and names of paths; a folder has no name, and one at the root keeps its slash."""
    places = [max(path.rfind("/"), path.rfind("\\")) for path in paths]
    folders = [path[:at] for path, at in zip(paths, places, strict=True)]
    rooted = [
        folder if folder and not folder.endswith(":") else path[: at + 1]
        for folder, path, at in zip(folders, paths, places, strict=True)
    ]
    return rooted, [path[at + 1 :] for path, at in zip(paths, places, strict=True)]


def _place(spec: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for field, key in _USED.items():
        if field in told:
            yield key, ",".join(told[field]) if field == LIMIT_LIST else told[field]
    for field, keys in _LISTS.items():
        listed = told.get(field) or spec.get(field)
        if listed:
            yield from ((key, ",".join(listed)) for key in keys)
    limit = spec.get("machineLimit", {})
    for field, key in (("maximum", "MachineLimit"), ("progress", "MachineLimitProgress")):
        if field in limit:
            yield key, limit[field]


def _start(request: Request, spec: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    jobs = awaited(request)
    if jobs:
        states = final_states(next(iter(spec.get("dependsOn") or ("",))))
        yield "JobDependencies", ",".join(jobs)
        yield from (
            (f"ResumeOn{key}Dependencies", state in states) for state, key in _STATES.items()
        )
    if "schedule" in spec:
        yield from schedule_keys(spec["schedule"]).items()
    if "jobDelay" in spec:
        yield from delay_keys(spec["jobDelay"]).items()
    if "initialStatus" in spec:
        yield "InitialStatus", spec["initialStatus"].capitalize()


def _course(spec: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if "onTaskTimeout" in spec:
        word = spec["onTaskTimeout"]
        yield "OnTaskTimeout", word[0].upper() + word[1:]
    if "onComplete" in spec:
        yield "OnJobComplete", _COMPLETIONS[spec["onComplete"]]
    for field, key in (("jobErrors", "Job"), ("taskErrors", "Task")):
        if field in spec.get("failureDetection", {}):
            yield f"Override{key}FailureDetection", True
            yield f"FailureDetection{key}Errors", spec["failureDetection"][field]
    if "cleanup" in spec:
        yield "OverrideAutoJobCleanup", True
        yield "OverrideJobCleanup", "days" in spec["cleanup"]
        yield "JobCleanupDays", spec["cleanup"].get("days", 0)
    if "cleanupBy" in spec:
        yield "OverrideJobCleanupType", _CLEANUPS[spec["cleanupBy"]]
    if "notificationTargets" in spec:
        users = spec["notificationTargets"]
        yield (
            ("NotificationTargets", ",".join(users))
            if users
            else ("ClearNotificationTargets", True)
        )
    if "taskExtraInfoNames" in spec:
        yield "OverrideTaskExtraInfoNames", True
        yield from _numbered("TaskExtraInfoName", spec["taskExtraInfoNames"])
