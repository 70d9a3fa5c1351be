"""Virtual time, for tests; `tests.fakes` hands it out with the other fakes."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio.lowlevel
import anyio.to_thread

START = datetime(2026, 1, 1, tzinfo=UTC)


class ManualClock:
    """Virtual time. It moves only when every task of the loop is blocked and one of them sleeps.

    Then it jumps to the earliest sleeper's end and wakes that one alone, so that a run of many
    tasks is the same each time. Sleepers of one moment wake in the order they lay down. `advance`
    moves it by hand. Runs on asyncio, under anyio or not.
    """

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed_s = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._order = itertools.count()
        self._mover: asyncio.Task[None] | None = None

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed_s)

    def monotonic(self) -> float:
        return self._elapsed_s

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await anyio.lowlevel.checkpoint()
            return
        sleeper = (self._elapsed_s + seconds, next(self._order), asyncio.Event())
        heapq.heappush(self._sleepers, sleeper)
        if self._mover is None or self._mover.done():
            self._mover = asyncio.get_running_loop().create_task(self._move())
        try:
            await sleeper[2].wait()
        finally:
            if sleeper in self._sleepers:
                self._sleepers.remove(sleeper)
                heapq.heapify(self._sleepers)

    def advance(self, seconds: float) -> None:
        """Move time on; who sleeps until then wakes."""
        self._elapsed_s += seconds
        while self._sleepers and self._sleepers[0][0] <= self._elapsed_s:
            heapq.heappop(self._sleepers)[2].set()

    def set_wall_clock(self, now: datetime) -> None:
        """Somebody set the machine's clock: `now` jumps, `monotonic` does not."""
        self._start = now - timedelta(seconds=self._elapsed_s)

    async def _move(self) -> None:
        while True:
            await _all_others_blocked()
            if not self._sleepers:
                return
            end, _, woken = heapq.heappop(self._sleepers)
            self._elapsed_s = max(self._elapsed_s, end)
            woken.set()


async def _all_others_blocked() -> None:
    """Returns once no other task of this loop can go on, and no worker thread is busy."""
    this = asyncio.current_task()
    threads = anyio.to_thread.current_default_thread_limiter()
    while True:
        await asyncio.sleep(0)
        others = (task for task in asyncio.all_tasks() if task is not this)
        if not threads.borrowed_tokens and all(map(_is_blocked, others)):
            return


def _is_blocked(task: asyncio.Task[Any]) -> bool:
    waiter = getattr(task, "_fut_waiter", None)  # as anyio's own wait_all_tasks_blocked does
    return waiter is not None and not waiter.done()
