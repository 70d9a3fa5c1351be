"""What an earlier process left open is settled by reading, and never taken for granted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import anyio
import pytest

from reconciler.apply.look import patience_s, settled_from
from reconciler.apply.settle import Absorbed, Settler
from reconciler.diff.compare import Knowledge, desired_form
from reconciler.errors import ConfigError
from reconciler.kinds import Ability, KindSpec
from reconciler.lifecycle import WhenRunning
from reconciler.model import Intent, Marker, Record, Recorded, Resource, Verb
from reconciler.plan.memory import noted
from reconciler.providers.qarnot.kinds.pool import POOL
from reconciler.report import EventKind
from reconciler.values import digest
from tests.fakes import START, Fault, ManualClock, MemoryProvider
from tests.simulation.mortal import Crash, Doom
from tests.simulation.studio import NAMELESS, SCOPE, Studio, at, pool

KNOWN = Knowledge(digest, {})
BY_NAME = replace(
    POOL,
    abilities=POOL.abilities - {Ability.MARKER, Ability.UNIQUE_ID},
    identity=lambda name, spec: f"pools/{name}",
)
"""As a pool of a vendor that has no place for a marker, and knows it by its name alone."""
MARKER = Marker(SCOPE.workspace_id, SCOPE.env, at("a"), 1)
OPEN = Intent(
    operation_id="op",
    address=at("a"),
    kind=POOL.id,
    verb=Verb.CREATE,
    request_digest="",
    first_send=START,
    send_by=START + timedelta(seconds=5),
    ordinal=1,
    first_address=at("a"),
)


class Vendor:
    """One vendor with an open intent of ours."""

    def __init__(
        self, intent: Intent = OPEN, record: Record | None = None, kind: KindSpec = POOL
    ) -> None:
        self.clock = ManualClock()
        self.vendor = MemoryProvider("qarnot", {POOL.id: kind}, self.clock)
        records = {} if record is None else {record.address: record}
        self.recorded = Recorded("lineage", 1, records, (), (intent,))

    def absorb(self, *resources: Resource, provider: str = "qarnot") -> Absorbed:
        settler = Settler({provider: self.vendor}, self.vendor.kinds, SCOPE, KNOWN, self.clock)
        return anyio.run(settler.absorb, self.recorded, resources)

    def make(self) -> str:
        return self.vendor.add(POOL.id, "a", dict(desired_form(POOL, pool("a"))), MARKER)


def test_an_object_that_was_made_becomes_a_record_and_the_note_is_closed() -> None:
    world = Vendor()
    made = world.make()
    absorbed = world.absorb(pool("a", when_running=WhenRunning.STOP))
    (record,) = absorbed.batch.put_records
    assert (record.remote_id, record.ordinal, record.when_running) == (made, 1, WhenRunning.STOP)
    assert absorbed.batch.close_intents == ("op",)
    assert absorbed.recorded.intents == ()
    assert absorbed.until is None


def test_one_that_nobody_declares_any_more_is_recorded_all_the_same() -> None:
    before = noted(POOL, Record(at("a"), POOL.id, "", 0, at("a")), pool("a", protect=True))
    world = Vendor(record=before)
    made = world.make()
    (record,) = world.absorb().batch.put_records
    assert (record.remote_id, record.protect, record.managed) == (made, True, {})


def test_what_was_set_is_remembered_only_while_the_manifest_still_asks_it() -> None:
    from reconciler.apply.settle import request_digest
    from reconciler.model import Request

    spec = desired_form(POOL, pool("a"))
    sealed = request_digest(Request(pool("a"), spec, MARKER), KNOWN)
    world = Vendor(replace(OPEN, request_digest=sealed))
    world.make()
    assert world.absorb(pool("a")).batch.put_records[0].managed
    assert not world.absorb(pool("a", {"tags": ["x"]})).batch.put_records[0].managed


def test_nothing_is_decided_before_the_request_can_no_longer_arrive() -> None:
    world = Vendor()
    absorbed = world.absorb(pool("a"))
    assert absorbed.unsettled == (OPEN,)
    assert absorbed.until == START + timedelta(seconds=35)
    world.clock.advance(34.9)
    assert world.absorb(pool("a")).unsettled == (OPEN,)
    world.clock.advance(0.1)
    assert world.absorb(pool("a")).batch.close_intents == ("op",)


@pytest.mark.parametrize("verb", [Verb.UPDATE, Verb.STOP, Verb.DELETE])
def test_what_may_be_repeated_is_closed_when_it_can_no_longer_arrive(verb: Verb) -> None:
    world = Vendor(replace(OPEN, verb=verb))
    assert world.absorb().unsettled
    world.clock.advance(35)
    absorbed = world.absorb()
    assert absorbed.batch.close_intents == ("op",)
    assert absorbed.batch.put_records == ()


def test_a_vendor_that_does_not_answer_or_is_not_there_leaves_it_open() -> None:
    world = Vendor()
    world.clock.advance(99)
    world.vendor.inject("find", Fault.NOT_SENT)
    assert world.absorb().unsettled == (OPEN,)
    elsewhere = world.absorb(provider="elsewhere")
    assert elsewhere.unsettled == (OPEN,)
    assert elsewhere.until is None


def test_several_objects_with_the_marker_leave_it_open() -> None:
    world = Vendor()
    world.make()
    world.make()
    world.clock.advance(99)
    assert world.absorb().unsettled == (OPEN,)


def test_without_a_unique_id_the_wait_is_longer() -> None:
    named, nameless = (
        MemoryProvider("q", {POOL.id: kind}, ManualClock()) for kind in (POOL, NAMELESS)
    )
    assert settled_from(OPEN, nameless) - settled_from(OPEN, named) == timedelta(seconds=120)


def test_a_clock_that_was_set_back_makes_nobody_wait_longer_than_a_new_request_would() -> None:
    vendor = MemoryProvider("q", {POOL.id: POOL}, ManualClock())
    assert patience_s(OPEN, vendor, START - timedelta(days=1)) == 35.0
    assert patience_s(OPEN, vendor, START) == 35.0
    assert patience_s(OPEN, vendor, START + timedelta(days=1)) == 0.0


def test_an_apply_waits_for_what_was_left_open_and_says_so() -> None:
    made = Studio(NAMELESS)
    made.declare(pool("a"))
    with pytest.raises(Crash):
        made.apply(Doom(2))
    made.apply()
    kinds = [each.kind for each in made.events.events]
    assert kinds == [
        EventKind.STARTED,
        EventKind.WAITING,
        EventKind.STARTED,
        EventKind.FINISHED,
    ]
    assert len(made.live()) == 1


def test_a_secret_that_is_not_here_is_an_error_before_anything_is_sent() -> None:
    made = Studio()
    made.declare(pool("a", {"constants": {"QARNOT_SECRET__K": {"secretRef": {"env": "KEY"}}}}))
    with pytest.raises(ConfigError) as missing:
        made.apply()
    assert missing.value.problems[0].code == "C201"
    assert made.vendor.calls == []
    assert made.recorded.intents == ()


# --- vendors without a unique id of ours ----------------------------------------------------------


def test_without_a_unique_id_two_complete_lists_say_that_nothing_was_made() -> None:
    world = Vendor(kind=NAMELESS)
    world.clock.advance(999)
    world.vendor.inject("find", None, Fault.NOT_SENT)
    assert world.absorb().unsettled == (OPEN,), "the second list was not read"
    assert world.absorb().batch.close_intents == ("op",)


def test_what_only_the_second_list_shows_was_made() -> None:
    world = Vendor(kind=NAMELESS)
    world.clock.advance(999)
    world.vendor.habits.latency_s, world.vendor.habits.list_lag_s = 10.0, 15.0
    made = world.make()
    (record,) = world.absorb().batch.put_records
    assert record.remote_id == made


def test_what_is_known_by_its_name_alone_is_settled_by_its_name() -> None:
    intent = replace(OPEN, remote_id="pools/a")
    world = Vendor(intent, kind=BY_NAME)
    world.clock.advance(35)
    assert world.absorb().batch.put_records == (), "it was not made"
    assert world.make() == "pools/a"
    (record,) = world.absorb().batch.put_records
    assert record.remote_id == "pools/a"
