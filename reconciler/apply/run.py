"""`apply`: the thin driver between the pure machine and the vendors. It decides nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from reconciler.apply.attempt import attempt
from reconciler.apply.ground import Ground, Result
from reconciler.apply.ledger import Ledger
from reconciler.apply.machine import Machine
from reconciler.apply.steps import Step, steps_of
from reconciler.apply.verify import note_ends, verify
from reconciler.diff.compare import Knowledge
from reconciler.errors import AuthFailed, Problem, QuotaExceeded, StateError
from reconciler.kinds import Ability, Kinds
from reconciler.model import Recorded, Run, Verb
from reconciler.plan.plan import Plan
from reconciler.ports import Batch, Clock, Provider, Reporter, Scope, StateStore
from reconciler.report import Event, EventKind, Passed, Report, StepReport


@dataclass(slots=True)
class Interrupt:
    """Set from outside: finish what is in flight, start nothing new. `signal` is its number."""

    signal: int = 0


@dataclass(frozen=True, slots=True)
class Ports:
    """The outside, as `apply` needs it."""

    providers: Mapping[str, Provider]
    store: StateStore
    clock: Clock
    reporter: Reporter
    new_id: Callable[[], str]
    interrupt: Interrupt = field(default_factory=Interrupt)


async def apply(
    plan: Plan,
    recorded: Recorded,
    ledger: Ledger,
    known: Knowledge,
    ports: Ports,
    *,
    uses: str = "",
) -> Report:
    """Carry out a plan's pending changes; a step that fails takes only its descendants with it.

    `ledger` is at work, and `recorded` is what its state holds. `uses` is the file digest of the
    reviewed plan that is used up by this; a plan that was never in a file is never met again.
    Every effect has a durable note before it and one after it, so that a run that is cut anywhere
    can be run again.

    Raises:
        StateError: a note could not be written, or the lease is lost; nothing was sent after that.
    """
    run = _Run(plan, recorded, ledger, known, ports)
    run.ground.plan_digest = uses if run.steps else ""
    began = ports.clock.monotonic()
    await run.go()
    if run.error is not None:
        raise run.error
    return Report(
        steps=tuple(run.reports[number] for number in sorted(run.reports)),
        not_honoured=tuple(run.not_honoured),
        interrupted=ports.interrupt.signal,
        elapsed_s=ports.clock.monotonic() - began,
    )


class _Lane:
    """One provider's queue of ready steps, worked off by a bounded number of workers."""

    __slots__ = ("_heard", "_ready", "_rung", "provider", "refused")

    def __init__(self, provider: Provider, size: int) -> None:
        rung: MemoryObjectSendStream[None]
        heard: MemoryObjectReceiveStream[None]
        rung, heard = anyio.create_memory_object_stream(max_buffer_size=size)
        self.provider = provider
        self.refused: dict[str, Problem] = {}
        """Kinds whose creation is not tried any more, because a quota is used up."""
        self._ready: deque[Step] = deque()
        self._rung, self._heard = rung, heard

    def add(self, steps: Iterable[Step]) -> None:
        """Steps that are ready: idle workers are woken only when all of them stand in line."""
        for step in steps:
            self._ready.append(step)
            self._rung.send_nowait(None)

    async def batches(self) -> AsyncIterator[list[Step]]:
        """Ready steps: creations of one kind together where the vendor has a bulk form."""
        async for _ in self._heard:
            if self._ready:
                yield self._next_batch()

    def _next_batch(self) -> list[Step]:
        batch = [self._ready.popleft()]
        most = self.provider.batch_size if self._is_bulk(batch[0]) else 1
        while self._ready and len(batch) < most and _alike(self._ready[0], batch[0]):
            batch.append(self._ready.popleft())
        return batch

    def finish(self) -> None:
        """Nothing more will come."""
        self._rung.close()

    def close(self) -> None:
        self._rung.close()
        self._heard.close()

    def _is_bulk(self, step: Step) -> bool:
        abilities = self.provider.kinds[step.change.kind].abilities
        return step.verb is Verb.CREATE and Ability.BULK_CREATE in abilities


def _alike(one: Step, other: Step) -> bool:
    return one.verb is other.verb and one.change.kind == other.change.kind


