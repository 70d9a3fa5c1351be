"""What could never work of a Flow task, told by its field before any call."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from reconciler.kinds import Refusal
from reconciler.providers.flow.kinds.bifrost_refusals import refuse_bifrost
from reconciler.providers.flow.machines import refuse_requirements
from reconciler.providers.flow.payload import EXECUTOR, local_path
from reconciler.quantities import duration_s
from reconciler.values import Path, leaves

Block = Mapping[str, Any]
MOST_TIME_S = 172_800
"""Source: Flow Graph Engine API v1, list tasks in a job: maxExecutionTimeInSeconds."""
_OF_A_MAP = ("task", "values")
_OF_A_TASK = ("executor", "hints", "inputs", "timeout", "requirements", "payload", "bifrost")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FOREIGN = re.compile(r"^[A-Za-z]:|[\\\x00-\x1f\x7f]")
"""A drive, a backslash, a control character."""


def refuse_task(task: Block, path: Path = ()) -> Iterator[Refusal]:
    """What is wrong with a task that stands at `path` of its spec."""
    is_map = task.get("type") == "map"
    yield from _refuse_members(task, path)
    if not is_map:
        yield from _refuse_content(task, path)
    elif task.get("task") is not None:
        yield from _refuse_content(task["task"], (*path, "task"))


def _refuse_members(task: Block, path: Path) -> Iterator[Refusal]:
    """Members of the other type, and those that its own needs."""
    is_map = task.get("type") == "map"
    needed, foreign = (_OF_A_MAP, _OF_A_TASK) if is_map else ((), _OF_A_MAP)
    for key in needed:
        if task.get(key) is None:
            yield Refusal(
                code="M603",
                path=path,
                summary=f"a task of type map needs {key}",
                cause="it repeats `task` for each of its `values`",
                remedy=f"add {key}, or remove type: map",
            )
    for key in foreign:
        if task.get(key) is not None:
            yield Refusal(
                code="M604",
                path=(*path, key),
                summary=f"{key} is for tasks of {'type task' if is_map else 'type map'} alone",
                cause="a task of type map says in `task` what is done with each value",
                remedy=f"move {key} into task" if is_map else f"remove {key}, or add type: map",
            )


def _refuse_content(task: Block, path: Path) -> Iterator[Refusal]:
    yield from _refuse_executor(task, path)
    yield from refuse_requirements(task, path)
    yield from _refuse_timeout(task, path)
    yield from _refuse_free_words(task, path)
    yield from _refuse_places(task, path)
    yield from _refuse_files(task, path)
    yield from refuse_bifrost(task.get("bifrost") or {}, (*path, "bifrost"))


def _refuse_executor(task: Block, path: Path) -> Iterator[Refusal]:
    executor, has_block = task.get("executor"), task.get("bifrost") is not None
    name = executor.get("name") if isinstance(executor, Mapping) else executor
    if executor is None and not has_block:
        yield Refusal(
            code="M605",
            path=path,
            summary="the task has no executor",
            cause="an executor decides what its payload means",
            remedy=f"add executor: {EXECUTOR}, or a bifrost block",
        )
    if has_block and name not in (None, EXECUTOR):
        yield Refusal(
            code="M607",
            path=(*path, "executor"),
            summary=f"a bifrost block is not for the executor '{str(name)[:80]}'",
            cause=f"it is the payload of the executor {EXECUTOR}",
            remedy=f"write executor: {EXECUTOR}, or payload instead of bifrost",
        )
    if has_block and task.get("payload") is not None:
        yield Refusal(
            code="M606",
            path=(*path, "payload"),
            summary="payload and bifrost exclude each other",
            cause="a bifrost block is written as the payload of its task",
            remedy="keep one of the two",
        )


def _refuse_timeout(task: Block, path: Path) -> Iterator[Refusal]:
    written = task.get("timeout")
    if written is None:
        return
    seconds = duration_s(written)
    if not 1 <= seconds <= MOST_TIME_S or seconds % 1:
        yield Refusal(
            code="M611",
            path=(*path, "timeout"),
            summary=f"a task of Flow can't be limited to {written}",
            cause="Flow takes whole seconds, from one to two days",
            remedy="write 2d" if seconds > MOST_TIME_S else "write a whole number of seconds",
        )


# --- free words -----------------------------------------------------------------------------------


def _refuse_free_words(task: Block, path: Path) -> Iterator[Refusal]:
    ports = (task.get("bifrost") or {}).get("ports") or {}
    yield from _refuse_members_of(task.get("hints"), (*path, "hints"))
    yield from _refuse_members_of(task.get("payload"), (*path, "payload"))
    yield from _refuse_members_of(ports.get("jobPorts"), (*path, "bifrost", "ports", "jobPorts"))


def _refuse_members_of(value: Any, path: Path) -> Iterator[Refusal]:
    for place, leaf in leaves(value, path):
        if "secretRef" in place:
            yield Refusal(
                code="M615",
                path=place[: place.index("secretRef")],
                summary="Flow has no place for a secret",
                cause="everyone who can read the job reads its hints and its payload",
                remedy="let the task fetch it, or leave it out",
            )
        elif ("source", "file") in pairwise(place):
            yield Refusal(
                code="M617",
                path=place[: place.index("file")],
                summary="a file of the workspace can't stand in a payload",
                cause="a payload is sent as it is written; nothing in it is uploaded",
                remedy="write it in inputs, or in a bifrost block",
            )
        elif isinstance(leaf, float) and not math.isfinite(leaf):
            yield Refusal(
                code="M616",
                path=place,
                summary=f"{leaf} is no number that can be sent",
                cause="JSON has no such number",
                remedy="write it as text, or leave it out",
            )


# --- files ----------------------------------------------------------------------------------------


def files_in(task: Block, path: Path = ()) -> Iterator[tuple[Path, Block]]:
    """Every file that a task, or the task it repeats, names with its place; and where that is."""
    inner, bifrost = task.get("task") or {}, task.get("bifrost") or {}
    yield from _listed(task.get("inputs"), (*path, "inputs"))
    yield from _listed(bifrost.get("definitionFiles"), (*path, "bifrost", "definitionFiles"))
    for index, execution in enumerate(bifrost.get("executions") or ()):
        place = (*path, "bifrost", "executions", index, "inputs")
        yield from _listed(execution.get("inputs"), place)
    if inner:
        yield from files_in(inner, (*path, "task"))


def _listed(files: Sequence[Block] | None, path: Path) -> Iterator[tuple[Path, Block]]:
    return (((*path, index), each) for index, each in enumerate(files or ()))


def _refuse_places(task: Block, path: Path) -> Iterator[Refusal]:
    taken: set[tuple[Any, str]] = set()
    for place, each in files_in({**task, "task": None}, path):
        local = local_path(each["target"]["path"])
        execution = place[-3] if "executions" in place else None
        if not local or ".." in local.split("/") or _CONTROL.search(local):
            yield Refusal(
                code="M612",
                path=(*place, "target", "path"),
                summary=f"'{local[:80]}' is no place for a file",
                cause="it is read as a path below the task's own folder, without '..'",
                remedy="write it like graphs/scatter.json",
            )
        elif {(None, local), (execution, local)} & taken:
            yield Refusal(
                code="M613",
                path=(*place, "target", "path"),
                summary=f"another file stands at '{local[:80]}' already",
                cause="inputs, definition files and an execution's own inputs share one folder",
                remedy="give one of the two another place",
            )
        taken.add((execution, local))


def _refuse_files(task: Block, path: Path) -> Iterator[Refusal]:
    for place, each in files_in({**task, "task": None}, path):
        file = each["source"].get("file")
        if file is not None and not _is_below(file):
            yield Refusal(
                code="M614",
                path=(*place, "source", "file"),
                summary=f"'{file[:80]}' does not lie below the workspace's root",
                cause="a file is named by its path from there, with forward slashes",
                remedy="write it like graphs/scatter.json",
            )


def _is_below(file: str) -> bool:
    return not (file.startswith("/") or _FOREIGN.search(file) or ".." in file.split("/"))
