"""Ask the vendors, bounded and all at once: the one Observation a plan is made from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import NoneType
from typing import Any

import anyio

from reconciler.errors import NotFound, Problem, ReconcilerError
from reconciler.kinds import KindSpec
from reconciler.model import (
    Facts,
    Listing,
    Observation,
    Observed,
    Record,
    Recorded,
    Resource,
    SecretRef,
)
from reconciler.ports import Clock, Provider, Revealed, Secrets
from reconciler.values import Json

Seal = Callable[[Json], str]
"""The state's keyed digest."""

_LEAVES = frozenset({str, int, float, bool, NoneType})
"""Nothing is inside a value of these types, of which most of a spec is made."""


@dataclass(slots=True)
class _Gathered:
    """What has come in so far, by provider."""

    objects: dict[str, tuple[Observed, ...]] = field(default_factory=dict)
    incomplete: dict[tuple[str, str], Problem] = field(default_factory=dict)
    facts: dict[str, Facts] = field(default_factory=dict)
    existing: dict[tuple[str, str, str], str] = field(default_factory=dict)
    errors: list[ReconcilerError] = field(default_factory=list)


async def observe(
    providers: Mapping[str, Provider],
    resources: Sequence[Resource],
    recorded: Recorded,
    clock: Clock,
    seal: Seal,
) -> Observation:
    """Every object of ours at every provider, with whether the lists are complete.

    An object that a record knows and the list does not show is asked for by its id, so that what is
    still missing is absent. Secret values are fingerprints from here on.

    Raises:
        ProviderError: a provider can't be reached, or refuses our credentials.
    """
    gathered = _Gathered()
    async with anyio.create_task_group() as tasks:
        for name, provider in providers.items():
            mine = [each for each in resources if each.address.provider == name]
            known = [each for each in recorded.records.values() if each.address.provider == name]
            for reading in (
                _objects(gathered, provider, _kinds(mine, known), known, seal),
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


def _kinds(resources: Iterable[Resource], known: Iterable[Record]) -> frozenset[str]:
    return frozenset({each.kind for each in resources} | {each.kind for each in known})


async def _objects(
    gathered: _Gathered,
    provider: Provider,
    kinds: frozenset[str],
    known: Sequence[Record],
    seal: Seal,
) -> None:
    listing = await provider.observe(kinds, known) if kinds else Listing(())
    unlisted = await _read_unlisted(provider, listing, known)
    gathered.incomplete.update(
        {(provider.name, kind): problem for kind, problem in listing.incomplete.items()}
    )
    gathered.objects[provider.name] = tuple(
        formed(provider.kinds[each.kind], each, seal) for each in (*listing.objects, *unlisted)
    )


async def _read_unlisted(
    provider: Provider, listing: Listing, known: Sequence[Record]
) -> list[Observed]:
    listed = {each.remote_id for each in listing.objects}
    missing: dict[str, list[str]] = {}
    for record in known:
        if record.remote_id and record.remote_id not in listed:
            missing.setdefault(record.kind, []).append(record.remote_id)
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
    """An object as it is compared: the kind's form, no secret value left in it."""
    return replace(observed, spec=kind.table.form(_concealed(observed.spec, seal)))


def _concealed(value: Any, seal: Seal) -> Any:
    """The same with fingerprints for secrets; what holds none is shared, not copied."""
    if isinstance(value, Revealed):
        return {"fingerprint": seal(value.reveal())}
    if not isinstance(value, Mapping):
        return value
    changed = {
        key: now
        for key, each in value.items()
        if type(each) not in _LEAVES and (now := _concealed(each, seal)) is not each
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
