"""The access token of an app: fetched when first needed, renewed once for all who need it.

Source: Autodesk Platform Services, OAuth v2, get a two-legged token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import anyio

from reconciler.errors import (
    AuthFailed,
    Problem,
    ProviderError,
    RateLimited,
    Unavailable,
    UnexpectedReply,
)
from reconciler.ports import Clock, Revealed
from reconciler.providers.body import json_or_none
from reconciler.providers.call import Call, CallKind, Expects, Reply
from reconciler.providers.flow.messages import message_of
from reconciler.providers.http import Transport
from reconciler.providers.redact import Redactor
from reconciler.providers.statuses import error_of

SCOPES = "code:all data:read data:write data:create"
"""What a job with files needs. Source: the compute API's tutorials."""
TOKEN_ROUTE = "POST /token"  # noqa: S105 - the key of a rate limit
RENEW_BEFORE_S = 300.0
_TRY_AGAIN_S = 30.0
_DEADLINE_S = 60.0
_LENGTH = 64 * 1024
_FORM = "application/x-www-form-urlencoded"
_PASSING = (Unavailable, RateLimited, UnexpectedReply)


def translate_token_error(status: int, reply: Reply) -> ProviderError:
    """The error of a token request: what does not pass by itself is `AuthFailed`.

    So none of them can be taken for an answer about the object that was asked for.
    """
    error = error_of(status, reply, message_of(reply))
    if isinstance(error, _PASSING):
        return error
    return AuthFailed(
        Problem(
            code=AuthFailed.code,
            summary="Autodesk gives no token for these credentials",
            cause=error.problem.cause,
            remedy="check clientId and clientSecret, that the app may use this API, and the url",
        )
    )


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and how long it lasts, in seconds from when it was asked for."""

    value: Revealed
    life_s: float


class Issuer(Protocol):
    """Who gives tokens out."""

    async def issue(self) -> Token:
        """
        Raises:
            ProviderError: there is none to be had; never `NotFound`.
        """


class TokenEndpoint:
    """The auth service; the transport to it proves who the app is."""

    __slots__ = ("_path", "_redactor", "_transport")

    def __init__(self, transport: Transport, path: str, redactor: Redactor) -> None:
        self._transport = transport
        self._path = path
        self._redactor = redactor

    async def issue(self) -> Token:
        form = {"grant_type": "client_credentials", "scope": SCOPES}
        call = Call(
            "POST",
            f"{self._path}/token",
            CallKind.READ,
            content=urlencode(form, quote_via=quote).encode(),
            content_type=_FORM,
            # an answer that is not what was promised is shown to people; this one must not be
            expects=Expects.ANY,
            body_cap=_LENGTH,
            endpoint=TOKEN_ROUTE,
            deadline_s=_DEADLINE_S,
        )
        reply = await self._transport.send(call)
        token = _token_in(json_or_none(reply.content))
        if token is None:
            raise _no_token()
        self._redactor.add(token.value)
        return token


def _token_in(body: Any) -> Token | None:
    match body:
        case {"access_token": str(text), "expires_in": int() | float() as life}:
            is_whole = bool(text) and text.isascii() and text.isprintable() and " " not in text
            return Token(Revealed(text), max(0.0, life)) if is_whole and isfinite(life) else None
        case _:
            return None


class Tokens:
    """The token in use. Many may ask at once: one request is made for all of them.

    It is renewed five minutes before its end, or half its life where it lives shorter; while it is
    good, a renewal that fails is nobody's error.
    """

    __slots__ = ("_clock", "_ends_at", "_error", "_held", "_issuer", "_lock", "_renew_at", "_tries")

    def __init__(self, issuer: Issuer, clock: Clock) -> None:
        self._issuer = issuer
        self._clock = clock
        self._lock = anyio.Lock()
        self._held: Revealed | None = None
        self._error: ProviderError | None = None
        self._tries = 0
        self._renew_at = self._ends_at = 0.0

    async def current(self) -> Revealed:
        """
        Raises:
            ProviderError: there is none to be had; never `NotFound`.
        """
        held = self._held
        if held is not None and self._clock.monotonic() < self._renew_at:
            return held
        try:
            return await self.newer_than(held)
        except ProviderError:
            now = self._clock.monotonic()
            if held is None or now >= self._ends_at:
                raise
            self._renew_at = min(self._ends_at, now + _TRY_AGAIN_S)
            return held

    async def newer_than(self, refused: Revealed | None) -> Revealed:
        """A token that is not this one; only the first to ask for it makes a request.

        Raises:
            ProviderError: there is none to be had; never `NotFound`.
        """
        tries = self._tries
        async with self._lock:
            if self._tries == tries and self._held is refused:
                self._error = await self._renewed()
                self._tries += 1
        if self._held is not None and self._held is not refused:
            return self._held
        assert self._error is not None, "who fetched it told why there is none"
        raise type(self._error)(self._error.problem)

    async def _renewed(self) -> ProviderError | None:
        asked_at = self._clock.monotonic()
        try:
            token = await self._issuer.issue()
        except ProviderError as error:
            return error
        self._held = token.value
        self._ends_at = asked_at + token.life_s
        self._renew_at = self._ends_at - min(RENEW_BEFORE_S, token.life_s / 2)
        return None


class Bearer:
    """An `Authenticator` for one origin that the token is meant for."""

    __slots__ = ("_given", "_tokens")

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._given: Revealed | None = None

    async def headers(self) -> Mapping[str, str]:
        self._given = await self._tokens.current()
        return {"Authorization": f"Bearer {self._given.reveal()}"}

    async def renew(self) -> bool:
        await self._tokens.newer_than(self._given)
        return True


def _no_token() -> UnexpectedReply:
    return UnexpectedReply(
        Problem(
            code=UnexpectedReply.code,
            summary="the answer to a token request holds no token",
            cause="access_token and expires_in are expected in it",
            remedy="check the provider's url and what stands between here and Autodesk",
        )
    )
