"""Parser events -> plain values: iterative, under caps, with every slip located."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from reconciler.errors import Location, Problem, Severity
from reconciler.manifest import slips
from reconciler.manifest.events import Events, explain
from reconciler.manifest.locate import Document
from reconciler.manifest.scalars import CORE_TAGS, Refused, resolve, resolve_as
from reconciler.manifest.source import Source, hidden_character, locate_in, may_hide
from reconciler.settings import Caps
from reconciler.values import Path

MAX_PROBLEMS = 100
"""Problems of one file that are told apart; the rest of it is then not read."""
MAX_WARNINGS = 20
"""Warnings of one file; further ones are left out."""

_NEXT_DOCUMENT = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_NODES_PER_DOCUMENT = 4  # an empty document costs about as much to read
_CHARACTERS_PER_NODE = 32  # what an alias repeats is weighed by its text as well
_SHORT = 40  # characters of a word worth sharing between documents
_COLLECTION_TAGS = {
    "tag:yaml.org,2002:map": MappingStartEvent,
    "tag:yaml.org,2002:seq": SequenceStartEvent,
}
Words: TypeAlias = dict[str, Any]
"""Unquoted words met so far, with their values."""
_Handler: TypeAlias = Callable[[Any], None]
_NEW: Any = object()
_OPEN: Any = object()


class _Stop(Exception):
    """This document, or with `is_final` the file, is not read any further."""

    def __init__(self, problem: Problem, at: int, *, is_final: bool = False) -> None:
        super().__init__(problem.summary)
        self.problem = problem
        self.at = at
        self.is_final = is_final


class _Anchor(NamedTuple):
    """A collection with a name that is not read to its end: what was counted when it began."""

    name: str
    depth: int
    nodes: int
    begin: int


class Composer:
    """Reads the events of one file into `documents` and `problems`.

    Indexes are characters of the whole text; an event counts from `_base`.
    """

    def __init__(self, source: Source, text: str, caps: Caps, words: Words) -> None:
        self.documents: list[Document] = []
        self.problems: list[Problem] = []
        self._source = source
        self._text = text
        self._caps = caps
        self._max_nodes = caps.nodes
        self._max_depth = caps.depth
        self._base = 0
        self._nodes = 0
        self._aliases = 0
        self._warnings = 0
        self._known = words
        self._may_hide = may_hide(source.data, text)
        self._is_tame = not self._may_hide and "&" not in text and "!" not in text
        self._key: str | None = None
        self._at = (0, 0, 1)  # a character, its byte, its line; only ever moved on
        self._begin(0)

    def read(self, events: Events, base: int) -> int | None:
        """Read up to the end or an error; after an error, where the next document begins."""
        self._base = base
        try:
            self._drive(events)
        except MarkedYAMLError as error:
            return self._syntax(error)
        except _Stop as stop:
            self.problems.append(stop.problem)
            return None if stop.is_final else self._next_document(stop.at)
        return None

    def _drive(self, events: Events) -> None:
        handlers: dict[type[Event], _Handler] = {
            ScalarEvent: self._scalar,
            MappingStartEvent: self._start_collection,
            MappingEndEvent: self._end_mapping,
            SequenceStartEvent: self._start_collection,
            SequenceEndEvent: self._end_sequence,
            AliasEvent: self._alias,
            DocumentStartEvent: self._start_document,
            DocumentEndEvent: self._end_document,
            StreamStartEvent: _ignore,
            StreamEndEvent: _ignore,
        }
        if self._is_tame:
            self._drive_tame(events, handlers)
            return
        while (event := events.get_event()) is not None:
            handlers[event.__class__](event)

    def _drive_tame(self, events: Events, handlers: Mapping[type[Event], _Handler]) -> None:
        """`_drive` for nearly all files: `_scalar` written out, without what can't be there."""
        next_event, known, new, most = events.get_event, self._known, _NEW, self._max_nodes
        current, key, left = self._current, self._key, most - self._nodes
        while (event := next_event()) is not None:
            if event.__class__ is not ScalarEvent:
                self._key, self._nodes = key, most - left
                handlers[event.__class__](event)
                current, key, left = self._current, self._key, most - self._nodes
                continue
            value = event.value
            if event.implicit[0] and (value := known.get(event.value, new)) is new:
                value = self._resolve(event)
            if current.__class__ is list:
                current.append(value)
            elif key is not None:
                current[key] = value
                key = None
            elif value.__class__ is str and value not in current:
                key = value
            else:
                key = self._odd_key(event, value)
            left -= 1
            if left < 0:
                raise self._stop(event, slips.too_many_nodes(self._caps), is_final=True)

    # --- documents --------------------------------------------------------------------------------

    def _begin(self, index: int) -> None:
        self._start = index
        self._current: Any = []
        self._stack: list[Any] = []
        self._key = None
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._open: list[_Anchor] = []
        self._repeats: list[tuple[int, Path]] = []
        self._misplaced: list[tuple[int, Path]] = []
        self._first_problem = len(self.problems)
        self._first_node = self._nodes

    def _start_document(self, event: DocumentStartEvent) -> None:
        self._begin(self._text.rfind("\n", 0, self._index(event)) + 1)
        self._nodes += _NODES_PER_DOCUMENT
        if self._nodes > self._max_nodes:
            raise self._stop(event, slips.too_many_nodes(self._caps), is_final=True)

    def _end_document(self, event: DocumentEndEvent) -> None:
        start, line = self._advance(self._start)
        assert event.end_mark is not None
        end, _ = self._advance(self._base + event.end_mark.index)
        is_whole = not any(map(_is_error, self.problems[self._first_problem :]))
        value = self._current[0]
        size = self._nodes - self._first_node
        document = Document(self._source, value, start, end, line, size, is_whole=is_whole)
        self.documents.append(document)
        if self._repeats or self._misplaced:
            self._complete_problems(document)

    def _complete_problems(self, document: Document) -> None:
        """Add the places that were behind the parser when the problem was found."""
        index = document.index()
        for number, path in self._repeats:
            if path in index.places:
                first = index.locate(path, on_key=True)
                self.problems[number] = replace(self.problems[number], related=(first,))
        for number, path in self._misplaced:
            place = index.locate(path)
            self.problems[number] = replace(self.problems[number], location=place)

    def _advance(self, index: int) -> tuple[int, int]:
        """The byte and the line of a character that is not before the last one asked for."""
        character, byte, line = self._at
        passed = self._text[character:index]
        self._at = (index, byte + len(passed.encode()), line + passed.count("\n"))
        return self._at[1:]

    def _next_document(self, index: int) -> int | None:
        if len(self.problems) >= MAX_PROBLEMS:
            return None
        found = _NEXT_DOCUMENT.search(self._text, index)
        return found.start() if found else None

    # --- values -----------------------------------------------------------------------------------

    def _scalar(self, event: ScalarEvent) -> None:
        if self._may_hide:
            self._check_characters(event)
        value = self._tagged(event) if event.tag is not None else event.value
        if event.tag is None and event.implicit[0]:
            value = self._resolve(event)
        if event.anchor is not None:
            weight = 1 + len(event.value) // _CHARACTERS_PER_NODE
            self._anchors[event.anchor] = (value, weight)
        if self._is_at_key and (value.__class__ is not str or value in self._current):
            value = self._odd_key(event, value)
        self._attach(event, value)

    def _check_characters(self, event: ScalarEvent) -> None:
        found = hidden_character(event.value)
        if self._is_at_key:
            found = found or next((each for each in event.value if each < " "), "")
            if found:
                self._report(event, slips.hidden_in_key(found))
        elif found:
            self._hidden_text(event, found)

    def _hidden_text(self, event: NodeEvent, found: str) -> None:
        if "\ud800" <= found <= "\udfff":
            self._report(event, slips.lone_surrogate(found))
        elif self._warnings < MAX_WARNINGS:
            self._warnings += 1
            self._report(event, slips.hidden_in_text(found))

    def _resolve(self, event: ScalarEvent) -> Any:
        text: str = event.value
        value = self._known.get(text, _NEW)
        if value is not _NEW:
            return value
        value = resolve(text)
        if isinstance(value, Refused):
            self._report(event, slips.refused_scalar(value))
            return text
        if len(text) <= _SHORT:
            self._known[text] = value
        return value

    def _tagged(self, event: ScalarEvent) -> Any:
        tag = event.tag or "!"
        if tag == "!":
            return event.value
        if tag not in CORE_TAGS:
            self._report(event, slips.foreign_tag(tag))
            return event.value
        value = resolve_as(tag, event.value)
        if isinstance(value, Refused):
            self._report(event, slips.refused_scalar(value))
            return event.value
        return value

    def _odd_key(self, event: ScalarEvent, key: Any) -> str:
        if key.__class__ is not str:
            self._report(event, slips.key_not_text(event.value or "null"))
            return str(event.value)
        path = (*self._path(), key)
        self._report(event, slips.repeated_key(key), path)
        self._repeats.append((len(self.problems) - 1, path))
        del self._current[key]  # the last key set is the one being read: `_path` relies on it
        return str(key)

    # --- collections ------------------------------------------------------------------------------

    def _start_collection(self, event: CollectionStartEvent) -> None:
        value: Any = {} if event.__class__ is MappingStartEvent else []
        if event.tag is not None and _COLLECTION_TAGS.get(event.tag) is not event.__class__:
            self._report(event, slips.foreign_tag(event.tag))
        self._attach(event, value)
        stack = self._stack
        stack.append(self._current)
        self._current = value
        if len(stack) > self._max_depth:
            raise self._stop(event, slips.too_deep(self._caps))
        if event.anchor is not None:
            self._anchors[event.anchor] = (_OPEN, 0)
            self._open.append(_Anchor(event.anchor, len(stack), self._nodes, self._index(event)))

    def _end_mapping(self, event: MappingEndEvent) -> None:
        if "<<" in self._current:
            self._merge(event)
        if self._open:
            self._close_anchor(event)
        self._current = self._stack.pop()

    def _end_sequence(self, event: SequenceEndEvent) -> None:
        if self._open:
            self._close_anchor(event)
        self._current = self._stack.pop()

    def _close_anchor(self, event: CollectionEndEvent) -> None:
        """Make the collection that ends repeatable, if it has a name."""
        if self._open[-1].depth == len(self._stack):
            anchor = self._open.pop()
            characters = self._index(event) - anchor.begin
            weight = 1 + self._nodes - anchor.nodes + characters // _CHARACTERS_PER_NODE
            self._anchors[anchor.name] = (self._current, weight)

    def _merge(self, event: MappingEndEvent) -> None:
        merged = self._current.pop("<<")
        several = merged if isinstance(merged, list) else [merged]
        if not all(isinstance(each, dict) for each in several):
            path = (*self._path(), "<<")
            self._report(event, slips.bad_merge(), path)
            self._misplaced.append((len(self.problems) - 1, path))
            return
        for each in several:
            for key, value in each.items():
                self._current.setdefault(key, value)

    def _alias(self, event: AliasEvent) -> None:
        assert event.anchor is not None
        value, weight = self._anchors.get(event.anchor, (_NEW, 0))
        if value is _NEW:
            raise self._stop(event, slips.undefined_alias(event.anchor))
        if value is _OPEN:
            raise self._stop(event, slips.recursive_anchor(event.anchor))
        self._aliases += 1
        self._nodes += weight
        if self._aliases > self._caps.aliases:
            raise self._stop(event, slips.too_many_aliases(self._caps), is_final=True)
        self._attach(event, value)

    def _attach(self, event: NodeEvent, value: Any) -> None:
        """Put a value or a key where the document stands."""
        self._nodes += 1
        if self._nodes > self._max_nodes:
            raise self._stop(event, slips.too_many_nodes(self._caps), is_final=True)
        current = self._current
        if current.__class__ is list:
            current.append(value)
        elif self._key is not None:
            current[self._key] = value
            self._key = None
        elif value.__class__ is str and value not in current:
            self._key = value
        else:
            raise self._stop(event, slips.key_not_text("that begins here"))

    @property
    def _is_at_key(self) -> bool:
        return self._current.__class__ is dict and self._key is None

    def _path(self) -> Path:
        """Where the open collection stands: each one around it holds the next as its last."""
        around = self._stack[1:]
        return tuple(
            len(each) - 1 if isinstance(each, list) else next(reversed(each)) for each in around
        )

    # --- problems ---------------------------------------------------------------------------------

    def _index(self, event: Event) -> int:
        assert event.start_mark is not None
        return self._base + event.start_mark.index

    def _place(self, index: int, path: Path = ()) -> Location:
        return locate_in(self._source.name, self._text, index, 1, path)

    def _report(self, event: Event, problem: Problem, path: Path = ()) -> None:
        self.problems.append(problem.at(self._place(self._index(event), path)))
        if len(self.problems) >= MAX_PROBLEMS:
            raise self._stop(event, slips.too_many_problems(MAX_PROBLEMS), is_final=True)

    def _stop(self, event: Event, problem: Problem, *, is_final: bool = False) -> _Stop:
        index = self._index(event)
        return _Stop(problem.at(self._place(index)), index, is_final=is_final)

    def _syntax(self, error: MarkedYAMLError) -> int | None:
        slip = explain(error, self._text, self._base)
        problem = slips.syntax(slip.summary, slip.cause, slip.remedy)
        related = () if slip.opened_at is None else (self._place(slip.opened_at),)
        self.problems.append(replace(problem, location=self._place(slip.index), related=related))
        return self._next_document(slip.index)


def _ignore(_: object) -> None:
    """The stream's own ends say nothing."""


def _is_error(problem: Problem) -> bool:
    return problem.severity is Severity.ERROR
