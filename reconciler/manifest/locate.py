"""Documents that can tell where each of their values stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, NamedTuple

from yaml.events import (
    CollectionEndEvent,
    CollectionStartEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from reconciler.errors import Location
from reconciler.manifest.events import Events, open_events
from reconciler.manifest.source import Source, locate_in
from reconciler.values import Path

MAX_PLACES = 50_000
"""No document of a person holds more values; a hostile one may not make us look at each again."""


class Place(NamedTuple):
    """Where a value and its key begin, in characters from the document's start."""

    value: int
    key: int


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document as plain values, and the slice of its file it was read from.

    Aliased parts are shared, so nothing of `value` may be changed. `start` and `end` count bytes of
    the source, which has no byte order mark; `line` is the file's line at `start`. `size` counts
    its values, those repeated by aliases as often as they stand. `is_whole` is false when a part
    was refused: its address is still good, its fields are not.
    """

    source: Source
    value: Any
    start: int
    end: int
    line: int
    size: int
    is_whole: bool = True

    @property
    def text(self) -> str:
        return self.source.data[self.start : self.end].decode()

    @property
    def has_expressions(self) -> bool:
        return self.source.data.find(b"${{", self.start, self.end) >= 0

    @property
    def piece(self) -> Piece:
        """All of its text."""
        text = self.text
        return Piece(self.source.name, self.line, text, text)

    def locate(self, path: Path, *, on_key: bool = False) -> Location:
        """Where the value at `path` begins, or its key; the nearest parent's when it is absent."""
        return self.piece.locate(path, on_key=on_key)

    def index(self) -> Index:
        """The places of the first `MAX_PLACES` values at once, for who has several to find."""
        return self.piece.index()


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that can be read by itself as one value, and where it stands in its file.

    `shown` is the file's own text, of which `text` may have the beginning of the first line blank;
    `line` is that line's number. The value begins at character `begin`, is at `path` of its
    document, and `shift` more characters stand on its first line before.
    """

    file: str
    line: int
    text: str
    shown: str
    path: Path = ()
    begin: int = 0
    shift: int = 0

    def locate(self, path: Path, *, on_key: bool = False) -> Location:
        """As `Document.locate`, for a path inside the value."""
        nearest, index = -1, self.begin
        for found, place, _ in nodes(open_events(self.text.encode())):
            depth = len(found)
            if depth > nearest and path[:depth] == found:
                is_it = depth == len(path)
                nearest, index = depth, place.key if on_key and is_it else place.value
                if is_it:
                    break
        return self.place(index, path)

    def index(self) -> Index:
        """As `Document.index`."""
        places: dict[Path, Place] = {}
        for path, place, _ in islice(nodes(open_events(self.text.encode())), MAX_PLACES):
            places.setdefault(path, place)
        return Index(self, places)

    def place(self, index: int, path: Path) -> Location:
        """The place of character `index`, where the value at `path` of this one begins."""
        found = locate_in(self.file, self.shown, index, self.line, (*self.path, *path))
        if not self.shift or found.line != self.line:
            return found
        return replace(found, column=found.column + self.shift, excerpt="")


@dataclass(frozen=True, slots=True)
class Index:
    """The places of one piece of text; where a key stands twice, the first is kept."""

    piece: Piece
    places: dict[Path, Place] = field(repr=False)

    def index(self) -> Index:
        return self

    def locate(self, path: Path, *, on_key: bool = False) -> Location:
        """As `Document.locate`."""
        found = path
        while found and found not in self.places:
            found = found[:-1]
        place = self.places.get(found)
        if place is None:
            return self.piece.place(self.piece.begin, path)
        return self.piece.place(place.key if on_key and found == path else place.value, path)


class _Open:
    """A list or object whose end was not read yet."""

    __slots__ = ("is_mapping", "key", "key_at", "path", "position")

    def __init__(self, path: Path, *, is_mapping: bool) -> None:
        self.path = path
        self.is_mapping = is_mapping
        self.position = 0
        self.key: str | None = None
        self.key_at = 0

    def place(self, index: int) -> tuple[Path, Place]:
        """The path of the next value, which begins at `index`."""
        if not self.is_mapping:
            self.position += 1
            return (*self.path, self.position - 1), Place(index, index)
        key, self.key = self.key, None
        return (*self.path, key or ""), Place(index, self.key_at)


def nodes(events: Events) -> Iterator[tuple[Path, Place, NodeEvent]]:
    """Every value of a document with its path, its place and the event it begins with, in order.

    Whoever has read a list's first event may read on in `events` instead, to the list's end.
    """
    stack: list[_Open] = []
    while (event := events.get_event()) is not None:
        if isinstance(event, CollectionEndEvent):
            stack.pop()
        elif isinstance(event, NodeEvent):
            assert event.start_mark is not None
            index = event.start_mark.index
            if stack and stack[-1].is_mapping and stack[-1].key is None:
                stack[-1].key = event.value if isinstance(event, ScalarEvent) else event.anchor
                stack[-1].key_at = index
                continue
            path, place = stack[-1].place(index) if stack else ((), Place(index, index))
            yield path, place, event
            if isinstance(event, CollectionStartEvent):
                stack.append(_Open(path, is_mapping=isinstance(event, MappingStartEvent)))
