"""The fakes keep the promises of the ports they stand for."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import pytest

from reconciler.address import Address
from reconciler.errors import Effect, NotFound, ProviderError, Rejected, Unavailable
from reconciler.fields import FieldTable
from reconciler.kinds import Ability, KindSpec, Nature
from reconciler.model import Marker, Record, Ref, Request, Resource, Settled
from reconciler.pointers import SecretRef
from reconciler.ports import Clock, Provider, Secrets, StateStore
from reconciler.spec_model import SpecModel
from tests.fakes import (
    START,
    Fault,
    Habits,
    ManualClock,
    MemoryProvider,
    MemorySecrets,
    MemoryStore,
)

T = TypeVar("T")


def kind(name: str, nature: Nature, *abilities: Ability) -> KindSpec:
    return KindSpec(
        vendor="memory",
        kind=name,
        nature=nature,
        model=lambda: SpecModel,
        table=FieldTable(),
        abilities=frozenset(abilities),
        doc="",
    )


FULL = (Ability.MARKER, Ability.UPDATE, Ability.STOP, Ability.DELETE)
POOL = kind("Pool", Nature.STANDING, *FULL)
TASK = kind("Task", Nature.FINITE, *FULL, Ability.UNIQUE_ID)
SLOT = kind("Slot", Nature.STANDING, Ability.UPDATE, Ability.DELETE)
KINDS = {each.id: each for each in (POOL, TASK, SLOT)}


def vendor(**habits: Any) -> MemoryProvider:
    return MemoryProvider("memory", KINDS, ManualClock(), Habits(**habits))


def request(of: KindSpec, name: str = "a", **spec: Any) -> Request:
    address = Address("memory", of.slug, name)
    return Request(Resource(address, of.id, spec), spec, Marker("ws", "prod", address, 1))


def run(ask: Callable[[], Awaitable[T]]) -> T:
    return anyio.run(ask)


# --- the ports ------------------------------------------------------------------------------------


def test_each_fake_has_the_shape_of_its_port() -> None:
    clock: Clock = ManualClock()
    provider: Provider = vendor()
    secrets: Secrets = MemorySecrets({})
    store: type[StateStore] = MemoryStore
    assert all((clock, provider, secrets, store))


def test_a_secret_that_is_not_there_is_none() -> None:
    secrets = MemorySecrets({"env:KEY": "value"})
    found = secrets.fetch(SecretRef(env="KEY"))
    assert found is not None
    assert found.reveal() == "value"
    assert secrets.fetch(SecretRef(env="OTHER")) is None
    assert secrets.fetched == ["env:KEY", "env:OTHER"]


# --- the clock ------------------------------------------------------------------------------------


def test_sleepers_wake_in_the_order_of_their_ends_and_no_real_time_passes() -> None:
    clock, woken = ManualClock(), list[tuple[str, float]]()

    async def sleeper(name: str, seconds: float) -> None:
        for _ in range(2):
            await clock.sleep(seconds)
            woken.append((name, clock.monotonic()))

    async def story() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(sleeper, "slow", 3600)
            group.start_soon(sleeper, "quick", 1000)

    before = time.monotonic()
    run(story)
    assert woken == [("quick", 1000), ("quick", 2000), ("slow", 3600), ("slow", 7200)]
    assert time.monotonic() - before < 60


def test_time_stands_still_while_a_task_or_a_thread_is_at_work() -> None:
    clock, seen = ManualClock(), list[float]()

    async def worker() -> None:
        for _ in range(50):
            await anyio.lowlevel.checkpoint()
        await anyio.to_thread.run_sync(sum, range(100_000))
        seen.append(clock.monotonic())

    async def story() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(clock.sleep, 60)
            group.start_soon(worker)

    run(story)
    assert seen == [0]
    assert clock.now() == START + timedelta(seconds=60)


def test_a_cancelled_sleeper_moves_no_time() -> None:
    clock = ManualClock()

    async def story() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(clock.sleep, 3600)
            await clock.sleep(5)
            group.cancel_scope.cancel()
        await clock.sleep(10)

    run(story)
    assert clock.monotonic() == 15


def test_a_set_wall_clock_leaves_the_monotonic_one_alone() -> None:
    clock = ManualClock()
    clock.advance(10)
    clock.set_wall_clock(START - timedelta(days=1))
    clock.advance(5)
    assert (clock.monotonic(), clock.now()) == (15, START + timedelta(seconds=5, days=-1))


# --- the vendor -----------------------------------------------------------------------------------


def test_what_was_created_is_read_listed_and_found_by_its_marker() -> None:
    provider, wanted = vendor(), request(POOL, profile="a")

    async def story() -> None:
        (remote_id,) = await provider.create([wanted])
        assert isinstance(remote_id, str)
        read = (await provider.read(POOL.id, [remote_id, "other"]))[remote_id]
        assert read is not None
        assert (read.spec, read.marker, read.settled) == (
            {"profile": "a"},
            wanted.marker,
            Settled.CURRENT,
        )
        assert (await provider.observe([POOL.id], [])).objects == (read,)
        assert await provider.find(POOL.id, [wanted.marker]) == {wanted.marker: (read,)}
        other = replace(wanted.marker, ordinal=2)
        assert await provider.find(POOL.id, [other]) == {other: ()}

    run(story)
    assert [(call.verb, call.is_done) for call in provider.calls] == [("create", True)]


def test_a_unique_id_taken_twice_is_the_same_object_and_without_one_there_are_two() -> None:
    provider = vendor()

    async def story() -> None:
        for of in (TASK, POOL):
            await provider.create([request(of), request(of)])

    run(story)
    assert [each.kind for each in provider.ever] == [TASK, POOL, POOL]


@pytest.mark.parametrize(
    ("fault", "error", "effect", "made"),
    [
        (Fault.NOT_SENT, Unavailable, Effect.NONE, 0),
        (Fault.LOST_BEFORE, Unavailable, Effect.UNKNOWN, 0),
        (Fault.LOST_AFTER, Unavailable, Effect.UNKNOWN, 1),
        (Fault.REFUSED, Rejected, Effect.NONE, 0),
    ],
)
def test_a_fault_strikes_the_one_request_it_was_meant_for(
    fault: Fault, error: type[ProviderError], effect: Effect, made: int
) -> None:
    provider = vendor()
    provider.inject("create", None, fault)

    async def story() -> tuple[str | ProviderError, ...]:
        return tuple(await provider.create([request(POOL, name) for name in "abc"]))

    first, struck, last = run(story)
    assert isinstance(first, str)
    assert isinstance(last, str)
    assert isinstance(struck, error)
    assert struck.effect is effect
    assert len(provider.objects) == 2 + made


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
def test_a_lost_answer_to_a_stop_leaves_what_it_says(fault: Fault) -> None:
    provider = vendor()
    provider.inject("stop", fault)
    remote_id = provider.add(TASK.id, "a", {})

    async def story() -> None:
        with pytest.raises(Unavailable) as caught:
            await provider.stop(TASK.id, remote_id)
        assert caught.value.effect is Effect.UNKNOWN

    run(story)
    is_stopped = provider.objects[remote_id].settled is Settled.CANCELLED
    assert is_stopped is (fault is Fault.LOST_AFTER)
    assert provider.calls[0].is_done is is_stopped


def test_stopping_and_deleting_twice_is_done() -> None:
    provider = vendor()
    remote_id = provider.add(TASK.id, "a", {})

    async def story() -> None:
        for _ in range(2):
            await provider.stop(TASK.id, remote_id)
        for _ in range(2):
            await provider.delete(TASK.id, remote_id)

    run(story)
    assert provider.objects == {}
    assert provider.ever[0].settled is Settled.CANCELLED


def test_an_update_touches_the_changed_fields_alone_and_keeps_the_id() -> None:
    provider = vendor(ignored_fields={POOL.id: frozenset({"ssd"})})
    remote_id = provider.add(POOL.id, "a", {"tags": [1], "slots": 4, "ssd": False, "note": "x"})
    wanted = request(POOL, tags=[2], slots=8, ssd=True)

    async def story() -> None:
        await provider.update(remote_id, wanted, frozenset({"slots", "ssd", "note"}))
        with pytest.raises(NotFound):
            await provider.update("other", wanted, frozenset({"slots"}))

    run(story)
    assert provider.objects[remote_id].spec == {"tags": [1], "slots": 8, "ssd": False}


def test_a_new_object_is_listed_late_but_found_by_its_unique_id_at_once() -> None:
    provider = vendor(list_lag_s=30)
    task, pool = request(TASK), request(POOL)

    async def seen() -> tuple[int, int, int]:
        listed = (await provider.observe([TASK.id, POOL.id], [])).objects
        (tasks,) = (await provider.find(TASK.id, [task.marker])).values()
        (pools,) = (await provider.find(POOL.id, [pool.marker])).values()
        return len(listed), len(tasks), len(pools)

    async def story() -> None:
        await provider.create([task])
        await provider.create([pool])
        assert await seen() == (0, 1, 0)
        await provider.clock.sleep(30)
        assert await seen() == (2, 1, 1)

    run(story)


def test_finite_work_succeeds_in_its_time_and_is_removed_later() -> None:
    provider = vendor(works_for_s=60, retention_s=600)
    remote_id = provider.add(TASK.id, "a", {})

    async def settled() -> Settled | None:
        found = (await provider.read(TASK.id, [remote_id]))[remote_id]
        return found.settled if found else None

    async def story() -> None:
        assert await settled() is Settled.IN_PROGRESS
        await provider.clock.sleep(60)
        assert await settled() is Settled.SUCCEEDED
        await provider.clock.sleep(600)
        assert await settled() is None

    run(story)


def test_a_kind_without_a_slot_is_known_by_record_or_name_only() -> None:
    provider = vendor()

    async def story() -> None:
        await provider.create([request(SLOT, "ours")])
        provider.add(SLOT.id, "foreign", {})
        address = Address("memory", "slot", "ours")
        known = Record(address, SLOT.id, "", 0, address)
        assert (await provider.observe([SLOT.id], [])).objects == ()
        (found,) = (await provider.observe([SLOT.id], [known])).objects
        assert (found.name, found.marker) == ("ours", None)
        marker = request(SLOT, "ours").marker
        assert await provider.find(SLOT.id, [marker]) == {marker: (found,)}

    run(story)


def test_a_reference_is_sent_as_its_remote_id_or_refused() -> None:
    provider = vendor()
    pool = Address("memory", "pool", "sim")
    wanted = request(TASK, pool="sim", mounts=[{"bucket": "b"}])
    refs = (
        Ref(("pool",), POOL.id, target=pool),
        Ref(("mounts", 0, "bucket"), "memory/Bucket", existing="b"),
    )
    resource = replace(wanted.resource, references=refs)
    ready = replace(
        wanted,
        resource=resource,
        remote_ids={pool: "pool-1"},
        existing_ids={("memory/Bucket", "b"): "bucket-1"},
    )

    async def story() -> None:
        (made,) = await provider.create([ready])
        assert isinstance(made, str)
        spec = provider.objects[made].spec
        assert spec == {"pool": "pool-1", "mounts": [{"bucket": "bucket-1"}]}
        (refused,) = await provider.create([replace(ready, remote_ids={})])
        assert isinstance(refused, Rejected)

    run(story)
    assert wanted.spec == {"pool": "sim", "mounts": [{"bucket": "b"}]}


def test_calls_take_their_time_side_by_side() -> None:
    provider = vendor(latency_s=2)

    async def create(name: str) -> None:
        await provider.create([request(POOL, name)])

    async def story() -> None:
        async with anyio.create_task_group() as group:
            for name in "abcde":
                group.start_soon(create, name)

    run(story)
    assert (provider.most_in_flight, provider.clock.monotonic()) == (5, 2)
