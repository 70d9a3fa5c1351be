"""How jobs end and come back: by their frames, by a person's hand, by a manifest without them."""

from __future__ import annotations

import pytest

from tests.e2e.deadline.farm import (
    BROKEN,
    COMPLETED,
    DAY_S,
    DONE,
    FAILED,
    HELD,
    RENDERING,
    SUSPENDED,
    Farm,
)
from tests.e2e.desk import Done

ADDRESS = "farm/job/beauty"


def rendering(farm: Farm, more: str = "", lifecycle: str = "") -> str:
    """A job of eight frames, of which five render, and one that is not touched; the first's id."""
    farm.job("beauty", "1-8", more, lifecycle)
    farm.job("other", "1", "priority: 1")
    farm.apply()
    farm.work(10)
    return farm.id_of("beauty")


def finished(farm: Farm, more: str = "") -> str:
    farm.job("beauty", "1-4", more)
    farm.apply()
    farm.work()
    return farm.id_of("beauty")


def failed(farm: Farm, lifecycle: str = "") -> str:
    """Of four frames the third has failed; it would not fail again."""
    farm.control.set(switches={"failing_names": ["beauty#3"], "task_errors": 1})
    farm.job("beauty", "1-4", "", lifecycle)
    farm.apply()
    farm.work()
    farm.control.set(switches={"failing_names": []})
    assert farm.stat("beauty") == [BROKEN]
    return farm.id_of("beauty")


def require_held(farm: Farm, *words: str) -> None:
    """It is told and left alone, plan after plan."""
    before = farm.desk.changes()
    for told in (farm.plan(), farm.apply()):
        assert all(each in told.out for each in ("held", *words)), told.out
    assert farm.desk.changes() == before


# --- finished -------------------------------------------------------------------------------------


@pytest.mark.parametrize("remembered_by", ["wait", "plan"])
def test_a_job_that_finished_and_is_gone_is_not_submitted_again(
    farm: Farm, remembered_by: str
) -> None:
    """Whatever command saw its end."""
    first = finished(farm)
    assert farm.desk.run(remembered_by).code == 0
    farm.delete(first)
    farm.require_idle()
    assert farm.jobs("beauty", "deleted")
    farm.purge(first)
    farm.require_idle()
    assert not farm.jobs("beauty")


def test_a_job_cleaned_up_as_it_says_counts_as_finished_though_nobody_saw_its_end(
    farm: Farm,
) -> None:
    finished(farm, "cleanup: {days: 2}")
    farm.work(4 * DAY_S)
    assert not farm.jobs("beauty")
    assert "presumed finished" in farm.plan().out
    farm.require_idle()


def test_a_job_purged_before_anybody_saw_its_end_is_held_as_lost(farm: Farm) -> None:
    farm.purge(finished(farm))
    require_held(farm, "lost", f"rerun {ADDRESS}")


# --- a person's hand ------------------------------------------------------------------------------


def test_a_job_that_a_person_suspends_and_resumes_is_left_to_them(farm: Farm) -> None:
    first = rendering(farm)
    farm.command("suspend", first)
    farm.require_idle()
    farm.work(60)
    farm.require_idle()
    assert (farm.stat("beauty"), farm.renders(farm.one("beauty"))) == ([HELD], 0)
    assert "suspended" in farm.desk.run("status").out
    farm.command("resume", first)
    farm.work()
    farm.require_idle()
    assert farm.stat("beauty") == [DONE]


def test_a_job_that_a_person_deletes_is_held_and_theirs_to_bring_back(farm: Farm) -> None:
    first = rendering(farm)
    farm.delete(first)
    require_held(farm, "cancelled", f"rerun {ADDRESS}")
    farm.command("undelete", first)
    farm.require_idle()
    farm.purge(first)
    require_held(farm, "cancelled")
    assert farm.desk.run("rerun", ADDRESS, "-auto-approve").code == 0
    assert farm.stat("beauty") == [1]
    farm.require_idle()


def test_what_a_person_edits_is_drift_with_both_values_and_goes_back(farm: Farm) -> None:
    first = rendering(farm, "priority: 60")
    farm.edit(first, Pri=5, Cmmt="mine")
    farm.command("setjobmachinelimit", first, Limit=2)
    told = farm.plan().out
    assert "update: drifted" in told
    for line in ("5 -> 60", '"mine" -> (not set)', "{maximum: 2} -> (not set)"):
        assert line in told
    farm.apply()
    props = farm.one("beauty")["Props"]
    assert (props["Pri"], props["Cmmt"], props["MachLmt"]) == (60, "", 0)
    farm.require_idle()


