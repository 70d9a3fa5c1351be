"""The one table's type: a row per field says who sets it, how it compares and what a change means.

A row's path is written as in the manifest's `spec`: `scaling.policies[name].maxSlots` is a field of
each element of a list whose elements are told apart by `name`; `constants.*` is any key of an
object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from reconciler.quantities import NotAQuantity, clock_time, duration_s, memory_mib
from reconciler.values import Json, Path, canonical


class Mutability(StrEnum):
    """What a change of a field asks for."""

    WORK = "work"
    IN_PLACE = "in_place"
    NEXT_RUN = "next_run"
    REPLACE = "replace"
    AT_NEXT_CREATE = "at_next_create"
    FIXED = "fixed"


class SetBy(StrEnum):
    """`EITHER`: the vendor's own value stands until a manifest sets one."""

    USER = "user"
    VENDOR = "vendor"
    EITHER = "either"


@dataclass(frozen=True, slots=True)
class Compare:
    """How two values of a field are held against each other: by equality of their `form`."""

    name: str
    form: Callable[[Any], Any]


def _unordered(value: Any) -> Any:
    return sorted(value, key=canonical) if isinstance(value, list | tuple) else value


def _quantity(read: Callable[[str], Json]) -> Callable[[Any], Any]:
    def form(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return read(value)
        except NotAQuantity:
            return value

    return form


EXACT = Compare("exact", lambda value: value)
UNORDERED = Compare("unordered", _unordered)
CASELESS = Compare("caseless", lambda value: value.lower() if isinstance(value, str) else value)
CASELESS_LIST = Compare("caseless list", lambda value: [each.lower() for each in value])
DURATION = Compare("duration in seconds", _quantity(duration_s))
MEMORY = Compare("memory in MiB", _quantity(memory_mib))
CLOCK = Compare("time of day", _quantity(clock_time))
PRESENCE = Compare("only whether it is set", lambda value: value or None)


@dataclass(frozen=True, slots=True)
class Field:
    """One row. `default` is what the vendor holds when nothing is said; `None` when it has none.

    `remote` names the vendor's field, `source` where the vendor says so.
    """

    path: str
    remote: str
    mutability: Mutability
    set_by: SetBy = SetBy.USER
    compare: Compare = EXACT
    default: Json = None
    unit: str = ""
    secret: bool = False
    doc: str = ""
    source: str = ""


@dataclass(slots=True)
class Node:
    """One level of a table, as a tree: `children` by key, `*` for any key."""

    row: Field | None = None
    children: dict[str, Node] = field(default_factory=dict)
    list_key: str | None = None
    """The key that names an element, when the value is a list of objects."""
    defaults: tuple[tuple[str, Json], ...] = ()

    def child(self, key: str) -> Node | None:
        return self.children.get(key) or self.children.get("*")


def split_path(path: str) -> tuple[tuple[str, str | None], ...]:
    """`policies[name].maxSlots` as `(("policies", "name"), ("maxSlots", None))`."""
    parts: list[tuple[str, str | None]] = []
    for part in path.split("."):
        key, _, rest = part.partition("[")
        parts.append((key, rest[:-1] if rest else None))
    return tuple(parts)


class FieldTable:
    """The rows of one kind; every other room asks here, and nowhere else, what a field is."""

    __slots__ = ("_by_path", "root", "rows")

    def __init__(self, *rows: Field) -> None:
        self.rows = rows
        self._by_path = {row.path: row for row in rows}
        if len(self._by_path) != len(rows):
            raise ValueError("two rows of one path")
        self.root = _tree(rows)

    def __iter__(self) -> Iterator[Field]:
        return iter(self.rows)

    def row(self, path: str) -> Field | None:
        """The row written exactly so."""
        return self._by_path.get(path)

    def row_at(self, path: Path) -> Field | None:
        """The nearest row at or above a place; list positions stand for their elements."""
        node, found = self.root, None
        for part in path:
            if isinstance(part, int):
                continue
            below = node.child(part)
            if below is None:
                break
            node, found = below, below.row or found
        return found

    def form(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """The spec as it is compared: defaults filled in, amounts in base units, sets sorted.

        The input is not changed. `form(form(x)) == form(x)`.
        """
        formed = _form(self.root, spec)
        assert isinstance(formed, dict)
        return formed


def _tree(rows: tuple[Field, ...]) -> Node:
    root = Node()
    for row in rows:
        node = root
        for key, list_key in split_path(row.path):
            node = node.children.setdefault(key, Node())
            node.list_key = list_key or node.list_key
        node.row = row
    _set_defaults(root)
    return root


def _set_defaults(node: Node) -> None:
    node.defaults = tuple(
        (key, below.row.default)
        for key, below in node.children.items()
        if below.row is not None and below.row.default is not None
    )
    for below in node.children.values():
        _set_defaults(below)


def _form(node: Node, value: Any) -> Any:
    if node.children and isinstance(value, Mapping):
        value = _form_object(node, value)
    elif node.children and isinstance(value, list | tuple):
        value = [_form_object(node, each) for each in value if isinstance(each, Mapping)]
    return node.row.compare.form(value) if node.row is not None else value


def _form_object(node: Node, value: Mapping[str, Any]) -> dict[str, Any]:
    formed = {}
    for key, each in value.items():
        if each is not None:
            below = node.children.get(key) or node.children.get("*")
            formed[key] = each if below is None else _form(below, each)
    for key, default in node.defaults:
        if key not in formed:
            formed[key] = default
    return formed
