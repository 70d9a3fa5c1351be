"""Rate budgets: in no minute more than the limit, and never later than needed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.providers.pace import RateBudget, rate_budgets

ASKED = st.lists(st.floats(0, 30), min_size=1, max_size=60)


@given(gaps=ASKED, per_minute=st.floats(0.1, 20))
def test_no_window_holds_more_than_the_limit(gaps: list[float], per_minute: float) -> None:
    budget, now, turns = RateBudget(per_minute), 0.0, []
    for gap in gaps:
        now += gap
        expected = budget.expected_wait_s(now)
        wait = budget.reserve(now, within_s=1e9)
        assert wait == expected
        turns.append(now + (wait or 0.0))
    count = max(1, int(per_minute))
    window = 60.0 * count / per_minute
    assert turns == sorted(turns)
    for first, later in zip(turns, turns[count:], strict=False):
        assert later - first >= window - 1e-6


@given(gaps=ASKED, per_minute=st.integers(1, 20))
def test_who_keeps_the_limit_never_waits(gaps: list[float], per_minute: int) -> None:
    budget, now = RateBudget(per_minute), 0.0
    for gap in gaps:
        now += 60.0 / per_minute + gap
        assert budget.reserve(now, within_s=1.0) == 0.0


@given(requests=st.integers(0, 100), per_minute=st.integers(1, 20))
def test_the_expected_wait_is_the_one_that_comes(requests: int, per_minute: int) -> None:
    budget = RateBudget(per_minute)
    expected = budget.expected_wait_s(0.0, requests)
    waits = [budget.reserve(0.0, within_s=1e9) for _ in range(requests)]
    assert expected == (waits[-1] if waits else 0.0)


def test_a_turn_that_comes_too_late_is_not_taken() -> None:
    budget = RateBudget(1)
    assert budget.reserve(0.0, within_s=1.0) == 0.0
    assert budget.reserve(0.0, within_s=60.0) is None
    assert budget.reserve(0.0, within_s=60.1) == 60.0


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_is_none_makes_no_budget(limit: float) -> None:
    assert rate_budgets({"create": limit}) == {}
