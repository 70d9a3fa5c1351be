"""Jobs between our words and Deadline's: round trips through the emulated farm, what was sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import InternalError
from reconciler.fields import Mutability, SetBy
from reconciler.providers.deadline.frames import in_order
from reconciler.providers.deadline.kinds.job import JOB
from reconciler.providers.deadline.translate_job import (
    changed,
    frames_to_append,
    from_job,
    submission,
)
from tests.strategies import LAW
from tests.unit.providers.deadline.strategies import job_specs, live_specs
from tests.unit.providers.deadline.wanted import MARKER, request, shown
from tests.unit.sandbox.deadline.farm import Farm

CHOICES = ({"group": "cpu16"}, {"pool": "big"}, {"allowedWorkers": ["Node02", "node01"]})
LABELS = {"show": "dune", "a.b$": "1=2"}
IN_PLACE = frozenset(
    row.path.partition(".")[0] for row in JOB.table if row.mutability is Mutability.IN_PLACE
)
STAYS = frozenset(row.path.partition(".")[0] for row in JOB.table if row.set_by is SetBy.EITHER)
"""What is the farm's own until a manifest says it, and stays when that is dropped."""
NOT_SHOWN = frozenset(
    {
        *("pool", "secondaryPool", "group", "limits", "dependsOn", "frames", "initialStatus"),
        *("auxiliaryFiles", "includeEnvironment", "networkRoot", "cleanupBy"),
    }
)


def chosen_for(spec: dict[str, Any]) -> dict[str, Any]:
    """What the core would have chosen for its requirements."""
    asked = request(spec).spec.get("requirements")
    fitting = [each for each in CHOICES if "pool" not in each or "pool" not in spec]
    return fitting[len(spec) % len(fitting)] if asked else {}


def submit(farm: Farm, body: dict[str, Any]) -> str:
    reply = farm.send("POST", "jobs", body)
    assert reply.status == 200, reply.text
    return str(reply.json["_id"])


