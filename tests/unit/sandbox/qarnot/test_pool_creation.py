"""What a creation takes, stores and refuses."""

from typing import Any

import pytest

from tests.unit.sandbox.qarnot.account import Account

FRESH: dict[str, Any] = {
    "errors": [],
    "elasticProperty": {
        "isElastic": False,
        "minTotalSlots": 0,
        "maxTotalSlots": 0,
        "minIdleSlots": 0,
        "resizePeriod": 90,
        "rampResizeFactor": 0.4,
        "minIdleTimeSeconds": 90,
    },
    "scaling": None,
    "preparationTask": None,
    "constants": [{"key": "DOCKER_REPO", "value": "library/debian"}],
    "secretsAccessRights": {"bySecret": [], "byPrefix": []},
    "tags": ["team-a"],
    "resourceBuckets": [],
    "advancedResourceBuckets": None,
    "status": None,
    "totalSlotCapacity": 2,
    "poolUsage": 0.0,
    "hardwareConstraints": [],
    "schedulingType": "flex",
    "targetedReservedMachineKey": None,
    "autoDeleteOnCompletion": False,
    "completionTimeToLive": "00:00:00",
    "labels": {"owner": "ana"},
    "privileges": {"exportApiAndStorageCredentialsInEnvironment": False},
    "defaultRetrySettings": {"maxTotalRetries": None, "maxPerInstanceRetries": None},
    "defaultResourcesCacheTTLSec": 7776000,
    "name": "render farm",
    "shortname": "render-farm",
    "profile": "docker-batch",
    "state": "Submitted",
    "previousState": None,
    "instanceCount": 2,
    "stateTransitionTime": "2026-03-02T08:00:00Z",
    "previousStateTransitionTime": "0001-01-01T00:00:00Z",
    "creationDate": "2026-03-02T08:00:00Z",
    "lastModified": "2026-03-02T08:00:00Z",
    "endDate": "0001-01-01T00:00:00Z",
    "runningInstanceCount": 0,
    "runningCoreCount": 0,
    "queuedOrRunningTaskInstancesCount": 0,
    "executionTime": None,
    "wallTime": None,
    "taskDefaultWaitForPoolResourcesSynchronization": None,
}


def test_a_fresh_pool_reads_exactly_as_the_service_shows_it() -> None:
    account = Account()
    uuid = account.create(
        name="render farm",
        shortname="render-farm",
        constants=[{"key": "DOCKER_REPO", "value": "library/debian"}],
        tags=["team-a"],
        labels={"owner": "ana"},
    )
    assert account.pool(uuid) == FRESH | {"uuid": uuid}


def test_a_creation_says_where_the_pool_is() -> None:
    reply = Account().send("POST", "/pools", {"name": "p", "profile": "docker-batch"})
    assert reply.status == 200
    assert reply.headers == {"Location": f"/pools/{reply.json['uuid']}"}


@pytest.mark.parametrize(
    ("form", "place"),
    [
        ("absolute", "http://h:1/pools/{}"),
        ("versioned", "/v1/pools/{}"),
        ("absent", None),
    ],
)
def test_the_form_of_the_location_is_a_switch(form: str, place: str | None) -> None:
    account = Account()
    account.set(location=form, creation_status=201)
    body = {"name": "p", "profile": "docker-batch"}
    reply = account.send("POST", "/pools", body, base_url="http://h:1")
    assert reply.status == 201
    assert reply.headers.get("Location") == (place and place.format(reply.json["uuid"]))


def test_names_match_in_any_case_and_unknown_ones_mean_nothing() -> None:
    account = Account()
    body = {
        "NAME": "p",
        "PROFILE": "docker-batch",
        "InstanceCount": 3,
        "color": "blue",
        "state": "",
    }
    uuid = account.ok("POST", "/pools", body)["uuid"]
    assert account.pool(uuid)["instanceCount"] == 3


def test_null_means_not_given() -> None:
    account = Account()
    nulls = dict.fromkeys(
        ("tags", "elasticProperty", "constants", "privileges", "shortname", "labels")
    )
    uuid = account.create(name="p", **nulls)
    shown = account.pool(uuid)
    assert shown["elasticProperty"] == FRESH["elasticProperty"]
    assert (shown["tags"], shown["labels"], shown["shortname"]) == ([], {}, uuid)


def test_words_match_in_any_case_and_come_back_in_camel_case() -> None:
    account = Account()
    uuid = account.create(schedulingType="ONDEMAND")
    assert account.pool(uuid)["schedulingType"] == "onDemand"
    account.set(scheduling_type_case="pascal")
    assert account.pool(uuid)["schedulingType"] == "OnDemand"


