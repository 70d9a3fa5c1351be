"""Resources written inside another one are what they would be as documents of their own."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.address import Address
from reconciler.errors import Location
from reconciler.kinds import RefRole
from reconciler.lifecycle import Lifecycle, OnEnd
from reconciler.manifest.compose import compose
from reconciler.manifest.load import Loaded
from reconciler.manifest.source import Source
from reconciler.model import Ref, Resource
from reconciler.settings import Caps
from reconciler.values import Path
from tests.unit.manifest.farm import declare, only, rack, shot, spot, take, work, workspace

NAME = st.from_regex(r"[a-z][a-z0-9.-]{0,4}[a-z0-9]", fullmatch=True)
WORD = st.text("abc é🎬", min_size=1, max_size=5).filter(str.strip)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "frames": WORD,
    "size": st.integers(20, 1000),
    "constants": st.dictionaries(st.sampled_from(["A", "B_C"]), WORD | st.integers(0, 9)),
    "labels": st.dictionaries(st.sampled_from(["show", "team"]), WORD),
    "lifecycle": st.fixed_dictionaries(
        {}, optional={"run": st.integers(2, 9), "protect": st.booleans()}
    ),
}


@st.composite
def families(draw: Any) -> list[dict[str, Any]]:
    """Elements of one list: each may wait for some that stand before it."""
    names: list[str] = draw(st.lists(NAME, min_size=1, max_size=5, unique=True))
    elements = []
    for number, name in enumerate(names):
        element = {"name": name, **draw(st.fixed_dictionaries({}, optional=FIELDS))}
        if number:
            waits = draw(st.lists(st.sampled_from(names[:number]), unique=True))
            element["dependsOn"] = [
                {"take": each, "finalState": ["failure"]} if draw(st.booleans()) else each
                for each in waits
            ]
        elements.append(element)
    return elements


def written(documents: list[Any], *, flow: bool) -> str:
    """Documents in block style, or each on one line."""
    if flow:
        return "\n---\n".join(json.dumps(each, ensure_ascii=False) for each in documents)
    text: str = yaml.safe_dump_all(documents, allow_unicode=True, sort_keys=False)
    return text


def head(kind: str, metadata: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "farm/v1", "kind": kind, "metadata": metadata, "spec": spec}


def inside(elements: list[Any]) -> dict[str, Any]:
    return head("Shot", {"name": "shot-010"}, {"tags": ["a"], "takes": elements})


def apart(element: dict[str, Any]) -> dict[str, Any]:
    """The document that means the same as an element."""
    block: dict[str, Any] = {key: element[key] for key in ("lifecycle",) if key in element}
    metadata: dict[str, Any] = {key: element[key] for key in ("name", "labels") if key in element}
    rest = {key: each for key, each in element.items() if key not in {*block, *metadata}}
    return {**head("Take", metadata, {**rest, "shot": "shot-010"}), **block}


@settings(deadline=None)  # the first example builds the models
@given(families(), st.booleans())
def test_an_element_means_what_a_document_does(elements: list[Any], flow: bool) -> None:
    one = declare(written([inside(elements)], flow=flow))
    other = declare(written([inside([]), *map(apart, elements)], flow=flow))
    assert one.problems == other.problems == ()
    assert one.resources == other.resources
    assert one.inputs == other.inputs
    assert len(one.resources) == len(elements) + 1
    assert one.resources[0].spec == {"tags": ["a"]}


@settings(deadline=None)  # the first example builds the models
@given(families(), st.randoms(use_true_random=False))
def test_the_order_of_elements_means_nothing(elements: list[Any], shuffle: random.Random) -> None:
    first = declare(written([inside(elements)], flow=False))
    shuffle.shuffle(elements)
    second = declare(written([inside(elements)], flow=True))
    assert first.resources == second.resources
    assert first.inputs == second.inputs


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from paths(each, (*path, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from paths(each, (*path, number))


def as_document(path: Path) -> Path:
    """Where a document has what an element has at `path`."""
    match path:
        case ("name" | "labels", *_):
            return ("metadata", *path)
        case () | ("lifecycle", *_):
            return path
        case _:
            return ("spec", *path)


@settings(deadline=None)  # the first example builds the models
@given(families(), st.booleans(), st.booleans())
def test_each_field_of_an_element_stands_where_it_is_written(
    elements: list[Any], flow: bool, has_head: bool
) -> None:
    text = ("# é\n---\n" if has_head else "") + written([inside(elements)], flow=flow)
    loaded = declare(text)
    ((document,), _) = compose(Source("manifests/m.yaml", text.encode()), Caps())
    places = document.index()
    found = {each.address.name: each for each in loaded.resources}
    for number, element in enumerate(elements):
        resource = found[f"shot-010/{element['name']}"]
        for path in paths(element):
            wanted = places.locate(("spec", "takes", number, *path))
            assert resource.locate(as_document(path)) == wanted


def test_an_element_far_down_its_line_has_a_place() -> None:
    names = [f"t{number}" for number in range(200)]
    text = written([inside([{"name": each, "size": 30} for each in names])], flow=True)
    found = {each.address.name: each for each in declare(text).resources}
    place = found["shot-010/t199"].locate(("spec", "size"))
    assert place == Location(
        "manifests/m.yaml", 1, text.rindex("30") + 1, "spec.takes[199].size", ""
    )


ALIASED = """\
apiVersion: farm/v1
kind: Shot
metadata: {name: s}
spec:
  tags: [a]
  takes:
    - &a
      name: a
      constants: &c {A: x}
    - <<: *a
      name: b
      # the same
      constants: *c
    -   name: c

        frames: "1"
