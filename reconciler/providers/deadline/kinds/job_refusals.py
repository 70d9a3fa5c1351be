"""What a Deadline farm would refuse of a job, or what could never work, told before any call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.kinds import Refusal, Spec
from reconciler.providers.deadline.kinds import blocks
from reconciler.providers.deadline.kinds.machines import Needs
from reconciler.quantities import duration_s

OUR_KEYS = "reconciler"
"""How keys of the free dictionary begin that are ours."""
DURATIONS = ("timeout", "minRenderTime", "startJobTimeout", "initializePluginTimeout", "jobDelay")


def refuse(spec: Spec) -> Iterator[Refusal]:
    """What is wrong with a job, with the field it stands in."""
    yield from _refuse_frames(spec)
    yield from _refuse_workers(spec)
    yield from _refuse_requirements(spec)
    yield from _refuse_keys(spec)
    yield from _refuse_final_states(spec)
    yield from _refuse_schedule(spec)
    yield from _refuse_cleanup(spec)
    yield from _refuse_fractions(spec)
    yield from _refuse_outputs(spec)
    if spec.get("tile") and spec.get("maintenance"):
        yield Refusal(
            code="M588",
            path=("maintenance",),
            summary="tile and maintenance exclude each other",
            cause="a job renders one frame in tiles, or runs once for each worker",
            remedy="remove one of the two",
        )


# --- how often ------------------------------------------------------------------------------------


def _refuse_frames(spec: Spec) -> Iterator[Refusal]:
    has_frames, parts = spec.get("frames") is not None, spec.get("tasks") or ()
    if has_frames and parts:
        yield Refusal(
            code="M576",
            path=("frames",),
            summary="frames and tasks exclude each other",
            cause="the job's frames are those of its tasks, one after the other",
            remedy="remove frames, or make a task of them",
        )
    elif not has_frames and not parts:
        yield Refusal(
            code="M575",
            path=(),
            summary="the job has no frames",
            cause="frames, or tasks with theirs, say how often it runs",
            remedy='add frames: 1-240, or frames: "0" for a single task',
        )
    first: dict[str, int] = {}
    for index, part in enumerate(parts):
        if first.setdefault(part["name"].casefold(), index) != index:
            yield Refusal(
                code="M577",
                path=("tasks", index, "name"),
                summary=f"the task '{part['name'][:80]}' is named twice",
                cause="names are unique inside a job, whatever the case",
                remedy="rename one of the two",
            )


# --- where ----------------------------------------------------------------------------------------

_LISTS = ("allowedWorkers", "deniedWorkers")
_PLACES = ("group", *_LISTS)


def _refuse_workers(spec: Spec) -> Iterator[Refusal]:
    for key in _LISTS:
        yield from blocks.twice(spec.get(key) or [], key)
    if spec.get("allowedWorkers") and spec.get("deniedWorkers"):
        yield Refusal(
            code="M578",
            path=("deniedWorkers",),
            summary="allowedWorkers and deniedWorkers exclude each other",
            cause="Deadline keeps one list, and whether it allows or denies",
            remedy="keep one of the two",
        )


def _refuse_requirements(spec: Spec) -> Iterator[Refusal]:
    if not Needs.of(spec):
        return
    for key in _PLACES:
        if spec.get(key):
            yield Refusal(
                code="M579",
                path=("requirements",),
                summary=f"requirements and {key} exclude each other",
                cause="requirements choose the machines, by a group or a list of workers",
                remedy=f"remove requirements, or {key}",
            )


# --- free words -----------------------------------------------------------------------------------


def _refuse_keys(spec: Spec) -> Iterator[Refusal]:
    for field in ("extraInfo", "environment"):
        for key in spec.get(field) or ():
            if field == "extraInfo" and key.startswith(OUR_KEYS):
                yield Refusal(
                    code="M580",
                    path=(field, key),
                    summary=f"a key may not begin with '{OUR_KEYS}'",
                    cause="such keys hold the marker that says whose object it is",
                    remedy="give the key another beginning",
                )
            elif "." in key or key.startswith("$"):
                yield Refusal(
                    code="M581",
                    path=(field, key),
                    summary=f"'{key[:80]}' can't be a key",
                    cause="the farm's database takes no '.' in a key, and no '$' at its beginning",
                    remedy="write it with '_'",
                )


# --- when -----------------------------------------------------------------------------------------


def final_states(dependency: Any) -> frozenset[str]:
    """How an element of `dependsOn` may have ended."""
    states = dependency.get("finalState") if isinstance(dependency, Mapping) else None
    return frozenset(states or ("success",))


def _refuse_final_states(spec: Spec) -> Iterator[Refusal]:
    told = [final_states(each) for each in spec.get("dependsOn") or ()]
    for index, states in enumerate(told):
        path = ("dependsOn", index)
        if states != told[0]:
            yield Refusal(
                code="M582",
                path=path,
                summary="all dependencies of a job need the same finalState",
                cause="Deadline says once for all of them how they may have ended",
                remedy="write the same finalState beside each of them",
            )
            return
        if ("failure" in states) is not ("cancelled" in states):
            yield Refusal(
                code="M583",
                path=path,
                summary="failure and cancelled go together",
                cause="to Deadline a run that was stopped is a failed or a deleted job",
                remedy="write both of them, or neither",
            )
            return


def _refuse_schedule(spec: Spec) -> Iterator[Refusal]:
    schedule: Mapping[str, Any] = spec.get("schedule") or {}
    if schedule and spec.get("jobDelay"):
        yield _schedule(
            ("jobDelay",), "schedule and jobDelay exclude each other",
            "both say when the job begins", "remove one of the two",
        )  # fmt: skip
    kind = schedule.get("type")
    needed = {"once": "start", "daily": "start", "custom": "week"}.get(str(kind))
    if needed is not None and not schedule.get(needed):
        yield _schedule(
            ("schedule",), f"a schedule of type {kind} needs {needed}",
            "nothing else says when the job begins", f"add {needed}",
        )  # fmt: skip
    for key, owner in (("days", "daily"), ("week", "custom")):
        if schedule.get(key) is not None and kind != owner:
            yield _schedule(
                ("schedule", key), f"{key} is for type {owner} alone",
                f"the type is {kind}", f"remove {key}, or write type: {owner}",
            )  # fmt: skip


def _schedule(path: tuple[str, ...], summary: str, cause: str, remedy: str) -> Refusal:
    return Refusal("M584", path, summary, cause, remedy)


# --- how long, and what is left -------------------------------------------------------------------


def _refuse_cleanup(spec: Spec) -> Iterator[Refusal]:
    cleanup: Mapping[str, Any] | None = spec.get("cleanup")
    if cleanup is None:
        return
    is_wanted, has_days = cleanup.get("enabled") is not False, cleanup.get("days") is not None
    if is_wanted is not has_days:
        yield Refusal(
            code="M585",
            path=("cleanup",),
            summary="days says when a job is cleaned up" if is_wanted else "days would not count",
            cause="it has no days" if is_wanted else "enabled: false keeps the job",
            remedy="add days: 7, or write enabled: false" if is_wanted else "remove days",
        )


def _refuse_fractions(spec: Spec) -> Iterator[Refusal]:
    for key in DURATIONS:
        written = spec.get(key)
        if isinstance(written, str) and duration_s(written) % 1:
            yield Refusal(
                code="M586",
                path=(key,),
                summary=f"{key} is no whole number of seconds",
                cause="Deadline counts it in whole seconds",
                remedy="round it",
            )


def _refuse_outputs(spec: Spec) -> Iterator[Refusal]:
    outputs: Sequence[str] = spec.get("outputs") or ()
    is_folder = [each.endswith(("/", "\\")) for each in outputs]
    for index, each in enumerate(outputs):
        if "/" not in each and "\\" not in each:
            yield Refusal(
                code="M587",
                path=("outputs", index),
                summary=f"the output '{each[:80]}' stands in no folder",
                cause="Deadline shows outputs by folder and name",
                remedy="write its whole path",
            )
        elif not is_folder[index] and any(is_folder[:index]):
            yield Refusal(
                code="M587",
                path=("outputs", index),
                summary="an output stands behind a folder",
                cause="Deadline counts names from 0 on, and a folder has none",
                remedy="write the folders last",
            )
