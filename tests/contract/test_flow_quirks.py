"""One story of an app, lived under every reading of what Flow's pages leave open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from reconciler.diff.change import Action
from reconciler.errors import QuotaExceeded, UnexpectedReply
from reconciler.providers.flow.kinds.job import JOB
from reconciler.sandbox.flow.switches import SWITCHES
from reconciler.values import Json
from tests.contract.control import Control
from tests.contract.flow_studio import (
    JOBS,
    UNTIL_OVER_S,
    a_job,
    asked,
    created,
    needing,
    observed,
    refused,
    request,
    somebody_makes,
    there,
    unhurried,
)
from tests.contract.ways import untried, ways
from tests.contract.wiretap import tapped
from tests.contract.workplace import Workplace, require_empty

VENDOR = "flow"
MONTH_S = 31 * 86_400
LAYOUT = needing("layout", "graphs/trees.json")
COMP = a_job("comp", dependsOn=["layout"], displayName="Comp of 010", tags=["film-a"])
KEPT = a_job("kept")


@pytest.fixture(autouse=True)
def _unhurried(place: Workplace, control: Control) -> None:
    unhurried(place, control)
    place.files["graphs/trees.json"] = b'{"graph": "trees"}'
    control.set(switches={"page_size": 2, "seconds_by_name": ["kept*=1000000"]})


def live(place: Workplace, control: Control) -> None:
    """Made, waited for, worked off, taken away, forgotten by Flow: each step leaves nothing."""
    declared = [LAYOUT, COMP, KEPT]
    theirs = somebody_makes(place)
    assert place.apply(*declared).code == 0
    assert len(control.objects("jobs")) == 3, "what waits for another is not made yet"
    assert place.plan(*declared).is_empty
    control.advance(UNTIL_OVER_S)
    assert place.apply(*declared).code == 0
    assert place.plan(*declared).is_empty
    control.advance(UNTIL_OVER_S)
    assert place.plan(*declared).is_empty
    assert statuses(control) == ["RUNNING", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED"]

    applied = place.apply(LAYOUT, COMP, prune=True)
    assert (applied.code, applied.actions["kept"]) == (0, Action.TERMINATE)
    control.advance(UNTIL_OVER_S)
    require_empty(place.plan(LAYOUT, COMP, prune=True))
    assert statuses(control) == ["CANCELED", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED"]
    assert not control.objects("jobs")[theirs.partition("/")[2]]["cancelAsked"]

    control.advance(MONTH_S)
    assert control.objects("jobs") == {}
    assert place.plan(LAYOUT, COMP).is_empty, "what Flow has cleared away is not run again"


def statuses(control: Control) -> list[str]:
    return sorted(str(each["status"]) for each in control.objects("jobs").values())


AMOUNTS: Mapping[str, tuple[Json, ...]] = {
    "next_url": ("absolute",),
    "page_size": (1, 100),
    "token_life_s": (1, 3),
    "queued_s": (0,),
    "canceling_s": (0, 300),
    "queues": (["sim us-west"],),
}
"""What is tried of the switches that take a number or a text."""

OTHERWISE: Mapping[str, str] = {
    "next_url": "test_a_link_to_another_origin_is_refused_and_gets_no_token",
    "wrong_region_status": "test_a_region_is_sent_where_it_is_said_and_a_wrong_one_is_told",
    "foreign_queues": "test_flow_verbs.py",
    "refusal_shape": "test_flow_verbs.py",
    "more_info_key": "nothing reads it",
    "impossible_requirements": "the manifest is refused before",
    "unknown_executor": "it is handed on as it is named",
    "quota_refusal_status": "test_a_used_up_quota_is_told_and_never_repeated",
    "execution_fields": "test_flow_verbs.py",
    "updates_boundary": "test_flow_verbs.py",
    "filter_match": "no task is asked for by name",
    "execution_s": "how long work takes is Flow's",
    "parallel_executions": "how long work takes is Flow's",
    "most_executions": "how long work takes is Flow's",
    "seconds_by_name": "in the story",
    "map_values": "how many values there are is Flow's",
    "failing_names": "test_flow_verbs.py",
    "overtime": "no limit is met in the story",
    "cancel_finished_status": "test_flow_verbs.py",
    "delete_route": "test_flow_verbs.py",
    "delete_running": "test_flow_verbs.py",
    "delete_s": "test_flow_faults.py",
    "url_life_s": "test_flow_files.py",
    "rate_limits": "test_flow_budget.py",
    "rate_limit_window_s": "test_flow_budget.py",
    "rate_limit_window": "test_flow_budget.py",
    "retry_after": "test_flow_budget.py",
}
"""Switches that the story does not see, and what tries them or why nothing has to."""

WAYS = ways(OTHERWISE.keys(), AMOUNTS, SWITCHES)


def test_every_switch_is_tried() -> None:
    assert untried({name for name, _ in WAYS} | OTHERWISE.keys(), SWITCHES) == set()
    assert {
        name for name in OTHERWISE.values() if name.startswith("test_") and "." not in name
    } <= globals().keys()


def test_the_story_is_lived_by_default(place: Workplace, control: Control) -> None:
    live(place, control)


@pytest.mark.parametrize(("switch", "value"), WAYS, ids=str)
def test_the_story_is_lived_whatever_flow_does(
    place: Workplace, control: Control, switch: str, value: Json
) -> None:
    control.set(switches={switch: value})
    live(place, control)


# --- what needs a story of its own ----------------------------------------------------------------


def test_a_link_to_another_origin_is_refused_and_gets_no_token(
    place: Workplace, control: Control
) -> None:
    created(place, *(request(a_job(f"shot-{number}")) for number in range(3)))
    control.set(switches={"next_url": "other_origin"})
    error = refused(place, lambda provider: provider.observe([JOB.id], ()))
    assert isinstance(error, UnexpectedReply)


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_region_is_sent_where_it_is_said_and_a_wrong_one_is_told(
    place: Workplace, control: Control, status: int
) -> None:
    control.set(switches={"wrong_region_status": status, "queues": ["sim eu"]})
    url = place.config.url
    with tapped(url) as tap:
        for region in (None, "us", "us-west"):
            queues = {"@default": "", "sim": "eu"}
            place.config = replace(place.config, url=tap.url, region=region, queues=queues)
            found = place.ask(lambda provider: provider.observe([JOB.id], ()))
            assert found.objects == ()
            sent = [
                (each.path.split("/")[5], each.headers.get("region"))
                for each in tap.heard
                if each.method == "GET"
            ]
            assert sorted(sent) == [("@default", region), ("sim", "eu")]
            tap.heard.clear()
    place.config = replace(place.config, url=url, queues={})
    error = refused(place, lambda provider: provider.observe([JOB.id], ()))
    assert "region 'us-west'" in error.problem.cause
    (answer,) = place.ask(lambda provider: provider.create([request()]))
    assert not isinstance(answer, str)


@pytest.mark.parametrize("status", [403, 429])
def test_a_used_up_quota_is_told_and_never_repeated(
    place: Workplace, control: Control, status: int
) -> None:
    control.set(quotas={"freeSubmissions": 1}, switches={"quota_refusal_status": status})
    created(place, request())
    (answer,) = place.ask(lambda provider: provider.create([request(a_job("second"))]))
    assert isinstance(answer, QuotaExceeded)
    assert "Quota returns on" in answer.problem.cause
    assert asked(control).count(f"POST {JOBS}") == 2
    before = len(control.requests())
    assert place.apply(*(a_job(f"shot-{number}") for number in range(20))).code == 5
    tried = asked(control, before).count(f"POST {JOBS}")
    assert tried <= place.config.concurrency, "one who was told ends it for all"


@pytest.mark.parametrize("returned", [("no", "yes"), ("yes", "no"), ("no", "no")])
def test_a_lost_submission_is_found_by_tags_or_name_and_never_taken_for_another(
    place: Workplace, control: Control, returned: tuple[str, str]
) -> None:
    tags, name = returned
    control.set(switches={"tags_returned": tags, "name_returned": name})
    control.fault("drop_after", method="POST", path=JOBS)
    applied = place.apply(KEPT)
    if returned == ("no", "no"):
        assert applied.code == 10, "what can't be told from another is not sent again"
        assert len(control.objects("jobs")) == 1
        return
    assert applied.code == 0
    assert len(control.objects("jobs")) == 1
    assert there(place, place.remote_id(KEPT)).settled.value == "in_progress"


def test_what_others_steer_by_hand_is_told_and_not_run_again(
    place: Workplace, control: Control
) -> None:
    place.apply(KEPT)
    (made,) = control.objects("jobs")
    place.ask(lambda provider: provider.stop(JOB.id, f"@default/{made}"))
    control.advance(UNTIL_OVER_S)
    assert observed(place).objects[0].settled.value == "cancelled"
    plan = place.plan(KEPT)
    assert all(each.action is Action.NO_OP for each in plan.changes), "a cancelled run is held"


def test_a_queue_that_is_not_there_is_refused_before_anything_is_made(
    place: Workplace, control: Control
) -> None:
    applied = place.apply(a_job("far", queue="nope"))
    assert applied.code != 0
    assert control.objects("jobs") == {}
