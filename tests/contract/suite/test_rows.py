"""Each row of each kind's table keeps its word at the vendor.

The failure messages say which promise was broken. The sandbox knows nothing of the tables, so a
wrong row and a wrong emulator are caught by each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.diff.change import Action
from reconciler.errors import ProviderError
from reconciler.fields import UNORDERED, Field, Mutability, SetBy
from reconciler.lifecycle import Lifecycle, OnEnd
from reconciler.manifest.check import Checker
from reconciler.values import Tree
from tests.contract.control import Control
from tests.contract.suite.cases import Case, root_of, stored_at
from tests.contract.suite.registry import CASES
from tests.contract.workplace import (
    Workplace,
    require_empty,
    the_change,
    the_changes,
    with_lifecycle,
)

Tried = tuple[Case, Field]
_UNTIL_OVER_S = 3600
"""Virtual time after which every run has come to its end."""


def _rows(keep: Callable[[Field], bool] = lambda row: row.set_by is not SetBy.VENDOR) -> list[Any]:
    """A parameter for each row of each kind that `keep` takes."""
    return [
        pytest.param((case, row), id=f"{case.id}:{row.path}")
        for case in CASES
        for row in case.kind.table
        if row.path not in case.elsewhere and keep(row)
    ]


def _that(*mutabilities: Mutability) -> list[Any]:
    return _rows(lambda row: row.mutability in mutabilities)


def _but(rows: list[Any], left_out: Callable[[Case], frozenset[str]]) -> list[Any]:
    """These parameters without the rows that a case leaves out."""
    return [each for each in rows if each.values[0][1].path not in left_out(each.values[0][0])]


def _taken(case: Case) -> frozenset[str]:
    return case.taken


def _sizes(case: Case) -> frozenset[str]:
    """How much is run is compared as a set, and more of it is no other work."""
    return case.sizes


@pytest.fixture
def at(place: Workplace, control: Control, tried: Tried) -> Workplace:
    """An account that lets every row of the case be set, and what its trials name."""
    case, _ = tried
    return case.ready(place, control)


def stored(control: Control, case: Case) -> Tree:
    """The one true object of the case's kind."""
    objects = control.objects(case.collection)
    assert len(objects) == 1, f"there must be exactly one object, not {len(objects)}"
    return next(iter(objects.values()))


