"""Work runs once in every story of a few moves of the model, and the model is one of our code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.diff.change import Action, Reason, Standing
from reconciler.diff.finite_table import FINITE, FiniteSituation
from reconciler.diff.table import Decision, Row
from tests.simulation.model import Rules, State
from tests.simulation.model_explore import GAMES, explored, moves
from tests.simulation.model_laws import canonical
from tests.simulation.side_by_side import MOST_MOVES, NAMES, Pair, Told, tell

DEPTH = 4
"""`python -m tests.simulation.explore --model --depth 6` goes on where this ends."""


@pytest.mark.parametrize("name", GAMES)
def test_every_story_of_a_few_moves_runs_work_once_and_has_a_way_on(name: str) -> None:
    is_like_another = "patient" in name  # but for the ways out, it is told as `by default`
    found = explored(GAMES[name], DEPTH - is_like_another)
    assert found.violations == []
    assert found.states > (300 if is_like_another else 1_000)


def test_states_that_are_told_as_one_come_to_the_same() -> None:
    rules = GAMES["unique id, eager"]
    as_one = partial(canonical, rules)
    assert reached(rules, DEPTH, lambda state: state) == reached(rules, DEPTH, as_one)


def reached(rules: Rules, depth: int, told: Callable[[State], State]) -> set[State]:
    """The canonical forms of what a few moves come to; `told` stands for a state on the way."""
    found, last = {told(State())}, {told(State())}
    for _ in range(depth):
        after = {told(s) for each in last for _, move in moves(rules, each) for _, s in move()}
        last = after - found
        found |= last
    return {canonical(rules, each) for each in found}


# --- the laws can fail ----------------------------------------------------------------------------

CREATES = Decision(Action.CREATE, Reason.RETRY)
HOLDS = Decision(Action.NO_OP, Reason.RETRY, Standing.HELD, "so it is", "rerun ADDRESS")
NO_WAY = replace(HOLDS, way_out="hope")


def decided(number: str, decision: Decision) -> tuple[Row[FiniteSituation], ...]:
    """The table with another decision in one row."""
    rows = (replace(e, decide=lambda _: decision) if e.number == number else e for e in FINITE)
    return tuple(rows)


@pytest.mark.parametrize(
    ("number", "decision", "lifecycle", "why"),
    [
        ("2", CREATES, "by default", "is made beside"),
        ("3", CREATES, "with copies", "is made beside"),
        ("3", HOLDS, "with copies", "is held"),
        ("4", CREATES, "by default", "is made beside"),
        ("5", CREATES, "by default", "is made beside"),
        ("6", CREATES, "by default", "does again what"),
        ("6", HOLDS, "by default", "is held"),
        ("7", HOLDS, "eager", "is held"),
        ("8a", CREATES, "by default", "does again what"),
        ("8a", CREATES, "eager", "is tried again"),
        ("8a", NO_WAY, "by default", "no way out"),
        ("8b", CREATES, "by default", "does again what"),
        ("9", CREATES, "by default", "does again what"),
        ("9", HOLDS, "by default", "is held"),
        ("10a", CREATES, "by default", "does again what"),
        ("10b", CREATES, "by default", "does again what"),
        ("10b", NO_WAY, "by default", "no way out"),
        ("11", HOLDS, "by default", "is held"),
    ],
)
def test_a_row_that_decides_otherwise_breaks_a_law(
    number: str, decision: Decision, lifecycle: str, why: str
) -> None:
    """Row 1 stands for lists that break off: no move of the model is one."""
    rules = replace(GAMES[f"unique id, {lifecycle}"], table=decided(number, decision))
    ((_, text),) = explored(rules, DEPTH).violations
    assert why in text


def test_what_is_sent_again_without_waiting_is_made_twice() -> None:
    found = explored(replace(GAMES["no unique id, by default"], waits=False), DEPTH)
    ((_, text),) = found.violations
    assert "is made beside" in text


def test_what_is_made_without_a_note_is_lost() -> None:
    found = explored(replace(GAMES["unique id, by default"], notes_first=False), DEPTH)
    ((moves, text),) = found.violations
    assert (len(moves), "is lost" in text) == (1, True)


def test_a_list_that_lags_for_longer_than_we_wait_has_it_made_twice() -> None:
    """Nothing at such a vendor could prevent it: that it does not lag so long is a guess."""
    found = explored(replace(GAMES["no unique id, by default"], lag_ends=False), DEPTH)
    ((_, text),) = found.violations
    assert "is made beside" in text


# --- the model is one of our code -----------------------------------------------------------------

OFTEN = ("apply", "apply", "apply", "meets", "meets", "is killed", "is killed", "fails in part")
told_moves = st.tuples(st.sampled_from((*NAMES, *OFTEN)), st.integers(0, 13))
stories = st.lists(told_moves, min_size=2, max_size=MOST_MOVES)
APPLY, EDIT, PLAN, LATE = ("apply", 0), ("edit", 0), ("plan", 0), ("late", 0)
FAILED_IN_PART: list[Told] = [APPLY, ("fails in part", 0), PLAN]
THERE_AND_BACK: list[Told] = [APPLY, EDIT, APPLY, EDIT, APPLY, ("fails", 0), APPLY]
STOP_NEVER_SENT: list[Told] = [APPLY, EDIT, ("is killed", 1), EDIT, APPLY]
ANSWER_LOST = ("meets", 2)
STOP_LOST = ("meets", 6)


@example("no unique id, eager", [("is killed", 3), EDIT, ("is killed", 5), APPLY])
@example("unique id, whole", [APPLY, ("grow", 0), ("meets", 8), ("arrives", 0), PLAN])
@example("unique id, by default", [*FAILED_IN_PART, LATE, ("grow", 0), ("rerun", 0)])
@example("no unique id, eager", [*FAILED_IN_PART, EDIT, APPLY, EDIT])
@example("unique id, eager", [*THERE_AND_BACK, ("fails", 0)])
@example("unique id, eager", [*STOP_NEVER_SENT, ("is cancelled", 0), PLAN])
@example("unique id, eager", [*STOP_NEVER_SENT[:3], ("is removed", 0), EDIT, APPLY])
@example("unique id, eager", [APPLY, EDIT, STOP_LOST, PLAN, LATE, EDIT, APPLY])
@example("unique id, eager", [APPLY, EDIT, ("meets", 4), EDIT, ("is cancelled", 0), PLAN])
@example("no unique id, by default", [ANSWER_LOST, ("succeeds", 0), LATE, APPLY])
@example("no unique id, by default", [ANSWER_LOST, ("soon", 0), PLAN, LATE, APPLY])
@example("unique id, with copies", [ANSWER_LOST, ("is copied", 0), ("is removed", 0), APPLY])
@example("unique id, with copies", [APPLY, ("is copied", 0), PLAN, ("stop", 0), APPLY, EDIT])
@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.sampled_from(sorted(GAMES)), stories)
def test_the_real_code_does_what_the_model_does(name: str, story: list[Told]) -> None:
    """It plans the same, remembers the same and leaves the same at the vendor, move by move."""
    tell(Pair(GAMES[name]), story)
