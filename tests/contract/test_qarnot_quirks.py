"""Every point Qarnot's documentation leaves open, every way round: the promises hold in all.

One story is lived under each value of each switch of the sandbox; values that make the vendor
refuse a part of the story have a test of their own below.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.diff.change import Action, Reason
from reconciler.kinds import Spec
from reconciler.model import Resource
from reconciler.providers.qarnot.kinds.pool import POOL
from reconciler.providers.qarnot.marker import LABEL, shortname
from reconciler.settings import Timeouts
from reconciler.values import Json
from tests.contract.control import Control
from tests.contract.ways import untried, ways
from tests.contract.workplace import Workplace, require_empty, resource

QUEUE = {
    "policies": [
        {
            "name": "office",
            "type": "fixed",
            "slots": 3,
            "periods": [{"days": ["monday", "friday"], "start": "22:00", "end": "06:30"}],
        },
        {"name": "rest", "type": "queue", "minSlots": 2, "maxSlots": 8, "factor": 0.5},
    ]
}
SECRET: Mapping[str, Json] = {"QARNOT_SECRET__KEY": {"secretRef": {"env": "FARM_KEY"}}}
RICH: Spec = {
    "profile": "docker-batch",
    "scaling": QUEUE,
    "requirements": {"cpu": 16, "memory": "64GiB", "ssd": True},
    "hardwareConstraints": [
        {"discriminator": "MinimumRamCoreRatioHardwareConstraint", "minimumMemoryGBCoreRatio": 2}
    ],
    "constants": {"Z_LAST": "z", "A_FIRST": 1, **SECRET},
    "tags": ["zebra", "ant", "fx,dune"],
    "resourceBuckets": ["scenes", "assets"],
    "completionTimeToLive": "1d1h",
    "schedulingType": "onDemand",
    "secretsAccessRights": {"byPrefix": ["studio/"]},
}
CHANGED: Spec = {
    **RICH,
    "scaling": {"policies": [{"name": "rest", "type": "queue", "minSlots": 1, "maxSlots": 4}]},
    "constants": {"A_FIRST": "one", "NEW": "", **SECRET},
    "tags": ["ant", "bee"],
}
CLEARED: Spec = {key: each for key, each in CHANGED.items() if key not in ("constants", "tags")}
PLAIN: Spec = {"profile": "docker-batch", "instanceCount": 2}


def pool(name: str, spec: Spec, **rest: Any) -> Resource:
    return resource(POOL, name, spec, **rest)


def require_no_duplicate(control: Control) -> None:
    """At most one living object for each address of ours."""
    owners = Counter(
        true["labels"][LABEL].rsplit(" ", 1)[1]
        for true in control.objects("pools").values()
        if true["state"] not in ("Closing", "Closed", "Failure", "PendingDelete")
    )
    assert all(count == 1 for count in owners.values()), f"an object was made twice: {owners}"


def require_settled(place: Workplace, control: Control, *resources: Resource) -> None:
    """Nothing is left to do, whatever time does, and nothing was made twice."""
    require_empty(place.plan(*resources))
    control.advance(600)
    require_empty(place.plan(*resources))
    require_no_duplicate(control)


def live(place: Workplace, control: Control) -> None:
    """Create; change and replace; clear and remove. In between, time goes on at the vendor.

    What an apply does is asserted whole, so a perpetual difference shows in the next step at last.
    """
    place.secrets["env:FARM_KEY"] = "first-value-of-the-key"
    plain, rich = pool("plain", PLAIN), pool("rich", RICH, labels={"show": "dune"})
    assert place.apply(rich, plain).code == 0
    require_empty(place.plan(rich, plain))
    rich_id, plain_id = place.remote_id(rich), place.remote_id(plain)
    control.advance(600)

    place.secrets["env:FARM_KEY"] = "second-value-of-the-key"
    bigger, changed = pool("plain", {**PLAIN, "instanceCount": 3}), replace(rich, spec=CHANGED)
    applied = place.apply(changed, bigger)
    assert (applied.code, applied.actions) == (0, {"plain": Action.REPLACE, "rich": Action.UPDATE})
    assert place.remote_id(plain) != plain_id, "a replacement must be a new object"
    true = control.objects("pools")[rich_id]
    assert {"key": "QARNOT_SECRET__KEY", "value": "second-value-of-the-key"} in true["constants"]
    require_empty(place.plan(changed, bigger))
    control.advance(600)

    cleared = replace(rich, spec=CLEARED)
    applied = place.apply(cleared, prune=True)
    assert (applied.code, applied.actions) == (0, {"plain": Action.DELETE, "rich": Action.UPDATE})
    true = control.objects("pools")[rich_id]
    left = {each["key"] for each in true["constants"]} - {"QARNOT_SECRET__KEY"}
    assert (true["tags"], left) == ([], set()), "what was dropped must be cleared"
    require_settled(place, control, cleared)
    assert place.remote_id(rich) == rich_id, "an update must keep the remote id"
    creations = [each for each in control.writes() if each == "POST /pools"]
    assert len(creations) == 3, "each object must be asked for once"


# --- the story under every switch -----------------------------------------------------------------

AMOUNTS: Mapping[str, tuple[Json, ...]] = {
    "shortname_length": (63,),
    "page_size": (1,),
    "page_cap": (1, 10_000),
    "list_cap": (1,),
    "state_s": (0, 86_400),
    "closing_s": (0, 86_400),
    "delete_s": (0,),
    "scaling_s": (0, 3600),
    "policy_lag_s": (0, 3600),
    "capacity": (0, 3),
    "rate_limit_window_s": (0.001,),
    "retry_after_s": (0,),
}
"""What is tried of the switches that take a number."""

OTHERWISE: Mapping[str, str] = {
    "duplicate_shortname_status": "test_a_taken_shortname_is_no_second_object",
    "wrong_state_status": "test_closing_what_is_over_is_done",
    "unknown_profile_status": "test_an_unknown_profile_is_told_before_any_call",
    "unknown_constraint": "test_both_ends_know_the_same_constraints",
    "resource_buckets_required": "test_a_vendor_that_wants_buckets_is_quoted",
    "buckets": "test_a_missing_bucket_is_named",
    "credits": "test_an_account_without_credit_is_told_so",
    "admin": "test_a_field_of_administrators_is_refused_with_its_name",
    "put_ignored": "test_a_value_that_is_not_kept_is_shown_and_never_fought",
    "put_static_to_scaled": "test_a_static_pool_that_is_to_scale",
    "empty_scaling": "test_scaling_can_be_taken_away",
    "failing_names": "test_a_pool_that_failed_is_made_anew",
    "rate_limit_per_minute": "test_a_throttled_account_is_waited_for",
    "above_page_cap": "test_a_refused_page_size_is_given_up",
}
"""Switches under which the story can't be lived, and the tests that try them."""

