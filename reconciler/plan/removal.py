"""What left the manifests: ended under prune or destroy, else kept and told of as orphans."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import assert_never

from reconciler.address import Address
from reconciler.diff.change import Action, Reason
from reconciler.errors import PlanRefused, Problem
from reconciler.kinds import Kinds, KindSpec, Nature
from reconciler.lifecycle import OnRemove
from reconciler.model import Record, Resource, Usage
from reconciler.plan.context import Context, guard_of
from reconciler.plan.plan import Change
from reconciler.plan.policy import Guard, Policy, blocked, guarded
from reconciler.plan.standing import basis
from reconciler.plan.work import lost


def undeclared(
    declared: Collection[Address], kinds: Kinds, context: Context
) -> tuple[dict[Address, Change], tuple[Address, ...]]:
    """Changes for what left the manifests, and the orphans that are kept."""
    policy = context.policy
    left = [
        record
        for address, record in context.recorded.records.items()
        if (policy.is_destroy or address not in declared)
        and (not policy.targets or address in policy.targets)
    ]
    if not (policy.prune or policy.is_destroy):
        return {}, tuple(sorted(record.address for record in left))
    return {each.address: _removed(kinds[each.kind], each, context) for each in left}, ()


def _removed(kind: KindSpec, record: Record, context: Context) -> Change:
    guard = guard_of(kind, None, record)
    undecided = _undecided(record, context)
    ids, usage = _there(kind, record, context)
    action = Action.FORGET if not ids and undecided is None else removal(guard, context.policy)
    live = context.matches.at(record.address).live
    change = Change(
        address=record.address,
        kind=record.kind,
        action=action,
        reason=Reason.REQUESTED if context.policy.is_destroy else Reason.NOT_DECLARED,
        remote_id=ids[0] if ids else record.remote_id,
        also=ids[1:],
        basis=basis(kind, live, None) if live is not None and kind.nature is _KEPT else "",
        ordinal=record.ordinal,
        on_remove=OnRemove.DELETE if context.policy.is_destroy else guard.on_remove,
        stops_first=action is Action.DELETE and _goes_on(kind, record, context),
        forgets=True,
        notes=("it is gone at the vendor",) if action is Action.FORGET and not ids else (),
    )
    if undecided is not None:
        return blocked(change, undecided)
    ended = guarded(change, guard, usage)
    return replace(ended, loss=usage) if usage.is_busy and change.action in _ENDINGS else ended


def _goes_on(kind: KindSpec, record: Record, context: Context) -> bool:
    """Whether it has to be ended before it can be deleted."""
    active = context.attempts_at(record.address).active
    return kind.ends_before_deletion and any(each.live is not None for each in active)


_KEPT = Nature.STANDING
_ENDINGS = frozenset({Action.TERMINATE, Action.DELETE})


def _there(kind: KindSpec, record: Record, context: Context) -> tuple[tuple[str, ...], Usage]:
    """What there is to end of it, and what that would lose; what is over is not stopped again."""
    match = context.matches.at(record.address)
    ends_all = removal(guard_of(kind, None, record), context.policy) is Action.DELETE
    if kind.nature is not Nature.FINITE:
        live = match.live
        if live is None or (live.settled.is_over and not ends_all):
            return (), Usage()
        return (live.remote_id,), live.usage
    known = context.attempts_at(record.address).known
    there = [e for e in known if e.live is not None and (ends_all or e.is_active)]
    ids = tuple(dict.fromkeys(each.run.remote_id for each in there))
    return ids, lost(each for each in there if each.is_active)


def _undecided(record: Record, context: Context) -> Problem | None:
    """Why nothing may be ended: what is there, or what an earlier request did, is not known."""
    provider = record.address.provider
    if provider not in context.observation.objects:
        cause = f"no provider '{provider}' is configured, so nobody looked there"
        remedy = "name the provider in reconciler.yaml again"
    elif not context.is_complete(provider, record.kind):
        cause = "the vendor's list could not be read to its end"
        remedy = "run again when the vendor answers"
    elif context.matches.at(record.address).open_intents:
        cause = "the answer to an earlier request was lost and can't be settled yet"
        remedy = "run apply: it settles this first"
    else:
        return None
    return Problem(
        code="P306",
        summary=f"{record.address} can't be removed yet",
        cause=cause,
        remedy=remedy,
        address=str(record.address),
    )


def removal(guard: Guard, policy: Policy) -> Action:
    """How an object is ended that is wanted no more."""
    if policy.is_destroy:
        return Action.DELETE
    match guard.on_remove:
        case OnRemove.TERMINATE:
            return Action.TERMINATE
        case OnRemove.FORGET:
            return Action.FORGET
        case OnRemove.DELETE | OnRemove.ARCHIVE:
            return Action.DELETE
        case _:
            assert_never(guard.on_remove)


def refuse_empty_prune(declared: Collection[Resource], context: Context) -> None:
    """
    Raises:
        PlanRefused: prune was asked for with no manifests at all.
    """
    policy, records = context.policy, context.recorded.records
    if policy.prune and not policy.is_destroy and not declared and records:
        raise PlanRefused(
            Problem(
                code="P305",
                summary="no manifest declares anything, and prune would remove all we own",
                cause=f"{len(records)} resources are recorded, none is declared",
                remedy="check spec.manifests in reconciler.yaml; to remove everything: destroy",
            )
        )