class _Run:
    """One apply under way."""

    __slots__ = (
        "began",
        "error",
        "ground",
        "lanes",
        "machine",
        "not_honoured",
        "plan",
        "ports",
        "reports",
        "steps",
    )

    def __init__(
        self, plan: Plan, recorded: Recorded, ledger: Ledger, known: Knowledge, ports: Ports
    ) -> None:
        self.plan = plan
        self.ports = ports
        self.steps = steps_of(plan)
        self.machine = Machine(self.steps)
        self.reports: dict[int, StepReport] = {}
        self.began: dict[int, float] = {}
        self.not_honoured: list[Problem] = []
        self.error: StateError | None = None
        self.lanes = {
            name: _Lane(provider, len(self.steps)) for name, provider in ports.providers.items()
        }
        self.ground = Ground(
            ledger=ledger,
            scope=Scope(plan.binding.workspace_id, plan.binding.env),
            clock=ports.clock,
            kinds=_all_kinds(ports.providers),
            known=known,
            new_id=ports.new_id,
            records=dict(recorded.records),
            runs=_by_object(recorded.runs),
            on_wait=self._say_waiting,
        )

    async def go(self) -> None:
        try:
            await self._remember()
            await self._work()
            if self.error is None:
                await note_ends(self.ground, self.ports.providers)
                self.not_honoured.extend(await verify(self.ground, self.ports.providers))
        except StateError as error:
            self.error = error
        finally:
            for lane in self.lanes.values():
                lane.close()

    async def _remember(self) -> None:
        """What the manifests say of records that ask nothing of a vendor."""
        if self.plan.remembered:
            moved = {each.first_address for each in self.plan.remembered}
            old = tuple(
                address
                for address, record in self.ground.records.items()
                if record.first_address in moved
                and address not in {each.address for each in self.plan.remembered}
            )
            await self.ground.write(Batch(put_records=self.plan.remembered, drop_records=old))

    async def _work(self) -> None:
        self._enqueue(self.machine.start())
        if self.machine.is_done:
            return
        async with anyio.create_task_group() as tasks:
            for lane in self.lanes.values():
                for _ in range(lane.provider.concurrency):
                    tasks.start_soon(self._worker, lane)

    async def _worker(self, lane: _Lane) -> None:
        async for batch in lane.batches():
            if not self._may_start():
                self._finish(batch, [Result(Passed.PENDING)] * len(batch))
                continue
            try:
                results = await self._attempt(lane, batch)
            except StateError as error:
                self.error = self.error or error
                results = [Result(Passed.PENDING)] * len(batch)
            self._note_refusals(lane, batch, results)
            self._finish(batch, results)

    def _may_start(self) -> bool:
        return self.error is None and not self.ports.interrupt.signal

    async def _attempt(self, lane: _Lane, batch: list[Step]) -> list[Result]:
        problem = lane.refused.get("") or lane.refused.get(_creates(batch[0]))
        if problem is not None:
            return [Result(Passed.SKIPPED, problem=problem)] * len(batch)
        for step in batch:
            self.began[step.number] = self.ports.clock.monotonic()
            self._say(EventKind.STARTED, step)
        return await attempt(self.ground, lane.provider, batch)

    def _note_refusals(self, lane: _Lane, batch: list[Step], results: list[Result]) -> None:
        """A used-up quota ends creations of that kind, a refused credential ends the lane."""
        for result in results:
            if isinstance(result.error, QuotaExceeded) and batch[0].verb is Verb.CREATE:
                lane.refused[_creates(batch[0])] = result.error.problem
            elif isinstance(result.error, AuthFailed) and result.problem is not None:
                lane.refused[""] = result.problem

    def _finish(self, batch: list[Step], results: list[Result]) -> None:
        for step, result in zip(batch, results, strict=True):
            following = self.machine.on_result(step, result.passed)
            self._report(step, result)
            for skipped in following.skipped:
                self._report(skipped, Result(Passed.SKIPPED, problem=_after(step, result)))
            self._enqueue(following.ready)
        if self.machine.is_done:
            for lane in self.lanes.values():
                lane.finish()

    def _enqueue(self, ready: tuple[Step, ...]) -> None:
        for name, steps in groupby(ready, key=lambda each: each.provider):
            self.lanes[name].add(steps)

    # --- what is told

    def _report(self, step: Step, result: Result) -> None:
        self.reports[step.number] = StepReport(
            address=step.change.address,
            verb=step.verb,
            passed=result.passed,
            remote_id=result.remote_id,
            problem=result.problem,
        )
        self._say(EventKind.FINISHED, step, result)

    def _say(self, kind: EventKind, step: Step, result: Result | None = None) -> None:
        self.ports.reporter.event(
            Event(
                kind=kind,
                address=step.change.address,
                verb=step.verb,
                done=len(self.reports),
                total=len(self.steps),
                passed=result.passed if result is not None else None,
                problem=result.problem if result is not None else None,
                text=result.remote_id if result is not None else "",
                elapsed_s=self._elapsed_s(step) if kind is EventKind.FINISHED else 0.0,
            )
        )

    def _elapsed_s(self, step: Step) -> float:
        now = self.ports.clock.monotonic()
        return now - self.began.get(step.number, now)

    def _say_waiting(self, step: Step, text: str) -> None:
        self.ports.reporter.event(
            Event(
                kind=EventKind.WAITING,
                address=step.change.address,
                verb=step.verb,
                done=len(self.reports),
                total=len(self.steps),
                text=text,
            )
        )


def _creates(step: Step) -> str:
    """The kind a step makes one more of; none when it makes nothing."""
    return step.change.kind if step.verb is Verb.CREATE else ""


def _after(step: Step, result: Result) -> Problem:
    return Problem(
        code="P502",
        summary=f"not tried: {step.change.address} comes first, and it is {result.passed.value}",
        remedy="run the same command again when that is mended",
        address=str(step.change.address),
    )


def _by_object(runs: Iterable[Run]) -> dict[tuple[str, str], tuple[Run, ...]]:
    """Runs by provider and remote id."""
    found: dict[tuple[str, str], list[Run]] = {}
    for each in runs:
        if each.remote_id:
            found.setdefault((each.address.provider, each.remote_id), []).append(each)
    return {place: tuple(some) for place, some in found.items()}


def _all_kinds(providers: Mapping[str, Provider]) -> Kinds:
    return {name: kind for each in providers.values() for name, kind in each.kinds.items()}
