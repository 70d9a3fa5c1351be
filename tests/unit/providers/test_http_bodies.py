"""Bodies: taken only when whole, of the promised kind and within their caps."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from reconciler.errors import Effect, NotFound, ProviderError, UnexpectedReply
from reconciler.providers.call import CallKind, Expects, Reply
from tests.unit.providers.pages import PAGES
from tests.unit.providers.raw_server import Answer, End, RawServer, reply
from tests.unit.providers.wiring import QUICK, call, config, outcome, transport

pytestmark = pytest.mark.anyio

GZIP = (("Content-Encoding", "gzip"),)


@pytest.mark.parametrize("expects", [Expects.JSON, Expects.TEXT, Expects.EMPTY])
async def test_no_page_of_a_proxy_is_taken_for_an_answer(expects: Expects) -> None:
    assert len(PAGES) == 30
    for content_type, body in PAGES:
        async with (
            RawServer([reply(200, body, content_type)]) as server,
            transport(server.url) as way,
        ):
            error = await outcome(way, call(CallKind.CREATE, expects=expects))
            assert isinstance(error, UnexpectedReply), (content_type, body)
            assert error.effect is Effect.UNKNOWN
            assert len(server.received) == 1
            assert len(error.problem.cause) < 300


@pytest.mark.parametrize(
    ("answer", "expects", "taken"),
    [
        (reply(201, b'{"a": 1.5}'), Expects.JSON, {"a": 1.5}),
        (reply(200, b'"Success"', "text/plain"), Expects.JSON, "Success"),
        (reply(200, b"[1]", "application/problem+json; charset=utf-8"), Expects.JSON, [1]),
        (reply(200, b"[1]", ""), Expects.JSON, [1]),
        (reply(200, b"\xef\xbb\xbf[1]"), Expects.JSON, [1]),
        (reply(200, gzip.compress(b"[1]"), headers=GZIP), Expects.JSON, [1]),
        (reply(200, b"Success", "text/plain"), Expects.TEXT, None),
        (reply(202, b""), Expects.EMPTY, None),
        (reply(204, b"", ""), Expects.EMPTY, None),
        (reply(200, b"{}"), Expects.EMPTY, None),
        (reply(200, b"<html>a render's output</html>", "text/html"), Expects.ANY, None),
    ],
)
async def test_an_answer_of_the_promised_kind_is_taken(
    server: RawServer, answer: Answer, expects: Expects, taken: object
) -> None:
    server.answers = [answer]
    async with transport(server.url) as way:
        got = await outcome(way, call(expects=expects))
    assert isinstance(got, Reply)
    assert got.json == taken


async def test_a_reply_knows_its_headers_in_any_case_and_the_vendors_clock(
    server: RawServer,
) -> None:
    server.answers = [reply(headers=[("X-Odd", "a"), ("Date", "Sat, 21 Nov 2026 12:00:00 GMT")])]
    async with transport(server.url) as way:
        got = await way.send(call())
    assert got.header("x-ODD") == "a"
    assert got.header("absent") == ""
    assert got.date is not None
    assert got.date.isoformat() == "2026-11-21T12:00:00+00:00"


async def test_an_answer_cut_at_any_byte_is_never_taken() -> None:
    whole = reply(200, b'{"uuid": "a-b", "n": [1, 2, 3]}').content
    for length in range(len(whole)):
        async with (
            RawServer([Answer(whole[:length], End.CLOSE)]) as server,
            transport(server.url) as way,
        ):
            error = await outcome(way, call(CallKind.CREATE))
            assert isinstance(error, ProviderError), f"cut after {length} bytes"
            assert error.effect is Effect.UNKNOWN


def bomb(megabytes: int) -> bytes:
    return gzip.compress(bytes(megabytes << 20), compresslevel=9)


@pytest.mark.parametrize("headers", [GZIP, (("Content-Encoding", "x-gzip"),)])
async def test_a_bomb_is_given_up_before_it_has_unpacked(
    server: RawServer, headers: tuple[tuple[str, str], ...]
) -> None:
    server.answers = [reply(200, bomb(64), headers=headers)]
    async with transport(server.url) as way:
        tracemalloc.start()
        error = await outcome(way, call(body_cap=256 << 20))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert isinstance(error, UnexpectedReply)
    assert "100 times" in error.problem.summary
    assert peak < 8 << 20
    assert len(server.received) == 1, "a bomb is not asked for twice"


async def test_a_bomb_in_a_bomb_is_one_layer_of_nonsense(server: RawServer) -> None:
    server.answers = [reply(200, gzip.compress(bomb(64)), headers=GZIP)]
    async with transport(server.url) as way:
        assert isinstance(await outcome(way, call(CallKind.CREATE)), UnexpectedReply)


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "gzip,br", "odd"])
async def test_an_encoding_we_did_not_ask_for_is_refused(server: RawServer, encoding: str) -> None:
    server.answers = [reply(200, bomb(1), headers=(("Content-Encoding", encoding),))]
    async with transport(server.url) as way:
        error = await outcome(way, call(CallKind.CREATE))
    assert isinstance(error, UnexpectedReply)
    assert server.received[0].headers["accept-encoding"] == "gzip"


async def test_a_length_over_the_cap_is_refused_before_the_body(server: RawServer) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\n\r\n"
    server.answers = [Answer(head, End.HANG)]
    async with transport(server.url) as way:
        error = await outcome(way, call())
    assert isinstance(error, UnexpectedReply)
    assert "999999999" in error.problem.summary


async def test_a_body_without_length_is_read_no_further_than_its_cap(server: RawServer) -> None:
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    server.answers = [Answer(head + b"1000\r\n" + b"1" * 4096 + b"\r\n", End.HANG)]
    async with transport(server.url) as way:
        error = await outcome(way, call(body_cap=4095))
    assert isinstance(error, UnexpectedReply)
    assert "cap" in error.problem.summary


@pytest.mark.parametrize(
    "body",
    [b"{}", gzip.compress(b"{}") + b"{}", gzip.compress(b"{}") * 2, b"\x1f\x8b" + b"\0" * 20],
    ids=["plain", "with a tail", "two of them", "broken"],
)
async def test_what_is_not_one_gzip_is_refused(server: RawServer, body: bytes) -> None:
    server.answers = [reply(200, body, headers=GZIP)]
    async with transport(server.url) as way:
        error = await outcome(way, call(CallKind.CREATE))
    assert isinstance(error, UnexpectedReply)
    assert "compressed" in error.problem.summary


async def test_an_errors_body_is_capped_too(server: RawServer) -> None:
    server.answers = [reply(404, b"x" * (2 << 20))]
    async with transport(server.url) as way:
        assert isinstance(await outcome(way, call()), UnexpectedReply)


# --- streams --------------------------------------------------------------------------------------


async def read(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


async def test_a_stream_gives_the_whole_body_and_its_lane_back(server: RawServer) -> None:
    body = bytes(range(256)) * 4096
    server.answers = [reply(503), reply(200, gzip.compress(body), headers=GZIP)]
    async with transport(server.url) as way:
        for _ in range(9):
            assert await read(way.stream(call(expects=Expects.ANY))) == body


async def test_a_streams_refusal_is_the_vendors(server: RawServer) -> None:
    server.answers = [reply(404, b'{"message": "No such task"}')]
    async with transport(server.url) as way:
        with pytest.raises(NotFound, match="no such object") as refusal:
            await read(way.stream(call()))
    assert "No such task" in refusal.value.problem.cause


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (reply(200, b"x" * 5000, "text/plain"), "cap"),
        (Answer(reply(200, b"x" * 4000).content[:-1], End.CLOSE), "broke off"),
        (Answer(reply(200, b"x" * 4000).content[:-1], End.HANG), "broke off"),
        (reply(200, gzip.compress(b"abc")[:-2], headers=GZIP), "cut"),
    ],
)
async def test_a_stream_that_is_not_whole_says_so(
    server: RawServer, answer: Answer, said: str
) -> None:
    server.answers = [answer, reply()]
    async with transport(config(server.url, QUICK)) as way:
        with pytest.raises(UnexpectedReply, match=said):
            await read(way.stream(call(body_cap=4096)))
        assert isinstance(await outcome(way, call()), Reply), "the lane is free again"


async def test_a_stream_left_early_leaves_nothing_behind(server: RawServer) -> None:
    server.answers = [reply(200, b"x" * 300_000), reply()]
    async with transport(server.url) as way:
        async with aclosing(way.stream(call())) as chunks:
            assert await anext(chunks)
        assert isinstance(await outcome(way, call()), Reply)
