"""What became of each creation: from what is remembered, what is there, and the vendor's clock."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import Observation, Outcome, Recorded, Settled
from reconciler.plan.attempts import (
    Attempts,
    absent_runs,
    as_seen,
    attempts,
    outcome_of,
    seen_runs,
    with_runs,
)
from tests.strategies import LAW
from tests.toy_kinds import PROVIDER, TASK, at
from tests.unit.plan.farm import NOW, TTL, Farm, Life, ago, intent, task

SEEN_ENDS = [Outcome.SUCCEEDED, Outcome.FAILED, Outcome.CANCELLED, Outcome.WITHDRAWN]
INFERRED = [Outcome.PRESUMED_FINISHED, Outcome.LOST, Outcome.UNKNOWN]
LIVING = [
    Settled.CURRENT,
    Settled.IN_PROGRESS,
    Settled.SUSPENDED,
    Settled.DRAINING,
    Settled.TERMINATING,
    Settled.UNKNOWN,
]


def outcome(life: Life) -> Outcome:
    live = None if life.settled is None else life.observed
    return outcome_of(life.run, live, NOW)


# --- the table ------------------------------------------------------------------------------------


@pytest.mark.parametrize("remembered", SEEN_ENDS)
@pytest.mark.parametrize("settled", [None, Settled.TERMINATING, Settled.FAILED, Settled.CANCELLED])
def test_an_end_that_was_seen_is_final(remembered: Outcome, settled: Settled | None) -> None:
    assert outcome(Life(task(), settled, remembered)) is remembered


@pytest.mark.parametrize("settled", Settled)
def test_success_is_final_whatever_is_seen_later(settled: Settled) -> None:
    assert outcome(Life(task(), settled, Outcome.SUCCEEDED)) is Outcome.SUCCEEDED


@pytest.mark.parametrize("remembered", [e for e in SEEN_ENDS if e is not Outcome.SUCCEEDED])
def test_what_a_person_took_up_again_goes_on_and_may_succeed(remembered: Outcome) -> None:
    assert outcome(Life(task(), Settled.SUCCEEDED, remembered)) is Outcome.SUCCEEDED
    assert outcome(Life(task(), Settled.IN_PROGRESS, remembered)) is Outcome.ACTIVE
    assert outcome(Life(task(), Settled.UNKNOWN, remembered)) is remembered


@pytest.mark.parametrize("remembered", [Outcome.ACTIVE, *INFERRED])
@pytest.mark.parametrize(
    ("settled", "told"),
    [
        (Settled.SUCCEEDED, Outcome.SUCCEEDED),
        (Settled.FAILED, Outcome.FAILED),
        (Settled.CANCELLED, Outcome.CANCELLED),
        *((each, Outcome.ACTIVE) for each in LIVING),
    ],
)
def test_what_is_there_speaks_for_itself_whatever_was_inferred(
    remembered: Outcome, settled: Settled, told: Outcome
) -> None:
    assert outcome(Life(task(), settled, remembered)) is told


def test_a_cancelled_run_that_we_asked_to_stop_is_withdrawn() -> None:
    assert outcome(Life(task(), Settled.CANCELLED, is_withdrawn=True)) is Outcome.WITHDRAWN
    assert outcome(Life(task(), Settled.SUCCEEDED, is_withdrawn=True)) is Outcome.SUCCEEDED
    assert outcome(Life(task(), Settled.FAILED, is_withdrawn=True)) is Outcome.FAILED
    assert outcome(Life(task(), Settled.TERMINATING, is_withdrawn=True)) is Outcome.ACTIVE
    assert outcome(Life(task(), None, is_withdrawn=True)) is Outcome.WITHDRAWN


@pytest.mark.parametrize("remembered", INFERRED)
def test_what_was_inferred_stays_while_nothing_is_seen(remembered: Outcome) -> None:
    for seconds in (0.0, 10.0 * TTL):
        assert outcome(Life(task(), None, remembered, seen_ago_s=seconds)) is remembered


@pytest.mark.parametrize(
    ("seen_ago_s", "told"),
    [
        (0, Outcome.LOST),
        (TTL - 1, Outcome.LOST),
        (TTL, Outcome.PRESUMED_FINISHED),
        (TTL + 1, Outcome.PRESUMED_FINISHED),
    ],
)
def test_what_is_gone_is_lost_until_its_time_has_passed_since_it_was_seen(
    seen_ago_s: float, told: Outcome
) -> None:
    assert outcome(Life(task(), None, seen_ago_s=seen_ago_s)) is told


def test_what_nobody_removes_is_lost_whenever_it_is_gone() -> None:
    assert outcome(Life(task(ttl=None), None, seen_ago_s=10**9)) is Outcome.LOST
    never_seen = replace(Life(task(), None).run, seen_at=None)
    assert outcome_of(never_seen, None, NOW) is Outcome.LOST


@pytest.mark.parametrize(("ahead_s", "told"), [(-60, "lost"), (60, "presumed_finished")])
def test_time_is_told_by_the_vendors_clock(ahead_s: float, told: str) -> None:
    farm = Farm((task(),), (Life(task(), None, seen_ago_s=TTL),), vendor_ahead_s=ahead_s)
    (known,) = attempts(farm.recorded, farm.observation)[at(TASK, "t")].known
    assert known.outcome.value == told


# --- which objects are whose ----------------------------------------------------------------------


def known_of(farm: Farm) -> Attempts:
    return attempts(farm.recorded, farm.observation)[at(TASK, "t")]


def test_attempts_come_from_the_oldest_to_the_newest() -> None:
    lives = tuple(Life(task(), attempt=number) for number in (1, 2, 3))
    for order in (lives, lives[::-1]):
        found = known_of(Farm((task(),), order)).known
        assert [each.run.attempt for each in found] == [1, 2, 3]


def test_an_object_that_no_run_and_no_intent_speaks_of_is_unconfirmed() -> None:
    farm = Farm((task(),), (Life(task(), is_remembered=False),))
    assert [each.remote_id for each in known_of(farm).unconfirmed] == ["id-t-1"]
    assert known_of(farm.but(intents=(intent(farm.lives[0]),))).unconfirmed == ()


def test_a_copy_beside_its_original_is_a_twin_while_both_go_on() -> None:
    original, copied = Life(task()), Life(task(), is_remembered=False, suffix="-copy")
    assert [e.remote_id for e in known_of(Farm((task(),), (original, copied))).twins] == [
        "id-t-1-copy"
    ]
    for one, other in (
        (original, replace(copied, settled=Settled.CANCELLED)),
        (replace(original, settled=Settled.SUCCEEDED), copied),
    ):
        found = known_of(Farm((task(),), (one, other)))
        assert (found.twins, found.unconfirmed) == ((), ())


def test_the_same_id_at_another_provider_is_another_object() -> None:
    life = Life(task())
    elsewhere = Observation(now=NOW, objects={"other": (life.observed,)})
    (known,) = attempts(Farm((task(),), (life,)).recorded, elsewhere)[at(TASK, "t")].known
    assert known.live is None


def test_what_is_done_of_an_attempt_is_what_was_or_is_seen_of_it() -> None:
    failed = Life(task(frames="1-4"), Settled.FAILED, done="1-2")
    (known,) = known_of(Farm((task(),), (failed,))).known
    assert str(known.done) == "1-2"
    assert str(replace(known, live=None).done) == "1-2"
    assert str(replace(known, outcome=Outcome.SUCCEEDED).done) == "1-4"
    assert str(replace(known, outcome=Outcome.PRESUMED_FINISHED).done) == "1-4"


# --- what is worth remembering --------------------------------------------------------------------


def seen(*lives: Life) -> list[Outcome]:
    farm = Farm((task(),), lives)
    return [each.outcome for each in seen_runs(farm.recorded, farm.observation)]


def test_an_end_is_news_once() -> None:
    assert seen(Life(task(), Settled.SUCCEEDED)) == [Outcome.SUCCEEDED]
    assert seen(Life(task(), Settled.SUCCEEDED, Outcome.SUCCEEDED)) == []


def test_that_it_goes_on_is_news_only_now_and_then() -> None:
    assert seen(Life(task(), seen_ago_s=299)) == []
    assert seen(Life(task(), seen_ago_s=300)) == [Outcome.ACTIVE]


def test_frames_that_succeeded_are_news() -> None:
    assert seen(replace(Life(task(frames="1-4")), done="")) == []
    farm = Farm((task(),), (Life(task(frames="1-4"), done="1"),))
    runs = tuple(replace(each, done="") for each in farm.recorded.runs)
    (noted,) = seen_runs(replace(farm.recorded, runs=runs), farm.observation)
    assert (noted.done, noted.seen_at) == ("1", NOW)


def test_absences_are_no_sight_and_sights_are_no_absence() -> None:
    gone, there = Farm((task(),), (Life(task(), None),)), Farm((task(),), (Life(task()),))
    assert seen_runs(gone.recorded, gone.observation) == ()
    assert absent_runs(there.recorded, there.observation) == ()
    (lost,) = absent_runs(gone.recorded, gone.observation)
    assert (lost.outcome, lost.seen_at) == (Outcome.LOST, NOW)


def test_an_absence_counts_only_on_a_complete_list() -> None:
    farm = Farm((task(),), (Life(task(), None),), incomplete=(TASK.id,))
    assert absent_runs(farm.recorded, farm.observation) == ()
    unasked = farm.but(incomplete=(), is_configured=False)
    assert absent_runs(unasked.recorded, unasked.observation) == ()


def test_an_inferred_end_is_inferred_once() -> None:
    farm = Farm((task(),), (Life(task(), None, Outcome.LOST),))
    assert absent_runs(farm.recorded, farm.observation) == ()


def test_notes_replace_the_runs_they_are_of_and_no_others() -> None:
    one, two = Life(task()).run, Life(task(), attempt=2).run
    changed = replace(one, outcome=Outcome.FAILED)
    recorded = Recorded("lineage", 1, runs=(one, two))
    assert set(with_runs(recorded, [changed]).runs) == {changed, two}
    assert with_runs(recorded, []) is recorded


def test_a_run_is_told_as_it_is_seen() -> None:
    life = Life(task(frames="1-4"), Settled.FAILED, done="2", seen_ago_s=60)
    run = as_seen(replace(life.run, done="1"), life.observed, NOW)
    assert (run.outcome, run.done, run.seen_at) == (Outcome.FAILED, "1-2", NOW)
    gone = as_seen(replace(life.run, is_withdrawn=True), None, ago(5))
    assert (gone.outcome, gone.seen_at) == (Outcome.WITHDRAWN, ago(5))


@LAW
@given(st.sampled_from(Outcome), st.none() | st.sampled_from(Settled), st.booleans())
def test_what_was_seen_to_end_never_ends_otherwise(
    remembered: Outcome, settled: Settled | None, is_withdrawn: bool
) -> None:
    life = Life(task(), settled, remembered, is_withdrawn=is_withdrawn)
    told = outcome(life)
    assert (
        outcome(replace(life, outcome=told, settled=None)) is told
        or told.is_inferred
        or (told is Outcome.ACTIVE)
    )


def test_the_provider_of_a_run_decides_which_list_is_asked() -> None:
    farm = Farm((task(),), (Life(task(), None),))
    assert farm.observation.objects.keys() == {PROVIDER}
    assert len(absent_runs(farm.recorded, farm.observation)) == 1
