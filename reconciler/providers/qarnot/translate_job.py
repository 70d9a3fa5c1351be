"""Jobs between our words and Qarnot's. Pure; a round trip on what a person may set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.answers import reading
from reconciler.model import Observed, Request, Settled
from reconciler.providers.moments import moment
from reconciler.providers.qarnot.kinds.job import JOB
from reconciler.providers.qarnot.marker import from_tags, tags_without_marker, to_tag
from reconciler.providers.qarnot.translate_work import (
    Body,
    from_spans,
    named,
    picked,
    shown,
    stands_on,
    to_spans,
)
from reconciler.providers.references import remote_id_of
from reconciler.values import Tree

_SAME_NAME = ("useDependencies", "autoDeleteOnCompletion")
_SETTLED = {
    "active": Settled.CURRENT,
    "terminating": Settled.TERMINATING,
    "deleting": Settled.TERMINATING,
    "completed": Settled.SUCCEEDED,
}
_SHOWN_OTHERWISE = frozenset({"pool", "onComplete"})
"""As a remote id; not at all, as it is never sent."""
_MAY_BE_HIDDEN = frozenset({"maxWallTime"})


def to_remote(request: Request) -> Tree:
    """The body that creates the job; a tag more than the person's holds our marker.

    Raises:
        InternalError: the id of its pool is not known.
    """
    spec: Any = request.spec
    return {
        **picked(spec, _SAME_NAME),
        **to_spans(spec),
        **_to_pool(request),
        **named(request),
        "tags": [*spec.get("tags", ()), to_tag(request.marker)],
    }


def _to_pool(request: Request) -> Tree:
    uuids = [remote_id_of(request, each) for each in request.resource.references]
    return {"poolUuid": uuids[0]} if uuids else {}


@reading("Qarnot's", "job", "uuid")
def from_remote(body: Body) -> Observed:
    """A job as the manifest would say it."""
    state = str(body.get("state") or "")
    return Observed(
        kind=JOB.id,
        remote_id=str(body["uuid"]),
        spec=dict(_from_fields(body)),
        settled=_SETTLED.get(state.lower(), Settled.UNKNOWN),
        state=state,
        marker=from_tags(body.get("tags") or ()),
        unseen=_SHOWN_OTHERWISE | _MAY_BE_HIDDEN.difference(body),
        name=str(body.get("name") or ""),
        created_at=moment(body.get("creationDate")),
        stands_on=stands_on(body),
    )


def _from_fields(body: Body) -> Iterator[tuple[str, Any]]:
    yield from shown(body, _SAME_NAME)
    yield from from_spans(body)
    yield "displayName", body.get("name")
    yield "tags", tags_without_marker(body.get("tags") or ())
