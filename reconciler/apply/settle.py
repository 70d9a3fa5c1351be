"""Lost answers: what became of a request whose answer never came.

A creation is looked for by its marker. When nothing carries it, it is sent again only after the
first request can no longer arrive; until then its outcome is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reconciler.address import Address
from reconciler.apply.look import (
    Finding,
    Looked,
    looks,
    looks_again,
    marker_of,
    patience_s,
    settled_from,
)
from reconciler.apply.memory import Memory
from reconciler.diff.compare import Knowledge, desired_form, managed_digests
from reconciler.errors import ProviderError
from reconciler.kinds import Kinds, KindSpec
from reconciler.model import (
    Intent,
    Outcome,
    Record,
    Recorded,
    Request,
    Resource,
    Run,
    Verb,
)
from reconciler.plan.attempts import with_runs
from reconciler.plan.memory import noted
from reconciler.ports import Batch, Clock, Provider, Scope
from reconciler.ranges import ranges
from reconciler.report import Event, EventKind


def run_of(intent: Intent, remote_id: str, outcome: Outcome = Outcome.ACTIVE) -> Run:
    """The memory of the creation an intent was for."""
    return Run(
        address=intent.first_address,
        run_key=intent.run_key,
        attempt=intent.attempt,
        remote_id=remote_id,
        cover=intent.cover,
        ranges=intent.ranges,
        outcome=outcome,
        seen_at=intent.vendor_time or intent.first_send,
        kind=intent.kind,
        made_at=intent.vendor_time or intent.first_send,
        retention_s=intent.retention_s,
    )


def request_digest(request: Request, known: Knowledge) -> str:
    """One value for one request: what is sent, and as whose."""
    return known.digest(
        {
            "spec": request.spec,
            "address": str(request.marker.address),
            "ordinal": request.marker.ordinal,
            **_of_run(request),
            **({"files": request.files} if request.files else {}),
        }
    )


def _of_run(request: Request) -> dict[str, str | int]:
    """What tells one run of finite work from another; nothing for what has none."""
    marker = request.marker
    if not marker.run_key:
        return {}
    return {"run": marker.run_key, "attempt": marker.attempt, "ranges": request.ranges}


def is_past_retention(intent: Intent, now: datetime) -> bool:
    """Whether what this intent made could have ended and been removed; by the vendor's clock."""
    if intent.retention_s is None:
        return False
    since = intent.vendor_time or intent.first_send
    return now >= since + timedelta(seconds=intent.retention_s)


@dataclass(frozen=True, slots=True)
class Absorbed:
    """The state after open intents were settled by reading, and what to write to make it so.

    `unsettled` are intents that must stay open; `until` is when the last of them can be decided.
    """

    recorded: Recorded
    batch: Batch
    unsettled: tuple[Intent, ...] = ()
    until: datetime | None = None

    def waiting(self, wait_s: float) -> tuple[Event, ...]:
        """What to tell of each intent that has to be waited for."""
        text = f"the answer to an earlier request was lost; {wait_s:.0f}s until it is settled"
        total = len(self.unsettled)
        return tuple(
            Event(EventKind.WAITING, each.address, each.verb, 0, total, text=text)
            for each in self.unsettled
        )


@dataclass(frozen=True, slots=True)
class _Settlement:
    """What became of one intent, and what is to be remembered of it."""

    is_closed: bool
    record: Record | None = None
    runs: tuple[Run, ...] = ()


_OPEN = _Settlement(is_closed=False)


async def _ended(intent: Intent, memory: Memory, provider: Provider) -> _Settlement:
    """What became of a run whose stop or removal was noted and perhaps never sent.

    One that goes on is not withdrawn by it. One that is gone may have finished before: unknown.
    """
    runs = memory.ended_by(intent)
    if not runs:
        return _Settlement(is_closed=True)
    try:
        live = (await provider.read(intent.kind, [intent.remote_id]))[intent.remote_id]
    except ProviderError:
        return _OPEN
    if live is None:
        unknown = tuple(replace(each, outcome=Outcome.UNKNOWN) for each in runs)
        return _Settlement(is_closed=True, runs=unknown)
    is_withdrawn = live.settled.is_over
    told = tuple(replace(each, is_withdrawn=is_withdrawn) for each in runs)
    return _Settlement(is_closed=True, runs=told)


async def _appended(
    intent: Intent, memory: Memory, provider: Provider, *, is_past: bool
) -> _Settlement:
    """What became of ranges whose addition was noted: the object itself shows what it covers.

    Of one that is gone nobody can tell whether it ran them, unless that was seen before.
    """
    if memory.made_by(intent) is not None:
        return _Settlement(is_closed=True)
    try:
        live = (await provider.read(intent.kind, [intent.remote_id]))[intent.remote_id]
    except ProviderError:
        return _OPEN
    if live is not None and not ranges(intent.ranges) - ranges(live.ranges):
        return _Settlement(is_closed=True, runs=(run_of(intent, intent.remote_id),))
    if not is_past:
        return _OPEN
    unknown = () if live is not None else (run_of(intent, "", Outcome.UNKNOWN),)
    return _Settlement(is_closed=True, runs=unknown)


