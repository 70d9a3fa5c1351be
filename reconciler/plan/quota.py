"""Whether what a plan adds fits the account, and whether names it uses exist there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from reconciler.diff.change import Action
from reconciler.errors import Problem
from reconciler.kinds import Demand, Kinds, KindSpec, Nature
from reconciler.model import Facts, Quota, Resource
from reconciler.plan.plan import Change, Pace, QuotaVerdict, Verdict
from reconciler.plan.policy import blocked
from reconciler.values import UNSEEN, get_in

NO_ROOM = "P401"
"""The code of a change that a quota has no room for."""
TIGHT_SHARE = 0.9
"""Above this share of a limit, a plan that still fits is called tight."""

_REMOVING = frozenset({Action.DELETE})


@dataclass(slots=True)
class _Room:
    """What is left of one quota while changes are counted in, in order."""

    quota: Quota | None
    is_hard: bool
    added: float = 0.0
    refused: float = 0.0

    def takes(self, amount: float) -> bool:
        limit = self.quota.limit if self.quota is not None else None
        used = self.quota.used if self.quota is not None else 0.0
        if self.is_hard and limit is not None and used + self.added + amount > limit:
            self.refused += amount
            return False
        self.added += amount
        return True

    def verdict(self) -> Verdict:
        if self.quota is None:
            return Verdict.UNKNOWN
        if self.refused:
            return Verdict.EXCEEDS
        if self.quota.limit is None:
            return Verdict.FITS
        is_tight = self.quota.used + self.added > self.quota.limit * TIGHT_SHARE
        return Verdict.TIGHT if is_tight else Verdict.FITS


def fitted(
    changes: Iterable[Change], kinds: Kinds, facts: Mapping[str, Facts]
) -> tuple[tuple[Change, ...], tuple[QuotaVerdict, ...]]:
    """The changes, those beyond a hard quota blocked, and a verdict for each quota touched.

    Room is given in the order of the changes; what deletions free is counted first.
    """
    changes = tuple(changes)
    rooms: dict[tuple[str, str], _Room] = {}
    for change in changes:
        if change.is_pending and change.action in _REMOVING and change.remote_id:
            for demand in kinds[change.kind].demands({}):
                if demand.is_hard:
                    _room(rooms, change, demand, facts).added -= demand.amount
    decided = tuple(_admitted(each, kinds, rooms, facts) for each in changes)
    verdicts = tuple(
        _verdict(provider, name, room)
        for (provider, name), room in sorted(rooms.items())
        if room.added > 0 or room.refused
    )
    return decided, verdicts


def paced(changes: Iterable[Change], facts: Mapping[str, Facts]) -> tuple[Pace, ...]:
    """What takes its time: more creations of a kind than may be sent in a minute."""
    counts = Counter((each.address.provider, each.kind) for each in changes if _creates(each))
    found = (
        Pace(provider, kind, count, per_min)
        for (provider, kind), count in sorted(counts.items())
        if (per_min := facts.get(provider, _NOTHING_KNOWN).creations_per_min.get(kind)) is not None
    )
    return tuple(each for each in found if each.minutes > 1)


_NOTHING_KNOWN = Facts()


def _creates(change: Change) -> bool:
    return change.is_pending and change.action in (Action.CREATE, Action.REPLACE)


def _room(
    rooms: dict[tuple[str, str], _Room],
    change: Change,
    demand: Demand,
    facts: Mapping[str, Facts],
) -> _Room:
    provider = change.address.provider
    quota = facts[provider].quotas.get(demand.quota) if provider in facts else None
    return rooms.setdefault((provider, demand.quota), _Room(quota, demand.is_hard))


def _admitted(
    change: Change,
    kinds: Kinds,
    rooms: dict[tuple[str, str], _Room],
    facts: Mapping[str, Facts],
) -> Change:
    if not change.is_pending or change.request is None or not _adds(change, kinds):
        return change
    for demand in kinds[change.kind].demands(change.request.resource.spec):
        room = _room(rooms, change, demand, facts)
        if not room.takes(demand.amount):
            return blocked(change, _no_room(change, demand, room))
    return change


def _adds(change: Change, kinds: Kinds) -> bool:
    """Whether it makes one more; the vendor keeps what was run before beside what runs again."""
    is_kept = kinds[change.kind].nature is not Nature.STANDING
    return change.action is Action.CREATE or (change.action is Action.REPLACE and is_kept)


def _no_room(change: Change, demand: Demand, room: _Room) -> Problem:
    assert room.quota is not None
    return Problem(
        code=NO_ROOM,
        summary=f"no room for {change.address} in the account's {demand.quota}",
        cause=f"{room.quota.used:g} of {room.quota.limit:g} {demand.quota} are used, "
        f"and this plan adds {room.added:g} before it",
        remedy="delete what is no longer needed, or ask the vendor to raise the quota",
        address=str(change.address),
        location=change.location,
    )


def _verdict(provider: str, name: str, room: _Room) -> QuotaVerdict:
    quota = room.quota
    return QuotaVerdict(
        provider=provider,
        quota=name,
        used=quota.used if quota is not None else None,
        added=room.added + room.refused,
        limit=quota.limit if quota is not None else None,
        verdict=room.verdict(),
    )


def unknown_names(kind: KindSpec, resource: Resource, facts: Facts | None) -> tuple[Problem, ...]:
    """Names the account's catalogues do not hold; a catalogue we could not read decides nothing."""
    found = []
    for path, catalogue in kind.catalogues:
        names = facts.catalogues.get(catalogue) if facts is not None else None
        value = get_in(resource.spec, tuple(path.split(".")))
        if names is None or value is UNSEEN or value in names:
            continue
        found.append(_unknown_name(resource, path, str(value), names))
    return tuple(found)


def too_high(kind: KindSpec, resource: Resource, facts: Facts | None) -> tuple[Problem, ...]:
    """Values above what the account takes; a maximum we could not read decides nothing."""
    found = []
    for path, name in kind.maxima:
        most = facts.maxima.get(name) if facts is not None else None
        value = get_in(resource.spec, tuple(path.split(".")))
        if most is not None and isinstance(value, int | float) and value > most:
            found.append(_too_high(resource, path, value, most))
    return tuple(found)


def _too_high(resource: Resource, path: str, value: float, most: float) -> Problem:
    return Problem(
        code="P406",
        summary=f"{path} is at most {most:g} at {resource.address.provider}",
        cause=f"it is {value:g}, and the account sets the bound",
        remedy="lower it, or have the bound raised there",
        address=str(resource.address),
        location=resource.locate(("spec", *path.split("."))),
    )


def _unknown_name(resource: Resource, path: str, value: str, names: frozenset[str]) -> Problem:
    close = get_close_matches(value, sorted(names), n=1)
    hint = f"did you mean '{close[0]}'?" if close else "it has: " + ", ".join(sorted(names)[:10])
    return Problem(
        code="P402",
        summary=f"the account has no {path} '{value}'",
        cause=f"{len(names)} are known to this account",
        remedy=hint,
        address=str(resource.address),
        location=resource.locate(("spec", *path.split("."))),
    )
