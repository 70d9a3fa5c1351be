"""The vendor's own SDK drives pools in the emulator: is the emulator faithful?

Each test asserts on the true state of the emulator and on what the SDK made of the answers.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from qarnot.connection import Connection
from qarnot.exceptions import (
    BucketStorageUnavailableException,
    MaxPoolException,
    MissingPoolException,
    MissingPoolInstanceException,
    NotEnoughCreditsException,
    QarnotGenericException,
    UnauthorizedException,
)
from qarnot.hardware_constraint import (
    CpuModelHardware,
    GpuHardware,
    MaximumCoreHardware,
    MaximumRamCoreRatioHardware,
    MaximumRamHardware,
    MinimumCoreHardware,
    MinimumRamCoreRatioHardware,
    MinimumRamHardware,
    NoGpuHardware,
    NoSSDHardware,
    SpecificHardware,
    SSDHardware,
)
from qarnot.pool import Pool
from qarnot.retry_settings import RetrySettings
from qarnot.scaling import (
    FixedScalingPolicy,
    ManagedTasksQueueScalingPolicy,
    Scaling,
    TimePeriodAlways,
    TimePeriodWeeklyRecurring,
)
from qarnot.scheduling_type import OnDemandScheduling

from reconciler.sandbox.server import RunningSandbox
from tests.clients.conftest import Control

ALL_CONSTRAINTS = [
    MinimumCoreHardware(4),
    MaximumCoreHardware(48),
    MinimumRamHardware(24000),
    MaximumRamHardware(96000.5),
    MinimumRamCoreRatioHardware(1.5),
    MaximumRamCoreRatioHardware(6),
    SpecificHardware("24c-96g-demo-ssd"),
    CpuModelHardware("Demo CPU 9000"),
    GpuHardware(),
    NoGpuHardware(),
    SSDHardware(),
    NoSSDHardware(),
]


def office_hours() -> Scaling:
    week = TimePeriodWeeklyRecurring(["Monday", "tuesday"], time(9), time(17, 30), name="wk")
    queue = ManagedTasksQueueScalingPolicy(
        min_total_slots=2,
        max_total_slots=10,
        min_idle_slots=1,
        min_idle_time_seconds=90,
        scaling_factor=0.5,
        name="office",
        enabled_periods=[week],
    )
    always = FixedScalingPolicy(3, name="rest", enabled_periods=[TimePeriodAlways(name="al")])
    return Scaling([queue, always])


def submitted(sdk: Connection, name: str = "p", **attributes: Any) -> Pool:
    pool = sdk.create_pool(
        name, "docker-batch", attributes.pop("size", 2), attributes.pop("as_", None)
    )
    pool.auto_update = False
    for attribute, value in attributes.items():
        setattr(pool, attribute, value)
    pool.submit()
    return pool


def test_connecting_asks_for_settings_alone(control: Control, sdk: Connection) -> None:
    assert control.requests() == [("GET", "/settings")]
    assert sdk.s3client is None
    with pytest.raises(BucketStorageUnavailableException):
        sdk.retrieve_bucket("any")


def test_a_wrong_token_is_unauthorized(control: Control, running: RunningSandbox) -> None:
    connection = Connection(client_token="wrong", cluster_url=running.qarnot.url, retry_count=0)
    with pytest.raises(UnauthorizedException):
        connection.retrieve_pool("p")
    connection._http.close()


def test_a_path_prefix_with_the_version_works(control: Control, running: RunningSandbox) -> None:
    url = f"{running.qarnot.url}/v1"
    connection = Connection(client_token=running.qarnot.token, cluster_url=url, retry_count=0)
    submitted(connection)
    connection._http.close()
    assert list(control.pools()) == ["p"]


def test_a_static_pool_reads_back_as_it_was_submitted(control: Control, sdk: Connection) -> None:
    pool = submitted(
        sdk,
        as_="static-1",
        size=4,
        tags=["a", "b"],
        constants={"DOCKER_REPO": "library/debian"},
        labels={"owner": "ana"},
        auto_delete=True,
        completion_ttl=timedelta(hours=1),
        default_retry_settings=RetrySettings(3, 0),
        scheduling_type=OnDemandScheduling(),
        max_time_queue_seconds=600,
    )
    truth = control.pools()["p"]
    assert truth["shortname"] == pool.shortname == "static-1"
    assert truth["state"] == pool.state == "Submitted"
    assert truth["instanceCount"] == pool.instancecount == 4
    assert truth["constants"] == [{"key": "DOCKER_REPO", "value": "library/debian"}]
    assert truth["schedulingType"] == "onDemand"
    assert pool.scheduling_type.schedulingType == "OnDemand"
    assert pool.constants == {"DOCKER_REPO": "library/debian"}
    assert pool.labels == truth["labels"] == {"owner": "ana"}
    assert pool.tags == truth["tags"] == ["a", "b"]
    assert pool.completion_ttl == "01:00:00"
    assert pool.auto_delete is True
    assert pool.default_retry_settings == RetrySettings(3, 0)
    assert pool.max_time_queue_seconds == 600
    assert pool.creation_date == datetime(2026, 3, 2, 8, 0, 0, tzinfo=UTC).replace(tzinfo=None)


def test_all_twelve_constraints_read_back(control: Control, sdk: Connection) -> None:
    pool = submitted(sdk, hardware_constraints=ALL_CONSTRAINTS)
    sent = [one.to_json() for one in ALL_CONSTRAINTS]
    assert control.pools()["p"]["hardwareConstraints"] == sent
    assert [one.to_json() for one in pool.hardware_constraints] == sent


def test_an_elastic_pool_reads_back(control: Control, sdk: Connection) -> None:
    pool = sdk.create_elastic_pool("e", "docker-batch", 1, 8, 1, 300, 0.5, 120)
    pool.submit()
    assert control.pools()["e"]["elasticProperty"] == {
        "isElastic": True,
        "minTotalSlots": 1,
        "maxTotalSlots": 8,
        "minIdleSlots": 1,
        "resizePeriod": 120,
        "rampResizeFactor": 0.5,
        "minIdleTimeSeconds": 300,
    }
    assert (pool.is_elastic, pool.elastic_minimum_slots, pool.elastic_maximum_slots) == (True, 1, 8)
    assert (pool.elastic_resize_factor, pool.elastic_resize_period) == (0.5, 120)


def test_scaling_reads_back_in_the_order_of_the_service(control: Control, sdk: Connection) -> None:
    pool = submitted(sdk, scaling=office_hours())
    stored = control.pools()["p"]["scaling"]["policies"]
    assert list(stored[0]) == [
        "type",
        "minTotalSlots",
        "maxTotalSlots",
        "minIdleSlots",
        "minIdleTimeSeconds",
        "scalingFactor",
        "name",
        "enabledPeriods",
    ]
    assert list(stored[1]) == ["type", "slotsCount", "name", "enabledPeriods"]
    assert pool.scaling.to_json() == office_hours().to_json()


def test_a_taken_shortname_is_refused(control: Control, sdk: Connection) -> None:
    submitted(sdk, as_="once")
    with pytest.raises(QarnotGenericException, match="shortname 'once'"):
        submitted(sdk, "q", as_="once")
    assert list(control.pools()) == ["p"]


def test_a_pool_is_found_by_its_shortname(control: Control, sdk: Connection) -> None:
    pool = submitted(sdk, as_="by-name")
    assert sdk.retrieve_pool("by-name").uuid == pool.uuid == control.pools()["p"]["uuid"]


def test_all_pools_come_in_pages_of_one(control: Control, sdk: Connection) -> None:
    control.set(switches={"page_size": 1})
    names = {submitted(sdk, f"p{i}").name for i in range(3)}
    assert {pool.name for pool in sdk.all_pools()} == names == set(control.pools())
    pages = [path for _, path in control.requests() if path.endswith("paginate")]
    assert pages == ["/pools/summaries/paginate"] * 3


def test_tags_filter_by_any_and_by_all(control: Control, sdk: Connection) -> None:
    for name, tags in {"ab": ["a", "b"], "b": ["b"], "none": []}.items():
        submitted(sdk, name, tags=tags)
    assert {pool.name for pool in sdk.all_pools(tags=["a"])} == {"ab"}
    assert {pool.name for pool in sdk.all_pools(tags=["a", "b"])} == {"ab", "b"}
    assert {pool.name for pool in sdk.all_pools(tags_intersect=["a", "b"])} == {"ab"}
    assert {name for name, one in control.pools().items() if "b" in one["tags"]} == {"ab", "b"}


def test_a_commit_of_tags_changes_nothing_else(control: Control, sdk: Connection) -> None:
    pool = submitted(sdk, tags=["old"], scaling=office_hours(), labels={"a": "b"})
    before = control.pools()["p"]
    pool.tags = ["new"]
    pool.commit()
    assert control.pools()["p"] == before | {"tags": ["new"]}
    pool.update(True)
    assert pool.tags == ["new"]


def test_a_commit_of_scaling_changes_nothing_else(control: Control, sdk: Connection) -> None:
    pool = submitted(sdk, scaling=office_hours())
    before = control.pools()["p"]
    pool.scaling = Scaling([FixedScalingPolicy(5, name="five")])
    pool.commit()
    after = control.pools()["p"]
    assert after["scaling"]["policies"][0]["slotsCount"] == 5
    assert {k for k in after if after[k] != before[k]} == {"scaling"}
    pool.update(True)
    assert pool.scaling.policies[0].slots_count == 5


def test_a_commit_of_elastic_slots_changes_nothing_else(control: Control, sdk: Connection) -> None:
    pool = sdk.create_elastic_pool("e", "docker-batch", 1, 4)
    pool.submit()
    before = control.pools()["e"]
    pool.elastic_maximum_slots = 9
    pool.commit()
    after = control.pools()["e"]
    assert after["elasticProperty"] == before["elasticProperty"] | {"maxTotalSlots": 9}
    assert {k for k in after if after[k] != before[k]} == {"elasticProperty"}


def test_a_pool_runs_closes_and_goes(control: Control, sdk: Connection) -> None:
    pool = submitted(sdk, size=2)
    control.advance(3600)
    pool.update(True)
    assert pool.state == control.pools()["p"]["state"] == "FullyExecuting"
    assert pool.running_instance_count == 2
    assert pool.status.running_instances_info is not None
    pool.close()
    assert pool.state == control.pools()["p"]["state"] == "Closing"
    control.advance(60)
    assert control.pools()["p"]["state"] == "Closed"
    with pytest.raises(UnauthorizedException, match="not running"):
        pool.close()
    pool.delete()
    assert control.pools() == {}
    with pytest.raises(MissingPoolException):
        sdk.retrieve_pool(pool.uuid)


def test_resources_are_synchronised_without_change(control: Control, sdk: Connection) -> None:
    pool = submitted(sdk)
    before = control.pools()
    pool.update_resources()
    assert ("PATCH", f"/pools/{pool.uuid}") in control.requests()
    assert control.pools() == before


def test_stdout_is_whole_or_fresh_and_by_node(control: Control, sdk: Connection) -> None:
    pool = submitted(sdk)
    assert (pool.stdout(), pool.stdout(1), pool.stderr()) == ("", "", "")
    control.advance(3600)
    whole = pool.stdout()
    assert whole.count("is ready") == 2
    assert pool.fresh_stdout() == whole
    assert pool.fresh_stdout() == ""
    assert pool.stdout(1).count("\n") == 1
    with pytest.raises(MissingPoolInstanceException):
        pool.stdout(2)


def test_a_small_quota_ends_in_the_exception_of_the_sdk(control: Control, sdk: Connection) -> None:
    control.set(quotas={"maxPool": 1})
    submitted(sdk)
    with pytest.raises(MaxPoolException, match="Maximum number of pools reached"):
        submitted(sdk, "q")
    assert list(control.pools()) == ["p"]
    assert sdk.user_info.pool_count == sdk.user_info.max_pool == 1


def test_no_credits_end_in_the_exception_of_the_sdk(control: Control, sdk: Connection) -> None:
    control.set(switches={"credits": 0})
    with pytest.raises(NotEnoughCreditsException):
        submitted(sdk)
    assert control.pools() == {}


def test_a_throttled_submission_is_tried_again(control: Control, retrying_sdk: Connection) -> None:
    control.fault("status", status=429, method="POST", path="/pools")
    submitted(retrying_sdk)
    assert list(control.pools()) == ["p"]
    assert control.requests().count(("POST", "/pools")) == 2


def test_hardware_constraints_come_by_offset(control: Control, sdk: Connection) -> None:
    found = list(sdk.all_hardware_constraints())
    assert len(found) == len({str(one.to_json()) for one in found}) > 30
    models = sdk.search_cpu_model_constraints("EPYC 7543P")
    assert models[0]._cpu_model == "AMD EPYC 7543P"


def test_profiles_are_named_and_described(control: Control, sdk: Connection) -> None:
    assert "docker-batch" in sdk.profiles_names()
    assert "DOCKER_CMD" in dict(sdk.retrieve_profile("docker-batch").constants)
