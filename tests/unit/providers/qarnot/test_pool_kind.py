"""The pool as a kind: its limits, what it refuses, how shared words fold, what it demands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from reconciler.kinds import Demand, Spec
from reconciler.providers.qarnot.kinds.pool import POOL, POOL_FIELDS
from reconciler.providers.qarnot.kinds.scaling import END_OF_DAY
from tests.strategies import LAW, pool_specs
from tests.unit.providers.qarnot import paths

OFFICE = {"days": ["monday"], "start": "08:00", "end": "19:30"}
SECRET = {"secretRef": {"env": "KEY"}}


def pool(**spec: Any) -> dict[str, Any]:
    return {"profile": "docker-batch", **({"instanceCount": 1} | spec)}


def sized_by(**size: Any) -> dict[str, Any]:
    return {"profile": "docker-batch", **size}


def queue(name: str = "queue", **fields: Any) -> dict[str, Any]:
    return {"name": name, "type": "queue", "maxSlots": 8, **fields}


def hardware(*pairs: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"discriminator": f"{name}HardwareConstraint", **fields} for name, fields in pairs]


# --- the model and the table speak of the same fields ---------------------------------------------


def test_model_and_table_list_the_same_fields() -> None:
    assert paths.of_table(POOL) == paths.of_model(POOL)


def test_every_row_says_what_it_is_and_where_the_vendor_says_so() -> None:
    assert [row.path for row in POOL_FIELDS if not (row.doc and row.source)] == []


# --- limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        sized_by(instanceCount=1, profile=""),
        {"instanceCount": 1},
        pool(displayName="x" * 2048),
        pool(instanceCount=0),
        pool(instanceCount=2**31),
        pool(instanceCount="4"),
        pool(instanceCount=True),
        pool(tags=["x" * 512]),
        pool(tags=[str(n) for n in range(11)]),
        pool(tags=[""]),
        pool(constants={"a b": "v"}),
        pool(constants={"K": "x" * 2049}),
        pool(constants={"k" * 2049: "v"}),
        pool(constants={"K": 1.5}),
        pool(constants={"K": True}),
        pool(resourceBuckets=["b"] * 101),
        pool(advancedResourceBuckets=[{"bucketName": "b"}] * 101),
        pool(advancedResourceBuckets=[{"bucketName": "b", "cacheTtlSec": 1}]),
        pool(hardwareConstraints=[{"discriminator": "FastHardwareConstraint"}]),
        pool(hardwareConstraints=hardware(("MinimumCore", {"coreCount": 0}))),
        pool(requirements={"memory": "64"}),
        pool(requirements={"cpu": 0}),
        pool(completionTimeToLive="1 day"),
        pool(schedulingType="spot"),
        pool(projectUuid="1F0C6A52-6D1E-4B8A-9B58-6F0A52D7C001"),
        pool(unknownField=1),
        sized_by(scaling={"policies": [{"name": "p", "type": "stepwise"}]}),
        sized_by(scaling={"policies": [queue(slots=1)]}),
        sized_by(scaling={"policies": [queue(factor=1.1)]}),
        sized_by(scaling={"policies": [queue(periods=[{**OFFICE, "days": ["Monday"]}])]}),
        sized_by(scaling={"policies": [queue(periods=[{**OFFICE, "start": "8:00"}])]}),
        sized_by(scaling={"policies": [queue(periods=[{**OFFICE, "days": []}])]}),
        sized_by(elastic={"minSlots": 1}),
        pool(forcedNetworkRules=[{"inbound": True, "proto": "icmp"}]),
        pool(forcedConstants=[{"constantName": "K", "access": "Write"}]),
    ],
)
def test_a_value_beyond_the_vendors_limits_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        POOL.model().model_validate(wrong)


@pytest.mark.parametrize(
    "right",
    [
        pool(displayName="x" * 2047),
        pool(tags=["x" * 511] * 10),
        pool(constants={"k" * 2048: "x" * 2048}),
        pool(constants={"K": 2**70}),
        pool(resourceBuckets=["b"] * 100),
        *POOL.examples,
    ],
)
def test_a_value_at_the_vendors_limits_is_taken(right: Spec) -> None:
    POOL.model().model_validate(right)


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "code", "path"),
    [
        (pool(constants={"QARNOT_SECRET__K": "v"}), "M501", ("constants", "QARNOT_SECRET__K")),
        (pool(constants={"K": SECRET}), "M502", ("constants", "K")),
        (pool(constants={f"K{n}": "v" for n in range(51)}), "M503", ("constants",)),
        (
            pool(resourceBuckets=["a"], advancedResourceBuckets=[{"bucketName": "b"}]),
            "M504",
            ("advancedResourceBuckets",),
        ),
        (pool(targetedReservationName="r"), "M505", ("targetedReservationName",)),
        (
            pool(targetedReservedMachineKey="r", schedulingType="flex"),
            "M505",
            ("targetedReservedMachineKey",),
        ),
        (
            pool(hardwareConstraints=hardware(("Gpu", {}), ("Gpu", {}))),
            "M511",
            ("hardwareConstraints", 1),
        ),
        (
            pool(
                requirements={"cpu": 4},
                hardwareConstraints=hardware(("MinimumCore", {"coreCount": 4})),
            ),
            "M511",
            ("requirements", "cpu"),
        ),
        (
            pool(
                requirements={"cpu": 32},
                hardwareConstraints=hardware(("MaximumCore", {"coreCount": 16})),
            ),
            "M512",
            ("requirements", "cpu"),
        ),
        (
            pool(
                requirements={"memory": "64GiB"},
                hardwareConstraints=hardware(("MaximumRam", {"maximumMemoryMB": 1024})),
            ),
            "M512",
            ("requirements", "memory"),
        ),
        (
            pool(hardwareConstraints=hardware(("Gpu", {}), ("NoGpu", {}))),
            "M512",
            ("hardwareConstraints", 0),
        ),
        (
            sized_by(scaling={"policies": [queue(periods=[OFFICE]), queue()]}),
            "M521",
            ("scaling", "policies", 1, "name"),
        ),
        (
            sized_by(scaling={"policies": [queue(minSlots=9)]}),
            "M523",
            ("scaling", "policies", 0, "minSlots"),
        ),
        (sized_by(elastic={"maxSlots": 2, "minIdleSlots": 3}), "M523", ("elastic", "minIdleSlots")),
        (
            sized_by(scaling={"policies": [queue(periods=[{**OFFICE, "end": "08:00:00"}])]}),
            "M524",
            ("scaling", "policies", 0, "periods", 0, "end"),
        ),
        (
            sized_by(elastic={"maxSlots": 2, "resizePeriod": "1m29s"}),
            "M525",
            ("elastic", "resizePeriod"),
        ),
        (sized_by(), "M531", ()),
        (pool(scaling={"policies": [queue()]}), "M532", ("scaling",)),
        (pool(elastic={"maxSlots": 2}), "M532", ("elastic",)),
    ],
)
def test_what_the_vendor_would_refuse_is_told_by_its_field(
    spec: dict[str, Any], code: str, path: tuple[str | int, ...]
) -> None:
    (refusal,) = POOL.refuse(spec)
    assert (refusal.code, refusal.path) == (code, path)
    assert refusal.summary
    assert refusal.cause
    assert refusal.remedy
    assert not refusal.is_warning


def test_a_policy_behind_one_that_is_always_on_is_a_warning() -> None:
    (refusal,) = POOL.refuse(sized_by(scaling={"policies": [queue("a"), queue("b")]}))
    assert (refusal.code, refusal.is_warning) == ("M522", True)


def test_an_amount_that_is_none_is_left_to_the_model() -> None:
    assert list(POOL.refuse(pool(requirements={"memory": "much"}))) == []


@pytest.mark.parametrize(
    "spec",
    [
        pool(constants={"QARNOT_SECRET__K": SECRET}),
        pool(constants={f"K{n}": "v" for n in range(50)}),
        pool(targetedReservationName="r", schedulingType="reserved"),
        sized_by(elastic={"maxSlots": 2, "minSlots": 2, "resizePeriod": "90s"}),
        sized_by(elastic={"maxSlots": 2, "resizePeriod": "soon"}),
        pool(requirements={"cpu": 4, "gpu": False}, hardwareConstraints=hardware(("NoGpu", {}))),
    ],
)
def test_what_the_vendor_takes_is_not_refused(spec: dict[str, Any]) -> None:
    assert list(POOL.refuse(spec)) == []


# --- folding --------------------------------------------------------------------------------------


@LAW
@given(pool_specs())
def test_a_folded_spec_is_known_to_the_table_and_leaves_the_written_one_alone(
    spec: dict[str, Any],
) -> None:
    before = repr(spec)
    folded = POOL.fold(spec)
    assert repr(spec) == before
    assert not folded.keys() & {"requirements", "resourceBuckets"}
    assert all(POOL_FIELDS.row_at((key,)) for key in folded)


def test_shared_words_are_the_vendors_constraints() -> None:
    spec = pool(requirements={"cpu": 16, "memory": "64GiB", "gpu": False, "ssd": True})
    assert POOL.fold(spec)["hardwareConstraints"] == [
        {"discriminator": "MinimumCoreHardwareConstraint", "coreCount": 16},
        {"discriminator": "MinimumRamHardwareConstraint", "minimumMemoryMB": 65536},
        {"discriminator": "SSDHardwareConstraint"},
    ]


def test_what_a_policy_leaves_out_is_what_the_service_holds() -> None:
    folded = POOL.fold(sized_by(scaling={"policies": [queue()]}))
    assert folded["scaling"]["policies"] == [
        queue(minSlots=0, minIdleSlots=0, minIdleTime=90, factor=0.2, periods=[])
    ]


def test_an_end_before_the_start_is_on_the_next_day() -> None:
    night = {"name": "n", "days": ["saturday", "sunday"], "start": "22:00", "end": "06:00"}
    folded = POOL.fold(sized_by(scaling={"policies": [queue(periods=[night])]}))
    assert folded["scaling"]["policies"][0]["periods"] == [
        {"name": "n", "days": ["saturday", "sunday"], "start": "22:00:00", "end": END_OF_DAY},
        {
            "name": "n-next-day",
            "days": ["sunday", "monday"],
            "start": "00:00:00",
            "end": "06:00:00",
        },
    ]


@pytest.mark.parametrize(
    ("spec", "path", "spelled"),
    [
        (
            pool(requirements={"cpu": 4}),
            ("hardwareConstraints", "MinimumCoreHardwareConstraint", "coreCount"),
            ("requirements", "cpu"),
        ),
        (pool(requirements={"cpu": 4}), ("hardwareConstraints",), ("requirements",)),
        (
            pool(),
            ("hardwareConstraints", "GpuHardwareConstraint"),
            ("hardwareConstraints", "GpuHardwareConstraint"),
        ),
        (pool(resourceBuckets=["a"]), ("advancedResourceBuckets", "a"), ("resourceBuckets",)),
        (pool(), ("tags",), ("tags",)),
    ],
)
def test_a_folded_place_is_spelled_as_the_person_wrote_it(
    spec: Spec, path: tuple[str, ...], spelled: tuple[str, ...]
) -> None:
    assert POOL.spelled(spec, path) == spelled


# --- quotas ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "demands"),
    [
        (pool(instanceCount=4), [("pools", 1, True), ("flex instances", 4, False)]),
        (
            pool(instanceCount=4, schedulingType="onDemand"),
            [("pools", 1, True), ("onDemand instances", 4, False)],
        ),
        (pool(schedulingType="reserved"), [("pools", 1, True)]),
        (
            sized_by(elastic={"maxSlots": 7}),
            [("pools", 1, True), ("flex instances", 7, False)],
        ),
        (
            sized_by(scaling={"policies": [queue(), {"name": "f", "type": "fixed", "slots": 9}]}),
            [("pools", 1, True), ("flex instances", 9, False)],
        ),
    ],
)
def test_a_pool_asks_for_one_pool_and_its_largest_size(
    spec: Spec, demands: list[tuple[str, float, bool]]
) -> None:
    assert POOL.demands(spec) == tuple(Demand(*each) for each in demands)
