"""What `status` tells: one row for every resource that is recorded or that is work to be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from reconciler.address import Address
from reconciler.apply.wait import seen_of
from reconciler.errors import NotFound
from reconciler.kinds import Nature
from reconciler.model import Record, Settled
from reconciler.plan.survey import Survey
from reconciler.ports import Provider
from reconciler.ranges import ranges
from reconciler.render.status import StatusRow, WorkStatus
from reconciler.report import Phase, WorkSeen

_TELLING = (
    Phase.RUNNING,
    Phase.SUSPENDED,
    Phase.STOPPING,
    Phase.WAITING,
    Phase.LOST,
    Phase.UNKNOWN,
    Phase.FAILED,
    Phase.CANCELLED,
    Phase.WITHDRAWN,
    Phase.NOT_STARTED,
    Phase.PRESUMED_FINISHED,
    Phase.SUCCEEDED,
)
"""Of several shares of one address the first of these speaks for all."""


def status_rows(survey: Survey) -> tuple[StatusRow, ...]:
    """A row per address, in order; finite work as it is wanted, whatever ran there before."""
    records, shares = survey.context.recorded.records, _shares(survey)
    return tuple(
        _work_row(address, shares[address], survey)
        if address in shares
        else _row(address, records[address], shares, survey)
        for address in sorted(records.keys() | shares.keys())
    )


async def rows_at(
    wanted: frozenset[Address],
    rows: Sequence[StatusRow],
    survey: Survey,
    providers: Mapping[str, Provider],
) -> tuple[StatusRow, ...]:
    """The rows of these addresses and of what stands in them, with where the results are.

    Raises:
        PlanRefused: one of them is not known.
        ProviderError: a provider can't tell.
    """
    for address in sorted(wanted - survey.resources.keys()):
        survey.meant(address)
    meant = wanted.union(*(survey.members.get(each, ()) for each in wanted))
    found = [each for each in rows if each.address in meant]
    return tuple([await _with_outputs(each, survey, providers) for each in found])


async def _with_outputs(
    row: StatusRow, survey: Survey, providers: Mapping[str, Provider]
) -> StatusRow:
    if row.work is None or row.work.is_gone or not (row.remote_id and row.work.phase.is_over):
        return row
    resource, record = survey.resources.get(row.address), survey.context.recorded.records
    kind = resource.kind if resource is not None else record[row.address].kind
    with suppress(NotFound):
        more = await providers[row.address.provider].outputs(kind, row.remote_id)
        return replace(row, work=replace(row.work, outputs={**row.work.outputs, **more}))
    return row


def _shares(survey: Survey) -> dict[Address, tuple[WorkSeen, ...]]:
    """Every share of work, by address: of what is declared, and of what was and goes on."""
    records = survey.context.recorded.records
    undeclared = (
        address
        for address, record in records.items()
        if address not in survey.works and survey.desired.kinds[record.kind].nature is Nature.FINITE
    )
    found: dict[Address, tuple[WorkSeen, ...]] = dict.fromkeys(undeclared, ())
    for piece in (*survey.pieces(), *(survey.pieces(found) if found else ())):
        found[piece.address] = (*found.get(piece.address, ()), seen_of(piece))
    return found


def _work_row(address: Address, shares: Sequence[WorkSeen], survey: Survey) -> StatusRow:
    if not shares:
        return StatusRow(address, Settled.ABSENT, note="not declared any more; nothing goes on")
    first = min(shares, key=lambda each: _TELLING.index(each.phase))
    attempts = {each.run.remote_id: each for each in survey.context.attempts_at(address).known}
    attempt = attempts.get(first.remote_id)
    live = attempt.live if attempt is not None else None
    return StatusRow(
        address=address,
        settled=live.settled if live is not None else Settled.ABSENT,
        state=live.state if live is not None else "",
        usage=live.usage if live is not None and first.phase.is_going else None,
        remote_id=first.remote_id,
        note=_note(address, survey),
        work=_work(first, shares),
    )


def _note(address: Address, survey: Survey) -> str:
    if address not in survey.works:
        return "not declared any more"
    earlier = survey.works[address].others
    return "a run of an earlier declaration goes on" if earlier else ""


def _work(first: WorkSeen, shares: Sequence[WorkSeen]) -> WorkStatus:
    done = sum(len(ranges(each.ranges)) for each in shares if each.phase.is_good)
    return WorkStatus(
        phase=first.phase,
        attempt=first.attempt,
        ranges=first.ranges,
        done=done,
        total=sum(len(ranges(each.ranges)) for each in shares),
        progress=first.progress,
        failure=first.failure,
        outputs=first.outputs,
        is_gone=first.is_gone and first.phase.is_over,
    )


def _row(
    address: Address,
    record: Record,
    shares: Mapping[Address, Sequence[WorkSeen]],
    survey: Survey,
) -> StatusRow:
    live = survey.context.found(address).live
    members = Counter(
        min((each.phase for each in shares[member]), key=_TELLING.index)
        for member in survey.members.get(address, ())
        if shares.get(member)
    )
    is_kept = survey.desired.kinds[record.kind].nature is Nature.STANDING
    gone = "removed outside; apply makes it again" if is_kept else "gone at the vendor"
    return StatusRow(
        address=address,
        settled=live.settled if live is not None else Settled.ABSENT,
        state=live.state if live is not None else "",
        usage=live.usage if live is not None and is_kept else None,
        remote_id=record.remote_id,
        note="" if live is not None else gone,
        members=members,
    )
