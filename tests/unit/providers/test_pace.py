"""Rate budgets: in no minute more than the limit, and never later than needed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.providers.pace import RateBudget, rate_budgets

ASKED = st.lists(st.tuples(st.floats(0, 30), st.floats(0, 40)), min_size=1, max_size=60)
"""Seconds between two requests, and how long the one then made takes."""


@given(asked=ASKED, per_minute=st.floats(0.1, 20))
def test_no_window_of_the_vendor_holds_more_than_the_limit(
    asked: list[tuple[float, float]], per_minute: float
) -> None:
    """Whenever in its life the vendor counts a request, and whatever the phase of its minute."""
    budget, now, lives = RateBudget(per_minute), 0.0, []
    for gap, takes in asked:
        now += gap
        expected = budget.expected_wait_s(now)
        turn = budget.reserve(now, within_s=1e9)
        assert turn is not None
        assert turn.left_s(now) == pytest.approx(expected)
        now += turn.left_s(now)
        lives.append((now, now + takes))
        turn.end(now + takes)
    count = max(1, int(per_minute))
    window = 60.0 * count / per_minute
    for (_, ended), (begun, _) in zip(lives, lives[count:], strict=False):
        assert begun - ended >= window - 1e-5


@given(per_minute=st.integers(1, 20), takes=st.integers(0, 300))
def test_who_waits_for_a_request_that_takes_its_time_waits_from_its_end(
    per_minute: int, takes: int
) -> None:
    budget = RateBudget(per_minute)
    turns = [budget.reserve(0.0, within_s=1e9) for _ in range(per_minute + 1)]
    first, last = turns[0], turns[-1]
    assert first is not None
    assert last is not None
    assert first.left_s(0.0) == 0.0
    assert last.left_s(0.0) == 60.0
    assert last.left_s(takes) == 60.0, "it goes on, and ends now at the soonest"
    first.end(takes)
    assert last.left_s(takes + 59.0) == pytest.approx(1.0)
    assert last.left_s(takes + 60.0) == 0.0


@given(gaps=st.lists(st.floats(0, 30), max_size=60), per_minute=st.integers(1, 20))
def test_who_keeps_the_limit_never_waits(gaps: list[float], per_minute: int) -> None:
    budget, now = RateBudget(per_minute), 0.0
    for gap in gaps:
        now += 60.0 / per_minute + gap + 1e-5
        turn = budget.reserve(now, within_s=1.0)
        assert turn is not None
        assert turn.left_s(now) == 0.0
        turn.end(now)


@given(requests=st.integers(0, 100), per_minute=st.integers(1, 20))
def test_the_expected_wait_is_the_one_that_comes(requests: int, per_minute: int) -> None:
    budget = RateBudget(per_minute)
    expected = budget.expected_wait_s(0.0, requests)
    turns = [budget.reserve(0.0, within_s=1e9) for _ in range(requests)]
    waits = [each.left_s(0.0) for each in turns if each is not None]
    assert expected == (waits[-1] if waits else 0.0)


def test_a_turn_that_comes_too_late_is_not_taken() -> None:
    budget = RateBudget(1)
    first = budget.reserve(0.0, within_s=1.0)
    assert first is not None
    first.end(0.0)
    assert budget.reserve(0.0, within_s=60.0) is None
    second = budget.reserve(0.0, within_s=60.1)
    assert second is not None
    assert second.left_s(0.0) == 60.0


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_is_none_makes_no_budget(limit: float) -> None:
    assert rate_budgets({"create": limit}) == {}
