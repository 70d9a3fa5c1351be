"""Creating jobs: what the service takes, what it refuses, what it shows again."""

import copy
from typing import Any

import pytest

from tests.unit.sandbox.flow.service import JOBS, QUEUE, TASK, Service

MAP = {"name": "m", "type": "map", "values": {"source": "variants"}, "task": TASK}
FULL = {
    "name": "scatter",
    "type": "task",
    "executor": {"name": "bifrost", "version": "1"},
    "hints": {"preferFastStart": True},
    "inputs": [
        {"source": {"spaceId": "stage", "key": "part-a"}, "target": {"path": "/in/a.usd"}},
        {"source": {"uri": "urn:x"}, "target": {"path": "b.usd"}},
    ],
    "limitations": {"maxExecutionTimeInSeconds": 172_800},
    "payload": {"action": "Evaluate", "options": {"compound": "User::Graphs::scatter"}},
    "requirements": {"cpu": 16, "memory": 122_880},
}


def refused(*tasks: Any, **fields: Any) -> str:
    return Service().send("POST", JOBS, {"tasks": list(tasks) or [TASK]} | fields).detail


def with_field(path: str, value: Any) -> Any:
    """The full task with another value at a path."""
    task = copy.deepcopy(FULL)
    place: Any = task
    *above, last = (int(part) if part.isdecimal() else part for part in path.split("."))
    for part in above:
        place = place[part]
    place[last] = value
    return task


def test_a_new_job_is_queued_and_shown_as_a_get_shows_it() -> None:
    service = Service()
    reply = service.send("POST", JOBS, {"name": "n", "tags": ["a=b"], "tasks": [TASK]})
    assert reply.status == 201
    assert reply.json == service.job(reply.json["id"])
    assert reply.json == {
        "id": reply.json["id"],
        "name": "n",
        "tags": ["a=b"],
        "status": "QUEUED",
    }


def test_tasks_come_back_as_they_were_sent() -> None:
    service = Service()
    service.set(unresolved_input="ignore")
    job_id = service.create(FULL, MAP, TASK)
    tasks = service.results(f"{JOBS}/{job_id}/tasks")
    assert tasks == [FULL, MAP, TASK]
    assert list(tasks[0]) != list(FULL)


def test_key_order_type_and_paths_come_back_as_the_switches_say() -> None:
    service = Service()
    service.set(task_key_order="submitted", task_type="filled", target_paths="normalised")
    job_id = service.create({"executor": "bifrost", "name": "t"}, with_field("name", "u"))
    plain, full = service.results(f"{JOBS}/{job_id}/tasks")
    assert list(plain.items()) == [("executor", "bifrost"), ("name", "t"), ("type", "task")]
    assert full["inputs"][0]["target"]["path"] == "in/a.usd"


