"""Pools between our words and Qarnot's: a round trip on all a person may set."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.address import Address
from reconciler.diff.compare import desired_form
from reconciler.model import Marker, Request, Resource, Settled
from reconciler.observe import formed
from reconciler.pointers import SecretRef
from reconciler.ports import Revealed
from reconciler.providers.qarnot.kinds.pool import POOL
from reconciler.providers.qarnot.marker import LABEL, shortname
from reconciler.providers.qarnot.translate_pool import from_remote, to_remote, to_update
from tests.strategies import LAW, PROVIDER, pool_specs, resources
from tests.unit.providers.qarnot.echo import UUID, shown

SIM = Address(PROVIDER, "pool", "houdini-sim")
MARKER = Marker("ws-5c1d0e9a7b3f4d21", "prod", SIM, 1)


def request(resource: Resource) -> Request:
    return Request(resource, desired_form(POOL, resource), MARKER)


def pool(**spec: Any) -> Request:
    return request(Resource(SIM, POOL.id, {"profile": "docker-batch", **spec}))


def reveal(ref: SecretRef) -> Revealed:
    return Revealed(f"the value of {ref}")


def seal(value: Any) -> str:
    return f"sealed {value}"


def seen(body: dict[str, Any]) -> dict[str, Any]:
    return dict(formed(POOL, from_remote(body), seal).spec)


# --- the round trip -------------------------------------------------------------------------------


@LAW
@given(resources)
def test_what_a_person_sets_comes_back_as_it_was(resource: Resource) -> None:
    sent = request(resource)
    back = seen(shown(to_remote(sent, reveal)))
    wanted = {
        key: value
        for key, value in sent.spec.items()
        if key != "constants" and (key, value) != ("secretsAccessRights", {})
    }
    assert {key: back.get(key) for key in wanted} == wanted
    constants: Any = sent.spec.get("constants", {})
    assert back.get("constants", {}) == {k: v for k, v in constants.items() if isinstance(v, str)}


@LAW
@given(resources)
def test_nothing_comes_back_that_nobody_set_but_what_the_vendor_may_choose(
    resource: Resource,
) -> None:
    sent = request(resource)
    back = seen(shown(to_remote(sent, reveal)))
    assert back.keys() - sent.spec.keys() <= {"displayName", "instanceCount", "schedulingType"}


@LAW
@given(pool_specs())
def test_every_generated_spec_is_one_the_model_takes_and_nothing_refuses(
    spec: dict[str, Any],
) -> None:
    POOL.model().model_validate(spec)
    assert [each.code for each in POOL.refuse(spec) if not each.is_warning] == []


# --- creations ------------------------------------------------------------------------------------


def test_a_creation_carries_marker_name_and_unique_id() -> None:
    body = to_remote(pool(instanceCount=2), reveal)
    assert body["shortname"] == shortname(MARKER)
    assert list(body["labels"]) == [LABEL]
    assert from_remote(shown(body)).marker == MARKER
    assert body["name"] == "houdini-sim"
    assert to_remote(pool(displayName="Sim"), reveal)["name"] == "Sim"


def test_labels_of_a_person_come_back_without_our_own() -> None:
    resource = Resource(SIM, POOL.id, {"profile": "p", "instanceCount": 1}, {"show": "dune"})
    observed = from_remote(shown(to_remote(request(resource), reveal)))
    assert observed.labels == {"show": "dune"}
    assert observed.spec["labels"] == {"show": "dune"}


def test_a_secret_is_revealed_only_while_it_is_sent() -> None:
    secret = {"secretRef": {"env": "FARM_KEY"}}
    sent = pool(instanceCount=1, constants={"QARNOT_SECRET__KEY": secret, "N": 4})
    assert to_remote(sent, reveal)["constants"] == [
        {"key": "QARNOT_SECRET__KEY", "value": "the value of env FARM_KEY"},
        {"key": "N", "value": "4"},
    ]
    assert "the value" not in repr(sent)


def test_a_shown_secret_is_sealed_before_anything_is_compared() -> None:
    body = {**shown({"name": "a"}), "constants": [{"key": "QARNOT_SECRET__KEY", "value": "s3cret"}]}
    assert "s3cret" not in repr(from_remote(body))
    assert seen(body)["constants"] == {"QARNOT_SECRET__KEY": {"fingerprint": "sealed s3cret"}}


def test_an_overnight_period_is_split_at_midnight() -> None:
    policy = {
        "name": "night",
        "type": "fixed",
        "slots": 2,
        "periods": [{"days": ["sunday"], "start": "22:00", "end": "06:00"}],
    }
    body = to_remote(pool(scaling={"policies": [policy]}), reveal)
    periods = body["scaling"]["policies"][0]["enabledPeriods"]
    assert [
        (each["days"], each["startTimeUtc"], each["endTimeUtc"], each["name"]) for each in periods
    ] == [
        (["sunday"], "22:00:00", "23:59:59.9999999", "night-1"),
        (["monday"], "00:00:00", "06:00:00", "night-1-next-day"),
    ]


def test_a_period_until_midnight_has_no_second_half() -> None:
    policy = {
        "name": "late",
        "type": "fixed",
        "slots": 2,
        "periods": [{"days": ["friday"], "start": "20:00", "end": "00:00"}],
    }
    (folded,) = POOL.fold({"scaling": {"policies": [policy]}})["scaling"]["policies"]
    assert [each["end"] for each in folded["periods"]] == ["23:59:59.9999999"]


# --- updates --------------------------------------------------------------------------------------


def test_an_update_sends_all_that_can_be_updated_and_nothing_else() -> None:
    sent = pool(instanceCount=2, tags=["a"], constants={"K": "v"}, priority=3)
    body = to_update(sent, {"tags"}, reveal)
    assert body == {"tags": ["a"], "constants": [{"key": "K", "value": "v"}]}


@pytest.mark.parametrize(
    ("field", "cleared"),
    [
        ("constants", {"constants": []}),
        ("constraints", {"constraints": []}),
        ("tags", {"tags": []}),
        ("elastic", {"elasticProperty": {"isElastic": False}}),
        ("scaling", {"scaling": {"policies": []}}),
    ],
)
def test_a_dropped_field_is_cleared_by_name(field: str, cleared: dict[str, Any]) -> None:
    assert to_update(pool(instanceCount=2), {field}, reveal) == cleared


def test_an_elastic_setting_that_goes_back_to_its_default_is_sent_as_that_default() -> None:
    sent = pool(elastic={"maxSlots": 8, "minIdleTime": "90s", "minSlots": 0})
    assert to_update(sent, {"elastic"}, reveal)["elasticProperty"] == {
        "isElastic": True,
        "minTotalSlots": 0,
        "maxTotalSlots": 8,
        "minIdleSlots": 0,
        "minIdleTimeSeconds": 90,
        "resizePeriod": 90,
        "rampResizeFactor": 0.4,
    }


# --- what is there --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "settled"),
    [
        ("Submitted", Settled.IN_PROGRESS),
        ("PartiallyDispatched", Settled.IN_PROGRESS),
        ("FullyDispatched", Settled.IN_PROGRESS),
        ("PartiallyExecuting", Settled.CURRENT),
        ("FullyExecuting", Settled.CURRENT),
        ("fullyexecuting", Settled.CURRENT),
        ("Closing", Settled.TERMINATING),
        ("PendingDelete", Settled.TERMINATING),
        ("Closed", Settled.CANCELLED),
        ("Failure", Settled.FAILED),
        ("SomethingNew", Settled.UNKNOWN),
        (None, Settled.UNKNOWN),
    ],
)
def test_every_state_of_the_vendor_has_a_place_in_our_words(
    state: str | None, settled: Settled
) -> None:
    assert from_remote({"uuid": UUID, "state": state}).settled is settled


def test_a_bare_pool_is_read_without_a_field_too_few() -> None:
    observed = from_remote({"uuid": UUID, "name": "old", "state": "Closed"})
    assert observed.remote_id == UUID
    assert observed.marker is None
    assert seen({"uuid": UUID, "name": "old"}) == {"displayName": "old"}


def test_fields_the_vendor_leaves_out_are_unseen_and_not_empty() -> None:
    assert "priority" in from_remote({"uuid": UUID}).unseen
    assert "priority" not in from_remote({"uuid": UUID, "priority": None}).unseen
    assert "tags" not in from_remote({"uuid": UUID}).unseen


def test_plain_and_advanced_buckets_are_one_list() -> None:
    body = {"uuid": UUID, "resourceBuckets": ["a"], "advancedResourceBuckets": None}
    assert seen(body)["advancedResourceBuckets"] == [{"bucketName": "a"}]


@given(st.sampled_from(["19:30:00", "19:30:00.0000000", "23:59:59.9999999", "23:59:59.999"]))
def test_a_time_of_day_is_read_in_any_of_its_spellings(text: str) -> None:
    period = {"type": "Weekly", "days": ["Monday"], "startTimeUtc": "00:00:00", "endTimeUtc": text}
    policy = {"type": "fixed", "slotsCount": 1, "name": "p", "enabledPeriods": [period]}
    spec = seen({"uuid": UUID, "scaling": {"policies": [policy]}})
    (found,) = spec["scaling"]["policies"][0]["periods"]
    assert found["end"] == ("23:59:59.9999999" if text.startswith("23") else "19:30:00")
    assert found["days"] == ["monday"]


def test_work_on_a_pool_is_what_stopping_it_would_lose() -> None:
    body = {
        "uuid": UUID,
        "runningInstanceCount": 2,
        "runningCoreCount": 16,
        "queuedOrRunningTaskInstancesCount": 5,
    }
    usage = from_remote(body).usage
    assert (usage.instances, usage.cores, usage.queued_instances) == (2, 16, 5)
    assert usage.is_busy
