"""The job as a kind: its limits, what it refuses, what it demands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from reconciler.fields import Mutability, SetBy
from reconciler.kinds import Ability, Demand, Inline, Spec
from reconciler.providers.qarnot.kinds.job import JOB, JOB_FIELDS
from tests.strategies import LAW
from tests.unit.providers.qarnot import paths
from tests.unit.providers.qarnot.strategies import job_specs


def test_model_and_table_list_the_same_fields() -> None:
    assert paths.of_table(JOB) == paths.of_model(JOB)


def test_every_row_says_what_it_is_and_where_the_vendor_says_so() -> None:
    assert [row.path for row in JOB_FIELDS if not (row.doc and row.source)] == []


def test_nothing_of_a_job_can_be_updated() -> None:
    ours = {row.mutability for row in JOB_FIELDS if row.set_by is not SetBy.VENDOR}
    assert ours == {Mutability.AT_NEXT_CREATE}
    assert Ability.UPDATE not in JOB.abilities


def test_a_job_has_no_labels() -> None:
    assert JOB_FIELDS.row("labels") is None


def test_tasks_may_stand_in_their_job() -> None:
    assert JOB.inline == (Inline("tasks", "qarnot/Task", "job"),)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tags": [str(n) for n in range(10)]},
        {"tags": ["x" * 512]},
        {"displayName": ""},
        {"maxWallTime": "long"},
        {"onComplete": "archive"},
        {"useDependencies": "yes"},
        {"profile": "docker-batch"},
    ],
)
def test_a_value_beyond_the_vendors_limits_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        JOB.model().model_validate(wrong)


@pytest.mark.parametrize("right", [{}, {"tags": [str(n) for n in range(9)]}, *JOB.examples])
def test_a_value_at_the_vendors_limits_is_taken(right: Spec) -> None:
    JOB.model().model_validate(right)
    assert list(JOB.refuse(right)) == []


@LAW
@given(job_specs)
def test_every_generated_spec_is_one_the_model_takes_and_nothing_refuses(
    spec: dict[str, Any],
) -> None:
    JOB.model().model_validate(spec)
    assert list(JOB.refuse(spec)) == []
    assert JOB.fold(spec) == spec


@pytest.mark.parametrize(
    ("spec", "code", "path"),
    [
        ({"maxWallTime": "0s"}, "M561", ("maxWallTime",)),
        ({"tags": ["fx", "reconciler:mine"]}, "M562", ("tags", 1)),
    ],
)
def test_what_could_never_work_is_told_by_its_field(
    spec: Spec, code: str, path: tuple[str | int, ...]
) -> None:
    (refusal,) = JOB.refuse(spec)
    assert (refusal.code, refusal.path) == (code, path)
    assert refusal.summary
    assert refusal.cause
    assert refusal.remedy


def test_a_job_asks_for_one_job_and_leaves_a_tag_to_our_marker() -> None:
    assert JOB.demands({}) == (Demand("jobs", 1),)
    assert JOB.marker_tags == 1
