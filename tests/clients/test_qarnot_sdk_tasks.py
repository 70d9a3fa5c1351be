"""The vendor's own SDK drives jobs and tasks in the emulator: is the emulator faithful?

Each test asserts on the true state of the emulator and on what the SDK made of the answers.
"""

from datetime import timedelta
from typing import Any

import pytest
from qarnot.connection import Connection
from qarnot.dependency import (
    AdvancedDependency,
    DependencyStateConditionsFulfilled,
    DependencyStateConditionsNotFulfilled,
    TaskFinalStateFailure,
    TaskFinalStateSuccess,
)
from qarnot.exceptions import (
    MaxJobException,
    MaxTaskException,
    MissingJobException,
    MissingTaskException,
    MissingTaskInstanceException,
    NotEnoughCreditsException,
    QarnotGenericException,
    UnauthorizedException,
)
from qarnot.job import Job
from qarnot.pool import Pool
from qarnot.retry_settings import RetrySettings
from qarnot.task import Task

from tests.clients.conftest import Control

PROFILE = "docker-batch"


def new_task(sdk: Connection, name: str = "t", size: int | str = 1, **where: Any) -> Task:
    """A task that is not submitted yet."""
    place = where.pop("place", None if "job" in where else PROFILE)
    task = sdk.create_task(name, place, size, job=where.pop("job", None))
    task.auto_update = False
    for attribute, value in where.items():
        setattr(task, attribute, value)
    return task


def submitted(sdk: Connection, name: str = "t", size: int | str = 1, **where: Any) -> Task:
    """A task that is submitted."""
    task = new_task(sdk, name, size, **where)
    task.submit()
    return task


def new_pool(sdk: Connection) -> Pool:
    """A submitted pool with two nodes."""
    pool = sdk.create_pool("p", PROFILE, 2)
    pool.submit()
    return pool


def new_job(sdk: Connection, name: str = "j", pool: Pool | None = None, **attributes: Any) -> Job:
    """A submitted job."""
    job = sdk.create_job(name, pool, useDependencies=attributes.pop("useDependencies", False))
    job.auto_update = False
    for attribute, value in attributes.items():
        setattr(job, attribute, value)
    job.submit()
    return job


def test_a_task_reads_back_as_it_was_submitted(control: Control, sdk: Connection) -> None:
    task = submitted(
        sdk,
        size="0-2,5",
        shortname="frames",
        tags=["a"],
        constants={"DOCKER_CMD": "sleep 30"},
        labels={"owner": "ana"},
        completion_ttl=timedelta(days=1, hours=3),
        retry_settings=RetrySettings(2, 1),
        results_whitelist="^out",
    )
    truth = control.objects("tasks")["t"]
    assert truth["advancedRanges"] == task.advanced_range == "0-2,5"
    assert truth["shortname"] == task.shortname == "frames"
    assert truth["state"] == task.state == "Submitted"
    assert truth["constants"] == [{"key": "DOCKER_CMD", "value": "sleep 30"}]
    assert task.constants == {"DOCKER_CMD": "sleep 30"}
    assert truth["labels"] == task.labels == {"owner": "ana"}
    assert truth["resultsWhitelist"] == task.results_whitelist == "^out"
    assert task.completion_ttl == "1.03:00:00"
    assert task.retry_settings == RetrySettings(2, 1)
    assert sdk.retrieve_task("frames").uuid == task.uuid == truth["uuid"]


def test_a_task_runs_to_success(control: Control, sdk: Connection) -> None:
    task = submitted(sdk, size=2, constants={"DOCKER_CMD": "echo hello"})
    assert task.wait(timeout=0) is False
    control.advance(3600)
    assert task.wait() is True
    assert task.state == control.objects("tasks")["t"]["state"] == "Success"
    assert task.status.succeeded_range == "0-1"
    assert [one.instance_id for one in task.completed_instances] == [0, 1]
    assert task.stdout().count("hello") == 2
    assert task.fresh_stdout() == task.stdout()
    assert task.fresh_stdout() == ""
    assert task.stdout(1).count("hello") == 1
    with pytest.raises(MissingTaskInstanceException):
        task.stdout(2)


def test_a_task_whose_command_fails_is_a_failure(control: Control, sdk: Connection) -> None:
    task = submitted(sdk, constants={"DOCKER_CMD": "exit 7"})
    control.advance(3600)
    task.update(True)
    assert task.state == control.objects("tasks")["t"]["state"] == "Failure"
    assert task.errors[0].message == "Instance 0 exited with code 7"
    assert "code 7" in task.stderr()


