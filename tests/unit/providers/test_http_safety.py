"""The token goes to its origin and nowhere else, and no text a person sees holds it."""

from __future__ import annotations

import base64
import logging
import ssl
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import anyio
import httpx
import pytest

from reconciler.errors import AuthFailed, ConfigError, Effect, Problem, ProviderError, Unavailable
from reconciler.ports import Revealed
from reconciler.providers.auth import BasicAuth
from reconciler.providers.call import CallKind, Reply
from reconciler.providers.http import Transport
from reconciler.providers.origin import Addresses, Origin
from reconciler.providers.pace import Lanes
from reconciler.providers.retry import Ended, Verdict
from reconciler.providers.wire import Wire, connection, prepare, tls_context
from tests.unit.providers.raw_server import Answer, RawServer, Received, reply
from tests.unit.providers.wiring import QUICK, TOKEN, Renewable, call, config, outcome, transport

pytestmark = pytest.mark.anyio

CERTIFICATE = Path(__file__).parent / "localhost.pem"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "form", ["http://127.0.0.1:{}/x", "//127.0.0.1:{}/x", "http://a:b@[::1]:{}"]
)
async def test_a_redirect_is_never_followed(server: RawServer, status: int, form: str) -> None:
    async with RawServer() as other:
        target = form.format(other.port)
        server.answers = [reply(status, headers=[("Location", target)])]
        async with transport(server.url) as way:
            error = await outcome(way, call(CallKind.WRITE))
        assert isinstance(error, ProviderError)
        assert other.connections == 0
        assert str(other.port) in error.problem.summary
        assert "a:b" not in error.problem.summary


