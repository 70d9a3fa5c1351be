"""Stand-ins for the ports that keep their promises: a vendor, a state, a clock, in memory.

They are no mocks: each obeys the laws its real counterpart is tested for, and nothing more.
"""

from __future__ import annotations

import asyncio
import copy
import heapq
import itertools
from collections import deque
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import anyio.lowlevel
import anyio.to_thread

from reconciler.errors import (
    AlreadyExists,
    AuthFailed,
    Effect,
    NotFound,
    Problem,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    Rejected,
    Unavailable,
)
from reconciler.kinds import Ability, Kinds, KindSpec, Nature
from reconciler.model import (
    Facts,
    Listing,
    Marker,
    Observed,
    Record,
    Ref,
    Request,
    SecretRef,
    Settled,
    Usage,
)
from reconciler.ports import Output, Revealed
from reconciler.report import Event
from reconciler.values import Json, Path, Tree
from tests.memory_store import MemoryState, MemoryStore

__all__ = [
    "START",
    "Call",
    "Fault",
    "Habits",
    "ManualClock",
    "MemoryObject",
    "MemoryProvider",
    "MemorySecrets",
    "MemoryState",
    "MemoryStore",
    "RecordingReporter",
]

START = datetime(2026, 1, 1, tzinfo=UTC)


# --- small ports ----------------------------------------------------------------------------------


class MemorySecrets:
    """Secrets by `SecretRef.key`; `fetched` lists the keys asked for, in order."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)
        self.fetched: list[str] = []

    def fetch(self, ref: SecretRef) -> Revealed | None:
        self.fetched.append(ref.key)
        value = self._values.get(ref.key)
        return None if value is None else Revealed(value)


class RecordingReporter:
    """Keeps every event, in order."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def event(self, event: Event) -> None:
        self.events.append(event)


# --- time -----------------------------------------------------------------------------------------


class ManualClock:
    """Virtual time. It moves only when every task of the loop is blocked and one of them sleeps.

    Then it jumps to the earliest sleeper's end and wakes that one alone, so that a run of many
    tasks is the same each time. Sleepers of one moment wake in the order they lay down. `advance`
    moves it by hand. Runs on asyncio, under anyio or not.
    """

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed_s = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._order = itertools.count()
        self._mover: asyncio.Task[None] | None = None

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed_s)

    def monotonic(self) -> float:
        return self._elapsed_s

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await anyio.lowlevel.checkpoint()
            return
        sleeper = (self._elapsed_s + seconds, next(self._order), asyncio.Event())
        heapq.heappush(self._sleepers, sleeper)
        if self._mover is None or self._mover.done():
            self._mover = asyncio.get_running_loop().create_task(self._move())
        try:
            await sleeper[2].wait()
        finally:
            if sleeper in self._sleepers:
                self._sleepers.remove(sleeper)
                heapq.heapify(self._sleepers)

    def advance(self, seconds: float) -> None:
        """Move time on; who sleeps until then wakes."""
        self._elapsed_s += seconds
        while self._sleepers and self._sleepers[0][0] <= self._elapsed_s:
            heapq.heappop(self._sleepers)[2].set()

    def set_wall_clock(self, now: datetime) -> None:
        """Somebody set the machine's clock: `now` jumps, `monotonic` does not."""
        self._start = now - timedelta(seconds=self._elapsed_s)

    async def _move(self) -> None:
        while True:
            await _all_others_blocked()
            if not self._sleepers:
                return
            end, _, woken = heapq.heappop(self._sleepers)
            self._elapsed_s = max(self._elapsed_s, end)
            woken.set()


async def _all_others_blocked() -> None:
    """Returns once no other task of this loop can go on, and no worker thread is busy."""
    this = asyncio.current_task()
    threads = anyio.to_thread.current_default_thread_limiter()
    while True:
        await asyncio.sleep(0)
        others = (task for task in asyncio.all_tasks() if task is not this)
        if not threads.borrowed_tokens and all(map(_is_blocked, others)):
            return


def _is_blocked(task: asyncio.Task[Any]) -> bool:
    waiter = getattr(task, "_fut_waiter", None)  # as anyio's own wait_all_tasks_blocked does
    return waiter is not None and not waiter.done()


# --- a vendor -------------------------------------------------------------------------------------


