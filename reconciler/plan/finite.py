"""One piece of finite work: the rows that decide, share by share, and what follows of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reconciler.diff.change import Action, FieldChange, Reason, Standing
from reconciler.diff.compare import Comparison, compare_formed
from reconciler.diff.finite_table import FINITE, STILL_THERE, Current, FiniteSituation
from reconciler.diff.table import Decision, first_match
from reconciler.errors import Problem
from reconciler.fields import Mutability
from reconciler.kinds import Ability, KindSpec
from reconciler.lifecycle import WhenRunning
from reconciler.model import Request, Resource
from reconciler.plan.attempts import Attempt
from reconciler.plan.context import Context, guard_of, problem_of, request_of
from reconciler.plan.plan import Change
from reconciler.plan.policy import guarded
from reconciler.plan.standing import by_time
from reconciler.plan.uses import as_named
from reconciler.plan.work import Part, Work, basis, cover_of, lost, work_of
from reconciler.ranges import Ranges

# --- what is decided ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the table says of one part."""

    part: Part
    decision: Decision

    @property
    def makes(self) -> bool:
        decision = self.decision
        is_making = decision.action in (Action.CREATE, Action.REPLACE)
        return is_making and decision.standing is Standing.READY


def verdicts(work: Work, context: Context, *, is_steered: bool) -> tuple[Verdict, ...]:
    """A decision for each part; what a person asked for with `rerun` comes before the last rows."""
    asked = _asked(work, context)
    address, lifecycle = work.resource.address, work.resource.lifecycle
    situations = (
        FiniteSituation(
            is_readable=context.is_complete(address.provider, work.kind.id),
            is_settled=not context.found(address).open_intents or bool(work.known.twins),
            is_twofold=bool(work.known.twins),
            is_unconfirmed=any(map(work.is_wanted, work.known.unconfirmed)),
            other_is_active=bool(work.others),
            current=Current.NONE if part in asked else part.current,
            has_steering_change=is_steered,
            attempts=part.tries,
            lifecycle=lifecycle,
        )
        for part in work.parts
    )
    found = zip(work.parts, (first_match(FINITE, each)[1] for each in situations), strict=True)
    return tuple(
        Verdict(part, replace(decision, reason=Reason.REQUESTED) if part in asked else decision)
        for part, decision in found
    )


def _asked(work: Work, context: Context) -> tuple[Part, ...]:
    """The parts that a person wants to run again: what did not succeed; all, when all did."""
    if work.resource.address not in context.policy.rerun:
        return ()
    over = tuple(part for part in work.parts if part.current not in STILL_THERE)
    failed = tuple(part for part in over if part.current is not Current.SUCCEEDED)
    return failed or over


def change_of(kind: KindSpec, resource: Resource, context: Context) -> tuple[Change, Work]:
    """What has to happen for a finite resource, as far as it alone decides, and what it rests on.

    Whether its upstreams allow it, and where it runs, is looked at later.
    """
    work = work_of(kind, resource, context)
    comparison = _compared(work, context)
    now, later = by_time(comparison.changes)
    steered = tuple(each for each in now if each.mutability is Mutability.IN_PLACE)
    decided = verdicts(work, context, is_steered=bool(steered and work.running))
    change = _change(work, decided, steered, context)
    is_idle = change.action is Action.NO_OP and change.standing is Standing.READY
    if is_idle and not (work.running and not comparison.is_empty):
        return change, work
    fields = (*(steered if change.action is Action.UPDATE else now), *later)
    told = replace(
        change,
        notes=(*change.notes, *_not_kept(work, comparison)),
        location=resource.locate(()),
        fields=fields,
    )
    problem = _problem(told, decided)
    told = replace(told, problem=problem) if problem is not None else told
    return _ended(told, work, context), work


