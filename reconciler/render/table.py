"""Rows under titled columns, cut to the paper: what finds no room is named or stands below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reconciler.render.safe import columns as width_of
from reconciler.render.safe import cut, pad, safe
from reconciler.render.style import GAP, Paper, Tone


@dataclass(frozen=True, slots=True)
class Column:
    """One column's cells, made safe; it may be cut down to `least` columns, or be left out.

    `tones` has one for each cell, or is empty.
    """

    title: str
    cells: tuple[str, ...]
    width: int
    least: int
    tones: tuple[Tone, ...] = ()
    is_number: bool = False

    def line(self, index: int) -> str:
        text = cut(self.cells[index], self.width)
        return text.rjust(self.width) if self.is_number else pad(text, self.width)

    def tone(self, index: int) -> Tone:
        return self.tones[index] if self.tones else Tone.PLAIN


def column(title: str, cells: Sequence[str], least: int, tones: Sequence[Tone] = ()) -> Column:
    """A column of texts, as wide as the widest."""
    inert = tuple(map(safe, cells))
    width = max(map(width_of, [title, *inert]))
    return Column(title, inert, width, min(width, least), tuple(tones))


def number_column(title: str, cells: Sequence[str]) -> Column:
    """A column of numbers: set to the right, and never cut."""
    whole = column(title, cells, 0)
    return replace(whole, least=whole.width, is_number=True)


@dataclass(frozen=True, slots=True)
class Table:
    """`missing` are titles of columns that found no room."""

    lines: tuple[str, ...]
    missing: tuple[str, ...]


def table(columns: Sequence[Column], notes: Sequence[str], paper: Paper) -> Table:
    """A title line, then a line per row; columns that hold nothing are left out.

    A row's note stands beside it where all notes find room, else below it.
    """
    wanted = [each for each in columns if any(each.cells)]
    last = column("note", notes, 0)
    is_beside = _total([*wanted, last]) <= paper.width
    shown = [*wanted, last] if is_beside and any(notes) else _fitted(wanted, paper.width)
    body = [
        line
        for index, note in enumerate(notes)
        for line in (
            _row_line(shown, index, paper),
            *(paper.wrap(note, first="    ") if note and not is_beside else []),
        )
    ]
    titles = {each.title for each in shown}
    missing = tuple(each.title for each in wanted if each.title not in titles)
    return Table((_title_line(shown, paper), *body), missing)


def _fitted(wanted: list[Column], room: int) -> list[Column]:
    """The columns narrowed from the right until they fit; then, from the right, left out."""
    fitted = list(wanted)
    for index in reversed(range(len(fitted))):
        excess = _total(fitted) - room
        each = fitted[index]
        fitted[index] = replace(each, width=max(each.least, each.width - max(excess, 0)))
    if _total(fitted) > room and len(fitted) > 1:
        return _fitted(wanted[:-1], room)
    return fitted


def _total(shown: Sequence[Column]) -> int:
    return sum(each.width for each in shown) + GAP * (len(shown) - 1)


def _title_line(shown: Sequence[Column], paper: Paper) -> str:
    titles = [
        each.title.rjust(each.width) if each.is_number else each.title.ljust(each.width)
        for each in shown
    ]
    return paper.paint((" " * GAP).join(titles).rstrip(), Tone.DIM)


def _row_line(shown: Sequence[Column], index: int, paper: Paper) -> str:
    cells = [each.line(index) for each in shown]
    cells[-1] = cells[-1].rstrip()
    painted = (paper.paint(cell, each.tone(index)) for each, cell in zip(shown, cells, strict=True))
    return (" " * GAP).join(painted).rstrip()
