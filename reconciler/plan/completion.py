"""What follows once work is done, as `onComplete` says of it or of the container it stands in."""

from __future__ import annotations

from typing import Final

from reconciler.address import Address
from reconciler.diff.change import Action, Reason
from reconciler.kinds import Nature
from reconciler.model import Resource, Usage
from reconciler.plan.context import guard_of
from reconciler.plan.plan import Change
from reconciler.plan.policy import guarded
from reconciler.plan.standing import basis
from reconciler.plan.survey import Survey

FOLLOWS: Final = {"terminate": Action.TERMINATE, "delete": Action.DELETE}
"""What `spec.onComplete` asks for; anything else leaves the container as it is."""


def follow_ups(survey: Survey) -> tuple[Change, ...]:
    """Ends of declared containers whose declared work is all done; none where any is not.

    And of finite work itself, where the vendor does not see to that. A plan never has them: it
    makes a container again only when a member has to be made, and work that succeeded never.
    """
    found = (_follow_up(each, survey) for each in survey.desired.resources)
    return tuple(sorted((e for e in found if e is not None), key=lambda each: each.address))


def _follow_up(resource: Resource, survey: Survey) -> Change | None:
    kind = survey.desired.kinds[resource.kind]
    action = FOLLOWS.get(str(resource.spec.get("onComplete")))
    if action is not None and kind.nature is Nature.FINITE and not kind.ends_itself:
        return _of_work(resource, action, survey)
    live = survey.context.found(resource.address).live
    if action is None or kind.nature is not Nature.CONTAINER or live is None:
        return None
    is_ended = live.settled.is_over and action is Action.TERMINATE
    if is_ended or not _is_done(resource.address, survey):
        return None
    record = survey.context.found(resource.address).record
    change = Change(
        address=resource.address,
        kind=kind.id,
        action=action,
        reason=Reason.COMPLETED,
        remote_id=live.remote_id,
        basis=basis(kind, live, resource),
        ordinal=record.ordinal if record is not None else 0,
        location=resource.locate(()),
    )
    return guarded(change, guard_of(kind, resource, record), live.usage)


def _of_work(resource: Resource, action: Action, survey: Survey) -> Change | None:
    """The removal of what finite work left at the vendor, once all of it is done."""
    address = resource.address
    known = survey.context.attempts_at(address).known
    ids = tuple(dict.fromkeys(e.run.remote_id for e in known if e.live is not None))
    is_done = all(each.is_done for each in survey.pieces([address]))
    if not ids or not is_done or action is not Action.DELETE:
        return None
    record = survey.context.found(address).record
    change = Change(
        address=address,
        kind=resource.kind,
        action=action,
        reason=Reason.COMPLETED,
        remote_id=ids[0],
        also=ids[1:],
        ordinal=record.ordinal if record is not None else 0,
        location=resource.locate(()),
    )
    kind = survey.desired.kinds[resource.kind]
    return guarded(change, guard_of(kind, resource, record), Usage())


def _is_done(container: Address, survey: Survey) -> bool:
    members = survey.members.get(container, ())
    is_active = any(survey.context.attempts_at(each).active for each in members)
    return bool(members) and not is_active and all(e.is_done for e in survey.pieces(members))
