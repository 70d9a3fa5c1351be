"""Somebody copies work of ours while the answer to its creation is lost: there is a way out."""

from __future__ import annotations

import pytest

from reconciler.diff.change import Standing
from reconciler.kinds import KindSpec
from reconciler.model import Outcome, Settled
from reconciler.plan.plan import Change
from tests.simulation.mortal import Crash, Doom
from tests.simulation.studio import Studio
from tests.toy_kinds import LOOSE, PROVIDER, TASK, at, toy

SHOT = at(LOOSE, "shot")


def lost(kind: KindSpec = LOOSE) -> Studio:
    """A workspace whose one creation took effect, and whose process died before it could tell."""
    for moment in range(1, 99):
        made = Studio(kind, provider=PROVIDER)
        made.declare(toy(kind, "shot", work="w"))
        try:
            made.apply(Doom(moment))
        except Crash:
            if made.vendor.objects and not made.recorded.runs:
                return made
    raise AssertionError("it was never killed there")


def only(made: Studio) -> Change:
    (change,) = made.plan().changes
    return change


def test_two_that_may_be_it_are_told_and_stop_ends_both() -> None:
    made = lost()
    made.vendor.clone(next(iter(made.vendor.objects)))
    change = only(made)
    assert change.standing is Standing.BLOCKED
    assert change.problem is not None
    assert f"stop {SHOT}" in change.problem.remedy
    made.apply(stop=frozenset({SHOT}))
    assert not made.live()
    made.apply()
    (run,) = made.recorded.runs
    assert run.outcome is Outcome.CANCELLED
    made.apply(rerun=frozenset({SHOT}))
    assert len(made.live()) == 1


def test_of_two_that_are_over_the_one_that_succeeded_was_it() -> None:
    made = lost()
    first = next(iter(made.vendor.objects))
    copy = made.vendor.clone(first)
    made.vendor.settle(first, Settled.FAILED)
    made.vendor.settle(copy, Settled.SUCCEEDED)
    made.apply()
    (run,) = made.recorded.runs
    assert (run.remote_id, run.outcome) == (copy, Outcome.SUCCEEDED)
    assert made.plan().is_empty


@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_copy_that_alone_is_left_is_taken_over_as_the_remedy_says(is_stopped: bool) -> None:
    made = lost(TASK)
    first = next(iter(made.vendor.objects))
    copy = made.vendor.clone(first)
    made.vendor.remove(first)
    made.clock.advance(999)
    shot = at(TASK, "shot")
    made.apply()
    if is_stopped:
        made.apply(stop=frozenset({shot}))
    change = only(made)
    assert change.problem is not None
    assert change.problem.remedy.startswith(f"adopt {shot}")
    assert "stop" not in change.problem.remedy
    made.apply(adopt={shot: copy})
    assert all(each.standing is not Standing.BLOCKED for each in made.plan().changes)
