"""A process that dies at a chosen effect: before it, or right after it, and never writes again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from reconciler.errors import ProviderError
from reconciler.model import Facts, Listing, Marker, Observed, Record, Recorded, Request, Run
from reconciler.ports import Batch, Lease, Output
from tests.fakes import MemoryProvider, MemoryStore


class Crash(BaseException):
    """The process is gone; nothing of ours may catch it."""


@dataclass(slots=True)
class Doom:
    """Counts moments around effects; at moment `at` the process dies, and stays dead."""

    at: int | None = None
    moments: int = 0
    is_dead: bool = False

    def moment(self) -> None:
        self.require_alive()
        if self.moments == self.at:
            self.is_dead = True
            raise Crash
        self.moments += 1

    def require_alive(self) -> None:
        if self.is_dead:
            raise Crash


class MortalStore:
    """A store whose process may die around a commit."""

    def __init__(self, inner: MemoryStore, doom: Doom) -> None:
        self._inner = inner
        self._doom = doom

    def init(self, holding: Batch | None = None) -> None:
        self._inner.init(holding)

    def read(self) -> Recorded:
        self._doom.require_alive()
        return self._inner.read()

    def key(self) -> bytes:
        return self._inner.key()

    def used_plans(self) -> frozenset[str]:
        return self._inner.used_plans()

    def acquire(self, holder: str, ttl_s: float, now: datetime) -> Lease:
        self._doom.require_alive()
        return self._inner.acquire(holder, ttl_s, now)

    def renew(self, lease: Lease, now: datetime) -> Lease:
        self._doom.require_alive()
        return self._inner.renew(lease, now)

    def release(self, lease: Lease) -> None:
        self._doom.require_alive()
        self._inner.release(lease)

    def commit(self, lease: Lease, batch: Batch) -> None:
        self._doom.moment()
        self._inner.commit(lease, batch)
        self._doom.moment()

    def note(self, runs: Sequence[Run]) -> None:
        self._doom.require_alive()
        self._inner.note(runs)

    def erase(self, lease: Lease) -> None:
        self._doom.require_alive()
        self._inner.erase(lease)

    def verify(self) -> tuple[str, ...]:
        return self._inner.verify()

    def backup(self) -> None:
        self._doom.require_alive()
        self._inner.backup()

    def close(self) -> None:
        self._inner.close()


class MortalProvider:
    """A provider whose caller may die around a call that changes something."""

    def __init__(self, inner: MemoryProvider, doom: Doom) -> None:
        self._inner = inner
        self._doom = doom
        self.name = inner.name
        self.kinds = inner.kinds
        self.request_deadline_s = inner.request_deadline_s
        self.settle_after_s = inner.settle_after_s
        self.concurrency = inner.concurrency
        self.batch_size = inner.batch_size

    async def observe(self, kinds: Collection[str], known: Collection[Record]) -> Listing:
        self._doom.require_alive()
        return await self._inner.observe(kinds, known)

    async def read(self, kind: str, remote_ids: Sequence[str]) -> Mapping[str, Observed | None]:
        self._doom.require_alive()
        return await self._inner.read(kind, remote_ids)

    async def find(
        self, kind: str, markers: Sequence[Marker]
    ) -> Mapping[Marker, tuple[Observed, ...]]:
        self._doom.require_alive()
        return await self._inner.find(kind, markers)

    async def stage(self, requests: Sequence[Request]) -> None:
        if any(each.files for each in requests):
            self._doom.moment()
        await self._inner.stage(requests)

    async def create(self, requests: Sequence[Request]) -> Sequence[str | ProviderError]:
        self._doom.moment()
        made = await self._inner.create(requests)
        self._doom.moment()
        return made

    async def append(self, remote_id: str, request: Request) -> None:
        self._doom.moment()
        await self._inner.append(remote_id, request)
        self._doom.moment()

    async def update(self, remote_id: str, request: Request, changed: frozenset[str]) -> None:
        self._doom.moment()
        await self._inner.update(remote_id, request, changed)
        self._doom.moment()

    async def drain(self, kind: str, remote_id: str) -> None:
        self._doom.moment()
        await self._inner.drain(kind, remote_id)
        self._doom.moment()

    async def archive(self, kind: str, remote_id: str) -> None:
        self._doom.moment()
        await self._inner.archive(kind, remote_id)
        self._doom.moment()

    async def stop(self, kind: str, remote_id: str) -> None:
        self._doom.moment()
        await self._inner.stop(kind, remote_id)
        self._doom.moment()

    async def delete(self, kind: str, remote_id: str, replacement: str = "") -> None:
        self._doom.moment()
        await self._inner.delete(kind, remote_id, replacement)
        self._doom.moment()

    async def resolve(self, kind: str, name_or_id: str) -> str:
        self._doom.require_alive()
        return await self._inner.resolve(kind, name_or_id)

    async def facts(self) -> Facts:
        self._doom.require_alive()
        return await self._inner.facts()

    def logs(self, kind: str, remote_id: str, wanted: Output) -> AsyncIterator[str]:
        return self._inner.logs(kind, remote_id, wanted)

    async def outputs(self, kind: str, remote_id: str) -> Mapping[str, str]:
        self._doom.require_alive()
        return await self._inner.outputs(kind, remote_id)

    def vendor_now(self) -> datetime | None:
        return self._inner.vendor_now()

    async def aclose(self) -> None:
        await self._inner.aclose()
