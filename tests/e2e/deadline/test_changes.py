"""What a manifest changes of a job that is there: steered, left alone, or made anew."""

from __future__ import annotations

import pytest

from tests.e2e.deadline.farm import BROKEN, COMPLETED, DONE, FAILED, Farm

SCENE = "pluginInfo: {SceneFile: %s}"


def rendering(farm: Farm, lifecycle: str = "") -> str:
    """A job of eight frames, of which five render; its id."""
    farm.job("beauty", "1-8", SCENE % "v1", lifecycle)
    farm.apply()
    farm.work(10)
    return farm.id_of("beauty")


# --- nothing to do --------------------------------------------------------------------------------


def other_readings(farm: Farm) -> dict[str, str]:
    """Every switch of a few words on its last one: each doubtful point read the other way."""
    words = {name: each["takes"].split(" | ") for name, each in farm.control.switches().items()}
    return {name: each[-1] for name, each in words.items() if len(each) > 1}


@pytest.mark.parametrize("reading", ["as guessed", "all the other way"])
def test_a_shot_is_planned_applied_steered_grown_and_stays_done(farm: Farm, reading: str) -> None:
    """Whatever the vendor means by what its pages leave open."""
    if reading != "as guessed":
        farm.control.set(switches=other_readings(farm))
    farm.declare("Pool", "film", "workers: [node01, {name: NODE02, position: 1}]")
    farm.declare("Group", "Big", "workers: [node01, node02]")
    farm.declare("Limit", "nuke", "maximum: 2, exemptWorkers: [gpu01], releaseAt: 50")
    used = "pool: film, group: Big, limits: [nuke]"
    farm.job("light", "10-1,20", f"{used}, timeout: 90m, pluginInfo: {{BatchMode: true}}")
    farm.job("comp", "1-4", f"{used}, dependsOn: [light], concurrentTasks: 2, chunkSize: 3")
    farm.apply()
    farm.require_idle()
    first = farm.id_of("light")
    farm.job("light", "10-1,20,15", f"{used}, priority: 70, pluginInfo: {{BatchMode: true}}")
    farm.apply()
    farm.require_idle()
    farm.work()
    farm.require_idle()
    assert (farm.id_of("light"), farm.stat("light"), farm.stat("comp")) == (first, [DONE], [DONE])
    assert farm.one("light")["DateComp"] <= farm.one("comp")["DateStart"], "one after the other"
    assert farm.one("light")["ComFra"] == 12, "each frame once"
    farm.purge(first)
    farm.require_idle()


# --- steered --------------------------------------------------------------------------------------

STEERING = (
    *("priority: 90", "comment: rush", "onComplete: archive", "batchName: film"),
    *("pool: film", "limits: [nuke]", "deniedWorkers: [gpu01]"),
    "machineLimit: {maximum: 1, progress: 50}",
    "notificationEmails: [a@studio.example]",
)


def test_steering_a_job_keeps_its_id_there_and_back(farm: Farm) -> None:
    farm.declare("Pool", "film", "workers: [node01]")
    farm.declare("Limit", "nuke", "maximum: 2")
    first = rendering(farm)
    for steered in (STEERING, (), STEERING[4:]):
        farm.job("beauty", "1-8", ", ".join([SCENE % "v1", *steered]))
        told = farm.apply().out
        assert "1 to update" in told
        assert all(f"    {each.partition(':')[0]}" in told for each in steered)
        farm.require_idle()
        assert (farm.id_of("beauty"), farm.stat("beauty")) == (first, [1]), "it renders on"
    props = farm.one("beauty")["Props"]
    assert (props["Pool"], props["MachLmt"], props["ListedSlaves"]) == ("film", 1, ["gpu01"])
    assert (props["Pri"], props["Cmmt"], props["OnComp"]) == (50, "", 2), "back to the defaults"


def test_a_value_the_farm_does_not_keep_is_told_once_and_never_fought(farm: Farm) -> None:
    farm.control.set(switches={"save_ignored": ["Dept"]})
    first = rendering(farm)
    farm.job("beauty", "1-8", f"{SCENE % 'v1'}, department: fx, priority: 70")
    assert "the vendor did not keep department" in farm.apply().out
    assert farm.one("beauty")["Props"]["Pri"] == 70
    assert "department is not honoured" in farm.plan().out
    farm.require_idle()
    assert farm.id_of("beauty") == first