def _ended(change: Change, work: Work, context: Context) -> Change:
    """A change that ends runs: whether it may, and what is lost by it."""
    if change.action not in (Action.REPLACE, Action.TERMINATE):
        return change
    loss = lost([each for each in work.others if each.live is not None])
    record = context.found(change.address).record
    guard = guard_of(work.kind, work.resource, record)
    if not (guard.can_drain and guard.when_running is WhenRunning.DRAIN):
        guard = replace(guard, when_running=WhenRunning.STOP)
    ended = guarded(change, guard, loss)
    if ended.drains:  # what runs is not lost
        left = max(0, loss.queued_instances - loss.instances)
        loss = replace(loss, instances=0, cores=0, core_seconds=0.0, queued_instances=left)
    return replace(ended, loss=loss)


def _not_kept(work: Work, comparison: Comparison) -> Iterable[str]:
    """What the vendor accepted for a run that goes on, and did not keep: told, never fought."""
    refused = comparison.not_honoured if work.running else ()
    return (f"{each.path} is not honoured by the vendor" for each in refused)


def _compared(work: Work, context: Context) -> Comparison:
    newest = work.newest
    if newest is None or newest.live is None or not (newest.is_active or _is_missing(work)):
        return Comparison()
    record = context.found(work.resource.address).record
    live, known = as_named(newest.live, work.resource, context), context.known
    return compare_formed(work.kind, work.resource, work.form, live, record, known)


def _is_missing(work: Work) -> bool:
    return any(part.current is Current.NONE for part in work.parts)


def _change(
    work: Work, decided: Sequence[Verdict], steered: Sequence[FieldChange], context: Context
) -> Change:
    making = [each for each in decided if each.makes]
    action, leading = _leading(decided, making)
    ids = _touched(work, action, decided)
    host = _host(work, making) if action is Action.CREATE else None
    request = _request(work, making, context) if making else None
    if host is not None and request is not None:
        first = [host.run.remote_id] if steered else []  # it goes on, and is steered before
        return _grown(work, host, request, [*dict.fromkeys((*first, *ids))], context)
    if action is Action.UPDATE:
        request = _steering(work, context)
    record = context.found(work.resource.address).record
    return Change(
        address=work.resource.address,
        kind=work.kind.id,
        action=action,
        reason=_reason(work, leading, steered),
        standing=leading.standing,
        request=request,
        remote_id=ids[0] if ids and action is not Action.CREATE else "",
        also=tuple(ids if action is Action.CREATE else ids[1:]),
        basis=basis(work),
        ordinal=record.ordinal if record is not None else 0,
        notes=tuple(_notes(work, decided, making)),
    )


def _host(work: Work, making: Sequence[Verdict]) -> Attempt | None:
    """What missing ranges are added to, where the vendor can and nothing has to run again."""
    is_growth = all(each.part.current is Current.NONE for each in making)
    return work.host if is_growth and Ability.APPEND in work.kind.abilities else None


def _grown(
    work: Work, host: Attempt, request: Request, ids: Sequence[str], context: Context
) -> Change:
    """Ranges added to a run that is there: a share of its own, of the same attempt."""
    run, live = host.run, host.live
    record = context.found(work.resource.address).record
    assert live is not None, run
    marker = replace(request.marker, run_key=run.run_key, attempt=run.attempt)
    notes = [f"adds {request.ranges} to the run that is there"]
    if live.reopens:
        notes.append(f"{live.reopens} may run again: the last portion there is not full")
    return Change(
        address=work.resource.address,
        kind=work.kind.id,
        action=Action.UPDATE,
        reason=Reason.MANIFEST_CHANGED,
        request=replace(request, marker=marker),
        remote_id=run.remote_id,
        also=tuple(ids),
        is_append=True,
        basis=basis(work),
        ordinal=record.ordinal if record is not None else 0,
        notes=tuple(notes),
    )


_TELLING = (Standing.BLOCKED, Standing.HELD, Standing.WAITING)


