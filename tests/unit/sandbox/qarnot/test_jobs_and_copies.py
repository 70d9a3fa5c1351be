"""What follows from tasks: others made of them, snapshots, output; and the jobs they are in."""

from typing import Any

import pytest

from tests.unit.sandbox.qarnot.account import Account, constants

HOUR = 3600


def shown(account: Account, uuid: str) -> Any:
    """A task as a GET shows it."""
    return account.ok("GET", f"/tasks/{uuid}")


REDO = [("retry", "1"), ("recover", "0-2"), ("resume", "0,2")]


@pytest.mark.parametrize(("verb", "ranges"), REDO)
def test_ended_instances_run_again_in_a_task_of_their_own(verb: str, ranges: str) -> None:
    account = Account()
    account.set(failing_names=["source#1"], capacity=2)
    uuid = account.task(name="source", advancedRanges="1,0,2", tags=["a"], shortname="s")
    assert account.send("POST", f"/tasks/{uuid}/{verb}", {}).status == 403
    account.set(capacity=1)
    account.pass_time(200)
    account.ok("POST", f"/tasks/{uuid}/abort")
    account.pass_time(60)
    if verb == "retry":
        assert account.send("POST", f"/tasks/{uuid}/retry", {"tags": 5}).errors
    again = account.ok("POST", f"/tasks/{uuid}/{verb}", {"name": "again", "instanceCount": 9})[
        "uuid"
    ]
    task = shown(account, again)
    assert (task["name"], task["advancedRanges"], task["tags"]) == ("again", ranges, ["a"])
    assert task["shortname"] == again
    account.pass_time(HOUR)
    assert account.states(again) == ["Success"]
    reply = account.send("POST", f"/tasks/{again}/{verb}")
    assert (reply.status, reply.json) == (400, {"message": f"The task has no instance to {verb}"})
    account.set(redo_nothing_status=403)
    assert account.send("POST", f"/tasks/{again}/{verb}", {}).status == 403


def test_a_clone_takes_its_sources_instances_unless_it_names_its_own() -> None:
    account = Account()
    pool = account.create()
    job = account.job(poolUuid=pool)
    uuid = account.task(jobUuid=job, advancedRanges="3-5", labels={"a": "b"})
    same = shown(account, account.ok("POST", f"/tasks/{uuid}/clone", {})["uuid"])
    assert (same["advancedRanges"], same["labels"], same["jobUuid"]) == ("3-5", {"a": "b"}, job)
    own = account.ok("POST", f"/tasks/{uuid}/clone", {"instanceCount": 2})["uuid"]
    assert (shown(account, own)["instanceCount"], shown(account, own)["advancedRanges"]) == (
        2,
        None,
    )
    assert account.send("POST", f"/tasks/{uuid}/clone").errors == {
        "": ["A non-empty request body is required."]
    }


def test_snapshots_are_taken_once_or_at_an_interval() -> None:
    account = Account()
    account.set(snapshot_floor_s=60)
    uuid = account.task()
    path = f"/tasks/{uuid}/snapshot"
    account.ok("POST", f"{path}/periodic", {"interval": 30, "whitelist": "^a"})
    assert shown(account, uuid)["snapshotInterval"] == 60
    account.ok("POST", f"{path}/periodic", {"Interval": 0})
    assert shown(account, uuid)["snapshotInterval"] == 0
    for bad in ({"interval": -1}, {}):
        assert list(account.send("POST", f"{path}/periodic", bad).errors) == ["interval"]
    taken = account.ok("POST", path, {"bucket": "b"})["id"]
    assert taken == f"snap_{uuid}_20260302080000"
    states = []
    for _ in range(3):
        states.append(account.ok("GET", f"{path}/{taken}")["status"])
        account.pass_time(20)
    assert states == ["triggered", "inProgress", "success"]
    found = account.ok("GET", f"{path}/{taken}")
    assert (found["snapshotConfig"]["bucket"], found["sizeToUpload"]) == (
        "b",
        found["transferredSize"],
    )
    assert account.send("GET", f"{path}/nope").status == 404
    account.set(snapshot_answer="empty")
    assert account.ok("POST", path, {}) is None


def test_output_is_whole_fresh_and_by_instance() -> None:
    account = Account()
    uuid = account.task(advancedRanges="3,7", constants=constants("echo hello"))
    path = f"/tasks/{uuid}/stdout"
    assert account.send("GET", f"{path}/7").text == ""
    account.pass_time(HOUR)
    whole = account.send("GET", path).text
    assert whole.count("hello") == 2
    assert account.send("POST", path).text == whole
    assert account.send("POST", path).text == ""
    assert "instance 7 of t started" in account.send("GET", f"{path}/7").text
    assert account.send("GET", f"{path}/0").status == 404