class Fault(StrEnum):
    """What happens to one call. Lost answers leave the caller with `Effect.UNKNOWN`."""

    NOT_SENT = "not sent"
    LOST_BEFORE = "lost before the effect"
    LOST_AFTER = "lost after the effect"
    REFUSED = "refused"
    THROTTLED = "throttled"
    TAKEN = "the unique id is taken"
    NO_QUOTA = "a quota is used up"
    NO_RIGHT = "the credential is refused"


@dataclass(frozen=True, slots=True)
class Call:
    """One mutating call as the vendor met it; `is_done` says whether it took effect."""

    verb: str
    kind: str
    remote_id: str
    at: datetime
    marker: Marker | None = None
    fault: Fault | None = None
    is_done: bool = True


@dataclass(slots=True)
class MemoryObject:
    """One object as the vendor truly holds it."""

    kind: KindSpec
    remote_id: str
    name: str
    spec: Tree
    settled: Settled
    created_at: datetime
    marker: Marker | None
    labels: Mapping[str, str]
    ended_at: datetime | None = None
    usage: Usage = field(default_factory=Usage)

    def end(self, settled: Settled, at: datetime) -> None:
        """It comes to its end; an object that is over stays as it is."""
        if not self.settled.is_over:
            self.settled, self.ended_at = settled, at

    def observed(self) -> Observed:
        return Observed(
            kind=self.kind.id,
            remote_id=self.remote_id,
            spec=copy.deepcopy(self.spec),
            settled=self.settled,
            state=self.settled.value,
            marker=self.marker,
            labels=dict(self.labels),
            usage=self.usage,
            name=self.name,
            created_at=self.created_at,
        )


