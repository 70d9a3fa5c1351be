"""One standing resource: its situation, the row that decides, and the change that follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.address import Address
from reconciler.diff.change import Action, FieldChange, Standing
from reconciler.diff.classify import (
    STANDING,
    Decision,
    Differs,
    Live,
    StandingSituation,
    first_match,
)
from reconciler.diff.compare import (
    NOT_SENT_BY_UPDATES,
    Comparison,
    Knowledge,
    compare,
    desired_form,
)
from reconciler.diff.detail import without
from reconciler.errors import Problem
from reconciler.fields import Mutability, SetBy
from reconciler.kinds import KindSpec
from reconciler.lifecycle import Lifecycle, OnRemove, WhenRunning
from reconciler.model import Marker, Observation, Observed, Record, Request, Resource, Usage
from reconciler.plan.match import Match
from reconciler.plan.plan import Change
from reconciler.plan.policy import Guard, guarded
from reconciler.values import digest


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for every resource of one plan."""

    workspace_id: str
    env: str
    observation: Observation
    known: Knowledge
    remote_ids: Mapping[Address, str]
    first_addresses: Mapping[Address, Address]


def change_of(kind: KindSpec, resource: Resource, found: Match, context: Context) -> Change:
    """What has to happen so that a standing resource is as declared."""
    comparison = (
        compare(kind, resource, found.live, found.record, context.known)
        if found.live is not None and not found.live.settled.is_over
        else Comparison()
    )
    now, later = _by_time(comparison.changes)
    situation = _situation(resource, found, context, comparison, now)
    _, decision = first_match(STANDING, situation)
    change = _change(kind, resource, found, decision, context)
    if comparison.is_empty and _is_untold(decision):
        return change
    change = replace(change, location=resource.locate(()))
    change = _with_details(change, decision, comparison, now, later)
    usage = found.live.usage if found.live is not None else Usage()
    return guarded(change, guard_of(kind, resource, found.record), usage)


def _is_untold(decision: Decision) -> bool:
    """Whether nobody will be shown it, so that its place in a file need not be looked for."""
    is_quiet = decision.action is Action.NO_OP and decision.standing is Standing.READY
    return is_quiet and not decision.says


def _by_time(
    changes: tuple[FieldChange, ...],
) -> tuple[tuple[FieldChange, ...], tuple[FieldChange, ...]]:
    """Changes that can be made now, and those that wait for the next creation."""
    later = tuple(each for each in changes if each.mutability in NOT_SENT_BY_UPDATES)
    return tuple(each for each in changes if each.mutability not in NOT_SENT_BY_UPDATES), later


def _situation(
    resource: Resource,
    found: Match,
    context: Context,
    comparison: Comparison,
    now: tuple[FieldChange, ...],
) -> StandingSituation:
    live = Live.ABSENT
    if found.live is not None:
        live = Live.OVER if found.live.settled.is_over else Live.THERE
    return StandingSituation(
        is_list_complete=(resource.address.provider, resource.kind)
        not in context.observation.incomplete,
        is_settled=not found.open_intents,
        is_twofold=any(not each.settled.is_over for each in found.unconfirmed),
        is_recorded=found.record is not None and bool(found.record.remote_id),
        live=live,
        differs=_heaviest(comparison, now),
        is_drift=bool(now) and all(each.is_drift for each in now),
    )


def _heaviest(comparison: Comparison, now: tuple[FieldChange, ...]) -> Differs:
    if comparison.refused:
        return Differs.REFUSED
    if any(each.mutability is Mutability.REPLACE for each in now):
        return Differs.REPLACE
    if now:
        return Differs.IN_PLACE
    return Differs.NOT_HONOURED if comparison.not_honoured else Differs.NOT


