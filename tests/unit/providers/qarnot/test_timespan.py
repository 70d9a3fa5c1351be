"""Qarnot's time spans read back, however they are spelled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.providers.qarnot.timespan import from_timespan, to_timespan
from tests.strategies import LAW


@LAW
@given(st.integers(0, 10**11) | st.integers(0, 10**9).map(lambda tenth: tenth / 10))
def test_a_length_of_time_reads_back(seconds: float) -> None:
    assert from_timespan(to_timespan(seconds)) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("00:00:00", 0),
        ("06:00:00", 21600),
        ("0.06:00:00", 21600),
        ("1.03:00:00", 97200),
        ("00:00:01.5000000", 1.5),
        ("-00:01:00", -60),
        ("7:00:00", 25200),
    ],
)
def test_every_spelling_is_read(text: str, seconds: float) -> None:
    assert from_timespan(text) == seconds


@pytest.mark.parametrize("text", ["", "1h", "00:00", "1.2.03:00:00", "00:00:00.12345678"])
def test_what_is_no_time_span_is_none(text: str) -> None:
    assert from_timespan(text) is None


def test_a_time_span_is_written_as_the_vendors_sdks_do() -> None:
    assert to_timespan(97200) == "1.03:00:00"
    assert to_timespan(90) == "00:01:30"
    assert to_timespan(0.5) == "00:00:00.5000000"