OF_WORK = frozenset(
    {
        *("delete_running_job", "missing_parent_status", "bulk_status", "bulk_item_status"),
        *("redo_nothing_status", "profile_in_pool", "snapshot_answer", "snapshot_floor_s"),
        *("tasks_after_delete", "jobs_after_delete", "task_s", "close_pool_tasks"),
        *("delete_job_tasks", "job_completes_alone", "unmet_dependency", "snapshot_s"),
    }
)
"""Switches about tasks and jobs, which no pool sees: `test_qarnot_work_quirks.py`."""


WAYS = ways(OTHERWISE.keys() | OF_WORK, AMOUNTS)


def test_every_switch_is_tried() -> None:
    tried = {name for name, _ in WAYS} | OTHERWISE.keys() | OF_WORK
    assert untried(tried) == set()
    assert set(OTHERWISE.values()) <= globals().keys()


def test_the_story_is_lived_by_default(place: Workplace, control: Control) -> None:
    live(place, control)


@pytest.mark.parametrize(("switch", "value"), WAYS, ids=str)
def test_the_story_is_lived_whatever_the_vendor_does(
    place: Workplace, control: Control, switch: str, value: Json
) -> None:
    control.set(switches={switch: value})
    live(place, control)


# --- what needs a story of its own ----------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 403, 409])
def test_a_taken_shortname_is_no_second_object(
    place: Workplace, control: Control, status: int
) -> None:
    control.set(switches={"duplicate_shortname_status": status})
    wanted = pool("p", PLAIN)
    plan = place.plan(wanted)
    control.fault("drop_after", method="POST", path="/pools")
    assert place.apply(wanted).code == 0
    assert len(control.objects("pools")) == 1, "a creation sent twice must make one object"
    require_settled(place, control, wanted)
    assert plan.count(Action.CREATE) == 1


