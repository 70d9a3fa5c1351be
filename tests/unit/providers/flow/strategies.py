"""What a person may write of a Flow job, for hypothesis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from tests.strategies import LAW, some

FEW = settings(LAW, max_examples=30)
"""A whole job takes its time to be made up."""

names = st.sampled_from(["scatter", "merge", "a.b", "payload", "options", "x_1", "n" * 200, "0"])
words = st.sampled_from(["a", "two words", "Ünï cødé", "x:y#z", "{}", "0.10", "日本", "null"])
scalars = st.none() | st.booleans() | st.integers(-5, 9999) | st.sampled_from([0.5, 1e3]) | words
free_keys = st.sampled_from(["a", "b.c", "x:y", "options", "type", "two words", "file", "k" * 40])
free = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(free_keys, inner, max_size=2),
    max_leaves=6,
)
free_objects = st.dictionaries(free_keys, free, max_size=3)
uris = st.sampled_from(["a.usd", "b.json", "a.b"]).map(
    "urn:adsk:fc.scratch:us.prd:resource:@default/{}".format
)
FILES = ("graphs/a.json", "b.usd", "graphs/deep/c d.usd")
graphs = st.one_of(
    st.builds(lambda uri: {"uri": uri}, uris),
    st.sampled_from(FILES).map(lambda path: {"file": path}),
)
sources = graphs | st.just({"spaceId": "stage", "key": "part-a"})
memory = st.sampled_from(["1MB", "30720MB", "64GiB", "122880MB", "1.5GiB"])
seconds = st.integers(1, 172_800)
timeouts = seconds.map(lambda s: f"{s}s") | seconds.map(lambda s: f"{s // 60}m{s % 60}s")
requirements = some(
    {
        "cpu": st.integers(1, 16),
        "memory": memory,
        "gpu": st.just(False),
        "ssd": st.just(False),
    }
)
executors = words | st.fixed_dictionaries({"name": words, "version": words})


def _files(room: str, kind: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Files at places of their own, relative or not."""

    def placed(found: list[Any]) -> list[dict[str, Any]]:
        return [
            {"source": source, "target": {"path": f"{'/' * (n % 3)}{room}/{n}.usd"}}
            for n, source in enumerate(found)
        ]

    return st.lists(kind, max_size=2).map(placed)


@st.composite
def executions(draw: st.DrawFn, number: int) -> dict[str, Any]:
    """One execution, or a template of some; a frame is one of 1 to 24."""
    is_template = draw(st.booleans())
    mark = "{executionId:04}" if is_template else str(number)
    end = draw(st.integers(1, 24))
    frame: Any = "{executionId}" if is_template else end
    outputs = [
        {"source": {"path": f"out.{mark}.{n}"}, "target": {"name": f"{n}.{mark}.usd"}}
        for n in range(draw(st.integers(0, 2)))
    ]
    own: dict[str, st.SearchStrategy[Any]] = {
        "frameId": st.just(frame),
        "inputs": _files(f"in-{number}", sources),
        "outputs": st.just(outputs),
    }
    required = {"templateRange": st.just({"start": 1, "end": end})} if is_template else {}
    return dict(draw(some(own, **required)))


@st.composite
def bifrost_blocks(draw: st.DrawFn) -> dict[str, Any]:
    ports = st.lists(st.sampled_from(["inFile", "density", "seed"]), unique=True, max_size=3)
    values = words | st.booleans() | st.integers(-9, 9999) | st.sampled_from([0.25, -1.5])
    told = [{"name": name, "type": "float", "value": draw(values)} for name in draw(ports)]
    fields: Mapping[str, st.SearchStrategy[Any]] = {
        "action": st.sampled_from(["Evaluate", "ListPorts"]),
        "bifrostVersion": st.sampled_from(["2.9.0.0", "2.12.1.0"]),
        "frames": some({"fps": st.sampled_from([24, 23.976])}, start=st.just(1), end=st.just(24)),
        "definitionFiles": _files("graphs", graphs),
        "ports": some(
            {"inputPorts": st.just(told), "jobPorts": st.lists(free_objects, max_size=1)}
        ),
        "executions": st.just([draw(executions(n)) for n in range(draw(st.integers(0, 2)))]),
    }
    return dict(draw(some(fields, compound=words)))


@st.composite
def contents(draw: st.DrawFn) -> dict[str, Any]:
    """What a task, or the one a map task repeats, has to say."""
    fields: Mapping[str, st.SearchStrategy[Any]] = {
        "hints": free_objects,
        "inputs": _files("in", sources),
        "timeout": timeouts,
        "requirements": requirements,
    }
    spec = dict(draw(some(fields)))
    if draw(st.booleans()):
        spec["bifrost"] = draw(bifrost_blocks())
        named = st.sampled_from([None, "bifrost", {"name": "bifrost", "version": "1"}])
        return {**spec, **({"executor": name} if (name := draw(named)) else {})}
    payload = {"payload": draw(free_objects)} if draw(st.booleans()) else {}
    return {**spec, **payload, "executor": draw(executors)}


@st.composite
def tasks(draw: st.DrawFn, name: str) -> dict[str, Any]:
    if draw(st.integers(0, 3)):
        said = {"type": "task"} if draw(st.booleans()) else {}
        return {"name": name, **said, **draw(contents())}
    inner = {"name": draw(words), **draw(contents())}
    return {"name": name, "type": "map", "values": {"source": draw(words)}, "task": inner}


dependencies = st.lists(
    st.sampled_from(["layout", "sim"])
    | st.just({"job": "comp", "finalState": ["failure", "success"]}),
    unique_by=str,
    max_size=2,
)
STEERING: Mapping[str, st.SearchStrategy[Any]] = {
    "displayName": words,
    "queue": st.sampled_from(["@default", "q-1"]),
    "tags": st.lists(words, unique=True, max_size=3),
    "dependsOn": dependencies,
    "onComplete": st.sampled_from(["keep", "delete"]),
}


@st.composite
def job_specs(draw: st.DrawFn) -> dict[str, Any]:
    """A spec the model takes and `refuse` has nothing against; any field may be there or not."""
    named = draw(st.lists(names, unique=True, min_size=1, max_size=3))
    return {**draw(some(STEERING)), "tasks": [draw(tasks(name)) for name in named]}
