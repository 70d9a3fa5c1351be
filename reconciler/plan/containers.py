"""One container: it is made again exactly when a member has to be made and the old one is over."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from reconciler.diff.change import Action, Standing
from reconciler.diff.compare import Comparison, compare
from reconciler.diff.container_table import CONTAINER, ContainerSituation, Holds
from reconciler.diff.table import Decision, first_match
from reconciler.kinds import KindSpec, RefRole
from reconciler.model import Observed, Resource
from reconciler.plan.context import Context, guard_of, problem_of, request_of
from reconciler.plan.match import Match
from reconciler.plan.plan import Change
from reconciler.plan.policy import guarded
from reconciler.plan.standing import basis, by_time


@dataclass(frozen=True, slots=True)
class Members:
    """What stands in one container: how many are declared, what is to be made, what goes on.

    `leaving` are remote ids of places that this plan ends: nothing may be made on them.
    """

    declared: int = 0
    making: int = 0
    going: int = 0
    leaving: frozenset[str] = frozenset()


def change_of(kind: KindSpec, resource: Resource, members: Members, context: Context) -> Change:
    """What has to happen so that the members can be made."""
    found = context.found(resource.address)
    situation = ContainerSituation(
        is_list_complete=context.is_complete(resource.address.provider, kind.id),
        is_settled=not found.open_intents,
        is_twofold=any(not each.settled.is_over for each in found.unconfirmed),
        holds=_holds(resource, found, members, context),
        is_recorded=found.record is not None and bool(found.record.remote_id),
        is_needed=members.making > 0,
        has_members=members.declared > 0,
    )
    _, decision = first_match(CONTAINER, situation)
    sends = decision.action in (Action.CREATE, Action.REPLACE)
    live = found.live
    change = Change(
        address=resource.address,
        kind=kind.id,
        action=decision.action,
        reason=decision.reason,
        standing=decision.standing,
        request=request_of(kind, resource, found, decision.action, context) if sends else None,
        remote_id=live.remote_id if live is not None else "",
        basis=basis(kind, live, resource) if live is not None else "",
        ordinal=found.record.ordinal if found.record is not None else 0,
        notes=(decision.says,) if decision.says and decision.standing is Standing.READY else (),
    )
    return _told(kind, change, decision, resource, context)


def _told(
    kind: KindSpec, change: Change, decision: Decision, resource: Resource, context: Context
) -> Change:
    found = context.found(resource.address)
    live = found.live
    comparison = (
        compare(kind, resource, live, found.record, context.known)
        if live is not None and not live.settled.is_over
        else Comparison()
    )
    if comparison.is_empty and change.action is Action.NO_OP and change.standing is Standing.READY:
        return change
    now, later = by_time(comparison.changes)
    change = replace(change, location=resource.locate(()), fields=(*now, *later))
    if change.standing is not Standing.READY:
        return replace(change, problem=problem_of(change, decision))
    guard = guard_of(kind, resource, found.record)
    return guarded(change, guard, live.usage) if live is not None else change


def _holds(resource: Resource, found: Match, members: Members, context: Context) -> Holds:
    live = found.live
    if live is None:
        return Holds.ABSENT
    if live.settled.is_over:
        return Holds.OVER
    if members.going and not members.leaving & set(live.stands_on.values()):
        return Holds.USABLE  # what goes on in it shows that it is
    return Holds.USABLE if _stands(resource, live, members.leaving, context) else Holds.STRANDED


def _stands(resource: Resource, live: Observed, leaving: Collection[str], context: Context) -> bool:
    """Whether the places it runs on are there, and stay."""
    places = {str(each.path[0]) for each in resource.references if each.role is RefRole.PLACE}
    stood_on = [each for path, each in live.stands_on.items() if path in places]
    provider = resource.address.provider
    return all((provider, each) in context.there and each not in leaving for each in stood_on)
