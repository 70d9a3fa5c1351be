"""How the service reads the description of a job.

The first thing that is wrong is told with its path. Source: reference of the compute API, v1,
models JobDescription, TaskDescription and MapTaskDescription.
"""

from collections.abc import Collection
from dataclasses import dataclass

from reconciler.sandbox.flow.answers import service_error
from reconciler.sandbox.settings import SettingTable
from reconciler.sandbox.vendor import Json

MOST_CPU, MOST_MEMORY_MB, MOST_SECONDS = 16, 122_880, 172_800
_JOB = frozenset({"name", "tags", "tasks"})
_VENDOR_ORDER = (
    *("requirements", "payload", "executor", "inputs", "name", "type", "limitations", "hints"),
    *("task", "values"),
)
_MAP = frozenset({"name", "type", "task", "values"})
_TASK = frozenset(_VENDOR_ORDER) - {"task", "values"}


@dataclass(frozen=True, slots=True)
class Description:
    """A job as it was asked for, its tasks as they will be shown."""

    name: str | None
    tags: list[str]
    tasks: list[Json]


class DescriptionReader:
    """Reads descriptions as the switches say."""

    def __init__(self, switches: SettingTable) -> None:
        self._switches = switches

    def read(self, body: Json) -> Description:
        """The description in a body.

        Raises:
            Refused: 400, with the path of what is wrong.
        """
        self._keys(body, _JOB, "")
        name = _text(body, "name", "", most=200) if "name" in body else None
        tags = body.get("tags", [])
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            raise _bad("tags", "must be a list of strings")
        tasks = body.get("tasks")
        if not isinstance(tasks, list) or not tasks:
            raise _bad("tasks", "must be a list of at least one task")
        read = [self._task(task, f"tasks[{i}]") for i, task in enumerate(tasks)]
        seen: set[str] = set()
        for i, task in enumerate(read):
            if task["name"] in seen:
                raise _bad(f"tasks[{i}].name", f"'{task['name']}' is already used in this job")
            seen.add(task["name"])
        return Description(name, tags, [self._shown(task) for task in read])

    def _task(self, task: Json, path: str) -> dict[str, Json]:
        if not isinstance(task, dict):
            raise _bad(path, "must be an object")
        if task.get("type") == "map":
            return self._map_task(task, path)
        return self._plain_task(task, path)

    def _map_task(self, task: dict[str, Json], path: str) -> dict[str, Json]:
        self._keys(task, _MAP, path)
        _text(task, "name", path, most=1000)
        inner = task.get("task")
        if not isinstance(inner, dict):
            raise _bad(f"{path}.task", "must be an object")
        values = task.get("values")
        if not isinstance(values, dict):
            raise _bad(f"{path}.values", "must be an object")
        _text(values, "source", f"{path}.values")
        return {**task, "task": self._plain_task(inner, f"{path}.task")}

    def _plain_task(self, task: dict[str, Json], path: str) -> dict[str, Json]:
        self._keys(task, _TASK, path)
        _text(task, "name", path, most=1000)
        if task.get("type", "task") != "task":
            raise _bad(f"{path}.type", "must be 'task' here")
        _check_executor(task.get("executor"), f"{path}.executor")
        for name in ("hints", "payload", "limitations", "requirements"):
            if not isinstance(task.get(name, {}), dict):
                raise _bad(f"{path}.{name}", "must be an object")
        limitations, where = task.get("limitations", {}), f"{path}.limitations"
        _whole(limitations, "maxExecutionTimeInSeconds", where, most=MOST_SECONDS)
        read = dict(task)
        if "requirements" in task:
            read["requirements"] = self._requirements(task["requirements"], f"{path}.requirements")
        if "inputs" in task:
            read["inputs"] = self._inputs(task["inputs"], f"{path}.inputs")
        return read

    def _requirements(self, wanted: dict[str, Json], path: str) -> dict[str, Json]:
        memory = wanted.get("memory")
        read = dict(wanted)
        if isinstance(memory, str) and memory.isascii() and memory.isdecimal():
            read["memory"] = int(memory[:18])
        refuses = self._switches["impossible_requirements"] == "refuse"
        _whole(read, "cpu", path, most=MOST_CPU if refuses else None)
        _whole(read, "memory", path, most=MOST_MEMORY_MB if refuses else None)
        return read

    def _inputs(self, inputs: Json, path: str) -> list[Json]:
        if not isinstance(inputs, list):
            raise _bad(path, "must be a list")
        return [self._input(one, f"{path}[{i}]") for i, one in enumerate(inputs)]

    def _input(self, wanted: Json, path: str) -> Json:
        if not isinstance(wanted, dict):
            raise _bad(path, "must be an object")
        _check_source(wanted.get("source"), f"{path}.source")
        target = wanted.get("target")
        if not isinstance(target, dict):
            raise _bad(f"{path}.target", "must be an object")
        place = _text(target, "path", f"{path}.target", most=4000)
        _check_path(place, f"{path}.target.path")
        if self._switches["target_paths"] == "submitted":
            return wanted
        return {**wanted, "target": {**target, "path": place.lstrip("/")}}

    def _keys(self, given: dict[str, Json], known: Collection[str], path: str) -> None:
        unknown = sorted(given.keys() - known)
        if unknown and self._switches["unknown_keys"] == "refuse":
            raise _bad(f"{path}.{unknown[0]}".lstrip("."), "is not known")

    def _shown(self, task: dict[str, Json]) -> Json:
        shown = dict(task)
        if "task" in shown:
            shown["task"] = self._shown(shown["task"])
        if self._switches["task_type"] == "filled":
            shown.setdefault("type", "task")
        order = self._switches["task_key_order"]
        if order == "submitted":
            return shown
        ranks = {name: i for i, name in enumerate(_VENDOR_ORDER if order == "vendor" else ())}
        keys = sorted(shown, key=lambda key: (ranks.get(key, len(ranks)), key))
        return {key: shown[key] for key in keys}


