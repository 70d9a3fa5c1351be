"""Work is waited for to its end, told as it goes, run again only when asked, and left alone."""

from __future__ import annotations

import json
import signal
from functools import partial

from tests.e2e.desk import Desk, Done
from tests.e2e.spawner import Command

LAYOUT, BEAUTY = "farm/task/shot-010/layout", "farm/task/shot-010/beauty"


def has_begun(process: Command) -> bool:
    """Whether it waits by now; a wait says so first."""
    err = process.said / "err"
    return err.exists() and b"Waiting:" in err.read_bytes()


def while_time_passes(desk: Desk, *arguments: str) -> Done:
    """One command; once it waits, the vendor's time goes on until the command ends."""
    process = desk.start(*arguments)
    desk.await_that(lambda: has_begun(process), process)

    def is_over() -> bool:
        desk.control.advance(20)
        return process.poll() is not None

    desk.await_that(is_over)
    return desk.end(process)


def waiting(desk: Desk, *arguments: str) -> Done:
    return while_time_passes(desk, "wait", *arguments)


def fails(desk: Desk, lifecycle: str = "") -> None:
    """Beauty will fail."""
    desk.edit("shot", "sleep 120", "sleep 120; exit 3")
    if lifecycle:
        desk.edit("shot", "frames: 1-4,", f"frames: 1-4, lifecycle: {{{lifecycle}}},")


# --- wait -----------------------------------------------------------------------------------------


def test_waiting_ends_with_0_when_all_has_succeeded_and_tells_each_move(desk: Desk) -> None:
    desk.apply()
    done = waiting(desk)
    assert done.code == 0, done.said
    assert f"{BEAUTY} 1-4: succeeded" in done.err.splitlines()
    assert "Wait complete: 2 succeeded." in done.out
    desk.require_idle()


def test_work_that_failed_is_11_with_the_vendors_words_and_the_way_on(desk: Desk) -> None:
    fails(desk)
    desk.apply()
    done = waiting(desk)
    assert done.code == 11, done.said
    assert "exited with code 3" in done.out
    assert f"reconciler rerun {BEAUTY}" in " ".join(done.out.split())


def test_work_that_was_never_started_is_2_at_once(desk: Desk) -> None:
    done = desk.run("wait")
    assert done.code == 2, done.said
    assert "2 not started" in done.out


def test_a_wait_whose_time_is_over_is_9_and_the_work_goes_on(desk: Desk) -> None:
    desk.apply()
    done = desk.run("wait", "-timeout", "1s")
    assert done.code == 9, done.said
    assert "the work goes on" in done.out
    assert waiting(desk).code == 0


def test_a_signal_ends_a_wait_at_once_and_nothing_is_lost(desk: Desk) -> None:
    desk.apply()
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        process = desk.start("wait")
        desk.await_that(partial(has_begun, process), process)
        process.send_signal(number)
        done = desk.end(process)
        assert (done.code, "Wait incomplete:" in done.out) == (code, True), done.said
    assert waiting(desk).code == 0


def test_a_job_and_one_task_can_be_waited_for_alone(desk: Desk) -> None:
    desk.apply()
    process = desk.start("wait", LAYOUT)
    desk.await_that(lambda: has_begun(process), process)

    def is_over() -> bool:
        desk.control.advance(1)
        return bool(desk.task("shot-010/layout")["state"] == "Success")

    desk.await_that(is_over)
    assert desk.end(process).code == 0
    assert desk.task("shot-010/beauty")["state"] != "Success"
    told = json.loads(waiting(desk, "farm/job/shot-010", "-json").out)
    assert [each["phase"] for each in told["works"]] == ["succeeded", "succeeded"]


def test_waiting_for_what_nobody_knows_is_5(desk: Desk) -> None:
    assert desk.run("wait", "farm/task/nothing").code == 5


def test_finished_work_is_remembered_by_a_wait_before_its_vendor_removes_it(desk: Desk) -> None:
    desk.apply()
    waiting(desk)
    for uuid in desk.control.objects("tasks"):
        desk.ask("DELETE", f"/tasks/{uuid}")
    desk.require_idle()
    status = desk.run("status")
    assert "since removed by the vendor" in status.out


# --- apply -wait ----------------------------------------------------------------------------------


def test_apply_waits_and_then_ends_the_job_whose_work_is_done(desk: Desk) -> None:
    done = while_time_passes(desk, "apply", "-auto-approve", "-wait")
    assert done.code == 0, done.said
    (job,) = desk.control.objects("jobs").values()
    assert job["state"] == "Completed"
    desk.require_idle()


