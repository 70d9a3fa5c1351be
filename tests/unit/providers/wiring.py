"""A transport as the tests want it: its waits in virtual time, its jitter chosen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import anyio.lowlevel

from reconciler.errors import ProviderError
from reconciler.ports import Revealed
from reconciler.providers.auth import Authenticator, StaticToken
from reconciler.providers.call import Call, CallKind, Expects, OnRequest, Reply, Translate
from reconciler.providers.http import Dialect, Transport
from reconciler.providers.redact import Redactor
from reconciler.providers.statuses import error_of
from reconciler.settings import ProviderConfig, Timeouts

TOKEN = "s3cr3t/token+of=32bytes"
START = datetime(2026, 11, 21, 12, tzinfo=UTC)


class JumpClock:
    """Sleeping moves it at once; `waits` lists what was slept, `sleeps` when each one ended."""

    def __init__(self) -> None:
        self.elapsed_s = 0.0
        self.waits: list[float] = []

    def now(self) -> datetime:
        return START + timedelta(seconds=self.elapsed_s)

    def monotonic(self) -> float:
        return self.elapsed_s

    async def sleep(self, seconds: float) -> None:
        end = self.elapsed_s + seconds
        self.waits.append(seconds)
        await anyio.lowlevel.checkpoint()
        self.elapsed_s = max(self.elapsed_s, end)


class Renewable:
    """A credential that counts its renewals; every one gives a new token, or `error`.

    The first token is there unless `has_token` says otherwise: then `error` comes at once.
    """

    def __init__(self, *, error: ProviderError | None = None, has_token: bool = True) -> None:
        self.renewals = 0
        self._error = error
        self._has_token = has_token

    async def headers(self) -> Mapping[str, str]:
        if self._error and not self._has_token:
            raise self._error
        return {"Authorization": f"Bearer {TOKEN}{self.renewals}"}

    async def renew(self) -> bool:
        self.renewals += 1
        await anyio.lowlevel.checkpoint()
        if self._error:
            raise self._error
        return True


EASY = Timeouts(connect_s=5.0, read_s=5.0, request_s=5.0)
QUICK = Timeouts(connect_s=0.2, read_s=0.15, request_s=0.3)
"""For a server that hangs or drips."""


def config(url: str, timeouts: Timeouts = EASY) -> ProviderConfig:
    return ProviderConfig(name="farm", type="qarnot", url=url, timeouts=timeouts)


@asynccontextmanager
async def transport(
    settings: ProviderConfig | str,
    clock: JumpClock | None = None,
    *,
    authenticator: Authenticator | None = None,
    translate: Translate = error_of,
    on_request: OnRequest = lambda *_: None,
) -> AsyncIterator[Transport]:
    """Open until left. Jitter is 0: waits are their shortest."""
    token = Revealed(TOKEN)
    made = Transport(
        config(settings) if isinstance(settings, str) else settings,
        clock or JumpClock(),
        Dialect(authenticator or StaticToken(token), translate),
        lambda: 0.0,
        redactor=Redactor([token]),
        on_request=on_request,
    )
    try:
        yield made
    finally:
        await made.aclose()


def call(kind: CallKind = CallKind.READ, path: str = "/pools", **changes: object) -> Call:
    """A plain call; what sends something carries a body."""
    method = "GET" if kind is CallKind.READ else "POST"
    body = None if kind is CallKind.READ else {"name": "sim"}
    return replace(Call(method, path, kind, json=body, expects=Expects.JSON), **changes)  # type: ignore[arg-type]


async def outcome(way: Transport, request: Call) -> Reply | ProviderError:
    """What `send` gave or raised."""
    try:
        return await way.send(request)
    except ProviderError as error:
        return error
