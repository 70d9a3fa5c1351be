"""How jobs and executions come and go on the virtual clock."""

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from reconciler.sandbox.flow.machines import shortfall
from tests.unit.sandbox.flow.service import JOBS, QUEUE, START_S, TASK, Service, executions

DAY_S = 86_400


def statuses(service: Service, job_id: str) -> list[str]:
    return [one["status"] for one in service.results(f"{JOBS}/{job_id}/executions")]


def needing(**requirements: int) -> dict[str, Any]:
    return TASK | {"requirements": requirements}


def test_a_job_queues_runs_and_succeeds() -> None:
    service = Service()
    service.set(queued_s=30, execution_s=60)
    job_id = service.create()
    seen = [service.status(job_id)]
    for seconds in (29.9, 0.1, 59.9, 0.1, 1000):
        service.pass_time(seconds)
        seen.append(service.status(job_id))
    assert seen == ["QUEUED", "QUEUED", "RUNNING", "RUNNING", "SUCCEEDED", "SUCCEEDED"]
    assert statuses(service, job_id) == ["SUCCEEDED"]


def test_statuses_have_the_words_of_the_switches() -> None:
    service = Service()
    service.set(queued_status="PENDING", running_status="IN_PROGRESS", canceled_status="CANCELLED")
    service.set(canceling_status="CANCELING", canceling_s=5)
    job_id = service.create()
    seen = [service.status(job_id)]
    service.pass_time(30)
    seen.append(service.status(job_id))
    service.cancel(job_id)
    seen.append(service.status(job_id))
    service.pass_time(5)
    seen.append(service.status(job_id))
    assert seen == ["PENDING", "IN_PROGRESS", "CANCELING", "CANCELLED"]


def test_executions_take_turns() -> None:
    service = Service()
    service.set(queued_s=0, execution_s=60, parallel_executions=2)
    job_id = service.create(TASK | {"payload": executions(4)})
    service.pass_time(90)
    assert statuses(service, job_id) == ["SUCCEEDED", "SUCCEEDED", "RUNNING", "RUNNING"]
    assert service.status(job_id) == "RUNNING"
    service.pass_time(30)
    assert service.status(job_id) == "SUCCEEDED"


def test_frames_in_a_row_take_their_time_each() -> None:
    service = Service()
    service.set(queued_s=0, execution_s=60)
    payload = {"options": {"frames": {"start": 1, "end": 10}}, "executions": [{}]}
    job_id = service.create(TASK | {"payload": payload})
    service.pass_time(599)
    assert service.status(job_id) == "RUNNING"
    service.pass_time(1)
    assert service.status(job_id) == "SUCCEEDED"


def test_the_time_of_an_execution_may_go_by_name() -> None:
    service = Service()
    service.set(queued_s=0, seconds_by_name=["long-*=7200", "*/t=5"])
    long_id, short_id = service.create(name="long-1"), service.create(name="short")
    service.pass_time(5)
    assert (service.status(long_id), service.status(short_id)) == ("RUNNING", "SUCCEEDED")
    service.pass_time(7195)
    assert service.status(long_id) == "SUCCEEDED"


def test_a_map_task_runs_once_for_each_value() -> None:
    service = Service()
    service.set(map_values=["three=3", "none=0"])
    inner = TASK | {"payload": executions(1, "out.usd")}
    tasks = [
        {"name": name, "type": "map", "values": {"source": source}, "task": inner}
        for name, source in (("m", "three"), ("one", "unknown"), ("zero", "none"))
    ]
    job_id = service.create(*tasks)
    service.pass_time(DAY_S)
    found = service.results(f"{JOBS}/{job_id}/executions")
    assert [(one["taskName"], one["index"]) for one in found] == [
        ("m", 0),
        ("m", 1),
        ("m", 2),
        ("one", 0),
    ]
    assert len(service.results(f"{JOBS}/{job_id}/tasks")) == 3
    paths = [one["path"] for one in service.results(f"{JOBS}/{job_id}/outputs")]
    assert paths == ["/m/0/out.usd", "/m/1/out.usd", "/m/2/out.usd", "/one/0/out.usd"]
    service.set(map_task_name="inner")
    other_id = service.create(tasks[0])
    assert service.results(f"{JOBS}/{other_id}/executions")[0]["taskName"] == "t"


