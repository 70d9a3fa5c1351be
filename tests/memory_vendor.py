"""The `Provider` port over a world in memory: calls that take time, fail, or lose their answers."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

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
from reconciler.kinds import Ability, Kinds, KindSpec, RefRole
from reconciler.model import Facts, Listing, Marker, Observed, Record, Ref, Request, Settled
from reconciler.ports import Output
from reconciler.values import Json, Path, Tree, show_path
from tests.manual_clock import ManualClock
from tests.memory_world import Habits, MemoryObject, MemoryWorld, refusal


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
    """One mutating call as the vendor met it; `is_done` says whether it took effect.

    A creation of several is one of these for each.
    """

    verb: str
    kind: str
    remote_id: str
    at: datetime
    marker: Marker | None = None
    fault: Fault | None = None
    is_done: bool = True


@dataclass(frozen=True, slots=True)
class _WholeFault:
    """A fault of one whole `create`; the first `done` of its requests take effect."""

    fault: Fault
    done: int | None

    def at(self, position: int) -> Fault:
        """What the request at this position meets."""
        if self.fault is not Fault.LOST_AFTER:
            return self.fault
        is_done = self.done is None or position < self.done
        return Fault.LOST_AFTER if is_done else Fault.LOST_BEFORE


class MemoryProvider:
    """A small vendor that keeps the `Provider` promises for any kinds.

    `world` is what it truly holds, `calls` every mutating call, `reads` the ids of every `read`,
    `staged` the digests of all files that were brought, by path.
    `inject` and `inject_whole` make the next calls fail; `most_in_flight` is the highest
    concurrency seen.
    """

    def __init__(
        self, name: str, kinds: Kinds, clock: ManualClock, habits: Habits | None = None
    ) -> None:
        self.name = name
        self.kinds = kinds
        self.clock = clock
        self.world = MemoryWorld(name, clock, habits or Habits())
        self.request_deadline_s = 30.0
        self.settle_after_s = 120.0
        self.concurrency = 8
        self.batch_size = 1
        self.calls: list[Call] = []
        self.reads: list[tuple[str, ...]] = []
        self.staged: dict[str, str] = {}
        self.incomplete: dict[str, Problem] = {}
        self.account = Facts(account=f"account of {name}")
        self.in_flight = self.most_in_flight = 0
        self._faults: dict[str, deque[Fault | None]] = {}
        self._whole: deque[_WholeFault | None] = deque()

    @property
    def habits(self) -> Habits:
        return self.world.habits

    @property
    def objects(self) -> dict[str, MemoryObject]:
        """The truth, by remote id."""
        return self.world.objects

    @property
    def ever(self) -> list[MemoryObject]:
        """Every object there ever was, in the order of creation."""
        return self.world.ever

    # --- what tests do to it

    def inject(self, verb: str, *faults: Fault | None) -> None:
        """The next calls of `verb`, the port's method name, meet these in turn; `None`: no fault.

        A `create` of several requests takes one for each.
        """
        self._faults.setdefault(verb, deque()).extend(faults)

    def inject_whole(self, fault: Fault | None, done: int | None = None) -> None:
        """The next `create` without such a fault yet fails as a whole; `None`: it does not.

        Of one whose answer is lost after the effect, the first `done` requests take effect, or all.
        """
        self._whole.append(None if fault is None else _WholeFault(fault, done))

    def settle(self, remote_id: str, settled: Settled, done: str = "") -> None:
        """The vendor moves an object on, by itself; `done` are the ranges that succeeded."""
        held = self.objects[remote_id]
        if settled.is_over and settled is not Settled.TERMINATING:
            self.world.end(held, settled, done)
        else:
            held.settled, held.done = settled, done or held.done

    def remove(self, remote_id: str) -> None:
        """The object vanishes: somebody deleted it, or its time was over."""
        self.world.remove(self.objects[remote_id])

    def add(self, kind: str, name: str, spec: Tree, marker: Marker | None = None) -> str:
        """An object appears that nobody created through this provider: its remote id."""
        return self.world.make(self.kinds[kind], name, spec, marker).remote_id

    def clone(self, remote_id: str) -> str:
        """Somebody copies an object, our marker with it: the copy's remote id."""
        return self.world.clone(self.objects[remote_id]).remote_id

    # --- the port

    async def observe(self, kinds: Collection[str], known: Collection[Record]) -> Listing:
        async with self._reading("observe"):
            names = {(record.kind, record.address.name) for record in known}
            ids = {record.remote_id for record in known}
            return Listing(
                objects=tuple(
                    self.world.shown(each)
                    for each in self.objects.values()
                    if each.kind.id in kinds
                    and self.world.is_listed(each)
                    and (
                        each.marker
                        or each.remote_id in ids
                        or (each.kind.id, each.name) in names
                        or each.kind.identity is not None
                    )
                ),
                incomplete={
                    kind: self.incomplete[kind] for kind in kinds if kind in self.incomplete
                },
            )

    async def read(self, kind: str, remote_ids: Sequence[str]) -> Mapping[str, Observed | None]:
        self.reads.append(tuple(remote_ids))
        async with self._reading("read"):
            found = {each: self._of_kind(kind, each) for each in remote_ids}
            return {
                each: None if held is None else self.world.shown(held)
                for each, held in found.items()
            }

    async def find(
        self, kind: str, markers: Sequence[Marker]
    ) -> Mapping[Marker, tuple[Observed, ...]]:
        async with self._reading("find"):
            there = [
                each
                for each in self.objects.values()
                if each.kind.id == kind and self._is_found(each)
            ]
            return {
                marker: tuple(
                    self.world.shown(each)
                    for each in there
                    if (each.marker == marker if each.marker else each.name == marker.address.name)
                )
                for marker in markers
            }

    async def stage(self, requests: Sequence[Request]) -> None:
        fault = self._next_fault("stage")
        if fault is not None:
            raise _fault_error(fault, Effect.NONE)
        self.staged |= {path: sealed for each in requests for path, sealed in each.files.items()}

    async def create(self, requests: Sequence[Request]) -> Sequence[str | ProviderError]:
        async with self._call():
            whole = self._whole.popleft() if self._whole else None
            if whole is None:
                return [self._create_one(each, self._next_fault("create")) for each in requests]
            for position, each in enumerate(requests):
                self._create_one(each, whole.at(position))
            raise _fault_error(whole.fault)

    async def update(self, remote_id: str, request: Request, changed: frozenset[str]) -> None:
        kind = self.kinds[request.resource.kind]
        async with self._effect("update", kind, remote_id, Ability.UPDATE):
            held = self._of_kind(kind.id, remote_id)
            if held is None:
                raise refusal(NotFound, f"there is no {kind.id} {remote_id}")
            sent = self._kept(kind, _with_remote_ids(request, changed))
            for name in changed - self.habits.ignored_fields.get(kind.id, frozenset()):
                held.spec.pop(name, None)
                held.spec |= {name: sent[name]} if name in sent else {}

    async def append(self, remote_id: str, request: Request) -> None:
        kind = self.kinds[request.resource.kind]
        async with self._effect("append", kind, remote_id, Ability.APPEND):
            held = self._of_kind(kind.id, remote_id)
            if held is None:
                raise refusal(NotFound, f"there is no {kind.id} {remote_id}")
            self.world.append(held, request.ranges)

    async def drain(self, kind: str, remote_id: str) -> None:
        async with self._effect("drain", self.kinds[kind], remote_id, Ability.DRAIN):
            held = self._of_kind(kind, remote_id)
            if held is not None:
                self.world.drain(held)

    async def archive(self, kind: str, remote_id: str) -> None:
        async with self._effect("archive", self.kinds[kind], remote_id, Ability.ARCHIVE):
            held = self._of_kind(kind, remote_id)
            if held is not None:
                self.world.remove(held)

    async def stop(self, kind: str, remote_id: str) -> None:
        async with self._effect("stop", self.kinds[kind], remote_id, Ability.STOP):
            held = self._of_kind(kind, remote_id)
            if held is not None:
                self.world.stop(held)

    async def delete(self, kind: str, remote_id: str, replacement: str = "") -> None:
        async with self._effect("delete", self.kinds[kind], remote_id, Ability.DELETE):
            held = self._of_kind(kind, remote_id)
            if held is not None:
                self.world.remove(held)
                self.world.move_users(held, replacement)

    async def resolve(self, kind: str, name_or_id: str) -> str:
        async with self._reading("resolve"):
            for each in self.objects.values():
                if each.kind.id == kind and name_or_id in (each.remote_id, each.name):
                    return each.remote_id
            raise refusal(NotFound, f"there is no {kind} {name_or_id}")

    async def facts(self) -> Facts:
        async with self._reading("facts"):
            return self.account

    async def outputs(self, kind: str, remote_id: str) -> Mapping[str, str]:
        async with self._reading("outputs"):
            held = self._of_kind(kind, remote_id)
        if held is None:
            raise refusal(NotFound, f"there is no {kind} {remote_id}")
        return {"listing": f"listing of {remote_id}"}

    def vendor_now(self) -> datetime | None:
        return None if self.habits.clock_ahead_s is None else self.world.now()

    async def logs(self, kind: str, remote_id: str, wanted: Output) -> AsyncIterator[str]:
        async with self._reading("logs"):
            held = self._of_kind(kind, remote_id)
        if held is None:
            raise refusal(NotFound, f"there is no {kind} {remote_id}")
        yield f"{held.name} is {held.settled}\n"

    async def aclose(self) -> None:
        """Nothing is held open."""

    # --- calls

    @asynccontextmanager
    async def _call(self) -> AsyncIterator[None]:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self.clock.sleep(self.habits.latency_s)
            self.world.pass_time()
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
                raise refusal(Rejected, f"{kind.id} has no {verb}")
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

    def _create_one(self, request: Request, fault: Fault | None) -> str | ProviderError:
        kind = self.kinds[request.resource.kind]
        is_done = fault in (None, Fault.LOST_AFTER)
        remote_id, refused = "", None
        try:
            if is_done:
                remote_id = self._made_for(request).remote_id
        except ProviderError as error:
            fault, is_done, refused = Fault.REFUSED, False, error
        self.calls.append(
            Call("create", kind.id, remote_id, self.clock.now(), request.marker, fault, is_done)
        )
        return remote_id if fault is None else refused or _fault_error(fault)

    def _made_for(self, request: Request) -> MemoryObject:
        """The object that has this unique id already, else a new one."""
        resource, kind = request.resource, self.kinds[request.resource.kind]
        refs = resource.references
        grounds = {show_path(r.path): _remote_id(request, r) for r in refs if not _is_upstream(r)}
        awaited = [(each, ref.when) for ref in _awaited(request) for each in _runs(request, ref)]
        spec = self._kept(kind, _with_remote_ids(request, frozenset(request.spec)))
        twin = self.world.twin(kind, request.marker)
        if twin is not None:
            return twin
        for remote_id in grounds.values():
            self.world.require_open(remote_id)
        upstreams = tuple(itertools.starmap(self.world.upstream, awaited))
        marker = request.marker if Ability.MARKER in kind.abilities else None
        made = self.world.make(kind, resource.address.name, spec, marker, resource.labels)
        made.stands_on, made.upstreams, made.ranges = grounds, upstreams, request.ranges
        return made

    def _next_fault(self, verb: str) -> Fault | None:
        queue = self._faults.get(verb)
        return queue.popleft() if queue else None

    def _of_kind(self, kind: str, remote_id: str) -> MemoryObject | None:
        held = self.objects.get(remote_id)
        return held if held is not None and held.kind.id == kind else None

    def _is_found(self, each: MemoryObject) -> bool:
        """By its unique id at once, where there are any; else by going through the list."""
        if Ability.UNIQUE_ID in each.kind.abilities:
            return each.has_unique_id
        return self.world.is_listed(each)

    def _kept(self, kind: KindSpec, spec: Tree) -> Tree:
        ignored = self.habits.ignored_fields.get(kind.id, frozenset())
        return {name: value for name, value in spec.items() if name not in ignored}


