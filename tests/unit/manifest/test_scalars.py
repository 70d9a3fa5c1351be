"""Unquoted words: the YAML 1.2 core schema, and what is refused of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.manifest.scalars import Refused, resolve, resolve_as

CORE = [
    ("", None),
    ("~", None),
    ("null", None),
    ("Null", None),
    ("NULL", None),
    ("nULL", "nULL"),
    ("true", True),
    ("False", False),
    ("tRUE", "tRUE"),
    ("yes", "yes"),
    ("no", "no"),
    ("on", "on"),
    ("off", "off"),
    ("y", "y"),
    ("0", 0),
    ("-0", 0),
    ("+12", 12),
    ("-19", -19),
    ("0o14", 12),
    ("0o8", "0o8"),
    ("0x3A", 58),
    ("-0x3A", "-0x3A"),
    ("0b11", "0b11"),
    ("1_000", "1_000"),
    ("0.", 0.0),
    ("-0.0", -0.0),
    (".5", 0.5),
    ("+12e03", 12000.0),
    ("-2E+05", -200000.0),
    (".", "."),
    ("1e", "1e"),
    ("12:30:45", "12:30:45"),
    ("190:20:30", "190:20:30"),
    ("2026-11-21", "2026-11-21"),
    ("2026-11-21T10:00:00Z", "2026-11-21T10:00:00Z"),
    ("08:30", "08:30"),
    ("-", "-"),
    ("9223372036854775807", 9223372036854775807),
    ("-9223372036854775808", -9223372036854775808),
]


@pytest.mark.parametrize(("text", "value"), CORE)
def test_a_word_means_what_yaml_1_2_says(text: str, value: object) -> None:
    found = resolve(text)
    assert (found, type(found)) == (value, type(value))


REFUSED = [
    ("010", "M107"),
    ("0777", "M107"),
    ("-010", "M107"),
    ("00", "M107"),
    ("00.5", "M107"),
    ("9223372036854775808", "M108"),
    ("-9223372036854775809", "M108"),
    ("0xFFFFFFFFFFFFFFFF", "M108"),
    ("1" * 100_000, "M108"),
    (".inf", "M109"),
    ("-.INF", "M109"),
    (".nan", "M109"),
    ("1e999", "M109"),
]


@pytest.mark.parametrize(("text", "code"), REFUSED)
def test_a_number_people_get_wrong_is_refused(text: str, code: str) -> None:
    found = resolve(text)
    assert isinstance(found, Refused)
    assert found.code == code
    assert "quote it" in found.remedy


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_every_whole_number_of_64_bits_reads_back(number: int) -> None:
    assert resolve(str(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_reads_back(number: float) -> None:
    assert resolve(repr(number)) == number


@given(st.text())
def test_any_text_has_a_value(text: str) -> None:
    resolve(text)


TAGGED = [
    ("str", "010", "010"),
    ("int", "5", 5),
    ("float", "5", 5),
    ("bool", "true", True),
    ("null", "", None),
]


@pytest.mark.parametrize(("tag", "text", "value"), TAGGED)
def test_a_core_tag_gives_its_type(tag: str, text: str, value: object) -> None:
    assert resolve_as(f"tag:yaml.org,2002:{tag}", text) == value


@pytest.mark.parametrize(("tag", "text"), [("int", "x"), ("int", "true"), ("bool", "1")])
def test_a_core_tag_over_another_type_is_refused(tag: str, text: str) -> None:
    found = resolve_as(f"tag:yaml.org,2002:{tag}", text)
    assert isinstance(found, Refused)
    assert found.code == "M106"
