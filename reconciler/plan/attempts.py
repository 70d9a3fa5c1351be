"""What is known of finite work: every creation remembered, with what stands at the vendor now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from reconciler.address import Address
from reconciler.model import (
    Intent,
    Observation,
    Observed,
    Outcome,
    Recorded,
    Run,
    Settled,
    Verb,
)
from reconciler.ranges import Ranges, ranges

SEEN_AGAIN_AFTER = timedelta(minutes=5)
"""A run that goes on is noted as seen so seldom: each note is a write."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One creation: as remembered, as seen (`live`), and what holds of it now."""

    run: Run
    live: Observed | None
    outcome: Outcome

    @property
    def is_active(self) -> bool:
        return self.outcome is Outcome.ACTIVE

    @property
    def covered(self) -> Ranges:
        return ranges(self.run.ranges)

    @property
    def done(self) -> Ranges:
        """What surely succeeded, though the rest may have failed."""
        if self.outcome is Outcome.PRESUMED_FINISHED:
            return self.covered
        if self.outcome is Outcome.SUCCEEDED:
            return self.covered & _left_of(self.run, self.live)
        seen = ranges(self.live.done) if self.live is not None else Ranges()
        return ranges(self.run.done) | (seen & self.covered)


@dataclass(frozen=True, slots=True)
class Attempts:
    """Of one resource, by its first address; `known` from the oldest to the newest.

    `unconfirmed` carry our marker though nothing we remember says that we made them. `twins` carry
    the very marker of an attempt that goes on, and are not over either; or several carry the marker
    of one creation whose answer was lost, so that nobody can tell which it made.
    """

    known: tuple[Attempt, ...] = ()
    unconfirmed: tuple[Observed, ...] = ()
    twins: tuple[Observed, ...] = ()

    @property
    def active(self) -> tuple[Attempt, ...]:
        return tuple(each for each in self.known if each.is_active)

    def of(self, keys: Iterable[str]) -> tuple[Attempt, ...]:
        """Those of the work these keys name."""
        wanted = frozenset(keys)
        return tuple(each for each in self.known if each.run.run_key in wanted)


NO_ATTEMPTS = Attempts()


def attempts(recorded: Recorded, observation: Observation) -> dict[Address, Attempts]:
    """All that is known of finite work, by first address. Linear in runs and objects."""
    by_id = _by_id(observation)
    runs: dict[Address, list[Run]] = {}
    for run in recorded.runs:
        runs.setdefault(run.address, []).append(run)
    marked = _marked(observation)
    intents = _creations(recorded.intents)
    return {
        first: _attempts(
            runs.get(first, ()), by_id, marked.get(first, ()), intents.get(first, ()), observation
        )
        for first in runs.keys() | marked.keys()
    }


def _by_id(observation: Observation) -> dict[tuple[str, str], Observed]:
    """Every object by provider and remote id."""
    return {
        (name, each.remote_id): each
        for name, listed in observation.objects.items()
        for each in listed
    }


def _marked(observation: Observation) -> dict[Address, list[Observed]]:
    found: dict[Address, list[Observed]] = {}
    for listed in observation.objects.values():
        for each in listed:
            if each.marker is not None and each.marker.run_key:
                found.setdefault(each.marker.address, []).append(each)
    return found


def _creations(intents: Iterable[Intent]) -> Mapping[Address, tuple[Intent, ...]]:
    found: dict[Address, tuple[Intent, ...]] = {}
    for each in intents:
        if each.verb is Verb.CREATE and each.run_key:
            found[each.first_address] = (*found.get(each.first_address, ()), each)
    return found


def _attempts(
    runs: Iterable[Run],
    by_id: Mapping[tuple[str, str], Observed],
    marked: Iterable[Observed],
    intents: Iterable[Intent],
    observation: Observation,
) -> Attempts:
    known = [
        _attempt(run, by_id, observation)
        for run in sorted(runs, key=lambda each: (each.attempt, str(each.made_at), each.cover))
    ]
    ids = {each.run.remote_id for each in known}
    made = {_identity(each.run)[1:] for each in known}
    going = {_identity(each.run)[1:] for each in known if each.is_active}
    strangers = [(each, _told(each)) for each in marked if each.remote_id not in ids]
    lost = {(each.run_key, each.attempt, each.cover) for each in intents}
    made |= lost
    told = Counter(each for _, each in strangers)
    going |= {each for each in lost if told[each] > 1}
    return Attempts(
        known=tuple(known),
        unconfirmed=tuple(each for each, told in strangers if told not in made),
        twins=tuple(each for each, told in strangers if told in going and not each.settled.is_over),
    )


def _attempt(
    run: Run, by_id: Mapping[tuple[str, str], Observed], observation: Observation
) -> Attempt:
    live = by_id.get((run.address.provider, run.remote_id))
    return Attempt(run, live, outcome_of(run, live, observation.time_at(run.address.provider)))


def _told(observed: Observed) -> tuple[str, int, str] | None:
    """The attempt an object's marker speaks of; a clone keeps the marker of its original."""
    marker = observed.marker
    return (marker.run_key, marker.attempt, marker.cover) if marker is not None else None


# --- what holds now -------------------------------------------------------------------------------