# --- references -----------------------------------------------------------------------------------


def _is_upstream(ref: Ref) -> bool:
    return ref.role is RefRole.UPSTREAM


def _awaited(request: Request) -> list[Ref]:
    """The upstreams this work waits for at the vendor: those that are not met already."""
    upstreams = [each for each in request.resource.references if _is_upstream(each)]
    awaited = [each for each in upstreams if each.target not in request.met]
    for each in awaited:
        assert each.target is None or request.upstreams.get(each.target), (
            f"{each.target} is neither met nor made: {request.resource.address} can't wait for it"
        )
    return awaited


def _with_remote_ids(request: Request, fields: frozenset[str]) -> Tree:
    """These fields of the spec as the vendor gets them: a remote id for each reference.

    Upstreams that are met are left out.
    """
    spec: Any = request.spec
    for ref in request.resource.references:
        if ref.path[0] in fields and not _is_upstream(ref):
            spec = _replaced(spec, ref.path, _remote_id(request, ref))
    for name in {ref.path[0] for ref in request.resource.references if _is_upstream(ref)} & fields:
        own = [ref for ref in _awaited(request) if ref.path[0] == name]
        spec = {**spec, name: [each for ref in own for each in _runs(request, ref)]}
    return dict(spec)


def _runs(request: Request, ref: Ref) -> tuple[str, ...]:
    """The runs of an upstream that are waited for."""
    return request.upstreams[ref.target] if ref.target is not None else ()


def _remote_id(request: Request, ref: Ref) -> str:
    found = (
        request.existing_ids.get((ref.kind, ref.existing))
        if ref.existing is not None
        else request.remote_ids.get(ref.target)
        if ref.target is not None
        else None
    )
    if found is None:
        raise refusal(Rejected, f"{request.resource.address} refers to what has no remote id")
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
