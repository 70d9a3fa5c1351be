"""Work that asks for machines a vendor can't be asked for: those of the farm that have them."""

from __future__ import annotations

from dataclasses import replace

from reconciler.diff.change import Action
from reconciler.errors import Problem
from reconciler.kinds import Choice, KindSpec, Refusal
from reconciler.model import Facts
from reconciler.plan.plan import Change
from reconciler.plan.policy import blocked

REQUIREMENTS = "requirements"
"""The shared word for what work asks of a machine."""


def with_machines(change: Change, kind: KindSpec, facts: Facts | None) -> Change:
    """The change with the machines its requirements come to; blocked where none has them.

    What runs keeps the machines it was given, unless its requirements change.
    """
    request = change.request
    if kind.choose is None or request is None or not _chooses(change):
        return change
    chosen = kind.choose(request.resource.spec, facts.machines if facts is not None else ())
    match chosen:
        case None:
            return change
        case Choice():
            request = replace(request, chosen=dict(chosen.fields))
            return replace(change, request=request, notes=(*change.notes, chosen.says))
        case Refusal():
            return blocked(change, _problem(change, kind, chosen))


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
