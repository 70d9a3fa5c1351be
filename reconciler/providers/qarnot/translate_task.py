"""Tasks between our words and Qarnot's. Pure; a round trip on what a person may set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.answers import reading
from reconciler.kinds import RefRole
from reconciler.model import Observed, Ref, Request, Settled, Usage
from reconciler.providers.moments import moment
from reconciler.providers.qarnot.kinds.task import TASK, ranges_of
from reconciler.providers.qarnot.marker import LABEL, from_label, without_marker
from reconciler.providers.qarnot.translate_work import (
    CLEARED,
    MAY_BE_HIDDEN,
    Body,
    Reveal,
    from_work,
    labelled,
    named,
    picked,
    seconds,
    shown,
    stands_on,
    to_work,
)
from reconciler.providers.references import remote_id_of, sent_too_early
from reconciler.quantities import NotAQuantity
from reconciler.ranges import NO_RANGES, Ranges, ranges
from reconciler.values import Tree

_SAME_NAME = (
    "resultBucket",
    "resultsWhitelist",
    "resultsBlacklist",
    "resultsCacheTTLSec",
    "uploadResultsOnCancellation",
    "snapshotWhitelist",
    "snapshotBlacklist",
    "snapshotBucket",
    "snapshotBucketPrefix",
    "retrySettings",
    "waitForPoolResourcesSynchronization",
)
_UPDATABLE = ("constants", "tags", "constraints")
SNAPSHOT_INTERVAL = "snapshotInterval"
"""Set by a call of its own. Source: Compute API v1.0 page, periodic snapshot."""
_SNAPSHOTS = {
    "whitelist": "snapshotWhitelist",
    "blacklist": "snapshotBlacklist",
    "bucket": "snapshotBucket",
    "bucketPrefix": "snapshotBucketPrefix",
}
_PLACES = {RefRole.PLACE: "poolUuid", RefRole.CONTAINER: "jobUuid"}
_SUCCEEDED = ("success",)
"""What a bare name asks for, where the vendor wants it said."""
_SETTLED = {
    "submitted": Settled.IN_PROGRESS,
    "partiallydispatched": Settled.IN_PROGRESS,
    "fullydispatched": Settled.IN_PROGRESS,
    "partiallyexecuting": Settled.IN_PROGRESS,
    "fullyexecuting": Settled.IN_PROGRESS,
    "uploadingresults": Settled.IN_PROGRESS,
    "downloadingresults": Settled.IN_PROGRESS,
    "pendingcancel": Settled.TERMINATING,
    "pendingdelete": Settled.TERMINATING,
    "success": Settled.SUCCEEDED,
    "failure": Settled.FAILED,
    "cancelled": Settled.CANCELLED,
}
_SHOWN_OTHERWISE = frozenset({"pool", "job", "dependsOn", "instances", "frames"})
"""As remote ids, or as `Observed.ranges`."""
_MAY_BE_HIDDEN = MAY_BE_HIDDEN | {"resultsCacheTTLSec"}


# --- ours to theirs -------------------------------------------------------------------------------


def to_remote(request: Request, reveal: Reveal) -> Tree:
    """The body that creates the task, for the request's ranges.

    Raises:
        InternalError: the id of what it refers to is not known.
    """
    spec = request.spec
    return {
        **picked(spec, ("profile", *_SAME_NAME)),
        **to_work(spec, reveal),
        **_to_size(request),
        **_to_places(request),
        **named(request),
        **labelled(request),
    }


def _to_size(request: Request) -> Tree:
    """A count where all of it is wanted, as ranges say nothing of the rest."""
    whole = ranges_of(request.spec)
    wanted = request.ranges or whole
    if "instances" in request.spec and wanted == whole:
        return {"instanceCount": request.spec["instances"]}
    return {"advancedRanges": wanted}


def _to_places(request: Request) -> Tree:
    """What it runs on, what groups it, and what it still has to wait for."""
    references = request.resource.references
    placed = {
        name: remote_id_of(request, each)
        for each in references
        if (name := _PLACES.get(each.role)) is not None
    }
    waited = [
        each
        for each in references
        if each.role is RefRole.UPSTREAM and each.target not in request.met
    ]
    return {**placed, "dependencies": _to_dependencies(request, waited)} if waited else placed


def _to_dependencies(request: Request, waited: Sequence[Ref]) -> Tree:
    """The older form, unless a final state is asked for; then the newer one says each."""
    pairs = [(uuid, each) for each in waited for uuid in _runs_of(request, each)]
    if not any(each.when for each in waited):
        return {"dependsOn": [uuid for uuid, _ in pairs]}
    return {
        "advancedDependsOn": [
            {"taskUuid": uuid, "taskFinalStateCondition": list(each.when or _SUCCEEDED)}
            for uuid, each in pairs
        ]
    }


def _runs_of(request: Request, upstream: Ref) -> tuple[str, ...]:
    """The runs of an upstream that are waited for.

    Raises:
        InternalError: nobody said which, nor that it has ended as asked.
    """
    uuids = request.upstreams.get(upstream.target, ()) if upstream.target is not None else ()
    if not uuids:
        raise sent_too_early(request, upstream)
    return uuids


def to_update(request: Request, changed: Iterable[str], reveal: Reveal) -> Tree:
    """The body that brings the updatable fields to what the request says; empty if none changed.

    All those that are set go along, as for pools: whether a PUT keeps or clears what it leaves out
    is not documented.
    """
    names = frozenset(changed).intersection(_UPDATABLE)
    if not names:
        return {}
    spec = picked(request.spec, _UPDATABLE)
    return {**{key: CLEARED[key] for key in names - spec.keys()}, **to_work(spec, reveal)}


def to_snapshots(spec: Mapping[str, Any]) -> Tree:
    """The body that sets how often snapshots are taken; 0 ends them."""
    filters = {theirs: spec[ours] for theirs, ours in _SNAPSHOTS.items() if ours in spec}
    return {"interval": spec.get(SNAPSHOT_INTERVAL, 0), **filters}


# --- theirs to ours -------------------------------------------------------------------------------


@reading("Qarnot's", "task", "uuid")
def from_remote(body: Body) -> Observed:
    """A task as the manifest would say it; secret values come wrapped."""
    labels = body.get("labels") or {}
    state = str(body.get("state") or "")
    settled = _SETTLED.get(state.lower(), Settled.UNKNOWN)
    covered = _covered(body)
    return Observed(
        kind=TASK.id,
        remote_id=str(body["uuid"]),
        spec=dict(_from_fields(body)),
        settled=settled,
        state=state,
        marker=from_label(str(labels.get(LABEL, ""))),
        labels=without_marker(labels),
        unseen=_SHOWN_OTHERWISE | _MAY_BE_HIDDEN.difference(body),
        usage=_usage(body, settled, covered),
        name=str(body.get("name") or ""),
        created_at=moment(body.get("creationDate")),
        ended_at=moment(body.get("endDate")),
        stands_on=stands_on(body),
        ranges=str(covered),
        done=_done(body, settled, covered),
        progress=_progress(body),
        outputs=_outputs(body),
        failure=_failure(body),
    )


def _from_fields(body: Body) -> Iterator[tuple[str, Any]]:
    if not body.get("poolUuid"):
        yield "profile", body.get("profile")  # inside a pool it is the pool's
    yield SNAPSHOT_INTERVAL, body.get(SNAPSHOT_INTERVAL)
    yield from shown(body, _SAME_NAME)
    yield from from_work(body)


def _covered(body: Body) -> Ranges:
    told = _set_of(body.get("advancedRanges"))
    count = int(body.get("instanceCount") or 0)
    return told or (Ranges(((0, count - 1),)) if count > 0 else NO_RANGES)


def _set_of(text: Any) -> Ranges:
    try:
        return ranges(str(text or ""))
    except NotAQuantity:
        return NO_RANGES


def _status(body: Body) -> Body:
    status = body.get("status")
    return status if isinstance(status, Mapping) else {}


def _done(body: Body, settled: Settled, covered: Ranges) -> str:
    if settled is Settled.SUCCEEDED:
        return str(covered)
    return str(_set_of(_status(body).get("succeededRange")) & covered)


def _progress(body: Body) -> float | None:
    """Source: bodies recorded from the service, where 100.0 is all of it."""
    percent = body.get("progress")
    if not isinstance(percent, int | float):
        return None
    return min(1.0, max(0.0, percent / 100))


def _outputs(body: Body) -> dict[str, str]:
    found = {key: body.get(key) for key in ("uuid", "resultBucket")}
    return {key: str(each) for key, each in found.items() if each}


def _failure(body: Body) -> str:
    errors = body.get("errors") or ()
    return next((str(each["message"]) for each in errors if each.get("message")), "")


def _usage(body: Body, settled: Settled, covered: Ranges) -> Usage:
    status = _status(body)
    ended = _set_of(status.get("executedRange")) | _set_of(status.get("cancelledRange"))
    spent = status.get("executionTimeByCpuModel") or ()
    return Usage(
        instances=int(body.get("runningInstanceCount") or 0),
        cores=int(body.get("runningCoreCount") or 0),
        queued_instances=0 if settled.is_over else len(covered - ended),
        core_seconds=float(sum((seconds(each["time"]) or 0) * each["core"] for each in spent)),
    )
