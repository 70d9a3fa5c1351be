"""What ending a place takes down: unfinished work on it is withdrawn, and run again elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from reconciler.address import Address
from reconciler.diff.change import Action, Reason, Standing
from reconciler.diff.finite_table import WITHDRAWN_BEFORE
from reconciler.errors import Problem
from reconciler.kinds import Kinds, Nature
from reconciler.model import Outcome, Record, Resource
from reconciler.plan.attempts import Attempt, Attempts
from reconciler.plan.context import Context, guard_of
from reconciler.plan.finite import change_of
from reconciler.plan.plan import Change
from reconciler.plan.policy import REMOVALS, blocked
from reconciler.plan.work import Work, lost

_NAMED = 5
"""Addresses a note names before it counts the rest."""


@dataclass(frozen=True, slots=True)
class _Hit:
    """Work that goes on on a place that is ended."""

    address: Address
    kind: str
    attempts: tuple[Attempt, ...]
    resource: Resource | None
    record: Record | None


@dataclass(frozen=True, slots=True)
class Fallout:
    """Changes by address, and the remote ids of places that this plan ends.

    `works` are as they stand once what is taken down has ended.
    """

    changes: Mapping[Address, Change]
    works: Mapping[Address, Work]
    leaving: frozenset[str]


def taken_down(
    changes: Mapping[Address, Change], works: Mapping[Address, Work], kinds: Kinds, context: Context
) -> Fallout:
    """The same changes, with what follows from the places they end.

    A place whose work may not be ended stays: protected work, work whose fate is not known.
    """
    found, after = dict(changes), dict(works)
    ended = [each for each in changes.values() if _ends_a_place(each, kinds)]
    hits = _hits(works, context) if ended else {}
    leaving = set()
    for change in ended:
        mine = hits.get((change.address.provider, change.remote_id), [])
        reason = _why_not(change, mine, changes, kinds, context)
        if reason is not None:
            found[change.address] = blocked(change, reason)
            continue
        leaving.add(change.remote_id)
        found[change.address] = _with_loss(change, mine)
        for hit in mine:
            before, again = found.get(hit.address), None
            if hit.resource is not None:
                again, after[hit.address] = change_of(
                    kinds[hit.kind], hit.resource, _without(hit, context)
                )
            found[hit.address] = _moved(hit, before, again)
    return Fallout(found, after, frozenset(leaving))


def _ends_a_place(change: Change, kinds: Kinds) -> bool:
    is_ended = change.is_pending and change.action in REMOVALS and bool(change.remote_id)
    return is_ended and kinds[change.kind].nature is Nature.STANDING


def _hits(works: Mapping[Address, Work], context: Context) -> dict[tuple[str, str], list[_Hit]]:
    """Everything that goes on, by the (provider, remote id) of each place it stands on."""
    found: dict[tuple[str, str], list[_Hit]] = {}
    records = {each.first_address: each for each in context.recorded.records.values()}
    declared = {context.first(address): work.resource for address, work in works.items()}
    below = _grounds(context)
    for first, known in context.attempts.items():
        by_place: dict[str, list[Attempt]] = {}
        for attempt in known.active:
            for place in _places(attempt, below):
                by_place.setdefault(place, []).append(attempt)
        resource, record = declared.get(first), records.get(first)
        address = resource.address if resource is not None else record.address if record else first
        for place, attempts in by_place.items():
            kind = attempts[0].live.kind if attempts[0].live is not None else ""
            hit = _Hit(address, kind, tuple(attempts), resource, record)
            found.setdefault((first.provider, place), []).append(hit)
    return found


def _grounds(context: Context) -> dict[str, frozenset[str]]:
    """What each object stands on: work in a container stands on the container's places as well."""
    return {
        each.remote_id: frozenset(each.stands_on.values())
        for listed in context.observation.objects.values()
        for each in listed
        if each.stands_on
    }


def _places(attempt: Attempt, below: Mapping[str, frozenset[str]]) -> frozenset[str]:
    direct = below.get(attempt.run.remote_id, frozenset())
    return direct.union(*(below.get(each, frozenset()) for each in direct))


def _why_not(
    change: Change,
    hits: Iterable[_Hit],
    changes: Mapping[Address, Change],
    kinds: Kinds,
    context: Context,
) -> Problem | None:
    for hit in hits:
        standing = changes.get(hit.address)
        if guard_of(kinds[hit.kind], hit.resource, hit.record).protect:
            cause = f"{hit.address} runs on it and is protected"
        elif context.found(hit.address).open_intents or (
            standing is not None
            and standing.standing is Standing.BLOCKED
            and standing.reason is Reason.UNSETTLED
        ):
            cause = f"{hit.address} runs on it, and what stands there is not known for sure"
        else:
            continue
        return Problem(
            code="P307",
            summary=f"{change.address} may not be ended yet",
            cause=cause,
            remedy="wait until that work is over, or settle it first",
            address=str(change.address),
            location=change.location,
        )
    return None


def _with_loss(change: Change, hits: list[_Hit]) -> Change:
    if not hits:
        return change
    names = sorted(str(each.address) for each in hits)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    note = f"stops unfinished work: {', '.join(names[:_NAMED])}{more}"
    usage = lost(attempt for hit in hits for attempt in hit.attempts)
    loss = change.loss if change.loss is not None and change.loss.is_busy else usage
    return replace(change, notes=(*change.notes, note), loss=replace(
        loss, core_seconds=max(loss.core_seconds, usage.core_seconds)))  # fmt: skip


def _moved(hit: _Hit, before: Change | None, again: Change | None) -> Change:
    """The work stopped, and made again when it is still wanted."""
    ids = tuple(dict.fromkeys(each.run.remote_id for each in hit.attempts))
    makes = again is not None and again.request is not None and again.action is Action.CREATE
    if again is None or not makes:
        again = before or Change(hit.address, hit.kind, Action.NO_OP, Reason.MOVED)
    kept = tuple(each for each in (before.also if before is not None else ()) if each not in ids)
    return replace(
        again,
        action=Action.REPLACE if makes else Action.TERMINATE,
        reason=Reason.MOVED,
        standing=Standing.READY,
        problem=None,
        remote_id=ids[0],
        also=(*ids[1:], *(kept if before is not None and before.action in REMOVALS else ())),
        ordinal=hit.record.ordinal if hit.record is not None else 0,
        notes=tuple(each for each in again.notes if not each.endswith(WITHDRAWN_BEFORE)),
        loss=lost(hit.attempts),
    )


def _without(hit: _Hit, context: Context) -> Context:
    """The same world, had these runs been withdrawn already."""
    ended = frozenset(each.run.remote_id for each in hit.attempts)
    first = context.first(hit.address)
    known = context.attempts[first]
    withdrawn = tuple(
        replace(each, outcome=Outcome.WITHDRAWN) if each.run.remote_id in ended else each
        for each in known.known
    )
    changed = Attempts(withdrawn, known.unconfirmed, known.twins)
    return replace(context, attempts={first: changed})
