"""The days of a shot: it ends, it is removed, it grows, it moves, and nothing runs twice."""

from __future__ import annotations

import pytest

from tests.e2e.desk import Desk

DAY_S = 86_400
HOUR_S = 3_600


@pytest.fixture
def finished(desk: Desk) -> Desk:
    """All of the shot has succeeded, and that was seen."""
    assert desk.apply().code == 0
    desk.control.advance(HOUR_S)
    assert desk.run("wait").code == 0
    return desk


def sent(desk: Desk, *arguments: str) -> list[str]:
    """What an apply that does all it has to changes at the vendor."""
    before = len(desk.changes())
    done = desk.apply(*arguments)
    assert done.code == 0, done.said
    return desk.changes()[before:]


def test_what_has_ended_and_was_removed_is_no_change(finished: Desk) -> None:
    finished.require_idle()
    finished.control.advance(30 * DAY_S)
    assert finished.made("tasks") == {}, "the vendor has removed them"
    finished.require_settled()
    finished.require_idle()
    seen = finished.run("status").out
    assert seen.count("succeeded") >= 3, seen


def test_frames_that_are_added_are_all_that_runs(finished: Desk) -> None:
    finished.edit("shot", "frames: 1-4", "frames: 1-6")
    plan = finished.run("plan").out
    assert "5-6" in plan, plan
    assert sent(finished) == ["POST /tasks"]
    first, second = finished.made("tasks")["shot/beauty"]
    assert (first["state"], second["advancedRanges"]) == ("Success", "5-6")
    finished.control.advance(HOUR_S)
    finished.require_idle()
    finished.edit("shot", "frames: 1-6", "frames: 1-2")
    finished.require_idle()


def test_a_job_that_is_over_is_made_again_with_only_what_has_not_run(finished: Desk) -> None:
    (job,) = finished.made("jobs")["shot"]
    finished.ask("POST", f"/jobs/{job['uuid']}/terminate")
    finished.control.advance(60)
    finished.require_idle()
    finished.edit("shot", "    - {name: comp,", "    - {name: more, instances: 1, dependsOn: "
                  "[layout, beauty]}\n    - {name: comp,")  # fmt: skip
    assert sent(finished) == ["POST /jobs", "POST /tasks"]
    _, again = finished.made("jobs")["shot"]
    (more,) = finished.made("tasks")["shot/more"]
    assert more["jobUuid"] == again["uuid"]
    assert not (more.get("dependencies") or {}).get("dependsOn"), "what it needs has succeeded"
    finished.control.advance(HOUR_S)
    assert finished.task("shot/more")["state"] == "Success"
    finished.require_idle()


def test_what_needs_failed_work_of_a_job_that_is_over_is_blocked(desk: Desk) -> None:
    desk.edit("shot", "{name: layout,", "{name: layout, constants: {DOCKER_CMD: exit 1},")
    assert desk.apply().code == 0
    desk.control.advance(HOUR_S)
    (job,) = desk.made("jobs")["shot"]
    desk.ask("POST", f"/jobs/{job['uuid']}/terminate")
    desk.control.advance(60)
    desk.edit("shot", "    - {name: comp,", "    - {name: more, instances: 1, dependsOn: [layout]}"
              "\n    - {name: comp,")  # fmt: skip
    before = desk.changes()
    done = desk.apply()
    assert (done.code, "shot/layout" in done.said) == (5, True), done.said
    assert desk.changes() == before


@pytest.mark.parametrize("its_tasks", ["cancel", "keep"])
def test_work_on_a_pool_that_is_replaced_runs_again_on_the_new_one(
    desk: Desk, its_tasks: str
) -> None:
    desk.control.set(switches={"close_pool_tasks": its_tasks, "closing_s": 0})
    desk.edit("shot", "frames: 1-4,", "frames: 1-4, constants: {DOCKER_CMD: sleep 90000},")
    assert desk.apply().code == 0
    desk.control.advance(HOUR_S)
    assert desk.task("shot/layout")["state"] == "Success"
    desk.edit("shot", "profile: docker-batch", "profile: docker-network")
    plan = desk.run("plan").out
    assert "stops unfinished work: farm/task/shot/beauty, farm/task/shot/comp" in plan, plan
    done = desk.apply_meanwhile(1)
    assert done.code == 0, done.said
    made = desk.made("tasks")
    assert {name: len(all_) for name, all_ in made.items()} == {
        "shot/layout": 1,
        "shot/beauty": 2,
        "shot/comp": 2,
    }
    assert [each["state"] for each in made["shot/beauty"]] == ["Cancelled", "Submitted"]
    assert made["shot/beauty"][-1]["poolUuid"] == desk.pool("farm")
    desk.require_idle()
    desk.control.advance(40 * HOUR_S)
    assert desk.task("shot/comp")["state"] == "Success"
    desk.require_idle()


def test_a_work_that_is_renamed_does_not_run_again(finished: Desk) -> None:
    finished.edit("shot", "{name: comp,", "{name: final, lifecycle: {renamedFrom: comp},")
    finished.require_idle()
    finished.edit("shot", "lifecycle: {renamedFrom: comp}, ", "")
    finished.require_idle()
    finished.control.advance(30 * DAY_S)
    finished.require_idle()


def test_back_to_what_had_succeeded_runs_nothing(finished: Desk) -> None:
    """A done, B active, back to A: nothing happens before B is over, and nothing after."""
    was, other = "{name: layout,", "{name: layout, constants: {DOCKER_CMD: sleep 20000},"
    finished.edit("shot", was, other)
    assert sent(finished) == ["POST /tasks"]
    finished.edit("shot", other, was)
    before = finished.changes()
    assert finished.apply().code == 5
    finished.control.advance(10 * HOUR_S)
    finished.require_idle()
    assert finished.changes() == before


def test_a_lost_state_is_rebuilt_and_nothing_runs_again(finished: Desk) -> None:
    finished.declare("beside", "{profile: docker-batch, instanceCount: 1}")
    layout = finished.task("shot/layout")["uuid"]
    finished.ask("DELETE", f"/tasks/{layout}")
    for each in (finished.folder / ".reconciler").iterdir():
        each.unlink()
    lost = finished.apply()
    assert (lost.code, "state rebuild" in lost.err) == (1, True), lost.said
    rebuilt = finished.run("state", "rebuild")
    assert rebuilt.code == 0, rebuilt.said
    assert sent(finished) == ["POST /pools"], "only what was never there"
    held = finished.run("plan")
    assert "farm/task/shot/layout" in held.out, "what has no object any more may have run: held"
    assert "rerun" in held.out
    assert len(finished.made("tasks")) == 2
    finished.require_idle()
