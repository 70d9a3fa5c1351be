"""The table of resources that `status` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from reconciler.model import Settled
from reconciler.render.problems import counted
from reconciler.render.status import StatusRow, WorkStatus
from reconciler.render.style import Paper, Tone
from reconciler.render.table import Column, column, number_column, table
from reconciler.report import Phase

_TONES: Final = {
    Settled.CURRENT: Tone.GOOD,
    Settled.SUCCEEDED: Tone.GOOD,
    Settled.FAILED: Tone.ERROR,
    Settled.CANCELLED: Tone.WARNING,
    Settled.ABSENT: Tone.WARNING,
    Settled.UNKNOWN: Tone.WARNING,
}
PHASE_TONES: Final = {
    Phase.SUCCEEDED: Tone.GOOD,
    Phase.PRESUMED_FINISHED: Tone.GOOD,
    Phase.FAILED: Tone.ERROR,
    Phase.CANCELLED: Tone.WARNING,
    Phase.WITHDRAWN: Tone.WARNING,
    Phase.LOST: Tone.ERROR,
    Phase.UNKNOWN: Tone.ERROR,
    Phase.NOT_STARTED: Tone.HELD,
}


def status_text(rows: Sequence[StatusRow], paper: Paper) -> str:
    """A line per resource in the order given, cut to the paper's width, and a line of counts.

    Columns that hold nothing are left out; those that find no room are named at the end, but for
    notes, which then stand below their line.
    """
    if not rows:
        return "No resources."
    shown = table(_columns(rows), [_note(each) for each in rows], paper)
    hint = f"No room for: {', '.join(shown.missing)}." if shown.missing else ""
    return "\n".join([*shown.lines, "", _count_text(rows), *(paper.wrap(hint) if hint else [])])


def phase_word(phase: Phase) -> str:
    """`presumed finished`."""
    return phase.replace("_", " ")


def phase_counts(counts: Mapping[Phase, int]) -> str:
    """`3 succeeded, 1 running`, in the order work goes through."""
    return ", ".join(f"{counts[each]:,} {phase_word(each)}" for each in Phase if counts.get(each))


def _columns(rows: Sequence[StatusRow]) -> list[Column]:
    usages = [each.usage for each in rows]
    works = [each.work for each in rows]
    return [
        column("address", [str(each.address) for each in rows], 40),
        column("settled", [_word(each) for each in rows], 11, [_tone(each) for each in rows]),
        column("state", [each.state for each in rows], 10),
        number_column("done", [_share_done(each) for each in works]),
        number_column("progress", [_percent(each) for each in works]),
        number_column("attempt", [str(e.attempt) if e and e.attempt > 1 else "" for e in works]),
        number_column("instances", [str(each.instances) if each else "" for each in usages]),
        number_column("cores", [str(each.cores) if each else "" for each in usages]),
        column("remote id", [each.remote_id for each in rows], 9, [Tone.DIM] * len(rows)),
    ]


def _word(row: StatusRow) -> str:
    return phase_word(row.work.phase) if row.work else row.settled.replace("_", " ")


def _tone(row: StatusRow) -> Tone:
    if row.work is not None:
        return PHASE_TONES.get(row.work.phase, Tone.PLAIN)
    return _TONES.get(row.settled, Tone.PLAIN)


def _share_done(work: WorkStatus | None) -> str:
    """`4/6` frames, where there are several."""
    return f"{work.done:,}/{work.total:,}" if work is not None and work.total > 1 else ""


def _percent(work: WorkStatus | None) -> str:
    if work is None or work.progress is None or not work.phase.is_going:
        return ""
    return f"{work.progress:.0%}"


def _note(row: StatusRow) -> str:
    return "; ".join(each for each in _notes(row) if each)


def _notes(row: StatusRow) -> Iterator[str]:
    yield row.note
    if row.members:
        yield f"{counted(sum(row.members.values()), 'task')}: {phase_counts(row.members)}"
    if row.work is None:
        return
    yield row.work.failure
    if row.work.is_gone and row.work.phase is Phase.SUCCEEDED:
        yield "since removed by the vendor"
    for name, where in sorted(row.work.outputs.items()):
        if where != row.remote_id:
            yield f"{name}: {where}"


def _count_text(rows: Sequence[StatusRow]) -> str:
    counts = Counter(map(_word, rows))
    listed = ", ".join(f"{number} {word}" for word, number in sorted(counts.items()))
    return f"{counted(len(rows), 'resource')}: {listed}."
