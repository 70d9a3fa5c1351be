"""Between our words and Qarnot's, whatever the kind. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from reconciler.model import Observed, Request
from reconciler.providers.qarnot import translate_job, translate_pool, translate_task
from reconciler.providers.qarnot.kinds.job import JOB
from reconciler.providers.qarnot.kinds.pool import POOL
from reconciler.providers.qarnot.kinds.task import TASK
from reconciler.providers.qarnot.translate_work import Body, Reveal
from reconciler.values import Tree

_FROM: Mapping[str, Callable[[Body], Observed]] = {
    POOL.id: translate_pool.from_remote,
    JOB.id: translate_job.from_remote,
    TASK.id: translate_task.from_remote,
}


def to_remote(request: Request, reveal: Reveal) -> Tree:
    """The body that creates it.

    Raises:
        InternalError: the id of what it refers to is not known.
    """
    match request.resource.kind:
        case POOL.id:
            return translate_pool.to_remote(request, reveal)
        case JOB.id:
            return translate_job.to_remote(request)
        case _:
            return translate_task.to_remote(request, reveal)


def to_update(request: Request, changed: Iterable[str], reveal: Reveal) -> Tree:
    """The body that brings the updatable fields to what the request says; empty for none."""
    match request.resource.kind:
        case POOL.id:
            return translate_pool.to_update(request, changed, reveal)
        case JOB.id:
            return {}
        case _:
            return translate_task.to_update(request, changed, reveal)


def from_remote(kind: str, body: Body) -> Observed:
    """An object as the manifest would say it; secret values come wrapped."""
    return _FROM[kind](body)
