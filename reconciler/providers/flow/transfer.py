"""Bytes to and from presigned URLs: who has one needs no token, and none is ever sent there.

Source: Flow Graph Engine API v1, resource transfer; public sample programs.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from reconciler.errors import (
    ConfigError,
    Conflict,
    Problem,
    ProviderError,
    RateLimited,
    Unavailable,
    UnexpectedReply,
)
from reconciler.providers.call import Call, CallKind, Expects, Reply
from reconciler.providers.http import Transport
from reconciler.providers.origin import origin_text
from reconciler.providers.redact import excerpt
from reconciler.providers.statuses import error_of

TRANSFER_ATTEMPT_S = 600.0
TRANSFER_DEADLINE_S = 1800.0
"""A part of 64 MiB over a line of 1 Mbit/s; `timeouts.readS` still ends one that stands still."""
_CODE = re.compile(r"<Code>([A-Za-z]{1,60})</Code>")

OpenTransport = Callable[[str], Transport]
"""A transport without credentials to an origin.

Raises:
    ConfigError: no secret may go there: plain http to another machine, or a metadata address.
"""


def translate_transfer_error(status: int, reply: Reply) -> ProviderError:
    """The error of a storage host: it says back what it was sent, the signature of a URL as well.

    So nothing of its words is shown but a code.
    """
    error = error_of(status, Reply(status), f"status {status}")
    code = _CODE.search(reply.text[:4096])
    said = f"status {status}: {excerpt(code[1])}" if code else f"status {status}"
    problem = Problem(
        code=error.code,
        summary="a file could not be transferred",
        cause=said,
        remedy="run the command again",
    )
    if isinstance(error, Unavailable | RateLimited):
        return type(error)(problem, effect=error.effect)
    # it is the URL that is refused: no object is said to be absent, and no right to be missing
    return Conflict(problem)


@dataclass(slots=True)
class Transfer:
    """Transports to the hosts that presigned URLs have led to; https, or loopback."""

    open: OpenTransport
    _ways: dict[str, Transport] = field(default_factory=dict)

    async def put(self, url: str, content: bytes) -> str:
        """Sends one part; returns its ETag as it came.

        Raises:
            Conflict: the URL is not good any more.
        """
        call = Call(
            "PUT",
            url,
            CallKind.IDEMPOTENT,
            content=content,
            expects=Expects.ANY,
            attempt_s=TRANSFER_ATTEMPT_S,
            deadline_s=TRANSFER_DEADLINE_S,
        )
        etag = (await self._to(url).send(call)).header("etag")
        if not etag:
            raise _unusable("the answer to a part of a file has no ETag")
        return etag

    async def get(self, url: str, cap_bytes: int) -> AsyncIterator[bytes]:
        """The content in chunks.

        Raises:
            Conflict: the URL is not good any more.
        """
        call = Call(
            "GET",
            url,
            CallKind.READ,
            expects=Expects.ANY,
            body_cap=cap_bytes,
            attempt_s=TRANSFER_ATTEMPT_S,
            deadline_s=TRANSFER_DEADLINE_S,
        )
        async for chunk in self._to(url).stream(call):
            yield chunk

    def _to(self, url: str) -> Transport:
        origin = _origin_of(url)
        if origin not in self._ways:
            try:
                self._ways[origin] = self.open(origin)
            except ConfigError as error:
                said = f"{origin_text(url)}: {error.problems[0].cause}"
                raise _unusable(f"a presigned URL leads to {said}") from None
        return self._ways[origin]

    async def aclose(self) -> None:
        for way in self._ways.values():
            await way.aclose()


def _origin_of(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _unusable(cause: str) -> UnexpectedReply:
    return UnexpectedReply(
        Problem(
            code=UnexpectedReply.code,
            summary="a file could not be transferred",
            cause=cause,
            remedy="run the command again; if it stays so, ask Autodesk",
        )
    )
