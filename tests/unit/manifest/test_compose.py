"""Text -> documents: values, problems, places."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Problem, Severity, errors_of
from reconciler.manifest.compose import compose
from reconciler.manifest.composer import MAX_PROBLEMS, Composer
from reconciler.manifest.locate import Document
from reconciler.manifest.source import Source
from reconciler.settings import Caps
from reconciler.values import Path


def read(text: str | bytes, caps: Caps | None = None) -> tuple[list[Document], list[Problem]]:
    data = text if isinstance(text, bytes) else text.encode()
    documents, problems = compose(Source("pools.yaml", data), caps or Caps())
    return list(documents), list(problems)


def values(text: str | bytes) -> list[Any]:
    documents, problems = read(text)
    assert problems == []
    return [each.value for each in documents]


def only_problem(text: str | bytes, caps: Caps | None = None) -> Problem:
    _, problems = read(text, caps)
    (problem,) = problems
    return problem


def place(problem: Problem) -> tuple[int, int]:
    assert problem.location is not None
    return problem.location.line, problem.location.column


WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 63) - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS
)
KEYS = WORDS.filter(lambda key: key != "<<")
TREES = st.recursive(
    SCALARS,
    lambda each: st.lists(each, max_size=4) | st.dictionaries(KEYS, each, max_size=4),
    max_leaves=20,
)


def quoted(value: Any, *, flow: bool) -> str:
    """YAML in which every string is quoted, so that both readers agree on the scalars."""

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: object) -> bool:
            return True

    def text(dumper: yaml.SafeDumper, data: str) -> yaml.Node:
        return dumper.represent_scalar("tag:yaml.org,2002:str", data, style='"')

    def number(dumper: yaml.SafeDumper, data: float) -> yaml.Node:
        return dumper.represent_scalar("tag:yaml.org,2002:float", repr(data))

    Dumper.add_representer(str, text)
    Dumper.add_representer(float, number)
    dumped: str = yaml.dump(value, Dumper=Dumper, default_flow_style=flow, sort_keys=False)
    return dumped


@given(TREES, st.booleans())
def test_what_was_written_is_read(tree: Any, flow: bool) -> None:
    assert values(quoted(tree, flow=flow)) == [tree]


@given(TREES, st.booleans())
def test_every_value_tells_its_place(tree: Any, flow: bool) -> None:
    (document,), _ = read("# first\n---\n" + quoted({"root": tree}, flow=flow))
    index = document.index()
    for path in index.places:
        assert document.locate(path) == index.locate(path)
        assert document.locate(path).line >= 2


@given(st.binary(max_size=300))
def test_any_bytes_give_documents_or_located_problems(data: bytes) -> None:
    documents, problems = read(data)
    assert all(each.location is not None for each in problems)
    assert all(isinstance(each, Document) for each in documents)


@given(st.text(st.sampled_from("ab:-?[]{},&*!|>'\"%@`#\n\t <0."), max_size=40))
def test_any_text_of_indicators_gives_documents_or_located_problems(text: str) -> None:
    _, problems = read(text)
    assert all(each.location is not None and each.remedy for each in problems)


@given(TREES)
def test_both_parsers_read_the_same(tree: Any) -> None:
    text = quoted(tree, flow=False) + "---\n" + quoted(tree, flow=True)
    source = Source("pools.yaml", text.encode())
    slow = Composer(source, text, Caps(), {})
    assert slow.read(yaml.SafeLoader(text), 0) is None
    assert [each.value for each in slow.documents] == values(text)


@given(TREES)
def test_careful_and_quick_reading_agree(tree: Any) -> None:
    text = quoted(tree, flow=False)
    careful, _ = read(text + "# & ! \\\n")
    assert [each.value for each in careful] == values(text)


@given(st.lists(KEYS, min_size=1, max_size=4, unique=True), st.data())
def test_a_key_written_twice_is_an_error_with_both_places(keys: list[str], data: Any) -> None:
    again = data.draw(st.sampled_from(keys))
    lines = [f"  {quoted(key, flow=True).strip()}: 1" for key in [*keys, again]]
    problem = only_problem("top:\n" + "\n".join(lines) + "\n")
    assert problem.code == "M104"
    assert place(problem) == (len(lines) + 1, 3)
    assert [each.line for each in problem.related] == [keys.index(again) + 2]


# --- documents ------------------------------------------------------------------------------------


def test_documents_know_their_slice_of_the_file() -> None:
    documents, _ = read("# c\na: é\n---\nb: 1 # x\n...\n%YAML 1.1\n---\n  c:\n    d: 2\n")
    assert [each.value for each in documents] == [{"a": "é"}, {"b": 1}, {"c": {"d": 2}}]
    assert [each.locate((*each.value,)).line for each in documents] == [2, 4, 9]
    assert documents[2].locate(("c", "d")).column == 8


@pytest.mark.parametrize("text", ["", "# nothing\n", "\ufeff", "\n\n"])
def test_a_file_may_hold_no_document(text: str) -> None:
    assert values(text) == []


def test_a_byte_order_mark_counts_for_no_column() -> None:
    (document,), _ = read("\ufeffa: 1\n")
    assert document.locate(("a",)).column == 4


def test_after_a_syntax_error_the_next_document_is_read() -> None:
    documents, problems = read("a: [1\n---\nb: 2\n---\nc: 'x\n---\nd: 4\n")
    assert [each.value for each in documents] == [{"b": 2}, {"d": 4}]
    assert [each.code for each in problems] == ["M103", "M103"]
    assert documents[1].locate(("d",)).line == 7


def test_windows_line_ends_are_no_part_of_an_excerpt() -> None:
    (document,), _ = read("a: 1\r\nb: 2\r\n")
    assert document.locate(("b",)).excerpt == "b: 2"


# --- places ---------------------------------------------------------------------------------------

PLACED = """\
spec:
  tags: [a, "b"]
  scaling:
    policies:
      - name: night
        slots: 4
  empty:
  text: |
    long
  again: &x {k: v}
  merged: {<<: *x, more: 1}
