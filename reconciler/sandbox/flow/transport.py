"""What every call goes through: its route, its token, the rate limit, its body.

Source: reference of the compute API, v1; platform pages on tokens, errors and rate limits.
"""

import json
import math
import re
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from reconciler.sandbox.flow.answers import rate_limited, service_error
from reconciler.sandbox.flow.stored import Token
from reconciler.sandbox.settings import SettingTable
from reconciler.sandbox.vendor import Answer, Call, Json


@dataclass(frozen=True, slots=True)
class Asked:
    """A call as a route sees it: `ids` are the variable parts of its path, in order."""

    call: Call
    caller: Token
    ids: tuple[str, ...]
    now_s: float

    def query(self, name: str) -> str | None:
        """The last value of a query parameter."""
        values = self.call.query.get(name)
        return values[-1] if values else None


Route = Callable[[Asked], Answer]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One route. `{}` in the path stands for one part, `{*}` for one or more.

    `scope` is what the token must allow, where anything is asked; `limit` names its quota.
    """

    method: str
    path: str
    route: Route
    limit: str
    scope: str = ""

    def regex(self) -> re.Pattern[str]:
        """What the path must match."""
        parts = re.split(r"(\{\*?\})", self.path)
        known = {"{}": "([^/]+)", "{*}": "(.+)"}
        return re.compile("".join(known.get(part, re.escape(part)) for part in parts))


class Routes:
    """Endpoints, of which the first that matches is found."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._endpoints = [(one.regex(), one) for one in endpoints]

    def found(self, method: str, path: str) -> tuple[Endpoint, tuple[str, ...]]:
        """The endpoint and the variable parts of the path.

        Raises:
            Refused: 404 for an unknown path, 405 for an unknown method on a known one.
        """
        is_known = False
        for regex, endpoint in self._endpoints:
            match = regex.fullmatch(path)
            if match is not None and endpoint.method == method:
                return endpoint, match.groups()
            is_known = is_known or match is not None
        raise service_error(405 if is_known else 404, f"no route {method} {path}")


@dataclass(slots=True)
class _Window:
    """The calls of one app on one endpoint: since the window began, and their times."""

    number: int = -1
    times: deque[float] = field(default_factory=deque)


class RateLimit:
    """Counts calls by app and endpoint in minutes of real time, whose length can be set."""

    def __init__(
        self,
        switches: SettingTable,
        quotas: SettingTable,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._switches = switches
        self._quotas = quotas
        self._monotonic = monotonic
        self._windows: dict[tuple[str, str], _Window] = {}

    def count(self, app: str, endpoint: str, quota: str) -> None:
        """One more call.

        Raises:
            Refused: 429, the calls of this minute are used up; this one does not count.
        """
        most = self._quotas[quota]
        if most is None or self._switches["rate_limits"] == "off":
            return
        now_s, length_s = self._monotonic(), self._switches["rate_limit_window_s"]
        window = self._windows.setdefault((app, endpoint), _Window())
        self._forget(window, now_s, length_s)
        if len(window.times) < most:
            window.times.append(now_s)
            return
        if self._switches["retry_after"] == "absent":
            raise rate_limited(None)
        is_sliding = self._switches["rate_limit_window"] == "sliding" and bool(window.times)
        end_s = (window.times[0] if is_sliding else window.number * length_s) + length_s
        raise rate_limited(max(1, math.ceil(end_s - now_s)))

    def _forget(self, window: _Window, now_s: float, length_s: float) -> None:
        number = int(now_s // length_s)
        if self._switches["rate_limit_window"] == "sliding":
            while window.times and window.times[0] <= now_s - length_s:
                window.times.popleft()
        elif number != window.number:
            window.times.clear()
        window.number = number


def json_object(call: Call, switches: SettingTable) -> dict[str, Json]:
    """The body, which must be declared as JSON and be an object.

    Raises:
        Refused: 400, or the status of the switch for another content type.
    """
    declared = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    status = switches["wrong_content_type"]
    if declared != "application/json" and status != "accept":
        raise service_error(status, "the content type must be application/json")
    try:
        body = _DECODE(call.body.decode())
    except (ValueError, RecursionError) as error:
        raise service_error(400, "the body is not JSON") from error
    if not isinstance(body, dict):
        raise service_error(400, "the body must be an object")
    return body


def _no_constant(word: str) -> Json:
    raise ValueError(word)


_DECODE = json.JSONDecoder(parse_constant=_no_constant).decode
