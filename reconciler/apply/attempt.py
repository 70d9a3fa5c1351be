"""One step's effect: the note before it, the call, the answer's meaning, the note after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.apply.creation import create, request_of
from reconciler.apply.ends import drained, still_there
from reconciler.apply.ground import Ground, Result
from reconciler.apply.look import patience_s
from reconciler.apply.settle import run_of
from reconciler.apply.steps import ENDINGS, Step
from reconciler.diff.change import Action, Reason
from reconciler.diff.compare import grown_digests, managed_digests, updated_digests
from reconciler.errors import Effect, NotFound, ProviderError
from reconciler.fields import Mutability
from reconciler.kinds import Nature
from reconciler.lifecycle import OnRemove
from reconciler.model import Intent, Record, Request, Run, Verb
from reconciler.plan.memory import noted
from reconciler.plan.plan import Change
from reconciler.ports import Batch, Provider
from reconciler.report import Passed


async def attempt(ground: Ground, provider: Provider, steps: Sequence[Step]) -> list[Result]:
    """Carry out steps of one verb and kind; a result for each, in order.

    Raises:
        StateError: a note could not be made durable, or the lease is lost: nothing more is sent.
    """
    verb = steps[0].verb
    if verb is Verb.CREATE:
        return await create(ground, provider, steps)
    (step,) = steps
    if verb is Verb.FORGET:
        await ground.write(Batch(drop_records=(step.change.address,)))
        return [Result(Passed.DONE)]
    if verb is Verb.ADOPT:
        return [await _adopt(ground, provider, step)]
    return [await _change(ground, provider, step)]


async def _adopt(ground: Ground, provider: Provider, step: Step) -> Result:
    """Own from now on what is there already: nothing is sent."""
    change = step.change
    assert change.request is not None, step
    marker, kind, now = change.request.marker, ground.kind_of(step), ground.time_at(provider)
    record = Record(
        address=change.address,
        kind=change.kind,
        remote_id=step.remote_id,
        ordinal=max(marker.ordinal, change.ordinal),
        first_address=marker.address,
        managed=managed_digests(kind, change.request.spec, ground.known),
    )
    run = Run(
        address=marker.address,
        run_key=marker.run_key,
        attempt=marker.attempt,
        remote_id=step.remote_id,
        cover=marker.cover,
        ranges=change.request.ranges,
        seen_at=now,
        kind=change.kind,
        made_at=now,
        retention_s=kind.retention_s(change.request.resource.spec),
    )
    runs = (run,) if marker.run_key else ()
    owned = noted(kind, record, change.request.resource)
    await ground.write(Batch(put_records=(owned,), put_runs=runs))
    return Result(Passed.DONE, step.remote_id)


# --- changes of what is there ---------------------------------------------------------------------


async def _change(ground: Ground, provider: Provider, step: Step) -> Result:
    """Update, append, stop or delete: a lost answer is simply asked again once.

    All may be repeated, an addition once the first request for it can arrive no more.
    """
    intent = ground.intent(step, step.change.request, provider)
    marked = _withdrawn(ground, step)
    was = ground.runs_at(step) if marked else ()
    (intent,) = await ground.durable([intent], marked)
    if step.verb is Verb.STOP and step.change.drains:
        error = await drained(ground, provider, step)
        if error is not None:
            return await _ended(ground, intent, error, was)
        (intent,) = await ground.durable([ground.renewed(intent)])
    error = await _refusal(ground, provider, step)
    if error is not None and error.effect is Effect.UNKNOWN:
        if step.verb is Verb.APPEND:
            await _outlast(ground, provider, step, intent)
        (intent,) = await ground.durable([ground.renewed(intent)])
        error = await _refusal(ground, provider, step)
    is_refused = error is not None and error.effect is Effect.NONE
    if error is None and _makes_room(ground, step):
        error = await still_there(ground, provider, step)
    if error is None:
        return await _passed(ground, provider, step, intent)
    if error.effect is Effect.UNKNOWN:
        return Result(Passed.UNKNOWN, problem=error.problem, error=error)
    return await _ended(ground, intent, error, was if is_refused else ())


async def _ended(
    ground: Ground, intent: Intent, error: ProviderError, was: tuple[Run, ...]
) -> Result:
    """A step that surely did not do what it is for; the runs it would have ended are as they were.

    `was` is empty where they may have ended in spite of it.
    """
    await ground.write(Batch(close_intents=(intent.operation_id,), put_runs=was))
    return Result(Passed.FAILED, problem=error.problem, error=error)


def _withdrawn(ground: Ground, step: Step) -> tuple[Run, ...]:
    """The runs this step ends by a decision of ours, marked so: nobody else has cancelled them.

    A share that has come to its end is not ended by it.
    """
    change = step.change
    is_asked = change.action is Action.TERMINATE and change.reason is Reason.REQUESTED
    if step.verb not in ENDINGS or is_asked:
        return ()
    runs = ground.runs_at(step)
    return tuple(replace(each, is_withdrawn=True) for each in runs if not each.outcome.is_over)


async def _outlast(ground: Ground, provider: Provider, step: Step, intent: Intent) -> None:
    """Wait until a request whose answer was lost has surely arrived or never will."""
    wait_s = patience_s(intent, provider, ground.clock.now())
    ground.on_wait(step, f"its answer was lost; {wait_s:.0f}s until it is settled")
    await ground.clock.sleep(wait_s)


def _makes_room(ground: Ground, step: Step) -> bool:
    """Whether a run has to be over first: another one begins where it ran, or it is deleted."""
    change, is_run = step.change, ground.kind_of(step).nature is Nature.FINITE
    is_replaced = change.action is Action.REPLACE and change.reason is not Reason.MOVED
    return is_run and step.verb is Verb.STOP and (is_replaced or change.stops_first)


async def _refusal(ground: Ground, provider: Provider, step: Step) -> ProviderError | None:
    """Why the call did not pass, or may not have; `None` when it did."""
    ground.ledger.require_held()
    try:
        await _call(ground, provider, step)
    except NotFound as error:
        return error if step.verb not in ENDINGS else None
    except ProviderError as error:
        return error
    return None


async def _call(ground: Ground, provider: Provider, step: Step) -> None:
    change = step.change
    match step.verb:
        case Verb.UPDATE:
            roots = _sent_roots(change)
            await provider.update(step.remote_id, request_of(ground, step), roots)
        case Verb.APPEND:
            await provider.append(step.remote_id, request_of(ground, step))
        case Verb.STOP:
            await provider.stop(change.kind, step.remote_id)
        case Verb.DELETE if change.on_remove is OnRemove.ARCHIVE:
            await provider.archive(change.kind, step.remote_id)
        case _:
            assert step.verb is Verb.DELETE, step
            await provider.delete(change.kind, step.remote_id, change.replacement)


def _sent_roots(change: Change) -> frozenset[str]:
    """The top-level fields an update sends: those that can change in place."""
    return frozenset(each.root for each in change.fields if each.mutability is Mutability.IN_PLACE)


def _owned_again(step: Step, request: Request) -> Record:
    """The record of a run that goes on, was forgotten, and is declared again."""
    marker, change = request.marker, step.change
    return Record(change.address, change.kind, step.remote_id, marker.ordinal, marker.address)


def _grown(ground: Ground, step: Step, record: Record | None) -> tuple[Record, ...]:
    """The record of a run that was given more, where there is one."""
    request = step.change.request
    if record is None or request is None:
        return ()
    kind = ground.kind_of(step)
    managed = grown_digests(kind, request.spec, record, ground.known)
    return (noted(kind, replace(record, managed=managed), request.resource),)


async def _passed(ground: Ground, provider: Provider, step: Step, intent: Intent) -> Result:
    change = step.change
    closed = (intent.operation_id,)
    record = ground.records.get(change.address)
    if step.verb is Verb.STOP:
        ground.stopped.setdefault((step.provider, change.kind), []).append(step.remote_id)
    match step.verb:
        case Verb.UPDATE:
            assert change.request is not None
            kind, record = ground.kind_of(step), record or _owned_again(step, change.request)
            managed = updated_digests(kind, change.request.spec, record, ground.known)
            updated = noted(kind, replace(record, managed=managed), change.request.resource)
            await ground.write(Batch(put_records=(updated,), close_intents=closed))
            ground.touch(step, step.remote_id)
        case Verb.APPEND:
            now = ground.time_at(provider)
            run = replace(run_of(intent, step.remote_id), seen_at=now, made_at=now)
            records = _grown(ground, step, record)
            await ground.write(Batch(put_records=records, put_runs=(run,), close_intents=closed))
        case Verb.DELETE if not step.is_last and record is not None:
            gone = replace(record, remote_id="", managed={}, not_honoured={})
            await ground.write(Batch(put_records=(gone,), close_intents=closed))
        case _ if step.is_last and change.forgets:
            await ground.write(Batch(drop_records=(change.address,), close_intents=closed))
        case _:
            await ground.write(Batch(close_intents=closed))
    return Result(Passed.DONE, step.remote_id)
