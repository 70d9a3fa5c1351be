"""Every request a vendor received, kept for tests that count."""

import hashlib
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime

from reconciler.sandbox.vendor import Json

KEPT_REQUESTS = 500_000


@dataclass(slots=True)
class Received:
    """One request; `status` is None when the connection was cut before an answer.

    `time_s` is the virtual time of its coming.
    """

    vendor: str
    method: str
    path: str
    query: str
    time_s: float
    body_digest: str | None
    fault: str | None
    status: int | None = None


class RequestsLog:
    """The requests in the order of their answers; the oldest go when it is full."""

    def __init__(self) -> None:
        self._received: deque[Received] = deque(maxlen=KEPT_REQUESTS)

    def add(self, received: Received) -> None:
        """Remember one request."""
        self._received.append(received)

    def clear(self) -> None:
        """Forget all."""
        self._received.clear()

    def listed(self, vendor: str | None) -> list[Json]:
        """The requests of one vendor, or of all, as JSON."""
        return [_listed(one) for one in self._received if vendor in {None, one.vendor}]


def body_digest(body: bytes) -> str | None:
    """The SHA-256 of a body in hex; None without a body."""
    return hashlib.sha256(body).hexdigest() if body else None


def _listed(one: Received) -> Json:
    return {
        "vendor": one.vendor,
        "method": one.method,
        "path": one.path,
        "query": one.query,
        "status": one.status,
        "time": datetime.fromtimestamp(one.time_s, UTC).isoformat().replace("+00:00", "Z"),
        "bodyDigest": one.body_digest,
        "fault": one.fault,
    }
