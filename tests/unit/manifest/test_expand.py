"""Expressions: typed, on parsed values, with their slips located."""

from __future__ import annotations

import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.manifest.expand import expand, substitute
from reconciler.settings import Caps
from tests.unit.manifest.farm import declare, only, rack, spot, workspace

SCALARS = st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="ascii"))
PLAIN = SCALARS.filter(lambda each: not isinstance(each, str) or "${{" not in each)
TREES = st.recursive(
    PLAIN, lambda each: st.lists(each) | st.dictionaries(st.text("abc", max_size=3), each)
)


def filled(value: Any, **variables: Any) -> Any:
    found = substitute(value, variables)
    assert found.findings == ()
    return found.trees[0]


@given(TREES)
def test_a_tree_without_expressions_is_handed_back_as_it_is(tree: Any) -> None:
    assert filled(tree) is tree


@given(TREES)
def test_an_expression_alone_is_the_value_with_its_type(value: Any) -> None:
    found = filled({"a": ["${{ var.x }}"], "b": "${{var.x}}"}, x=value)
    assert found == {"a": [value], "b": value}


@given(st.text("ab ", max_size=5), st.integers(), st.text("ab ", max_size=5))
def test_an_expression_inside_a_text_is_its_text(before: str, number: int, after: str) -> None:
    text = f"{before}x${{{{ var.n }}}}{after}"
    assert filled(text, n=number) == f"{before}x{number}{after}"


TEXTS = [
    ("a-${{ var.s }}-${{ var.n }}", "a-x-4"),
    ("${{ var.s }}${{ var.s }}", "xx"),
    ("${{ var.f }}s", "0.5s"),
    ("is ${{ var.t }}", "is true"),
    ("$${{ var.s }}", "${{ var.s }}"),
    ("$${{ not closed", "${{ not closed"),
    ("a $${{ b }} ${{ var.s }}", "a ${{ b }} x"),
    ("cost: $5 {{ x }}", "cost: $5 {{ x }}"),
]


@pytest.mark.parametrize(("text", "wanted"), TEXTS)
def test_texts_are_filled(text: str, wanted: str) -> None:
    assert filled(text, s="x", n=4, f=0.5, t=True) == wanted


SLIPS = [
    ("${{ var.s", "M401"),
    ("${{ s }}", "M402"),
    ("${{ var.s + 1 }}", "M402"),
    ("${{ env.HOME }}", "M402"),
    ("${{ var.t }}", "M403"),
    ("${{ matrix.s }}", "M403"),
    ("all ${{ var.many }}", "M404"),
    ({"${{ var.s }}": 1}, "M405"),
]


@pytest.mark.parametrize(("value", "code"), SLIPS)
def test_what_is_no_expression_is_told(value: Any, code: str) -> None:
    findings = substitute({"a": [value]}, {"s": "x", "many": [1]}).findings
    assert [each.problem.code for each in findings] == [code]
    assert findings[0].path[:2] == ("a", 0)
    assert findings[0].problem.remedy


def test_a_near_variable_is_offered_at_its_place() -> None:
    problem = only(declare(rack("a", "{profile: '${{ var.qualty }}'}"),
                           where=workspace("  vars: {quality: draft}\n")))  # fmt: skip
    assert problem.remedy == "did you mean 'quality'?"
    assert spot(problem) == "manifests/m.yaml:5:17 spec.profile"


def test_an_unquoted_expression_inside_braces_is_told_to_be_quoted() -> None:
    problem = only(declare(rack("a", "{profile: ${{ var.x }}}")))
    assert problem.code == "M103"
    assert "quote it" in problem.remedy


def test_variables_of_the_command_line_win_and_have_types() -> None:
    where = workspace("  vars: {size: 1, name: x}\n", ("size", "3"), ("name", "y"))
    loaded = declare(
        rack("a", "\n  profile: ${{ var.name }}\n  size: ${{ var.size }}"), where=where
    )
    assert loaded.problems == ()
    assert loaded.resources[0].spec == {"profile": "y", "size": 3}


