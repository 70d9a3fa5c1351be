"""What the chosen environment changes of resources that are declared elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from reconciler.address import Address
from reconciler.errors import Problem, UserError
from reconciler.manifest.envelope import Overlay
from reconciler.manifest.expand import substitute
from reconciler.manifest.layers import Layer, Layers
from reconciler.manifest.locate import Document
from reconciler.manifest.nearest import suggest
from reconciler.manifest.shape import Finding, Shape
from reconciler.settings import Workspace
from reconciler.values import Path

_ADDRESS: Path = ("address",)
_MOST_SUGGESTIONS = 20
_Folded = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Overlays:
    """The overlays of one environment, by the address they are for."""

    layers: dict[_Folded, tuple[Address, Layer]]
    problems: tuple[Problem, ...]

    def on(self, address: Address, layers: Layers) -> Layers:
        """The layers of a resource, with its overlay on top if it has one."""
        found = self.layers.get(address.folded)
        return layers if found is None else layers.under(found[1])

    def unused(self, addresses: Sequence[Address]) -> Iterator[Problem]:
        """Overlays for what is not declared."""
        declared = {each.folded for each in addresses}
        unknown = [each for folded, each in self.layers.items() if folded not in declared]
        for number, (address, layer) in enumerate(unknown):
            names = [str(each) for each in addresses] if number < _MOST_SUGGESTIONS else []
            problem = Problem(
                code="M410",
                summary=f"the overlay is for {str(address)[:200]}, which is not declared",
                cause="an overlay changes a resource of the manifests",
                remedy=suggest(str(address), names, otherwise="mend the address, or remove it"),
            )
            yield problem.at(layer.places.locate(_ADDRESS))


def read_overlays(documents: Iterable[Document], workspace: Workspace) -> Overlays:
    """The overlays that `documents` hold, and what is wrong with those that can't be used."""
    shape = Shape(Overlay)
    layers: dict[_Folded, tuple[Address, Layer]] = {}
    problems: list[Problem] = []
    for document in documents:
        overlay = _overlay(document, workspace, shape)
        if not isinstance(overlay, tuple):
            problems += overlay
            continue
        address, _ = overlay
        first = layers.setdefault(address.folded, overlay)
        if first is not overlay:
            problems.append(_twice(address, document, first[1]))
    return Overlays(layers, tuple(problems))


def _overlay(
    document: Document, workspace: Workspace, shape: Shape
) -> tuple[Address, Layer] | list[Problem]:
    value = document.value
    if document.has_expressions:
        expanded = substitute(value, workspace.vars)
        if expanded.findings:
            return _placed(expanded.findings, document)
        value = expanded.trees[0]
    if not shape.accepts(value):
        return _placed(shape.findings(value), document)
    try:
        address = Address.parse(value["address"])
    except UserError as error:
        return [each.at(document.locate(_ADDRESS)) for each in error.problems]
    tree = {key: each for key, each in value.items() if key != "address" and each is not None}
    return address, Layer(tree, document)


def _placed(findings: Iterable[Finding], document: Document) -> list[Problem]:
    index = document.index()
    return [each.problem.at(index.locate(each.path, on_key=each.on_key)) for each in findings]


def _twice(address: Address, document: Document, first: Layer) -> Problem:
    problem = Problem(
        code="M411",
        summary=f"there are two overlays for {address}",
        cause="the names of files must not decide which one counts",
        remedy="join them into one document",
        address=str(address),
        location=document.locate(_ADDRESS),
    )
    other = first.places.locate(_ADDRESS)
    return replace(problem, related=(other,) if other is not None else ())
