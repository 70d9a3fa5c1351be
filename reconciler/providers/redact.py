"""Foreign text made fit to be shown: no secret in any form, nothing that moves a cursor."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import quote, quote_plus

from reconciler.errors import ProviderError
from reconciler.ports import Revealed

EXCERPT = 200
MASK = "***"

_SHORTEST = 4
_FIELD_CAP = 600
_SCAN_CAP = 1 << 16


def excerpt(text: str, limit: int = EXCERPT) -> str:
    """At most `limit` characters of a foreign text on one line, control characters escaped."""
    flat = " ".join(text[:_SCAN_CAP].split())
    safe = "".join(_visible(each) for each in flat[: limit + 1])
    return safe if len(safe) <= limit else f"{safe[: limit - 1]}…"


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape", errors="surrogatepass").decode("ascii")


class Redactor:
    """Knows the secret values in use and takes them out of texts, whatever form they come in.

    Forms: as it is, base64 (at any offset in a longer text), URL-quoted, JSON-escaped, hex. A value
    under four characters is not looked for: it would blank every text and so give itself away.
    """

    __slots__ = ("_forms", "_pattern")

    def __init__(self, secrets: Iterable[Revealed] = ()) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for secret in secrets:
            self.add(secret)

    def add(self, secret: Revealed) -> None:
        """From now on this value is taken out as well."""
        value = secret.reveal()
        if len(value) < _SHORTEST or value in self._forms:
            return
        self._forms.update(each for each in _forms(value) if len(each) >= _SHORTEST)
        longest_first = sorted(self._forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def clean(self, text: str) -> str:
        """The text with `***` for every secret in it."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def clean_error(self, error: ProviderError) -> ProviderError:
        """The same error without secrets and control characters, and of bounded length."""
        problem = error.problem
        safe = replace(
            problem,
            summary=self._field(problem.summary),
            cause=self._field(problem.cause),
            remedy=self._field(problem.remedy),
        )
        return type(error)(safe, effect=error.effect)

    def _field(self, text: str) -> str:
        return excerpt(self.clean(text), _FIELD_CAP)


def _forms(value: str) -> Iterator[str]:
    raw = value.encode("utf-8", errors="surrogatepass")
    yield value
    yield from (quote(raw, safe=""), quote(raw), quote_plus(raw), quote(raw, safe="").lower())
    yield from (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    yield json.dumps(value)[1:-1].replace("/", "\\/")
    yield from (raw.hex(), raw.hex().upper())
    for offset in range(3):
        yield from _base64_core(raw, offset)


def _base64_core(raw: bytes, offset: int) -> Iterator[str]:
    """The characters that stay the same whatever stands before and after the value."""
    first = (0, 2, 3)[offset]
    last = (offset + len(raw)) * 8 // 6
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(b"\0" * offset + raw).decode("ascii")[first:last]
