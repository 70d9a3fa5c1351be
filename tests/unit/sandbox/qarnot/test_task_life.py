"""A task's states on the virtual clock: waves, slots, failures, dependencies, and what follows."""

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from tests.unit.sandbox.qarnot.account import Account, constants, running_pool

QUEUE = {"type": "ManagedTasksQueue", "maxTotalSlots": 8, "scalingFactor": 0.5, "name": "q"}
HOUR = 3600


def shown(account: Account, uuid: str) -> Any:
    """A task as a GET shows it."""
    return account.ok("GET", f"/tasks/{uuid}")


def truth(account: Account) -> dict[str, Any]:
    """The true tasks by name."""
    return {task["name"]: task for task in account.vendor.objects()["tasks"]}


def in_state(state: str) -> tuple[Account, str]:
    """An account with one task in that state."""
    account = Account()
    uuid = account.task(
        instanceCount=2, constants=constants("exit 1" if state == "Failure" else "")
    )
    if state in {"PendingCancel", "Cancelled"}:
        account.ok("POST", f"/tasks/{uuid}/abort")
    elif state == "PendingDelete":
        account.set(tasks_after_delete="pending")
        account.ok("DELETE", f"/tasks/{uuid}")
    while account.state(uuid, "tasks") != state:
        account.pass_time(15)
    return account, uuid


@given(st.lists(st.integers(0, 900), max_size=12))
@settings(max_examples=40, deadline=None)
def test_time_in_any_pieces_gives_the_same_world(pieces: list[int]) -> None:
    def world() -> Account:
        account = Account()
        account.set(quotas={"maxRunningTask": 4}, failing_names=["part#1"])
        pool = account.create(instanceCount=0, scaling={"policies": [QUEUE]})
        job = account.job(poolUuid=pool, useDependencies=True, maxWallTime="01:00:00")
        first = account.task(jobUuid=job, name="first", instanceCount=5)
        after = {"advancedDependsOn": [{"taskUuid": first, "taskFinalStateCondition": ["success"]}]}
        account.task(jobUuid=job, name="after", dependencies=after)
        account.task(name="part", instanceCount=3, retrySettings={"maxTotalRetries": 1})
        account.task(
            name="long", constants=constants("sleep 9999"), completionTimeToLive="00:10:00"
        )
        for i in range(4):
            account.task(poolUuid=pool, name=f"p{i}", instanceCount=i + 1)
        return account

    at_once, in_pieces = world(), world()
    at_once.pass_time(sum(pieces))
    for piece in pieces:
        in_pieces.pass_time(piece)
        in_pieces.ok("GET", "/jobs")
    assert in_pieces.vendor.objects() == at_once.vendor.objects()
    assert in_pieces.ok("GET", "/tasks") == at_once.ok("GET", "/tasks")


@given(
    st.lists(st.tuples(st.integers(1, 5), st.booleans(), st.booleans()), max_size=8),
    st.lists(
        st.tuples(st.sampled_from(["abort", "close", "wait"]), st.integers(0, 300)), max_size=8
    ),
)
@settings(max_examples=40, deadline=None)
def test_slots_and_demand_are_given_back_to_the_last(
    wanted: list[tuple[int, bool, bool]], steps: list[tuple[str, int]]
) -> None:
    account = Account()
    account.set(quotas={"maxRunningTask": 3}, capacity=12)
    pool = account.create(instanceCount=3, multiSlotsSettings={"slotsPerNode": 2})
    tasks = [
        account.task(
            instanceCount=count,
            constants=constants("exit 1" if fails else ""),
            **({"poolUuid": pool} if inside else {}),
        )
        for count, inside, fails in wanted
    ]
    for verb, number in steps:
        if verb == "abort" and tasks:
            account.send("POST", f"/tasks/{tasks[number % len(tasks)]}/abort")
        elif verb == "close":
            account.send("POST", f"/pools/{pool}/close")
        account.pass_time(number)
        (host,) = account.vendor.objects()["pools"]
        started = [len(t["started"]) for t in account.vendor.objects()["tasks"] if t["poolUuid"]]
        assert host["usedSlots"] == sum(started) <= 6
    account.pass_time(24 * HOUR)
    (host,) = account.vendor.objects()["pools"]
    assert (host["usedSlots"], host["demand"]) == (0, 0)
    assert set(account.states(*tasks)) <= {"Success", "Failure", "Cancelled"}
    assert account.ok("GET", "/info")["runningTaskCount"] == 0
    free = {"instances": account.ok("GET", "/info")["runningInstanceCount"]}
    assert free == {"instances": 3 if host["state"] == "FullyExecuting" else 0}


