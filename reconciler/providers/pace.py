"""How fast and how many at a time: what all tasks of one credential share."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

import anyio
import httpx

_WINDOW_S = 60.0
_MOMENT_S = 1e-6
"""Less than this is no wait: sums of floats leave such rests, and no clock moves by them."""


class Turn:
    """One request's place in a budget, from when it was asked for until its request has ended.

    A request counts from its end: whatever its way took, by then the vendor has counted it.
    """

    __slots__ = ("_ahead", "_ended_at", "_planned_at", "_window_s")

    def __init__(self, ahead: Turn | None = None, window_s: float = 0.0, now: float = 0.0) -> None:
        self._ahead = ahead
        self._window_s = window_s
        self._ended_at: float | None = None
        self._planned_at = now + self.left_s(now)

    def left_s(self, now: float) -> float:
        """How long until the request may be sent: at least so long, and 0 is now."""
        if self._ahead is None:
            return 0.0
        left = self._ahead.ends_at(now) + self._window_s - now
        return left if left > _MOMENT_S else 0.0

    def ends_at(self, now: float) -> float:
        """When its request ended, or the soonest it can."""
        return max(now, self._planned_at) if self._ended_at is None else self._ended_at

    def end(self, now: float) -> None:
        """Its request has come to its end, or is not made at all."""
        self._ended_at, self._ahead = now, None


class RateBudget:
    """At most so many requests in any minute of the vendor's, wherever it begins.

    Who comes too early is told when the turn is. A limit under one a minute is one request in a
    longer window.
    """

    __slots__ = ("_count", "_turns", "_window_s")

    def __init__(self, per_minute: float) -> None:
        self._count = max(1, int(per_minute))
        self._window_s = _WINDOW_S * self._count / per_minute
        self._turns: deque[Turn] = deque(maxlen=self._count)

    def expected_wait_s(self, now: float, requests: int = 1) -> float:
        """How long the last of so many more requests would wait, were they asked for now."""
        ends = deque((each.ends_at(now) for each in self._turns), maxlen=self._count)
        last = now
        for _ in range(requests):
            last = max(now, ends[0] + self._window_s) if len(ends) == self._count else now
            ends.append(last)
        return last - now

    def reserve(self, now: float, within_s: float) -> Turn | None:
        """Takes the next turn; `None` if that is too late."""
        ahead = self._turns[0] if len(self._turns) == self._count else None
        turn = Turn(ahead, self._window_s, now)
        if turn.left_s(now) >= within_s:
            return None
        self._turns.append(turn)
        return turn


def rate_budgets(limits: Mapping[str, float]) -> dict[str, RateBudget]:
    """A budget for each endpoint with a limit."""
    return {endpoint: RateBudget(limit) for endpoint, limit in limits.items() if limit > 0}


class Pause:
    """The moment before which nobody sends, because the vendor said so to one of us."""

    __slots__ = ("_until",)

    def __init__(self) -> None:
        self._until = 0.0

    def extend(self, until: float) -> None:
        self._until = max(self._until, until)

    def left_s(self, now: float) -> float:
        return max(0.0, self._until - now)


class Lane:
    """One connection's worth of sending, held by one request at a time."""

    __slots__ = ("ticket", "transport", "turn")

    def __init__(self, transport: httpx.AsyncHTTPTransport) -> None:
        self.transport = transport
        self.ticket = object()
        self.turn = Turn()


class Lanes:
    """As many lanes as the provider's concurrency; fewer are given out while the vendor throttles.

    A lane is an httpx transport with one connection: httpx's pool looks at all its connections on
    every event, so many small ones are several times faster than a big one.
    """

    __slots__ = ("_all", "_cut_at", "_free", "_full", "_limiter", "_make", "_streak")

    def __init__(self, concurrency: int, make: Callable[[], httpx.AsyncHTTPTransport]) -> None:
        self._full = max(1, concurrency)
        self._make = make
        self._all = [Lane(make()) for _ in range(self._full)]
        self._free = list(self._all)
        self._limiter = anyio.CapacityLimiter(self._full)
        self._streak = 0
        self._cut_at = float("-inf")

    @property
    def open_count(self) -> int:
        """How many requests may be on their way at once, as of now."""
        return int(self._limiter.total_tokens)

    async def take(self, within_s: float) -> Lane | None:
        """The lane used last among the free ones (it is warm); `None` when none came free."""
        ticket = object()
        try:
            self._limiter.acquire_on_behalf_of_nowait(ticket)
        except anyio.WouldBlock:
            with anyio.move_on_after(within_s) as scope:
                await self._limiter.acquire_on_behalf_of(ticket)
            if scope.cancelled_caught:
                return None
        lane = self._free.pop()
        lane.ticket = ticket
        return lane

    def give(self, lane: Lane) -> None:
        """Hands a lane back."""
        self._free.append(lane)
        self._limiter.release_on_behalf_of(lane.ticket)

    async def renew(self, lane: Lane) -> None:
        """Closes a lane's connection: nothing of a failed exchange is met by the next one."""
        old, lane.transport = lane.transport, self._make()
        with anyio.CancelScope(shield=True):
            await old.aclose()

    def throttled(self, sent_at: float, now: float) -> None:
        """The vendor said "too many": half as many lanes, once for all that were on their way."""
        if sent_at <= self._cut_at:
            return
        self._cut_at = now
        self._streak = 0
        self._limiter.total_tokens = max(1, self.open_count // 2)

    def passed(self) -> None:
        """An answer came: one lane more after each full round of answers."""
        self._streak += 1
        if self._streak >= self.open_count and self.open_count < self._full:
            self._streak = 0
            self._limiter.total_tokens = self.open_count + 1

    async def aclose(self) -> None:
        for lane in self._all:
            await lane.transport.aclose()