@dataclass(slots=True)
class Habits:
    """How this vendor behaves; every figure in seconds of its clock."""

    latency_s: float = 0.0
    list_lag_s: float = 0.0
    """A new object is not listed for so long; by its id, or its unique id, it is found at once."""
    works_for_s: float | None = None
    """Finite work succeeds after so long; `None`: only when a test ends it."""
    retention_s: float | None = None
    """What is over is removed after so long."""
    ignored_fields: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By kind: top-level fields that are accepted and not kept."""


class MemoryProvider:
    """A small vendor that keeps the `Provider` promises for any kinds.

    `objects` is the truth, `ever` every object there ever was, `calls` every mutating call.
    `inject` makes the next calls of a verb fail; `most_in_flight` is the highest concurrency seen.
    """

    def __init__(
        self, name: str, kinds: Kinds, clock: ManualClock, habits: Habits | None = None
    ) -> None:
        self.name = name
        self.kinds = kinds
        self.clock = clock
        self.habits = habits or Habits()
        self.request_deadline_s = 30.0
        self.settle_after_s = 120.0
        self.concurrency = 8
        self.batch_size = 1
        self.objects: dict[str, MemoryObject] = {}
        self.ever: list[MemoryObject] = []
        self.calls: list[Call] = []
        self.incomplete: dict[str, Problem] = {}
        self.account = Facts(account=f"account of {name}")
        self.in_flight = self.most_in_flight = 0
        self._faults: dict[str, deque[Fault | None]] = {}
        self._ids = itertools.count(1)

    def inject(self, verb: str, *faults: Fault | None) -> None:
        """The next calls of `verb`, the port's method name, meet these in turn; `None`: no fault.

        A `create` of several requests takes one for each.
        """
        self._faults.setdefault(verb, deque()).extend(faults)

    def settle(self, remote_id: str, settled: Settled) -> None:
        """The vendor moves an object on, by itself."""
        if settled.is_over:
            self.objects[remote_id].end(settled, self.clock.now())
        else:
            self.objects[remote_id].settled = settled

    def remove(self, remote_id: str) -> None:
        """The object vanishes: somebody deleted it, or its time was over."""
        del self.objects[remote_id]

    def add(self, kind: str, name: str, spec: Tree, marker: Marker | None = None) -> str:
        """An object appears that nobody created through this provider: its remote id."""
        return self._make(self.kinds[kind], name, spec, marker, {}).remote_id

    async def observe(self, kinds: Collection[str], known: Collection[Record]) -> Listing:
        async with self._reading("observe"):
            names = {(record.kind, record.address.name) for record in known}
            ids = {record.remote_id for record in known}
            return Listing(
                objects=tuple(
                    each.observed()
                    for each in self.objects.values()
                    if each.kind.id in kinds
                    and self._is_listed(each)
                    and (each.marker or each.remote_id in ids or (each.kind.id, each.name) in names)
                ),
                incomplete={
                    kind: self.incomplete[kind] for kind in kinds if kind in self.incomplete
                },
            )

    async def read(self, kind: str, remote_ids: Sequence[str]) -> Mapping[str, Observed | None]:
        async with self._reading("read"):
            found = {each: self._of_kind(kind, each) for each in remote_ids}
            return {each: held.observed() if held else None for each, held in found.items()}

    async def find(self, kind: str, marker: Marker) -> tuple[Observed, ...]:
        async with self._reading("find"):
            return tuple(
                each.observed()
                for each in self.objects.values()
                if each.kind.id == kind
                and (Ability.UNIQUE_ID in each.kind.abilities or self._is_listed(each))
                and (each.marker == marker if each.marker else each.name == marker.address.name)
            )

    async def create(self, requests: Sequence[Request]) -> Sequence[str | ProviderError]:
        async with self._call():
            return [self._create_one(request) for request in requests]

    async def update(self, remote_id: str, request: Request, changed: frozenset[str]) -> None:
        kind = self.kinds[request.resource.kind]
        async with self._effect("update", kind, remote_id, Ability.UPDATE):
            held = self._of_kind(kind.id, remote_id)
            if held is None:
                raise _refusal(NotFound, f"there is no {kind.id} {remote_id}")
            sent = self._kept(kind, _with_remote_ids(request))
            for name in changed - self.habits.ignored_fields.get(kind.id, frozenset()):
                held.spec.pop(name, None)
                held.spec |= {name: sent[name]} if name in sent else {}

    async def stop(self, kind: str, remote_id: str) -> None:
        async with self._effect("stop", self.kinds[kind], remote_id, Ability.STOP):
            held = self._of_kind(kind, remote_id)
            if held is not None:
                held.end(Settled.CANCELLED, self.clock.now())

    async def delete(self, kind: str, remote_id: str) -> None:
        async with self._effect("delete", self.kinds[kind], remote_id, Ability.DELETE):
            if self._of_kind(kind, remote_id) is not None:
                del self.objects[remote_id]

    async def resolve(self, kind: str, name_or_id: str) -> str:
        async with self._reading("resolve"):
            for each in self.objects.values():
                if each.kind.id == kind and name_or_id in (each.remote_id, each.name):
                    return each.remote_id
            raise _refusal(NotFound, f"there is no {kind} {name_or_id}")

    async def facts(self) -> Facts:
        async with self._reading("facts"):
            return self.account

    def vendor_now(self) -> datetime | None:
        return self.clock.now()

    async def logs(self, kind: str, remote_id: str, wanted: Output) -> AsyncIterator[str]:
        async with self._reading("logs"):
            held = self._of_kind(kind, remote_id)
        if held is not None:
            yield f"{held.name} is {held.settled}\n"

    async def aclose(self) -> None:
        """Nothing is held open."""

    @asynccontextmanager
    async def _call(self) -> AsyncIterator[None]:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self.clock.sleep(self.habits.latency_s)
            self._pass_time()
            yield
        finally:
            self.in_flight -= 1

    @asynccontextmanager
    async def _reading(self, verb: str) -> AsyncIterator[None]:
        async with self._call():
            fault = self._next_fault(verb)
            if fault is not None:
                raise _fault_error(fault, Effect.NONE)
            yield

    @asynccontextmanager
    async def _effect(
        self, verb: str, kind: KindSpec, remote_id: str, ability: Ability
    ) -> AsyncIterator[None]:
        async with self._call():
            if ability not in kind.abilities:
                raise _refusal(Rejected, f"{kind.id} has no {verb}")
            fault = self._next_fault(verb)
            is_done = fault in (None, Fault.LOST_AFTER)
            marker = held.marker if (held := self.objects.get(remote_id)) else None
            now = self.clock.now()
            self.calls.append(Call(verb, kind.id, remote_id, now, marker, fault, is_done))
            if not is_done:
                raise _fault_error(fault)
            yield
            if fault is not None:
                raise _fault_error(fault)

    def _create_one(self, request: Request) -> str | ProviderError:
        kind, fault = self.kinds[request.resource.kind], self._next_fault("create")
        is_done = fault in (None, Fault.LOST_AFTER)
        remote_id, refusal = "", None
        try:
            if is_done:
                spec = self._kept(kind, _with_remote_ids(request))
                remote_id = self._twin(kind, request.marker) or self._make_for(request, spec)
        except Rejected as error:
            fault, is_done, refusal = Fault.REFUSED, False, error
        self.calls.append(
            Call("create", kind.id, remote_id, self.clock.now(), request.marker, fault, is_done)
        )
        return remote_id if fault is None else refusal or _fault_error(fault)

    def _make_for(self, request: Request, spec: Tree) -> str:
        resource, kind = request.resource, self.kinds[request.resource.kind]
        marker = request.marker if Ability.MARKER in kind.abilities else None
        return self._make(kind, resource.address.name, spec, marker, resource.labels).remote_id

    def _make(
        self,
        kind: KindSpec,
        name: str,
        spec: Tree,
        marker: Marker | None,
        labels: Mapping[str, str],
    ) -> MemoryObject:
        made = MemoryObject(
            kind=kind,
            remote_id=f"{self.name}-{next(self._ids)}",
            name=name,
            spec=copy.deepcopy(spec),
            settled=Settled.IN_PROGRESS if kind.nature is Nature.FINITE else Settled.CURRENT,
            created_at=self.clock.now(),
            marker=marker,
            labels=dict(labels),
        )
        self.objects[made.remote_id] = made
        self.ever.append(made)
        return made

    def _twin(self, kind: KindSpec, marker: Marker) -> str:
        """The object that holds this unique id already, where the vendor enforces one."""
        if Ability.UNIQUE_ID not in kind.abilities:
            return ""
        twins = (each for each in self.objects.values() if each.marker == marker)
        return next((each.remote_id for each in twins if each.kind is kind), "")

    def _pass_time(self) -> None:
        """What happened at the vendor since the last call: work ended, what is over was removed."""
        now, habits = self.clock.now(), self.habits
        for each in list(self.objects.values()):
            if each.settled is Settled.IN_PROGRESS and habits.works_for_s is not None:
                end = each.created_at + timedelta(seconds=habits.works_for_s)
                if end <= now:
                    each.end(Settled.SUCCEEDED, end)
            retention = timedelta(seconds=habits.retention_s or 0)
            is_kept = each.ended_at is None or each.ended_at + retention > now
            if habits.retention_s is not None and not is_kept:
                del self.objects[each.remote_id]

    def _next_fault(self, verb: str) -> Fault | None:
        queue = self._faults.get(verb)
        return queue.popleft() if queue else None

    def _of_kind(self, kind: str, remote_id: str) -> MemoryObject | None:
        held = self.objects.get(remote_id)
        return held if held is not None and held.kind.id == kind else None

    def _is_listed(self, each: MemoryObject) -> bool:
        lag = timedelta(seconds=self.habits.list_lag_s)
        return each.created_at + lag <= self.clock.now()

    def _kept(self, kind: KindSpec, spec: Tree) -> Tree:
        ignored = self.habits.ignored_fields.get(kind.id, frozenset())
        return {name: value for name, value in spec.items() if name not in ignored}


def _with_remote_ids(request: Request) -> Tree:
    """The spec as the vendor gets it: a remote id for each reference."""
    spec: Any = request.spec
    for ref in request.resource.references:
        spec = _replaced(spec, ref.path, _remote_id(request, ref))
    assert isinstance(spec, Mapping)
    return dict(spec)


def _remote_id(request: Request, ref: Ref) -> str:
    found = (
        request.existing_ids.get((ref.kind, ref.existing))
        if ref.existing is not None
        else request.remote_ids.get(ref.target)
        if ref.target is not None
        else None
    )
    if found is None:
        raise _refusal(Rejected, f"{request.resource.address} refers to what has no remote id")
    return found


def _replaced(tree: Any, path: Path, value: Json) -> Any:
    """A copy of a tree with one place filled."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(head, int):
        return [
            _replaced(each, rest, value) if index == head else each
            for index, each in enumerate(tree)
        ]
    return {**tree, head: _replaced(tree.get(head), rest, value)}


def _refusal(error: type[ProviderError], summary: str) -> ProviderError:
    return error(Problem(error.code, summary))


def _fault_error(fault: Fault | None, lost: Effect = Effect.UNKNOWN) -> ProviderError:
    assert fault is not None
    problem = Problem("V500", f"injected: {fault}")
    match fault:
        case Fault.NOT_SENT:
            return Unavailable(problem)
        case Fault.LOST_BEFORE | Fault.LOST_AFTER:
            return Unavailable(problem, effect=lost)
        case Fault.REFUSED:
            return Rejected(problem)
        case Fault.THROTTLED:
            return RateLimited(problem)
        case Fault.TAKEN:
            return AlreadyExists(problem)
        case Fault.NO_QUOTA:
            return QuotaExceeded(problem)
        case Fault.NO_RIGHT:
            return AuthFailed(problem)
