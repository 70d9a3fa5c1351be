"""How a task reads on the wire.

Source: Qarnot Compute API v1.0 page; web documentation, which prints a live summary; bodies
recorded in a Go client.
"""

from reconciler.sandbox.qarnot.dependencies import shown_dependencies
from reconciler.sandbox.qarnot.json_text import json_text
from reconciler.sandbox.qarnot.ranges import range_text
from reconciler.sandbox.qarnot.rendering import (
    END_SHOWN,
    SHOWN_WHEN_SET,
    STATE_SHOWN,
    WORK_SHOWN,
    Shown,
    field,
    kept_text,
    members,
    running_times,
    with_nulls,
)
from reconciler.sandbox.qarnot.status import CPU_MODEL, FREQUENCY_GHZ, Ranges, status_text
from reconciler.sandbox.qarnot.task import TEXT_NAMES, Ended, Task
from reconciler.sandbox.qarnot.world import World
from reconciler.sandbox.settings import SettingTable
from reconciler.sandbox.vendor import Json

_SUMMARY_NAMES = (
    "uuid",
    "name",
    "shortname",
    "profile",
    "poolUuid",
    "jobUuid",
    "progress",
    "runningInstanceCount",
    "runningCoreCount",
    "state",
    "previousState",
    "instanceCount",
    "maxRetriesPerInstance",
    "advancedRanges",
    "stateTransitionTime",
    "previousStateTransitionTime",
    "lastModified",
    "creationDate",
    "endDate",
    "waitForPoolResourcesSynchronization",
)
_GIVEN_NAMES = (
    "poolUuid",
    "jobUuid",
    "advancedRanges",
    *TEXT_NAMES,
    "waitForPoolResourcesSynchronization",
    "uploadResultsOnCancellation",
    "retrySettings",
)
_SHOWN_WHEN_SET = (*SHOWN_WHEN_SET, "resultsCacheTTLSec")


class TaskText:
    """Tasks as JSON text; what their user gave is kept apart from what changes with the state."""

    def __init__(self, world: World) -> None:
        self._world = world

    def whole(self, task: Task, now_s: float) -> str:
        """The task."""
        switches = self._world.switches
        given = kept_text(task, "given", switches, _given)
        state = kept_text(task, "state", switches, _state)
        # not kept: the state of another task is in it
        dependencies = json_text(shown_dependencies(self._world, task))
        times = running_times(task.time, task.track, now_s)
        return f'{{{given},{state},"dependencies":{dependencies},{times}}}'

    def summary(self, task: Task, now_s: float) -> str:
        """The summary of the task."""
        stable = kept_text(task, "summary", self._world.switches, _summary)
        return f"{{{stable},{running_times(task.time, task.track, now_s)}}}"


def _shown(task: Task, switches: SettingTable, shown: Shown[Task]) -> dict[str, Json]:
    return {name: show(task, switches) for name, show in shown.items()}


def _given(task: Task, switches: SettingTable) -> str:
    shown = _shown(task, switches, _GIVEN)
    shown |= {name: task.fields[name] for name in _SHOWN_WHEN_SET if task.fields[name]}
    return members(with_nulls(shown, switches))


def _state(task: Task, switches: SettingTable) -> str:
    shown = _shown(task, switches, _STATE)
    if switches["nulls_in_output"] == "unset" and not task.ended:
        shown["completedInstances"] = None
    at_s, ranges = task.track.since_s, _ranges(task)
    status = status_text(task.time, at_s, task.cores, ranges, task.progress)
    return f'{members(shown)},"status":{status}'


def _summary(task: Task, switches: SettingTable) -> str:
    shown: Shown[Task] = {**_GIVEN, **_STATE}
    return members({name: shown[name](task, switches) for name in _SUMMARY_NAMES})


def _profile(task: Task, switches: SettingTable) -> Json:
    return None if task.host and switches["profile_in_pool"] == "null" else task.profile


def _instance_count(task: Task, _switches: SettingTable) -> Json:
    return len(task.instances)


def _ranges(task: Task) -> Ranges:
    failed, succeeded = task.ended_in("Failure"), task.ended_in("Success")
    return Ranges(
        succeeded=range_text(succeeded),
        executed=range_text(succeeded + failed),
        failed=range_text(failed),
        cancelled=range_text(task.ended_in("Cancelled")),
        started=range_text(task.attempts),
    )


def _completed(task: Task, _switches: SettingTable) -> Json:
    done = [one for one in task.ended if one.state != "Cancelled"]
    return [_completed_instance(task, one) for one in done]


def _completed_instance(task: Task, one: Ended) -> Json:
    message = f"Instance {one.instance} exited with code {one.exit_code}"
    error = {"code": "GHX0600E", "message": message, "debug": None}
    return {
        "results": [],
        "instanceId": one.instance,
        "wallTimeSec": one.seconds,
        "execTimeSec": one.seconds,
        "execTimeSecGHz": one.seconds * FREQUENCY_GHZ,
        "peakMemoryMB": 0,
        "state": one.state,
        "error": error if one.state == "Failure" else None,
        "specificationKey": f"{task.cores}c-{task.cores * 4}g-sandbox-ssd",
        "cpuModel": CPU_MODEL,
        "coreCount": task.cores,
        "clockRatio": 1.0,
        "averageGHz": FREQUENCY_GHZ,
        "executionAttemptCount": one.attempts,
    }


_GIVEN: Shown[Task] = {
    **WORK_SHOWN,
    **{name: field(name) for name in _GIVEN_NAMES},
    "profile": _profile,
    "maxRetriesPerInstance": lambda task, _: (
        task.fields["retrySettings"]["maxPerInstanceRetries"] or 0
    ),
}
_STATE: Shown[Task] = {
    **STATE_SHOWN,
    **END_SHOWN,
    "errors": lambda task, _: task.errors,
    "instanceCount": _instance_count,
    "progress": lambda task, _: task.progress,
    "runningInstanceCount": lambda task, _: task.time.running,
    "runningCoreCount": lambda task, _: task.time.running * task.cores,
    "completedInstances": _completed,
    "snapshotInterval": lambda task, _: task.snapshot_interval_s,
    "resultsCount": lambda task, _: len(task.ended_in("Success")),
}
