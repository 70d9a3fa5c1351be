"""What goes wrong on the way: one object for each address, and nothing is lost."""

from __future__ import annotations

from time import sleep
from typing import Any

import pytest

from reconciler.diff.change import Action
from reconciler.errors import AuthFailed
from reconciler.lifecycle import OnRemove
from reconciler.providers.qarnot.kinds.pool import POOL
from reconciler.report import Passed
from reconciler.values import Json
from tests.contract.control import Control
from tests.contract.workplace import Workplace, require_empty, resource, with_lifecycle

PLAIN: dict[str, Json] = {"profile": "docker-batch", "instanceCount": 2}
DECLARED = resource(POOL, "p", PLAIN)
TAGGED = resource(POOL, "p", {**PLAIN, "tags": ["dune"]})
BIGGER = resource(POOL, "p", {**PLAIN, "instanceCount": 3})

MISHAPS: dict[str, dict[str, Any]] = {
    "dropped before": {"kind": "drop_before"},
    "dropped after": {"kind": "drop_after"},
    "truncated": {"kind": "truncate"},
    "a web page, not done": {"kind": "html"},
    "a web page, done": {"kind": "html", "done": True},
    "500, not done": {"kind": "status", "status": 500},
    "500, done": {"kind": "status", "status": 500, "done": True},
    "502, done": {"kind": "status", "status": 502, "done": True},
    "503, not done": {"kind": "status", "status": 503},
    "504, done": {"kind": "status", "status": 504, "done": True},
    "408, not done": {"kind": "status", "status": 408},
    "200 without a body, done": {"kind": "status", "status": 200, "body": "", "done": True},
    "200 without a uuid, done": {"kind": "status", "status": 200, "body": {}, "done": True},
}
TWICE = ("dropped before", "500, done", "a web page, not done")


def require_whole(place: Workplace, control: Control, declared: Any = DECLARED) -> None:
    """One object, known to the state, nothing open, nothing left to do."""
    objects = control.objects("pools")
    assert list(objects) == [place.remote_id(declared)], "exactly one object, and it is recorded"
    assert not place.store.read().intents, "nothing may be left open"
    require_empty(place.plan(declared))


@pytest.mark.parametrize("mishap", MISHAPS)
def test_a_creation_that_met_a_mishap_makes_one_object(
    place: Workplace, control: Control, mishap: str
) -> None:
    control.fault(**MISHAPS[mishap], method="POST", path="/pools")
    assert place.apply(DECLARED).code == 0
    require_whole(place, control)


@pytest.mark.parametrize("mishap", TWICE)
def test_a_creation_that_met_it_twice_makes_one_object(
    place: Workplace, control: Control, mishap: str
) -> None:
    control.fault(**MISHAPS[mishap], method="POST", path="/pools", count=2)
    assert place.apply(DECLARED).code == 0
    require_whole(place, control)


def test_a_creation_that_never_gets_through_is_unknown_and_settled_by_the_next_run(
    place: Workplace, control: Control
) -> None:
    control.fault("drop_before", method="POST", path="/pools", count=None)
    applied = place.apply(DECLARED)
    assert applied.code == 10
    assert place.store.read().intents, "an unknown outcome stays noted"
    control.clear_faults()
    assert place.apply(DECLARED).code == 0
    require_whole(place, control)


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_a_lost_creation_that_can_not_be_looked_for_is_settled_later(
    place: Workplace, control: Control, kind: str
) -> None:
    control.fault(kind, method="POST", path="/pools")
    control.fault("status", method="GET", path="/pools/*", status=503, count=None)
    assert place.apply(DECLARED).code == 10
    control.clear_faults()
    assert place.apply(DECLARED).code == 0
    require_whole(place, control)


def test_a_creation_that_arrives_after_it_was_given_up_is_no_second_object(
    place: Workplace, control: Control
) -> None:
    control.fault("latency", method="POST", path="/pools", seconds=1.5)
    assert place.apply(DECLARED).code == 0
    for _ in range(200):  # until the first request, which was given up, has come to its end
        answers = [each["status"] for each in control.requests() if each["path"] == "/pools"]
        if len(answers) == 2:
            break
        sleep(0.02)
    assert answers == [200, 409], "the request that was given up must find the name taken"
    require_whole(place, control)


def test_a_creation_the_vendor_shows_late_is_not_made_twice(
    place: Workplace, control: Control
) -> None:
    control.fault("drop_after", method="POST", path="/pools")
    control.fault("status", method="GET", path="/pools/*", status=404, count=2)
    assert place.apply(DECLARED).code == 0
    require_whole(place, control)


def test_a_taken_name_that_can_not_be_looked_at_stays_unknown(
    place: Workplace, control: Control
) -> None:
    control.fault("drop_after", method="POST", path="/pools")
    control.fault("status", method="GET", path="/pools/*", status=404, count=2)
    control.fault("status", method="GET", path="/pools/*", status=503, count=None)
    assert place.apply(DECLARED).code == 10
    control.clear_faults()
    assert place.apply(DECLARED).code == 0
    require_whole(place, control)


