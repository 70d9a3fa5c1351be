"""Jobs between our words and Flow's. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.answers import reading
from reconciler.errors import InternalError, Problem
from reconciler.kinds import Spec
from reconciler.model import Observed, Request, Settled, Usage
from reconciler.pointers import FileRef
from reconciler.providers.flow.kinds.job import DEFAULT_QUEUE, JOB
from reconciler.providers.flow.marker import (
    from_tags,
    name_without_marker,
    tags_without_marker,
    to_name,
    to_tags,
)
from reconciler.providers.flow.translate_tasks import bodies
from reconciler.providers.moments import moment
from reconciler.values import Tree

Body = Mapping[str, Any]
_SETTLED = {
    "SUCCEEDED": Settled.SUCCEEDED,
    "FAILED": Settled.FAILED,
    "CANCELED": Settled.CANCELLED,
    "CANCELLED": Settled.CANCELLED,
}
"""Source: public client code; any other word means that it is still going."""
_RUNNING = "RUNNING"
"""Source: Flow Graph Engine API v1, job: a job runs and ends as a whole, so it counts for one."""
_NOT_SHOWN = frozenset({"tasks", "dependsOn", "onComplete"})
_SHOWN_AS = {"tags": "tags", "displayName": "name"}


# --- ours to theirs -------------------------------------------------------------------------------


def submission(request: Request, urns: Mapping[str, str]) -> Tree:
    """The body of the POST that makes a job; `urns` has the URN of each of its files, by path.

    Raises:
        InternalError: a file's URN is not known.
    """
    spec: Mapping[str, Any] = request.spec
    tasks = [_uploaded(each, urns) for each in bodies(spec["tasks"])]
    return {
        "name": to_name(spec.get("displayName") or request.resource.address.name, request.marker),
        "tags": [*spec.get("tags", ()), *to_tags(request.marker)],
        "tasks": tasks,
    }


def queue_of(spec: Spec) -> str:
    """The queue a job goes to."""
    return str(spec.get("queue") or DEFAULT_QUEUE)


def _uploaded(value: Any, urns: Mapping[str, str]) -> Any:
    """The same with the URN of each file in the place of its path; a payload's own words stay."""
    if isinstance(value, list):
        return [_uploaded(each, urns) for each in value]
    if not isinstance(value, Mapping):
        return value
    ref = FileRef.from_manifest(value.get("source"))
    if ref is not None:
        return {**value, "source": {"uri": _urn(ref, urns)}}
    return {key: _uploaded(each, urns) for key, each in value.items()}


def _urn(ref: FileRef, urns: Mapping[str, str]) -> str:
    if ref.path not in urns:
        raise InternalError(
            Problem(
                code=InternalError.code,
                summary=f"a job was to be made before its file {ref.path} was uploaded",
                cause="no URN is known of it",
                remedy="report this",
            )
        )
    return urns[ref.path]


# --- theirs to ours -------------------------------------------------------------------------------


def remote_id_of(queue: str, job_id: str) -> str:
    """`@default/5b0f3f0e-…`: an id counts in its queue."""
    return f"{queue}/{job_id}"


def queue_and_id(remote_id: str) -> tuple[str, str]:
    """The queue and the vendor's own id."""
    queue, _, job_id = remote_id.partition("/")
    return queue, job_id


@reading("Flow's", "job", "id")
def from_job(body: Body, queue: str) -> Observed:
    """A job of that queue as the manifest would say it.

    What only its tasks tell, and what the vendor does not keep, is unseen.
    """
    name, state = str(body.get("name") or ""), str(body.get("status") or "")
    settled = _SETTLED.get(state, Settled.IN_PROGRESS)
    hidden = {field for field, key in _SHOWN_AS.items() if body.get(key) is None}
    shown = {
        "queue": queue,
        "displayName": name_without_marker(name),
        "tags": tags_without_marker(_tags(body)),
    }
    return Observed(
        kind=JOB.id,
        remote_id=remote_id_of(queue, str(body["id"])),
        spec={key: each for key, each in shown.items() if key not in hidden},
        settled=settled,
        state=state,
        marker=from_tags(_tags(body)),
        unseen=_NOT_SHOWN | hidden,
        usage=Usage(instances=int(state == _RUNNING), queued_instances=int(not settled.is_over)),
        name=name_without_marker(name),
        created_at=moment(body.get("creationTime")),
        failure=_failure(body.get("error")),
    )


def _tags(body: Body) -> list[str]:
    found = body.get("tags")
    return [str(each) for each in found] if isinstance(found, list) else []


def _failure(error: Any) -> str:
    """What the vendor says went wrong. Source: the error page: a failed job has such a section."""
    if not isinstance(error, Mapping):
        return str(error or "")
    return ": ".join(str(error[key]) for key in ("title", "detail") if error.get(key))
