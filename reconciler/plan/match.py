"""Which live object belongs to which address: markers, confirmed by what we remember."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.address import Address
from reconciler.model import Intent, Observation, Observed, Record, Recorded, Verb


@dataclass(frozen=True, slots=True)
class Match:
    """What stands at one address.

    `live` is the object we made and still have; `unconfirmed` carry our marker though nothing we
    remember says we made them. Copies of a recorded attempt (a cloned object keeps the marker) are
    nobody's and are left alone.
    """

    live: Observed | None = None
    record: Record | None = None
    unconfirmed: tuple[Observed, ...] = ()
    open_intents: tuple[Intent, ...] = ()


@dataclass(frozen=True, slots=True)
class Matches:
    """Every address that is recorded, has an open intent or an object with its marker."""

    by_address: Mapping[Address, Match] = field(default_factory=dict)
    by_id: Mapping[tuple[str, str], Observed] = field(default_factory=dict)
    """Every object that was seen, by provider and remote id."""

    def at(self, address: Address) -> Match:
        return self.by_address.get(address, _NOTHING)


_NOTHING = Match()


def match(recorded: Recorded, observation: Observation) -> Matches:
    """Pair live objects with records, by remote id first and by marker second.

    Work that runs once is told apart by its attempts instead: `reconciler.plan.attempts`.
    """
    objects = [each for listed in observation.objects.values() for each in listed]
    by_id = {
        (name, each.remote_id): each
        for name, listed in observation.objects.items()
        for each in listed
    }
    by_first = _by_first_address(objects)
    intents = _by_address(recorded.intents)
    addresses = recorded.records.keys() | intents.keys()
    found = {
        address: _match(
            recorded.records.get(address),
            by_id,
            by_first.pop(_first(address, recorded.records.get(address), intents), ()),
            intents.get(address, ()),
        )
        for address in sorted(addresses)
    }
    strangers = {address: Match(unconfirmed=tuple(each)) for address, each in by_first.items()}
    return Matches({**strangers, **found}, by_id)


def _first(
    address: Address, record: Record | None, intents: Mapping[Address, tuple[Intent, ...]]
) -> Address:
    if record is not None:
        return record.first_address
    return next((each.first_address for each in intents.get(address, ())), address)


def _by_first_address(objects: Iterable[Observed]) -> dict[Address, list[Observed]]:
    found: dict[Address, list[Observed]] = {}
    for each in objects:
        if each.marker is not None and not each.marker.run_key:
            found.setdefault(each.marker.address, []).append(each)
    return found


def _by_address(intents: Iterable[Intent]) -> dict[Address, tuple[Intent, ...]]:
    found: dict[Address, tuple[Intent, ...]] = {}
    for intent in intents:
        found[intent.address] = (*found.get(intent.address, ()), intent)
    return found


def _match(
    record: Record | None,
    by_id: Mapping[tuple[str, str], Observed],
    marked: Iterable[Observed],
    intents: tuple[Intent, ...],
) -> Match:
    live = by_id.get((record.address.provider, record.remote_id)) if record is not None else None
    unconfirmed = tuple(
        each
        for each in marked
        if each is not live and not _is_copy(each, record) and not _is_intended(each, intents)
    )
    return Match(live, record, unconfirmed, intents)


def _is_copy(observed: Observed, record: Record | None) -> bool:
    """Whether it bears the marker of an attempt whose own object we know, or an older one."""
    marker = observed.marker
    return record is not None and marker is not None and marker.ordinal <= record.ordinal


def _is_intended(observed: Observed, intents: Iterable[Intent]) -> bool:
    marker = observed.marker
    return marker is not None and any(
        each.verb is Verb.CREATE and each.ordinal == marker.ordinal for each in intents
    )
