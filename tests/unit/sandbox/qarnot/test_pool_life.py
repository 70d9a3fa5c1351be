"""A pool's states on the virtual clock, and what may be done in each of them."""

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from tests.unit.sandbox.qarnot.account import Account, running_pool

ACTIVE = (
    "Submitted",
    "PartiallyDispatched",
    "FullyDispatched",
    "PartiallyExecuting",
    "FullyExecuting",
)
POLICY = {
    "type": "ManagedTasksQueue",
    "minTotalSlots": 4,
    "maxTotalSlots": 8,
    "scalingFactor": 0.2,
    "name": "queue",
}


def in_state(state: str) -> tuple[Account, str]:
    """An account with one pool in that state."""
    if state in {"Closing", "PendingDelete"}:
        account = Account()
        uuid = account.create()
        account.set(pools_after_delete="pending")
        verb, path = (
            ("POST", f"/pools/{uuid}/close") if state == "Closing" else ("DELETE", f"/pools/{uuid}")
        )
        account.ok(verb, path)
        return account, uuid
    body = {"name": "p", "profile": "docker-batch", "instanceCount": 2, "state": state}
    account = Account(world={"pools": [body]})
    return account, account.vendor.objects()["pools"][0]["uuid"]


@given(st.lists(st.floats(0, 4000), max_size=12))
@settings(max_examples=40, deadline=None)
def test_time_in_any_pieces_gives_the_same_world(pieces: list[float]) -> None:
    def world() -> Account:
        account = Account()
        account.set(quotas={"maxRunningPool": 2}, capacity=9)
        account.create(name="static", completionTimeToLive="00:10:00")
        account.create(name="scaled", scaling={"policies": [POLICY]})
        account.create(name="late", maxTimeQueueSeconds=900)
        elastic = {"isElastic": True, "minTotalSlots": 2, "maxTotalSlots": 9}
        account.create(name="elastic", elasticProperty=elastic)
        account.ok("POST", "/pools/paginate", {})
        return account

    at_once, in_pieces = world(), world()
    total = float(sum(int(piece) for piece in pieces))
    at_once.pass_time(total)
    for piece in pieces:
        in_pieces.pass_time(float(int(piece)))
        in_pieces.ok("GET", "/pools")
    assert in_pieces.vendor.objects() == at_once.vendor.objects()
    assert in_pieces.ok("GET", "/pools") == at_once.ok("GET", "/pools")


def test_a_pool_passes_its_states_in_order_at_their_times() -> None:
    account = Account()
    uuid = account.create(instanceCount=3)
    seen = []
    for _ in range(6):
        pool = account.pool(uuid)
        seen.append(
            (pool["state"], pool["stateTransitionTime"][11:19], pool["runningInstanceCount"])
        )
        account.pass_time(30)
    assert seen == [
        ("Submitted", "08:00:00", 0),
        ("PartiallyDispatched", "08:00:30", 0),
        ("FullyDispatched", "08:01:00", 0),
        ("PartiallyExecuting", "08:01:30", 2),
        ("FullyExecuting", "08:02:00", 3),
        ("FullyExecuting", "08:02:00", 3),
    ]


def test_each_step_remembers_the_one_before() -> None:
    account = Account()
    uuid = running_pool(account)
    pool = account.pool(uuid)
    assert pool["previousState"] == "PartiallyExecuting"
    assert pool["previousStateTransitionTime"] == "2026-03-02T08:01:30Z"
    assert pool["lastModified"] == pool["stateTransitionTime"] == "2026-03-02T08:02:00Z"
    assert (pool["endDate"], pool["wallTime"]) == ("0001-01-01T00:00:00Z", "00:58:30")
    assert pool["executionTime"] == "01:56:30"
    assert pool["status"]["executionTimeByCpuModel"]


def test_a_closed_pool_stops_counting_time() -> None:
    account = Account()
    uuid = running_pool(account)
    account.ok("POST", f"/pools/{uuid}/close")
    assert account.pool(uuid)["runningInstanceCount"] == 0
    account.pass_time(30)
    closed = account.pool(uuid)
    account.pass_time(9999)
    assert account.pool(uuid) == closed
    assert (closed["state"], closed["previousState"]) == ("Closed", "Closing")
    assert closed["endDate"] == closed["stateTransitionTime"] == "2026-03-02T09:00:30Z"


