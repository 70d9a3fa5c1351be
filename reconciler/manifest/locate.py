"""Documents that can tell where each of their values stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from yaml.events import (
    CollectionEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from reconciler.errors import Location
from reconciler.manifest.events import open_events
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

    def locate(self, path: Path, *, on_key: bool = False) -> Location:
        """Where the value at `path` begins, or its key; the nearest parent's when it is absent."""
        text = self.text
        nearest, index = -1, 0
        for found, place in _places(text):
            depth = len(found)
            if depth > nearest and path[:depth] == found:
                is_it = depth == len(path)
                nearest, index = depth, place.key if on_key and is_it else place.value
                if is_it:
                    break
        return locate_in(self.source.name, text, index, self.line, path)

    def index(self) -> Index:
        """The places of the first `MAX_PLACES` values at once, for who has several to find."""
        text = self.text
        places: dict[Path, Place] = {}
        for path, place in islice(_places(text), MAX_PLACES):
            places.setdefault(path, place)
        return Index(self, text, places)


@dataclass(frozen=True, slots=True)
class Index:
    """The places of one document; where a key stands twice, the first is kept."""

    document: Document
    text: str
    places: dict[Path, Place] = field(repr=False)

    def index(self) -> Index:
        return self

    def locate(self, path: Path, *, on_key: bool = False) -> Location:
        """As `Document.locate`."""
        found = path
        while found and found not in self.places:
            found = found[:-1]
        place = self.places.get(found, Place(0, 0))
        index = place.key if on_key and found == path else place.value
        return locate_in(self.document.source.name, self.text, index, self.document.line, path)


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


def _places(text: str) -> Iterator[tuple[Path, Place]]:
    events = open_events(text.encode())
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
            yield path, place
            if isinstance(event, MappingStartEvent | SequenceStartEvent):
                stack.append(_Open(path, is_mapping=isinstance(event, MappingStartEvent)))
