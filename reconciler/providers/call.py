"""What a vendor's client says to the transport, and what it gets back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, TypeAlias

from reconciler.errors import ProviderError
from reconciler.values import Json

BODY_CAP_BYTES = 32 << 20
DEADLINE_S = 120.0


class CallKind(StrEnum):
    """What sending twice would do: nothing, the same, one object more, or something else more."""

    READ = "read"
    IDEMPOTENT = "idempotent"
    CREATE = "create"
    WRITE = "write"


class Expects(StrEnum):
    """What a 2xx answer must be to count: `EMPTY` takes any short text but a web page."""

    JSON = "json"
    TEXT = "text"
    EMPTY = "empty"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `path` is under the configured URL, or a link that `same_origin` let pass.

    `body_cap` counts decoded bytes. `endpoint` is the key of `rateLimits` whose budget it uses.
    `deadline_s` bounds everything from the call of `send` to its answer: queues, pauses, resends.
    `attempt_s` bounds one attempt, instead of `timeouts.requestS`. `refusing` are statuses of 5xx
    with which the vendor also refuses this call: they are not asked again. `headers` hold no secret
    and come before the vendor's own of that name.
    """

    method: str
    path: str
    kind: CallKind
    query: Mapping[str, str] = field(default_factory=dict)
    json: Json = None
    content: bytes | None = field(default=None, repr=False)
    content_type: str = ""
    expects: Expects = Expects.JSON
    body_cap: int = BODY_CAP_BYTES
    endpoint: str = ""
    deadline_s: float = DEADLINE_S
    attempt_s: float | None = None
    refusing: frozenset[int] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """One whole answer. `json` is the parsed body, `None` where it is not JSON.

    Header names in `headers` are lower-case; `header` takes any case.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)
    json: Any = field(default=None, repr=False)

    def header(self, name: str) -> str:
        """Its value, or an empty text."""
        return self.headers.get(name.lower(), "")

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 show as U+FFFD."""
        return self.content.decode("utf-8-sig", errors="replace")

    @property
    def date(self) -> datetime | None:
        """The vendor's clock (`Date`), UTC; `None` where it says nothing readable."""
        return http_date(self.header("date"))

    @property
    def is_html(self) -> bool:
        """Whether it is a web page: what proxies, portals and login forms answer."""
        kind = media_type(self.header("content-type"))
        start = self.content[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        return kind in _HTML or start.startswith((b"<!doctype html", b"<html"))


_HTML = frozenset({"text/html", "application/xhtml+xml"})

Translate: TypeAlias = Callable[[int, Reply], ProviderError]
"""A vendor's one table from an answer that is not 2xx to our error.

It is asked about every 4xx and 5xx. An error of class `Unavailable` or `UnexpectedReply`, or one
with `Effect.UNKNOWN`, leaves the outcome open for 408 and 5xx; any other class says that the vendor
refused cleanly. `RateLimited` for a 429 is waited out; another class is raised at once.
"""

OnRequest: TypeAlias = Callable[[str, str, int, float], None]
"""Told of each attempt: method, path without query, status (0: no answer came), seconds."""


def media_type(content_type: str) -> str:
    """`application/json` of `Application/JSON; charset=utf-8`."""
    return content_type.partition(";")[0].strip().lower()


def http_date(text: str) -> datetime | None:
    """The moment an HTTP header tells, UTC; `None` for what is no date."""
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
