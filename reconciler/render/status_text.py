"""The table of resources that `status` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from reconciler.model import Settled
from reconciler.render.problems import counted
from reconciler.render.safe import columns, cut, pad, safe
from reconciler.render.status import StatusRow
from reconciler.render.style import GAP, Paper, Tone

_TONES: Final = {
    Settled.CURRENT: Tone.GOOD,
    Settled.SUCCEEDED: Tone.GOOD,
    Settled.FAILED: Tone.ERROR,
    Settled.CANCELLED: Tone.WARNING,
    Settled.ABSENT: Tone.WARNING,
    Settled.UNKNOWN: Tone.WARNING,
}


@dataclass(frozen=True, slots=True)
class _Column:
    """One column's cells; it may be cut down to `least` columns, or be left out at 0."""

    title: str
    cells: tuple[str, ...]
    width: int
    least: int
    is_number: bool = False

    def line(self, index: int) -> str:
        text = cut(self.cells[index], self.width)
        return text.rjust(self.width) if self.is_number else pad(text, self.width)


def status_text(rows: Sequence[StatusRow], paper: Paper) -> str:
    """A line per resource in the order given, cut to the paper's width, and a line of counts.

    Columns that hold nothing are left out; those that find no room are named at the end, but for
    notes, which then stand below their line.
    """
    if not rows:
        return "No resources."
    wanted = [each for each in _columns(rows) if any(each.cells)]
    notes = _column("note", [each.note for each in rows], 0)
    has_room = _total([*wanted, notes]) <= paper.width
    shown = [*wanted, notes] if has_room and any(notes.cells) else _fitted(wanted, paper.width)
    head = _title_line(shown, paper)
    body = [
        line
        for index, row in enumerate(rows)
        for line in (
            _row_line(shown, index, row, paper),
            *(paper.wrap(row.note, first="    ") if row.note and not has_room else []),
        )
    ]
    titles = {each.title for each in shown}
    missing = [each.title for each in wanted if each.title not in titles]
    hint = f"No room for: {', '.join(missing)}." if missing else ""
    return "\n".join([head, *body, "", _count_text(rows), *(paper.wrap(hint) if hint else [])])


def _columns(rows: Sequence[StatusRow]) -> list[_Column]:
    usages = [each.usage for each in rows]
    return [
        _column("address", [str(each.address) for each in rows], 40),
        _column("settled", [each.settled.replace("_", " ") for each in rows], 11),
        _column("state", [each.state for each in rows], 10),
        _number("instances", [str(each.instances) if each else "" for each in usages]),
        _number("cores", [str(each.cores) if each else "" for each in usages]),
        _column("remote id", [each.remote_id for each in rows], 9),
    ]


def _column(title: str, cells: Sequence[str], least: int) -> _Column:
    inert = tuple(map(safe, cells))
    width = max(map(columns, [title, *inert]))
    return _Column(title, inert, width, min(width, least))


def _number(title: str, cells: Sequence[str]) -> _Column:
    whole = _column(title, cells, 0)
    return replace(whole, least=whole.width, is_number=True)


def _fitted(wanted: list[_Column], room: int) -> list[_Column]:
    """The columns narrowed from the right until they fit; then, from the right, left out."""
    fitted = list(wanted)
    for index in reversed(range(len(fitted))):
        excess = _total(fitted) - room
        each = fitted[index]
        fitted[index] = replace(each, width=max(each.least, each.width - max(excess, 0)))
    if _total(fitted) > room and len(fitted) > 1:
        return _fitted(wanted[:-1], room)
    return fitted


def _total(shown: Sequence[_Column]) -> int:
    return sum(each.width for each in shown) + GAP * (len(shown) - 1)


def _title_line(shown: Sequence[_Column], paper: Paper) -> str:
    titles = [
        each.title.rjust(each.width) if each.is_number else each.title.ljust(each.width)
        for each in shown
    ]
    return paper.paint((" " * GAP).join(titles).rstrip(), Tone.DIM)


def _row_line(shown: Sequence[_Column], index: int, row: StatusRow, paper: Paper) -> str:
    tones = {"settled": _TONES.get(row.settled, Tone.PLAIN), "remote id": Tone.DIM}
    cells = [each.line(index) for each in shown]
    cells[-1] = cells[-1].rstrip()
    return (
        (" " * GAP)
        .join(
            paper.paint(cell, tones.get(each.title, Tone.PLAIN))
            for each, cell in zip(shown, cells, strict=True)
        )
        .rstrip()
    )


def _count_text(rows: Sequence[StatusRow]) -> str:
    counts = Counter(each.settled.replace("_", " ") for each in rows)
    listed = ", ".join(f"{number} {word}" for word, number in sorted(counts.items()))
    return f"{counted(len(rows), 'resource')}: {listed}."
