"""A plain HTTP client on the sandbox's ports: control, faults, and what broken clients send."""

import json
import socket
import threading
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.sandbox.sandbox import WorldError
from reconciler.sandbox.server import VENDORS, RunningSandbox, SandboxOptions
from tests.clients.conftest import Control

POOL = {"name": "p", "profile": "docker-batch", "instanceCount": 1}


@pytest.fixture
def http(running: RunningSandbox, control: Control) -> Iterator[httpx.Client]:
    """A client of the Qarnot emulator with the token."""
    headers = {"Authorization": running.qarnot.token}
    with httpx.Client(base_url=running.qarnot.url, headers=headers, verify=False) as client:
        yield client


def raw(running: RunningSandbox, request: bytes) -> bytes:
    """All bytes that the emulator's port answers to these bytes."""
    host, port = running.qarnot.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_the_date_header_carries_virtual_time(http: httpx.Client, control: Control) -> None:
    before = parsedate_to_datetime(http.get("/settings").headers["date"])
    control.advance(86_400)
    after = parsedate_to_datetime(http.get("/settings").headers["date"])
    assert (after - before).total_seconds() == 86_400
    assert http.post("/pools", json=POOL).status_code == 200
    pool = http.get("/pools").json()[0]
    assert pool["creationDate"] == after.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_every_request_is_in_the_log(http: httpx.Client, control: Control) -> None:
    http.post("/pools", json=POOL)
    http.get("/pools", params={"tag": "a"})
    found = control.http.get("/_sandbox/requests", params={"vendor": "qarnot"}).json()
    assert [(one["method"], one["path"], one["query"], one["status"]) for one in found] == [
        ("POST", "/pools", "", 200),
        ("GET", "/pools", "tag=a", 200),
    ]
    assert len(found[0]["bodyDigest"]) == 64
    assert found[1]["bodyDigest"] is None
    assert found[0]["time"] == "2026-03-02T08:00:00Z"


def test_a_request_dropped_before_is_not_done(
    http: httpx.Client, control: Control, capfd: pytest.CaptureFixture[str]
) -> None:
    control.fault("drop_before", path="/pools")
    with pytest.raises(httpx.RemoteProtocolError):
        http.post("/pools", json=POOL)
    assert control.pools() == {}
    assert capfd.readouterr().err == ""
    assert control.http.get("/_sandbox/requests").json()[0]["status"] is None


def test_a_request_dropped_after_is_done(http: httpx.Client, control: Control) -> None:
    control.fault("drop_after", path="/pools")
    with pytest.raises(httpx.RemoteProtocolError):
        http.post("/pools", json=POOL)
    assert list(control.pools()) == ["p"]


def test_a_truncated_answer_announces_more_than_it_sends(
    http: httpx.Client, control: Control
) -> None:
    control.fault("truncate", path="/info")
    with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
        http.get("/info")
    assert http.get("/info").status_code == 200


def test_a_page_of_a_proxy_is_html(http: httpx.Client, control: Control) -> None:
    control.fault("html", path="/pools")
    answer = http.post("/pools", json=POOL)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert control.pools() == {}
    control.fault("html", path="/pools", done=True, status=502)
    assert http.post("/pools", json=POOL).status_code == 502
    assert list(control.pools()) == ["p"]


def test_a_planned_status_has_its_headers_and_body(http: httpx.Client, control: Control) -> None:
    control.fault("status", status=503, headers={"Retry-After": "3"}, body={"message": "later"})
    answer = http.get("/pools")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")
    assert answer.json() == {"message": "later"}
    control.fault("status", status=500, body="oops", done=True)
    assert http.post("/pools", json=POOL).text == "oops"
    assert list(control.pools()) == ["p"]
    control.fault("status", status=204)
    assert http.get("/pools").text == ""


def test_latency_is_real_time_and_goes_with_other_faults(
    http: httpx.Client, control: Control
) -> None:
    control.fault("latency", seconds=0.2, path="/pools")
    with pytest.raises(httpx.ReadTimeout):
        http.get("/pools", timeout=0.05)
    control.fault("latency", seconds=0.001, path="/info")
    control.fault("status", status=418, path="/info")
    assert http.get("/info").status_code == 418


def test_faults_of_the_vendors_own_code_reach_it(http: httpx.Client, control: Control) -> None:
    control.fault("slow_list", method="POST", path="/pools", seconds=60)
    control.fault("expire_token", method="GET", path="/info")
    http.post("/pools", json=POOL)
    assert http.get("/pools").json() == []
    assert http.get("/info").status_code == 401
    assert http.get("/info").status_code == 200
    control.advance(60)
    control.fault("duplicate_page", path="/pools/paginate")
    assert http.post("/pools/paginate", json={}).json()["isTruncated"] is True


