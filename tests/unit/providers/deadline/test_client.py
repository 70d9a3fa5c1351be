"""Deadline's routes on the wire: what is sent, what counts as an answer, what is sent again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote

import pytest

from reconciler.errors import (
    AuthFailed,
    Effect,
    NotFound,
    ProviderError,
    Rejected,
    Unavailable,
    UnexpectedReply,
)
from reconciler.providers.call import Reply
from reconciler.providers.deadline.client import Client, translate_error
from reconciler.providers.deadline.listing import Glimpse
from tests.unit.providers.raw_server import Answer, End, RawServer, reply
from tests.unit.providers.wiring import QUICK, config, transport

pytestmark = pytest.mark.anyio

ID = "65f0c0ffee0000000000a001"
SUCCESS = reply(200, b"Success", "text/plain")
REFUSED = reply(500, b"Error: no job with that ID.", "text/plain")
JOB = {"_id": ID, "Stat": 1, "Props": {"Pool": "film"}}

Ask = Callable[[Client], Awaitable[Any]]


@asynccontextmanager
async def client(server: RawServer) -> AsyncIterator[Client]:
    async with transport(config(f"{server.url}/studio"), translate=translate_error) as way:
        yield Client(way, 5.0)


async def asked(server: RawServer, ask: Ask) -> Any:
    async with client(server) as deadline:
        return await ask(deadline)


async def refused(server: RawServer, ask: Ask) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await asked(server, ask)
    return caught.value


def everything(_: Glimpse) -> bool:
    return True


COMMANDS: tuple[tuple[str, Ask, str, str, Any], ...] = (
    (
        "command",
        lambda c: c.command("suspend", ID),
        "PUT",
        "/api/jobs",
        {"Command": "suspend", "JobID": ID},
    ),
    (
        "machine limit",
        lambda c: c.command("setjobmachinelimit", ID, Limit=3, SlaveList=[]),
        "PUT",
        "/api/jobs",
        {"Command": "setjobmachinelimit", "JobID": ID, "Limit": 3, "SlaveList": []},
    ),
    ("save", lambda c: c.save(JOB), "PUT", "/api/jobs", {"Command": "save", "Job": JOB}),
    (
        "append",
        lambda c: c.append(ID, "5-9", 5.0),
        "PUT",
        "/api/jobs",
        {"Command": "appendjobframerange", "JobID": ID, "FrameList": "5-9"},
    ),
    ("delete", lambda c: c.delete_job(ID), "DELETE", f"/api/jobs?JobID={ID}", None),
    ("add", lambda c: c.add_name("pools", "film"), "POST", "/api/pools", {"Pool": "film"}),
    (
        "remove",
        lambda c: c.remove_name("groups", "a b"),
        "DELETE",
        "/api/groups?Group=a b",
        None,
    ),
    (
        "remove limit",
        lambda c: c.remove_name("limitgroups", "nuke"),
        "DELETE",
        "/api/limitgroups?Names=nuke",
        None,
    ),
    (
        "give",
        lambda c: c.give_workers("pools", {"Slave": "n1", "Pool": "film"}),
        "PUT",
        "/api/pools",
        {"Slave": "n1", "Pool": "film"},
    ),
    (
        "take",
        lambda c: c.take_from_workers("pools", {"Slaves": "n1", "Pool": "film"}),
        "DELETE",
        "/api/pools?Slaves=n1&Pool=film",
        None,
    ),
    (
        "set",
        lambda c: c.set_limit({"Command": "set", "Name": "nuke"}),
        "PUT",
        "/api/limitgroups",
        {"Command": "set", "Name": "nuke"},
    ),
)
A_COMMAND = pytest.mark.parametrize("ask", [row[1] for row in COMMANDS], ids=lambda _: "")


@pytest.mark.parametrize(
    ("ask", "method", "path", "body"),
    [pytest.param(*row[1:], id=row[0]) for row in COMMANDS],
)
async def test_every_command_is_one_request_under_the_configured_url(
    server: RawServer, ask: Ask, method: str, path: str, body: Any
) -> None:
    server.answers = [SUCCESS]
    await asked(server, ask)
    (sent,) = server.received
    assert (sent.method, unquote(sent.path)) == (method, f"/studio{path}")
    assert (json.loads(sent.body) if sent.body else None) == body


@A_COMMAND
async def test_a_command_is_done_when_the_bare_word_comes(server: RawServer, ask: Ask) -> None:
    server.answers = [reply(200, b'"Success"')]
    await asked(server, ask)
    server.answers = [reply(200, b"There is a problem with the repository.", "text/plain")]
    error = await refused(server, ask)
    assert isinstance(error, UnexpectedReply)
    assert error.effect is Effect.UNKNOWN


@A_COMMAND
async def test_a_command_answered_by_500_is_not_sent_again(server: RawServer, ask: Ask) -> None:
    server.answers = [REFUSED]
    error = await refused(server, ask)
    assert isinstance(error, Unavailable)
    assert "no job with that ID" in error.problem.cause
    assert len(server.received) == 1


async def test_a_command_may_be_sent_again_but_appending_may_not(server: RawServer) -> None:
    server.answers = [Answer(end=End.RESET), reply(503, b""), SUCCESS]
    await asked(server, lambda c: c.command("suspend", ID))
    assert len(server.received) == 3
    for answer in (Answer(end=End.CLOSE), reply(503, b""), REFUSED):
        server.received.clear()
        server.answers = [answer]
        error = await refused(server, lambda c: c.append(ID, "5", 5.0))
        assert error.effect is Effect.UNKNOWN
        assert len(server.received) == 1


async def test_frames_that_come_too_late_are_not_sent(server: RawServer) -> None:
    error = await refused(server, lambda c: c.append(ID, "5", -1.0))
    assert error.effect is Effect.NONE
    assert server.received == []


@pytest.mark.parametrize("name", ["film,ads", "", " film", "film "])
async def test_a_name_that_would_be_read_as_others_is_never_removed(
    server: RawServer, name: str
) -> None:
    error = await refused(server, lambda c: c.remove_name("pools", name))
    assert isinstance(error, Rejected)
    assert server.received == []


@pytest.mark.parametrize("extra", [{}, JOB])
async def test_a_submission_tells_the_id_of_its_job(server: RawServer, extra: Any) -> None:
    server.answers = [reply(200, json.dumps({**extra, "_id": ID}).encode())]
    assert await asked(server, lambda c: c.submit({"JobInfo": {}})) == ID


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, b"{}"),
        reply(200, b'{"_id": null}'),
        reply(200, b'{"_id": ""}'),
        reply(200, b"[]"),
        SUCCESS,
        REFUSED,
        reply(502, b""),
        Answer(end=End.CLOSE),
    ],
)
async def test_a_submission_whose_answer_names_no_job_may_have_made_one(
    server: RawServer, answer: Answer
) -> None:
    server.answers = [answer]
    error = await refused(server, lambda c: c.submit({"JobInfo": {}}))
    assert error.effect is Effect.UNKNOWN
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Rejected),
        (401, AuthFailed),
        (404, NotFound),
        (405, Rejected),
        (501, Rejected),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
def test_each_status_has_one_meaning(status: int, error: type[ProviderError]) -> None:
    found = translate_error(status, Reply(status, content=b"Error: what went wrong"))
    assert type(found) is error
    assert "what went wrong" in found.problem.cause


READS: tuple[tuple[Ask, str, bytes], ...] = (
    (lambda c: c.jobs([ID, "b"]), f"/api/jobs?JobID={ID},b", b"[]"),
    (lambda c: c.jobs([ID], deleted=True), f"/api/jobs?JobID={ID}&Deleted=true", b"[]"),
    (lambda c: c.job_ids(), "/api/jobs?IdOnly=true", b'["a"]'),
    (lambda c: c.job_ids(deleted=True), "/api/jobs?Deleted=true&IdOnly=true", b"[]"),
    (lambda c: c.all_jobs(everything), "/api/jobs", b"[]"),
    (lambda c: c.all_jobs(everything, deleted=True), "/api/jobs?Deleted=true", b"[]"),
    (lambda c: c.names("pools"), "/api/pools", b'["none"]'),
    (lambda c: c.limits(), "/api/limitgroups", b"[]"),
    (lambda c: c.workers("settings"), "/api/slaves?Data=settings", b"[]"),
)


@pytest.mark.parametrize(("ask", "path", "body"), READS)
async def test_every_read_asks_one_question_and_takes_no_other_shape(
    server: RawServer, ask: Ask, path: str, body: bytes
) -> None:
    server.answers = [reply(200, body)]
    await asked(server, ask)
    assert [unquote(each) for each in server.paths] == [f"/studio{path}"]
    for wrong in (b"{}", b"null", b"[null]", b"[[]]", b"true", b"It is not there."):
        server.answers = [reply(200, wrong, "text/plain")]
        assert isinstance(await refused(server, ask), UnexpectedReply), wrong


@pytest.mark.parametrize(
    "body", [b'[{"_id": "a"}]', b'[{"_id": "a", "Props": null}]', b'[{"Props": {}}]']
)
async def test_a_job_without_an_id_or_properties_is_no_job(server: RawServer, body: bytes) -> None:
    server.answers = [reply(200, body)]
    assert isinstance(await refused(server, lambda c: c.jobs([ID])), UnexpectedReply)


async def test_a_list_that_breaks_off_is_asked_for_again(server: RawServer) -> None:
    text = json.dumps([JOB]).encode()
    whole = reply(200, text)
    server.answers = [
        Answer(whole.content[:-9], End.CLOSE),
        reply(200, text[:-1]),
        reply(500, b"busy"),
        whole,
    ]
    found = await asked(server, lambda c: c.all_jobs(everything))
    assert found.wanted == {ID: JOB}
    assert len(server.received) == 4


async def test_what_was_counted_before_a_list_broke_off_does_not_count(server: RawServer) -> None:
    text = json.dumps([JOB, {**JOB, "_id": "b"}]).encode()
    server.answers = [reply(200, text[:-1]), reply(200, text)]
    found = await asked(server, lambda c: c.all_jobs(lambda _: False))
    assert found.users == {"pools/film": 2}


async def test_a_list_may_take_longer_than_other_requests(server: RawServer) -> None:
    """`QUICK` gives a request 0.3 s."""
    server.answers = [Answer(reply(200, b"[ ]").content, drip_s=0.004)]
    async with transport(config(server.url, QUICK), translate=translate_error) as way:
        assert (await Client(way, 5.0).all_jobs(everything)).wanted == {}


async def test_reports_are_read_in_any_wrapping(server: RawServer) -> None:
    server.answers = [
        reply(200, b'[{"_id": "r1"}]'),
        reply(200, b"There are no reports for this job.", "text/plain"),
        reply(200, b'["line one\\n", "line two"]'),
        reply(200, b"bare text", "text/plain"),
    ]
    async with client(server) as deadline:
        assert await deadline.reports(ID, None, "log") == [{"_id": "r1"}]
        assert await deadline.reports(ID, 3, "error") == []
        assert await deadline.report_text(ID, None, "log", "r1") == "line one\nline two"
        assert await deadline.report_text(ID, 3, "error", "r1") == "bare text"
    assert server.paths == [
        f"/studio/api/jobreports?JobID={ID}&Data=log",
        f"/studio/api/taskreports?JobID={ID}&TaskID=3&Data=error",
        f"/studio/api/jobreports?JobID={ID}&Data=logcontents&ReportID=r1",
        f"/studio/api/taskreports?JobID={ID}&TaskID=3&Data=errorcontents&ReportID=r1",
    ]
