from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler.address import Address
from reconciler.errors import Problem
from reconciler.fields import Mutability
from reconciler.model import Run
from reconciler.plan.plan import FieldChange, Plan
from reconciler.render.json_output import (
    history_json,
    json_text,
    plan_json,
    problems_json,
    report_json,
    status_json,
    wait_json,
)
from reconciler.render.output_schemas import output_schemas
from reconciler.render.status import StatusRow
from reconciler.report import Report, WaitReport
from reconciler.values import UNSEEN
from tests.conftest import Golden
from tests.unit.render import examples, farm, hostile

SCHEMAS = output_schemas()


def check(document: dict[str, Any]) -> None:
    """The document, as a script reads it, is what its schema promises."""
    read = json.loads(json_text(document))
    Draft202012Validator(SCHEMAS[read["kind"]]).validate(read)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_schema_is_one(kind: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[kind])


@settings(max_examples=50)
@given(hostile.plans)
def test_every_plan_follows_the_schema(plan: Plan) -> None:
    check(plan_json(plan))


@settings(max_examples=50)
@given(hostile.reports)
def test_every_report_follows_the_schema(report: Report) -> None:
    check(report_json(report))


@settings(max_examples=50)
@given(st.lists(hostile.problems, max_size=3))
def test_all_problems_follow_the_schema(problems: list[Problem]) -> None:
    check(problems_json(problems))


@settings(max_examples=50)
@given(st.lists(hostile.rows, max_size=3))
def test_every_status_follows_the_schema(rows: list[StatusRow]) -> None:
    check(status_json(rows))


@settings(max_examples=50)
@given(hostile.waits, st.lists(hostile.reports, max_size=2))
def test_every_wait_follows_the_schema(wait: WaitReport, reports: list[Report]) -> None:
    check(wait_json(wait, reports))


@settings(max_examples=50)
@given(hostile.addresses, st.lists(hostile.runs, max_size=3))
def test_every_history_follows_the_schema(address: Address, runs: list[Run]) -> None:
    check(history_json(address, runs))


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_key_of_no_schema_would_be_noticed(kind: str) -> None:
    assert not Draft202012Validator(SCHEMAS[kind]).is_valid(
        {"formatVersion": 1, "kind": kind, "surprise": True}
    )


def test_a_value_that_is_not_there_is_left_out_and_null_is_kept() -> None:
    field = FieldChange("tags", UNSEEN, None, Mutability.IN_PLACE, "tags")
    change = examples.UPDATE.__class__(
        examples.UPDATE.address,
        "qarnot/Pool",
        examples.UPDATE.action,
        examples.UPDATE.reason,
        fields=(field,),
    )
    shown = plan_json(examples.plan(change))["changes"][0]["fields"][0]
    assert "before" not in shown
    assert shown["after"] is None


def test_the_example_documents_look_as_we_left_them(golden: Golden) -> None:
    golden("plan.json", json_text(plan_json(examples.FULL_PLAN)) + "\n")
    golden("report.json", json_text(report_json(examples.BAD_REPORT)) + "\n")
    golden("problems.json", json_text(problems_json(examples.PROBLEMS)) + "\n")
    golden("status.json", json_text(status_json(examples.STATUS)) + "\n")
    golden("farm-plan.json", json_text(plan_json(farm.FARM_PLAN)) + "\n")
    golden("farm-status.json", json_text(status_json(farm.FARM_STATUS)) + "\n")
    golden("wait.json", json_text(wait_json(farm.FARM_WAIT, [examples.BAD_REPORT])) + "\n")
    golden("history.json", json_text(history_json(farm.task("a"), farm.FARM_HISTORY)) + "\n")
