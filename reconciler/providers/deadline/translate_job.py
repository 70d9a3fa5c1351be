"""Jobs between our words and Deadline's. Pure; a round trip on what a person may set."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reconciler.answers import reading
from reconciler.model import Observed, Request, Settled, Usage
from reconciler.providers.deadline.frames import as_set, cut, in_order, ordered_text
from reconciler.providers.deadline.kinds.job import JOB
from reconciler.providers.deadline.kinds.machines import WORKERS
from reconciler.providers.deadline.marker import (
    LABELS,
    STOP,
    STOPPED,
    dictionary_of,
    from_dictionary,
    tree_in,
)
from reconciler.providers.deadline.translate_fields import (
    DEFAULT_STOP,
    Body,
    absent_in,
    edited,
    props_of,
    spec_of,
)
from reconciler.providers.deadline.translate_submission import submission_of
from reconciler.providers.deadline.translate_used import Noted, Props, uses, workers_of
from reconciler.providers.moments import moment
from reconciler.ranges import Ranges, ranges
from reconciler.values import Tree

_ACTIVE, _SUSPENDED, _COMPLETED, _FAILED, _PENDING = 1, 2, 3, 4, 6
_TASK_COMPLETED = 5
_WORDS = {_SUSPENDED: "Suspended", _COMPLETED: "Completed", _FAILED: "Failed", _PENDING: "Pending"}
_STOPPED_AS = {"fail": _FAILED, "complete": _COMPLETED}
_GROWS = frozenset({Settled.IN_PROGRESS, Settled.SUSPENDED, Settled.SUCCEEDED, Settled.FAILED})
"""What frames may be added to. Source: Deadline 10 REST pages, jobs, appendjobframerange."""
_UNFINISHED = ("QueuedChunks", "RenderingChunks", "SuspendedChunks", "PendingChunks")
_ENDED = ("CompletedChunks", "FailedChunks")
_SHOWN_OTHERWISE = frozenset(
    {
        *("pool", "secondaryPool", "group", "limits", "dependsOn", "frames"),
        *("auxiliaryFiles", "includeEnvironment", "networkRoot", "initialStatus", "cleanupBy"),
    }
)
"""As remote ids, as `Observed.ranges`, in part, or not at all."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What an update sends: `job` whole for `save`, `machine_limit` the parts of its command."""

    job: Tree | None = None
    machine_limit: Tree | None = None


# --- ours to theirs -------------------------------------------------------------------------------


def submission(request: Request) -> Tree:
    """The body of the POST that submits a job, for the request's ranges.

    Raises:
        InternalError: the id of what it refers to is not known.
    """
    return submission_of(request)


def changed(body: Body, request: Request, fields: Collection[str]) -> Changed:
    """What brings these fields of a job that was just read to what the request says.

    All that is not ours is carried through as it was read.

    Raises:
        InternalError: the id of what it refers to is not known.
    """
    props = props_of(body)
    wanted = edited(request, fields, props)
    return Changed(
        job={**body, "Props": wanted} if wanted != props else None,
        machine_limit=dict(_machine_limit(request, fields, props)) or None,
    )


def _machine_limit(
    request: Request, fields: Collection[str], props: Props
) -> Iterator[tuple[str, Any]]:
    spec: Mapping[str, Any] = request.spec
    if "machineLimit" in fields:
        limit = spec.get("machineLimit", {})
        maximum, progress = limit.get("maximum", 0), limit.get("progress", -1.0)
        if props.get("MachLmt") != maximum:
            yield "Limit", maximum
        if props.get("MachLmtProg") != progress:
            yield "Progress", progress
    chosen: Mapping[str, Any] = request.chosen if "requirements" in fields else {}
    is_chosen_anew = "requirements" in fields and WORKERS in {*Noted.of(props).chosen, *chosen}
    if is_chosen_anew or {WORKERS, "deniedWorkers"} & {*fields}:
        allowed = chosen.get(WORKERS) or spec.get(WORKERS)
        names = [str(each) for each in allowed or spec.get("deniedWorkers") or ()]
        if workers_of(props) != (bool(allowed), frozenset(map(str.lower, names))):
            yield "SlaveList", names
            yield "WhiteListFlag", bool(allowed)


def frames_to_append(body: Body, request: Request) -> str:
    """Those of the request's frames that a job lacks, in their order; empty if it has them all."""
    missing = ranges(request.ranges or _wanted(request)) - _covered(props_of(body))
    return cut(str(request.spec["frames"]), str(missing)) if missing else ""


def _wanted(request: Request) -> str:
    return as_set(str(request.spec["frames"]))


# --- theirs to ours -------------------------------------------------------------------------------