"""
PLACES: list[tuple[Path, int, int]] = [
    (("spec", "tags", 1), 2, 13),
    (("spec", "scaling", "policies", 0, "slots"), 6, 16),
    (("spec", "scaling", "policies", 0), 5, 9),
    (("spec", "empty"), 7, 9),
    (("spec", "text"), 8, 9),
    (("spec", "merged", "more"), 11, 26),
    (("spec", "scaling", "policies", 7, "slots"), 5, 7),
    (("spec", "merged", "k"), 11, 11),
    (("gone",), 1, 1),
    ((), 1, 1),
]


@pytest.mark.parametrize(("path", "line", "column"), PLACES)
def test_a_path_has_a_place_or_its_nearest_parent_s(path: Path, line: int, column: int) -> None:
    (document,), _ = read(PLACED)
    found = document.locate(path)
    assert (found.line, found.column) == (line, column)
    assert found.excerpt == PLACED.splitlines()[line - 1]


def test_a_key_has_a_place_of_its_own() -> None:
    (document,), _ = read(PLACED)
    assert document.locate(("spec", "tags"), on_key=True).column == 3


def test_a_line_too_long_to_show_has_no_excerpt() -> None:
    (document,), _ = read("{" + "a" * 500 + ": 1, b: 2}\n")
    assert document.locate(("b",)).excerpt == ""
    assert len(document.locate(()).excerpt) == 400


# --- what is refused ------------------------------------------------------------------------------

REFUSED = [
    ("a: 010\n", "M107", (1, 4)),
    ("a:\n  b: 99999999999999999999\n", "M108", (2, 6)),
    ("1: x\n", "M105", (1, 1)),
    ("true: x\n", "M105", (1, 1)),
    ("? null\n: x\n", "M105", (1, 3)),
    ("? [a]\n: x\n", "M105", (1, 3)),
    ("a: &x {k: 1}\n*x : 2\n", "M105", (2, 1)),
    ("a: *x\n", "M110", (1, 4)),
    ("a: &x 1\n---\nb: *x\n", "M110", (3, 4)),
    ("a: &x [*x]\n", "M111", (1, 8)),
    ("a: &x {b: {c: *x}}\n", "M111", (1, 15)),
    ("a: {<<: 1}\n", "M112", (1, 9)),
    ("a:\n  <<: [{b: 1}, 2]\n", "M112", (2, 7)),
    ("a:\n\tb: 1\n", "M103", (2, 1)),
    ("a: @b\n", "M103", (1, 4)),
    ("a: b: c\n", "M103", (1, 5)),
    ("%TAG ! tag:x\n---\na: 1\n", "M106", (1, 1)),
    ("a: \x1b[31m\n", "M102", (1, 4)),
    ("a: \0\n", "M102", (1, 4)),
    ('a: "\\ud800"\n', "M103", (1, 7)),
]


@pytest.mark.parametrize(("text", "code", "where"), REFUSED)
def test_a_slip_is_told_with_its_place(text: str, code: str, where: tuple[int, int]) -> None:
    problem = only_problem(text)
    assert (problem.code, place(problem)) == (code, where)
    assert problem.cause
    assert problem.remedy


TAGS = (
    "!!python/object:os.system",
    "!!python/object/apply:os.system",
    "!!python/name:os.system",
    "!!python/module:os",
    "!!python/tuple",
    "!!binary",
    "!!set",
    "!!omap",
    "!!timestamp",
    "!local",
    "!<tag:example.com,2000:x>",
)


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("body", ["text", "{a: b}", "[a]"])
def test_only_core_tags_are_read(tag: str, body: str) -> None:
    assert only_problem(f"k: {tag} {body}\n").code == "M106"


def test_core_tags_on_collections_and_text_are_read() -> None:
    text = 'a: !!map {b: !!seq [!!str 1, ! 2, !!int "3"]}\n'
    assert values(text) == [{"a": {"b": ["1", "2", 3]}}]


def test_merge_keys_give_way_to_keys_of_their_own() -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 3}\nd: {x: 4, <<: *a}\n"
    (value,) = values(text)
    assert value["c"] == {"x": 3, "y": 1, "z": 2}
    assert value["d"] == {"x": 4, "y": 1}


ENCODINGS = [
    ("utf-16", "UTF-16 (little endian)"),
    ("utf-16-le", "UTF-16 (little endian)"),
    ("utf-16-be", "UTF-16 (big endian)"),
    ("utf-32", "UTF-32 (little endian)"),
    ("utf-32-le", "UTF-32 (little endian)"),
    ("utf-32-be", "UTF-32 (big endian)"),
    ("latin-1", "Latin-1"),
]


@pytest.mark.parametrize(("encoding", "name"), ENCODINGS)
def test_another_encoding_is_refused_by_name(encoding: str, name: str) -> None:
    problem = only_problem("key: é\n".encode(encoding))
    assert problem.code == "M101"
    assert name in problem.cause


def test_one_file_s_problems_have_an_end() -> None:
    _, problems = read("a: 010\n---\n" * (MAX_PROBLEMS + 50))
    assert len(problems) == MAX_PROBLEMS + 1
    assert problems[-1].code == "M119"


# --- what no reader would see ---------------------------------------------------------------------


def unseen(code_point: int) -> bool:
    category = unicodedata.category(chr(code_point))
    return category in ("Cc", "Cf", "Cs", "Zl", "Zp") and chr(code_point) not in "\t\n\r"


HIDDEN = [each for each in range(0x110000) if unseen(each)]


def test_every_hidden_character_is_an_error_in_a_key_and_told_in_text() -> None:
    for code_point in HIDDEN:
        escape = f"\\U{code_point:08X}"
        _, in_key = read(f'"a{escape}": 1\n')
        assert errors_of(in_key), escape
        _, in_text = read(f'a: "b{escape}"\n')
        assert in_text, escape
        if not 0xD800 <= code_point <= 0xDFFF:
            assert [each.severity for each in in_text] == [Severity.WARNING], escape


def test_letters_of_any_script_are_no_problem() -> None:
    assert values("größe: 東京 🎬 שלום\n") == [{"größe": "東京 🎬 שלום"}]
