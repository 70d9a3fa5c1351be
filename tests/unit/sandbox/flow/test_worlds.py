"""Worlds that are kept, seeded, reset; the truth that tests compare with; settings."""

import json
from typing import Any

import pytest

from reconciler.sandbox.flow.app import FlowVendor
from reconciler.sandbox.flow.switches import QUOTAS, RETENTION, SWITCHES
from reconciler.sandbox.sandbox import Sandbox, Start, WorldError
from reconciler.sandbox.settings import Amount, Choice, SettingError, Words
from tests.unit.sandbox.flow.service import JOBS, SCRATCH, START_S, TASK, Service, executions


def test_a_kept_world_goes_on_where_it_stopped() -> None:
    before = Service()
    before.set(page_size=3, retention_s=5000, quotas={"createsPerMinute": None})
    before.upload("a.usd", b"\x00\xff")
    open_upload = before.ok("GET", f"{SCRATCH}/resources/b.usd/upload-urls")
    before.transfer("PUT", open_upload["urls"][0]["url"], b"part")
    job_id = before.create(TASK | {"payload": executions(2, "o")}, name="n", tags=["t"])
    before.pass_time(40)
    kept = json.loads(json.dumps(before.vendor.saved()))
    after = Service(saved=kept)
    after.clock.advance(40)
    assert json.loads(json.dumps(after.vendor.saved()["jobs"])) == kept["jobs"]
    assert after.vendor.objects() == before.vendor.objects()
    assert after.send("GET", JOBS, token=before.token).status == 200
    for service in (before, after):
        service.pass_time(60)
        assert service.status(job_id) == "SUCCEEDED"
        assert len(service.results(f"{JOBS}/{job_id}/outputs")) == 2
    parts = [{"partId": 1, "etag": '"a49a6b0cf63d7acbfe8ed23da8b0e7ff"'}]
    body = {"resourceId": "b.usd", "uploadId": open_upload["upload"]["id"], "parts": parts}
    assert before.send("POST", f"{SCRATCH}/uploads:complete", body).status == (
        after.send("POST", f"{SCRATCH}/uploads:complete", body).status
    )
    assert after.create() != job_id
    after.pass_time(5000)
    assert after.send("GET", f"{JOBS}/{job_id}").status == 404


@pytest.mark.parametrize("kept", [{}, [], {"seed": 1}, {"retention": {"x": 1}}])
def test_a_damaged_world_says_so(kept: Any) -> None:
    with pytest.raises(WorldError, match="the kept world of flow is damaged"):
        Service(saved=kept)


def test_a_seeded_world_is_there_from_the_beginning() -> None:
    jobs = [
        {"name": "old", "tasks": [TASK], "status": "SUCCEEDED", "age_s": 3600},
        {"name": "run", "tasks": [TASK], "status": "RUNNING", "age_s": 60, "tags": ["a"]},
        {"name": "bad", "tasks": [TASK], "status": "FAILED"},
        {"name": "off", "tasks": [TASK], "status": "CANCELED"},
        {"name": "wait", "tasks": [TASK], "status": "QUEUED"},
        {"name": "live", "tasks": [TASK], "age_s": 30, "queue": "night"},
        {"name": "theirs", "tasks": [TASK], "app": "sandbox-other-app"},
    ]
    world = {
        "settings": {"switches": {"queues": ["night us"], "job_times": "present"}},
        "tokens": {"the-token": ["data:read"]},
        "resources": [{"id": "a.json", "text": "{}"}],
        "jobs": jobs,
    }
    service = Service(world=world)
    shown = {one["name"]: one["status"] for one in service.results(JOBS, token="the-token")}
    assert shown == {
        "wait": "QUEUED",
        "off": "CANCELED",
        "bad": "FAILED",
        "run": "RUNNING",
        "old": "SUCCEEDED",
    }
    bad = next(one for one in service.results(JOBS) if one["name"] == "bad")
    assert bad["error"]["title"] == "Task failed"
    assert service.ok("GET", f"{SCRATCH}/resources/a.json")["size"] == 2
    service.pass_time(29 * 86_400)
    still = {one["name"]: one["status"] for one in service.results(JOBS)}
    assert (still["run"], still["wait"]) == ("RUNNING", "QUEUED")