def held(spec: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What the farm holds of a submission."""
    farm = Farm({})
    wanted = request(spec, chosen=chosen_for(spec), **more)
    body: dict[str, Any] = farm.job(submit(farm, submission(wanted)))
    return body


# --- the round trip -------------------------------------------------------------------------------


@LAW
@given(job_specs())
def test_what_a_person_sets_comes_back_as_it_was(spec: dict[str, Any]) -> None:
    wanted = request(spec, labels=LABELS)
    back = shown(from_job(held(spec, labels=LABELS))).spec
    kept = {key: value for key, value in wanted.spec.items() if key not in NOT_SHOWN}
    assert {key: back.get(key) for key in kept} == kept


@LAW
@given(job_specs())
def test_nothing_comes_back_that_nobody_set_but_what_the_farm_may_choose(
    spec: dict[str, Any],
) -> None:
    back = shown(from_job(held(spec)))
    assert back.spec.keys() - request(spec).spec.keys() <= STAYS
    assert not back.unseen & back.spec.keys()


@LAW
@given(job_specs())
def test_what_is_rendered_is_what_was_wanted_in_its_order(spec: dict[str, Any]) -> None:
    wanted = request(spec)
    body = held(spec)
    assert JOB.ranges is not None
    assert from_job(body).ranges == JOB.ranges(spec)
    assert in_order(body["Props"]["Frames"]) == in_order(str(wanted.spec["frames"]))


@LAW
@given(job_specs())
def test_what_it_uses_comes_back_as_remote_ids(spec: dict[str, Any]) -> None:
    asked = request(spec).spec
    found = from_job(held(spec)).uses
    for field, kind in (("pool", "pools"), ("secondaryPool", "pools"), ("group", "groups")):
        name = asked.get(field)
        if isinstance(name, dict):
            name = name["existing"].lower()
        assert found.get(field, ()) == ((f"{kind}/{name}",) if name else ())
    limits: Any = asked.get("limits", [])
    assert found.get("limits", ()) == tuple(f"limits/{each}" for each in limits)


# --- updates --------------------------------------------------------------------------------------


@LAW
@given(job_specs())
def test_an_update_of_what_did_not_change_sends_nothing(spec: dict[str, Any]) -> None:
    wanted = request(spec, labels=LABELS, chosen=chosen_for(spec))
    found = changed(held(spec, labels=LABELS), wanted, IN_PLACE)
    assert (found.job, found.machine_limit) == (None, None)


@LAW
@given(live_specs(), live_specs())
def test_an_update_brings_every_field_it_may_change_to_what_is_wanted(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    work = {"plugin": "Nuke", "frames": "1-4"}
    farm = Farm({})
    first = request(work | before, labels=LABELS, chosen=chosen_for(work | before))
    job_id = submit(farm, submission(first))
    wanted = request(work | after, labels={"show": "arrakis"}, chosen=chosen_for(work | after))
    brought = update(farm, job_id, wanted, IN_PLACE)
    back = shown(from_job(brought))
    asked: dict[str, Any] = dict(wanted.spec)
    kept = {key: back.spec.get(key) for key in IN_PLACE - NOT_SHOWN - STAYS}
    assert kept == {key: asked.get(key) for key in kept}
    said = {key: asked[key] for key in STAYS & IN_PLACE & asked.keys() - {"extraInfo"}}
    assert {key: back.spec.get(key) for key in said} == said
    extra: Any = back.spec["extraInfo"]
    assert extra.items() >= asked.get("extraInfo", {}).items()
    again = changed(brought, wanted, IN_PLACE)
    assert (again.job, again.machine_limit) == (None, None)
    fresh = shown(from_job(held(work | after, labels={"show": "arrakis"})))
    assert back.uses == fresh.uses


def update(farm: Farm, job_id: str, wanted: Any, fields: frozenset[str]) -> Any:
    """The job as it is after an update of these fields."""
    found = changed(farm.job(job_id), wanted, fields)
    if found.job is not None:
        farm.ok("PUT", "jobs", {"Command": "save", "Job": found.job})
    if found.machine_limit is not None:
        farm.command("setjobmachinelimit", job_id, **found.machine_limit)
    return farm.job(job_id)


def test_an_update_touches_what_it_was_asked_to_and_nothing_else() -> None:
    body = held({"plugin": "Nuke", "frames": "1-4", "comment": "old", "department": "fx"})
    body["Props"] |= {"Ex3": "a wrangler's", "NewerThanUs": 7, "SchdDays": 3}
    body["ConcurrencyToken"] = "x"
    body["Props"]["ExDic"]["sg_id"] = "12"
    wanted = request({"plugin": "Maya", "frames": "1-9", "comment": "new", "priority": 70})
    found = changed(body, wanted, frozenset({"comment"}))
    assert found.job == {**body, "Props": {**body["Props"], "Cmmt": "new"}}
    assert found.machine_limit is None


def test_what_only_the_next_run_takes_is_never_saved() -> None:
    spec = {"plugin": "Nuke", "frames": "1-4"}
    wanted = request(spec | {"chunkSize": 4, "frameDependencies": {"enabled": True}})
    fields = frozenset({"chunkSize", "frameDependencies", "dependsOn", "schedule", "plugin"})
    found = changed(held(spec), wanted, fields)
    assert (found.job, found.machine_limit) == (None, None)


@pytest.mark.parametrize(
    ("before", "after", "parts"),
    [
        ({}, {"machineLimit": {"maximum": 3}}, {"Limit": 3}),
        ({"machineLimit": {"maximum": 3, "progress": 90}}, {}, {"Limit": 0, "Progress": -1.0}),
        ({}, {"allowedWorkers": ["n1"]}, {"SlaveList": ["n1"], "WhiteListFlag": True}),
        ({"allowedWorkers": ["n1"]}, {}, {"SlaveList": [], "WhiteListFlag": False}),
        (
            {"deniedWorkers": ["n1"]},
            {"allowedWorkers": ["n1"]},
            {"SlaveList": ["n1"], "WhiteListFlag": True},
        ),
        ({"deniedWorkers": ["n1", "n2"]}, {"deniedWorkers": ["N2", "n1"]}, None),
    ],
)
def test_a_machine_limit_is_changed_by_its_own_command(
    before: dict[str, Any], after: dict[str, Any], parts: dict[str, Any] | None
) -> None:
    work = {"plugin": "Nuke", "frames": "1-4"}
    fields = frozenset({"machineLimit", "allowedWorkers", "deniedWorkers"})
    found = changed(held(work | before), request(work | after), fields)
    assert (found.job, found.machine_limit) == (None, parts)


# --- requirements ---------------------------------------------------------------------------------

SIZED = {"plugin": "Nuke", "frames": "1-4", "requirements": {"cpu": 16, "memory": "64GiB"}}


def sized(chosen: dict[str, Any]) -> tuple[Farm, str]:
    farm = Farm({})
    return farm, submit(farm, submission(request(SIZED, chosen=chosen)))


@pytest.mark.parametrize("chosen", CHOICES)
def test_machines_that_were_chosen_are_asked_for_and_no_field_of_the_manifest(
    chosen: dict[str, Any],
) -> None:
    farm, job_id = sized(chosen)
    props = farm.job(job_id)["Props"]
    held = {
        "group": props["Grp"],
        "pool": props["Pool"],
        "allowedWorkers": props["ListedSlaves"] if props["White"] else [],
    }
    assert held == {"group": "none", "pool": "none", "allowedWorkers": [], **chosen}
    back = shown(from_job(farm.job(job_id)))
    assert back.spec["requirements"] == {"cpu": 16, "memory": 65536}
    assert "allowedWorkers" not in back.spec
    assert back.uses == {}


@pytest.mark.parametrize("chosen", CHOICES)
def test_requirements_no_longer_stand_when_a_wrangler_moves_the_job(chosen: dict[str, Any]) -> None:
    farm, job_id = sized(chosen)
    farm.save(job_id, Grp="elsewhere", Pool="elsewhere")
    farm.command("setjobmachinelimit", job_id, SlaveList=["other"], WhiteListFlag=True)
    assert "requirements" not in shown(from_job(farm.job(job_id))).spec


@pytest.mark.parametrize("chosen", CHOICES)
@pytest.mark.parametrize("then", CHOICES)
def test_other_requirements_take_the_job_to_other_machines(
    chosen: dict[str, Any], then: dict[str, Any]
) -> None:
    farm, job_id = sized(chosen)
    wanted = request(SIZED | {"requirements": {"cpu": 2}}, chosen=then)
    back = shown(from_job(update(farm, job_id, wanted, frozenset({"requirements"}))))
    assert back.spec["requirements"] == {"cpu": 2}
    fresh = Farm({})
    fresh_id = submit(fresh, submission(wanted))
    for key in ("Grp", "Pool", "White", "ListedSlaves", "ExDic"):
        assert farm.job(job_id)["Props"][key] == fresh.job(fresh_id)["Props"][key]


# --- creations ------------------------------------------------------------------------------------

PLAIN = {"plugin": "Nuke", "frames": "1-10"}


def info(spec: dict[str, Any], **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = submission(request(spec, **more))["JobInfo"]
    return found


def test_a_submission_carries_the_marker_whole_and_short() -> None:
    body = held(PLAIN)
    assert from_job(body).marker == MARKER
    assert body["Props"]["Ex9"].startswith("rc:")
    assert body["Props"]["Ex9"].endswith(":comp")
    assert body["Props"]["Name"] == "comp"
    assert held(PLAIN | {"displayName": "Comp!"})["Props"]["Name"] == "Comp!"


def test_labels_come_back_whatever_their_keys_hold() -> None:
    assert from_job(held(PLAIN, labels=LABELS)).labels == LABELS
    assert from_job(held(PLAIN)).labels == {}


@pytest.mark.parametrize(
    ("frames", "wanted", "sent"),
    [
        ("1-10", "", "1-10"),
        ("1-10", "1-10", "1-10"),
        ("1-10", "7", "7"),
        ("10-1", "3-5", "5-3"),
        ("1-9x4,1-10", "1-10", "1-9x4,1-10"),
        ("1-9x4,1-10", "4-9", "5,9,4,6-8"),
        ("-3-3", "-3--1,2", "-3--1,2"),
    ],
)
def test_a_submission_renders_the_ranges_of_its_request_in_the_lists_order(
    frames: str, wanted: str, sent: str
) -> None:
    assert info({"plugin": "Nuke", "frames": frames}, ranges=wanted)["Frames"] == sent


def test_the_frames_of_tasks_follow_one_another() -> None:
    parts = [{"name": "b", "frames": "5-6"}, {"name": "a", "frames": "1-6"}]
    assert info({"plugin": "Nuke", "tasks": parts})["Frames"] == "5-6,1-6"


@pytest.mark.parametrize(
    ("depends_on", "jobs", "resumes"),
    [
        (["layout", "sim"], "id-layout,id-sim,id-sim-more", (True, False, False)),
        (
            [{"job": "sim", "finalState": ["failure", "cancelled"]}],
            "id-sim,id-sim-more",
            (False, True, True),
        ),
        (
            [{"existing": "65f0c0ffee0000000000a00f"}, "layout"],
            "65f0c0ffee0000000000a00f,id-layout",
            (True, False, False),
        ),
        (["comp-before", "layout"], "id-layout", (True, False, False)),
    ],
)
def test_a_job_waits_for_the_runs_of_others(
    depends_on: list[Any], jobs: str, resumes: tuple[bool, ...]
) -> None:
    keys = info(PLAIN | {"dependsOn": depends_on})
    assert keys["JobDependencies"] == jobs
    assert resumes == tuple(
        keys[f"ResumeOn{each}Dependencies"] for each in ("Complete", "Failed", "Deleted")
    )


def test_a_job_waits_for_nothing_when_all_has_ended_as_asked() -> None:
    assert "JobDependencies" not in info(PLAIN | {"dependsOn": ["comp-before"]})


@pytest.mark.parametrize("spec", [{"dependsOn": ["unknown"]}, {"pool": "unknown"}])
def test_a_job_is_not_sent_before_what_it_needs_is_known(spec: dict[str, Any]) -> None:
    with pytest.raises(InternalError) as caught:
        submission(request(PLAIN | spec))
    assert "unknown" in caught.value.problems[0].cause


def test_users_of_notifications_are_the_farms_until_a_manifest_names_some() -> None:
    assert held(PLAIN)["Props"]["NotUser"]
    assert held(PLAIN | {"notificationTargets": []})["Props"]["NotUser"] == []


def test_older_farms_find_the_names_they_know() -> None:
    keys = info(
        PLAIN | {"allowedWorkers": ["n1", "n2"], "limitConcurrentTasksToNumberOfCpus": False}
    )
    assert keys["Whitelist"] == keys["Allowlist"] == "n1,n2"
    assert keys["LimitTasksToNumberOfCpus"] is False


def test_outputs_are_numbered_without_a_gap_and_folders_have_no_name() -> None:
    keys = info(PLAIN | {"outputs": ["/r/a.exr", "/b.exr", "/only/"]})
    assert {key: value for key, value in keys.items() if key.startswith("Output")} == {
        "OutputDirectory0": "/r",
        "OutputDirectory1": "/",
        "OutputDirectory2": "/only",
        "OutputFilename0": "a.exr",
        "OutputFilename1": "b.exr",
    }


# --- frames that are added ------------------------------------------------------------------------


@LAW
@given(job_specs(), st.sets(st.integers(-20, 220)))
def test_what_is_appended_is_what_was_wanted_and_is_not_there(
    spec: dict[str, Any], there: set[int]
) -> None:
    wanted = request(spec)
    body = {"_id": "1", "Props": {"Frames": ",".join(map(str, sorted(there, reverse=True)))}}
    text = frames_to_append(body, wanted)
    asked = in_order(str(wanted.spec["frames"]))
    assert (in_order(text) if text else ()) == tuple(n for n in asked if n not in there)


def test_only_the_requests_own_ranges_are_appended() -> None:
    body = {"_id": "1", "Props": {"Frames": "1-4"}}
    assert frames_to_append(body, request(PLAIN, ranges="3-8")) == "5-8"
    assert frames_to_append(body, request(PLAIN, ranges="2-3")) == ""


def test_an_appended_job_covers_what_was_wanted() -> None:
    farm = Farm({})
    job_id = submit(farm, submission(request(PLAIN)))
    grown = request(PLAIN | {"frames": "20-1"})
    farm.command("appendjobframerange", job_id, FrameList=frames_to_append(farm.job(job_id), grown))
    assert from_job(farm.job(job_id)).ranges == "1-20"
    assert farm.job(job_id)["Props"]["Frames"] == "1-10,20-11"
