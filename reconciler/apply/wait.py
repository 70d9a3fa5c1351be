"""Waiting for finite work: look, remember, look again, until all of it is over.

It sends nothing that changes a thing, and may be left at any moment: nothing is lost by that.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.address import Address
from reconciler.apply.run import Ports
from reconciler.errors import (
    Problem,
    ProviderError,
    RateLimited,
    StateError,
    Unavailable,
    UnexpectedReply,
)
from reconciler.model import Observation, Observed, Outcome, Recorded, Settled
from reconciler.plan.attempts import Attempt, outcome_of, seen_runs, with_runs
from reconciler.plan.survey import Piece, Survey, survey
from reconciler.ports import Provider
from reconciler.ranges import ranges
from reconciler.report import Look, Phase, WaitReport, WorkSeen

SOONEST_S = 1.0
LATEST_S = 15.0
_GROWTH = 1.5
OUT_OF_REACH_S = 600.0
"""How long a vendor may be silent before a wait gives up: longer than a restart of anything."""

_ABSENT_AFTER = 2
"""Looks in a row without it: one alone may be a read that came before the write."""
_PASSING = (Unavailable, RateLimited, UnexpectedReply)
_PHASES = {
    Outcome.SUCCEEDED: Phase.SUCCEEDED,
    Outcome.PRESUMED_FINISHED: Phase.PRESUMED_FINISHED,
    Outcome.FAILED: Phase.FAILED,
    Outcome.CANCELLED: Phase.CANCELLED,
    Outcome.WITHDRAWN: Phase.WITHDRAWN,
    Outcome.LOST: Phase.LOST,
    Outcome.UNKNOWN: Phase.UNKNOWN,
}
_SLOWED = {
    Settled.SUSPENDED: Phase.SUSPENDED,
    Settled.DRAINING: Phase.STOPPING,
    Settled.TERMINATING: Phase.STOPPING,
}


def seen_of(piece: Piece) -> WorkSeen:
    """A share of work, as it is told."""
    attempt = piece.attempt
    if attempt is None or piece.outcome is None:
        return WorkSeen(piece.address, Phase.NOT_STARTED, piece.ranges)
    seen = _seen(piece.address, attempt)
    if piece.outcome is attempt.outcome:
        return replace(seen, ranges=piece.ranges)
    return replace(seen, ranges=piece.ranges, phase=_PHASES[piece.outcome], failure="")


def _seen(address: Address, attempt: Attempt) -> WorkSeen:
    run, live = attempt.run, attempt.live
    seen = WorkSeen(
        address=address,
        phase=_phase(attempt),
        ranges=run.ranges,
        attempt=run.attempt,
        remote_id=run.remote_id,
        is_gone=live is None,
    )
    if live is None:
        return seen
    return replace(
        seen,
        state=live.state,
        progress=live.progress,
        failure=live.failure,
        outputs=live.outputs,
    )


def _phase(attempt: Attempt) -> Phase:
    if attempt.outcome is not Outcome.ACTIVE:
        return _PHASES[attempt.outcome]
    live = attempt.live
    if live is None:
        return Phase.WAITING
    is_running = live.usage.instances > 0 or bool(live.progress)
    return _SLOWED.get(live.settled) or (Phase.RUNNING if is_running else Phase.WAITING)


@dataclass(slots=True)
class _Watched:
    """One run that is waited for; `absences` counts the last looks that did not find it."""

    address: Address
    attempt: Attempt
    absences: int = 0

    @property
    def seen(self) -> WorkSeen:
        return _seen(self.address, self.attempt)


def _fraction(works: Sequence[WorkSeen]) -> float:
    """How much of it is done, by frames or instances; what is over counts whole."""
    sizes = [max(len(ranges(each.ranges)), 1) for each in works]
    shares = (1.0 if each.phase.is_over else each.progress or 0.0 for each in works)
    done = sum(size * share for size, share in zip(sizes, shares, strict=True))
    return done / sum(sizes) if sizes else 1.0


_Key = tuple[str, str]
"""A provider's name and a remote id."""


