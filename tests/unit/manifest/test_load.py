"""From files to resources, and everything that is wrong with them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.address import Address
from reconciler.errors import Severity
from reconciler.kinds import RefRole
from reconciler.lifecycle import Lifecycle, OnEnd, OnRemove
from reconciler.manifest.composer import MAX_PROBLEMS
from reconciler.manifest.load import inputs_digest, load
from reconciler.manifest.source import Source
from reconciler.model import Ref, Resource
from reconciler.render.problems import problem_text
from reconciler.render.style import Paper
from reconciler.values import digest
from tests.unit.manifest.farm import KINDS, declare, only, rack, reel, spot, work, workspace

NAMES = st.lists(st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True), min_size=1, max_size=6,
                 unique=True)  # fmt: skip


def sources(texts: list[str]) -> list[Source]:
    return [Source(f"manifests/{n}.yaml", text.encode()) for n, text in enumerate(texts)]


@given(NAMES, st.randoms(use_true_random=False))
def test_neither_order_nor_spelling_of_the_files_changes_what_is_loaded(
    names: list[str], shuffle: random.Random
) -> None:
    plain = [rack(name, "{profile: p, tags: [a, b], size: 2}") for name in names]
    other = [
        f"# {name}\nkind: Rack\napiVersion: 'farm/v1'\nspec:\n  size: 2 # two\n  tags:\n  - a\n"
        f'  - b\n  profile: "p"\nmetadata:\n  name: {name}\n'
        for name in names
    ]
    shuffle.shuffle(other)
    first = load(sources(plain), (), workspace(), KINDS)
    second = load(sources(["\n---\n".join(other)]), (), workspace(), KINDS)
    assert first.problems == second.problems == ()
    assert first.resources == second.resources
    assert first.inputs == second.inputs
    assert [each.address for each in first.resources] == sorted(
        Address("one", "rack", name) for name in names
    )


@given(st.sampled_from(["size: 3", "tags: [b, a]", "profile: q", "mode: fast"]))
def test_another_value_is_another_digest(change: str) -> None:
    spec = {"profile": "p", "size": "2", "tags": "[a, b]"}
    key, _, value = change.partition(": ")
    texts = ["{" + ", ".join(f"{k}: {v}" for k, v in each.items()) + "}"
             for each in (spec, {**spec, key: value})]  # fmt: skip
    one, two = (declare(rack("a", text)) for text in texts)
    assert one.problems == two.problems == ()
    assert one.inputs != two.inputs


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
))  # fmt: skip
def test_equal_values_have_equal_digests_whatever_their_types(value: object) -> None:
    address = Address("one", "rack", "a")
    one = inputs_digest([Resource(address, "farm/Rack", {"x": value, "y": 2})])
    two = inputs_digest([Resource(address, "farm/Rack", {"y": 2.0, "x": value})])
    assert one == two
    assert len(one) == len(digest(None))


# --- what a document is ---------------------------------------------------------------------------

NOT_RESOURCES = [
    ("- a\n", "M201", "manifests/m.yaml:1:1 "),
    ("text\n", "M201", "manifests/m.yaml:1:1 "),
    ("a: 1\n", "M201", "manifests/m.yaml:1:1 "),
    ("apiVersion: farm/v1\nkind: Rak\n", "M211", "manifests/m.yaml:2:7 kind"),
    ("apiVersion: farm/v2\nkind: Rack\n", "M211", "manifests/m.yaml:1:13 apiVersion"),
    ("apiVersion: frm/v1\nkind: Rack\n", "M211", "manifests/m.yaml:1:13 apiVersion"),
]


@pytest.mark.parametrize(("text", "code", "where"), NOT_RESOURCES)
def test_a_document_of_no_known_kind_is_told(text: str, code: str, where: str) -> None:
    problem = only(declare(text))
    assert (problem.code, spot(problem)) == (code, where)


def test_a_near_kind_is_offered() -> None:
    assert only(declare("apiVersion: farm/v1\nkind: Rak\n")).remedy == "did you mean 'Rack'?"


def test_empty_documents_and_files_are_skipped() -> None:
    loaded = declare("---\n# nothing\n---\n---\n")
    assert (loaded.resources, loaded.problems) == ((), ())


def test_all_problems_of_all_files_are_told_at_once_in_order() -> None:
    texts = ["a: [1\n" + rack("a", "{profil: x}"), rack("b", "{profile: 3}"), "\xff: \0"]
    loaded = load(sources(texts), (), workspace(), KINDS)
    assert [(each.code, each.location and each.location.file) for each in loaded.problems] == [
        ("M103", "manifests/0.yaml"),
        ("M203", "manifests/0.yaml"),
        ("M202", "manifests/0.yaml"),
        ("M204", "manifests/1.yaml"),
        ("M102", "manifests/2.yaml"),
    ]


# --- the fields of a resource ---------------------------------------------------------------------


def test_a_resource_has_all_that_its_document_says() -> None:
    rest = "lifecycle: {onFailure: rerun, onRemove: forget, run: 2, ignore: [frames]}"
    text = rack("r") + work("w", "{rack: r, dependsOn: [v], frames: 1-9}", rest) + work("v")
    loaded = declare(text.replace("{name: w}", "{name: w, labels: {show: dune}, provider: one}"))
    assert loaded.problems == ()
    found = {each.address.name: each for each in loaded.resources}["w"]
    assert found == Resource(
        address=Address("one", "work", "w"),
        kind="farm/Work",
        spec={"rack": "r", "dependsOn": ["v"], "frames": "1-9"},
        labels={"show": "dune"},
        lifecycle=Lifecycle(
            on_failure=OnEnd.RERUN, on_remove=OnRemove.FORGET, run=2, ignore=("frames",)
        ),
        references=(
            Ref(("rack",), "farm/Rack", target=Address("one", "rack", "r")),
            Ref(("dependsOn", 0), "farm/Work", target=Address("one", "work", "v")),
        ),
    )


def test_a_reference_may_name_what_is_not_ours() -> None:
    loaded = declare(work("w", "{rack: {existing: old-rack}}"))
    assert loaded.resources[0].references == (Ref(("rack",), "farm/Rack", existing="old-rack"),)


REPLACED = "lifecycle: {{onRemove: {{delete: {}}}}}"


@given(st.text("ab c", min_size=1, max_size=9).filter(lambda name: name.casefold() != "r"))
def test_what_takes_the_place_of_a_removed_one_is_remembered(name: str) -> None:
    loaded = declare(rack("r", rest=REPLACED.format(f"{{replacement: '{name}'}}")))
    assert loaded.problems == ()
    assert loaded.resources[0].lifecycle == Lifecycle(on_remove=OnRemove.DELETE, replacement=name)
    plain = declare(rack("r", rest="lifecycle: {onRemove: delete}"))
    assert plain.resources[0].lifecycle == Lifecycle(on_remove=OnRemove.DELETE)
    assert plain.inputs != loaded.inputs


def test_what_is_used_is_found_by_name_one_by_one_or_in_a_list() -> None:
    text = reel("r", "{cuts: [{name: a, source: b}], stock: [a, {existing: old}, b]}")
    loaded = declare(rack("a") + rack("b") + text)
    assert loaded.problems == ()
    assert [(each.path, each.existing or str(each.target), each.role)
            for each in loaded.resources[2].references] == [
        (("stock", 0), "one/rack/a", RefRole.USED),
        (("stock", 1), "old", RefRole.USED),
        (("stock", 2), "one/rack/b", RefRole.USED),
        (("cuts", 0, "source"), "one/rack/b", RefRole.USED),
    ]  # fmt: skip
    problem = only(declare(rack("nuke") + reel("r", "{cuts: [{name: a}], stock: [nuke, nuka]}")))
    assert (problem.code, problem.remedy) == ("M301", "did you mean 'nuke'?")
    assert spot(problem) == "manifests/m.yaml:11:41 spec.stock[1]"


def test_what_is_used_is_looked_at_one_by_one_for_what_it_is() -> None:
    closed = rack("a") + rack("b", "{profile: p, isOpen: false}")
    stock = "[{existing: old}, a, b]"
    problem = only(declare(closed + reel("r", f"{{cuts: [{{name: a}}], stock: {stock}}}")))
    assert (problem.code, spot(problem)) == ("M905", "manifests/m.yaml:17:55 spec.stock[2]")


WRONG = [
    (rack("a", "{profile: x, sise: 3}"), "M202", "5:20 spec.sise", "did you mean 'size'?"),
    (rack("a", "{}"), "M203", "5:7 spec.profile", "add 'profile'"),
    (rack("a", "{profile: 3}"), "M204", "5:17 spec.profile", "quote it"),
    (rack("a", "{profile: x, size: '3'}"), "M204", "5:26 spec.size", "without quotes"),
    (rack("a", "{profile: x, isOpen: yes}"), "M204", "5:28 spec.isOpen", "true or false"),
    (rack("a", "{profile: x, mode: Fast}"), "M205", "5:26 spec.mode", "did you mean 'fast'?"),
    (rack("a", "{profile: x, size: 0}"), "M206", "5:26 spec.size", "bounds"),
    (rack("a", "{profile: x, memory: 64}"), "M204", "5:28 spec.memory", "quote it"),
    (rack("a", "{profile: x, memory: 64 GB}"), "M207", "5:28 spec.memory", "64GiB"),
    (rack("a", "{profile: x, idle: soon}"), "M207", "5:26 spec.idle", "90s"),
    (rack("a", "{profile: x, uuid: y}"), "M208", "5:20 spec.uuid", "remove it"),
    (rack("a", "{profile: x, rules: [{type: fixd}]}"), "M205", "5:35 spec.rules[0].type", "fixed"),
    (rack("a", "{profile: x, rules: [{name: b}]}"), "M203", "5:28 spec.rules[0].type", "add"),
    (rack("a", "{profile: x, constants: {a: b}}"), "M207", "5:32 spec.constants.a", "form"),
    (rack("a", "{profile: x, constants: {A: [b]}}"), "M204", "5:35 spec.constants.A", "text or"),
    (rack("a", "{profile: x, size: 13}"), "M900", "5:26 spec.size", "take 12"),
    (rack("a", "docker"), "M204", "5:7 spec", "an object"),
    (rack("-a"), "M207", "4:18 metadata.name", "letters, digits"),
    (rack("a", rest="lifecycle: {protec: true}"), "M202", "6:13 lifecycle.protec", "'protect'?"),
    (rack("a", rest="lifecycle: {run: 2}"), "M209", "6:13 lifecycle.run", "remove it"),
    (rack("a", rest="lifecycle: {onRemove: archive}"), "M209", "6:23 lifecycle.onRemove", "delete"),
    (rack("a", rest="lifecycle: {onRemove: delte}"), "M205", "6:23 lifecycle.onRemove", "'delete'"),
    (rack("a", rest="lifecycle: {onRemove: [delete]}"), "M204", "6:23 lifecycle.onRemove",
     "text or an object"),
    (rack("a", rest=REPLACED.format("{}")), "M203", "6:32 lifecycle.onRemove.delete.replacement",
     "add 'replacement'"),
    (rack("a", rest=REPLACED.format("{replacement: b, by: c}")), "M202",
     "6:49 lifecycle.onRemove.delete.by", "replacement"),
    (rack("a", rest=REPLACED.format("{replacement: A}")), "M219",
     "6:46 lifecycle.onRemove.delete.replacement", "another Rack"),
    (work("a", rest=REPLACED.format("{replacement: b}")), "M219",
     "6:24 lifecycle.onRemove.delete", "onRemove: delete"),
    (rack("a", rest="lifecycle: {ignore: [szie]}"), "M210", "6:22 lifecycle.ignore[0]", "'size'?"),
    (rack("a", rest="lifecycle: {onChange: wat}"), "M205", "6:23 lifecycle.onChange", "'wait'?"),
    (rack("a", rest="extra: 1"), "M202", "6:1 extra", "kind"),
    (work("a", "{rack: b}"), "M301", "5:14 spec.rack", "existing: b"),
    (work("a", "{dependsOn: [b]}"), "M301", "5:20 spec.dependsOn[0]", "existing"),
    (rack("a").replace("{name: a}", "{name: a, provider: on}"), "M303", "4:31 metadata.provider",
     "did you mean 'one'?"),
    (rack("a") + rack("A"), "M304", "10:18 metadata.name", "rename"),
    (rack("a") + rack("b", rest="lifecycle: {renamedFrom: a}"), "M305",
     "12:26 lifecycle.renamedFrom", "remove the old"),
    (work("a", "{dependsOn: [b]}") + work("b", "{dependsOn: [a]}"), "M310", "4:18 metadata.name",
     "remove"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "where", "remedy"), WRONG)
def test_a_slip_is_told_at_its_place(text: str, code: str, where: str, remedy: str) -> None:
    loaded = declare(text)
    assert [each.code for each in loaded.problems] == [code]
    problem = only(loaded)
    assert spot(problem) == f"manifests/m.yaml:{where}"
    assert remedy in problem.remedy
    assert problem.cause


def test_a_near_name_is_offered_for_a_reference() -> None:
    problem = only(declare(rack("houdini") + work("w", "{rack: hodini}")))
    assert problem.remedy == "did you mean 'houdini'?"
    assert problem.address == "one/work/w"


def test_a_resource_that_is_wrong_otherwise_still_answers_to_its_name() -> None:
    loaded = declare(rack("r", "{profile: 010}") + rack("s", "{}") + work("w", "{rack: r}"))
    assert [each.code for each in loaded.problems] == ["M107", "M203"]


def test_an_unread_file_is_named_as_a_cause_of_a_missing_reference() -> None:
    loaded = declare("a: [\n" + work("w", "{rack: r}"))
    assert [each.code for each in loaded.problems] == ["M103", "M301"]
    assert "could not be read" in loaded.problems[1].cause


def test_a_duplicate_names_both_places() -> None:
    problem = only(declare(rack("a") + rack("A")))
    assert [str(each) for each in problem.related] == ["manifests/m.yaml:4:18"]


def test_a_warning_keeps_the_resource() -> None:
    loaded = declare(rack("a", "{profile: x, size: 7}"))
    assert [each.address.name for each in loaded.resources] == ["a"]
    assert only(loaded).severity is Severity.WARNING


def test_no_line_that_may_hold_a_secret_is_shown() -> None:
    loaded = declare(rack("a", "{profile: x, constants: {SECRET_A: [hush], b: c}}"))
    assert {each.location.excerpt for each in loaded.problems if each.location} == {""}


def many(count: int, spec: str) -> str:
    """One document that a matrix makes so many resources of."""
    numbers = ", ".join(map(str, range(count)))
    text = rack("a-${{ matrix.n }}", spec, f"matrix: {{n: [{numbers}]}}")
    return text.replace("{name: a-${{ matrix.n }}}", '{name: "a-${{ matrix.n }}"}')


def test_a_slip_in_a_document_of_many_is_told_once_with_all_it_is_about() -> None:
    problem = only(declare(many(3, "{profile: x, size: '1'}")))
    assert (problem.address, problem.also) == ("one/rack/a-0", ("one/rack/a-1", "one/rack/a-2"))
    text = problem_text(problem, Paper(100, colour=False))
    assert "one/rack/a-0 and 2 more: 'size'" in text


def test_slips_that_differ_by_what_a_matrix_says_are_told_apart() -> None:
    text = many(2, '{profile: x, size: "${{ matrix.n }}"}').replace("[0, 1]", "[2000, 3000]")
    assert [(each.address, each.also) for each in declare(text).problems] == [
        ("one/rack/a-2000", ()),
        ("one/rack/a-3000", ()),
    ]


def test_of_one_file_so_many_slips_are_told() -> None:
    loaded = declare("".join(rack(f"a{n}", "{profile: x, size: '1'}") for n in range(500)))
    assert len(loaded.problems) == MAX_PROBLEMS + 1
    assert "M119" in {each.code for each in loaded.problems}
    assert loaded.resources == ()


def test_those_of_one_slip_count_one_by_one() -> None:
    """What is wrong with ten thousand is not looked at ten thousand times."""
    more, slip = declare(many(500, "{profile: x, size: '1'}")).problems
    assert (more.code, len(slip.also)) == ("M119", MAX_PROBLEMS - 1)