def _change(
    kind: KindSpec, resource: Resource, found: Match, decision: Decision, context: Context
) -> Change:
    sends = decision.action in (Action.CREATE, Action.UPDATE, Action.REPLACE)
    live = found.live
    return Change(
        address=resource.address,
        kind=kind.id,
        action=decision.action,
        reason=decision.reason,
        standing=decision.standing,
        request=_request(kind, resource, found, decision.action, context) if sends else None,
        remote_id=live.remote_id if live is not None else "",
        basis=basis(kind, live, resource) if live is not None else "",
        ordinal=found.record.ordinal if found.record is not None else 0,
        on_remove=guard_of(kind, resource, found.record).on_remove,
        notes=(decision.says,) if decision.says and decision.standing is Standing.READY else (),
    )


def _with_details(
    change: Change,
    decision: Decision,
    comparison: Comparison,
    now: tuple[FieldChange, ...],
    later: tuple[FieldChange, ...],
) -> Change:
    problem = None
    if decision.standing is not Standing.READY:
        problem = next(iter(comparison.refused), None) or Problem(
            code="P210",
            summary=f"{change.address}: {decision.says}",
            remedy=decision.way_out,
            address=str(change.address),
            location=change.location,
        )
    not_kept = tuple(
        f"{each.path} is not honoured by the vendor" for each in comparison.not_honoured
    )
    return replace(
        change,
        fields=(*now, *later, *comparison.not_honoured),
        notes=(*change.notes, *not_kept),
        problem=problem,
    )


def basis(kind: KindSpec, live: Observed, resource: Resource | None) -> str:
    """The digest of what a change rests on: the object, its fields and whether it is over.

    What the vendor chooses and what the manifest ignores may move: no change rests on it.
    """
    wanted = resource.spec if resource is not None else {}
    spec = {
        key: each
        for key, each in live.spec.items()
        if wanted.get(key) is not None
        or (row := kind.table.row(key)) is None
        or row.set_by is SetBy.USER
    }
    if resource is not None and resource.lifecycle.ignore:
        spec = without(kind, spec, {}, resource.lifecycle.ignore)
    return digest({"id": live.remote_id, "spec": spec, "over": live.settled.is_over})


def guard_of(kind: KindSpec, resource: Resource | None, record: Record | None) -> Guard:
    """What protects an object: what the manifest says, and else what was remembered.

    So deleting the block, or the whole manifest, from git unprotects nothing.
    """
    said = resource.lifecycle if resource is not None else Lifecycle()
    held = Guard(
        protect=False,
        on_remove=OnRemove(kind.default_on_remove),
        when_running=WhenRunning(kind.default_when_running),
    )
    if record is not None:
        held = Guard(
            protect=record.protect,
            on_remove=record.on_remove or held.on_remove,
            when_running=record.when_running or held.when_running,
        )
    return Guard(
        protect=held.protect if said.protect is None else said.protect,
        on_remove=said.on_remove or held.on_remove,
        when_running=said.when_running or held.when_running,
    )


def _request(
    kind: KindSpec, resource: Resource, found: Match, action: Action, context: Context
) -> Request:
    """What would be sent. The marker names the next creation of the address.

    An ordinal that any object of ours bears is not used again, even when no record speaks of it.
    """
    first = context.first_addresses[resource.address]
    borne = (each.marker.ordinal for each in found.unconfirmed if each.marker is not None)
    ordinal = max(found.record.ordinal if found.record is not None else 0, *borne, 0)
    spec = desired_form(kind, resource)
    if action is Action.UPDATE and found.live is not None:
        spec = without(kind, spec, found.live.spec, resource.lifecycle.ignore)
    return Request(
        resource=resource,
        spec=spec,
        marker=Marker(context.workspace_id, context.env, first, ordinal + 1),
        remote_ids={
            each.target: context.remote_ids[each.target]
            for each in resource.references
            if each.target is not None and each.target in context.remote_ids
        },
        existing_ids={
            (each.kind, each.existing): known
            for each in resource.references
            if each.existing is not None
            and (known := _existing(resource, each.kind, each.existing, context))
        },
    )


def _existing(resource: Resource, kind: str, name: str, context: Context) -> str:
    return context.observation.existing.get((resource.address.provider, kind, name), "")
