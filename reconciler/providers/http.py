"""The one way to a vendor, and the one place where retries are decided.

Nothing is taken from the environment: no proxy, no netrc, no certificate variable. A token goes to
the configured origin or nowhere; redirects are not followed; certificates are always checked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import anyio
import httpx

from reconciler.errors import Effect, ProviderError
from reconciler.ports import Clock
from reconciler.providers.auth import Authenticator, Renewal
from reconciler.providers.body import Sink, decoded
from reconciler.providers.call import Call, OnRequest, Reply, Translate, http_date
from reconciler.providers.gate import Gate
from reconciler.providers.judge import Judge, unexpected
from reconciler.providers.origin import Addresses, endpoint
from reconciler.providers.pace import Lane, Lanes
from reconciler.providers.redact import Redactor
from reconciler.providers.retry import SENDS, UNSENT, Ended, Patience, RetryBudget, Verdict
from reconciler.providers.statuses import error_of
from reconciler.providers.wire import (
    Consume,
    Order,
    Wire,
    close,
    connection,
    hush,
    lower_headers,
    next_chunk,
    prepare,
    raw_chunks,
    read_all,
    tls_context,
)
from reconciler.settings import ProviderConfig

T = TypeVar("T")

_ERROR_CAP_BYTES = 1 << 20
_SPOILED = frozenset({Verdict.NOT_SENT, Verdict.AMBIGUOUS, Verdict.UNUSABLE})


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one vendor adds to plain HTTP; `headers` go with every request and hold no secret."""

    authenticator: Authenticator
    translate: Translate = error_of
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Opened:
    """An answer whose body is still to come."""

    response: httpx.Response
    chunks: AsyncIterator[bytes]


def _nothing(_method: str, _path: str, _status: int, _elapsed_s: float) -> None:
    """The `OnRequest` of who does not want to know."""


