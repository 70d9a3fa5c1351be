"""Which number a command ends with; one row of docs/architecture.md's table each."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from reconciler.errors import (
    AuthFailed,
    Forbidden,
    InternalError,
    Locked,
    PlanRefused,
    PlanStale,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    ReconcilerError,
    StateError,
    Unavailable,
    UnexpectedReply,
    UserError,
)


class ExitCode(IntEnum):
    DONE = 0
    ERROR = 1
    PENDING = 2
    INVALID = 3
    FORBIDDEN = 4
    REFUSED = 5
    PARTLY = 6
    STALE = 7
    LOCKED = 8
    UNREACHABLE = 9
    UNKNOWN = 10
    WORK_FAILED = 11
    USAGE = 64
    BUG = 70
    INTERRUPTED = 130
    TERMINATED = 143


_FIRST = (
    ExitCode.BUG,
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
    ExitCode.UNKNOWN,
    ExitCode.PARTLY,
    ExitCode.LOCKED,
    ExitCode.STALE,
    ExitCode.FORBIDDEN,
    ExitCode.UNREACHABLE,
    ExitCode.REFUSED,
    ExitCode.WORK_FAILED,
    ExitCode.PENDING,
)
"""When several apply, the first of these; then an invalid input, then any other error."""

OF_ERROR: tuple[tuple[type[ReconcilerError], ExitCode], ...] = (
    (InternalError, ExitCode.BUG),
    (PlanStale, ExitCode.STALE),
    (PlanRefused, ExitCode.REFUSED),
    (AuthFailed, ExitCode.FORBIDDEN),
    (Forbidden, ExitCode.FORBIDDEN),
    (QuotaExceeded, ExitCode.REFUSED),
    (Unavailable, ExitCode.UNREACHABLE),
    (UnexpectedReply, ExitCode.UNREACHABLE),
    (RateLimited, ExitCode.UNREACHABLE),
    (Locked, ExitCode.LOCKED),
    (StateError, ExitCode.ERROR),
    (ProviderError, ExitCode.ERROR),
)


def first_of(codes: Iterable[ExitCode]) -> ExitCode:
    """The code that says most when several apply."""
    found = frozenset(codes) - {ExitCode.DONE}
    ranked = (*_FIRST, ExitCode.INVALID, ExitCode.USAGE, ExitCode.ERROR)
    return next((code for code in ranked if code in found), ExitCode.DONE)


def of_error(error: ReconcilerError) -> ExitCode:
    """The code of an error that ended a command."""
    for kind, code in OF_ERROR:
        if isinstance(error, kind):
            return code
    is_usage = isinstance(error, UserError) and type(error) is UserError
    return ExitCode.USAGE if is_usage else ExitCode.INVALID
