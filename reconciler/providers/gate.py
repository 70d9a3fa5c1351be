"""What a request passes before it may be sent: breaker, rate budget, a free lane, the pause."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

from reconciler.errors import Problem, ProviderError, RateLimited, Unavailable
from reconciler.ports import Clock
from reconciler.providers.origin import Origin
from reconciler.providers.pace import Lane, Lanes, Pause, Turn, rate_budgets
from reconciler.providers.retry import SENDS, Breaker, Ended, T, Verdict
from reconciler.providers.wire import unreachable

_PROBE_WAITS = 3


class Gate:
    """One per credential. No wait in it goes on past the deadline it is given."""

    __slots__ = (
        "_booked",
        "_breaker",
        "_budgets",
        "_clock",
        "_jitter",
        "_lanes",
        "_origin",
        "_pause",
    )

    def __init__(
        self,
        origin: Origin,
        clock: Clock,
        lanes: Lanes,
        rate_limits: Mapping[str, float],
        jitter: Callable[[], float],
    ) -> None:
        self._origin = origin
        self._clock = clock
        self._lanes = lanes
        self._jitter = jitter
        self._budgets = rate_budgets(rate_limits)
        self._booked: dict[str, deque[Turn]] = {}
        self._breaker = Breaker()
        self._pause = Pause()

    def expected_wait_s(self, endpoint: str, requests: int) -> float:
        """How long the last of so many more requests would wait for its turn."""
        budget = self._budgets.get(endpoint)
        return budget.expected_wait_s(self._clock.monotonic(), requests) if budget else 0.0

    async def book(self, endpoint: str, deadline: float) -> ProviderError | None:
        """Waits for a turn and keeps it for the next request there; or why there is none."""
        turn = await self._reserve(endpoint, deadline)
        if isinstance(turn, ProviderError):
            return turn
        self._booked.setdefault(endpoint, deque()).append(turn)
        return None

    async def admit(self, endpoint: str, deadline: float, attempt: int) -> Lane | ProviderError:
        """A lane to send on now, to be given back; or why there is none before the deadline."""
        refusal = await self._pass_breaker(deadline, attempt)
        turn = refusal or await self._pass_budget(endpoint, deadline)
        if isinstance(turn, ProviderError):
            return turn
        lane: Lane | ProviderError | None = None
        try:
            lane = await self._free_lane(deadline)
        finally:
            if isinstance(lane, Lane):
                lane.turn = turn
            else:
                turn.end(self._clock.monotonic())
        return lane

    def over(self, lane: Lane) -> None:
        """The request on this lane has ended: from now on it counts in its budget."""
        lane.turn.end(self._clock.monotonic())

    async def sleep(self, seconds: float, deadline: float) -> bool:
        """Waits, unless that would reach the deadline: then `False`, at once."""
        if self._clock.monotonic() + seconds >= deadline:
            return False
        await self._clock.sleep(seconds)
        return True

    def note(self, ended: Ended[T], sent_at: float) -> None:
        """Lets all tasks learn from one attempt."""
        now = self._clock.monotonic()
        match ended.verdict:
            case Verdict.NOT_SENT:
                self._breaker.failed(now)
            case Verdict.THROTTLED:
                self._breaker.succeeded()
                self._lanes.throttled(sent_at, now)
            case Verdict.DONE | Verdict.REFUSED | Verdict.EXPIRED:
                self._breaker.succeeded()
                self._lanes.passed()
            case Verdict.AMBIGUOUS | Verdict.UNUSABLE:
                self._breaker.succeeded()
            case Verdict.WITHHELD:
                pass

    def pause(self, seconds: float) -> None:
        """Nobody sends for so long."""
        self._pause.extend(self._clock.monotonic() + seconds)

    async def _pass_breaker(self, deadline: float, attempt: int) -> ProviderError | None:
        for _ in range(_PROBE_WAITS):
            wait = self._breaker.wait_s(self._clock.monotonic())
            if not wait:
                return None
            if attempt == 0 or not await self.sleep(wait, deadline):
                break
        return unreachable(self._origin, "the last connections all failed, so none was tried")

    async def _pass_budget(self, endpoint: str, deadline: float) -> Turn | ProviderError:
        if booked := self._booked.get(endpoint):
            return booked.popleft()
        return await self._reserve(endpoint, deadline)

    async def _reserve(self, endpoint: str, deadline: float) -> Turn | ProviderError:
        budget = self._budgets.get(endpoint)
        if budget is None:
            return Turn()
        now = self._clock.monotonic()
        turn = budget.reserve(now, deadline - now)
        if turn is None:
            return _too_many(budget.expected_wait_s(now), f"rateLimits of {endpoint}")
        late_s = None
        try:
            late_s = await self._wait_for(turn, deadline)
        finally:
            if late_s != 0.0:
                turn.end(self._clock.monotonic())
        return _too_many(late_s, f"rateLimits of {endpoint}") if late_s else turn

    async def _wait_for(self, turn: Turn, deadline: float) -> float:
        """Waits until it is there; returns how long that would take, if it is beyond the deadline.

        The request ahead may take its time, and then this one comes later than was foreseen.
        """
        while wait := turn.left_s(self._clock.monotonic()):
            if not await self.sleep(wait, deadline):
                return wait
        return 0.0

    async def _free_lane(self, deadline: float) -> Lane | ProviderError:
        lane = await self._lanes.take(deadline - self._clock.monotonic())
        if lane is None:
            return _no_lane()
        refusal = None
        try:
            refusal = await self._pass_pause(deadline)
        except BaseException:
            self._lanes.give(lane)
            raise
        if refusal:
            self._lanes.give(lane)
        return refusal or lane

    async def _pass_pause(self, deadline: float) -> ProviderError | None:
        for _ in range(SENDS):
            left = self._pause.left_s(self._clock.monotonic())
            if not left:
                return None
            spread = self._jitter() * min(1.0, left / 10)
            if not await self.sleep(left + spread, deadline):
                return _too_many(left, "the vendor asked for a pause")
        return _too_many(0.0, "the vendor goes on asking for pauses")


def _no_lane() -> Unavailable:
    return Unavailable(
        Problem(
            Unavailable.code,
            "no connection came free before the request's deadline",
            cause="all of them are busy",
            remedy="raise concurrency, or run the command again",
        )
    )


def _too_many(wait_s: float, why: str) -> RateLimited:
    return RateLimited(
        Problem(
            RateLimited.code,
            "the request would have to wait beyond its deadline",
            cause=f"{why}; the next turn is in {wait_s:.0f} s",
            remedy="run the command again then",
        )
    )
