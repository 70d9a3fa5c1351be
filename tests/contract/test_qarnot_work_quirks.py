"""Every point Qarnot's documentation leaves open about work, every way round.

One story of a pool, a job and its tasks is lived under each value of each switch of the sandbox
that tasks and jobs can see; values that make the vendor refuse a part of it have a test below.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.diff.change import Action
from reconciler.kinds import Spec
from reconciler.lifecycle import OnEnd, OnRemove, WhenRunning
from reconciler.model import Resource, Settled
from reconciler.providers.qarnot.kinds.job import JOB
from reconciler.providers.qarnot.kinds.pool import POOL
from reconciler.providers.qarnot.kinds.task import TASK
from reconciler.providers.qarnot.marker import LABEL
from reconciler.values import Json
from tests.contract.control import Control
from tests.contract.ways import untried, ways
from tests.contract.workplace import (
    Workplace,
    referring,
    require_empty,
    resource,
    with_lifecycle,
)

SECRET: Mapping[str, Json] = {"QARNOT_SECRET__KEY": {"secretRef": {"env": "FARM_KEY"}}}
RICH: Spec = {
    "profile": "docker-batch",
    "instances": 3,
    "requirements": {"cpu": 16, "memory": "64GiB", "ssd": True},
    "hardwareConstraints": [
        {"discriminator": "MinimumRamCoreRatioHardwareConstraint", "minimumMemoryGBCoreRatio": 2}
    ],
    "constants": {"Z_LAST": "z", "A_FIRST": 1, **SECRET},
    "tags": ["zebra", "ant", "fx,dune"],
    "resourceBuckets": ["scenes", "assets"],
    "resultBucket": "out",
    "completionTimeToLive": "30d1h",
    "schedulingType": "onDemand",
    "secretsAccessRights": {"byPrefix": ["studio/"]},
    "snapshotInterval": "10m",
    "retries": 2,
}
FARM = resource(POOL, "farm", {"profile": "docker-batch", "instanceCount": 4})
SHOT = referring(
    JOB,
    "shot",
    {"pool": "farm", "useDependencies": True, "tags": ["film", "ant"], "maxWallTime": "9d"},
)
LAYOUT = referring(TASK, "shot/layout", {"job": "shot", "frames": "1-6"})
AFTER: list[Json] = ["layout"]
BEAUTY = referring(TASK, "shot/beauty", {"job": "shot", "frames": "1-4", "dependsOn": AFTER})
MORE = referring(TASK, "shot/beauty", {"job": "shot", "frames": "1-8x2,2", "dependsOn": AFTER})
COMP = referring(
    TASK,
    "shot/comp",
    {"job": "shot", "instances": 1, "dependsOn": [{"task": "beauty", "finalState": ["success"]}]},
)
UNTIL_OVER_S = 4 * 86_400


def solo(**changes: Any) -> Resource:
    return resource(TASK, "solo", {**RICH, **changes}, labels={"show": "dune"})


def require_no_duplicate(control: Control) -> None:
    """Each task that was ever made is of another marker."""
    markers = Counter(each["labels"][LABEL] for each in control.objects("tasks").values())
    assert all(count == 1 for count in markers.values()), f"work was made twice: {markers}"


def live(place: Workplace, control: Control) -> None:
    """Create; change what runs; let it finish; add to what is over; remove. Time goes on between.

    What an apply does is asserted whole, so a perpetual difference shows in the next step at last.
    """
    place.secrets["env:FARM_KEY"] = "first-value-of-the-key"
    declared = [FARM, SHOT, LAYOUT, BEAUTY, solo()]
    assert place.apply(*declared).code == 0
    require_empty(place.plan(*declared))

    tagged = [FARM, SHOT, LAYOUT, BEAUTY, solo(tags=["ant", "bee"], snapshotInterval="20m")]
    applied = place.apply(*tagged)
    assert (applied.code, applied.actions) == (0, {"solo": Action.UPDATE})
    require_empty(place.plan(*tagged))

    control.advance(UNTIL_OVER_S)
    require_empty(place.plan(*tagged))
    assert {place.read(each).settled for each in (LAYOUT, BEAUTY, solo())} == {Settled.SUCCEEDED}

    more = [FARM, SHOT, LAYOUT, MORE, COMP, tagged[-1]]
    assert place.apply(*more).code == 0
    require_empty(place.plan(*more))
    control.advance(UNTIL_OVER_S)
    require_empty(place.plan(*more))
    assert place.read(COMP).settled is Settled.SUCCEEDED
    require_no_duplicate(control)
    assert covered(control) == Counter(layout=6, beauty=6, comp=1, solo=3)

    left = [FARM, tagged[-1]]
    assert place.apply(*left, prune=True).code == 0
    require_empty(place.plan(*left))
    control.advance(UNTIL_OVER_S)
    require_empty(place.plan(*left))


def covered(control: Control) -> Counter[str]:
    """How many instances of each task were ever asked for."""
    found: Counter[str] = Counter()
    for each in control.objects("tasks").values():
        name = each["labels"][LABEL].rpartition("/")[2]
        found[name] += len(each["ended"])
    return found


# --- the story under every switch -----------------------------------------------------------------

AMOUNTS: Mapping[str, tuple[Json, ...]] = {
    "shortname_length": (63,),
    "page_size": (1,),
    "page_cap": (1, 10_000),
    "list_cap": (1,),
    "state_s": (0, 3600),
    "closing_s": (0, 3600),
    "delete_s": (0,),
    "task_s": (0, 7200),
    "snapshot_s": (0,),
}
"""What is tried of the switches that take a number."""

OTHERWISE: Mapping[str, str] = {
    "missing_parent_status": "test_work_for_a_place_that_is_gone_is_refused_in_its_words",
    "bulk_status": "test_qarnot_work.py::test_a_bulk_with_one_bad_item_makes_the_others",
    "bulk_item_status": "test_qarnot_work.py::test_a_bulk_with_one_bad_item_makes_the_others",
    "delete_running_job": "test_qarnot_work.py::test_a_job_goes_only_when_nothing_in_it_runs",
    "snapshot_floor_s": "test_qarnot_work.py::test_snapshots_are_taken_as_often_as_declared",
    "failing_names": "test_a_dependency_that_fails_is_no_perpetual_difference",
    "unmet_dependency": "test_a_dependency_that_fails_is_no_perpetual_difference",
    "close_pool_tasks": "test_a_pool_that_goes_takes_its_work_with_it_or_not",
    "delete_job_tasks": "test_a_job_that_goes_takes_its_finished_tasks_with_it_or_not",
    "tasks_after_delete": "test_work_that_is_deleted_is_gone_at_once_or_later",
    "jobs_after_delete": "test_work_that_is_deleted_is_gone_at_once_or_later",
    "redo_nothing_status": "test_what_a_person_runs_again_is_not_ours",
    "snapshot_answer": "test_what_a_person_runs_again_is_not_ours",
}
"""Switches under which the story can't be lived or says nothing, and the tests that try them."""

