"""One attempt over httpx: connect where it is allowed, send, take the answer, say how it ended."""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeVar

import anyio
import httpx

from reconciler import __version__
from reconciler.errors import ConfigError, Problem, ProviderError, Unavailable
from reconciler.providers.body import BodyFault, BodyTooLarge
from reconciler.providers.call import Call, Expects
from reconciler.providers.judge import unexpected
from reconciler.providers.origin import Addresses, AddressRefused, Origin, request_target
from reconciler.providers.pace import Lane
from reconciler.providers.retry import Ended, Verdict
from reconciler.settings import Timeouts

T = TypeVar("T")

# Under uvicorn's 5 s: a server that closes just as we send leaves the outcome of a create open.
_KEEPALIVE_S = 4.0

_USER_AGENT = f"reconciler/{__version__}"

_WORDS: Mapping[type[Exception], str] = MappingProxyType(
    {
        httpx.ConnectTimeout: "no connection was made in time",
        httpx.ConnectError: "the connection was refused",
        httpx.ReadTimeout: "the vendor went silent",
        httpx.WriteTimeout: "the request could not be sent in time",
        httpx.ReadError: "the connection was cut",
        httpx.WriteError: "the connection was cut",
        httpx.RemoteProtocolError: "the answer broke off, or is no HTTP",
    }
)


def tls_context(origin: Origin, ca_file: str | None) -> ssl.SSLContext:
    """Certificates are always checked, by `ca_file` alone where one is given; TLS 1.2 or newer.

    Raises:
        ConfigError: `ca_file` can't be read.
    """
    try:
        context = _context(origin, ca_file)
    except (OSError, ValueError):
        context = None
    if context is None:
        raise ConfigError(
            Problem(
                "C144",
                f"the file of certificates {ca_file} can't be used",
                cause="it is missing, or holds no certificate in PEM form",
                remedy="give tls.caFile the path of a PEM file",
            )
        )
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _context(origin: Origin, ca_file: str | None) -> ssl.SSLContext:
    if ca_file is not None:
        return ssl.create_default_context(cafile=ca_file)
    if origin.scheme == "http":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used: saves loading the store
    return httpx.create_ssl_context(trust_env=False)


def hush() -> None:
    """Keeps httpx's engine from logging: at debug level it writes down whole lists of headers."""
    logging.getLogger("httpcore").setLevel(logging.WARNING)


def connection(context: ssl.SSLContext) -> httpx.AsyncHTTPTransport:
    """An httpx transport of one connection: no proxy, no environment, no retry, no cookie."""
    return httpx.AsyncHTTPTransport(
        verify=context,
        trust_env=False,
        limits=httpx.Limits(
            max_connections=1, max_keepalive_connections=1, keepalive_expiry=_KEEPALIVE_S
        ),
    )


@dataclass(frozen=True, slots=True)
class Order:
    """A request but for its address: what is the same in every attempt."""

    method: str
    target: bytes
    headers: tuple[tuple[str, str], ...]
    content: bytes | None

    @property
    def path(self) -> str:
        """What a log may show: the query is left out."""
        return self.target.partition(b"?")[0].decode("ascii")

    def signed(self, credential: Mapping[str, str]) -> Order:
        """The same with who sends it."""
        return replace(self, headers=(*self.headers, *credential.items()))


def prepare(origin: Origin, call: Call, headers: Mapping[str, str]) -> Order:
    """The order of a call; `headers` are the vendor's own.

    Raises:
        UnexpectedReply: the call's path leads to another origin.
    """
    content, content_type = call.content, call.content_type
    if content is None and call.json is not None:
        content = json.dumps(call.json, separators=(",", ":"), ensure_ascii=False).encode()
        content_type = content_type or "application/json"
    return Order(
        method=call.method,
        target=request_target(origin, call).encode("ascii"),
        headers=(
            ("Host", origin.authority),
            ("Accept", "application/json" if call.expects is Expects.JSON else "*/*"),
            ("Accept-Encoding", "gzip"),
            ("User-Agent", _USER_AGENT),
            *((("Content-Type", content_type),) if content is not None and content_type else ()),
            *{**headers, **call.headers}.items(),
        ),
        content=content,
    )


class _Sent:
    """Remembers whether a request's first byte may have left."""

    __slots__ = ("is_sent",)

    def __init__(self) -> None:
        self.is_sent = False

    async def __call__(self, event: str, _: Mapping[str, Any]) -> None:
        if event == "http11.send_request_headers.started":
            self.is_sent = True


@dataclass(frozen=True, slots=True)
class _Attempt:
    order: Order
    lane: Lane
    within_s: float
    sent: _Sent


Consume = Callable[[httpx.Response], Awaitable[Ended[T]]]
"""Takes an answer whose head has come; must close it unless it hands it on."""


