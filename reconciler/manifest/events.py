"""YAML parser events: where they come from, and what a syntax error means to a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from yaml.error import MarkedYAMLError
from yaml.events import Event

try:
    from yaml._yaml import CParser as _Parser
except ImportError:  # PyYAML built without libyaml: slower, the same events
    from yaml import SafeLoader as _Parser  # type: ignore[assignment]


class Events(Protocol):
    """YAML events one by one; nesting costs the reader no stack."""

    def get_event(self) -> Event | None:
        """The next event, `None` after the last."""


def open_events(data: bytes) -> Events:
    """The events of UTF-8 text that holds no forbidden character.

    `get_event` raises PyYAML's `MarkedYAMLError` where the text is no YAML.
    """
    events: Events = _Parser(data)
    return events


@dataclass(frozen=True, slots=True)
class SyntaxSlip:
    """A syntax error in plain words; `index` and `opened_at` count characters of the text."""

    index: int
    opened_at: int | None
    summary: str
    cause: str
    remedy: str


_EXPRESSION = "${{"
_SLIPS = (
    (
        "mapping values are not allowed",
        "a ':' stands where no key can be",
        "quote the text if the ':' belongs to it; else check the indentation",
    ),
    (
        "could not find expected ':'",
        "a key has no ':' after it",
        "write `key: value`, with a space after the ':'; check the indentation",
    ),
    (
        "found unexpected end of stream",
        "a quote is not closed",
        "close the quote that begins at the line named below",
    ),
    (
        "found unexpected document indicator",
        "a quote is not closed before the next document",
        "close the quote that begins at the line named below",
    ),
    (
        "expected ',' or ']'",
        "a list in [ ] is not closed, or a ',' is missing",
        "put ',' between the elements and ']' at the end",
    ),
    (
        "expected ',' or '}'",
        "an object in { } is not closed, or a ',' is missing",
        "put ',' between the entries and '}' at the end",
    ),
    (
        "did not find expected key",
        "the line stands where a key has to be",
        "give it the same indentation as its neighbours",
    ),
    (
        "expected '-' indicator",
        "a line is no element of the list it stands in",
        "begin it with '- ', or indent it as its own object",
    ),
    (
        "block sequence entries are not allowed",
        "a '-' stands where no list element can be",
        "put the list on lines of its own, below its key",
    ),
    (
        "escape c",
        "an escape in double quotes is unknown",
        "write \\\\ for a backslash, or use single quotes",
    ),
    (
        "tag handle",
        "the tag is not known",
        "remove the tag",
    ),
    (
        "incompatible YAML document",
        "the file asks for another version of YAML",
        "remove the %YAML line",
    ),
)


def explain(error: MarkedYAMLError, text: str, base: int) -> SyntaxSlip:
    """What went wrong while `text` was parsed from character `base` on."""
    mark = error.problem_mark or error.context_mark
    index = min(base + mark.index, len(text)) if mark is not None else base
    said = str(error.problem or error)
    summary, remedy = _plain_words(said, text[index : index + 1])
    if _EXPRESSION in text[max(0, index - 3) : index + 3]:
        summary, remedy = (
            "an expression inside { } or [ ] is not quoted",
            f'quote it: "{_EXPRESSION} ... }}}}"',
        )
    return SyntaxSlip(
        index=index,
        opened_at=base + error.context_mark.index if error.context_mark is not None else None,
        summary=summary,
        cause=", ".join(part for part in (said, str(error.context or "")) if part),
        remedy=remedy,
    )


def _plain_words(said: str, character: str) -> tuple[str, str]:
    if "cannot start any token" in said:
        if character == "\t":
            return "a tab stands in the indentation", "indent with spaces"
        return (
            f"the character {character} can't begin a value",
            f"quote the text: '{character}...'",
        )
    for fragment, summary, remedy in _SLIPS:
        if fragment in said:
            return summary, remedy
    return "the text is no YAML", "check quotes, brackets and indentation here"
