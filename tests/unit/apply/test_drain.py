"""Work that is drained: what runs comes to its end, nothing is started, the rest is stopped."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.apply.ends import WAITED_FOR_S
from reconciler.errors import Problem
from reconciler.lifecycle import OnChange, OnRemove, WhenRunning
from reconciler.model import Outcome, Resource, Settled, Usage
from reconciler.report import Passed, Report
from tests.fakes import Fault
from tests.simulation.studio import Studio
from tests.toy_kinds import GROWING, PROVIDER, toy


def work(what: str, when: WhenRunning = WhenRunning.DRAIN) -> Resource:
    lifecycle = {"on_change": OnChange.REPLACE, "when_running": when}
    return toy(GROWING, "shot", lifecycle, frames="1-10", work=what)


def replaced(draining_takes_s: float, when: WhenRunning = WhenRunning.DRAIN) -> Studio:
    made = Studio(GROWING, provider=PROVIDER, draining_takes_s=draining_takes_s)
    made.declare(work("A", when))
    made.apply()
    make_busy(made)
    made.declare(work("B", when))
    return made


def make_busy(made: Studio) -> None:
    for each in made.live():
        each.usage = Usage(instances=2, queued_instances=5)


def passed(report: Report | None) -> list[Passed]:
    assert report is not None
    return [each.passed for each in report.steps]


def test_a_drained_run_is_stopped_once_nothing_of_it_runs() -> None:
    made = replaced(60)
    (change,) = made.plan().changes
    assert change.drains
    assert passed(made.apply()) == [Passed.DONE, Passed.DONE]
    assert made.calls() == ["create", "drain", "stop", "create"]
    assert made.plan().is_empty


def test_one_that_runs_on_is_left_to_a_later_apply_and_nothing_is_started_beside_it() -> None:
    made = replaced(WAITED_FOR_S * 2)
    assert passed(made.apply()) == [Passed.FAILED, Passed.SKIPPED]
    assert "stop" not in made.calls()
    assert [each.outcome for each in made.recorded.runs] == [Outcome.ACTIVE]
    assert not made.recorded.runs[0].is_withdrawn
    made.clock.advance(WAITED_FOR_S * 2)
    assert passed(made.apply()) == [Passed.DONE, Passed.DONE]
    assert made.plan().is_empty


def test_one_that_completes_while_it_is_drained_has_succeeded() -> None:
    made = replaced(WAITED_FOR_S * 2)
    made.apply()
    (running,) = made.live()
    made.vendor.settle(running.remote_id, Settled.SUCCEEDED)
    assert passed(made.apply()) == [Passed.DONE]
    outcomes = {each.run_key: each.outcome for each in made.recorded.runs}
    assert sorted(outcomes.values()) == [Outcome.ACTIVE, Outcome.SUCCEEDED]


@pytest.mark.parametrize(
    ("verb", "fault"),
    [("drain", Fault.NO_RIGHT), ("drain", Fault.REFUSED), ("read", Fault.NO_RIGHT)],
)
def test_what_cannot_be_drained_is_not_stopped_and_the_vendors_words_are_kept(
    verb: str, fault: Fault
) -> None:
    made = replaced(60)
    made.vendor.inject(verb, fault)
    report = made.apply()
    assert passed(report) == [Passed.FAILED, Passed.SKIPPED]
    assert report is not None
    assert report.steps[0].problem == Problem("V500", f"injected: {fault}")
    assert "stop" not in made.calls()
    assert not made.recorded.intents
    assert not made.recorded.runs[0].is_withdrawn
    assert passed(made.apply()) == [Passed.DONE, Passed.DONE]


@pytest.mark.parametrize("lost", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
def test_a_lost_answer_to_a_drain_is_asked_for_again(lost: Fault) -> None:
    made = replaced(60)
    made.vendor.inject("drain", lost)
    assert passed(made.apply()) == [Passed.DONE, Passed.DONE]
    assert made.calls()[1:] == ["drain", "drain", "stop", "create"]


def test_stop_does_not_wait_for_what_runs() -> None:
    made = replaced(60, WhenRunning.STOP)
    made.apply()
    assert made.calls() == ["create", "stop", "create"]


def test_what_left_the_manifests_is_drained_as_it_once_said() -> None:
    made = Studio(GROWING, provider=PROVIDER, draining_takes_s=5)
    made.declare(work("A"), work_named("other"))
    made.apply()
    make_busy(made)
    made.declare(work_named("other"))
    made.apply(prune=True)
    assert made.calls() == ["create", "create", "drain", "stop"]


def test_what_is_to_be_archived_is_archived() -> None:
    made = archiving()
    made.apply(prune=True)
    assert made.calls()[2:] == ["archive"]


def test_destroy_deletes_what_would_else_be_archived() -> None:
    made = archiving()
    made.apply(is_destroy=True)
    assert made.calls()[2:] == ["delete", "delete"]


def archiving() -> Studio:
    made = Studio(GROWING, provider=PROVIDER)
    made.declare(toy(GROWING, "shot", {"on_remove": OnRemove.ARCHIVE}), work_named("other"))
    made.apply()
    made.declare(work_named("other"))
    return made


def work_named(name: str) -> Resource:
    return toy(GROWING, name, frames="1-2")


# --- deleted while it goes on ---------------------------------------------------------------------


def test_what_has_to_end_before_it_is_deleted_is_stopped_and_waited_for() -> None:
    kind = replace(GROWING, ends_before_deletion=True)
    made = Studio(kind, provider=PROVIDER, stopping_takes_s=20)
    made.declare(toy(kind, "shot", {"on_remove": OnRemove.DELETE}), work_named("other"))
    made.apply()
    made.declare(work_named("other"))
    began = made.clock.monotonic()
    assert passed(made.apply(prune=True)) == [Passed.DONE, Passed.DONE]
    assert made.calls()[2:] == ["stop", "delete"]
    assert made.clock.monotonic() - began >= 20
    assert made.plan(prune=True).is_empty