"""
ALIASED_PLACES = [
    ("a", ("metadata", "name"), "8:13"),
    ("a", ("spec", "constants", "A"), "9:25"),
    ("b", ("metadata", "name"), "11:13"),
    ("b", ("spec", "constants", "A"), "13:18"),
    ("b", (), "10:7"),
    ("b", ("spec", "shot"), "10:7"),
    ("b", ("metadata", "provider"), "10:7"),
    ("c", ("spec", "frames"), "16:17"),
    ("c", ("lifecycle", "run"), "14:9"),
]


@pytest.mark.parametrize(("name", "path", "where"), ALIASED_PLACES)
def test_what_is_repeated_has_the_place_of_its_name(name: str, path: Path, where: str) -> None:
    loaded = declare(ALIASED)
    assert loaded.problems == ()
    resource = {each.address.name: each for each in loaded.resources}[f"s/{name}"]
    place = resource.locate(path)
    assert str(place) == f"manifests/m.yaml:{where}"
    assert place is not None
    assert place.excerpt == ALIASED.splitlines()[place.line - 1]


@pytest.mark.parametrize("takes", ["takes: *list", "<<: {takes: *list}", "<<: *spec"])
def test_elements_of_a_repeated_list_have_the_place_of_its_name(takes: str) -> None:
    lists = "[&list [{name: a}, {name: b}], &spec {takes: [{name: a}, {name: b}]}]"
    text = shot("s", "{" + takes + "}").replace("{name: s}", "{name: s, labels: " + lists + "}")
    loaded = declare(text)
    assert only(loaded).code == "M204"  # labels are no place for a list, but for this test
    column = 15 if takes.startswith("takes") else 7
    for each in loaded.resources:
        place = each.locate(("spec", "size"))
        assert place is not None
        assert (place.line, place.column) == (5, column)
        assert place.excerpt == text.splitlines()[4]
    assert len(loaded.resources) == 2


# --- what a resource inside another one has -------------------------------------------------------

SHOT = """\
---
apiVersion: farm/v1
kind: Shot
metadata: {name: shot-010}
spec:
  rack: r
  takes:
    - name: layout
    - name: beauty
      labels: {show: dune}
      frames: 1-9
      dependsOn: [layout, {take: comp, finalState: [success, failure]}]
      lifecycle: {onFailure: rerun, renamedFrom: color}
    - {name: comp, constants: {A: 1}, lifecycle: {renamedFrom: shot-009/comp}}
