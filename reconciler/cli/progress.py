"""What an apply shows while it runs: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO

from reconciler.address import Address
from reconciler.render.outcomes import DOING, DONE, TONES
from reconciler.render.problems import headline, reason_lines
from reconciler.render.safe import columns, cut, safe
from reconciler.render.style import Paper, Tone
from reconciler.render.value_text import elapsed_text
from reconciler.report import Event, EventKind, Passed

REDRAW_S = 0.1
_BAR_WIDTH = 20
CLEAR_LINE = "\r\x1b[2K"


def event_lines(event: Event, paper: Paper) -> list[str]:
    """`qarnot-prod/pool/x: created (uuid) in 0.4s`; a failed step with its why and its fix."""
    match event.kind:
        case EventKind.STARTED:
            return [f"{safe(str(event.address))}: {DOING[event.verb]}..."]
        case EventKind.WAITING:
            return paper.wrap(event.text or "waiting", first=f"{safe(str(event.address))}: ")
        case EventKind.FINISHED:
            return _finished_lines(event, paper)


def bar_text(share: float, counts: str, current: str, paper: Paper) -> str:
    """`[=====.....] counts  current` on one line of the paper; `share` from 0 to 1 is filled."""
    size = min(_BAR_WIDTH, paper.width // 4)
    filled = int(size * share)
    beside = f" {counts}  "
    room = paper.width - size - 2 - columns(beside) - 1
    shown = cut(safe(current), max(room, 0))
    return f"[{paper.paint('=' * filled, Tone.GOOD)}{'.' * (size - filled)}]{beside}{shown}"


def _finished_lines(event: Event, paper: Paper) -> list[str]:
    passed = event.passed or Passed.DONE
    word = DONE[event.verb] if passed is Passed.DONE else f"{event.verb} {passed}"
    said = f" ({event.text})" if event.text else ""
    took = f" in {elapsed_text(event.elapsed_s)}" if event.elapsed_s else ""
    line = f"{safe(str(event.address))}: {paper.paint(word, TONES[passed])}{safe(said)}{took}"
    return [line, *_problem_lines(event, paper)]


def _problem_lines(event: Event, paper: Paper) -> list[str]:
    if event.problem is None:
        return []
    return [
        *paper.wrap(
            headline(event.problem, beside=str(event.address)),
            first=f"  {safe(event.problem.code)}: ",
        ),
        *reason_lines(event.problem, paper, indent=2),
    ]


@dataclass(frozen=True, slots=True)
class LineReporter:
    """Writes each event as lines of its own, as it comes."""

    stream: TextIO
    paper: Paper

    def event(self, event: Event) -> None:
        self.stream.write("".join(f"{line}\n" for line in event_lines(event, self.paper)))
        self.stream.flush()

    def close(self) -> None:
        """Nothing to tidy up: every line was whole."""


@dataclass(slots=True)
class BarReporter:
    """One line that is redrawn in place, at most ten times a second; what failed stays above it.

    `monotonic` tells seconds. After `close` the line is gone and the cursor at its start.
    """

    stream: TextIO
    paper: Paper
    monotonic: Callable[[], float]
    _running: dict[Address, str] = field(default_factory=dict)
    _started_s: float | None = None
    _drawn_s: float | None = None

    def event(self, event: Event) -> None:
        now = self.monotonic()
        if self._started_s is None:
            self._started_s = now
        self._note(event)
        lasting = self._lasting_lines(event)
        is_due = self._drawn_s is None or now - self._drawn_s >= REDRAW_S
        if lasting or is_due or event.done == event.total:
            above = "".join(f"{line}\n" for line in lasting)
            self._write(f"{CLEAR_LINE}{above}{self._bar(event, now - self._started_s)}")
            self._drawn_s = now

    def close(self) -> None:
        """Take the bar away."""
        if self._drawn_s is not None:
            self._write(CLEAR_LINE)

    def _note(self, event: Event) -> None:
        if event.kind is EventKind.FINISHED:
            self._running.pop(event.address, None)
        else:
            waits = f": {event.text}" if event.kind is EventKind.WAITING and event.text else ""
            self._running[event.address] = f"{DOING[event.verb]} {event.address}{waits}"

    def _lasting_lines(self, event: Event) -> list[str]:
        ended = event.kind is EventKind.FINISHED and event.passed is not Passed.DONE
        return event_lines(event, self.paper) if ended else []

    def _bar(self, event: Event, elapsed_s: float) -> str:
        counts = f"{event.done}/{event.total} {elapsed_text(int(elapsed_s))}"
        share = event.done / max(event.total, 1)
        return bar_text(share, counts, self._running_text(), self.paper)

    def _running_text(self) -> str:
        """The step that began first, and how many others go on beside it."""
        if not self._running:
            return ""
        first, others = next(iter(self._running.values())), len(self._running) - 1
        return f"+{others} others, {first}" if others else first

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()
