"""Resources written inside another one: each is read as if it were a document of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from reconciler.errors import Location, Problem
from reconciler.kinds import Inline, Kinds, KindSpec, Nature
from reconciler.manifest.layers import Layer, Layers, Places
from reconciler.manifest.shape import MAX_FINDINGS, Finding
from reconciler.manifest.words import describe
from reconciler.values import UNSEEN, Path, Tree, get_in

BESIDE = frozenset({"name", "labels", "lifecycle"})
"""Keys of an element that are not fields of its spec."""
OF_A_PART = frozenset({"name"})
"""The one of them that a part may have."""
_MATRIX = "matrix"

ElementsOf: TypeAlias = Callable[[Places, Path], Callable[[int], Places]]
"""The places of each element of a list in a document, by its number."""


@dataclass(frozen=True, slots=True)
class Inlined:
    """The places of a resource that is an element; paths are those it has as a document."""

    places: Places

    def locate(self, path: Path, *, on_key: bool = False) -> Location | None:
        return self.places.locate(_in_element(path), on_key=on_key)

    def index(self) -> Places:
        return Inlined(self.places.index())


def _in_element(path: Path) -> Path:
    match path:
        case ("metadata", "name" | "labels", *_) | ("spec", *_):
            return path[1:]
        case ("lifecycle" | "matrix", *_):
            return path
        case _:
            return ()


@dataclass(frozen=True, slots=True)
class Inside:
    """One element as it is written, which may be anything."""

    kind: KindSpec
    inline: Inline
    element: Any
    places: Inlined

    def slips(self) -> Iterator[Finding]:
        """What is wrong with it as an element; the rest is found as in any document."""
        if not isinstance(self.element, Mapping):
            yield Finding((), _not_an_object(self.inline, self.element))
            return
        reference = self.inline.reference
        if reference in self.element:
            yield Finding(("spec", reference), _says_where_it_stands(reference), on_key=True)
        if _MATRIX in self.element:
            yield Finding((_MATRIX,), _no_matrix(self.kind), on_key=True)

    def as_document(self, provider: str | None, name: str) -> Layer:
        """The document it stands for, inside the resource of that provider and name."""
        apart = {*BESIDE, self.inline.reference, _MATRIX}
        spec = {key: each for key, each in self.element.items() if key not in apart}
        spec[self.inline.reference] = name
        metadata = {key: self.element[key] for key in ("name", "labels") if key in self.element}
        tree: Tree = {
            "apiVersion": self.kind.api_version,
            "kind": self.kind.kind,
            "metadata": {**metadata, "provider": provider},
            "spec": spec,
        }
        if "lifecycle" in self.element:
            tree["lifecycle"] = self.element["lifecycle"]
        return Layer(tree, self.places)


@dataclass(frozen=True, slots=True)
class Taken:
    """What is said of a resource itself, and what stands inside it."""

    layers: Layers
    inside: tuple[Inside, ...] = ()
    findings: tuple[Finding, ...] = ()


def take_out(kind: KindSpec, layers: Layers, kinds: Kinds, elements_of: ElementsOf) -> Taken:
    """A resource without the lists of other resources that its kind may have in its spec.

    A list of its own parts stays.
    """
    own, inside, findings = layers, list[Inside](), list[Finding]()
    for inline in kind.inline:
        path: Path = ("spec", inline.path)
        said = get_in(layers.merged(), path)
        if said is UNSEEN:
            continue
        child = kinds[inline.kind]
        is_list = isinstance(said, list)
        own = own if is_list and child.nature is Nature.PART else own.without(path)
        if not is_list:
            findings += [] if said is None else [Finding(path, _not_a_list(inline, said))]
            continue
        places = elements_of(layers.said_by(path).places, path)
        inside += [
            Inside(child, inline, each, Inlined(places(number))) for number, each in _worth(said)
        ]
    return Taken(own, tuple(inside), tuple(findings))


def _worth(said: list[Any]) -> Iterator[tuple[int, Any]]:
    """The elements with their numbers; of those that are no objects only so many are told."""
    strange = 0
    for number, each in enumerate(said):
        strange += not isinstance(each, Mapping)
        if strange <= MAX_FINDINGS or isinstance(each, Mapping):
            yield number, each


def _not_a_list(inline: Inline, said: Any) -> Problem:
    return Problem(
        code="M204",
        summary=f"'{inline.path}' has to be a list",
        cause=f"it is {describe(said)}",
        remedy="write a list of objects, each with a name",
    )


def _not_an_object(inline: Inline, said: Any) -> Problem:
    return Problem(
        code="M204",
        summary=f"an element of '{inline.path}' has to be an object",
        cause=f"it is {describe(said)}",
        remedy="write an object with a name",
    )


def _says_where_it_stands(reference: str) -> Problem:
    return Problem(
        code="M216",
        summary=f"'{reference}' is known from where this stands",
        cause=f"what stands inside a {reference} belongs to it and to no other",
        remedy="remove it",
    )


def _no_matrix(kind: KindSpec) -> Problem:
    return Problem(
        code="M217",
        summary="a matrix can't stand in an element of a list",
        cause="a matrix makes several documents of one",
        remedy=f"write it as a document of kind {kind.kind}",
    )
