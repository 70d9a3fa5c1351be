"""One standing resource: its situation, the row that decides, and the change that follows."""

from __future__ import annotations

from dataclasses import replace

from reconciler.diff.change import Action, FieldChange, Standing
from reconciler.diff.compare import NOT_SENT_BY_UPDATES, Comparison, compare
from reconciler.diff.detail import without
from reconciler.diff.standing_table import STANDING, Differs, Live, StandingSituation
from reconciler.diff.table import Decision, first_match
from reconciler.fields import Mutability, SetBy
from reconciler.kinds import KindSpec
from reconciler.model import Observed, Resource, Usage
from reconciler.plan.context import Context, guard_of, problem_of, request_of
from reconciler.plan.match import Match
from reconciler.plan.plan import Change
from reconciler.plan.policy import guarded
from reconciler.values import digest


def change_of(kind: KindSpec, resource: Resource, found: Match, context: Context) -> Change:
    """What has to happen so that a standing resource is as declared."""
    comparison = (
        compare(kind, resource, found.live, found.record, context.known)
        if found.live is not None and not found.live.settled.is_over
        else Comparison()
    )
    now, later = by_time(comparison.changes)
    situation = _situation(kind, resource, found, context, comparison)
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


def by_time(
    changes: tuple[FieldChange, ...],
) -> tuple[tuple[FieldChange, ...], tuple[FieldChange, ...]]:
    """Changes that can be made now, and those that wait for the next creation."""
    later = tuple(each for each in changes if each.mutability in NOT_SENT_BY_UPDATES)
    return tuple(each for each in changes if each.mutability not in NOT_SENT_BY_UPDATES), later


def _situation(
    kind: KindSpec, resource: Resource, found: Match, context: Context, comparison: Comparison
) -> StandingSituation:
    now, _ = by_time(comparison.changes)
    differs = _heaviest(comparison, now)
    live = Live.ABSENT
    if found.live is not None:
        live = Live.OVER if found.live.settled.is_over else Live.THERE
    return StandingSituation(
        is_list_complete=context.is_complete(resource.address.provider, resource.kind),
        is_settled=not found.open_intents,
        is_twofold=any(not each.settled.is_over for each in found.unconfirmed),
        is_taken=_is_taken(kind, resource, found, context, differs),
        is_recorded=found.record is not None and bool(found.record.remote_id),
        live=live,
        differs=differs,
        is_drift=bool(now) and all(each.is_drift for each in now),
    )


def _is_taken(
    kind: KindSpec, resource: Resource, found: Match, context: Context, differs: Differs
) -> bool:
    """Whether the name a creation would take belongs to somebody; only where names are all."""
    own = found.record.remote_id if found.record is not None else ""
    if kind.identity is None or (own and differs is not Differs.REPLACE):
        return False
    named = kind.identity(resource.address.name, resource.spec)
    return named != own and (resource.address.provider, named) in context.matches.by_id


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
        request=request_of(kind, resource, found, decision.action, context) if sends else None,
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
        problem = next(iter(comparison.refused), None) or problem_of(change, decision)
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