# --- matrix ---------------------------------------------------------------------------------------

SHOTS = """\
apiVersion: farm/v1
kind: Rack
metadata: {name: "shot-${{ matrix.shot }}-${{ matrix.quality }}"}
matrix: {shot: ["010", "020"], quality: [beauty, crypto]}
spec:
  profile: ${{ matrix.quality }}
  tags: ["${{ matrix.shot }}"]
"""


@given(st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.lists(st.integers(), min_size=1, max_size=4, unique=True),
    min_size=1,
))  # fmt: skip
def test_a_matrix_stands_for_each_combination_once(matrix: dict[str, list[int]]) -> None:
    name = "-".join(f"${{{{ matrix.{key} }}}}" for key in matrix)
    found = expand({"metadata": {"name": f"n{name}"}, "matrix": matrix}, {}, Caps())
    assert found.findings == ()
    names = {tree["metadata"]["name"] for tree in found.trees}
    count = 1
    for axis in matrix.values():
        count *= len(axis)
    assert len(names) == len(found.trees) == count
    assert not any("matrix" in tree for tree in found.trees)


def test_the_resources_of_a_matrix_are_loaded_and_know_their_lines() -> None:
    loaded = declare(SHOTS)
    assert loaded.problems == ()
    assert [each.address.name for each in loaded.resources] == [
        "shot-010-beauty",
        "shot-010-crypto",
        "shot-020-beauty",
        "shot-020-crypto",
    ]
    assert loaded.resources[3].spec == {"profile": "crypto", "tags": ["020"]}
    assert str(loaded.resources[3].locate(("spec", "tags", 0))) == "manifests/m.yaml:7:10"


BAD_MATRICES = [
    ("{shot: 1}", "M407", "4:16 matrix.shot"),
    ("{shot: []}", "M407", "4:16 matrix.shot"),
    ("{shot: [[1]]}", "M407", "4:16 matrix.shot"),
    ("[a]", "M407", "4:9 matrix"),
    ("{}", "M407", "4:9 matrix"),
    ("{shot: [a], quality: [b, b]}", "M408", "3:18 metadata.name"),
    ("{shot: [a], quality: [b], other: [1, 2]}", "M408", "3:18 metadata.name"),
    ("{shot: [a]}", "M403", "3:18 metadata.name"),
]


@pytest.mark.parametrize(("matrix", "code", "where"), BAD_MATRICES)
def test_a_matrix_of_another_form_is_told(matrix: str, code: str, where: str) -> None:
    text = SHOTS.replace('{shot: ["010", "020"], quality: [beauty, crypto]}', matrix)
    problem = declare(text).problems[0]
    assert (problem.code, spot(problem)) == (code, f"manifests/m.yaml:{where}")


@pytest.mark.parametrize("axes", [2, 5, 50])
def test_a_flood_is_refused_before_it_starts(axes: int) -> None:
    numbers = ", ".join(str(number) for number in range(200))
    matrix = ", ".join(f"k{axis}: [{numbers}]" for axis in range(axes))
    text = SHOTS.replace('shot: ["010", "020"], quality: [beauty, crypto]', matrix)
    began = time.process_time()
    tracemalloc.start()
    try:
        problem = only(declare(text))
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert problem.code == "M406"
    assert time.process_time() - began < 2
    assert most_bytes < 50 << 20


def test_a_large_document_may_not_be_multiplied_by_a_large_matrix() -> None:
    tags = ", ".join("t" for _ in range(90_000))
    numbers = ", ".join(str(number) for number in range(100))
    text = SHOTS.replace('shot: ["010", "020"]', f"shot: [{numbers}]").replace(
        '["${{ matrix.shot }}"]', f"[{tags}]"
    )
    assert only(declare(text)).code == "M406"