@pytest.mark.parametrize(
    ("task", "detail"),
    [
        (needing(cpu=17), "no machine has 17 vCPUs"),
        (needing(cpu=1, memory=122_881), "no machine has 122881 MB of memory"),
        (
            TASK | {"inputs": [{"source": {"uri": "urn:nope"}, "target": {"path": "a"}}]},
            "input urn:nope does not resolve",
        ),
        (
            TASK
            | {"limitations": {"maxExecutionTimeInSeconds": 20}, "payload": {"executions": [{}]}},
            "ran longer than 20 s",
        ),
    ],
)
def test_a_task_that_cannot_be_done_fails_its_job(task: Any, detail: str) -> None:
    service = Service()
    job_id = service.create(task)
    assert "error" not in service.job(job_id)
    service.pass_time(DAY_S)
    job = service.job(job_id)
    assert job["status"] == "FAILED"
    assert job["error"] == {"title": "Task failed", "detail": f"task 't': {detail}"}
    (execution,) = service.results(f"{JOBS}/{job_id}/executions")
    assert execution["error"] == {"title": "Execution failed", "detail": detail}
    assert service.results(f"{JOBS}/{job_id}/outputs") == []
    assert len(service.results(f"{JOBS}/{job_id}/logs")) == 1


def test_every_size_of_the_table_is_met_by_a_machine() -> None:
    assert [shortfall(cpu, memory) for cpu, memory in ((4, 30_721), (1, 9_000), (16, 30_720))] == [
        None,
        None,
        None,
    ]
    assert shortfall(16, 122_880) is None


def test_overtime_may_end_as_canceled() -> None:
    service = Service()
    service.set(overtime="CANCELED", queued_s=0)
    job_id = service.create(TASK | {"limitations": {"maxExecutionTimeInSeconds": 20}})
    service.pass_time(20)
    job = service.job(job_id)
    assert (job["status"], "error" in job) == ("CANCELED", False)


def test_an_unknown_executor_may_fail() -> None:
    service = Service()
    service.set(unknown_executor="fail")
    job_id = service.create(TASK | {"executor": {"name": "maya", "version": "1"}})
    service.pass_time(DAY_S)
    assert service.job(job_id)["error"]["detail"] == "task 't': there is no executor maya"


def test_names_fail_as_ordered_whole_or_by_execution() -> None:
    service = Service()
    service.set(failing_names=["bad-*", "*/shaky#1,3-4"])
    task = {"name": "shaky", "executor": "bifrost", "payload": executions(6, "o")}
    bad_id, mixed_id = service.create(name="bad-job"), service.create(task, name="n")
    service.pass_time(DAY_S)
    assert service.status(bad_id) == "FAILED"
    words = statuses(service, mixed_id)
    assert [i for i, word in enumerate(words) if word == "FAILED"] == [1, 3, 4]
    assert service.status(mixed_id) == "FAILED"
    paths = [one["path"] for one in service.results(f"{JOBS}/{mixed_id}/outputs")]
    assert paths == ["/shaky/0/o", "/shaky/2/o", "/shaky/5/o"]


def test_too_many_executions_fail_the_job() -> None:
    service = Service()
    service.set(most_executions=3)
    job_id = service.create(TASK | {"payload": executions(10**9)})
    service.pass_time(DAY_S)
    assert service.job(job_id)["error"]["detail"] == "it has more than 3 executions"


