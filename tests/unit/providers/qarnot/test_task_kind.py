"""The task as a kind: its limits, what it refuses, its run key, its ranges, its demands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reconciler.fields import Mutability
from reconciler.kinds import Demand, RefRole, Spec
from reconciler.providers.qarnot.catalogue import KINDS
from reconciler.providers.qarnot.kinds.task import TASK, TASK_FIELDS
from reconciler.ranges import ranges
from tests.strategies import LAW
from tests.unit.providers.qarnot import paths
from tests.unit.providers.qarnot.strategies import frames, task_specs

SECRET = {"secretRef": {"env": "KEY"}}


def task(**spec: Any) -> dict[str, Any]:
    return {"profile": "docker-batch", "instances": 1, **spec}


def in_pool(**spec: Any) -> dict[str, Any]:
    return {"pool": "farm", "instances": 1, **spec}


def in_job(**spec: Any) -> dict[str, Any]:
    return {"job": "shot-010", "instances": 1, **spec}


def framed(text: str) -> dict[str, Any]:
    return {"profile": "docker-batch", "frames": text}


# --- the model, the table and the run key speak of the same fields --------------------------------


def test_model_and_table_list_the_same_fields() -> None:
    assert paths.of_table(TASK) == paths.of_model(TASK)


def test_every_row_says_what_it_is_and_where_the_vendor_says_so() -> None:
    assert [row.path for row in TASK_FIELDS if not (row.doc and row.source)] == []


RANGES_FIELDS = {"instances", "frames"}
FOLDED_AWAY = {"resourceBuckets"}


def test_the_newest_formula_knows_exactly_what_decides_the_result() -> None:
    work = {
        row.path
        for row in TASK_FIELDS
        if row.mutability is Mutability.WORK and not {".", "["} & set(row.path)
    }
    assert TASK.formulas[-1] == work - RANGES_FIELDS - FOLDED_AWAY


def test_the_first_formula_is_as_it_was_when_it_was_first_used() -> None:
    assert TASK.formulas[0] == {
        *("profile", "constants", "advancedResourceBuckets", "forcedConstants"),
        *("resultBucket", "resultsWhitelist", "resultsBlacklist"),
    }


def test_what_the_vendor_changes_in_place_and_does_not_decide_the_result_is_live() -> None:
    live = {row.path for row in TASK_FIELDS if row.mutability is Mutability.IN_PLACE}
    assert live == {"tags", "constraints", "snapshotInterval"}


def test_every_kind_is_found_by_its_name() -> None:
    assert {key: kind.id for key, kind in KINDS.items()} == {key: key for key in KINDS}
    assert KINDS["qarnot/Task"] is TASK


def test_a_task_refers_to_a_place_a_container_and_upstreams() -> None:
    assert {each.path: each.role for each in TASK.references} == {
        "pool": RefRole.PLACE,
        "job": RefRole.CONTAINER,
        "dependsOn": RefRole.UPSTREAM,
    }


# --- limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        task(instances=0),
        task(instances=2049),
        task(instances="4"),
        framed("1-"),
        framed("10-1x0"),
        framed(""),
        framed("1-2" + ",1" * 10_000),
        task(profile=""),
        task(dependsOn=["a", {"task": "b", "finalState": []}]),
        task(dependsOn=[{"task": "b", "finalState": ["done"]}]),
        task(dependsOn=[{"finalState": ["success"]}]),
        task(resultBucket=""),
        task(resultsWhitelist="x" * 2048),
        task(snapshotInterval="often"),
        task(retries=-1),
        task(tags=[str(n) for n in range(11)]),
        task(constants={"K": True}),
        task(requirements={"cpu": 0}),
        task(pool={"name": "farm"}),
        task(state="Success"),
    ],
)
def test_a_value_beyond_the_vendors_limits_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TASK.model().model_validate(wrong)


@pytest.mark.parametrize(
    "right",
    [
        task(instances=2048),
        framed("0-2047"),
        in_job(dependsOn=["a", {"task": "b", "finalState": ["failure", "cancelled"]}]),
        in_pool(pool={"existing": "shared-farm"}),
        *TASK.examples,
    ],
)
def test_a_value_at_the_vendors_limits_is_taken(right: Spec) -> None:
    TASK.model().model_validate(right)
    assert list(TASK.refuse(right)) == []


@LAW
@given(task_specs())
def test_every_generated_spec_is_one_the_model_takes_and_nothing_refuses(
    spec: dict[str, Any],
) -> None:
    TASK.model().model_validate(spec)
    assert list(TASK.refuse(spec)) == []


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "code", "path"),
    [
        ({"profile": "p"}, "M541", ()),
        (task(frames="1-4"), "M542", ("frames",)),
        (framed("0-2048"), "M543", ("frames",)),
        (framed("0-999999998"), "M543", ("frames",)),
        (framed("-1-4"), "M543", ("frames",)),
        (framed("1-10,40-30x2"), "M543", ("frames",)),
        (framed("10-1"), "M543", ("frames",)),
        (framed("4--1"), "M543", ("frames",)),
        (framed("1-10,5"), "M543", ("frames",)),
        (framed("1-10x3,4"), "M543", ("frames",)),
        ({"instances": 1}, "M544", ()),
        (in_pool(job="shot-010"), "M545", ("pool",)),
        (in_pool(profile="p"), "M546", ("profile",)),
        (in_pool(requirements={"cpu": 4}), "M547", ("requirements",)),
        (
            in_pool(hardwareConstraints=[{"discriminator": "GpuHardwareConstraint"}]),
            "M547",
            ("hardwareConstraints",),
        ),
        (
            in_pool(projectUuid="11111111-2222-4333-8444-555555555555"),
            "M548",
            ("projectUuid",),
        ),
        (task(dependsOn=["layout"]), "M549", ("dependsOn",)),
        (task(retries=1, retrySettings={"maxPerInstanceRetries": 1}), "M551", ("retrySettings",)),
        (task(snapshotInterval="1.5s"), "M526", ("snapshotInterval",)),
        (task(constants={"QARNOT_SECRET__K": "v"}), "M501", ("constants", "QARNOT_SECRET__K")),
        (task(constants={"K": SECRET}), "M502", ("constants", "K")),
        (task(constants={f"K{n}": "v" for n in range(151)}), "M503", ("constants",)),
        (
            task(resourceBuckets=["a"], advancedResourceBuckets=[{"bucketName": "b"}]),
            "M504",
            ("advancedResourceBuckets",),
        ),
        (task(targetedReservationName="r"), "M505", ("targetedReservationName",)),
        (
            task(
                requirements={"gpu": True},
                hardwareConstraints=[{"discriminator": "NoGpuHardwareConstraint"}],
            ),
            "M512",
            ("requirements", "gpu"),
        ),
    ],
)
def test_what_the_vendor_would_refuse_is_told_by_its_field(
    spec: dict[str, Any], code: str, path: tuple[str | int, ...]
) -> None:
    (refusal,) = TASK.refuse(spec)
    assert (refusal.code, refusal.path) == (code, path)
    assert refusal.summary
    assert refusal.cause
    assert refusal.remedy
    assert not refusal.is_warning


def test_a_frame_that_is_named_twice_is_named() -> None:
    (refusal,) = TASK.refuse(framed("1-10x3,3,7-8"))
    assert "frame 7 is named twice" in refusal.summary


def test_frames_that_are_none_are_left_to_the_model() -> None:
    assert list(TASK.refuse(framed("many"))) == []


def test_150_constants_are_taken() -> None:
    assert list(TASK.refuse(task(constants={f"K{n}": "v" for n in range(150)}))) == []


POOLED: Spec = {"pool": "farm"}
WAITING: Spec = {"pool": "farm", "useDependencies": True}


@pytest.mark.parametrize(
    ("spec", "referred", "found"),
    [
        (in_job(), {"job": POOLED}, []),
        (in_job(), {"job": {"pool": {"existing": "theirs"}}}, []),
        (in_job(), {"job": {}}, [("M544", ())]),
        (in_job(profile="p"), {"job": {}}, []),
        (in_job(profile="p"), {"job": POOLED, "job.pool": {}}, [("M546", ("profile",))]),
        (in_job(requirements={"ssd": True}), {"job": POOLED}, [("M547", ("requirements",))]),
        (in_job(projectUuid="x"), {"job": POOLED}, [("M548", ("projectUuid",))]),
        (in_job(dependsOn=["a"]), {"job": WAITING}, []),
        (in_job(dependsOn=["a"]), {"job": POOLED}, [("M550", ("dependsOn",))]),
        (
            in_job(dependsOn=["a"]),
            {"job": {"useDependencies": False}},
            [("M544", ()), ("M550", ("dependsOn",))],
        ),
        (in_job(dependsOn=["a"], profile="p"), {}, []),
        (in_pool(), {"pool": {"profile": "p"}}, []),
        (in_pool(job="shot-010"), {"job": {}, "pool": {}}, []),
    ],
)
def test_what_a_job_makes_wrong_is_told_by_the_tasks_field(
    spec: Spec, referred: dict[str, Spec], found: list[tuple[str, Any]]
) -> None:
    refusals = list(TASK.refuse_beside(spec, referred))
    assert [(each.code, each.path) for each in refusals] == found
    assert all(each.summary and each.cause and each.remedy for each in refusals)


# --- folding --------------------------------------------------------------------------------------


@LAW
@given(task_specs())
def test_a_folded_spec_is_known_to_the_table_and_leaves_the_written_one_alone(
    spec: dict[str, Any],
) -> None:
    before = repr(spec)
    folded = TASK.fold(spec)
    assert repr(spec) == before
    assert not folded.keys() & {"requirements", "resourceBuckets", "retries"}
    assert all(TASK_FIELDS.row_at((key,)) for key in folded)
    references = ("pool", "job", "dependsOn")
    assert {key: folded.get(key) for key in references} == {
        key: spec.get(key) for key in references
    }


@LAW
@given(task_specs())
def test_the_form_of_a_form_is_itself(spec: dict[str, Any]) -> None:
    form = TASK_FIELDS.form(TASK.fold(spec))
    assert TASK_FIELDS.form(form) == form


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"retries": 3}, {"retrySettings": {"maxTotalRetries": 3}}),
        ({"retries": 0}, {}),
        ({"snapshotInterval": "0s"}, {}),
        ({"snapshotInterval": "10m"}, {"snapshotInterval": "600s"}),
        ({"dependsOn": ["b", "a"]}, {"dependsOn": [{"task": "a"}, "b"]}),
        (
            {"dependsOn": [{"task": "a", "finalState": ["success", "failure"]}]},
            {"dependsOn": [{"task": "a", "finalState": ["failure", "success"]}]},
        ),
        ({"dependsOn": []}, {}),
        ({"frames": "1-4,5-10"}, {"frames": "5-10,1,2-4x1"}),
        ({"resourceBuckets": ["a"]}, {"advancedResourceBuckets": [{"bucketName": "a"}]}),
        ({"constants": {"N": 4}}, {"constants": {"N": "4"}}),
        ({"completionTimeToLive": "0s"}, {"autoDeleteOnCompletion": False}),
    ],
)
def test_what_means_the_same_has_one_form(one: Spec, other: Spec) -> None:
    assert TASK_FIELDS.form(TASK.fold(one)) == TASK_FIELDS.form(TASK.fold(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"dependsOn": ["a"]}, {"dependsOn": [{"task": "a", "finalState": ["success"]}]}),
        ({"frames": "1-4"}, {"frames": "1-5"}),
    ],
)
def test_what_means_something_else_has_another_form(one: Spec, other: Spec) -> None:
    assert TASK_FIELDS.form(TASK.fold(one)) != TASK_FIELDS.form(TASK.fold(other))


@pytest.mark.parametrize(
    ("spec", "path", "spelled"),
    [
        (task(retries=3), ("retrySettings", "maxTotalRetries"), ("retries",)),
        (task(retrySettings={}), ("retrySettings",), ("retrySettings",)),
        (task(requirements={"cpu": 4}), ("hardwareConstraints",), ("requirements",)),
        (task(resourceBuckets=["a"]), ("advancedResourceBuckets", "a"), ("resourceBuckets",)),
        (task(), ("tags",), ("tags",)),
    ],
)
def test_a_folded_place_is_spelled_as_the_person_wrote_it(
    spec: Spec, path: tuple[str, ...], spelled: tuple[str, ...]
) -> None:
    assert TASK.spelled(spec, path) == spelled


# --- how often, how long, how many ----------------------------------------------------------------


def ranges_of(spec: Spec) -> str:
    assert TASK.ranges is not None
    return TASK.ranges(spec)


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ({"instances": 4}, "0-3"),
        ({"instances": 1}, "0"),
        ({"frames": "1-240"}, "1-240"),
        ({"frames": "10,1-20x10, 2"}, "1-2,10-11"),
        ({}, ""),
    ],
)
def test_instances_and_frames_are_one_set(spec: Spec, found: str) -> None:
    assert ranges_of(spec) == found


@LAW
@given(frames())
def test_the_ranges_of_a_form_are_those_of_what_was_written(text: str) -> None:
    spec = framed(text)
    assert ranges_of(TASK_FIELDS.form(TASK.fold(spec))) == ranges_of(spec)
    assert str(ranges(ranges_of(spec))) == ranges_of(spec)


@given(st.booleans())
def test_frames_grow_and_instances_do_not(is_framed: bool) -> None:
    assert TASK.grows({"frames": "1-4"} if is_framed else {"instances": 4}) is is_framed


@pytest.mark.parametrize(
    ("spec", "seconds"),
    [
        ({}, None),
        ({"completionTimeToLive": "0s"}, None),
        ({"completionTimeToLive": "2h"}, 7200.0),
        ({"completionTimeToLive": 7200}, 7200.0),
        ({"autoDeleteOnCompletion": True}, 0.0),
        ({"autoDeleteOnCompletion": True, "completionTimeToLive": "2h"}, 0.0),
        ({"autoDeleteOnCompletion": False, "completionTimeToLive": "1d"}, 86400.0),
    ],
)
def test_what_is_over_surely_stays_for_the_shortest_time_declared(
    spec: Spec, seconds: float | None
) -> None:
    assert TASK.retention_s(spec) == seconds


@pytest.mark.parametrize(
    ("spec", "demands"),
    [
        (task(instances=4), [("tasks", 1, True), ("flex instances", 4, False)]),
        (framed("1-20x10"), [("tasks", 1, True), ("flex instances", 2, False)]),
        (
            task(instances=4, schedulingType="onDemand"),
            [("tasks", 1, True), ("onDemand instances", 4, False)],
        ),
        (task(schedulingType="reserved"), [("tasks", 1, True)]),
        (in_pool(instances=4), [("tasks", 1, True)]),
        (in_job(instances=4), [("tasks", 1, True)]),
        ({}, [("tasks", 1, True)]),
    ],
)
def test_a_task_asks_for_one_task_and_its_instances_outside_of_pools(
    spec: Spec, demands: list[tuple[str, float, bool]]
) -> None:
    assert TASK.demands(spec) == tuple(Demand(*each) for each in demands)
