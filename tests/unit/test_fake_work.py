"""Work that runs once, as the vendor in memory plays it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import anyio
import pytest
from hypothesis import given

from reconciler.address import Address
from reconciler.errors import Conflict, Effect, NotFound, ProviderError, Rejected, Unavailable
from reconciler.kinds import KindSpec, Nature
from reconciler.model import Marker, Observed, Request, Resource, Settled, Usage
from reconciler.ports import Output
from tests.fakes import START, Fault, Habits, ManualClock, MemoryProvider
from tests.strategies import LAW, finite_specs, markers
from tests.toy_kinds import BARE, JOB, KINDS, LOOSE, POOL, TASK, at, toy

T = TypeVar("T")
ENDS = [Settled.SUCCEEDED, Settled.FAILED, Settled.CANCELLED]


class Farm:
    """A vendor of toys, and the remote ids of what was made there, by address."""

    def __init__(self, **habits: Any) -> None:
        self.clock = ManualClock()
        self.vendor = MemoryProvider("toy-1", KINDS, self.clock, Habits(**habits))
        self.made: dict[Address, str] = {}

    def request(self, resource: Resource, met: Sequence[str] = (), attempt: int = 1) -> Request:
        kind = KINDS[resource.kind]
        return Request(
            resource=resource,
            spec=resource.spec,
            marker=Marker("ws", "prod", resource.address, attempt, "key", attempt),
            remote_ids=self.made,
            upstreams={address: (made,) for address, made in self.made.items()},
            ranges=kind.ranges(resource.spec) if kind.ranges else "",
            met=frozenset(at(kind, name) for name in met),
        )

    def create(self, *requests: Request) -> list[str | ProviderError]:
        answers = list(do(lambda: self.vendor.create(requests)))
        for each, answer in zip(requests, answers, strict=True):
            if isinstance(answer, str):
                self.made[each.resource.address] = answer
        return answers

    def make(self, kind: KindSpec, name: str, **spec: Any) -> str:
        """Create what has to succeed: its remote id."""
        (made,) = self.create(self.request(toy(kind, name, **spec)))
        assert isinstance(made, str)
        return made

    def refused(self, kind: KindSpec, name: str, **spec: Any) -> ProviderError:
        (error,) = self.create(self.request(toy(kind, name, **spec)))
        assert isinstance(error, ProviderError)
        return error

    def see(self, kind: KindSpec, remote_id: str) -> Observed:
        found = self.read(kind, remote_id)
        assert found is not None
        return found

    def read(self, kind: KindSpec, remote_id: str) -> Observed | None:
        return do(lambda: self.vendor.read(kind.id, [remote_id]))[remote_id]

    def states(self, *remote_ids: str) -> list[Settled]:
        do(self.vendor.facts)  # time passes at the vendor with each call
        return [self.vendor.objects[each].settled for each in remote_ids]

    def stop(self, kind: KindSpec, remote_id: str) -> None:
        do(lambda: self.vendor.stop(kind.id, remote_id))

    def delete(self, kind: KindSpec, remote_id: str) -> None:
        do(lambda: self.vendor.delete(kind.id, remote_id))


def do(ask: Callable[[], Awaitable[T]]) -> T:
    return anyio.run(ask)


# --- what is made ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_work_begins_and_all_else_stands(kind: KindSpec) -> None:
    farm = Farm()
    is_work = kind.nature is Nature.FINITE
    expected = Settled.IN_PROGRESS if is_work else Settled.CURRENT
    assert farm.see(kind, farm.make(kind, "a")).settled is expected


def test_what_it_stands_on_is_shown_by_remote_ids_and_its_references_are_unseen() -> None:
    farm = Farm()
    pool = farm.make(POOL, "p")
    job, first = farm.make(JOB, "j", pool="p"), farm.make(TASK, "a", work="w")
    task = farm.make(TASK, "b", work="w", job="j", pool="p", dependsOn=["a"], frames="1-9")
    seen = farm.see(TASK, task)
    assert (seen.spec, seen.ranges) == ({"work": "w", "frames": "1-9"}, "1-9")
    assert seen.stands_on == {"job": job, "pool": pool}
    assert seen.unseen == {"pool", "job", "dependsOn", "rack"}
    assert farm.vendor.objects[task].spec["dependsOn"] == [first]


@pytest.mark.parametrize(("kind", "count"), [(TASK, 1), (LOOSE, 2), (BARE, 2)])
def test_only_a_unique_id_keeps_work_from_being_made_twice(kind: KindSpec, count: int) -> None:
    farm = Farm()
    for _ in range(2):
        farm.make(kind, "a")
    assert len(farm.vendor.ever) == count
    farm.create(farm.request(toy(kind, "a"), attempt=2))
    assert len(farm.vendor.ever) == count + 1


def test_a_removed_object_s_unique_id_is_free_again() -> None:
    farm = Farm()
    farm.delete(TASK, farm.make(TASK, "a"))
    farm.make(TASK, "a")
    assert len(farm.vendor.ever) == 2


@pytest.mark.parametrize(("kind", "found"), [(TASK, 1), (LOOSE, 2)])
def test_a_copy_carries_the_marker_and_no_unique_id(kind: KindSpec, found: int) -> None:
    farm = Farm()
    remote_id = farm.make(kind, "a", work="w", frames="1-3")
    copied = farm.vendor.clone(remote_id)
    marker = farm.request(toy(kind, "a")).marker
    listed = do(lambda: farm.vendor.observe([kind.id], [])).objects
    assert [(each.remote_id, each.marker, each.ranges) for each in listed] == [
        (remote_id, marker, "1-3"),
        (copied, marker, "1-3"),
    ]
    assert len(do(lambda: farm.vendor.find(kind.id, [marker]))[marker]) == found


def test_a_copy_is_nobody_s_twin() -> None:
    farm = Farm()
    remote_id = farm.make(TASK, "a")
    copied = farm.vendor.clone(remote_id)
    farm.delete(TASK, remote_id)
    assert farm.make(TASK, "a") not in (remote_id, copied)


@LAW
@given(finite_specs, markers)
def test_what_was_sent_is_what_is_shown(spec: dict[str, Any], marker: Marker) -> None:
    farm = Farm()
    wanted = replace(farm.request(toy(TASK, "a", **spec)), marker=marker)
    (remote_id,) = farm.create(wanted)
    assert isinstance(remote_id, str)
    seen = farm.see(TASK, remote_id)
    assert (seen.spec, seen.ranges, seen.marker) == (spec, wanted.ranges, marker)
    found = do(lambda: farm.vendor.find(TASK.id, [marker]))[marker]
    assert [each.remote_id for each in found] == [remote_id]


def test_work_without_a_slot_for_a_marker_shows_none() -> None:
    farm = Farm()
    assert farm.see(BARE, farm.make(BARE, "a")).marker is None


# --- how it ends ----------------------------------------------------------------------------------


def test_work_tells_how_far_it_is_and_where_its_results_are() -> None:
    farm = Farm(works_for_s=100)
    task = farm.make(TASK, "a", frames="1-4")
    farm.clock.advance(25)
    seen = farm.see(TASK, task)
    assert (seen.progress, seen.done, seen.outputs) == (0.25, "", {})
    farm.clock.advance(100)
    seen = farm.see(TASK, task)
    assert (seen.progress, seen.done) == (1.0, "1-4")
    assert seen.ended_at == START + timedelta(seconds=100)
    assert seen.outputs == {"results": f"results-of-{task}"}


@pytest.mark.parametrize("end", ENDS)
def test_the_vendor_ends_work_in_any_way_and_what_ended_stays(end: Settled) -> None:
    farm = Farm()
    task = farm.make(TASK, "a", frames="1-4")
    farm.vendor.settle(task, end, done="1-2")
    farm.vendor.settle(task, Settled.SUCCEEDED)
    seen = farm.see(TASK, task)
    assert (seen.settled, seen.done) == (end, "1-2")
    assert bool(seen.failure) is (end is Settled.FAILED)


def test_suspended_work_does_not_go_on() -> None:
    farm = Farm(works_for_s=10)
    task = farm.make(TASK, "a")
    farm.vendor.settle(task, Settled.SUSPENDED)
    farm.clock.advance(100)
    assert farm.states(task) == [Settled.SUSPENDED]


def test_stopped_work_is_cancelled_at_once_or_after_its_time() -> None:
    for takes_s, on_the_way in ((None, Settled.CANCELLED), (30, Settled.TERMINATING)):
        farm = Farm(stopping_takes_s=takes_s, works_for_s=20)
        task = farm.make(TASK, "a")
        farm.stop(TASK, task)
        assert farm.states(task) == [on_the_way]
        farm.clock.advance(29)
        assert farm.states(task) == [on_the_way]
        farm.clock.advance(1)
        assert farm.states(task) == [Settled.CANCELLED]


def test_stopping_again_makes_no_end_later() -> None:
    farm = Farm(stopping_takes_s=30)
    task = farm.make(TASK, "a")
    farm.stop(TASK, task)
    farm.clock.advance(20)
    farm.stop(TASK, task)
    farm.clock.advance(10)
    assert farm.states(task) == [Settled.CANCELLED]


def test_work_on_its_way_to_its_end_may_still_succeed() -> None:
    farm = Farm(stopping_takes_s=30)
    task = farm.make(TASK, "a")
    farm.stop(TASK, task)
    farm.vendor.settle(task, Settled.SUCCEEDED)
    farm.clock.advance(60)
    assert farm.states(task) == [Settled.SUCCEEDED]


def test_work_that_the_vendor_ends_by_itself_may_be_on_its_way_first() -> None:
    farm = Farm()
    task = farm.make(TASK, "a")
    farm.vendor.settle(task, Settled.TERMINATING)
    assert farm.see(TASK, task).ended_at is None
    farm.vendor.settle(task, Settled.FAILED)
    assert farm.states(task) == [Settled.FAILED]


def test_work_is_removed_after_its_own_time_or_the_vendor_s() -> None:
    farm = Farm(works_for_s=10, retention_s=100)
    short, long, plain = (
        farm.make(TASK, name, **spec)
        for name, spec in (("a", {"ttl": 5}), ("b", {"ttl": 500}), ("c", {}))
    )
    for advanced_s, left in ((14, {short, long, plain}), (1, {long, plain}), (95, set())):
        farm.clock.advance(advanced_s)
        do(farm.vendor.facts)
        assert farm.vendor.objects.keys() == left


def test_without_any_time_of_its_own_what_is_over_stays() -> None:
    farm = Farm(works_for_s=10)
    task = farm.make(TASK, "a")
    farm.clock.advance(10**8)
    assert farm.states(task) == [Settled.SUCCEEDED]


# --- upstreams ------------------------------------------------------------------------------------


def test_work_waits_for_its_upstreams_and_works_from_then() -> None:
    farm = Farm(works_for_s=10)
    first, second = farm.make(TASK, "a"), farm.make(TASK, "b", dependsOn=["a"])
    farm.clock.advance(19)
    assert farm.states(first, second) == [Settled.SUCCEEDED, Settled.IN_PROGRESS]
    farm.clock.advance(1)
    assert farm.states(second) == [Settled.SUCCEEDED]


def test_a_chain_ends_alike_whether_time_passes_in_one_step_or_in_many() -> None:
    def ends(steps: list[int]) -> list[Any]:
        farm = Farm(works_for_s=10, retention_s=1000)
        for name, needs in (("a", []), ("b", ["a"]), ("c", ["a", "b"])):
            farm.make(TASK, name, dependsOn=needs)
        for step in steps:
            farm.clock.advance(step)
            do(farm.vendor.facts)
        return [(each.settled, each.ended_at) for each in farm.vendor.ever]

    assert ends([90]) == ends([7] * 12 + [6])


@pytest.mark.parametrize("end", ENDS)
def test_work_whose_upstream_did_not_succeed_is_cancelled(end: Settled) -> None:
    farm = Farm()
    first, second = farm.make(TASK, "a"), farm.make(TASK, "b", dependsOn=["a"])
    farm.vendor.settle(first, end)
    is_met = end is Settled.SUCCEEDED
    assert farm.states(second) == [Settled.IN_PROGRESS if is_met else Settled.CANCELLED]


def test_work_is_cancelled_when_its_upstream_ended_not_when_somebody_looks() -> None:
    farm = Farm()
    first, second = farm.make(TASK, "a"), farm.make(TASK, "b", dependsOn=["a"])
    farm.vendor.settle(first, Settled.FAILED)
    farm.clock.advance(60)
    assert farm.see(TASK, second).ended_at == START


def test_an_upstream_may_end_in_the_states_that_were_asked_for() -> None:
    farm = Farm(works_for_s=10)
    first = farm.make(TASK, "a")
    waiting = toy(TASK, "b", dependsOn=["a"])
    (ref,) = waiting.references
    farm.create(farm.request(replace(waiting, references=(replace(ref, when=("failure",)),))))
    farm.vendor.settle(first, Settled.FAILED)
    farm.clock.advance(10)
    assert farm.states(farm.made[at(TASK, "b")]) == [Settled.SUCCEEDED]


def test_an_upstream_that_is_removed_unfinished_counts_as_cancelled() -> None:
    farm = Farm()
    first, second = farm.make(TASK, "a"), farm.make(TASK, "b", dependsOn=["a"])
    farm.vendor.remove(first)
    assert farm.states(second) == [Settled.CANCELLED]


def test_upstreams_that_are_met_are_neither_sent_nor_waited_for() -> None:
    farm = Farm(works_for_s=10)
    farm.make(TASK, "a")
    farm.create(farm.request(toy(TASK, "b", dependsOn=["gone", "a"]), met=["gone", "a"]))
    assert farm.vendor.objects[farm.made[at(TASK, "b")]].spec["dependsOn"] == []
    farm.clock.advance(10)
    assert farm.states(farm.made[at(TASK, "b")]) == [Settled.SUCCEEDED]


def test_an_upstream_that_is_neither_met_nor_made_is_a_defect_of_the_caller() -> None:
    farm = Farm()
    with pytest.raises(AssertionError, match="neither met nor made"):
        farm.make(TASK, "b", dependsOn=["a"])


def test_nothing_can_wait_for_what_was_removed() -> None:
    farm = Farm()
    farm.delete(TASK, farm.make(TASK, "a"))
    assert isinstance(farm.refused(TASK, "b", dependsOn=["a"]), Rejected)


# --- containers and places ------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["stop", "delete", "settle"])
@pytest.mark.parametrize("takes_s", [None, 30])
def test_a_container_takes_its_unfinished_members_down(verb: str, takes_s: float | None) -> None:
    farm = Farm(stopping_takes_s=takes_s, closing_cancels=False)
    job = farm.make(JOB, "j")
    done, member, alone = (
        farm.make(TASK, n, job="j") if n != "c" else farm.make(TASK, n) for n in "abc"
    )
    farm.vendor.settle(done, Settled.SUCCEEDED)
    if verb == "settle":
        farm.vendor.settle(job, Settled.CANCELLED)
    else:
        {"stop": farm.stop, "delete": farm.delete}[verb](JOB, job)
    struck = Settled.CANCELLED if takes_s is None else Settled.TERMINATING
    assert farm.states(done, member, alone) == [Settled.SUCCEEDED, struck, Settled.IN_PROGRESS]


@pytest.mark.parametrize("is_deleted", [False, True])
@pytest.mark.parametrize("cancels", [False, True])
def test_a_place_that_closes_takes_down_the_work_on_it_where_the_vendor_does_so(
    is_deleted: bool, cancels: bool
) -> None:
    farm = Farm(closing_cancels=cancels)
    pool = farm.make(POOL, "p")
    farm.make(JOB, "j", pool="p")
    on_it, in_job, elsewhere = (
        farm.make(TASK, "a", pool="p"),
        farm.make(TASK, "b", job="j"),
        farm.make(TASK, "c"),
    )
    (farm.delete if is_deleted else farm.stop)(POOL, pool)
    struck = Settled.CANCELLED if cancels else Settled.IN_PROGRESS
    assert farm.states(on_it, in_job, elsewhere) == [struck, struck, Settled.IN_PROGRESS]


def test_a_place_shows_the_unfinished_work_on_it() -> None:
    farm = Farm()
    pool = farm.make(POOL, "p")
    farm.make(JOB, "j", pool="p")
    done, _ = farm.make(TASK, "a", pool="p"), farm.make(TASK, "b", job="j")
    assert farm.see(POOL, pool).usage == Usage(instances=2, queued_instances=2)
    farm.vendor.settle(done, Settled.SUCCEEDED)
    assert farm.see(POOL, pool).usage.queued_instances == 1


@pytest.mark.parametrize(("ground", "field"), [(POOL, "pool"), (JOB, "job")])
def test_nothing_is_made_on_or_in_what_is_over_or_gone(ground: KindSpec, field: str) -> None:
    farm = Farm()
    held = farm.make(ground, "g")
    farm.stop(ground, held)
    assert isinstance(farm.refused(TASK, "a", **{field: "g"}), Conflict)
    farm.delete(ground, held)
    assert isinstance(farm.refused(TASK, "a", **{field: "g"}), Rejected)
    assert [call.is_done for call in farm.vendor.calls if call.kind == TASK.id] == [False, False]


# --- calls and clocks -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "told", "made", "effect"),
    [
        (Fault.NOT_SENT, None, 0, Effect.NONE),
        (Fault.LOST_BEFORE, None, 0, Effect.UNKNOWN),
        (Fault.LOST_AFTER, None, 3, Effect.UNKNOWN),
        (Fault.LOST_AFTER, 2, 2, Effect.UNKNOWN),
        (Fault.LOST_AFTER, 0, 0, Effect.UNKNOWN),
    ],
)
def test_a_whole_call_is_lost_with_as_much_done_as_was_told(
    fault: Fault, told: int | None, made: int, effect: Effect
) -> None:
    farm = Farm()
    farm.vendor.inject_whole(None)
    farm.vendor.inject_whole(fault, told)
    farm.make(TASK, "before")
    wanted = [farm.request(toy(TASK, name)) for name in "abc"]
    with pytest.raises(Unavailable) as caught:
        farm.create(*wanted)
    assert caught.value.effect is effect
    assert [call.is_done for call in farm.vendor.calls[1:]] == [True] * made + [False] * (3 - made)
    assert [each.name for each in farm.vendor.ever[1:]] == list("abc"[:made])


def test_in_bulk_each_request_has_its_own_answer() -> None:
    farm = Farm()
    farm.vendor.inject("create", None, Fault.NO_QUOTA)
    first, second, third = farm.create(*(farm.request(toy(TASK, name)) for name in "abc"))
    assert (isinstance(first, str), isinstance(third, str)) == (True, True)
    assert isinstance(second, ProviderError)


def test_the_vendor_s_clock_may_be_before_ours_or_tell_nothing() -> None:
    farm = Farm(clock_ahead_s=3600, works_for_s=10, list_lag_s=5)
    task = farm.make(TASK, "a", ttl=20)
    assert farm.vendor.vendor_now() == START + timedelta(hours=1)
    assert farm.see(TASK, task).created_at == START + timedelta(hours=1)
    farm.clock.advance(10)
    assert farm.see(TASK, task).ended_at == START + timedelta(hours=1, seconds=10)
    assert farm.vendor.calls[0].at == START
    assert Farm(clock_ahead_s=None).vendor.vendor_now() is None


def test_every_request_by_id_is_counted_with_its_ids() -> None:
    farm = Farm()
    do(lambda: farm.vendor.read(TASK.id, ["x", "y"]))
    assert farm.vendor.reads == [("x", "y")]


def test_the_output_of_what_is_not_there_is_not_found() -> None:
    async def lines(remote_id: str) -> list[str]:
        return [text async for text in farm.vendor.logs(TASK.id, remote_id, Output())]

    farm = Farm()
    task = farm.make(TASK, "a")
    assert do(lambda: lines(task)) == ["a is in_progress\n"]
    with pytest.raises(NotFound):
        do(lambda: lines("gone"))


@pytest.mark.parametrize("unknown", [{"dependsOn": ["x"]}, {"pool": "x"}])
def test_an_update_sends_the_references_of_the_changed_fields_alone(unknown: Any) -> None:
    farm = Farm()
    task = farm.make(TASK, "a", tags=["old"])
    wanted = farm.request(toy(TASK, "a", tags=["new"], **unknown))
    do(lambda: farm.vendor.update(task, wanted, frozenset({"tags"})))
    assert farm.see(TASK, task).spec == {"tags": ["new"]}
