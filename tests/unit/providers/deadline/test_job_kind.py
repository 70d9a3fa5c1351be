"""The job as a kind: its limits, what it refuses, its run key, its ranges."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from reconciler.fields import Mutability
from reconciler.kinds import Ability, RefRole, Spec
from reconciler.providers.deadline.kinds.job import JOB
from reconciler.providers.deadline.kinds.job_table import JOB_FIELDS, JOB_ROWS
from reconciler.ranges import ranges
from reconciler.sandbox.deadline.props import PROPS, Edit
from tests.strategies import LAW
from tests.unit.providers.deadline.strategies import job_specs


def job(**spec: Any) -> dict[str, Any]:
    return {"plugin": "Nuke", "frames": "1-4", **spec}


def of_tasks(*frames: str, **spec: Any) -> dict[str, Any]:
    parts = [{"name": f"part-{n}", "frames": each} for n, each in enumerate(frames)]
    return {"plugin": "Nuke", "tasks": parts, **spec}


# --- the table ------------------------------------------------------------------------------------

RANGES_FIELDS = {"frames", "tasks"}


def top_level(mutability: Mutability) -> set[str]:
    return {
        row.path
        for row in JOB_FIELDS
        if row.mutability is mutability and not {".", "["} & set(row.path)
    }


def test_the_newest_formula_knows_exactly_what_decides_the_result() -> None:
    assert JOB.formulas[-1] == top_level(Mutability.WORK) - RANGES_FIELDS


def test_the_first_formula_is_as_it_was_when_it_was_first_used() -> None:
    assert JOB.formulas[0] == {
        *("plugin", "pluginInfo", "auxiliaryFiles", "environment", "environmentOnly"),
        *("includeEnvironment", "scripts", "customPluginDirectory", "networkRoot", "outputs"),
        *("tile", "maintenance"),
    }


def test_a_block_changes_as_a_whole() -> None:
    for row in JOB_FIELDS:
        head = JOB_FIELDS.row(row.path.partition(".")[0].partition("[")[0])
        assert head is not None
        assert head.mutability is row.mutability, row.path


EDITS = {prop.name: prop.edit for prop in PROPS}


def test_only_what_save_surely_takes_is_changed_in_place() -> None:
    doubtful = {
        each.row.path: each.kept
        for each in JOB_ROWS
        if each.kept
        and each.row.mutability is Mutability.IN_PLACE
        and EDITS[each.kept] is not Edit.SAVE
    }
    assert doubtful == {}


def test_every_key_a_submission_may_have_is_one_of_some_field() -> None:
    submitted = {key for prop in PROPS for key in prop.submitted[:1]}
    named = {
        key
        for row in JOB_FIELDS
        for key in [row.source.removeprefix("Deadline 10 manual, job info: ")]
    }
    elsewhere = {  # told by finalState, the list of titles, our marker, the number of errors
        *(f"ResumeOn{state}Dependencies" for state in ("Complete", "Deleted", "Failed")),
        *(f"TaskExtraInfoName{n}" for n in range(10)),
        *("ExtraInfo9", "OverrideTaskFailureDetection"),
    }
    assert submitted - named == elsewhere


def test_a_job_may_be_marked_changed_stopped_grown_and_let_run_out() -> None:
    assert JOB.abilities == {
        *(Ability.MARKER, Ability.UPDATE, Ability.STOP, Ability.DELETE, Ability.ARCHIVE),
        *(Ability.APPEND, Ability.DRAIN, Ability.DEPENDENCIES),
    }


def test_a_job_uses_what_outlives_it_and_waits_for_other_jobs() -> None:
    assert {each.path: each.role for each in JOB.references} == {
        "pool": RefRole.USED,
        "secondaryPool": RefRole.USED,
        "group": RefRole.USED,
        "limits": RefRole.USED,
        "dependsOn": RefRole.UPSTREAM,
    }


# --- limits of values -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"frames": "1-4"},
        job(frames=""),
        job(frames="1-"),
        job(frames="1:4"),
        job(frames=4),
        job(frames="0-1000000"),
        job(chunkSize=0),
        job(priority=-1),
        job(priority=2**31),
        job(concurrentTasks=0),
        job(concurrentTasks=17),
        job(interruptiblePercentage=101),
        job(machineLimit={"progress": -1}),
        job(pluginInfo={"a=b": "c"}),
        job(pluginInfo={"a": {"b": "c"}}),
        job(pluginInfo={"a": float("nan")}),
        job(environment={"": "c"}),
        job(extraInfo={"a": "two\nlines"}),
        job(extraInfo9="ours"),
        job(taskExtraInfoNames=["t"] * 11),
        job(allowedWorkers=["a,b"]),
        job(requiredAssets=["/a,b"]),
        job(onComplete="Nothing"),
        job(onTaskTimeout="explode"),
        job(schedule={"type": "none"}),
        job(schedule={"type": "once", "start": "2026-12-24 18:00"}),
        job(schedule={"type": "once", "start": "2026-13-24T18:00"}),
        job(timeout="soon"),
        job(requirements={"cpu": 0}),
        job(requirements={"ssd": True}),
        job(dependsOn=[{"job": "a", "finalState": []}]),
        job(dependsOn=[{"job": "a", "finalState": ["done"]}]),
        job(stopAs="delete"),
        job(tags=["a"]),
        of_tasks(),
    ],
)
def test_a_value_beyond_the_vendors_limits_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        JOB.model().model_validate(wrong)


@LAW
@given(job_specs())
def test_every_generated_spec_is_one_the_model_takes_and_nothing_refuses(
    spec: dict[str, Any],
) -> None:
    JOB.model().model_validate(spec)
    assert list(JOB.refuse(spec)) == []


@pytest.mark.parametrize(
    "right",
    [
        job(frames="240-1"),
        job(frames="1-20x10,1-20"),
        job(frames="-5--1"),
        job(priority=0),
        job(priority=100),
        job(concurrentTasks=16),
        job(dependsOn=["a", {"existing": "65f0c0ffee0000000000a00f"}]),
        of_tasks("1-4", "1-4"),
    ],
)
def test_a_value_at_the_vendors_limits_is_taken(right: Spec) -> None:
    JOB.model().model_validate(right)
    assert list(JOB.refuse(right)) == []


# --- what is refused ------------------------------------------------------------------------------

ONCE = {"type": "once", "start": "2026-12-24T18:00"}


@pytest.mark.parametrize(
    ("spec", "code", "path"),
    [
        ({"plugin": "Nuke"}, "M575", ()),
        (of_tasks("1-4", frames="1-4"), "M576", ("frames",)),
        (
            job(frames=None, tasks=[{"name": "a", "frames": "1"}, {"name": "A", "frames": "2"}]),
            "M577",
            ("tasks", 1, "name"),
        ),
        (job(allowedWorkers=["a", "A"]), "M572", ("allowedWorkers", 1)),
        (job(allowedWorkers=["a"], deniedWorkers=["b"]), "M578", ("deniedWorkers",)),
        (job(requirements={"cpu": 4}, group="cpu16"), "M579", ("requirements",)),
        (job(requirements={"cpu": 4}, allowedWorkers=["a"]), "M579", ("requirements",)),
        (job(requirements={"gpu": True}, deniedWorkers=["a"]), "M579", ("requirements",)),
        (job(extraInfo={"reconciler_mine": "x"}), "M580", ("extraInfo", "reconciler_mine")),
        (job(extraInfo={"a.b": "x"}), "M581", ("extraInfo", "a.b")),
        (job(extraInfo={"$a": "x"}), "M581", ("extraInfo", "$a")),
        (job(environment={"A.B": "x"}), "M581", ("environment", "A.B")),
        (
            job(dependsOn=["a", {"job": "b", "finalState": ["failure", "cancelled"]}]),
            "M582",
            ("dependsOn", 1),
        ),
        (job(dependsOn=[{"job": "b", "finalState": ["failure"]}]), "M583", ("dependsOn", 0)),
        (
            job(dependsOn=[{"job": "b", "finalState": ["success", "cancelled"]}]),
            "M583",
            ("dependsOn", 0),
        ),
        (job(schedule=ONCE, jobDelay="2h"), "M584", ("jobDelay",)),
        (job(schedule={"type": "once"}), "M584", ("schedule",)),
        (job(schedule={"type": "custom"}), "M584", ("schedule",)),
        (job(schedule={**ONCE, "days": 2}), "M584", ("schedule", "days")),
        (
            job(schedule={**ONCE, "week": {"monday": {"start": "08:00"}}}),
            "M584",
            ("schedule", "week"),
        ),
        (job(cleanup={}), "M585", ("cleanup",)),
        (job(cleanup={"enabled": True}), "M585", ("cleanup",)),
        (job(cleanup={"enabled": False, "days": 3}), "M585", ("cleanup",)),
        (job(timeout="1.5s"), "M586", ("timeout",)),
        (job(jobDelay="0.5s"), "M586", ("jobDelay",)),
        (job(outputs=["beauty.exr"]), "M587", ("outputs", 0)),
        (job(outputs=["/renders/", "/renders/a.exr"]), "M587", ("outputs", 1)),
        (
            job(tile={"frame": 1}, maintenance={"startFrame": 1, "endFrame": 2}),
            "M588",
            ("maintenance",),
        ),
    ],
)
def test_what_the_farm_would_refuse_is_told_by_its_field(
    spec: dict[str, Any], code: str, path: tuple[str | int, ...]
) -> None:
    (refusal,) = JOB.refuse(spec)
    assert (refusal.code, refusal.path) == (code, path)
    assert refusal.summary
    assert refusal.cause
    assert refusal.remedy
    assert not refusal.is_warning


def test_requirements_that_ask_for_nothing_may_stand_beside_a_group() -> None:
    assert list(JOB.refuse(job(requirements={"gpu": False}, group="cpu16"))) == []


# --- folding and forms ----------------------------------------------------------------------------


@LAW
@given(job_specs())
def test_a_folded_spec_is_known_to_the_table_and_its_form_is_its_own(spec: dict[str, Any]) -> None:
    before = repr(spec)
    form = JOB_FIELDS.form(JOB.fold(spec))
    assert repr(spec) == before
    assert "tasks" not in form
    assert all(JOB_FIELDS.row_at((key,)) for key in form)
    assert JOB_FIELDS.form(form) == form


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"pluginInfo": {"a": True}}, {"pluginInfo": {"a": "True"}}),
        ({"pluginInfo": {"a": 4}}, {"pluginInfo": {"a": "4"}}),
        ({"pluginInfo": {"a": 0.5}}, {"pluginInfo": {"a": "0.5"}}),
        ({"environment": {"A": 1}}, {"environment": {"A": "1"}}),
        ({"frames": "1-4"}, {"tasks": [{"name": "x", "frames": "1-4"}]}),
        ({"frames": "1-4, 9-9"}, {"frames": "1-4x1,9"}),
        ({"timeout": "10m"}, {"timeout": "600s"}),
        ({"priority": 50}, {}),
        ({"machineLimit": {"maximum": 0}}, {}),
        ({"frameDependencies": {"enabled": False}}, {}),
        ({"failureDetection": {"sendJobErrorWarning": True}}, {}),
        ({"allowedWorkers": ["B", "a"]}, {"allowedWorkers": ["A", "b"]}),
        ({"dependsOn": [{"job": "a"}, "b"]}, {"dependsOn": ["b", "a"]}),
        ({"requirements": {"memory": "64GiB"}}, {"requirements": {"memory": "65536MB"}}),
        ({"requirements": {"gpu": False}}, {}),
        ({"stopAs": "fail"}, {}),
        ({"outputs": ["/a//b.exr"]}, {"outputs": ["/a/b.exr"]}),
    ],
)
def test_what_means_the_same_has_one_form(one: Spec, other: Spec) -> None:
    assert JOB_FIELDS.form(JOB.fold(one)) == JOB_FIELDS.form(JOB.fold(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"pluginInfo": {"a": True}}, {"pluginInfo": {"a": "true"}}),
        ({"frames": "1-4"}, {"frames": "4-1"}),
        ({"failureDetection": {"jobErrors": 0}}, {}),
        ({"cleanup": {"days": 0}}, {}),
        ({"notificationTargets": []}, {}),
        ({"machineLimit": {"progress": 0}}, {}),
        ({"dependsOn": ["a"]}, {"dependsOn": [{"existing": "a"}]}),
    ],
)
def test_what_means_something_else_has_another_form(one: Spec, other: Spec) -> None:
    assert JOB_FIELDS.form(JOB.fold(one)) != JOB_FIELDS.form(JOB.fold(other))


def test_frames_of_tasks_are_spelled_as_tasks() -> None:
    assert JOB.spelled(of_tasks("1-4"), ("frames",)) == ("tasks",)
    assert JOB.spelled(job(), ("frames",)) == ("frames",)
    assert JOB.spelled(of_tasks("1-4"), ("priority",)) == ("priority",)


# --- how often, how long --------------------------------------------------------------------------


def ranges_of(spec: Spec) -> str:
    assert JOB.ranges is not None
    return JOB.ranges(spec)


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        (job(frames="1-240"), "1-240"),
        (job(frames="240-1"), "1-240"),
        (job(frames="1-20x10,1-20"), "1-20"),
        (job(frames="-3--1,5"), "-3--1,5"),
        (of_tasks("5-6", "1-5"), "1-6"),
        ({}, ""),
    ],
)
def test_frames_and_tasks_are_one_set(spec: Spec, found: str) -> None:
    assert ranges_of(spec) == found


@LAW
@given(job_specs())
def test_the_ranges_of_a_form_are_those_of_what_was_written(spec: dict[str, Any]) -> None:
    assert ranges_of(JOB_FIELDS.form(JOB.fold(spec))) == ranges_of(spec)
    assert str(ranges(ranges_of(spec))) == ranges_of(spec)
    assert JOB.grows(spec)


@pytest.mark.parametrize(
    ("spec", "seconds"),
    [
        ({}, None),
        ({"onComplete": "keep"}, None),
        ({"onComplete": "delete"}, 0.0),
        ({"onComplete": "archive", "cleanup": {"days": 3}}, 0.0),
        ({"cleanup": {"days": 3}}, 259_200.0),
        ({"cleanup": {"days": 0}}, 0.0),
        ({"cleanup": {"enabled": False}}, None),
    ],
)
def test_what_is_over_surely_stays_for_the_shortest_time_declared(
    spec: Spec, seconds: float | None
) -> None:
    assert JOB.retention_s(spec) == seconds
