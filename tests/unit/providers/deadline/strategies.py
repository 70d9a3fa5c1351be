"""What a person may write of a Deadline job, for hypothesis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from reconciler.providers.deadline.kinds.job_blocks import DAYS, TIMEOUTS
from tests.strategies import durations, memory, some

words = st.sampled_from(["a", "two words", "Ünï cødé", "x:y#z", "a=b", "0.10", "日本", "none"])
lines = st.sampled_from(["", "a", "two  words", "x=y=z", "  padded", "{}", "True"])
keys = st.sampled_from(["A", "d_e", "F-1", "two words", "k" * 64, "SHOW", "日本"])
scalars = lines | st.booleans() | st.integers(-5, 9999) | st.sampled_from([0.5, 1.25, -2.0])
paths = st.sampled_from(
    ["/r/a.####.exr", "C:\\renders\\b.exr", "//srv/share//c.png", "/d.tif", "C:\\e.tif", "r/f.exr"]
)
folders = st.sampled_from(["/renders/", "C:\\renders\\", "/"])
listed = st.sampled_from(["/a/b.abc", "two words", "x.py", "me@studio", "other"])
workers = st.lists(st.sampled_from(["node01", "Node02", "node-3.studio"]), min_size=1, unique=True)
counts = st.integers(0, 5000)
percentages = st.integers(0, 100) | st.sampled_from([0.5, 99.5])
seconds = durations()
pools = st.sampled_from(["film", "ads", {"existing": "Shared"}])
clocks = st.sampled_from(["08:00", "19:30:00", "23:59:59"])
ends = st.sampled_from(["success", "failure", "cancelled"])


@st.composite
def frames(draw: st.DrawFn) -> str:
    """Ranges in any order, forwards and backwards, that may name a frame twice."""
    parts = []
    for first, length, step in draw(
        st.lists(
            st.tuples(st.integers(-20, 200), st.integers(0, 12), st.sampled_from([1, 1, 2, 10])),
            min_size=1,
            max_size=4,
        )
    ):
        start, stop = (first, first + length) if draw(st.booleans()) else (first + length, first)
        part = str(start) if start == stop else f"{start}-{stop}"
        parts.append(f"{part}x{step}" if step > 1 and start != stop else part)
    return ",".join(parts)


def _blocks(fields: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return some(fields).filter(bool)


dependencies = st.lists(
    st.sampled_from(["layout", "sim", "comp"]), unique=True, max_size=3
).flatmap(
    lambda names: st.sampled_from([None, ["success"], ["cancelled", "failure"]]).map(
        lambda states: [
            name if states is None else {"job": name, "finalState": states} for name in names
        ]
    )
)
schedules = st.one_of(
    st.just({"type": "once", "start": "2026-12-24T18:00"}),
    st.fixed_dictionaries(
        {"type": st.just("daily"), "start": st.just("2026-03-01T06:30")},
        optional={"days": st.integers(1, 9)},
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("custom"),
            "week": st.dictionaries(
                st.sampled_from(DAYS), _blocks({"start": clocks, "stop": clocks}), min_size=1
            ),
        }
    ),
)

_FLAGS = (
    *("limitConcurrentTasksToNumberOfCpus", "interruptible", "sequential", "forceReloadPlugin"),
    *("synchronizeAllAuxiliaryFiles", "suppressEvents", "enableFrameTimeouts", "protected"),
    *("enableAutoTimeout", "enableTimeoutsForScriptTasks", "overrideNotificationMethod"),
    *("emailNotification", "popupNotification"),
)
_LISTS = ("eventOptIns", "notificationEmails", "notificationTargets")
_TIMES = ("timeout", "minRenderTime", "startJobTimeout", "initializePluginTimeout")
LIVE: Mapping[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(_FLAGS, st.booleans()),
    **dict.fromkeys(_LISTS, st.lists(listed, unique=True, max_size=3)),
    **dict.fromkeys(_TIMES, seconds),
    **dict.fromkeys(("batchName", "comment", "department", "notificationNote"), lines),
    "displayName": words,
    "region": words,
    "pool": pools,
    "secondaryPool": pools,
    "limits": st.lists(st.sampled_from(["nuke", "maya"]), unique=True, max_size=2),
    "machineLimit": _blocks({"maximum": counts, "progress": percentages}),
    "priority": st.integers(0, 100),
    "concurrentTasks": st.integers(1, 16),
    "interruptiblePercentage": st.integers(0, 100),
    "remTimeThreshold": counts,
    "jobDependencyPercentage": percentages,
    "onTaskTimeout": st.sampled_from(TIMEOUTS),
    "failureDetection": _blocks(
        {
            **dict.fromkeys(("jobErrors", "taskErrors"), counts),
            **dict.fromkeys(("ignoreBadJobDetection", "sendJobErrorWarning"), st.booleans()),
        }
    ),
    "onComplete": st.sampled_from(["keep", "archive", "delete"]),
    "cleanup": st.just({"enabled": False}) | counts.map(lambda days: {"days": days}),
    "stopAs": st.sampled_from(["fail", "complete"]),
    "extraInfo": st.dictionaries(keys, lines, max_size=3),
    "extraInfo0": lines,
    "extraInfo8": lines,
    "taskExtraInfoNames": st.lists(lines, max_size=10),
}
"""What an update changes."""
WORK: Mapping[str, st.SearchStrategy[Any]] = {
    "pluginInfo": st.dictionaries(keys, scalars, max_size=4),
    "auxiliaryFiles": st.lists(paths, max_size=2),
    "environment": st.dictionaries(keys, scalars, max_size=3),
    "environmentOnly": st.booleans(),
    "includeEnvironment": st.booleans(),
    "scripts": _blocks(dict.fromkeys(("preJob", "postJob", "preTask", "postTask"), words)),
    "customPluginDirectory": words,
    "networkRoot": words,
}
LATER: Mapping[str, st.SearchStrategy[Any]] = {
    "chunkSize": st.integers(1, 20),
    "dependsOn": dependencies,
    "frameDependencies": st.fixed_dictionaries(
        {"enabled": st.booleans()},
        optional=dict.fromkeys(("offsetStart", "offsetEnd"), st.integers(-9, 9)),
    ),
    "requiredAssets": st.lists(listed, unique=True, max_size=3),
    "scriptDependencies": st.lists(listed, unique=True, max_size=2),
    "userName": words,
    "machineName": words,
    "initialStatus": st.sampled_from(["active", "suspended"]),
    "cleanupBy": st.sampled_from(["archive", "delete"]),
}
_TILES = st.fixed_dictionaries(
    {"frame": st.integers(-5, 50)},
    optional={
        **dict.fromkeys(("tilesInX", "tilesInY", "tileCount"), st.integers(1, 9)),
        "outputs": st.lists(words, max_size=3),
    },
)


@st.composite
def live_specs(draw: st.DrawFn) -> dict[str, Any]:
    """The fields of a job that an update changes; any may be there or not."""
    spec = draw(some(LIVE))
    place = draw(st.sampled_from(["", "group", "allowedWorkers", "deniedWorkers", "requirements"]))
    match place:
        case "group":
            spec["group"] = draw(st.sampled_from(["cpu16", {"existing": "Old"}]))
        case "allowedWorkers" | "deniedWorkers":
            spec[place] = draw(workers)
        case "requirements":
            spec[place] = draw(
                _blocks({"cpu": st.integers(1, 64), "memory": memory, "gpu": st.booleans()})
            )
    return dict(spec)


@st.composite
def job_specs(draw: st.DrawFn) -> dict[str, Any]:
    """A spec the model takes and `refuse` has nothing against; any field may be there or not."""
    spec = {"plugin": "Nuke", **draw(live_specs()), **draw(some(WORK)), **draw(some(LATER))}
    if draw(st.booleans()):
        spec["frames"] = draw(frames())
    else:
        names = draw(st.lists(st.sampled_from(["a", "b", "c"]), unique=True, min_size=1))
        spec["tasks"] = [{"name": name, "frames": draw(frames())} for name in names]
    when = draw(st.sampled_from(["", "schedule", "jobDelay"]))
    if when:
        spec[when] = draw(schedules if when == "schedule" else seconds)
    what = draw(st.sampled_from(["", "outputs", "tile", "maintenance"]))
    match what:
        case "outputs":
            files = st.lists(paths, max_size=2)
            spec["outputs"] = [*draw(files), *draw(st.lists(folders, max_size=2))]
        case "tile":
            spec["tile"] = draw(_TILES)
        case "maintenance":
            spec["maintenance"] = {"startFrame": 1, "endFrame": draw(st.integers(1, 9))}
    return spec
