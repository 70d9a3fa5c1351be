"""Notes written together, and a lease that is held or lost for good."""

from __future__ import annotations

from datetime import timedelta

import anyio
import pytest

from reconciler.apply.ledger import Ledger, merged
from reconciler.errors import Locked, PlanStale, Problem, StateError
from reconciler.model import Record
from reconciler.ports import Batch, Lease
from reconciler.providers.qarnot.kinds.pool import POOL
from tests.fakes import ManualClock, MemoryStore
from tests.simulation.studio import SCOPE, Studio, at, check_converges, pool


def test_a_process_that_stood_still_past_its_lease_sends_nothing() -> None:
    clock, store = ManualClock(), MemoryStore(SCOPE)
    store.init()
    ledger = Ledger(store, store.acquire("me", 30.0, clock.now()), clock)
    ledger.require_held()
    clock.advance(29.9)
    ledger.require_held()
    clock.advance(0.1)
    with pytest.raises(Locked):
        ledger.require_held()


def test_writes_after_a_takeover_raise_for_each_writer() -> None:
    clock, store = ManualClock(), MemoryStore(SCOPE)
    store.init()
    record = Record(at("a"), POOL.id, "id", 1, at("a"))

    async def main() -> list[str]:
        ledger = Ledger(store, store.acquire("me", 30.0, clock.now()), clock)
        store.acquire("other", 30.0, clock.now() + timedelta(days=1))
        refused: list[str] = []

        async def write() -> None:
            try:
                await ledger.write(Batch(put_records=(record,)))
            except Locked as error:
                refused.append(error.problems[0].code)

        async with ledger.at_work(), anyio.create_task_group() as tasks:
            tasks.start_soon(write)
            tasks.start_soon(write)
        return refused

    assert anyio.run(main) == ["S424", "S424"]
    assert store.read().records == {}


def test_batches_written_together_write_what_each_would() -> None:
    one = Batch(put_records=(Record(at("a"), POOL.id, "1", 1, at("a")),), use_plan="plan")
    other = Batch(drop_records=(at("b"),), close_intents=("op",))
    assert merged([one]) == one
    both = merged([other, one])
    assert (both.put_records, both.drop_records) == (one.put_records, other.drop_records)
    assert (both.close_intents, both.use_plan) == (("op",), "plan")


def test_a_lease_that_is_not_renewed_is_lost_for_good() -> None:
    clock, store = ManualClock(), MemoryStore(SCOPE)
    store.init()

    async def main() -> None:
        ledger = Ledger(store, store.acquire("me", 30.0, clock.now()), clock)
        async with ledger.at_work():
            store.acquire("other", 30.0, clock.now() + timedelta(days=1))
            ledger.require_held()
            await clock.sleep(11.0)
            ledger.require_held()

    with pytest.raises(Locked):
        anyio.run(main)


def test_an_error_of_ours_leaves_the_work_unwrapped_and_what_waits_is_written() -> None:
    clock, store = ManualClock(), MemoryStore(SCOPE)
    store.init()

    async def main() -> None:
        ledger = Ledger(store, store.acquire("me", 30.0, clock.now()), clock)
        async with ledger.at_work():
            await ledger.write(Batch(put_records=(Record(at("a"), POOL.id, "", 0, at("a")),)))
            raise PlanStale(Problem("P110", "moved"))

    with pytest.raises(PlanStale):
        anyio.run(main)
    assert at("a") in store.read().records


def test_a_disk_that_is_too_slow_sends_nothing() -> None:
    made = Studio()
    made.declare(pool("a"))
    commit = made.store.commit

    def slowly(lease: Lease, batch: Batch) -> None:
        commit(lease, batch)
        made.clock.advance(5.0 if batch.open_intents else 0.0)

    made.store.commit = slowly  # type: ignore[method-assign]
    with pytest.raises(StateError, match="too slow"):
        made.apply()
    assert made.vendor.calls == []
    made.store.commit = commit  # type: ignore[method-assign]
    check_converges(made)


def test_a_disk_that_is_slow_once_only_moves_the_note() -> None:
    made = Studio()
    made.declare(pool("a"))
    commit, waits = made.store.commit, iter([6.0])

    def slowly(lease: Lease, batch: Batch) -> None:
        commit(lease, batch)
        made.clock.advance(next(waits, 0.0))

    made.store.commit = slowly  # type: ignore[method-assign]
    made.apply()
    assert made.calls() == ["create"]
