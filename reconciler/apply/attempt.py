"""One step's effect: the note before it, the call, the answer's meaning, the note after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from reconciler.address import Address
from reconciler.apply.ledger import Ledger
from reconciler.apply.settle import SEND_WINDOW_S, Looked, look, patience_s, request_digest
from reconciler.apply.steps import Step
from reconciler.diff.compare import Knowledge, managed_digests, updated_digests
from reconciler.errors import (
    AlreadyExists,
    Effect,
    NotFound,
    Problem,
    ProviderError,
    StateError,
)
from reconciler.fields import Mutability
from reconciler.kinds import Kinds, Nature
from reconciler.model import Intent, Record, Request, Verb
from reconciler.plan.memory import noted
from reconciler.plan.plan import Change
from reconciler.ports import Batch, Clock, Provider
from reconciler.report import Passed

MAX_SENDS = 3
"""How often one creation is sent in one run, each time only after the one before is settled."""
MAX_LIVES = 100
"""How many forgotten objects of one address are passed over to find a free marker."""


@dataclass(frozen=True, slots=True)
class Result:
    passed: Passed
    remote_id: str = ""
    problem: Problem | None = None
    error: ProviderError | None = None


@dataclass(slots=True)
class Ground:
    """What the steps of one apply stand on; `records` is the state as this apply has left it."""

    ledger: Ledger
    clock: Clock
    kinds: Kinds
    known: Knowledge
    new_id: Callable[[], str]
    records: dict[Address, Record]
    on_wait: Callable[[Step, str], None]
    plan_digest: str = ""
    touched: dict[tuple[str, str], dict[str, Step]] = field(default_factory=dict)
    """What was created or updated, by (provider, kind) and remote id: read back at the end."""

    async def write(self, batch: Batch) -> None:
        """Make a batch durable, and remember it here; the first one uses up the plan."""
        digest, self.plan_digest = self.plan_digest, ""
        await self.ledger.write(replace(batch, use_plan=digest))
        self.records.update({each.address: each for each in batch.put_records})
        for address in batch.drop_records:
            self.records.pop(address, None)


async def attempt(ground: Ground, provider: Provider, steps: Sequence[Step]) -> list[Result]:
    """Carry out steps of one verb and kind; a result for each, in order.

    Raises:
        StateError: a note could not be made durable, or the lease is lost: nothing more is sent.
    """
    verb = steps[0].verb
    if verb is Verb.CREATE:
        return await _create(ground, provider, steps)
    (step,) = steps
    if verb in (Verb.FORGET, Verb.ADOPT):
        await ground.write(Batch(drop_records=(step.change.address,)))
        return [Result(Passed.DONE)]
    return [await _change(ground, provider, step)]


# --- creations ------------------------------------------------------------------------------------


async def _create(ground: Ground, provider: Provider, steps: Sequence[Step]) -> list[Result]:
    requests = [_request(ground, step) for step in steps]
    intents = [
        _intent(ground, step, request) for step, request in zip(steps, requests, strict=True)
    ]
    intents = list(await _noted(ground, intents))
    answers = await _send(ground, provider, requests)
    results = []
    for step, request, intent, answer in zip(steps, requests, intents, answers, strict=True):
        results.append(await _conclude(ground, provider, _Sent(step, request, intent), answer))
    return results


@dataclass(frozen=True, slots=True)
class _Sent:
    step: Step
    request: Request
    intent: Intent


async def _send(
    ground: Ground, provider: Provider, requests: Sequence[Request]
) -> Sequence[str | ProviderError]:
    ground.ledger.require_held()
    try:
        return await provider.create(requests)
    except ProviderError as error:
        return [error] * len(requests)


async def _conclude(
    ground: Ground, provider: Provider, sent: _Sent, answer: str | ProviderError
) -> Result:
    """What an answer means; a lost one is looked for, waited for, and only then sent again."""
    for _ in range(MAX_SENDS - 1):
        meant = await _meaning(ground, provider, sent, answer)
        if isinstance(meant, Result):
            return meant
        (intent,) = await _noted(ground, [_renewed(ground, meant.intent)])
        sent = replace(meant, intent=intent)
        (answer,) = await _send(ground, provider, [sent.request])
    meant = await _meaning(ground, provider, sent, answer)
    if isinstance(meant, Result):
        return meant
    return Result(Passed.UNKNOWN, problem=_lost(sent.step, "it was sent several times"))


async def _meaning(
    ground: Ground, provider: Provider, sent: _Sent, answer: str | ProviderError
) -> Result | _Sent:
    """The result, or what may be sent now, because the request surely did not pass."""
    if isinstance(answer, str):
        return await _made(ground, sent, answer)
    if isinstance(answer, AlreadyExists):
        meant = await _already_there(ground, provider, sent)
        if meant is not None:
            return meant
    if answer.effect is Effect.NONE:
        await ground.write(Batch(close_intents=(sent.intent.operation_id,)))
        return Result(Passed.FAILED, problem=answer.problem, error=answer)
    return await _settle(ground, provider, sent) or sent


async def _already_there(ground: Ground, provider: Provider, sent: _Sent) -> Result | _Sent | None:
    """What bears our marker already; `None` when nothing of ours does."""
    kind = sent.step.change.kind
    finding = await look(provider, kind, sent.request.marker)
    if finding.looked is Looked.UNREADABLE:
        return Result(Passed.UNKNOWN, problem=_lost(sent.step, "the vendor does not answer"))
    if finding.observed is None:
        return None
    is_kept = ground.kinds[kind].nature is Nature.STANDING
    if is_kept and finding.observed.settled.is_over:
        return await _of_a_new_life(ground, provider, sent)
    return await _made(ground, sent, finding.observed.remote_id)


async def _of_a_new_life(ground: Ground, provider: Provider, sent: _Sent) -> _Sent | None:
    """The same under the next free marker: the vendor keeps what is over, and we forgot it."""
    marker = sent.request.marker
    for ordinal in range(marker.ordinal + 1, marker.ordinal + MAX_LIVES):
        following = replace(marker, ordinal=ordinal)
        finding = await look(provider, sent.step.change.kind, following)
        if finding.looked is Looked.NONE:
            request = replace(sent.request, marker=following)
            sealed = request_digest(request, ground.known)
            intent = replace(sent.intent, ordinal=ordinal, request_digest=sealed)
            return replace(sent, request=request, intent=intent)
        if finding.observed is None or not finding.observed.settled.is_over:
            break  # one of ours may live there, and two may not
    return None


async def _settle(ground: Ground, provider: Provider, sent: _Sent) -> Result | None:
    change = sent.step.change
    finding = await look(provider, change.kind, sent.request.marker)
    if finding.looked is Looked.NONE:
        wait_s = patience_s(sent.intent, provider, ground.clock.now())
        ground.on_wait(sent.step, f"its answer was lost; {wait_s:.0f}s until it is settled")
        await ground.clock.sleep(wait_s)
        finding = await look(provider, change.kind, sent.request.marker)
    match finding.looked:
        case Looked.ONE:
            assert finding.observed is not None
            return await _made(ground, sent, finding.observed.remote_id)
        case Looked.NONE:
            return None
        case Looked.SEVERAL:
            cause = "several objects carry its marker"
        case Looked.UNREADABLE:
            cause = "the vendor does not answer"
    return Result(Passed.UNKNOWN, problem=_lost(sent.step, cause))


async def _made(ground: Ground, sent: _Sent, remote_id: str) -> Result:
    request, change = sent.request, sent.step.change
    kind = ground.kinds[change.kind]
    made = Record(
        address=change.address,
        kind=change.kind,
        remote_id=remote_id,
        ordinal=request.marker.ordinal,
        first_address=request.marker.address,
        managed=managed_digests(kind, request.spec, ground.known),
    )
    record = made.guarded_as(ground.records.get(change.address))
    await ground.write(
        Batch(
            put_records=(noted(kind, record, request.resource),),
            close_intents=(sent.intent.operation_id,),
        )
    )
    ground.touched.setdefault((sent.step.provider, change.kind), {})[remote_id] = sent.step
    return Result(Passed.DONE, remote_id)


def _request(ground: Ground, step: Step) -> Request:
    """What is sent, with the ids of what this apply itself has made by now."""
    request = step.change.request
    assert request is not None, step
    targets = (each.target for each in request.resource.references)
    ids = {
        target: ground.records[target].remote_id
        for target in targets
        if target is not None and target in ground.records
    }
    return replace(request, remote_ids={**request.remote_ids, **ids})


def _lost(step: Step, cause: str) -> Problem:
    return Problem(
        code="P501",
        summary=f"it is not known whether {step.change.address} was made",
        cause=f"the answer was lost, and {cause}",
        remedy="run the same command again: it settles this first",
        address=str(step.change.address),
    )


# --- changes of what is there ---------------------------------------------------------------------


async def _change(ground: Ground, provider: Provider, step: Step) -> Result:
    """Update, stop or delete: all may be repeated, so a lost answer is simply asked again once."""
    (intent,) = await _noted(ground, [_intent(ground, step, step.change.request)])
    error = await _refusal(ground, provider, step)
    if error is not None and error.effect is Effect.UNKNOWN:
        (intent,) = await _noted(ground, [_renewed(ground, intent)])
        error = await _refusal(ground, provider, step)
    if error is None:
        return await _passed(ground, step, intent)
    if error.effect is Effect.UNKNOWN:
        return Result(Passed.UNKNOWN, problem=error.problem, error=error)
    await ground.write(Batch(close_intents=(intent.operation_id,)))
    return Result(Passed.FAILED, problem=error.problem, error=error)


async def _refusal(ground: Ground, provider: Provider, step: Step) -> ProviderError | None:
    """Why the call did not pass, or may not have; `None` when it did."""
    ground.ledger.require_held()
    try:
        await _call(ground, provider, step)
    except NotFound as error:
        return error if step.verb is Verb.UPDATE else None
    except ProviderError as error:
        return error
    return None


async def _call(ground: Ground, provider: Provider, step: Step) -> None:
    change = step.change
    match step.verb:
        case Verb.UPDATE:
            await provider.update(change.remote_id, _request(ground, step), _sent_roots(change))
        case Verb.STOP:
            await provider.stop(change.kind, change.remote_id)
        case _:
            assert step.verb is Verb.DELETE, step
            await provider.delete(change.kind, change.remote_id)


def _sent_roots(change: Change) -> frozenset[str]:
    """The top-level fields an update sends: those that can change in place."""
    return frozenset(each.root for each in change.fields if each.mutability is Mutability.IN_PLACE)


async def _noted(ground: Ground, intents: Sequence[Intent]) -> Sequence[Intent]:
    """The intents as they became durable, all of them still in time to be sent.

    Raises:
        StateError: the disk is too slow to send anything in time.
    """
    for _ in range(MAX_SENDS):
        await ground.write(Batch(open_intents=tuple(intents)))
        if ground.clock.now() < min(each.send_by for each in intents):
            return intents
        intents = [_renewed(ground, each) for each in intents]
    raise StateError(
        Problem(
            code="S508",
            summary="the state is too slow: nothing is sent without a durable note",
            cause=f"writing a note took longer than {SEND_WINDOW_S:g}s, several times",
            remedy="check the disk that holds the state",
        )
    )


async def _passed(ground: Ground, step: Step, intent: Intent) -> Result:
    change = step.change
    closed = (intent.operation_id,)
    record = ground.records[change.address]
    match step.verb:
        case Verb.UPDATE:
            assert change.request is not None
            kind = ground.kinds[change.kind]
            managed = updated_digests(kind, change.request.spec, record, ground.known)
            updated = noted(kind, replace(record, managed=managed), change.request.resource)
            await ground.write(Batch(put_records=(updated,), close_intents=closed))
            ground.touched.setdefault((step.provider, change.kind), {})[change.remote_id] = step
        case Verb.DELETE if not step.is_last:
            gone = replace(record, remote_id="", managed={}, not_honoured={})
            await ground.write(Batch(put_records=(gone,), close_intents=closed))
        case _ if step.is_last:
            await ground.write(Batch(drop_records=(change.address,), close_intents=closed))
        case _:
            await ground.write(Batch(close_intents=closed))
    return Result(Passed.DONE, change.remote_id)


def _intent(ground: Ground, step: Step, request: Request | None) -> Intent:
    change, now = step.change, ground.clock.now()
    record = ground.records.get(change.address)
    creates = step.verb is Verb.CREATE and request is not None
    return Intent(
        operation_id=ground.new_id(),
        address=change.address,
        kind=change.kind,
        verb=step.verb,
        request_digest=request_digest(request, ground.known) if request is not None else "",
        first_send=now,
        send_by=now + timedelta(seconds=SEND_WINDOW_S),
        ordinal=request.marker.ordinal if creates and request is not None else change.ordinal,
        first_address=request.marker.address
        if request is not None
        else (record.first_address if record is not None else change.address),
        remote_id=change.remote_id,
    )


def _renewed(ground: Ground, intent: Intent) -> Intent:
    """The same intent for another send: `first_send` stays, `send_by` moves."""
    return replace(intent, send_by=ground.clock.now() + timedelta(seconds=SEND_WINDOW_S))