@pytest.mark.parametrize("status", [400, 403, 409])
def test_a_shortname_of_a_stranger_fails_the_creation(
    place: Workplace, control: Control, status: int
) -> None:
    control.set(switches={"duplicate_shortname_status": status})
    wanted = pool("p", PLAIN)
    name = shortname(place.request(wanted).marker)
    place.stranger("/pools", {"name": "theirs", "shortname": name, **PLAIN})
    applied = place.apply(wanted)
    assert applied.code == 1
    (step,) = applied.report.steps
    assert step.problem is not None
    assert name in step.problem.cause
    (true,) = control.objects("pools").values()
    assert (true["name"], true["state"]) == ("theirs", "Submitted"), "a stranger is left alone"


@pytest.mark.parametrize("status", [403, 409])
def test_closing_what_is_over_is_done(place: Workplace, control: Control, status: int) -> None:
    control.set(switches={"wrong_state_status": status, "close_closing": "refuse"})
    declared = pool("p", PLAIN)
    place.apply(declared)
    remote_id = place.remote_id(declared)
    for _ in range(2):
        place.ask(lambda provider: provider.stop(POOL.id, remote_id))
        control.advance(300)
    place.ask(lambda provider: provider.stop(POOL.id, remote_id))
    assert control.objects("pools")[remote_id]["state"] == "Closed"


@pytest.mark.parametrize("status", [400, 403, 404])
def test_an_unknown_profile_is_told_before_any_call(
    place: Workplace, control: Control, status: int
) -> None:
    control.set(switches={"unknown_profile_status": status})
    applied = place.apply(pool("p", {**PLAIN, "profile": "docker-bach"}))
    assert applied.code == 5
    (change,) = applied.plan.changes
    assert change.problem is not None
    assert "did you mean 'docker-batch'" in change.problem.remedy
    assert control.writes() == []


def test_both_ends_know_the_same_constraints(place: Workplace, control: Control) -> None:
    control.set(switches={"unknown_constraint": "ignore"})
    live(place, control)


def test_a_vendor_that_wants_buckets_is_quoted(place: Workplace, control: Control) -> None:
    control.set(switches={"resource_buckets_required": "yes"})
    applied = place.apply(pool("p", PLAIN))
    (step,) = applied.report.steps
    assert step.problem is not None
    assert "resourceBuckets" in step.problem.cause
    with_buckets = pool("p", {**PLAIN, "resourceBuckets": ["assets"]})
    assert place.apply(with_buckets).code == 0
    require_settled(place, control, with_buckets)


def test_a_missing_bucket_is_named(place: Workplace, control: Control) -> None:
    control.set(switches={"buckets": ["assets"]})
    applied = place.apply(pool("p", {**PLAIN, "resourceBuckets": ["asets"]}))
    assert applied.code == 1
    (step,) = applied.report.steps
    assert step.problem is not None
    assert "asets" in step.problem.cause
    assert not place.store.read().intents, "a clean refusal leaves nothing open"


def test_an_account_without_credit_is_told_so(place: Workplace, control: Control) -> None:
    control.set(switches={"credits": 0})
    applied = place.apply(pool("p", PLAIN))
    assert applied.code == 5
    (step,) = applied.report.steps
    assert step.problem is not None
    assert "credit" in step.problem.summary


def test_a_field_of_administrators_is_refused_with_its_name(
    place: Workplace, control: Control
) -> None:
    wanted = pool("p", {**PLAIN, "priority": 3})
    applied = place.apply(wanted)
    assert applied.code == 4
    (step,) = applied.report.steps
    assert step.problem is not None
    assert "priority" in step.problem.cause
    control.set(switches={"admin": "yes"})
    assert place.apply(wanted).code == 0
    require_settled(place, control, wanted)


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("tags", {"tags": ["other"]}),
        ("constants", {"constants": {"A_FIRST": "2"}}),
        ("scaling", {"scaling": CHANGED["scaling"]}),
        ("elasticProperty", {"scaling": None, "elastic": {"maxSlots": 3}}),
    ],
)
def test_a_value_that_is_not_kept_is_shown_and_never_fought(
    place: Workplace, control: Control, field: str, changed: Mapping[str, Json]
) -> None:
    base = {"profile": "docker-batch", "scaling": QUEUE, "tags": ["one"], "constants": {"B": "1"}}
    if field == "elasticProperty":
        base = {"profile": "docker-batch", "elastic": {"maxSlots": 5}, "tags": ["one"]}
    place.apply(pool("p", base))
    control.set(switches={"put_ignored": [field]})
    spec = {key: each for key, each in {**base, **changed}.items() if each is not None}
    wanted = pool("p", spec)
    first = place.apply(wanted)
    assert first.report.not_honoured, "a value that was not kept must be told at once"
    writes = control.writes()
    for _ in range(2):
        again = place.apply(wanted)
        assert again.code == 5, "a value that is not kept is blocked"
        (change,) = again.plan.changes
        assert change.reason is Reason.DRIFTED
        assert change.fields, "both values must be shown"
    assert control.writes() == writes, "a value that is not kept must not be fought"
    control.set(switches={"put_ignored": []})
    back = pool("p", base)
    assert place.apply(back).code == 0
    require_settled(place, control, back)


