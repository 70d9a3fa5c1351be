"""What a wait shows while it goes on: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from reconciler.cli.progress import CLEAR_LINE, bar_text
from reconciler.render.safe import safe
from reconciler.render.status_text import PHASE_TONES, phase_counts, phase_word
from reconciler.render.style import Paper, Tone
from reconciler.render.value_text import elapsed_text
from reconciler.render.wait_text import share_text
from reconciler.report import Look, Phase, WorkSeen

HEARTBEAT_S = 60.0

Tell = Callable[[Look], None]


def moved_line(seen: WorkSeen, paper: Paper) -> str:
    """`farm/task/shot-010/beauty 1-8: running (FullyExecuting)`; a bad end with its reason."""
    word = paper.paint(phase_word(seen.phase), PHASE_TONES.get(seen.phase, Tone.PLAIN))
    said = f" ({safe(seen.state)})" if seen.state and seen.phase.is_going else ""
    why = f": {safe(seen.failure)}" if seen.failure and seen.phase.is_over else ""
    gone = ", gone at the vendor" if seen.is_gone and seen.phase.is_over else ""
    return f"{safe(share_text(seen))}: {word}{said}{why}{gone}"


def _counts_text(look: Look) -> str:
    return f"{phase_counts(look.counts)}, {look.fraction:.0%} after {elapsed_text(look.elapsed_s)}"


@dataclass(slots=True)
class LookLines:
    """A line for each change of state, as it comes, and one a minute that says all is well."""

    stream: TextIO
    paper: Paper
    _said_s: float | None = None

    def look(self, look: Look) -> None:
        lines = [moved_line(each, self.paper) for each in look.moved]
        is_due = self._said_s is None or look.elapsed_s - self._said_s >= HEARTBEAT_S
        if is_due and any(phase.is_going for phase in look.counts):
            lines.append(f"Waiting: {_counts_text(look)}.")
            lines += _trouble_lines(look)
        if lines:
            self._said_s = look.elapsed_s
            self.stream.write("".join(f"{line}\n" for line in lines))
            self.stream.flush()

    def close(self) -> None:
        """Nothing to tidy up: every line was whole."""


@dataclass(slots=True)
class LookBar:
    """One line that is redrawn in place at every look; what ended badly stays above it."""

    stream: TextIO
    paper: Paper
    _is_drawn: bool = False

    def look(self, look: Look) -> None:
        lasting = [
            moved_line(each, self.paper)
            for each in look.moved
            if each.phase.is_over and not each.phase.is_good
        ]
        above = "".join(f"{line}\n" for line in lasting)
        self._write(f"{CLEAR_LINE}{above}{self._bar(look)}")
        self._is_drawn = True

    def close(self) -> None:
        """Take the bar away."""
        if self._is_drawn:
            self._write(CLEAR_LINE)
            self._is_drawn = False

    def _bar(self, look: Look) -> str:
        over = sum(count for phase, count in look.counts.items() if phase.is_over)
        total = sum(look.counts.values()) - look.counts.get(Phase.NOT_STARTED, 0)
        counts = f"{over}/{total} {elapsed_text(int(look.elapsed_s))}"
        trouble = _trouble_lines(look)
        current = trouble[0] if trouble else phase_counts(look.counts)
        return bar_text(look.fraction, counts, current, self.paper)

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


def _trouble_lines(look: Look) -> list[str]:
    """Why nothing could be seen just now; the work itself goes on."""
    return [f"not seen just now: {safe(look.problem.summary)}"] if look.problem else []