def _leading(decided: Sequence[Verdict], making: Sequence[Verdict]) -> tuple[Action, Decision]:
    """The action of the whole, and the decision that speaks for it."""
    decisions = [each.decision for each in decided]
    ending = [each for each in decisions if each.action in (Action.REPLACE, Action.TERMINATE)]
    if making:
        return (Action.REPLACE if ending else Action.CREATE), making[0].decision
    if ending:
        return Action.TERMINATE, ending[0]
    steered = [each for each in decisions if each.action is Action.UPDATE]
    if steered:
        return Action.UPDATE, steered[0]
    for standing in _TELLING:
        telling = [each for each in decisions if each.standing is standing]
        if telling:
            return telling[0].action, telling[0]
    return Action.NO_OP, decisions[0]


def _reason(work: Work, leading: Decision, steered: Sequence[FieldChange]) -> Reason:
    """New work at an address that had other work before is a changed manifest; drift is told."""
    if leading.reason is Reason.NOT_FOUND and work.known.known:
        return Reason.MANIFEST_CHANGED
    if leading.action is Action.UPDATE and all(each.is_drift for each in steered):
        return Reason.DRIFTED
    return leading.reason


def _touched(work: Work, action: Action, decided: Sequence[Verdict]) -> list[str]:
    """Remote ids that are ended, or changed in place."""
    if action in (Action.REPLACE, Action.TERMINATE):
        return list(dict.fromkeys(each.run.remote_id for each in work.others))
    if any(each.decision.action is Action.UPDATE for each in decided):
        return list(dict.fromkeys(each.run.remote_id for each in work.running))
    return []


def _request(work: Work, making: Sequence[Verdict], context: Context) -> Request:
    """The next attempt, at what is to be made of it."""
    found = context.found(work.resource.address)
    request = request_of(work.kind, work.resource, found, Action.CREATE, context, work.form)
    wanted = Ranges()
    for each in making:
        wanted = wanted | each.part.ranges
    borne = [u.marker.attempt for u in work.known.unconfirmed if u.marker is not None]
    attempt = max([0, *(each.run.attempt for each in work.own), *borne]) + 1
    marker = replace(
        request.marker, run_key=work.keys[0], attempt=attempt, cover=cover_of(str(wanted))
    )
    return replace(request, marker=marker, ranges=str(wanted))


def _steering(work: Work, context: Context) -> Request:
    """An update of what runs: its fields are those of today, its marker stays as it is."""
    found = replace(context.found(work.resource.address), live=work.running[-1].live)
    return request_of(work.kind, work.resource, found, Action.UPDATE, context, work.form)


# --- what is told ---------------------------------------------------------------------------------


def _notes(work: Work, decided: Sequence[Verdict], making: Sequence[Verdict]) -> Iterable[str]:
    is_split = len(decided) > 1
    for each in decided:
        decision, part = each.decision, each.part
        share = f"{part.ranges}: " if is_split and part.ranges else ""
        if decision.reason is Reason.PRESUMED_FINISHED or (making and not each.makes and is_split):
            yield share + (decision.says or part.current.value)
        elif each.makes and decision.says:
            yield share + decision.says
    if not making and _is_outlived(work):
        yield "completed before; a later run of another declaration is over too"


def _is_outlived(work: Work) -> bool:
    """Whether something else ran at this address after the wanted work had succeeded."""
    if not all(part.current is Current.SUCCEEDED for part in work.parts):
        return False
    times = [each.run.made_at for each in work.known.known if each.run.made_at is not None]
    mine = [each.run.made_at for each in work.own if each.run.made_at is not None]
    return bool(mine) and max(times) > max(mine)


def _problem(change: Change, decided: Sequence[Verdict]) -> Problem | None:
    if change.standing is Standing.READY:
        return None
    telling = [each for each in decided if each.decision.standing is change.standing]
    first = telling[0]
    share = f" ({first.part.ranges})" if len(decided) > 1 and first.part.ranges else ""
    return problem_of(change, first.decision, share)
