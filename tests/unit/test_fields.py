"""The field table's type: which row governs a place, and the form in which specs are compared."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fields import (
    CASELESS,
    CASELESS_SET,
    CLOCK,
    DURATION,
    MEMORY,
    SPARSE,
    TEXT,
    UNORDERED,
    Field,
    FieldTable,
    Mutability,
    split_path,
)

IN_PLACE, WORK = Mutability.IN_PLACE, Mutability.WORK
TABLE = FieldTable(
    Field("profile", "profile", WORK),
    Field("priority", "priority", IN_PLACE, default=50),
    Field("tags", "tags", IN_PLACE, compare=UNORDERED, default=()),
    Field("regions", "regions", IN_PLACE, compare=CASELESS_SET),
    Field("tier", "tier", IN_PLACE, compare=CASELESS, default="standard"),
    Field("timeout", "timeout", IN_PLACE, compare=DURATION, default=3600),
    Field("requirements.memory", "memory", WORK, compare=MEMORY),
    Field("build", "build", WORK, compare=TEXT),
    Field("retry", "retry", IN_PLACE, compare=SPARSE),
    Field("constants.*", "constants", WORK),
    Field("constants.SECRET__*", "constants", WORK, secret=True),
    Field("scaling.policies", "policies", IN_PLACE),
    Field("scaling.policies[name].maxSlots", "max", IN_PLACE, default=1),
    Field("scaling.policies[name].start", "start", IN_PLACE, compare=CLOCK),
    Field("mounts", "mounts", IN_PLACE, compare=UNORDERED),
    Field("mounts[path].readOnly", "ro", IN_PLACE, default=False),
)

words = st.sampled_from(["a", "B", "Beta", "GAMMA", "d1"])
durations = st.sampled_from(["60m", "1h", "3600s", "90s", "2d"])
policies = st.fixed_dictionaries(
    {"name": words},
    optional={
        "maxSlots": st.integers(0, 4) | st.none(),
        "start": st.sampled_from(["08:00", "08:00:00"]),
    },
)
mounts = st.fixed_dictionaries({"path": words}, optional={"readOnly": st.booleans()})
SPEC_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "profile": words | st.none(),
    "priority": st.integers(49, 51) | st.none(),
    "tags": st.lists(words, max_size=3),
    "regions": st.lists(words, max_size=3),
    "tier": st.sampled_from(["Standard", "standard", "fast"]),
    "timeout": durations,
    "requirements": st.fixed_dictionaries(
        {}, optional={"memory": st.sampled_from(["1GiB", "1TB"])}
    ),
    "build": st.integers(1, 3) | st.sampled_from(["1", "x"]),
    "retry": st.dictionaries(words, st.sampled_from([0, 1, "", "x", None, False])),
    "constants": st.dictionaries(st.sampled_from(["A", "SECRET__A"]), words | st.none()),
    "scaling": st.fixed_dictionaries({}, optional={"policies": st.lists(policies, max_size=3)}),
    "mounts": st.lists(mounts, max_size=3, unique_by=lambda mount: mount["path"]),
    "unknownField": st.dictionaries(words, words),
}
specs = st.fixed_dictionaries({}, optional=SPEC_FIELDS)


def shuffled(value: Any, order: Any) -> Any:
    """The same value with the keys of every object in another order."""
    if isinstance(value, dict):
        names = list(value)
        order.shuffle(names)
        return {name: shuffled(value[name], order) for name in names}
    return [shuffled(each, order) for each in value] if isinstance(value, list) else value


# --- form -----------------------------------------------------------------------------------------


@given(specs)
def test_the_form_of_a_form_is_itself(spec: dict[str, Any]) -> None:
    once = TABLE.form(spec)
    assert TABLE.form(once) == once


@given(specs, st.randoms())
def test_the_form_is_blind_to_key_order(spec: dict[str, Any], order: Any) -> None:
    assert TABLE.form(shuffled(spec, order)) == TABLE.form(spec)


@given(specs, st.randoms())
def test_the_form_is_blind_to_the_order_of_sets_alone(spec: dict[str, Any], order: Any) -> None:
    moved: dict[str, Any] = {
        name: list(spec[name]) for name in ("tags", "regions", "mounts") if name in spec
    }
    for each in moved.values():
        order.shuffle(each)
    assert TABLE.form({**spec, **moved}) == TABLE.form(spec)


@given(specs)
def test_forming_leaves_its_input_as_it_was(spec: dict[str, Any]) -> None:
    before = repr(spec)
    TABLE.form(spec)
    assert repr(spec) == before


@given(specs)
def test_saying_a_default_is_saying_nothing(spec: dict[str, Any]) -> None:
    silent = {name: value for name, value in spec.items() if name not in ("priority", "timeout")}
    said = {**silent, "priority": 50, "timeout": "60m"}
    assert TABLE.form(said) == TABLE.form(silent)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"timeout": "90m"}, {"timeout": "1h30m"}),
        ({"requirements": {"memory": "64GiB"}}, {"requirements": {"memory": "65536MB"}}),
        ({"tier": "STANDARD"}, {}),
        ({"build": 7}, {"build": "7"}),
        ({"retry": {"count": 0, "why": "x"}}, {"retry": {"why": "x"}}),
        ({"profile": None}, {}),
        (
            {"scaling": {"policies": [{"name": "a", "maxSlots": 1, "start": "08:00"}]}},
            {"scaling": {"policies": [{"name": "a", "start": "08:00:00"}]}},
        ),
    ],
)
def test_two_ways_to_say_one_thing_have_one_form(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert TABLE.form(one) == TABLE.form(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"profile": "a"}, {"profile": "A"}),
        ({"priority": 49}, {}),
        ({"constants": {"A": "x"}}, {"constants": {"A": "X"}}),
        (
            {"scaling": {"policies": [{"name": "a"}, {"name": "b"}]}},
            {"scaling": {"policies": [{"name": "b"}, {"name": "a"}]}},
        ),
    ],
)
def test_what_differs_has_forms_that_differ(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert TABLE.form(one) != TABLE.form(other)


# --- rows -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "path"),
    [
        (("profile",), "profile"),
        (("scaling", "policies", 0, "maxSlots"), "scaling.policies[name].maxSlots"),
        (("scaling", "policies", 0, "unknown"), "scaling.policies"),
        (("scaling", "policies"), "scaling.policies"),
        (("constants", "A"), "constants.*"),
        (("constants", "SECRET__KEY"), "constants.SECRET__*"),
        (("tags", 3), "tags"),
    ],
)
def test_a_place_is_governed_by_the_nearest_row(place: tuple[str | int, ...], path: str) -> None:
    row = TABLE.row_at(place)
    assert row is not None
    assert row.path == path
    assert TABLE.row(path) is row


@pytest.mark.parametrize("place", [(), ("scaling",), ("nowhere",), ("requirements", "gpu")])
def test_a_place_the_table_does_not_know_has_no_row(place: tuple[str | int, ...]) -> None:
    assert TABLE.row_at(place) is None


def test_a_table_lists_its_rows_in_order() -> None:
    assert [row.path for row in TABLE][:2] == ["profile", "priority"]


def test_two_rows_of_one_path_are_refused() -> None:
    with pytest.raises(ValueError, match="one path"):
        FieldTable(Field("a", "a", WORK), Field("a", "b", IN_PLACE))


def test_a_path_is_split_into_keys_and_what_tells_elements_apart() -> None:
    assert split_path("policies[name].periods[].start") == (
        ("policies", "name"),
        ("periods", ""),
        ("start", None),
    )
