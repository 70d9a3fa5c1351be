"""A client in the manner of the vendor's samples, on the sandbox over real HTTP."""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.sandbox.server import RunningSandbox, SandboxOptions
from tests.clients.flow_sample import FlowSample

START_S = 1_772_438_400.0


class FlowControl:
    """The control port of the running sandbox, for Flow."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def set(self, **switches: Any) -> None:
        """Change switches."""
        self.post("settings", {"vendor": "flow", "switches": switches})

    def post(self, route: str, body: Any) -> None:
        """One control call that must succeed."""
        answer = self.http.post(f"/_sandbox/{route}", json=body)
        assert answer.status_code == 200, answer.text

    def advance(self, seconds: float) -> None:
        """Move the virtual time."""
        self.post("advance", {"seconds": seconds})

    def fault(self, kind: str, **rest: Any) -> None:
        """Plan a fault."""
        self.post("faults", {"vendor": "flow", "kind": kind, **rest})

    def objects(self, kind: str) -> Any:
        """What there truly is."""
        return self.http.get("/_sandbox/objects", params={"vendor": "flow"}).json()[kind]

    def requests(self) -> list[tuple[str, str, int]]:
        """Method, path and status of every request."""
        found = self.http.get("/_sandbox/requests", params={"vendor": "flow"}).json()
        return [(one["method"], one["path"], one["status"]) for one in found]


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    """A sandbox whose time stands still unless it is advanced."""
    with RunningSandbox(SandboxOptions(speed=0, seed=7, start_s=START_S)) as sandbox:
        yield sandbox


@pytest.fixture
def control(running: RunningSandbox) -> Iterator[FlowControl]:
    """The control port of a sandbox as new, without rate limits."""
    with httpx.Client(base_url=running.control_url, trust_env=False) as http:
        http.post("/_sandbox/reset").raise_for_status()
        control = FlowControl(http)
        control.set(rate_limits="off")
        yield control


@pytest.fixture
def sample(running: RunningSandbox, control: FlowControl) -> Iterator[FlowSample]:
    """The client of the first app."""
    access = running.running.access["flow"]
    with httpx.Client(trust_env=False, timeout=10) as http:
        yield FlowSample(access["url"], access["clientId"], access["clientSecret"], http)


def add_trees(graph: str, scene: str, *, frames: int = 1) -> Any:
    """A job in the manner of the vendor's sample: trees added to a scene, frame by frame."""
    return {
        "name": "add trees",
        "tags": ["sample"],
        "tasks": [
            {
                "name": "addTrees",
                "type": "task",
                "executor": "bifrost",
                "inputs": [{"source": {"uri": scene}, "target": {"path": "plane.usd"}}],
                "limitations": {"maxExecutionTimeInSeconds": 600},
                "requirements": {"cpu": 4, "memory": 30720},
                "payload": {
                    "action": "Evaluate",
                    "options": {"compound": "User::Graphs::addTrees", "bifrostVersion": "2.12.1.0"},
                    "definitionFiles": [
                        {"source": {"uri": graph}, "target": {"path": "addTrees.json"}}
                    ],
                    "ports": {
                        "inputPorts": [{"name": "amount", "type": "float", "value": "1000"}],
                        "jobPorts": [],
                    },
                    "executions": [
                        {
                            "templateRange": {"start": 1, "end": frames},
                            "frameId": "{executionId}",
                            "outputs": [
                                {
                                    "source": {"path": "trees.{executionId:04}.usd"},
                                    "target": {"name": "trees.{executionId:04}.usd"},
                                }
                            ],
                        }
                    ],
                },
            }
        ],
    }


def uploaded(sample: FlowSample, folder: Path, name: str, text: str = "#usda 1.0") -> str:
    file = folder / name
    file.write_text(text)
    return sample.upload(file)


def submitted(sample: FlowSample, folder: Path, *, frames: int = 1) -> str:
    graph = uploaded(sample, folder, "addTrees.json", "{}")
    scene = uploaded(sample, folder, "plane.usd")
    return sample.submit(add_trees(graph, scene, frames=frames))


def test_the_whole_way_from_files_to_files(
    sample: FlowSample, control: FlowControl, tmp_path: Path
) -> None:
    control.set(page_size=10)
    job_id = submitted(sample, tmp_path, frames=30)
    assert sample.job(job_id)["status"] not in {"SUCCEEDED", "FAILED", "CANCELED"}
    control.advance(600)
    assert sample.wait(job_id) == "SUCCEEDED"
    outputs = sample.download(job_id, "outputs", tmp_path)
    assert len(outputs) == 30
    assert outputs[0].name == "addTrees-0-trees.0001.usd"
    assert all(file.read_bytes() for file in outputs)
    assert len(sample.download(job_id, "logs", tmp_path)) == 30
    (task,) = sample.part_of(job_id, "tasks")
    assert task["requirements"] == {"cpu": 4, "memory": 30720}
    assert sample.encoded(job_id)["id"] == job_id


def test_time_that_runs_brings_a_job_to_its_end(tmp_path: Path) -> None:
    options = SandboxOptions(speed=600, seed=7)
    with RunningSandbox(options) as running, httpx.Client(trust_env=False) as http:
        access = running.running.access["flow"]
        sample = FlowSample(access["url"], access["clientId"], access["clientSecret"], http)
        assert sample.wait(submitted(sample, tmp_path)) == "SUCCEEDED"


