"""Documents -> drafts: which resources there are, each with all that is said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from reconciler.address import Address, is_name
from reconciler.errors import Problem
from reconciler.kinds import Kinds, KindSpec, Nature
from reconciler.manifest.check import Checker
from reconciler.manifest.defaults import Defaults
from reconciler.manifest.elements import elements_of
from reconciler.manifest.expand import expand, too_many
from reconciler.manifest.inline import BESIDE, OF_A_PART, Inside, take_out
from reconciler.manifest.layers import Layer, Layers, Places
from reconciler.manifest.locate import Document
from reconciler.manifest.overlays import Overlays
from reconciler.manifest.refs import container_field, name_in, provider_of
from reconciler.manifest.shape import Finding
from reconciler.manifest.tell import Told
from reconciler.settings import Workspace
from reconciler.values import Path, get_in

_SHARE = 3  # of the values a file may hold, the share that one resource may

_Identity: TypeAlias = Address | tuple[Finding, ...]
"""Whose a resource is; or why that is not known, beside what a check of it tells."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A resource whose kind and address are known, and nothing else.

    `beside` are the keys that may stand among the fields of its spec where it is written: there are
    some where it is written inside another resource. `part_lists` are the lists that hold its
    parts, `wrong_parts` their elements whose slips are told by themselves.
    """

    kind: KindSpec
    address: Address
    layers: Layers
    is_whole: bool
    file: str
    beside: frozenset[str] = frozenset()
    part_lists: frozenset[Path] = frozenset()
    wrong_parts: frozenset[Path] = frozenset()

    @property
    def is_part(self) -> bool:
        return self.kind.nature is Nature.PART


class Drafter:
    """Reads documents; `is_complete` until the address of something could not be told."""

    def __init__(
        self, workspace: Workspace, kinds: Kinds, checker: Checker, told: Told, overlays: Overlays
    ) -> None:
        self._workspace = workspace
        self._kinds = kinds
        self._checker = checker
        self._told = told
        self._overlays = overlays
        self._defaults = Defaults(workspace, kinds)
        self._elements: tuple[Places, Path, Callable[[int], Places]] | None = None
        self.is_complete = True

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the workspace's defaults."""
        return self._defaults.problems

    def drafts(self, document: Document) -> Iterator[Draft]:
        """The resources that a document declares; what is wrong with the others is told."""
        for tree in self._trees(document):
            kind = self._checker.kind_of(tree)
            if isinstance(kind, Finding):
                self.is_complete = False
                self._tell(document, (kind,), document)
            else:
                yield from self._family(kind, Layer(tree, document), document)

    # --- trees ------------------------------------------------------------------------------------

    def _trees(self, document: Document) -> tuple[Any, ...]:
        value = document.value
        too_large = self._too_large(document)
        if too_large:
            self.is_complete = False
            self._tell(document, too_large, document)
            return ()
        if not document.has_expressions and not (isinstance(value, dict) and "matrix" in value):
            return (value,)
        expanded = expand(value, self._workspace.vars, self._workspace.caps)
        findings = expanded.findings or self._flood(value, len(expanded.trees))
        self.is_complete = self.is_complete and not findings
        self._tell(document, findings, document)
        return expanded.trees if findings == expanded.findings else ()

    def _flood(self, value: Any, combinations: int) -> tuple[Finding, ...]:
        """A matrix counts what stands inside its resources as well."""
        count = combinations * (1 + sum(len(said) for _, said in self._lists(value)))
        most = self._workspace.caps.matrix
        return (too_many(count, most),) if combinations > 1 and count > most else ()

    def _too_large(self, document: Document) -> tuple[Finding, ...]:
        """Of a document and the resources inside it, each may be as large as any other."""
        most = self._workspace.caps.nodes // _SHARE
        if document.size <= most:
            return ()
        sizes = {
            (*path, number): _size(element)
            for path, said in self._lists(document.value)
            for number, element in enumerate(said)
        }
        sizes[()] = document.size - sum(sizes.values())
        return tuple(Finding(at, _too_large(size)) for at, size in sizes.items() if size > most)

    def _lists(self, value: Any) -> Iterator[tuple[Path, Sequence[Any]]]:
        """The lists of other resources in a document."""
        kind = self._checker.kind_of(value)
        for inline in kind.inline if isinstance(kind, KindSpec) else ():
            path: Path = ("spec", inline.path)
            said = get_in(value, path)
            if isinstance(said, list):
                yield path, said

    # --- resources --------------------------------------------------------------------------------

    def _family(self, kind: KindSpec, own: Layer, document: Document) -> Iterator[Draft]:
        """A resource and those inside it."""
        layers = self._defaults.under(kind, own)
        identity = self._identity(kind, layers)
        if isinstance(identity, Address):
            layers = self._overlaid(kind, identity, layers, document)
        taken = take_out(kind, layers, self._kinds, self._elements_of)
        self.is_complete = self.is_complete and not taken.findings
        self._tell(document, taken.findings, layers, kind)
        yield from self._draft(kind, identity, taken.layers, document)
        for inside in taken.inside:
            yield from self._inner(inside, identity, document)

    def _inner(self, inside: Inside, around: _Identity, document: Document) -> Iterator[Draft]:
        kind = inside.kind
        keys = OF_A_PART if kind.nature is Nature.PART else BESIDE
        self._tell(document, tuple(inside.slips()), inside.places, kind)
        if not isinstance(inside.element, Mapping):
            self.is_complete = False
            return
        if not isinstance(around, Address):
            layers = self._defaults.under(kind, inside.as_document(None, kind.slug))
            yield from self._draft(kind, (), layers, document, keys)
            return
        layers = self._defaults.under(kind, inside.as_document(around.provider, around.name))
        identity = self._identity(kind, layers)
        if isinstance(identity, Address):
            layers = self._overlaid(kind, identity, layers, document)
        yield from self._draft(kind, identity, layers, document, keys)

    def _draft(
        self,
        kind: KindSpec,
        identity: _Identity,
        layers: Layers,
        document: Document,
        beside: frozenset[str] = frozenset(),
    ) -> Iterator[Draft]:
        if isinstance(identity, Address):
            file, is_whole = document.source.name, document.is_whole
            yield Draft(kind, identity, layers, is_whole, file, beside)
        else:
            self.is_complete = False
            slips = self._checker.findings(kind, layers.merged(), beside)
            self._tell(document, (*identity, *slips), layers, kind)

    def _identity(self, kind: KindSpec, layers: Layers) -> _Identity:
        merged = layers.merged()
        name = get_in(merged, ("metadata", "name"))
        if not isinstance(name, str) or not is_name(name):
            return ()
        wanted = get_in(merged, ("metadata", "provider"))
        provider = provider_of(kind, wanted if isinstance(wanted, str) else None, self._workspace)
        if isinstance(provider, Finding):
            return (provider,)
        return Address(provider, kind.slug, name_in(kind, merged.get("spec"), name))

    def _overlaid(
        self, kind: KindSpec, address: Address, layers: Layers, document: Document
    ) -> Layers:
        overlaid = self._overlays.on(address, layers)
        if overlaid is not layers:
            self._tell(document, tuple(_moved(kind, address, overlaid)), overlaid, kind)
        return overlaid

    def _elements_of(self, places: Places, path: Path) -> Callable[[int], Places]:
        """As `elements_of`; those of the last list are kept for a matrix."""
        last = self._elements
        if last is None or last[0] is not places or last[1] != path:
            last = self._elements = (places, path, elements_of(places, path))
        return last[2]

    def _tell(
        self,
        document: Document,
        findings: tuple[Finding, ...],
        places: Places,
        kind: KindSpec | None = None,
    ) -> None:
        self._told.add_all(document.source.name, findings, places, kind)


