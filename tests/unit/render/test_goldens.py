"""Every screen as a user sees it, at 80 and 200 columns, and once in colour."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.render.explain_text import explain_text
from reconciler.render.history_text import history_text
from reconciler.render.plan_text import plan_text
from reconciler.render.problems import problems_text
from reconciler.render.report_text import report_text
from reconciler.render.status_text import status_text
from reconciler.render.style import Paper
from reconciler.render.wait_text import wait_text
from tests.conftest import Golden
from tests.unit.render import examples, farm
from tests.unit.render.kinds import EXAMPLE_KIND

HISTORY_OF = farm.task("shot-010/beauty")
SCREENS: dict[str, Callable[[Paper], str]] = {
    "plan": lambda paper: plan_text(examples.FULL_PLAN, paper),
    "problems": lambda paper: problems_text(examples.PROBLEMS, paper),
    "report-good": lambda paper: report_text(examples.GOOD_REPORT, paper),
    "report-bad": lambda paper: report_text(examples.BAD_REPORT, paper),
    "status": lambda paper: status_text(examples.STATUS, paper),
    "farm-plan": lambda paper: plan_text(farm.FARM_PLAN, paper),
    "farm-status": lambda paper: status_text(farm.FARM_STATUS, paper),
    "wait": lambda paper: wait_text(farm.FARM_WAIT, paper),
    "history": lambda paper: history_text(HISTORY_OF, farm.FARM_HISTORY, paper),
    "explain-kind": lambda paper: explain_text(EXAMPLE_KIND, "", paper),
    "explain-field": lambda paper: explain_text(EXAMPLE_KIND, "scaling.policies", paper),
}


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_looks_as_we_left_it(golden: Golden, screen: str, width: int) -> None:
    golden(f"{screen}-{width}.txt", SCREENS[screen](Paper(width)) + "\n")


@pytest.mark.parametrize(
    "screen", ["plan", "problems", "report-bad", "status", "farm-plan", "farm-status", "wait"]
)
def test_a_screen_in_colour_looks_as_we_left_it(golden: Golden, screen: str) -> None:
    golden(f"{screen}-80-colour.txt", SCREENS[screen](Paper(80, colour=True)) + "\n")
