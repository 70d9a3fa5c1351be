"""One observation of all vendors: whole, bounded, and without a secret in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import anyio
import pytest

from reconciler.address import Address
from reconciler.errors import Problem, ProviderError
from reconciler.kinds import KindSpec
from reconciler.model import (
    Facts,
    Marker,
    Observation,
    Outcome,
    Record,
    Recorded,
    Ref,
    Resource,
    Run,
    Settled,
)
from reconciler.observe import fingerprints, formed, observe, secret_refs
from reconciler.pointers import SecretRef
from reconciler.ports import Revealed
from reconciler.providers.qarnot.kinds.pool import POOL
from reconciler.values import Json
from tests.fakes import START, Fault, Habits, ManualClock, MemoryProvider, MemorySecrets
from tests.toy_kinds import BARE, JOB, TASK

KINDS = {each.id: each for each in (POOL, JOB, TASK, BARE)}


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
        self.runs: list[Run] = []

    def declare(self, provider: str, name: str, *references: Ref) -> None:
        address = Address(provider, "pool", name)
        self.resources.append(Resource(address, POOL.id, {}, references=references))

    def remember(
        self, provider: str, name: str, remote_id: str, kind: KindSpec = POOL, first: str = ""
    ) -> None:
        address = Address(provider, kind.slug, name)
        first_address = replace(address, name=first or name)
        self.records[address] = Record(address, kind.id, remote_id, 1, first_address)

    def remember_run(
        self, provider: str, name: str, remote_id: str, outcome: Outcome, kind: KindSpec = TASK
    ) -> None:
        address, attempt = Address(provider, kind.slug, name), len(self.runs) + 1
        run = Run(address, "key", attempt, remote_id, outcome=outcome, kind=kind.id)
        self.runs.append(run)

    def observe(self) -> Observation:
        recorded = Recorded("lineage", 1, self.records, tuple(self.runs))
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


# --- work that runs once --------------------------------------------------------------------------


def unlisted() -> Vendors:
    """One vendor whose lists show nothing yet."""
    return Vendors("q", list_lag_s=60.0)


def reads(vendors: Vendors) -> list[tuple[str, ...]]:
    """The ids of each request by id that one observation takes."""
    vendors.observe()
    return vendors.providers["q"].reads


def test_an_active_run_that_is_not_listed_is_asked_for_by_its_id() -> None:
    vendors = unlisted()
    here = vendors.providers["q"].add(TASK.id, "a", {})
    vendors.remember_run("q", "a", here, Outcome.ACTIVE)
    vendors.remember_run("q", "b", "gone", Outcome.ACTIVE)
    assert vendors.ids("q") == [here]
    assert vendors.providers["q"].reads == [(here, "gone")]


@pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.ACTIVE])
def test_a_run_that_is_not_active_is_not_asked_for(outcome: Outcome) -> None:
    vendors = unlisted()
    vendors.remember_run("q", "a", "id-1", outcome)
    vendors.remember("q", "a", "id-1", TASK)
    assert reads(vendors) == []


def test_ten_thousand_finished_and_removed_tasks_cost_no_request_by_id() -> None:
    vendors = unlisted()
    for number in range(10_000):
        vendors.remember("q", f"t-{number}", f"id-{number}", TASK)
        vendors.remember_run("q", f"t-{number}", f"id-{number}", Outcome.SUCCEEDED)
    assert reads(vendors) == []


def test_active_runs_of_one_kind_are_asked_for_at_once() -> None:
    vendors = unlisted()
    for number in range(50):
        vendors.remember("q", f"t-{number}", f"id-{number}", TASK)
        vendors.remember_run("q", f"t-{number}", f"id-{number}", Outcome.ACTIVE)
        vendors.remember_run("q", f"b-{number}", f"bare-{number}", Outcome.ACTIVE, BARE)
    assert [len(ids) for ids in reads(vendors)] == [50, 50]


def test_a_renamed_record_s_runs_speak_for_it_under_its_first_address() -> None:
    vendors = unlisted()
    vendors.remember("q", "new", "id-1", TASK, first="old")
    vendors.remember_run("q", "old", "id-1", Outcome.SUCCEEDED)
    assert reads(vendors) == []


@pytest.mark.parametrize("kind", [TASK, JOB, POOL])
def test_a_record_for_which_no_run_speaks_is_asked_for(kind: KindSpec) -> None:
    vendors = unlisted()
    vendors.remember("q", "a", "id-1", kind)
    vendors.remember_run("q", "other", "id-2", Outcome.SUCCEEDED)
    assert reads(vendors) == [("id-1",)]


@pytest.mark.parametrize("kind", [JOB, POOL])
def test_runs_never_speak_for_what_stands_or_groups(kind: KindSpec) -> None:
    vendors = unlisted()
    vendors.remember("q", "a", "id-1", kind)
    vendors.remember_run("q", "a", "id-1", Outcome.SUCCEEDED, kind)
    assert reads(vendors) == [("id-1",)]


def test_a_run_without_an_id_or_a_kind_or_of_another_vendor_is_not_asked_for() -> None:
    vendors = unlisted()
    vendors.remember_run("q", "a", "", Outcome.ACTIVE)
    vendors.remember_run("elsewhere", "b", "id-2", Outcome.ACTIVE)
    vendors.runs.append(Run(Address("q", "task", "c"), "key", 1, "id-3"))
    assert reads(vendors) == []


def test_the_kinds_of_active_runs_are_listed_and_those_of_finished_ones_are_not() -> None:
    vendors = Vendors("q")
    marker = Marker("ws", "prod", Address("q", "task", "a"), 1)
    task = vendors.providers["q"].add(TASK.id, "a", {}, marker)
    vendors.providers["q"].add(BARE.id, "b", {}, marker)
    vendors.remember_run("q", "a", task, Outcome.ACTIVE)
    vendors.remember_run("q", "b", "id-9", Outcome.SUCCEEDED, BARE)
    assert vendors.ids("q") == [task]
    assert vendors.providers["q"].reads == []


def test_each_vendor_s_own_clock_is_told_and_none_where_it_tells_none() -> None:
    vendors = Vendors("q", "silent", latency_s=5.0)
    vendors.declare("q", "a")
    vendors.providers["q"].habits.clock_ahead_s = 3600.0
    vendors.providers["silent"].habits.clock_ahead_s = None
    seen = vendors.observe()
    assert seen.times == {"q": START + timedelta(seconds=3605)}
    assert (seen.time_at("q") - seen.now, seen.time_at("silent")) == (timedelta(hours=1), seen.now)


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
