"""Work runs once in every story of a few moves of the model, and the model is one of our code."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.diff.change import Action, Reason, Standing
from reconciler.diff.finite_table import FINITE, FiniteSituation
from reconciler.diff.table import Decision, Row
from tests.simulation.model_explore import GAMES, explored
from tests.simulation.side_by_side import MOST_MOVES, NAMES, Pair, Told, tell

DEPTH = 4
"""`python -m tests.simulation.explore --model --depth 6` goes on where this ends."""


@pytest.mark.parametrize("name", GAMES)
def test_every_story_of_a_few_moves_runs_work_once_and_has_a_way_on(name: str) -> None:
    found = explored(GAMES[name], DEPTH)
    assert found.violations == []
    assert found.states > 1_000


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
    """Rows 1 and 3 stand for lists that break off and for copies: no move of the model is one."""
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

moves = st.tuples(st.sampled_from(NAMES), st.integers(0, 13))
stories = st.lists(moves, min_size=2, max_size=MOST_MOVES)


@example("no unique id, eager", [("is killed", 3), ("edit", 0), ("is killed", 5), ("apply", 0)])
@example("unique id, whole", [("apply", 0), ("grow", 0), ("meets", 8), ("arrives", 0), ("plan", 0)])
@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.sampled_from(sorted(GAMES)), stories)
def test_the_real_code_does_what_the_model_does(name: str, story: list[Told]) -> None:
    """It plans the same, remembers the same and leaves the same at the vendor, move by move."""
    tell(Pair(GAMES[name]), story)
