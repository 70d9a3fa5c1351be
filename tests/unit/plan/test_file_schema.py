"""The published schema of plan files agrees with the files we write."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import jsonschema
import pytest

from reconciler.plan.codec import encode_plan
from reconciler.plan.file_schema import plan_file_schema
from reconciler.plan.plan import Binding, Plan

NOW = datetime(2026, 11, 21, tzinfo=UTC)
EMPTY = Plan(Binding("ws-1", "default", "0" * 32, "f" * 32), NOW, NOW + timedelta(days=7))


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(plan_file_schema())


def test_a_written_plan_is_valid() -> None:
    jsonschema.validate(json.loads(encode_plan(EMPTY)), plan_file_schema())


@pytest.mark.parametrize("key", ["plan", "fileDigest", "kind"])
def test_a_plan_with_a_part_missing_is_not(key: str) -> None:
    document = json.loads(encode_plan(EMPTY))
    del document[key]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, plan_file_schema())


def test_an_unknown_key_is_not_allowed_at_any_level() -> None:
    document = json.loads(encode_plan(EMPTY))
    document["plan"]["binding"]["extra"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, plan_file_schema())