NOT_OF_WORK = frozenset(
    {
        *("elastic_with_scaling", "put_static_to_scaled", "empty_scaling", "unset_scaling"),
        *(
            "scaled_instance_count",
            "scaling_s",
            "policy_lag_s",
            "pools_after_delete",
            "put_ignored",
        ),
        *("resource_buckets_required", "capacity", "read_only_write", "close_closing"),
        *("duplicate_shortname_status", "wrong_state_status", "unknown_profile_status"),
        *("unknown_constraint", "buckets", "credits", "admin", "above_page_cap"),
        *("rate_limit_per_minute", "rate_limit_window_s", "retry_after_s"),
    }
)
"""Switches that only a pool sees, or that its tests try for all kinds: `test_qarnot_quirks.py`."""


WAYS = ways(OTHERWISE.keys() | NOT_OF_WORK, AMOUNTS)


def test_every_switch_that_work_sees_is_tried() -> None:
    tried = {name for name, _ in WAYS} | OTHERWISE.keys() | NOT_OF_WORK
    assert untried(tried) == set()
    here = {name for name in OTHERWISE.values() if "::" not in name}
    assert here <= globals().keys()


def test_the_story_is_lived_by_default(place: Workplace, control: Control) -> None:
    live(place, control)


@pytest.mark.parametrize(("switch", "value"), WAYS, ids=str)
def test_the_story_is_lived_whatever_the_vendor_does(
    place: Workplace, control: Control, switch: str, value: Json
) -> None:
    control.set(switches={switch: value})
    live(place, control)


# --- what needs a story of its own ----------------------------------------------------------------

ALONE: Spec = {"profile": "docker-batch", "instances": 1}
GROUP = resource(JOB, "group", {"useDependencies": True})
FIRST = referring(TASK, "group/first", {**ALONE, "job": "group"})
SECOND = referring(TASK, "group/second", {**ALONE, "job": "group", "dependsOn": ["first"]})


@pytest.mark.parametrize("status", [400, 404])
def test_work_for_a_place_that_is_gone_is_refused_in_its_words(
    place: Workplace, control: Control, status: int
) -> None:
    control.set(switches={"missing_parent_status": status})
    pool = place.stranger("/pools", {"name": "p", "profile": "docker-batch", "instanceCount": 1})
    declared = referring(TASK, "t", {"pool": {"existing": pool}, "instances": 1})
    plan = place.plan(declared)
    place.past_us("POST", f"/pools/{pool}/close")
    applied = place.apply_saved(plan, declared)
    assert applied.code in (1, 5)
    (step,) = applied.report.steps
    assert step.problem is not None
    assert pool in step.problem.cause
    assert not place.store.read().intents, "a clean refusal leaves nothing open"


