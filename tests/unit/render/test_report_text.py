from __future__ import annotations

import pytest

from reconciler.model import Verb
from reconciler.render.report_text import done_counts, report_text
from reconciler.render.style import Paper
from reconciler.report import Passed, Report, StepReport
from tests.unit.render import examples
from tests.unit.render.examples import pool

WIDE = Paper(200)


def report(*steps: tuple[str, Verb, Passed], interrupted: int = 0) -> Report:
    each = tuple(StepReport(pool(name), verb, passed) for name, verb, passed in steps)
    return Report(steps=each, elapsed_s=0.44, interrupted=interrupted)


def test_a_complete_apply_ends_in_the_plans_own_words() -> None:
    assert report_text(examples.GOOD_REPORT, WIDE) == (
        "Apply complete: 1 created, 1 updated, 1 replaced, 0 terminated, 1 deleted, 1 adopted."
        " Took 12.3s, 9 requests."
    ).replace("12.3s", "12s")


def test_an_apply_of_nothing_is_complete() -> None:
    assert report_text(report(), WIDE) == (
        "Apply complete: 0 created, 0 updated, 0 replaced, 0 terminated, 0 deleted. Took 0.4s."
    )


def test_a_removal_without_its_creation_is_no_replacement() -> None:
    half = report(("a", Verb.STOP, Passed.DONE), ("a", Verb.CREATE, Passed.FAILED))
    assert done_counts(half) == {
        "created": 0,
        "updated": 0,
        "replaced": 0,
        "terminated": 1,
        "deleted": 0,
    }


@pytest.mark.parametrize("passed", [each for each in Passed if each is not Passed.DONE])
def test_a_step_that_did_not_pass_makes_the_apply_incomplete_and_is_named(passed: Passed) -> None:
    text = report_text(report(("a", Verb.CREATE, passed)), WIDE)
    assert f"{passed}  create qarnot-prod/pool/a" in text.splitlines()
    assert "next: Run `reconciler apply` again: it " in text
    assert (
        f"Apply incomplete: 0 created, 0 updated, 0 replaced, 0 terminated, 0 deleted. 1 {passed}."
        in text
    )


def test_an_interrupted_apply_is_incomplete_though_all_its_steps_passed() -> None:
    text = report_text(report(("a", Verb.CREATE, Passed.DONE), interrupted=2), WIDE)
    assert "next: SIGINT ended this apply; what was done is recorded." in text
    assert text.splitlines()[-1].startswith("Apply incomplete: 1 created")


def test_failures_come_before_what_they_held_up() -> None:
    words = [line.partition("[")[0] for line in report_text(examples.BAD_REPORT, WIDE).splitlines()]
    found = [each for each in words if each in ("failed", "unknown", "skipped")]
    assert found == ["failed", "unknown", "skipped"]