def outcome_of(run: Run, live: Observed | None, now: datetime) -> Outcome:
    """What became of a run, from what is remembered and what is seen; `now` is the vendor's clock.

    An absence counts only when the list was complete: whoever reads it has to see to that. Success
    is final; a run that ended otherwise may have been taken up again by a person.
    """
    if live is not None and not _speaks_for(run, live):
        return _taken_away(run, now)
    is_told = run.outcome is not Outcome.ACTIVE and not run.outcome.is_inferred
    if is_told and (live is None or not _is_taken_up(run, live)):
        return run.outcome
    if live is not None:
        return _seen(run, live.settled)
    if run.outcome is not Outcome.ACTIVE:
        return run.outcome
    if run.is_withdrawn:
        return Outcome.WITHDRAWN
    if run.retention_s is None or run.seen_at is None:
        return Outcome.LOST
    is_past = now >= run.seen_at + timedelta(seconds=run.retention_s)
    return Outcome.PRESUMED_FINISHED if is_past else Outcome.LOST


TRUSTED_AFTER = timedelta(minutes=10)
"""So long after ranges were added, an object that lacks them has lost them again."""


def _left_of(run: Run, live: Observed | None) -> Ranges:
    """What of a run was left to be done: a person may have cut the ranges of its object."""
    told = live.ranges if live is not None and live.ranges else run.done
    return ranges(told or run.ranges)


def _speaks_for(run: Run, live: Observed) -> bool:
    """Whether what is seen of an object says anything of this share of it."""
    if not (run.ranges and live.ranges):
        return True
    return bool(ranges(run.ranges) & ranges(live.ranges))


def _taken_away(run: Run, now: datetime) -> Outcome:
    """What became of a share its object does not show: not shown yet, or cut by a person."""
    if run.outcome is not Outcome.ACTIVE:
        return run.outcome
    is_old = run.made_at is not None and now - run.made_at > TRUSTED_AFTER
    return Outcome.CANCELLED if is_old else Outcome.ACTIVE


_AFTER_AN_END = frozenset(
    {
        Settled.CURRENT,
        Settled.IN_PROGRESS,
        Settled.SUSPENDED,
        Settled.DRAINING,
        Settled.SUCCEEDED,
    }
)


def _is_taken_up(run: Run, live: Observed) -> bool:
    return run.outcome is not Outcome.SUCCEEDED and live.settled in _AFTER_AN_END


def _seen(run: Run, settled: Settled) -> Outcome:
    match settled:
        case Settled.SUCCEEDED:
            return Outcome.SUCCEEDED
        case Settled.FAILED:
            return Outcome.FAILED
        case Settled.CANCELLED:
            return Outcome.WITHDRAWN if run.is_withdrawn else Outcome.CANCELLED
        case (
            Settled.CURRENT
            | Settled.IN_PROGRESS
            | Settled.SUSPENDED
            | Settled.DRAINING
            | Settled.TERMINATING
            | Settled.UNKNOWN
            | Settled.ABSENT
        ):
            return Outcome.ACTIVE
        case _:
            assert_never(settled)


# --- what is worth remembering --------------------------------------------------------------------


def seen_runs(recorded: Recorded, observation: Observation) -> tuple[Run, ...]:
    """Runs as they stand on live objects, where that is news; insert-only facts."""
    by_id = _by_id(observation)
    found = (
        _noted(each, observation.time_at(each.run.address.provider))
        for each in (_attempt(run, by_id, observation) for run in recorded.runs)
        if each.live is not None
    )
    return tuple(run for run in found if run is not None)


def _noted(attempt: Attempt, now: datetime) -> Run | None:
    run = attempt.run
    done = str(attempt.done)
    if attempt.is_active and run.outcome.is_over and not run.outcome.is_inferred:
        return None  # an end that was seen is remembered until another one is
    is_same = attempt.outcome is run.outcome and done == run.done
    if is_same and not (attempt.is_active and _is_long_ago(run, now)):
        return None
    return replace(run, outcome=attempt.outcome, done=done, seen_at=now)


def _is_long_ago(run: Run, now: datetime) -> bool:
    """Whether it should be noted again: well before its time could seem to have passed."""
    after = SEEN_AGAIN_AFTER
    if run.retention_s:
        after = min(after, timedelta(seconds=run.retention_s / 2))
    return run.seen_at is None or now - run.seen_at >= after


def absent_runs(recorded: Recorded, observation: Observation) -> tuple[Run, ...]:
    """Runs that went on when last seen and are gone from a complete list: what is inferred."""
    by_id = _by_id(observation)
    return tuple(
        replace(each.run, outcome=each.outcome, seen_at=observation.time_at(provider))
        for each in (_attempt(run, by_id, observation) for run in recorded.runs)
        if each.live is None
        and each.outcome is not each.run.outcome
        and (provider := each.run.address.provider) in observation.objects
        and (provider, each.run.kind) not in observation.incomplete
    )


def as_seen(run: Run, live: Observed | None, now: datetime) -> Run:
    """The run with what became of it; `live` is all there is of it at the vendor, or `None`."""
    attempt = Attempt(run, live, outcome_of(run, live, now))
    return replace(run, outcome=attempt.outcome, done=str(attempt.done), seen_at=now)


def with_runs(recorded: Recorded, runs: Iterable[Run]) -> Recorded:
    """The same memory with these runs written over their earlier selves."""
    changed = {_identity(each): each for each in runs}
    if not changed:
        return recorded
    kept = tuple(each for each in recorded.runs if _identity(each) not in changed)
    return replace(recorded, runs=(*kept, *changed.values()))


def _identity(run: Run) -> tuple[Address, str, int, str]:
    return run.address, run.run_key, run.attempt, run.cover
