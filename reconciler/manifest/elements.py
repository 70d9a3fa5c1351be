"""Where the elements of a long list stand, each looked for in its own part of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from yaml.events import (
    CollectionEndEvent,
    CollectionStartEvent,
    NodeEvent,
    SequenceStartEvent,
)

from reconciler.errors import Location
from reconciler.manifest.events import Events, open_events
from reconciler.manifest.layers import Elsewhere, Places
from reconciler.manifest.locate import Document, Piece, nodes
from reconciler.manifest.source import EXCERPT_LENGTH
from reconciler.values import Path


class _Span(NamedTuple):
    """An element in its document: characters from `start` to `stop`, its line from 0, its column.

    `is_block`: its first line has to be as far to the right as the others.
    """

    start: int
    stop: int
    line: int
    column: int
    is_block: bool


class Elements:
    """The elements of the list at `path` of a document, found in one reading, as far as asked."""

    def __init__(self, document: Document, path: Path) -> None:
        self.document = document
        self.path = path
        self._text = ""
        self._spans: list[_Span] = []
        self._further: Iterator[_Span] | None = None
        self._nearest = 0

    def piece(self, number: int) -> Piece:
        """The text of one element; where the file has no such one, the place of the list."""
        if self._further is None:
            self._text = self.document.text
            self._further = self._read()
        if number >= len(self._spans):
            self._spans += islice(self._further, number + 1 - len(self._spans))
        if number < len(self._spans):
            return self._cut(self._spans[number], number)
        begin = self._text.rfind("\n", 0, self._nearest) + 1
        line = self._text.count("\n", 0, begin)
        return self._cut(
            _Span(self._nearest, self._nearest, line, self._nearest - begin, is_block=False), number
        )

    def _read(self) -> Iterator[_Span]:
        events = open_events(self._text.encode())
        depth = -1
        for path, place, event in nodes(events):
            if len(path) > depth and self.path[: len(path)] == path:
                depth, self._nearest = len(path), place.value
            if path == self.path:
                if isinstance(event, SequenceStartEvent):
                    yield from _spans(events, event)
                return

    def _cut(self, span: _Span, number: int) -> Piece:
        # a text before it on its line is not searched again for each element of a long line
        is_far = not span.is_block and span.column > EXCERPT_LENGTH
        blank = 0 if is_far else span.column
        return Piece(
            file=self.document.source.name,
            line=self.document.line + span.line,
            text=" " * blank + self._text[span.start : span.stop],
            shown=self._text[span.start - blank : span.stop + EXCERPT_LENGTH],
            path=(*self.path, number),
            begin=blank,
            shift=span.column - blank,
        )


def _spans(events: Events, first: NodeEvent) -> Iterator[_Span]:
    """The elements of a list whose `first` event was just read."""
    depth, begin = 0, first
    while (event := events.get_event()) is not None:
        if isinstance(event, CollectionEndEvent):
            if depth == 0:
                return
            depth -= 1
            if depth == 0:
                yield _span(begin, event)
        elif isinstance(event, CollectionStartEvent):
            begin = event if depth == 0 else begin
            depth += 1
        elif isinstance(event, NodeEvent) and depth == 0:
            yield _span(event, event)


def _span(begin: NodeEvent, end: NodeEvent | CollectionEndEvent) -> _Span:
    assert begin.start_mark is not None
    assert end.end_mark is not None
    start, is_collection = begin.start_mark, begin is not end
    return _Span(
        start=start.index,
        stop=end.end_mark.index,
        line=start.line,
        column=start.column,
        is_block=is_collection and not getattr(begin, "flow_style", False),
    )


@dataclass(frozen=True, slots=True)
class Element:
    """The places of one element; paths begin at the element."""

    elements: Elements
    number: int

    def locate(self, path: Path, *, on_key: bool = False) -> Location:
        return self.elements.piece(self.number).locate(path, on_key=on_key)

    def index(self) -> Places:
        return self.elements.piece(self.number).index()


def elements_of(places: Places, path: Path) -> Callable[[int], Places]:
    """Who knows the places of each element of the list at `path`, by its number."""
    if isinstance(places, Document):
        elements = Elements(places, path)
        return lambda number: Element(elements, number)
    return lambda number: Elsewhere(places.locate, (*path, number))