class Wire:
    """The way to one origin."""

    __slots__ = ("_addresses", "_origin", "_timeouts", "_url")

    def __init__(self, timeouts: Timeouts, origin: Origin, addresses: Addresses) -> None:
        self._origin = origin
        self._addresses = addresses
        self._timeouts = timeouts
        self._url = lru_cache(maxsize=256)(self._make_url)

    async def exchange(
        self, order: Order, lane: Lane, within_s: float, consume: Consume[T]
    ) -> Ended[T]:
        """One attempt, over in `within_s` whatever drips; what the network does raises nothing."""
        attempt = _Attempt(order, lane, within_s, _Sent())
        with anyio.move_on_after(within_s):
            return await self._over_addresses(attempt, consume)
        return self._silent(attempt, f"no whole answer came within {within_s:.3g} s")

    async def _over_addresses(self, attempt: _Attempt, consume: Consume[T]) -> Ended[T]:
        try:
            addresses = await self._addresses.candidates()
        except AddressRefused as refusal:
            return Ended(Verdict.WITHHELD, error=unreachable(self._origin, str(refusal)))
        except (OSError, UnicodeError):
            return self._silent(attempt, "the host's name could not be resolved")
        ended: Ended[T] | None = None
        for address in addresses:
            ended = await self._once(attempt, address, consume)
            if ended.verdict is not Verdict.NOT_SENT:
                self._addresses.prefer(address)
                return ended
        self._addresses.forget()
        return ended or self._silent(attempt, "the host's name has no address")

    async def _once(self, attempt: _Attempt, address: str, consume: Consume[T]) -> Ended[T]:
        request = self._request(attempt, address)
        status = 0
        try:
            response = await attempt.lane.transport.handle_async_request(request)
            status = response.status_code
            return await consume(response)
        except BodyTooLarge as fault:
            return Ended(Verdict.UNUSABLE, error=unexpected(str(fault)), status=status)
        except BodyFault as fault:
            return Ended(Verdict.AMBIGUOUS, error=unexpected(str(fault)), status=status)
        except (httpx.TransportError, OSError) as error:
            return self._silent(attempt, _why(error), status)

    def _request(self, attempt: _Attempt, address: str) -> httpx.Request:
        return httpx.Request(
            attempt.order.method,
            self._url(address, attempt.order.target),
            headers=list(attempt.order.headers),
            content=attempt.order.content,
            extensions={
                "timeout": _timeouts(self._timeouts, attempt.within_s),
                "sni_hostname": self._origin.host,
                "trace": attempt.sent,
            },
        )

    def _make_url(self, address: str, target: bytes) -> httpx.URL:
        """The checked address itself: the name is not resolved a second time."""
        origin = self._origin
        return httpx.URL(scheme=origin.scheme, host=address, port=origin.port, raw_path=target)

    def _silent(self, attempt: _Attempt, why: str, status: int = 0) -> Ended[T]:
        if not attempt.sent.is_sent:
            return Ended(Verdict.NOT_SENT, error=unreachable(self._origin, why))
        problem = Problem(
            Unavailable.code,
            f"{self._origin} gave no usable answer",
            cause=why,
            remedy="run the command again: what the request may have done is looked up first",
        )
        return Ended(Verdict.AMBIGUOUS, error=Unavailable(problem), status=status)


def unreachable(origin: Origin, why: str) -> Unavailable:
    """The error of a request that never left."""
    return Unavailable(
        Problem(
            Unavailable.code,
            f"{origin} can't be reached",
            cause=why,
            remedy="check the provider's url and the network, then run the command again",
        )
    )


def _timeouts(timeouts: Timeouts, within_s: float) -> dict[str, float]:
    # Connecting is two such waits, TCP and TLS: httpx's own limit has to end them, because a
    # handshake that is cancelled from outside leaves its socket to the garbage collector.
    connect_s = min(timeouts.connect_s, within_s / 3)
    read_s = timeouts.read_s
    return {"connect": connect_s, "read": read_s, "write": read_s, "pool": connect_s}


def _why(error: Exception) -> str:
    words = _WORDS.get(type(error), "the connection failed")
    return f"{words}: {error}" if str(error) else words


def lower_headers(response: httpx.Response) -> dict[str, str]:
    """Its headers by lower-case name; of a repeated one the last."""
    raw = response.headers.raw
    return {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in raw}


def raw_chunks(response: httpx.Response) -> AsyncIterable[bytes]:
    """The body as it comes, still encoded."""
    assert isinstance(response.stream, httpx.AsyncByteStream)
    return response.stream


async def read_all(response: httpx.Response, chunks: AsyncIterable[bytes]) -> bytes:
    """All chunks as one; the answer is closed, however that ends."""
    try:
        return b"".join([chunk async for chunk in chunks])
    finally:
        await close(response)


async def close(response: httpx.Response) -> None:
    """Ends an answer; its connection lives on only if it was read to its end."""
    with anyio.CancelScope(shield=True):
        await response.aclose()


async def next_chunk(chunks: AsyncIterator[bytes], within_s: float) -> bytes | ProviderError:
    """The next chunk, an empty one at the end, or why there is none."""
    error: ProviderError = unexpected(f"the answer was not whole within {within_s:.3g} s")
    with anyio.move_on_after(within_s):
        try:
            return await anext(chunks, b"")
        except (BodyFault, BodyTooLarge) as fault:
            error = unexpected(str(fault))
        except (httpx.TransportError, OSError) as broken:
            error = unexpected("the answer broke off", _why(broken))
    return error
