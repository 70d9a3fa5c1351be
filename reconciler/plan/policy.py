"""What a person or the workspace allows: the rules laid on changes after they were decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import assert_never

from reconciler.address import Address
from reconciler.diff.change import Action, Reason, Standing
from reconciler.errors import PlanRefused, Problem
from reconciler.lifecycle import OnRemove, WhenRunning
from reconciler.model import Usage
from reconciler.plan.plan import Change, Plan
from reconciler.values import Json

MAX_SHARE = 0.3
"""Of the objects of a kind that may be removed, replaced or stopped without being told so."""
SHARE_COUNTS_FROM = 5

REMOVALS = frozenset({Action.REPLACE, Action.TERMINATE, Action.DELETE})


@dataclass(frozen=True, slots=True)
class Policy:
    """What `plan` is asked to allow. `digest` is the state's keyed digest.

    `targets` empty means everything; `is_destroy` wants nothing at all to be left. `rerun`, `stop`,
    `forget` and `adopt` are what a person asks of single addresses, by name.
    """

    digest: Callable[[Json], str]
    prune: bool = False
    max_deletes: int | None = None
    is_destroy: bool = False
    targets: frozenset[Address] = frozenset()
    rerun: frozenset[Address] = frozenset()
    stop: frozenset[Address] = frozenset()
    forget: frozenset[Address] = frozenset()
    adopt: Mapping[Address, str] = field(default_factory=dict)
    """The remote id to take over; empty: the one that carries the address's marker."""
    expires_after: timedelta = timedelta(days=7)

    @property
    def named(self) -> frozenset[Address]:
        """Every address a person named."""
        return self.targets | self.rerun | self.stop | self.forget | self.adopt.keys()


def as_reviewed(policy: Policy, reviewed: Plan) -> Policy:
    """The policy under which a reviewed plan is planned again, whatever flags stand beside it.

    It allows what the plan does, at the addresses it speaks of.
    """
    return replace(
        policy,
        prune=any(each.reason is Reason.NOT_DECLARED for each in reviewed.changes),
        max_deletes=len(reviewed.changes),
        is_destroy=reviewed.is_destroy,
        targets=frozenset(reviewed.unchanged) | {each.address for each in reviewed.changes},
    )


@dataclass(frozen=True, slots=True)
class Guard:
    """What `lifecycle` says about ending an object: from the manifest, else as remembered."""

    protect: bool = False
    on_remove: OnRemove = OnRemove.DELETE
    when_running: WhenRunning = WhenRunning.REFUSE
    replacement: str = ""
    can_drain: bool = False
    """Whether the vendor lets what runs end by itself before the rest is stopped."""


def refuse_parts(named: Iterable[Address], parts: Mapping[Address, Address]) -> None:
    """
    Raises:
        PlanRefused: what is named is no resource of its own, but part of one.
    """
    found = [
        Problem(
            code="P327",
            summary=f"{each} has no life of its own: it is part of {parts[each]}",
            cause="the vendor runs, stops and keeps the whole alone",
            remedy=f"name {parts[each]}",
            address=str(each),
        )
        for each in sorted(named)
        if each in parts
    ]
    if found:
        raise PlanRefused(*found)


def blocked(change: Change, problem: Problem) -> Change:
    """The same change, which now may not happen; a block it already has is kept."""
    if change.standing is Standing.BLOCKED:
        return change
    return replace(change, standing=Standing.BLOCKED, problem=problem)


def guarded(change: Change, guard: Guard, usage: Usage) -> Change:
    """A change that ends an object, under `protect` and `whenRunning`."""
    if change.action not in REMOVALS or not change.remote_id or change.reason is Reason.ENDED:
        return change  # what the vendor has ended has nothing to lose
    if guard.protect:
        return blocked(change, _protected(change))
    if not usage.is_busy:
        return change
    change = replace(change, loss=usage)
    match guard.when_running:
        case WhenRunning.STOP:
            return change
        case WhenRunning.DRAIN if guard.can_drain:
            return replace(change, drains=True)
        case WhenRunning.DRAIN:
            return replace(change, standing=Standing.WAITING, problem=_draining(change))
        case WhenRunning.REFUSE:
            return blocked(change, _busy(change, usage))
        case _:
            assert_never(guard.when_running)


def _protected(change: Change) -> Problem:
    return Problem(
        code="P301",
        summary=f"{change.address} is protected",
        cause="lifecycle.protect is true, here or in the manifest last applied",
        remedy="set lifecycle.protect: false, apply, then ask again",
        address=str(change.address),
        location=change.location,
    )


def _busy(change: Change, usage: Usage) -> Problem:
    return Problem(
        code="P302",
        summary=f"unfinished work stands on {change.address}",
        cause=f"{usage.queued_instances} task instances are queued or running on it, "
        f"{usage.cores} cores busy; ending it would lose their work",
        remedy="wait, or set lifecycle.whenRunning to drain or stop",
        address=str(change.address),
        location=change.location,
    )


def _draining(change: Change) -> Problem:
    return Problem(
        code="P303",
        summary=f"{change.address} waits until its work has ended",
        cause="lifecycle.whenRunning is drain",
        remedy="apply again later",
        address=str(change.address),
        location=change.location,
    )


def under_threshold(
    changes: Iterable[Change], owned: Mapping[str, int], policy: Policy
) -> tuple[Change, ...]:
    """Removals blocked when they are more than a share of what we own of that kind.

    `owned` counts our objects by kind. A number given with `--max-deletes` replaces the share.
    """
    changes = tuple(changes)
    removed = Counter(each.kind for each in changes if each.action in REMOVALS and each.is_pending)
    too_many = {
        kind: count
        for kind, count in removed.items()
        if _exceeds(count, owned.get(kind, 0), policy)
    }
    return tuple(
        blocked(each, _too_many(each, too_many[each.kind], owned.get(each.kind, 0), policy))
        if each.kind in too_many and each.action in REMOVALS and each.is_pending
        else each
        for each in changes
    )


def _exceeds(count: int, owned: int, policy: Policy) -> bool:
    if policy.max_deletes is not None:
        return count > policy.max_deletes
    if policy.is_destroy or policy.stop:
        return False  # a person has named what is to end
    return owned >= SHARE_COUNTS_FROM and count > owned * MAX_SHARE


def _too_many(change: Change, count: int, owned: int, policy: Policy) -> Problem:
    allowed = (
        f"--max-deletes {policy.max_deletes}"
        if policy.max_deletes is not None
        else f"{MAX_SHARE:.0%} of them"
    )
    return Problem(
        code="P304",
        summary=f"{count} of {owned} {change.kind} would be removed or replaced at once",
        cause=f"at most {allowed} may go in one plan",
        remedy=f"if that is meant, run again with --max-deletes {count}",
        address=str(change.address),
        location=change.location,
    )
