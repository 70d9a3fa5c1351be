"""Nothing that a vendor or a manifest says is anything but text in any rendering."""

from __future__ import annotations

import io
import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.address import Address
from reconciler.cli.progress import BarReporter, LineReporter
from reconciler.cli.work_progress import LookBar, LookLines
from reconciler.errors import Problem
from reconciler.model import Run, Verb
from reconciler.plan.plan import Plan
from reconciler.render.history_text import history_text
from reconciler.render.json_output import json_text, plan_json, problems_json, report_json
from reconciler.render.plan_text import plan_text
from reconciler.render.problems import problems_text
from reconciler.render.report_text import report_text
from reconciler.render.status import StatusRow
from reconciler.render.status_text import status_text
from reconciler.render.style import Paper
from reconciler.render.wait_text import wait_text
from reconciler.report import Event, EventKind, Look, Passed, Report, WaitReport
from tests.unit.render import hostile
from tests.unit.render.hostile import faults

papers = st.builds(Paper, st.integers(20, 200), st.booleans())
events = st.builds(
    Event,
    st.sampled_from(EventKind),
    hostile.addresses,
    st.sampled_from(Verb),
    st.integers(0, 5),
    st.integers(0, 5),
    st.none() | st.sampled_from(Passed),
    st.none() | hostile.problems,
    hostile.text,
    st.floats(0, 1e5),
)
BLIND = Look((), {}, 0.0, 0.0, Problem("V503", "##"))


def drawn_lines(stream: io.StringIO) -> str:
    """What was drawn, a line for each time the cursor went back to begin anew."""
    return stream.getvalue().replace("\r\x1b[2K", "\n")


@given(hostile.plans, papers)
def test_a_plan_holds_no_live_text(plan: Plan, paper: Paper) -> None:
    assert faults(plan_text(plan, paper)) == []


@given(st.lists(hostile.problems, max_size=3), papers)
def test_problems_hold_no_live_text(problems: list[Problem], paper: Paper) -> None:
    assert faults(problems_text(problems, paper)) == []


@given(hostile.reports, papers)
def test_a_report_holds_no_live_text(report: Report, paper: Paper) -> None:
    assert faults(report_text(report, paper)) == []


@given(st.lists(hostile.rows, max_size=3), papers)
def test_a_status_holds_no_live_text(rows: list[StatusRow], paper: Paper) -> None:
    assert faults(status_text(rows, paper)) == []


@given(hostile.waits, papers)
def test_the_end_of_a_wait_holds_no_live_text(wait: WaitReport, paper: Paper) -> None:
    assert faults(wait_text(wait, paper)) == []


@given(hostile.addresses, st.lists(hostile.runs, max_size=3), papers)
def test_a_history_holds_no_live_text(address: Address, runs: list[Run], paper: Paper) -> None:
    assert faults(history_text(address, runs, paper)) == []


@example([BLIND, BLIND], Paper(43))
@given(st.lists(hostile.looks, max_size=3), papers)
def test_the_progress_of_a_wait_holds_no_live_text(each: list[Look], paper: Paper) -> None:
    for reporter in (LookLines(io.StringIO(), paper), LookBar(io.StringIO(), paper)):
        for look in each:
            reporter.look(look)
        reporter.close()
        assert isinstance(reporter.stream, io.StringIO)
        assert faults(drawn_lines(reporter.stream)) == []


@given(st.lists(events, max_size=4), papers)
def test_progress_lines_hold_no_live_text(each: list[Event], paper: Paper) -> None:
    stream = io.StringIO()
    reporter = LineReporter(stream, paper)
    for event in each:
        reporter.event(event)
    assert faults(stream.getvalue()) == []


@given(st.lists(events, max_size=4), papers)
def test_a_progress_bar_moves_the_cursor_only_to_redraw_its_own_line(
    each: list[Event], paper: Paper
) -> None:
    stream = io.StringIO()
    reporter = BarReporter(stream, paper, monotonic=lambda: 0.0)
    for event in each:
        reporter.event(event)
    reporter.close()
    assert faults(drawn_lines(stream)) == []


@settings(max_examples=30)
@given(hostile.plans, hostile.reports, st.lists(hostile.problems, max_size=2))
def test_json_output_is_plain_ascii(plan: Plan, report: Report, problems: list[Problem]) -> None:
    for document in (plan_json(plan), report_json(report), problems_json(problems)):
        shown = json_text(document)
        assert shown.isascii()
        assert all(line.isprintable() for line in shown.split("\n"))
        assert json.loads(shown) == document
