"""Parts: what is written as a document or an element, and is an element of the whole it names."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from reconciler.address import Address
from reconciler.errors import Location, Problem
from reconciler.kinds import Inline, Kinds, KindSpec, Nature
from reconciler.manifest.drafts import Draft
from reconciler.manifest.layers import Layer, Places
from reconciler.manifest.refs import Directory, container_field, split_name
from reconciler.manifest.shape import Finding
from reconciler.values import UNSEEN, Path, Tree, get_in


def whole_of(draft: Draft) -> Address | None:
    """What a part belongs to, declared or not; `None` of one that does not say, and of others."""
    if not draft.is_part:
        return None
    field, (container, _) = container_field(draft.kind), split_name(draft.address)
    if field is None or not container:
        return None
    return Address(draft.address.provider, field.kind.rpartition("/")[2].lower(), container)


def lost(part: Draft, directory: Directory, *, is_valid: bool) -> Iterator[Finding]:
    """Why a part can't be an element of anything; of one that is not `is_valid`, what it names."""
    field, whole = container_field(part.kind), whole_of(part)
    path: Path = ("spec", *field.path.split(".")) if field is not None else ("spec",)
    problem = directory.missing_whole(whole) if whole is not None else None
    if whole is None and is_valid:
        problem = _belongs_nowhere(part)
    if problem is not None:
        yield Finding(path, problem)


def _belongs_nowhere(part: Draft) -> Problem:
    return Problem(
        code="M308",
        summary=f"a {part.kind.kind} has to be part of something",
        cause="it does not name a resource of these manifests that it belongs to",
        remedy="name one that is declared",
    )


# --- the whole ------------------------------------------------------------------------------------


def wholes(drafts: Iterable[Draft], wrong: Collection[Address], kinds: Kinds) -> list[Draft]:
    """The resources among `drafts`, each with all its parts: those at `wrong` have slips.

    Elements of the list stand first, as they are written; then documents, sorted by name.
    """
    own, parts = list[Draft](), dict[Address, list[Draft]]()
    for draft in drafts:
        whole = whole_of(draft)
        if whole is not None:
            parts.setdefault(whole, []).append(draft)
        elif not draft.is_part:
            own.append(draft)
    return [_whole(each, parts.get(each.address, ()), wrong, kinds) for each in own]


def _whole(draft: Draft, parts: Sequence[Draft], wrong: Collection[Address], kinds: Kinds) -> Draft:
    for inline in _lists_of_parts(draft.kind, kinds):
        path: Path = ("spec", inline.path)
        draft = replace(draft, part_lists=draft.part_lists | {path})
        elements = _in_order(each for each in parts if each.kind.id == inline.kind)
        if elements or get_in(draft.layers.merged(), path) is not UNSEEN:
            tree: Tree = {"spec": {inline.path: [_element(each, inline) for each in elements]}}
            places = tuple(each.layers.only_needed() for each in elements)
            known = PartPlaces(path, len(places), places.__getitem__, draft.layers)
            slips = {(*path, n) for n, each in enumerate(elements) if each.address in wrong}
            layers = draft.layers.under(Layer(tree, known))
            draft = replace(draft, layers=layers, wrong_parts=draft.wrong_parts | slips)
    return draft


def untold(draft: Draft, findings: Iterable[Finding], *, is_complete: bool) -> tuple[Finding, ...]:
    """Findings less those that a part has told, or that parts which could not be read explain."""
    told = draft.wrong_parts if is_complete else draft.wrong_parts | draft.part_lists
    return tuple(each for each in findings if each.path[:3] not in told)


def _lists_of_parts(kind: KindSpec, kinds: Kinds) -> Iterator[Inline]:
    return (each for each in kind.inline if kinds[each.kind].nature is Nature.PART)


def _in_order(parts: Iterable[Draft]) -> list[Draft]:
    return sorted(parts, key=lambda each: "" if each.beside else each.address.name)


def _element(part: Draft, inline: Inline) -> Tree:
    tree = part.layers.merged()
    spec = {key: each for key, each in tree["spec"].items() if key != inline.reference}
    return {"name": tree["metadata"]["name"], **spec}


# --- places ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PartPlaces:
    """The places of a whole's list at `path`: each element's are where that part is written.

    `places_of` knows them by the element's number, up to `count`; `around` knows all else.
    """

    path: Path
    count: int
    places_of: Callable[[int], Places]
    around: Places

    def locate(self, path: Path, *, on_key: bool = False) -> Location | None:
        depth = len(self.path)
        if path[:depth] != self.path or len(path) == depth:
            return self.around.locate(path, on_key=on_key)
        number = path[depth]
        if not isinstance(number, int) or not 0 <= number < self.count:
            return self.around.locate(self.path)
        return self.places_of(number).locate(_in_document(path[depth + 1 :]), on_key=on_key)

    def index(self) -> Places:
        return PartPlaces(
            self.path,
            self.count,
            functools.cache(lambda number: self.places_of(number).index()),
            self.around.index(),
        )


def _in_document(path: Path) -> Path:
    """Where a part's document has what its element has at `path`."""
    match path:
        case ():
            return ()
        case ("name", *_):
            return ("metadata", *path)
        case _:
            return ("spec", *path)