@dataclass(frozen=True, slots=True)
class Settler:
    """Reads what became of open intents; it never sends anything that changes a thing."""

    providers: Mapping[str, Provider]
    kinds: Kinds
    scope: Scope
    known: Knowledge
    clock: Clock

    async def absorb_patiently(
        self, recorded: Recorded, resources: Sequence[Resource], tell: Callable[[Event], None]
    ) -> Absorbed:
        """Settle every open intent, for as long as that takes; `tell` hears of each wait."""
        absorbed = await self.absorb(recorded, resources)
        if absorbed.until is None:
            return absorbed
        now = self.clock.now()
        wait_s = max(
            patience_s(each, provider, now)
            for each in absorbed.unsettled
            if (provider := self.providers.get(each.address.provider)) is not None
        )
        for event in absorbed.waiting(wait_s):
            tell(event)
        await self.clock.sleep(wait_s)
        return await self.absorb(recorded, resources, as_of=absorbed.until)

    async def absorb(
        self,
        recorded: Recorded,
        resources: Sequence[Resource],
        as_of: datetime | None = None,
    ) -> Absorbed:
        """Settle every open intent that can be settled now, or at a moment that was waited for."""
        now = as_of or self.clock.now()
        wanted = {each.address: each for each in resources}
        findings = await self._findings(recorded.intents, now)
        memory = Memory.of(recorded)
        told = [
            (intent, await self._settle(intent, findings, memory, wanted, now))
            for intent in recorded.intents
        ]
        unsettled = [intent for intent, each in told if not each.is_closed]
        batch = Batch(
            put_records=tuple(each.record for _, each in told if each.record is not None),
            close_intents=tuple(intent.operation_id for intent, each in told if each.is_closed),
            put_runs=tuple(run for _, each in told for run in each.runs),
        )
        return Absorbed(
            recorded=_applied(recorded, batch),
            batch=batch,
            unsettled=tuple(unsettled),
            until=max(
                (settled_from(i, self.providers[i.address.provider]) for i in unsettled
                 if i.address.provider in self.providers),
                default=None,
            ),
        )  # fmt: skip

    async def _findings(self, intents: Iterable[Intent], now: datetime) -> dict[str, Finding]:
        """What every open creation has made, by operation id: a look or two for each kind."""
        alike: dict[tuple[str, str, bool], list[Intent]] = {}
        for each in intents:
            provider = self.providers.get(each.address.provider)
            if provider is not None and each.verb is Verb.CREATE:
                is_past = now >= settled_from(each, provider)
                alike.setdefault((provider.name, each.kind, is_past), []).append(each)
        found: dict[str, Finding] = {}
        for (name, _, is_past), some in sorted(alike.items()):
            search = looks_again if is_past else looks
            found |= await search(self.providers[name], some, self.scope)
        return found

    async def _settle(
        self,
        intent: Intent,
        findings: Mapping[str, Finding],
        memory: Memory,
        wanted: Mapping[Address, Resource],
        now: datetime,
    ) -> _Settlement:
        provider = self.providers.get(intent.address.provider)
        if provider is None:
            return _OPEN
        is_past = now >= settled_from(intent, provider)
        if intent.verb is Verb.APPEND:
            return await _appended(intent, memory, provider, is_past=is_past)
        if intent.verb is not Verb.CREATE:
            return await _ended(intent, memory, provider) if is_past else _OPEN
        finding = findings[intent.operation_id]
        seen = memory.made_by(intent)
        if finding.observed is not None or seen is not None:
            remote_id = finding.observed.remote_id if finding.observed is not None else ""
            run = seen or (run_of(intent, remote_id) if intent.run_key else None)
            record = memory.records.get(intent.address)
            made = self._made(intent, remote_id or (run.remote_id if run else ""), record, wanted)
            return _Settlement(is_closed=True, record=made, runs=(run,) if run else ())
        if finding.looked is not Looked.NONE or not is_past:
            return _OPEN
        vendor_now = provider.vendor_now() or self.clock.now()
        if intent.run_key and is_past_retention(intent, vendor_now):
            return _Settlement(is_closed=True, runs=(run_of(intent, "", Outcome.UNKNOWN),))
        return _Settlement(is_closed=True)

    def _made(
        self,
        intent: Intent,
        remote_id: str,
        record: Record | None,
        wanted: Mapping[Address, Resource],
    ) -> Record:
        resource = wanted.get(intent.address)
        kind = self.kinds[intent.kind]
        made = Record(
            address=intent.address,
            kind=intent.kind,
            remote_id=remote_id,
            ordinal=intent.ordinal,
            first_address=intent.first_address,
        )
        made = made.guarded_as(record)
        if resource is None:
            return made
        return replace(noted(kind, made, resource), managed=self._sent(kind, intent, resource))

    def _sent(self, kind: KindSpec, intent: Intent, resource: Resource) -> dict[str, str]:
        """What that request set, when the manifests still say what they said when it was sent."""
        spec = desired_form(kind, resource)
        request = Request(resource, spec, marker_of(intent, self.scope))
        if request_digest(request, self.known) != intent.request_digest:
            return {}
        return managed_digests(kind, spec, self.known)


def _applied(recorded: Recorded, batch: Batch) -> Recorded:
    records = dict(recorded.records) | {each.address: each for each in batch.put_records}
    closed = frozenset(batch.close_intents)
    return replace(
        with_runs(recorded, batch.put_runs),
        records=records,
        intents=tuple(i for i in recorded.intents if i.operation_id not in closed),
    )