"""


def by_name(loaded: Loaded) -> dict[str, Resource]:
    assert loaded.problems == ()
    return {each.address.name: each for each in loaded.resources}


def test_an_element_has_all_that_it_says() -> None:
    found = by_name(declare(rack("r") + SHOT))
    takes = ["shot-010/beauty", "shot-010/comp", "shot-010/layout"]
    assert sorted(found) == ["r", "shot-010", *takes]
    assert found["shot-010"].spec == {"rack": "r"}
    assert found["shot-010/beauty"] == Resource(
        address=Address("one", "take", "shot-010/beauty"),
        kind="farm/Take",
        spec={
            "shot": "shot-010",
            "frames": "1-9",
            "dependsOn": ["layout", {"take": "comp", "finalState": ["success", "failure"]}],
        },
        labels={"show": "dune"},
        lifecycle=Lifecycle(on_failure=OnEnd.RERUN, renamed_from="shot-010/color"),
        references=(
            Ref(("shot",), "farm/Shot", Address("one", "shot", "shot-010"), role=RefRole.CONTAINER),
            Ref(
                ("dependsOn", 0),
                "farm/Take",
                Address("one", "take", "shot-010/layout"),
                role=RefRole.UPSTREAM,
            ),
            Ref(
                ("dependsOn", 1, "take"),
                "farm/Take",
                Address("one", "take", "shot-010/comp"),
                role=RefRole.UPSTREAM,
                when=("success", "failure"),
            ),
        ),
    )
    assert found["shot-010/comp"].lifecycle.renamed_from == "shot-009/comp"


def test_without_a_container_of_ours_the_name_stands_alone() -> None:
    loaded = declare(take("a", "{shot: {existing: old}}") + take("b", "{dependsOn: [a]}"))
    found = by_name(loaded)
    assert sorted(found) == ["a", "b"]
    assert found["a"].references == (
        Ref(("shot",), "farm/Shot", existing="old", role=RefRole.CONTAINER),
    )
    assert [each.target for each in found["b"].references] == [Address("one", "take", "a")]


def test_one_name_may_stand_in_several_containers() -> None:
    found = by_name(declare(shot("s", "{takes: [{name: a}]}") + shot("t", "{takes: [{name: a}]}")))
    assert sorted(found) == ["s", "s/a", "t", "t/a"]
    places = [str(found[name].locate(("metadata", "name"))) for name in ("s/a", "t/a")]
    assert places == ["manifests/m.yaml:5:23", "manifests/m.yaml:11:23"]


def test_what_stands_inside_belongs_to_the_same_provider() -> None:
    second = """\
    two:
      type: farm
      url: https://two.example.com
      auth: {user: {secretRef: {env: U}}, password: {secretRef: {env: P}}}
  defaults: {farm/Take: {metadata: {provider: one}}}
"""
    text = shot("s", "{takes: [{name: a}]}").replace("{name: s}", "{name: s, provider: two}")
    loaded = declare(text, where=workspace(second))
    assert loaded.problems == ()
    assert [str(each.address) for each in loaded.resources] == ["two/shot/s", "two/take/s/a"]


def test_what_moves_with_its_container_is_no_new_work() -> None:
    takes = "{takes: [{name: a}, {name: b, lifecycle: {renamedFrom: c}}]}"
    found = by_name(declare(shot("new", takes, "lifecycle: {renamedFrom: old}")))
    assert found["new/a"].lifecycle.renamed_from == "old/a"
    assert found["new/b"].lifecycle.renamed_from == "new/c"


DEFAULTS = """\
  vars: {frames: 1-5}
  defaults:
    farm/Take: {spec: {size: 40, constants: {A: x}}, metadata: {labels: {show: dune}}}
    farm/Shot: {spec: {takes: [{name: preview, frames: "${{ var.frames }}"}]}}