def test_jobs_may_share_a_name_and_have_none() -> None:
    service = Service()
    ids = {service.create(name="same"), service.create(name="same"), service.create()}
    assert len(ids) == 3
    assert "name" not in service.results(JOBS)[0]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"tasks": []}, "tasks: must be a list of at least one task"),
        ({"tasks": None}, "tasks: must be a list of at least one task"),
        ({"tasks": ["t"]}, "tasks[0]: must be an object"),
        ({"name": "n" * 201}, "name: has 201 characters, at most 200 are allowed"),
        ({"name": 1}, "name: must be a string"),
        ({"tags": "a"}, "tags: must be a list of strings"),
        ({"tags": ["a", 1]}, "tags: must be a list of strings"),
        ({"tasks": [TASK, TASK]}, "tasks[1].name: 't' is already used in this job"),
        ({"tasks": [TASK, MAP | {"name": "t"}]}, "tasks[1].name: 't' is already used in this job"),
        ({"tasks": [MAP | {"values": {}}]}, "tasks[0].values.source: must be a string that is not"),
        ({"tasks": [MAP | {"values": None}]}, "tasks[0].values: must be an object"),
        ({"tasks": [MAP | {"task": MAP}]}, "tasks[0].task.type: must be 'task' here"),
        ({"tasks": [MAP | {"task": None}]}, "tasks[0].task: must be an object"),
        ({"tasks": [{"name": "t"}]}, "tasks[0].executor: must be a string that is not empty"),
    ],
)
def test_a_wrong_job_is_told_what_is_wrong(fields: Any, says: str) -> None:
    assert refused(**fields).startswith(says)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("name", "", "name: must be a string that is not empty"),
        ("name", "n" * 1001, "name: has 1001 characters"),
        ("type", "group", "type: must be 'task' here"),
        ("executor", {"name": "bifrost"}, "executor.version: must be a string"),
        ("executor", "x" * 201, "executor: has 201 characters"),
        ("hints", [], "hints: must be an object"),
        ("payload", "x", "payload: must be an object"),
        (
            "limitations.maxExecutionTimeInSeconds",
            200_000,
            "limitations.maxExecutionTimeInSeconds: 200000 is greater than 172800",
        ),
        ("limitations.maxExecutionTimeInSeconds", 0, "limitations.maxExecutionTimeInSeconds: 0 is"),
        ("requirements.cpu", 1.5, "requirements.cpu: must be a whole number"),
        ("requirements.cpu", True, "requirements.cpu: must be a whole number"),
        ("requirements.memory", "4 GB", "requirements.memory: must be a whole number"),
        ("inputs", {}, "inputs: must be a list"),
        ("inputs.0", 1, "inputs[0]: must be an object"),
        ("inputs.0.source", {}, "inputs[0].source: must have either uri, or spaceId and key"),
        ("inputs.0.source.uri", "urn:x", "inputs[0].source: must have either uri, or spaceId"),
        ("inputs.0.source", {"spaceId": "a"}, "inputs[0].source.key: must be a string"),
        ("inputs.0.target", "a", "inputs[0].target: must be an object"),
        ("inputs.0.source", "urn:x", "inputs[0].source: must be an object"),
        ("inputs.0.target", {}, "inputs[0].target.path: must be a string"),
        ("inputs.0.target.path", "a/../b", "inputs[0].target.path: leads out of its folder"),
        ("inputs.0.target.path", "a\nb", "inputs[0].target.path: has a control character"),
        ("inputs.0.target.path", "a" * 4001, "inputs[0].target.path: has 4001 characters"),
    ],
)
def test_a_wrong_task_is_told_what_is_wrong(path: str, value: Any, says: str) -> None:
    assert refused(with_field(path, value)).startswith(f"tasks[0].{says}")


def test_memory_as_digits_is_taken_and_shown_as_a_number() -> None:
    service = Service()
    job_id = service.create(with_field("requirements.memory", "4096"))
    (task,) = service.results(f"{JOBS}/{job_id}/tasks")
    assert task["requirements"] == {"cpu": 16, "memory": 4096}


def test_unknown_keys_are_ignored_or_refused() -> None:
    service = Service()
    assert service.create(TASK | {"dependsOn": []}, priority=5)
    service.set(unknown_keys="refuse")
    assert service.send("POST", JOBS, {"tasks": [TASK], "priority": 5}).detail == (
        "priority: is not known"
    )
    reply = service.send("POST", JOBS, {"tasks": [TASK | {"dependsOn": []}]})
    assert reply.detail == "tasks[0].dependsOn: is not known"


def test_what_no_machine_can_do_may_be_refused() -> None:
    service = Service()
    service.set(impossible_requirements="refuse")
    reply = service.send("POST", JOBS, {"tasks": [with_field("requirements.cpu", 32)]})
    assert reply.detail == "tasks[0].requirements.cpu: 32 is greater than 16"


