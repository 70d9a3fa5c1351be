"""One story of a farm, lived under every reading of what Deadline's pages leave open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial

import pytest

from reconciler.diff.change import Action
from reconciler.errors import NotFound
from reconciler.model import Resource, Settled
from reconciler.ports import Provider
from reconciler.providers.deadline.kinds.group import GROUP
from reconciler.providers.deadline.kinds.job import JOB
from reconciler.providers.deadline.kinds.limit import LIMIT
from reconciler.providers.deadline.kinds.pool import POOL
from reconciler.providers.deadline.marker import MARKER
from reconciler.sandbox.deadline.switches import SWITCHES
from reconciler.values import Json
from tests.contract.control import Control
from tests.contract.test_deadline_verbs import (
    ABSENT,
    PLAIN,
    THEIRS,
    a_job,
    observed,
    request,
)
from tests.contract.ways import untried, ways
from tests.contract.workplace import Workplace, referring, require_empty

VENDOR = "deadline"
UNTIL_OVER_S = 1800
"""Virtual time after which all but the suspended job is over."""


def shot(name: str, frames: str, **spec: Json) -> Resource:
    return referring(JOB, name, {"plugin": "Nuke", "frames": frames, **spec})


FILM = referring(POOL, "film", {"workers": ["node01", {"name": "node02", "position": 1}]})
BIG = referring(GROUP, "big", {"workers": ["node01", "node02"]})
NUKE = referring(LIMIT, "nuke", {"maximum": 4, "workers": {"deny": ["gpu01"]}})
PLACES = (FILM, BIG, NUKE)
USED: dict[str, Json] = {"pool": "film", "group": "big", "limits": ["nuke"]}
LAYOUT = shot("layout", "2-1", pluginInfo={"BatchMode": True, "Threads": 8}, **USED)
COMP = shot("comp", "1-4", dependsOn=["layout"], comment="first", **USED)
KEPT = shot("kept", "1-2", initialStatus="suspended")


def live(place: Workplace, control: Control) -> None:
    """Made, steered, grown, worked off and taken away: each step leaves nothing to do."""
    declared = [*PLACES, LAYOUT, COMP, KEPT]
    assert place.apply(*declared).code == 0
    require_empty(place.plan(*declared))

    steered = shot(
        "comp", "1-4", dependsOn=["layout"], priority=80, machineLimit={"maximum": 2}, **USED
    )
    smaller = referring(LIMIT, "nuke", {"maximum": 2})
    fewer = referring(POOL, "film", {"workers": ["node02"]})
    grown = shot("layout", "2-1,5", pluginInfo={"BatchMode": True, "Threads": 8}, **USED)
    declared = [fewer, BIG, smaller, grown, steered, KEPT]
    before = [place.remote_id(each) for each in (LAYOUT, COMP)]
    applied = place.apply(*declared)
    assert applied.code == 0
    assert applied.actions == dict.fromkeys(("comp", "nuke", "film", "layout"), Action.UPDATE)
    assert [place.remote_id(each) for each in (LAYOUT, COMP)] == before, "an id must stay"
    assert place.plan(*declared).is_empty

    control.advance(UNTIL_OVER_S)
    assert place.plan(*declared).is_empty
    assert {place.read(each).settled for each in (LAYOUT, COMP)} == {Settled.SUCCEEDED}
    done = rendered(control)
    assert (done["layout"], done["comp"]) == (3, 4), "each frame ran once"

    applied = place.apply(fewer, prune=True)
    assert (applied.code, applied.actions["kept"]) == (0, Action.TERMINATE)
    control.advance(60)
    require_empty(place.plan(fewer, prune=True))
    (stopped,) = (e for e in control.objects("jobs").values() if e["Props"]["Name"] == "kept")
    assert stopped["Stat"] == 4
    assert not control.objects("limits")


def rendered(control: Control) -> Counter[str]:
    """How many frames of each resource are done."""
    found: Counter[str] = Counter()
    for job in (*control.objects("jobs").values(), *control.objects("deleted").values()):
        name = job["Props"]["ExDic"][MARKER].rpartition("/")[2]
        found[name] += job["ComFra"]
    return found


AMOUNTS: Mapping[str, tuple[Json, ...]] = {
    "utc_offset_min": (-480, 345),
    "frame_s": (60,),
    "dequeue_s": (0,),
    "pending_scan_s": (600,),
}
"""What is tried of the switches that take a number."""

OTHERWISE: Mapping[str, str] = {
    "authentication": "test_deadline_verbs.py",
    "empty_passwords": "test_deadline_verbs.py",
    "open_banner": "nothing reads the banner",
    "unknown_job_read": "test_an_unknown_job_is_absent_either_way",
    "unknown_state_word": "no list is asked for by state",
    "deleted_without_id": "test_deleted_jobs_are_found_either_way",
    "one_task": "no single task is read",
    "missing_paths": "test_a_submission_the_farm_can_not_carry_out_is_settled",
    "dictionary_keys": "test_the_keys_of_our_own_notes_are_plain",
    "batch_answer": "jobs are submitted one by one",
    "save_doubtful": "test_what_a_farm_drops_is_told_once_and_never_fought",
    "save_ignored": "test_what_a_farm_drops_is_told_once_and_never_fought",
    "protected_delete": "test_deadline_verbs.py",
    "requeue_suspended": "nothing is requeued",
    "resumefailed_errors": "nothing is resumed",
    "set_frames_finished": "no frame range is set anew",
    "empty_task_list": "no command is sent for tasks",
    "pool_set_verb": "no whole list is set",
    "unknown_worker": "test_a_worker_the_farm_does_not_know_is_told",
    "cleanup": "test_what_the_farm_cleans_up_is_not_run_again",
    "clean_type_one": "test_a_job_is_cleaned_up_as_it_says_itself",
    "deleted_kept_s": "test_what_the_farm_cleans_up_is_not_run_again",
    "notice_s": "test_deadline_verbs.py",
    "failing_names": "test_deadline_verbs.py",
    "task_errors": "test_deadline_verbs.py",
    "job_errors": "what a job's own errors do is the farm's",
    "bad_worker_errors": "what a job's own errors do is the farm's",
}
"""Switches that the story does not see, and what tries them or why nothing has to."""

WAYS = ways(OTHERWISE.keys(), AMOUNTS, SWITCHES)


def test_every_switch_is_tried() -> None:
    assert untried({name for name, _ in WAYS} | OTHERWISE.keys(), SWITCHES) == set()
    assert {
        name for name in OTHERWISE.values() if name.startswith("test_") and "." not in name
    } <= (globals().keys())


def test_the_story_is_lived_by_default(place: Workplace, control: Control) -> None:
    live(place, control)


@pytest.mark.parametrize(("switch", "value"), WAYS, ids=str)
def test_the_story_is_lived_whatever_the_farm_does(
    place: Workplace, control: Control, switch: str, value: Json
) -> None:
    control.set(switches={switch: value})
    live(place, control)


# --- what needs a story of its own ----------------------------------------------------------------


@pytest.mark.parametrize("answer", ["empty", "error"])
def test_an_unknown_job_is_absent_either_way(
    place: Workplace, control: Control, answer: str
) -> None:
    control.set(
        switches={"unknown_job_read": answer, "unknown_delete": answer.replace("empty", "success")}
    )
    made = a_job(place)
    found = place.ask(lambda provider: provider.read(JOB.id, [ABSENT, made]))
    assert (found[ABSENT], found[made] is None) == (None, False)
    for verb in ("stop", "drain", "archive", "delete"):
        place.ask(partial(_of_absent, verb))
    wanted = request({**PLAIN, "priority": 9})
    with pytest.raises(NotFound):
        place.ask(lambda provider: provider.update(ABSENT, wanted, frozenset({"priority"})))
    with pytest.raises(NotFound):
        place.ask(lambda provider: provider.resolve(JOB.id, ABSENT))


async def _of_absent(verb: str, provider: Provider) -> None:
    await getattr(provider, verb)(JOB.id, ABSENT)


@pytest.mark.parametrize("answer", ["all", "refuse"])
def test_deleted_jobs_are_found_either_way(place: Workplace, control: Control, answer: str) -> None:
    control.set(switches={"deleted_without_id": answer})
    made = a_job(place)
    theirs = place.stranger("/api/jobs", THEIRS)
    place.past_us("DELETE", f"/api/jobs?JobID={made},{theirs}").raise_for_status()
    assert [each.remote_id for each in observed(place).objects] == [made]
    marker = request(PLAIN).marker
    found = place.ask(lambda provider: provider.find(JOB.id, [marker]))
    assert [each.remote_id for each in found[marker]] == [made]


def test_a_submission_the_farm_can_not_carry_out_is_settled(
    place: Workplace, control: Control
) -> None:
    """A 500 may hide a job that was made; none was, so none is remembered."""
    declared = shot("roto", "1-4", auxiliaryFiles=["/mnt/gone/scene.ma"])
    applied = place.apply(declared)
    assert applied.code == 10
    assert control.objects("jobs") == {}
    control.set(switches={"missing_paths": []})
    assert place.apply(declared).code == 0
    require_empty(place.plan(declared))
    assert len(control.objects("jobs")) == 1


def test_the_keys_of_our_own_notes_are_plain(place: Workplace, control: Control) -> None:
    control.set(switches={"dictionary_keys": "plain"})
    spec: dict[str, Json] = {"requirements": {"cpu": 16}, "stopAs": "complete", "jobDelay": "1h"}
    declared = referring(
        JOB, "roto", {**PLAIN, **spec}, labels={"show.name": "dune", "$team": "fx"}
    )
    assert place.apply(declared).code == 0
    require_empty(place.plan(declared))


@pytest.mark.parametrize(
    "switches", [{"save_ignored": ["Pri"]}, {"save_ignored": ["Pri", "ExDic"]}], ids=str
)
def test_what_a_farm_drops_is_told_once_and_never_fought(
    place: Workplace, control: Control, switches: dict[str, Json]
) -> None:
    place.apply(shot("roto", "1-4"))
    control.set(switches={**switches, "save_doubtful": "ignored"})
    wanted = shot("roto", "1-4", priority=80, comment="kept")
    applied = place.apply(wanted)
    assert applied.report.not_honoured
    (job,) = control.objects("jobs").values()
    assert (job["Props"]["Pri"], job["Props"]["Cmmt"]) == (50, "kept")
    writes = control.writes()
    place.apply(wanted)
    assert control.writes() == writes, "it is shown, and not sent again"


@pytest.mark.parametrize("answer", ["ignore", "error"])
def test_a_worker_the_farm_does_not_know_is_told(
    place: Workplace, control: Control, answer: str
) -> None:
    control.set(switches={"unknown_worker": answer})
    declared = referring(POOL, "film", {"workers": ["node01", "nope"]})
    applied = place.apply(declared)
    assert applied.report.not_honoured
    assert "film" in control.objects("pools")
    writes = control.writes()
    place.apply(declared)
    assert control.writes() == writes, "it is shown, and not sent again"


@pytest.mark.parametrize("cleanup", ["delete", "archive"])
@pytest.mark.parametrize("kept_s", [None, 60])
def test_what_the_farm_cleans_up_is_not_run_again(
    place: Workplace, control: Control, cleanup: str, kept_s: int | None
) -> None:
    control.set(retention_s=3600, switches={"cleanup": cleanup, "deleted_kept_s": kept_s})
    declared = shot("roto", "1-4")
    place.apply(declared)
    control.advance(1800)
    place.apply(declared)
    control.advance(7200)
    assert control.objects("jobs") == {}
    require_empty(place.plan(declared))
    place.apply(declared)
    assert control.objects("jobs") == {}, "what has succeeded is not run again"


@pytest.mark.parametrize("one", ["archive", "delete"])
def test_a_job_is_cleaned_up_as_it_says_itself(
    place: Workplace, control: Control, one: str
) -> None:
    control.set(switches={"clean_type_one": one})
    declared = shot("roto", "1-4", cleanup={"days": 1})
    place.apply(declared)
    require_empty(place.plan(declared))
