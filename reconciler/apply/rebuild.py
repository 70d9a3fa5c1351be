"""A lost state, made anew from the markers on live objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from reconciler.address import Address
from reconciler.diff.finite_table import Current
from reconciler.errors import Problem, StateError
from reconciler.kinds import Nature
from reconciler.model import (
    Observation,
    Observed,
    Outcome,
    Record,
    Recorded,
    Run,
)
from reconciler.observe import Seal, observe
from reconciler.plan.attempts import outcome_of
from reconciler.plan.build import Desired, context_of
from reconciler.plan.memory import targets_of
from reconciler.plan.policy import Policy
from reconciler.plan.work import cover_of, work_of
from reconciler.ports import Batch, Clock, Provider

NOTHING = Recorded("", 0)


@dataclass(frozen=True, slots=True)
class Rebuild:
    """What a lost state is made from. `seal` digests what is compared while it goes on."""

    desired: Desired
    providers: Mapping[str, Provider]
    clock: Clock
    seal: Seal
    files: Mapping[str, str] = field(default_factory=dict)
    """Digests of the files the manifests name, by path."""

    async def restored(self) -> Batch:
        """All but the memory of runs whose objects are gone: those are unknown, and held.

        A record for every object of ours, protected until its manifest is next applied; what each
        field was set to is not known any more. Waits until a request that was under way when the
        state was lost can no longer arrive, and lists twice.

        Raises:
            StateError: a list could not be read to its end.
            ProviderError: a provider can't be reached.
        """
        first = await self._listed()
        await self.clock.sleep(self._patience_s())
        seen = _together(first, await self._listed())
        runs = tuple(self._runs(seen))
        records = tuple(self._records(seen, runs))
        known = replace(NOTHING, runs=runs, records={each.address: each for each in records})
        return Batch(put_records=records, put_runs=(*runs, *self._unknown(known, seen)))

    def _patience_s(self) -> float:
        waits = (each.request_deadline_s + each.settle_after_s for each in self.providers.values())
        return max(waits, default=0.0)

    async def _listed(self) -> Observation:
        """Everything of ours, of every kind, whatever the manifests say."""
        kinds = tuple(kind for each in self.providers.values() for kind in each.kinds)
        seen = await observe(
            self.providers, self.desired.resources, NOTHING, self.clock, self.seal, kinds
        )
        if seen.incomplete:
            raise StateError(*(_unread(each) for each in seen.incomplete.values()))
        return replace(seen, files=self.files)

    def _runs(self, seen: Observation) -> Iterable[Run]:
        for provider, listed in sorted(seen.objects.items()):
            now = seen.time_at(provider)
            for each in listed:
                marker = each.marker
                if marker is None or not marker.run_key:
                    continue
                run = Run(
                    address=marker.address,
                    run_key=marker.run_key,
                    attempt=marker.attempt,
                    remote_id=each.remote_id,
                    cover=marker.cover,
                    ranges=each.ranges,
                    seen_at=now,
                    kind=each.kind,
                    done=each.done,
                    made_at=each.created_at,
                    retention_s=self._retention_s(each),
                )
                yield replace(run, outcome=outcome_of(run, each, now))

    def _retention_s(self, observed: Observed) -> float | None:
        return self.desired.kinds[observed.kind].retention_s(observed.spec)

    def _records(self, seen: Observation, runs: Iterable[Run]) -> Iterable[Record]:
        """Of several objects at one address the newest creation counts."""
        newest: dict[Address, Observed] = {}
        finite = {(each.address, each.remote_id) for each in runs}
        for each in (one for listed in seen.objects.values() for one in listed):
            if each.marker is None:
                continue
            address = each.marker.address
            is_run = (address, each.remote_id) in finite
            held = newest.get(address)
            if (is_run or not each.settled.is_over) and (
                held is None or _ordinal(held) < _ordinal(each)
            ):
                newest[address] = each
        wanted = {each.address: each for each in self.desired.resources}
        for address, each in sorted(newest.items()):
            resource = wanted.get(address)
            yield Record(
                address=address,
                kind=each.kind,
                remote_id=each.remote_id,
                ordinal=_ordinal(each),
                first_address=address,
                protect=True,
                depends_on=tuple(sorted(targets_of(resource))) if resource is not None else (),
            )

    def _unknown(self, known: Recorded, seen: Observation) -> Iterable[Run]:
        """Wanted work that has no object: it may have run, ended and been removed long ago."""
        policy = Policy(self.seal)
        context = context_of(self.desired, known, seen, policy)
        for resource in self.desired.resources:
            kind = self.desired.kinds[resource.kind]
            if kind.nature is not Nature.FINITE:
                continue
            work = work_of(kind, resource, context)
            make = partial(Run, context.first(resource.address), work.keys[0])
            tried = max([0, *(each.run.attempt for each in work.own)])
            for part in work.parts:
                if part.current is Current.NONE:
                    text = str(part.ranges)
                    yield make(
                        tried + 1,
                        "",
                        cover_of(text),
                        text,
                        Outcome.UNKNOWN,
                        seen_at=seen.time_at(resource.address.provider),
                        kind=kind.id,
                    )


def _together(first: Observation, second: Observation) -> Observation:
    """What either list showed, as the later one showed it."""
    objects = {}
    for name in first.objects.keys() | second.objects.keys():
        both: Sequence[Observed] = (*first.objects.get(name, ()), *second.objects.get(name, ()))
        objects[name] = tuple({each.remote_id: each for each in both}.values())
    return replace(second, objects=objects)


def _ordinal(observed: Observed) -> int:
    return observed.marker.ordinal if observed.marker is not None else 0


def _unread(problem: Problem) -> Problem:
    return Problem(
        code="S430",
        summary="the state can't be rebuilt from a part of the list",
        cause=problem.summary,
        remedy="run state rebuild again when the vendor answers",
    )
