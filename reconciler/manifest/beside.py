"""What a resource is refused for because of what it refers to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.address import Address
from reconciler.kinds import KindSpec, RefRole, Spec
from reconciler.manifest.check import refused
from reconciler.manifest.shape import Finding
from reconciler.model import Resource
from reconciler.values import show_path


def beside(
    kind: KindSpec, resource: Resource, known: Mapping[Address, Resource]
) -> Iterator[Finding]:
    """What its kind refuses knowing the specs of what it stands on and in, where they are `known`.

    What it waits for is left out. What stands in a list goes by its place there: `limits[0]`.
    """
    if resource.references:
        for refusal in kind.refuse_beside(resource.spec, _referred(resource, known)):
            yield refused(refusal)


def _referred(resource: Resource, known: Mapping[Address, Resource]) -> dict[str, Spec]:
    found: dict[str, Spec] = {}
    for ref in resource.references:
        if ref.role is RefRole.UPSTREAM or ref.target is None or ref.target not in known:
            continue
        target = known[ref.target]
        found[show_path(ref.path)] = target.spec
        for inner in target.references if ref.role is RefRole.CONTAINER else ():
            if inner.target is not None and inner.target in known:
                found[show_path((*ref.path, *inner.path))] = known[inner.target].spec
    return found