def test_a_failure_can_be_ordered_by_a_setting(control: Control, sdk: Connection) -> None:
    control.set(switches={"failing_names": ["bad*#1"]})
    task = submitted(sdk, "bad", 3)
    control.advance(3600)
    task.update(True)
    assert (task.state, task.status.failed_range) == ("Failure", "1")
    assert control.objects("tasks")["bad"]["ended"]["1"] == "Failure"


def test_a_commit_changes_tags_and_constants_alone(control: Control, sdk: Connection) -> None:
    task = submitted(sdk, tags=["old"], constants={"A": "1"})
    before = control.objects("tasks")["t"]
    task.tags = ["new"]
    task.constants["A"] = "2"
    task.commit()
    after = control.objects("tasks")["t"]
    assert {name for name in after if after[name] != before[name]} == {"tags", "constants"}
    task.update(True)
    assert (task.tags, task.constants) == (["new"], {"A": "2"})


def test_an_aborted_task_is_pending_then_cancelled(control: Control, sdk: Connection) -> None:
    task = submitted(sdk)
    control.advance(70)
    task.abort()
    assert task.state == control.objects("tasks")["t"]["state"] == "PendingCancel"
    control.advance(30)
    assert control.objects("tasks")["t"]["state"] == "Cancelled"
    for refused in (task.abort, task.commit, lambda: task.snapshot(60), task.instant):
        with pytest.raises(UnauthorizedException, match="not running"):
            refused()


def test_a_deleted_task_is_missing(control: Control, sdk: Connection) -> None:
    task = submitted(sdk)
    uuid = task.uuid
    task.delete()
    assert control.objects("tasks") == {}
    with pytest.raises(MissingTaskException):
        sdk.retrieve_task(uuid)


def test_a_task_in_a_pool_by_range(control: Control, sdk: Connection) -> None:
    pool = new_pool(sdk)
    task = submitted(sdk, size="3-6", place=pool)
    assert control.objects("tasks")["t"]["poolUuid"] == pool.uuid
    assert task.profile == PROFILE
    control.advance(150)
    pool.update(True)
    assert pool.queued_or_running_task_instances_count == 4
    assert control.objects("pools")["p"]["usedSlots"] == 2
    control.advance(3600)
    task.update(True)
    assert (task.state, task.status.succeeded_range) == ("Success", "3-6")


def test_a_job_in_a_pool_holds_tasks(control: Control, sdk: Connection) -> None:
    pool = new_pool(sdk)
    job = new_job(sdk, pool=pool, tags=["cron"], max_wall_time=timedelta(hours=6))
    truth = control.objects("jobs")["j"]
    assert truth["poolUuid"] == job.pool.uuid == pool.uuid
    assert truth["tags"] == job.tags == ["cron"]
    assert job.max_wall_time == "06:00:00"
    assert truth["state"] == job.state == "Active"
    task = submitted(sdk, job=job)
    assert control.objects("tasks")["t"]["jobUuid"] == job.uuid
    assert control.objects("tasks")["t"]["poolUuid"] == pool.uuid
    assert [one.uuid for one in job.tasks] == [task.uuid]
    assert [one.name for one in sdk.all_jobs(tags=["cron"])] == ["j"]
    assert list(sdk.all_jobs(tags_intersect=["cron", "x"])) == []


def test_a_bulk_keeps_its_good_items(control: Control, sdk: Connection) -> None:
    good, bad = new_task(sdk, "good"), new_task(sdk, "bad")
    bad._profile = "own"
    with pytest.raises(QarnotGenericException, match="400, No such profile: own"):
        sdk.submit_tasks([good, bad])
    assert list(control.objects("tasks")) == ["good"]
    assert good.uuid == control.objects("tasks")["good"]["uuid"]
    assert bad.uuid is None


def test_tasks_are_listed_in_pages_and_by_tag(control: Control, sdk: Connection) -> None:
    control.set(switches={"page_size": 2})
    sdk.submit_tasks([new_task(sdk, f"t{i}", tags=[f"even{i % 2 == 0}"]) for i in range(5)])
    assert {task.name for task in sdk.all_tasks()} == set(control.objects("tasks"))
    assert {task.name for task in sdk.all_tasks(tags=["evenTrue"])} == {"t0", "t2", "t4"}
    assert {task.name for task in sdk.all_tasks(summary=False)} == set(control.objects("tasks"))


