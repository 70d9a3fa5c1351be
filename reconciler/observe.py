"""Ask the vendors, bounded and all at once: the one Observation a plan is made from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import NoneType
from typing import Any

import anyio

from reconciler.address import Address
from reconciler.answers import MISREAD, unreadable
from reconciler.errors import NotFound, Problem, ReconcilerError, UnexpectedReply
from reconciler.kinds import Kinds, KindSpec, Nature
from reconciler.model import (
    Facts,
    Listing,
    Observation,
    Observed,
    Outcome,
    Record,
    Recorded,
    Resource,
    Run,
)
from reconciler.pointers import SecretRef
from reconciler.ports import Clock, Provider, Revealed, Secrets
from reconciler.values import Json

Seal = Callable[[Json], str]
"""The state's keyed digest."""

_LEAVES = frozenset({str, int, float, bool, NoneType})
"""Nothing is inside a value of these types, of which most of a spec is made."""
_HOLD_NO_SECRET = _LEAVES | {list}
"""No vendor keeps a secret in a list."""


@dataclass(slots=True)
class _Gathered:
    """What has come in so far, by provider."""

    objects: dict[str, tuple[Observed, ...]] = field(default_factory=dict)
    incomplete: dict[tuple[str, str], Problem] = field(default_factory=dict)
    facts: dict[str, Facts] = field(default_factory=dict)
    existing: dict[tuple[str, str, str], str] = field(default_factory=dict)
    times: dict[str, datetime] = field(default_factory=dict)
    errors: list[ReconcilerError] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the state knows at one provider: its records, and the runs not seen to end."""

    records: tuple[Record, ...]
    active: tuple[Run, ...]
    ran: frozenset[Address]
    """First addresses that have runs, over or not."""

    @classmethod
    def at(cls, provider: str, recorded: Recorded) -> _Known:
        runs = [each for each in recorded.runs if each.address.provider == provider]
        return cls(
            records=tuple(r for a, r in recorded.records.items() if a.provider == provider),
            active=tuple(each for each in runs if each.outcome is Outcome.ACTIVE and each.kind),
            ran=frozenset(each.address for each in runs),
        )

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset({each.kind for each in self.records} | {each.kind for each in self.active})

    def to_ask(self, kinds: Kinds) -> tuple[tuple[str, str], ...]:
        """(kind, remote id) of all that has to be there still, as far as we know; each once.

        Runs speak for finite work: what is over is not asked for, nor a record that has runs.
        """
        records = (
            (each.kind, each.remote_id)
            for each in self.records
            if each.first_address not in self.ran or kinds[each.kind].nature is not Nature.FINITE
        )
        active = ((each.kind, each.remote_id) for each in self.active)
        return tuple(dict.fromkeys(each for each in (*records, *active) if each[1]))


async def observe(
    providers: Mapping[str, Provider],
    resources: Sequence[Resource],
    recorded: Recorded,
    clock: Clock,
    seal: Seal,
    also: Collection[str] = (),
) -> Observation:
    """Every object of ours at every provider, with whether the lists are complete.

    Kinds that are declared or remembered are listed, and those of `also`. What a record or an
    active run knows and the list does not show is asked for by its id, so that what is still
    missing is absent; finite work that is over is not asked for. Secrets are fingerprints here.

    Raises:
        ProviderError: a provider can't be reached, or refuses our credentials.
    """
    gathered = _Gathered()
    async with anyio.create_task_group() as tasks:
        for name, provider in providers.items():
            mine = [each for each in resources if each.address.provider == name]
            known = _Known.at(name, recorded)
            kinds = known.kinds | {each.kind for each in mine} | provider.kinds.keys() & {*also}
            for reading in (
                _objects(gathered, provider, kinds, known, seal),
                _facts(gathered, provider),
                _existing(gathered, provider, mine),
            ):
                tasks.start_soon(_noted, gathered, reading, tasks.cancel_scope)
    if gathered.errors:
        raise gathered.errors[0]
    return Observation(
        now=clock.now(),
        objects=gathered.objects,
        incomplete=gathered.incomplete,
        existing=gathered.existing,
        facts=gathered.facts,
        times=gathered.times,
    )


async def _noted(
    gathered: _Gathered, reading: Coroutine[Any, Any, None], others: anyio.CancelScope
) -> None:
    """Finish a reading; its error is kept for the caller and ends the others, which are in vain."""
    try:
        await reading
    except ReconcilerError as error:
        gathered.errors.append(error)
        others.cancel()


async def _objects(
    gathered: _Gathered,
    provider: Provider,
    kinds: frozenset[str],
    known: _Known,
    seal: Seal,
) -> None:
    listing = await provider.observe(kinds, known.records) if kinds else Listing(())
    unlisted = await _read_unlisted(provider, listing, known)
    gathered.incomplete.update(
        {(provider.name, kind): problem for kind, problem in listing.incomplete.items()}
    )
    found: list[Observed] = []
    for each in (*listing.objects, *unlisted):
        try:
            found.append(formed(provider.kinds[each.kind], each, seal))
        except UnexpectedReply as error:
            gathered.incomplete[provider.name, each.kind] = error.problem
    gathered.objects[provider.name] = tuple(found)
    now = provider.vendor_now()
    if now is not None:
        gathered.times[provider.name] = now


async def _read_unlisted(provider: Provider, listing: Listing, known: _Known) -> list[Observed]:
    listed = {each.remote_id for each in listing.objects}
    missing: dict[str, list[str]] = {}
    for kind, remote_id in known.to_ask(provider.kinds):
        if remote_id not in listed:
            missing.setdefault(kind, []).append(remote_id)
    found = [await provider.read(kind, ids) for kind, ids in sorted(missing.items())]
    return [each for answers in found for each in answers.values() if each is not None]


async def _facts(gathered: _Gathered, provider: Provider) -> None:
    gathered.facts[provider.name] = await provider.facts()


async def _existing(gathered: _Gathered, provider: Provider, resources: Sequence[Resource]) -> None:
    wanted = {
        (reference.kind, reference.existing)
        for each in resources
        for reference in each.references
        if reference.existing is not None
    }
    for kind, name in sorted(wanted):
        try:
            remote_id = await provider.resolve(kind, name)
        except NotFound:
            continue
        gathered.existing[provider.name, kind, name] = remote_id


def formed(kind: KindSpec, observed: Observed, seal: Seal) -> Observed:
    """An object as it is compared: the kind's form, no secret value left in it.

    Raises:
        UnexpectedReply: a field is not of the type the vendor documents.
    """
    try:
        return replace(observed, spec=kind.table.form(_concealed(observed.spec, seal)))
    except MISREAD as error:
        what = f"{kind.kind.lower()} {observed.remote_id!r}"
        raise unreadable(f"{kind.vendor}'s", what, error) from error


def _concealed(value: Any, seal: Seal) -> Any:
    """The same with fingerprints for secrets; what holds none is shared, not copied."""
    if isinstance(value, Revealed):
        return {"fingerprint": seal(value.reveal())}
    if not isinstance(value, Mapping):
        return value
    changed = {
        key: now
        for key, each in value.items()
        if type(each) not in _HOLD_NO_SECRET and (now := _concealed(each, seal)) is not each
    }
    return {**value, **changed} if changed else value


def secret_refs(values: Iterable[Any]) -> frozenset[SecretRef]:
    """Every reference to a secret in these specs."""
    found: set[SecretRef] = set()
    pending: list[Any] = list(values)
    while pending:
        value = pending.pop()
        if isinstance(value, Mapping):
            ref = SecretRef.from_manifest(value) if "secretRef" in value else None
            if ref is not None:
                found.add(ref)
                continue
            value = value.values()
        elif not isinstance(value, list):
            continue
        pending.extend(each for each in value if type(each) not in _LEAVES)
    return frozenset(found)


def fingerprints(
    refs: Collection[SecretRef], secrets: Secrets, seal: Seal
) -> dict[str, str | None]:
    """`SecretRef.key` to the value's keyed fingerprint; `None` where it is not available."""
    found: dict[str, str | None] = {}
    for ref in refs:
        value = secrets.fetch(ref)
        found[ref.key] = None if value is None else seal(value.reveal())
    return found