async def test_cookies_and_the_environment_are_not_used(
    server: RawServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with RawServer() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login mallory password stolen\n")
        monkeypatch.setenv("NETRC", str(netrc))
        server.answers = [reply(headers=[("Set-Cookie", "session=1; Path=/")])]
        async with transport(server.url) as way:
            await way.send(call())
            await way.send(call())
        assert proxy.connections == 0
    assert [each.headers["authorization"] for each in server.received] == [TOKEN, TOKEN]
    assert all("cookie" not in each.headers for each in server.received)


async def test_a_link_to_another_origin_is_not_asked_for(server: RawServer) -> None:
    async with RawServer() as other, transport(server.url) as way:
        error = await outcome(way, call(path=f"{other.url}/next"))
        assert isinstance(error, ProviderError)
        assert isinstance(await outcome(way, call(path=f"{server.url}/next?a=1")), Reply)
        assert other.connections == 0
    assert server.paths == ["/next?a=1"]


FORMS = (
    TOKEN,
    quote(TOKEN, safe=""),
    base64.b64encode(TOKEN.encode()).decode(),
    base64.b64encode(f"user:{TOKEN}".encode()).decode(),
    TOKEN.replace("/", "\\/"),
    TOKEN.encode().hex(),
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("status", [200, 302, 400, 401, 404, 429, 500])
@pytest.mark.parametrize("padding", [0, 185])
async def test_a_secret_that_comes_back_is_shown_nowhere(
    server: RawServer, form: str, status: int, padding: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []
    body = b"<" + b"." * padding + form.encode() + b">"
    echo = [("Location", f"https://x.test/{form}"), ("X-Echo", form)]
    server.answers = [reply(status, body, f"text/plain; x={form}", headers=echo)]
    async with transport(server.url, on_request=lambda *entry: seen.append(repr(entry))) as way:
        path = f"/pools/{quote(TOKEN, safe='')}"
        with pytest.raises(ProviderError) as raised:
            await way.send(call(CallKind.WRITE, path=path, deadline_s=1))
    error = raised.value
    assert error.__cause__ is None
    assert error.__context__ is None
    seen += [*traceback.format_exception(error), repr(error), repr(error.problems), caplog.text]
    text = "".join(seen)
    assert len(seen) > 2
    assert not [part for part in pieces(form) if part in text]


def pieces(form: str) -> list[str]:
    """Each run of twelve characters: a cut secret is a secret."""
    return [form[at : at + 12] for at in range(len(form) - 11)]


async def test_no_reply_or_call_prints_what_it_carries(server: RawServer) -> None:
    server.answers = [reply(200, b'{"secret": 1}', headers=[("Set-Cookie", "session=1")])]
    async with transport(server.url) as way:
        got = await way.send(call())
    assert "secret" not in repr(got)
    assert "session" not in repr(got)


async def test_every_request_is_logged_without_its_query(server: RawServer) -> None:
    log: list[tuple[str, str, int]] = []
    server.answers = [reply(503), reply()]
    async with transport(server.url, on_request=lambda *entry: log.append(entry[:3])) as way:
        await way.send(call(query={"tag": "private"}))
        await way.send(call(CallKind.CREATE, "/jobs"))
        assert way.requests == {"read": 2, "create": 1}
    assert log == [("GET", "/pools", 503), ("GET", "/pools", 200), ("POST", "/jobs", 200)]


async def test_a_redirect_within_the_origin_is_not_followed_either(server: RawServer) -> None:
    server.answers = [reply(302, headers=[("Location", "/login")])]
    async with transport(server.url) as way:
        error = await outcome(way, call())
    assert isinstance(error, ProviderError)
    assert "another path" in error.problem.summary
    assert server.paths == ["/pools"]


async def test_a_name_that_leads_to_a_trap_gets_no_request_and_no_second_try() -> None:
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["169.254.169.254"]

    origin = Origin("https", "api.test", 443)
    lanes = Lanes(1, lambda: connection(tls_context(origin, None)))
    lane = await lanes.take(1.0)
    assert lane is not None
    wire = Wire(QUICK, origin, Addresses(origin, rebinding))
    ended = await wire.exchange(prepare(origin, call(), {}), lane, 1.0, never)
    assert ended.verdict is Verdict.WITHHELD
    assert asked == ["api.test"]
    await lanes.aclose()


async def never(_response: httpx.Response) -> Ended[str]:
    raise AssertionError("an answer came")


# --- credentials ----------------------------------------------------------------------------------


async def test_a_token_is_sent_as_it_is_and_a_password_pre_emptively(server: RawServer) -> None:
    basic = BasicAuth(Revealed("artist"), Revealed("pa:ss wörd"))
    async with transport(server.url) as way:
        await way.send(call())
    async with transport(server.url, authenticator=basic) as way:
        await way.send(call())
    raw, pair = (each.headers["authorization"] for each in server.received)
    assert raw == TOKEN
    assert base64.b64decode(pair.removeprefix("Basic ")).decode() == "artist:pa:ss wörd"


@pytest.mark.parametrize("kind", list(CallKind))
async def test_an_expired_credential_is_renewed_once_and_the_call_repeated(
    server: RawServer, kind: CallKind
) -> None:
    credential = Renewable()
    server.answers = [reply(401), reply()]
    async with transport(server.url, authenticator=credential) as way:
        assert isinstance(await outcome(way, call(kind)), Reply)
    assert credential.renewals == 1
    sent = [each.headers["authorization"] for each in server.received]
    assert sent == [f"Bearer {TOKEN}0", f"Bearer {TOKEN}1"]


async def test_a_credential_refused_again_after_its_renewal_is_given_up(server: RawServer) -> None:
    server.answers = [reply(401)]
    async with transport(server.url, authenticator=Renewable()) as way:
        error = await outcome(way, call(CallKind.CREATE))
    assert isinstance(error, AuthFailed)
    assert error.effect is Effect.NONE
    assert len(server.received) == 2


@pytest.mark.parametrize("index", range(0, 16, 3))
async def test_one_renewal_serves_all_tasks_whenever_the_token_expires(
    server: RawServer, index: int
) -> None:
    credential = Renewable()
    old = f"Bearer {TOKEN}0"

    def expiring(request: Received) -> Answer:
        is_late = len(server.received) > index
        return reply(401 if is_late and request.headers["authorization"] == old else 200)

    server.answer_to = expiring
    async with (
        transport(replace(config(server.url), concurrency=8), authenticator=credential) as way,
        anyio.create_task_group() as tasks,
    ):
        for _ in range(8):
            tasks.start_soon(two_calls, way)
    assert credential.renewals == 1


async def two_calls(way: Transport) -> None:
    for _ in range(2):
        await way.send(call())


async def test_without_a_credential_nothing_is_sent(server: RawServer) -> None:
    why = AuthFailed(Problem("V401", "the token service refused the client"))
    async with transport(server.url, authenticator=Renewable(error=why, has_token=False)) as way:
        error = await outcome(way, call(CallKind.CREATE))
        assert way.requests == {}
    assert isinstance(error, AuthFailed)
    assert error.effect is Effect.NONE
    assert server.received == []


async def test_why_a_renewal_failed_is_told(server: RawServer) -> None:
    why = Unavailable(Problem("V503", "the token service is away"))
    server.answers = [reply(401)]
    async with transport(server.url, authenticator=Renewable(error=why)) as way:
        error = await outcome(way, call())
    assert isinstance(error, Unavailable)
    assert error.problem.summary == "the token service is away"
    assert len(server.received) == 1


@pytest.mark.parametrize("value", ["tok\n", " tok", "to\rk", "to\x00k", "to\x7fk"])
def test_a_credential_that_no_header_can_carry_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        BasicAuth(Revealed("user"), Revealed(value))
    assert value not in str(refusal.value.problems)


# --- TLS ------------------------------------------------------------------------------------------


def tls_server() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


async def test_a_server_with_the_farms_own_certificate_is_trusted_by_ca_file() -> None:
    async with RawServer(tls=tls_server()) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        async with transport(replace(config(url), ca_file=str(CERTIFICATE))) as way:
            assert isinstance(await outcome(way, call(CallKind.CREATE)), Reply)
        assert server.received[0].headers["host"] == f"localhost:{server.port}"


@pytest.mark.parametrize(
    ("host", "ca_file"), [("localhost", None), ("127.0.0.1", str(CERTIFICATE))]
)
async def test_an_untrusted_or_wrong_certificate_gets_no_request(
    host: str, ca_file: str | None
) -> None:
    async with RawServer(tls=tls_server()) as server:
        url = server.url.replace("127.0.0.1", host)
        async with transport(replace(config(url), ca_file=ca_file)) as way:
            error = await outcome(way, call(CallKind.CREATE))
        assert isinstance(error, Unavailable)
        assert error.effect is Effect.NONE
        assert "certificate" in error.problem.cause.lower()
        assert server.received == []


async def test_a_server_that_speaks_no_tls_gets_no_request(server: RawServer) -> None:
    url = server.url.replace("http://", "https://")
    async with transport(config(url, QUICK)) as way:
        error = await outcome(way, call(CallKind.CREATE))
    assert isinstance(error, Unavailable)
    assert error.effect is Effect.NONE
    assert server.received == []


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("ca_file", [None, str(CERTIFICATE)])
def test_certificates_are_always_checked_and_old_tls_never_spoken(
    scheme: str, ca_file: str | None
) -> None:
    context = tls_context(Origin(scheme, "localhost", 1), ca_file)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_file_without_certificates_is_refused(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigError, match="certificates"):
        tls_context(Origin("https", "localhost", 1), str(file))


async def test_a_name_without_an_address_was_not_sent() -> None:
    async with transport("https://nowhere.invalid") as way:
        error = await outcome(way, call(CallKind.CREATE))
    assert isinstance(error, Unavailable)
    assert error.effect is Effect.NONE


async def test_localhost_is_reached_by_whichever_of_its_addresses_answers(
    server: RawServer,
) -> None:
    async with transport(server.url.replace("127.0.0.1", "localhost")) as way:
        await way.send(call(CallKind.CREATE))
    assert len(server.received) == 1