def test_templates_fill_the_names_of_outputs() -> None:
    service = Service()
    payload = executions(2, "c.{executionId:04}.bob", "{executionId}.txt")
    job_id = service.create({"name": "sim", "executor": "bifrost", "payload": payload})
    assert service.results(f"{JOBS}/{job_id}/outputs") == []
    service.pass_time(DAY_S)
    outputs = service.results(f"{JOBS}/{job_id}/outputs")
    assert [one["path"] for one in outputs] == [
        "/sim/0/c.0001.bob",
        "/sim/0/1.txt",
        "/sim/1/c.0002.bob",
        "/sim/1/2.txt",
    ]
    assert all(one.keys() == {"path", "resourceId", "spaceId", "urn"} for one in outputs)
    logs = service.results(f"{JOBS}/{job_id}/logs")
    assert [one["path"] for one in logs] == ["/sim/0/bifrost.log", "/sim/1/bifrost.log"]
    assert "urn" not in logs[0]
    service.set(log_urns="present")
    assert service.results(f"{JOBS}/{job_id}/logs")[0]["urn"].startswith("urn:adsk:fc.outputs:us.")


def test_an_output_is_an_input_of_a_later_job() -> None:
    service = Service()
    first_id = service.create(TASK | {"payload": executions(1, "a.usd")})
    service.pass_time(DAY_S)
    (output,) = service.results(f"{JOBS}/{first_id}/outputs")
    payload = {"definitionFiles": [{"source": {"uri": output["urn"]}, "target": {"path": "a"}}]}
    job_id = service.create(TASK | {"payload": payload})
    service.pass_time(DAY_S)
    assert service.status(job_id) == "SUCCEEDED"


def test_a_cancel_ends_a_job_after_a_while_and_says_nothing() -> None:
    service = Service()
    service.set(canceling_s=5, parallel_executions=1)
    job_id = service.create(TASK | {"payload": executions(3, "o")})
    service.pass_time(100)
    reply = service.cancel(job_id)
    assert (reply.status, reply.json) == (200, {})
    assert service.status(job_id) == "RUNNING"
    service.pass_time(5)
    assert service.status(job_id) == "CANCELED"
    assert statuses(service, job_id) == ["SUCCEEDED", "CANCELED", "CANCELED"]
    paths = [one["path"] for one in service.results(f"{JOBS}/{job_id}/outputs")]
    assert paths == ["/t/0/o"]


def test_a_queued_job_is_cancelled_without_running() -> None:
    service = Service()
    service.set(canceling_s=100)
    job_id = service.create()
    service.cancel(job_id)
    service.pass_time(99)
    assert (service.status(job_id), statuses(service, job_id)) == ("QUEUED", ["QUEUED"])
    service.pass_time(1)
    assert service.status(job_id) == "CANCELED"


def test_a_cancel_that_comes_too_late_changes_nothing() -> None:
    service = Service()
    service.set(canceling_s=10)
    job_id = service.create()
    service.pass_time(85)
    service.cancel(job_id)
    service.pass_time(5)
    assert service.status(job_id) == "SUCCEEDED"
    assert service.cancel(job_id).status == 200
    service.set(cancel_finished_status=409)
    assert service.cancel(job_id).status == 409
    assert service.status(job_id) == "SUCCEEDED"


@pytest.mark.parametrize("job_id", ["nope", "", None, 5, "x" * 1025])
def test_a_cancel_names_a_job_that_is_there(job_id: Any) -> None:
    reply = Service().send("POST", f"{QUEUE}/jobs:cancel", {"jobId": job_id})
    assert reply.status == (404 if job_id == "nope" else 400)


@given(
    st.lists(st.sampled_from(["cancel", "advance 1", "advance 40", "advance 500"]), max_size=8),
    st.sampled_from([0, 5, 100]),
)
@settings(deadline=None)
def test_a_terminal_status_never_changes(acts: list[str], canceling_s: int) -> None:
    service = Service()
    service.set(canceling_s=canceling_s, failing_names=["t#2"])
    job_id = service.create(TASK | {"payload": executions(3)})
    order = ["QUEUED", "RUNNING"]
    last = "QUEUED"
    for act in acts:
        if act == "cancel":
            service.cancel(job_id)
        else:
            service.pass_time(float(act.partition(" ")[2]))
        now = service.status(job_id)
        assert now == last if last not in order else now not in order[: order.index(last)]
        if now not in order:
            assert not {"QUEUED", "RUNNING"} & set(statuses(service, job_id))
        last = now