"""


def test_defaults_expressions_and_overlays_reach_elements() -> None:
    text = shot("s", '{takes: [{name: a, frames: "${{ var.frames }}", constants: {B: y}}]}')
    overlay = "address: one/take/s/a\nspec: {size: 30}\nlifecycle: {protect: true}\n"
    found = by_name(declare(text, overlay, workspace(DEFAULTS)))["s/a"]
    assert found.spec == {
        "shot": "s",
        "frames": "1-5",
        "size": 30,
        "constants": {"A": "x", "B": "y"},
    }
    assert found.labels == {"show": "dune"}
    assert found.lifecycle.protect
    assert str(found.locate(("spec", "size"))) == "overlays/prod/o.yaml:2:14"
    assert str(found.locate(("spec", "constants", "A"))) == "reconciler.yaml:12:49"
    assert str(found.locate(("spec", "constants", "B"))) == "manifests/m.yaml:5:70"


def test_a_list_of_the_defaults_or_of_an_overlay_counts_as_any_other() -> None:
    found = by_name(declare(shot("s"), where=workspace(DEFAULTS)))
    assert found["s/preview"].spec["frames"] == "1-5"
    assert str(found["s/preview"].locate(("spec", "frames"))) == "reconciler.yaml:13:56"
    overlay = "address: one/shot/s\nspec:\n  takes:\n    - name: final\n      size: 50\n"
    found = by_name(declare(shot("s"), overlay, workspace(DEFAULTS)))
    assert sorted(found) == ["s", "s/final"]
    assert str(found["s/final"].locate(("spec", "size"))) == "overlays/prod/o.yaml:5:13"
    gone = declare(shot("s"), "address: one/shot/s\nspec: {takes: null}\n", workspace(DEFAULTS))
    assert sorted(by_name(gone)) == ["s"]


def test_a_matrix_is_expanded_before_elements_are_taken_out() -> None:
    spec = '{takes: [{name: "${{ matrix.pass }}", frames: "${{ matrix.shot }}"}, {name: comp}]}'
    text = shot(
        '"s-${{ matrix.shot }}-${{ matrix.pass }}"',
        spec,
        "matrix: {shot: ['1', '2'], pass: [a, b]}",
    )
    found = by_name(declare(text))
    assert len(found) == 12
    assert found["s-2-b/b"].spec == {"frames": "2", "shot": "s-2-b"}
    assert str(found["s-2-b/comp"].locate(("metadata", "name"))) == "manifests/m.yaml:5:83"


# --- what is wrong with elements ------------------------------------------------------------------


def elements(text: str, rest: str = "") -> str:
    return shot("s", "\n  takes:\n" + "".join(f"  - {line}\n" for line in text.split(" | ")), rest)


IN_ELEMENTS = [
    ("text", "M204", "7:5 [0]", "an object"),
    ("{name: a} | [a]", "M204", "8:5 [1]", "an object"),
    ("{size: 30}", "M203", "7:5 [0].name", "add 'name'"),
    ("{name: 3}", "M204", "7:12 [0].name", "quote it"),
    ("{name: a/b}", "M207", "7:12 [0].name", "letters"),
    ("{name: a} | {name: A}", "M304", "8:12 [1].name", "rename"),
    ("{name: a, shot: s}", "M216", "7:15 [0].shot", "remove it"),
    ("{name: a, matrix: {}}", "M217", "7:15 [0].matrix", "of kind Take"),
    ("{name: a, lables: {}}", "M202", "7:15 [0].lables", "'labels'?"),
    ("{name: a, sise: 3}", "M202", "7:15 [0].sise", "'size'?"),
    ("{name: a, constants: {b: c}}", "M207", "7:27 [0].constants.b", "form"),
    ("{name: a, labels: [b]}", "M204", "7:23 [0].labels", "object"),
    ("{name: a, size: 13}", "M900", "7:21 [0].size", "take 12"),
    ("{name: a, lifecycle: {potect: 2}}", "M202", "7:27 [0].lifecycle.potect", "'protect'?"),
    ("{name: a, dependsOn: [b]}", "M301", "7:27 [0].dependsOn[0]", "declare it"),
    ("{name: a, dependsOn: [{take: b}]}", "M301", "7:34 [0].dependsOn[0].take", "declare it"),
    ("{name: ab12} | {name: c, dependsOn: [ab21]}", "M301", "8:27 [1].dependsOn[0]", "'ab12'?"),
    ("{name: a} | {name: b, dependsOn: [s/a]}", "M306", "8:27 [1].dependsOn[0]", "without"),
    ("{name: a} | {name: b, dependsOn: [a, a]}", "M307", "8:30 [1].dependsOn[1]", "one of them"),
    ("{name: a, dependsOn: [a]}", "M310", "7:12 [0].name", "remove one"),
    ("{name: b, dependsOn: [a]} | {name: a, dependsOn: [b]}", "M310", "8:12 [1].name", "one"),
    ("{name: a} | {name: b, lifecycle: {renamedFrom: a}}", "M305",
     "8:40 [1].lifecycle.renamedFrom", "remove the old"),
]  # fmt: skip
WRONG = [
    *(
        (elements(lines), code, where.replace(" ", " spec.takes"), remedy)
        for lines, code, where, remedy in IN_ELEMENTS
    ),
    (elements("{name: a}") + take("a", "{shot: s}"), "M304", "13:18 metadata.name", "rename"),
    (shot("s", "{takes: {name: a}}"), "M204", "5:15 spec.takes", "a list"),
    (shot("s", "{takes: 3}"), "M204", "5:15 spec.takes", "a list"),
    (take("a", "{shot: t}"), "M301", "5:14 spec.shot", "existing: t"),
    (take("a", "{dependsOn: [b]}"), "M301", "5:20 spec.dependsOn[0]", "declare it"),
]


@pytest.mark.parametrize(("text", "code", "where", "remedy"), WRONG)
def test_a_slip_is_told_at_its_place(text: str, code: str, where: str, remedy: str) -> None:
    problem = only(declare(text))
    assert (problem.code, spot(problem)) == (code, f"manifests/m.yaml:{where}")
    assert remedy in problem.remedy
    assert problem.cause


@pytest.mark.parametrize("unread", ["text", "{size: 30}"])
def test_an_unread_element_is_named_as_a_cause_of_a_missing_one(unread: str) -> None:
    loaded = declare(elements(f"{unread} | {{name: b, dependsOn: [a]}}"))
    missing = [each for each in loaded.problems if each.code == "M301"]
    assert ["could not be read" in each.cause for each in missing] == [True]


def test_an_upstream_is_one_of_ours() -> None:
    loaded = declare(elements("{name: a, dependsOn: [{existing: x}]}"))
    assert sorted(each.code for each in loaded.problems) == ["M202", "M203"]


def test_all_slips_of_a_list_are_told_in_one_run() -> None:
    text = elements("text | {size: 30} | {name: a, sise: 3} | {name: b, size: x} | {name: b}")
    bad_head = text.replace("{name: s}", "{name: -s}").replace("Shot", "Shot\nmetadta: {}")
    assert [each.code for each in declare(text).problems] == [
        "M204",
        "M203",
        "M202",
        "M204",
        "M304",
    ]
    assert [each.code for each in declare(bad_head).problems] == [
        "M202", "M207", "M204", "M203", "M202", "M204"
    ]  # fmt: skip


def test_a_slip_in_an_element_leaves_the_others() -> None:
    loaded = declare(elements("{name: a} | {name: b, sise: 3} | {name: c, dependsOn: [b]}"))
    assert [each.code for each in loaded.problems] == ["M202"]
    assert [each.address.name for each in loaded.resources] == ["s", "s/a", "s/c"]
    assert loaded.problems[0].address == "one/take/s/b"


def test_no_line_that_may_hold_a_secret_is_shown_for_its_neighbours() -> None:
    line = "[{name: a, constants: {SECRET_A: [hush]}}, {name: b, dependsOn: [c]}, {name: b}]"
    problems = declare(shot("s", "{takes: " + line + "}")).problems
    assert {each.code for each in problems} == {"M204", "M301", "M304"}
    places = [place for each in problems for place in (each.location, *each.related)]
    assert {place.excerpt for place in places if place} == {""}


def test_an_overlay_can_t_move_a_resource_to_another_container() -> None:
    text = shot("s", "{takes: [{name: a}]}") + shot("t")
    problem = only(declare(text, "address: one/take/s/a\nspec: {shot: t}\n"))
    assert (problem.code, spot(problem)) == ("M412", "overlays/prod/o.yaml:2:14 spec.shot")


def test_an_overlay_of_an_element_that_is_not_there_offers_the_near_one() -> None:
    problem = only(declare(shot("s", "{takes: [{name: beauty}]}"), "address: one/take/s/beuaty\n"))
    assert (problem.code, problem.remedy) == ("M410", "did you mean 'one/take/s/beauty'?")


# --- beside what it refers to ---------------------------------------------------------------------

SMALL = rack("small", "{profile: p, size: 20}")
BESIDE = [
    (SMALL + take("a", "{rack: small, size: 30}"), ["M903"]),
    (SMALL + take("a", "{rack: small, size: 20}"), []),
    (SMALL + shot("s", "{rack: small, takes: [{name: a, size: 30}]}"), ["M903"]),
    (SMALL + shot("s", "{rack: small, takes: [{name: a, rack: small}]}"), ["M902"]),
    (SMALL + shot("s", "{takes: [{name: a, rack: small, size: 30}]}"), ["M903"]),
    (shot("s", "{rack: {existing: x}, takes: [{name: a, rack: {existing: y}}]}"), ["M902"]),
    (take("a", "{shot: {existing: x}, rack: {existing: y}, size: 30}"), []),
    (rack("small", "{size: 20}") + take("a", "{rack: small, size: 30}"), ["M203"]),
]


@pytest.mark.parametrize(("text", "codes"), BESIDE)
def test_a_resource_is_checked_beside_what_it_refers_to(text: str, codes: list[str]) -> None:
    assert [each.code for each in declare(text).problems] == codes


def test_what_is_refused_beside_others_is_told_at_its_own_line() -> None:
    text = elements("{name: a, size: 30}").replace("  takes", "  rack: small\n  takes")
    problem = only(declare(SMALL + text))
    assert spot(problem) == "manifests/m.yaml:14:21 spec.takes[0].size"
    assert problem.address == "one/take/s/a"
    assert problem.cause == "the rack has 20"


# --- kinds that have less -------------------------------------------------------------------------


def test_labels_of_a_kind_that_has_none_are_refused_where_they_stand() -> None:
    text = shot("s").replace("{name: s}", "{name: s, labels: {a: b}}")
    problem = only(declare(text))
    assert (problem.code, problem.remedy) == ("M215", "use tags, or remove them")
    assert spot(problem) == "manifests/m.yaml:4:21 metadata.labels"
    where = workspace("  defaults: {farm/Shot: {metadata: {labels: {a: b}}}}\n")
    problem = only(declare(shot("s") + shot("t"), where=where))
    assert (problem.code, problem.location and problem.location.file) == ("M215", "reconciler.yaml")
    problem = only(declare(shot("s"), "address: one/shot/s\nmetadata: {labels: {a: b}}\n"))
    assert (problem.code, spot(problem)) == ("M215", "overlays/prod/o.yaml:2:12 metadata.labels")


GROWING = "lifecycle: {onGrow: rerun}"
LESS = [
    (shot("s", rest="lifecycle: {run: 2}"), "only groups such work"),
    (shot("s", rest=GROWING), "only groups such work"),
    (shot("s", rest="lifecycle: {maxAttempts: 2}"), "only groups such work"),
    (rack("r", rest=GROWING), "kept as declared"),
    (work("w", rest=GROWING), "added frames or instances"),
]


@pytest.mark.parametrize(("text", "cause"), LESS)
def test_lifecycle_is_refused_where_it_means_nothing(text: str, cause: str) -> None:
    problem = only(declare(text))
    assert problem.code == "M209"
    assert cause in problem.cause


# --- size -----------------------------------------------------------------------------------------


def test_a_matrix_counts_what_it_repeats() -> None:
    text = shot('"s-${{ matrix.n }}"', "{takes: [{name: a}, {name: b}]}", "matrix: {n: [1, 2]}")
    assert len(by_name(declare(text, where=workspace("  caps: {matrix: 6}\n")))) == 6
    problem = only(declare(text, where=workspace("  caps: {matrix: 5}\n")))
    assert (problem.code, spot(problem)) == ("M406", "manifests/m.yaml:6:1 matrix")
    assert "6 resources" in problem.summary


def test_the_size_of_each_element_counts_alone() -> None:
    where = workspace("  caps: {nodes: 3000}\n")
    small = {"name": "a", "dependsOn": ["x"] * 10}
    many = [{**small, "name": f"t{number}", "dependsOn": []} for number in range(400)]
    assert declare(written([inside(many)], flow=False), where=where).problems == ()
    huge = {**small, "dependsOn": ["x"] * 1000}
    problem = only(declare(written([inside([small, huge])], flow=False), where=where))
    assert (problem.code, spot(problem)) == ("M213", "manifests/m.yaml:21:5 spec.takes[1]")
    own = inside([small])
    own["spec"]["tags"] = ["x"] * 1000
    problem = only(declare(written([own], flow=True), where=where))
    assert (problem.code, spot(problem)) == ("M213", "manifests/m.yaml:1:1 ")