def test_inputs_and_executors_may_be_refused() -> None:
    service = Service()
    service.set(unresolved_input="refuse", unknown_executor="refuse")
    reply = service.send("POST", JOBS, {"tasks": [FULL]})
    assert reply.detail == "tasks[0]: urn:x does not resolve"
    reply = service.send("POST", JOBS, {"tasks": [TASK | {"executor": "maya"}]})
    assert reply.detail == "tasks[0].executor: maya is not known"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"NaN", b"\xff", b"[" * 100_000])
def test_a_body_is_a_json_object(body: bytes) -> None:
    assert Service().send("POST", JOBS, body).detail.startswith("the body ")


def test_a_body_is_declared_as_json() -> None:
    service = Service()
    wrong: dict[str, Any] = {"headers": {"content-type": "text/plain"}}
    assert service.send("POST", JOBS, {"tasks": [TASK]}, **wrong).status == 400
    service.set(wrong_content_type=415)
    wrong = {"headers": {"content-type": ""}}
    assert service.send("POST", JOBS, {"tasks": [TASK]}, **wrong).status == 415
    service.set(wrong_content_type="accept")
    wrong = {"headers": {"content-type": ""}}
    assert service.send("POST", JOBS, {"tasks": [TASK]}, **wrong).status == 201
    right: dict[str, Any] = {"headers": {"content-type": "application/JSON; charset=utf-8"}}
    assert service.send("POST", JOBS, {"tasks": [TASK]}, **right).status == 201


def test_the_answer_of_a_creation_is_a_switch() -> None:
    service = Service()
    service.set(creation_status=202, creation_answer="id_only")
    reply = service.send("POST", JOBS, {"tasks": [TASK]})
    assert (reply.status, reply.json.keys()) == (202, {"id"})


def test_a_used_up_quota_is_told_without_a_time_to_wait() -> None:
    service = Service()
    service.set(quotas={"freeSubmissions": 1})
    service.create()
    reply = service.send("POST", JOBS, {"tasks": [TASK]})
    assert (reply.status, reply.headers) == (403, {})
    assert reply.json == {
        "title": "Submission refused: the free quota would be exceeded",
        "detail": "Quota returns on 2026-04-01T00:00:00Z",
    }
    service.set(quota_refusal_status=429)
    assert service.send("POST", JOBS, {"tasks": [TASK]}).status == 429


def test_queues_are_the_default_one_and_those_of_the_switch() -> None:
    service = Service()
    service.set(queues=["night us", "far eu"], foreign_queues=["theirs"])
    night, far = ("/flow/compute/v1/queues/" + name + "/jobs" for name in ("night", "far"))
    job_id = service.ok("POST", night, {"tasks": [TASK]})["id"]
    assert service.send("GET", f"{night}/{job_id}").status == 200
    assert service.send("GET", f"{JOBS}/{job_id}").status == 404
    assert service.results(far) == []
    assert service.send("GET", night, token=service.new_token(number=1)).status == 403
    reply = service.send("GET", "/flow/compute/v1/queues/theirs/jobs")
    assert (reply.status, reply.json) == (403, {"title": "Forbidden"})
    reply = service.send("GET", "/flow/compute/v1/queues/nope/jobs")
    assert (reply.status, reply.json["detail"]) == (404, "queue nope does not exist")


def test_a_region_header_must_be_that_of_the_queue() -> None:
    service = Service()
    assert service.send("GET", JOBS, headers={"region": "us"}).status == 200
    reply = service.send("GET", JOBS, headers={"region": "eu"})
    assert reply.detail == "queue @default is not in region 'eu'"
    service.set(region="eu", wrong_region_status=404)
    assert service.send("GET", JOBS, headers={"region": "eu"}).status == 200
    assert service.send("GET", JOBS, headers={"region": "us"}).status == 404


def test_a_queue_is_nothing_to_act_on() -> None:
    service = Service()
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert service.send(method, QUEUE, {}).status == 404
    assert service.send("PUT", JOBS, {}).status == 405
