"""The machine hands out every step once, after what it needs, whatever the results are."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.address import Address
from reconciler.apply.machine import Machine
from reconciler.apply.steps import Step, parts_of, steps_of
from reconciler.diff.change import Action, Reason
from reconciler.errors import PlanRefused
from reconciler.graph import descendants
from reconciler.lifecycle import OnRemove
from reconciler.model import Verb
from reconciler.plan.plan import Change
from reconciler.report import Passed
from tests.strategies import LAW
from tests.unit.plan.world import World, at, live, pool, record

CHANGE = Change(Address("q", "pool", "a"), "qarnot/Pool", Action.CREATE, Reason.NOT_FOUND)


def step(number: int, *needs: int) -> Step:
    return Step(number, Verb.CREATE, CHANGE, needs=frozenset(needs))


@st.composite
def dags(draw: st.DrawFn) -> list[Step]:
    """Steps whose needs are steps of smaller number, in any order of the list."""
    size = draw(st.integers(0, 12))
    needs = [draw(st.sets(st.integers(0, max(n - 1, 0)), max_size=3)) for n in range(size)]
    steps = [step(n, *(each for each in needs[n] if each < n)) for n in range(size)]
    return draw(st.permutations(steps))


class Followed:
    """One run of a machine: what was handed out, what was skipped, in which order."""

    def __init__(self, steps: list[Step], passed: dict[int, Passed], seed: int = 0) -> None:
        machine, self.results = Machine(steps), dict[int, Passed]()
        ready, choice = list(machine.start()), random.Random(seed)
        while ready:
            one = ready.pop(choice.randrange(len(ready)))
            assert one.number not in self.results
            assert all(self.results.get(need) is Passed.DONE for need in one.needs)
            self.results[one.number] = passed.get(one.number, Passed.DONE)
            following = machine.on_result(one, self.results[one.number])
            for skipped in following.skipped:
                assert skipped.number not in self.results
                self.results[skipped.number] = Passed.SKIPPED
            ready.extend(following.ready)
        self.is_done = machine.is_done


results = st.dictionaries(st.integers(0, 11), st.sampled_from(Passed), max_size=6)


@LAW
@given(dags(), results, st.integers(0, 9))
def test_every_step_ends_once_and_only_after_what_it_needs(
    steps: list[Step], passed: dict[int, Passed], seed: int
) -> None:
    run = Followed(steps, passed, seed)
    assert run.is_done
    assert run.results.keys() == {each.number for each in steps}


@LAW
@given(dags(), results, st.integers(0, 9))
def test_a_step_that_did_not_pass_takes_exactly_its_descendants_with_it(
    steps: list[Step], passed: dict[int, Passed], seed: int
) -> None:
    run = Followed(steps, passed, seed)
    graph = {each.number: each.needs for each in steps}
    not_passed = {n for n, each in passed.items() if n in graph and each is not Passed.DONE}
    failed = {n for n in not_passed if n not in descendants(graph, not_passed - {n})}
    skipped = descendants(graph, failed)
    for number, result in run.results.items():
        if number in skipped:
            assert result is Passed.SKIPPED
        else:
            assert result is passed.get(number, Passed.DONE)


@LAW
@given(dags())
def test_the_order_of_results_changes_no_result(steps: list[Step]) -> None:
    passed = {3: Passed.FAILED, 5: Passed.UNKNOWN}
    assert Followed(steps, passed, 1).results == Followed(steps, passed, 2).results


def test_a_result_sets_free_only_its_own_users_however_many_steps_there_are() -> None:
    """Constant work: a chain of many steps frees one at a time, and looks at no other."""
    looked = 0

    class Counted(frozenset[int]):
        def __and__(self, other: object) -> frozenset[int]:
            nonlocal looked
            looked += 1
            return frozenset(self)

    steps = [Step(n, Verb.CREATE, CHANGE, needs=Counted({n - 1} if n else ())) for n in range(2000)]
    machine = Machine(steps)
    looked, (ready,) = 0, machine.start()
    for number in range(1999):
        (ready,) = machine.on_result(ready, Passed.DONE).ready
        assert ready.number == number + 1
    assert looked == 0


def test_a_second_result_for_a_step_is_an_error() -> None:
    machine = Machine([step(0), step(1, 0)])
    machine.on_result(step(0), Passed.FAILED)
    with pytest.raises(ValueError, match="already"):
        machine.on_result(step(0), Passed.DONE)
    with pytest.raises(ValueError, match="already"):
        machine.on_result(step(1, 0), Passed.DONE)


def test_a_circle_of_steps_is_refused_before_anything_is_handed_out() -> None:
    with pytest.raises(PlanRefused):
        Machine([step(0, 1), step(1, 0)])


def test_a_need_that_is_no_step_is_met() -> None:
    assert Machine([step(3, 7)]).start() == (step(3, 7),)


# --- from changes to steps ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "reason", "on_remove", "verbs"),
    [
        (Action.CREATE, Reason.NOT_FOUND, None, (Verb.CREATE,)),
        (Action.UPDATE, Reason.DRIFTED, None, (Verb.UPDATE,)),
        (
            Action.REPLACE,
            Reason.IMMUTABLE_FIELD,
            OnRemove.DELETE,
            (Verb.STOP, Verb.DELETE, Verb.CREATE),
        ),
        (
            Action.REPLACE,
            Reason.IMMUTABLE_FIELD,
            OnRemove.TERMINATE,
            (Verb.STOP, Verb.CREATE),
        ),
        (Action.REPLACE, Reason.ENDED, OnRemove.DELETE, (Verb.DELETE, Verb.CREATE)),
        (Action.REPLACE, Reason.ENDED, OnRemove.TERMINATE, (Verb.CREATE,)),
        (Action.TERMINATE, Reason.NOT_DECLARED, None, (Verb.STOP,)),
        (Action.DELETE, Reason.NOT_DECLARED, None, (Verb.DELETE,)),
        (Action.ADOPT, Reason.REQUESTED, None, (Verb.ADOPT,)),
        (Action.FORGET, Reason.NOT_DECLARED, None, (Verb.FORGET,)),
        (Action.NO_OP, Reason.UP_TO_DATE, None, ()),
    ],
)
def test_each_action_takes_its_verbs_in_order(
    action: Action, reason: Reason, on_remove: OnRemove | None, verbs: tuple[Verb, ...]
) -> None:
    change = Change(at("a"), "qarnot/Pool", action, reason, on_remove=on_remove)
    assert tuple(verb for verb, _ in parts_of(change)) == verbs


def test_only_the_last_step_of_a_change_completes_it_and_each_waits_for_the_one_before() -> None:
    was, now = pool("a"), pool("a", {"profile": "other"})
    steps = steps_of(World((now,), (record(was),), (live(was),)).plan())
    assert [(each.verb, each.is_last) for each in steps] == [
        (Verb.STOP, False),
        (Verb.DELETE, False),
        (Verb.CREATE, True),
    ]
    assert [each.needs for each in steps] == [frozenset(), {0}, {1}]
    assert {each.provider for each in steps} == {"qarnot-prod"}


def test_what_waits_for_an_address_waits_for_the_last_step_there() -> None:
    from dataclasses import replace

    from reconciler.model import Ref

    was, now = pool("a"), pool("a", {"profile": "other"})
    uses = replace(pool("b"), references=(Ref(("pool",), "qarnot/Pool", target=at("a")),))
    steps = steps_of(World((now, uses), (record(was),), (live(was),)).plan())
    (last,) = (each for each in steps if each.change.address == at("b"))
    assert last.needs == {2}


def test_what_is_blocked_is_no_step() -> None:
    assert steps_of(World((pool("a"),), (), (live(pool("a")),)).plan()) == ()
