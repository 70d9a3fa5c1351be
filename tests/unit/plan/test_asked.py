"""What a person asks of single addresses: done there, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.diff.change import Action, Reason, Standing
from reconciler.errors import PlanRefused
from reconciler.model import Outcome, Settled, Usage
from reconciler.plan.build import plan
from reconciler.plan.plan import Change
from reconciler.plan.policy import Policy
from tests.toy_kinds import JOB, POOL, TASK, at
from tests.unit.plan.farm import Farm, Life, job, key, pool, seal, task, there

T = at(TASK, "t")
MEMBER = task("m", job="j")


def act(change: Change) -> tuple[Action, Reason, Standing]:
    return change.action, change.reason, change.standing


def refused(farm: Farm, **policy: Any) -> str:
    with pytest.raises(PlanRefused) as error:
        farm.plan(**policy)
    return error.value.problems[0].code


# --- stop -----------------------------------------------------------------------------------------


def test_all_that_goes_on_at_an_address_is_stopped_and_nothing_else_is_planned() -> None:
    busy = Usage(instances=1, queued_instances=1)
    lives = (
        Life(task(), attempt=1, usage=busy),
        Life(task(work="B"), attempt=2),
        Life(task(work="C"), Settled.SUCCEEDED, Outcome.SUCCEEDED, attempt=3),
    )
    plan = Farm((task(), task("new")), lives).plan(stop=frozenset({T}))
    (change,) = plan.changes
    assert act(change) == (Action.TERMINATE, Reason.REQUESTED, Standing.READY)
    assert (change.remote_id, change.also) == ("id-t-1", ("id-t-2",))
    assert change.loss is not None
    assert change.loss.queued_instances == 1
    assert not change.forgets
    assert plan.orphans == ()


def test_stopping_what_does_not_go_on_is_nothing_to_do() -> None:
    change = Farm((task(),), (Life(task(), Settled.SUCCEEDED),)).change("t", stop=frozenset({T}))
    assert act(change) == (Action.NO_OP, Reason.REQUESTED, Standing.READY)
    assert change.notes == ("nothing goes on there",)


def test_twins_and_unconfirmed_objects_are_stopped_as_well() -> None:
    lives = (
        Life(task()),
        Life(task(), is_remembered=False, suffix="-copy"),
        Life(task(work="B"), attempt=2, is_remembered=False),
        Life(task(work="C"), Settled.FAILED, attempt=3, is_remembered=False),
    )
    change = Farm((task(),), lives).change("t", stop=frozenset({T}))
    assert {change.remote_id, *change.also} == {"id-t-1", "id-t-1-copy", "id-t-2"}


def test_a_container_is_stopped_with_all_that_goes_on_in_it() -> None:
    lives = (there(job()), Life(MEMBER), Life(task("n", job="j"), Settled.SUCCEEDED))
    changes = Farm((job(), MEMBER), lives).plan(stop=frozenset({at(JOB, "j")})).changes
    assert [(each.address.name, each.action) for each in changes] == [
        ("j", Action.TERMINATE),
        ("m", Action.TERMINATE),
    ]
    over = (there(job(), settled=Settled.CANCELLED),)
    assert Farm((job(),), over).change("j", stop=frozenset({at(JOB, "j")})).action is Action.NO_OP


def test_what_a_person_names_is_stopped_however_much_it_is() -> None:
    members = tuple(task(f"m{number}", job="j") for number in range(10))
    farm = Farm((job(), *members), (there(job()), *map(Life, members)))
    assert farm.plan(stop=frozenset({at(JOB, "j")})).count(Action.TERMINATE) == 11


def test_work_that_left_the_manifests_can_be_stopped() -> None:
    change = Farm((task("other"),), (Life(task()),)).change("t", stop=frozenset({T}))
    assert change.action is Action.TERMINATE


def test_what_is_kept_as_declared_is_not_stopped_alone() -> None:
    farm = Farm((pool(),), (there(pool()),))
    assert refused(farm, stop=frozenset({at(POOL, "p")})) == "P321"


def test_what_nobody_knows_is_neither_stopped_nor_forgotten() -> None:
    farm = Farm((task(),))
    for policy in ({"stop": frozenset({at(TASK, "x")})}, {"forget": frozenset({at(TASK, "x")})}):
        assert refused(farm, **policy) == "P320"


# --- forget ---------------------------------------------------------------------------------------


def test_what_is_forgotten_is_left_as_it_is() -> None:
    farm = Farm((task("other"),), (Life(task()),))
    change = farm.change("t", forget=frozenset({T}))
    assert act(change) == (Action.FORGET, Reason.REQUESTED, Standing.READY)
    assert change.forgets
    assert refused(Farm((task(),)), forget=frozenset({T})) == "P320"


def test_what_was_forgotten_is_not_run_again() -> None:
    """The run is a tombstone: its key and outcome outlive the record."""
    for life in (Life(task()), Life(task(), None, Outcome.SUCCEEDED)):
        farm = Farm((task(),), (life,), forgotten=frozenset({T}))
        assert farm.plan().changes == ()


# --- adopt ----------------------------------------------------------------------------------------


def test_the_only_unconfirmed_object_is_adopted_as_what_its_marker_says() -> None:
    stranger = Life(task(frames="1-4"), is_remembered=False, attempt=3)
    change = Farm((task(frames="1-4"),), (stranger,)).change("t", adopt={T: ""})
    assert act(change) == (Action.ADOPT, Reason.REQUESTED, Standing.READY)
    assert change.remote_id == "id-t-3"
    assert change.request is not None
    assert change.request.marker == stranger.marker
    assert change.request.ranges == "1-4"


def test_one_of_several_has_to_be_named() -> None:
    lives = tuple(Life(task(), is_remembered=False, attempt=n) for n in (1, 2))
    farm = Farm((task(),), lives)
    assert refused(farm, adopt={T: ""}) == "P324"
    assert farm.change("t", adopt={T: "id-t-2"}).remote_id == "id-t-2"
    assert refused(farm, adopt={T: "nobody's"}) == "P324"
    assert refused(Farm((task(),)), adopt={T: ""}) == "P324"


def test_an_object_of_another_kind_is_not_adopted() -> None:
    farm = Farm((task(), job()), (there(job()),))
    assert refused(farm, adopt={T: "id-j-1"}) == "P324"


def test_a_stranger_is_adopted_as_the_next_attempt_at_the_wanted_work() -> None:
    theirs = Life(task("theirs", frames="1-4"), is_remembered=False)
    known = Life(task(frames="1-4"), None, Outcome.FAILED)
    change = Farm((task(frames="1-4"),), (known, theirs)).change("t", adopt={T: "id-theirs-1"})
    assert change.request is not None
    marker = change.request.marker
    assert (marker.address, marker.attempt, marker.ordinal) == (T, 2, 2)
    assert (marker.run_key, marker.cover) == (key(task()), theirs.marker.cover)


def test_a_pool_or_job_is_adopted_where_none_is() -> None:
    stranger = there(job(), is_remembered=False)
    change = Farm((job(),), (stranger,)).change("j", adopt={at(JOB, "j"): ""})
    assert (change.action, change.remote_id) == (Action.ADOPT, "id-j-1")
    assert change.request is not None
    assert change.request.marker.run_key == ""
    theirs = there(pool("theirs"), is_remembered=False)
    change = Farm((pool(),), (theirs,)).change("p", adopt={at(POOL, "p"): "id-theirs-1"})
    assert change.request is not None
    assert change.request.marker.ordinal == 1
    assert refused(Farm((job(),), (there(job()),)), adopt={at(JOB, "j"): ""}) == "P323"


def test_only_what_is_declared_is_adopted() -> None:
    farm = Farm((task("other"),), (Life(task(), is_remembered=False),))
    assert refused(farm, adopt={T: "id-t-1"}) == "P322"


# --- parts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["targets", "rerun", "stop", "forget"])
def test_what_is_part_of_a_resource_is_not_asked_anything_by_itself(asked: str) -> None:
    made = Farm((task(),))
    part, whole = at(TASK, "shot/beauty"), task().address
    desired = replace(made.desired, parts={part: whole})
    named: dict[str, Any] = {asked: frozenset({part})}
    policy = Policy(seal, **named)
    with pytest.raises(PlanRefused, match=f"part of {whole}"):
        plan(desired, made.recorded, made.observation, policy)
