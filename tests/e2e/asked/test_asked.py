"""What a person may ask of work: wait, logs, history, rerun, stop, forget; and how each ends."""

from __future__ import annotations

import json

import pytest

from tests.e2e.desk import Desk

HOUR_S = 3_600
ADDRESS = "farm/task/work"
_TASK = """\
apiVersion: qarnot/v1
kind: Task
metadata: {name: work}
spec:
  profile: docker-batch
  instances: 2
  resultBucket: results-of-work
  constants: {DOCKER_CMD: "%s"}
"""


@pytest.fixture
def failed(desk: Desk) -> Desk:
    """Work that printed a line and failed."""
    desk.write("work", _TASK % "echo hello from the farm; exit 3")
    assert desk.apply().code == 0
    desk.control.advance(HOUR_S)
    return desk


@pytest.fixture
def slow(desk: Desk) -> Desk:
    """Work that goes on for hours."""
    desk.write("work", _TASK % "sleep 20000")
    assert desk.apply().code == 0
    desk.control.advance(600)
    return desk


def states(desk: Desk) -> list[str]:
    return [each["state"] for each in desk.made("tasks")["work"]]


def test_wait_ends_with_11_when_work_failed_and_with_0_when_none_did(failed: Desk) -> None:
    done = failed.run("wait")
    assert (done.code, ADDRESS in done.said) == (11, True), done.said
    assert failed.run("wait", "-json").code == 11
    assert failed.run("apply", "-auto-approve", "-wait").code == 11
    failed.edit("work", "; exit 3", "")
    assert failed.apply().code == 0
    failed.control.advance(HOUR_S)
    assert failed.run("wait", ADDRESS).code == 0


def test_wait_gives_up_at_its_time_and_the_work_goes_on(slow: Desk) -> None:
    assert slow.run("wait", "-timeout", "1s").code == 9
    assert states(slow) == ["FullyExecuting"]


def test_wait_for_what_was_never_started_is_2_and_for_nothing_known_5(desk: Desk) -> None:
    desk.write("work", _TASK % "echo hello")
    assert desk.run("wait").code == 2
    assert desk.run("wait", "farm/task/wrok").code == 5
    assert desk.changes() == []


def test_an_apply_that_waits_tells_how_the_work_ended(desk: Desk) -> None:
    desk.write("work", _TASK % "sleep 600; exit 1")
    process = desk.start("apply", "-auto-approve", "-wait")
    assert desk.await_that(lambda: bool(desk.made("tasks")), process)
    desk.control.advance(HOUR_S)
    done = desk.end(process)
    assert done.code == 11, done.said
    assert states(desk) == ["Failure"]


def test_logs_are_those_of_the_newest_run_or_of_one_instance(failed: Desk) -> None:
    assert "hello from the farm" in failed.run("logs", ADDRESS).out
    assert "hello from the farm" in failed.run("logs", ADDRESS, "-instance", "1").out
    assert failed.run("logs", ADDRESS, "-stderr").code == 0
    assert failed.run("logs", ADDRESS, "-instance", "7").code != 0


def test_rerun_is_the_way_out_and_history_tells_of_both_runs(failed: Desk) -> None:
    assert "rerun" in failed.run("plan").out
    assert failed.run("rerun", ADDRESS, "-auto-approve").code == 0
    assert states(failed) == ["Failure", "Submitted"]
    again = failed.run("rerun", ADDRESS, "-auto-approve")
    assert (again.code, len(states(failed))) == (5, 2), "it runs: first it has to end"
    history = failed.run("history", ADDRESS)
    assert (history.code, "failed" in history.out) == (0, True), history.said
    told = json.loads(failed.run("history", ADDRESS, "-json").out)
    assert {each["attempt"] for each in told["runs"]} == {1, 2}


def test_stop_ends_it_as_cancelled_and_nothing_starts_it_but_a_person(slow: Desk) -> None:
    first = slow.task("work")["uuid"]
    assert slow.run("stop", ADDRESS, "-auto-approve").code == 0
    assert slow.changes()[-1] == f"POST /tasks/{first}/abort"
    slow.control.advance(60)
    assert states(slow) == ["Cancelled"]
    slow.require_idle()
    assert slow.run("wait").code == 11
    assert slow.run("rerun", ADDRESS, "-auto-approve").code == 0
    assert states(slow) == ["Cancelled", "Submitted"]


def test_what_is_forgotten_goes_on_and_is_not_made_again(slow: Desk) -> None:
    before = slow.changes()
    assert slow.run("forget", ADDRESS, "-auto-approve").code == 0
    assert slow.changes() == before
    assert slow.apply().code in (0, 10)
    assert len(states(slow)) == 1, "a tombstone remembers that it has run"


def test_stop_ends_work_and_its_copy_alike(slow: Desk) -> None:
    first = slow.task("work")["uuid"]
    copy = slow.ask("POST", f"/tasks/{first}/clone", {})["uuid"]
    assert slow.apply().code == 10
    assert slow.run("stop", ADDRESS, "-auto-approve").code == 0
    aborted = {each.split("/")[2] for each in slow.changes() if each.endswith("/abort")}
    assert aborted == {first, copy}, "both: which of them is the work, nobody can tell"


def test_status_tells_states_progress_and_where_results_are(failed: Desk) -> None:
    done = failed.run("status")
    assert done.code == 0
    for words in (ADDRESS, "failed", "results-of-work"):
        assert words in done.out, done.out
