"""Bytes to and from presigned URLs: without a token, as they are, and nothing said back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from reconciler.errors import Conflict, ProviderError, RateLimited, Unavailable, UnexpectedReply
from reconciler.providers.auth import NoAuth
from reconciler.providers.call import Reply
from reconciler.providers.flow.transfer import Transfer, translate_transfer_error
from reconciler.providers.http import Dialect, Transport
from tests.unit.providers.raw_server import RawServer, reply
from tests.unit.providers.wiring import JumpClock, config

pytestmark = pytest.mark.anyio

SIGNED = "/bucket/a%2Fb%20c?X-Amz-Signature=canary-5e0f%2B%3D&partNumber=1"
ECHO = (
    b"<?xml version='1.0'?><Error><Code>SignatureDoesNotMatch</Code>"
    b"<StringToSign>canary-5e0f</StringToSign></Error>"
)


@asynccontextmanager
async def transfer() -> AsyncIterator[Transfer]:
    dialect = Dialect(NoAuth(), translate_transfer_error)
    made = Transfer(lambda url: Transport(config(url), JumpClock(), dialect, lambda: 0.0))
    try:
        yield made
    finally:
        await made.aclose()


async def test_a_part_is_sent_as_it_is_and_its_etag_comes_back_verbatim(server: RawServer) -> None:
    server.answers = [reply(200, b"", "", [("ETag", '"9a03-1"')])]
    async with transfer() as way:
        assert await way.put(server.url + SIGNED, b"\0\xff" * 1000) == '"9a03-1"'
        assert await way.put(server.url + SIGNED, b"") == '"9a03-1"'
    sent, empty = server.received
    assert (sent.method, sent.path, sent.body) == ("PUT", SIGNED, b"\0\xff" * 1000)
    assert not {"authorization", "region", "content-type", "cookie"} & sent.headers.keys()
    assert empty.headers["content-length"] == "0"


async def test_a_part_without_an_etag_is_told(server: RawServer) -> None:
    server.answers = [reply(200, b"", "")]
    async with transfer() as way:
        with pytest.raises(UnexpectedReply):
            await way.put(server.url + SIGNED, b"a")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Conflict),
        (401, Conflict),
        (403, Conflict),
        (404, Conflict),
        (416, Conflict),
        (429, RateLimited),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
def test_a_refused_url_is_no_absent_job_and_says_no_signature(
    status: int, error: type[ProviderError]
) -> None:
    found = translate_transfer_error(status, Reply(status, content=ECHO))
    assert type(found) is error
    assert "SignatureDoesNotMatch" in found.problem.cause
    assert "canary" not in f"{found.problem}"


async def test_a_redirect_is_not_followed(server: RawServer) -> None:
    server.answers = [reply(307, headers=[("Location", f"{server.url}/other")])]
    async with transfer() as way:
        with pytest.raises(UnexpectedReply) as caught:
            await way.put(server.url + SIGNED, b"a")
    assert "canary" not in f"{caught.value.problem}"
    assert len(server.received) == 1


async def test_what_is_larger_than_its_cap_is_cut_short(server: RawServer) -> None:
    server.answers = [reply(200, b"x" * 5000, "text/plain")]
    async with transfer() as way:
        got = [chunk async for chunk in way.get(server.url + SIGNED, 5000)]
        assert b"".join(got) == b"x" * 5000
        with pytest.raises(UnexpectedReply):
            async for _ in way.get(server.url + SIGNED, 4999):
                pass


async def test_one_host_is_one_transport(server: RawServer) -> None:
    server.answers = [reply(200, b"", "", [("ETag", "e")])]
    async with transfer() as way:
        for _ in range(3):
            await way.put(server.url + SIGNED, b"a")
    assert server.connections == 1