def test_a_task_passes_its_states_in_order_at_their_times() -> None:
    account = Account()
    uuid = account.task(instanceCount=2)
    seen: list[tuple[str, str, int]] = []
    for _ in range(30):
        task = shown(account, uuid)
        step = (task["state"], task["stateTransitionTime"][14:19], task["runningInstanceCount"])
        if step not in seen:
            seen.append(step)
        account.pass_time(10)
    assert seen == [
        ("Submitted", "00:00", 0),
        ("PartiallyDispatched", "00:30", 0),
        ("FullyDispatched", "01:00", 0),
        ("PartiallyExecuting", "01:30", 2),
        ("FullyExecuting", "02:00", 2),
        ("UploadingResults", "03:30", 0),
        ("Success", "04:00", 0),
    ]
    task = shown(account, uuid)
    assert (task["progress"], task["resultsCount"], task["endDate"][11:19]) == (
        100.0,
        2,
        "08:04:00",
    )
    assert (task["executionTime"], task["wallTime"]) == ("00:04:00", "00:02:30")
    assert task["status"]["succeededRange"] == task["status"]["executedRange"] == "0-1"
    assert [one["instanceId"] for one in task["completedInstances"]] == [0, 1]


def test_a_single_instance_is_never_partial() -> None:
    account = Account()
    uuid = account.task()
    seen = set()
    for _ in range(30):
        seen.add(account.state(uuid, "tasks"))
        account.pass_time(10)
    assert seen == {"Submitted", "FullyDispatched", "FullyExecuting", "UploadingResults", "Success"}


def test_work_lasts_as_long_as_the_command_sleeps() -> None:
    account = Account()
    uuid = account.task(constants=constants("sleep 1000; echo frame done"))
    account.pass_time(60 + 999)
    assert account.states(uuid) == ["FullyExecuting"]
    account.pass_time(1)
    assert account.states(uuid) == ["UploadingResults"]
    account.set(task_s=5)
    quick = account.task()
    account.pass_time(95)
    assert account.states(quick) == ["Success"]
    assert "frame done" in account.send("GET", f"/tasks/{uuid}/stdout").text


def test_a_command_that_exits_with_an_error_fails_the_task() -> None:
    account = Account()
    uuid = account.task(instanceCount=2, constants=constants("exit 3"))
    account.pass_time(HOUR)
    task = shown(account, uuid)
    assert (task["state"], task["status"]["failedRange"]) == ("Failure", "0-1")
    assert task["errors"][0]["message"] == "Instance 0 exited with code 3"
    assert task["completedInstances"][1]["error"]["message"] == "Instance 1 exited with code 3"
    assert account.send("GET", f"/tasks/{uuid}/stderr/1").text == "instance 1 exited with code 3\n"
    assert account.send("GET", f"/tasks/{uuid}/stderr/2").status == 404


def test_failures_are_ordered_by_name_and_instance() -> None:
    account = Account()
    account.set(failing_names=["bad-*", "part#1,3-4", "odd#x"])
    whole, part = account.task(name="bad-1"), account.task(name="part", advancedRanges="0-5")
    odd = account.task(name="odd")
    account.pass_time(HOUR)
    assert account.states(whole, part, odd) == ["Failure", "Failure", "Success"]
    status = shown(account, part)["status"]
    assert (status["failedRange"], status["succeededRange"]) == ("1,3-4", "0,2,5")


