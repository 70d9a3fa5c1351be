"""Runs that come to their end in their own time: drained, or stopped, and waited for."""

from __future__ import annotations

from collections.abc import Collection

from reconciler.apply.ground import Ground
from reconciler.apply.steps import Step
from reconciler.errors import Effect, NotFound, Problem, ProviderError
from reconciler.model import Settled
from reconciler.plan.plan import Change
from reconciler.ports import Provider

WAITED_FOR_S = 120.0
"""How long a run that makes room for another one is waited for."""
_LOOKS_AFTER_S = (1.0, 2.0, 4.0, 8.0, 15.0)
_ENDED = frozenset({Settled.SUCCEEDED, Settled.FAILED, Settled.CANCELLED})
_RUNS_NO_MORE = _ENDED | {Settled.SUSPENDED}


async def drained(ground: Ground, provider: Provider, step: Step) -> ProviderError | None:
    """Let what runs come to its end, as long as an apply may wait; a lost answer is asked again.

    The error is that of the call, of a look, or that it goes on; nothing was stopped then.
    """
    error = await _begun(ground, provider, step)
    if error is not None and error.effect is Effect.UNKNOWN:
        error = await _begun(ground, provider, step)
    if error is not None:
        return None if isinstance(error, NotFound) else error
    said = "it is drained: what runs comes to its end"
    return await _until(ground, provider, step, _RUNS_NO_MORE, said, _running_on(step.change))


async def _begun(ground: Ground, provider: Provider, step: Step) -> ProviderError | None:
    ground.ledger.require_held()
    try:
        await provider.drain(step.change.kind, step.remote_id)
    except ProviderError as error:
        return error
    return None


async def still_there(ground: Ground, provider: Provider, step: Step) -> ProviderError | None:
    """Look again until a stopped run is over; an error when it does not come to its end."""
    said = "it was stopped, and has not come to its end yet"
    return await _until(ground, provider, step, _ENDED, said, _unending(step.change))


async def _until(
    ground: Ground,
    provider: Provider,
    step: Step,
    reached: Collection[Settled],
    said: str,
    late: Problem,
) -> ProviderError | None:
    until = ground.clock.monotonic() + WAITED_FOR_S
    waits = iter(_LOOKS_AFTER_S)
    while True:
        try:
            found = (await provider.read(step.change.kind, [step.remote_id]))[step.remote_id]
        except ProviderError as error:
            return error
        if found is None or found.settled in reached:
            return None
        if ground.clock.monotonic() >= until:
            return ProviderError(late)
        ground.on_wait(step, said)
        await ground.clock.sleep(next(waits, _LOOKS_AFTER_S[-1]))


def _running_on(change: Change) -> Problem:
    return Problem(
        code="P507",
        summary=f"{change.address} is drained: what runs on has not come to its end yet",
        cause="lifecycle.whenRunning is drain; nothing new is started there",
        remedy="run the same command again later, or set whenRunning: stop",
        address=str(change.address),
    )


def _unending(change: Change) -> Problem:
    return Problem(
        code="P506",
        summary=f"the run of {change.address} was stopped and does not end",
        cause=f"it was waited for for {WAITED_FOR_S:g}s",
        remedy="run the same command again later",
        address=str(change.address),
    )
