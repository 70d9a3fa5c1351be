"""Remote ids of what a request refers to."""

from __future__ import annotations

from reconciler.errors import InternalError, Problem
from reconciler.model import Ref, Request


def remote_id_of(request: Request, ref: Ref) -> str:
    """The remote id of what a request refers to.

    Raises:
        InternalError: it was sent before that is known.
    """
    if ref.target is not None:
        found = request.remote_ids.get(ref.target)
    else:
        found = request.existing_ids.get((ref.kind, ref.existing or ""))
    if not found:
        raise sent_too_early(request, ref)
    return found


def sent_too_early(request: Request, ref: Ref) -> InternalError:
    """The defect of sending what refers to something of which no remote id is known."""
    return InternalError(
        Problem(
            code=InternalError.code,
            summary=f"{request.resource.address} was to be made before what it refers to",
            cause=f"no remote id is known of {ref.target or ref.existing}",
            remedy="report this",
            address=str(request.resource.address),
        )
    )
