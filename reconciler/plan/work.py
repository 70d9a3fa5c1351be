"""One piece of finite work: what it asks for, and which attempt speaks for which share of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reconciler.diff.compare import desired_form
from reconciler.diff.finite_table import Current
from reconciler.diff.runkey import run_keys_of_form
from reconciler.kinds import KindSpec
from reconciler.lifecycle import OnGrow
from reconciler.model import Observed, Outcome, Resource, Settled, Usage
from reconciler.plan.attempts import Attempt, Attempts
from reconciler.plan.context import Context
from reconciler.ranges import Ranges, ranges
from reconciler.values import digest


@dataclass(frozen=True, slots=True)
class Part:
    """A share of what is wanted, with the newest attempt at it.

    `tries` counts its creations, less those that we withdrew ourselves.
    """

    ranges: Ranges
    current: Current
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Work:
    """One finite resource with all that is known of it.

    `own` are attempts at the wanted work, `others` go on though they are for something else.
    """

    kind: KindSpec
    resource: Resource
    form: Mapping[str, Any]
    keys: tuple[str, ...]
    known: Attempts
    own: tuple[Attempt, ...]
    others: tuple[Attempt, ...]
    parts: tuple[Part, ...]

    @property
    def running(self) -> tuple[Attempt, ...]:
        """Attempts at the wanted work that go on."""
        return tuple(each for each in self.own if each.is_active and each not in self.others)

    @property
    def host(self) -> Attempt | None:
        """The newest attempt at the wanted work that takes more ranges."""
        takes = (e for e in self.own if e.live is not None and e.live.can_grow)
        return max(takes, key=lambda each: each.run.attempt, default=None)

    def is_wanted(self, observed: Observed) -> bool:
        """Whether an object that nobody remembers is, or may become, the wanted work."""
        marker = observed.marker
        return marker is not None and (marker.run_key in self.keys or not observed.settled.is_over)

    @property
    def newest(self) -> Attempt | None:
        """What the wanted fields are held against: what runs, else what ran last."""
        going = [each for each in self.known.active if each.live is not None]
        seen = going or [each for each in self.known.known if each.live is not None]
        return seen[-1] if seen else None


def work_of(kind: KindSpec, resource: Resource, context: Context) -> Work:
    """What a finite resource asks for, held against what is known of it."""
    form, scope = desired_form(kind, resource), (context.workspace_id, context.env)
    files = context.observation.files
    keys = run_keys_of_form(kind, resource, form, scope, context.first, files)
    known = context.attempts_at(resource.address)
    own = known.of(keys)
    wanted = (ranges(kind.ranges(resource.spec)) or None) if kind.ranges is not None else None
    is_whole = wanted is None or not _grows(kind, resource)
    fitting = tuple(each for each in own if wanted is None or each.covered == wanted)
    strange = tuple(each for each in own if is_whole and each not in fitting)
    return Work(
        kind=kind,
        resource=resource,
        form=form,
        keys=keys,
        known=known,
        own=own,
        others=tuple(each for each in known.active if each not in own or each in strange),
        parts=tuple(_shares(wanted, own))
        if wanted is not None and not is_whole
        else _whole(wanted, fitting),
    )


def _grows(kind: KindSpec, resource: Resource) -> bool:
    said = resource.lifecycle.on_grow
    return kind.grows(resource.spec) if said is None else said is OnGrow.MISSING


def _whole(wanted: Ranges | None, fitting: Sequence[Attempt]) -> tuple[Part, ...]:
    """All of it together: only an attempt at exactly this counts."""
    part = Part(wanted or Ranges(), Current.NONE, _tries(fitting))
    return (replace(part, current=_current(fitting[-1])) if fitting else part,)


def _shares(wanted: Ranges, own: Sequence[Attempt]) -> Iterable[Part]:
    """Each frame goes to the newest attempt at it; what none covers is missing.

    What a person has cut from an attempt that succeeded was cancelled.
    """
    left = wanted
    for attempt in reversed(own):
        mine = left & attempt.covered
        if not mine:
            continue
        left = left - mine
        done = mine & attempt.done
        if done and attempt.outcome is not Outcome.PRESUMED_FINISHED:
            yield Part(done, Current.SUCCEEDED)
            mine = mine - done
        if mine:
            tries = _tries([each for each in own if each.covered & mine])
            is_cut = attempt.outcome is Outcome.SUCCEEDED
            yield Part(mine, Current.CANCELLED if is_cut else _current(attempt), tries)
    if left:
        yield Part(left, Current.NONE)


def _tries(attempts: Sequence[Attempt]) -> int:
    return sum(each.outcome is not Outcome.WITHDRAWN for each in attempts)


_CURRENT = {
    Outcome.SUCCEEDED: Current.SUCCEEDED,
    Outcome.FAILED: Current.FAILED,
    Outcome.CANCELLED: Current.CANCELLED,
    Outcome.WITHDRAWN: Current.WITHDRAWN,
    Outcome.PRESUMED_FINISHED: Current.PRESUMED_FINISHED,
    Outcome.LOST: Current.LOST,
    Outcome.UNKNOWN: Current.UNKNOWN,
}
_INFERRED_NOW = {
    Outcome.PRESUMED_FINISHED: Current.ABSENT_IN_TIME,
    Outcome.LOST: Current.ABSENT_TOO_SOON,
}
_GOING = {
    Settled.SUSPENDED: Current.SUSPENDED,
    Settled.DRAINING: Current.DRAINING,
    Settled.TERMINATING: Current.DRAINING,
}


def _current(attempt: Attempt) -> Current:
    if attempt.outcome is Outcome.ACTIVE:
        settled = attempt.live.settled if attempt.live is not None else Settled.UNKNOWN
        return _GOING.get(settled, Current.ACTIVE)
    if attempt.run.outcome is Outcome.ACTIVE and attempt.live is None:
        return _INFERRED_NOW.get(attempt.outcome, _CURRENT[attempt.outcome])
    return _CURRENT[attempt.outcome]


def cover_of(text: str) -> str:
    """The digest of ranges that a marker holds; empty for a kind without them."""
    return digest(text)[:16] if text else ""


def basis(work: Work) -> str:
    """The digest of what a change rests on: which attempts there are; how far they came moves."""
    return digest(
        [[each.run.run_key, each.run.attempt, each.run.cover] for each in work.known.known]
        + [[each.remote_id] for each in work.known.unconfirmed]
    )


def lost(attempts: Iterable[Attempt]) -> Usage:
    """What stopping these would lose."""
    live = {each.run.remote_id: each.live for each in attempts if each.live is not None}
    usages = [each.usage for each in live.values()]
    return Usage(
        instances=sum(each.instances for each in usages),
        cores=sum(each.cores for each in usages),
        queued_instances=sum(each.queued_instances for each in usages),
        core_seconds=sum(each.core_seconds for each in usages),
    )