@pytest.mark.parametrize(
    ("retries", "attempts"),
    [
        ({}, {0: 1, 1: 1}),
        ({"maxTotalRetries": 0, "maxPerInstanceRetries": 0}, {0: 1, 1: 1}),
        ({"maxPerInstanceRetries": 2}, {0: 3, 1: 3}),
        ({"maxTotalRetries": 3}, {0: 3, 1: 2}),
        ({"maxTotalRetries": 1, "maxPerInstanceRetries": 5}, {0: 2, 1: 1}),
    ],
    ids=str,
)
def test_failed_instances_are_tried_again_within_both_limits(retries: Any, attempts: Any) -> None:
    account = Account()
    uuid = account.task(instanceCount=2, constants=constants("exit 1"), retrySettings=retries)
    account.pass_time(2 * HOUR)
    completed = shown(account, uuid)["completedInstances"]
    assert {one["instanceId"]: one["executionAttemptCount"] for one in completed} == attempts


def test_a_pool_runs_as_many_instances_as_it_has_slots() -> None:
    account = Account()
    pool = running_pool(account, instanceCount=2, multiSlotsSettings={"slotsPerNode": 2})
    uuid = account.task(poolUuid=pool, instanceCount=10)
    assert account.pool(pool)["queuedOrRunningTaskInstancesCount"] == 10
    account.pass_time(61)
    task = shown(account, uuid)
    assert (task["state"], task["runningInstanceCount"]) == ("PartiallyExecuting", 4)
    assert account.pool(pool)["poolUsage"] == 1.0
    account.pass_time(240)
    task = shown(account, uuid)
    assert (task["state"], task["runningInstanceCount"], task["progress"]) == (
        "FullyExecuting",
        2,
        80.0,
    )
    assert account.pool(pool)["queuedOrRunningTaskInstancesCount"] == 2
    account.pass_time(HOUR)
    assert account.states(uuid) == ["Success"]
    assert account.pool(pool)["queuedOrRunningTaskInstancesCount"] == 0


def test_tasks_wait_for_their_pool_in_the_order_of_their_coming() -> None:
    account = Account()
    pool = account.create(instanceCount=1)
    first, second = (account.task(poolUuid=pool, name=name) for name in ("first", "second"))
    account.pass_time(89)
    assert account.states(first, second) == ["FullyDispatched", "Submitted"]
    account.pass_time(181)
    assert account.states(first, second) == ["Success", "FullyExecuting"]


def test_a_scaled_pool_grows_with_its_queue_and_shrinks_after_it() -> None:
    account = Account()
    pool = running_pool(account, instanceCount=0, scaling={"policies": [QUEUE]})
    uuid = account.task(poolUuid=pool, instanceCount=7)
    counts = []
    for _ in range(80):
        account.pass_time(30)
        counts.append(account.pool(pool)["runningInstanceCount"])
    assert max(counts) == 7
    assert counts[-1] == 0
    assert account.states(uuid) == ["Success"]


def test_more_than_the_running_quota_waits() -> None:
    account = Account()
    account.set(quotas={"maxRunningTask": 1})
    pool = running_pool(account)
    first, second = account.task(name="alone"), account.task(poolUuid=pool)
    account.pass_time(100)
    assert account.states(first, second) == ["FullyExecuting", "Submitted"]
    account.pass_time(200)
    assert account.states(first, second) == ["Success", "FullyExecuting"]
    assert account.ok("GET", "/info")["runningTaskCount"] == 1


def test_what_finds_no_machine_waits_or_fails_in_time() -> None:
    account = Account()
    account.set(capacity=1)
    holder = account.task(constants=constants("sleep 600"))
    waiting, late = account.task(), account.task(maxTimeQueueSeconds=120)
    account.pass_time(120)
    assert account.states(holder, waiting, late) == ["FullyExecuting", "Submitted", "Failure"]
    assert shown(account, late)["errors"][0]["code"] == "GHX0700E"
    account.set(capacity=2)
    account.pass_time(60)
    assert account.states(waiting) == ["FullyExecuting"]


def test_a_closing_pool_makes_room_for_tasks_of_the_account() -> None:
    account = Account()
    account.set(capacity=2)
    pool = running_pool(account)
    uuid = account.task()
    account.pass_time(HOUR)
    assert account.states(uuid) == ["Submitted"]
    account.ok("POST", f"/pools/{pool}/close")
    account.pass_time(60)
    assert account.states(uuid) == ["FullyExecuting"]