STATUSES: list[tuple[str, dict[str, int]]] = [
    (state, {"close": 200, "put": 200, "scaling": 200, "patch": 200, "delete": 200})
    for state in ACTIVE
]
ENDING = {"put": 403, "scaling": 403, "patch": 403, "delete": 200}
STATUSES += [
    ("Closing", ENDING | {"close": 200}),
    ("PendingDelete", ENDING | {"close": 403}),
    ("Closed", ENDING | {"close": 403}),
    ("Failure", ENDING | {"close": 403}),
]
CALLS: dict[str, tuple[str, str, Any]] = {
    "close": ("POST", "/pools/{}/close", None),
    "put": ("PUT", "/pools/{}", {"tags": ["new"]}),
    "scaling": ("PUT", "/pools/{}/scaling", {"policies": [POLICY]}),
    "patch": ("PATCH", "/pools/{}", None),
    "delete": ("DELETE", "/pools/{}", None),
}


@pytest.mark.parametrize(
    ("state", "verb", "status"), [(s, v, n) for s, row in STATUSES for v, n in row.items()]
)
def test_each_operation_is_allowed_in_its_states_alone(state: str, verb: str, status: int) -> None:
    account, uuid = in_state(state)
    assert account.state(uuid) == state
    method, path, body = CALLS[verb]
    assert account.send(method, path.format(uuid), body).status == status


@pytest.mark.parametrize("verb", CALLS)
def test_an_unknown_pool_is_not_found(verb: str) -> None:
    method, path, body = CALLS[verb]
    reply = Account().send(method, path.format("nope"), body)
    assert (reply.status, reply.json) == (404, {"message": "No such pool: nope"})


def test_the_status_of_a_wrong_state_is_a_switch() -> None:
    account, uuid = in_state("Closed")
    account.set(wrong_state_status=409)
    assert account.send("POST", f"/pools/{uuid}/close").status == 409


def test_closing_twice_may_be_refused() -> None:
    account, uuid = in_state("Closing")
    account.set(close_closing="refuse")
    assert account.send("POST", f"/pools/{uuid}/close").status == 403


def test_a_deleted_pool_is_gone_or_pending_for_a_while() -> None:
    account = Account()
    account.ok("DELETE", f"/pools/{account.create()}")
    assert account.names() == []
    account.set(pools_after_delete="pending", delete_s=60)
    uuid = running_pool(account, shortname="taken")
    account.ok("DELETE", f"/pools/{uuid}")
    assert account.state(uuid) == "PendingDelete"
    account.ok("DELETE", f"/pools/{uuid}")
    body = {"name": "q", "profile": "docker-batch", "shortname": "taken"}
    assert account.send("POST", "/pools", body).status == 409
    account.pass_time(60)
    assert account.send("GET", f"/pools/{uuid}").status == 404
    account.ok("POST", "/pools", body)


def test_a_pool_that_finds_no_resources_in_time_fails() -> None:
    account = Account()
    account.set(capacity=1)
    uuid = account.create(maxTimeQueueSeconds=120)
    account.pass_time(119)
    assert account.state(uuid) == "Submitted"
    account.pass_time(1)
    pool = account.pool(uuid)
    assert (pool["state"], pool["errors"][0]["code"]) == ("Failure", "GHX0700E")
    assert pool["endDate"] == "2026-03-02T08:02:00Z"


def test_a_failure_can_be_ordered_by_name() -> None:
    account = Account()
    account.set(failing_names=["bad-*"])
    bad, good = account.create(name="bad-1"), account.create(name="good")
    account.pass_time(3600)
    assert (account.state(bad), account.state(good)) == ("Failure", "FullyExecuting")
    assert account.pool(bad)["errors"][0]["message"] == "The pool could not be started."


