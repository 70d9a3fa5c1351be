"""A saved plan does what was reviewed, whatever flags stand beside it, once, or refuses."""

from __future__ import annotations

import pytest

from reconciler.errors import PlanStale
from reconciler.lifecycle import WhenRunning
from reconciler.plan.codec import decode_plan, encode_plan, file_digest
from reconciler.plan.plan import Plan
from tests.simulation.studio import Studio, at, check_converges, pool, pools


def studio() -> Studio:
    """One pool to change, one that left the manifests, one to make."""
    made = Studio()
    made.declare(*pools(a={}, gone={}))
    made.apply()
    made.declare(*pools(a={"tags": ["x"]}, new={}))
    return made


def saved(plan: Plan) -> Plan:
    return decode_plan(encode_plan(plan))


def code(made: Studio, reviewed: Plan) -> str:
    with pytest.raises(PlanStale) as stale:
        made.apply_file(reviewed)
    return stale.value.problems[0].code


def test_what_was_reviewed_is_done_without_the_flags_it_was_made_with() -> None:
    made = studio()
    made.apply_file(saved(made.plan(prune=True, max_deletes=1)))
    assert made.specs().keys() == {"a", "new"}
    check_converges(made, prune=True)


def test_what_was_not_reviewed_is_not_done_whatever_the_flags_say() -> None:
    made = studio()
    made.apply_file(saved(made.plan()), prune=True)
    assert made.specs().keys() == {"a", "new", "gone"}
    again = studio()
    again.apply_file(saved(again.plan(targets=frozenset({at("a")}))), prune=True)
    assert again.specs().keys() == {"a", "gone"}


def test_a_reviewed_destroy_is_a_destroy() -> None:
    made = studio()
    made.apply_file(saved(made.plan(is_destroy=True)))
    assert made.live() == []


def test_a_plan_is_used_up_by_its_first_step_even_when_not_all_of_it_was_due() -> None:
    made = studio()
    reviewed = saved(made.plan())
    made.change_outside("a", tags=["x"])
    made.apply_file(reviewed)
    assert file_digest(reviewed) in made.store.used_plans()
    assert code(made, reviewed) == "P109"


def test_a_plan_that_was_never_in_a_file_is_not_remembered_as_used() -> None:
    made = studio()
    made.apply()
    assert made.store.used_plans() == frozenset()


def test_a_plan_that_had_nothing_left_to_do_is_not_used_up() -> None:
    made = Studio()
    made.declare(*pools(a={}))
    made.apply()
    reviewed = saved(made.plan())
    made.apply_file(reviewed)
    made.apply_file(reviewed)
    assert file_digest(reviewed) not in made.store.used_plans()


def test_a_plan_for_what_has_changed_since_is_refused_before_anything_is_sent() -> None:
    made = studio()
    reviewed = saved(made.plan())
    sent = len(made.vendor.calls)
    made.change_outside("a", constants={"K": "v"})
    assert code(made, reviewed) == "P110"
    made.declare(*pools(a={"tags": ["y"]}))
    assert code(made, reviewed) == "P103"
    made.clock.advance(8 * 86400)
    assert code(made, reviewed) == "P102"
    assert len(made.vendor.calls) == sent


def test_an_older_plan_does_not_bring_back_what_was_remembered_then() -> None:
    made = Studio()
    made.declare(pool("a", {"profile": "old"}))
    made.apply()
    made.declare(pool("a", {"profile": "new"}, when_running=WhenRunning.STOP))
    reviewed = saved(made.plan())
    made.apply()
    made.apply_file(reviewed)
    (record,) = made.recorded.records.values()
    assert (record.ordinal, record.remote_id) == (2, made.live()[0].remote_id)
    check_converges(made)


def test_a_reviewed_plan_that_is_declined_does_nothing() -> None:
    made = studio()
    reviewed, sent = saved(made.plan()), len(made.vendor.calls)

    async def no(_: Plan) -> bool:
        return False

    assert made.apply_file(reviewed, confirm=no) is None
    assert len(made.vendor.calls) == sent
    made.apply_file(reviewed)
    check_converges(made)


def test_a_look_sees_what_is_remembered_and_there_and_changes_nothing() -> None:
    made = studio()
    recorded, observation = made.look()
    assert recorded == made.recorded
    assert {each.name for each in observation.objects["qarnot"]} == {"a", "gone"}


def test_an_erased_state_remembers_nothing_and_a_later_apply_starts_anew() -> None:
    made = studio()
    made.apply(is_destroy=True)
    made.erase()
    assert made.recorded.records == {}
    check_converges(made)
    assert {record.ordinal for record in made.recorded.records.values()} == {1}
