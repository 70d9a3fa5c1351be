"""Durable notes before and after every effect, many in one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio

from reconciler.errors import Locked, Problem, ReconcilerError, StateError
from reconciler.ports import Batch, Clock, Lease, StateStore


@dataclass(slots=True)
class _Waiting:
    batch: Batch
    written: anyio.Event = field(default_factory=anyio.Event)
    error: StateError | None = None


class Ledger:
    """Writes batches for concurrent steps: what comes while a transaction runs shares the next.

    Works inside `at_work`, which also renews the lease. `write` returns once its batch is durable,
    and raises what the store raised for it.
    """

    __slots__ = ("_clock", "_lease", "_lost", "_renewed_at", "_store", "_waiting", "_wake")

    def __init__(self, store: StateStore, lease: Lease, clock: Clock) -> None:
        self._store = store
        self._lease = lease
        self._clock = clock
        self._renewed_at = clock.monotonic()
        self._waiting: list[_Waiting] = []
        self._wake = anyio.Event()
        self._lost: StateError | None = None

    @property
    def lease(self) -> Lease:
        return self._lease

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """While inside, writes go through and the lease is renewed."""
        error: ReconcilerError | None = None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._run)
            tasks.start_soon(self._keep)
            try:
                yield
            except ReconcilerError as caught:
                error = caught  # raised below: a task group would wrap it
            finally:
                self._flush()
                tasks.cancel_scope.cancel()
        if error is not None:
            raise error

    async def write(self, batch: Batch) -> None:
        """
        Raises:
            StateError: it is not durable; nothing may be sent that it was the note for.
        """
        waiting = _Waiting(batch)
        self._waiting.append(waiting)
        self._wake.set()
        await waiting.written.wait()
        if waiting.error is not None:
            raise waiting.error

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake = anyio.Event()
            self._flush()

    def _flush(self) -> None:
        """Write all that waits, now, in one transaction."""
        taken, self._waiting = self._waiting, []
        if not taken:
            return
        error: StateError | None = None
        try:
            self._store.commit(self._lease, merged([each.batch for each in taken]))
        except StateError as caught:
            error = caught
        for each in taken:
            each.error = error
            each.written.set()

    async def _keep(self) -> None:
        """Renew the lease at a third of its length; a refusal ends every later send."""
        while self._lost is None:
            await self._clock.sleep(self._lease.ttl_s / 3)
            began = self._clock.monotonic()
            try:
                self._lease = self._store.renew(self._lease, self._clock.now())
                self._renewed_at = began
            except StateError as error:
                self._lost = error

    def require_held(self) -> None:
        """Asked right before every send, by the monotonic clock.

        Raises:
            Locked: somebody else has the lease, or may have: this process stood still too long.
        """
        if self._lost is not None:
            raise self._lost
        if self._clock.monotonic() - self._renewed_at >= self._lease.ttl_s:
            raise Locked(
                Problem(
                    code="S424",
                    summary="the lease ran out, so nothing more is sent",
                    cause="this process stood still for longer than the lease",
                    remedy="run the same command again",
                )
            )


def merged(batches: list[Batch]) -> Batch:
    """One batch that writes what all of them write; of two records of one address the last."""
    if len(batches) == 1:
        return batches[0]
    return Batch(
        put_records=tuple(each for batch in batches for each in batch.put_records),
        drop_records=tuple(each for batch in batches for each in batch.drop_records),
        open_intents=tuple(each for batch in batches for each in batch.open_intents),
        close_intents=tuple(each for batch in batches for each in batch.close_intents),
        put_runs=tuple(each for batch in batches for each in batch.put_runs),
        use_plan=next((batch.use_plan for batch in batches if batch.use_plan), ""),
    )
