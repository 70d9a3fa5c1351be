"""Foreign text made harmless for a terminal and a CI log, and measured in columns."""

from __future__ import annotations

import re
import unicodedata

ELLIPSIS = "…"

_SUSPECT = re.compile(r"[^ -~]|(?<!\S):(?=[:\s]|$)|##(?=\w*\[)")
# fillers that Unicode calls letters or marks, though nothing is drawn for them
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def safe(text: str) -> str:
    """`text` as one inert line: what would not be drawn as itself is written as `\\x1b`, `\\u202e`.

    Holds no control, bidi, zero-width, separator or surrogate character; no word of it begins with
    `::`, and it holds no `##[command`, which CI systems would obey. `safe(safe(x)) == safe(x)`.
    """
    return text if _is_plain(text) else _SUSPECT.sub(_escaped, text)


def _is_plain(text: str) -> bool:
    """Whether nothing needs escaping, told at once: true of nearly all text, false when unsure."""
    if not (text.isascii() and text.isprintable()) or "##" in text:
        return False
    return " :" not in text and not text.startswith(":")


def _escaped(match: re.Match[str]) -> str:
    found = match[0]
    if found == "##":
        return r"\x23#"
    if found != ":" and found.isprintable() and found not in _INVISIBLE:
        return found
    return _SHORT.get(found) or _escape(ord(found))


def _escape(point: int) -> str:
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def columns(text: str) -> int:
    """How many columns of a terminal `safe` text takes: wide characters two, marks none."""
    return len(text) if text.isascii() else sum(map(_char_columns, text))


def _char_columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cut(text: str, width: int) -> str:
    """`safe` text in at most `width` columns; an ellipsis stands for what is left out."""
    if columns(text) <= width:
        return text
    return split_at(text, width - 1)[0] + ELLIPSIS if width > 0 else ""


def cut_start(text: str, width: int) -> str:
    """As `cut`, but the end of the text is kept."""
    return cut(text[::-1], width)[::-1]


def pad(text: str, width: int) -> str:
    """`safe` text followed by blanks up to `width` columns."""
    return text + " " * (width - columns(text))


def split_at(text: str, width: int) -> tuple[str, str]:
    """`safe` text in two: as much as finds room in `width` columns, and the rest."""
    used = 0
    for index, char in enumerate(text):
        used += _char_columns(char)
        if used > width:
            return text[:index], text[index:]
    return text, ""
