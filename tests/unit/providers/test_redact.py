"""No form of a secret is left in a text, and no character of a foreign one moves a cursor."""

from __future__ import annotations

import base64
import json
import unicodedata
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Effect, NotFound, Problem
from reconciler.ports import Revealed
from reconciler.providers.redact import MASK, Redactor, excerpt

VALUES = st.text(st.characters(codec="utf-8"), min_size=4, max_size=40)


@given(value=VALUES, before=st.text(max_size=5), after=st.text(max_size=5))
def test_no_form_of_a_secret_is_left(value: str, before: str, after: str) -> None:
    redactor = Redactor([Revealed(value)])
    for form in (
        value,
        quote(value, safe=""),
        quote_plus(value),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        base64.b64encode(value.encode()).decode(),
        base64.urlsafe_b64encode(value.encode()).decode(),
        value.encode().hex(),
    ):
        assert redactor.clean(f"{before}{form}{after}").count(MASK) >= 1
        assert form not in redactor.clean(f"<{form}>") or form in MASK


@given(value=st.text(min_size=9, max_size=40), before=st.binary(max_size=7))
def test_a_secret_inside_a_longer_base64_is_found(value: str, before: bytes) -> None:
    raw = value.encode("utf-8", errors="surrogatepass")
    whole = base64.b64encode(before + raw + b"tail").decode()
    cleaned = Redactor([Revealed(value)]).clean(whole)
    assert MASK in cleaned


def test_a_secret_learned_later_is_taken_out_and_the_longest_first() -> None:
    redactor = Redactor()
    assert redactor.clean("token-1234-long") == "token-1234-long"
    redactor.add(Revealed("token-1234"))
    redactor.add(Revealed("token-1234-long"))
    assert redactor.clean("token-1234-long token-1234") == "*** ***"


@pytest.mark.parametrize("value", ["", "a", "abc"])
def test_a_value_too_short_to_hide_leaves_texts_readable(value: str) -> None:
    assert Redactor([Revealed(value)]).clean("a cab") == "a cab"


def test_an_error_keeps_its_class_code_and_effect() -> None:
    secret = "hunter22-hunter22"
    error = NotFound(
        Problem("Q404", f"no {secret}", cause=f"said {secret}\x1b[2J", remedy=f"drop {secret}"),
        effect=Effect.UNKNOWN,
    )
    clean = Redactor([Revealed(secret)]).clean_error(error)
    assert isinstance(clean, NotFound)
    assert clean.effect is Effect.UNKNOWN
    assert clean.problem == Problem("Q404", "no ***", cause="said ***\\x1b[2J", remedy="drop ***")


def test_an_excerpt_is_one_short_line_without_control_characters() -> None:
    every = "".join(map(chr, range(0x3000)))
    for start in range(0, len(every), 50):
        text = excerpt(every[start : start + 50])
        assert len(text) <= 200
        assert not [each for each in text if unicodedata.category(each) in ("Cc", "Cf", "Zl", "Zp")]


@given(text=st.text(max_size=500), limit=st.integers(10, 300))
def test_an_excerpt_is_never_longer_than_asked(text: str, limit: int) -> None:
    assert len(excerpt(text, limit)) <= limit
    assert excerpt(text, limit).isprintable()
