"""Flow's routes on the wire: what is sent, what counts as an answer, where a list ends."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import (
    AuthFailed,
    Conflict,
    Effect,
    Forbidden,
    NotFound,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    Rejected,
    Unavailable,
    UnexpectedReply,
)
from reconciler.providers.call import Reply
from reconciler.providers.flow.client import (
    CANCEL_JOB,
    CREATE_JOB,
    DELETE_JOB,
    LIMITS,
    Client,
    translate_error,
    turn_deadline_s,
)
from reconciler.providers.flow.service import Service
from reconciler.providers.flow.storage import Storage
from reconciler.providers.pace import RateBudget
from tests.unit.providers.raw_server import Answer, End, RawServer, Received, reply
from tests.unit.providers.wiring import config, transport

pytestmark = pytest.mark.anyio

ID = "5b0f3f0e-3c1d-4a53-9a38-0d6f1f0c7a11"
JOBS = "/flow/compute/v1/queues/@default/jobs"

Ask = Callable[[Client], Awaitable[Any]]


@asynccontextmanager
async def client(server: RawServer) -> AsyncIterator[Client]:
    async with transport(config(server.url), translate=translate_error) as way:
        yield Client(Service(way, "/flow/compute/v1", 60.0), 60.0, regions={"sim": "us-west"})


async def asked(server: RawServer, ask: Ask) -> Any:
    async with client(server) as flow:
        return await ask(flow)


async def refused(server: RawServer, ask: Ask) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await asked(server, ask)
    return caught.value


async def ids(flow: Client, queue: str = "@default") -> list[str]:
    return [str(each["id"]) async for page in flow.jobs(queue) for each in page.items]


async def updated(flow: Client) -> list[str]:
    after = datetime(2026, 11, 21, 16, tzinfo=UTC)
    return [
        str(each["id"])
        async for page in flow.updated_jobs("@default", after)
        for each in page.items
    ]


def said(body: Any, status: int = 200) -> Answer:
    return reply(status, json.dumps(body).encode())


CALLS: tuple[tuple[str, Ask, str, str, Any], ...] = (
    ("list", ids, "GET", JOBS, None),
    ("updates", updated, "GET", f"{JOBS}:updates?after=2026-11-21T16:00:00Z", None),
    ("get", lambda c: c.job("@default", ID), "GET", f"{JOBS}/{ID}", None),
    ("odd id", lambda c: c.job("a b", "x/y"), "GET", "/flow/compute/v1/queues/a b/jobs/x/y", None),
    ("create", lambda c: c.create("@default", {"name": "n"}), "POST", JOBS, {"name": "n"}),
    ("cancel", lambda c: c.cancel("@default", ID), "POST", f"{JOBS}:cancel", {"jobId": ID}),
    ("delete", lambda c: c.delete("@default", ID), "DELETE", f"{JOBS}/{ID}", None),
    ("logs", lambda c: c.parts("@default", ID, "logs"), "GET", f"{JOBS}/{ID}/logs", None),
    ("usable", lambda c: c.is_usable("@default"), "GET", JOBS, None),
)


@pytest.mark.parametrize(
    ("ask", "method", "path", "body"), [pytest.param(*row[1:], id=row[0]) for row in CALLS]
)
async def test_every_route_is_one_request(
    server: RawServer, ask: Ask, method: str, path: str, body: Any
) -> None:
    server.answers = [said({"id": ID, "results": []})]
    await asked(server, ask)
    (sent,) = server.received
    assert (sent.method, unquote(sent.path)) == (method, path)
    assert "/jobs/x%2Fy" in sent.path or "x/y" not in path, "an id is one part of a path"
    assert (json.loads(sent.body) if sent.body else None) == body
    assert "region" not in sent.headers


async def test_a_queue_has_the_region_it_was_made_in(server: RawServer) -> None:
    server.answers = [said({"results": []})]
    await asked(server, lambda c: ids(c, "sim"))
    assert server.received[0].headers["region"] == "us-west"


# --- pages ----------------------------------------------------------------------------------------


def paged(pages: Sequence[Sequence[str]], prefix: str) -> Callable[[Received], Answer]:
    """A list in these pages, whose links begin with `prefix`."""

    def answer(request: Received) -> Answer:
        number = int(request.path.partition("paginationToken=")[2] or 0)
        body: dict[str, Any] = {"results": [{"id": each} for each in pages[number]]}
        if number + 1 < len(pages):
            link = f"{prefix}{JOBS}?paginationToken={number + 1}"
            body["pagination"] = {"nextUrl": link, "limit": 100}
        return said(body)

    return answer


NAMES = st.lists(st.lists(st.sampled_from("abcdef"), max_size=3), min_size=1, max_size=8)


@settings(max_examples=30, deadline=None)
@given(pages=NAMES, is_absolute=st.booleans())
def test_every_item_of_every_page_comes_once_in_order(
    pages: list[list[str]], is_absolute: bool
) -> None:
    async def run() -> None:
        async with RawServer() as server:
            server.answer_to = paged(pages, server.url if is_absolute else "")
            assert await asked(server, ids) == [each for page in pages for each in page]
            assert len(server.received) == len(pages)

    anyio.run(run)


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example.com/flow/compute/v1/queues/@default/jobs?paginationToken=1",
        "//evil.example.com/jobs",
        "http://127.0.0.2:9/flow/compute/v1/queues/@default/jobs",
        "/flow/../../etc?paginationToken=1",
        "javascript:alert(1)",
        7,
    ],
)
async def test_a_link_to_anywhere_else_is_refused_and_never_asked(
    server: RawServer, link: Any
) -> None:
    server.answers = [said({"results": [], "pagination": {"nextUrl": link}})]
    assert isinstance(await refused(server, ids), UnexpectedReply)
    assert len(server.received) == 1


@pytest.mark.parametrize("form", ["", "{}"], ids=["relative to the host", "absolute"])
async def test_a_link_is_read_from_the_host_and_not_from_the_configured_path(
    server: RawServer, form: str
) -> None:
    link = f"{form.format(server.url)}/studio{JOBS}?paginationToken=1"
    server.answers = [said({"results": [], "pagination": {"nextUrl": link}}), said({"results": []})]
    async with transport(config(f"{server.url}/studio"), translate=translate_error) as way:
        assert await ids(Client(Service(way, "/flow/compute/v1", 60.0), 60.0)) == []
    assert server.paths == [f"/studio{JOBS}", f"/studio{JOBS}?paginationToken=1"]


async def test_pages_that_lead_in_a_circle_are_left(server: RawServer) -> None:
    server.answers = [said({"results": [], "pagination": {"nextUrl": f"{JOBS}?paginationToken=1"}})]
    error = await refused(server, ids)
    assert isinstance(error, UnexpectedReply)
    assert len(server.received) == 2


@pytest.mark.parametrize(
    "body",
    [[], {}, {"results": None}, {"results": {}}, {"results": [1]}, {"results": [{"id": ""}]},
     {"results": [{"id": 5}]}, {"results": [{}]}],
    ids=str,
)  # fmt: skip
async def test_what_is_no_page_of_jobs_is_told(server: RawServer, body: Any) -> None:
    server.answers = [said(body)]
    assert isinstance(await refused(server, ids), UnexpectedReply)


# --- answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202])
async def test_any_2xx_with_an_id_is_a_new_job(server: RawServer, status: int) -> None:
    server.answers = [said({"id": ID, "more": [1]}, status)]
    assert await asked(server, lambda c: c.create("@default", {})) == ID


@pytest.mark.parametrize(
    "answer",
    [
        said({}, 201),
        said({"id": ""}, 201),
        said({"id": 7}, 201),
        said([], 201),
        reply(201, b""),
        said({"title": "sorry"}, 500),
        Answer(end=End.CLOSE),
    ],
)
async def test_a_submission_whose_answer_names_no_job_may_have_made_one(
    server: RawServer, answer: Answer
) -> None:
    server.answers = [answer]
    error = await refused(server, lambda c: c.create("@default", {}))
    assert error.effect is Effect.UNKNOWN
    assert len(server.received) == 1


async def test_a_submission_to_no_queue_is_no_absent_job(server: RawServer) -> None:
    server.answers = [said({"title": "Not Found"}, 404)]
    error = await refused(server, lambda c: c.create("nope", {}))
    assert isinstance(error, Conflict)
    assert error.effect is Effect.NONE


@pytest.mark.parametrize("body", [b"", b"{}", b"null"])
@pytest.mark.parametrize("status", [200, 202, 204])
async def test_a_cancel_and_a_deletion_need_no_words(
    server: RawServer, status: int, body: bytes
) -> None:
    server.answers = [reply(status, body if status != 204 else b"")]
    await asked(server, lambda c: c.cancel("@default", ID))
    await asked(server, lambda c: c.delete("@default", ID))


LIMITER = {"developerMessage": "Quota limit exceeded."}
QUOTA = {
    "title": "Submission refused: the free quota would be exceeded",
    "detail": "Back on Monday",
}
ERRORS: tuple[tuple[int, Any, str, type[ProviderError], str], ...] = (
    (400, {"title": "Bad Request", "detail": "tasks: empty"}, "", Rejected, "tasks: empty"),
    (401, {"title": "Unauthorized"}, "", AuthFailed, "Unauthorized"),
    (401, {"developerMessage": "expired", "errorCode": "AUTH-006"}, "", AuthFailed, "AUTH-006"),
    (401, "", "", AuthFailed, "401"),
    (403, "Forbidden by a gateway", "", Forbidden, "Forbidden by a gateway"),
    (403, QUOTA, "", QuotaExceeded, "Back on Monday"),
    (429, QUOTA, "", QuotaExceeded, "Back on Monday"),
    (429, QUOTA, "25", RateLimited, "free quota"),
    (429, LIMITER, "25", RateLimited, "Quota limit"),
    (429, LIMITER, "", RateLimited, "Quota limit"),
    (403, LIMITER, "", Forbidden, "Quota limit"),
    (404, {"title": "Not Found", "detail": None}, "", NotFound, "Not Found"),
    (503, {"title": "Service Unavailable"}, "", Unavailable, "Service Unavailable"),
)


@pytest.mark.parametrize(("status", "body", "after", "error", "words"), ERRORS)
def test_each_answer_has_one_meaning_in_any_of_its_shapes(
    status: int, body: Any, after: str, error: type[ProviderError], words: str
) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    parsed = None if isinstance(body, str) else body
    headers = {"retry-after": after} if after else {}
    found = translate_error(status, Reply(status, headers, text.encode(), parsed))
    assert type(found) is error
    assert words in found.problem.cause


@given(
    concurrency=st.integers(1, 256),
    limits=st.fixed_dictionaries(
        dict.fromkeys((CREATE_JOB, CANCEL_JOB, DELETE_JOB), st.floats(0.1, 100))
    ),
)
def test_whoever_waits_behind_all_the_others_gets_a_turn(
    concurrency: int, limits: dict[str, float]
) -> None:
    budget = RateBudget(min(limits.values()))
    for _ in range(concurrency):
        wait = budget.expected_wait_s(0.0)
        turn = budget.reserve(0.0, 1e9)
        assert turn is not None
    assert wait < turn_deadline_s(1.0, limits, concurrency)


def test_the_table_of_limits_is_the_vendors() -> None:
    assert {key: LIMITS[key] for key in (CREATE_JOB, CANCEL_JOB)} == {
        "POST /queues/{queueId}/jobs": 10,
        "POST /queues/{queueId}/jobs:cancel": 10,
    }
    assert {limit for key, limit in LIMITS.items() if key.startswith("GET")} == {60}


# --- storage --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "ask"),
    [
        ({"urn": "u"}, lambda s: s.begin("rc-1", 1)),
        ({"upload": {"id": "u"}, "urls": []}, lambda s: s.begin("rc-1", 1)),
        ({"upload": {}, "urls": [{"url": "https://a"}]}, lambda s: s.begin("rc-1", 1)),
        ({"upload": {"id": "u"}, "urls": [{}]}, lambda s: s.begin("rc-1", 1)),
        ({"size": 3}, lambda s: s.resource("rc-1")),
        ({"results": []}, lambda s: s.download_urls("outputs:1", ["a"])),
        ({"results": [{"resourceId": "a"}]}, lambda s: s.download_urls("outputs:1", ["a"])),
        ({}, lambda s: s.download_urls("outputs:1", ["a"])),
    ],
)
async def test_what_storage_promises_and_does_not_say_is_told(
    server: RawServer, answer: Any, ask: Callable[[Storage], Awaitable[Any]]
) -> None:
    server.answers = [said(answer)]
    async with transport(config(server.url), translate=translate_error) as way:
        with pytest.raises(UnexpectedReply):
            await ask(Storage(Service(way, "/flow/storage/v1", 60.0)))
