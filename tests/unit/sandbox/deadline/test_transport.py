"""What every call goes through: credentials, queries, bodies, verbs, answers."""

import json
from typing import Any

import pytest

from reconciler.sandbox.deadline.switches import QUOTAS, RETENTION, SWITCHES
from reconciler.sandbox.settings import Choice, SettingError
from reconciler.sandbox.vendor import Call
from tests.unit.sandbox.deadline.farm import MISSING, Farm, basic


@pytest.fixture
def farm() -> Farm:
    return Farm()


def banner(farm: Farm, **headers: str) -> Any:
    return farm.vendor.handle(Call("GET", "/", headers=headers))


def test_the_banner_is_plain_text(farm: Farm) -> None:
    answer = banner(farm, **basic())
    assert answer.status == 200
    assert answer.body.startswith(b"Deadline Web Service 10.4 [v10.4")
    assert answer.content_type.startswith("text/plain")


def test_a_request_without_credentials_is_challenged(farm: Farm) -> None:
    answer = banner(farm)
    assert answer.status == 401
    assert ("WWW-Authenticate", 'Basic realm="Deadline"') in answer.headers
    farm.set(challenge="absent")
    assert "WWW-Authenticate" not in dict(banner(farm).headers)
    farm.set(open_banner="yes")
    assert banner(farm).status == 200
    assert farm.send("GET", "jobs", headers={"authorization": ""}).status == 401


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !!", "Bearer x", "basic cmVuZGVyOg==", "Basic cmVuZGVyOndyb25n"]
)
def test_wrong_credentials_are_refused(farm: Farm, header: str) -> None:
    assert farm.refused(401, "GET", "jobs", headers={"authorization": header})


def test_an_empty_password_is_a_matter_of_the_repository(farm: Farm) -> None:
    farm.set(empty_passwords="accept")
    assert farm.send("GET", "jobs", headers=basic(password="")).status == 200
    assert farm.send("GET", "jobs", headers=basic()).status == 200
    assert farm.send("GET", "jobs", headers=basic(password="x")).status == 401


def test_authentication_can_be_off(farm: Farm) -> None:
    farm.set(authentication="off")
    assert farm.send("GET", "jobs", headers={"authorization": ""}).status == 200


def test_an_expired_token_is_a_401(farm: Farm) -> None:
    assert farm.send("GET", "jobs", expires_token=True).status == 401
    farm.set(authentication="off")
    assert farm.send("GET", "jobs", expires_token=True).status == 401


def test_every_answer_says_its_server(farm: Farm) -> None:
    assert farm.send("GET", "jobs").headers["Server"] == "Kestrel"
    assert farm.send("GET", "nothing").headers["Server"] == "Kestrel"
    farm.set(server_header="absent")
    assert "Server" not in farm.send("GET", "jobs").headers


def test_head_is_not_allowed(farm: Farm) -> None:
    reply = farm.send("HEAD", "jobs")
    assert (reply.status, reply.headers["Allow"]) == (405, "DELETE, GET, OPTIONS, POST, PUT")
    assert farm.send("OPTIONS", "jobs").status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "tasks"),
        ("DELETE", "tasks"),
        ("POST", "slaves"),
        *((method, "jobreports") for method in ("PUT", "POST", "DELETE")),
        *((method, "taskreports") for method in ("PUT", "POST", "DELETE")),
        ("PUT", "maximumpriority"),
        ("POST", "limitgroups"),
    ],
)  # fmt: skip
def test_a_verb_without_meaning_is_a_501(farm: Farm, method: str, path: str) -> None:
    assert farm.refused(501, method, path, {}) == "Error: not implemented."


def test_an_unknown_resource_is_a_404(farm: Farm) -> None:
    farm.refused(404, "GET", "job")
    assert farm.send("GET", "jobs/").status == 200


@pytest.mark.parametrize("kind", ["", "application/x-www-form-urlencoded", "application/json"])
def test_a_body_is_json_whatever_its_type_says(farm: Farm, kind: str) -> None:
    farm.ok("POST", "pools", {"Pool": "a"}, headers={"content-type": kind})


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "message body is empty."),
        (b"  ", "message body is empty."),
        (b"{", "message body is not valid JSON."),
        (b'{"a": NaN}', "message body is not valid JSON."),
        (b"\xff", "message body is not valid JSON."),
        (b"[" * 100_000, "message body is not valid JSON."),
        (b"[]", "message body is not a JSON object."),
        (b"Command=suspend", "message body is not valid JSON."),
    ],
)
def test_a_body_that_is_no_object_is_a_400(farm: Farm, body: bytes, says: str) -> None:
    for method, path in (("PUT", "jobs"), ("POST", "jobs"), ("PUT", "tasks"), ("PUT", "pools")):
        assert farm.refused(400, method, path, body) == f"Error: {says}"


def test_a_read_with_a_body_does_not_look_at_it(farm: Farm) -> None:
    assert farm.send("GET", "jobs", {}).json == []
    assert farm.send("DELETE", "jobs", b"{", query={"JobID": MISSING}).status == 200


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"JobID": MISSING}, 400, "Command is missing from the message body."),
        ({"Command": 7, "JobID": MISSING}, 400, "Command must be a string."),
        ({"Command": "pause", "JobID": MISSING}, 500, "invalid command pause."),
        ({"Command": "suspend"}, 400, "JobID is missing from the message body."),
        ({"Command": "suspend", "JobID": [MISSING]}, 400, "JobID must be a string."),
        ({"Command": "suspend", "JobID": MISSING}, 500, f"no job with ID {MISSING}."),
        ({"Command": "save"}, 400, "Job is missing from the message body."),
        ({"Command": "import"}, 400, "File is missing from the message body."),
        ({"Command": "undelete"}, 400, "at least one job ID is needed."),
    ],
)
def test_a_command_that_can_not_be_read(farm: Farm, body: Any, status: int, says: str) -> None:
    assert farm.refused(status, "PUT", "jobs", body) == f"Error: {says}"


def test_commands_are_compared_in_any_case(farm: Farm) -> None:
    job = farm.submit()
    farm.command("SUSPEND", job)
    assert farm.job(job)["Stat"] == 2


def test_success_can_be_quoted(farm: Farm) -> None:
    farm.set(success_text="quoted")
    reply = farm.send("POST", "pools", {"Pool": "a"})
    assert reply.text == '"Success"'
    assert reply.json == "Success"


def test_every_switch_is_described_and_takes_each_of_its_words(farm: Farm) -> None:
    described = farm.vendor.settings()
    assert set(described["switches"]) == {row.name for row in SWITCHES}
    assert set(described["quotas"]) == {row.name for row in QUOTAS}
    assert set(described["retention"]) == {row.name for row in RETENTION}
    for row in SWITCHES:
        assert row.takes.accepts(row.default)
        for word in row.takes.words if isinstance(row.takes, Choice) else ():
            farm.set(**{row.name: word})
    farm.submit()
    json.dumps(farm.vendor.objects())


def test_an_unknown_switch_changes_nothing(farm: Farm) -> None:
    with pytest.raises(SettingError, match="did you mean frame_s"):
        farm.set(frames_s=1)
    with pytest.raises(SettingError, match="quotas"):
        farm.vendor.change_settings({"quota": {}})
