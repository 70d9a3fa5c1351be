"""What goes wrong while tasks and jobs are made, alone and in bulk: one object each, none lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from reconciler.model import Resource
from reconciler.providers.qarnot.kinds.job import JOB
from reconciler.providers.qarnot.kinds.task import TASK
from reconciler.report import Passed
from reconciler.settings import Timeouts
from reconciler.values import Json
from tests.contract.control import Control
from tests.contract.test_qarnot_faults import MISHAPS
from tests.contract.workplace import Workplace, referring, require_empty, resource

ALONE: dict[str, Json] = {"profile": "docker-batch", "instances": 1}

ONE_TASK = ("tasks", [resource(TASK, "t", ALONE)])
ONE_JOB = ("jobs", [resource(JOB, "j", {"tags": ["film"]})])
TASKS = ("tasks", [resource(TASK, f"t{number}", ALONE) for number in range(5)])
JOBS = ("jobs", [resource(JOB, f"j{number}", {"tags": ["film"]}) for number in range(5)])

Wanted = tuple[str, list[Resource]]


def require_whole(place: Workplace, control: Control, wanted: Wanted) -> None:
    """One object for each address, known to the state, nothing open, nothing left to do."""
    collection, declared = wanted
    ours = {place.remote_id(each) for each in declared}
    assert control.objects(collection).keys() == ours, "one object each, and it is recorded"
    assert len(ours) == len(declared)
    assert not place.store.read().intents, "nothing may be left open"
    require_empty(place.plan(*declared))


@pytest.mark.parametrize("mishap", MISHAPS)
@pytest.mark.parametrize(
    "wanted", [ONE_TASK, ONE_JOB, TASKS, JOBS], ids=["task", "job", "tasks", "jobs"]
)
def test_a_creation_that_met_a_mishap_makes_one_object_each(
    place: Workplace, control: Control, wanted: Wanted, mishap: str
) -> None:
    collection, declared = wanted
    control.fault(**MISHAPS[mishap], method="POST", path=f"/{collection}")
    applied = place.apply(*declared)
    if applied.code:
        assert place.apply(*declared).code == 0
    require_whole(place, control, wanted)


@pytest.mark.parametrize("mishap", ["dropped before", "dropped after", "500, done"])
def test_a_bulk_whose_answer_can_not_be_looked_for_is_settled_later(
    place: Workplace, control: Control, mishap: str
) -> None:
    control.fault(**MISHAPS[mishap], method="POST", path="/tasks")
    control.fault("status", method="GET", path="/tasks/*", status=503, count=None)
    assert place.apply(*TASKS[1]).code == 10
    assert len(place.store.read().intents) == 5, "an unknown outcome stays noted"
    control.clear_faults()
    assert place.apply(*TASKS[1]).code == 0
    require_whole(place, control, TASKS)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413])
def test_a_bulk_that_is_refused_as_a_whole_is_halved_until_all_is_made(
    place: Workplace, control: Control, status: int
) -> None:
    control.fault("status", method="POST", path="/tasks", status=status, body={"message": "no"})
    assert place.apply(*TASKS[1]).code == 0
    assert control.writes() == ["POST /tasks"] * 3
    require_whole(place, control, TASKS)


def test_a_bulk_that_is_refused_whatever_its_size_makes_nothing_and_leaves_nothing_open(
    place: Workplace, control: Control
) -> None:
    control.fault(
        "status", method="POST", path="/tasks", status=400, body={"message": "no"}, count=None
    )
    applied = place.apply(*TASKS[1])
    assert applied.code == 1
    assert applied.report.count(Passed.FAILED) == 5
    assert not place.store.read().intents
    control.clear_faults()
    assert place.apply(*TASKS[1]).code == 0
    require_whole(place, control, TASKS)


ITEM = {"statusCode": 200, "uuid": None, "message": None}


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        [ITEM] * 4,
        [ITEM] * 5,
        [ITEM] * 6,
        [{"uuid": None}] * 5,
        [{"statusCode": 500, "uuid": None, "message": "sorry"}] * 5,
        [{"statusCode": 200, "uuid": "3bb41d77-91a2-4a63-b1c4-7d20e4f6e003"}] * 5,
    ],
    ids=str,
)
@pytest.mark.parametrize("is_done", [True, False], ids=["done", "not done"])
def test_a_bulk_whose_answer_says_nothing_is_looked_for(
    place: Workplace, control: Control, body: Json, is_done: bool
) -> None:
    control.fault(
        "status", method="POST", path="/tasks", status=200, body=body, done=is_done, count=1
    )
    applied = place.apply(*TASKS[1])
    if applied.code:
        assert applied.code == 10, "what is not known is never called a failure"
        assert place.apply(*TASKS[1]).code == 0
    require_whole(place, control, TASKS)


def test_items_that_did_not_pass_are_told_from_those_that_did(
    place: Workplace, control: Control
) -> None:
    """The vendor made two of them, refused one, and says nothing of the others."""
    made = place.apply(*TASKS[1][:2])
    assert made.code == 0
    ids = [place.remote_id(each) for each in TASKS[1][:2]]
    others: Sequence[Resource] = TASKS[1][2:]
    body: list[Any] = [{"statusCode": 402, "uuid": None, "message": "Not enough credits"}, ITEM, {}]
    control.fault("status", method="POST", path="/tasks", status=200, body=body)
    applied = place.apply(*TASKS[1])
    passed = {each.address.name: each.passed for each in applied.report.steps}
    assert passed[others[0].address.name] is Passed.FAILED
    assert place.apply(*TASKS[1]).code == 0
    require_whole(place, control, TASKS)
    assert [place.remote_id(each) for each in TASKS[1][:2]] == ids


def test_a_quota_that_is_used_up_inside_a_bulk_is_gone_on_with(
    place: Workplace, control: Control
) -> None:
    plan = place.plan(*TASKS[1])
    control.set(quotas={"maxTask": 3})
    applied = place.apply_saved(plan, *TASKS[1])
    assert applied.code == 6
    assert len(control.objects("tasks")) == 3
    control.set(quotas={"maxTask": 10})
    assert place.apply(*TASKS[1]).code == 0
    require_whole(place, control, TASKS)


def test_a_throttled_bulk_is_waited_for(place: Workplace, control: Control) -> None:
    place.config = replace(place.config, timeouts=Timeouts(request_s=60.0))
    control.fault("status", method="POST", path="/tasks", status=429, headers={"Retry-After": "1"})
    assert place.apply(*TASKS[1]).code == 0
    require_whole(place, control, TASKS)


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_a_job_whose_answer_is_lost_still_gets_its_tasks(
    place: Workplace, control: Control, kind: str
) -> None:
    job = resource(JOB, "shot", {"useDependencies": True})
    spec = {**ALONE, "job": "shot"}
    tasks = [referring(TASK, f"shot/t{number}", spec) for number in range(12)]
    for path in ("/jobs", "/tasks"):
        control.fault(kind, method="POST", path=path)
    declared = [job, *tasks]
    applied = place.apply(*declared)
    if applied.code:
        assert place.apply(*declared).code == 0
    require_empty(place.plan(*declared))
    assert len(control.objects("jobs")) == 1
    assert len(control.objects("tasks")) == 12
    (job_id,) = control.objects("jobs")
    assert {each["jobUuid"] for each in control.objects("tasks").values()} == {job_id}


def test_a_task_that_is_listed_late_is_known(place: Workplace, control: Control) -> None:
    control.fault("slow_list", method="POST", path="/tasks", seconds=7200)
    place.apply(*TASKS[1])
    require_whole(place, control, TASKS)
