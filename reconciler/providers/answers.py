"""Errors that every vendor's client may have to tell, in the same words."""

from __future__ import annotations

from reconciler.errors import Effect, InternalError, Problem, UnexpectedReply


def unnamed(whose: str, what: str) -> UnexpectedReply:
    """The error of an answer to a creation that does not tell what was made."""
    return UnexpectedReply(
        Problem(
            code=UnexpectedReply.code,
            summary=f"{whose} answer to a creation names no {what}",
            cause="so it is not known whether it was made",
            remedy="run the same command again: it settles this first",
        ),
        effect=Effect.UNKNOWN,
    )


def unable(vendor: str, verb: str, kind: str) -> InternalError:
    """The defect of asking a vendor for what it has no way to do."""
    return InternalError(Problem(InternalError.code, f"{vendor} has no way to {verb} a {kind}"))
