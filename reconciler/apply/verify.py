"""Read back what was made, changed and stopped: what the vendor made of it is noted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.apply.ground import Ground
from reconciler.apply.steps import Step
from reconciler.diff.compare import facet_tokens, not_honoured
from reconciler.diff.detail import without
from reconciler.errors import Problem, ProviderError, Severity
from reconciler.fields import Mutability
from reconciler.kinds import KindSpec, Nature
from reconciler.model import Observed, Record, Verb
from reconciler.observe import formed
from reconciler.plan.attempts import as_seen
from reconciler.ports import Batch, Provider
from reconciler.values import UNSEEN, get_in


async def verify(ground: Ground, providers: Mapping[str, Provider]) -> tuple[Problem, ...]:
    """What the vendors did not keep of what this apply sent, now remembered in the records.

    What can't be read back is not judged: the next plan reads it anyway.
    """
    problems: list[Problem] = []
    for (name, kind), touched in sorted(ground.touched.items()):
        try:
            found = await providers[name].read(kind, list(touched))
        except ProviderError:
            continue
        judged = [
            _judged(ground, touched[remote_id], observed)
            for remote_id, observed in found.items()
            if observed is not None
        ]
        changed = tuple(record for record, is_changed in judged if is_changed)
        if changed:
            await ground.write(Batch(put_records=changed))
        problems.extend(_problem(record) for record, _ in judged if record.not_honoured)
    return tuple(problems)


async def note_ends(ground: Ground, providers: Mapping[str, Provider]) -> None:
    """Remember how the runs this apply has stopped ended: one may have finished just before.

    What can't be read back, or has not come to its end, is seen by the next plan.
    """
    for (name, kind), ids in sorted(ground.stopped.items()):
        provider = providers[name]
        ours = [each for each in ids if (name, each) in ground.runs]
        try:
            found = await provider.read(kind, ours) if ours else {}
        except ProviderError:
            continue
        now = ground.time_at(provider)
        runs = (
            as_seen(run, live, now)
            for each, live in found.items()
            for run in ground.runs[name, each]
        )
        ended = tuple(run for run in runs if run.outcome.is_over)
        if ended:
            await ground.write(Batch(put_runs=ended))


def _judged(ground: Ground, step: Step, observed: Observed) -> tuple[Record, bool]:
    """The record with what was not kept, and whether that is news."""
    change = step.change
    assert change.request is not None
    kind = ground.kinds[change.kind]
    record = ground.records[change.address]
    live = formed(kind, observed, ground.known.digest)
    ignored = change.request.resource.lifecycle.ignore
    sent = (
        without(kind, change.request.spec, live.spec, ignored) if ignored else change.request.spec
    )
    kept = not_honoured(kind, sent, live, ground.known)
    if step.verb is Verb.CREATE and kind.nature is Nature.FINITE:
        kept = {facet: e for facet, e in kept.items() if not _may_be_lost(kind, live, facet)}
    return replace(record, not_honoured=kept), kept != dict(record.not_honoured)


def _may_be_lost(kind: KindSpec, live: Observed, facet: str) -> bool:
    """Whether the vendor has nothing there, and the next plan can still bring it to the run.

    A creation may take a second call, whose loss nobody was told of.
    """
    tokens = facet_tokens(facet)
    row = kind.table.row_at(tokens)
    is_steering = row is not None and row.mutability is Mutability.IN_PLACE
    return is_steering and get_in(live.spec, tokens) is UNSEEN


def _problem(record: Record) -> Problem:
    return Problem(
        code="P503",
        summary=f"{record.address}: the vendor did not keep " + ", ".join(record.not_honoured),
        cause="it accepted the value, and shows another one now",
        remedy="write the value it keeps, or add the field to lifecycle.ignore",
        address=str(record.address),
        severity=Severity.WARNING,
    )
