"""What holds jobs back: other jobs, frames of them, files, schedules."""

from typing import Any

import pytest

from tests.unit.sandbox.deadline.farm import MISSING, Farm


@pytest.fixture
def farm() -> Farm:
    return Farm()


def test_a_job_waits_for_another_and_for_the_scan(farm: Farm) -> None:
    first = farm.submit()
    second = farm.submit(JobDependencies=first)
    assert farm.state(second) == (6, {"Pending": 4})
    (item,) = farm.job(second)["Props"]["Dep"]
    assert (item["JobID"], item["OverrideResumeOn"]) == (first, False)
    farm.pass_time(59)
    assert (farm.job(first)["Stat"], farm.job(second)["Stat"]) == (3, 6)
    farm.pass_time(2)
    assert farm.state(second) == (1, {"Queued": 4})
    farm.pass_time(60)
    assert farm.job(second)["Stat"] == 3


def test_indexed_dependencies_have_notes(farm: Farm) -> None:
    job = farm.submit(JobDependency0=MISSING, JobDependencyNotes0="why", JobDependency1="other")
    items = farm.job(job)["Props"]["Dep"]
    assert [(one["JobID"], one["Notes"]) for one in items] == [(MISSING, "why"), ("other", "")]


END: list[tuple[str, dict[str, Any], int]] = [
    ("complete", {}, 1),
    ("complete", {"ResumeOnCompleteDependencies": "false"}, 6),
    ("fail", {}, 6),
    ("fail", {"ResumeOnFailedDependencies": "true"}, 1),
    ("delete", {}, 6),
    ("delete", {"ResumeOnDeletedDependencies": "true"}, 1),
    ("archive", {}, 1),
]


@pytest.mark.parametrize(("end", "keys", "state"), END)
def test_the_end_of_the_other_job_decides(
    farm: Farm, end: str, keys: dict[str, Any], state: int
) -> None:
    first = farm.submit(Pool="elsewhere")
    job = farm.submit(Pool="elsewhere", JobDependencies=first, **keys)
    if end == "delete":
        farm.ok("DELETE", "jobs", query={"JobID": first})
    else:
        farm.command("complete" if end == "archive" else end, first)
    if end == "archive":
        farm.command("archive", first)
    farm.pass_time(61)
    assert farm.job(job)["Stat"] == state


def test_one_dependency_may_have_its_own_rule(farm: Farm) -> None:
    first = farm.submit(Pool="elsewhere")
    job = farm.submit(Pool="elsewhere")
    own = {"JobID": first, "OverrideResumeOn": True, "ResumeOnFailed": True}
    farm.save(job, Dep=[own])
    farm.command("fail", first)
    farm.pass_time(61)
    assert farm.job(job)["Stat"] == 1


def test_a_share_of_the_other_job_may_be_enough(farm: Farm) -> None:
    first = farm.submit(MachineLimit=1)
    job = farm.submit(JobDependencies=first, JobDependencyPercentage=50, Pool="elsewhere")
    farm.pass_time(61)
    assert (farm.job(first)["CompletedChunks"], farm.job(job)["Stat"]) == (1, 6)
    farm.pass_time(60)
    assert (farm.job(first)["CompletedChunks"], farm.job(job)["Stat"]) == (3, 1)


def test_frames_wait_for_frames(farm: Farm) -> None:
    first = farm.submit(MachineLimit=1)
    job = farm.submit(JobDependencies=first, IsFrameDependent="true", Pool="elsewhere")
    farm.pass_time(61)
    assert farm.stats(first) == [5, 4, 2, 2]
    assert farm.stats(job) == [2, 8, 8, 8]
    assert farm.job(job)["Stat"] == 1


def test_frames_wait_for_frames_at_an_offset(farm: Farm) -> None:
    first = farm.submit(MachineLimit=1)
    keys: dict[str, Any] = {"FrameDependencyOffsetStart": -1, "FrameDependencyOffsetEnd": 0}
    job = farm.submit(
        JobDependencies=first, IsFrameDependent="true", Frames="2-5", Pool="elsewhere", **keys
    )
    other = farm.submit(JobDependencies=first, IsFrameDependent="true", Pool="elsewhere")
    item = {"JobID": first, "OverrideFrameOffsets": True, "StartOffset": 1, "EndOffset": 1}
    farm.save(other, Dep=[item])
    farm.pass_time(121)
    assert farm.stats(first) == [5, 5, 5, 4]
    assert farm.stats(job) == [2, 2, 8, 8]
    assert farm.stats(other) == [2, 2, 8, 8]


