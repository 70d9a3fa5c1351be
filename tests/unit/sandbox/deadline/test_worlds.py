"""Seeded worlds, the true contents, and a world that is kept."""

import json
from typing import Any

import pytest

from reconciler.sandbox.sandbox import WorldError
from tests.unit.sandbox.deadline.farm import Farm

INFO = {"Plugin": "Nuke", "Frames": "1-2"}


def seeded(**job: Any) -> Farm:
    """A farm with one more job."""
    return Farm({"jobs": [{"JobInfo": {**INFO, "Name": "a"}, **job}]})


@pytest.mark.parametrize(
    ("state", "stat"),
    [("Active", 1), ("Suspended", 2), ("Pending", 6), ("Completed", 3), ("Failed", 4)],
)
def test_a_seeded_job_stands_in_its_state_since_its_age(state: str, stat: int) -> None:
    farm = seeded(state=state, age_s=3600)
    (job,) = farm.get("jobs")
    assert (job["Stat"], job["Date"]) == (stat, "2026-03-02T07:00:00.000+00:00")
    if state in {"Completed", "Failed"}:
        assert job["DateStart"] == job["Date"]


def test_seeded_jobs_may_be_gone() -> None:
    assert len(seeded(state="Deleted").get("jobs", Deleted="true")) == 1
    archived = seeded(state="Archived").vendor.objects()["archived"]
    assert archived[0]["File"].endswith(".zip")


def test_a_job_that_counts_many_is_copied_with_numbers() -> None:
    farm = seeded(count=3, state="Completed")
    assert [job["Props"]["Name"] for job in farm.get("jobs")] == ["a-00001", "a-00002", "a-00003"]
    first, second, _ = farm.get("jobs", IdOnly="true")
    farm.command("appendjobframerange", first, FrameList="9")
    assert (len(farm.tasks(first)), len(farm.tasks(second))) == (3, 2)
    farm.save(first, ExDic={"a": "b"})
    assert farm.job(second)["Props"]["ExDic"] == {}


def test_dependencies_may_be_names() -> None:
    jobs = [
        {"JobInfo": {**INFO, "Name": "a"}},
        {"JobInfo": {**INFO, "Name": "b", "JobDependencies": "a"}},
        {"JobInfo": {**INFO, "Name": "c", "JobDependency0": "b"}},
    ]
    farm = Farm({"jobs": jobs})
    found = farm.get("jobs")
    ids = [job["_id"] for job in found]
    assert [[one["JobID"] for one in job["Props"]["Dep"]] for job in found] == [
        [],
        ids[:1],
        ids[1:2],
    ]


def test_the_rest_of_a_world() -> None:
    farm = Farm(
        {
            "settings": {"switches": {"frame_s": 1}, "quotas": {"maximumPriority": 7}},
            "workers": [{"Name": "n", "Pools": ["film"], "Procs": 4, "Cmmt": "x", "Stat": 3}],
            "pools": ["Film"],
            "groups": ["cpu"],
            "limits": [{"Name": "nuke", "Limit": 3}],
        }
    )
    assert (farm.get("pools"), farm.get("groups")) == (["none", "film"], ["none", "cpu"])
    assert farm.get("limitgroups", Name="nuke")["Props"]["Limit"] == 3
    (worker,) = farm.get("slaves", Data="infosettings")
    assert (worker["Info"]["Procs"], worker["Info"]["Stat"]) == (4, 3)
    assert (worker["Settings"]["Cmmt"], worker["Settings"]["Pools"]) == ("x", ["film"])
    assert farm.get("maximumpriority") == 7


@pytest.mark.parametrize(
    ("world", "says"),
    [
        ([], "a deadline world is an object"),
        ({"job": []}, "a deadline world is an object"),
        ({"settings": {"switches": {"x": 1}}}, "deadline settings"),
        ({"jobs": [{}]}, r"jobs\[0\]"),
        ({"jobs": [{"JobInfo": {}}]}, "no Plugin"),
        ({"jobs": [{"JobInfo": INFO, "state": "Asleep"}]}, "state is one of"),
        ({"jobs": [{"JobInfo": INFO, "age_s": -1}]}, "age_s"),
        ({"workers": [{}]}, r"workers\[0\]"),
        ({"workers": [{"Name": "a", "Ram": 1}]}, "a worker has no Ram"),
        ({"pools": [7]}, "a name is a string"),
        ({"limits": [{"Name": "a", "Limit": "x"}]}, r"limits\[0\]"),
    ],
)
def test_a_world_that_can_not_be_used_says_why(world: Any, says: str) -> None:
    with pytest.raises(WorldError, match=says):
        Farm(world)


def full_farm() -> Farm:
    """A farm in the middle of everything."""
    world = {"limits": [{"Name": "nuke", "Limit": 2}], "pools": ["film"], "users": ["ana"]}
    farm = Farm(world)
    farm.set(failing_names=["comet#2"], job_names_case="fold")
    first = farm.submit(Frames="1-9", LimitGroups="nuke", PreJobScript="a.py")
    farm.submit(JobDependencies=first, Pool="film")
    farm.ok("DELETE", "jobs", query={"JobID": farm.submit()})
    farm.command("archive", farm.submit(InitialStatus="Suspended"))
    farm.pass_time(80)
    farm.command("suspend", first)
    return farm


def test_a_kept_world_goes_on_as_if_nothing_had_happened() -> None:
    farm = full_farm()
    kept = json.loads(json.dumps(farm.vendor.saved()))
    other = Farm(saved=kept, start_s=farm.clock.now_s())
    assert other.vendor.objects() == farm.vendor.objects()
    assert other.vendor.settings() == farm.vendor.settings()
    for one in (farm, other):
        one.command("resume", one.get("jobs", IdOnly="true")[0])
        one.pass_time(2000)
    assert other.vendor.objects() == farm.vendor.objects()
    assert other.submit() == farm.submit()


def test_a_damaged_world_is_refused() -> None:
    kept = full_farm().vendor.saved()
    for name in ("jobs", "workers", "timeline", "switches"):
        with pytest.raises(WorldError, match="deadline is damaged"):
            Farm(saved={**kept, name: [{}] if name != "switches" else {"x": 1}})


def test_the_true_contents_show_what_answers_do_not() -> None:
    farm = full_farm()
    found = farm.vendor.objects()
    assert list(found) == [
        "jobs", "deleted", "archived", "pools", "groups", "limits", "workers", "history",
    ]  # fmt: skip
    assert found["jobs"][0]["tasks"][0]["TaskID"] == -1
    assert found["limits"][0]["holders"] == ["node01", "node02"]
    assert found["pools"] == [{"_id": "none", "workers": []}, {"_id": "film", "workers": []}]
