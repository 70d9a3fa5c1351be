"""JSON that later code can rely on: finite, whole, of bounded depth."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.providers.body import json_or_none, parse_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=20,
)  # fmt: skip


@given(value=VALUES)
def test_json_comes_back_as_it_was_written(value: object) -> None:
    assert parse_json(json.dumps(value).encode()) == value


@given(content=st.binary(max_size=60))
def test_any_bytes_are_json_or_a_value_error(content: bytes) -> None:
    value = json_or_none(content)
    json.dumps(value, allow_nan=False).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"{}x",
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e999]",
        b'"\\ud800"',
        b'{"\\udfff": 1}',
        b'"\xff"',
        "[1]".encode("utf-16"),
        b"9" * 5000,
        b"[" * 101 + b"]" * 101,
        b'{"a":' * 101 + b"1" + b"}" * 101,
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
    ],
    ids=lambda content: repr(content[:12]),
)
def test_what_later_code_could_trip_over_is_no_json(content: bytes) -> None:
    with pytest.raises(ValueError):
        parse_json(content)


def test_a_hundred_levels_pass() -> None:
    assert parse_json(b"[" * 100 + b"]" * 100)
