"""What records are to remember that asks nothing of a vendor: renames, what `lifecycle` says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.address import Address
from reconciler.kinds import Kinds, KindSpec
from reconciler.model import Record, Recorded, Resource
from reconciler.plan.context import guard_of


def renamed(resources: Iterable[Resource], recorded: Recorded) -> Recorded:
    """What is remembered, under the addresses of today: `renamedFrom` moves records and intents.

    Of two resources that name one old address, the one that sorts first has it.
    """
    known = recorded.records.keys() | {each.address for each in recorded.intents}
    moves: dict[Address, Address] = {}
    for each in sorted(resources, key=lambda each: each.address):
        name = each.lifecycle.renamed_from
        if name is not None and each.address not in recorded.records:
            old = replace(each.address, name=name)
            moves.setdefault(old, each.address)
    moves = {old: new for old, new in moves.items() if old in known}
    if not moves:
        return recorded
    records = {
        moves.get(address, address): replace(record, address=moves.get(address, address))
        for address, record in recorded.records.items()
    }
    intents = tuple(
        replace(each, address=moves.get(each.address, each.address)) for each in recorded.intents
    )
    return replace(recorded, records=records, intents=intents)


def remembered(
    kinds: Kinds, before: Recorded, recorded: Recorded, wanted: Iterable[Resource]
) -> tuple[Record, ...]:
    """Records whose note of `lifecycle`, or whose address, is no longer what the manifests say."""
    return tuple(
        now
        for resource in wanted
        if (record := recorded.records.get(resource.address)) is not None
        and (now := noted(kinds[resource.kind], record, resource))
        != before.records.get(resource.address)
    )


def noted(kind: KindSpec, record: Record, resource: Resource) -> Record:
    """A record with what `lifecycle` says today, where it says something."""
    guard = guard_of(kind, resource, record)
    return replace(
        record,
        protect=guard.protect,
        on_remove=guard.on_remove,
        when_running=resource.lifecycle.when_running or record.when_running,
        replacement=guard.replacement,
        depends_on=tuple(sorted(targets_of(resource))),
    )


def targets_of(resource: Resource) -> frozenset[Address]:
    """The resources of ours that it refers to."""
    return frozenset(each.target for each in resource.references if each.target is not None)