@pytest.mark.parametrize(("way", "code"), [("accept", 0), ("refuse", 1), ("ignore", 0)])
def test_a_static_pool_that_is_to_scale(
    place: Workplace, control: Control, way: str, code: int
) -> None:
    place.apply(pool("p", PLAIN))
    before = place.remote_id(pool("p", PLAIN))
    control.set(switches={"put_static_to_scaled": way})
    scaled = pool("p", {"profile": "docker-batch", "scaling": QUEUE})
    applied = place.apply(scaled)
    assert applied.actions == {"p": Action.UPDATE}
    assert applied.code == code
    assert bool(applied.report.not_honoured) == (way == "ignore")
    assert place.remote_id(scaled) == before
    if way == "accept":
        require_settled(place, control, scaled)
    assert len(control.objects("pools")) == 1


@pytest.mark.parametrize("way", ["keep_empty", "clear", "refuse", "ignore"])
def test_scaling_can_be_taken_away(place: Workplace, control: Control, way: str) -> None:
    """Where the vendor can't empty it, the plan says so once and does not fight."""
    control.set(switches={"empty_scaling": way})
    place.apply(pool("p", {"profile": "docker-batch", "scaling": QUEUE}))
    elastic = pool("p", {"profile": "docker-batch", "elastic": {"maxSlots": 4}})
    applied = place.apply(elastic)
    assert applied.actions == {"p": Action.UPDATE}
    if way in ("keep_empty", "clear"):
        assert applied.code == 0
        require_settled(place, control, elastic)
    elif way == "ignore":
        assert applied.report.not_honoured
        assert place.apply(elastic).code == 5
    else:
        assert applied.code == 1
    static = pool("p", {"profile": "docker-batch", "instanceCount": 3})
    assert place.apply(static).code == 0
    require_settled(place, control, static)


def test_a_pool_that_failed_is_made_anew(place: Workplace, control: Control) -> None:
    control.set(switches={"failing_names": ["doomed"]})
    declared = pool("doomed", PLAIN)
    place.apply(declared)
    first = place.remote_id(declared)
    control.advance(600)
    assert control.objects("pools")[first]["state"] == "Failure"
    control.set(switches={"failing_names": []})
    again = place.apply(declared)
    assert again.actions == {"doomed": Action.REPLACE}
    assert again.plan.changes[0].reason is Reason.ENDED
    assert again.code == 0
    require_settled(place, control, declared)
    assert list(control.objects("pools")) == [place.remote_id(declared)]


@pytest.mark.parametrize("told", [None, 0, 1])
def test_a_throttled_account_is_waited_for(
    place: Workplace, control: Control, told: int | None
) -> None:
    switches = {"rate_limit_per_minute": 4, "rate_limit_window_s": 0.2, "retry_after_s": told}
    control.set(switches=switches)
    place.config = replace(place.config, timeouts=Timeouts(request_s=60.0))
    declared = [pool(f"p{number}", PLAIN) for number in range(6)]
    assert place.apply(*declared).code == 0
    require_empty(place.plan(*declared))
    assert len(control.objects("pools")) == 6
    assert any(each["status"] == 429 for each in control.requests())


@pytest.mark.parametrize("cap", [1, 99])
def test_a_refused_page_size_is_given_up(place: Workplace, control: Control, cap: int) -> None:
    control.set(switches={"above_page_cap": "refuse", "page_cap": cap})
    live(place, control)