class Transport:
    """Sends the calls of one provider, with one credential, from any number of tasks.

    `jitter` gives numbers from 0 up to 1. `redactor` knows the secrets in use; it may learn more.

    Raises:
        ConfigError: the endpoint or the file of certificates is refused.
    """

    __slots__ = (
        "_clock",
        "_count",
        "_date",
        "_dialect",
        "_gate",
        "_jitter",
        "_judge",
        "_lanes",
        "_on_request",
        "_redactor",
        "_renewal",
        "_request_s",
        "_retries",
        "_wire",
        "origin",
    )

    def __init__(
        self,
        config: ProviderConfig,
        clock: Clock,
        dialect: Dialect,
        jitter: Callable[[], float],
        *,
        redactor: Redactor | None = None,
        on_request: OnRequest = _nothing,
    ) -> None:
        hush()
        self.origin = endpoint(config)
        context = tls_context(self.origin, config.ca_file)
        self._request_s = config.timeouts.request_s
        self._clock = clock
        self._dialect = dialect
        self._jitter = jitter
        self._redactor = redactor or Redactor()
        self._on_request = on_request
        self._judge = Judge(dialect.translate, self._redactor)
        self._renewal = Renewal(dialect.authenticator)
        self._lanes = Lanes(config.concurrency, lambda: connection(context))
        self._gate = Gate(self.origin, clock, self._lanes, config.rate_limits, jitter)
        self._wire = Wire(config.timeouts, self.origin, Addresses(self.origin))
        self._retries = RetryBudget()
        self._count: Counter[str] = Counter()
        self._date = ""

    @property
    def requests(self) -> Mapping[str, int]:
        """Requests sent so far, resends included, by the call's kind."""
        return dict(+self._count)

    @property
    def vendor_time(self) -> datetime | None:
        """The vendor's clock (`Date`) as its last answer told it, UTC; `None` before any."""
        return http_date(self._date)

    @property
    def open_lanes(self) -> int:
        """How many requests may be on their way at once: fewer while the vendor throttles."""
        return self._lanes.open_count

    def expected_wait_s(self, endpoint_key: str, requests: int = 1) -> float:
        """How long the last of so many more requests would wait for its turn under `rateLimits`."""
        return self._gate.expected_wait_s(endpoint_key, requests)

    async def book(self, endpoint_key: str, deadline_s: float) -> None:
        """Waits for a turn under `rateLimits`, which is then that of the next request there.

        Who has to tell others before it sends can so wait first, and send at once.

        Raises:
            RateLimited: there is none before the deadline.
        """
        refusal = await self._gate.book(endpoint_key, self._clock.monotonic() + deadline_s)
        if refusal is not None:
            raise refusal

    async def send(self, call: Call) -> Reply:
        """The answer, when it is a 2xx of the promised shape; it came before `call.deadline_s`.

        A `CREATE` or `WRITE` is sent again only when it surely did nothing.

        Raises:
            ProviderError: what the vendor's table made of the answer, or `Unavailable`,
                `UnexpectedReply`, `RateLimited`. `effect` is `UNKNOWN` when any of the requests
                sent may have passed; a `READ` has none.
        """
        deadline = self._clock.monotonic() + call.deadline_s
        reply, lane = await self._persist(call, deadline, lambda got: self._whole(call, got))
        self._lanes.give(lane)
        return reply

    async def stream(self, call: Call) -> AsyncGenerator[bytes, None]:
        """The decoded body in chunks, at most `call.body_cap` bytes; its content is not looked at.

        Nothing is sent again once the first chunk is out. Close it (`aclosing`) when leaving early.

        Raises:
            ProviderError: as `send`; also when the body breaks off.
        """
        deadline = self._clock.monotonic() + call.deadline_s
        opened, lane = await self._persist(call, deadline, lambda got: self._head(call, got))
        try:
            while chunk := await next_chunk(opened.chunks, deadline - self._clock.monotonic()):
                if isinstance(chunk, ProviderError):
                    raise self._redactor.clean_error(chunk)
                yield chunk
        finally:
            await close(opened.response)
            self._lanes.give(lane)

    async def pour(self, call: Call, begin: Callable[[], Sink[T]]) -> T:
        """What a sink made of the body; no more of it is held than the sink holds.

        Each attempt has a sink of its own: a body that breaks off is asked for again.

        Raises:
            ProviderError: as `send`.
        """
        deadline = self._clock.monotonic() + call.deadline_s
        made, lane = await self._persist(
            call, deadline, lambda got: self._poured(call, got, begin())
        )
        self._lanes.give(lane)
        return made

    async def aclose(self) -> None:
        """Closes all connections; nothing may be sent after it."""
        await self._lanes.aclose()

    async def _persist(self, call: Call, deadline: float, consume: Consume[T]) -> tuple[T, Lane]:
        """What the first good attempt gave, and its lane, which is still held."""
        order = prepare(self.origin, call, self._dialect.headers)
        patience = Patience(call.kind, self._retries, self._jitter)
        ended: Ended[T] | None = None
        self._retries.earn()
        for attempt in range(SENDS):
            lane = await self._gate.admit(call.endpoint, deadline, attempt)
            if isinstance(lane, ProviderError):
                ended = ended or Ended(Verdict.WITHHELD, error=lane)
                break
            generation = self._renewal.generation
            left_s = max(0.0, deadline - self._clock.monotonic())
            within_s = min(call.attempt_s or self._request_s, left_s)
            ended = await self._attempt(order, lane, within_s, consume)
            self._count[call.kind] += ended.verdict not in UNSENT
            if ended.value is not None:
                return ended.value, lane
            wait = patience.after(ended)
            if wait is None or not await self._go_on(ended.verdict, wait, deadline, generation):
                break
        raise self._final(ended, patience)

    async def _attempt(
        self, order: Order, lane: Lane, within_s: float, consume: Consume[T]
    ) -> Ended[T]:
        """One attempt; the lane is given back unless it ended well."""
        started = self._clock.monotonic()
        ended: Ended[T] | None = None
        try:
            ended = await self._signed(order, lane, within_s, consume)
        finally:
            self._gate.over(lane)
            if ended is None or ended.verdict in _SPOILED:
                await self._lanes.renew(lane)
            if ended is None or ended.verdict is not Verdict.DONE:
                self._lanes.give(lane)
        self._gate.note(ended, started)
        elapsed_s = self._clock.monotonic() - started
        self._on_request(order.method, self._redactor.clean(order.path), ended.status, elapsed_s)
        return ended

    async def _signed(
        self, order: Order, lane: Lane, within_s: float, consume: Consume[T]
    ) -> Ended[T]:
        try:
            credential = await self._dialect.authenticator.headers()
        except ProviderError as error:
            return Ended(Verdict.WITHHELD, error=error)
        return await self._wire.exchange(order.signed(credential), lane, within_s, consume)

    async def _whole(self, call: Call, response: httpx.Response) -> Ended[Reply]:
        headers = lower_headers(response)
        self._date = headers.get("date") or self._date
        cap = call.body_cap if response.is_success else _ERROR_CAP_BYTES
        content = await read_all(response, decoded(raw_chunks(response), headers, cap))
        reply = Reply(response.status_code, headers, content)
        return self._judge.end_of(call, reply, self._clock.now())

    async def _head(self, call: Call, response: httpx.Response) -> Ended[_Opened]:
        if response.is_success:
            chunks = decoded(raw_chunks(response), lower_headers(response), call.body_cap)
            return Ended(Verdict.DONE, _Opened(response, chunks), status=response.status_code)
        return await self._refused(call, response)

    async def _poured(self, call: Call, response: httpx.Response, sink: Sink[T]) -> Ended[T]:
        if not response.is_success:
            return await self._refused(call, response)
        headers = lower_headers(response)
        self._date = headers.get("date") or self._date
        try:
            async for chunk in decoded(raw_chunks(response), headers, call.body_cap):
                sink.feed(chunk)
        finally:
            await close(response)
        return Ended(Verdict.DONE, sink.end(), status=response.status_code)

    async def _refused(self, call: Call, response: httpx.Response) -> Ended[Any]:
        """The end of what promised a body and has none, for whoever waited for it."""
        ended = await self._whole(call, response)
        return Ended(ended.verdict, None, ended.error, ended.retry_after_s, ended.status)

    async def _go_on(self, verdict: Verdict, wait: float, deadline: float, generation: int) -> bool:
        match verdict:
            case Verdict.EXPIRED:
                return await self._renewed(deadline, generation)
            case Verdict.THROTTLED:
                self._gate.pause(wait)
                return True
            case _:
                return await self._gate.sleep(wait, deadline)

    async def _renewed(self, deadline: float, generation: int) -> bool:
        with anyio.move_on_after(deadline - self._clock.monotonic()):
            return await self._renewal.after(generation)
        return False

    def _final(self, ended: Ended[T] | None, patience: Patience) -> ProviderError:
        error = (ended.error if ended else None) or unexpected("the request was made too often")
        if ended and ended.verdict is Verdict.EXPIRED and self._renewal.error:
            error = self._renewal.error
        effect = Effect.UNKNOWN if patience.is_doubtful else Effect.NONE
        return self._redactor.clean_error(type(error)(error.problem, effect=effect))
