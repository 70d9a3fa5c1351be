"""From names to addresses: providers, references, duplicates, renames, circles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.address import Address
from reconciler.errors import PlanRefused, Problem
from reconciler.fields import split_path
from reconciler.graph import waves
from reconciler.kinds import KindSpec, ReferenceField, RefRole
from reconciler.manifest.nearest import did_you_mean, suggest
from reconciler.manifest.shape import Finding
from reconciler.model import Ref, Resource
from reconciler.settings import Workspace
from reconciler.values import Path, get_in

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


def container_field(kind: KindSpec) -> ReferenceField | None:
    """The field that names what a resource stands in, if its kind stands in something."""
    return next((each for each in kind.references if each.role is RefRole.CONTAINER), None)


def name_in(kind: KindSpec, spec: Any, name: str) -> str:
    """The name inside the address: `container/name` for what stands in a container of ours."""
    field = container_field(kind)
    container = get_in(spec, tuple(field.path.split("."))) if field is not None else None
    return f"{container}/{name}" if isinstance(container, str) else name


def references_of(kind: KindSpec, own: Address, spec: Mapping[str, Any]) -> tuple[Ref, ...]:
    """Every reference of the resource at `own`; its target may turn out not to be there."""
    return tuple(
        ref
        for each in kind.references
        if each.path.partition(".")[0] in spec
        for ref in _references(kind.vendor, own, each, spec)
    )


def _references(
    vendor: str, own: Address, field: ReferenceField, spec: Mapping[str, Any]
) -> Iterator[Ref]:
    target = field.kind if "/" in field.kind else f"{vendor}/{field.kind}"
    slug = target.rpartition("/")[2].lower()
    container, _ = split_name(own)
    inside = f"{container}/" if container and field.role is RefRole.UPSTREAM else ""
    for path, value in _values_at(spec, split_path(field.path)):
        if not isinstance(value, Mapping):
            address = Address(own.provider, slug, inside + value)
            yield Ref(path, target, address, role=field.role)
        elif "existing" in value:
            yield Ref(path, target, existing=value["existing"], role=field.role)
        else:
            address = Address(own.provider, slug, inside + value[slug])
            when = tuple(value.get(field.states) or ())
            yield Ref((*path, slug), target, address, role=field.role, when=when)


def split_name(address: Address) -> tuple[str, str]:
    """The container's name, empty where there is none, and the resource's own."""
    container, _, name = address.name.rpartition("/")
    return container, name


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
        self._names: dict[tuple[str, str, str], set[str]] = {}

    def findings(self, resource: Resource) -> Iterator[Finding]:
        """References that lead nowhere, and a rename from what is still there."""
        container, _ = split_name(resource.address)
        inside = f"{container}/" if container else ""
        awaited: set[Address] = set()
        for ref in resource.references:
            problem = self._problem(inside, ref, awaited)
            if problem is not None:
                yield Finding(("spec", *ref.path), problem)
            if ref.target is not None and ref.role is RefRole.UPSTREAM:
                awaited.add(ref.target)
        old = resource.lifecycle.renamed_from
        if old is not None and replace(resource.address, name=old) in self._addresses:
            yield Finding(("lifecycle", "renamedFrom"), _still_there(old))

    def _problem(self, inside: str, ref: Ref, awaited: Collection[Address]) -> Problem | None:
        if ref.target is None:
            return None
        if ref.role is RefRole.UPSTREAM:
            name = ref.target.name[len(inside) :]
            if "/" in name:
                return _leads_out(name)
            if ref.target in awaited:
                return _awaited_twice(name)
        if ref.target in self._addresses:
            return None
        return self._missing(ref.target, _otherwise(ref.target, ref.role))

    def missing_whole(self, whole: Address) -> Problem | None:
        """Why what a part belongs to is none of the resources that are declared, if it is none."""
        if whole in self._addresses:
            return None
        return self._missing(whole, "declare it, or mend the name")

    def _missing(self, target: Address, otherwise: str) -> Problem:
        container, name = split_name(target)
        if container:
            cause = f"dependencies stay inside '{container[:80]}', which declares no such one"
        else:
            cause = f"references stay inside one provider, and {target.provider} has no such one"
        if not self._is_complete:
            cause += " (a file that could not be read may hold it)"
        return Problem(
            code="M301",
            summary=f"there is no {target.kind} '{name[:80]}'",
            cause=cause,
            remedy=self._nearest(target) or otherwise,
        )

    def _nearest(self, target: Address) -> str:
        container, name = split_name(target)
        self._suggestions += 1
        if self._suggestions > _MOST_SUGGESTIONS:
            return ""
        if not self._names:
            for each in self._addresses:
                around, own = split_name(each)
                self._names.setdefault((each.provider, each.kind, around), set()).add(own)
        names = self._names.get((target.provider, target.kind, container), ())
        return did_you_mean(name, names)


def _otherwise(target: Address, role: RefRole) -> str:
    if role is RefRole.UPSTREAM:
        return "declare it there, or remove it here"
    return f"declare it, or write {{existing: {split_name(target)[1][:80]}}} if it is not ours"


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


def _leads_out(name: str) -> Problem:
    return Problem(
        code="M306",
        summary=f"'{name[:80]}' can't be waited for",
        cause="dependencies stay inside what the resource itself stands in",
        remedy="name it without the '/', or let both stand in the same",
    )


def _awaited_twice(name: str) -> Problem:
    return Problem(
        code="M307",
        summary=f"'{name[:80]}' is waited for twice",
        cause="only one of the two could count",
        remedy="remove one of them",
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