def test_fields_beyond_the_page_are_shown_when_they_are_set() -> None:
    account = Account()
    extra = {"maxTimeQueueSeconds": 60, "multiSlotsSettings": {"slotsPerNode": 2}}
    assert not extra.keys() & account.pool(account.create()).keys()
    shown = account.pool(account.create(**extra))
    assert shown | extra == shown
    assert shown["totalSlotCapacity"] == 4


BAD: list[tuple[dict[str, Any], str]] = [
    ({"name": None}, "name"),
    ({"name": ""}, "name"),
    ({"name": 5}, "name"),
    ({"name": "x" * 2048}, "name"),
    ({"profile": None}, "profile"),
    ({"instanceCount": -1}, "instanceCount"),
    ({"instanceCount": 2**31}, "instanceCount"),
    ({"instanceCount": "2"}, "instanceCount"),
    ({"instanceCount": True}, "instanceCount"),
    ({"shortname": "-a"}, "shortname"),
    ({"shortname": "a_b"}, "shortname"),
    ({"shortname": ""}, "shortname"),
    ({"shortname": "a" * 2049}, "shortname"),
    ({"tags": "t"}, "tags"),
    ({"tags": ["t"] * 11}, "tags"),
    ({"tags": ["t" * 512]}, "tags[0]"),
    ({"tags": ["t", None]}, "tags[1]"),
    ({"constants": [{"key": "a b", "value": ""}]}, "constants[0].key"),
    ({"constants": [{"key": "a" * 2049, "value": ""}]}, "constants[0].key"),
    ({"constants": [{"key": "a", "value": "v" * 2049}]}, "constants[0].value"),
    ({"constants": [{"value": ""}]}, "constants[0].key"),
    ({"constants": [{"key": f"k{i}", "value": ""} for i in range(51)]}, "constants"),
    ({"labels": {"a": 1}}, "labels"),
    ({"labels": []}, "labels"),
    ({"hardwareConstraints": [{"discriminator": "Fast"}]}, "hardwareConstraints[0]"),
    ({"hardwareConstraints": [{}]}, "hardwareConstraints[0]"),
    (
        {"hardwareConstraints": [{"discriminator": "MinimumCoreHardwareConstraint"}]},
        "hardwareConstraints[0].coreCount",
    ),
    (
        {"hardwareConstraints": [{"discriminator": "CpuModelHardwareConstraint", "cpuModel": 1}]},
        "hardwareConstraints[0].cpuModel",
    ),
    ({"elasticProperty": {"resizePeriod": 89}}, "elasticProperty.resizePeriod"),
    ({"elasticProperty": {"rampResizeFactor": 1.1}}, "elasticProperty.rampResizeFactor"),
    ({"elasticProperty": {"isElastic": True, "minTotalSlots": 1}}, "elasticProperty"),
    ({"elasticProperty": []}, "elasticProperty"),
    ({"completionTimeToLive": "30:00:00"}, "completionTimeToLive"),
    ({"completionTimeToLive": "-01:00:00"}, "completionTimeToLive"),
    ({"completionTimeToLive": "an hour"}, "completionTimeToLive"),
    ({"completionTimeToLive": 60}, "completionTimeToLive"),
    ({"schedulingType": "cheap"}, "schedulingType"),
    ({"targetedReservedMachineKey": "m"}, "schedulingType"),
    ({"autoDeleteOnCompletion": "yes"}, "autoDeleteOnCompletion"),
    ({"projectUuid": "mine"}, "projectUuid"),
    ({"resourceBuckets": ["b"] * 101}, "resourceBuckets"),
    ({"advancedResourceBuckets": [{"bucketName": ""}]}, "advancedResourceBuckets[0].bucketName"),
    (
        {"resourceBuckets": ["b"], "advancedResourceBuckets": [{"bucketName": "b"}]},
        "advancedResourceBuckets",
    ),
    ({"scaling": {"policies": [{"type": "Stepwise"}]}}, "scaling.policies[0]"),
]


@pytest.mark.parametrize(("fields", "path"), BAD, ids=lambda value: str(value)[:40])
def test_a_field_out_of_its_limits_is_refused_at_its_path(fields: Any, path: str) -> None:
    account = Account()
    body = {"name": "p", "profile": "docker-batch"} | fields
    assert list(account.send("POST", "/pools", body).errors) == [path]
    assert account.names() == []


def test_all_problems_of_a_body_are_told_at_once() -> None:
    reply = Account().send("POST", "/pools", {"instanceCount": -1, "tags": [5]})
    assert list(reply.errors) == ["name", "tags[0]", "profile", "instanceCount"]
    assert reply.errors["name"] == ["The name field is required."]


@pytest.mark.parametrize("body", [b"", b"  ", b"{", b"\xff", b"[NaN]", b"[" * 100_000, b"5"])
def test_a_body_that_is_no_object_is_a_validation_error(body: bytes) -> None:
    reply = Account().send("POST", "/pools", body)
    assert reply.errors
    if not body.strip():
        assert reply.errors == {"": ["A non-empty request body is required."]}