def test_an_ended_task_makes_room_for_a_pool() -> None:
    account = Account()
    account.set(capacity=2)
    account.task()
    account.pass_time(60)
    pool = account.create()
    account.pass_time(100)
    assert account.state(pool) == "Submitted"
    account.pass_time(HOUR)
    assert account.state(pool) == "FullyExecuting"


@pytest.mark.parametrize(("how", "state"), [("cancel", "Cancelled"), ("keep", "Submitted")])
def test_closing_a_pool_cancels_its_tasks_unless_the_switch_keeps_them(
    how: str, state: str
) -> None:
    account = Account()
    account.set(close_pool_tasks=how)
    pool = account.create(instanceCount=0)
    job = account.job(poolUuid=pool)
    uuid = account.task(jobUuid=job)
    account.ok("POST", f"/pools/{pool}/close")
    account.pass_time(60)
    assert account.states(uuid) == [state]
    assert account.state(job, "jobs") == "Active"
    account.ok("DELETE", f"/pools/{pool}")
    assert shown(account, uuid)["poolUuid"] == pool


OPERATIONS: dict[str, tuple[str, str, Any]] = {
    "abort": ("POST", "/tasks/{}/abort", None),
    "put": ("PUT", "/tasks/{}", {"tags": ["new"]}),
    "patch": ("PATCH", "/tasks/{}", None),
    "snapshot": ("POST", "/tasks/{}/snapshot", {}),
    "periodic": ("POST", "/tasks/{}/snapshot/periodic", {"interval": 60}),
    "delete": ("DELETE", "/tasks/{}", None),
}
ALL_ALLOWED = dict.fromkeys(OPERATIONS, 200)
NONE_ALLOWED = dict.fromkeys(OPERATIONS, 403) | {"delete": 200}
ACTIVE = ("Submitted", "PartiallyDispatched", "FullyDispatched", "PartiallyExecuting")
STATUSES = dict.fromkeys((*ACTIVE, "FullyExecuting", "UploadingResults"), ALL_ALLOWED)
STATUSES |= dict.fromkeys(("Success", "Failure", "Cancelled", "PendingDelete"), NONE_ALLOWED)
STATUSES |= {"PendingCancel": NONE_ALLOWED | {"abort": 200}}


@pytest.mark.parametrize(
    ("state", "verb", "status"), [(s, v, n) for s, row in STATUSES.items() for v, n in row.items()]
)
def test_each_operation_is_allowed_in_its_states_alone(state: str, verb: str, status: int) -> None:
    account, uuid = in_state(state)
    method, path, body = OPERATIONS[verb]
    reply = account.send(method, path.format(uuid), body)
    assert reply.status == status
    if status == 403:
        assert reply.json == {"message": "The task is not running"}
    assert account.send(method, path.format("nope"), body).json == {"message": "No such task: nope"}


def test_an_aborted_task_is_seen_pending_and_then_cancelled() -> None:
    account, uuid = in_state("FullyExecuting")
    account.ok("POST", f"/tasks/{uuid}/abort")
    task = shown(account, uuid)
    assert (task["state"], task["previousState"]) == ("PendingCancel", "FullyExecuting")
    assert task["runningInstanceCount"] == 0
    account.pass_time(30)
    task = shown(account, uuid)
    assert (task["state"], task["status"]["cancelledRange"]) == ("Cancelled", "0-1")
    assert task["completedInstances"] == []


def test_a_put_changes_constants_and_tags_alone() -> None:
    account = Account()
    secret = {"key": "QARNOT_SECRET__A", "value": "s"}
    uuid = account.task(constants=[secret], tags=["old"])
    before = shown(account, uuid)
    account.ok(
        "PUT", f"/tasks/{uuid}", before | {"tags": ["new"], "name": "other", "instanceCount": 9}
    )
    assert shown(account, uuid) == before | {"tags": ["new"]}
    account.ok("PUT", f"/tasks/{uuid}", {"constants": [{"key": "B", "value": "1"}]})
    assert truth(account)["t"]["constants"] == [{"key": "B", "value": "1"}, secret]
    assert account.send("PUT", f"/tasks/{uuid}", {"tags": 5}).errors


