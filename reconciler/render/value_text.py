"""Values of fields as people read them: on one line where there is room, else key by key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.pointers import SecretRef
from reconciler.quantities import show_duration
from reconciler.render.safe import columns, pad, safe
from reconciler.render.style import GAP, Cell, Paper
from reconciler.values import UNSEEN

_KEY_MAX_WIDTH = 40
_ONE_LINE_MAX = 76
_HOLDING = (Mapping, list, tuple)


def value_text(value: Any) -> str:
    """One safe line: `4`, `"docker-batch"`, `[1, 2]`, `{cpu: 16}`, `(secret from env NAME)`.

    Texts stand in double quotes, so that what is inside can be told from what was escaped.
    """
    return safe(_written(value))


def _written(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            inner = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{inner}"'
        case None:
            return "null"
        case Mapping():
            ref = SecretRef.from_manifest(value)
            return f"(secret from {ref})" if ref else _braced(value)
        case list() | tuple():
            return f"[{', '.join(map(_written, value))}]"
        case _:
            return "(not set)" if value is UNSEEN else str(value)


def _braced(value: Mapping[str, Any]) -> str:
    pairs = ", ".join(f"{key}: {_written(each)}" for key, each in value.items())
    return f"{{{pairs}}}"


def tree_lines(value: Any, paper: Paper, indent: int) -> list[str]:
    """A whole value, nothing left out: objects and lists that find room stand on one line."""
    match value:
        case Mapping() if value and SecretRef.from_manifest(value) is None:
            return _object_lines(value, paper, indent)
        case list() | tuple() if value:
            return [line for each in value for line in _item_lines(each, paper, indent)]
        case _:
            return paper.wrap(value_text(value), first=" " * indent)


def _object_lines(value: Mapping[str, Any], paper: Paper, indent: int) -> list[str]:
    width = key_width(value)
    return [
        line
        for key, each in value.items()
        for line in _pair_lines(Cell(safe(str(key)), width=width), each, paper, indent)
    ]


def _pair_lines(key: Cell, value: Any, paper: Paper, indent: int) -> list[str]:
    """A key, in safe text, with its value beside it or below."""
    text, padded = value_text(value), pad(key.text, key.width)
    start = indent + columns(padded) + GAP
    if not _can_open(value) or _is_one_line(text, start, paper):
        if start + columns(text) <= paper.width:  # nearly all: a row of both would be this line
            return [" " * indent + padded + " " * GAP + text]
        return paper.row([key, Cell(text)], indent=indent, hanging=indent + 2)
    return [*paper.row([key], indent=indent), *tree_lines(value, paper, indent + 2)]


def _item_lines(item: Any, paper: Paper, indent: int) -> list[str]:
    text = value_text(item)
    bullet = " " * indent + "- "
    if not _can_open(item) or _is_one_line(text, indent + 2, paper):
        return paper.wrap(text, first=bullet)
    first, *rest = tree_lines(item, paper, indent + 2)
    return [bullet + first[indent + 2 :], *rest]


def _is_one_line(text: str, start: int, paper: Paper) -> bool:
    return columns(text) <= min(paper.width - start, _ONE_LINE_MAX)


def _can_open(value: Any) -> bool:
    return bool(value) and not isinstance(value, str) and isinstance(value, _HOLDING)


def elapsed_text(seconds: float) -> str:
    """`0.4s`, `12s`, `1h30m`: tenths only below ten seconds."""
    return show_duration(round(seconds, 1) if seconds < 10 else round(seconds))


def key_width(keys: Iterable[str]) -> int:
    """The columns that a list of keys is aligned to; a few very long ones stick out."""
    widths = [columns(safe(str(key))) for key in keys]
    return max((each for each in widths if each <= _KEY_MAX_WIDTH), default=0)
