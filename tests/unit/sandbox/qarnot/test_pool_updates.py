"""Updates: what a PUT changes, what it leaves alone, and how many nodes scaling leads to."""

from typing import Any

import pytest

from tests.unit.sandbox.qarnot.account import Account, running_pool

FIXED: dict[str, Any] = {"type": "Fixed", "slotsCount": 6, "name": "six", "enabledPeriods": []}
QUEUE: dict[str, Any] = {
    "type": "ManagedTasksQueue",
    "minTotalSlots": 3,
    "maxTotalSlots": 10,
    "minIdleSlots": 1,
    "minIdleTimeSeconds": 120,
    "scalingFactor": 0.2,
    "name": "queue",
    "enabledPeriods": [],
}
MORNING = {
    "type": "Weekly",
    "days": ["monday"],
    "startTimeUtc": "08:00:00",
    "endTimeUtc": "12:00:00",
    "name": "morning",
}


def put(account: Account, uuid: str, **fields: Any) -> None:
    """A PUT that must succeed."""
    account.ok("PUT", f"/pools/{uuid}", fields)


def slots(account: Account, uuid: str, *times: float) -> list[int]:
    """The running nodes after each of these times has passed."""
    found = []
    for seconds in times:
        account.pass_time(seconds)
        found.append(account.pool(uuid)["runningInstanceCount"])
    return found


def test_a_put_changes_what_it_gives_and_nothing_else() -> None:
    account = Account()
    uuid = account.create(tags=["old"], constants=[{"key": "A", "value": "1"}])
    before = account.pool(uuid)
    account.pass_time(1)
    put(account, uuid, Tags=["new"])
    changed = {"tags": ["new"], "lastModified": "2026-03-02T08:00:01Z"}
    assert account.pool(uuid) == before | changed


def test_a_put_of_the_whole_object_ignores_what_can_not_change() -> None:
    account = Account()
    uuid = account.create(shortname="s")
    before = account.pool(uuid)
    others = {
        "name": "other",
        "shortname": "o",
        "instanceCount": 9,
        "profile": "blender-4",
        "labels": {"a": "b"},
    }
    put(account, uuid, **others)
    assert account.pool(uuid) == before
    account.set(put_other_fields="refuse")
    assert list(account.send("PUT", "/pools/s", others).errors) == ["name"]
    put(account, uuid, **{name: before[name] for name in others})


@pytest.mark.parametrize(
    ("how", "body", "tags", "keys"),
    [
        ("keep", {"tags": None}, ["t"], ["A"]),
        ("clear", {"tags": None}, [], ["A"]),
        ("clear", {}, ["t"], ["A"]),
        ("clear_absent", {"constants": [{"key": "B", "value": ""}]}, [], ["B"]),
    ],
)
def test_null_and_absent_in_a_put_are_a_switch(
    how: str, body: Any, tags: list[str], keys: list[str]
) -> None:
    account = Account()
    account.set(put_null=how)
    uuid = account.create(tags=["t"], constants=[{"key": "A", "value": "1"}])
    put(account, uuid, **body)
    shown = account.pool(uuid)
    assert (shown["tags"], [one["key"] for one in shown["constants"]]) == (tags, keys)


def test_a_put_may_be_accepted_and_ignored() -> None:
    account = Account()
    account.set(put_ignored=["tags", "scaling"])
    uuid = account.create(tags=["old"], scaling={"policies": [QUEUE]})
    put(account, uuid, tags=["new"], constants=[{"key": "A", "value": "1"}])
    account.ok("PUT", f"/pools/{uuid}/scaling", {"policies": [FIXED]})
    shown = account.pool(uuid)
    assert (shown["tags"], len(shown["constants"])) == (["old"], 1)
    assert shown["scaling"] == {"policies": [QUEUE]}


def test_a_wrong_put_changes_nothing() -> None:
    account = Account()
    uuid = account.create(tags=["old"])
    body = {"tags": ["new"], "constants": [{"key": "a b"}]}
    assert account.send("PUT", f"/pools/{uuid}", body).errors
    assert (
        account.send("PUT", f"/pools/{uuid}", {"constraints": [{"key": "a", "value": ""}]}).status
        == 403
    )
    assert account.pool(uuid)["tags"] == ["old"]


def test_scaling_comes_back_as_it_was_put() -> None:
    account = Account()
    uuid = account.create()
    sent = {
        "policies": [QUEUE | {"enabledPeriods": [MORNING]}, FIXED],
        "activePolicyName": "ignored",
    }
    assert account.send("PUT", f"/pools/{uuid}/scaling", sent).text == "{}"
    stored = account.ok("GET", f"/pools/{uuid}/scaling")
    assert list(stored["policies"][0]) == list(QUEUE)
    assert stored["policies"] == sent["policies"]
    assert account.pool(uuid)["scaling"] == {"policies": sent["policies"]}