def test_work_that_a_person_edits_is_told_and_not_run_again(farm: Farm) -> None:
    first = rendering(farm, "pluginInfo: {SceneFile: v1}")
    farm.edit(first, PlugInfo={"SceneFile": "mine"})
    told = farm.plan().out
    assert '"mine" -> "v1"' in told
    assert "No changes." in told
    farm.require_idle()
    assert farm.id_of("beauty") == first


def test_a_failed_job_that_a_person_resumes_succeeds_as_the_same_run(farm: Farm) -> None:
    first = failed(farm)
    require_held(farm, "farm/job/beauty (3): failed")
    assert farm.desk.run("wait").code == 11
    farm.command("resumefailed", first)
    farm.require_idle()
    farm.work()
    farm.require_idle()
    assert (farm.stat("beauty"), farm.renders(farm.one("beauty"))) == ([DONE], 4), "each once"


def test_failed_frames_alone_run_again_as_often_as_the_manifest_says(farm: Farm) -> None:
    failed(farm, "onFailure: rerun, maxAttempts: 2")
    farm.control.set(switches={"failing_names": ["beauty#3"]})
    assert "run: frames 3, attempt 2" in farm.apply().out
    farm.work()
    require_held(farm, "failed")
    assert [[*farm.tasks(each)] for each in farm.jobs("beauty")] == [[*"1234"], ["3"]]


# --- dropped from the manifests -------------------------------------------------------------------


def pruned(farm: Farm) -> Done:
    """The job leaves the manifests; once something is sent, the farm's time moves."""
    farm.withdraw("Job", "beauty")
    orphan = farm.plan().out
    assert ("1 orphan" in orphan, "No changes." in orphan) == (True, True)
    before = len(farm.desk.changes())
    process = farm.desk.start("apply", "-auto-approve", "-prune")
    farm.desk.await_that(lambda: len(farm.desk.changes()) > before, process)
    farm.work(60)
    done = farm.desk.end(process)
    assert done.code == 0, done.said
    assert "No changes." in farm.plan("-prune").out
    return done


@pytest.mark.parametrize("reading", ["success", "error"])
def test_a_dropped_job_is_suspended_then_failed(farm: Farm, reading: str) -> None:
    farm.control.set(switches={"wrong_state": reading})
    rendering(farm)
    assert "1 terminated" in pruned(farm).out
    job = farm.one("beauty")
    assert (job["Stat"], {*farm.tasks(job).values()}) == (BROKEN, {FAILED})
    assert farm.stat("other") != [BROKEN]


def test_a_dropped_job_may_end_as_complete(farm: Farm) -> None:
    rendering(farm, "stopAs: complete")
    pruned(farm)
    assert farm.stat("beauty") == [DONE]


@pytest.mark.parametrize(("how", "where"), [("delete", "jobs"), ("archive", "archived")])
def test_a_dropped_job_is_put_where_its_manifest_said(farm: Farm, how: str, where: str) -> None:
    first = rendering(farm, "", f"onRemove: {how}")
    pruned(farm)
    assert first not in farm.control.objects("jobs")
    assert len(farm.jobs("beauty", where)) == (how == "archive")


def test_a_dropped_job_that_drains_renders_what_it_began(farm: Farm) -> None:
    rendering(farm, "", "whenRunning: drain")
    farm.withdraw("Job", "beauty")
    before = len(farm.desk.changes())
    process = farm.desk.start("apply", "-auto-approve", "-prune")
    farm.desk.await_that(lambda: len(farm.desk.changes()) > before, process)
    there = [*farm.tasks(farm.one("beauty")).values()]
    assert (there.count(RENDERING), there.count(SUSPENDED)) == (5, 3)
    assert "stopping" in farm.desk.run("status").out
    farm.work(60)
    assert farm.desk.end(process).code == 0
    ended = [*farm.tasks(farm.one("beauty")).values()]
    assert (ended.count(COMPLETED), ended.count(FAILED)) == (5, 3)
    assert "No changes." in farm.plan("-prune").out


@pytest.mark.parametrize("reading", ["refuse", "accept"])
def test_a_protected_job_is_deleted_only_where_the_farm_lets_it(farm: Farm, reading: str) -> None:
    farm.control.set(switches={"protected_delete": reading})
    rendering(farm, "protected: true", "onRemove: delete")
    farm.withdraw("Job", "beauty")
    done = farm.desk.apply("-prune")
    if reading == "accept":
        assert (done.code, farm.jobs("beauty")) == (0, []), done.said
    else:
        assert (done.code, len(farm.jobs("beauty"))) == (1, 1), done.said
        assert "set protected: false and apply" in done.said
