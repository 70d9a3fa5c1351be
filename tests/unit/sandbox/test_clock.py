"""Virtual time and what waits on it."""

import hypothesis.strategies as st
from hypothesis import given

from reconciler.sandbox.clock import Timeline, VirtualClock


class RealTime:
    """A real clock that a test turns by hand."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_time_runs_at_the_speed_of_the_clock() -> None:
    real = RealTime()
    clock = VirtualClock(start_s=1000, speed=60, monotonic=real)
    assert clock.now_s() == 1000
    real.seconds += 2
    assert clock.now_s() == 1120


def test_at_speed_zero_only_advancing_moves_time() -> None:
    real = RealTime()
    clock = VirtualClock(start_s=1000, speed=0, monotonic=real)
    real.seconds += 3600
    assert clock.now_s() == 1000
    assert clock.advance(5) == clock.now_s() == 1005


def test_time_ends_before_the_years_have_five_digits() -> None:
    real = RealTime()
    clock = VirtualClock(start_s=0, speed=1e9, monotonic=real)
    real.seconds += 1e9
    last_s = clock.now_s()
    assert clock.advance(1e12) == last_s


@given(
    st.lists(st.tuples(st.integers(0, 20), st.text(max_size=2)), max_size=20), st.integers(0, 20)
)
def test_events_come_in_the_order_of_time_then_of_planning(
    planned: list[tuple[int, str]], now: int
) -> None:
    timeline = Timeline()
    for at, subject in planned:
        timeline.plan(at, "kind", subject)
    due = []
    while (event := timeline.pop_due(now)) is not None:
        due.append((event.at_s, event.subject))
    assert due == sorted([one for one in planned if one[0] <= now], key=lambda one: one[0])
    assert len(timeline) == len(planned) - len(due)


@given(st.lists(st.integers(0, 5), max_size=10))
def test_a_restored_timeline_goes_on_as_the_saved_one(times: list[int]) -> None:
    first, second = Timeline(), Timeline()
    for number, at in enumerate(times):
        first.plan(at, "kind", str(number), stamp=number)
    second.restore(first.saved())
    while (event := first.pop_due(9)) is not None:
        other = second.pop_due(9)
        assert other is not None
        assert (event.subject, event.stamp) == (other.subject, other.stamp)
    assert len(second) == 0
