"""How a plan, an apply and a wait end, as exit codes."""

from __future__ import annotations

import signal

from reconciler.cli.exit_codes import OF_ERROR, ExitCode, first_of
from reconciler.diff.change import Reason, Standing
from reconciler.errors import ProviderError
from reconciler.plan.plan import Change, Plan
from reconciler.report import Passed, Phase, Report, StepReport, WaitReport, WorkSeen

_OF_PROBLEM = {kind.code: code for kind, code in OF_ERROR if issubclass(kind, ProviderError)}


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
    codes += _of_signal(report.interrupted)
    if report.count(Passed.UNKNOWN):
        codes.append(ExitCode.UNKNOWN)
    if not report.is_complete:
        is_part = report.count(Passed.DONE) > 0
        codes += [ExitCode.PARTLY] if is_part else [_of_step(each) for each in report.steps]
    return first_of(codes)


def of_wait(report: WaitReport) -> ExitCode:
    """How a wait ended. Work that ended badly is 11; a signal and the end of the time come before.

    Declared work that was never started is 2: changes are pending, and an apply would start it, or
    say why it may not.
    """
    codes = [*_of_signal(report.interrupted), *map(_of_work, report.works)]
    return first_of([*codes, *([ExitCode.UNREACHABLE] if report.is_late else [])])


def _of_work(seen: WorkSeen) -> ExitCode:
    if seen.phase is Phase.NOT_STARTED:
        return ExitCode.PENDING
    is_bad = seen.phase.is_over and not seen.phase.is_good
    return ExitCode.WORK_FAILED if is_bad else ExitCode.DONE


def _of_signal(number: int) -> list[ExitCode]:
    if not number:
        return []
    return [ExitCode.INTERRUPTED if number == signal.SIGINT else ExitCode.TERMINATED]


def _of_step(step: StepReport) -> ExitCode:
    if step.passed is Passed.DONE:
        return ExitCode.DONE
    code = step.problem.code if step.problem is not None else ""
    return _OF_PROBLEM.get(code, ExitCode.ERROR)
