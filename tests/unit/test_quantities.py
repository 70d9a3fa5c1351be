"""Amounts as people write them: what is read, what is refused, what is shown reads back."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.quantities import (
    CLOCK_PATTERN,
    DURATION_PATTERN,
    MEMORY_PATTERN,
    NotAQuantity,
    Span,
    clock_time,
    duration_s,
    frames,
    memory_mib,
    show_duration,
)

# --- memory ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mib"),
    [
        ("64GiB", 65536),
        ("64GB", 65536),
        ("30720MB", 30720),
        ("1.5GiB", 1536),
        ("512KiB", 0.5),
        ("2TiB", 2097152),
        ("1048576B", 1),
        ("0MiB", 0),
    ],
)
def test_memory_is_read_in_mib(text: str, mib: float) -> None:
    assert memory_mib(text) == mib


@given(st.integers(0, 10**9), st.sampled_from("KMGT"))
def test_a_vendor_s_unit_means_the_binary_one(number: int, unit: str) -> None:
    assert memory_mib(f"{number}{unit}B") == memory_mib(f"{number}{unit}iB")


@given(st.integers(0, 10**9))
def test_whole_mib_read_as_whole_numbers(number: int) -> None:
    assert memory_mib(f"{number}MiB") == number
    assert isinstance(memory_mib(f"{number}GiB"), int)


# --- durations ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("10m", 600),
        ("1h30m", 5400),
        ("2d", 172800),
        ("1d1h1m1s", 90061),
        ("0.5s", 0.5),
        ("0s", 0),
    ],
)
def test_a_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    assert duration_s(text) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5400, "1h30m"), (90, "1m30s"), (0, "0s"), (172800, "2d"), (0.5, "0.5s"), (60.25, "1m0.25s")],
)
def test_a_duration_is_shown_in_its_shortest_form(seconds: float, text: str) -> None:
    assert show_duration(seconds) == text


@given(st.integers(0, 10**10))
def test_whole_seconds_shown_read_back(seconds: int) -> None:
    assert duration_s(show_duration(seconds)) == seconds


@given(st.integers(0, 10**12))
def test_fractions_of_a_second_shown_read_back(ticks: int) -> None:
    """A vendor's finest unit is a tick of 100 nanoseconds."""
    seconds = float(Fraction(ticks, 10**7))
    assert duration_s(show_duration(seconds)) == seconds


@given(st.integers(0, 10**9))
def test_what_was_read_is_shown_as_the_same_amount(seconds: int) -> None:
    shown = show_duration(duration_s(f"{seconds}s"))
    assert show_duration(duration_s(shown)) == shown


# --- times of day ---------------------------------------------------------------------------------


@given(st.times())
def test_a_time_of_day_reads_back(time: object) -> None:
    text = f"{time:%H:%M:%S}"
    assert clock_time(text) == clock_time(clock_time(text)) == text


def test_seconds_may_be_left_out() -> None:
    assert clock_time("08:30") == "08:30:00"


# --- frames ---------------------------------------------------------------------------------------

spans = st.builds(
    lambda start, count, step: Span(start, start + (count - 1) * step, step if count > 1 else 1),
    st.integers(-1000, 100_000),
    st.integers(1, 500),
    st.integers(-50, 50).filter(bool),
)


@given(st.lists(spans, min_size=1, max_size=6))
def test_frames_shown_read_back_in_their_order(wanted: list[Span]) -> None:
    assert frames(",".join(map(str, wanted))) == tuple(wanted)


@given(spans)
def test_a_span_counts_its_frames(span: Span) -> None:
    assert len(span) == len(list(span))


@given(spans, st.integers(0, 49))
def test_the_last_frame_of_a_span_is_not_past_its_stop(span: Span, more: int) -> None:
    towards = 1 if span.step > 0 else -1
    further = Span(span.start, span.stop + towards * (more % abs(span.step)), span.step)
    assert list(further) == list(span)
    assert list(span)[:: len(span) - 1 or 1] == list(dict.fromkeys([span.start, span.stop]))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1-240", [Span(1, 240)]),
        ("1-240x10", [Span(1, 240, 10)]),
        ("1-10,20,30-40x2", [Span(1, 10), Span(20, 20), Span(30, 40, 2)]),
        ("5, 1", [Span(5, 5), Span(1, 1)]),
        ("-5--1", [Span(-5, -1)]),
        ("1-10,5-20", [Span(1, 10), Span(5, 20)]),
        ("100-1", [Span(100, 1, -1)]),
        ("-1--5x2", [Span(-1, -5, -2)]),
        ("5-5", [Span(5, 5)]),
    ],
)
def test_frames_are_read_in_the_order_written(text: str, wanted: list[Span]) -> None:
    assert frames(text) == tuple(wanted)


def test_a_long_range_stays_one_span() -> None:
    assert frames("1-999999999") == (Span(1, 999_999_999),)


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (memory_mib, "64"),
        (memory_mib, "64 GiB"),
        (memory_mib, "-1GiB"),
        (memory_mib, "64gib"),
        (memory_mib, "1e3MB"),
        (memory_mib, "GiB"),
        (memory_mib, "64GiB\n"),
        (memory_mib, "٤GiB"),
        (duration_s, ""),
        (duration_s, "90"),
        (duration_s, "30m1h"),
        (duration_s, "1h 30m"),
        (duration_s, "-5s"),
        (duration_s, "1.5h"),
        (duration_s, "90s\n"),
        (duration_s, "٩s"),
        (clock_time, "8:30"),
        (clock_time, "24:00"),
        (clock_time, "08:60"),
        (clock_time, "08:30\n"),
        (frames, ""),
        (frames, "1-10x0"),
        (frames, "10-1x0"),
        (frames, "1---3"),
        (frames, "1-10x-1"),
        (frames, "a"),
        (frames, "1,,2"),
        (frames, "1-2-3"),
        (frames, "٣"),
    ],
)
def test_what_is_no_amount_is_refused(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(NotAQuantity):
        read(text)


@pytest.mark.parametrize(
    ("pattern", "read"),
    [(MEMORY_PATTERN, memory_mib), (DURATION_PATTERN, duration_s), (CLOCK_PATTERN, clock_time)],
)
@given(data=st.data())
def test_the_pattern_for_editors_lets_through_exactly_what_is_read(
    pattern: str, read: Callable[[str], object], data: st.DataObject
) -> None:
    text = data.draw(
        st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)
        | st.text("0123456789dhmsKMGTiB.:- ", max_size=8)
    )
    try:
        read(text)
        is_read = True
    except NotAQuantity:
        is_read = False
    assert is_read == bool(text and re.fullmatch(pattern, text, re.ASCII))
