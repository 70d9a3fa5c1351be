"""Rows as JSON: nothing is lost on the way, and what older builds wrote is read for ever."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.address import Address
from reconciler.lifecycle import OnRemove, WhenRunning
from reconciler.model import Intent, Outcome, Record, Run, Verb
from reconciler.state.codec import (
    intent_from_json,
    intent_to_json,
    record_from_json,
    record_to_json,
    run_from_json,
    run_to_json,
)
from reconciler.values import Tree
from tests.unit.state.strategies import intents, records, runs

AT = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
POOL = Address("qarnot-prod", "pool", "sim")
TASK = Address("qarnot-prod", "task", "shot-010/beauty")

# Rows as the builds before finite work wrote them; never changed.
OLD_RECORD = """{"address":"qarnot-prod/pool/sim","kind":"qarnot/Pool","remoteId":"id-7",
"ordinal":2,"managed":{"profile":"abababababababababababababababab"},
"notHonoured":{"tags":["00000000000000000000000000000001","00000000000000000000000000000002"]},
"protect":true,"onRemove":"terminate","whenRunning":"drain",
"dependsOn":["qarnot-prod/pool/other"]}"""
OLD_RUN = """{"address":"qarnot-prod/task/shot-010/beauty","runKey":"key-1","attempt":1,
"remoteId":"id-1","outcome":"succeeded","seenAt":"2026-03-01T08:30:00+00:00"}"""
OLD_INTENT = """{"operationId":"op-1","address":"qarnot-prod/pool/sim","kind":"qarnot/Pool",
"verb":"create","requestDigest":"d","firstSend":"2026-03-01T08:30:00+00:00",
"sendBy":"2026-03-01T08:30:00+00:00","ordinal":3}"""


def _stored(tree: Tree) -> Tree:
    read: Tree = json.loads(json.dumps(tree))
    return read


@given(records)
def test_a_record_reads_back(record: Record) -> None:
    assert record_from_json(_stored(record_to_json(record))) == record


@given(runs)
def test_a_run_reads_back(run: Run) -> None:
    assert run_from_json(_stored(run_to_json(run))) == run


@given(intents)
def test_an_intent_reads_back(intent: Intent) -> None:
    assert intent_from_json(_stored(intent_to_json(intent))) == intent


@given(st.one_of(records.map(record_to_json), runs.map(run_to_json), intents.map(intent_to_json)))
def test_what_is_blank_is_not_written(tree: Tree) -> None:
    assert all(tree.values())


def test_a_retention_of_no_time_is_not_none() -> None:
    run = Run(TASK, "key-1", 1, "id-1", retention_s=0)
    assert run_from_json(_stored(run_to_json(run))).retention_s == 0
    assert run_from_json(_stored(run_to_json(replace(run, retention_s=None)))).retention_s is None


def test_a_record_of_an_older_build_is_read_as_it_was_meant() -> None:
    assert record_from_json(json.loads(OLD_RECORD)) == Record(
        address=POOL,
        kind="qarnot/Pool",
        remote_id="id-7",
        ordinal=2,
        first_address=POOL,
        managed={"profile": "ab" * 16},
        not_honoured={"tags": (f"{1:032x}", f"{2:032x}")},
        protect=True,
        on_remove=OnRemove.TERMINATE,
        when_running=WhenRunning.DRAIN,
        depends_on=(replace(POOL, name="other"),),
    )


def test_a_run_of_an_older_build_has_the_defaults_of_what_came_later() -> None:
    expected = Run(TASK, "key-1", 1, "id-1", outcome=Outcome.SUCCEEDED, seen_at=AT)
    assert run_from_json(json.loads(OLD_RUN)) == expected


def test_an_intent_of_an_older_build_has_the_defaults_of_what_came_later() -> None:
    expected = Intent("op-1", POOL, "qarnot/Pool", Verb.CREATE, "d", AT, AT, 3, POOL)
    assert intent_from_json(json.loads(OLD_INTENT)) == expected


def test_a_record_that_says_nothing_of_running_work_leaves_it_to_the_kind() -> None:
    row = {"address": str(POOL), "kind": "qarnot/Pool", "remoteId": "id-7", "ordinal": 1}
    assert record_from_json(row) == Record(POOL, "qarnot/Pool", "id-7", 1, POOL)


@pytest.mark.parametrize("read", [record_from_json, run_from_json, intent_from_json])
def test_a_row_of_no_address_is_refused(read: Callable[[Tree], object]) -> None:
    with pytest.raises((KeyError, ValueError)):
        read({"address": "sim"})
