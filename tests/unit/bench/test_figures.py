"""Statistics, goals and the page."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.contest import Case, Measured, Result
from bench.farm import FOREIGN, Crowd
from bench.figures import growth_exponent, median, ratio_text, seconds_text
from bench.goals import OURS, verdicts
from bench.report import Findings, Sent, page
from bench.stages import Stage

POSITIVE = st.floats(0.01, 1e6)


@given(POSITIVE, st.floats(0, 3))
def test_the_exponent_of_a_power_is_that_power(factor: float, power: float) -> None:
    sizes = (100, 1000, 10_000)
    values = [factor * size**power for size in sizes]
    assert math.isclose(growth_exponent(sizes, values), power, abs_tol=1e-6)


@given(st.lists(POSITIVE, min_size=1))
def test_half_of_the_values_lie_on_each_side_of_the_median(values: list[float]) -> None:
    middle = median(values)
    assert sum(each <= middle for each in values) * 2 >= len(values)
    assert sum(each >= middle for each in values) * 2 >= len(values)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (seconds_text(0.083), "83 ms"),
        (seconds_text(2.314), "2.31 s"),
        (seconds_text(145.2), "145 s"),
        (ratio_text(31.4), "31x"),
        (ratio_text(3.44), "3.4x"),
        (ratio_text(0.756), "0.76x"),
    ],
)
def test_figures_show_as_many_digits_as_mean_something(text: str, wanted: str) -> None:
    assert text == wanted


def _result(workload: str, case: Case, size: int, **seconds: float) -> Result:
    by_name = {name: Measured(s, s, 100.0) for name, s in seconds.items()}
    return Result(case, size, by_name, workload)


STARTED = [
    _result("", Case.VERSION, 0, **{OURS: 0.05}),
    _result("", Case.HELP, 0, **{OURS: 0.2}),
]


CROWDS = [Crowd(0, 0.5, 0.4, 0.4, 50.0), Crowd(FOREIGN, 310.0, 9.0, 8.0, 110.0)]
"""Quick, and with 1,258 bytes for each job of others."""


def _results(workload: str, idle: Case, ours_s: float) -> list[Result]:
    return [
        _result(workload, idle, 1000, **{OURS: ours_s / 10, "terraform": 15.0}),
        _result(workload, idle, 10_000, **{OURS: ours_s, "octodns": 15.0}),
        _result(workload, Case.CHANGED, 10_000, **{OURS: ours_s * 1.2, "octodns": 16.0}),
        _result(workload, Case.APPLY, 10_000, **{OURS: 20.0, "octodns": 15.0}),
    ]


def test_goals_are_reached_when_the_figures_say_so_and_not_otherwise() -> None:
    pools, tasks = _results("pools", Case.NO_CHANGE, 4.0), _results("tasks", Case.ACTIVE, 6.0)
    quick, slow = [True, True, True, True, True, False], [False, False, True, True, True, False]
    found = [each.is_reached for each in verdicts([*STARTED, *pools, *tasks], CROWDS)]
    assert found == [*quick, *slow, True, False, True, False]


def test_a_goal_that_was_not_measured_is_neither_reached_nor_missed() -> None:
    assert {each.is_reached for each in verdicts([])} == {None}


def test_the_page_names_each_contestant_each_stage_and_what_was_not_run() -> None:
    findings = Findings(
        results=[*STARTED, *_results("pools", Case.NO_CHANGE, 4.0)],
        sent=[Sent("pools", 1000, 1234, 56)],
        stages={"pools": {1000: [Stage("load", 0.2, 0.2, 5.0)]}},
        requests={"ours": 900.0, "httpx": 300.0},
        crowds=CROWDS,
        not_run=["not run: terraform is absent"],
    )
    text = page(findings)
    for wanted in (
        "octodns",
        "load",
        "not run: terraform is absent",
        "3.0x",
        "| 10,000 pools |",
        "1,234",
        "| 50,000 | 310.0 |",
    ):
        assert wanted in text
