"""Sets of frames: one text for one set, and the laws of sets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.quantities import NotAQuantity
from reconciler.ranges import NO_RANGES, Ranges, ranges

members = st.sets(st.integers(-20, 60), max_size=30)


def of(numbers: set[int]) -> Ranges:
    return ranges(",".join(map(str, sorted(numbers))))


@given(members)
def test_a_set_is_its_members_and_its_text_reads_back(numbers: set[int]) -> None:
    found = of(numbers)
    assert (set(found), len(found), bool(found)) == (numbers, len(numbers), bool(numbers))
    assert ranges(str(found)) == found


@given(members, members)
def test_union_difference_and_intersection_are_those_of_sets(one: set[int], two: set[int]) -> None:
    assert of(one) | of(two) == of(one | two)
    assert of(one) - of(two) == of(one - two)
    assert of(one) & of(two) == of(one & two)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("3,1-2", "1-3"),
        ("1-10x3", "1,4,7,10"),
        ("5", "5"),
        ("1-4,2-3,9", "1-4,9"),
        ("", ""),
        ("100-1", "1-100"),
        ("10-1x3", "1,4,7,10"),
        ("-5--1,3", "-5--1,3"),
        ("3,-1--5", "-5--1,3"),
        ("2--2", "-2-2"),
    ],
)
def test_one_set_has_one_text(text: str, shown: str) -> None:
    assert str(ranges(text)) == shown


@given(st.integers(0, 10**6), st.integers(0, 400_000))
def test_one_span_alone_is_what_it_is_among_others(first: int, more: int) -> None:
    text = f"{first}-{first + more}"
    assert ranges(text) == ranges(f"{text},{text}x1") == Ranges(((first, first + more),))


@given(st.integers(-20, 20), st.integers(-20, 20), st.integers(1, 7))
def test_a_set_is_the_same_either_way_round(first: int, more: int, step: int) -> None:
    last = first + more * step
    assert ranges(f"{first}-{last}x{step}") == ranges(f"{last}-{first}x{step}")


@pytest.mark.parametrize("text", ["3--", "1-x", "1-2-3", " ", "٣"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(NotAQuantity):
        ranges(text)


@pytest.mark.parametrize("text", ["1-999999999x2", "1-999999999", "999999999-1", "0-1000000"])
def test_a_range_is_not_expanded_before_it_is_counted(text: str) -> None:
    with pytest.raises(NotAQuantity, match="at most 1000000"):
        ranges(text)
    assert len(ranges("1-1000000")) == 1_000_000
    assert not NO_RANGES