def test_a_job_is_left_as_it_is_when_some_of_its_work_failed(desk: Desk) -> None:
    fails(desk)
    done = while_time_passes(desk, "apply", "-auto-approve", "-wait")
    assert done.code == 11, done.said
    (job,) = desk.control.objects("jobs").values()
    assert job["state"] == "Active"


def test_apply_goes_on_until_nothing_is_left_to_be_tried_again(desk: Desk) -> None:
    fails(desk, "onFailure: rerun, maxAttempts: 3")
    done = while_time_passes(desk, "apply", "-auto-approve", "-wait", "-json")
    assert done.code == 11, done.said
    assert len(desk.made("tasks")["shot-010/beauty"]) == 3
    told = json.loads(done.out)
    assert [len(each["steps"]) for each in told["applies"]] == [3, 1, 1, 0]


def test_what_waits_for_an_older_run_is_started_once_that_is_over(desk: Desk) -> None:
    desk.edit("shot", "name: layout,", "name: layout, lifecycle: {onChange: wait},")
    desk.apply()
    desk.edit("shot", "sleep 60", "sleep 61")
    done = while_time_passes(desk, "apply", "-auto-approve", "-wait")
    assert done.code == 0, done.said
    assert len(desk.made("tasks")["shot-010/layout"]) == 2
    desk.require_idle()


def test_a_saved_plan_waits_for_its_own_work_only(desk: Desk) -> None:
    desk.edit("shot", "name: layout,", "name: layout, lifecycle: {onChange: wait},")
    desk.apply()
    desk.edit("shot", "sleep 60", "sleep 61")
    desk.run("plan", "-out", "saved")
    done = while_time_passes(desk, "apply", "saved", "-wait")
    assert done.code == 2, done.said
    assert f"Still waiting, and not in this plan: {LAYOUT}" in done.err
    assert len(desk.made("tasks")["shot-010/layout"]) == 1


# --- single addresses -----------------------------------------------------------------------------


def test_a_job_runs_again_what_did_not_succeed_and_nothing_else(desk: Desk) -> None:
    fails(desk)
    desk.apply()
    waiting(desk)
    assert desk.run("rerun", "farm/job/shot-010", "-auto-approve").code == 0
    assert {name: len(all_) for name, all_ in desk.made("tasks").items()} == {
        "shot-010/layout": 1,
        "shot-010/beauty": 2,
    }


def test_what_runs_is_not_run_again_and_the_way_out_is_named(desk: Desk) -> None:
    desk.apply()
    done = desk.run("rerun", LAYOUT, "-auto-approve")
    assert done.code == 5, done.said
    assert f"reconciler stop {LAYOUT}" in done.err


def test_stopped_work_is_held_until_it_is_run_again(desk: Desk) -> None:
    desk.apply()
    assert desk.run("stop", LAYOUT, "-auto-approve").code == 0
    assert waiting(desk).code == 11
    desk.require_idle()
    assert desk.run("rerun", LAYOUT, BEAUTY, "-auto-approve").code == 0
    assert waiting(desk).code == 0


def test_forgotten_work_that_ran_is_not_run_again(desk: Desk) -> None:
    desk.apply()
    waiting(desk)
    assert desk.run("forget", LAYOUT, "-auto-approve").code == 0
    desk.require_idle()


# --- what is told ---------------------------------------------------------------------------------


def test_logs_are_the_newest_runs_until_its_vendor_removes_them(desk: Desk) -> None:
    desk.apply()
    waiting(desk)
    assert "layout done" in desk.run("logs", LAYOUT).out
    desk.ask("DELETE", f"/tasks/{desk.task('shot-010/layout')['uuid']}")
    done = desk.run("logs", LAYOUT)
    assert done.code == 1, done.said
    assert "is succeeded, last seen" in " ".join(done.err.split())


def test_a_history_needs_no_vendor(desk: Desk) -> None:
    desk.apply()
    waiting(desk)
    desk.point_at("http://127.0.0.1:9")
    told = json.loads(desk.run("history", BEAUTY, "-json").out)
    assert [(each["outcome"], each["ranges"]) for each in told["runs"]] == [("succeeded", "1-4")]
    assert "succeeded" in desk.run("history", BEAUTY).out


def test_status_remembers_nothing_when_that_is_asked(desk: Desk) -> None:
    desk.apply()
    desk.control.advance(600)
    assert "succeeded" in desk.run("status", "-no-record").out
    history = json.loads(desk.run("history", LAYOUT, "-json").out)
    assert history["runs"][0]["outcome"] == "active"
