"""From names to addresses: providers, references, duplicates, renames, circles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.address import Address
from reconciler.errors import PlanRefused, Problem
from reconciler.fields import split_path
from reconciler.graph import waves
from reconciler.kinds import KindSpec, ReferenceField
from reconciler.manifest.nearest import did_you_mean, suggest
from reconciler.manifest.shape import Finding
from reconciler.model import Ref, Resource
from reconciler.settings import Workspace
from reconciler.values import Path

_MOST_SUGGESTIONS = 20  # looking for near names costs more than all the rest of a check


def provider_of(kind: KindSpec, name: str | None, workspace: Workspace) -> str | Finding:
    """The provider a resource belongs to: the one named, or the vendor's only one."""
    path: Path = ("metadata", "provider")
    if name is None:
        fitting = [each.name for each in workspace.providers.values() if each.type == kind.vendor]
        if len(fitting) == 1:
            return fitting[0]
        return Finding(path, _which_provider(kind, fitting))
    config = workspace.providers.get(name)
    if config is None:
        return Finding(path, _unknown_provider(name, workspace))
    if config.type != kind.vendor:
        return Finding(path, _foreign_provider(kind, name, config.type))
    return name


def references_of(kind: KindSpec, provider: str, spec: Mapping[str, Any]) -> tuple[Ref, ...]:
    """Every reference of a spec; its target may turn out not to be there."""
    return tuple(
        _reference(kind, provider, each, path, value)
        for each in kind.references
        for path, value in _values_at(spec, split_path(each.path))
    )


def _reference(kind: KindSpec, provider: str, field: ReferenceField, path: Path, value: Any) -> Ref:
    target = field.kind if "/" in field.kind else f"{kind.vendor}/{field.kind}"
    if isinstance(value, Mapping):
        return Ref(path, target, existing=value["existing"])
    slug = target.rpartition("/")[2].lower()
    return Ref(path, target, target=Address(provider, slug, value))


def _values_at(
    value: Any, parts: tuple[tuple[str, str | None], ...], path: Path = ()
) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _values_at(each, parts, (*path, number))
    elif not parts:
        if value is not None:
            yield path, value
    elif isinstance(value, Mapping) and parts[0][0] in value:
        key = parts[0][0]
        yield from _values_at(value[key], parts[1:], (*path, key))


class Directory:
    """All addresses that are declared, also by resources that are wrong otherwise."""

    def __init__(self, addresses: Iterable[Address], *, is_complete: bool) -> None:
        self._addresses = frozenset(addresses)
        self._is_complete = is_complete
        self._suggestions = 0

    def findings(self, resource: Resource) -> Iterator[Finding]:
        """References that lead nowhere, and a rename from what is still there."""
        for ref in resource.references:
            if ref.target is not None and ref.target not in self._addresses:
                yield Finding(("spec", *ref.path), self._missing(ref.target))
        old = resource.lifecycle.renamed_from
        address = resource.address
        if old is not None and Address(address.provider, address.kind, old) in self._addresses:
            yield Finding(("lifecycle", "renamedFrom"), _still_there(old))

    def _missing(self, target: Address) -> Problem:
        cause = f"references stay inside one provider, and {target.provider} declares no such one"
        if not self._is_complete:
            cause += " (a file that could not be read may hold it)"
        return Problem(
            code="M301",
            summary=f"there is no {target.kind} '{target.name[:80]}'",
            cause=cause,
            remedy=self._remedy(target),
        )

    def _remedy(self, target: Address) -> str:
        otherwise = f"declare it, or write {{existing: {target.name[:80]}}} if it is not ours"
        self._suggestions += 1
        if self._suggestions > _MOST_SUGGESTIONS:
            return otherwise
        names = {
            each.name
            for each in self._addresses
            if (each.provider, each.kind) == (target.provider, target.kind)
        }
        return did_you_mean(target.name, names) or otherwise


def circle(resources: Iterable[Resource]) -> Problem | None:
    """The first circle of references, from its smallest address."""
    graph = {
        each.address: frozenset(ref.target for ref in each.references if ref.target is not None)
        for each in resources
    }
    if not any(graph.values()):
        return None
    try:
        waves(graph)
    except PlanRefused as refused:
        return refused.problems[0]
    return None


def _which_provider(kind: KindSpec, fitting: list[str]) -> Problem:
    if not fitting:
        return Problem(
            code="M302",
            summary=f"no provider of {kind.vendor} is configured",
            cause=f"a {kind.kind} lives at a provider of that vendor",
            remedy="add one to spec.providers of reconciler.yaml",
        )
    return Problem(
        code="M302",
        summary="the provider is not named",
        cause=f"there are {len(fitting)} of {kind.vendor}: {', '.join(sorted(fitting))}",
        remedy=f"add metadata.provider: {min(fitting)}",
    )


def _unknown_provider(name: str, workspace: Workspace) -> Problem:
    return Problem(
        code="M303",
        summary=f"there is no provider '{name[:80]}'",
        cause="spec.providers of reconciler.yaml does not name it",
        remedy=suggest(name, workspace.providers.keys(), otherwise="add it there"),
    )


def _foreign_provider(kind: KindSpec, name: str, vendor: str) -> Problem:
    return Problem(
        code="M303",
        summary=f"the provider '{name}' is of {vendor}, the resource of {kind.vendor}",
        cause="apiVersion and provider have to be of one vendor",
        remedy=f"name a provider of {kind.vendor}",
    )


def _still_there(name: str) -> Problem:
    return Problem(
        code="M305",
        summary=f"'{name[:80]}' is still declared",
        cause="a rename moves the object of a resource that is no longer declared",
        remedy="remove the old document, or this renamedFrom",
    )


def declared_twice(address: Address) -> Problem:
    return Problem(
        code="M304",
        summary=f"{address} is declared twice",
        cause="names are unique per provider and kind, whatever the case",
        remedy="rename or remove one of the two",
        address=str(address),
    )
