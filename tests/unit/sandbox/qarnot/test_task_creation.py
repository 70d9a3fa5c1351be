"""Tasks and jobs: what a creation takes, inherits and refuses, alone and in bulk."""

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from reconciler.sandbox.qarnot.command import Command, command_of
from reconciler.sandbox.qarnot.ranges import range_ids, range_text
from tests.unit.sandbox.qarnot.account import Account, running_pool

ids = st.lists(st.integers(0, 60), unique=True, max_size=40)


@given(ids)
def test_a_range_text_names_its_ids_in_rising_order(wanted: list[int]) -> None:
    text = range_text(wanted)
    assert (range_ids(text) if text else []) == sorted(wanted)


@pytest.mark.parametrize(
    "text", ["", "a", "1-", "-1", "3-1", "0-2048", "0-1023,2000-3030", "1,,2", "٣"]
)
def test_a_range_that_can_not_be_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        range_ids(text)
    body = {"name": "t", "profile": "docker-batch", "advancedRanges": text}
    assert list(Account().send("POST", "/tasks", body).errors) == ["advancedRanges"]


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("", Command()),
        ("render.sh", Command()),
        ("exit 3", Command(exit_code=3)),
        ("exit 0", Command()),
        ("sleep 60; sleep 5 && echo done now; exit 2", Command(65, ("done now",), 2)),
        ("sh -c 'echo hi'", Command(lines=("hi",))),
        ("unsleep 5", Command()),
    ],
)
def test_a_command_sleeps_prints_and_exits(text: str, command: Command) -> None:
    assert command_of([{"key": "DOCKER_CMD", "value": text}]) == command


def test_a_fresh_task_reads_as_the_service_shows_it() -> None:
    account = Account()
    uuid = account.task(shortname="s", instanceCount=2, labels={"a": "b"}, resultBucket="out")
    shown = account.ok("GET", "/tasks/s")
    expected: dict[str, Any] = {
        "uuid": uuid,
        "shortname": "s",
        "profile": "docker-batch",
        "poolUuid": None,
        "jobUuid": None,
        "instanceCount": 2,
        "advancedRanges": None,
        "labels": {"a": "b"},
        "resultBucket": "out",
        "constants": [],
        "hardwareConstraints": [],
        "errors": [],
        "completedInstances": [],
        "retrySettings": {"maxTotalRetries": None, "maxPerInstanceRetries": None},
        "dependencies": None,
        "state": "Submitted",
        "previousState": None,
        "progress": 0.0,
        "runningInstanceCount": 0,
        "maxRetriesPerInstance": 0,
        "snapshotInterval": 0,
        "resultsCount": 0,
        "status": None,
        "executionTime": None,
        "endDate": "0001-01-01T00:00:00Z",
    }
    assert shown | expected == shown
    assert "status" not in account.ok("GET", "/tasks/summaries")[0]


def test_a_fresh_job_reads_as_the_service_shows_it() -> None:
    account = Account()
    pool = account.create()
    fields = {"name": "nightly", "shortname": "nightly", "poolUuid": pool, "useDependencies": True}
    uuid = account.job(
        **fields, tags=["cron"], maxWallTime="0.06:00:00", autoDeleteOnCompletion=True
    )
    assert account.ok("GET", "/jobs/nightly") == fields | {
        "uuid": uuid,
        "state": "Active",
        "previousState": None,
        "stateTransitionTime": "2026-03-02T08:00:00Z",
        "previousStateTransitionTime": "0001-01-01T00:00:00Z",
        "creationDate": "2026-03-02T08:00:00Z",
        "lastModified": "2026-03-02T08:00:00Z",
        "maxWallTime": "06:00:00",
        "tags": ["cron"],
        "autoDeleteOnCompletion": True,
        "completionTimeToLive": "00:00:00",
    }