def test_a_failed_job_says_why_in_its_first_execution(
    sample: FlowSample, control: FlowControl, tmp_path: Path
) -> None:
    scene = uploaded(sample, tmp_path, "plane.usd")
    job_id = sample.submit(add_trees("urn:adsk:fc.scratch:us.prd:resource:@default/no", scene))
    control.advance(600)
    assert sample.wait(job_id) == "FAILED"
    assert "does not resolve" in sample.failure(job_id)["detail"]


def test_a_cancelled_job_ends_and_a_deleted_one_is_gone(
    sample: FlowSample, control: FlowControl, tmp_path: Path
) -> None:
    job_id = submitted(sample, tmp_path)
    control.advance(40)
    sample.cancel(job_id)
    assert sample.job(job_id)["status"] not in {"SUCCEEDED", "FAILED", "CANCELED"}
    control.advance(60)
    assert sample.wait(job_id) == "CANCELED"
    sample.delete(job_id)
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        sample.job(job_id)
    assert sample.jobs() == []


@pytest.mark.parametrize("pages", ["full", "short", "empty_first", "empty_between"])
def test_a_client_that_follows_next_url_sees_every_job(
    sample: FlowSample, control: FlowControl, pages: str
) -> None:
    control.set(page_size=2, pages=pages)
    task = {"name": "t", "executor": "bifrost", "payload": {}}
    made = [sample.submit({"tasks": [task]}) for _ in range(5)]
    assert sorted(one["id"] for one in sample.jobs()) == sorted(made)


def test_a_file_in_parts_is_one_file(sample: FlowSample, control: FlowControl) -> None:
    urn = sample.upload_parts("big.usd", [b"a" * 100_000, b"b" * 100_000, b"c"])
    assert urn.endswith("/big.usd")
    (truth,) = control.objects("resources")
    assert (truth["id"], truth["size"]) == ("big.usd", 200_001)


def test_the_dates_of_answers_are_virtual(sample: FlowSample, control: FlowControl) -> None:
    control.advance(86_400)
    answer = sample.http.get(f"{sample.host}/flow/compute/v1/queues/@default/jobs")
    assert answer.status_code == 401
    assert parsedate_to_datetime(answer.headers["date"]).timestamp() == START_S + 86_400


def test_an_expired_token_is_a_401_until_a_new_one(
    sample: FlowSample, control: FlowControl
) -> None:
    control.fault("expire_token", path="/flow/compute/*")
    for _ in range(2):
        with pytest.raises(httpx.HTTPStatusError, match="401"):
            sample.jobs()
    sample.token = sample._token()
    assert sample.jobs() == []


def test_a_creation_that_was_done_and_cut_is_there(
    sample: FlowSample, control: FlowControl
) -> None:
    control.fault("drop_after", method="POST", path="/flow/compute/*/jobs")
    task = {"name": "t", "executor": "bifrost"}
    with pytest.raises(httpx.RemoteProtocolError):
        sample.submit({"name": "lost", "tasks": [task]})
    assert [one["name"] for one in sample.jobs()] == ["lost"]
    control.fault("slow_list", method="POST", path="*/jobs", seconds=60)
    job_id = sample.submit({"name": "slow", "tasks": [task]})
    assert job_id not in {one["id"] for one in sample.jobs()}
    control.advance(60)
    assert job_id in {one["id"] for one in sample.jobs()}


def test_an_upload_that_was_cut_can_be_settled_by_looking(
    sample: FlowSample, control: FlowControl, tmp_path: Path
) -> None:
    control.fault("drop_after", path="*/uploads:complete")
    with pytest.raises(httpx.RemoteProtocolError):
        uploaded(sample, tmp_path, "plane.usd")
    path = "/flow/storage/v1/spaces/scratch:@default/resources/plane.usd"
    assert sample._call("GET", path)["size"] == len("#usda 1.0")


def test_the_limit_is_by_real_time_and_says_when_to_come_again(
    sample: FlowSample, control: FlowControl
) -> None:
    control.set(rate_limits="on", rate_limit_window="sliding")
    job = {"tasks": [{"name": "t", "executor": "bifrost"}]}
    for _ in range(10):
        sample.submit(job)
    with pytest.raises(httpx.HTTPStatusError, match="429") as refused:
        sample.submit(job)
    assert 1 <= int(refused.value.response.headers["retry-after"]) <= 60
    assert refused.value.response.json() == {"developerMessage": "Quota limit exceeded."}
    control.advance(3600)
    sample.token = sample._token()
    with pytest.raises(httpx.HTTPStatusError, match="429"):
        sample.submit(job)
    control.set(rate_limit_window_s=0.001)
    assert sample.submit(job)


def test_a_kept_world_serves_the_same_client(tmp_path: Path) -> None:
    options = SandboxOptions(data_dir=tmp_path / "kept", speed=0, start_s=START_S)
    with RunningSandbox(options) as running, httpx.Client(trust_env=False) as http:
        access = running.running.access["flow"]
        sample = FlowSample(access["url"], access["clientId"], access["clientSecret"], http)
        job_id = submitted(sample, tmp_path)
    with RunningSandbox(options) as running, httpx.Client(trust_env=False) as http:
        again = running.running.access["flow"]
        assert again["clientSecret"] == access["clientSecret"]
        sample = FlowSample(again["url"], again["clientId"], again["clientSecret"], http)
        assert [one["id"] for one in sample.jobs()] == [job_id]


def test_every_request_is_in_the_log(
    sample: FlowSample, control: FlowControl, tmp_path: Path
) -> None:
    uploaded(sample, tmp_path, "plane.usd")
    seen = control.requests()
    assert seen[0] == ("POST", "/authentication/v2/token", 200)
    assert [(method, status) for method, _, status in seen[1:]] == [
        ("GET", 200),
        ("PUT", 200),
        ("POST", 200),
    ]
