"""Frames 4 and 7 of ten fail: what succeeded beside them never runs again, whatever comes next."""

from __future__ import annotations

import pytest

from tests.e2e.desk import Desk

DAY_S = 86_400
HOUR_S = 3_600
_MANIFEST = """\
apiVersion: qarnot/v1
kind: Task
metadata: {name: beauty}
spec: {profile: docker-batch, frames: 1-10, completionTimeToLive: 1d}
lifecycle: {onFailure: %s}
"""


def fail_in_part(desk: Desk, on_failure: str) -> None:
    """Ten frames have run, and two of them have failed; by now nothing is wrong with those."""
    desk.write("beauty", _MANIFEST % on_failure)
    desk.control.set(switches={"failing_names": ["*#4,7"]})
    assert desk.apply().code == 0
    desk.control.advance(HOUR_S)
    assert desk.task("beauty")["state"] == "Failure"
    desk.control.set(switches={"failing_names": []})


def made(desk: Desk, *arguments: str) -> list[str]:
    """The frames of each task that a command makes; its work is done when the next one begins."""
    before = len(desk.made("tasks").get("beauty", ()))
    done = desk.run(*arguments, "-auto-approve")
    assert done.code == 0, done.said
    tasks = desk.made("tasks").get("beauty", [])[before:]
    desk.control.advance(HOUR_S)
    return [str(each["advancedRanges"]) for each in tasks]


def test_only_the_frames_that_failed_run_again(desk: Desk) -> None:
    fail_in_part(desk, "rerun")
    assert made(desk, "apply") == ["4,7"]
    desk.require_idle()
    desk.edit("beauty", "frames: 1-10", "frames: 1-12")
    assert made(desk, "apply") == ["11-12"]
    desk.require_idle()


@pytest.mark.parametrize("is_removed", [False, True], ids=["there", "removed"])
def test_only_the_frames_that_failed_are_held(desk: Desk, *, is_removed: bool) -> None:
    """What a plan saw to succeed is remembered when the vendor has forgotten it."""
    fail_in_part(desk, "hold")
    desk.run("plan")
    if is_removed:
        desk.control.advance(3 * DAY_S)
        assert desk.made("tasks") == {}
    plan = desk.run("plan", "-detailed-exitcode")
    assert (plan.code, "beauty (4,7): failed" in plan.out) == (0, True), plan.said
    assert made(desk, "apply") == []
    desk.edit("beauty", "frames: 1-10", "frames: 1-12")
    assert made(desk, "apply") == ["11-12"]
    assert made(desk, "apply") == []
    assert made(desk, "rerun", "farm/task/beauty") == ["4,7"]
    desk.require_idle()
