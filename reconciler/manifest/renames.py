"""`renamedFrom` as the whole name a resource had inside its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.address import Address
from reconciler.kinds import RefRole
from reconciler.lifecycle import Lifecycle
from reconciler.manifest.refs import split_name
from reconciler.model import Resource


def with_whole_name(lifecycle: Lifecycle, address: Address) -> Lifecycle:
    """The same, its old name in the resource's own container where it names none."""
    old, (container, _) = lifecycle.renamed_from, split_name(address)
    if old is None or "/" in old or not container:
        return lifecycle
    return replace(lifecycle, renamed_from=f"{container}/{old}")


def moved_along(resource: Resource, known: Mapping[Address, Resource]) -> Resource:
    """The same, renamed as what it stands in is: its work is not new work.

    What says itself how it was called keeps that.
    """
    if resource.lifecycle.renamed_from is not None:
        return resource
    container, name = split_name(resource.address)
    around = [ref.target for ref in resource.references if ref.role is RefRole.CONTAINER]
    found = known.get(around[0]) if container and around and around[0] is not None else None
    if found is None or found.lifecycle.renamed_from is None:
        return resource
    old = f"{found.lifecycle.renamed_from}/{name}"
    return replace(resource, lifecycle=replace(resource.lifecycle, renamed_from=old))
