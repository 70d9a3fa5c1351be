"""The law of resending: for each kind of call and each end of an attempt, what is sent, what said.

A row fails if the transport resends what it must not, gives up what it may repeat, or claims to
know what it can't.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass, replace
from itertools import product

import pytest

from reconciler.errors import (
    AuthFailed,
    Conflict,
    Effect,
    Forbidden,
    NotFound,
    Problem,
    ProviderError,
    Rejected,
    Unavailable,
    UnexpectedReply,
)
from reconciler.providers.call import CallKind, Reply
from reconciler.providers.retry import RESENT, TRIES, Verdict
from tests.unit.providers.raw_server import Answer, End, RawServer, closed_port, reply
from tests.unit.providers.wiring import EASY, QUICK, call, config, outcome, transport

pytestmark = pytest.mark.anyio

REPEATABLE = (CallKind.READ, CallKind.IDEMPOTENT)
WHOLE = b'{"uuid": "1"}'
GZIP = (("Content-Encoding", "gzip"),)


@dataclass(frozen=True)
class Row:
    """`sends` is for a call that may be repeated; `others` for one that may not."""

    name: str
    answer: Answer
    error: type[ProviderError]
    sends: int
    others: int
    leaves_open: bool

    def __str__(self) -> str:
        return self.name


def refused(name: str, answer: Answer, error: type[ProviderError]) -> Row:
    return Row(name, answer, error, 1, 1, leaves_open=False)


def ambiguous(name: str, answer: Answer, error: type[ProviderError] = Unavailable) -> Row:
    return Row(name, answer, error, TRIES, 1, leaves_open=True)


def useless(name: str, answer: Answer) -> Row:
    return Row(name, answer, UnexpectedReply, 1, 1, leaves_open=True)


def cut(content: bytes, end: End = End.CLOSE) -> Answer:
    return Answer(content, end)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"
AWAY = (("Location", "https://login.example.com/?token=x"),)

ROWS = (
    refused("400", reply(400, b'{"message": "no"}'), Rejected),
    refused("401 with a token that can't be renewed", reply(401), AuthFailed),
    refused("403", reply(403), Forbidden),
    refused("404", reply(404), NotFound),
    refused("409", reply(409), Conflict),
    refused("422", reply(422), Rejected),
    refused("501", reply(501), Rejected),
    refused("307", reply(307, headers=AWAY), UnexpectedReply),
    refused("308", reply(308, headers=AWAY), UnexpectedReply),
    *(ambiguous(str(status), reply(status)) for status in (408, 500, 502, 503, 504, 522)),
    ambiguous("101", Answer(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")),
    ambiguous("closed without a byte", cut(b"")),
    ambiguous("reset without a byte", cut(b"", End.RESET)),
    ambiguous("silence", cut(b"", End.HANG)),
    ambiguous("silence after the head", cut(HEAD + b"Content-Length: 13\r\n\r\n", End.HANG)),
    ambiguous("no HTTP", cut(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")),
    ambiguous("cut in the head", cut(HEAD)),
    ambiguous("cut in the body", cut(HEAD + b"Content-Length: 13\r\n\r\n" + WHOLE[:7])),
    ambiguous("cut in a chunk", cut(HEAD + b"Transfer-Encoding: chunked\r\n\r\nd\r\n" + WHOLE[:7])),
    ambiguous("cut between chunks", cut(HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")),
    ambiguous("body without length, cut", cut(HEAD + b"\r\n" + WHOLE[:7]), UnexpectedReply),
    ambiguous("a byte now and then", Answer(HEAD * 20, drip_s=0.02)),
    ambiguous("200 with a page", reply(200, PAGE, "text/html"), UnexpectedReply),
    ambiguous("200 with a disguised page", reply(200, PAGE), UnexpectedReply),
    ambiguous("200 with nothing", reply(200, b""), UnexpectedReply),
    ambiguous("200 with XML", reply(200, WHOLE, "application/xml"), UnexpectedReply),
    ambiguous("200 with half of it", reply(200, WHOLE[:5]), UnexpectedReply),
    ambiguous("200 with NaN", reply(200, b'{"a": NaN}'), UnexpectedReply),
    ambiguous("404 with a page", reply(404, PAGE, "text/html"), UnexpectedReply),
    ambiguous("half a gzip", reply(200, gzip.compress(WHOLE)[:-9], headers=GZIP), UnexpectedReply),
    ambiguous(
        "gzip twice",
        reply(200, gzip.compress(WHOLE), headers=(("Content-Encoding", "gzip, gzip"),)),
        UnexpectedReply,
    ),
    useless("more than the cap", reply(200, b'"' + b"a" * 5000 + b'"')),
    useless("301", reply(301, headers=AWAY)),
    useless("302", reply(302, headers=AWAY)),
    useless("303", reply(303, headers=AWAY)),
)


@pytest.mark.parametrize(("row", "kind"), list(product(ROWS, CallKind)), ids=str)
async def test_the_law_of_resending(server: RawServer, row: Row, kind: CallKind) -> None:
    server.answers = [row.answer]
    is_slow = row.answer.end is End.HANG or bool(row.answer.drip_s)
    async with transport(config(server.url, QUICK if is_slow else EASY)) as way:
        error = await outcome(way, call(kind, body_cap=4096))
    assert isinstance(error, row.error)
    assert len(server.received) == (row.sends if kind in REPEATABLE else row.others)
    is_open = row.leaves_open and kind is not CallKind.READ
    assert error.effect is (Effect.UNKNOWN if is_open else Effect.NONE)


@pytest.mark.parametrize("kind", list(CallKind))
async def test_a_refused_connection_is_tried_again_and_leaves_nothing_open(kind: CallKind) -> None:
    ended: list[int] = []
    async with transport(f"http://127.0.0.1:{closed_port()}") as way:
        error = await outcome(way, call(kind))
        ended.append(sum(way.requests.values()))
    assert isinstance(error, Unavailable)
    assert error.effect is Effect.NONE
    assert ended == [0], "nothing was sent"


@pytest.mark.parametrize("kind", list(CallKind))
async def test_a_throttled_call_is_sent_again_whatever_it_does(
    server: RawServer, kind: CallKind
) -> None:
    server.answers = [reply(429), reply(429), reply(200, WHOLE)]
    async with transport(server.url) as way:
        got = await outcome(way, call(kind))
    assert isinstance(got, Reply)
    assert got.json == {"uuid": "1"}
    assert len(server.received) == 3


@pytest.mark.parametrize("kind", REPEATABLE)
async def test_what_may_be_repeated_ends_well_when_the_vendor_recovers(
    server: RawServer, kind: CallKind
) -> None:
    server.answers = [reply(503), cut(b""), reply(200, WHOLE)]
    async with transport(server.url) as way:
        got = await outcome(way, call(kind))
    assert isinstance(got, Reply)
    assert len(server.received) == 3


async def test_a_doubt_stays_when_the_repetition_is_refused(server: RawServer) -> None:
    server.answers = [reply(503), reply(409)]
    async with transport(server.url) as way:
        error = await outcome(way, call(CallKind.IDEMPOTENT))
    assert isinstance(error, Conflict)
    assert error.effect is Effect.UNKNOWN


async def test_a_vendors_table_may_read_a_refusal_into_a_500(server: RawServer) -> None:
    def unknown_job(status: int, got: Reply) -> ProviderError:
        assert (status, got.text) == (500, "Error: no such job")
        return NotFound(Problem("V404", "there is no such job"))

    server.answers = [reply(500, b"Error: no such job", "text/plain")]
    async with transport(server.url, translate=unknown_job) as way:
        error = await outcome(way, call(CallKind.CREATE))
    assert isinstance(error, NotFound)
    assert error.effect is Effect.NONE
    assert len(server.received) == 1


async def test_the_retries_of_a_run_are_a_tenth_of_its_requests_and_ten(server: RawServer) -> None:
    server.answers = [reply(503)]
    async with transport(replace(config(server.url), concurrency=1)) as way:
        for _ in range(20):
            await outcome(way, call())
    assert len(server.received) == 20 + 10 + 2


def test_only_a_clean_end_lets_a_creation_be_sent_again() -> None:
    resent = {verdict for verdict, kinds in RESENT.items() if CallKind.CREATE in kinds}
    assert resent == {Verdict.NOT_SENT, Verdict.THROTTLED, Verdict.EXPIRED}
    assert RESENT.keys() == set(Verdict)
