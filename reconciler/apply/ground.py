"""What the steps of one apply stand on: the state as this apply has left it, and its notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from reconciler.address import Address
from reconciler.apply.ledger import Ledger
from reconciler.apply.look import SEND_WINDOW_S
from reconciler.apply.settle import request_digest
from reconciler.apply.steps import Step
from reconciler.diff.compare import Knowledge
from reconciler.errors import Problem, ProviderError, StateError
from reconciler.kinds import Kinds, KindSpec
from reconciler.model import Intent, Record, Request, Run, Verb
from reconciler.ports import Batch, Clock, Provider, Scope
from reconciler.report import Passed

MAX_SENDS = 3
"""How often one creation is sent in one run, each time only after the one before is settled."""


@dataclass(frozen=True, slots=True)
class Result:
    passed: Passed
    remote_id: str = ""
    problem: Problem | None = None
    error: ProviderError | None = None


@dataclass(slots=True)
class Ground:
    """`records` and `runs` are the state as this apply has left it.

    Runs stand by provider and remote id: one object may be several shares of the work.
    """

    ledger: Ledger
    scope: Scope
    clock: Clock
    kinds: Kinds
    known: Knowledge
    new_id: Callable[[], str]
    records: dict[Address, Record]
    runs: dict[tuple[str, str], tuple[Run, ...]]
    on_wait: Callable[[Step, str], None]
    plan_digest: str = ""
    touched: dict[tuple[str, str], dict[str, Step]] = field(default_factory=dict)
    """What was created or updated, by (provider, kind) and remote id: read back at the end."""
    stopped: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """What was stopped, by (provider, kind): how it ended is looked at when all is done."""
    made: dict[Address, str] = field(default_factory=dict)
    """What this apply itself has created."""

    async def write(self, batch: Batch) -> None:
        """Make a batch durable, and remember it here; the first one uses up the plan."""
        digest, self.plan_digest = self.plan_digest, ""
        await self.ledger.write(replace(batch, use_plan=digest))
        self.records.update({each.address: each for each in batch.put_records})
        for run in batch.put_runs:
            place = (run.address.provider, run.remote_id)
            others = (each for each in self.runs.get(place, ()) if each.cover != run.cover)
            self.runs[place] = (*others, run)
        for address in batch.drop_records:
            self.records.pop(address, None)

    def kind_of(self, step: Step) -> KindSpec:
        return self.kinds[step.change.kind]

    def time_at(self, provider: Provider) -> datetime:
        """The vendor's own time, ours where it tells none."""
        return provider.vendor_now() or self.clock.now()

    def runs_at(self, step: Step) -> tuple[Run, ...]:
        """What the object a step is for stands for: the runs it is remembered by."""
        return self.runs.get((step.provider, step.remote_id), ())

    def touch(self, step: Step, remote_id: str) -> None:
        """Have it read back when all is done."""
        self.touched.setdefault((step.provider, step.change.kind), {})[remote_id] = step

    async def durable(self, intents: Sequence[Intent], runs: Sequence[Run] = ()) -> list[Intent]:
        """The intents as they became durable, all of them still in time to be sent.

        Raises:
            StateError: the disk is too slow to send anything in time.
        """
        for _ in range(MAX_SENDS):
            await self.write(Batch(open_intents=tuple(intents), put_runs=tuple(runs)))
            if self.clock.now() < min(each.send_by for each in intents):
                return list(intents)
            intents = [self.renewed(each) for each in intents]
        raise StateError(
            Problem(
                code="S508",
                summary="the state is too slow: nothing is sent without a durable note",
                cause=f"writing a note took longer than {SEND_WINDOW_S:g}s, several times",
                remedy="check the disk that holds the state",
            )
        )

    def renewed(self, intent: Intent) -> Intent:
        """The same intent for another send: `first_send` stays, `send_by` moves."""
        return replace(intent, send_by=self.clock.now() + timedelta(seconds=SEND_WINDOW_S))

    def intent(self, step: Step, request: Request | None, provider: Provider) -> Intent:
        """The note of one step before its effect."""
        change, now = step.change, self.clock.now()
        record = self.records.get(change.address)
        run = next(iter(self.runs_at(step)), None)
        noted = Intent(
            operation_id=self.new_id(),
            address=change.address,
            kind=change.kind,
            verb=step.verb,
            request_digest=request_digest(request, self.known) if request is not None else "",
            first_send=now,
            send_by=now + timedelta(seconds=SEND_WINDOW_S),
            ordinal=change.ordinal,
            first_address=record.first_address if record is not None else change.address,
            remote_id=step.remote_id,
            run_key=run.run_key if run is not None else "",
            attempt=run.attempt if run is not None else 0,
            cover=run.cover if run is not None else "",
        )
        if request is None:
            return noted
        noted = replace(noted, first_address=request.marker.address)
        match step.verb:
            case Verb.CREATE:
                name, kind = request.resource.address.name, self.kinds[change.kind]
                named = kind.identity(name, request.spec) if kind.identity else ""
                noted = replace(noted, remote_id=named, ordinal=request.marker.ordinal)
            case Verb.APPEND:
                pass
            case _:
                return noted
        return self._of_a_run(noted, request, provider)

    def _of_a_run(self, intent: Intent, request: Request, provider: Provider) -> Intent:
        """With what is to be remembered of the work it brings about."""
        marker, kind = request.marker, self.kinds[intent.kind]
        return replace(
            intent,
            run_key=marker.run_key,
            attempt=marker.attempt,
            cover=marker.cover,
            ranges=request.ranges,
            retention_s=kind.retention_s(request.resource.spec),
            vendor_time=provider.vendor_now(),
        )
