"""The status object: where an object's instances are and what they use.

Source: Qarnot Compute API v1.0 page; SDK python 2.23, which needs both lists by CPU model.
"""

from functools import lru_cache
from typing import NamedTuple

from reconciler.sandbox.qarnot.json_text import json_text
from reconciler.sandbox.qarnot.times import date_text, span_text
from reconciler.sandbox.qarnot.track import RunTime
from reconciler.sandbox.vendor import Json

CPU_MODEL = "AMD EPYC 7543P"
FREQUENCY_GHZ = 2.8
MOST_SHOWN_INSTANCES = 4
_MEMORY_MB = 32_768.0
_ADDITIVE = ("download", "environment", "execution", "upload", "wall")


class Ranges(NamedTuple):
    """Instances by what became of them, as range strings."""

    succeeded: str = ""
    executed: str = ""
    failed: str = ""
    cancelled: str = ""
    started: str = ""


class _Key(NamedTuple):
    """All that a status is made from: many objects have the same."""

    running: int
    cores: int
    at_s: int
    first_s: int
    executed_s: int
    ranges: Ranges
    progress: float


NO_RANGES = Ranges()


def status_text(
    time: RunTime, at_s: int, cores: int, ranges: Ranges = NO_RANGES, progress: float = 0.0
) -> str:
    """The status as of a time, as JSON text; null before anything ran."""
    if time.first_s is None:
        return "null"
    executed_s = int(time.executed_s)
    return _status_text(_Key(time.running, cores, at_s, time.first_s, executed_s, ranges, progress))


@lru_cache(maxsize=4096)
def _status_text(key: _Key) -> str:
    running, cores, at_s, first_s, executed_s, ranges, progress = key
    wall_s = max(0, at_s - first_s)
    seconds = dict.fromkeys(_ADDITIVE, 0.0) | {
        "execution": float(executed_s),
        "wall": float(wall_s),
    }
    times = {f"{name}Time": span_text(int(spent)) for name, spent in seconds.items()}
    times_s = {f"{name}TimeSec": spent for name, spent in seconds.items()}
    executed = span_text(executed_s)
    model = {"model": CPU_MODEL, "core": cores}
    ghz = executed_s * FREQUENCY_GHZ
    status: Json = {
        "timestamp": date_text(at_s),
        "lastUpdateTimestamp": date_text(at_s),
        "downloadProgress": 100.0,
        "executionProgress": progress,
        "uploadProgress": 0.0,
        "instanceCount": running,
        **times,
        **times_s,
        "executionTimeByCpuModel": [{**model, "time": executed}],
        "executionTimeGhzByCpuModel": [{**model, "timeGhz": ghz, "clockRatio": 1.0}],
        "executionTimeByMachineSpecification": [],
        "executionTimeByInstanceId": None,
        "succeededRange": ranges.succeeded,
        "executedRange": ranges.executed,
        "failedRange": ranges.failed,
        "cancelledRange": ranges.cancelled,
        "failedOnlyRange": ranges.failed,
        "startedOnceRange": ranges.started,
        "runningInstancesInfo": _running_instances(running, cores, at_s),
    }
    return json_text(status)


def _running_instances(running: int, cores: int, at_s: int) -> Json:
    shown = min(running, MOST_SHOWN_INSTANCES)
    names = ("averageNetworkInKbps", "averageNetworkOutKbps", "totalNetworkInKbps")
    return {
        "perRunningInstanceInfo": [_instance(number, cores) for number in range(shown)],
        "snapshotResults": [],
        "timestamp": date_text(at_s),
        "averageFrequencyGHz": FREQUENCY_GHZ if running else 0.0,
        "maxFrequencyGHz": FREQUENCY_GHZ if running else 0.0,
        "minFrequencyGHz": FREQUENCY_GHZ if running else 0.0,
        "averageMaxFrequencyGHz": FREQUENCY_GHZ if running else 0.0,
        "averageCpuUsage": 0.0,
        "clusterPowerIndicator": 1.0,
        "averageMemoryUsage": 0.0,
        **dict.fromkeys(names, 0.0),
        "totalNetworkOutKbps": 0.0,
        "runningCoreCountByCpuModel": [
            {"model": CPU_MODEL, "core": cores, "runningCoreCount": running * cores}
        ],
    }


def _instance(number: int, cores: int) -> Json:
    return {
        "phase": "execution",
        "instanceId": number,
        "maxFrequencyGHz": FREQUENCY_GHZ,
        "currentFrequencyGHz": FREQUENCY_GHZ,
        "cpuUsage": 0.0,
        "maxMemoryMB": _MEMORY_MB,
        "currentMemoryMB": 0.0,
        "memoryUsage": 0.0,
        "networkInKbps": 0.0,
        "networkOutKbps": 0.0,
        "progress": 0.0,
        "executionTimeSec": 0.0,
        "executionTimeGHz": 0.0,
        "specificationKey": f"{cores}c-{cores * 4}g-sandbox-ssd",
        "cpuModel": CPU_MODEL,
        "coreCount": cores,
        "executionAttemptCount": 1,
        "clockRatio": 1.0,
        "activeForwards": [],
        "vpnConnections": [],
    }
