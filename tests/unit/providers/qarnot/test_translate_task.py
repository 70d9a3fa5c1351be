"""Tasks between our words and Qarnot's: a round trip, places, dependencies, what became of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.address import Address
from reconciler.diff.compare import desired_form
from reconciler.errors import InternalError
from reconciler.kinds import RefRole
from reconciler.model import Marker, Ref, Request, Resource, Settled, Usage
from reconciler.observe import formed
from reconciler.pointers import SecretRef
from reconciler.ports import Revealed
from reconciler.providers.qarnot.kinds.task import TASK
from reconciler.providers.qarnot.marker import LABEL, shortname
from reconciler.providers.qarnot.translate_task import (
    from_remote,
    to_remote,
    to_snapshots,
    to_update,
)
from tests.strategies import LAW, PROVIDER
from tests.unit.providers.qarnot.echo import UUID, shown_task
from tests.unit.providers.qarnot.strategies import task_specs

BEAUTY = Address(PROVIDER, "task", "shot-010/beauty")
FARM, SHOT = Address(PROVIDER, "pool", "farm"), Address(PROVIDER, "job", "shot-010")
LAYOUT, SIM = (Address(PROVIDER, "task", f"shot-010/{name}") for name in ("layout", "sim"))
MARKER = Marker("ws-5c1d0e9a7b3f4d21", "prod", BEAUTY, 1, "k1-0123", 2, "c0ver")
IDS = {FARM: "id-farm", SHOT: "id-shot"}
RUNS = {LAYOUT: ("id-layout",), SIM: ("id-sim", "id-sim-more")}
IN_FARM = Ref(("pool",), "qarnot/Pool", FARM)
IN_SHOT = Ref(("job",), "qarnot/Job", SHOT, role=RefRole.CONTAINER)
ALONE = {"profile": "docker-batch", "instances": 4}


def request(spec: dict[str, Any], *references: Ref, **rest: Any) -> Request:
    resource = Resource(BEAUTY, TASK.id, spec, references=references)
    return Request(resource, desired_form(TASK, resource), MARKER, IDS, upstreams=RUNS, **rest)


def after(target: Address, *when: str) -> Ref:
    return Ref(("dependsOn", 0), TASK.id, target, role=RefRole.UPSTREAM, when=when)


def reveal(ref: SecretRef) -> Revealed:
    return Revealed(f"the value of {ref}")


def sent(wanted: Request) -> dict[str, Any]:
    return to_remote(wanted, reveal)


def seen(body: dict[str, Any]) -> dict[str, Any]:
    return dict(formed(TASK, from_remote(body), lambda value: f"sealed {value}").spec)


# --- the round trip -------------------------------------------------------------------------------

ELSEWHERE = ("pool", "job", "dependsOn", "instances", "frames", "constants", "snapshotInterval")
"""Shown as remote ids or ranges, not shown whole, or set by a call of its own."""


def references_of(spec: dict[str, Any]) -> list[Ref]:
    return [ref for key, ref in (("pool", IN_FARM), ("job", IN_SHOT)) if key in spec]


@LAW
@given(task_specs())
def test_what_a_person_sets_comes_back_as_it_was(spec: dict[str, Any]) -> None:
    wanted = request(spec, *references_of(spec))
    back = seen(shown_task(sent(wanted)))
    kept = {
        key: value
        for key, value in wanted.spec.items()
        if key not in ELSEWHERE and (key, value) != ("secretsAccessRights", {})
    }
    assert {key: back.get(key) for key in kept} == kept
    constants: Any = wanted.spec.get("constants", {})
    assert back.get("constants", {}) == {k: v for k, v in constants.items() if isinstance(v, str)}


@LAW
@given(task_specs())
def test_nothing_comes_back_that_nobody_set_but_what_the_vendor_may_choose(
    spec: dict[str, Any],
) -> None:
    wanted = request(spec, *references_of(spec))
    back = seen(shown_task(sent(wanted)))
    chosen = {"displayName", "schedulingType", *(("profile",) if "job" in spec else ())}
    assert back.keys() - wanted.spec.keys() <= chosen


@LAW
@given(task_specs())
def test_what_is_sent_covers_what_was_wanted(spec: dict[str, Any]) -> None:
    wanted = request(spec, *references_of(spec))
    assert TASK.ranges is not None
    assert from_remote(shown_task(sent(wanted))).ranges == TASK.ranges(spec)


# --- creations ------------------------------------------------------------------------------------


def test_a_creation_carries_marker_name_and_unique_id() -> None:
    body = sent(request(ALONE))
    assert body["shortname"] == shortname(MARKER)
    assert list(body["labels"]) == [LABEL]
    assert from_remote(shown_task(body)).marker == MARKER
    assert body["name"] == "shot-010/beauty"
    assert sent(request({**ALONE, "displayName": "Beauty"}))["name"] == "Beauty"


def test_labels_of_a_person_come_back_without_our_own() -> None:
    resource = Resource(BEAUTY, TASK.id, ALONE, {"show": "dune"})
    body = sent(Request(resource, desired_form(TASK, resource), MARKER))
    assert from_remote(shown_task(body)).labels == {"show": "dune"}


@pytest.mark.parametrize(
    ("spec", "ranges", "size"),
    [
        ({"instances": 4}, "0-3", {"instanceCount": 4}),
        ({"instances": 4}, "", {"instanceCount": 4}),
        ({"instances": 4}, "2-3", {"advancedRanges": "2-3"}),
        ({"frames": "1-4"}, "1-4", {"advancedRanges": "1-4"}),
        ({"frames": "0-3"}, "0-3", {"advancedRanges": "0-3"}),
        ({"frames": "1-21x10"}, "", {"advancedRanges": "1,11,21"}),
        ({"frames": "1-10"}, "7", {"advancedRanges": "7"}),
    ],
)
def test_a_creation_runs_the_ranges_of_its_request(
    spec: dict[str, Any], ranges: str, size: dict[str, Any]
) -> None:
    body = sent(request({"profile": "p", **spec}, ranges=ranges))
    assert {key: body[key] for key in ("instanceCount", "advancedRanges") if key in body} == size


def test_places_are_sent_as_ids() -> None:
    assert sent(request({"instances": 1}, IN_FARM))["poolUuid"] == "id-farm"
    assert sent(request({"instances": 1}, IN_SHOT))["jobUuid"] == "id-shot"
    assert not {"poolUuid", "jobUuid", "dependencies"} & sent(request(ALONE)).keys()


def test_an_existing_place_is_sent_as_its_id() -> None:
    theirs = Ref(("pool",), "qarnot/Pool", existing="shared")
    wanted = request({"instances": 1}, theirs, existing_ids={("qarnot/Pool", "shared"): "id-9"})
    assert sent(wanted)["poolUuid"] == "id-9"


def test_dependencies_without_a_final_state_take_the_older_form() -> None:
    body = sent(request({"instances": 1}, IN_SHOT, after(LAYOUT), after(SIM)))
    assert body["dependencies"] == {"dependsOn": ["id-layout", "id-sim", "id-sim-more"]}


def test_one_final_state_makes_all_dependencies_take_the_newer_form() -> None:
    wanted = request({"instances": 1}, IN_SHOT, after(LAYOUT), after(SIM, "failure", "cancelled"))
    assert sent(wanted)["dependencies"] == {
        "advancedDependsOn": [
            {"taskUuid": "id-layout", "taskFinalStateCondition": ["success"]},
            {"taskUuid": "id-sim", "taskFinalStateCondition": ["failure", "cancelled"]},
            {"taskUuid": "id-sim-more", "taskFinalStateCondition": ["failure", "cancelled"]},
        ]
    }


def test_an_upstream_that_has_ended_as_asked_is_not_waited_for() -> None:
    references = (IN_SHOT, after(LAYOUT, "failure"), after(SIM))
    some = request({"instances": 1}, *references, met=frozenset({LAYOUT}))
    assert sent(some)["dependencies"] == {"dependsOn": ["id-sim", "id-sim-more"]}
    none = request({"instances": 1}, *references, met=frozenset({LAYOUT, SIM}))
    assert "dependencies" not in sent(none)


@pytest.mark.parametrize(
    "ref",
    [
        after(Address(PROVIDER, "task", "shot-010/unknown")),
        Ref(("pool",), "qarnot/Pool", Address(PROVIDER, "pool", "unknown")),
        Ref(("pool",), "qarnot/Pool", existing="unknown"),
    ],
)
def test_what_was_to_be_made_first_and_was_not_is_a_defect_of_ours(ref: Ref) -> None:
    with pytest.raises(InternalError, match="before what it refers to"):
        sent(request({"instances": 1}, ref))


def test_a_secret_is_revealed_only_while_it_is_sent() -> None:
    secret = {"secretRef": {"env": "FARM_KEY"}}
    wanted = request({**ALONE, "constants": {"QARNOT_SECRET__KEY": secret, "N": 4}})
    assert sent(wanted)["constants"] == [
        {"key": "QARNOT_SECRET__KEY", "value": "the value of env FARM_KEY"},
        {"key": "N", "value": "4"},
    ]
    assert "the value" not in repr(wanted)


# --- updates --------------------------------------------------------------------------------------


def test_an_update_sends_all_that_can_be_updated_and_nothing_else() -> None:
    wanted = request({**ALONE, "tags": ["a"], "constants": {"K": "v"}, "resultBucket": "out"})
    body = to_update(wanted, {"tags"}, reveal)
    assert body == {"tags": ["a"], "constants": [{"key": "K", "value": "v"}]}


def test_an_update_of_what_no_update_takes_sends_nothing() -> None:
    wanted = request({**ALONE, "tags": ["a"]})
    assert to_update(wanted, {"resultBucket", "snapshotInterval", "profile"}, reveal) == {}


@pytest.mark.parametrize("field", ["tags", "constraints"])
def test_a_dropped_field_is_cleared_by_name(field: str) -> None:
    assert to_update(request(ALONE), {field}, reveal) == {field: []}


def test_snapshots_are_asked_for_with_all_that_is_said_of_them() -> None:
    wanted = request({**ALONE, "snapshotInterval": "10m", "snapshotBucket": "wip"})
    assert to_snapshots(wanted.spec) == {"interval": 600, "bucket": "wip"}
    assert to_snapshots(request(ALONE).spec) == {"interval": 0}


# --- what is there --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "settled"),
    [
        *((state, Settled.IN_PROGRESS) for state in ("Submitted", "PartiallyDispatched")),
        *((state, Settled.IN_PROGRESS) for state in ("FullyDispatched", "PartiallyExecuting")),
        *((state, Settled.IN_PROGRESS) for state in ("FullyExecuting", "UploadingResults")),
        ("DownloadingResults", Settled.IN_PROGRESS),
        ("PendingCancel", Settled.TERMINATING),
        ("PendingDelete", Settled.TERMINATING),
        ("Success", Settled.SUCCEEDED),
        ("success", Settled.SUCCEEDED),
        ("Failure", Settled.FAILED),
        ("Cancelled", Settled.CANCELLED),
        ("SomethingNew", Settled.UNKNOWN),
        (None, Settled.UNKNOWN),
    ],
)
def test_every_state_of_the_vendor_has_a_place_in_our_words(
    state: str | None, settled: Settled
) -> None:
    assert from_remote({"uuid": UUID, "state": state}).settled is settled


@pytest.mark.parametrize(
    ("body", "ranges", "done"),
    [
        ({"state": "FullyExecuting", "instanceCount": 4}, "0-3", ""),
        ({"state": "Success", "instanceCount": 4}, "0-3", "0-3"),
        ({"state": "Success", "instanceCount": 2, "advancedRanges": "7,1"}, "1,7", "1,7"),
        ({"state": "Failure", "advancedRanges": "1-10"}, "1-10", ""),
        (
            {"state": "Failure", "advancedRanges": "1-9", "status": {"succeededRange": "2-3,1"}},
            "1-9",
            "1-3",
        ),
        (
            {"state": "Cancelled", "instanceCount": 3, "status": {"succeededRange": "0"}},
            "0-2",
            "0",
        ),
        (
            {"state": "FullyExecuting", "instanceCount": 3, "status": {"succeededRange": "0,7"}},
            "0-2",
            "0",
        ),
        ({"state": "Failure", "advancedRanges": "what?", "status": "what?"}, "", ""),
    ],
)
def test_what_a_task_covers_and_what_surely_succeeded(
    body: dict[str, Any], ranges: str, done: str
) -> None:
    observed = from_remote({"uuid": UUID, **body})
    assert (observed.ranges, observed.done) == (ranges, done)


def test_what_stopping_it_would_lose_is_what_runs_waits_and_was_computed() -> None:
    body = {
        "uuid": UUID,
        "state": "PartiallyExecuting",
        "instanceCount": 10,
        "runningInstanceCount": 2,
        "runningCoreCount": 16,
        "status": {
            "executedRange": "0-2",
            "cancelledRange": "9",
            "executionTimeByCpuModel": [
                {"model": "one", "time": "00:10:00", "core": 8},
                {"model": "other", "time": 30, "core": 2},
            ],
        },
    }
    assert from_remote(body).usage == Usage(2, 16, 6, 600 * 8 + 30 * 2)
    assert from_remote({**body, "state": "Cancelled"}).usage.queued_instances == 0


def test_progress_is_a_share() -> None:
    shares = [
        from_remote({"uuid": UUID, "progress": percent}).progress
        for percent in (0, 33.0, 100.0, 250, None)
    ]
    assert shares == [0.0, 0.33, 1.0, 1.0, None]


def test_times_places_outputs_and_the_first_error_are_told() -> None:
    observed = from_remote(
        {
            "uuid": UUID,
            "creationDate": "2026-03-02T08:06:00Z",
            "endDate": "2026-03-02T09:06:00.1234567Z",
            "poolUuid": "id-farm",
            "jobUuid": "id-shot",
            "resultBucket": "out",
            "errors": [{"code": "GHX0600E", "message": "exited with code 3"}, {"message": "more"}],
        }
    )
    assert observed.created_at == datetime(2026, 3, 2, 8, 6, tzinfo=UTC)
    assert observed.ended_at is not None
    assert observed.ended_at.replace(microsecond=0) == datetime(2026, 3, 2, 9, 6, tzinfo=UTC)
    assert observed.stands_on == {"pool": "id-farm", "job": "id-shot"}
    assert observed.outputs == {"uuid": UUID, "resultBucket": "out"}
    assert observed.failure == "exited with code 3"


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00Z", None, "", "yesterday", "2026-01-01"])
def test_a_date_that_tells_nothing_is_none(date: str | None) -> None:
    assert from_remote({"uuid": UUID, "endDate": date}).ended_at is None


@given(st.sampled_from(["the pool's own", None]))
def test_the_profile_of_a_pool_is_not_the_tasks(profile: str | None) -> None:
    body = {"uuid": UUID, "poolUuid": "id-farm", "profile": profile}
    assert "profile" not in seen(body)
    assert seen({**body, "poolUuid": None, "profile": "docker-batch"})["profile"] == "docker-batch"


def test_references_and_sizes_are_compared_elsewhere() -> None:
    unseen = from_remote(shown_task({})).unseen
    assert {"pool", "job", "dependsOn", "instances", "frames"} <= unseen
    assert "priority" in unseen
    assert "priority" not in from_remote({"uuid": UUID, "priority": None}).unseen


def test_a_bare_task_is_read_without_a_field_too_few() -> None:
    observed = from_remote({"uuid": UUID, "name": "old", "state": "Success"})
    assert observed.remote_id == UUID
    assert observed.marker is None
    assert seen({"uuid": UUID, "name": "old"}) == {"displayName": "old"}