def test_a_deleted_task_is_gone_or_pending_for_a_while() -> None:
    account = Account()
    uuid = account.task(shortname="x")
    account.ok("DELETE", "/tasks/x")
    assert account.send("GET", f"/tasks/{uuid}").status == 404
    account.set(tasks_after_delete="pending")
    uuid = account.task(shortname="x")
    account.ok("DELETE", "/tasks/x")
    assert account.states(uuid) == ["PendingDelete"]
    account.pass_time(60)
    assert account.names("/tasks") == []


def test_what_is_over_goes_by_its_time_its_retention_or_its_quota() -> None:
    account = Account()
    account.set(quotas={"maxTask": 2})
    account.task(name="short", completionTimeToLive="00:01:00")
    account.task(name="spare", autoDeleteOnCompletion=True)
    account.pass_time(300)
    assert account.names("/tasks") == ["spare"]
    account.task(name="a")
    account.task(name="b")
    assert set(account.names("/tasks")) == {"a", "b"}
    account.set(retention_s=600)
    account.pass_time(HOUR)
    assert account.names("/tasks") == []


DEPENDS = [("exit 0", "success", True), ("exit 1", "failure", True), ("exit 1", "success", False)]


@pytest.mark.parametrize(("command", "condition", "is_met"), DEPENDS)
def test_a_dependent_task_goes_on_when_its_condition_is_met(
    command: str, condition: str, is_met: bool
) -> None:
    account = Account()
    job = account.job(useDependencies=True)
    where = {"jobUuid": job, "profile": "docker-batch"}
    first = account.task(**where, constants=constants(command))
    wanted = {"taskUuid": first, "taskFinalStateCondition": [condition]}
    second = account.task(**where, dependencies={"advancedDependsOn": [wanted]})
    account.pass_time(200)
    waiting = shown(account, second)
    assert (waiting["state"], waiting["dependencies"]["state"]) == ("Submitted", "waiting")
    account.pass_time(HOUR)
    task = shown(account, second)
    assert task["state"] == ("Success" if is_met else "Cancelled")
    fulfilled = "dependencyConditionsFulfilled" if is_met else "dependencyConditionsNotFulfilled"
    assert task["dependencies"]["state"] == fulfilled
    final = "Success" if command == "exit 0" else "Failure"
    assert task["dependencies"]["advancedDependsOn"][0]["actualFinalState"] == final


@pytest.mark.parametrize(("how", "state"), [("fail", "Failure"), ("wait", "Submitted")])
def test_an_unmet_dependency_is_a_switch(how: str, state: str) -> None:
    account = Account()
    account.set(unmet_dependency=how)
    job = account.job(useDependencies=True)
    where = {"jobUuid": job, "profile": "docker-batch"}
    first = account.task(**where)
    wanted = {"taskUuid": first, "taskFinalStateCondition": ["success"]}
    second = account.task(**where, dependencies={"advancedDependsOn": [wanted]})
    account.ok("DELETE", f"/tasks/{first}")
    account.pass_time(HOUR)
    assert account.states(second) == [state]


def test_a_plain_dependency_is_met_by_any_end() -> None:
    account = Account()
    job = account.job(useDependencies=True)
    where = {"jobUuid": job, "profile": "docker-batch"}
    first = account.task(**where)
    second = account.task(**where, dependencies={"dependsOn": [first]})
    third = account.task(**where, dependencies={"dependsOn": [first, second]})
    account.ok("POST", f"/tasks/{first}/abort")
    account.pass_time(HOUR)
    assert account.states(first, second, third) == ["Cancelled", "Success", "Success"]
    late = account.task(**where, dependencies={"dependsOn": [first]})
    account.pass_time(HOUR)
    assert account.states(late) == ["Success"]


def test_dependencies_stay_in_their_job() -> None:
    account = Account()
    job, other = account.job(useDependencies=True), account.job(useDependencies=True)
    where = {"profile": "docker-batch", "name": "t", "instanceCount": 1}
    first = account.task(jobUuid=job, profile="docker-batch")
    body = where | {"jobUuid": other, "dependencies": {"dependsOn": [first]}}
    assert account.send("POST", "/tasks", body).json == {
        "message": f"No such task in the job: {first}"
    }
    both = {"dependsOn": [first], "advancedDependsOn": [{"taskUuid": first}]}
    assert (
        account.send("POST", "/tasks", where | {"jobUuid": job, "dependencies": both}).status == 400
    )
