"""What every call goes through, whatever it asks for."""

import json
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from reconciler.sandbox.qarnot.switches import QUOTAS, RETENTION, SWITCHES
from reconciler.sandbox.qarnot.transport import RateLimit
from reconciler.sandbox.settings import Choice, SettingError, SettingTable
from tests.unit.sandbox.qarnot.account import TOKEN, Account

CALLS = [
    ("GET", "/pools"),
    ("POST", "/pools"),
    ("POST", "/pools/search"),
    ("POST", "/pools/paginate"),
    ("POST", "/pools/summaries/paginate"),
    ("GET", "/pools/p"),
    ("PUT", "/pools/p"),
    ("PUT", "/pools/p/scaling"),
    ("POST", "/pools/p/clone"),
    ("POST", "/pools/p/close"),
    ("POST", "/sanity-checks/pools/scaling"),
    ("GET", "/hardware-constraints"),
    ("GET", "/info"),
]
MEMBERS = """
name profile instanceCount tags constants key value labels elasticProperty isElastic
scaling policies type enabledPeriods days startTimeUtc hardwareConstraints discriminator
coreCount advancedResourceBuckets bucketName filtering prefixFiltering filter operator
filters field values select fields token maximumResults orderBy orderType shortname
privileges
"""
NAMES = st.sampled_from(MEMBERS.split())
WORDS = st.sampled_from(
    ["p", "docker-batch", "And", "In", "Equal", "Like", "Name", "Tags", "Fixed", "Weekly", "(", ""]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5)
bodies = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(), inner, max_size=6)
    ),
    max_leaves=20,
)


@given(st.sampled_from(CALLS), bodies)
@settings(max_examples=600, deadline=None)
def test_no_body_whatever_brings_the_service_down(call: tuple[str, str], body: Any) -> None:
    account = Account()
    account.create(shortname="p")
    reply = account.send(*call, json.dumps(body).encode())
    assert reply.status in {200, 400, 403, 404, 409}
    if reply.text:
        assert reply.json is not None


@given(
    st.text(max_size=30), st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "X"])
)
@settings(deadline=None)
def test_no_path_whatever_brings_the_service_down(path: str, method: str) -> None:
    assert Account().send(method, f"/{path}").status in {200, 400, 404, 405}


@pytest.mark.parametrize("path", ["/pools", "/v1/pools", "/v1.0/pools", "/V1/pools/", "/pools/"])
def test_a_version_in_front_and_a_slash_behind_mean_nothing(path: str) -> None:
    account = Account()
    account.ok("POST", path, {"name": "p", "profile": "docker-batch"})
    assert account.names(path) == ["p"]


@pytest.mark.parametrize(
    "header", [{}, {"authorization": ""}, {"authorization": f"Bearer {TOKEN}"}]
)
def test_without_the_bare_token_there_is_nothing_to_see(header: dict[str, str]) -> None:
    account = Account()
    reply = account.send("GET", "/pools", headers={"authorization": ""} | header)
    assert (reply.status, reply.json) == (
        401,
        {"error": {"message": "Bad authentication token", "code": 401}, "data": {}},
    )
    for path in ("/", "/status", "/info", "/nope"):
        assert account.send("GET", path, headers={"authorization": "x"}).status == 401
    for path in ("/settings", "/versions"):
        account.ok("GET", path, headers={"authorization": "x"})


def test_an_expired_token_is_a_bad_token() -> None:
    assert Account().send("GET", "/settings", expires_token=True).status == 401


def test_an_unknown_route_and_an_unknown_method_differ() -> None:
    account = Account()
    assert account.send("GET", "/nope").json == {"message": "No route GET /nope"}
    assert account.send("DELETE", "/pools").status == 405


def test_a_visitor_of_another_account_reads_only() -> None:
    account = Account()
    visitor = {"qarnotreadonlyrequestforaccount": "other"}
    uuid = account.create()
    for method, path, body in (
        ("GET", "/pools", None),
        ("POST", "/pools/search", {}),
        ("POST", "/pools/paginate", {}),
    ):
        account.ok(method, path, body, headers=visitor)
    for method, path in (
        ("PUT", f"/pools/{uuid}"),
        ("DELETE", f"/pools/{uuid}"),
        ("POST", "/pools"),
    ):
        reply = account.send(method, path, {}, headers=visitor)
        assert (reply.status, reply.json) == (403, {"message": "This access is read-only"})
    account.set(read_only_write="accept")
    account.ok("PUT", f"/pools/{uuid}", {}, headers=visitor)


def test_a_rate_limit_counts_in_windows_of_real_time() -> None:
    table, now = SettingTable(SWITCHES), [0.0]
    limit = RateLimit(table, lambda: now[0])
    assert [limit.refusal() for _ in range(3)] == [None] * 3
    table.change({"rate_limit_per_minute": 2, "rate_limit_window_s": 10, "retry_after_s": 7})
    answers = [limit.refusal() for _ in range(3)]
    assert answers[:2] == [None, None]
    refused = answers[2]
    assert refused is not None
    assert (refused.status, refused.headers) == (429, (("Retry-After", "7"),))
    now[0] = 10.0
    assert limit.refusal() is None


def test_a_throttled_call_has_no_effect() -> None:
    account = Account()
    account.set(rate_limit_per_minute=1, rate_limit_window_s=3600)
    account.create()
    reply = account.send("POST", "/pools", {"name": "q", "profile": "docker-batch"})
    assert (reply.status, reply.headers) == (429, {})
    assert len(account.vendor.objects()["pools"]) == 1


