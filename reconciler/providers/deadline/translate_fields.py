"""The fields of a job as the farm holds them, both ways. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from reconciler.fields import Mutability
from reconciler.model import Request
from reconciler.providers.deadline.kinds.blocks import trimmed
from reconciler.providers.deadline.kinds.job_blocks import TASK_COLUMNS, TIMEOUTS
from reconciler.providers.deadline.kinds.job_table import PLAIN
from reconciler.providers.deadline.kinds.machines import WORKERS
from reconciler.providers.deadline.marker import (
    DELAY,
    LABELS,
    REQUIREMENTS,
    STOP,
    dictionary_of,
    theirs,
    tree_in,
)
from reconciler.providers.deadline.translate_times import schedule_of
from reconciler.providers.deadline.translate_used import (
    LIMIT_LIST,
    NAMED,
    UNNAMED,
    Noted,
    Props,
    names,
    note_of,
    stands,
)
from reconciler.values import UNSEEN, Tree, canonical, get_in

Body = Mapping[str, Any]
COMPLETIONS = ("archive", "delete", "keep")
"""By the vendor's number. Source: Deadline 10 REST pages, jobs."""
DEFAULT_STOP = "fail"
_FAILURES = {"jobErrors": ("JobFailOvr", "JobFailErr"), "taskErrors": ("TskFailOvr", "TskFailErr")}
_KEPT = tuple((tuple(map(str, each.path[:-1])), str(each.path[-1]), each.kept) for each in PLAIN)
"""For each plain field: where it stands in a spec, as the keys above it and its own; its place."""
_EDITABLE = tuple(each for each in PLAIN if each.row.mutability is Mutability.IN_PLACE)


def props_of(body: Body) -> Props:
    """The editable part of a job; empty where a build shows none."""
    props = body.get("Props")
    return props if isinstance(props, Mapping) else {}


# --- theirs to ours -------------------------------------------------------------------------------


def spec_of(body: Body, noted: Noted) -> Tree:
    """What the farm shows of a job's fields, in the form of a folded spec."""
    props = props_of(body)
    spec: Tree = {}
    for above, last, kept in _KEPT:
        value = props.get(kept)
        if value is not None:
            _part(spec, above)[last] = value
    for field, value in (*_of_work(body, props), *_of_place(props, noted), *_of_course(props)):
        _merge(spec, field, value)
    _merge_dictionary(spec, props, noted)
    return {key: value for key, value in spec.items() if value is not None}


def absent_in(body: Body) -> frozenset[str]:
    """Top-level fields of which this build of the farm shows nothing."""
    props = props_of(body)
    return frozenset(
        above[0] if above else last for above, last, kept in _KEPT if kept not in props
    )


def _part(spec: Tree, above: Sequence[str]) -> Tree:
    for key in above:
        spec = spec.setdefault(key, {})
    return spec


def _merge(spec: Tree, field: str, value: Any) -> None:
    """A field, or more of a block that is begun."""
    spec[field] = {**spec[field], **value} if field in spec else value


def _of_work(body: Body, props: Props) -> Iterator[tuple[str, Any]]:
    yield "plugin", body.get("Plug")
    yield "pluginInfo", props.get("PlugInfo")
    yield "environment", props.get("Env")
    yield "outputs", _outputs(body)
    yield "machineName", body.get("Mach")
    if body.get("Tile") is True:
        yield (
            "tile",
            {
                "frame": body.get("TileFrame"),
                "tilesInX": body.get("TileX"),
                "tilesInY": body.get("TileY"),
                "tileCount": body.get("TileCount"),
                "outputs": list(body.get("TileFile") or ()),
            },
        )
    if body.get("Main") is True:
        frames = {"startFrame": body.get("MainStart"), "endFrame": body.get("MainEnd")}
        yield "maintenance", frames


def _outputs(body: Body) -> list[str]:
    folders, files = list(body.get("OutDir") or ()), list(body.get("OutFile") or ())
    count = max(len(folders), len(files))
    pairs = zip(_filled(folders, count), _filled(files, count), strict=True)
    return [_joined(str(folder), str(name)) for folder, name in pairs]


def _filled(texts: Sequence[str], count: int) -> list[str]:
    return [*texts, *[""] * (count - len(texts))]


def _joined(folder: str, name: str) -> str:
    mark = "\\" if "\\" in folder else "/"
    return folder + ("" if not folder or folder.endswith(("/", "\\")) else mark) + name


def _of_place(props: Props, noted: Noted) -> Iterator[tuple[str, Any]]:
    limit = {"maximum": props.get("MachLmt"), "progress": props.get("MachLmtProg")}
    yield "machineLimit", limit
    if WORKERS not in noted.chosen:
        field = WORKERS if props.get("White") is True else "deniedWorkers"
        yield field, list(props.get("ListedSlaves") or ())
    yield "chunkSize", props.get("Chunk")
    yield "requiredAssets", _file_names(props.get("ReqAss"))
    yield "scriptDependencies", _file_names(props.get("ScrDep"))
    if DELAY in noted.dictionary:
        yield "jobDelay", noted.dictionary[DELAY]
    else:
        yield "schedule", schedule_of(props)


def _file_names(items: Any) -> list[str]:
    return [str(each.get("FileName") or "") for each in items or () if isinstance(each, Mapping)]


