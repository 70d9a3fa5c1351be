"""Creations: the note before, the call, what its answer means, a lost one settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reconciler.apply.ground import MAX_SENDS, Ground, Result
from reconciler.apply.look import Looked, look, looks_again, patience_s
from reconciler.apply.settle import is_past_retention, request_digest, run_of
from reconciler.apply.steps import Step
from reconciler.diff.compare import managed_digests
from reconciler.errors import AlreadyExists, Effect, Problem, ProviderError
from reconciler.kinds import Nature, RefRole
from reconciler.model import Intent, Outcome, Record, Request
from reconciler.plan.memory import noted
from reconciler.ports import Batch, Provider
from reconciler.report import Passed

MAX_LIVES = 100
"""How many forgotten objects of one address are passed over to find a free marker."""


@dataclass(frozen=True, slots=True)
class _Sent:
    step: Step
    request: Request
    intent: Intent


async def create(ground: Ground, provider: Provider, steps: Sequence[Step]) -> list[Result]:
    """Carry out creations of one kind, together where the vendor takes several; in order.

    Raises:
        StateError: a note could not be made durable, or the lease is lost: nothing more is sent.
    """
    requests = [request_of(ground, step) for step in steps]
    ground.ledger.require_held()
    try:
        await provider.stage(requests)
    except ProviderError as error:
        failed = Result(Passed.FAILED, problem=error.problem, error=error)
        return [failed] * len(steps)
    pairs = zip(steps, requests, strict=True)
    intents = await ground.durable([ground.intent(s, r, provider) for s, r in pairs])
    answers = await _send(ground, provider, requests)
    sent = [_Sent(*each) for each in zip(steps, requests, intents, strict=True)]
    answered = list(zip(sent, answers, strict=True))
    made = [(each, answer) for each, answer in answered if isinstance(answer, str)]
    await _write_made(ground, provider, made)
    return [
        Result(Passed.DONE, answer)
        if isinstance(answer, str)
        else await _conclude(ground, provider, each, answer)
        for each, answer in answered
    ]


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
        (intent,) = await ground.durable([ground.renewed(meant.intent)])
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
        return await _made(ground, provider, sent, answer)
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
    kind = ground.kind_of(sent.step)
    finding = await look(provider, sent.intent, ground.scope)
    if finding.looked is Looked.UNREADABLE:
        return Result(Passed.UNKNOWN, problem=_lost(sent.step, "the vendor does not answer"))
    if finding.observed is None:
        return None
    if kind.nature is not Nature.FINITE and finding.observed.settled.is_over:
        return await _of_a_new_life(ground, provider, sent)
    return await _made(ground, provider, sent, finding.observed.remote_id)


async def _of_a_new_life(ground: Ground, provider: Provider, sent: _Sent) -> _Sent | None:
    """The same under the next free marker: the vendor keeps what is over, and we forgot it."""
    marker = sent.request.marker
    for ordinal in range(marker.ordinal + 1, marker.ordinal + MAX_LIVES):
        following = replace(marker, ordinal=ordinal)
        intent = replace(sent.intent, ordinal=ordinal)
        finding = await look(provider, intent, ground.scope)
        if finding.looked is Looked.NONE:
            request = replace(sent.request, marker=following)
            sealed = request_digest(request, ground.known)
            intent = replace(intent, request_digest=sealed)
            return replace(sent, request=request, intent=intent)
        if finding.observed is None or not finding.observed.settled.is_over:
            break  # one of ours may live there, and two may not
    return None


async def _settle(ground: Ground, provider: Provider, sent: _Sent) -> Result | None:
    finding = await look(provider, sent.intent, ground.scope)
    if finding.looked is Looked.NONE:
        wait_s = patience_s(sent.intent, provider, ground.clock.now())
        ground.on_wait(sent.step, f"its answer was lost; {wait_s:.0f}s until it is settled")
        await ground.clock.sleep(wait_s)
        again = await looks_again(provider, [sent.intent], ground.scope)
        finding = again[sent.intent.operation_id]
    match finding.looked:
        case Looked.ONE:
            assert finding.observed is not None
            return await _made(ground, provider, sent, finding.observed.remote_id)
        case Looked.NONE if is_past_retention(sent.intent, ground.time_at(provider)):
            return await _come_and_gone(ground, sent)
        case Looked.NONE:
            return None
        case Looked.SEVERAL:
            cause = "several objects carry its marker"
        case Looked.UNREADABLE:
            cause = "the vendor does not answer"
    return Result(Passed.UNKNOWN, problem=_lost(sent.step, cause))


async def _come_and_gone(ground: Ground, sent: _Sent) -> Result:
    """It may have run, ended and been removed since: held, never sent again unasked."""
    run = run_of(sent.intent, "", Outcome.UNKNOWN)
    await ground.write(Batch(put_runs=(run,), close_intents=(sent.intent.operation_id,)))
    problem = Problem(
        code="P505",
        summary=f"it can't be told any more whether {sent.step.change.address} ran",
        cause="the answer was lost, and what it made may have been removed after its time",
        remedy=f"look at its results; rerun {sent.step.change.address} starts it again",
        address=str(sent.step.change.address),
    )
    return Result(Passed.UNKNOWN, problem=problem)


async def _made(ground: Ground, provider: Provider, sent: _Sent, remote_id: str) -> Result:
    await _write_made(ground, provider, [(sent, remote_id)])
    return Result(Passed.DONE, remote_id)


async def _write_made(
    ground: Ground, provider: Provider, made: Sequence[tuple[_Sent, str]]
) -> None:
    """Remember what was made, all in one transaction."""
    if not made:
        return
    now = ground.time_at(provider)
    runs = (
        replace(run_of(each.intent, remote_id), seen_at=now, made_at=now)
        for each, remote_id in made
        if each.intent.run_key
    )
    await ground.write(
        Batch(
            put_records=tuple(_record(ground, each, remote_id) for each, remote_id in made),
            close_intents=tuple(each.intent.operation_id for each, _ in made),
            put_runs=tuple(runs),
        )
    )
    for each, remote_id in made:
        ground.made[each.step.change.address] = remote_id
        ground.touch(each.step, remote_id)


def _record(ground: Ground, sent: _Sent, remote_id: str) -> Record:
    request, change = sent.request, sent.step.change
    kind = ground.kind_of(sent.step)
    made = Record(
        address=change.address,
        kind=change.kind,
        remote_id=remote_id,
        ordinal=request.marker.ordinal,
        first_address=request.marker.address,
        managed=managed_digests(kind, request.spec, ground.known),
    )
    record = made.guarded_as(ground.records.get(change.address))
    return noted(kind, record, request.resource)


def request_of(ground: Ground, step: Step) -> Request:
    """What is sent, with the ids of what this apply itself has made by now."""
    request = step.change.request
    assert request is not None, step
    references = [each for each in request.resource.references if each.target is not None]
    ids = {
        each.target: ground.records[each.target].remote_id
        for each in references
        if each.target in ground.records and each.role is not RefRole.UPSTREAM
    }
    upstreams = {
        each.target: (*request.upstreams.get(each.target, ()), ground.made[each.target])
        for each in references
        if each.target in ground.made and each.role is RefRole.UPSTREAM
    }
    return replace(
        request,
        remote_ids={**request.remote_ids, **{k: v for k, v in ids.items() if k is not None}},
        upstreams={**request.upstreams, **{k: v for k, v in upstreams.items() if k is not None}},
    )


def _lost(step: Step, cause: str) -> Problem:
    return Problem(
        code="P501",
        summary=f"it is not known whether {step.change.address} was made",
        cause=f"the answer was lost, and {cause}",
        remedy="run the same command again: it settles this first",
        address=str(step.change.address),
    )
