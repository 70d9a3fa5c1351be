"""Work in containers, on places and behind other work: what comes first, and what goes with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.diff.change import Action, Reason, Standing
from reconciler.kinds import Ability
from reconciler.lifecycle import OnChange, OnEnd, OnRemove, WhenRunning
from reconciler.model import Outcome, Ref, Resource, Settled, Usage
from reconciler.plan.plan import Change
from tests.toy_kinds import BARE, JOB, KINDS, LOOSE, POOL, TASK, at
from tests.unit.plan.farm import TTL, Farm, Life, intent, job, pool, task, there

OVER = (Settled.SUCCEEDED, Outcome.SUCCEEDED)
FAILED = (Settled.FAILED, Outcome.FAILED)


def act(change: Change) -> tuple[Action, Reason, Standing]:
    return change.action, change.reason, change.standing


def why(change: Change) -> str:
    assert change.problem is not None
    return change.problem.summary


# --- containers -----------------------------------------------------------------------------------

MEMBER = task(job="j")
IN_JOB = {"job": "id-j-1"}


def test_a_new_job_comes_before_its_new_members() -> None:
    plan = Farm((job(), MEMBER)).plan()
    assert [each.action for each in plan.changes] == [Action.CREATE, Action.CREATE]
    assert plan.changes[1].waits_for == {at(JOB, "j")}


def test_an_empty_job_is_made_once() -> None:
    assert Farm((job(),)).change("j").action is Action.CREATE
    assert Farm((job(),), (there(job(), settled=None),)).plan().changes == ()


def test_a_member_added_to_a_job_that_stands_is_one_creation() -> None:
    lives = (there(job()), Life(MEMBER, stands_on=IN_JOB))
    plan = Farm((job(), MEMBER, task("u", job="j")), lives).plan()
    (change,) = plan.pending
    assert (change.address.name, change.action) == ("u", Action.CREATE)
    assert change.request is not None
    assert change.request.remote_ids == {at(JOB, "j"): "id-j-1"}


@pytest.mark.parametrize(
    ("settled", "reason"),
    [(Settled.CANCELLED, Reason.ENDED), (None, Reason.REMOVED_OUTSIDE)],
)
def test_a_job_that_is_over_or_gone_is_made_again_for_a_new_member(
    settled: Settled | None, reason: Reason
) -> None:
    lives = (there(job(), settled=settled), Life(MEMBER, *OVER))
    assert Farm((job(), MEMBER), lives).plan().changes == ()
    plan = Farm((job(), MEMBER, task("u", job="j")), lives).plan()
    made = {each.address.name: each for each in plan.pending}
    assert made.keys() == {"j", "u"}
    assert act(made["j"]) == (Action.CREATE, reason, Standing.READY)
    assert made["j"].request is not None
    assert made["j"].request.marker.ordinal == 2
    assert made["u"].waits_for == {at(JOB, "j")}


def test_a_job_is_not_made_again_for_members_that_are_held_or_blocked() -> None:
    lives = (there(job(), settled=Settled.CANCELLED), Life(MEMBER, *FAILED))
    assert Farm((job(), MEMBER), lives).plan().is_empty


def test_nothing_is_made_in_a_job_that_is_not_known_for_sure() -> None:
    for farm in (
        Farm((job(), MEMBER), incomplete=(JOB.id,)),
        Farm((job(), MEMBER), intents=(intent(there(job())),)),
        Farm((job(), MEMBER), (there(job(), is_remembered=False),)),
    ):
        assert farm.change("j").standing is Standing.BLOCKED
        assert farm.change("t").standing is Standing.BLOCKED
        assert farm.plan().is_empty


def test_what_changes_in_a_job_waits_for_its_next_creation() -> None:
    farm = Farm((job(title="new"), MEMBER), (there(job(title="old")), Life(MEMBER)))
    assert farm.plan().is_empty
    assert [each.path for each in farm.change("j").fields] == ["title"]


def test_a_job_on_a_pool_that_is_gone_is_made_again_for_a_new_member() -> None:
    on_pool = job(pool="p")
    lives = (
        there(pool(), settled=None),
        there(on_pool, stands_on={"pool": "id-p-1"}),
        Life(MEMBER, *OVER, stands_on=IN_JOB),
    )
    farm = Farm((pool(), on_pool, MEMBER, task("u", job="j")), lives)
    assert act(farm.change("j")) == (Action.REPLACE, Reason.MOVED, Standing.READY)
    assert farm.change("j").waits_for == {at(POOL, "p")}
    going = farm.but(lives=(*lives[:2], Life(MEMBER, stands_on=IN_JOB)))
    assert {each.address.name for each in going.plan().pending} == {"p", "u"}
    done = farm.declaring(pool(), on_pool, MEMBER)
    assert [each.address.name for each in done.plan().pending] == ["p"]


def test_a_job_on_a_pool_that_is_not_ours_stands_while_that_is_there() -> None:
    existing = replace(
        job(pool={"existing": "shared"}),
        references=(Ref(("pool",), POOL.id, existing="shared"),),
    )
    lives = (there(existing, stands_on={"pool": "their-1"}), Life(MEMBER, *OVER))
    farm = Farm((existing, MEMBER, task("u", job="j")), lives)
    known = farm.but(existing={("toy-1", POOL.id, "shared"): "their-1"})
    assert [each.address.name for each in known.plan().pending] == ["u"]
    assert farm.but(existing={("toy-1", POOL.id, "shared"): "their-2"}).change("j").action is (
        Action.REPLACE
    )


def test_a_protected_job_is_not_made_again() -> None:
    kept = replace(job(pool="p"), lifecycle=replace(job().lifecycle, protect=True))
    lives = (there(pool(), settled=None), there(kept, stands_on={"pool": "id-p-1"}))
    farm = Farm((pool(), kept, MEMBER), lives)
    assert farm.change("j").standing is Standing.BLOCKED
    assert farm.change("t").standing is Standing.BLOCKED


# --- upstreams ------------------------------------------------------------------------------------

A, B = task("a"), task("b", dependsOn=["a"])


def upstreams(farm: Farm, **policy: Any) -> tuple[Any, Any]:
    """What `b` waits for at the vendor, and what it need not wait for."""
    request = farm.change("b", **policy).request
    assert request is not None
    return dict(request.upstreams), set(request.met)


def test_new_work_behind_new_work_waits_for_what_this_plan_makes() -> None:
    farm = Farm((A, B))
    assert upstreams(farm) == ({at(TASK, "a"): ()}, set())
    assert farm.change("b").waits_for == {at(TASK, "a")}


def test_new_work_behind_work_that_goes_on_waits_for_its_runs() -> None:
    assert upstreams(Farm((A, B), (Life(A),))) == ({at(TASK, "a"): ("id-a-1",)}, set())
    grown = task("a", frames="1-3")
    lives = (Life(grown, *OVER, ranges="1"), Life(grown, attempt=2, ranges="2"))
    farm = Farm((grown, B), lives)
    assert upstreams(farm) == ({at(TASK, "a"): ("id-a-2",)}, set())
    assert farm.change("b").waits_for == {at(TASK, "a")}


@pytest.mark.parametrize(
    "life",
    [
        Life(A, *OVER),
        Life(A, None, Outcome.SUCCEEDED),
        Life(A, None, Outcome.PRESUMED_FINISHED),
        Life(A, None, seen_ago_s=TTL),
    ],
    ids=["there", "remembered", "presumed", "presumed now"],
)
def test_an_upstream_that_succeeded_is_met(life: Life) -> None:
    farm = Farm((A, B), (life,))
    assert upstreams(farm) == ({}, {at(TASK, "a")})
    assert farm.change("b").waits_for == frozenset()


@pytest.mark.parametrize(
    ("life", "word"),
    [
        (Life(A, *FAILED), "failed"),
        (Life(A, Settled.CANCELLED), "cancelled"),
        (Life(A, None), "absent too soon"),
        (Life(A, None, Outcome.LOST), "lost"),
        (Life(A, None, Outcome.UNKNOWN), "unknown"),
    ],
)
def test_an_upstream_that_ended_otherwise_blocks_what_needs_it(life: Life, word: str) -> None:
    farm = Farm((A, B), (life,))
    change = farm.change("b")
    assert (change.action, change.standing) == (Action.CREATE, Standing.BLOCKED)
    assert f"it ended: {word}" in why(change)
    assert farm.plan().is_empty


def accepting(*states: str) -> Resource:
    ref = replace(B.references[0], when=states)
    return replace(B, references=(ref,))


@pytest.mark.parametrize(
    ("states", "life", "is_met"),
    [
        (("failure",), Life(A, *FAILED), True),
        (("failure",), Life(A, *OVER), False),
        (("success", "failure"), Life(A, *OVER), True),
        (("cancelled",), Life(A, Settled.CANCELLED), True),
        (("success", "failure", "cancelled"), Life(A, None), False),
    ],
)
def test_the_final_states_that_are_asked_for_are_what_counts(
    states: tuple[str, ...], life: Life, is_met: bool
) -> None:
    standing = Farm((A, accepting(*states)), (life,)).change("b").standing
    assert standing is (Standing.READY if is_met else Standing.BLOCKED)


def test_an_upstream_that_is_made_again_is_waited_for() -> None:
    again = task("a", lifecycle={"on_failure": OnEnd.RERUN})
    assert upstreams(Farm((again, B), (Life(A, *FAILED),))) == ({at(TASK, "a"): ()}, set())
    asked = frozenset({at(TASK, "a")})
    assert upstreams(Farm((A, B), (Life(A, *OVER),)), rerun=asked) == (
        {at(TASK, "a"): ()},
        set(),
    )


def test_chains_of_blocked_work_are_blocked_to_their_end() -> None:
    c, d = task("c", dependsOn=["b"]), task("d", dependsOn=["c", "a"])
    farm = Farm((A, B, c, d), (Life(A, *FAILED),))
    assert {each.address.name: each.standing for each in farm.plan().changes} == {
        "a": Standing.HELD,
        "b": Standing.BLOCKED,
        "c": Standing.BLOCKED,
        "d": Standing.BLOCKED,
    }


def test_what_waits_makes_what_needs_it_wait_and_a_block_weighs_more() -> None:
    waiting = task("a", work="new", lifecycle={"on_change": OnChange.WAIT})
    farm = Farm((waiting, B), (Life(A),))
    assert farm.change("b").standing is Standing.WAITING
    failed = task("f")
    for names in (["a", "f"], ["f", "a"]):
        both = task("b", dependsOn=names)
        farm = Farm((waiting, failed, both), (Life(A), Life(failed, *FAILED)))
        assert farm.change("b").standing is Standing.BLOCKED


def test_an_upstream_that_is_not_ours_is_the_vendors_to_wait_for() -> None:
    behind = task("b", dependsOn=["a", {"existing": "theirs"}])
    known = {("toy-1", TASK.id, "theirs"): "their-1"}
    farm = Farm((A, behind), (Life(A, *OVER),), existing=known)
    assert upstreams(farm) == ({}, {at(TASK, "a")})
    request = farm.change("b").request
    assert request is not None
    assert request.existing_ids == {(TASK.id, "theirs"): "their-1"}
    over = Farm((task("a", work="new"), behind), (Life(A, *OVER), Life(behind, *OVER)))
    assert [each.address.name for each in over.but(existing=known).plan().pending] == ["a"]


def test_an_upstream_whose_change_is_refused_blocks_what_needs_it() -> None:
    farm = Farm((task("a", work="new"), B), (Life(A),))
    assert farm.change("a").standing is Standing.BLOCKED
    assert farm.change("b").standing is Standing.BLOCKED


def test_where_the_vendor_does_not_wait_the_plan_does() -> None:
    patient = replace(TASK, abilities=TASK.abilities - {Ability.DEPENDENCIES})
    kinds = {**KINDS, TASK.id: patient}
    for lives in ((), (Life(A),)):
        farm = Farm((A, B), lives, kinds=kinds)
        assert (farm.change("b").action, farm.change("b").standing) == (
            Action.CREATE,
            Standing.WAITING,
        )
    assert upstreams(Farm((A, B), (Life(A, *OVER),), kinds=kinds)) == ({}, {at(TASK, "a")})


def test_an_upstream_that_runs_again_warns_of_what_ended_behind_it() -> None:
    again = task("a", work="new")
    farm = Farm((again, B), (Life(A, *OVER), Life(B, *OVER)))
    assert any("toy-1/task/b" in note for note in farm.change("a").notes)
    assert [each.address.name for each in farm.plan().pending] == ["a"]
    going = Farm((again, B), (Life(A, *OVER), Life(B)))
    assert not any("toy-1/task/b" in note for note in going.change("a").notes)


def test_work_is_not_made_alone_when_its_upstream_is_neither_made_nor_asked_for() -> None:
    """Only `b` is a target: it must not be sent as if nothing came before it."""
    change = Farm((A, B)).change("b", targets=frozenset({at(TASK, "b")}))
    assert change.standing is Standing.BLOCKED


def test_what_needs_a_place_that_is_no_target_and_not_there_is_blocked() -> None:
    farm = Farm((pool(), task("b", pool="p")))
    change = farm.change("b", targets=frozenset({at(TASK, "b")}))
    assert change.standing is Standing.BLOCKED
    assert "is not there, and not part of this plan" in why(change)


# --- what a place takes down ----------------------------------------------------------------------

STOP = {"when_running": WhenRunning.STOP}
ON_POOL = {"pool": "id-p-1"}
BUSY = Usage(instances=1, cores=4, queued_instances=1, core_seconds=90.0)


def replaced_pool(*works: Resource, lives: tuple[Life, ...], **lifecycle: Any) -> Farm:
    """The pool's profile changes under work that goes on."""
    now = pool(profile="b", **lifecycle)
    return Farm((now, *works), (there(pool(), usage=BUSY), *lives))


