"""Whether a plan still says what would be planned now."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from reconciler.diff.change import Action, Standing
from reconciler.errors import PlanStale, Problem
from reconciler.plan.plan import Binding, Change, Plan
from reconciler.plan.quota import NO_ROOM


def check_binding(plan: Plan, now: Binding, at: datetime) -> None:
    """
    Raises:
        PlanStale: the plan has expired, or is tied to something else than what is here.
    """
    if at > plan.expires_at:
        raise _stale("P102", "the plan has expired", f"it was good until {plan.expires_at:%F %R}")
    was = plan.binding
    differences = (
        ("P103", "the manifests have changed since the plan was made", was.inputs, now.inputs),
        ("P104", "the plan is of another workspace", was.workspace_id, now.workspace_id),
        ("P104", "the plan is of another environment", was.env, now.env),
        ("P105", "the plan was made against another state", was.lineage, now.lineage),
        ("P106", "the plan was made for other endpoints", was.endpoints, now.endpoints),
        ("P107", "the plan was made with other accounts", was.accounts, now.accounts),
        ("P108", "a file the manifests name has changed", was.files, now.files),
    )
    for code, summary, one, other in differences:
        if one != other:
            raise _stale(code, summary, "what was reviewed is not what would happen")


def check_unused(digest: str, used: frozenset[str]) -> None:
    """
    Raises:
        PlanStale: the plan was applied before, in whole or in part.
    """
    if digest in used:
        raise _stale("P109", "the plan was used before", "a plan is applied once")


def still_due(reviewed: Plan, now: Plan) -> Plan:
    """The reviewed plan without what has come to pass by itself, or was just settled.

    What is sent of ignored fields, and what the records are to remember, is of now: a record of
    then may name an object that is gone.

    Raises:
        PlanStale: something it is about to touch has moved; every such address is named.
    """
    today = {each.address: each for each in now.changes}
    due: list[Change] = []
    moved: list[Change] = []
    for change in reviewed.pending:
        found = _tried(change, today.get(change.address))
        if found is None and (change.address in now.unchanged or change.action is Action.FORGET):
            continue
        if found is not None and _has_ended(change, found):
            continue
        if found is not None and (_is_same(change, found) or _is_less(change, found)):
            due.append(found)
        else:
            moved.append(change)
    if moved:
        raise PlanStale(*(_moved(each) for each in moved))
    return replace(reviewed, changes=tuple(due), remembered=now.remembered)


def _tried(reviewed: Change, now: Change | None) -> Change | None:
    """What is due now; a quota that shrank since the review is the vendor's to enforce."""
    if now is None or now.problem is None or now.problem.code != NO_ROOM:
        return now
    return replace(now, standing=reviewed.standing, problem=reviewed.problem)


_OF_WHAT_GOES_ON = frozenset({Action.UPDATE, Action.REPLACE, Action.TERMINATE})


def _has_ended(reviewed: Change, now: Change) -> bool:
    """Whether work that was to be steered or stopped has come to its end by itself."""
    is_quiet = now.standing in (Standing.READY, Standing.HELD) and now.action is Action.NO_OP
    is_due_to_end = now.standing is Standing.HELD or bool(now.notes)
    return reviewed.action in _OF_WHAT_GOES_ON and is_quiet and is_due_to_end


def _is_less(reviewed: Change, now: Change) -> bool:
    """Whether what was to be ended has ended by itself, and all else is as it was reviewed."""
    if reviewed.action in (Action.TERMINATE, Action.DELETE):
        return now.action is Action.FORGET and now.standing is Standing.READY
    is_run = reviewed.request is not None and bool(reviewed.request.marker.run_key)
    return (
        is_run
        and (reviewed.action, now.action) == (Action.REPLACE, Action.CREATE)
        and reviewed.standing is now.standing
        and _objects(now) <= _objects(reviewed)
        and _sent(reviewed) == _sent(now)
    )


def _is_same(one: Change, other: Change) -> bool:
    return (
        one.action is other.action
        and one.standing is other.standing
        and one.basis == other.basis
        and _objects(other) <= _objects(one)
        and _sent(one) == _sent(other)
    )


def _objects(change: Change) -> frozenset[str]:
    """What it changes or ends: of what was reviewed some may have ended, and nothing is added."""
    return frozenset((change.remote_id, *change.also)) - {""}


def _sent(change: Change) -> object:
    request = change.request
    if request is None:
        return None
    resource = request.resource
    spec = None if resource.lifecycle.ignore else request.spec
    return resource.spec, resource.labels, request.marker, spec, request.chosen


def _moved(change: Change) -> Problem:
    return Problem(
        code="P110",
        summary=f"{change.address} has moved since the plan was made",
        cause=f"to {change.action.value} it would not do what was reviewed",
        remedy="plan again, and review that",
        address=str(change.address),
        location=change.location,
    )


def _stale(code: str, summary: str, cause: str) -> PlanStale:
    return PlanStale(Problem(code=code, summary=summary, cause=cause, remedy="plan again"))
