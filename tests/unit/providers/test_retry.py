"""The policy as arithmetic: what is told is kept, what is spent runs out."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.providers.call import CallKind
from reconciler.providers.retry import (
    BREAKER_AFTER,
    BREAKER_PAUSE_S,
    MAX_PAUSE_S,
    RESENT,
    TRIES,
    Breaker,
    Ended,
    Patience,
    RetryBudget,
    Verdict,
    may_have_passed,
    retry_after_s,
)
from tests.unit.providers.wiring import START

JITTER = st.floats(0, 1, exclude_max=True)


def ended(verdict: Verdict, told: float | None = None) -> Ended[str]:
    return Ended(verdict, retry_after_s=told)


def patience(kind: CallKind, jitter: float = 0.0) -> Patience:
    return Patience(kind, RetryBudget(), lambda: jitter)


@given(jitter=JITTER, told=st.floats(0.001, MAX_PAUSE_S), kind=st.sampled_from(CallKind))
def test_a_throttled_wait_is_what_was_told_or_a_little_more(
    jitter: float, told: float, kind: CallKind
) -> None:
    wait = patience(kind, jitter).after(ended(Verdict.THROTTLED, told))
    assert wait is not None
    assert told <= wait <= told + min(1.0, told / 10)


@given(jitter=JITTER, verdict=st.sampled_from([Verdict.NOT_SENT, Verdict.AMBIGUOUS]))
def test_tries_are_counted_and_waits_grow_within_bounds(jitter: float, verdict: Verdict) -> None:
    way = patience(CallKind.READ, jitter)
    waits = [way.after(ended(verdict)) for _ in range(TRIES)]
    assert waits[-1] is None
    for step, wait in enumerate(waits[:-1]):
        assert wait is not None
        assert 0.125 * 2**step <= wait <= 0.25 * 2**step


@given(verdicts=st.lists(st.sampled_from(Verdict), max_size=80), kind=st.sampled_from(CallKind))
def test_doubt_once_there_never_goes_and_comes_only_from_what_may_have_passed(
    verdicts: list[Verdict], kind: CallKind
) -> None:
    way = patience(kind)
    for index, verdict in enumerate(verdicts):
        wait = way.after(ended(verdict))
        assert way.is_doubtful == any(may_have_passed(kind, each) for each in verdicts[: index + 1])
        assert wait is None or (kind in RESENT[verdict] and wait >= 0)


def test_only_one_renewal_is_worth_a_repetition() -> None:
    way = patience(CallKind.CREATE)
    assert way.after(ended(Verdict.EXPIRED)) == 0.0
    assert way.after(ended(Verdict.EXPIRED)) is None


@given(requests=st.integers(0, 500))
def test_the_budget_is_a_tenth_and_ten(requests: int) -> None:
    budget = RetryBudget()
    for _ in range(requests):
        budget.earn()
    spent = sum(budget.spend() for _ in range(1000))
    assert 10 + requests // 10 <= spent <= 10 + requests // 10 + 1


def test_the_breaker_lets_one_probe_through_at_a_time() -> None:
    breaker = Breaker()
    for _ in range(BREAKER_AFTER):
        assert breaker.wait_s(0.0) == 0.0
        breaker.failed(0.0)
    assert breaker.wait_s(1.0) == BREAKER_PAUSE_S - 1.0
    assert breaker.wait_s(BREAKER_PAUSE_S) == 0.0, "the probe"
    assert breaker.wait_s(BREAKER_PAUSE_S) == BREAKER_PAUSE_S, "nobody beside it"
    breaker.succeeded()
    assert breaker.wait_s(BREAKER_PAUSE_S) == 0.0


@given(text=st.text(max_size=30))
def test_any_retry_after_is_nothing_or_a_bounded_wait(text: str) -> None:
    told = retry_after_s(text, START)
    assert told is None or 0.0 <= told <= MAX_PAUSE_S


@given(seconds=st.integers(0, int(MAX_PAUSE_S)))
def test_both_forms_of_retry_after_mean_the_same(seconds: int) -> None:
    date = format_datetime(START + timedelta(seconds=seconds), usegmt=True)
    assert retry_after_s(str(seconds), START) == retry_after_s(date, START) == seconds


@pytest.mark.parametrize("text", ["", "soon", "1e3", "0x10", "inf", "nan", "1,5", "--1", "٣"])
def test_what_is_no_retry_after_tells_nothing(text: str) -> None:
    assert retry_after_s(text, START) is None