ON_P = task("a", pool="p")


def test_a_pool_is_not_replaced_under_unfinished_work_unless_told_so() -> None:
    farm = replaced_pool(ON_P, lives=(Life(ON_P, stands_on=ON_POOL),))
    assert act(farm.change("p"))[2] is Standing.BLOCKED
    assert farm.change("p").loss == BUSY
    assert farm.plan().is_empty


def test_a_pool_that_drains_waits_and_so_does_new_work_on_it() -> None:
    new = task("n", pool="p")
    lives = (Life(ON_P, stands_on=ON_POOL),)
    farm = replaced_pool(ON_P, new, lives=lives, when_running=WhenRunning.DRAIN)
    assert farm.change("p").standing is Standing.WAITING
    assert farm.change("n").standing is Standing.WAITING
    assert farm.plan().is_empty


def test_a_pool_that_stops_takes_its_work_down_and_runs_it_again_on_the_new_one() -> None:
    farm = replaced_pool(ON_P, lives=(Life(ON_P, stands_on=ON_POOL, usage=BUSY),), **STOP)
    place, work = farm.change("p"), farm.change("a")
    assert act(place) == (Action.REPLACE, Reason.IMMUTABLE_FIELD, Standing.READY)
    assert act(work) == (Action.REPLACE, Reason.MOVED, Standing.READY)
    assert work.remote_id == "id-a-1"
    assert work.loss == BUSY
    assert work.request is not None
    assert work.request.marker.attempt == 2
    assert place.ends_after == {at(TASK, "a")}
    assert work.waits_for == {at(POOL, "p")}
    assert any("toy-1/task/a" in note for note in place.notes)


