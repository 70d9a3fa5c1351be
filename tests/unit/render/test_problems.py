from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Location, Problem, Severity
from reconciler.render.problems import count_line, excerpt_lines, problem_text, problems_text
from reconciler.render.safe import columns
from reconciler.render.style import Paper
from tests.unit.render import examples

lines = st.text(st.sampled_from("abcé場 \tx=[]{}"), min_size=1, max_size=300)


@given(lines, st.integers(1, 300), st.integers(30, 120))
def test_the_caret_stands_under_the_character_it_means(text: str, column: int, width: int) -> None:
    column = min(column, len(text))
    shown = excerpt_lines(Location("a.yaml", 3, column, excerpt=text), Paper(width))
    if not text.strip():
        assert shown == []
        return
    line, caret = shown
    before = caret.index("^")
    under = next((char for at, char in _placed(line) if at == before), " ")
    assert under == text[column - 1].replace("\t", " ")


def _placed(line: str) -> list[tuple[int, str]]:
    return [(columns(line[:index]), char) for index, char in enumerate(line)]


@given(lines, st.integers(1, 300), st.integers(30, 120))
def test_an_excerpt_never_breaks_its_line(text: str, column: int, width: int) -> None:
    shown = excerpt_lines(Location("a.yaml", 3, column, excerpt=text), Paper(width))
    assert all(columns(each) <= width + 1 for each in shown)


def test_a_problem_looks_as_the_style_says() -> None:
    assert problem_text(examples.TOO_MANY_SLOTS, Paper(80)).splitlines() == [
        "error[M523]: qarnot-prod/pool/render-small: minSlots is more than maxSlots",
        "  --> manifests/pools.yaml:12:21   spec.scaling.policies[night].minSlots",
        "   12 |           minSlots: 64",
        "      |                     ^",
        "  why: minSlots is 64, maxSlots is 32",
        "  fix: lower minSlots to 32 or less, or raise maxSlots",
    ]


def test_an_address_that_the_summary_names_is_not_said_twice() -> None:
    problem = Problem("M310", "a/pool/b needs itself", address="a/pool/b")
    assert problem_text(problem, Paper(80)) == "error[M310]: a/pool/b needs itself"


@given(st.permutations(examples.PROBLEMS))
def test_problems_are_sorted_by_place_whatever_their_order(each: list[Problem]) -> None:
    assert problems_text(each, Paper()) == problems_text(examples.PROBLEMS, Paper())


def test_problems_of_one_file_stand_together_in_the_order_of_its_lines() -> None:
    text = problems_text(examples.PROBLEMS, Paper(200))
    places = [line.split()[1] for line in text.splitlines() if line.startswith("  -->")]
    assert places == [
        "manifests/fx/sim.yaml:7:151",
        "manifests/pools.yaml:12:21",
        "manifests/pools.yaml:31:3",
    ]


WARNING = replace(examples.DUPLICATE, severity=Severity.WARNING)


@pytest.mark.parametrize(
    ("problems", "counted"),
    [
        ([examples.DUPLICATE], "1 error in 1 file"),
        ([WARNING, WARNING], "2 warnings in 1 file"),
        (list(examples.PROBLEMS), "3 errors, 1 warning in 2 files"),
        ([Problem("X1", "no place")], "1 error"),
    ],
)
def test_the_count_line(problems: list[Problem], counted: str) -> None:
    assert count_line(problems) == counted


def test_no_problem_is_no_text() -> None:
    assert problems_text([], Paper()) == ""


def test_a_single_problem_needs_no_count() -> None:
    assert "1 error" not in problems_text([examples.DUPLICATE], Paper())
