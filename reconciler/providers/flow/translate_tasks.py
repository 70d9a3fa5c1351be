"""Tasks between our words and Flow's, and the one form of all spellings of the same work. Pure.

A task's *parts* are its fields by name; those of a payload count on their own, as `payload:ports`
and `options:frames`. No name of a task or field holds a colon.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.providers.flow.payload import OPTIONS, payload_of, placed, said
from reconciler.quantities import duration_s, memory_mib
from reconciler.values import Path, Tree

Task = Mapping[str, Any]
_TIME_LIMIT = "maxExecutionTimeInSeconds"
_ALIKE = ("executor", "hints", "values")


# --- ours to theirs -------------------------------------------------------------------------------


def folded_tasks(tasks: Iterable[Task]) -> Tree:
    """The parts of all tasks of a manifest, by `<task>.<part>`; files are still references.

    Two spellings of the same work have the same parts, and the order of tasks means nothing.
    """
    return {
        f"{task['name']}.{part}": value for task in tasks for part, value in _parts(_written(task))
    }


def bodies(folded: Mapping[str, Any]) -> list[Tree]:
    """The tasks of these parts as the vendor takes them, in order of their names."""
    tasks: dict[str, Tree] = {}
    for key, value in folded.items():
        name, part = divided(key)
        tasks.setdefault(name, {})[part] = value
    return [_body(name, parts) for name, parts in sorted(tasks.items())]


def divided(key: str) -> tuple[str, str]:
    """The task and the part that a key of `folded_tasks` names."""
    head, colon, rest = key.partition(":")
    name, _, part = head.rpartition(".")
    return name, part + colon + rest


def _written(task: Task) -> Tree:
    """A task of the manifest in the vendor's words."""
    if task.get("type") == "map":
        return {**_alike(task), "type": "map", "task": _inner(task.get("task") or {})}
    return _alike(task)


def _inner(task: Task) -> Tree:
    return {"name": task.get("name"), **_alike(task)}


def _alike(task: Task) -> Tree:
    bifrost, timeout = task.get("bifrost"), task.get("timeout")
    return normal(
        {
            **{key: task.get(key) for key in _ALIKE},
            "executor": task.get("executor") or ("bifrost" if bifrost else None),
            "inputs": task.get("inputs"),
            "limitations": {_TIME_LIMIT: duration_s(timeout)} if timeout else None,
            "requirements": _requirements(task.get("requirements") or {}),
            "payload": payload_of(bifrost) if bifrost else task.get("payload"),
        }
    )


def _requirements(asked: Mapping[str, Any]) -> Tree:
    memory = asked.get("memory")
    return said({"cpu": asked.get("cpu"), "memory": memory_mib(memory) if memory else None})


def _body(name: str, parts: Mapping[str, Any]) -> Tree:
    body: Tree = {"name": name, "type": "task"}
    payload: Tree = {}
    for part, value in parts.items():
        match part.partition(":"):
            case ("timeout", _, _):
                body["limitations"] = {_TIME_LIMIT: value}
            case ("payload", _, key):
                payload[key] = value
            case ("options", _, key):
                payload.setdefault("options", {})[key] = value
            case _:
                body[part] = value
    if "task" in body:
        body["task"] = {"type": "task", **body["task"]}
    return {**body, "payload": payload} if payload else body


# --- in one form ----------------------------------------------------------------------------------


def normal(task: Task) -> Tree:
    """A task in the vendor's words, in one form for all spellings that mean the same.

    What is empty is left out, places of inputs are relative, numbers are no text.
    """
    formed = said({**task, "inputs": [placed(each) for each in task.get("inputs") or ()]})
    if formed.get("type") == "task":
        del formed["type"]
    memory = formed.get("requirements", {}).get("memory")
    if isinstance(memory, str) and memory.isdecimal():
        formed["requirements"] = {**formed["requirements"], "memory": int(memory)}
    if isinstance(formed.get("task"), Mapping):
        formed["task"] = normal(formed["task"])
    return formed


def _parts(task: Tree) -> Iterator[tuple[str, Any]]:
    for key, value in task.items():
        match key:
            case "name":
                continue
            case "limitations" if _TIME_LIMIT in value:
                yield "timeout", value[_TIME_LIMIT]
            case "payload":
                yield from _parts_of_payload(value)
            case _:
                yield key, value


def _parts_of_payload(payload: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in payload.items():
        if key == "options" and isinstance(value, Mapping) and value:
            options = ((f"options:{option}", each) for option, each in value.items())
            yield from (each for each in options if each[1] is not None)
        elif value is not None:
            yield f"payload:{key}", value


# --- where it was written -------------------------------------------------------------------------


def spelled_part(tasks: Iterable[Task], key: str, rest: Path) -> Path:
    """Where in `spec.tasks` of the manifest a place inside a part was written, by names."""
    name, part = divided(key)
    task = next((each for each in tasks if each.get("name") == name), {})
    head, colon, member = part.partition(":")
    if not colon:
        return (name, part, *rest)
    if task.get("bifrost") and (head == "payload" or member in OPTIONS):
        return (name, "bifrost", member, *rest)
    return (name, "payload", *(("options",) if head == "options" else ()), member, *rest)