@pytest.mark.parametrize("mishap", MISHAPS)
def test_an_update_that_met_a_mishap_passes(
    place: Workplace, control: Control, mishap: str
) -> None:
    place.apply(DECLARED)
    control.fault(**MISHAPS[mishap], method="PUT", path="/pools/*")
    applied = place.apply(TAGGED)
    if applied.code:
        assert applied.code == 10
        assert place.apply(TAGGED).code == 0
    require_whole(place, control, TAGGED)
    (true,) = control.objects("pools").values()
    assert true["tags"] == ["dune"]


@pytest.mark.parametrize("mishap", ["dropped before", "dropped after", "500, done", "truncated"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_replacement_that_met_a_mishap_leaves_one_object(
    place: Workplace, control: Control, mishap: str, method: str
) -> None:
    place.apply(DECLARED)
    control.fault(**MISHAPS[mishap], method=method, path="/pools/*")
    applied = place.apply(BIGGER)
    if applied.code:
        assert place.apply(BIGGER).code == 0
    require_whole(place, control, BIGGER)
    (true,) = control.objects("pools").values()
    assert true["instanceCount"] == 3


def test_a_creation_that_is_not_listed_yet_is_known(place: Workplace, control: Control) -> None:
    control.fault("slow_list", method="POST", path="/pools", seconds=3600)
    place.apply(DECLARED)
    require_whole(place, control)


def test_a_credential_that_ends_mid_run_stops_the_run(place: Workplace, control: Control) -> None:
    declared = [resource(POOL, f"p{number}", PLAIN) for number in range(12)]
    control.fault("expire_token", method="POST", path="/pools", skip=3, count=None)
    applied = place.apply(*declared)
    assert applied.code == 6
    assert applied.report.count(Passed.DONE) == 3
    refused = [each for each in control.requests() if each["status"] == 401]
    assert len(refused) <= place.config.concurrency, "a refused credential is not tried on"
    control.clear_faults()
    assert place.apply(*declared).code == 0
    assert len(control.objects("pools")) == 12


def test_a_credential_that_is_refused_at_once_ends_the_plan(
    place: Workplace, control: Control
) -> None:
    control.fault("expire_token", count=None)
    with pytest.raises(AuthFailed):
        place.plan(DECLARED)


def test_a_quota_that_is_used_up_half_way_is_gone_on_with(
    place: Workplace, control: Control
) -> None:
    declared = [resource(POOL, f"p{number}", PLAIN) for number in range(6)]
    plan = place.plan(*declared)
    place.stranger("/pools", {"name": "theirs", **PLAIN})
    control.set(quotas={"maxPool": 4})
    applied = place.apply_saved(plan, *declared)
    assert applied.code == 6
    assert len(control.objects("pools")) == 4
    control.set(quotas={"maxPool": 10})
    assert place.apply(*declared).code == 0
    require_empty(place.plan(*declared))
    assert len(control.objects("pools")) == 7


# --- replacement ----------------------------------------------------------------------------------


def test_a_replacement_ends_the_old_object_before_it_makes_the_new_one(
    place: Workplace, control: Control
) -> None:
    place.apply(DECLARED)
    old = place.remote_id(DECLARED)
    before = len(control.writes())
    assert place.apply(BIGGER).actions == {"p": Action.REPLACE}
    assert control.writes()[before:] == [
        f"POST /pools/{old}/close",
        f"DELETE /pools/{old}",
        "POST /pools",
    ]


def test_a_replacement_never_waits_for_a_name_that_is_taken(
    place: Workplace, control: Control
) -> None:
    control.set(switches={"pools_after_delete": "pending", "delete_s": 10**6})
    for size in range(2, 6):
        declared = resource(POOL, "p", {**PLAIN, "instanceCount": size})
        assert place.apply(declared).code == 0
        require_empty(place.plan(declared))
    states = [each["state"] for each in control.objects("pools").values()]
    assert states.count("Submitted") == 1
    assert states.count("PendingDelete") == 3


def test_a_replacement_that_only_terminates_keeps_the_vendors_record(
    place: Workplace, control: Control
) -> None:
    kept = with_lifecycle(DECLARED, on_remove=OnRemove.TERMINATE)
    place.apply(kept)
    old = place.remote_id(kept)
    bigger = with_lifecycle(BIGGER, on_remove=OnRemove.TERMINATE)
    assert place.apply(bigger).code == 0
    require_empty(place.plan(bigger))
    assert control.objects("pools")[old]["state"] == "Closing"
    assert len(control.objects("pools")) == 2


@pytest.mark.parametrize("hidden", ["no", "yes"])
def test_a_name_of_a_former_life_is_not_taken_for_the_new_one(
    place: Workplace, control: Control, hidden: str
) -> None:
    """Closed pools keep their shortname; what is declared again must get an object that lives."""
    control.set(switches={"list_hides_closed": hidden})
    gone = with_lifecycle(DECLARED, on_remove=OnRemove.TERMINATE)
    other = resource(POOL, "other", PLAIN)
    place.apply(gone, other)
    assert place.apply(other, prune=True).code == 0
    control.advance(600)
    assert place.apply(gone, other).code == 0
    require_empty(place.plan(gone, other))
    states = sorted(each["state"] for each in control.objects("pools").values())
    assert states[0] == "Closed"
    assert "Closed" not in states[1:]