def test_a_deleted_job_is_gone_at_once_with_its_files() -> None:
    service = Service()
    urn = service.upload("keep.usd", b"k")
    job_id = service.create(TASK | {"payload": executions(1, "o")})
    service.pass_time(DAY_S)
    (output,) = service.results(f"{JOBS}/{job_id}/outputs")
    reply = service.send("DELETE", f"{JOBS}/{job_id}")
    assert (reply.status, reply.json) == (202, {})
    gone = service.send("GET", f"{JOBS}/{job_id}")
    assert (gone.status, gone.json) == (
        404,
        {"title": "Not Found", "detail": f"job {job_id} does not exist in this queue"},
    )
    assert service.results(JOBS) == []
    assert service.send("DELETE", f"{JOBS}/{job_id}").status == 404
    space = f"/flow/storage/v1/spaces/{output['spaceId']}"
    assert service.send("GET", space).status == 404
    assert urn.endswith("@default/keep.usd")
    service.ok("GET", "/flow/storage/v1/spaces/scratch:@default/resources/keep.usd")


def test_a_delete_may_take_time_and_cancels_what_runs() -> None:
    service = Service()
    service.set(delete_s=10)
    job_id = service.create()
    service.send("DELETE", f"{JOBS}/{job_id}")
    assert service.status(job_id) == "CANCELED"
    service.pass_time(10)
    assert service.send("GET", f"{JOBS}/{job_id}").status == 404


def test_a_delete_may_be_refused_or_unknown() -> None:
    service = Service()
    service.set(delete_running="refuse", empty_answers="nothing")
    job_id = service.create()
    assert service.send("DELETE", f"{JOBS}/{job_id}").status == 400
    service.pass_time(DAY_S)
    assert service.send("DELETE", f"{JOBS}/{job_id}").body == b""
    service.set(delete_route="absent")
    assert service.send("DELETE", f"{JOBS}/{service.create()}").status == 405


def test_a_job_is_gone_thirty_days_after_its_creation() -> None:
    service = Service()
    job_id = service.create()
    service.pass_time(30 * DAY_S - 1)
    assert service.status(job_id) == "SUCCEEDED"
    service.pass_time(1)
    assert service.send("GET", f"{JOBS}/{job_id}").status == 404
    assert service.results(JOBS) == []
    assert service.vendor.objects()["jobs"] == []


def test_the_retention_is_a_setting() -> None:
    service = Service()
    service.set(retention_s=1000, retention_from="completion", queued_s=0, execution_s=500)
    job_id = service.create()
    service.pass_time(1499)
    assert service.status(job_id) == "SUCCEEDED"
    service.pass_time(1)
    assert service.send("GET", f"{JOBS}/{job_id}").status == 404
    service.set(retention_s=None)
    kept_id = service.create()
    service.pass_time(1000 * DAY_S)
    assert service.status(kept_id) == "SUCCEEDED"
    service.set(retention_s=60)
    assert service.send("GET", f"{JOBS}/{kept_id}").status == 404


def test_times_of_jobs_are_shown_on_request_alone() -> None:
    service = Service()
    job_id = service.create()
    assert service.job(job_id).keys() == {"id", "tags", "status"}
    service.set(job_times="present", tags_returned="no")
    service.pass_time(30)
    job = service.job(job_id)
    assert job["creationTime"] == "2026-03-02T08:00:00.000Z"
    assert job["modificationTime"] == "2026-03-02T08:00:30.000Z"
    assert "tags" not in job
    assert service.clock.now_s() == START_S + 30


def test_the_name_of_a_job_may_stay_untold() -> None:
    service = Service()
    service.set(name_returned="no", execution_fields="minimal")
    job_id = service.create(name="n")
    assert "name" not in service.job(job_id)
    (execution,) = service.results(f"{JOBS}/{job_id}/executions")
    assert execution.keys() == {"id"}
