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
    [("3,1-2", "1-3"), ("1-10x3", "1,4,7,10"), ("5", "5"), ("1-4,2-3,9", "1-4,9"), ("", "")],
)
def test_one_set_has_one_text(text: str, shown: str) -> None:
    assert str(ranges(text)) == shown


def test_a_range_is_not_expanded_before_it_is_counted() -> None:
    with pytest.raises(NotAQuantity, match="at most 1000000"):
        ranges("1-999999999x2")
    assert len(ranges("1-1000000")) == 1_000_000
    assert not NO_RANGES
