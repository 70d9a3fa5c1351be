"""Inside one facet: which of its parts differ, and how people spell the place.

Tokens are keys from the root of a folded spec; an element of a keyed list stands by its name:
`("scaling", "policies", "night", "maxSlots")`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.diff.deep import deep_differences
from reconciler.fields import UNORDERED, Field, FieldTable, Node
from reconciler.kinds import KindSpec, Spec
from reconciler.values import UNSEEN, Path

Tokens = tuple[str, ...]
Detail = tuple[Tokens, Any, Any]
"""(place, before, after)."""


def details(table: FieldTable, tokens: Tokens, have: Any, want: Any) -> Iterator[Detail]:
    """The smallest named parts of a facet that differ, in order of their places."""
    node: Node | None = table.root
    for token in tokens:
        node = node.child(token) if node is not None else None
    return _details(node, tokens, have, want)


def _details(node: Node | None, tokens: Tokens, have: Any, want: Any) -> Iterator[Detail]:
    if isinstance(have, Mapping) and isinstance(want, Mapping):
        yield from _in_object(node, tokens, have, want)
    elif isinstance(have, list | tuple) and isinstance(want, list | tuple):
        yield from _in_list(node, tokens, have, want)
    else:
        yield tokens, have, want


def _in_object(
    node: Node | None, tokens: Tokens, have: Mapping[str, Any], want: Mapping[str, Any]
) -> Iterator[Detail]:
    for key in sorted(have.keys() | want.keys()):
        one, other = have.get(key, UNSEEN), want.get(key, UNSEEN)
        if one != other:
            below = node.child(key) if node is not None else None
            yield from _details(below, (*tokens, key), one, other)


def _in_list(
    node: Node | None, tokens: Tokens, have: Sequence[Any], want: Sequence[Any]
) -> Iterator[Detail]:
    key = node.list_key if node is not None else None
    one, other = (_by_key(each, key) for each in (have, want))
    if one is None or other is None:
        yield from _unkeyed(tokens, have, want)
        return
    yield from _in_object(_element(node), tokens, one, other)
    is_ordered = node is None or node.row is None or node.row.compare is not UNORDERED
    if is_ordered and one.keys() == other.keys() and list(one) != list(other):
        yield tokens, list(one), list(other)


def _element(node: Node | None) -> Node | None:
    """A level whose every key leads to the element of a keyed list."""
    return None if node is None else Node(children={"*": node}, wildcards=(("", node),))


def _by_key(elements: Sequence[Any], key: str | None) -> dict[str, Any] | None:
    if key is None or not all(isinstance(each, Mapping) and key in each for each in elements):
        return None
    named = {str(each[key]): each for each in elements}
    return named if len(named) == len(elements) else None


def _unkeyed(tokens: Tokens, have: Sequence[Any], want: Sequence[Any]) -> Iterator[Detail]:
    if not any(isinstance(each, Mapping) for each in (*have, *want)):
        yield tokens, list(have), list(want)
        return
    for path, before, after in deep_differences(have, want):
        yield (*tokens, *(str(part) for part in path)), before, after


def row_of(table: FieldTable, tokens: Tokens) -> Field | None:
    """The nearest row at or above a place; what names an element is stepped over."""
    node: Node | None = table.root
    found: Field | None = None
    is_element = False
    for token in tokens:
        if is_element:
            is_element = False
            continue
        node = node.child(token) if node is not None else None
        if node is None:
            break
        found = node.row or found
        is_element = node.list_key is not None
    return found


def spell(kind: KindSpec, spec: Spec, tokens: Tokens) -> str:
    """A place as the manifest's author knows it: `requirements.cpu`, `scaling.policies[night]`."""
    if tokens[0] == "labels":
        return ".".join(("metadata", *tokens))
    node: Node | None = kind.table.root
    text, is_element = "", False
    for token in (str(part) for part in kind.spelled(spec, tokens)):
        if is_element:
            text, is_element = f"{text}[{token}]", False
            continue
        node = node.child(token) if node is not None else None
        text = f"{text}.{token}" if text else token
        is_element = node is not None and node.list_key is not None
    return text


