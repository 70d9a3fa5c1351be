"""The access token: one request for all who need it, in time, and told to nobody."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import (
    AuthFailed,
    Problem,
    ProviderError,
    RateLimited,
    Unavailable,
    UnexpectedReply,
)
from reconciler.ports import Revealed
from reconciler.providers.auth import BasicAuth
from reconciler.providers.flow.token import (
    RENEW_BEFORE_S,
    SCOPES,
    Bearer,
    Token,
    TokenEndpoint,
    Tokens,
    translate_token_error,
)
from reconciler.providers.redact import Redactor
from tests.unit.providers.pages import PAGES
from tests.unit.providers.raw_server import Answer, RawServer, reply
from tests.unit.providers.wiring import JumpClock, transport

pytestmark = pytest.mark.anyio

SECRET = "app-secret-7d1c0b"
TOKEN = "eyJhbGciOi.canary-41aa.sig"
AWAY = Unavailable(Problem("V503", "away"))


class Counted:
    """Gives `first`, `second` and so on, each good for `life_s`, or the errors put in between."""

    def __init__(self, life_s: float, errors: Sequence[ProviderError | None] = ()) -> None:
        self.issued = 0
        self._life_s = life_s
        self._errors = list(errors)

    async def issue(self) -> Token:
        self.issued += 1
        await anyio.lowlevel.checkpoint()
        error = self._errors.pop(0) if self._errors else None
        if error is not None:
            raise error
        return Token(Revealed(f"token-{self.issued}"), self._life_s)


async def all_of(tokens: Tokens, many: int, old: Revealed | None = None) -> list[str]:
    """What so many get who ask at once."""
    got: list[str] = []

    async def ask() -> None:
        try:
            asked = tokens.newer_than(old) if old is not None else tokens.current()
            got.append((await asked).reveal())
        except ProviderError as error:
            got.append(type(error).__name__)

    async with anyio.create_task_group() as tasks:
        for _ in range(many):
            tasks.start_soon(ask)
    return got


# --- one for all ----------------------------------------------------------------------------------


async def test_many_who_need_a_first_token_make_one_request() -> None:
    issuer = Counted(3599)
    assert await all_of(Tokens(issuer, JumpClock()), 64) == ["token-1"] * 64
    assert issuer.issued == 1


async def test_many_refused_with_one_token_renew_it_once() -> None:
    issuer = Counted(3599)
    tokens = Tokens(issuer, JumpClock())
    old = await tokens.current()
    assert await all_of(tokens, 64, old) == ["token-2"] * 64
    assert (await tokens.newer_than(old)).reveal() == "token-2", "who comes late takes the new one"
    assert issuer.issued == 2


async def test_two_origins_share_the_token_and_its_renewal() -> None:
    issuer = Counted(3599)
    tokens = Tokens(issuer, JumpClock())
    one, other = Bearer(tokens), Bearer(tokens)
    assert await one.headers() == await other.headers() == {"Authorization": "Bearer token-1"}
    assert await one.renew()
    assert await other.renew()
    assert await one.headers() == await other.headers() == {"Authorization": "Bearer token-2"}
    assert issuer.issued == 2


async def test_a_refused_secret_is_not_tried_by_each_task() -> None:
    refused = AuthFailed(Problem("V401", "no"))
    issuer = Counted(3599, [refused])
    assert await all_of(Tokens(issuer, JumpClock()), 8) == ["AuthFailed"] * 8
    assert issuer.issued == 1


async def test_a_request_that_is_cancelled_leaves_the_next_one_free() -> None:
    issuer = Counted(3599)
    tokens = Tokens(issuer, JumpClock())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(tokens.current)
        tasks.start_soon(tokens.current)
        await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    assert await all_of(tokens, 2) == ["token-2"] * 2


# --- in time --------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(
    life_s=st.one_of(st.floats(1, 5000), st.integers(1, 5000)),
    gaps=st.lists(st.floats(0, 1000), max_size=20),
)
def test_no_token_is_used_in_its_last_minutes(life_s: float, gaps: list[float]) -> None:
    async def run() -> None:
        clock, begun = JumpClock(), dict[str, float]()
        tokens = Tokens(Counted(life_s), clock)
        for gap in gaps:
            clock.elapsed_s += gap
            text = (await tokens.current()).reveal()
            age = clock.elapsed_s - begun.setdefault(text, clock.elapsed_s)
            assert age < life_s - min(RENEW_BEFORE_S, life_s / 2)

    anyio.run(run)


async def test_a_token_is_kept_until_five_minutes_before_its_end() -> None:
    clock, issuer = JumpClock(), Counted(3600)
    tokens = Tokens(issuer, clock)
    await tokens.current()
    clock.elapsed_s = 3299.0
    await tokens.current()
    assert issuer.issued == 1
    clock.elapsed_s = 3300.0
    await tokens.current()
    assert issuer.issued == 2


async def test_a_token_that_is_good_outlives_a_renewal_that_fails() -> None:
    clock, issuer = JumpClock(), Counted(3600, [None, AWAY, AWAY, AWAY])
    tokens = Tokens(issuer, clock)
    await tokens.current()
    clock.elapsed_s = 3400.0
    for _ in range(5):
        assert (await tokens.current()).reveal() == "token-1"
    assert issuer.issued == 2, "and the renewal is not tried by each request"
    clock.elapsed_s = 3430.0
    assert (await tokens.current()).reveal() == "token-1"
    clock.elapsed_s = 3600.0
    with pytest.raises(Unavailable):
        await tokens.current()
    assert (await tokens.current()).reveal() == "token-5"


# --- over the wire --------------------------------------------------------------------------------


def body(**changes: Any) -> Answer:
    fields = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3599, **changes}
    return reply(body=json.dumps(fields).encode())


async def issued(server: RawServer, redactor: Redactor | None = None) -> Token:
    who = BasicAuth(Revealed("app"), Revealed(SECRET))
    async with transport(server.url, authenticator=who, translate=translate_token_error) as way:
        return await TokenEndpoint(way, "/authentication/v2", redactor or Redactor()).issue()


async def test_the_app_proves_itself_in_the_header_alone(server: RawServer) -> None:
    server.answers = [body()]
    redactor = Redactor()
    token = await issued(server, redactor)
    assert (token.value.reveal(), token.life_s) == (TOKEN, 3599.0)
    (sent,) = server.received
    assert (sent.method, sent.path) == ("POST", "/authentication/v2/token")
    assert sent.headers["authorization"].startswith("Basic ")
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(sent.body.decode()) == {"grant_type": ["client_credentials"], "scope": [SCOPES]}
    assert TOKEN not in f"{token!r} {token}"
    assert redactor.clean(f"the token {TOKEN}") == "the token ***"


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (401, "AUTH-003", AuthFailed),
        (400, "AUTH-004", AuthFailed),
        (403, "AUTH-001", AuthFailed),
        (404, "", AuthFailed),
        (405, "", AuthFailed),
        (429, "ERR-001", RateLimited),
        (500, "ERR-003", Unavailable),
    ],
)
async def test_a_refused_token_request_is_never_an_answer_about_an_object(
    server: RawServer, status: int, code: str, error: type[ProviderError]
) -> None:
    said = {"developerMessage": f"the pair app:{SECRET} does not match", "errorCode": code}
    server.answers = [reply(status, json.dumps(said).encode(), headers=[("Retry-After", "999")])]
    with pytest.raises(ProviderError) as caught:
        await issued(server)
    assert type(caught.value) is error
    assert code in caught.value.problem.cause or error is RateLimited


@pytest.mark.parametrize(
    "answer",
    [
        body(access_token=""),
        body(access_token=None),
        body(access_token="two words"),
        body(access_token="line\nend"),
        body(expires_in=None),
        body(expires_in="3599"),
        reply(body=b'{"access_token": "' + TOKEN.encode()),
        reply(body=b"[]"),
        reply(204, b""),
        *(reply(200, content, kind) for kind, content in PAGES[:6]),
    ],
)
async def test_an_answer_without_a_token_is_told_and_not_shown(
    server: RawServer, answer: Answer
) -> None:
    server.answers = [answer]
    with pytest.raises(UnexpectedReply) as caught:
        await issued(server)
    assert TOKEN not in f"{caught.value!r} {caught.value.problem}"
