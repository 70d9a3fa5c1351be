"""What a wait shows while it goes on."""

from __future__ import annotations

import io

import pytest

from reconciler.address import Address
from reconciler.cli.work_progress import HEARTBEAT_S, LookBar, LookLines, moved_line
from reconciler.errors import Problem
from reconciler.render.style import Paper
from reconciler.report import Look, Phase, WorkSeen

BEAUTY = Address("farm", "task", "shot-010/beauty")
RUNNING = WorkSeen(BEAUTY, Phase.RUNNING, "1-8", "FullyExecuting")
FAILED = WorkSeen(BEAUTY, Phase.FAILED, "1-8", "Failure", failure="instance 3 exited with 1")
AWAY = Problem("V503", "farm does not answer")
PAPER = Paper(80)


def look(*moved: WorkSeen, at_s: float = 0.0, running: int = 1, **more: object) -> Look:
    counts = {Phase.RUNNING: running, Phase.SUCCEEDED: 2}
    return Look(moved, counts, 0.5, at_s, **more)  # type: ignore[arg-type]  # a short way


def lines(*looks: Look) -> list[str]:
    shown = LookLines(io.StringIO(), PAPER)
    for each in looks:
        shown.look(each)
    assert isinstance(shown.stream, io.StringIO)
    return shown.stream.getvalue().splitlines()


def bar(*looks: Look, width: int = 80) -> str:
    shown = LookBar(io.StringIO(), Paper(width))
    for each in looks:
        shown.look(each)
    assert isinstance(shown.stream, io.StringIO)
    return shown.stream.getvalue()


@pytest.mark.parametrize(
    ("seen", "line"),
    [
        (RUNNING, "farm/task/shot-010/beauty 1-8: running (FullyExecuting)"),
        (FAILED, "farm/task/shot-010/beauty 1-8: failed: instance 3 exited with 1"),
        (WorkSeen(BEAUTY, Phase.SUCCEEDED, "0"), "farm/task/shot-010/beauty: succeeded"),
        (
            WorkSeen(BEAUTY, Phase.LOST, is_gone=True),
            "farm/task/shot-010/beauty: lost, gone at the vendor",
        ),
    ],
)
def test_a_move_is_one_line(seen: WorkSeen, line: str) -> None:
    assert moved_line(seen, PAPER) == line


def test_each_move_is_told_as_it_comes_after_a_line_of_how_things_stand() -> None:
    assert lines(look(), look(RUNNING, at_s=1.0)) == [
        "Waiting: 1 running, 2 succeeded, 50% after 0s.",
        "farm/task/shot-010/beauty 1-8: running (FullyExecuting)",
    ]


def test_a_line_a_minute_says_that_it_goes_on() -> None:
    looks = [look(at_s=float(second)) for second in range(0, 181, 15)]
    assert len(lines(*looks)) == 1 + 180 // HEARTBEAT_S


def test_a_vendor_that_does_not_answer_is_told_with_the_minute() -> None:
    assert lines(look(problem=AWAY))[-1] == "not seen just now: farm does not answer"


def test_nothing_is_told_when_all_was_over_before() -> None:
    assert lines(Look((), {Phase.SUCCEEDED: 3}, 1.0, 0.0)) == []


def test_the_bar_counts_what_is_over_and_fills_with_what_is_done() -> None:
    assert bar(look(at_s=61.0)).endswith(
        "\r\x1b[2K[==========..........] 2/3 1m1s  1 running, 2 succeeded"
    )


def test_what_ended_badly_stays_above_the_bar_and_what_succeeded_does_not() -> None:
    shown = bar(look(FAILED, WorkSeen(BEAUTY, Phase.SUCCEEDED)))
    assert "beauty 1-8: failed: instance 3 exited with 1\n" in shown
    assert "beauty: succeeded" not in shown


def test_closing_takes_the_bar_away_and_closing_again_does_nothing() -> None:
    shown = LookBar(io.StringIO(), PAPER)
    shown.look(look())
    shown.close()
    shown.close()
    assert isinstance(shown.stream, io.StringIO)
    assert shown.stream.getvalue().count("\r\x1b[2K") == 2


@pytest.mark.parametrize("width", [30, 40, 80])
def test_the_bar_stays_on_one_line(width: int) -> None:
    assert len(bar(look(problem=AWAY), width=width).removeprefix("\r\x1b[2K")) < width