def concrete_path(kind: KindSpec, spec: Spec, tokens: Tokens) -> Path:
    """The same place with list positions, as far as the spec has it."""
    node: Node | None = kind.table.root
    value: Any = spec
    path: list[str | int] = []
    for token in (str(part) for part in kind.spelled(spec, tokens)):
        if isinstance(value, Mapping):
            node = node.child(token) if node is not None else None
            step: str | int | None = token if token in value else None
        else:
            step = _position(value, node, token)
        if step is None:
            break
        path.append(step)
        value = value[step]
    return tuple(path)


def _position(elements: Any, node: Node | None, name: str) -> int | None:
    key = node.list_key if node is not None else None
    if key is None or not isinstance(elements, list | tuple):
        return None
    places = (n for n, each in enumerate(elements) if str(each.get(key)) == name)
    return next(places, None)


_STEP = re.compile(r"([^.\[\]]+)|\[([^\]]+)\]?")


def without(
    kind: KindSpec, desired: Mapping[str, Any], live: Mapping[str, Any], ignored: Sequence[str]
) -> dict[str, Any]:
    """`desired` with the live values at the ignored places, so that they never differ; formed."""
    result: Any = dict(desired)
    for path in ignored:
        result = _taken(kind.table.root, result, live, _tokens(kind, _folded_place(kind, path)))
    return kind.table.form(result)


def _folded_place(kind: KindSpec, path: str) -> str:
    """Where a field stands in the folded spec: a shared word is a whole element of its list."""
    row = kind.table.row(path)
    if row is None or _steps(row.remote)[0] == _steps(path)[0]:
        return path
    is_row = kind.table.root.child(_steps(row.remote)[0]) is not None
    return row.remote.partition("].")[0] if is_row else path


def _tokens(kind: KindSpec, place: str) -> Tokens:
    """The keys that lead to a place; those of a free-form object may hold dots."""
    head, *inner = _steps(place)
    node = kind.table.root.child(head)
    if not inner or node is None or not node.wildcards:
        return _steps(place)
    is_named = place.startswith(f"{head}[")
    return (head, ".".join(inner) if is_named else place[len(head) + 1 :])


def _steps(path: str) -> Tokens:
    return tuple(plain or element for plain, element in _STEP.findall(path))


def _taken(node: Node | None, want: Any, have: Any, tokens: Sequence[str]) -> Any:
    """`want` with the part at `tokens` as in `have`; a part neither side has changes nothing."""
    head, rest = tokens[0], tokens[1:]
    if isinstance(want, list | tuple):
        return _taken_element(node, want, have, tokens)
    if not isinstance(want, Mapping):
        return want
    below = node.child(head) if node is not None else None
    held = have.get(head, UNSEEN) if isinstance(have, Mapping) else UNSEEN
    part = held
    if rest:
        inside = want.get(head, UNSEEN)
        part = _taken(below, _begun(below, held) if inside is UNSEEN else inside, held, rest)
    if part is UNSEEN:
        return {key: each for key, each in want.items() if key != head}
    return {**want, head: part}


def _begun(node: Node | None, have: Any) -> Any:
    """What stands for a collection nobody wants: an empty one, where members stand alone."""
    if node is None or not (node.wildcards or node.list_key):
        return UNSEEN
    return {} if isinstance(have, Mapping) else [] if isinstance(have, list | tuple) else UNSEEN


def _taken_element(
    node: Node | None, want: Sequence[Any], have: Any, tokens: Sequence[str]
) -> list[Any]:
    key = node.list_key if node is not None else None
    one, other = _by_key(want, key), _by_key(have, key) if isinstance(have, list | tuple) else None
    if one is None:
        return list(want)
    taken = _taken(_element(node), one, other or {}, tokens)
    if tokens[0] in one or tokens[0] not in taken:
        return list(taken.values())
    rest = list(one.values())  # an element only the live side has stands where it stands there
    place = list(other or {}).index(tokens[0])
    return [*rest[:place], taken[tokens[0]], *rest[place:]]