def test_a_task_inherits_from_its_pool_and_job() -> None:
    account = Account()
    pool = account.create(
        profile="blender-4",
        hardwareConstraints=[{"discriminator": "MinimumCoreHardwareConstraint", "coreCount": 16}],
        taskDefaultWaitForPoolResourcesSynchronization=True,
    )
    job = account.job(poolUuid=pool)
    for where in ({"poolUuid": pool}, {"jobUuid": job}):
        shown = account.ok("GET", f"/tasks/{account.task(**where)}")
        assert (shown["profile"], shown["poolUuid"]) == ("blender-4", pool)
        assert shown["waitForPoolResourcesSynchronization"] is True
    assert shown["jobUuid"] == job
    account.set(profile_in_pool="null")
    assert account.ok("GET", "/tasks")[0]["profile"] is None
    assert {task["name"] for task in account.ok("GET", f"/pools/{pool}/tasks")} == {"t"}
    assert len(account.ok("GET", f"/jobs/{job}/tasks")) == 1
    assert [found["uuid"] for found in account.ok("GET", f"/pools/{pool}/jobs")] == [job]
    assert account.send("GET", "/jobs/nope/tasks").json == {"message": "No such job: nope"}


def test_a_job_without_a_pool_takes_tasks_with_a_profile() -> None:
    account = Account()
    job = account.job()
    shown = account.ok("GET", f"/tasks/{account.task(jobUuid=job, profile='docker-batch')}")
    assert (shown["poolUuid"], shown["jobUuid"]) == (None, job)


NOWHERE = "00000000-0000-4000-8000-000000000000"
BAD: list[tuple[dict[str, Any], str]] = [
    ({"profile": None}, "A profile, a pool or a job is required"),
    ({"profile": "own"}, "No such profile: own"),
    ({"poolUuid": NOWHERE, "profile": None}, f"The pool {NOWHERE} is not open"),
    ({"jobUuid": NOWHERE}, f"The job {NOWHERE} is not active"),
    ({"jobUuid": NOWHERE, "poolUuid": NOWHERE}, "poolUuid and jobUuid exclude each other"),
    ({"dependencies": {"dependsOn": [NOWHERE]}}, "Dependencies need a job that uses them"),
]


@pytest.mark.parametrize(("fields", "message"), BAD, ids=str)
def test_a_task_without_a_place_is_refused_with_400(fields: Any, message: str) -> None:
    body = {"name": "t", "profile": "docker-batch", "instanceCount": 1} | fields
    reply = Account().send("POST", "/tasks", body)
    assert (reply.status, reply.json) == (400, {"message": message})


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"instanceCount": None}, "instanceCount"),
        ({"instanceCount": 0}, "instanceCount"),
        ({"instanceCount": 2049}, "instanceCount"),
        ({"advancedRanges": 5}, "advancedRanges"),
        ({"poolUuid": "mine"}, "poolUuid"),
        ({"constants": [{"key": f"k{i}", "value": ""} for i in range(151)]}, "constants"),
        ({"retrySettings": {"maxTotalRetries": -1}}, "retrySettings.maxTotalRetries"),
        ({"resultsWhitelist": "x" * 2048}, "resultsWhitelist"),
        (
            {
                "dependencies": {
                    "advancedDependsOn": [{"taskUuid": NOWHERE, "taskFinalStateCondition": ["won"]}]
                }
            },
            "dependencies.advancedDependsOn[0].taskFinalStateCondition[0]",
        ),
    ],
    ids=str,
)
def test_a_field_of_a_task_out_of_its_limits_is_refused(fields: Any, path: str) -> None:
    body = {"name": "t", "profile": "docker-batch", "instanceCount": 1} | fields
    assert list(Account().send("POST", "/tasks", body).errors) == [path]


def test_a_task_in_a_pool_brings_no_machine_of_its_own() -> None:
    account = Account()
    pool = account.create()
    body = {"name": "t", "poolUuid": pool, "instanceCount": 1}
    ssd = [{"discriminator": "SSDHardwareConstraint"}]
    for own in (
        {"profile": "docker-batch"},
        {"hardwareConstraints": ssd},
        {"projectUuid": NOWHERE},
    ):
        assert account.send("POST", "/tasks", body | own).status == 400
    account.ok(
        "POST", "/tasks", body | {"hardwareConstraints": [], "dependencies": {"dependsOn": []}}
    )


