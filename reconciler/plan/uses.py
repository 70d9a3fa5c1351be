"""What work names at the vendor and outlives: how it is shown, and when such a thing may go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.address import Address
from reconciler.diff.change import Action
from reconciler.errors import Problem
from reconciler.kinds import Kinds, KindSpec, RefRole
from reconciler.model import Observed, Ref, Resource
from reconciler.plan.context import Context, guard_of
from reconciler.plan.plan import Change
from reconciler.plan.policy import REMOVALS, blocked
from reconciler.values import Json, get_in

Changes = Mapping[Address, Change]


# --- as the manifest would say it -----------------------------------------------------------------


def as_named(observed: Observed, resource: Resource, context: Context) -> Observed:
    """The object with what it uses named as its manifest would name it.

    What is ours by its name, all else by `existing`; so that only a real difference is one.
    """
    shown = {
        field: _named(field, observed.uses.get(field, ()), resource, context)
        for field in {*observed.uses, *_used_fields(resource)}
    }
    spec = {**observed.spec, **{field: each for field, each in shown.items() if each}}
    return replace(observed, spec=spec, unseen=observed.unseen - shown.keys())


def _used(resource: Resource) -> Iterable[Ref]:
    return (each for each in resource.references if each.role is RefRole.USED)


def _used_fields(resource: Resource) -> frozenset[str]:
    return frozenset(str(each.path[0]) for each in _used(resource))


def _named(field: str, ids: Sequence[str], resource: Resource, context: Context) -> Json:
    own = [each for each in _used(resource) if each.path[0] == field]
    said = {_id_of(each, resource, context): get_in(resource.spec, each.path[:2]) for each in own}
    provider = resource.address.provider
    names = [said[each] if each in said else _name_of(provider, each, context) for each in ids]
    is_list = len(names) > 1 or any(len(each.path) > 1 for each in own if each.existing is None)
    if not names:
        return None
    return names if is_list or isinstance(resource.spec.get(field), list) else names[0]


def _id_of(ref: Ref, resource: Resource, context: Context) -> str:
    if ref.target is not None:
        return context.remote_ids.get(ref.target, "")
    known = context.observation.existing
    return known.get((resource.address.provider, ref.kind, ref.existing or ""), "")


def _name_of(provider: str, remote_id: str, context: Context) -> Json:
    """The name of one of ours; what is not ours is something that exists."""
    ours = context.addresses.get((provider, remote_id))
    if ours is not None:
        return ours.name
    seen = context.matches.by_id.get((provider, remote_id))
    return {"existing": seen.name if seen is not None and seen.name else remote_id}


# --- when it may go -------------------------------------------------------------------------------


def kept_while_used(changes: Changes, kinds: Kinds, context: Context) -> dict[Address, Change]:
    """The same changes; what unfinished jobs still use is not removed from under them.

    Jobs of ours that leave it in this plan don't count, nor those that a `replacement` takes over.
    """
    leaving = _leaving(changes, context)
    return {
        address: _kept(change, kinds[change.kind], leaving.get(change.remote_id, 0), context)
        if change.is_pending and change.action in REMOVALS and kinds[change.kind].identity
        else change
        for address, change in changes.items()
    }


def _leaving(changes: Changes, context: Context) -> dict[str, int]:
    """How many of our jobs stop using each thing by what is done to them."""
    found: dict[str, int] = {}
    for change in changes.values():
        if not change.is_pending or change.action not in REMOVALS | {Action.UPDATE}:
            continue
        wanted = _wanted_ids(change, context)
        for each in {change.remote_id, *change.also} - {""}:
            live = context.matches.by_id.get((change.address.provider, each))
            used = live.uses.values() if live is not None and not live.settled.is_over else ()
            for remote_id in {one for some in used for one in some} - wanted:
                found[remote_id] = found.get(remote_id, 0) + 1
    return found


def _wanted_ids(change: Change, context: Context) -> frozenset[str]:
    """What an object goes on to use once it is changed; nothing of one that is ended."""
    if change.request is None or change.action is not Action.UPDATE:
        return frozenset()
    resource = change.request.resource
    return frozenset(_id_of(each, resource, context) for each in _used(resource))


def _kept(change: Change, kind: KindSpec, leaving: int, context: Context) -> Change:
    live = context.matches.by_id.get((change.address.provider, change.remote_id))
    users = live.usage.users if live is not None else 0
    others = live.usage.foreign_users if live is not None else 0
    staying = users - others - leaving
    if others <= 0 and staying <= 0:
        return change
    record = context.recorded.records.get(change.address)
    name = guard_of(kind, None, record).replacement
    if others > 0 or not name or change.action is not Action.DELETE:
        return blocked(change, _is_used(change, staying, others))
    successor = _successor(change, kind, name, context)
    if not successor:
        return blocked(change, _no_successor(change, name))
    jobs = "job" if staying == 1 else "jobs"
    note = f"moves {staying} unfinished {jobs} of ours to {name}"
    return replace(change, replacement=successor, notes=(*change.notes, note))


def _successor(change: Change, kind: KindSpec, name: str, context: Context) -> str:
    """The remote id of what takes its place: one of ours, or one that is there; else nothing."""
    provider = change.address.provider
    own = context.remote_ids.get(Address(provider, kind.slug, name), "")
    named = kind.identity(name, {}) if kind.identity is not None else ""
    return next((each for each in (own, named) if (provider, each) in context.there), "")


_WAYS = {
    True: "wait until they are over; `onRemove: {delete: {replacement: NAME}}` moves our own",
    False: "wait until they are over, or declare the new one beside it and move them there",
}


def _is_used(change: Change, ours: int, others: int) -> Problem:
    told = [f"{ours} of ours"] if ours > 0 else []
    told += [f"{others} of others"] if others > 0 else []
    return Problem(
        code="P308",
        summary=f"unfinished jobs use {change.address}",
        cause=f"{' and '.join(told)} would lose it",
        remedy=_WAYS[change.action is Action.DELETE],
        address=str(change.address),
        location=change.location,
    )


def _no_successor(change: Change, name: str) -> Problem:
    return Problem(
        code="P309",
        summary=f"{change.address} can't be removed: its replacement '{name}' is not there",
        cause="unfinished jobs of ours would be moved to it",
        remedy="apply the replacement first",
        address=str(change.address),
        location=change.location,
    )