def test_frames_that_were_done_inside_a_run_that_is_taken_down_are_not_run_again() -> None:
    range_of = task("a", pool="p", frames="1-8")
    lives = (Life(range_of, stands_on=ON_POOL, done="1-3", usage=BUSY),)
    work = replaced_pool(range_of, lives=lives, **STOP).change("a")
    assert act(work) == (Action.REPLACE, Reason.MOVED, Standing.READY)
    assert work.request is not None
    assert work.request.ranges == "4-8"


def test_work_in_a_job_on_a_pool_goes_with_the_pool_and_so_does_the_job() -> None:
    on_pool, member = job(pool="p"), task("a", job="j")
    lives = (
        there(on_pool, stands_on={"pool": "id-p-1"}),
        Life(member, stands_on={"job": "id-j-1"}),
    )
    farm = replaced_pool(on_pool, member, lives=lives, **STOP)
    assert act(farm.change("a")) == (Action.REPLACE, Reason.MOVED, Standing.READY)
    assert act(farm.change("j")) == (Action.REPLACE, Reason.MOVED, Standing.READY)
    assert farm.change("a").waits_for == {at(JOB, "j")}
    assert farm.change("j").ends_after == {at(TASK, "a")}


def test_frames_that_are_done_stay_done_when_their_pool_goes() -> None:
    work = task("a", pool="p", frames="1-4")
    life = Life(work, stands_on=ON_POOL, done="1-2")
    change = replaced_pool(work, lives=(life,), **STOP).change("a")
    assert change.request is not None
    assert change.request.ranges == "3-4"


