"""Which number a command ends with; one row of docs/architecture.md's table each."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from reconciler.diff.change import Reason, Standing
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
from reconciler.plan.plan import Change, Plan
from reconciler.report import Passed, Report, StepReport


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

_OF_ERROR: tuple[tuple[type[ReconcilerError], ExitCode], ...] = (
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
_OF_PROBLEM = {kind.code: code for kind, code in _OF_ERROR if issubclass(kind, ProviderError)}


def first_of(codes: Iterable[ExitCode]) -> ExitCode:
    """The code that says most when several apply."""
    found = frozenset(codes) - {ExitCode.DONE}
    ranked = (*_FIRST, ExitCode.INVALID, ExitCode.USAGE, ExitCode.ERROR)
    return next((code for code in ranked if code in found), ExitCode.DONE)


def of_error(error: ReconcilerError) -> ExitCode:
    """The code of an error that ended a command."""
    for kind, code in _OF_ERROR:
        if isinstance(error, kind):
            return code
    is_usage = isinstance(error, UserError) and type(error) is UserError
    return ExitCode.USAGE if is_usage else ExitCode.INVALID


def of_plan(plan: Plan, *, is_detailed: bool = False) -> ExitCode:
    """Blocked is 5, an unsettled outcome 10; pending is 2 only where that was asked for."""
    codes = [_of_change(each) for each in plan.changes]
    codes += [ExitCode.PENDING] if is_detailed and not plan.is_empty else []
    return first_of(codes)


def _of_change(change: Change) -> ExitCode:
    if change.standing is not Standing.BLOCKED:
        return ExitCode.DONE
    return ExitCode.UNKNOWN if change.reason is Reason.UNSETTLED else ExitCode.REFUSED


def of_report(report: Report, plan: Plan) -> ExitCode:
    """How an apply ended, with what its plan had to leave out."""
    codes = [of_plan(plan)]
    if report.interrupted:
        codes.append(ExitCode.INTERRUPTED if report.interrupted == 2 else ExitCode.TERMINATED)
    if report.count(Passed.UNKNOWN):
        codes.append(ExitCode.UNKNOWN)
    if not report.is_complete:
        is_part = report.count(Passed.DONE) > 0
        codes += [ExitCode.PARTLY] if is_part else [_of_step(each) for each in report.steps]
    return first_of(codes)


def _of_step(step: StepReport) -> ExitCode:
    if step.passed is Passed.DONE:
        return ExitCode.DONE
    code = step.problem.code if step.problem is not None else ""
    return _OF_PROBLEM.get(code, ExitCode.ERROR)