@pytest.mark.parametrize(
    ("world", "says"),
    [
        ([], "a flow world is an object of jobs, resources, settings, tokens"),
        ({"pools": []}, "a flow world is an object of"),
        ({"settings": {"switches": {"nope": 1}}}, "flow settings: there is no 'nope'"),
        ({"jobs": [1]}, r"flow jobs\[0\] must be an object"),
        ({"jobs": [{"tasks": []}]}, r"flow jobs\[0\]: .*tasks: must be a list"),
        ({"jobs": [{"tasks": [TASK], "status": "DONE"}]}, r"status is one of CANCELED, FAILED"),
        ({"jobs": [{"tasks": [TASK], "age_s": -1}]}, r"age_s is 0 or more"),
        ({"jobs": [{"tasks": [TASK], "queue": "x"}]}, "queue x does not exist"),
        ({"resources": [{"id": "a"}]}, r"flow resources\[0\] must be an object of id and text"),
    ],
)
def test_a_wrong_seed_says_where(world: Any, says: str) -> None:
    with pytest.raises(WorldError, match=says):
        Service(world=world)


def test_a_reset_keeps_the_credentials_and_nothing_else() -> None:
    sandbox = Sandbox({"flow": FlowVendor}, Start(0, START_S, 1, {}))
    access = sandbox.vendors["flow"].access()
    sandbox.vendors["flow"].change_settings({"switches": {"page_size": 1}})
    sandbox.reset()
    assert sandbox.vendors["flow"].access() == access
    assert access.keys() == {"clientId", "clientSecret"}
    assert sandbox.vendors["flow"].settings()["switches"]["page_size"]["value"] == 100


def test_the_truth_of_a_job_is_told() -> None:
    service = Service()
    service.set(failing_names=["t#1"])
    job_id = service.create(TASK | {"payload": executions(2, "o")}, name="n", tags=["a"])
    service.cancel(service.create())
    service.pass_time(3600)
    first, second = service.vendor.objects()["jobs"]
    assert first == {
        "id": job_id,
        "app": "sandbox-app",
        "queue": "@default",
        "name": "n",
        "tags": ["a"],
        "tasks": [TASK | {"payload": executions(2, "o")}],
        "status": "FAILED",
        "error": {
            "title": "Task failed",
            "detail": "task 't': the evaluation ended with an error",
        },
        "created": "2026-03-02T08:00:00.000Z",
        "changed": "2026-03-02T08:01:30.000Z",
        "cancelAsked": False,
        "executions": [
            {"taskName": "t", "index": 0, "status": "SUCCEEDED"},
            {"taskName": "t", "index": 1, "status": "FAILED"},
        ],
        "outputs": ["/t/0/o"],
    }
    assert (second["cancelAsked"], second["status"]) == (True, "CANCELED")


def test_a_change_of_settings_is_all_or_nothing() -> None:
    service = Service()
    for wanted in (
        {"switches": {"page_size": 2, "nope": 1}},
        {"switches": {"page_size": 2}, "quotas": {"nope": 1}},
        {"switches": {"page_size": 2}, "retention": 5},
        {"switches": {"page_size": 2, "map_values": ["x"]}},
    ):
        with pytest.raises(SettingError):
            service.vendor.change_settings(wanted)
    assert service.vendor.settings()["switches"]["page_size"]["value"] == 100


def test_every_row_takes_its_default_and_tells_its_meaning() -> None:
    for row in (*SWITCHES, *QUOTAS, *RETENTION):
        assert row.takes.accepts(row.default), row.name
        assert row.meaning
    assert len({row.name for row in SWITCHES}) == len(SWITCHES)


def values_of(takes: Choice | Amount | Words) -> list[Any]:
    """A few values that a row takes."""
    if isinstance(takes, Choice):
        return list(takes.words)
    if isinstance(takes, Words):
        return [value for value in ([], ["q=1"], ["*"]) if takes.accepts(value)]
    return [value for value in (0, 1, 1000, 3600) if takes.accepts(value)]


@pytest.mark.parametrize("row", SWITCHES, ids=lambda row: row.name)
def test_under_every_switch_a_job_is_made_and_found(row: Any) -> None:
    """A switch changes one thing; the sandbox still works with each of its values."""
    for value in values_of(row.takes):
        service = Service()
        service.set(**{row.name: value})
        service.set(rate_limits="off")
        service.token = service.new_token()
        job_id = service.create(TASK | {"payload": executions(1, "o")}, name="n")
        service.clock.advance(7200)
        service.token = service.new_token()
        shown = service.job(job_id)
        assert shown["id"] == job_id
        assert service.send("GET", JOBS).status == 200
        assert json.dumps(service.vendor.saved())
