"""The auth service, and what a token opens."""

from urllib.parse import quote

import pytest

from tests.unit.sandbox.flow.service import JOBS, SCRATCH, TASK, Service, basic

GRANT = "grant_type=client_credentials"


def test_a_token_is_given_for_the_basic_header() -> None:
    service = Service()
    reply = service.token_for(f"{GRANT}&scope=code%3Aall%20data%3Aread", basic(*service.app()))
    assert (reply.status, reply.content_type) == (200, "application/json;charset=UTF-8")
    assert reply.headers["cache-control"] == "no-cache, no-store"
    assert reply.json.keys() == {"access_token", "token_type", "expires_in"}
    assert (reply.json["token_type"], reply.json["expires_in"]) == ("Bearer", 3599)
    assert service.results(JOBS, token=reply.json["access_token"]) == []


def test_a_token_is_given_for_credentials_in_the_form() -> None:
    service = Service()
    app, secret = service.app()
    form = f"{GRANT}&client_id={app}&client_secret={quote(secret)}&scope=code%3Aall"
    token = service.token_for(form, None).json["access_token"]
    assert service.send("POST", JOBS, {"tasks": [TASK]}, token=token).status == 201


@pytest.mark.parametrize(
    ("form", "header", "status", "code"),
    [
        (f"{GRANT}&client_id=sandbox-app&client_secret=x", "right", 400, "AUTH-008"),
        (GRANT, "wrong", 401, "AUTH-003"),
        (f"{GRANT}&client_id=nobody&client_secret=x", None, 401, "AUTH-003"),
        (f"{GRANT}&client_id=sandbox-app", None, 401, "AUTH-003"),
        (GRANT, None, 401, "AUTH-012"),
        (GRANT, "Basic ###", 401, "AUTH-012"),
        (GRANT, "Bearer abc", 401, "AUTH-012"),
        ("scope=code%3Aall", "right", 400, "AUTH-008"),
        ("grant_type=password", "right", 400, "AUTH-009"),
        (f"{GRANT}&scope=code%3Aal", "right", 400, "AUTH-004"),
    ],
)
def test_a_token_is_refused_in_the_gateways_words(
    form: str, header: str | None, status: int, code: str
) -> None:
    service = Service()
    app, secret = service.app()
    headers = {"right": basic(app, secret), "wrong": basic(app, "not-it")}
    reply = service.token_for(form, None if header is None else headers.get(header, header))
    assert (reply.status, reply.json["errorCode"]) == (status, code)
    assert reply.json.keys() == {"developerMessage", "userMessage", "errorCode", "moreInfo"}


def test_a_token_request_is_a_form() -> None:
    service = Service()
    headers = {"content-type": "application/json"}
    reply = service.token_for("{}", basic(*service.app()), headers=headers)
    assert (reply.status, reply.json["errorCode"]) == (400, "AUTH-007")


def test_both_spellings_of_the_last_key_are_known() -> None:
    service = Service()
    service.set(more_info_key="spaced")
    assert "more info" in service.token_for("", None).json


def test_without_a_token_the_service_says_unauthorized() -> None:
    service = Service()
    for header in ("", "Bearer", "Bearer ", f"Bearer  {service.token}", service.token, "Basic x"):
        reply = service.send("GET", JOBS, headers={"authorization": header})
        assert (reply.status, reply.json) == (401, {"title": "Unauthorized"})


def test_a_token_expires_by_the_virtual_clock() -> None:
    service = Service()
    service.clock.advance(3598)
    assert service.send("GET", JOBS).status == 200
    service.clock.advance(1)
    reply = service.send("GET", JOBS)
    assert (reply.status, reply.json["errorCode"]) == (401, "AUTH-006")
    assert service.send("GET", JOBS, token=service.new_token()).status == 200


def test_a_token_may_expire_by_the_wall_clock_instead() -> None:
    service = Service()
    service.set(expiry_clock="wall", token_life_s=600)
    service.token = service.new_token()
    service.clock.advance(86_400)
    assert service.send("GET", JOBS).status == 200


def test_a_token_that_a_fault_expired_stays_expired() -> None:
    service = Service()
    assert service.send("GET", JOBS, expires_token=True).json["errorCode"] == "AUTH-006"
    assert service.send("GET", JOBS).status == 401
    assert service.send("GET", JOBS, token=service.new_token()).status == 200
    header = basic(*service.app())
    assert service.token_for(GRANT, header, expires_token=True).status == 401


def test_of_very_many_tokens_the_oldest_are_forgotten() -> None:
    service = Service()
    for _ in range(2_000):
        last = service.new_token()
    assert service.send("GET", JOBS).json == {"title": "Unauthorized"}
    assert service.send("GET", JOBS, token=last).status == 200


def test_creating_needs_a_scope_and_destroying_needs_none() -> None:
    service = Service()
    job_id = service.create()
    poor = service.new_token(scope="")
    reply = service.send("POST", JOBS, {"tasks": [TASK]}, token=poor)
    assert (reply.status, reply.json["errorCode"]) == (403, "AUTH-010")
    assert service.send("GET", f"{JOBS}/{job_id}", token=poor).status == 200
    assert service.cancel(job_id, token=poor).status == 200
    assert service.send("DELETE", f"{JOBS}/{job_id}", token=poor).status == 202


def test_storage_has_a_scope_for_reading_and_one_for_writing() -> None:
    service = Service()
    reader, writer = service.new_token("data:read"), service.new_token("data:write")
    upload = f"{SCRATCH}/resources/a/upload-urls"
    assert [service.send("GET", SCRATCH, token=one).status for one in (reader, writer)] == [
        200,
        403,
    ]
    assert [service.send("GET", upload, token=one).status for one in (reader, writer)] == [403, 200]


def test_refusals_may_be_bare() -> None:
    service = Service()
    service.set(refusal_shape="bare")
    reply = service.send("GET", JOBS, token="x")
    assert (reply.status, reply.body) == (401, b"")
    reply = service.send("POST", JOBS, {"tasks": [TASK]}, token=service.new_token("data:read"))
    assert (reply.status, reply.content_type) == (403, "text/plain")


def test_two_apps_never_see_each_others_jobs_and_files() -> None:
    service = Service()
    job_id = service.create()
    service.upload("a.usd", b"x")
    other = service.new_token(number=1)
    assert service.results(JOBS, token=other) == []
    assert service.send("GET", f"{JOBS}/{job_id}", token=other).status == 404
    assert service.cancel(job_id, token=other).status == 404
    assert service.send("GET", f"{SCRATCH}/resources/a.usd", token=other).status == 404
