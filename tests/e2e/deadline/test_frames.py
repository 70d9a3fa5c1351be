"""Frames that are added: appended while the job is there, submitted alone once it is gone."""

from __future__ import annotations

import pytest

from tests.e2e.deadline.farm import BROKEN, COMPLETED, DONE, QUEUED, RENDERING, Farm

MORE = "1-6,9,7"
"""Two more than 1-6, in an order of their own."""


def begun(farm: Farm, chunk: int, seconds: float, *failing: str) -> str:
    """Six frames that have rendered for so long; the job's id."""
    farm.control.set(switches={"failing_names": list(failing), "task_errors": 1})
    farm.job("beauty", "1-6", f"chunkSize: {chunk}")
    farm.apply()
    farm.work(seconds)
    farm.control.set(switches={"failing_names": []})
    return farm.id_of("beauty")


def grow(farm: Farm, chunk: int) -> str:
    """What the plan says of two more frames; they are applied."""
    farm.job("beauty", MORE, f"chunkSize: {chunk}")
    said = farm.plan().out
    assert farm.apply().out.startswith(said.partition("Plan:")[0].partition("\n")[0])
    return said


@pytest.mark.parametrize("seconds", [10, 3600], ids=["active", "finished"])
def test_frames_of_their_own_leave_finished_ones_finished(farm: Farm, seconds: float) -> None:
    first = begun(farm, 1, seconds)
    there = farm.tasks(farm.one("beauty"))
    told = grow(farm, 1)
    assert "adds 7,9 to the run that is there" in told
    assert "again" not in told
    added = {"9": QUEUED, "7": QUEUED}
    assert farm.tasks(farm.one("beauty")) == {**there, **added}
    assert [*farm.tasks(farm.one("beauty"))] == [*"123456", "9", "7"], "in the order of the list"
    farm.require_idle()
    farm.work()
    assert (farm.id_of("beauty"), farm.stat("beauty")) == (first, [DONE])
    assert farm.renders(farm.one("beauty")) == 8, "each once"
    farm.require_idle()


def test_frames_added_to_a_failed_job_leave_its_finished_ones_finished(farm: Farm) -> None:
    begun(farm, 1, 3600, "beauty#3")
    grow(farm, 1)
    farm.work()
    job = farm.one("beauty")
    assert (farm.renders(job), farm.tasks(job)["3"]) == (7, 6)
    assert "farm/job/beauty (3): failed" in farm.plan().out
    assert farm.stat("beauty") == [BROKEN]
    told = farm.desk.run("rerun", "farm/job/beauty", "-auto-approve")
    assert "run: frames 3, attempt 2" in told.out
    farm.work()
    assert [*farm.tasks(farm.jobs("beauty")[1])] == ["3"]
    farm.require_idle()


@pytest.mark.parametrize(
    ("reading", "seconds"),
    [("fill", 3600), ("new_task", 10)],
    ids=["filled, finished", "kept, active"],
)
def test_a_last_chunk_that_is_not_full_may_run_again_and_the_plan_says_so(
    farm: Farm, seconds: float, reading: str
) -> None:
    farm.control.set(switches={"append_short_chunk": reading})
    first = begun(farm, 4, seconds)
    assert "5-6 may run again: the last portion there is not full" in grow(farm, 4)
    tasks = farm.tasks(farm.one("beauty"))
    assert [*tasks] == (["1-4", "5,6,9,7"] if reading == "fill" else ["1-4", "5-6", "9,7"])
    assert tasks["1-4"] == (COMPLETED if seconds > 60 else RENDERING)
    farm.require_idle()
    farm.work()
    assert (farm.id_of("beauty"), farm.stat("beauty")) == (first, [DONE])
    farm.require_idle()


@pytest.mark.parametrize(("chunk", "way"), [(1, "purge"), (4, "delete")])
def test_frames_added_once_the_job_is_gone_are_a_job_of_the_missing_ones(
    farm: Farm, chunk: int, way: str
) -> None:
    first = begun(farm, chunk, 3600)
    assert farm.desk.run("wait").code == 0
    getattr(farm, way)(first)
    assert "run: frames 7,9, attempt 2" in grow(farm, chunk)
    assert [*farm.tasks(farm.one("beauty"))] == (["9", "7"] if chunk == 1 else ["9,7"])
    farm.require_idle()
    farm.work()
    farm.require_idle()
    assert farm.renders(farm.one("beauty")) == (2 if chunk == 1 else 1)


def test_the_order_of_a_list_is_kept_coarse_frames_first(farm: Farm) -> None:
    farm.declare(
        "Job",
        "beauty",
        "plugin: Nuke, tasks: [{name: coarse, frames: 1-9x4}, {name: rest, frames: 1-9}]",
    )
    farm.apply()
    assert [*farm.tasks(farm.one("beauty"))] == ["1", "5", "9", "2", "3", "4", "6", "7", "8"]
    farm.require_idle()


@pytest.mark.parametrize("reading", ["as_sent", "normalised"])
def test_fewer_frames_and_another_spelling_change_nothing(farm: Farm, reading: str) -> None:
    farm.control.set(switches={"frames_text": reading})
    begun(farm, 1, 10)
    for frames in ("1,2,3,4,5,6", "1-3,4-6", "1-4"):
        farm.job("beauty", frames, "chunkSize: 1")
        farm.require_idle()
    farm.work()
    farm.require_idle()


def test_frames_a_person_has_added_already_are_not_added_again(farm: Farm) -> None:
    first = begun(farm, 1, 10)
    farm.command("appendjobframerange", first, FrameList="9,7")
    farm.require_idle()
    farm.job("beauty", MORE, "chunkSize: 1")
    farm.apply()
    assert [*farm.tasks(farm.one("beauty"))] == [*"123456", "9", "7"]
    farm.work()
    farm.require_idle()
    assert farm.renders(farm.one("beauty")) == 8