def _moved(kind: KindSpec, address: Address, layers: Layers) -> Iterator[Finding]:
    """An overlay is found by the address, so it can't change what the address rests on."""
    field = container_field(kind)
    if field is None:
        return
    name = address.name.rpartition("/")[2]
    now = name_in(kind, layers.merged().get("spec"), name)
    if now != address.name:
        path: Path = ("spec", *field.path.split("."))
        yield Finding(path, _moved_by_overlay(address, field.path, now))


def _moved_by_overlay(address: Address, field: str, now: str) -> Problem:
    return Problem(
        code="M412",
        summary=f"an overlay can't change '{field}'",
        cause=f"{address} would be {now[:200]}, for which this overlay is not",
        remedy="remove it there, and change the manifest",
    )


def _size(value: Any) -> int:
    """As `Document.size`, of a part: keys count as well."""
    match value:
        case dict():
            return 1 + len(value) + sum(map(_size, value.values()))
        case list():
            return 1 + sum(map(_size, value))
        case _:
            return 1


def _too_large(size: int) -> Problem:
    return Problem(
        code="M213",
        summary=f"the resource is too large: it holds {size} values",
        cause="a cap keeps hostile or broken files from using up the machine",
        remedy="split it, or raise spec.caps.nodes in reconciler.yaml",
    )
