"""Virtual time: a clock that can be sped up or advanced by hand, and the events that wait on it."""

import heapq
import time
from collections.abc import Callable
from typing import NamedTuple

UNIX_YEAR_9999_S = 253_402_300_799.0


class VirtualClock:
    """Seconds since 1970 in the sandbox's world.

    It runs `speed` virtual seconds for each real one; at speed 0 only `advance` moves it. It never
    goes back and never leaves the years that a date header can say.
    """

    def __init__(
        self, *, start_s: float, speed: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._base_s = start_s
        self._speed = speed
        self._monotonic = monotonic
        self._mark_s = monotonic()

    @property
    def speed(self) -> float:
        """Virtual seconds for each real second."""
        return self._speed

    def now_s(self) -> float:
        """The virtual time."""
        if not self._speed:
            return self._base_s
        ran_s = (self._monotonic() - self._mark_s) * self._speed
        return min(self._base_s + ran_s, UNIX_YEAR_9999_S)

    def advance(self, seconds: float) -> float:
        """Move ahead at once and return the new time."""
        self._base_s = min(self._base_s + seconds, UNIX_YEAR_9999_S)
        return self.now_s()


class Event(NamedTuple):
    """Something due at a time. `stamp` lets its owner recognise an event it no longer wants."""

    at_s: float
    order: int
    kind: str
    subject: str
    stamp: int


class Timeline:
    """Events in the order of their times; those of one time in the order of their planning."""

    def __init__(self) -> None:
        self._heap: list[Event] = []
        self._planned = 0

    def __len__(self) -> int:
        return len(self._heap)

    def plan(self, at_s: float, kind: str, subject: str, stamp: int = 0) -> None:
        """Remember an event."""
        self._planned += 1
        heapq.heappush(self._heap, Event(at_s, self._planned, kind, subject, stamp))

    def pop_due(self, now_s: float) -> Event | None:
        """The earliest event that is due, taken off the timeline."""
        if self._heap and self._heap[0].at_s <= now_s:
            return heapq.heappop(self._heap)
        return None

    def saved(self) -> list[tuple[float, str, str, int]]:
        """The waiting events in order, for `restore`."""
        return [(e.at_s, e.kind, e.subject, e.stamp) for e in sorted(self._heap)]

    def restore(self, events: list[tuple[float, str, str, int]]) -> None:
        """Take back what `saved` gave."""
        for at_s, kind, subject, stamp in events:
            self.plan(at_s, kind, subject, stamp)
