"""A file's bytes and name, read as text: UTF-8 only, and nothing a YAML stream may not hold."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from reconciler.errors import Location, Problem
from reconciler.values import Path, show_path

_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32 (little endian)"),
    (codecs.BOM_UTF32_BE, "UTF-32 (big endian)"),
    (codecs.BOM_UTF16_LE, "UTF-16 (little endian)"),
    (codecs.BOM_UTF16_BE, "UTF-16 (big endian)"),
)
_ZEROS = (  # which of a file's first bytes are zero when it holds ASCII and no byte order mark
    (re.compile(rb"[^\0]\0\0\0", re.DOTALL), "UTF-32 (little endian)"),
    (re.compile(rb"\0\0\0[^\0]", re.DOTALL), "UTF-32 (big endian)"),
    (re.compile(rb"[^\0]\0[^\0]\0", re.DOTALL), "UTF-16 (little endian)"),
    (re.compile(rb"\0[^\0]\0[^\0]", re.DOTALL), "UTF-16 (big endian)"),
)
_UNPRINTABLE = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
"""A pattern, compiled when a file first holds more than ASCII: most never do."""
_PLAIN = bytes((0x09, 0x0A, 0x0D, *range(0x20, 0x7F)))
_HIDDEN = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    "\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e007f]"
)
EXCERPT_LENGTH = 400


@dataclass(frozen=True, slots=True)
class Source:
    """A file as read: `name` is shown to people, relative to the root and with forward slashes."""

    name: str
    data: bytes

    def without_mark(self) -> Source:
        """The same file less its UTF-8 byte order mark."""
        return Source(self.name, self.data.removeprefix(codecs.BOM_UTF8))


def text_of(source: Source) -> str | Problem:
    """The text of a file without byte order mark, or why it can't be read as YAML."""
    encoding = _foreign_encoding(source.data[:4])
    if encoding:
        return _not_utf8(Location(source.name, 1, 1), f"it is written in {encoding}")
    data = source.data
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        readable = data[: error.start].decode()
        place = locate_in(source.name, readable, len(readable), 1)
        return _not_utf8(
            place,
            f"the byte 0x{data[error.start]:02X} stands here and is no UTF-8; files in "
            "Latin-1 or Windows-1252 look so",
        )
    found = None if is_plain(data) else re.search(_UNPRINTABLE, text)
    if found is None:
        return text
    return Problem(
        code="M102",
        summary=f"the control character {show_character(found[0])} stands in the file",
        cause="YAML text holds no control characters but tab and line ends",
        remedy='remove it, or write it as an escape in double quotes, such as "\\x1b"',
        location=locate_in(source.name, text, found.start(), 1),
    )


def is_plain(data: bytes) -> bool:
    """Whether there is nothing but printable ASCII, tabs and line ends."""
    return not data.translate(None, _PLAIN)


def may_hide(data: bytes, text: str) -> bool:
    """Whether a value in it may hold a hidden character, written as such or as an escape."""
    return "\\" in text or (not is_plain(data) and hidden_character(text) != "")


def _foreign_encoding(head: bytes) -> str:
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    return next((name for pattern, name in _ZEROS if pattern.fullmatch(head)), "")


def _not_utf8(location: Location, cause: str) -> Problem:
    return Problem(
        code="M101",
        summary="the file is not UTF-8 text",
        cause=cause,
        remedy="save it as UTF-8",
        location=location,
    )


def hidden_character(text: str) -> str:
    """The first character that a reader would not see, or "": controls, bidi, zero width."""
    found = _HIDDEN.search(text)
    return found[0] if found else ""


def show_character(character: str) -> str:
    """`U+202E`."""
    return f"U+{ord(character):04X}"


def locate_in(name: str, text: str, index: int, first_line: int, path: Path = ()) -> Location:
    """The place of character `index` of `text`, whose first line is the file's `first_line`.

    The excerpt is that line, or empty where the line is too long to show with its place.
    """
    start = text.rfind("\n", 0, index) + 1
    column = index - start + 1
    end = text.find("\n", index)
    line = text[start : min(end if end >= 0 else len(text), start + EXCERPT_LENGTH)]
    return Location(
        file=name,
        line=first_line + text.count("\n", 0, index),
        column=column,
        path=show_path(path),
        excerpt=line.rstrip("\r") if column <= EXCERPT_LENGTH else "",
    )