def test_work_that_is_over_is_left_alone_when_its_pool_goes() -> None:
    farm = replaced_pool(ON_P, lives=(Life(ON_P, *OVER, stands_on=ON_POOL),), **STOP)
    assert [each.address.name for each in farm.plan().pending] == ["p"]


def test_protected_work_keeps_its_pool() -> None:
    kept = task("a", pool="p", lifecycle={"protect": True})
    farm = replaced_pool(kept, lives=(Life(kept, stands_on=ON_POOL),), **STOP)
    change = farm.change("p")
    assert change.standing is Standing.BLOCKED
    assert change.problem is not None
    assert change.problem.code == "P307"
    assert farm.plan().is_empty


def test_work_that_is_not_known_for_sure_keeps_its_pool() -> None:
    going = Life(ON_P, stands_on=ON_POOL)
    twin = Life(ON_P, stands_on=ON_POOL, is_remembered=False, suffix="-copy")
    for farm in (
        replaced_pool(ON_P, lives=(going, twin), **STOP),
        replaced_pool(ON_P, lives=(going,), **STOP).but(intents=(intent(going),)),
        replaced_pool(ON_P, lives=(going,), **STOP).but(incomplete=(TASK.id,)),
    ):
        assert farm.change("p").standing is Standing.BLOCKED
        assert farm.plan().is_empty