def test_closed_pools_and_ended_jobs_take_nothing() -> None:
    account = Account()
    pool = account.create()
    job, other = account.job(), account.job(poolUuid=pool)
    account.ok("POST", f"/pools/{pool}/close")
    account.ok("POST", f"/jobs/{job}/terminate")
    task = {"name": "t", "instanceCount": 1}
    refused: list[tuple[str, Any]] = [
        ("/tasks", task | {"poolUuid": pool}),
        ("/tasks", task | {"jobUuid": other}),
        ("/tasks", task | {"jobUuid": job, "profile": "docker-batch"}),
        ("/jobs", {"name": "j", "poolUuid": pool}),
    ]
    for path, body in refused:
        assert account.send("POST", path, body).status == 400
    account.set(missing_parent_status=404)
    assert account.send("POST", "/tasks", refused[0][1]).status == 404


def test_a_bulk_answers_each_item_in_order() -> None:
    account = Account()
    items = [
        {"name": "a", "profile": "docker-batch", "instanceCount": 1, "shortname": "one"},
        {"name": "b", "instanceCount": 1},
        {"name": "", "profile": "docker-batch", "instanceCount": 1},
        5,
        {"name": "c", "profile": "docker-batch", "instanceCount": 1, "shortname": "one"},
    ]
    reply = account.send("POST", "/tasks", items)
    assert (reply.status, reply.headers) == (200, {})
    found = reply.json
    assert [one["statusCode"] for one in found] == [200, 400, 400, 400, 409]
    assert [one["uuid"] is None for one in found] == [False, True, True, True, True]
    assert found[0]["message"] is None
    assert found[1]["message"] == "A profile, a pool or a job is required"
    assert found[2]["message"] == "name: The name field is required."
    assert account.names("/tasks") == ["a"]
    account.set(bulk_status=207, bulk_item_status=201)
    reply = account.send("POST", "/jobs/", [{"name": "j"}, {}])
    assert (reply.status, [one["statusCode"] for one in reply.json]) == (207, [201, 400])
    assert account.ok("GET", "/jobs")[0]["name"] == "j"


def test_quotas_end_a_bulk_in_the_middle() -> None:
    account = Account()
    account.set(quotas={"maxTask": 2, "maxJob": 1})
    body = {"name": "t", "profile": "docker-batch", "instanceCount": 1}
    found = account.send("POST", "/tasks", [body] * 3).json
    assert [one["statusCode"] for one in found] == [200, 200, 403]
    assert found[2]["message"] == "Maximum number of tasks reached (2)"
    account.job()
    reply = account.send("POST", "/jobs", {"name": "j"})
    assert (reply.status, reply.json) == (403, {"message": "Maximum number of jobs reached (1)"})


def test_shortnames_are_unique_in_a_kind_or_in_the_account() -> None:
    account = Account()
    account.create(shortname="x")
    account.job(shortname="x")
    account.task(shortname="x")
    assert account.send("POST", "/jobs", {"name": "j", "shortname": "x"}).status == 409
    account.set(shortname_scope="account")
    account.create(shortname="y")
    assert account.send("POST", "/jobs", {"name": "j", "shortname": "y"}).status == 409


def test_tasks_and_jobs_are_found_by_their_own_fields() -> None:
    account = Account()
    pool = running_pool(account)
    job = account.job(poolUuid=pool, name="used", useDependencies=True)
    account.job(name="free")
    account.task(jobUuid=job, name="inside")
    account.task(name="outside", snapshotWhitelist="^a")

    def found(kind: str, field: str, value: Any) -> set[str]:
        node = {"operator": "Equal", "field": field, "value": value}
        return {one["name"] for one in account.ok("POST", f"/{kind}/search", {"filter": node})}

    assert found("tasks", "JobUuid", job) == found("tasks", "PoolUuid", pool) == {"inside"}
    assert found("tasks", "SnapshotWhitelist", "^a") == {"outside"}
    assert found("tasks", "InstanceCount", 1) == {"inside", "outside"}
    assert found("jobs", "PoolUuid", pool) == found("jobs", "UseDependencies", True) == {"used"}
    assert found("jobs", "State", "Active") == {"used", "free"}
    page = account.ok("POST", "/jobs/paginate", {"maximumResults": 1, "orderBy": "name"})
    assert (page["data"][0]["name"], page["total"], page["isTruncated"]) == ("free", 2, True)
    assert account.send("POST", "/jobs/paginate", {"orderBy": "executionTime"}).errors
    page = account.ok("POST", "/tasks/summaries/paginate", {"orderBy": "executionTime"})
    assert page["total"] == 2
