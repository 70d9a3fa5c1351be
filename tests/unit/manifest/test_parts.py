"""A part means the same as an element of its whole's list and as a document of its own."""

from __future__ import annotations

import random
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.address import Address
from reconciler.kinds import RefRole
from reconciler.manifest.compose import compose
from reconciler.manifest.load import Loaded, load
from reconciler.manifest.source import Source
from reconciler.model import Ref
from reconciler.settings import Caps
from reconciler.values import Path
from tests.unit.manifest.farm import (
    KINDS,
    cut,
    declare,
    only,
    rack,
    reel,
    spot,
    take,
    workspace,
)

WORD = st.text("abc é🎬", min_size=1, max_size=5).filter(str.strip)
NAME = st.from_regex(r"[a-zA-Z][a-z0-9.-]{0,4}[a-z0-9]", fullmatch=True)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "frames": WORD,
    "size": st.integers(20, 500),
    "constants": st.dictionaries(st.sampled_from(["A", "B_C"]), WORD | st.integers(0, 9)),
}
ELEMENTS = st.lists(
    st.fixed_dictionaries({"name": NAME}, optional=FIELDS),
    min_size=1,
    max_size=6,
    unique_by=lambda each: each["name"].casefold(),
)


def document(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "farm/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def whole(elements: list[Any]) -> dict[str, Any]:
    return document("Reel", "trailer", {"cuts": elements} if elements else {})


def apart(element: dict[str, Any]) -> dict[str, Any]:
    """The document that means the same as an element."""
    rest = {key: each for key, each in element.items() if key != "name"}
    return document("Cut", element["name"], {**rest, "reel": "trailer"})


def read(documents: list[dict[str, Any]], *, a_file_each: bool) -> tuple[Loaded, list[Source]]:
    parts = [[each] for each in documents] if a_file_each else [documents]
    sources = [
        Source(f"manifests/{number}.yaml", yaml.safe_dump_all(each, allow_unicode=True).encode())
        for number, each in enumerate(parts)
    ]
    return load(sources, [], workspace(), KINDS), sources


@settings(max_examples=40, deadline=None)  # the first example builds the models
@given(ELEMENTS, st.integers(0, 6), st.booleans(), st.randoms(use_true_random=False))
def test_elements_and_documents_mean_the_same_in_any_order_of_files(
    elements: list[Any], inside: int, a_file_each: bool, shuffle: random.Random
) -> None:
    written, others = elements[:inside], elements[inside:]
    in_order = [*written, *sorted(others, key=lambda each: str(each["name"]))]
    documents = [whole(written), *map(apart, others)]
    shuffle.shuffle(documents)
    one, _ = read([whole(in_order)], a_file_each=False)
    other, _ = read(documents, a_file_each=a_file_each)
    assert one.problems == other.problems == ()
    assert one.resources == other.resources
    assert one.inputs == other.inputs
    assert one.parts == other.parts
    (resource,) = other.resources
    assert resource.spec == {"cuts": in_order}


@settings(max_examples=30, deadline=None)  # the first example builds the models
@given(ELEMENTS, st.integers(0, 6))
def test_each_field_of_a_part_stands_where_it_is_written(elements: list[Any], inside: int) -> None:
    elements.sort(key=lambda each: str(each["name"]))
    documents = [whole(elements[:inside]), *map(apart, elements[inside:])]
    loaded, sources = read(documents, a_file_each=True)
    (resource,) = loaded.resources
    for number, element in enumerate(elements):
        is_inside = number < inside
        source = sources[0 if is_inside else 1 + number - min(inside, len(elements))]
        ((written,), _) = compose(source, Caps())
        places = written.index()
        for key in element:
            own: Path = ("metadata", "name") if key == "name" else ("spec", key)
            wanted = places.locate(("spec", "cuts", number, key) if is_inside else own)
            assert resource.locate(("spec", "cuts", number, key)) == wanted


# --- what a part has ------------------------------------------------------------------------------


def spec_of(loaded: Loaded) -> Any:
    assert loaded.problems == ()
    (resource,) = (each for each in loaded.resources if each.kind == "farm/Reel")
    return resource.spec


def test_a_part_is_no_resource_and_its_address_leads_to_its_whole() -> None:
    loaded = declare(cut("b", "{reel: r}") + reel("r", "{cuts: [{name: a}]}"))
    trailer = Address("one", "reel", "r")
    assert [each.address for each in loaded.resources] == [trailer]
    assert loaded.parts == {
        Address("one", "cut", "r/a"): trailer,
        Address("one", "cut", "r/b"): trailer,
    }


def test_elements_stand_first_as_written_then_documents_by_name() -> None:
    text = (
        cut("c", "{reel: r}") + cut("b", "{reel: r}") + reel("r", "{cuts: [{name: z}, {name: y}]}")
    )
    assert [each["name"] for each in spec_of(declare(text))["cuts"]] == ["z", "y", "b", "c"]


def test_each_combination_of_a_matrix_is_a_part() -> None:
    text = reel("r") + cut(
        '"c-${{ matrix.n }}"', '{reel: r, frames: "${{ matrix.n }}"}', 'matrix: {n: ["1", "2"]}'
    )
    assert spec_of(declare(text))["cuts"] == [
        {"name": "c-1", "frames": "1"},
        {"name": "c-2", "frames": "2"},
    ]


DEFAULTS = """\
  defaults:
    farm/Cut: {spec: {size: 40, constants: {A: x}}}
    farm/Reel: {spec: {cuts: [{name: preview, frames: "1"}]}}
"""


def test_defaults_and_overlays_reach_parts_by_their_address() -> None:
    text = reel("r", "{cuts: [{name: a, constants: {B: y}}]}") + cut("b", "{reel: r}")
    overlay = (
        "address: one/cut/r/a\nspec: {size: 30}\n---\n"
        "address: one/cut/r/b\nspec: {constants: null, frames: '9'}\n"
    )
    loaded = declare(text, overlay, workspace(DEFAULTS))
    assert spec_of(loaded)["cuts"] == [
        {"name": "a", "size": 30, "constants": {"A": "x", "B": "y"}},
        {"name": "b", "size": 40, "frames": "9"},
    ]
    locate = loaded.resources[0].locate
    assert str(locate(("spec", "cuts", 0, "size"))) == "overlays/prod/o.yaml:2:14"
    assert str(locate(("spec", "cuts", 0, "constants", "A"))) == "reconciler.yaml:11:48"
    assert str(locate(("spec", "cuts", 0, "constants", "B"))) == "manifests/m.yaml:5:40"
    assert str(locate(("spec", "cuts", 1, "frames"))) == "overlays/prod/o.yaml:5:33"
    assert str(locate(("spec", "cuts", 1, "name"))) == "manifests/m.yaml:10:18"


def test_a_list_of_the_defaults_counts_and_an_overlay_takes_it_away() -> None:
    assert spec_of(declare(reel("r"), where=workspace(DEFAULTS)))["cuts"] == [
        {"name": "preview", "frames": "1", "size": 40, "constants": {"A": "x"}}
    ]
    overlay = "address: one/reel/r\nspec: {cuts: null}\n"
    loaded = declare(reel("r") + cut("b", "{reel: r}"), overlay, workspace(DEFAULTS))
    assert [each["name"] for each in spec_of(loaded)["cuts"]] == ["b"]


def test_a_part_stands_at_the_provider_it_names() -> None:
    second = """\
    two:
      type: farm
      url: https://two.example.com
      auth: {user: {secretRef: {env: U}}, password: {secretRef: {env: P}}}
"""
    text = (reel("r", "{cuts: [{name: a}]}") + cut("b", "{reel: r}")).replace(
        "}\nspec", ", provider: two}\nspec"
    )
    loaded = declare(text, where=workspace(second))
    assert [str(each.address) for each in loaded.resources] == ["two/reel/r"]
    assert len(spec_of(loaded)["cuts"]) == 2
    moved = declare(text.replace("two", "one", 1), where=workspace(second))
    assert [each.code for each in moved.problems] == ["M301"]


def test_what_the_whole_names_as_a_reference_of_its_parts_is_resolved() -> None:
    text = rack("store") + reel("r", "{cuts: [{name: a, source: {existing: x}}]}")
    loaded = declare(text + cut("b", "{reel: r, source: store}"))
    assert spec_of(loaded)
    references = loaded.resources[1].references
    assert references == (
        Ref(("cuts", 0, "source"), "farm/Rack", existing="x", role=RefRole.USED),
        Ref(("cuts", 1, "source"), "farm/Rack", Address("one", "rack", "store"), role=RefRole.USED),
    )
    problem = only(declare(text + cut("b", "{reel: r, source: sture}")))
    assert (problem.code, problem.remedy) == ("M301", "did you mean 'store'?")
    assert (spot(problem), problem.address) == ("manifests/m.yaml:17:25 spec.source", "one/reel/r")


# --- what is wrong with parts ---------------------------------------------------------------------

REEL = reel("r", "{cuts: [{name: a}]}")
IN_DOCUMENTS = [
    (cut("b", "{reel: x}"), "M301", "11:14 spec.reel", "declare it, or mend the name"),
    (cut("b", "{reel: R}"), "M301", "11:14 spec.reel", "did you mean 'r'?"),
    (cut("b", "{reel: {existing: x}}"), "M308", "11:14 spec.reel", "declared"),
    (cut("b", "{}"), "M203", "11:7 spec.reel", "add 'reel'"),
    (cut("A", "{reel: r}"), "M304", "10:18 metadata.name", "rename"),
    (cut("b", "{reel: r, sise: 3}"), "M202", "11:17 spec.sise", "'size'?"),
    (cut("b", "{reel: r, size: 3, size: 4}"), "M104", "11:26 spec.size", "one"),
    (cut("b", "{reel: r, size: x}"), "M204", "11:23 spec.size", "number"),
    (cut("b", "{reel: r, size: 13}"), "M900", "11:23 spec.size", "take 12"),
    (cut("b", "{reel: r, size: 600}"), "M904", "11:23 spec.size", "take less"),
    (cut("b", "{reel: r, name: c}"), "M202", "11:17 spec.name", "frames"),
    (cut("b", "{reel: r}", "lifecycle: {run: 2}"), "M209", "12:1 lifecycle", "remove it"),
    (cut("{a: b}", "{reel: r}"), "M204", "10:18 metadata.name", "text"),
    (cut("b", "{reel: r}").replace("{name: b}", "{name: b, labels: {a: b}}"), "M215",
     "10:21 metadata.labels", "remove them"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "where", "remedy"), IN_DOCUMENTS)
def test_a_slip_of_a_document_is_told_there(text: str, code: str, where: str, remedy: str) -> None:
    problem = only(declare(REEL + text))
    assert (problem.code, spot(problem)) == (code, f"manifests/m.yaml:{where}")
    assert remedy in problem.remedy


IN_ELEMENTS = [
    ("[{name: a, labels: {b: c}}]", "M215", "5:25 spec.cuts[0].labels"),
    ("[{name: a, lifecycle: {run: 2}}]", "M209", "5:25 spec.cuts[0].lifecycle"),
    ("[{name: a, reel: r}]", "M216", "5:25 spec.cuts[0].reel"),
    ("[{name: a, matrix: {}}]", "M217", "5:25 spec.cuts[0].matrix"),
    ("[{name: a, nome: {}}]", "M202", "5:25 spec.cuts[0].nome"),
    ("[{name: a}, {name: A}]", "M304", "5:33 spec.cuts[1].name"),
    ("[{name: a}, {size: 30}]", "M203", "5:26 spec.cuts[1].name"),
    ("[{name: a}, text]", "M204", "5:26 spec.cuts[1]"),
    ("[text]", "M204", "5:15 spec.cuts[0]"),
    ("[{name: a}, {name: b, size: 2000}]", "M206", "5:42 spec.cuts[1].size"),
    ("[{name: a}, {name: b, size: 600}]", "M904", "5:42 spec.cuts[1].size"),
    ("{name: a}", "M204", "5:14 spec.cuts"),
    ("[]", "M206", "5:14 spec.cuts"),
    ("null", "M203", "5:14 spec.cuts"),
]


@pytest.mark.parametrize(("list_", "code", "where"), IN_ELEMENTS)
def test_a_slip_of_an_element_is_told_once(list_: str, code: str, where: str) -> None:
    problem = only(declare(reel("r", f"{{cuts: {list_}}}")))
    assert (problem.code, spot(problem)) == (code, f"manifests/m.yaml:{where}")


def test_a_part_is_not_offered_what_it_can_not_have() -> None:
    problem = only(declare(reel("r", "{cuts: [{name: a, lables: {}}]}")))
    assert (problem.code, "labels" in problem.remedy) == ("M202", False)


def test_a_whole_is_no_resource_because_of_parts_that_nobody_is_told_of() -> None:
    wrong = ", ".join(f"{{name: a{number}, size: 13}}" for number in range(120))
    loaded = declare(reel("r", f"{{cuts: [{wrong}]}}"))
    assert {each.code for each in loaded.problems} == {"M900", "M119"}
    assert loaded.resources == ()


def test_a_whole_is_told_to_lack_what_nobody_declares_but_not_what_could_not_be_read() -> None:
    assert [each.code for each in declare(reel("r")).problems] == ["M203"]
    unread = cut("-b", "{reel: r}")
    assert [each.code for each in declare(reel("r") + unread).problems] == ["M207"]


def test_all_slips_of_a_whole_and_its_parts_are_told_in_one_run() -> None:
    text = (
        reel("r", "{rakc: x, cuts: [{name: a, size: x}, {name: b, sise: 3}, {name: c}]}")
        + cut("d", "{reel: r, size: 13}")
        + cut("e", "{reel: r, frames: 3}")
        + cut("f", "{reel: t, frames: 3}")
    )
    found = [(each.code, each.address) for each in declare(text).problems]
    assert found == [
        ("M202", "one/reel/r"),
        ("M204", "one/cut/r/a"),
        ("M202", "one/cut/r/b"),
        ("M900", "one/cut/r/d"),
        ("M204", "one/cut/r/e"),
        ("M301", "one/cut/t/f"),
        ("M204", "one/cut/t/f"),
    ]


def test_a_whole_with_a_wrong_part_is_no_resource() -> None:
    for spec in ("{reel: r, size: 13}", "{reel: r, size: 3, size: 4}", "{reel: r, sise: 3}"):
        assert declare(REEL + cut("b", spec)).resources == ()
    warned = declare(REEL + cut("b", "{reel: r, size: 7}"))
    assert [each.code for each in warned.problems] == ["M901"]
    assert len(warned.resources) == 1


def test_a_name_that_stands_twice_shows_both_places() -> None:
    problem = only(declare(REEL + cut("a", "{reel: r}")))
    assert spot(problem) == "manifests/m.yaml:10:18 metadata.name"
    assert [str(each) for each in problem.related] == ["manifests/m.yaml:5:22"]


def test_a_part_is_nothing_to_refer_to_or_to_overlay_away() -> None:
    problem = only(declare(REEL, "address: one/cut/r/b\n"))
    assert (problem.code, problem.remedy) == ("M410", "did you mean 'one/cut/r/a'?")
    problem = only(
        declare(REEL + reel("t", "{cuts: [{name: b}]}"), "address: one/cut/r/a\nspec: {reel: t}\n")
    )
    assert (problem.code, spot(problem)) == ("M412", "overlays/prod/o.yaml:2:14 spec.reel")


def test_what_defaults_may_not_say_of_a_part_is_told_once() -> None:
    where = workspace("  defaults: {farm/Cut: {lifecycle: {run: 2}, metadata: {labels: {a: b}}}}\n")
    loaded = declare(reel("r", "{cuts: [{name: a}, {name: b}]}"), where=where)
    assert [(each.code, spot(each)) for each in loaded.problems] == [
        ("M209", "reconciler.yaml:10:36 spec.defaults.farm/Cut.lifecycle"),
        ("M215", "reconciler.yaml:10:65 spec.defaults.farm/Cut.metadata.labels"),
    ]


def test_no_line_of_a_part_that_may_hold_a_secret_is_shown() -> None:
    text = cut("b", "{reel: x, constants: {SECRET_A: [hush]}, size: y}")
    problems = declare(REEL + text).problems
    assert {each.code for each in problems} == {"M204", "M301"}
    assert {each.location.excerpt for each in problems if each.location} == {""}


def test_only_what_is_a_part_is_folded() -> None:
    loaded = declare(REEL + take("a"))
    assert sorted(each.kind for each in loaded.resources) == ["farm/Reel", "farm/Take"]
    assert list(loaded.parts) == [Address("one", "cut", "r/a")]
