"""What every `StateStore` promises; a new store joins by one more entry in `MAKERS`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.address import Address
from reconciler.errors import Locked, StateError, StateMissing
from reconciler.model import Intent, Outcome, Record, Run, Verb
from reconciler.ports import Batch, Lease, Scope, StateStore
from reconciler.state.laws import IsAlive, nobody_can_tell, run_key_text
from reconciler.state.sqlite_store import SqliteStore
from tests.memory_store import MemoryState, MemoryStore
from tests.unit.state.strategies import intents, records, runs, times

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PROD = Scope("ws-5c1d0e9a7b3f4d21", "prod")
STAGING = Scope("ws-5c1d0e9a7b3f4d21", "staging")
POOL = Address("qarnot-prod", "pool", "sim")
TASK = Address("qarnot-prod", "task", "shot-010/beauty")

SEEN_ENDS = [each for each in Outcome if each.is_over and not each.is_inferred]

Open: TypeAlias = Callable[..., StateStore]
"""Opens a store of a scope on one place that outlives the store: `open_store(scope, is_alive)`."""


def _sqlite_in(folder: Path) -> Open:
    def open_store(scope: Scope = PROD, is_alive: IsAlive = nobody_can_tell) -> StateStore:
        return SqliteStore(folder / "state.db", scope, is_alive=is_alive)

    return open_store


def _memory_in(_: Path) -> Open:
    shelf: dict[Scope, MemoryState] = {}

    def open_store(scope: Scope = PROD, is_alive: IsAlive = nobody_can_tell) -> StateStore:
        return MemoryStore(scope, shelf, is_alive=is_alive)

    return open_store


MAKERS = {"sqlite": _sqlite_in, "memory": _memory_in}


for_every_store = pytest.mark.parametrize("make", list(MAKERS.values()), ids=list(MAKERS))


@pytest.fixture(params=list(MAKERS))
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    opened: list[StateStore] = []
    open_one = MAKERS[request.param](tmp_path)

    def open_and_keep(*args: object, **kwargs: object) -> StateStore:
        opened.append(open_one(*args, **kwargs))
        return opened[-1]

    yield open_and_keep
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Open) -> StateStore:
    made = open_store()
    made.init()
    return made


def _lease(store: StateStore, holder: str = "host:1:100", now: datetime = NOW) -> Lease:
    return store.acquire(holder, 60, now)


def _run(outcome: Outcome = Outcome.ACTIVE, seen_at: datetime | None = None) -> Run:
    return Run(TASK, "key-1", 1, "id-1", outcome=outcome, seen_at=seen_at)


def _record(address: Address = POOL) -> Record:
    return Record(address, "qarnot/Pool", "id-7", 1, address, {"profile": "ab" * 16})


def _intent(operation_id: str = "op-1") -> Intent:
    return Intent(operation_id, TASK, "qarnot/Task", Verb.CREATE, "d", NOW, NOW, 1, TASK)


# --- what is written is what is read --------------------------------------------------------------


@for_every_store
@settings(deadline=None)
@given(st.data())
def test_what_was_committed_is_read_back_by_another_store(
    make: Callable[[Path], Open], data: st.DataObject
) -> None:
    batch = Batch(
        put_records=tuple(data.draw(st.lists(records, max_size=4))),
        open_intents=tuple(data.draw(st.lists(intents, max_size=3))),
        put_runs=tuple(data.draw(st.lists(runs, max_size=4))),
        use_plan=data.draw(st.sampled_from(["", "digest-1"])),
    )
    with tempfile.TemporaryDirectory() as folder:
        open_store = make(Path(folder))
        writing, reading = open_store(), open_store()
        writing.init()
        writing.commit(_lease(writing), batch)
        writing.close()
        found = reading.read()
        used = reading.used_plans()
        reading.close()
    assert found.records == {record.address: record for record in batch.put_records}
    assert {run_key_text(run): run for run in found.runs} == {
        run_key_text(run): run for run in batch.put_runs
    }
    assert {each.operation_id: each for each in found.intents} == {
        each.operation_id: each for each in batch.open_intents
    }
    assert used == {batch.use_plan} - {""}


def test_everything_is_read_in_one_fixed_order(store: StateStore) -> None:
    lease = _lease(store)
    made = [_record(replace(POOL, name=name)) for name in ("c", "a", "b")]
    attempts = [replace(_run(), attempt=attempt) for attempt in (10, 9, 1)]
    store.commit(lease, Batch(put_records=tuple(made), put_runs=tuple(attempts)))
    found = store.read()
    assert [address.name for address in found.records] == ["a", "b", "c"]
    assert [run.attempt for run in found.runs] == [1, 9, 10]


def test_a_record_is_replaced_and_dropped(store: StateStore) -> None:
    lease = _lease(store)
    store.commit(lease, Batch(put_records=(_record(),)))
    store.commit(lease, Batch(put_records=(replace(_record(), remote_id="id-8"),)))
    assert store.read().records[POOL].remote_id == "id-8"
    store.commit(lease, Batch(drop_records=(POOL,)))
    assert store.read().records == {}


def test_dropping_what_is_not_there_is_done(store: StateStore) -> None:
    store.commit(_lease(store), Batch(drop_records=(POOL,), close_intents=("op-9",)))
    assert store.read().records == {}


def test_a_rename_drops_the_old_address_and_puts_the_new_in_one_batch(store: StateStore) -> None:
    lease, renamed = _lease(store), replace(_record(), address=replace(POOL, name="new"))
    store.commit(lease, Batch(put_records=(_record(),)))
    store.commit(lease, Batch(drop_records=(POOL,), put_records=(renamed,)))
    assert store.read().records == {renamed.address: renamed}


def test_an_intent_stays_open_until_it_is_closed(store: StateStore) -> None:
    lease = _lease(store)
    store.commit(lease, Batch(open_intents=(_intent("op-1"), _intent("op-2"))))
    resent = replace(_intent("op-1"), send_by=NOW + timedelta(minutes=1))
    store.commit(lease, Batch(open_intents=(resent,)))
    store.commit(lease, Batch(close_intents=("op-2",)))
    assert store.read().intents == (resent,)


def test_a_used_plan_stays_used(store: StateStore, open_store: Open) -> None:
    lease = _lease(store)
    assert store.used_plans() == frozenset()
    store.commit(lease, Batch(use_plan="plan-1"))
    store.commit(lease, Batch(use_plan="plan-1"))
    store.commit(lease, Batch(use_plan="plan-2"))
    assert open_store().used_plans() == {"plan-1", "plan-2"}


def test_the_serial_grows_with_every_commit_and_by_nothing_else(store: StateStore) -> None:
    before = store.read().serial
    lease = _lease(store)
    store.renew(lease, NOW)
    assert store.read().serial == before
    store.commit(lease, Batch(put_records=(_record(),)))
    store.commit(lease, Batch(put_records=(_record(),)))
    assert store.read().serial == before + 2


# --- making, missing, two scopes ------------------------------------------------------------------


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.read(),
        lambda store: store.key(),
        lambda store: store.used_plans(),
        lambda store: store.acquire("host:1:1", 60, NOW),
        lambda store: store.note([_run()]),
        lambda store: store.verify(),
        lambda store: store.backup(),
    ],
    ids=["read", "key", "used_plans", "acquire", "note", "verify", "backup"],
)
def test_a_missing_state_is_an_error_that_says_how_to_make_one(
    open_store: Open, ask: Callable[[StateStore], object]
) -> None:
    with pytest.raises(StateMissing) as caught:
        ask(open_store())
    assert "state init" in caught.value.problems[0].remedy


def test_a_state_is_not_made_twice(store: StateStore, open_store: Open) -> None:
    store.commit(_lease(store), Batch(put_records=(_record(),)))
    with pytest.raises(StateError):
        open_store().init()
    assert store.read().records == {POOL: _record()}


def test_a_new_state_is_empty_and_has_its_own_key(store: StateStore) -> None:
    found = store.read()
    assert (found.serial, found.records, found.runs, found.intents) == (0, {}, (), ())
    assert len(store.key()) == 32
    assert len(found.lineage) == 32
    assert found.lineage not in store.key().hex()


def test_key_and_lineage_stay_as_they_were_made(store: StateStore, open_store: Open) -> None:
    key, lineage = store.key(), store.read().lineage
    store.commit(_lease(store), Batch(put_records=(_record(),)))
    assert (open_store().key(), open_store().read().lineage) == (key, lineage)


def test_two_scopes_never_meet(store: StateStore, open_store: Open) -> None:
    other = open_store(STAGING)
    with pytest.raises(StateMissing):
        other.read()
    other.init()
    lease, lease_of_other = _lease(store), _lease(other, "host:2:200")
    batch = Batch((_record(),), (), (_intent(),), (), (_run(),), "plan-1")
    store.commit(lease, batch)
    assert other.read().records == {}
    assert (other.read().runs, other.read().intents, other.used_plans()) == ((), (), frozenset())
    assert other.read().serial == 0
    assert other.key() != store.key()
    other.erase(lease_of_other)
    assert store.read().records == {POOL: _record()}
    assert store.used_plans() == {"plan-1"}


# --- who may write --------------------------------------------------------------------------------


def test_a_second_holder_is_told_who_holds_the_lease(store: StateStore, open_store: Open) -> None:
    _lease(store, "host:1:100")
    with pytest.raises(Locked) as caught:
        _lease(open_store(), "host:2:200", NOW + timedelta(seconds=59))
    assert "host:1:100" in caught.value.problems[0].cause


def test_a_released_lease_is_free_at_once(store: StateStore, open_store: Open) -> None:
    first = _lease(store)
    store.release(first)
    second = _lease(open_store(), "host:2:200")
    assert second.taken_over_from == ""
    assert second.fence > first.fence


def test_a_lease_that_ran_out_is_taken_over_and_says_from_whom(store: StateStore) -> None:
    first = _lease(store, "host:1:100")
    second = _lease(store, "host:2:200", NOW + timedelta(seconds=60))
    assert second.taken_over_from == "host:1:100"
    assert second.fence == first.fence + 1


@pytest.mark.parametrize(("is_alive", "is_free"), [(False, True), (True, False), (None, False)])
def test_only_a_holder_that_is_surely_gone_is_taken_over_before_its_time(
    store: StateStore, open_store: Open, is_alive: bool | None, is_free: bool
) -> None:
    _lease(store, "host:1:100")
    asked: list[str] = []

    def answer(holder: str) -> bool | None:
        asked.append(holder)
        return is_alive

    other = open_store(is_alive=answer)
    if is_free:
        assert _lease(other, "host:2:200").taken_over_from == "host:1:100"
    else:
        with pytest.raises(Locked):
            _lease(other, "host:2:200")
    assert asked == ["host:1:100"]


def test_an_old_lease_writes_nothing_after_a_takeover(store: StateStore, open_store: Open) -> None:
    old = _lease(store, "host:1:100")
    new = _lease(open_store(), "host:2:200", NOW + timedelta(hours=1))
    before = store.read()
    with pytest.raises(Locked):
        store.commit(old, Batch((_record(),), (), (_intent(),), (), (_run(),), "plan-1"))
    with pytest.raises(Locked):
        store.renew(old, NOW + timedelta(hours=1))
    with pytest.raises(Locked):
        store.erase(old)
    assert store.read() == before
    assert store.used_plans() == frozenset()
    store.release(old)
    store.commit(new, Batch(put_records=(_record(),)))
    assert POOL in store.read().records


def test_a_released_lease_writes_nothing(store: StateStore) -> None:
    lease = _lease(store)
    store.release(lease)
    store.release(lease)
    with pytest.raises(Locked):
        store.commit(lease, Batch(put_records=(_record(),)))
    with pytest.raises(Locked):
        store.renew(lease, NOW)


def test_renewing_moves_the_end_and_keeps_the_fence(store: StateStore, open_store: Open) -> None:
    lease = _lease(store)
    renewed = store.renew(lease, NOW + timedelta(seconds=50))
    assert (renewed.fence, renewed.expires_at) == (lease.fence, NOW + timedelta(seconds=110))
    with pytest.raises(Locked):
        _lease(open_store(), "host:2:200", NOW + timedelta(seconds=100))
    store.commit(lease, Batch(put_records=(_record(),)))


def test_a_lease_that_ran_out_is_renewed_while_nobody_took_it(store: StateStore) -> None:
    lease = _lease(store)
    later = NOW + timedelta(hours=1)
    assert store.renew(lease, later).expires_at == later + timedelta(seconds=60)


@for_every_store
@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ABC"), st.booleans(), st.integers(0, 90)), max_size=12))
def test_the_fence_only_grows_and_only_its_newest_holder_writes(
    make: Callable[[Path], Open], story: list[tuple[str, bool, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store, now, given_out = make(Path(folder))(), NOW, list[Lease]()
        store.init()
        for holder, is_released, pause_s in story:
            now += timedelta(seconds=pause_s)
            try:
                given_out.append(store.acquire(holder, 60, now))
            except Locked:
                continue
            if is_released:
                store.release(given_out[-1])
                given_out.append(store.acquire(holder, 60, now))
        fences = [lease.fence for lease in given_out]
        assert fences == sorted(set(fences))
        for lease in given_out[:-1]:
            with pytest.raises(Locked):
                store.commit(lease, Batch())
        if given_out:
            store.commit(given_out[-1], Batch())
        store.close()


# --- facts seen without a lease -------------------------------------------------------------------


def test_a_note_needs_no_lease_and_disturbs_none(store: StateStore, open_store: Open) -> None:
    lease = _lease(store)
    store.commit(lease, Batch(put_runs=(_run(),)))
    open_store().note([_run(Outcome.SUCCEEDED, NOW)])
    assert store.read().runs == (_run(Outcome.SUCCEEDED, NOW),)
    store.commit(lease, Batch(put_records=(_record(),)))


def test_a_note_of_an_unknown_run_is_kept(store: StateStore) -> None:
    store.note([_run(Outcome.FAILED, NOW)])
    assert store.read().runs == (_run(Outcome.FAILED, NOW),)


@pytest.mark.parametrize("over", SEEN_ENDS)
@pytest.mark.parametrize("seen", [each for each in Outcome if each is not Outcome.SUCCEEDED])
def test_a_note_never_undoes_an_end_that_was_seen(
    store: StateStore, over: Outcome, seen: Outcome
) -> None:
    store.commit(_lease(store), Batch(put_runs=(_run(over, NOW),)))
    before = store.read()
    store.note([_run(seen, NOW + timedelta(days=1))])
    assert store.read() == before


@pytest.mark.parametrize("over", SEEN_ENDS)
def test_what_succeeded_after_all_has_succeeded(store: StateStore, over: Outcome) -> None:
    store.commit(_lease(store), Batch(put_runs=(_run(over, NOW),)))
    store.note([_run(Outcome.SUCCEEDED, NOW + timedelta(days=1))])
    (run,) = store.read().runs
    assert run.outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("given_up", [each for each in Outcome if each.is_inferred])
def test_a_run_given_up_under_the_lease_lives_again_when_it_is_seen_later(
    store: StateStore, given_up: Outcome
) -> None:
    later = NOW + timedelta(days=1)
    store.note([_run(seen_at=NOW - timedelta(days=1))])
    store.note([_run(given_up, later)])
    assert store.read().runs == (_run(seen_at=NOW - timedelta(days=1)),)
    store.commit(_lease(store), Batch(put_runs=(_run(given_up, NOW),)))
    assert store.read().runs == (_run(given_up, NOW),)
    store.note([_run(seen_at=later)])
    assert store.read().runs == (_run(seen_at=later),)


@pytest.mark.parametrize("before", list(Outcome))
@pytest.mark.parametrize("given", list(Outcome))
def test_under_the_lease_a_run_is_written_as_it_is_given(
    store: StateStore, before: Outcome, given: Outcome
) -> None:
    written = replace(_run(given), remote_id="id-2", done="1-3", is_withdrawn=True)
    lease = _lease(store)
    store.commit(lease, Batch(put_runs=(replace(_run(before, NOW), done="4"),)))
    store.commit(lease, Batch(put_runs=(written,)))
    assert store.read().runs == (written,)


def test_what_is_done_only_grows_even_after_the_end(store: StateStore) -> None:
    for outcome, done in [(Outcome.ACTIVE, "1-2"), (Outcome.FAILED, "2-5"), (Outcome.FAILED, "9")]:
        store.note([replace(_run(outcome, NOW), done=done)])
    assert store.read().runs == (replace(_run(Outcome.FAILED, NOW), done="1-5,9"),)


def test_a_run_withdrawn_under_the_lease_is_noted_as_withdrawn(store: StateStore) -> None:
    store.commit(_lease(store), Batch(put_runs=(replace(_run(), is_withdrawn=True),)))
    store.note([_run(Outcome.CANCELLED, NOW)])
    assert store.read().runs == (replace(_run(Outcome.WITHDRAWN, NOW), is_withdrawn=True),)


def test_a_note_moves_the_time_an_active_run_was_last_seen_and_never_back(
    store: StateStore,
) -> None:
    later = NOW + timedelta(hours=1)
    store.note([_run(seen_at=NOW)])
    store.note([_run(seen_at=later)])
    store.note([_run(seen_at=NOW)])
    assert store.read().runs == (_run(seen_at=later),)


def test_a_note_that_says_nothing_new_writes_nothing(store: StateStore) -> None:
    store.note([_run(seen_at=NOW)])
    before = store.read()
    store.note([_run(seen_at=NOW)])
    store.note([])
    assert store.read() == before


def test_one_note_may_hold_a_run_twice(store: StateStore) -> None:
    store.note([_run(Outcome.SUCCEEDED, NOW), _run(Outcome.ACTIVE, NOW)])
    assert store.read().runs == (_run(Outcome.SUCCEEDED, NOW),)


@for_every_store
@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(Outcome), st.none() | times), min_size=1, max_size=6))
def test_noting_again_changes_nothing(
    make: Callable[[Path], Open], sights: list[tuple[Outcome, datetime | None]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = make(Path(folder))()
        store.init()
        seen = [_run(outcome, seen_at) for outcome, seen_at in sights]
        for each in seen:
            store.note([each])
        last = store.read()
        store.note([*last.runs])
        assert store.read() == last
        assert len(last.runs) == 1
        store.close()


# --- erasing, checking ----------------------------------------------------------------------------


def test_erasing_forgets_all_but_who_may_write(store: StateStore) -> None:
    lease = _lease(store)
    store.commit(lease, Batch((_record(),), (), (_intent(),), (), (_run(),), "plan-1"))
    before, key = store.read(), store.key()
    store.erase(lease)
    after = store.read()
    assert (after.records, after.runs, after.intents) == ({}, (), ())
    assert store.used_plans() == frozenset()
    assert after.lineage != before.lineage
    assert after.serial > before.serial
    assert store.key() != key
    store.commit(lease, Batch(put_records=(_record(),)))
    assert store.read().records == {POOL: _record()}


def test_a_sound_state_verifies_and_is_backed_up(store: StateStore) -> None:
    store.commit(_lease(store), Batch((_record(),), (), (_intent(),), (), (_run(),), "plan-1"))
    assert store.verify() == ()
    store.backup()
    store.backup()
    assert store.verify() == ()
