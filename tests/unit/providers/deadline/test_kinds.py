"""Pools, groups, limits and tasks as kinds: what names them, what is refused, what counts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reconciler.fields import Mutability, SetBy
from reconciler.kinds import Ability, KindSpec, Nature, RefRole, Spec
from reconciler.providers.deadline.catalogue import KINDS
from reconciler.providers.deadline.kinds.group import GROUP
from reconciler.providers.deadline.kinds.job import JOB
from reconciler.providers.deadline.kinds.limit import LIMIT
from reconciler.providers.deadline.kinds.pool import POOL
from reconciler.providers.deadline.kinds.task import TASK
from tests.strategies import LAW
from tests.unit.providers.qarnot import paths

STANDING = (POOL, GROUP, LIMIT)
ELEMENTS = ("workers.name", "workers.position")
"""Of a list the table has one row for."""


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_model_and_table_list_the_same_fields(kind: KindSpec) -> None:
    found = paths.of_model(kind)
    assert paths.of_table(kind) == (found - {*ELEMENTS} if kind is POOL else found)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_row_says_what_it_is_and_where_the_vendor_says_so(kind: KindSpec) -> None:
    assert [row.path for row in kind.table if not (row.doc and row.source)] == []


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_example_is_one_that_nothing_refuses(kind: KindSpec) -> None:
    for example in kind.examples:
        kind.model().model_validate(example)
        assert list(kind.refuse(example)) == []


def test_every_kind_is_found_by_its_name() -> None:
    assert set(KINDS) == {f"deadline/{name}" for name in ("Pool", "Group", "Limit", "Job", "Task")}
    assert all(kind.id == key for key, kind in KINDS.items())


@pytest.mark.parametrize("kind", STANDING)
def test_what_is_known_by_its_name_is_kept_as_declared_and_changed_in_place(kind: KindSpec) -> None:
    assert kind.nature is Nature.STANDING
    assert kind.abilities == {Ability.UPDATE, Ability.DELETE}
    assert kind.on_remove == ("delete", "forget")
    rows = {row.path: (row.mutability, row.set_by) for row in kind.table}
    assert rows.pop("name") == (Mutability.REPLACE, SetBy.EITHER)
    assert {mutability for mutability, _ in rows.values()} == {Mutability.IN_PLACE}


@pytest.mark.parametrize(
    ("kind", "name", "spec", "remote_id"),
    [
        (POOL, "Film", {}, "pools/film"),
        (GROUP, "Film", {}, "groups/film"),
        (LIMIT, "Film", {"maximum": 1}, "limits/film"),
        (POOL, "a", {"name": "Two Words"}, "pools/two words"),
    ],
)
def test_a_name_is_the_identity_in_lower_case_and_the_kind_leads(
    kind: KindSpec, name: str, spec: Spec, remote_id: str
) -> None:
    assert kind.identity is not None
    assert kind.identity(name, spec) == remote_id


def test_work_has_another_identity_than_its_name() -> None:
    assert JOB.identity is None
    assert TASK.identity is None


def test_a_task_is_a_part_of_its_job() -> None:
    assert TASK.nature is Nature.PART
    assert [(each.path, each.role) for each in TASK.references] == [("job", RefRole.CONTAINER)]
    assert [(each.path, each.kind, each.reference) for each in JOB.inline] == [
        ("tasks", "deadline/Task", "job")
    ]


# --- limits of values -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (POOL, {"name": "a,b"}),
        (POOL, {"name": "a/b"}),
        (POOL, {"name": ""}),
        (POOL, {"name": " a"}),
        (POOL, {"workers": ["a,b"]}),
        (POOL, {"workers": [{"name": "a", "position": 0}]}),
        (POOL, {"workers": [{"position": 1}]}),
        (POOL, {"positions": {"a": 1}}),
        (GROUP, {"workers": [{"name": "a"}]}),
        (LIMIT, {}),
        (LIMIT, {"maximum": -1}),
        (LIMIT, {"maximum": "4"}),
        (LIMIT, {"maximum": 4, "releaseAt": 101}),
        (LIMIT, {"maximum": 4, "releaseAt": -1}),
        (LIMIT, {"maximum": 4, "workers": ["a"]}),
        (TASK, {"frames": "1-4"}),
        (TASK, {"job": "comp"}),
        (TASK, {"job": "comp", "frames": "1:4"}),
    ],
)
def test_a_value_beyond_the_vendors_limits_is_refused(kind: KindSpec, wrong: Spec) -> None:
    with pytest.raises(ValidationError):
        kind.model().model_validate(wrong)


@pytest.mark.parametrize(
    ("kind", "spec", "code", "path"),
    [
        (POOL, {"name": "None"}, "M571", ("name",)),
        (GROUP, {"name": "none"}, "M571", ("name",)),
        (POOL, {"workers": ["a", {"name": "A", "position": 1}]}, "M572", ("workers", 1)),
        (GROUP, {"workers": ["a", "b", "A"]}, "M572", ("workers", 2)),
        (
            LIMIT,
            {"maximum": 1, "workers": {"deny": ["a", "a"]}},
            "M572",
            ("workers", "deny", 1),
        ),
        (LIMIT, {"maximum": 1, "exemptWorkers": ["a", "a"]}, "M572", ("exemptWorkers", 1)),
        (LIMIT, {"maximum": 1, "workers": {"allow": ["a"], "deny": ["b"]}}, "M573", ("workers",)),
        (LIMIT, {"maximum": 1, "workers": {"allow": []}}, "M574", ("workers", "allow")),
    ],
)
def test_what_the_farm_would_refuse_is_told_by_its_field(
    kind: KindSpec, spec: Spec, code: str, path: tuple[str | int, ...]
) -> None:
    (refusal,) = kind.refuse(spec)
    assert (refusal.code, refusal.path) == (code, path)
    assert refusal.summary
    assert refusal.cause
    assert refusal.remedy


def test_a_limit_may_be_called_none_as_only_pools_and_groups_have_one() -> None:
    assert list(LIMIT.refuse({"name": "none", "maximum": 1})) == []


# --- what counts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (POOL, {"workers": ["b", "A"]}, {"workers": ["a", {"name": "B"}]}),
        (GROUP, {"name": "Film"}, {"name": "film"}),
        (LIMIT, {"maximum": 1, "workers": {"deny": []}}, {"maximum": 1}),
        (LIMIT, {"maximum": 1, "releaseAt": 90}, {"maximum": 1, "releaseAt": 90.0}),
    ],
)
def test_what_means_the_same_has_one_form(kind: KindSpec, one: Spec, other: Spec) -> None:
    assert kind.table.form(kind.fold(one)) == kind.table.form(kind.fold(other))


def test_no_workers_at_all_is_something_else_than_nothing_said() -> None:
    assert POOL.table.form(POOL.fold({"workers": []})) == {"workers": []}
    assert POOL.table.form(POOL.fold({})) == {}


@LAW
@given(st.dictionaries(st.sampled_from(["a", "B", "c"]), st.none() | st.integers(1, 9), min_size=1))
def test_a_place_stands_beside_the_workers_and_is_spelled_with_them(
    placed: dict[str, int | None],
) -> None:
    said: list[Any] = [
        {"name": name, "position": place} if place else name for name, place in placed.items()
    ]
    form = POOL.table.form(POOL.fold({"workers": said}))
    assert POOL.table.form(form) == form
    assert form["workers"] == sorted(name.lower() for name in placed)
    assert form.get("positions", {}) == {k.lower(): v for k, v in placed.items() if v}
    assert POOL.spelled({"workers": said}, ("positions", "a")) == ("workers", "a", "position")
    assert POOL.spelled({"workers": said}, ("positions",)) == ("workers",)
    assert POOL.spelled({"workers": said}, ("name",)) == ("name",)
