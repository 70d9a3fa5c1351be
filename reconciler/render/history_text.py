"""Every run remembered of one resource, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from reconciler.address import Address
from reconciler.model import Outcome, Run
from reconciler.render.plan_text import time_text
from reconciler.render.problems import counted
from reconciler.render.style import Paper, Tone
from reconciler.render.table import column, number_column, table

_KEY_SHOWN: Final = 11
"""Of a run key: the formula, and enough to tell runs of one address apart."""
_TONES: Final = {
    Outcome.SUCCEEDED: Tone.GOOD,
    Outcome.PRESUMED_FINISHED: Tone.GOOD,
    Outcome.FAILED: Tone.ERROR,
    Outcome.LOST: Tone.ERROR,
    Outcome.UNKNOWN: Tone.ERROR,
    Outcome.CANCELLED: Tone.WARNING,
    Outcome.WITHDRAWN: Tone.WARNING,
}


def history_text(address: Address, runs: Sequence[Run], paper: Paper) -> str:
    """A line per run in the order given; the outcome is what was last seen, or inferred."""
    shown = table(
        [
            column("made", [_time(each.made_at) for each in runs], 20),
            column("run key", [each.run_key[:_KEY_SHOWN] for each in runs], _KEY_SHOWN),
            number_column("attempt", [str(each.attempt) for each in runs]),
            column("part", [each.ranges for each in runs], 8),
            column("done", [_done(each) for each in runs], 8),
            column(
                "outcome",
                [each.outcome.replace("_", " ") for each in runs],
                9,
                [_TONES.get(each.outcome, Tone.PLAIN) for each in runs],
            ),
            column("last seen", [_time(each.seen_at) for each in runs], 20),
            column("remote id", [each.remote_id for each in runs], 9, [Tone.DIM] * len(runs)),
        ],
        [""] * len(runs),
        paper,
    )
    hint = f"No room for: {', '.join(shown.missing)}." if shown.missing else ""
    title = paper.wrap(f"{address}: {counted(len(runs), 'run')}", tone=Tone.STRONG)
    lines = [*title, "", *shown.lines]
    return "\n".join([*lines, *(["", *paper.wrap(hint)] if hint else [])])


def _time(when: datetime | None) -> str:
    return time_text(when) if when is not None else ""


def _done(run: Run) -> str:
    """What of it succeeded, where that is not simply all of it."""
    return "" if run.done == run.ranges else run.done
