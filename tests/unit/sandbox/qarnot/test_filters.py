"""Filters: against an evaluation that has nothing in common with the emulator's."""

import re
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from reconciler.sandbox.qarnot.errors import Refused
from reconciler.sandbox.qarnot.filters import FieldType, FilterCompiler, FilterField
from tests.unit.sandbox.qarnot.account import Account

Thing = dict[str, Any]
FIELDS: dict[str, FilterField[Thing]] = {
    "Name": FilterField(FieldType.TEXT, lambda thing: thing["Name"]),
    "State": FilterField(FieldType.WORD, lambda thing: thing["State"]),
    "Count": FilterField(FieldType.NUMBER, lambda thing: thing["Count"]),
    "Ready": FilterField(FieldType.BOOLEAN, lambda thing: thing["Count"] is not None),
    "Tags": FilterField(FieldType.LIST, lambda thing: thing["Tags"]),
}
words = st.sampled_from(["", "a", "b", "ab", "B"])
states = st.sampled_from(["Closed", "closed", "Closing"])
counts = st.none() | st.integers(-2, 2)
things = st.fixed_dictionaries(
    {"Name": words | st.none(), "State": states, "Count": counts, "Tags": st.lists(words)}
)
ORDERINGS = ("LessThan", "LessThanOrEqual", "GreaterThan", "GreaterThanOrEqual")


def _leaf(operator: st.SearchStrategy[str], field: str, value: st.SearchStrategy[Any]) -> Any:
    return st.fixed_dictionaries({"operator": operator, "field": st.just(field), "value": value})


def _many(field: str, value: st.SearchStrategy[Any]) -> Any:
    operator = st.sampled_from(["In", "NotIn"])
    named = st.sampled_from(["value", "values"])
    return st.builds(
        lambda op, key, values: {"operator": op, "field": field, key: values},
        operator,
        named,
        st.lists(value, min_size=1),
    )


equality = st.sampled_from(["Equal", "NotEqual"])
ordering = st.sampled_from(ORDERINGS)
leaves = st.one_of(
    _leaf(equality, "Name", words | st.none()),
    _leaf(ordering, "Name", words),
    _leaf(st.just("Like"), "Name", st.sampled_from(["^a", "b$", "^$", "[ab]+"])),
    _leaf(equality, "State", states),
    _leaf(equality, "Count", counts),
    _leaf(ordering, "Count", st.integers(-2, 2)),
    _leaf(equality, "Tags", words),
    _many("Name", words),
    _many("Count", counts),
    _many("Tags", words),
)
filters = st.recursive(
    leaves,
    lambda inner: st.fixed_dictionaries(
        {"operator": st.sampled_from(["And", "Or"]), "filters": st.lists(inner, max_size=3)}
    ),
    max_leaves=8,
)


def passes(node: Any, thing: Thing) -> bool:
    """The meaning of a filter, spelled out case by case."""
    operator = node["operator"]
    if operator == "And":
        return all(passes(inner, thing) for inner in node["filters"])
    if operator == "Or":
        return any(passes(inner, thing) for inner in node["filters"])
    found, value = thing[node["field"]], node.get("values", node.get("value"))
    if node["field"] == "State":
        found, value = found.lower(), value.lower()
    if operator in {"NotEqual", "NotIn"}:
        positive = {"NotEqual": "Equal", "NotIn": "In"}[operator]
        return not passes(node | {"operator": positive}, thing)
    if operator in {"Equal", "In"}:
        wanted = value if operator == "In" else [value]
        return any(one in wanted for one in found) if isinstance(found, list) else found in wanted
    if found is None:
        return False
    if operator == "Like":
        return re.search(value, found) is not None
    compared = {"LessThan": found < value, "GreaterThan": found > value}
    is_strict = operator in compared
    return bool(compared[operator] if is_strict else compared[operator[:-7]] or found == value)


@given(filters, st.lists(things, max_size=5))
@settings(max_examples=300, deadline=None)
def test_a_filter_means_what_its_words_say(node: Any, population: list[Thing]) -> None:
    condition = FilterCompiler(FIELDS, "refuse").compile(node)
    assert [condition(thing) for thing in population] == [passes(node, t) for t in population]


