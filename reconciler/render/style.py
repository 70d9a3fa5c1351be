"""The paper a rendering is written on: how wide it is, whether it has colour, how lines break."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.render.safe import columns, safe

GAP = 2


class Tone(StrEnum):
    """What a text means; the colour follows from it."""

    PLAIN = "plain"
    STRONG = "strong"
    DIM = "dim"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    REMOVE = "remove"
    BLOCKED = "blocked"
    HELD = "held"
    ERROR = "error"
    WARNING = "warning"
    GOOD = "good"


_SGR = {
    Tone.STRONG: "1",
    Tone.DIM: "2",
    Tone.CREATE: "32",
    Tone.UPDATE: "33",
    Tone.REPLACE: "35",
    Tone.REMOVE: "31",
    Tone.BLOCKED: "1;31",
    Tone.HELD: "36",
    Tone.ERROR: "1;31",
    Tone.WARNING: "1;33",
    Tone.GOOD: "32",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of a line that is kept together; `width` is the least number of columns it takes.

    `short` is said instead where the text would need a line of its own.
    """

    text: str
    tone: Tone = Tone.PLAIN
    width: int = 0
    short: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """Lines at most `width` columns wide, but for a word that is longer than that.

    Whatever is put on paper is made safe by it: nothing but its own colours can be a control
    sequence.
    """

    width: int = 80
    colour: bool = False

    def paint(self, text: str, tone: Tone) -> str:
        """The text, made safe, in the colour of its meaning."""
        return self.tinted(safe(text), tone)

    def tinted(self, inert: str, tone: Tone) -> str:
        """Text that is safe already in the colour of its meaning."""
        code = _SGR.get(tone, "") if self.colour and inert else ""
        return f"\x1b[{code}m{inert}\x1b[0m" if code else inert

    def wrap(
        self, text: str, *, first: str = "", rest: str | None = None, tone: Tone = Tone.PLAIN
    ) -> list[str]:
        """Lines of `text` broken at blanks: the first after `first`, the others after `rest`.

        `rest` is as many blanks as `first` is wide when it is left out.
        """
        before = safe(first)
        after = " " * columns(before) if rest is None else safe(rest)
        room = self.width - max(columns(before), columns(after))
        broken = list(_broken(safe(text), max(room, 1)))
        starts = [before, *[after] * (len(broken) - 1)]
        return [start + self.tinted(line, tone) for start, line in zip(starts, broken, strict=True)]

    def row(self, cells: Iterable[Cell], *, indent: int = 0, hanging: int = 4) -> list[str]:
        """Cells side by side; one that finds no room begins a line of its own at `hanging`.

        Empty cells keep their columns. No line ends in blanks of ours.
        """
        writing = _Row(self, indent, hanging)
        for cell in cells:
            writing.put(cell)
        return [*writing.lines, *([writing.line] if writing.line.strip() else [])]


@dataclass(slots=True)
class _Row:
    """A row while it is being written; `start` is the column at which the next cell begins."""

    paper: Paper
    start: int
    hanging: int
    line: str = ""
    used: int = 0
    lines: list[str] = field(default_factory=list)

    def put(self, cell: Cell) -> None:
        text = self._fitting(safe(cell.text), cell.short)
        width = columns(text)
        if text and self.used and self.start + width > self.paper.width:
            self._break()
        if text and self.start + width > self.paper.width:
            self._put_wrapped(text, cell.tone)
        elif text:
            self.line += " " * (self.start - self.used) + self.paper.tinted(text, cell.tone)
            self.used = self.start + width
        self.start += max(width, cell.width) + GAP

    def _fitting(self, text: str, short: str) -> str:
        room = self.paper.width - self.start
        if not short or not self.used or columns(text) <= room or columns(safe(short)) > room:
            return text
        return safe(short)

    def _break(self) -> None:
        self.lines.append(self.line)
        self.line, self.used, self.start = "", 0, self.hanging

    def _put_wrapped(self, text: str, tone: Tone) -> None:
        first, rest = " " * self.start, " " * max(self.start, self.hanging)
        *above, self.line = self.paper.wrap(text, first=first, rest=rest, tone=tone)
        self.lines.extend(above)
        self.used = self.paper.width


def _broken(text: str, room: int) -> Iterator[str]:
    measure = len if text.isascii() else columns
    if measure(text) <= room:
        yield text
        return
    line, used = "", 0
    for word in text.split(" "):
        width = measure(word)
        if used and used + 1 + width > room:
            yield line
            line, used = word, width
        else:
            line, used = f"{line} {word}" if used else word, used + width + bool(used)
    yield line
