"""Files that work names are brought to the vendor before any creation is noted."""

from __future__ import annotations

from dataclasses import replace

from reconciler.report import Passed
from tests.fakes import Fault
from tests.simulation.studio import Studio
from tests.toy_kinds import LOOSE, PROVIDER, toy

GRAPH = "graphs/trees.json"
KIND = replace(LOOSE, files=lambda spec: ((("work",), spec["work"]["file"]),))


def studio(digest: str) -> Studio:
    made = Studio(KIND, provider=PROVIDER)
    made.files = {GRAPH: digest}
    made.declare(toy(KIND, "shot", work={"file": GRAPH}))
    return made


def test_a_file_is_staged_with_the_digest_that_was_planned() -> None:
    made = studio("aa")
    made.apply()
    assert made.vendor.staged == {GRAPH: "aa"}
    assert made.plan().is_empty


def test_another_content_is_another_run() -> None:
    made = studio("aa")
    made.apply()
    made.files = {GRAPH: "bb"}
    (change,) = made.plan().changes
    assert change.reason.value == "manifest_changed"


def test_a_file_that_can_not_be_staged_fails_its_work_and_leaves_no_note() -> None:
    made = studio("aa")
    made.vendor.inject("stage", Fault.REFUSED)
    report = made.apply()
    assert report is not None
    assert [each.passed for each in report.steps] == [Passed.FAILED]
    assert made.recorded.intents == ()
    assert "create" not in made.calls()
    made.apply()
    assert made.plan().is_empty