def moved(before: Tree, after: Tree, ignored: Iterable[str]) -> set[str]:
    """Top-level fields of a true object that are not as they were."""
    keys = (before.keys() | after.keys()) - set(ignored)
    return {key for key in keys if before.get(key) != after.get(key)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_row_a_person_may_write_is_tried(case: Case) -> None:
    assert {row.path for row in case.tried_rows} == set(case.trials)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_row_that_needs_its_own_story_has_one(case: Case) -> None:
    for told in case.elsewhere.values():
        file, _, name = told.partition("::")
        text = (Path(__file__).parent.parent / file).read_text("utf-8")
        assert f"def {name}(" in text


@pytest.mark.parametrize("tried", _rows())
def test_both_sides_of_a_trial_are_legal_manifests(tried: Tried) -> None:
    case, row = tried
    checker = Checker({case.id: case.kind})
    for declared in (case.first(row), case.then(row)):
        tree = {
            "apiVersion": case.kind.api_version,
            "kind": case.kind.kind,
            "metadata": {"name": "tried"},
            "spec": declared.spec,
        }
        assert not checker.findings(case.kind, tree)


@pytest.mark.parametrize("tried", _rows())
def test_what_is_created_is_what_was_declared(
    tried: Tried, at: Workplace, control: Control
) -> None:
    case, row = tried
    held = []
    for declared in (case.first(row, "one"), case.then(row, "two")):
        assert at.apply(declared).actions == {declared.address.name: Action.CREATE}
        require_empty(at.plan(declared))
        true = control.objects(case.collection)[at.remote_id(declared)]
        held.append(stored_at(true, row.remote))
    assert held[0] != held[1], f"{row.path} must reach the vendor as {row.remote}"


@pytest.mark.parametrize("tried", _that(Mutability.IN_PLACE))
def test_an_in_place_change_moves_that_field_alone(
    tried: Tried, at: Workplace, control: Control
) -> None:
    case, row = tried
    at.apply(case.first(row))
    before = stored(control, case)
    applied = at.apply(case.then(row))
    after = stored(control, case)
    assert applied.actions == {"tried": Action.UPDATE}, "the table says IN_PLACE"
    assert applied.code == 0
    assert after["uuid"] == before["uuid"], "an update must keep the remote id"
    roots = {root_of(row.remote), *case.trials[row.path].drags}
    assert moved(before, after, case.moving) == roots, "an update must move nothing else"
    require_empty(at.plan(case.then(row)))
    at.apply(case.first(row))
    left = moved(before, stored(control, case), case.moving)
    assert not left, "a change that is taken back must leave no trace"


_SET_ONCE = (
    *(Mutability.REPLACE, Mutability.WORK),
    *(Mutability.NEXT_RUN, Mutability.AT_NEXT_CREATE),
)


@pytest.mark.parametrize("tried", _but(_that(*_SET_ONCE), _taken))
def test_a_field_the_vendor_cannot_change_is_not_changed_by_an_update(
    tried: Tried, at: Workplace, control: Control
) -> None:
    case, row = tried
    at.apply(case.first(row))
    before = stored(control, case)
    request, remote_id = at.request(case.then(row, "other")), before["uuid"]
    changed = frozenset({root_of(row.path), root_of(row.remote)})

    async def update(provider: Any) -> None:
        with suppress(ProviderError):
            await provider.update(remote_id, request, changed)

    at.ask(update)
    after = stored(control, case)
    assert not moved(before, after, case.moving), "an update must not touch what it can't change"


@pytest.mark.parametrize("tried", _that(Mutability.REPLACE))
def test_the_vendor_itself_changes_no_field_that_the_table_replaces(
    tried: Tried, at: Workplace, control: Control
) -> None:
    """Asked past us, by the true value of another object."""
    case, row = tried
    at.apply(case.first(row, "one"), case.then(row, "two"))
    one, two = (at.remote_id(each) for each in (case.first(row, "one"), case.then(row, "two")))
    before = control.objects(case.collection)
    field = root_of(row.remote)
    at.stranger_puts(f"/{case.collection}/{one}", {field: before[two][field]})
    after = control.objects(case.collection)
    assert before[one][field] != before[two][field]
    assert after[one][field] == before[one][field], "what can change in place need not be replaced"


@pytest.mark.parametrize("tried", _that(Mutability.REPLACE))
def test_a_field_the_vendor_cannot_change_makes_a_new_object(
    tried: Tried, at: Workplace, control: Control
) -> None:
    case, row = tried
    at.apply(case.first(row))
    before = stored(control, case)
    applied = at.apply(case.then(row))
    change = the_change(applied.plan)
    assert change.action is Action.REPLACE, "the table says REPLACE, so must the plan"
    assert any(each.mutability is Mutability.REPLACE for each in change.fields)
    after = stored(control, case)
    assert applied.code == 0
    assert after["uuid"] != before["uuid"], "a replacement must be a new object"
    assert after["shortname"] != before["shortname"], "a new object must not need the old name"
    require_empty(at.plan(case.then(row)))


@pytest.mark.parametrize("tried", _but(_that(Mutability.WORK), _sizes))
def test_other_work_is_a_new_run_and_leaves_the_old_one_alone(
    tried: Tried, at: Workplace, control: Control
) -> None:
    case, row = tried
    at.apply(case.first(row))
    before, writes = stored(control, case), control.writes()
    applied = at.apply(case.then(row))
    assert applied.code == 5, "a run that is not over blocks the next one"
    assert control.writes() == writes, "work that runs is never changed"
    assert stored(control, case) == before
    control.advance(_UNTIL_OVER_S)
    assert at.apply(case.then(row)).actions == {"tried": Action.CREATE}
    after = control.objects(case.collection)
    assert len(after) == 2, "what is over is kept"
    made = after[at.remote_id(case.then(row))]
    assert stored_at(made, row.remote) != stored_at(before, row.remote)
    require_empty(at.plan(case.then(row)))


def _require_waiting(case: Case, row: Field, at: Workplace, control: Control) -> None:
    """The change of a field that waits is shown, and sends nothing."""
    before, writes = stored(control, case), control.writes()
    plan = at.plan(case.then(row))
    assert plan.is_empty, "what waits must not be pending"
    assert {each.mutability for each in the_changes(plan)} == {row.mutability}, "it must be shown"
    at.apply(case.then(row))
    assert control.writes() == writes, "what waits must send nothing"
    assert stored(control, case) == before


@pytest.mark.parametrize("tried", _that(Mutability.NEXT_RUN))
def test_a_field_of_the_next_run_waits_for_it(
    tried: Tried, at: Workplace, control: Control
) -> None:
    case, row = tried
    at.apply(case.first(row))
    before = stored(control, case)
    _require_waiting(case, row, at, control)
    control.advance(_UNTIL_OVER_S)
    again = with_lifecycle(case.then(row), run=2)
    assert at.apply(again).code == 0
    made = control.objects(case.collection)[at.remote_id(again)]
    assert stored_at(made, row.remote) != stored_at(before, row.remote), "it must come with it"
    require_empty(at.plan(again))


@pytest.mark.parametrize("tried", _that(Mutability.AT_NEXT_CREATE))
def test_a_field_of_the_next_creation_waits_for_it(
    tried: Tried, at: Workplace, control: Control
) -> None:
    case, row = tried
    at.apply(case.first(row))
    before = stored(control, case)
    _require_waiting(case, row, at, control)
    at.ask(lambda provider: provider.delete(case.id, before["uuid"]))
    again = case.then(row)
    if case.is_finite:
        again = with_lifecycle(again, on_lost=OnEnd.RERUN)
    declared = [again, case.child(again)] if case.child else [again]
    assert at.apply(*declared).code == 0
    after = stored(control, case)
    assert stored_at(after, row.remote) != stored_at(before, row.remote), "it must come with it"
    labels = case.trials[row.path].labels[1]
    assert labels.items() <= after.get("labels", {}).items(), "a label must come with it"
    require_empty(at.plan(*declared))


def _can_be_dropped(row: Field) -> bool:
    is_root = row.path == root_of(row.path)
    can_change = row.mutability in (Mutability.IN_PLACE, Mutability.REPLACE)
    return is_root and can_change and row.set_by is SetBy.USER and row.path != "profile"


@pytest.mark.parametrize("tried", _rows(_can_be_dropped))
def test_a_dropped_field_goes_back_to_its_default(
    tried: Tried, at: Workplace, control: Control
) -> None:
    case, row = tried
    at.apply(case.then(row))
    assert at.apply(case.declared({})).code == 0
    require_empty(at.plan(case.declared({})))
    fresh = case.declared({}, name="fresh")
    at.apply(fresh)
    one, other = control.objects(case.collection).values()
    ignored = case.moving | case.own
    assert not moved(one, other, ignored), "a dropped field must be as if it was never set"


def _can_be_ignored(row: Field) -> bool:
    """Rows whose path needs no name of an element, and whose change is one of value."""
    is_plain = not {"[", "*"} & set(row.path)
    return is_plain and row.set_by is not SetBy.VENDOR and row.mutability is not Mutability.FIXED


@pytest.mark.parametrize("tried", _but(_rows(_can_be_ignored), _sizes))
def test_an_ignored_field_is_left_alone(tried: Tried, at: Workplace, control: Control) -> None:
    case, row = tried
    ignoring = Lifecycle(ignore=(row.path,))
    at.apply(replace(case.first(row), lifecycle=ignoring))
    before = stored(control, case)
    applied = at.apply(replace(case.then(row), lifecycle=ignoring))
    roots = {root_of(each.path) for each in the_changes(applied.plan)}
    assert root_of(row.path) not in roots, "an ignored field must not be planned"
    kept = stored_at(stored(control, case), row.remote)
    assert kept == stored_at(before, row.remote), "an ignored field must keep the live value"


@pytest.mark.parametrize("tried", _rows(lambda row: row.set_by is SetBy.EITHER))
def test_a_field_nobody_set_is_no_drift(tried: Tried, at: Workplace, control: Control) -> None:
    """The vendor shows a value of its own, or of a stranger: it stands if the field is EITHER."""
    case, row = tried
    at.apply(case.declared({}))
    require_empty(at.plan(case.declared({})))
    at.apply(case.then(row, "set"))
    require_empty(at.plan(case.declared({root_of(row.path): None}, "set")))


@pytest.mark.parametrize("tried", _rows(lambda row: row.compare is UNORDERED))
def test_the_order_of_a_set_means_nothing(tried: Tried, at: Workplace) -> None:
    case, row = tried
    at.apply(case.first(row))
    shuffled = case.declared(_reversed(case.trials[row.path].first))
    assert shuffled.spec != case.first(row).spec, "the trial must have something to shuffle"
    require_empty(at.plan(shuffled))


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _reversed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_reversed(each) for each in reversed(value)]
    return value


@pytest.mark.parametrize("tried", _rows(lambda row: row.set_by is SetBy.VENDOR))
def test_what_the_vendor_sets_is_refused_in_a_manifest(tried: Tried) -> None:
    case, row = tried
    tree = {
        "apiVersion": case.kind.api_version,
        "kind": case.kind.kind,
        "metadata": {"name": "tried"},
        "spec": {**case.base, row.path: 1},
    }
    codes = {each.problem.code for each in Checker({case.id: case.kind}).findings(case.kind, tree)}
    assert "M208" in codes, f"{row.path} is the vendor's and must be refused"