def test_a_terminated_job_cancels_its_tasks_and_completes() -> None:
    account = Account()
    job = account.job()
    done = account.task(jobUuid=job, profile="docker-batch")
    account.pass_time(HOUR)
    running = account.task(jobUuid=job, profile="docker-batch")
    account.ok("POST", f"/jobs/{job}/terminate")
    assert account.state(job, "jobs") == "Terminating"
    assert account.states(done, running) == ["Success", "PendingCancel"]
    account.ok("POST", f"/jobs/{job}/terminate")
    account.pass_time(30)
    assert account.state(job, "jobs") == "Completed"
    assert account.states(running) == ["Cancelled"]
    reply = account.send("POST", f"/jobs/{job}/terminate")
    assert (reply.status, reply.json) == (403, {"message": "The job is not active"})


def test_a_job_ends_at_its_wall_time_and_not_by_itself() -> None:
    account = Account()
    job = account.job(maxWallTime="00:10:00")
    account.task(jobUuid=job, profile="docker-batch")
    account.pass_time(599)
    assert account.state(job, "jobs") == "Active"
    account.pass_time(1)
    assert account.state(job, "jobs") == "Terminating"
    account.set(job_completes_alone="yes")
    other = account.job()
    account.task(jobUuid=other, profile="docker-batch")
    account.pass_time(HOUR)
    assert account.state(other, "jobs") == "Completed"


@pytest.mark.parametrize("force", ["True", "true", "TRUE"])
def test_a_job_with_running_tasks_is_deleted_by_force_alone(force: str) -> None:
    account = Account()
    job = account.job(shortname="x")
    done = account.task(jobUuid=job, profile="docker-batch")
    account.pass_time(HOUR)
    running = account.task(jobUuid=job, profile="docker-batch")
    for query in ({}, {"force": ["False"]}):
        reply = account.send("DELETE", "/jobs/x", query=query)
        assert (reply.status, reply.json) == (
            403,
            {"message": "The job still contains running tasks"},
        )
    account.ok("DELETE", "/jobs/x", query={"Force": [force]})
    assert account.send("GET", f"/jobs/{job}").status == 404
    assert account.send("GET", f"/tasks/{running}").status == 404
    assert shown(account, done)["jobUuid"] == job


def test_what_deleting_a_job_takes_with_it_is_a_switch() -> None:
    account = Account()
    account.set(
        delete_running_job="terminate", delete_job_tasks="delete", jobs_after_delete="pending"
    )
    job = account.job()
    done = account.task(jobUuid=job, profile="docker-batch")
    account.pass_time(HOUR)
    account.task(jobUuid=job, profile="docker-batch")
    account.ok("DELETE", f"/jobs/{job}")
    assert account.state(job, "jobs") == "Deleting"
    assert account.send("GET", f"/tasks/{done}").status == 404
    account.pass_time(60)
    assert account.names("/jobs") == account.names("/tasks") == []


def test_what_was_planned_for_a_job_ends_with_it() -> None:
    account = Account()
    gone = account.job(maxWallTime="00:10:00")
    account.task(jobUuid=gone, profile="docker-batch")
    ending = account.job(maxWallTime="00:10:00")
    account.pass_time(590)
    account.ok("DELETE", f"/jobs/{gone}", query={"force": ["true"]})
    account.ok("POST", f"/jobs/{ending}/terminate")
    account.set(job_completes_alone="yes")
    account.ok("DELETE", f"/jobs/{ending}")
    account.pass_time(HOUR)
    assert account.names("/jobs") == []


def test_what_was_planned_for_a_task_ends_with_it() -> None:
    account = Account()
    account.set(tasks_after_delete="pending", pools_after_delete="pending")
    task = account.task(maxTimeQueueSeconds=20)
    pool = account.create(maxTimeQueueSeconds=20)
    account.ok("DELETE", f"/tasks/{task}")
    account.ok("DELETE", f"/pools/{pool}")
    account.set(retention_s=1)
    account.pass_time(HOUR)
    assert account.names("/tasks") == account.names() == []


def test_empty_lists_of_a_task_may_be_null() -> None:
    account = Account()
    account.set(nulls_in_output="unset")
    task = shown(account, account.task())
    names = ("completedInstances", "hardwareConstraints", "retrySettings", "privileges")
    assert [task[name] for name in names] == [None] * 4


def test_a_completed_job_goes_after_its_time_to_live() -> None:
    account = Account()
    job = account.job(completionTimeToLive="00:10:00")
    account.ok("POST", f"/jobs/{job}/terminate")
    account.pass_time(30 + 599)
    assert account.state(job, "jobs") == "Completed"
    account.pass_time(1)
    assert account.names("/jobs") == []
