"""How a wait ended: a line per share of work, then what to do, then the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from reconciler.ranges import ranges
from reconciler.render.problems import counted
from reconciler.render.status_text import PHASE_TONES, phase_counts, phase_word
from reconciler.render.style import Paper, Tone
from reconciler.render.table import Column, column, number_column, table
from reconciler.render.value_text import elapsed_text
from reconciler.report import Phase, WaitReport, WorkSeen

_REMEDIES: Final = (
    ((Phase.NOT_STARTED,), "was never started: `reconciler apply` starts it, or says why not"),
    (
        (Phase.FAILED, Phase.CANCELLED, Phase.LOST, Phase.UNKNOWN),
        "`reconciler logs ADDRESS` shows what it said, `reconciler rerun ADDRESS` starts it again",
    ),
    ((Phase.WITHDRAWN,), "was stopped by our own apply: `reconciler apply` starts it again"),
)


def wait_text(report: WaitReport, paper: Paper) -> str:
    """Every share of work with its end; the last line begins with `Wait complete:` or
    `Wait incomplete:` and is never broken."""
    sections = (
        _table_lines(report.works, paper),
        [line for phases, text in _REMEDIES for line in _remedy_lines(report, phases, text, paper)],
        [_summary_line(report, paper)],
    )
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def share_text(seen: WorkSeen) -> str:
    """`farm/task/shot-010/beauty 1-8`, with the part that is meant where there are several."""
    return f"{seen.address} {_part(seen)}".rstrip()


def _part(seen: WorkSeen) -> str:
    """Its frames or instances; nothing of a single one."""
    return seen.ranges if len(ranges(seen.ranges)) > 1 else ""


def _table_lines(works: Sequence[WorkSeen], paper: Paper) -> tuple[str, ...]:
    if not works:
        return ()
    return table(_columns(works), [_note(each) for each in works], paper).lines


def _columns(works: Sequence[WorkSeen]) -> list[Column]:
    tones = [PHASE_TONES.get(each.phase, Tone.PLAIN) for each in works]
    return [
        column("address", [str(each.address) for each in works], 40),
        column("part", [_part(each) for each in works], 8),
        column("outcome", [phase_word(each.phase) for each in works], 11, tones),
        number_column("attempt", [str(each.attempt) if each.attempt > 1 else "" for each in works]),
        column("remote id", [each.remote_id for each in works], 9, [Tone.DIM] * len(works)),
    ]


def _note(seen: WorkSeen) -> str:
    return seen.failure or ("since removed by the vendor" if _is_removed(seen) else "")


def _is_removed(seen: WorkSeen) -> bool:
    return seen.is_gone and seen.phase is Phase.SUCCEEDED


def _remedy_lines(
    report: WaitReport, phases: Sequence[Phase], text: str, paper: Paper
) -> list[str]:
    found = [each for each in report.works if each.phase in phases]
    if not found:
        return []
    first = found[0].address
    more = f" (and {counted(len(found) - 1, 'other')})" if len(found) > 1 else ""
    said = text.replace("ADDRESS", str(first))
    return paper.wrap(f"{first}{more}: {said}", first="next: ", rest="      ")


def _summary_line(report: WaitReport, paper: Paper) -> str:
    counts = Counter(each.phase for each in report.works)
    is_over = all(each.phase.is_over for each in report.works)
    verdict = "complete" if is_over and not report.interrupted else "incomplete"
    is_bad = bool(report.those(good=False))
    tone = Tone.ERROR if is_bad else Tone.GOOD if verdict == "complete" else Tone.HELD
    listed = phase_counts(counts) or "no finite work is declared"
    why = "the time is over" if report.is_late else "interrupted" if report.interrupted else ""
    return " ".join(
        (
            paper.paint(f"Wait {verdict}:", tone),
            f"{listed}.",
            *([f"{why[0].upper()}{why[1:]}; the work goes on."] if why else []),
            paper.paint(f"Took {elapsed_text(report.elapsed_s)}.", Tone.DIM),
        )
    )
