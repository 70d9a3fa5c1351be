"""What a status means where a vendor's own table does not know better."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from reconciler.errors import (
    AuthFailed,
    Conflict,
    Effect,
    Forbidden,
    NotFound,
    Problem,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    Rejected,
    Unavailable,
    UnexpectedReply,
)
from reconciler.providers.call import Reply
from reconciler.providers.redact import excerpt

LEAVES_OPEN = frozenset({408, 500, 502, 503, 504})
"""The request came in, and nothing says whether it was carried out."""

_ERRORS: Mapping[int, tuple[type[ProviderError], str, str]] = MappingProxyType(
    {
        401: (AuthFailed, "the credential was refused", "check the secret of auth in the provider"),
        402: (QuotaExceeded, "the account has no credit left", "add credit at the vendor"),
        403: (Forbidden, "the account may not do this", "ask the account's owner for the right"),
        404: (NotFound, "there is no such object", "check the name or id"),
        405: (Rejected, "this call is not offered there", "check the provider's url"),
        409: (Conflict, "the object's state forbids this", "run plan again"),
        410: (NotFound, "the object is gone", "run plan again"),
        412: (Conflict, "the object has changed", "run plan again"),
        423: (Conflict, "the object is locked", "try again later"),
        429: (RateLimited, "too many requests", "lower concurrency, or set rateLimits"),
    }
)


def error_of(status: int, reply: Reply, message: str = "") -> ProviderError:
    """The error of a status; `message` is what the vendor said, the body's start when left out."""
    said = excerpt(message or ("a web page" if reply.is_html else reply.text))
    cause = f"status {status}: {said}" if said else f"status {status}"
    if status in LEAVES_OPEN or status > 505:
        summary, remedy = "the vendor could not answer", "run the command again later"
        problem = Problem(Unavailable.code, summary, cause=cause, remedy=remedy)
        return Unavailable(problem, effect=Effect.UNKNOWN)
    other = Rejected if 400 <= status < 600 else UnexpectedReply
    kind, summary, remedy = _ERRORS.get(
        status, (other, "the vendor refused the request", "change what the cause names")
    )
    return kind(Problem(kind.code, summary, cause=cause, remedy=remedy))