# --- new work -------------------------------------------------------------------------------------


def other_scene(farm: Farm, lifecycle: str = "") -> None:
    farm.job("beauty", "1-8", SCENE % "v2", lifecycle)


def scenes(farm: Farm) -> list[str]:
    """What our jobs render, the oldest first."""
    return [each["Props"]["PlugInfo"]["SceneFile"] for each in farm.jobs("beauty")]


def test_another_scene_is_refused_while_the_old_one_renders(farm: Farm) -> None:
    rendering(farm)
    other_scene(farm)
    before = farm.desk.changes()
    told = farm.apply(code=5).out
    assert "blocked" in told
    assert "stop farm/job/beauty" in told
    assert farm.desk.changes() == before


def test_another_scene_waits_until_the_old_one_is_over(farm: Farm) -> None:
    rendering(farm, "onChange: wait")
    other_scene(farm, "onChange: wait")
    assert "waiting" in farm.apply().out
    assert scenes(farm) == ["v1"]
    farm.work()
    farm.apply()
    farm.require_idle()
    assert (scenes(farm), farm.stat("beauty")) == (["v1", "v2"], [DONE, 1])


@pytest.mark.parametrize(
    ("lifecycle", "rendered"),
    [("onChange: replace", 0), ("onChange: replace, whenRunning: drain", 5)],
    ids=["stopped", "drained"],
)
def test_another_scene_replaces_the_old_one(farm: Farm, lifecycle: str, rendered: int) -> None:
    """Stopped, the frames under way are lost; drained, they come to their end."""
    rendering(farm)
    other_scene(farm, lifecycle)
    done = farm.desk.apply_meanwhile(60)
    assert done.code == 0, done.said
    old, _ = farm.jobs("beauty")
    ended = [*farm.tasks(old).values()]
    assert (ended.count(COMPLETED), ended.count(FAILED)) == (rendered, 8 - rendered)
    assert farm.renders(old) == rendered
    farm.require_idle()
    farm.work()
    farm.require_idle()
    assert (scenes(farm), farm.stat("beauty")) == (["v1", "v2"], [BROKEN, DONE])


def test_back_to_a_scene_that_was_rendered_runs_nothing(farm: Farm) -> None:
    rendering(farm)
    farm.work()
    other_scene(farm)
    farm.apply()
    farm.work()
    farm.job("beauty", "1-8", SCENE % "v1")
    farm.require_idle()
    assert scenes(farm) == ["v1", "v2"]


# --- requirements ---------------------------------------------------------------------------------


def test_requirements_choose_workers_of_the_live_farm_and_the_plan_names_them(farm: Farm) -> None:
    farm.job("sim", "1-2", "requirements: {cpu: 32, memory: 100GiB}")
    assert "selection, not reservation: gpu01, node03, node04" in farm.plan().out
    farm.apply()
    props = farm.one("sim")["Props"]
    assert (props["ListedSlaves"], props["White"]) == (["gpu01", "node03", "node04"], True)
    farm.require_idle()


def test_the_sites_own_table_comes_before_the_live_workers(farm: Farm) -> None:
    farm.desk.account += "      capabilities: {group: {big: {cpu: 32, memory: 128GiB}}}\n"
    farm.desk.point_at(farm.desk.url)
    farm.job("sim", "1-2", "requirements: {cpu: 32, memory: 100GiB}")
    assert "there is no group 'big'" in farm.plan(code=5).out
    farm.declare("Group", "big", "workers: [node03, node04]")
    farm.apply()
    props = farm.one("sim")["Props"]
    assert (props["Grp"], props["ListedSlaves"]) == ("big", [])
    farm.require_idle()


def test_requirements_that_no_worker_meets_name_the_nearest_and_submit_nothing(farm: Farm) -> None:
    farm.job("sim", "1-2", "requirements: {cpu: 128, memory: 64GiB}")
    told = farm.apply(code=5).out
    assert "no group, pool or worker of the farm has 128 cpu" in told
    assert "gpu01 with 64 cpu, 256 GiB" in told
    assert not farm.desk.changes()
