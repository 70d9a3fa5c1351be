"""Canonical form, digests, paths and merging: laws over any JSON value."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.values import (
    UNSEEN,
    canonical,
    digest,
    get_in,
    keyed_digest,
    leaves,
    merge,
    show_path,
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 70), 1 << 70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
keys = st.text(max_size=4)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)
)
objects = st.dictionaries(keys, values, max_size=4)


def shuffled(value: Any, order: Any) -> Any:
    """The same value with the keys of every object in another order."""
    if isinstance(value, dict):
        names = list(value)
        order.shuffle(names)
        return {name: shuffled(value[name], order) for name in names}
    return [shuffled(each, order) for each in value] if isinstance(value, list) else value


def without_nulls(value: Any) -> Any:
    """What `merge` leaves of an object laid on nothing."""
    if not isinstance(value, dict):
        return value
    return {key: without_nulls(each) for key, each in value.items() if each is not None}


# --- canonical ------------------------------------------------------------------------------------


@given(values, st.randoms())
def test_the_canonical_form_is_blind_to_key_order(value: Any, order: Any) -> None:
    assert canonical(shuffled(value, order)) == canonical(value)


@given(values)
def test_the_canonical_form_reads_back_as_the_same_value(value: Any) -> None:
    assert json.loads(canonical(value)) == value


@given(values)
def test_the_canonical_form_of_itself_is_itself(value: Any) -> None:
    assert canonical(json.loads(canonical(value))) == canonical(value)


@given(st.lists(values, max_size=4))
def test_a_tuple_is_a_list(value: list[Any]) -> None:
    assert canonical(tuple(value)) == canonical(value)


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, True), (0, False), ("1", 1), (None, "null"), ([], {}), ("", None), ([1, 2], [2, 1])],
)
def test_values_that_differ_have_canonical_forms_that_differ(one: Any, other: Any) -> None:
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize("number", [0, 1, -7, 4, 1 << 60])
def test_a_whole_number_has_one_form(number: int) -> None:
    assert canonical(float(number)) == canonical(number) == str(number)


def test_the_canonical_form_has_no_blanks_and_keeps_letters() -> None:
    assert canonical({"b": [1.5, "é"], "a": None}) == '{"a":null,"b":[1.5,"é"]}'


# --- digests --------------------------------------------------------------------------------------


@given(values, st.randoms())
def test_a_digest_is_blind_to_key_order(value: Any, order: Any) -> None:
    assert digest(shuffled(value, order)) == digest(value)
    assert keyed_digest(b"k" * 32, shuffled(value, order)) == keyed_digest(b"k" * 32, value)


def test_a_digest_is_the_same_in_every_release() -> None:
    assert digest({"profile": "docker-batch", "slots": 4.0}) == "7601122f95ece355e98c8cec930fbc39"


def test_a_keyed_digest_tells_nothing_without_its_key() -> None:
    one, other = (keyed_digest(key * 32, "secret") for key in (b"a", b"b"))
    assert len({one, other, digest("secret")}) == 3


# --- paths ----------------------------------------------------------------------------------------


@given(values)
def test_every_leaf_is_found_at_its_path(value: Any) -> None:
    for path, leaf in leaves(value):
        assert get_in(value, path) == leaf


@given(values)
def test_the_leaves_hold_every_scalar(value: Any) -> None:
    found = [leaf for _, leaf in leaves(value)]
    assert not any(isinstance(leaf, dict | list) and leaf for leaf in found)
    assert found


@pytest.mark.parametrize("path", [("b",), ("a", 2), ("a", -3), ("a", "x"), ("a", 0, "x"), (0,)])
def test_a_place_that_is_not_there_is_unseen(path: tuple[str | int, ...]) -> None:
    assert get_in({"a": [1, 2]}, path) is UNSEEN


def test_a_value_that_is_null_is_seen() -> None:
    assert get_in({"a": None}, ("a",)) is None


def test_a_path_is_shown_as_in_a_manifest() -> None:
    assert show_path(("scaling", "policies", 0, "name")) == "scaling.policies[0].name"
    assert show_path(()) == ""


# --- merge ----------------------------------------------------------------------------------------


@given(objects)
def test_nothing_laid_on_an_object_changes_nothing(base: dict[str, Any]) -> None:
    assert merge(base, {}) == base


@given(objects, objects)
def test_merging_twice_changes_nothing_more(base: dict[str, Any], over: dict[str, Any]) -> None:
    once = merge(base, over)
    assert merge(once, over) == once


@given(objects, objects)
def test_merging_leaves_its_inputs_as_they_were(base: dict[str, Any], over: dict[str, Any]) -> None:
    before = (canonical(base), canonical(over))
    merge(base, over)
    assert (canonical(base), canonical(over)) == before


@given(values, scalars | st.lists(values, max_size=3))
def test_what_is_no_object_replaces(base: Any, over: Any) -> None:
    assert merge(base, over) == over


@given(objects, objects)
def test_null_removes_and_all_else_is_kept(base: dict[str, Any], over: dict[str, Any]) -> None:
    merged = merge(base, over)
    assert merged.keys() == (base.keys() | over.keys()) - {
        key for key, value in over.items() if value is None
    }
    assert all(merged[key] == base[key] for key in base.keys() - over.keys())


@given(objects)
def test_an_object_laid_on_nothing_is_itself_without_nulls(over: dict[str, Any]) -> None:
    assert merge({}, over) == merge(None, over) == without_nulls(over)