def test_a_task_waits_for_another(control: Control, sdk: Connection) -> None:
    job = new_job(sdk, useDependencies=True)
    first = submitted(sdk, "first", job=job, place=PROFILE)
    second = new_task(sdk, "second", job=job, place=PROFILE)
    second.set_task_dependencies_from_tasks([first])
    second.submit()
    control.advance(200)
    assert control.objects("tasks")["second"]["state"] == "Submitted"
    control.advance(3600)
    second.update(True)
    assert second.state == control.objects("tasks")["second"]["state"] == "Success"


def test_conditions_of_dependencies_are_followed(control: Control, sdk: Connection) -> None:
    job = new_job(sdk, useDependencies=True)
    first = submitted(sdk, "first", job=job, place=PROFILE, constants={"DOCKER_CMD": "exit 1"})
    dependants = {}
    for name, state in {"met": TaskFinalStateFailure(), "unmet": TaskFinalStateSuccess()}.items():
        task = new_task(sdk, name, job=job, place=PROFILE)
        task.set_task_advanced_dependencies([AdvancedDependency(first.uuid, [state])])
        task.submit()
        dependants[name] = task
    control.advance(3600)
    for task in dependants.values():
        task.update(True)
    met, unmet = dependants["met"].dependencies, dependants["unmet"].dependencies
    assert met.state == DependencyStateConditionsFulfilled()
    assert unmet.state == DependencyStateConditionsNotFulfilled()
    assert met.advanced_depends_on[0].actual_final_state == TaskFinalStateFailure()
    states = {name: one["state"] for name, one in control.objects("tasks").items()}
    assert states == {"first": "Failure", "met": "Success", "unmet": "Cancelled"}


def test_a_job_with_running_tasks_is_deleted_by_force_alone(
    control: Control, sdk: Connection
) -> None:
    job = new_job(sdk)
    submitted(sdk, job=job, place=PROFILE)
    with pytest.raises(UnauthorizedException, match="still contains running tasks"):
        job.delete()
    assert list(control.objects("jobs")) == ["j"]
    uuid = job.uuid
    job.delete(forceAbort=True)
    assert control.objects("jobs") == control.objects("tasks") == {}
    with pytest.raises(MissingJobException):
        sdk.retrieve_job(uuid)


def test_a_terminated_job_cancels_its_tasks(control: Control, sdk: Connection) -> None:
    job = new_job(sdk)
    submitted(sdk, job=job, place=PROFILE)
    job.terminate()
    job.update(True)
    assert job.state == control.objects("jobs")["j"]["state"] == "Terminating"
    control.advance(60)
    assert control.objects("jobs")["j"]["state"] == "Completed"
    assert control.objects("tasks")["t"]["state"] == "Cancelled"


def test_a_closed_pool_takes_no_task(control: Control, sdk: Connection) -> None:
    pool = new_pool(sdk)
    pool.close()
    with pytest.raises(QarnotGenericException, match="is not open"):
        submitted(sdk, place=pool)
    assert control.objects("tasks") == {}


def test_snapshots_are_taken_and_followed(control: Control, sdk: Connection) -> None:
    task = submitted(sdk)
    task.snapshot(120)
    assert sdk.retrieve_task(task.uuid).snapshot_interval == 120
    identifier = task.instant(whitelist="^a")
    assert identifier.startswith(f"snap_{task.uuid}_")
    control.advance(60)
    found = task.snapshot_status(identifier)
    assert found._status.is_completed
    assert found._snapshot_config._whitelist == "^a"


def test_quotas_and_credits_end_in_the_exceptions_of_the_sdk(
    control: Control, sdk: Connection
) -> None:
    control.set(quotas={"maxTask": 1, "maxJob": 0})
    submitted(sdk)
    with pytest.raises(MaxTaskException):
        submitted(sdk)
    with pytest.raises(MaxJobException):
        new_job(sdk)
    assert (sdk.user_info.task_count, sdk.user_info.running_task_count) == (1, 1)
    control.set(switches={"credits": 0})
    with pytest.raises(NotEnoughCreditsException):
        submitted(sdk)


def test_a_throttled_task_is_submitted_once(control: Control, retrying_sdk: Connection) -> None:
    control.fault("status", status=503, method="POST", path="/tasks")
    submitted(retrying_sdk)
    assert control.requests().count(("POST", "/tasks")) == 2
    assert len(control.objects("tasks")) == 1
