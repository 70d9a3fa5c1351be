"""Durable notes before and after every effect, many in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field

import anyio

from reconciler.errors import Locked, Problem, StateError
from reconciler.ports import Batch, Clock, Lease, StateStore


@dataclass(slots=True)
class _Waiting:
    batch: Batch
    written: anyio.Event = field(default_factory=anyio.Event)
    error: StateError | None = None


class Ledger:
    """Writes batches for concurrent steps: what comes while a transaction runs shares the next.

    `write` returns once its batch is durable, and raises what the store raised for it. The lease is
    renewed as a side effect of time passing; `is_held` answers by the monotonic clock.
    """

    __slots__ = ("_clock", "_lease", "_renewed_at", "_store", "_waiting", "_wake")

    def __init__(self, store: StateStore, lease: Lease, clock: Clock) -> None:
        self._store = store
        self._lease = lease
        self._clock = clock
        self._renewed_at = clock.monotonic()
        self._waiting: list[_Waiting] = []
        self._wake = anyio.Event()

    @property
    def lease(self) -> Lease:
        return self._lease

    @property
    def is_held(self) -> bool:
        """Whether the lease surely has not run out; asked right before every send."""
        return self._clock.monotonic() - self._renewed_at < self._lease.ttl_s

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

    async def run(self) -> None:
        """Write what comes in, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake = anyio.Event()
            self.flush()

    def flush(self) -> None:
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

    async def keep(self) -> None:
        """Renew the lease at a third of its length, until cancelled.

        Raises:
            Locked: somebody else has it now.
        """
        while True:
            await self._clock.sleep(self._lease.ttl_s / 3)
            began = self._clock.monotonic()
            self._lease = self._store.renew(self._lease, self._clock.now())
            self._renewed_at = began

    def require_held(self) -> None:
        """
        Raises:
            Locked: the lease may have run out while this process stood still.
        """
        if not self.is_held:
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
