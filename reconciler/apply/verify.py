"""Read back what was made and changed: a value the vendor did not keep is noted, never fought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.apply.ground import Ground
from reconciler.apply.steps import Step
from reconciler.diff.compare import not_honoured
from reconciler.diff.detail import without
from reconciler.errors import Problem, ProviderError, Severity
from reconciler.model import Observed, Record
from reconciler.observe import formed
from reconciler.ports import Batch, Provider


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
    return replace(record, not_honoured=kept), kept != dict(record.not_honoured)


def _problem(record: Record) -> Problem:
    return Problem(
        code="P503",
        summary=f"{record.address}: the vendor did not keep " + ", ".join(record.not_honoured),
        cause="it accepted the value, and shows another one now",
        remedy="write the value it keeps, or add the field to lifecycle.ignore",
        address=str(record.address),
        severity=Severity.WARNING,
    )