def test_scaling_is_read_in_any_case_with_the_defaults_of_the_service() -> None:
    account = Account()
    uuid = account.create()
    period = {
        "type": "Weekly",
        "DAYS": ["Monday"],
        "StartTimeUtc": "08:00:00.0",
        "endTimeUtc": "23:59:59.9999999",
    }
    put(
        account,
        uuid,
        scaling={"Policies": [{"type": "ManagedTasksQueue", "EnabledPeriods": [period]}]},
    )
    assert account.pool(uuid)["scaling"]["policies"] == [
        {
            "type": "ManagedTasksQueue",
            "minTotalSlots": 0,
            "maxTotalSlots": 0,
            "minIdleSlots": 0,
            "minIdleTimeSeconds": 90,
            "scalingFactor": 0.2,
            "name": None,
            "enabledPeriods": [
                {
                    "type": "Weekly",
                    "days": ["monday"],
                    "startTimeUtc": "08:00:00",
                    "endTimeUtc": "23:59:59.9999999",
                    "name": None,
                }
            ],
        }
    ]


@pytest.mark.parametrize(
    "policy",
    [
        {"type": "Stepwise", "name": "x"},
        {"name": "x"},
        5,
        FIXED | {"slotsCount": -1},
        QUEUE | {"minTotalSlots": 11},
        QUEUE | {"scalingFactor": 1.5},
        FIXED | {"enabledPeriods": [{"type": "Daily"}]},
        FIXED | {"enabledPeriods": [MORNING | {"days": ["someday"]}]},
        FIXED | {"enabledPeriods": [MORNING | {"startTimeUtc": "8 am"}]},
        FIXED | {"enabledPeriods": [MORNING | {"endTimeUtc": "24:00:00"}]},
        FIXED | {"enabledPeriods": [MORNING | {"endTimeUtc": "08:00:00"}]},
        FIXED | {"enabledPeriods": 5},
    ],
    ids=str,
)
def test_a_wrong_policy_is_refused_at_its_place(policy: Any) -> None:
    account = Account()
    uuid = account.create()
    for method, path in (
        ("POST", "/sanity-checks/pools/scaling"),
        ("PUT", f"/pools/{uuid}/scaling"),
    ):
        assert list(account.send(method, path, {"policies": [policy]}).errors) == ["policies[0]"]
    assert account.pool(uuid)["scaling"] is None


def test_an_unknown_policy_type_has_the_words_of_the_service() -> None:
    body = {"policies": [{"type": "Stepwise", "name": "x"}]}
    reply = Account().send("POST", "/sanity-checks/pools/scaling", body)
    assert reply.errors == {"policies[0]": ["The input was not valid."]}


def test_names_of_policies_are_unique() -> None:
    reply = Account().send(
        "POST", "/sanity-checks/pools/scaling", {"policies": [FIXED, QUEUE, FIXED]}
    )
    assert list(reply.errors) == ["policies[2]"]


def test_a_sound_scaling_passes_the_check_and_is_not_stored() -> None:
    reply = Account().send("POST", "/sanity-checks/pools/scaling", {"policies": [FIXED, QUEUE]})
    assert (reply.status, reply.text) == (200, "")


@pytest.mark.parametrize(
    ("how", "stored"),
    [("keep_empty", {"policies": []}), ("clear", None), ("ignore", {"policies": [QUEUE]})],
)
def test_an_empty_list_of_policies_is_a_switch(how: str, stored: Any) -> None:
    account = Account()
    account.set(empty_scaling=how)
    uuid = account.create(scaling={"policies": [QUEUE]})
    account.ok("PUT", f"/pools/{uuid}/scaling", {"policies": []})
    assert account.pool(uuid)["scaling"] == stored


def test_an_empty_list_of_policies_may_be_refused() -> None:
    account = Account()
    account.set(empty_scaling="refuse")
    uuid = account.create(scaling={"policies": [QUEUE]})
    assert account.send("PUT", f"/pools/{uuid}/scaling", {"policies": []}).errors
    account.ok("PUT", f"/pools/{uuid}/scaling", {"policies": None})


