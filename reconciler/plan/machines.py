"""Work that asks for machines a vendor can't be asked for: those of the farm that have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.address import Address
from reconciler.diff.change import Action
from reconciler.errors import Problem
from reconciler.kinds import Choice, Kinds, KindSpec, Refusal
from reconciler.model import Facts
from reconciler.plan.context import Context
from reconciler.plan.plan import Change
from reconciler.plan.policy import blocked

REQUIREMENTS = "requirements"
"""The shared word for what work asks of a machine."""


Makers = Mapping[tuple[str, str, str], Address]
"""Addresses of what a plan makes, by provider, kind and remote id: of kinds known by name alone."""


def makers(changes: Iterable[Change], kinds: Kinds) -> Makers:
    """What is made or changed by this plan and can be named before it is there."""
    found: dict[tuple[str, str, str], Address] = {}
    for each in changes:
        identity, address = kinds[each.kind].identity, each.address
        if identity is not None and each.is_pending and each.request is not None:
            remote_id = identity(address.name, each.request.resource.spec)
            found.setdefault((address.provider, each.kind, remote_id), address)
    return found


def with_machines(change: Change, kinds: Kinds, made: Makers, context: Context) -> Change:
    """The change with the machines its requirements come to; blocked where none has them.

    What runs keeps the machines it was given, unless its requirements change. A class of machines
    that this very plan makes is made first.
    """
    request, kind = change.request, kinds[change.kind]
    if kind.choose is None or request is None or not _chooses(change):
        return change
    facts = context.observation.facts.get(change.address.provider, Facts())
    chosen = kind.choose(request.resource.spec, facts.machines)
    match chosen:
        case None:
            return change
        case Refusal():
            return blocked(change, _problem(change, kind, chosen))
        case Choice():
            request = replace(request, chosen=dict(chosen.fields))
            change = replace(change, request=request, notes=(*change.notes, chosen.says))
            awaited = {(e.field, e.value) for e in facts.machines if not e.is_there}
            for field, value in chosen.fields.items():
                if isinstance(value, str) and (field, value) in awaited:
                    change = _after_its_class(change, field, value, kinds, made)
            return change


def _after_its_class(change: Change, field: str, name: str, kinds: Kinds, made: Makers) -> Change:
    """Behind the creation of the class of machines that was chosen; blocked where none makes it."""
    kind = kinds[change.kind]
    for referred in (each.kind for each in kind.references if each.path == field):
        target = kinds[referred if "/" in referred else f"{kind.vendor}/{referred}"]
        if target.identity is None:
            continue
        maker = made.get((change.address.provider, target.id, target.identity(name, {})))
        if maker is not None:
            return replace(change, waits_for=change.waits_for | {maker})
    return blocked(change, _no_class(change, field, name))


def _no_class(change: Change, field: str, name: str) -> Problem:
    return Problem(
        code="P404",
        summary=f"{change.address}: there is no {field} '{name}' at {change.address.provider}",
        cause="it is what its requirements come to by the capabilities of the provider",
        remedy=f"declare the {field}, or mend capabilities in reconciler.yaml",
        address=str(change.address),
        location=change.location,
    )


def _chooses(change: Change) -> bool:
    if change.action is Action.UPDATE:
        return any(each.root == REQUIREMENTS for each in change.fields)
    return True


def _problem(change: Change, kind: KindSpec, refusal: Refusal) -> Problem:
    assert change.request is not None, change
    resource = change.request.resource
    path = kind.spelled(resource.spec, refusal.path)
    return Problem(
        code=refusal.code,
        summary=refusal.summary,
        cause=refusal.cause,
        remedy=refusal.remedy,
        address=str(change.address),
        location=resource.locate(("spec", *path)),
    )
