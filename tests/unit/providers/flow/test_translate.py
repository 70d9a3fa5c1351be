"""Jobs between our words and Flow's: what is sent, what comes back, when tasks are the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.address import Address
from reconciler.diff.compare import desired_form
from reconciler.errors import InternalError
from reconciler.model import Marker, Request, Resource, Settled
from reconciler.observe import formed
from reconciler.providers.flow.kinds.job import JOB, files
from reconciler.providers.flow.marker import to_tags
from reconciler.providers.flow.translate import (
    from_job,
    queue_and_id,
    queue_of,
    remote_id_of,
    submission,
)
from tests.unit.providers.flow.strategies import FEW, FILES, job_specs

SHOT = Address("flow", "job", "shot")
MARKER = Marker("ws-5c1d0e9a7b3f4d21", "prod", SHOT, 1, "k1-0123", 2)
URNS = {path: f"urn:adsk:fc.scratch:us.prd:resource:@default/{n}" for n, path in enumerate(FILES)}
JOB_ID = "5b0f3f0e-3c1d-4a53-9a38-0d6f1f0c7a11"


def request(spec: Mapping[str, Any]) -> Request:
    resource = Resource(SHOT, JOB.id, spec)
    return Request(resource, desired_form(JOB, resource), MARKER)


def sent(spec: Mapping[str, Any]) -> dict[str, Any]:
    return submission(request(spec), URNS)


def shown(body: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """What the vendor tells of a job that was made so."""
    kept = {key: each for key, each in body.items() if key != "tasks"}
    return {"id": JOB_ID, "status": "QUEUED", **kept, **more}


# --- what is sent ---------------------------------------------------------------------------------


def values(tree: Any) -> Iterator[Any]:
    yield tree
    below = tree.values() if isinstance(tree, Mapping) else tree if isinstance(tree, list) else ()
    for each in below:
        yield from values(each)


@FEW
@given(job_specs())
def test_nothing_is_sent_but_json_of_what_was_written(spec: dict[str, Any]) -> None:
    body = sent(spec)
    assert json.loads(json.dumps(body, allow_nan=False)) == body
    assert body.keys() == {"name", "tags", "tasks"}
    objects = [each for each in values(body) if isinstance(each, Mapping)]
    assert not any("secretRef" in each for each in objects)
    assert not any(isinstance(each.get("source"), Mapping) and "file" in each["source"]
                   for each in objects)  # fmt: skip


@FEW
@given(job_specs())
def test_every_task_is_sent_once_with_what_the_vendor_asks_of_each(spec: dict[str, Any]) -> None:
    tasks = sent(spec)["tasks"]
    assert [each["name"] for each in tasks] == sorted(each["name"] for each in spec["tasks"])
    for task in tasks:
        inner = task["task"] if task["type"] == "map" else task
        assert inner["type"] == "task"
        assert inner["executor"]
        assert not any(each in (None, [], {}) for each in inner.values())


@FEW
@given(job_specs())
def test_every_file_is_named_once_and_sent_as_its_urn(spec: dict[str, Any]) -> None:
    paths = dict.fromkeys(path for _, path in files(spec))
    uris = {
        each["uri"] for each in values(sent(spec)) if isinstance(each, Mapping) and "uri" in each
    }
    assert {URNS[path] for path in paths} <= uris
    assert len(JOB.files(spec)) >= len(paths)


@FEW
@given(job_specs(), st.randoms())
def test_the_order_tasks_are_written_in_sends_the_same(
    spec: dict[str, Any], random: Random
) -> None:
    tasks = [*spec["tasks"]]
    random.shuffle(tasks)
    assert sent({**spec, "tasks": tasks}) == sent(spec)


def test_a_file_that_was_not_uploaded_is_a_defect_of_ours() -> None:
    file = {"source": {"file": "a.usd"}, "target": {"path": "a.usd"}}
    spec = {"tasks": [{"name": "one", "executor": "maya", "inputs": [file]}]}
    with pytest.raises(InternalError, match=r"a\.usd"):
        submission(request(spec), {})


def test_a_task_is_sent_in_the_vendors_words() -> None:
    task = {
        "name": "merge",
        "executor": {"name": "bifrost", "version": "1"},
        "hints": {"preferFastStart": True},
        "timeout": "15m",
        "requirements": {"cpu": 4, "memory": "30GiB"},
        "inputs": [{"source": {"spaceId": "s", "key": "k"}, "target": {"path": "/in/a"}}],
        "payload": {"action": "ListPorts", "options": {"compound": "User::merge"}},
    }
    assert sent({"tasks": [task]})["tasks"] == [
        {
            "name": "merge",
            "type": "task",
            "executor": {"name": "bifrost", "version": "1"},
            "hints": {"preferFastStart": True},
            "limitations": {"maxExecutionTimeInSeconds": 900},
            "requirements": {"cpu": 4, "memory": 30720},
            "inputs": [{"source": {"spaceId": "s", "key": "k"}, "target": {"path": "in/a"}}],
            "payload": {"action": "ListPorts", "options": {"compound": "User::merge"}},
        }
    ]


def test_a_map_task_is_sent_with_the_task_it_repeats() -> None:
    inner = {"name": "one", "executor": "bifrost", "timeout": "1m"}
    task = {"name": "each", "type": "map", "values": {"source": "variants"}, "task": inner}
    assert sent({"tasks": [task]})["tasks"] == [
        {
            "name": "each",
            "type": "map",
            "values": {"source": "variants"},
            "task": {
                "name": "one",
                "type": "task",
                "executor": "bifrost",
                "limitations": {"maxExecutionTimeInSeconds": 60},
            },
        }
    ]


def test_a_job_is_sent_under_its_name_with_its_tags_and_our_marker() -> None:
    spec = {"displayName": "Shot", "tags": ["film-a"], "tasks": [{"name": "a", "executor": "x"}]}
    body = sent(spec)
    assert body["name"].startswith("Shot [rc ")
    assert body["tags"] == ["film-a", *to_tags(MARKER)]


def test_a_job_without_a_name_has_its_resources() -> None:
    assert sent({"tasks": [{"name": "one", "executor": "x"}]})["name"].startswith("shot [rc ")


# --- what comes back ------------------------------------------------------------------------------


@FEW
@given(job_specs())
def test_what_a_person_sets_and_the_vendor_shows_comes_back(spec: dict[str, Any]) -> None:
    wanted = request(spec).spec
    observed = formed(JOB, from_job(shown(sent(spec)), queue_of(spec)), str)
    told = {key: wanted.get(key) for key in ("tags", "queue")}
    assert {key: observed.spec.get(key) for key in told} == told
    assert observed.spec["displayName"] == spec.get("displayName", SHOT.name)
    assert wanted.keys() - observed.spec.keys() <= observed.unseen
    assert (observed.kind, observed.marker) == (JOB.id, MARKER)
    assert queue_and_id(observed.remote_id) == (queue_of(spec), JOB_ID)


@pytest.mark.parametrize(
    ("status", "settled"),
    [
        ("SUCCEEDED", Settled.SUCCEEDED),
        ("FAILED", Settled.FAILED),
        ("CANCELED", Settled.CANCELLED),
        ("CANCELLED", Settled.CANCELLED),
        ("QUEUED", Settled.IN_PROGRESS),
        ("RUNNING", Settled.IN_PROGRESS),
        ("succeeded", Settled.IN_PROGRESS),
        ("CANCELING", Settled.IN_PROGRESS),
        (None, Settled.IN_PROGRESS),
    ],
)
def test_three_words_end_a_job_and_any_other_means_it_is_going(
    status: str | None, settled: Settled
) -> None:
    found = from_job({"id": JOB_ID, "status": status}, "@default")
    assert (found.settled, found.state) == (settled, status or "")


def test_a_job_of_which_only_its_id_and_status_are_told_hides_the_rest() -> None:
    found = from_job({"id": JOB_ID, "status": "RUNNING"}, "@default")
    assert found.spec == {"queue": "@default"}
    assert found.unseen == {"tags", "displayName", "tasks", "dependsOn", "onComplete"}
    assert (found.marker, found.created_at, found.failure) == (None, None, "")


def test_a_job_of_somebody_else_is_shown_as_it_is() -> None:
    found = from_job({"id": "1", "status": "RUNNING", "name": "theirs", "tags": ["a"]}, "q")
    assert (found.spec["displayName"], found.spec["tags"], found.marker) == ("theirs", ["a"], None)


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        ({"title": "Task failed", "detail": "too big"}, "Task failed: too big"),
        ({"title": "Task failed"}, "Task failed"),
        ({"detail": "too big", "code": 7}, "too big"),
        ("broken", "broken"),
        ({}, ""),
        (None, ""),
    ],
)
def test_what_went_wrong_is_told_in_the_vendors_words(error: Any, failure: str) -> None:
    assert from_job({"id": "1", "status": "FAILED", "error": error}, "q").failure == failure


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-21T16:00:00Z", datetime(2026, 11, 21, 16, tzinfo=UTC)),
        ("2026-11-21T16:00:00", None),
        ("soon", None),
        (5, None),
    ],
)
def test_a_time_is_known_where_the_vendor_tells_one(text: Any, moment: datetime | None) -> None:
    assert from_job({"id": "1", "creationTime": text}, "q").created_at == moment


def test_an_id_counts_in_its_queue_and_may_hold_anything() -> None:
    assert queue_and_id(remote_id_of("@default", "a/b")) == ("@default", "a/b")


# --- are they the same ----------------------------------------------------------------------------


@FEW
@given(job_specs(), job_specs())
def test_what_is_sent_is_the_same_exactly_when_it_is_the_same_work(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    is_same = request(one).spec["tasks"] == request(other).spec["tasks"]
    assert (sent(one)["tasks"] == sent(other)["tasks"]) is is_same


@FEW
@given(job_specs())
def test_the_order_of_tasks_and_keys_is_no_part_of_the_work(spec: dict[str, Any]) -> None:
    turned = {**spec, "tasks": [reordered(deepcopy(each)) for each in reversed(spec["tasks"])]}
    assert sent(turned)["tasks"] == sent(spec)["tasks"]


def reordered(tree: Any) -> Any:
    """The same with the keys of every mapping the other way round."""
    if isinstance(tree, Mapping):
        return {key: reordered(tree[key]) for key in sorted(tree, reverse=True)}
    return [reordered(each) for each in tree] if isinstance(tree, list) else tree