def test_faults_are_listed_and_cleared(control: Control) -> None:
    control.fault("html", path="/pools")
    (listed,) = control.http.get("/_sandbox/faults").json()
    assert (listed["kind"], listed["count"], listed["fired"]) == ("html", 1, 0)
    cleared = control.http.delete("/_sandbox/faults", params={"vendor": "qarnot"}).json()
    assert cleared == {"cleared": 1}
    assert control.http.get("/_sandbox/faults").json() == []


def test_secrets_are_in_the_true_objects_alone(http: httpx.Client, control: Control) -> None:
    secret = {"key": "QARNOT_SECRET__K", "value": "hidden-value"}
    http.post("/pools", json=POOL | {"constants": [secret]})
    assert control.pools()["p"]["constants"] == [secret]
    assert "hidden-value" not in http.get("/pools").text
    of_all = control.http.get("/_sandbox/objects").json()
    assert of_all.keys() == VENDORS.keys()


def test_settings_are_listed_and_changed(control: Control) -> None:
    control.set(retention_s=60, quotas={"maxPool": 3}, switches={"page_size": 5})
    found = control.http.get("/_sandbox/settings", params={"vendor": "qarnot"}).json()
    assert found["retention"]["retention_s"]["value"] == 60
    assert found["quotas"]["maxPool"]["value"] == 3
    assert found["switches"]["page_size"]["value"] == 5
    of_all = control.http.get("/_sandbox/settings").json()
    assert (of_all.keys(), of_all["qarnot"]) == (VENDORS.keys(), found)


WRONG: list[tuple[str, str, Any, str]] = [
    ("POST", "settings", {"vendor": "qarno"}, "did you mean qarnot?"),
    ("POST", "settings", {}, "no vendor is called None"),
    (
        "POST",
        "settings",
        {"vendor": "qarnot", "switches": {"page_siz": 5}},
        "did you mean page_size",
    ),
    ("POST", "settings", {"vendor": "qarnot", "quota": {}}, "did you mean quotas?"),
    ("POST", "advance", {"second": 1}, "did you mean seconds?"),
    ("POST", "advance", {"seconds": -1}, "seconds takes"),
    ("POST", "advance", {"seconds": "1"}, "seconds takes"),
    ("POST", "reset", {"hard": True}, "there is no 'hard' here"),
    ("POST", "faults", {"vendor": "qarnot", "kind": "slow"}, "no fault is called 'slow'"),
    ("POST", "advance", [1], "must be an object"),
    ("GET", "requests?vendor=aws", None, "no vendor is called 'aws'"),
    ("GET", "objects?vendor=aws", None, "no vendor is called 'aws'"),
]


@pytest.mark.parametrize(("method", "path", "body", "words"), WRONG, ids=str)
def test_a_wrong_control_call_is_explained(
    control: Control, method: str, path: str, body: Any, words: str
) -> None:
    answer = control.http.request(method, f"/_sandbox/{path}", json=body)
    assert answer.status_code == 400
    assert words in answer.json()["message"]


def test_an_unknown_control_route_names_the_nearest(control: Control) -> None:
    answer = control.http.get("/_sandbox/setings")
    assert answer.status_code == 404
    assert "/_sandbox/settings" in answer.json()["message"]
    assert control.http.post("/_sandbox/advance", content=b"{").status_code == 400


def test_the_sandbox_tells_its_own_cpu_time_and_clock(control: Control) -> None:
    assert control.http.get("/_sandbox/cpu").json()["cpu_s"] > 0
    assert control.http.get("/_sandbox/clock").json() == {"now": "2026-03-02T08:00:00Z", "speed": 0}


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%ff%00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /pools HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        b"POST /pools HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{}",
        b"POST /pools HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /pools?a=%&&=;tag HTTP/1.1\r\nHost: x\r\nAuthorization: \xe9\r\n\r\n",
        b"GET /pools HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"HEAD /settings HTTP/1.1\r\nHost: x\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_broken_requests_leave_no_trace_and_no_traceback(
    running: RunningSandbox,
    http: httpx.Client,
    request_bytes: bytes,
    capfd: pytest.CaptureFixture[str],
) -> None:
    answer = raw(running, request_bytes)
    assert b"Traceback" not in answer
    assert not answer or answer.startswith(b"HTTP/1.1 4")
    assert http.get("/info").status_code == 200
    assert capfd.readouterr().err == ""


