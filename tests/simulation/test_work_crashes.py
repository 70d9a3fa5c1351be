"""A process dies anywhere in an apply of a whole job: every task is made once, none is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from reconciler.kinds import KindSpec, Nature
from reconciler.lifecycle import OnChange, WhenRunning
from reconciler.model import Resource, Settled
from tests.fakes import Fault
from tests.simulation.mortal import Crash, Doom
from tests.simulation.studio import Studio, check_converges
from tests.toy_kinds import JOB, LOOSE, POOL, PROVIDER, TASK, toy

VENDORS = pytest.mark.parametrize("kind", [TASK, LOOSE], ids=["unique id", "no unique id"])
POLICY: dict[str, Any] = {"max_deletes": 99}


def shot(kind: KindSpec, count: int, profile: str = "a") -> Iterator[Resource]:
    """A pool, a job on it, tasks in the job: each third begins, the next two wait for it."""
    yield toy(POOL, "p", {"when_running": WhenRunning.STOP}, profile=profile)
    yield toy(JOB, "j", pool="p")
    for number in range(count):
        above = [f"t{number - number % 3}"] if number % 3 else None
        yield toy(kind, f"t{number}", work=f"w{number}", job="j", ttl=9999, dependsOn=above)


def studio(kind: KindSpec, count: int = 12, batch_size: int = 1) -> Studio:
    made = Studio(POOL, JOB, kind, provider=PROVIDER)
    made.vendor.batch_size, made.vendor.concurrency = batch_size, 3
    made.declare(*shot(kind, count))
    return made


def moments(make: Callable[[], Studio]) -> int:
    doom = Doom()
    make().apply(doom, **POLICY)
    return doom.moments


def die_at(made: Studio, moment: int) -> bool:
    try:
        made.apply(Doom(moment), **POLICY)
    except Crash:
        return True
    return False


def made_of_each(made: Studio) -> set[int]:
    """How often each piece of work was ever made."""
    works = (each.spec["work"] for each in made.vendor.ever if each.kind.nature is Nature.FINITE)
    return set(Counter(works).values())


def check_own_runs(made: Studio) -> None:
    """Each run that is remembered is of the object that carries its marker."""
    for run in made.recorded.runs:
        marker = made.vendor.objects[run.remote_id].marker
        assert marker is not None
        assert (marker.address, marker.run_key, marker.attempt, marker.cover) == (
            run.address,
            run.run_key,
            run.attempt,
            run.cover,
        )


def check_made_once(made: Studio, count: int = 12) -> None:
    check_converges(made, **POLICY)
    assert made_of_each(made) == {1}
    assert len(made.live()) == count + 2
    assert {each.remote_id for each in made.recorded.runs} == {
        each.remote_id for each in made.live() if each.kind.nature is Nature.FINITE
    }
    check_own_runs(made)
    for each in made.live():
        assert all(above.held in made.vendor.ever for above in each.upstreams)
        number = int(each.name[1:]) if each.kind.nature is Nature.FINITE else 0
        assert len(each.upstreams) == bool(number % 3)


@VENDORS
@pytest.mark.parametrize(("batch_size", "every"), [(1, 5), (5, 2)], ids=["single", "bulk"])
def test_a_process_may_die_at_any_effect_of_a_job_of_twelve_tasks(
    kind: KindSpec, batch_size: int, every: int
) -> None:
    count = moments(lambda: studio(kind, batch_size=batch_size))
    assert count >= (50 if batch_size == 1 else 20)
    for moment in range(0, count, every):
        made = studio(kind, batch_size=batch_size)
        assert die_at(made, moment)
        check_made_once(made)


def pair(kind: KindSpec) -> Studio:
    """Two tasks in a job, made together."""
    made = Studio(JOB, kind, provider=PROVIDER)
    made.vendor.batch_size = 2
    tasks = (toy(kind, name, work=name, job="j", ttl=9999) for name in ("a", "b"))
    made.declare(toy(JOB, "j"), *tasks)
    return made


@VENDORS
def test_a_process_may_die_again_while_it_mends_what_one_left(kind: KindSpec) -> None:
    """At every pair of moments."""
    for first in range(moments(lambda: pair(kind))):
        second = 0
        while True:
            made = pair(kind)
            die_at(made, first)
            if not die_at(made, second):
                break
            check_converges(made, **POLICY)
            assert made_of_each(made) == {1}
            assert len(made.live()) == 3
            second += 1


@VENDORS
@pytest.mark.parametrize("done", [0, 2, 5])
def test_the_answer_of_a_whole_batch_may_be_lost_when_part_of_it_was_made(
    kind: KindSpec, done: int
) -> None:
    for batch in range(2, 5):
        made = studio(kind, batch_size=5)
        for _ in range(batch):
            made.vendor.inject_whole(None)
        made.vendor.inject_whole(Fault.LOST_AFTER, done)
        made.apply(**POLICY)
        check_made_once(made)


@VENDORS
@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.REFUSED])
def test_the_answer_of_any_item_of_a_batch_may_be_lost(kind: KindSpec, fault: Fault) -> None:
    for position in range(2, 14, 3):
        made = studio(kind, batch_size=5)
        made.vendor.inject("create", *[None] * position, fault)
        made.apply(**POLICY)
        check_made_once(made)


def moving(batch_size: int = 5) -> Studio:
    """The pool is replaced under the job: the first three tasks are over, the others go on."""
    made = studio(TASK, 6, batch_size)
    made.apply(**POLICY)
    for name in ("t0", "t1", "t2"):
        (held,) = (each for each in made.live() if each.name == name)
        made.vendor.settle(held.remote_id, Settled.SUCCEEDED)
    made.declare(*shot(TASK, 6, profile="b"))
    return made


def test_a_process_may_die_at_any_effect_while_a_pool_is_replaced_under_its_job() -> None:
    for moment in range(0, moments(moving), 3):
        made = moving()
        assert die_at(made, moment)
        check_converges(made, **POLICY)
        works = Counter(e.name for e in made.vendor.ever if e.kind.nature is Nature.FINITE)
        assert works == {**dict.fromkeys(("t0", "t1", "t2"), 1),
                         **dict.fromkeys(("t3", "t4", "t5"), 2)}  # fmt: skip
        assert {each.name for each in made.live()} == {"p", "j", "t3", "t4", "t5"}


def changing() -> Studio:
    made = Studio(TASK, provider=PROVIDER)
    made.declare(toy(TASK, "t", work="A", frames="1-4", ttl=9999))
    made.apply()
    made.declare(toy(TASK, "t", {"on_change": OnChange.REPLACE}, work="B", frames="1-4", ttl=9999))
    return made


def test_a_process_may_die_twice_while_one_run_makes_room_for_another() -> None:
    """At every pair of moments."""
    for first in range(moments(changing)):
        second = 0
        while True:
            made = changing()
            die_at(made, first)
            if not die_at(made, second):
                break
            check_converges(made, **POLICY)
            assert [each.spec["work"] for each in made.vendor.ever] == ["A", "B"]
            second += 1
