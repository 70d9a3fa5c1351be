"""Of a huge wrong value a small wrong part is found, and its place in the whole."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.manifest.narrow import MOST_VALUES, narrow
from reconciler.manifest.shape import Shape
from reconciler.values import Path, get_in
from tests.unit.manifest.farm import RACK, RackSpec

SHAPE = Shape(RACK.model())


def is_fine(value: Any) -> bool:
    """Whether nothing in it is the word `bad`."""
    if isinstance(value, dict):
        return all(map(is_fine, value.values()))
    return all(map(is_fine, value)) if isinstance(value, list) else value != "bad"


def bad_path(value: Any, path: Path = ()) -> Path:
    if value == "bad":
        return path
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    return next(bad_path(each, (*path, key)) for key, each in entries if not is_fine(each))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 19_999), st.sampled_from([(), ("a",), ("a", 0, "b")]), st.booleans())
def test_the_one_bad_entry_is_found_at_its_own_place(at: int, path: Path, is_object: bool) -> None:
    entries: Any = ["bad" if number == at else number for number in range(20_000)]
    if is_object:
        entries = {f"k{number}": [each] for number, each in enumerate(entries)}
    whole = entries
    for part in reversed(path):
        whole = {part: whole, "other": 1} if isinstance(part, str) else [whole, 1]
    small = narrow(whole, is_fine)
    assert not is_fine(small.value)
    found = small.whole_path(bad_path(small.value))
    assert get_in(whole, found) == "bad"


def test_a_value_of_ordinary_size_is_looked_at_whole() -> None:
    value = [["bad"] * 10] * 100
    assert narrow(value, is_fine).value is value


def test_what_is_wrong_only_as_a_whole_is_kept_whole() -> None:
    value = list(range(MOST_VALUES + 10))
    assert narrow(value, lambda each: len(each) <= MOST_VALUES).value == value


def test_a_slip_far_down_a_long_list_is_told_at_its_index() -> None:
    rules: list[Any] = [{"type": "fixed", "name": "r", "slots": 1} for _ in range(9_000)]
    rules[7_777] = {"type": "queue", "name": "r", "maxSlots": "4"}
    (finding,) = SHAPE.findings({"profile": "p", "rules": rules})
    assert finding.path == ("rules", 7_777, "maxSlots")
    assert RackSpec.model_fields["rules"] is not None
