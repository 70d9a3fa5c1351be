"""What comes first: upstreams, places and containers before what needs them, endings reversed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from reconciler.address import Address
from reconciler.diff.change import Action, Reason, Standing
from reconciler.diff.finite_table import STILL_THERE, Current
from reconciler.errors import Problem
from reconciler.graph import waves
from reconciler.kinds import Ability, RefRole
from reconciler.model import Ref, Resource
from reconciler.plan.context import Context
from reconciler.plan.plan import Change
from reconciler.plan.policy import REMOVALS, blocked
from reconciler.plan.work import Work

Changes = dict[Address, Change]

MAKING = frozenset({Action.CREATE, Action.REPLACE})

_ENDED_AS = {
    Current.SUCCEEDED: "success",
    Current.ABSENT_IN_TIME: "success",
    Current.PRESUMED_FINISHED: "success",
    Current.FAILED: "failure",
    Current.CANCELLED: "cancelled",
    Current.WITHDRAWN: "cancelled",
}
"""The final state, in the words of `dependsOn`; a run that was lost ended in none."""


# --- upstreams ------------------------------------------------------------------------------------


def with_upstreams(changes: Changes, works: Mapping[Address, Work]) -> Changes:
    """The same changes, with what each creation waits for at the vendor, or why it may not go.

    An upstream that has ended as asked is met. One that has ended otherwise blocks what needs it.
    """
    found = dict(changes)
    if not any(_is_making(found[address]) for address in works):
        return found
    graph = {
        address: frozenset(ref.target for ref in _upstreams(work.resource) if ref.target in works)
        for address, work in works.items()
    }
    for wave in waves({key: frozenset(t for t in needs if t) for key, needs in graph.items()}):
        for address in sorted(wave):
            if graph[address] and _is_making(found[address]):
                found[address] = _joined(found[address], works[address], works, found)
    return _with_warnings(found, works)


def _upstreams(resource: Resource) -> Iterable[Ref]:
    return (each for each in resource.references if each.role is RefRole.UPSTREAM)


def _is_making(change: Change) -> bool:
    return change.is_pending and change.action in MAKING


@dataclass(slots=True)
class _Gathered:
    """What the upstreams of one creation say together."""

    ids: dict[Address, tuple[str, ...]]
    met: set[Address]
    standing: Standing = Standing.READY
    because: str = ""

    def hinder(self, standing: Standing, because: str) -> None:
        if self.standing is Standing.READY or standing is Standing.BLOCKED:
            self.standing, self.because = standing, because


def _joined(
    change: Change, work: Work, works: Mapping[Address, Work], changes: Mapping[Address, Change]
) -> Change:
    gathered = _Gathered({}, set())
    for ref in _upstreams(work.resource):
        if ref.target is not None and ref.target in works:
            _gather(gathered, ref, works[ref.target], changes[ref.target], work)
    if gathered.standing is not Standing.READY:
        return _hindered(change, gathered.standing, gathered.because)
    assert change.request is not None
    request = replace(change.request, met=frozenset(gathered.met), upstreams=gathered.ids)
    return replace(change, request=request)


def _gather(gathered: _Gathered, ref: Ref, above: Work, change: Change, work: Work) -> None:
    target = above.resource.address
    if change.action in MAKING and change.standing is not Standing.READY:
        gathered.hinder(change.standing, f"{target} comes first, and it is {change.standing}")
        return
    waits_itself = Ability.DEPENDENCIES in work.kind.abilities
    going = [each.run.remote_id for each in above.running]
    if (going or _is_making(change)) and not waits_itself:
        gathered.hinder(Standing.WAITING, f"it waits until {target} has ended")
        return
    wrong = _ended_wrong(ref, above, change)
    if wrong is not None:
        gathered.hinder(Standing.BLOCKED, f"{target} comes first, and it {wrong}")
    elif going or _is_making(change):
        gathered.ids[target] = tuple(going)
    elif change.standing is Standing.BLOCKED:
        gathered.hinder(Standing.BLOCKED, f"{target} comes first, and it is blocked")
    else:
        gathered.met.add(target)


def _ended_wrong(ref: Ref, above: Work, change: Change) -> str | None:
    """How the upstream ended where that is not as asked; what is made again has not ended."""
    accepted = ref.when or ("success",)
    is_made_again = _is_making(change)
    for part in above.parts:
        if part.current in STILL_THERE or part.current is Current.NONE:
            continue
        if _ENDED_AS.get(part.current) not in accepted and not is_made_again:
            return f"ended: {part.current.value.replace('_', ' ')}"
    return None


def _hindered(change: Change, standing: Standing, because: str) -> Change:
    problem = Problem(
        code="P211",
        summary=f"{change.address} can't start: {because}",
        remedy=f"rerun or change what comes first, or drop it from dependsOn of {change.address}"
        if standing is Standing.BLOCKED
        else "it starts with a later apply",
        address=str(change.address),
        location=change.location,
    )
    return replace(change, standing=standing, problem=problem)


def _with_warnings(changes: Changes, works: Mapping[Address, Work]) -> Changes:
    """Notes on work that runs again while what depends on it has ended and stays."""
    stale: dict[Address, list[Address]] = {}
    for address, work in works.items():
        if changes[address].action is Action.NO_OP and work.own and not work.running:
            for ref in _upstreams(work.resource):
                if ref.target and ref.target in works and _is_making(changes[ref.target]):
                    stale.setdefault(ref.target, []).append(address)
    for above, below in stale.items():
        names = ", ".join(map(str, sorted(below)))
        note = f"{names}: depends on it, has ended, and is not run again"
        changes[above] = replace(changes[above], notes=(*changes[above].notes, note))
    return changes


# --- order ----------------------------------------------------------------------------------------


def ordered(changes: Changes, resources: Iterable[Resource], context: Context) -> Changes:
    """The same changes with what is made before, and what is ended before, each of them."""
    needs = {each.address: each for each in resources}
    users: dict[Address, set[Address]] = {}
    for record in context.recorded.records.values():
        for need in record.depends_on:
            users.setdefault(need, set()).add(record.address)
    return {
        address: replace(
            change,
            waits_for=change.waits_for | _made_before(change, needs.get(address), changes, context),
            ends_after=_ended_before(change, users, changes),
        )
        if change.is_pending
        else change
        for address, change in changes.items()
    }


def _made_before(
    change: Change,
    resource: Resource | None,
    changes: Mapping[Address, Change],
    context: Context,
) -> frozenset[Address]:
    """What has to be made first; what is there already needs no waiting."""
    if resource is None:
        return frozenset()
    return frozenset(
        ref.target
        for ref in resource.references
        if ref.target is not None
        and (_is_to_come(changes.get(ref.target)) or not _is_there(ref, change, context))
    )


def _is_to_come(change: Change | None) -> bool:
    """Whether it is to be made, now or once it may; or nobody knows whether it was."""
    if change is None:
        return False
    is_unknown = change.standing is Standing.BLOCKED and change.reason is Reason.UNSETTLED
    return change.action in MAKING or is_unknown


def _is_there(ref: Ref, change: Change, context: Context) -> bool:
    """Whether it can be named to the vendor; an upstream that is met need not be."""
    assert ref.target is not None
    request = change.request
    if ref.role is not RefRole.UPSTREAM or request is None or change.action not in MAKING:
        return ref.role is RefRole.UPSTREAM or ref.target in context.remote_ids
    return ref.target in request.met or bool(request.upstreams.get(ref.target))


def _ended_before(
    change: Change, users: Mapping[Address, set[Address]], changes: Mapping[Address, Change]
) -> frozenset[Address]:
    if change.action not in REMOVALS:
        return frozenset()
    return frozenset(
        user
        for user in users.get(change.address, ())
        if user in changes and changes[user].action in _leaves(change)
    )


def _leaves(change: Change) -> frozenset[Action]:
    """What its users do before it is ended: they end, or turn to something else for good."""
    return REMOVALS | {Action.UPDATE} if change.action is Action.DELETE else REMOVALS


def hindered(changes: Changes) -> Changes:
    """The same changes; what counts on one that may not happen now may not happen either."""
    found = dict(changes)
    users: dict[Address, list[Address]] = {}
    for address, change in changes.items():
        for need in (*change.waits_for, *change.ends_after):
            users.setdefault(need, []).append(address)
    pending = [need for need in users if need not in found or not found[need].is_pending]
    while pending:
        need = pending.pop()
        for user in users.get(need, ()):
            if not found[user].is_pending or found[user].action not in MAKING | REMOVALS:
                continue
            found[user] = _after(found[user], need, found.get(need))
            pending.append(user)
    return found


def _after(change: Change, need: Address, first: Change | None) -> Change:
    if first is not None and first.standing in (Standing.WAITING, Standing.HELD):
        return _hindered(change, Standing.WAITING, f"{need} comes first, and it waits")
    what = "is blocked" if first is not None else "is not there, and not part of this plan"
    return blocked(
        change,
        Problem(
            code="P212",
            summary=f"{change.address} can't go on: {need} {what}",
            remedy=f"mend {need} first",
            address=str(change.address),
            location=change.location,
        ),
    )
