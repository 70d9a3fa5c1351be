from __future__ import annotations

import io
from collections.abc import Iterable

import pytest

from reconciler.address import Address
from reconciler.cli.progress import REDRAW_S, BarReporter, LineReporter
from reconciler.errors import Problem
from reconciler.model import Verb
from reconciler.render.style import Paper
from reconciler.report import Event, EventKind, Passed

POOL = Address("qarnot-prod", "pool", "x")
OTHER = Address("qarnot-prod", "pool", "y")
QUOTA = Problem("V402", "the quota is used up", "20 of 20 pools exist", "close a pool")


class Ticks:
    """A clock that a test moves."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def started(address: Address = POOL, done: int = 0) -> Event:
    return Event(EventKind.STARTED, address, Verb.CREATE, done, 2)


def finished(passed: Passed, problem: Problem | None = None, text: str = "") -> Event:
    return Event(EventKind.FINISHED, POOL, Verb.CREATE, 1, 2, passed, problem, text, 0.42)


def lines(events: Iterable[Event], width: int = 80) -> list[str]:
    stream = io.StringIO()
    reporter = LineReporter(stream, Paper(width))
    for event in events:
        reporter.event(event)
    reporter.close()
    return stream.getvalue().splitlines()


def test_a_step_is_a_line_when_it_starts_and_a_line_when_it_ends() -> None:
    assert lines([started(), finished(Passed.DONE, text="6f1c9d9e")]) == [
        "qarnot-prod/pool/x: creating...",
        "qarnot-prod/pool/x: created (6f1c9d9e) in 0.4s",
    ]


def test_waiting_says_what_for() -> None:
    waiting = Event(EventKind.WAITING, POOL, Verb.STOP, 0, 1, text="Closing, 3 instances left")
    assert lines([waiting]) == ["qarnot-prod/pool/x: Closing, 3 instances left"]


def test_a_failed_step_brings_its_problem() -> None:
    assert lines([finished(Passed.FAILED, QUOTA)]) == [
        "qarnot-prod/pool/x: create failed in 0.4s",
        "  V402: the quota is used up",
        "  why: 20 of 20 pools exist",
        "  fix: close a pool",
    ]


@pytest.mark.parametrize("passed", [Passed.SKIPPED, Passed.PENDING, Passed.UNKNOWN])
def test_every_end_has_its_word(passed: Passed) -> None:
    assert lines([finished(passed)]) == [f"qarnot-prod/pool/x: create {passed} in 0.4s"]


def bar(width: int = 80) -> tuple[BarReporter, io.StringIO, Ticks]:
    stream, ticks = io.StringIO(), Ticks()
    return BarReporter(stream, Paper(width), ticks), stream, ticks


def test_the_bar_shows_how_far_it_is_and_what_runs() -> None:
    reporter, stream, _ = bar()
    reporter.event(started())
    assert stream.getvalue() == (
        "\r\x1b[2K[....................] 0/2 0s  creating qarnot-prod/pool/x"
    )


def test_the_bar_names_the_first_step_and_counts_the_others() -> None:
    reporter, stream, ticks = bar()
    reporter.event(started())
    ticks.now_s = 61.5
    reporter.event(started(OTHER, done=1))
    assert stream.getvalue().endswith(
        "\r\x1b[2K[==========..........] 1/2 1m1s  +1 others, creating qarnot-prod/pool/x"
    )


def test_the_bar_is_not_redrawn_more_often_than_it_can_be_read() -> None:
    reporter, stream, ticks = bar()
    for _ in range(50):
        reporter.event(started())
        ticks.now_s += REDRAW_S / 20
    assert stream.getvalue().count("\r") <= 4


def test_the_last_step_is_drawn_at_once() -> None:
    reporter, stream, _ = bar()
    reporter.event(started())
    reporter.event(Event(EventKind.FINISHED, POOL, Verb.CREATE, 2, 2, Passed.DONE))
    assert stream.getvalue().endswith("[====================] 2/2 0s  ")


def test_what_failed_stays_above_the_bar_and_what_passed_does_not() -> None:
    reporter, stream, _ = bar()
    reporter.event(finished(Passed.FAILED, QUOTA))
    reporter.event(finished(Passed.DONE))
    shown = stream.getvalue()
    assert "qarnot-prod/pool/x: create failed in 0.4s\n  V402: the quota is used up\n" in shown
    assert "created" not in shown


def test_closing_takes_the_bar_away() -> None:
    reporter, stream, _ = bar()
    reporter.event(started())
    reporter.close()
    assert stream.getvalue().endswith("\r\x1b[2K")


def test_closing_an_unused_bar_writes_nothing() -> None:
    reporter, stream, _ = bar()
    reporter.close()
    assert stream.getvalue() == ""


@pytest.mark.parametrize("width", [30, 40, 80])
def test_the_bar_stays_on_one_line(width: int) -> None:
    reporter, stream, _ = bar(width)
    reporter.event(started(Address("qarnot-prod", "pool", "a" * 200)))
    assert len(stream.getvalue().removeprefix("\r\x1b[2K")) < width
