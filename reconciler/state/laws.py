"""What every store does alike, as pure functions: who may write, and what a note may change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reconciler.errors import Locked, Problem
from reconciler.model import Outcome, Run
from reconciler.ports import Lease
from reconciler.ranges import ranges

IsAlive = Callable[[str], bool | None]
"""Whether the process a holder's name stands for still runs; `None` when nobody here can tell."""


def nobody_can_tell(_: str) -> bool | None:
    """The `IsAlive` of a store that asks no process table: a lease is waited for."""
    return None


@dataclass(frozen=True, slots=True)
class Holding:
    """Who holds a scope; no holder when it was released or never taken. `fence` never falls."""

    fence: int = 0
    holder: str = ""
    expires_at: datetime | None = None

    @classmethod
    def of(cls, lease: Lease) -> Holding:
        return cls(lease.fence, lease.holder, lease.expires_at)

    @property
    def released(self) -> Holding:
        return Holding(self.fence)


FREE = Holding()
"""Of a scope that nobody ever held."""


def acquired(
    holding: Holding, holder: str, ttl_s: float, now: datetime, is_alive: IsAlive
) -> Lease:
    """A lease with the next fence; names the holder it was taken over from, if unreleased.

    Raises:
        Locked: another holder's lease has not run out, and its process is not surely gone.
    """
    is_running = holding.expires_at is not None and holding.expires_at > now
    is_others = holding.holder not in ("", holder)
    if is_others and is_running and is_alive(holding.holder) is not False:
        raise Locked(_held(holding))
    return Lease(
        holder=holder,
        fence=holding.fence + 1,
        expires_at=now + timedelta(seconds=ttl_s),
        ttl_s=ttl_s,
        taken_over_from=holding.holder,
    )


def renewed(holding: Holding, lease: Lease, now: datetime) -> Lease:
    """The same lease for another `ttl_s`; one that ran out is renewed while nobody took it.

    Raises:
        Locked: the lease was taken over or released.
    """
    require_newest(holding, lease)
    return replace(lease, expires_at=now + timedelta(seconds=lease.ttl_s))


def require_newest(holding: Holding, lease: Lease) -> None:
    """
    Raises:
        Locked: the lease was taken over or released: its holder may write no more.
    """
    if not holding.holder or holding.fence != lease.fence:
        raise Locked(_lost(holding, lease))


def noted(stored: Run | None, seen: Run) -> Run:
    """What is remembered once `seen` was seen; a run that is not stored yet is taken as it is seen.

    Of a stored run only three things move, in whatever order notes come: it ends, once, as the
    first sight of an end says, unless it is seen to have succeeded after all; while no end was seen
    it lives on, later and never earlier, even if it had been given up; `done` grows. A run we asked
    to stop and that was cancelled is withdrawn.
    What is inferred changes nothing that is stored, nor does what was seen of another object.
    """
    if stored is None:
        return replace(seen, outcome=_told(seen, seen), done=_joined("", seen.done))
    if seen.outcome.is_inferred or _is_another(stored, seen):
        return stored
    done = _joined(stored.done, seen.done)
    if not _is_news(stored, seen):
        return replace(stored, done=done)
    return replace(
        stored,
        outcome=_told(stored, seen),
        seen_at=seen.seen_at or stored.seen_at,
        done=done,
    )


def _is_another(stored: Run, seen: Run) -> bool:
    """Whether they are two objects, as after somebody cloned one with our marker on it."""
    return "" not in (stored.remote_id, seen.remote_id) and stored.remote_id != seen.remote_id


def _is_news(stored: Run, seen: Run) -> bool:
    """Whether outcome and time move: an end is a fact whenever it was seen, a life only later."""
    if _is_seen_end(stored.outcome):
        return seen.outcome is Outcome.SUCCEEDED is not stored.outcome
    return _is_seen_end(seen.outcome) or _is_later(seen.seen_at, stored.seen_at)


def _is_seen_end(outcome: Outcome) -> bool:
    return outcome.is_over and not outcome.is_inferred


def _told(stored: Run, seen: Run) -> Outcome:
    is_ours = stored.is_withdrawn and seen.outcome is Outcome.CANCELLED
    return Outcome.WITHDRAWN if is_ours else seen.outcome


def _joined(done: str, more: str) -> str:
    return done if more in ("", done) else str(ranges(done) | ranges(more))


def run_key_text(run: Run) -> str:
    """What tells two remembered runs apart; texts sort by address, run key, then attempt.

    No part of it holds a space: names have none, run keys and covers are digests.
    """
    return f"{run.address} {run.run_key} {run.attempt:09d} {run.cover}"


def _is_later(seen: datetime | None, stored: datetime | None) -> bool:
    return seen is not None and (stored is None or seen > stored)


def _held(holding: Holding) -> Problem:
    assert holding.expires_at is not None
    until = holding.expires_at.strftime("%Y-%m-%d %H:%M:%S UTC")
    return Problem(
        code="S423",
        summary="another apply is at work on this workspace and env",
        cause=f"{holding.holder} holds the lease until {until}",
        remedy="wait for it, or give -lock-timeout; the lease of a process that is gone runs out",
    )


def _lost(holding: Holding, lease: Lease) -> Problem:
    now_at = f"{holding.holder} took over" if holding.holder else "it was released"
    return Problem(
        code="S424",
        summary="this process no longer holds the lease and may write no more",
        cause=f"{lease.holder} held number {lease.fence}, then {now_at} ({holding.fence})",
        remedy="run the same command again: what is in flight is settled first",
    )