def _of_course(props: Props) -> Iterator[tuple[str, Any]]:
    yield "onTaskTimeout", _word(TIMEOUTS, props.get("Timeout"))
    yield "onComplete", _word(COMPLETIONS, props.get("OnComp"))
    yield "notificationTargets", props.get("NotUser")
    errors = {key: props.get(count) for key, (flag, count) in _FAILURES.items() if props.get(flag)}
    yield "failureDetection", errors
    if props.get("OverAutoClean"):
        is_on = props.get("OverClean") is True
        yield "cleanup", {"days": props.get("OverCleanDays")} if is_on else {"enabled": False}
    if props.get("OvrTaskEINames"):
        titles = [str(props.get(f"TaskEx{n}") or "") for n in range(TASK_COLUMNS)]
        yield "taskExtraInfoNames", trimmed(titles)


def _word(words: Sequence[str], number: Any) -> str | None:
    if not isinstance(number, int):
        return None
    return words[number] if 0 <= number < len(words) else str(number)


def _merge_dictionary(spec: Tree, props: Props, noted: Noted) -> None:
    dictionary = noted.dictionary
    if stands(noted.chosen, props):
        spec["requirements"] = noted.asked
    spec["extraInfo"] = theirs(dictionary)
    spec["labels"] = tree_in(dictionary, LABELS)
    spec["stopAs"] = dictionary.get(STOP, DEFAULT_STOP)


# --- ours to theirs -------------------------------------------------------------------------------


def notes(request: Request) -> dict[str, str]:
    """What the free dictionary holds of a request, but for the marker."""
    spec: Mapping[str, Any] = request.spec
    found = {key: str(value) for key, value in spec.get("extraInfo", {}).items()}
    if spec.get("labels"):
        found[LABELS] = canonical(spec["labels"])
    if spec.get("requirements"):
        found[REQUIREMENTS] = canonical(note_of(spec["requirements"], request.chosen))
    if "jobDelay" in spec:
        found[DELAY] = f"{spec['jobDelay']}s"
    if "stopAs" in spec:
        found[STOP] = spec["stopAs"]
    return found


def edited(request: Request, changed: Collection[str], props: Props) -> Tree:
    """The editable part with the changed fields as the request says; all else as it is.

    Raises:
        InternalError: the id of what it refers to is not known.
    """
    spec: Mapping[str, Any] = request.spec
    edits: Tree = {}
    for each in _EDITABLE:
        if each.path[0] in changed:
            value = get_in(spec, each.path)
            if value is not UNSEEN or each.row.default is not None:
                edits[each.kept] = each.row.default if value is UNSEEN else value
    return {
        **props,
        **edits,
        **_edited_words(spec, changed),
        **_edited_blocks(spec, changed),
        **_edited_names(request, changed, props),
        **_edited_dictionary(request, changed, props),
    }


def _edited_words(spec: Mapping[str, Any], changed: Collection[str]) -> Tree:
    found: Tree = {}
    if "onTaskTimeout" in changed:
        found["Timeout"] = TIMEOUTS.index(spec.get("onTaskTimeout", "error"))
    if "onComplete" in changed:
        found["OnComp"] = COMPLETIONS.index(spec.get("onComplete", "keep"))
    if "notificationTargets" in changed and "notificationTargets" in spec:
        found["NotUser"] = list(spec["notificationTargets"])
    return found


def _edited_blocks(spec: Mapping[str, Any], changed: Collection[str]) -> Tree:
    found: Tree = {}
    if "failureDetection" in changed:
        said = spec.get("failureDetection", {})
        for key, (flag, count) in _FAILURES.items():
            found |= {flag: key in said, count: said.get(key, 0)}
    if "cleanup" in changed:
        cleanup = spec.get("cleanup", {})
        found |= {
            "OverAutoClean": bool(cleanup),
            "OverClean": "days" in cleanup,
            "OverCleanDays": cleanup.get("days", 0),
        }
    if "taskExtraInfoNames" in changed:
        titles = _filled(spec.get("taskExtraInfoNames", ()), TASK_COLUMNS)
        found["OvrTaskEINames"] = any(titles)
        found |= {f"TaskEx{n}": title for n, title in enumerate(titles)}
    return found


def _edited_names(request: Request, changed: Collection[str], props: Props) -> Tree:
    """Pools, group and limits; what was or is chosen for requirements moves with these."""
    moved = {*changed}
    told = names(request)
    if "requirements" in changed:
        moved |= Noted.of(props).chosen.keys() | request.chosen.keys()
        told |= request.chosen
    found = {
        key: told.get(field, UNNAMED[field]) for field, (key, _) in NAMED.items() if field in moved
    }
    return {**found, "Limits": told.get(LIMIT_LIST, [])} if LIMIT_LIST in moved else found


_NOTED = {"labels": LABELS, "requirements": REQUIREMENTS, "stopAs": STOP}


def _edited_dictionary(request: Request, changed: Collection[str], props: Props) -> Tree:
    wanted = notes(request)
    gone = {_NOTED[field] for field in _NOTED.keys() & changed}
    kept = {key: each for key, each in dictionary_of(props).items() if key not in gone}
    given = {key: wanted[key] for key in gone & wanted.keys()}
    own = theirs(wanted) if "extraInfo" in changed else {}
    return {"ExDic": {**kept, **given, **own}} if gone or own else {}