def test_limits_are_inclusive() -> None:
    account = Account()
    uuid = account.create(
        name="x" * 2047,
        shortname="a" * 2048,
        tags=["t" * 511] * 10,
        constants=[{"key": "k" * 2048, "value": "v" * 2048}] * 50,
        elasticProperty={"rampResizeFactor": 1, "minIdleTimeSeconds": 0, "maxTotalSlots": 1},
    )
    assert account.pool("a" * 2048)["uuid"] == uuid


def test_time_spans_come_back_canonical_or_as_the_switch_says() -> None:
    account = Account()
    uuid = account.create(completionTimeToLive="0.01:00:00")
    assert account.pool(uuid)["completionTimeToLive"] == "01:00:00"
    account.set(timespan_spelling="as_sent")
    assert account.pool(uuid)["completionTimeToLive"] == "0.01:00:00"
    account.set(timespan_spelling="fraction", hours_above_23="accept")
    assert account.pool(uuid)["completionTimeToLive"] == "01:00:00.0000000"
    long = account.create(completionTimeToLive="30:00:00")
    account.set(timespan_spelling="canonical")
    assert account.pool(long)["completionTimeToLive"] == "1.06:00:00"


def test_lists_come_back_in_order_or_as_the_switches_say() -> None:
    account = Account()
    ssd, cores = "SSDHardwareConstraint", "MinimumCoreHardwareConstraint"
    ram = {"discriminator": "MinimumRamHardwareConstraint", "minimumMemoryMB": 32000}
    uuid = account.create(
        tags=["b", "a"],
        constants=[{"key": "b", "value": ""}, {"key": "a", "value": ""}],
        hardwareConstraints=[{"discriminator": ssd}, {"DISCRIMINATOR": cores, "CoreCount": 4}, ram],
    )
    as_sent = account.pool(uuid)
    assert as_sent["tags"] == ["b", "a"]
    assert [one["key"] for one in as_sent["constants"]] == ["b", "a"]
    assert as_sent["hardwareConstraints"][1:] == [{"discriminator": cores, "coreCount": 4}, ram]
    assert '"minimumMemoryMB":32000}' in account.send("GET", f"/pools/{uuid}").text
    account.set(
        reorder_tags="yes",
        reorder_constants="yes",
        reorder_constraints="yes",
        normalise_numbers="yes",
    )
    moved = account.pool(uuid)
    assert moved["tags"] == ["a", "b"]
    assert [one["key"] for one in moved["constants"]] == ["a", "b"]
    assert [one["discriminator"] for one in moved["hardwareConstraints"]][-1] == ssd
    assert '"minimumMemoryMB":32000.0}' in account.send("GET", f"/pools/{uuid}").text


def test_secret_constants_are_stored_and_hidden() -> None:
    account = Account()
    secret = {"key": "QARNOT_SECRET__KEY", "value": "s3"}
    uuid = account.create(constants=[secret, {"key": "A", "value": "1"}])
    assert account.pool(uuid)["constants"] == [{"key": "A", "value": "1"}]
    assert secret in account.vendor.objects()["pools"][0]["constants"]
    account.ok("PUT", f"/pools/{uuid}", {"constants": []})
    assert account.vendor.objects()["pools"][0]["constants"] == [secret]
    account.set(secret_constants="shown")
    assert account.pool(uuid)["constants"] == [secret]
    account.ok("PUT", f"/pools/{uuid}", {"constants": []})
    assert account.pool(uuid)["constants"] == []


def test_empty_values_are_never_null_unless_the_switches_say_so() -> None:
    account = Account()
    uuid = account.create()
    account.set(nulls_in_output="unset", labels_null="yes", unset_scaling="absent")
    shown = account.pool(uuid)
    names = ("hardwareConstraints", "secretsAccessRights", "privileges", "defaultRetrySettings")
    assert [shown[name] for name in (*names, "tags", "labels")] == [None] * 6
    assert "scaling" not in shown


@pytest.mark.parametrize("status", [409, 400, 403])
def test_a_shortname_is_unique_until_its_pool_is_gone(status: int) -> None:
    account = Account()
    account.set(duplicate_shortname_status=status)
    uuid = account.create(shortname="one")
    body = {"name": "q", "profile": "docker-batch", "shortname": "one"}
    reply = account.send("POST", "/pools", body)
    assert (reply.status, reply.json) == (
        status,
        {"message": "A pool with the shortname 'one' already exists"},
    )
    account.ok("DELETE", f"/pools/{uuid}")
    account.ok("POST", "/pools", body)


def test_when_a_shortname_is_anothers_uuid_the_switch_decides() -> None:
    account = Account()
    first = account.create(name="first")
    account.create(name="second", shortname=first)
    assert account.pool(first)["name"] == "first"
    account.set(identity_clash="shortname")
    assert account.pool(first)["name"] == "second"


