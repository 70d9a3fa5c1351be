"""A client in the style of the vendor's own drives the sandbox over real HTTP."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from reconciler.sandbox.server import RunningSandbox
from tests.clients.conftest import Control
from tests.clients.deadline_con import REFUSED, DeadlineCon

INFO = {"Name": "comet", "Plugin": "CommandLine", "Frames": "1-4", "ChunkSize": 2}
PLUGIN = {"Executable": "/usr/bin/true", "Arguments": "", "SingleFramesOnly": "False"}


@pytest.fixture
def access(running: RunningSandbox, control: Control) -> dict[str, str]:
    """Address and credentials of the emulator of a new sandbox."""
    return dict(running.running.access["deadline"])


@pytest.fixture
def stranger(access: dict[str, str]) -> DeadlineCon:
    """A client without credentials."""
    where = urlsplit(access["url"])
    assert where.hostname
    assert where.port
    return DeadlineCon(where.hostname, where.port)


@pytest.fixture
def con(stranger: DeadlineCon, access: dict[str, str]) -> DeadlineCon:
    """A client that answers challenges."""
    stranger.set_authentication(access["user"], access["password"])
    return stranger


@pytest.fixture
def http(access: dict[str, str]) -> Iterator[httpx.Client]:
    """A plain client that sends its credentials unasked."""
    auth = (access["user"], access["password"])
    with httpx.Client(base_url=access["url"], auth=auth, verify=False) as client:
        yield client


def deadline(control: Control, **settings: Any) -> None:
    """Change switches of the emulator."""
    body = {"vendor": "deadline", "switches": settings}
    control.http.post("/_sandbox/settings", json=body).raise_for_status()


def truth(control: Control) -> Any:
    """The true contents."""
    return control.http.get("/_sandbox/objects", params={"vendor": "deadline"}).json()


def fault(control: Control, kind: str, **rest: Any) -> None:
    """Plan a fault of the emulator."""
    body = {"vendor": "deadline", "kind": kind, **rest}
    control.http.post("/_sandbox/faults", json=body).raise_for_status()


def submitted(con: DeadlineCon, **keys: Any) -> str:
    """The id of a new job."""
    return str(con.jobs.submit({**INFO, **keys}, PLUGIN, IdOnly=True)["_id"])


def test_credentials_are_sent_after_a_challenge(
    con: DeadlineCon, control: Control, stranger: DeadlineCon
) -> None:
    assert con.pools.add("film") == "Success"
    log = control.http.get("/_sandbox/requests", params={"vendor": "deadline"}).json()
    assert [one["status"] for one in log] == [401, 200]
    assert log[0]["bodyDigest"] == log[1]["bodyDigest"]


def test_without_credentials_there_is_one_fixed_text(
    stranger: DeadlineCon, control: Control
) -> None:
    assert stranger.jobs.ids() == REFUSED
    deadline(control, authentication="off")
    assert stranger.jobs.ids() == []


def test_a_form_that_is_json_is_read_as_json(con: DeadlineCon, control: Control) -> None:
    job = con.jobs.submit(INFO, PLUGIN)
    assert (job["Props"]["Name"], job["Props"]["Tasks"]) == ("comet", 2)
    assert truth(control)["jobs"][0]["Props"]["PlugInfo"] == PLUGIN


def test_a_job_lives_from_its_submission_to_its_end(con: DeadlineCon, control: Control) -> None:
    job = submitted(con, InitialStatus="Suspended")
    assert con.jobs.one(job)["Stat"] == 2
    assert con.jobs.command("resume", job) == "Success"
    control.advance(10)
    assert con.jobs.details(job)[job]["Job"]["Status"].split(" ") == ["Rendering", "(2)"]
    assert con.tasks.of(job)["Tasks"][0]["Stat"] == 4
    control.advance(60)
    assert [one["_id"] for one in con.jobs.in_states("Completed", "Failed")] == [job]
    assert con.tasks.one(job, 1)["Frames"] == "3-4"
    assert con.tasks.ids(job) == [0, 1]


def test_frames_are_appended_and_finished_tasks_stay(con: DeadlineCon, control: Control) -> None:
    job = submitted(con, ChunkSize=1)
    control.advance(100)
    before = con.tasks.of(job)["Tasks"]
    assert con.jobs.command("appendjobframerange", job, FrameList="5-6") == "Success"
    after = con.tasks.of(job)["Tasks"]
    assert after[:4] == before
    assert [task["Stat"] for task in after] == [5, 5, 5, 5, 2, 2]


def test_a_job_is_read_changed_and_saved_whole(con: DeadlineCon) -> None:
    job = con.jobs.one(submitted(con, Priority=20))
    job["Props"]["Pri"] = 75
    job["Props"]["MachLmt"] = 5
    assert con.jobs.save(job) == "Success"
    props = con.jobs.one(job["_id"])["Props"]
    assert (props["Pri"], props["MachLmt"]) == (75, 0)
    assert con.jobs.command("setjobmachinelimitmaximum", job["_id"], Limit=5) == "Success"
    assert con.jobs.one(job["_id"])["Props"]["MachLmt"] == 5


def test_errors_are_bare_text(con: DeadlineCon) -> None:
    unknown = "65f0c0ffee00000000009999"
    assert con.jobs.one(unknown) == []
    assert con.jobs.command("suspend", unknown) == f"Error: no job with ID {unknown}."
    assert con.jobs.command("pause", submitted(con)) == "Error: invalid command pause."
    assert con.delete("tasks", JobID=unknown) == "Error: not implemented."
    assert con.delete("jobs") == "Error: at least one job ID is needed."
    assert con.limits.one("none such").startswith("Error: ")


def test_an_empty_task_list_is_every_task(con: DeadlineCon) -> None:
    job = submitted(con, ChunkSize=1)
    assert con.tasks.command("suspend", job, TaskList=[1]) == "Success"
    assert con.jobs.one(job)["SuspendedChunks"] == 1
    assert con.tasks.command("suspend", job, TaskList=[]) == "Success"
    assert con.jobs.one(job)["SuspendedChunks"] == 4


def test_names_with_blanks_travel_as_plus(con: DeadlineCon, control: Control) -> None:
    assert con.pools.add(["Film A", "film b"]) == "Success"
    assert con.pools.all() == ["none", "film a", "film b"]
    assert con.pools.give(["node01", "gpu01"], "film a") == "Success"
    assert con.pools.workers(["film a", "film b"]) == ["node01", "gpu01"]
    log = control.http.get("/_sandbox/requests", params={"vendor": "deadline"}).json()
    assert log[-1]["query"] == "Pool=film+a,film+b"
    assert con.pools.take("node01", "film a") == "Success"
    assert con.pools.delete("film a") == "Success"
    assert con.pools.all() == ["none", "film b"]
    assert con.limits.set("nuke x", Limit=3) == "Success"
    assert con.limits.one("nuke x")["Props"]["Limit"] == 3
    assert con.limits.delete("nuke x") == "Success"
    assert con.limits.names() == con.limits.several(["nuke x"]) == []


def test_the_order_of_a_workers_pools_counts(con: DeadlineCon) -> None:
    con.pools.add(["a", "b"])
    assert con.pools.give("node01", ["b", "a"], OverWrite=True) == "Success"
    both = con.slaves.both("node01")
    assert (both["Settings"]["Pools"], both["Info"]["Pools"]) == (["b", "a"], "b,a")
    assert con.slaves.save_settings(both["Settings"] | {"Pools": ["a", "b"]}) == "Success"
    assert con.slaves.both("NODE01")["Settings"]["Pools"] == ["a", "b"]
    assert len(con.slaves.names()) == 5


def test_a_deleted_job_comes_back_or_goes_for_good(con: DeadlineCon) -> None:
    job = submitted(con)
    assert con.jobs.delete(job) == "Success"
    assert ([one["_id"] for one in con.jobs.deleted()], con.jobs.ids()) == ([job], [])
    assert con.jobs.command("undelete", job) == "Success"
    assert con.jobs.ids() == [job]
    con.jobs.delete(job)
    assert con.jobs.purge(job) == "Success"
    assert con.jobs.deleted() == []


def test_a_chain_of_jobs(con: DeadlineCon) -> None:
    body = {"JobInfo": INFO, "PluginInfo": PLUGIN, "AuxFiles": []}
    ids = [one["_id"] for one in con.jobs.submit_several([body, body], "true")]
    assert [con.jobs.one(one)["Stat"] for one in ids] == [1, 6]


def test_a_long_list_comes_whole(con: DeadlineCon, control: Control, http: httpx.Client) -> None:
    body = {"JobInfo": {**INFO, "InitialStatus": "Suspended"}, "PluginInfo": {}, "AuxFiles": []}
    jobs = con.jobs.submit_several([body] * 450, "false")
    assert [one["_id"] for one in con.jobs.all()] == [one["_id"] for one in jobs]
    answer = http.get("/api/jobs")
    assert "content-length" not in answer.headers
    assert len(answer.json()) == 450
    assert len(http.get("/api/jobs", headers={"connection": "close"}).json()) == 450
    fault(control, "truncate", path="/api/jobs")
    with pytest.raises(httpx.RemoteProtocolError):
        http.get("/api/jobs")


def test_short_answers_announce_their_length(http: httpx.Client) -> None:
    for answer in (
        http.get("/"),
        http.get("/api/jobs"),
        http.post("/api/pools", json={"Pool": "a"}),
    ):
        assert int(answer.headers["content-length"]) == len(answer.content)
        assert answer.headers["server"] == "Kestrel"


def test_head_says_which_verbs_there_are(http: httpx.Client) -> None:
    answer = http.head("/api/jobs")
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET, OPTIONS, POST, PUT")


def test_a_submission_whose_answer_is_lost_is_done(http: httpx.Client, control: Control) -> None:
    body = {"JobInfo": INFO, "PluginInfo": PLUGIN, "AuxFiles": []}
    fault(control, "drop_after", method="POST", path="/api/jobs")
    with pytest.raises(httpx.RemoteProtocolError):
        http.post("/api/jobs", json=body)
    assert len(truth(control)["jobs"]) == 1
    fault(control, "drop_before", method="POST", path="/api/jobs")
    with pytest.raises(httpx.RemoteProtocolError):
        http.post("/api/jobs", json=body)
    assert len(truth(control)["jobs"]) == 1
    fault(control, "slow_list", method="POST", path="/api/jobs", seconds=60)
    http.post("/api/jobs", json=body)
    assert len(http.get("/api/jobs").json()) == 1
    control.advance(60)
    assert len(http.get("/api/jobs").json()) == 2
