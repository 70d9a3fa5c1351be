"""What a vendor accepts for a run and does not keep: sent once more, then told, never fought."""

from __future__ import annotations

from reconciler.diff.change import Action
from tests.simulation.studio import Studio
from tests.toy_kinds import PROVIDER, TASK, toy


def studio() -> Studio:
    made = Studio(TASK, provider=PROVIDER, ignored_fields={TASK.id: frozenset({"tags"})})
    made.declare(toy(TASK, "a", work="w", tags=["x"]))
    made.apply()
    return made


def test_a_second_call_that_was_lost_is_made_up_for_by_the_next_apply() -> None:
    made = studio()
    made.vendor.habits.ignored_fields = {}
    (change,) = made.plan().changes
    assert (change.action, [each.path for each in change.fields]) == (Action.UPDATE, ["tags"])
    made.apply()
    assert made.plan().changes == ()
    assert [each.verb for each in made.vendor.calls] == ["create", "update"]


def test_what_is_never_kept_is_told_and_not_sent_again() -> None:
    made = studio()
    made.apply()
    planned = made.plan()
    assert planned.is_empty
    (change,) = planned.changes
    assert change.notes == ("tags is not honoured by the vendor",)
    made.apply()
    assert [each.verb for each in made.vendor.calls] == ["create", "update"]