class Wait:
    """One wait under way, for what goes on at `addresses`, or of all declared work.

    `tell` hears of every look. With `records`, what is seen is remembered where the state can be
    written; that something is gone is told, and never remembered by this.

    Raises:
        PlanRefused: an address is not known, or nothing there ever ends.
    """

    __slots__ = (
        "_addresses",
        "_began_s",
        "_is_late",
        "_over",
        "_ports",
        "_reached_s",
        "_records",
        "_seen",
        "_survey",
        "_tell",
        "_watched",
    )

    def __init__(
        self,
        survey: Survey,
        addresses: Collection[Address],
        ports: Ports,
        tell: Callable[[Look], None],
        *,
        records: bool = True,
    ) -> None:
        self._survey = survey
        self._addresses = addresses
        self._ports = ports
        self._tell = tell
        self._records = records
        self._is_late = False
        self._began_s = self._reached_s = ports.clock.monotonic()
        self._seen: dict[_Key, Observed | None] = {}
        self._watched: dict[_Key, _Watched] = {}
        pieces = survey.pieces(addresses)
        self._over = tuple(map(seen_of, (each for each in pieces if not each.is_going)))
        self._watch(pieces)

    def watch_earlier(self) -> None:
        """Wait as well for runs of earlier declarations, but for those that are being stopped."""
        earlier = self._survey.elsewhere()
        self._watch(e for e in earlier if e.attempt is not None and not e.attempt.run.is_withdrawn)

    def _watch(self, pieces: Iterable[Piece]) -> None:
        for each in pieces:
            if each.attempt is not None and each.attempt.is_active:
                key = (each.address.provider, each.attempt.run.remote_id)
                self._watched[key] = _Watched(each.address, each.attempt)

    async def go(self, timeout_s: float | None = None) -> None:
        """Until all of it is over, the time is, or a signal came.

        Raises:
            ProviderError: a vendor was silent for too long, or refuses our credentials.
        """
        clock = self._ports.clock
        pause_s = SOONEST_S
        self._say([])
        while self._going():
            left_s = self._left_s(timeout_s)
            if left_s <= 0:
                self._is_late = True
                return
            await clock.sleep(min(pause_s, left_s))
            if self._ports.interrupt.signal:
                return
            moved = await self._look()
            pause_s = SOONEST_S if moved else min(pause_s * _GROWTH, LATEST_S)

    def report(self) -> WaitReport:
        """How things stand now, share by share; of what was asked for only."""
        before = self._survey.context
        after = survey(
            self._survey.desired, self._recorded(), self._since(before.observation), before.policy
        )
        wanted = (seen_of(each) for each in after.pieces(self._addresses) if each.is_wanted)
        others = (w.seen for w in self._watched.values() if w.address not in after.works)
        return WaitReport(
            works=(*wanted, *others),
            interrupted=self._ports.interrupt.signal,
            is_late=self._is_late,
            elapsed_s=self._elapsed_s(),
        )

    def _recorded(self) -> Recorded:
        runs = (each.attempt.run for each in self._watched.values())
        return with_runs(self._survey.context.recorded, runs)

    def _since(self, observation: Observation) -> Observation:
        """An earlier observation with what this wait has seen since."""
        objects = {
            provider: tuple(
                now
                for each in listed
                if (now := self._seen.get((provider, each.remote_id), each)) is not None
            )
            for provider, listed in observation.objects.items()
        }
        times = {name: self._time_at(name) for name in objects}
        return replace(observation, objects=objects, times=times)

    # --- one look

    async def _look(self) -> list[WorkSeen]:
        """What moved since the last look; all of it is told, and remembered."""
        before = {key: each.seen for key, each in self._going().items()}
        problem, found = None, list[_Key]()
        for (provider, kind), keys in sorted(self._asked().items()):
            try:
                found += await self._read(self._ports.providers[provider], kind, keys)
            except _PASSING as error:
                problem = error.problem
                self._require_reach(error)
        if problem is None:
            self._reached_s = self._ports.clock.monotonic()
        self._remember(found)
        now = [self._watched[key].seen for key in before]
        moved = [
            each
            for each, was in zip(now, before.values(), strict=True)
            if (each.phase, each.state) != (was.phase, was.state)
        ]
        self._say(moved, problem)
        return moved

    def _going(self) -> dict[_Key, _Watched]:
        return {key: each for key, each in self._watched.items() if each.attempt.is_active}

    def _asked(self) -> Mapping[tuple[str, str], list[_Key]]:
        """What goes on, by provider and kind: each is asked once."""
        found: dict[tuple[str, str], list[_Key]] = {}
        for key, each in self._going().items():
            found.setdefault((key[0], each.attempt.run.kind), []).append(key)
        return found

    async def _read(self, provider: Provider, kind: str, keys: Sequence[_Key]) -> list[_Key]:
        """Look at these; the ones that are there are returned."""
        found = await provider.read(kind, [remote_id for _, remote_id in keys])
        now = self._time_at(provider.name)
        for key in keys:
            watched, live = self._watched[key], found.get(key[1])
            watched.absences = 0 if live is not None else watched.absences + 1
            if live is None and watched.absences < _ABSENT_AFTER:
                continue
            self._seen[key] = live
            run = watched.attempt.run
            watched.attempt = Attempt(run, live, outcome_of(run, live, now))
        return [key for key in keys if self._watched[key].absences == 0]

    def _require_reach(self, error: ProviderError) -> None:
        """A vendor may be away for a while: work goes on without us."""
        if self._ports.clock.monotonic() - self._reached_s >= OUT_OF_REACH_S:
            raise error

    def _remember(self, keys: Iterable[_Key]) -> None:
        """Outcomes and times that were seen; a state that can't be written loses nothing by it."""
        here = [(provider, self._watched[provider, each].attempt) for provider, each in keys]
        objects = {
            name: tuple(a.live for provider, a in here if provider == name and a.live is not None)
            for name in self._ports.providers
        }
        seen = seen_runs(
            Recorded("", 0, runs=tuple(attempt.run for _, attempt in here)),
            Observation(
                self._ports.clock.now(),
                objects=objects,
                times={name: self._time_at(name) for name in objects},
            ),
        )
        if seen and self._records:
            with suppress(StateError):
                self._ports.store.note(seen)
        for run in seen:
            watched = self._watched[run.address.provider, run.remote_id]
            watched.attempt = replace(watched.attempt, run=run)

    # --- what is told

    def _say(self, moved: Sequence[WorkSeen], problem: Problem | None = None) -> None:
        now = (*self._over, *(each.seen for each in self._watched.values()))
        self._tell(
            Look(
                moved=tuple(moved),
                counts=Counter(each.phase for each in now),
                fraction=_fraction(now),
                elapsed_s=self._elapsed_s(),
                problem=problem,
            )
        )

    def _time_at(self, provider: str) -> datetime:
        told = self._ports.providers[provider].vendor_now()
        return told or self._ports.clock.now()

    def _elapsed_s(self) -> float:
        return self._ports.clock.monotonic() - self._began_s

    def _left_s(self, timeout_s: float | None) -> float:
        return math.inf if timeout_s is None else timeout_s - self._elapsed_s()
