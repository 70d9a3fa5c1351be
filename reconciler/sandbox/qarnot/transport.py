"""What every call goes through: versions in the path, the token, JSON bodies, the rate limit.

Source: Qarnot Compute API v1.0 page; SDKs python 2.23 and csharp 7.0.
"""

import hmac
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reconciler.sandbox.qarnot.errors import (
    EMPTY_BODY,
    business_error,
    unauthenticated,
    validation_error,
)
from reconciler.sandbox.settings import SettingTable
from reconciler.sandbox.vendor import Answer, Call, Json

_VERSIONS = frozenset({"v1", "v1.0"})
_OPEN = frozenset({("settings",), ("versions",)})
_READ_ONLY_HEADER = "qarnotreadonlyrequestforaccount"
_READING_POSTS = frozenset({"search", "paginate"})
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A call as a route sees it: `ids` are the variable parts of its path, in order."""

    call: Call
    ids: tuple[str, ...]
    now_s: float

    def json_object(self) -> Json:
        """The body, which must be an object.

        Raises:
            Refused: 400, it is absent, no JSON or no object.
        """
        body = self.json()
        if not isinstance(body, dict):
            raise validation_error({"$": ["The JSON value could not be converted."]})
        return body

    def json(self) -> Json:
        """The body, whatever JSON it is.

        Raises:
            Refused: 400, it is absent or no JSON.
        """
        if not self.call.body.strip():
            raise validation_error({"": [EMPTY_BODY]})
        try:
            return _DECODE(self.call.body.decode())
        except (ValueError, RecursionError) as error:
            raise validation_error({"$": ["The body is not valid JSON."]}) from error

    def query(self, name: str) -> str | None:
        """The last value of a query parameter, its name in any case."""
        values = (v for key, v in self.call.query.items() if key.lower() == name.lower())
        return next((value[-1] for value in values if value), None)


def _no_constant(word: str) -> Json:
    raise ValueError(word)


_DECODE = json.JSONDecoder(parse_constant=_no_constant).decode


Route = Callable[[Asked], Answer]


class Routes:
    """Routes by method and path; `*` in a template stands for any one part."""

    def __init__(self, routes: Iterable[tuple[str, str, Route]]) -> None:
        self._routes: dict[tuple[str, ...], dict[str, Route]] = {}
        self._shapes: dict[int, list[tuple[bool, ...]]] = {}
        for method, template, route in routes:
            parts = tuple(part for part in template.split("/") if part)
            self._routes.setdefault(parts, {})[method] = route
            shape = tuple(part == "*" for part in parts)
            shapes = self._shapes.setdefault(len(parts), [])
            if shape not in shapes:
                shapes.append(shape)
                shapes.sort(key=sum)

    def found(self, method: str, parts: tuple[str, ...]) -> tuple[Route, tuple[str, ...]]:
        """The route and the variable parts; a fixed part goes before a variable one.

        Raises:
            Refused: 404 for an unknown path, 405 for an unknown method on a known one.
        """
        is_known = False
        for shape in self._shapes.get(len(parts), ()):
            pairs = zip(shape, parts, strict=True)
            methods = self._routes.get(tuple("*" if wild else part for wild, part in pairs), {})
            is_known = is_known or bool(methods)
            if method in methods:
                ids = (part for wild, part in zip(shape, parts, strict=True) if wild)
                return methods[method], tuple(ids)
        raise business_error(405 if is_known else 404, f"No route {method} /{'/'.join(parts)}")


def path_parts(path: str) -> tuple[str, ...]:
    """The parts of a path, without the version in front and a slash at the end."""
    parts = tuple(path.removeprefix("/").removesuffix("/").split("/")) if path != "/" else ()
    return parts[1:] if parts and parts[0].lower() in _VERSIONS else parts


def check_token(call: Call, parts: tuple[str, ...], token: str) -> None:
    """Two routes are open; all others need the token, without a scheme word.

    Raises:
        Refused: 401.
    """
    if parts in _OPEN and not call.expires_token:
        return
    given = call.headers.get("authorization", "").encode("utf-8", "replace")
    if call.expires_token or not hmac.compare_digest(given, token.encode()):
        raise unauthenticated()


def check_read_only(call: Call, parts: tuple[str, ...], switches: SettingTable) -> None:
    """Who looks at another's account may not write.

    Raises:
        Refused: 403.
    """
    if _READ_ONLY_HEADER not in call.headers or switches["read_only_write"] == "accept":
        return
    if call.method in _WRITES and not (parts and parts[-1] in _READING_POSTS):
        raise business_error(403, "This access is read-only")


class RateLimit:
    """Counts requests in windows of real time; off until its switch is set."""

    def __init__(
        self, switches: SettingTable, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._switches = switches
        self._monotonic = monotonic
        self._window = -1
        self._count = 0

    def refusal(self) -> Answer | None:
        """429 for a request beyond the limit of its window."""
        most = self._switches["rate_limit_per_minute"]
        if most is None:
            return None
        window = int(self._monotonic() // self._switches["rate_limit_window_s"])
        if window != self._window:
            self._window, self._count = window, 0
        self._count += 1
        if self._count <= most:
            return None
        after_s = self._switches["retry_after_s"]
        headers = () if after_s is None else (("Retry-After", str(after_s)),)
        body = business_error(429, "Too many requests").answer.body
        return Answer(429, body, headers=headers)
