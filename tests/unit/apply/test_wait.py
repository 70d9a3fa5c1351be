"""Waiting: what is asked, how often, what is told, what is remembered, and when it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import anyio
import pytest

from reconciler.address import Address
from reconciler.apply.prepare import Setting
from reconciler.apply.run import Ports
from reconciler.apply.wait import LATEST_S, OUT_OF_REACH_S, SOONEST_S, Wait
from reconciler.errors import AuthFailed, PlanRefused, Unavailable
from reconciler.lifecycle import OnChange
from reconciler.model import Outcome, Resource, Settled
from reconciler.report import Look, Phase, WaitReport
from reconciler.workflow import begin_wait
from tests.fakes import Fault, MemorySecrets
from tests.simulation.studio import SCOPE, Studio
from tests.toy_kinds import JOB, POOL, PROVIDER, TASK, at, toy

A, B = at(TASK, "a"), at(TASK, "b")


@dataclass(slots=True)
class Farm:
    """A pool, a job and two tasks, one after the other, each at work for 100 s once it may."""

    studio: Studio = field(
        default_factory=lambda: Studio(
            POOL, JOB, TASK, provider=PROVIDER, works_for_s=100.0, retention_s=1000.0
        )
    )
    looks: list[Look] = field(default_factory=list)
    on_look: Callable[[Look], None] = lambda look: None

    def apply(self, *more: Resource) -> None:
        self.studio.declare(
            toy(POOL, "p", profile="x"),
            toy(JOB, "j", pool="p"),
            toy(TASK, "a", job="j", work="w", frames="1-4", ttl=1000),
            toy(TASK, "b", job="j", work="w", dependsOn=["a"], ttl=1000),
            *more,
        )
        self.studio.apply()

    def setting(self, *, records: bool = True) -> Setting:
        studio = self.studio
        return Setting(
            scope=SCOPE,
            kinds=studio.kinds,
            resources=studio.resources,
            inputs="",
            ports=Ports(
                providers={PROVIDER: studio.vendor},
                store=studio.store,
                clock=studio.clock,
                reporter=studio.events,
                new_id=str,
                interrupt=studio.interrupt,
            ),
            secrets=MemorySecrets({}),
            endpoints={},
            holder="waiting",
            records=records,
        )

    def wait(
        self, *addresses: Address, timeout_s: float | None = None, records: bool = True
    ) -> WaitReport:
        return anyio.run(self._wait, addresses, timeout_s, records)

    async def _wait(
        self, addresses: tuple[Address, ...], timeout_s: float | None, records: object
    ) -> WaitReport:
        setting = self.setting(records=bool(records))
        wait: Wait = await begin_wait(setting, self._tell, addresses)
        self.studio.vendor.reads.clear()
        await wait.go(timeout_s)
        return wait.report()

    def _tell(self, look: Look) -> None:
        self.looks.append(look)
        self.on_look(look)

    def remote_id(self, address: Address) -> str:
        return self.studio.recorded.records[address].remote_id

    def outcome(self, address: Address) -> Outcome:
        (run,) = (each for each in self.studio.recorded.runs if each.address == address)
        return run.outcome


@pytest.fixture
def farm() -> Farm:
    farm = Farm()
    farm.apply()
    return farm


def phases(report: WaitReport) -> dict[Address, Phase]:
    return {each.address: each.phase for each in report.works}


# --- when it ends ---------------------------------------------------------------------------------


def test_it_ends_when_all_declared_work_is_over(farm: Farm) -> None:
    report = farm.wait()
    assert phases(report) == {A: Phase.SUCCEEDED, B: Phase.SUCCEEDED}
    assert (report.is_late, report.interrupted) == (False, 0)
    assert farm.studio.plan().is_empty


def test_it_sends_nothing_that_changes_a_thing(farm: Farm) -> None:
    sent = len(farm.studio.vendor.calls)
    farm.wait()
    assert len(farm.studio.vendor.calls) == sent


def test_work_that_fails_is_told_with_the_vendors_words(farm: Farm) -> None:
    farm.on_look = lambda _: farm.studio.vendor.settle(farm.remote_id(A), Settled.FAILED)
    (first, _) = farm.wait().works
    assert (first.address, first.phase) == (A, Phase.FAILED)
    assert first.failure == "the command ended with 1"


def test_frames_that_succeeded_are_told_apart_from_those_that_failed(farm: Farm) -> None:
    farm.on_look = lambda _: farm.studio.vendor.settle(farm.remote_id(A), Settled.FAILED, "1-3")
    report = farm.wait(A)
    assert {each.ranges: each.phase for each in report.works} == {
        "1-3": Phase.SUCCEEDED,
        "4": Phase.FAILED,
    }


def test_it_leaves_when_its_time_is_over(farm: Farm) -> None:
    report = farm.wait(timeout_s=30.0)
    assert report.is_late
    assert report.elapsed_s == pytest.approx(30.0)
    assert phases(report)[A] is Phase.RUNNING


def test_it_leaves_at_a_signal(farm: Farm) -> None:
    def interrupt(_: Look) -> None:
        farm.studio.interrupt.signal = 2

    farm.on_look = interrupt
    report = farm.wait()
    assert report.interrupted == 2
    assert report.elapsed_s <= SOONEST_S


def test_work_that_was_never_started_is_told_at_once() -> None:
    farm = Farm()
    farm.studio.declare(toy(TASK, "a", work="w"))
    report = farm.wait()
    assert phases(report) == {A: Phase.NOT_STARTED}
    assert report.elapsed_s == 0.0
    assert farm.studio.vendor.reads == []


# --- what is asked --------------------------------------------------------------------------------


def test_only_what_goes_on_is_asked_for_and_all_of_it_at_once(farm: Farm) -> None:
    farm.wait()
    both = {farm.remote_id(A), farm.remote_id(B)}
    asked = [set(each) for each in farm.studio.vendor.reads]
    over = asked.index({farm.remote_id(B)})
    assert asked == [both] * over + [{farm.remote_id(B)}] * (len(asked) - over)


def test_looks_become_rarer_and_then_more_frequent_again_when_something_moved(farm: Farm) -> None:
    farm.wait()
    times = [each.elapsed_s for each in farm.looks]
    pauses = [later - sooner for sooner, later in pairwise(times)]
    moved = next(i for i, each in enumerate(farm.looks) if each.counts.get(Phase.SUCCEEDED))
    assert pauses[:moved] == sorted(pauses[:moved])
    assert max(pauses) == pytest.approx(LATEST_S)
    assert pauses[moved] == pytest.approx(SOONEST_S)


def test_a_job_means_its_tasks_and_a_task_itself(farm: Farm) -> None:
    assert phases(farm.wait(at(JOB, "j"))).keys() == {A, B}
    assert phases(farm.wait(A)).keys() == {A}


def test_an_address_that_is_declared_no_more_means_what_goes_on_there(farm: Farm) -> None:
    farm.studio.declare(toy(POOL, "p", profile="x"))
    assert farm.wait().works == ()
    assert phases(farm.wait(A)) == {A: Phase.SUCCEEDED}
    assert farm.wait(A).works == ()


@pytest.mark.parametrize(("address", "code"), [(at(POOL, "p"), "P325"), (at(TASK, "x"), "P320")])
def test_what_never_ends_and_what_nobody_knows_are_refused(
    farm: Farm, address: Address, code: str
) -> None:
    with pytest.raises(PlanRefused) as refused:
        farm.wait(address)
    assert refused.value.problems[0].code == code


def test_a_run_of_an_earlier_declaration_is_waited_for_only_when_asked(farm: Farm) -> None:
    changed = toy(TASK, "a", {"on_change": OnChange.WAIT}, job="j", work="other", frames="1-4")
    farm.studio.declare(*(e for e in farm.studio.resources if e.address != A), changed)

    async def wait_for_all() -> WaitReport:
        wait = await begin_wait(farm.setting(), farm._tell, [A])
        wait.watch_earlier()
        await wait.go()
        return wait.report()

    assert phases(farm.wait(A)) == {A: Phase.NOT_STARTED}
    assert farm.outcome(A) is Outcome.ACTIVE
    anyio.run(wait_for_all)
    assert farm.outcome(A) is Outcome.SUCCEEDED


# --- what is remembered ---------------------------------------------------------------------------


def test_what_was_seen_is_remembered_without_a_lease(farm: Farm) -> None:
    farm.wait()
    assert (farm.outcome(A), farm.outcome(B)) == (Outcome.SUCCEEDED, Outcome.SUCCEEDED)


def test_nothing_is_remembered_when_that_was_asked(farm: Farm) -> None:
    before = farm.studio.recorded
    assert phases(farm.wait(records=False))[A] is Phase.SUCCEEDED
    assert farm.studio.recorded == before


@pytest.mark.parametrize(
    ("away_s", "phase"), [(10.0, Phase.LOST), (1500.0, Phase.PRESUMED_FINISHED)]
)
def test_work_that_is_gone_is_told_and_never_remembered_so(
    farm: Farm, away_s: float, phase: Phase
) -> None:
    def remove(_: Look) -> None:
        farm.studio.vendor.objects.pop(farm.remote_id(A), None)
        if len(farm.looks) == 1:
            farm.studio.clock.advance(away_s)

    farm.on_look = remove
    (only,) = farm.wait(A).works
    assert (only.phase, only.is_gone) == (phase, True)
    assert farm.outcome(A) is Outcome.ACTIVE


def test_work_that_was_missed_once_is_not_gone(farm: Farm) -> None:
    held = farm.studio.vendor.objects[farm.remote_id(A)]

    def hide_once(_: Look) -> None:
        if len(farm.looks) == 1:
            del farm.studio.vendor.objects[held.remote_id]
        else:
            farm.studio.vendor.objects[held.remote_id] = held

    farm.on_look = hide_once
    assert phases(farm.wait(A)) == {A: Phase.SUCCEEDED}


# --- a vendor that does not answer ----------------------------------------------------------------


def test_a_vendor_may_be_away_for_a_while(farm: Farm) -> None:
    farm.on_look = lambda look: (
        farm.studio.vendor.inject("read", Fault.NOT_SENT) if len(farm.looks) < 5 else None
    )
    assert phases(farm.wait())[A] is Phase.SUCCEEDED
    assert [each.problem is not None for each in farm.looks[:6]] == [False, *[True] * 4, False]


def test_work_that_can_not_be_seen_is_not_noted_as_seen(farm: Farm) -> None:
    before = {each.address: each.seen_at for each in farm.studio.recorded.runs}
    farm.on_look = lambda _: farm.studio.vendor.inject("read", Fault.NOT_SENT)
    farm.wait(timeout_s=400.0)
    assert {each.address: each.seen_at for each in farm.studio.recorded.runs} == before


def test_a_vendor_that_stays_away_ends_the_wait(farm: Farm) -> None:
    farm.on_look = lambda _: farm.studio.vendor.inject("read", Fault.NOT_SENT)
    with pytest.raises(Unavailable):
        farm.wait()
    assert farm.looks[-1].elapsed_s == pytest.approx(OUT_OF_REACH_S, abs=LATEST_S)


def test_a_refused_credential_ends_the_wait_at_once(farm: Farm) -> None:
    farm.on_look = lambda _: farm.studio.vendor.inject("read", Fault.NO_RIGHT)
    with pytest.raises(AuthFailed):
        farm.wait()
    assert len(farm.looks) == 1


# --- what is told ---------------------------------------------------------------------------------


def test_the_share_that_is_done_never_falls_and_ends_at_one(farm: Farm) -> None:
    farm.wait()
    shares = [each.fraction for each in farm.looks]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_move_is_told_once(farm: Farm) -> None:
    farm.wait()
    told = [(each.address, each.phase) for look in farm.looks for each in look.moved]
    assert told == [(A, Phase.SUCCEEDED), (B, Phase.RUNNING), (B, Phase.SUCCEEDED)]


def test_what_was_over_before_counts_as_well(farm: Farm) -> None:
    farm.wait(A)
    farm.looks.clear()
    farm.wait()
    assert farm.looks[0].counts[Phase.SUCCEEDED] == 1
    assert farm.looks[0].fraction >= 0.8
