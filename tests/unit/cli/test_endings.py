"""How a wait ends, and which later plans a person has said yes to already."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.address import Address
from reconciler.cli.applying import is_foreseen
from reconciler.cli.endings import of_wait
from reconciler.diff.change import Action, Reason, Standing
from reconciler.plan.plan import Binding, Change, Plan
from reconciler.report import Phase, WaitReport, WorkSeen
from tests.fakes import START

A, B, J = (
    Address("farm", kind, name) for kind, name in (("task", "a"), ("task", "b"), ("job", "j"))
)


def report(*phases: Phase, **more: object) -> WaitReport:
    works = tuple(WorkSeen(A, each) for each in phases)
    return WaitReport(works, **more)  # type: ignore[arg-type]  # a test's short way


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        (report(), 0),
        (report(Phase.SUCCEEDED, Phase.PRESUMED_FINISHED), 0),
        (report(Phase.SUCCEEDED, Phase.FAILED), 11),
        (report(Phase.CANCELLED), 11),
        (report(Phase.WITHDRAWN), 11),
        (report(Phase.LOST), 11),
        (report(Phase.UNKNOWN), 11),
        (report(Phase.NOT_STARTED), 2),
        (report(Phase.NOT_STARTED, Phase.FAILED), 11),
        (report(Phase.RUNNING, is_late=True), 9),
        (report(Phase.RUNNING, Phase.FAILED, is_late=True), 9),
        (report(Phase.RUNNING, interrupted=2), 130),
        (report(Phase.FAILED, interrupted=15), 143),
    ],
)
def test_a_wait_ends_with_the_code_that_says_most(ended: WaitReport, code: int) -> None:
    assert of_wait(ended) == code


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_is_going_or_over_or_not_begun(phase: Phase) -> None:
    assert [phase.is_going, phase.is_over, phase is Phase.NOT_STARTED].count(True) == 1
    assert not phase.is_good or phase.is_over


# --- said yes to ----------------------------------------------------------------------------------

WAITING = Change(A, "t", Action.CREATE, Reason.MANIFEST_CHANGED, Standing.WAITING)
READY = replace(WAITING, standing=Standing.READY)


def plan(*changes: Change) -> Plan:
    return Plan(Binding("ws", "default", "", ""), START, START, changes)


def test_what_was_shown_as_waiting_may_go_on_unasked() -> None:
    assert is_foreseen(plan(READY), plan(WAITING))


def test_a_declared_retry_may_go_on_unasked() -> None:
    assert is_foreseen(plan(replace(READY, reason=Reason.RETRY)), plan())


def test_what_it_counts_on_is_made_with_it() -> None:
    job = Change(J, "j", Action.CREATE, Reason.ENDED)
    assert is_foreseen(plan(replace(READY, waits_for=frozenset({J})), job), plan(WAITING))
    assert not is_foreseen(plan(READY, job), plan(WAITING))


@pytest.mark.parametrize(
    ("now", "approved"),
    [
        (plan(READY), None),
        (plan(READY), plan()),
        (plan(READY), plan(replace(WAITING, standing=Standing.HELD))),
        (plan(replace(READY, action=Action.DELETE)), plan(WAITING)),
        (plan(READY, replace(READY, address=B)), plan(WAITING)),
    ],
)
def test_anything_else_is_asked_for(now: Plan, approved: Plan | None) -> None:
    assert not is_foreseen(now, approved)
