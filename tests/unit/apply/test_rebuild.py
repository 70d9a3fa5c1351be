"""A lost state, made anew: what carries our marker comes back, protected, and nothing else does."""

from __future__ import annotations

from datetime import timedelta

import anyio

from reconciler.address import Address
from reconciler.apply.rebuild import restored
from reconciler.model import Marker, Record
from reconciler.providers.qarnot.kinds.pool import POOL
from tests.fakes import START, ManualClock, MemoryProvider


class Lost:
    """A vendor with objects of ours, and no memory of them."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.vendor = MemoryProvider("q", {POOL.id: POOL}, self.clock)

    def add(self, name: str, ordinal: int = 1) -> str:
        marker = Marker("ws-1", "default", Address("q", "pool", name), ordinal)
        return self.vendor.add(POOL.id, name, {}, marker=marker)

    def records(self) -> dict[str, Record]:
        batch = anyio.run(restored, {"q": self.vendor}, self.clock)
        return {each.address.name: each for each in batch.put_records}


def test_every_object_of_ours_has_a_record_again_and_is_protected() -> None:
    lost = Lost()
    made = {name: lost.add(name) for name in ("a", "b")}
    lost.vendor.add(POOL.id, "somebody's", {})
    records = lost.records()
    assert {name: each.remote_id for name, each in records.items()} == made
    assert all(each.protect and not each.managed for each in records.values())


def test_of_two_creations_of_one_address_the_newest_counts() -> None:
    lost = Lost()
    lost.add("a", ordinal=1)
    newest = lost.add("a", ordinal=2)
    assert lost.records()["a"].remote_id == newest
    assert lost.records()["a"].ordinal == 2


def test_it_waits_until_nothing_under_way_can_still_arrive() -> None:
    lost = Lost()
    lost.add("a")
    lost.records()
    wait_s = lost.vendor.request_deadline_s + lost.vendor.settle_after_s
    assert lost.clock.now() - START >= timedelta(seconds=wait_s)