def test_undeclared_work_on_a_pool_is_stopped_with_it_and_its_record_stays() -> None:
    farm = replaced_pool(lives=(Life(ON_P, stands_on=ON_POOL),), **STOP)
    change = farm.change("a")
    assert act(change) == (Action.TERMINATE, Reason.MOVED, Standing.READY)
    assert not change.forgets
    assert farm.change("a", prune=True).forgets


def test_forgotten_work_on_a_pool_is_stopped_with_it() -> None:
    farm = replaced_pool(lives=(Life(ON_P, stands_on=ON_POOL),), **STOP)
    change = farm.but(forgotten=frozenset({at(TASK, "a")})).change("a")
    assert (change.action, change.remote_id) == (Action.TERMINATE, "id-a-1")


def test_work_held_at_another_share_runs_again_only_where_it_was_taken_down() -> None:
    work = task("a", pool="p", frames="1-4")
    lives = (
        Life(work, *FAILED, ranges="1-2", stands_on=ON_POOL),
        Life(work, attempt=2, ranges="3-4", stands_on=ON_POOL),
    )
    change = replaced_pool(work, lives=lives, **STOP).change("a")
    assert act(change) == (Action.REPLACE, Reason.MOVED, Standing.READY)
    assert change.request is not None
    assert (change.remote_id, change.request.ranges) == ("id-a-2", "3-4")


def test_a_pruned_pool_stops_its_work_first() -> None:
    farm = Farm(
        (task("other"),),
        (there(pool(**STOP), usage=BUSY), Life(ON_P, stands_on=ON_POOL)),
    )
    plan = farm.plan(prune=True)
    found = {each.address.name: each for each in plan.changes}
    assert (found["p"].action, found["p"].standing) == (Action.DELETE, Standing.READY)
    assert found["a"].action is Action.TERMINATE
    assert found["p"].ends_after == {at(TASK, "a")}


def test_work_that_waits_behind_what_was_taken_down_is_made_again_behind_its_new_run() -> None:
    behind = task("b", pool="p", dependsOn=["a"])
    lives = (Life(ON_P, stands_on=ON_POOL), Life(behind, stands_on=ON_POOL))
    farm = replaced_pool(ON_P, behind, lives=lives, **STOP)
    change = farm.change("b")
    assert act(change) == (Action.REPLACE, Reason.MOVED, Standing.READY)
    assert change.request is not None
    assert dict(change.request.upstreams) == {at(TASK, "a"): ()}


# --- removal --------------------------------------------------------------------------------------