def test_the_account_shows_its_limits_and_counts() -> None:
    account = Account()
    account.set(quotas={"maxPool": 7, "maxTask": None})
    uuid = account.create(instanceCount=3)
    account.create(schedulingType="onDemand", instanceCount=1)
    account.pass_time(3600)
    found = account.ok("GET", "/info")
    assert (found["maxPool"], found["maxTask"]) == (7, 2**31 - 1)
    assert (found["poolCount"], found["runningPoolCount"]) == (2, 2)
    assert (found["runningInstanceCount"], found["runningCoreCount"]) == (4, 32)
    assert "computingQuotas" not in found
    account.ok("POST", f"/pools/{uuid}/close")
    account.set(computing_quotas="present")
    found = account.ok("GET", "/info")
    assert (found["poolCount"], found["runningPoolCount"]) == (2, 1)
    assert found["computingQuotas"]["user"]["onDemand"]["runningInstancesCount"] == 1


def test_the_service_describes_itself() -> None:
    account = Account()
    assert account.ok("GET", "/settings") == {"storage": None}
    assert {"version": "v1.0", "endOfLife": None} in account.ok("GET", "/versions")
    assert "docker-batch" in account.ok("GET", "/profiles")
    profile = account.ok("GET", "/profiles/docker-batch")
    assert {"name", "value", "description"} == profile["constants"][0].keys()
    assert account.send("GET", "/profiles/nope").json == {"message": "No such profile: nope"}


def test_hardware_comes_in_pages_by_offset() -> None:
    account = Account()
    first = account.ok("GET", "/hardware-constraints")
    assert (first["offset"], first["limit"], len(first["data"])) == (0, 50, min(50, first["total"]))
    found, offset = [], 0
    while offset < first["total"]:
        page = account.ok(
            "GET", "/hardware-constraints", query={"Limit": ["7"], "OFFSET": [str(offset)]}
        )
        found += page["data"]
        offset = page["offset"] + page["limit"]
    assert len(found) == first["total"]
    assert account.ok("GET", "/hardware-constraints", query={"limit": ["500"]})["limit"] == 50
    for bad in ("0", "-1", "x", "9" * 12):
        assert account.send("GET", "/hardware-constraints", query={"limit": [bad]}).errors


def test_cpu_models_are_searched_best_match_first() -> None:
    account = Account()
    path = "/hardware-constraints/cpu-model-constraints/search"
    found = account.ok("GET", path, query={"cpuModel": ["amd EPYC 9654"]})
    assert found[0] == {"discriminator": "CpuModelHardwareConstraint", "cpuModel": "AMD EPYC 9654"}
    assert len(found) > 1
    assert account.ok("GET", path) == []


def test_every_setting_is_listed_with_values_and_meaning() -> None:
    found = Account().vendor.settings()
    listed = {name for part in found.values() for name in part}
    assert listed == {row.name for row in (*SWITCHES, *QUOTAS, *RETENTION)}
    assert all(row["meaning"] and row["takes"] for part in found.values() for row in part.values())


@pytest.mark.parametrize("row", SWITCHES, ids=lambda row: row.name)
def test_every_default_is_one_of_the_values(row: Any) -> None:
    assert row.takes.accepts(row.default)


def test_the_service_works_with_every_word_of_every_switch() -> None:
    for row in SWITCHES:
        for word in row.takes.words if isinstance(row.takes, Choice) else ():
            account = Account()
            account.set(**{row.name: word})
            body = {"name": "p", "profile": "docker-batch", "resourceBuckets": ["b"], "tags": ["t"]}
            uuid = account.send("POST", "/pools", body).json["uuid"]
            for method, path, sent in (
                ("GET", f"/pools/{uuid}", None),
                ("GET", "/pools", None),
                ("POST", "/pools/paginate", {}),
                ("PUT", f"/pools/{uuid}", {"tags": ["u"]}),
                ("DELETE", f"/pools/{uuid}", None),
            ):
                account.ok(method, path, sent)


@pytest.mark.parametrize(
    "wanted",
    [
        {"retention": 5},
        {"retention_s": "long"},
        {"quotas": {"maxPools": 5}},
        {"quotas": []},
        {"switches": {"page_size": 0}},
        {"switches": {"page_size": 5}, "quotas": {"maxPool": -1}},
    ],
    ids=str,
)
def test_wrong_settings_change_nothing(wanted: Any) -> None:
    account = Account()
    before = account.vendor.settings()
    with pytest.raises(SettingError):
        account.vendor.change_settings(wanted)
    assert account.vendor.settings() == before


def test_a_created_pool_may_be_listed_late() -> None:
    account = Account()
    body = {"name": "late", "profile": "docker-batch"}
    uuid = account.ok("POST", "/pools", body, slow_list_s=30)["uuid"]
    account.create(name="prompt")
    assert account.pool(uuid)["name"] == "late"
    account.pass_time(29)
    assert account.names() == ["prompt"]
    assert account.ok("POST", "/pools/paginate", {})["total"] == 1
    account.pass_time(1)
    assert set(account.names()) == {"late", "prompt"}
    assert account.names(slow_list_s=60) == []


def test_a_duplicated_page_comes_again() -> None:
    account = Account()
    for _ in range(3):
        account.create()
    body: dict[str, Any] = {"maximumResults": 2}
    first = account.ok("POST", "/pools/paginate", body, duplicates_page=True)
    assert first["isTruncated"] is True
    again = account.ok("POST", "/pools/paginate", body | {"token": first["nextToken"]})
    assert again["data"] == first["data"]
    assert account.names(duplicates_page=True) == ["p"] * 6
