"""What may be done after each end of an attempt: the retry policy as data and plain arithmetic."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Generic, TypeVar

from reconciler.errors import ProviderError
from reconciler.providers.call import CallKind, http_date

T = TypeVar("T")

TRIES = 5
SENDS = 60
RETRY_SHARE = 0.1
RETRIES_AT_LEAST = 10
MAX_PAUSE_S = 3600.0
BREAKER_AFTER = 5
BREAKER_PAUSE_S = 2.0

_BASE_S = 0.25
_CAP_S = 8.0
_THROTTLE_BASE_S = 1.0
_THROTTLE_CAP_S = 30.0
_SECONDS = re.compile(r"\s*([+-]?[0-9]+(?:\.[0-9]*)?)\s*")


class Verdict(StrEnum):
    """How one attempt ended.

    `WITHHELD`: we did not send it, and another try would not either. `UNUSABLE`: an answer came, it
    may have passed, and asking again would bring the same.
    """

    DONE = "done"
    WITHHELD = "withheld"
    NOT_SENT = "not_sent"
    REFUSED = "refused"
    THROTTLED = "throttled"
    EXPIRED = "expired"
    AMBIGUOUS = "ambiguous"
    UNUSABLE = "unusable"


_ALL = frozenset(CallKind)
_NONE: frozenset[CallKind] = frozenset()

RESENT: Mapping[Verdict, frozenset[CallKind]] = MappingProxyType(
    {
        Verdict.NOT_SENT: _ALL,
        Verdict.THROTTLED: _ALL,
        Verdict.EXPIRED: _ALL,
        Verdict.AMBIGUOUS: frozenset({CallKind.READ, CallKind.IDEMPOTENT}),
        Verdict.WITHHELD: _NONE,
        Verdict.REFUSED: _NONE,
        Verdict.UNUSABLE: _NONE,
        Verdict.DONE: _NONE,
    }
)
"""Which kinds of call are sent again after which end."""

UNSENT = frozenset({Verdict.WITHHELD, Verdict.NOT_SENT})
"""The ends of attempts of which the vendor has seen nothing."""


@dataclass(frozen=True, slots=True)
class Ended(Generic[T]):
    """One attempt's end: a value when `DONE`, an error otherwise.

    `retry_after_s` is what the vendor told, at least 0 and at most `MAX_PAUSE_S`. `status` is 0
    when no answer came.
    """

    verdict: Verdict
    value: T | None = None
    error: ProviderError | None = None
    retry_after_s: float | None = None
    status: int = 0


def may_have_passed(kind: CallKind, verdict: Verdict) -> bool:
    """Whether the attempt may have changed something at the vendor."""
    return kind is not CallKind.READ and verdict in (Verdict.AMBIGUOUS, Verdict.UNUSABLE)


def retry_after_s(value: str, now: datetime) -> float | None:
    """What a `Retry-After` header tells: seconds or a date; `None` where it tells nothing.

    The past and the negative are 0, the absurd is `MAX_PAUSE_S`.
    """
    if found := _SECONDS.fullmatch(value):
        told = float(found[1])
    elif date := http_date(value):
        told = (date - now).total_seconds()
    else:
        return None
    return min(max(told, 0.0), MAX_PAUSE_S)


class RetryBudget:
    """How many resends a run may spend: a tenth of its requests, ten in any case."""

    __slots__ = ("_requests", "_spent")

    def __init__(self) -> None:
        self._requests = 0
        self._spent = 0

    def earn(self) -> None:
        """A call began."""
        self._requests += 1

    def spend(self) -> bool:
        """Takes one resend, if there is one left."""
        if self._spent >= RETRIES_AT_LEAST + RETRY_SHARE * self._requests:
            return False
        self._spent += 1
        return True


class Breaker:
    """Opens after five failed connections in a row; then one probe passes every two seconds."""

    __slots__ = ("_failures", "_next_probe")

    def __init__(self) -> None:
        self._failures = 0
        self._next_probe = 0.0

    def wait_s(self, now: float) -> float:
        """How long until an attempt may be made; 0 lets the caller through."""
        if self._failures < BREAKER_AFTER:
            return 0.0
        if now < self._next_probe:
            return self._next_probe - now
        self._next_probe = now + BREAKER_PAUSE_S
        return 0.0

    def failed(self, now: float) -> None:
        """A connection could not be made."""
        self._failures += 1
        if self._failures >= BREAKER_AFTER:
            self._next_probe = now + BREAKER_PAUSE_S

    def succeeded(self) -> None:
        """A connection was made, whatever came of it."""
        self._failures = 0


class Patience:
    """One call's way from attempt to attempt: whether and when it is made again.

    `jitter` gives numbers from 0 up to 1. Waits for a throttled call are at least what was told.
    """

    __slots__ = ("_budget", "_jitter", "_kind", "_renewed", "_throttled", "_tries", "is_doubtful")

    def __init__(self, kind: CallKind, budget: RetryBudget, jitter: Callable[[], float]) -> None:
        self._kind = kind
        self._budget = budget
        self._jitter = jitter
        self._tries = 0
        self._throttled = 0
        self._renewed = False
        self.is_doubtful = False

    def after(self, ended: Ended[T]) -> float | None:
        """Seconds until the next attempt, or `None` when there is to be none."""
        self.is_doubtful |= may_have_passed(self._kind, ended.verdict)
        if self._kind not in RESENT[ended.verdict]:
            return None
        match ended.verdict:
            case Verdict.THROTTLED:
                return self._throttle_s(ended.retry_after_s)
            case Verdict.EXPIRED:
                is_first, self._renewed = not self._renewed, True
                return 0.0 if is_first else None
            case _:
                return self._backoff_s()

    def _throttle_s(self, told: float | None) -> float:
        self._throttled += 1
        wait = self._jittered(_THROTTLE_BASE_S, self._throttled, _THROTTLE_CAP_S)
        return wait if not told else told + self._jitter() * min(1.0, told / 10)

    def _backoff_s(self) -> float | None:
        self._tries += 1
        if self._tries >= TRIES or not self._budget.spend():
            return None
        return self._jittered(_BASE_S, self._tries, _CAP_S)

    def _jittered(self, base: float, step: int, cap: float) -> float:
        return float(min(cap, base * 2.0 ** (step - 1)) * (0.5 + self._jitter() / 2))