def removed(life: Life, **lifecycle: Any) -> Change:
    resource = replace(life.resource, lifecycle=replace(life.resource.lifecycle, **lifecycle))
    return Farm((task("other"),), (replace(life, resource=resource),)).change("t", prune=True)


def test_what_left_the_manifests_is_an_orphan_until_pruned() -> None:
    plan = Farm((task("other"),), (Life(task()),)).plan()
    assert plan.orphans == (at(TASK, "t"),)


@pytest.mark.parametrize(
    ("on_remove", "life", "action"),
    [
        (None, Life(task()), Action.TERMINATE),
        (OnRemove.DELETE, Life(task()), Action.DELETE),
        (OnRemove.FORGET, Life(task()), Action.FORGET),
        (None, Life(task(), *OVER), Action.FORGET),
        (None, Life(task(), None), Action.FORGET),
        (OnRemove.DELETE, Life(task(), *OVER), Action.DELETE),
        (OnRemove.DELETE, Life(task(), None, Outcome.SUCCEEDED), Action.FORGET),
    ],
)
def test_pruned_work_is_ended_as_declared_and_what_is_over_is_forgotten(
    on_remove: OnRemove | None, life: Life, action: Action
) -> None:
    change = removed(life, on_remove=on_remove)
    assert (change.action, change.reason) == (action, Reason.NOT_DECLARED)
    assert change.forgets


def test_all_runs_of_pruned_work_are_ended() -> None:
    work = task(frames="1-4")
    lives = tuple(Life(work, attempt=n, ranges=str(n)) for n in (1, 2))
    change = Farm((task("other"),), lives).change("t", prune=True)
    assert (change.remote_id, change.also) == ("id-t-1", ("id-t-2",))


def test_protected_or_unsettled_work_is_not_pruned() -> None:
    assert removed(Life(task()), protect=True).standing is Standing.BLOCKED
    farm = Farm((task("other"),), (Life(task()),))
    for unsure in (
        farm.but(incomplete=(TASK.id,)),
        farm.but(intents=(intent(farm.lives[0]),)),
        farm.but(is_configured=False),
    ):
        assert unsure.change("t", prune=True).standing is Standing.BLOCKED


def test_pruned_work_that_refuses_to_be_stopped_running_is_blocked() -> None:
    busy = Life(task(), usage=BUSY)
    assert removed(busy).standing is Standing.READY
    assert removed(busy).loss == BUSY
    assert removed(busy, when_running=WhenRunning.REFUSE).standing is Standing.BLOCKED


def test_destroy_deletes_all_there_is_members_first() -> None:
    on_pool, member = job(pool="p"), task("a", job="j")
    lives = (
        there(pool()),
        there(on_pool, stands_on={"pool": "id-p-1"}),
        Life(member, *OVER, stands_on={"job": "id-j-1"}),
    )
    plan = Farm((pool(), on_pool, member), lives).plan(is_destroy=True)
    found = {each.address.name: each for each in plan.changes}
    assert {each.action for each in plan.changes} == {Action.DELETE}
    assert found["j"].ends_after == {at(TASK, "a")}
    assert found["p"].ends_after == {at(JOB, "j")}


def test_what_goes_on_counts_for_the_threshold_and_what_is_over_does_not() -> None:
    names = [f"t{number}" for number in range(6)]
    going = tuple(Life(task(name)) for name in names)
    assert all(
        each.problem is not None and each.problem.code == "P304"
        for each in Farm((task("new"),), going).plan(prune=True).changes
        if each.address.name != "new"
    )
    over = tuple(Life(task(name), *OVER) for name in names[1:])
    farm = Farm((task("new"),), (going[0], *over))
    assert farm.change("t0", prune=True).standing is Standing.READY
    assert farm.plan(prune=True).count(Action.FORGET) == 5
    assert Farm((task("new"),), going).plan(prune=True, max_deletes=6).count(
        Action.TERMINATE
    ) == 6  # fmt: skip


def test_kinds_without_marker_or_unique_id_plan_alike() -> None:
    for kind in (LOOSE, BARE):
        work = task(kind=kind)
        assert Farm((work,)).change("t").action is Action.CREATE
        assert Farm((work,), (Life(work),)).plan().changes == ()
