"""What work names and outlives: shown by its name, and kept while unfinished work uses it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.diff.change import Action, Reason, Standing
from reconciler.lifecycle import OnRemove
from reconciler.model import Resource, Settled
from reconciler.plan.plan import Change
from reconciler.report import Passed
from tests.simulation.studio import Studio
from tests.toy_kinds import GROWING, PROVIDER, RACK, at, toy

OLD, NEW = toy(RACK, "old"), toy(RACK, "new")
KEEP = toy(RACK, "keep")


def studio(*resources: Resource) -> Studio:
    made = Studio(GROWING, RACK, provider=PROVIDER)
    made.declare(*resources)
    made.apply()
    assert made.plan().is_empty
    return made


def shot(rack: Any = "old") -> Resource:
    """Work that goes on when its manifest is gone."""
    return toy(GROWING, "shot", {"on_remove": OnRemove.FORGET}, frames="1-10", rack=rack)


def pruned(made: Studio, name: str) -> Change:
    found = {each.address.name: each for each in made.plan(prune=True).changes}
    return found[name]


# --- as the manifest says it ----------------------------------------------------------------------


def test_another_name_is_a_change_in_place_and_waits_for_what_it_names() -> None:
    made = studio(OLD, shot())
    made.declare(OLD, NEW, shot("new"))
    changes = {each.address.name: each for each in made.plan().changes}
    (field,) = changes["shot"].fields
    assert (field.path, field.before, field.after) == ("rack", "old", "new")
    assert changes["shot"].waits_for == {at(RACK, "new")}
    made.apply()
    assert made.plan().is_empty


def test_what_somebody_moved_by_hand_is_drift_with_both_names() -> None:
    made = studio(OLD, NEW, shot())
    (job,) = made.live()
    job.spec["rack"] = "racks/new"
    (change,) = made.plan().changes
    (field,) = change.fields
    assert (field.before, field.after, field.is_drift) == ("new", "old", True)
    assert change.reason is Reason.DRIFTED
    job.spec["rack"] = "racks/theirs"
    (change,) = made.plan().changes
    assert change.fields[0].before == {"existing": "racks/theirs"}


def test_what_is_not_ours_is_named_as_existing_and_is_no_change() -> None:
    made = Studio(GROWING, RACK, provider=PROVIDER)
    made.vendor.add(RACK.id, "theirs", {})
    made.declare(shot({"existing": "racks/theirs"}))
    made.apply()
    assert made.plan().is_empty


# --- known by the name alone ----------------------------------------------------------------------


def test_a_name_that_is_taken_is_not_made_again_until_it_is_adopted() -> None:
    made = Studio(GROWING, RACK, provider=PROVIDER)
    made.vendor.add(RACK.id, "old", {"slots": 4})
    made.declare(OLD)
    (change,) = made.plan().changes
    assert (change.standing, change.problem is not None) == (Standing.BLOCKED, True)
    assert "adopt toy-1/rack/old" in str(change.problem)
    made.apply(adopt={OLD.address: ""})
    assert made.recorded.records[OLD.address].remote_id == "racks/old"
    assert [each.action for each in made.plan().changes] == [Action.UPDATE]


def test_one_of_ours_that_somebody_removed_is_made_again() -> None:
    made = studio(OLD)
    made.vendor.remove("racks/old")
    made.apply()
    assert made.calls() == ["create", "create"]


# --- removal --------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_ours", [True, False])
def test_it_is_kept_while_unfinished_work_uses_it(is_ours: bool) -> None:
    made = studio(OLD, KEEP, shot())
    (job,) = made.live()
    if not is_ours:
        made.vendor.add(GROWING.id, "theirs", {"rack": "racks/old"})
        made.vendor.settle(job.remote_id, Settled.SUCCEEDED)
    made.declare(KEEP)
    change = pruned(made, "old")
    assert change.standing is Standing.BLOCKED
    assert change.problem is not None
    assert ("1 of ours" if is_ours else "1 of others") in change.problem.cause
    for each in list(made.vendor.objects.values()):
        if each.kind is GROWING:
            made.vendor.settle(each.remote_id, Settled.SUCCEEDED)
    assert pruned(made, "old").is_pending


def test_work_that_turns_to_another_goes_first() -> None:
    made = studio(OLD, NEW, shot())
    made.declare(NEW, shot("new"))
    assert pruned(made, "old").ends_after == {at(GROWING, "shot")}
    report = made.apply(prune=True)
    assert report is not None
    assert [each.passed for each in report.steps] == [Passed.DONE] * 2
    assert made.calls()[-2:] == ["update", "delete"]
    assert made.plan(prune=True).is_empty


def with_replacement(name: str) -> Resource:
    lifecycle = replace(OLD.lifecycle, on_remove=OnRemove.DELETE, replacement=name)
    return replace(OLD, lifecycle=lifecycle)


def test_a_replacement_takes_over_work_of_ours() -> None:
    made = studio(with_replacement("new"), NEW, shot())
    made.declare(NEW)
    change = pruned(made, "old")
    assert (change.standing, change.replacement) == (Standing.READY, "racks/new")
    assert "moves 1 unfinished job of ours to new" in change.notes
    made.apply(prune=True)
    (job,) = (each for each in made.vendor.objects.values() if each.kind is GROWING)
    assert job.spec["rack"] == "racks/new"


def test_others_keep_it_whatever_takes_its_place() -> None:
    made = studio(with_replacement("new"), NEW, shot())
    made.vendor.add(GROWING.id, "theirs", {"rack": "racks/old"})
    made.declare(NEW)
    assert pruned(made, "old").standing is Standing.BLOCKED


def test_a_replacement_has_to_be_there() -> None:
    made = studio(with_replacement("gone"), NEW, shot())
    made.declare(NEW)
    change = pruned(made, "old")
    assert (change.standing, change.problem and change.problem.code) == (Standing.BLOCKED, "P309")