@reading("the farm's", "job", "_id")
def from_job(body: Body, *, is_deleted: bool = False) -> Observed:
    """A job as the manifest would say it."""
    props = props_of(body)
    noted = Noted.of(props)
    settled = _settled(body, noted.dictionary, is_deleted=is_deleted)
    covered, spec = str(_covered(props)), spec_of(body, noted)
    return Observed(
        kind=JOB.id,
        remote_id=str(body["_id"]),
        spec=spec,
        settled=settled,
        state=f"Deleted ({_word(body)})" if is_deleted else _word(body),
        marker=from_dictionary(noted.dictionary),
        labels=tree_in(noted.dictionary, LABELS),
        unseen=_SHOWN_OTHERWISE | absent_in(body),
        usage=_usage(body, settled),
        name=str(props.get("Name") or ""),
        created_at=moment(body.get("Date")),
        ended_at=moment(body.get("DateComp")),
        uses=uses(props, noted.chosen),
        ranges=covered,
        done=covered if settled is Settled.SUCCEEDED else "",
        can_grow=settled in _GROWS and not is_deleted and not body.get("Main"),
        reopens=_last_portion(props),
        progress=_progress(body),
        outputs=_outputs(str(body["_id"]), spec["outputs"]),
        failure=_failure(body, settled),
    )


@reading("the farm's", "job", "_id")
def is_over(body: Body) -> bool:
    """Whether nothing more comes of a job that is not deleted."""
    return _settled(body, dictionary_of(props_of(body)), is_deleted=False).is_over


def with_tasks(observed: Observed, tasks: Any) -> Observed:
    """The same, knowing its tasks: those frames are done whose task is completed."""
    listed = tasks.get("Tasks") if isinstance(tasks, Mapping) else tasks
    done = Ranges()
    for task in listed or ():
        if isinstance(task, Mapping) and task.get("Stat") == _TASK_COMPLETED:
            done |= ranges(as_set(str(task.get("Frames") or "")))
    return replace(observed, done=str(done & ranges(observed.ranges)))


def _covered(props: Props) -> Ranges:
    return ranges(as_set(str(props.get("Frames") or "")))


def _last_portion(props: Props) -> str:
    """The frames of the last task, if it has fewer than the others: it may take up added ones."""
    size = props.get("Chunk")
    if not isinstance(size, int) or size <= 1:
        return ""
    frames = in_order(str(props["Frames"])) if _covered(props) else ()
    left = len(frames) % size
    return as_set(ordered_text(frames[-left:])) if left else ""


def _count(body: Body, *keys: str) -> int:
    return sum(int(body.get(key) or 0) for key in keys)


def _word(body: Body) -> str:
    """The farm's own word for how it stands."""
    stat = body.get("Stat")
    if stat == _ACTIVE:
        return "Rendering" if _count(body, "RenderingChunks") else "Queued"
    return _WORDS.get(stat, "Unknown") if isinstance(stat, int) else "Unknown"


def _settled(body: Body, dictionary: Mapping[str, str], *, is_deleted: bool) -> Settled:
    stat, is_rendering = body.get("Stat"), _count(body, "RenderingChunks") > 0
    is_ours = STOPPED in dictionary and stat == _STOPPED_AS.get(dictionary.get(STOP, DEFAULT_STOP))
    if is_ours:  # one that a person took up again is in another state, and lives
        return Settled.TERMINATING if is_rendering and not is_deleted else Settled.CANCELLED
    if is_deleted:
        return Settled.SUCCEEDED if stat == _COMPLETED else Settled.CANCELLED
    if stat == _SUSPENDED:
        return Settled.DRAINING if is_rendering else Settled.SUSPENDED
    if stat == _FAILED:
        return Settled.TERMINATING if is_rendering else Settled.FAILED
    if stat == _COMPLETED:
        return Settled.SUCCEEDED
    return Settled.IN_PROGRESS if stat in (_ACTIVE, _PENDING) else Settled.UNKNOWN


def _usage(body: Body, settled: Settled) -> Usage:
    return Usage(
        instances=_count(body, "RenderingChunks"),
        queued_instances=0 if settled.is_over else _count(body, *_UNFINISHED),
    )


def _progress(body: Body) -> float | None:
    total = _count(body, *_UNFINISHED, *_ENDED)
    if not total:
        return None
    percent = str(body.get("SnglTskPrg") or "").partition(" ")[0]
    if total == 1 and percent.isdecimal() and not _count(body, *_ENDED):
        return min(1.0, int(percent) / 100)
    return _count(body, "CompletedChunks") / total


def _outputs(job_id: str, paths: Sequence[str]) -> dict[str, str]:
    return {"id": job_id, **{f"output{n}": path for n, path in enumerate(paths)}}


def _failure(body: Body, settled: Settled) -> str:
    if settled is not Settled.FAILED:
        return ""
    failed, errors = _count(body, "FailedChunks"), _count(body, "Errs")
    return f"{failed} of {_count(body, *_UNFINISHED, *_ENDED)} tasks failed, {errors} errors"