@given(filters)
@settings(deadline=None)
def test_names_and_operators_match_in_any_case(node: Any) -> None:
    def shouted(one: Any) -> Any:
        if "filters" in one:
            inner = [shouted(part) for part in one["filters"]]
            return {"OPERATOR": one["operator"].upper(), "Filters": inner}
        rest = {name.upper(): value for name, value in one.items()}
        return rest | {"OPERATOR": one["operator"].upper(), "FIELD": one["field"].upper()}

    compiler = FilterCompiler(FIELDS, "refuse")
    thing = {"Name": "ab", "State": "Closed", "Count": 1, "Tags": ["a"]}
    assert compiler.compile(shouted(node))(thing) == compiler.compile(node)(thing)


@pytest.mark.parametrize(
    "node",
    [
        None,
        [],
        {},
        {"operator": "Nearly", "field": "Name", "value": "a"},
        {"operator": "And"},
        {"operator": "Equal", "field": "Nme", "value": "a"},
        {"operator": "Equal", "field": None, "value": "a"},
        {"operator": "Equal", "field": "Count", "value": "many"},
        {"operator": "Equal", "field": "Count", "value": True},
        {"operator": "Equal", "field": "Ready", "value": "perhaps"},
        {"operator": "LessThan", "field": "Tags", "value": "a"},
        {"operator": "LessThan", "field": "Name", "value": None},
        {"operator": "Like", "field": "Count", "value": "1"},
        {"operator": "Like", "field": "Name", "value": "("},
        {"operator": "Like", "field": "Name", "value": 1},
        {"operator": "Like", "field": "Name", "value": "(a+)+$"},
        {"operator": "Like", "field": "Name", "value": "a*a*a*a*b"},
        {"operator": "Like", "field": "Name", "value": "a" * 300},
    ],
)
def test_a_filter_that_means_nothing_is_refused(node: Any) -> None:
    with pytest.raises(Refused) as caught:
        FilterCompiler(FIELDS, "refuse").compile(node)
    assert caught.value.answer.status == 400


def test_a_filter_may_not_be_endlessly_deep() -> None:
    node: Any = {"operator": "And", "filters": []}
    for _ in range(100):
        node = {"operator": "And", "filters": [node]}
    with pytest.raises(Refused):
        FilterCompiler(FIELDS, "refuse").compile(node)


@pytest.mark.parametrize(
    ("field", "value", "names"),
    [
        ("CreationDate", "2026-03-02T08:00:00Z", {"old"}),
        ("CreationDate", "2026-03-02T09:00:00+01:00", {"old"}),
        ("EndDate", None, {"old", "new"}),
        ("ElasticProperty.IsElastic", True, {"new"}),
        ("elasticproperty.maxtotalslots", 4, {"new"}),
        ("PreparationTask.CommandLine", "ls", {"old"}),
        ("InstanceCount", 2, {"old"}),
        ("State", "submitted", {"new"}),
        ("ElasticProperty.IsElastic", "TRUE", {"new"}),
        ("ExecutionTime", None, {"old", "new"}),
        ("Privileges", {"exportApiAndStorageCredentialsInEnvironment": False}, {"old", "new"}),
    ],
)
def test_pools_are_filtered_by_their_fields(field: str, value: Any, names: set[str]) -> None:
    account = Account()
    account.create(name="old", preparationTask={"commandLine": "ls"})
    account.pass_time(60)
    account.create(
        name="new", instanceCount=0, elasticProperty={"isElastic": True, "maxTotalSlots": 4}
    )
    assert account.found({"operator": "Equal", "field": field, "value": value}) == names


def test_times_that_run_by_themselves_are_compared_at_the_time_of_the_call() -> None:
    account = Account()
    account.create()
    long = {"operator": "GreaterThan", "field": "WallTime", "value": "00:30:00"}
    account.pass_time(600)
    assert account.found(long) == set()
    account.pass_time(3600)
    assert account.found(long) == {"p"}


def test_an_unknown_field_may_be_refused_ignored_or_match_nothing() -> None:
    account = Account()
    account.create()
    node = {"operator": "Equal", "field": "Nmae", "value": "p"}
    reply = account.send("POST", "/pools/search", {"filter": node})
    assert "did you mean Name" in reply.errors["filter"][0]
    account.set(unknown_filter_field="match_none")
    assert account.found(node) == set()
    account.set(unknown_filter_field="ignore")
    assert account.found(node) == {"p"}
