"""Lists of frames: what the farm's own parser makes of the texts we read and write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.providers.deadline.frames import (
    as_set,
    check_frames,
    cut,
    in_order,
    normal_text,
    ordered_text,
)
from reconciler.quantities import NotAQuantity
from reconciler.ranges import ranges
from reconciler.sandbox.deadline.frames import parsed_frames
from tests.strategies import LAW
from tests.unit.providers.deadline.strategies import frames

numbers = st.lists(st.integers(-30, 60), unique=True, min_size=1, max_size=40)
steps = st.builds(
    lambda first, count, step: [first + step * n for n in range(count)],
    st.integers(-50, 50),
    st.integers(1, 9),
    st.sampled_from([-3, -1, 1, 2, 10]),
)


@LAW
@given(frames())
def test_a_list_is_read_as_the_farm_reads_it(text: str) -> None:
    assert list(in_order(text)) == parsed_frames(text)
    assert parsed_frames(normal_text(text)) == parsed_frames(text)
    assert as_set(text) == str(ranges(",".join(map(str, sorted(parsed_frames(text))))))


@LAW
@given(st.one_of(numbers, steps))
def test_frames_in_any_order_are_written_so_that_the_farm_keeps_it(found: list[int]) -> None:
    assert parsed_frames(ordered_text(found)) == found


@LAW
@given(frames(), numbers)
def test_a_cut_keeps_the_order_of_the_list(text: str, kept: list[int]) -> None:
    both = [frame for frame in in_order(text) if frame in kept]
    wanted = as_set(",".join(map(str, kept)))
    assert list(in_order(cut(text, wanted))) == both if both else not cut(text, wanted)


@LAW
@given(frames())
def test_a_list_in_its_one_spelling_has_no_other(text: str) -> None:
    assert normal_text(normal_text(text)) == normal_text(text)
    assert check_frames(normal_text(text)) == normal_text(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0", (0,)),
        ("1:3", (1, 2, 3)),
        ("5,10 15", (5, 10, 15)),
        ("1-5 step 2", (1, 3, 5)),
        ("1-5 BY 2, 9", (1, 3, 5, 9)),
        ("1-9 every 4", (1, 5, 9)),
        ("1-9:4", (1, 5, 9)),
        ("-5--3", (-5, -4, -3)),
        ("1-20x10,1-3", (1, 11, 2, 3)),
        (" 7 , ", (7,)),
    ],
)
def test_the_farms_own_spellings_are_read(text: str, found: tuple[int, ...]) -> None:
    assert in_order(text) == found == tuple(parsed_frames(text))
    assert ranges(as_set(text)) == ranges(",".join(map(str, sorted(found))))


@pytest.mark.parametrize("text", ["", " ", "a", "1-", "1-5x0", "1-5x2x2", "0-1000000", "1,,b"])
def test_what_is_no_list_of_frames_is_none(text: str) -> None:
    with pytest.raises(NotAQuantity):
        in_order(text)
    assert as_set(text) == ""
    assert normal_text(text) == text


@pytest.mark.parametrize("text", ["1:3", "5 10", "1-5 step 2", "1-", "x", "", "1-5x0", "0-1000000"])
def test_a_manifest_spells_frames_in_one_way(text: str) -> None:
    with pytest.raises(NotAQuantity):
        check_frames(text)


def test_a_long_list_is_written_short() -> None:
    assert ordered_text([*range(1, 241, 10), *range(2, 10)]) == "1-231x10,2-9"
    assert ordered_text([1, 11, 2, 3]) == "1,11,2-3"
    assert ordered_text([5, 3, 9, 7, 5 + 1]) == "5,3,9,7,6"
    assert ordered_text(range(100, 0, -1)) == "100-1"
