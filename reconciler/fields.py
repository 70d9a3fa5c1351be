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
    is_texts = set(map(type, value)) <= _TEXTS
    return sorted(value) if is_texts else sorted(value, key=canonical)


def _quantity(read: Callable[[str], Json]) -> Callable[[Any], Any]:
    def form(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return read(value)
        except NotAQuantity:
            return value

    return form


_TEXTS = frozenset({str})
_LISTS = (list, tuple)

EXACT = Compare("exact", lambda value: value)
UNORDERED = Compare("unordered", _unordered)
CASELESS = Compare("caseless", lambda value: value.lower() if isinstance(value, str) else value)
CASELESS_SET = Compare("unordered, caseless", lambda value: sorted(each.lower() for each in value))
DURATION = Compare("duration in seconds", _quantity(duration_s))
MEMORY = Compare("memory in MiB", _quantity(memory_mib))
CLOCK = Compare("time of day", _quantity(clock_time))
TEXT = Compare("text", lambda value: str(value) if isinstance(value, int) else value)
SPARSE = Compare(
    "members that are null, false, zero or empty count as unset",
    lambda value: {key: each for key, each in value.items() if each},
)


@dataclass(frozen=True, slots=True)
class Field:
    """One row. `default` is what the vendor holds when nothing is said, in base units.

    `None` means that no default is known: such a field may not be dropped from a manifest. An empty
    text, list or object is the default of a field that is simply absent. `remote` names the
    vendor's field, `source` where the vendor says so.
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
    """One level of a table, as a tree: `children` by key, `*` for any, `PREFIX*` for some keys."""

    row: Field | None = None
    children: dict[str, Node] = field(default_factory=dict)
    list_key: str | None = None
    """The key that names an element, when the value is a list of objects."""
    wildcards: tuple[tuple[str, Node], ...] = ()
    """(prefix, node), the longest prefix first."""
    default: Json = None
    """The row's, at hand where every value passes."""
    form: Callable[[Any], Any] | None = None
    """How a value here is written to be compared; `None` where it is compared as it stands."""

    def child(self, key: str) -> Node | None:
        """The level below for `key`, if the table knows one."""
        found = self.children.get(key)
        return found if found is not None else self.by_prefix(key)

    def by_prefix(self, key: str) -> Node | None:
        """The level below for a `key` that no row names."""
        for prefix, node in self.wildcards:
            if key.startswith(prefix):
                return node
        return None


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
        """The spec as it is compared: amounts in base units, sets sorted, defaults left out.

        The input is not changed, and may share values with what is returned.
        `form(form(x)) == form(x)`.
        """
        return _form_object(self.root, spec)


def _tree(rows: tuple[Field, ...]) -> Node:
    root = Node()
    for row in rows:
        node = root
        for key, list_key in split_path(row.path):
            node = node.children.setdefault(key, Node())
            node.list_key = list_key or node.list_key
        node.row = row
    _finish(root)
    return root


def _finish(node: Node) -> None:
    prefixes = (key[:-1] for key in node.children if key.endswith("*"))
    node.wildcards = tuple(
        (prefix, node.children[prefix + "*"])
        for prefix in sorted(prefixes, key=lambda prefix: (-len(prefix), prefix))
    )
    node.default = node.row.default if node.row is not None else None
    node.form = _form_of(node)
    for below in node.children.values():
        _finish(below)


def _form_of(node: Node) -> Callable[[Any], Any] | None:
    own = _own_form(node)
    if not node.children:
        return own

    def form(value: Any) -> Any:
        if isinstance(value, _LISTS):
            value = [_form_object(node, each) for each in value]
        elif type(value) is dict or isinstance(value, Mapping):
            value = _form_object(node, value)
        return value if own is None else own(value)

    return form


def _own_form(node: Node) -> Callable[[Any], Any] | None:
    """What the row alone asks of a value whose parts have their form."""
    if node.row is None or node.row.compare is EXACT:
        return None
    key = node.list_key
    if node.row.compare is UNORDERED and key:
        return lambda value: _sorted_by(key, value)
    return node.row.compare.form


def _sorted_by(key: str, elements: Any) -> list[Any]:
    """Elements in the order of their names; those of one name in that of their canonical form."""
    names = {str(each.get(key)) for each in elements}
    if len(names) == len(elements):
        return sorted(elements, key=lambda each: str(each.get(key)))
    return sorted(elements, key=lambda each: (str(each.get(key)), canonical(each)))


def _form_object(node: Node, value: Mapping[str, Any]) -> dict[str, Any]:
    formed, children = {}, node.children
    for key, each in value.items():
        if each is None:
            continue
        below = children.get(key) or node.by_prefix(key)
        if below is None:
            formed[key] = each
            continue
        one = each if below.form is None else below.form(each)
        if below.default is None or one != below.default:
            formed[key] = one
    return formed
