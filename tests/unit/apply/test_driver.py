"""The driver over a vendor and a state in memory: notes first, and what each answer means."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from reconciler.errors import Locked, Problem, StateError, Unavailable
from reconciler.model import Intent, Marker, Settled, Verb
from reconciler.plan.plan import Plan
from reconciler.ports import Batch
from reconciler.providers.qarnot.kinds.pool import POOL
from reconciler.report import EventKind, Passed, Report
from tests.fakes import Fault, MemoryStore
from tests.simulation.studio import NAMELESS, SCOPE, Studio, at, check_converges, pool, pools

DEADLINE_S = 30.0
WINDOW_S = 5.0


def studio(*names: str, **habits: Any) -> Studio:
    """A studio that declares these pools and has made none."""
    made = Studio(**habits)
    made.declare(*(pool(name) for name in names))
    return made


def applied(made: Studio, **policy: Any) -> Report:
    report = made.apply(**policy)
    assert report is not None
    return report


def passed(report: Report) -> dict[str, Passed]:
    """How the last step of each address ended."""
    return {step.address.name: step.passed for step in report.steps}


def codes(report: Report) -> list[str]:
    return [step.problem.code for step in report.steps if step.problem is not None]


# --- notes ----------------------------------------------------------------------------------------


def noted(batches: Iterable[Batch]) -> Iterator[dict[str, Intent]]:
    """The intents that are open after each batch."""
    intents: dict[str, Intent] = {}
    for batch in batches:
        intents = {k: v for k, v in intents.items() if k not in batch.close_intents}
        intents |= {each.operation_id: each for each in batch.open_intents}
        yield dict(intents)


def test_no_effect_without_an_open_durable_note_of_it() -> None:
    """Each call is compared with what the state held at that very moment."""
    made = Studio()
    made.declare(*pools(a={}, b={"profile": "old"}, gone={}))
    made.apply()
    held: list[tuple[str, str, list[Intent]]] = []
    inner = made.vendor.clock.sleep

    async def watch(seconds: float) -> None:
        await inner(seconds)

    made.vendor.clock.sleep = watch  # type: ignore[method-assign]
    calls = made.vendor.calls

    class Watched(list[Any]):
        def append(self, call: Any) -> None:
            held.append((call.verb, call.remote_id, list(made.recorded.intents)))
            super().append(call)

    made.vendor.calls = Watched(calls)
    made.declare(*pools(a={"tags": ["x"]}, b={"profile": "new"}, new={}))
    made.apply(prune=True, max_deletes=9)
    assert [verb for verb, _, _ in held].count("create") == 2
    for verb, remote_id, intents in held:
        mine = [each for each in intents if each.verb.value == verb]
        assert any(verb == "create" or each.remote_id == remote_id for each in mine), verb


def test_every_note_is_closed_when_its_answer_is_known() -> None:
    made = studio("a", "b")
    made.apply()
    assert list(noted(made.store.commits))[-1] == {}
    assert made.recorded.intents == ()


def test_notes_of_steps_that_run_together_share_transactions() -> None:
    made = studio(*(f"p{n}" for n in range(8)))
    made.apply()
    assert max(len(batch.open_intents) for batch in made.store.commits) > 1
    assert len(made.store.commits) < 16


def test_a_note_that_can_not_be_written_sends_nothing() -> None:
    made = studio("a")
    made.store.faults.append(StateError(Problem("S500", "the disk is full")))
    with pytest.raises(StateError, match="disk is full"):
        made.apply()
    assert made.vendor.calls == []
    check_converges(made)


def test_what_is_only_remembered_has_to_be_written_as_well() -> None:
    made = studio("a")
    made.apply()
    made.declare(pool("a", protect=True))
    made.store.faults.append(StateError(Problem("S500", "the disk is full")))
    with pytest.raises(StateError):
        made.apply()
    made.apply()
    assert made.recorded.records[at("a")].protect


def test_an_answer_that_can_not_be_written_down_stops_all_that_follows() -> None:
    made = studio("a")
    made.vendor.concurrency = 1
    made.declare(pool("a"), pool("b"), pool("c"))
    commits = made.store.commit
    count = 0

    def commit(lease: Any, batch: Batch) -> None:
        nonlocal count
        count += 1
        if count == 2:
            raise StateError(Problem("S500", "the disk is full"))
        commits(lease, batch)

    made.store.commit = commit  # type: ignore[method-assign]
    with pytest.raises(StateError):
        made.apply()
    assert made.calls() == ["create"]
    made.store.commit = commits  # type: ignore[method-assign]
    check_converges(made)
    assert made.calls().count("create") == 3


# --- failures -------------------------------------------------------------------------------------


def test_a_failed_step_takes_nothing_but_its_own_change_with_it() -> None:
    made = studio("a", "b", "c")
    made.vendor.inject("create", None, Fault.REFUSED)
    report = applied(made)
    assert sorted(passed(report).values()) == [Passed.DONE, Passed.DONE, Passed.FAILED]
    assert made.recorded.intents == ()
    check_converges(made)


def test_a_refused_ending_leaves_the_rest_of_its_replacement_undone() -> None:
    made = Studio()
    made.declare(pool("a", {"profile": "old"}))
    made.apply()
    made.declare(pool("a"))
    made.vendor.inject("stop", Fault.REFUSED)
    report = applied(made)
    assert [(each.verb, each.passed) for each in report.steps] == [
        (Verb.STOP, Passed.FAILED),
        (Verb.DELETE, Passed.SKIPPED),
        (Verb.CREATE, Passed.SKIPPED),
    ]
    assert codes(report) == ["V500", "P502", "P502"]
    check_converges(made)


def test_a_quota_that_is_used_up_ends_creations_and_nothing_else() -> None:
    made = Studio()
    made.vendor.concurrency = 1
    made.declare(*pools(a={}, gone={}))
    made.apply()
    made.declare(*pools(a={"tags": ["x"]}, b={}, c={}, d={}))
    made.vendor.inject("create", Fault.NO_QUOTA)
    report = applied(made, prune=True)
    assert passed(report) == {
        "a": Passed.DONE,
        "b": Passed.FAILED,
        "c": Passed.SKIPPED,
        "d": Passed.SKIPPED,
        "gone": Passed.DONE,
    }
    assert made.calls().count("create") == 3


def test_a_quota_an_update_meets_ends_no_other_update_and_no_removal() -> None:
    made = Studio()
    made.vendor.concurrency = 1
    made.declare(*pools(a={}, b={}, gone={}))
    made.apply()
    made.declare(*pools(a={"tags": ["x"]}, b={"tags": ["x"]}))
    made.vendor.inject("update", Fault.NO_QUOTA)
    report = applied(made, prune=True, max_deletes=1)
    assert passed(report) == {"a": Passed.FAILED, "b": Passed.DONE, "gone": Passed.DONE}


def test_a_refused_credential_ends_everything_at_that_provider() -> None:
    made = studio("a", "b", "c")
    made.vendor.concurrency = 1
    made.vendor.inject("create", Fault.NO_RIGHT)
    report = applied(made)
    assert passed(report) == {"a": Passed.FAILED, "b": Passed.SKIPPED, "c": Passed.SKIPPED}
    assert made.calls() == ["create"]


def test_what_is_absent_can_not_be_updated_but_is_stopped_and_deleted() -> None:
    made = Studio()
    made.declare(*pools(a={}, b={"profile": "old"}))
    made.apply()
    made.declare(*pools(a={"tags": ["x"]}, b={}))

    async def somebody_deletes(_: Plan) -> bool:
        made.vendor.objects.clear()
        return True

    report = made.apply(confirm=somebody_deletes)
    assert report is not None
    assert passed(report) == {"a": Passed.FAILED, "b": Passed.DONE}
    check_converges(made)


# --- interrupts and leases ------------------------------------------------------------------------


def test_an_interrupt_finishes_what_is_in_flight_and_starts_nothing_new() -> None:
    made = studio("a", "b", "c")
    made.vendor.concurrency = 1
    interrupt, create = made.interrupt, made.vendor.create

    async def interrupted(requests: Any) -> Any:
        interrupt.signal = 2
        return await create(requests)

    made.vendor.create = interrupted  # type: ignore[method-assign]
    report = applied(made)
    assert report.interrupted == 2
    assert passed(report) == {"a": Passed.DONE, "b": Passed.PENDING, "c": Passed.PENDING}
    interrupt.signal = 0
    made.vendor.create = create  # type: ignore[method-assign]
    check_converges(made)
    assert made.calls().count("create") == 3


def test_a_lost_lease_sends_nothing_after() -> None:
    made = studio("a", "b", "c")
    made.vendor.concurrency = 1
    create = made.vendor.create

    async def overtaken(requests: Any) -> Any:
        thief = MemoryStore(SCOPE, made.store.shelf)
        thief.acquire("a thief", 30.0, made.clock.now() + timedelta(days=1))
        return await create(requests)

    made.vendor.create = overtaken  # type: ignore[method-assign]
    with pytest.raises(Locked):
        made.apply()
    assert made.calls() == ["create"]
    assert [each.verb for each in made.recorded.intents] == [Verb.CREATE]


def test_a_lease_is_renewed_for_as_long_as_the_work_takes() -> None:
    made = studio("a", latency_s=200.0)
    assert passed(applied(made)) == {"a": Passed.DONE}


# --- answers that were lost -----------------------------------------------------------------------


def waited(made: Studio) -> list[str]:
    return [each.text for each in made.events.events if each.kind is EventKind.WAITING]


def test_a_lost_answer_whose_object_is_found_is_done_without_a_wait() -> None:
    made = studio("a")
    made.vendor.inject("create", Fault.LOST_AFTER)
    assert passed(applied(made)) == {"a": Passed.DONE}
    assert waited(made) == []
    assert made.calls() == ["create"]


@pytest.mark.parametrize(
    ("kind", "settles_after_s"), [(POOL, 0.0), (NAMELESS, 120.0)], ids=["unique id", "none"]
)
def test_a_lost_answer_is_sent_again_only_when_the_first_can_no_longer_arrive(
    kind: Any, settles_after_s: float
) -> None:
    made = Studio(kind)
    made.declare(pool("a"))
    made.vendor.inject("create", Fault.LOST_BEFORE)
    assert passed(applied(made)) == {"a": Passed.DONE}
    first, second = made.vendor.calls
    apart = (second.at - first.at).total_seconds()
    assert apart == WINDOW_S + DEADLINE_S + settles_after_s
    assert first.marker == second.marker
    assert len(waited(made)) == 1


def test_the_last_of_several_sends_may_pass() -> None:
    made = studio("a")
    made.vendor.inject("create", Fault.LOST_BEFORE, Fault.LOST_BEFORE)
    assert passed(applied(made)) == {"a": Passed.DONE}
    assert made.calls() == ["create"] * 3


def test_a_bulk_call_that_fails_as_a_whole_fails_each_of_its_steps() -> None:
    made = studio("a", "b")
    create = made.vendor.create

    async def unreachable(requests: Any) -> Any:
        raise Unavailable(Problem("V503", "refused"))

    made.vendor.create = unreachable  # type: ignore[method-assign]
    assert set(passed(applied(made)).values()) == {Passed.FAILED}
    made.vendor.create = create  # type: ignore[method-assign]
    check_converges(made)


def test_an_answer_lost_again_and_again_is_unknown_in_the_end_and_stays_noted() -> None:
    made = studio("a")
    made.vendor.inject("create", *[Fault.LOST_BEFORE] * 9)
    report = applied(made)
    assert passed(report) == {"a": Passed.UNKNOWN}
    assert codes(report) == ["P501"]
    assert made.calls() == ["create"] * 3
    assert [each.verb for each in made.recorded.intents] == [Verb.CREATE]
    made.vendor._faults.clear()
    check_converges(made)
    assert len(made.live()) == 1


def test_several_objects_with_one_marker_are_unknown_and_none_is_touched() -> None:
    made = studio("a")
    marker = Marker(SCOPE.workspace_id, SCOPE.env, at("a"), 1)

    async def twins(_: Plan) -> bool:
        for name in ("one", "other"):
            made.vendor.add(POOL.id, name, {}, marker)
        return True

    made.vendor.inject("create", Fault.LOST_BEFORE)
    report = made.apply(confirm=twins)
    assert report is not None
    assert passed(report) == {"a": Passed.UNKNOWN}
    assert made.calls() == ["create"]
    assert len(made.live()) == 2


def test_a_vendor_that_does_not_answer_leaves_it_unknown() -> None:
    made = studio("a")
    made.vendor.inject("create", Fault.LOST_AFTER)
    made.vendor.inject("find", Fault.NOT_SENT)
    assert passed(applied(made)) == {"a": Passed.UNKNOWN}
    check_converges(made)
    assert made.calls() == ["create"]


def test_a_taken_name_is_ours_when_our_marker_is_on_it() -> None:
    made = studio("a")
    marker = Marker(SCOPE.workspace_id, SCOPE.env, at("a"), 1)

    async def made_before(_: Plan) -> bool:
        made.vendor.add(POOL.id, "a", dict(pool("a").spec), marker)
        return True

    made.vendor.inject("create", Fault.TAKEN)
    report = made.apply(confirm=made_before)
    assert report is not None
    assert passed(report) == {"a": Passed.DONE}
    check_converges(made)


def test_a_taken_name_without_our_marker_is_refused() -> None:
    made = studio("a")
    made.vendor.inject("create", Fault.TAKEN)
    assert passed(applied(made)) == {"a": Passed.FAILED}
    assert made.recorded.intents == ()
    assert made.recorded.records == {}


def test_a_taken_name_nobody_can_look_at_is_unknown_and_stays_noted() -> None:
    made = studio("a")
    marker = Marker(SCOPE.workspace_id, SCOPE.env, at("a"), 1)

    async def made_before(_: Plan) -> bool:
        made.vendor.add(POOL.id, "a", dict(pool("a").spec), marker)
        return True

    made.vendor.inject("create", Fault.TAKEN)
    made.vendor.inject("find", Fault.NOT_SENT)
    report = made.apply(confirm=made_before)
    assert report is not None
    assert passed(report) == {"a": Passed.UNKNOWN}
    assert len(made.recorded.intents) == 1
    check_converges(made)


def lives(made: Studio, *settled: Settled) -> Callable[[Plan], Awaitable[bool]]:
    """Objects of earlier lives of `a` appear once the plan is made."""

    async def appear(_: Plan) -> bool:
        for number, each in enumerate(settled, start=1):
            marker = Marker(SCOPE.workspace_id, SCOPE.env, at("a"), number)
            remote_id = made.vendor.add(POOL.id, "a", dict(pool("a").spec), marker)
            made.vendor.settle(remote_id, each)
        return True

    return appear


def test_a_name_held_by_what_is_over_makes_way_for_the_next_life() -> None:
    made = studio("a")
    made.vendor.inject("create", Fault.TAKEN)
    report = made.apply(confirm=lives(made, Settled.CANCELLED, Settled.CANCELLED))
    assert report is not None
    assert passed(report) == {"a": Passed.DONE}
    assert made.recorded.records[at("a")].ordinal == 3
    check_converges(made)


def test_a_name_held_by_too_many_lives_is_refused() -> None:
    made = studio("a")
    made.vendor.inject("create", Fault.TAKEN)
    report = made.apply(confirm=lives(made, *[Settled.CANCELLED] * 100))
    assert report is not None
    assert passed(report) == {"a": Passed.FAILED}


def test_a_later_life_that_is_not_over_is_not_passed_by() -> None:
    made = studio("a")
    made.vendor.inject("create", Fault.TAKEN)
    report = made.apply(confirm=lives(made, Settled.CANCELLED, Settled.CURRENT))
    assert report is not None
    assert passed(report) == {"a": Passed.FAILED}
    assert len(made.live()) == 1


@pytest.mark.parametrize("verb", ["update", "stop", "delete"])
@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
def test_a_lost_answer_to_what_may_be_repeated_is_asked_once_more(verb: str, fault: Fault) -> None:
    made = Studio()
    made.declare(*pools(a={}, b={"profile": "old"}))
    made.apply()
    made.declare(*pools(a={"tags": ["x"]}, b={}))
    made.vendor.inject(verb, fault)
    assert set(passed(applied(made)).values()) == {Passed.DONE}
    assert made.calls().count(verb) == 2
    check_converges(made)


def test_a_change_whose_answer_is_lost_twice_is_unknown_and_stays_noted() -> None:
    made = Studio()
    made.declare(pool("a"))
    made.apply()
    made.declare(pool("a", {"tags": ["x"]}))
    made.vendor.inject("update", Fault.LOST_AFTER, Fault.LOST_AFTER)
    assert passed(applied(made)) == {"a": Passed.UNKNOWN}
    assert [each.verb for each in made.recorded.intents] == [Verb.UPDATE]
    check_converges(made)


# --- what was not kept ----------------------------------------------------------------------------


def test_a_value_the_vendor_does_not_keep_is_remembered_and_not_fought() -> None:
    made = studio("a", ignored_fields={POOL.id: frozenset({"tags"})})
    made.declare(pool("a", {"tags": ["x"]}))
    report = applied(made)
    assert [each.code for each in report.not_honoured] == ["P503"]
    assert "tags" in made.recorded.records[at("a")].not_honoured
    again = made.plan()
    assert again.is_empty
    assert [each.problem.code for each in again.changes if each.problem] == ["P210"]
    made.declare(pool("a"))
    check_converges(made)


def test_what_is_kept_at_last_is_no_longer_remembered_as_not_kept() -> None:
    made = studio("a", ignored_fields={POOL.id: frozenset({"tags"})})
    made.declare(pool("a", {"tags": ["x"]}))
    made.apply()
    made.vendor.habits.ignored_fields = {}
    made.declare(pool("a", {"tags": ["y"]}))
    assert applied(made).not_honoured == ()
    assert made.recorded.records[at("a")].not_honoured == {}


def test_what_is_ignored_or_waits_is_not_called_not_kept() -> None:
    from dataclasses import replace

    made = Studio(ignored_fields={POOL.id: frozenset({"tags"})})
    made.declare(pool("a", {"tags": ["x"]}, ignore=("tags",)))
    assert applied(made).not_honoured == ()
    made.declare(
        replace(pool("a", {"constants": {"K": "v"}}, ignore=("tags",)), labels={"show": "dune"})
    )
    assert applied(made).not_honoured == ()
    assert made.recorded.records[at("a")].not_honoured == {}


def test_what_can_not_be_read_back_is_not_judged() -> None:
    made = studio("a", ignored_fields={POOL.id: frozenset({"tags"})})
    made.declare(pool("a", {"tags": ["x"]}))
    made.vendor.inject("read", Fault.NOT_SENT)
    assert applied(made).not_honoured == ()


# --- many at once ---------------------------------------------------------------------------------


def test_no_more_is_under_way_than_the_provider_allows() -> None:
    made = studio(*(f"p{n:02}" for n in range(20)), latency_s=1.0)
    made.vendor.concurrency = 3
    made.apply()
    assert made.vendor.most_in_flight == 3


def test_creations_go_in_bulk_where_the_vendor_has_one() -> None:
    from dataclasses import replace

    from reconciler.kinds import Ability

    made = Studio(replace(POOL, abilities=POOL.abilities | {Ability.BULK_CREATE}))
    made.vendor.batch_size, made.vendor.concurrency = 4, 1
    made.declare(*(pool(f"p{n}") for n in range(9)), pool("gone"))
    sizes: list[int] = []
    create = made.vendor.create

    async def counted(requests: Any) -> Any:
        sizes.append(len(requests))
        return await create(requests)

    made.vendor.create = counted  # type: ignore[method-assign]
    made.vendor.inject("create", None, Fault.REFUSED)
    report = applied(made)
    assert sizes == [4, 4, 2]
    assert report.count(Passed.DONE) == 9
    made.declare(*(pool(f"p{n}", {"tags": ["x"]}) for n in range(9)), pool("new"))
    made.apply(prune=True)
    check_converges(made, prune=True)


def test_each_step_is_told_when_it_starts_and_when_it_ends() -> None:
    made = studio("a", "b")
    made.apply()
    kinds = [each.kind for each in made.events.events]
    assert kinds.count(EventKind.STARTED) == kinds.count(EventKind.FINISHED) == 2
    assert made.events.events[-1].done == made.events.events[-1].total == 2


def test_an_answer_of_no_does_nothing() -> None:
    made = studio("a")

    async def no(_: Plan) -> bool:
        return False

    assert made.apply(confirm=no) is None
    assert made.vendor.calls == []
    assert made.apply() is not None


@pytest.mark.parametrize(("show_s", "answer_s", "looks"), [(20, 0, 1), (0, 20, 2), (20, 20, 2)])
def test_the_world_is_looked_at_again_after_a_long_question_and_not_after_a_long_plan(
    show_s: float, answer_s: float, looks: int
) -> None:
    made = studio("a")
    looked: list[str] = []
    inner = made.vendor.observe

    async def observe(*asked: Any) -> Any:
        looked.append("observe")
        return await inner(*asked)

    async def answer(_: Plan) -> bool:
        await made.clock.sleep(answer_s)
        return True

    made.vendor.observe = observe  # type: ignore[method-assign,assignment]
    made.apply(confirm=answer, show=lambda _: made.clock.advance(show_s))
    assert len(looked) == looks
    assert made.calls() == ["create"]


def test_what_moved_while_the_question_stood_is_refused() -> None:
    from reconciler.errors import PlanStale

    made = studio("a")
    made.apply()
    made.declare(pool("a", {"tags": ["x"]}))

    async def slowly(_: Plan) -> bool:
        made.change_outside("a", constants={"K": "v"})
        await made.clock.sleep(60)
        return True

    with pytest.raises(PlanStale):
        made.apply(confirm=slowly)
    assert made.calls() == ["create"]