def test_a_pending_job_can_be_released_and_pended(farm: Farm) -> None:
    first = farm.submit(Pool="elsewhere")
    job = farm.submit(JobDependencies=first, Pool="elsewhere")
    farm.command("releasepending", job)
    assert farm.job(job)["Stat"] == 1
    farm.pass_time(200)
    assert farm.job(job)["Stat"] == 1
    farm.command("pend", job)
    assert farm.job(job)["Stat"] == 6
    farm.pass_time(200)
    assert farm.job(job)["Stat"] == 6


@pytest.mark.parametrize(("switch", "state"), [("pending", 6), ("active", 1)])
def test_a_resumed_job_with_unmet_dependencies(farm: Farm, switch: str, state: int) -> None:
    farm.set(resume_unmet=switch)
    first = farm.submit(Pool="elsewhere")
    job = farm.submit(JobDependencies=first, InitialStatus="Suspended")
    assert farm.job(job)["Stat"] == 2
    farm.command("resume", job)
    assert farm.job(job)["Stat"] == state


@pytest.mark.parametrize(
    "keys",
    [
        {"RequiredAssets": "/mnt/gone/a.ma"},
        {"AssetDependency0": "/mnt/gone/a.ma"},
        {"ScriptDependencies": "/mnt/gone/a.py"},
    ],
)
def test_missing_files_hold_a_job_back(farm: Farm, keys: dict[str, Any]) -> None:
    job = farm.submit(Pool="elsewhere", **keys)
    assert farm.job(job)["Stat"] == 6
    farm.set(missing_paths=[])
    farm.pass_time(61)
    assert farm.job(job)["Stat"] == 1


SCHEDULES: list[tuple[dict[str, Any], int]] = [
    ({"ScheduledType": "Once", "ScheduledStartDateTime": "02/03/2026 09:00"}, 3600),
    ({"ScheduledType": "Daily", "ScheduledStartDateTime": "02/03/2026 09:00"}, 3600),
    ({"ScheduledType": "Once", "JobDelay": "00:01:00:00"}, 3600),
    ({"ScheduledType": "Custom", "MondayStartTime": "09:00:00"}, 3600),
    ({"ScheduledType": "Custom", "MondayStopTime": "08:00:00"}, 16 * 3600),
]


@pytest.mark.parametrize(("keys", "seconds"), SCHEDULES)
def test_a_scheduled_job_waits_for_its_time(farm: Farm, keys: dict[str, Any], seconds: int) -> None:
    job = farm.submit(Pool="elsewhere", **keys)
    farm.pass_time(seconds - 1)
    assert farm.job(job)["Stat"] == 6
    farm.pass_time(62)
    assert farm.job(job)["Stat"] == 1


def test_a_time_of_the_server_has_its_offset(farm: Farm) -> None:
    farm.set(utc_offset_min=60)
    job = farm.submit(
        Pool="elsewhere", ScheduledType="Once", ScheduledStartDateTime="02/03/2026 10:00"
    )
    assert farm.job(job)["Props"]["SchdDate"] == "2026-03-02T10:00:00.000+01:00"
    assert farm.save(job, SchdDate="2026-03-02T07:59:00")["Props"]["Schd"] == 1
    farm.pass_time(61)
    assert farm.job(job)["Stat"] == 1


def test_a_schedule_without_a_type_is_none(farm: Farm) -> None:
    assert farm.job(farm.submit(ScheduledStartDateTime="02/03/2027 09:00"))["Stat"] == 1


def test_appended_frames_of_a_waiting_job_wait(farm: Farm) -> None:
    first = farm.submit(Pool="elsewhere")
    job = farm.submit(JobDependencies=first, Pool="elsewhere")
    farm.command("appendjobframerange", job, FrameList="5-6")
    assert farm.state(job) == (6, {"Pending": 6})
