from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.render.safe import columns, cut, cut_start, pad, safe, split_at
from tests.unit.render import hostile


def test_no_code_point_passes_that_is_not_drawn() -> None:
    assert safe("".join(map(chr, range(sys.maxunicode + 1)))).isprintable()


any_text = st.text() | hostile.text


@given(any_text)
def test_making_text_safe_twice_changes_nothing_more(text: str) -> None:
    assert safe(safe(text)) == safe(text)


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters=":#")))
def test_plain_ascii_is_left_alone(text: str) -> None:
    assert safe(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x9b\x7f", r"\x9b\x7f"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("a\u200bb\u2028", r"a\u200bb\u2028"),
        ("\U000e0041", r"\U000e0041"),
        ("\ud800", r"\ud800"),
        ("\u3164", r"\u3164"),
        ("a\u00a0b", r"a\xa0b"),
        ("::error::x", r"\x3a:error::x"),
        ("a ::error", r"a \x3a:error"),
        (":", r"\x3a"),
        ("##[error]x", r"\x23#[error]x"),
        ("x##vso[y]", r"x\x23#vso[y]"),
        ("## heading", "## heading"),
        ("std::vector on :8080", "std::vector on :8080"),
        ("シーン-é", "シーン-é"),
    ],
)
def test_what_is_escaped_and_what_is_not(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize(
    ("text", "width"), [("", 0), ("abc", 3), ("シーン", 6), ("e\u0301", 1), ("🎬", 2), ("ａ", 2)]
)
def test_wide_characters_take_two_columns_and_marks_none(text: str, width: int) -> None:
    assert columns(text) == width


@given(any_text.map(safe), st.integers(0, 30))
def test_a_cut_text_fits_and_says_that_it_was_cut(text: str, width: int) -> None:
    for shortened in (cut(text, width), cut_start(text, width)):
        assert columns(shortened) <= width
        assert shortened == text or width == 0 or "…" in shortened


@given(any_text.map(safe), st.integers(0, 30))
def test_a_split_text_loses_nothing(text: str, width: int) -> None:
    first, rest = split_at(text, width)
    assert first + rest == text
    assert columns(first) <= width


@given(any_text.map(safe))
def test_a_padded_text_has_the_width_asked_for(text: str) -> None:
    assert columns(pad(text, 100 + columns(text))) == 100 + columns(text)