@pytest.mark.parametrize(
    "limits",
    [
        {"quotas": {"maxRunningPool": 1}},
        {"capacity": 3},
        {"quotas": {"maxFlexInstances": 3}},
        {"quotas": {"maxFlexCores": 24}},
        {"quotas": {"maxInstances": 2}},
        {"quotas": {"maxCores": 16}},
    ],
    ids=str,
)
def test_what_finds_no_room_waits_in_the_order_of_its_coming(limits: Any) -> None:
    account = Account()
    account.set(**limits)
    first, second, third = (account.create(name=str(i)) for i in range(3))
    account.pass_time(3600)
    assert [account.state(u) for u in (first, second, third)] == [
        "FullyExecuting",
        "Submitted",
        "Submitted",
    ]
    account.ok("POST", f"/pools/{first}/close")
    account.pass_time(3600)
    assert account.state(second) == "FullyExecuting"
    assert account.state(third) == "Submitted"
    lifted = dict.fromkeys(limits.get("quotas", {}))
    account.set(quotas=lifted, capacity=None)
    account.pass_time(3600)
    assert account.state(third) == "FullyExecuting"


def test_on_demand_pools_have_limits_of_their_own() -> None:
    account = Account()
    account.set(quotas={"maxOnDemandInstances": 1, "maxFlexInstances": 2})
    flex, other = account.create(), account.create(schedulingType="onDemand")
    account.pass_time(3600)
    assert (account.state(flex), account.state(other)) == ("FullyExecuting", "Submitted")


def test_a_closed_pool_goes_after_its_time_to_live() -> None:
    account = Account()
    uuid = running_pool(account, completionTimeToLive="00:10:00")
    account.ok("POST", f"/pools/{uuid}/close")
    account.pass_time(30 + 599)
    assert account.state(uuid) == "Closed"
    account.pass_time(1)
    assert account.send("GET", f"/pools/{uuid}").status == 404


def test_retention_takes_what_is_over_even_when_it_is_set_later() -> None:
    account, uuid = in_state("Closed")
    running = account.create()
    account.pass_time(500)
    account.set(retention_s=600)
    account.pass_time(99)
    assert account.state(uuid) == "Closed"
    account.pass_time(1)
    assert account.send("GET", f"/pools/{uuid}").status == 404
    assert account.state(running) == "FullyExecuting"


def test_a_full_quota_is_refused_unless_a_closed_pool_makes_room() -> None:
    account = Account()
    account.set(quotas={"maxPool": 2})
    kept, goes = account.create(), account.create(autoDeleteOnCompletion=True)
    body = {"name": "q", "profile": "docker-batch"}
    reply = account.send("POST", "/pools", body)
    assert (reply.status, reply.json) == (403, {"message": "Maximum number of pools reached (2)"})
    for uuid in (kept, goes):
        account.ok("POST", f"/pools/{uuid}/close")
    account.pass_time(60)
    account.ok("POST", "/pools", body)
    assert account.send("GET", f"/pools/{goes}").status == 404
    assert account.state(kept) == "Closed"
    assert account.send("POST", "/pools", body).status == 403


def test_output_is_whole_fresh_and_by_node() -> None:
    account = Account()
    uuid = account.create()
    path = f"/pools/{uuid}/stdout"
    assert account.send("GET", path).text == account.send("GET", f"{path}/1").text == ""
    account.pass_time(3600)
    whole = account.send("GET", path)
    assert whole.content_type == "text/plain; charset=utf-8"
    assert whole.text.splitlines()[0] == "[2026-03-02T08:01:30Z] node 0 of p is ready"
    assert account.send("POST", path).text == whole.text
    assert account.send("POST", path).text == ""
    assert account.send("POST", f"{path}/1").text == whole.text.splitlines(keepends=True)[1]
    account.ok("POST", f"/pools/{uuid}/close")
    assert account.send("POST", path).text.count("stopped") == 2
    assert account.send("GET", f"/pools/{uuid}/stderr").text == ""
    for instance in ("2", "x", "-1", "9" * 12):
        assert account.send("GET", f"{path}/{instance}").status == 404
    assert account.send("GET", "/pools/nope/stdout").status == 404
