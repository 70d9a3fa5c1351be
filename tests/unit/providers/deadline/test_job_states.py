"""What a Deadline job that is there comes to in our words, whatever a build of the farm shows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import Settled, Usage
from reconciler.providers.deadline.frames import in_order
from reconciler.providers.deadline.kinds.job_table import PLAIN
from reconciler.providers.deadline.translate_job import from_job, with_tasks
from reconciler.ranges import ranges
from tests.strategies import LAW
from tests.unit.providers.deadline.strategies import frames
from tests.unit.providers.deadline.wanted import shown
from tests.unit.sandbox.deadline.farm import Farm

UNKNOWN, ACTIVE, SUSPENDED, COMPLETED, FAILED, PENDING = 0, 1, 2, 3, 4, 6
FARM = Farm({})
STOPPED = {"reconciler_stopped": "yes"}
STOPPED_AS_COMPLETE = {**STOPPED, "reconciler_stop": "complete"}


def job(stat: Any, rendering: int = 0, notes: Any = None, **more: Any) -> Any:
    props = {"Frames": "1-4", "ExDic": notes or {}}
    return {"_id": "a1", "Stat": stat, "RenderingChunks": rendering, "Props": props, **more}


@pytest.mark.parametrize(
    ("stat", "rendering", "notes", "settled", "word"),
    [
        (ACTIVE, 0, {}, Settled.IN_PROGRESS, "Queued"),
        (ACTIVE, 2, {}, Settled.IN_PROGRESS, "Rendering"),
        (SUSPENDED, 0, {}, Settled.SUSPENDED, "Suspended"),
        (SUSPENDED, 2, {}, Settled.DRAINING, "Suspended"),
        (COMPLETED, 0, {}, Settled.SUCCEEDED, "Completed"),
        (FAILED, 0, {}, Settled.FAILED, "Failed"),
        (FAILED, 1, {}, Settled.TERMINATING, "Failed"),
        (PENDING, 0, {}, Settled.IN_PROGRESS, "Pending"),
        (UNKNOWN, 0, {}, Settled.UNKNOWN, "Unknown"),
        (5, 0, {}, Settled.UNKNOWN, "Unknown"),
        (None, 0, {}, Settled.UNKNOWN, "Unknown"),
        ("Active", 0, {}, Settled.UNKNOWN, "Unknown"),
        (FAILED, 0, STOPPED, Settled.CANCELLED, "Failed"),
        (FAILED, 1, STOPPED, Settled.TERMINATING, "Failed"),
        (COMPLETED, 0, STOPPED_AS_COMPLETE, Settled.CANCELLED, "Completed"),
        (COMPLETED, 1, STOPPED_AS_COMPLETE, Settled.TERMINATING, "Completed"),
        # a stop that was cut off before its last call, or that a person undid, is none
        (SUSPENDED, 0, STOPPED, Settled.SUSPENDED, "Suspended"),
        (ACTIVE, 0, STOPPED, Settled.IN_PROGRESS, "Queued"),
        (COMPLETED, 0, STOPPED, Settled.SUCCEEDED, "Completed"),
    ],
)
def test_a_state_is_told_in_our_words_and_in_the_farms(
    stat: Any, rendering: int, notes: dict[str, str], settled: Settled, word: str
) -> None:
    found = from_job(job(stat, rendering, notes))
    assert (found.settled, found.state) == (settled, word)


@pytest.mark.parametrize(
    ("stat", "notes", "settled", "word"),
    [
        (COMPLETED, {}, Settled.SUCCEEDED, "Deleted (Completed)"),
        (FAILED, {}, Settled.CANCELLED, "Deleted (Failed)"),
        (ACTIVE, {}, Settled.CANCELLED, "Deleted (Queued)"),
        (SUSPENDED, {}, Settled.CANCELLED, "Deleted (Suspended)"),
        (COMPLETED, STOPPED_AS_COMPLETE, Settled.CANCELLED, "Deleted (Completed)"),
        (FAILED, STOPPED, Settled.CANCELLED, "Deleted (Failed)"),
    ],
)
def test_a_deleted_job_was_cancelled_unless_it_was_completed(
    stat: int, notes: dict[str, str], settled: Settled, word: str
) -> None:
    found = from_job(job(stat, 0, notes), is_deleted=True)
    assert (found.settled, found.state) == (settled, word)


def test_a_deleted_job_renders_no_more_whatever_it_counted() -> None:
    found = from_job(job(FAILED, 2, STOPPED), is_deleted=True)
    assert found.settled is Settled.CANCELLED


@pytest.mark.parametrize(
    ("stat", "done"), [(ACTIVE, ""), (COMPLETED, "1-4"), (FAILED, ""), (SUSPENDED, "")]
)
def test_all_frames_are_done_when_it_is_completed(stat: int, done: str) -> None:
    found = from_job(job(stat))
    assert (found.ranges, found.done) == ("1-4", done)


def test_a_task_that_is_completed_is_done_in_either_container() -> None:
    tasks = [
        {"Frames": "1-1", "Stat": 5},
        {"Frames": "2", "Stat": 4},
        {"Frames": "3-3", "Stat": 5},
        {"Frames": "9", "Stat": 5},
        {"Frames": "", "Stat": 5},
        "no task",
    ]
    seen = from_job(job(FAILED))
    for container in (tasks, {"ID": "a1", "PreTask": None, "Tasks": tasks, "PostTask": None}):
        assert with_tasks(seen, container).done == "1,3"
    assert with_tasks(seen, None).done == ""


def test_done_are_the_frames_the_farm_has_rendered() -> None:
    farm = Farm({"workers": [{"Name": "node01"}]})
    job_id = farm.submit(Frames="5-1", ChunkSize=2)
    farm.pass_time(100)
    found = with_tasks(from_job(farm.job(job_id)), farm.get("tasks", JobID=job_id))
    assert (found.settled, found.done, found.progress) == (Settled.IN_PROGRESS, "4-5", 1 / 3)


@pytest.mark.parametrize(
    ("counts", "progress"),
    [
        ({}, None),
        ({"Queued": 4}, 0.0),
        ({"Completed": 1, "Failed": 1, "Rendering": 2}, 0.25),
        ({"Completed": 4}, 1.0),
    ],
)
def test_progress_is_the_share_of_tasks_that_are_completed(
    counts: dict[str, int], progress: float | None
) -> None:
    body = job(ACTIVE, **{f"{key}Chunks": count for key, count in counts.items()})
    body["RenderingChunks"] = counts.get("Rendering", 0)
    assert from_job(body).progress == progress


@pytest.mark.parametrize(
    ("percent", "progress"), [("40 %", 0.4), ("140 %", 1.0), ("0 %", 0.0), ("soon", 0.0)]
)
def test_a_single_task_tells_its_own_progress(percent: str, progress: float) -> None:
    assert from_job(job(ACTIVE, 1, SnglTskPrg=percent)).progress == progress


def test_what_a_stop_would_lose_is_counted_in_tasks() -> None:
    counts = {"QueuedChunks": 3, "SuspendedChunks": 2, "PendingChunks": 1, "CompletedChunks": 7}
    assert from_job(job(ACTIVE, 4, **counts)).usage == Usage(instances=4, queued_instances=10)
    assert from_job(job(FAILED, 0, FailedChunks=3)).usage == Usage()


def test_a_failed_job_says_how_many_tasks_failed() -> None:
    found = from_job(job(FAILED, FailedChunks=2, CompletedChunks=3, Errs=11))
    assert found.failure == "2 of 5 tasks failed, 11 errors"
    assert from_job(job(ACTIVE, FailedChunks=2, Errs=11)).failure == ""


def test_dates_that_are_unset_are_none() -> None:
    body = job(COMPLETED, Date="2024-02-25T23:28:42.657-08:00", DateComp="0001-01-01T00:00:00Z")
    found = from_job(body)
    assert found.created_at == datetime(2024, 2, 26, 7, 28, 42, 657000, UTC)
    assert found.ended_at is None
    assert from_job(job(ACTIVE, Date="yesterday")).created_at is None
    assert from_job(job(ACTIVE, Date="2024-02-25T23:28:42")).created_at is None


def test_outputs_are_paths() -> None:
    folders = ["/renders/beauty", "C:\\out", "/only"]
    body = job(COMPLETED, OutDir=folders, OutFile=["b.####.exr", "c.exr", ""])
    assert from_job(body).outputs == {
        "id": "a1",
        "output0": "/renders/beauty/b.####.exr",
        "output1": "C:\\out\\c.exr",
        "output2": "/only/",
    }


# --- whether it grows -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stat", "rendering", "notes", "grows"),
    [
        (ACTIVE, 1, {}, True),
        (PENDING, 0, {}, True),
        (SUSPENDED, 0, {}, True),
        (COMPLETED, 0, {}, True),
        (FAILED, 0, {}, True),
        (SUSPENDED, 1, {}, False),
        (FAILED, 1, {}, False),
        (FAILED, 0, STOPPED, False),
        (UNKNOWN, 0, {}, False),
    ],
)
def test_frames_may_be_added_unless_it_ends_or_was_stopped(
    stat: int, rendering: int, notes: dict[str, str], grows: bool
) -> None:
    body = job(stat, rendering, notes)
    assert from_job(body).can_grow is grows
    assert not from_job(body, is_deleted=True).can_grow
    assert not from_job({**body, "Main": True}).can_grow


@LAW
@given(frames(), st.integers(1, 7))
def test_the_frames_of_a_short_last_task_may_run_again(text: str, size: int) -> None:
    job_id = FARM.submit(Frames=text, ChunkSize=size)
    tasks = [in_order(each) for each in FARM.frames(job_id)]
    found = from_job(FARM.job(job_id)).reopens
    short = sorted(tasks[-1]) if len(tasks[-1]) < size else []
    assert list(ranges(found)) == short
    before = FARM.frames(job_id)
    FARM.command("appendjobframerange", job_id, FrameList="900-910")
    reopened = [each for each in before if each not in FARM.frames(job_id)]
    assert [sorted(in_order(each)) for each in reopened] == ([short] if short else [])


# --- builds that show other things ----------------------------------------------------------------


OF_ONE_FIELD = {each.kept: each.row.path for each in PLAIN if "." not in each.row.path}


@LAW
@given(st.sets(st.sampled_from(sorted(OF_ONE_FIELD))))
def test_a_build_that_lacks_properties_hides_their_fields_and_changes_no_other(
    gone: set[str],
) -> None:
    whole = FARM.job(FARM.submit(Comment="hello", Priority=70, MachineLimit=2))
    props = {key: value for key, value in whole["Props"].items() if key not in gone}
    before, after = shown(from_job(whole)), shown(from_job({**whole, "Props": props}))
    missing = {OF_ONE_FIELD[key] for key in gone}
    assert after.spec == {key: each for key, each in before.spec.items() if key not in missing}
    assert after.unseen - before.unseen == missing


@pytest.mark.parametrize("props", [{}, {"ExDic": None, "Limits": None, "Frames": None}])
def test_a_job_of_which_little_is_shown_is_still_one(props: dict[str, Any]) -> None:
    found = from_job({"_id": "a1", "Props": props})
    assert (found.remote_id, found.ranges, found.marker, found.uses) == ("a1", "", None, {})
    assert {"priority", "comment", "displayName"} <= found.unseen


@pytest.mark.parametrize("note", ["", "{", "[1]", '{"asked": 1, "chosen": []}'])
def test_a_spoilt_note_of_requirements_is_none(note: str) -> None:
    found = shown(from_job(job(ACTIVE, notes={"reconciler_requirements": note})))
    assert "requirements" not in found.spec


def test_numbers_nobody_knows_are_shown_as_they_are() -> None:
    body = job(ACTIVE)
    body["Props"] |= {"OnComp": 9, "Timeout": 99, "Schd": 7}
    spec = from_job(body).spec
    assert (spec["onComplete"], spec["onTaskTimeout"]) == ("9", "99")
    assert spec["schedule"]["type"] == "7"


def test_a_farm_in_another_time_zone_shows_the_minute_that_was_asked_for() -> None:
    farm = Farm({})
    farm.set(utc_offset_min=-480)
    keys: dict[str, Any] = {"ScheduledType": "Once", "ScheduledStartDateTime": "24/12/2026 18:00"}
    spec = from_job(farm.job(farm.submit(**keys))).spec
    assert spec["schedule"] == {"type": "once", "start": "2026-12-24T18:00"}