def _bad(path: str, text: str) -> Exception:
    return service_error(400, f"{path}: {text}")


def _text(given: dict[str, Json], name: str, path: str, *, most: int | None = None) -> str:
    value, here = given.get(name), f"{path}.{name}".lstrip(".")
    if not isinstance(value, str) or (not value and path):
        raise _bad(here, "must be a string" if not path else "must be a string that is not empty")
    if most is not None and len(value) > most:
        raise _bad(here, f"has {len(value)} characters, at most {most} are allowed")
    return value


def _whole(given: dict[str, Json], name: str, path: str, *, most: int | None) -> None:
    value, here = given.get(name, 1), f"{path}.{name}"
    if isinstance(value, bool) or not isinstance(value, int):
        raise _bad(here, "must be a whole number")
    if value < 1:
        raise _bad(here, f"{value} is less than 1")
    if most is not None and value > most:
        raise _bad(here, f"{value} is greater than {most}")


def _check_executor(executor: Json, path: str) -> None:
    if isinstance(executor, dict):
        _text(executor, "name", path, most=200)
        _text(executor, "version", path, most=200)
    else:
        above, _, name = path.rpartition(".")
        _text({name: executor}, name, above, most=200)


def _check_source(source: Json, path: str) -> None:
    if not isinstance(source, dict):
        raise _bad(path, "must be an object")
    has_uri, has_space = "uri" in source, "spaceId" in source or "key" in source
    if has_uri == has_space:
        raise _bad(path, "must have either uri, or spaceId and key")
    for name in ("uri",) if has_uri else ("spaceId", "key"):
        _text(source, name, path)


def _check_path(place: str, path: str) -> None:
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in place):
        raise _bad(path, "has a control character")
    if ".." in place.split("/"):
        raise _bad(path, "leads out of its folder")
