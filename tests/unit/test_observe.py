"""One observation of all vendors: whole, bounded, and without a secret in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import anyio
import pytest

from reconciler.address import Address
from reconciler.errors import Problem, ProviderError
from reconciler.model import Facts, Observation, Record, Recorded, Ref, Resource, SecretRef, Settled
from reconciler.observe import fingerprints, formed, observe, secret_refs
from reconciler.ports import Revealed
from reconciler.providers.qarnot.kinds.pool import POOL
from reconciler.values import Json
from tests.fakes import Fault, Habits, ManualClock, MemoryProvider, MemorySecrets

KINDS = {POOL.id: POOL}


def seal(value: Json) -> str:
    return f"sealed {value}"


class Vendors:
    """Providers of one clock, and what is declared and remembered there."""

    def __init__(self, *names: str, **habits: Any) -> None:
        self.clock = ManualClock()
        self.providers = {
            name: MemoryProvider(name, KINDS, self.clock, Habits(**habits)) for name in names
        }
        self.resources: list[Resource] = []
        self.records: dict[Address, Record] = {}

    def declare(self, provider: str, name: str, *references: Ref) -> None:
        address = Address(provider, "pool", name)
        self.resources.append(Resource(address, POOL.id, {}, references=references))

    def remember(self, provider: str, name: str, remote_id: str) -> None:
        address = Address(provider, "pool", name)
        self.records[address] = Record(address, POOL.id, remote_id, 1, address)

    def observe(self) -> Observation:
        recorded = Recorded("lineage", 1, self.records)
        return anyio.run(observe, self.providers, self.resources, recorded, self.clock, seal)

    def ids(self, provider: str) -> list[str]:
        return [each.remote_id for each in self.observe().objects[provider]]


def test_what_a_record_knows_and_the_list_does_not_show_is_asked_for_by_its_id() -> None:
    vendors = Vendors("q", list_lag_s=60.0)
    made = vendors.providers["q"].add(POOL.id, "late", {})
    vendors.remember("q", "late", made)
    vendors.remember("q", "gone", "no such id")
    vendors.remember("q", "never made", "")
    assert vendors.ids("q") == [made]


def test_an_object_is_there_once_however_it_was_found() -> None:
    vendors = Vendors("q")
    made = vendors.providers["q"].add(POOL.id, "a", {})
    vendors.declare("q", "a")
    vendors.remember("q", "a", made)
    assert vendors.ids("q") == [made]


def test_a_list_that_broke_off_is_told_with_its_reason() -> None:
    vendors = Vendors("q")
    vendors.providers["q"].incomplete[POOL.id] = Problem("V503", "broke off")
    vendors.declare("q", "a")
    assert vendors.observe().incomplete == {("q", POOL.id): Problem("V503", "broke off")}


def test_a_provider_nothing_speaks_of_is_observed_as_empty() -> None:
    vendors = Vendors("q", "idle")
    vendors.declare("q", "a")
    seen = vendors.observe()
    assert seen.objects["idle"] == ()
    assert seen.facts["idle"] == Facts(account="account of idle")
    assert seen.now == vendors.clock.now()


@pytest.mark.parametrize("reading", ["observe", "read", "facts", "resolve"])
def test_a_reading_that_fails_is_an_error_and_no_absence(reading: str) -> None:
    vendors = Vendors("q", "other", latency_s=1.0)
    vendors.declare("q", "a", Ref(("pool",), POOL.id, existing="theirs"))
    vendors.remember("q", "b", "unlisted")
    vendors.providers["q"].inject(reading, Fault.REFUSED)
    with pytest.raises(ProviderError):
        vendors.observe()


def test_existing_objects_are_resolved_once_and_missing_ones_are_left_out() -> None:
    vendors = Vendors("q")
    theirs = vendors.providers["q"].add(POOL.id, "theirs", {})
    for name in ("a", "b"):
        vendors.declare("q", name, Ref(("pool",), POOL.id, existing="theirs"))
    vendors.declare("q", "c", Ref(("pool",), POOL.id, existing="nobody"))
    vendors.declare("q", "d", Ref(("pool",), POOL.id, target=Address("q", "pool", "a")))
    assert vendors.observe().existing == {("q", POOL.id, "theirs"): theirs}


def test_all_vendors_are_asked_at_once() -> None:
    vendors = Vendors("q", "r", "s", latency_s=5.0)
    for name in vendors.providers:
        vendors.declare(name, "a")
    vendors.observe()
    assert vendors.clock.monotonic() == 5.0


# --- forms and secrets ----------------------------------------------------------------------------


def test_an_object_is_seen_in_the_form_it_is_compared_in() -> None:
    vendors = Vendors("q")
    made = vendors.providers["q"].add(POOL.id, "a", {"tags": ["b", "a"], "constants": {}})
    vendors.remember("q", "a", made)
    (seen,) = vendors.observe().objects["q"]
    assert seen.spec == {"tags": ["a", "b"]}
    assert seen.settled is Settled.CURRENT


def test_a_secret_value_is_a_fingerprint_before_anybody_sees_it() -> None:
    vendors = Vendors("q")
    held = vendors.providers["q"].add(POOL.id, "a", {})
    observed = replace(
        vendors.providers["q"].objects[held].observed(),
        spec={"constants": {"QARNOT_SECRET__K": Revealed("s3cret"), "N": "1"}},
    )
    spec = formed(POOL, observed, seal).spec
    assert spec == {"constants": {"QARNOT_SECRET__K": {"fingerprint": "sealed s3cret"}, "N": "1"}}


def test_every_reference_to_a_secret_is_found_and_nothing_else() -> None:
    specs = [
        {"constants": {"A": {"secretRef": {"env": "KEY"}}, "B": "secretRef"}},
        {"list": [{"deep": [{"secretRef": {"file": "k"}}]}, 1]},
        {"constants": {"A": {"secretRef": {"env": "KEY"}}}, "secretRef": {"env": "NO"}, "x": 1},
        "secretRef",
    ]
    assert secret_refs(specs) == {SecretRef(env="KEY"), SecretRef(file="k")}


def test_a_fingerprint_is_of_the_value_and_none_where_there_is_none() -> None:
    refs = [SecretRef(env="KEY"), SecretRef(file="gone")]
    found = fingerprints(refs, MemorySecrets({"env:KEY": "s3cret"}), seal)
    assert found == {"env:KEY": "sealed s3cret", "file:gone": None}