def test_profiles_and_buckets_must_exist() -> None:
    account = Account()
    body = {"name": "p", "profile": "own", "resourceBuckets": ["assets", "absent"]}
    assert account.send("POST", "/pools", body).status == 400
    account.set(unknown_profile_status=404, buckets=["a*s"])
    assert account.send("POST", "/pools", body).json == {"message": "No such profile: own"}
    body["profile"] = "docker-batch"
    reply = account.send("POST", "/pools", body)
    assert (reply.status, reply.json) == (404, {"message": "No such bucket: absent"})


def test_buckets_may_be_required() -> None:
    account = Account()
    account.set(resource_buckets_required="yes")
    body = {"name": "p", "profile": "docker-batch"}
    assert list(account.send("POST", "/pools", body).errors) == ["resourceBuckets"]
    account.create(advancedResourceBuckets=[{"bucketName": "assets"}])


@pytest.mark.parametrize(
    "fields",
    [
        {"priority": 1},
        {"constraints": [{"key": "a", "value": "b"}]},
        {"forcedConstants": [{"constantName": "A", "access": "readonly"}]},
        {"forcedNetworkRules": [{"inbound": True, "proto": "tcp"}]},
    ],
    ids=str,
)
def test_some_fields_are_for_administrators(fields: Any) -> None:
    account = Account()
    body = {"name": "p", "profile": "docker-batch"} | fields
    assert account.send("POST", "/pools", body).status == 403
    account.set(admin="yes")
    account.ok("POST", "/pools", body)


def test_without_credits_nothing_is_created() -> None:
    account = Account()
    account.set(credits=0)
    reply = account.send("POST", "/pools", {"name": "p", "profile": "docker-batch"})
    assert (reply.status, reply.json) == (402, {"message": "Not enough credits"})


def test_unknown_constraints_may_be_ignored_and_contradictions_refused() -> None:
    account = Account()
    account.set(unknown_constraint="ignore", contradicting_constraints="refuse")
    gpu, no_gpu = "GpuHardwareConstraint", "NoGpuHardwareConstraint"
    uuid = account.create(hardwareConstraints=[{"discriminator": "Fast"}, {"discriminator": gpu}])
    assert account.pool(uuid)["hardwareConstraints"] == [{"discriminator": gpu}]
    both = [{"discriminator": gpu}, {"discriminator": no_gpu}]
    crossed = [
        {"discriminator": "MinimumCoreHardwareConstraint", "coreCount": 9},
        {"discriminator": "MaximumCoreHardwareConstraint", "coreCount": 8},
    ]
    for constraints in (both, crossed):
        body = {"name": "p", "profile": "docker-batch", "hardwareConstraints": constraints}
        assert list(account.send("POST", "/pools", body).errors) == ["hardwareConstraints"]


def test_elastic_and_scaling_exclude_each_other_when_both_are_active() -> None:
    account = Account()
    scaling = {"policies": [{"type": "Fixed", "slotsCount": 1}]}
    body = {
        "name": "p",
        "profile": "docker-batch",
        "elasticProperty": {"isElastic": True, "maxTotalSlots": 2},
        "scaling": scaling,
    }
    assert list(account.send("POST", "/pools", body).errors) == ["scaling"]
    account.create(elasticProperty={"isElastic": False, "maxTotalSlots": 1}, scaling=scaling)
    account.set(elastic_with_scaling="accept")
    account.ok("POST", "/pools", body)


def test_a_clone_equals_its_source_but_for_its_identity() -> None:
    account = Account()
    uuid = account.create(shortname="source", labels={"a": "b"})
    account.ok("PUT", f"/pools/{uuid}", {"tags": ["later"]})
    account.pass_time(60)
    copy = account.ok("POST", "/pools/source/clone", {})["uuid"]
    own = {"uuid", "shortname", "state", "previousState", "status"}
    source, clone = account.pool(uuid), account.pool(copy)
    same = {name for name in source if source[name] == clone[name]}
    assert {"name", "tags", "labels", "constants", "instanceCount", "scaling"} <= same
    assert clone["shortname"] == copy
    assert source.keys() - same <= own | {
        name for name in source if name.endswith(("Date", "Time"))
    } | {"lastModified"}


def test_a_clone_takes_what_its_body_gives() -> None:
    account = Account()
    account.create(shortname="source")
    copy = account.ok("POST", "/pools/source/clone", {"Name": "copy", "instanceCount": 5})["uuid"]
    assert (account.pool(copy)["name"], account.pool(copy)["instanceCount"]) == ("copy", 5)
    assert account.send("POST", "/pools/source/clone").errors
    assert account.send("POST", "/pools/absent/clone", {}).status == 404
