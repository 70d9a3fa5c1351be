"""What is told of a vendor's answer that can't be used, in the same words whoever's it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from reconciler.errors import Effect, InternalError, Problem, UnexpectedReply

P = ParamSpec("P")
T = TypeVar("T")
Body = Mapping[str, Any]

MISREAD = (TypeError, ValueError, AttributeError, LookupError, OverflowError)
"""What reading raises where a value is not of the type that the vendor documents."""


def unusable(whose: str, cause: str, *, effect: Effect = Effect.NONE) -> UnexpectedReply:
    """The error of an answer that is not of the promised shape."""
    return UnexpectedReply(
        Problem(
            code=UnexpectedReply.code,
            summary=f"{whose} answer is not of the promised shape",
            cause=cause,
            remedy="run again; if it stays so, check the provider's url",
        ),
        effect=effect,
    )


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


def unreadable(whose: str, what: str, error: Exception) -> UnexpectedReply:
    """The error of an object that holds what its vendor does not document.

    It quotes no value: a secret may stand where nobody expects one.
    """
    return UnexpectedReply(
        Problem(
            code=UnexpectedReply.code,
            summary=f"{whose} {what} can't be read",
            cause=f"a field of it is not of the documented type ({type(error).__name__})",
            remedy="look at it at the vendor; a newer version of this tool may know its form",
        )
    )


def reading(
    whose: str, what: str, by: str
) -> Callable[[Callable[Concatenate[Body, P], T]], Callable[Concatenate[Body, P], T]]:
    """Of a translation of one object: what can't be read is the vendor's fault, not a defect.

    `by` is the member that names the object in the error.
    """

    def guarded(
        translate: Callable[Concatenate[Body, P], T],
    ) -> Callable[Concatenate[Body, P], T]:
        @wraps(translate)
        def told(body: Body, /, *args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return translate(body, *args, **kwargs)
            except MISREAD as error:
                raise unreadable(whose, f"{what} {str(body.get(by))[:80]!r}", error) from error

        return told

    return guarded


def unable(vendor: str, verb: str, kind: str) -> InternalError:
    """The defect of asking a vendor for what it has no way to do."""
    return InternalError(Problem(InternalError.code, f"{vendor} has no way to {verb} a {kind}"))