@pytest.mark.parametrize("way", ["cancel", "fail", "wait"])
def test_a_dependency_that_fails_is_no_perpetual_difference(
    place: Workplace, control: Control, way: str
) -> None:
    control.set(switches={"unmet_dependency": way, "failing_names": ["group/first"]})
    asked = referring(
        TASK,
        "group/second",
        {**ALONE, "job": "group", "dependsOn": [{"task": "first", "finalState": ["success"]}]},
    )
    declared = [GROUP, FIRST, asked]
    assert place.apply(*declared).code == 0
    control.advance(UNTIL_OVER_S)
    assert place.read(FIRST).settled is Settled.FAILED
    writes = control.writes()
    for _ in range(2):
        plan = place.plan(*declared)
        assert plan.is_empty, "a failed run is held, and so is what waits for it"
        place.apply(*declared)
    assert control.writes() == writes
    control.set(switches={"failing_names": []})
    again = [GROUP, with_lifecycle(FIRST, on_failure=OnEnd.RERUN), asked]
    place.apply(*again)
    control.advance(UNTIL_OVER_S)
    assert place.read(FIRST).settled is Settled.SUCCEEDED


@pytest.mark.parametrize("way", ["cancel", "keep"])
def test_a_pool_that_goes_takes_its_work_with_it_or_not(
    place: Workplace, control: Control, way: str
) -> None:
    control.set(switches={"close_pool_tasks": way})
    pool = resource(POOL, "p", {"profile": "docker-batch", "instanceCount": 1})
    pool = with_lifecycle(pool, when_running=WhenRunning.STOP)
    task = referring(TASK, "t", {"pool": "p", "instances": 2})
    place.apply(pool, task)
    control.advance(60)
    other = resource(POOL, "other", {"profile": "docker-batch", "instanceCount": 1})
    assert place.apply(other, prune=True).code == 0
    control.advance(UNTIL_OVER_S)
    require_empty(place.plan(other))
    states = {each["state"] for each in control.objects("tasks").values()}
    assert states <= {"Cancelled", "Success"}


@pytest.mark.parametrize("way", ["keep", "delete"])
def test_a_job_that_goes_takes_its_finished_tasks_with_it_or_not(
    place: Workplace, control: Control, way: str
) -> None:
    control.set(switches={"delete_job_tasks": way})
    job = with_lifecycle(GROUP, on_remove=OnRemove.DELETE)
    solo_task = resource(TASK, "solo", ALONE)
    place.apply(job, FIRST, SECOND, solo_task)
    control.advance(UNTIL_OVER_S)
    assert place.apply(solo_task, prune=True).code == 0
    require_empty(place.plan(solo_task))
    assert control.objects("jobs") == {}
    assert len(control.objects("tasks")) == (3 if way == "keep" else 1)
    assert place.apply(job, FIRST, SECOND, solo_task).code == 0
    require_empty(place.plan(job, FIRST, SECOND, solo_task))
    require_no_duplicate(control)


@pytest.mark.parametrize("way", ["absent", "pending"])
def test_work_that_is_deleted_is_gone_at_once_or_later(
    place: Workplace, control: Control, way: str
) -> None:
    control.set(switches={"tasks_after_delete": way, "jobs_after_delete": way})
    gone = OnRemove.DELETE
    job, first = (with_lifecycle(each, on_remove=gone) for each in (GROUP, FIRST))
    solo_task = resource(TASK, "solo", ALONE)
    place.apply(job, first, solo_task)
    assert place.apply(solo_task, prune=True).code == 0
    require_empty(place.plan(solo_task))
    control.advance(600)
    require_empty(place.plan(solo_task))
    assert list(control.objects("tasks")) == [place.remote_id(solo_task)]
    assert control.objects("jobs") == {}


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize("answer", ["id", "empty"])
def test_what_a_person_runs_again_is_not_ours(
    place: Workplace, control: Control, status: int, answer: str
) -> None:
    """A retry by hand copies our label: the copy is told from our own run, and left alone."""
    control.set(switches={"redo_nothing_status": status, "snapshot_answer": answer})
    control.set(switches={"failing_names": ["solo"]})
    declared = resource(TASK, "solo", ALONE)
    place.apply(declared)
    ours = place.remote_id(declared)
    place.past_us("POST", f"/tasks/{ours}/snapshot", {})
    control.advance(UNTIL_OVER_S)
    place.apply(declared)
    control.set(switches={"failing_names": []})
    copied = place.stranger(f"/tasks/{ours}/retry", {})
    control.advance(UNTIL_OVER_S)
    assert place.plan(declared).is_empty
    assert place.remote_id(declared) == ours
    assert copied in control.objects("tasks")