@pytest.mark.parametrize(("how", "is_stored"), [("accept", True), ("ignore", False)])
def test_scaling_on_a_static_pool_is_a_switch(how: str, is_stored: bool) -> None:
    account = Account()
    account.set(put_static_to_scaled=how)
    uuid = account.create()
    put(account, uuid, scaling={"policies": [FIXED]})
    assert (account.pool(uuid)["scaling"] is not None) is is_stored


def test_scaling_on_a_static_pool_may_be_refused() -> None:
    account = Account()
    account.set(put_static_to_scaled="refuse")
    uuid = account.create()
    reply = account.send("PUT", f"/pools/{uuid}", {"scaling": {"policies": [FIXED]}})
    assert (reply.status, reply.json) == (400, {"message": "A static pool can't be scaled"})


def test_a_fixed_policy_moves_the_pool_to_its_slots() -> None:
    account = Account()
    uuid = account.create(instanceCount=0, scaling={"policies": [FIXED]})
    account.pass_time(60)
    assert slots(account, uuid, 0, 30) == [0, 6]
    assert account.pool(uuid)["instanceCount"] == 6
    account.set(scaled_instance_count="fixed")
    assert account.pool(uuid)["instanceCount"] == 0
    put(account, uuid, scaling={"policies": [FIXED | {"slotsCount": 2}]})
    assert slots(account, uuid, 29, 1, 3600) == [6, 2, 2]


def test_a_queue_policy_grows_in_shares_of_its_ceiling() -> None:
    account = Account()
    uuid = account.create(instanceCount=0, scaling={"policies": [QUEUE]})
    account.pass_time(60)
    assert slots(account, uuid, 0, 30, 30, 3600) == [0, 2, 3, 3]
    assert account.pool(uuid)["totalSlotCapacity"] == 10


def test_a_queue_policy_shrinks_after_its_idle_time() -> None:
    account = Account()
    uuid = account.create(instanceCount=0, scaling={"policies": [QUEUE]})
    account.pass_time(3600)
    put(account, uuid, scaling={"policies": [QUEUE | {"minTotalSlots": 0}]})
    assert slots(account, uuid, 30, 119, 1, 3600) == [3, 3, 1, 1]


def test_an_elastic_pool_ramps_to_its_minimum() -> None:
    account = Account()
    elastic = {"isElastic": True, "minTotalSlots": 5, "maxTotalSlots": 8, "rampResizeFactor": 0.5}
    uuid = account.create(instanceCount=0, elasticProperty=elastic)
    account.pass_time(60)
    assert slots(account, uuid, 89, 1, 90, 3600) == [0, 4, 5, 5]
    assert account.pool(uuid)["totalSlotCapacity"] == 8


def test_a_scaled_pool_grows_no_further_than_there_is_room() -> None:
    account = Account()
    account.set(capacity=4)
    uuid = account.create(instanceCount=0, scaling={"policies": [FIXED]})
    assert slots(account, uuid, 3600) == [4]
    account.set(capacity=None)
    assert slots(account, uuid, 3600) == [6]


def test_policies_change_at_the_bounds_of_their_periods() -> None:
    account = Account()
    policies = [FIXED | {"enabledPeriods": [MORNING]}, FIXED | {"name": "rest", "slotsCount": 1}]
    uuid = account.create(instanceCount=0, scaling={"policies": policies})
    four_hours, day = 4 * 3600, 86_400
    assert slots(account, uuid, 3600, four_hours, 6 * day - four_hours, day) == [6, 1, 1, 6]


def test_the_name_of_the_active_policy_comes_late() -> None:
    account = Account()
    policies = [FIXED | {"enabledPeriods": [MORNING]}, FIXED | {"name": "rest"}]
    uuid = running_pool(account, scaling={"policies": policies})

    def active() -> str | None:
        name: str | None = account.ok("GET", f"/pools/{uuid}/scaling")["activePolicyName"]
        return name

    assert active() == "six"
    account.pass_time(3 * 3600 + 29)
    assert active() == "six"
    account.pass_time(1)
    assert active() == "rest"
    account.ok("PUT", f"/pools/{uuid}/scaling", {"policies": [FIXED | {"name": "new"}]})
    account.pass_time(29)
    assert active() == "rest"
    account.pass_time(1)
    assert active() == "new"
    account.ok("POST", f"/pools/{uuid}/close")
    assert active() is None


def test_outside_all_periods_no_policy_is_active() -> None:
    account = Account()
    uuid = running_pool(account, scaling={"policies": [FIXED | {"enabledPeriods": [MORNING]}]})
    account.pass_time(86_400)
    assert account.ok("GET", f"/pools/{uuid}/scaling")["activePolicyName"] is None
    assert account.pool(uuid)["runningInstanceCount"] == 0