def test_a_body_beyond_the_cap_is_refused(http: httpx.Client) -> None:
    def parts() -> Iterator[bytes]:
        yield from (b"x" * (1 << 20) for _ in range(66))

    try:
        status = http.post("/pools", content=parts()).status_code
    except httpx.WriteError:  # the answer may come, and the connection close, before all is sent
        status = 413
    assert status == 413


def test_the_written_file_is_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "addresses.json"
    with RunningSandbox(SandboxOptions(write=path, speed=0)) as sandbox:
        written = json.loads(path.read_text())
        qarnot = {"url": sandbox.qarnot.url, "token": sandbox.qarnot.token}
        assert written.keys() == {"control", *VENDORS}
        assert (written["control"], written["qarnot"]) == ({"url": sandbox.control_url}, qarnot)
        assert written["flow"].keys() == {"url", "clientId", "clientSecret"}
        assert path.stat().st_mode & 0o777 == 0o600
        assert list(tmp_path.iterdir()) == [path]


def test_a_data_folder_keeps_the_world_between_runs(tmp_path: Path) -> None:
    options = SandboxOptions(data_dir=tmp_path / "kept", speed=0, start_s=1_772_438_400.0)
    with RunningSandbox(options) as sandbox:
        first = sandbox.qarnot.token
        headers = {"Authorization": first}
        httpx.post(f"{sandbox.qarnot.url}/pools", json=POOL, headers=headers).raise_for_status()
        httpx.post(f"{sandbox.control_url}/_sandbox/advance", json={"seconds": 3600})
    with RunningSandbox(options) as sandbox:
        assert sandbox.qarnot.token == first
        (pool,) = httpx.get(f"{sandbox.qarnot.url}/pools", headers={"Authorization": first}).json()
        assert (pool["name"], pool["state"]) == ("p", "FullyExecuting")


def test_a_world_by_name_is_there_from_the_start() -> None:
    with RunningSandbox(SandboxOptions(world="studio", speed=0)) as sandbox:
        headers = {"Authorization": sandbox.qarnot.token}
        found = httpx.get(f"{sandbox.qarnot.url}/pools/lighting", headers=headers).json()
        assert found["state"] == "FullyExecuting"


def test_ports_follow_that_of_control_and_a_taken_one_is_named() -> None:
    with socket.socket() as finder:
        finder.bind(("127.0.0.1", 0))
        port = finder.getsockname()[1]
    with RunningSandbox(SandboxOptions(port=port)) as sandbox:
        assert sandbox.control_url == f"http://127.0.0.1:{port}"
        assert sandbox.qarnot.url == f"http://127.0.0.1:{port + 1}"
        other = RunningSandbox(SandboxOptions(port=port))
        with pytest.raises(OSError, match=f"127.0.0.1:{port}"), other:
            pass


@pytest.mark.parametrize("speed", [-1, float("nan"), float("inf")])
def test_time_goes_neither_back_nor_at_once(speed: float) -> None:
    with pytest.raises(ValueError, match="the speed is a number"):
        SandboxOptions(speed=speed)


def test_a_request_that_is_not_sent_to_its_end_is_none(
    running: RunningSandbox, control: Control
) -> None:
    head = "POST /pools HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n"
    assert raw(running, f"{head}Authorization: {running.qarnot.token}\r\n\r\n{{".encode()) == b""
    assert control.requests() == []


def test_a_request_that_was_given_up_is_done_all_the_same(
    http: httpx.Client, control: Control
) -> None:
    control.fault("latency", seconds=0.3)
    with pytest.raises(httpx.ReadTimeout):
        http.post("/pools", json=POOL, timeout=0.1)
    while not control.requests():
        pass  # it comes to its end without its client
    (received,) = control.http.get("/_sandbox/requests").json()
    assert (received["path"], received["status"], received["fault"]) == ("/pools", 200, "latency")
    assert list(control.pools()) == ["p"]


def test_a_sandbox_that_can_not_start_says_why() -> None:
    with pytest.raises(WorldError), RunningSandbox(SandboxOptions(world="nowhere")):
        pass
    with pytest.raises(RuntimeError, match="not been started"):
        _ = RunningSandbox(SandboxOptions()).control_url


def test_a_sandbox_leaves_no_thread_and_no_port_behind() -> None:
    before = threading.active_count()
    with RunningSandbox(SandboxOptions()) as sandbox:
        port = int(sandbox.control_url.rsplit(":", 1)[1])
        kept_alive = httpx.Client(base_url=sandbox.control_url)
        kept_alive.get("/_sandbox/clock")
    kept_alive.close()
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        pass
