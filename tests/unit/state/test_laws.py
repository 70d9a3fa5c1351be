"""What a note may change, whatever the store, and in whatever order notes come."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import accumulate, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.address import Address
from reconciler.model import Outcome, Run
from reconciler.ranges import ranges
from reconciler.state.laws import noted, run_key_text
from tests.unit.state.strategies import digests, runs, spans, task_names

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TASK = Address("qarnot-prod", "task", "shot-010/beauty")
SEEN_ENDS = [each for each in Outcome if each.is_over and not each.is_inferred]
INFERRED = [each for each in Outcome if each.is_inferred]


def _run(outcome: Outcome = Outcome.ACTIVE, at_s: float | None = 0, done: str = "") -> Run:
    seen_at = None if at_s is None else NOW + timedelta(seconds=at_s)
    return Run(TASK, "key-1", 1, "id-1", outcome=outcome, seen_at=seen_at, done=done)


def _given_up(outcome: Outcome) -> Run:
    return replace(_run(outcome), made_at=NOW, cover="c", ranges="1-9", done="1", is_withdrawn=True)


def _sight(outcome: Outcome) -> st.SearchStrategy[Run]:
    return st.builds(_run, st.just(outcome), st.integers(-9, 9), spans)


lives = st.lists(_sight(Outcome.ACTIVE), max_size=3, unique_by=lambda run: run.seen_at)
stored = st.none() | runs.map(lambda run: replace(run, remote_id="id-1"))


# --- laws -----------------------------------------------------------------------------------------


@given(runs, runs)
def test_noting_the_same_again_changes_nothing(before: Run, seen: Run) -> None:
    once = noted(before, seen)
    assert noted(once, seen) == once
    first = noted(None, seen)
    assert noted(first, seen) == first
    assert noted(first, first) == first


@given(stored, lives, st.none() | st.sampled_from(SEEN_ENDS).flatmap(_sight))
def test_sights_of_one_life_and_its_end_give_one_row_in_any_order(
    before: Run | None, alive: list[Run], end: Run | None
) -> None:
    sights = [*alive, *([end] if end is not None else [])]
    rows = {reduce(noted, order, before) for order in permutations(sights)}
    assert len(rows) == 1


@given(stored, st.lists(st.sampled_from(SEEN_ENDS).flatmap(_sight), min_size=1, max_size=3))
def test_of_several_ends_success_or_the_first_one_stays_and_all_that_is_done_counts(
    before: Run | None, ends: list[Run]
) -> None:
    last = reduce(noted, ends, before)
    assert last is not None
    told = accumulate(ends, noted, initial=before)
    rows = [each for each in told if each is not None and each.outcome in SEEN_ENDS]
    stays = next((each for each in rows if each.outcome is Outcome.SUCCEEDED), rows[0])
    assert (last.outcome, last.seen_at) == (stays.outcome, stays.seen_at)
    assert set(ranges(last.done)) == set(ranges(before.done if before else "")).union(
        *(ranges(each.done) for each in ends)
    )


@given(runs, runs)
def test_a_note_never_moves_backwards(before: Run, seen: Run) -> None:
    after = noted(before, seen)
    assert not ranges(before.done) - ranges(after.done)
    if before.outcome in SEEN_ENDS and after.outcome is not Outcome.SUCCEEDED:
        assert (after.outcome, after.seen_at) == (before.outcome, before.seen_at)
    if before.outcome is Outcome.SUCCEEDED:
        assert (after.outcome, after.seen_at) == (before.outcome, before.seen_at)
    if after.outcome is Outcome.ACTIVE and before.seen_at is not None:
        assert after.seen_at is not None
        assert after.seen_at >= before.seen_at


@given(runs, runs)
def test_what_its_creation_wrote_is_not_changed_by_a_note(before: Run, seen: Run) -> None:
    after = noted(before, seen)
    moving = {"outcome": before.outcome, "seen_at": before.seen_at, "done": before.done}
    assert replace(after, **moving) == before  # type: ignore[arg-type]


@given(runs, st.sampled_from(INFERRED))
def test_what_is_only_inferred_changes_nothing(before: Run, outcome: Outcome) -> None:
    assert noted(before, replace(before, outcome=outcome, seen_at=NOW, done="7")) == before


# --- one by one -----------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_run_that_is_not_stored_is_taken_as_it_was_seen(outcome: Outcome) -> None:
    assert noted(None, _run(outcome, done="2,1")) == _run(outcome, done="1-2")


@pytest.mark.parametrize("before", [Outcome.ACTIVE, *INFERRED])
@pytest.mark.parametrize("end", SEEN_ENDS)
@pytest.mark.parametrize("at_s", [-60, 60, None])
def test_an_end_that_was_seen_is_a_fact_whenever_it_was_seen(
    before: Outcome, end: Outcome, at_s: float | None
) -> None:
    expected = _run(end, at_s=0 if at_s is None else at_s)
    assert noted(_run(before), _run(end, at_s)) == expected


@pytest.mark.parametrize("before", INFERRED)
def test_a_run_that_was_given_up_is_active_again_once_it_is_seen_later(before: Outcome) -> None:
    given_up = _given_up(before)
    back = replace(given_up, outcome=Outcome.ACTIVE, seen_at=NOW + timedelta(seconds=1))
    assert noted(given_up, _run(at_s=1)) == back


@pytest.mark.parametrize("before", INFERRED)
@pytest.mark.parametrize("at_s", [-1, 0, None])
def test_a_run_seen_alive_before_it_was_given_up_stays_given_up(
    before: Outcome, at_s: float | None
) -> None:
    assert noted(_given_up(before), _run(at_s=at_s)) == _given_up(before)


@pytest.mark.parametrize("stored_too", [True, False])
def test_a_run_we_asked_to_stop_is_withdrawn_when_it_is_seen_cancelled(stored_too: bool) -> None:
    before = replace(_run(), is_withdrawn=True) if stored_too else None
    seen = replace(_run(Outcome.CANCELLED, 5), is_withdrawn=not stored_too)
    assert noted(before, seen) == replace(_run(Outcome.WITHDRAWN, 5), is_withdrawn=True)


@pytest.mark.parametrize("end", [Outcome.SUCCEEDED, Outcome.FAILED])
def test_a_run_we_asked_to_stop_may_have_ended_before(end: Outcome) -> None:
    seen = noted(replace(_run(), is_withdrawn=True), _run(end, 5))
    assert seen == replace(_run(end, 5), is_withdrawn=True)


def test_a_note_makes_no_person_s_decision_ours() -> None:
    cancelled = _run(Outcome.CANCELLED)
    assert noted(cancelled, replace(_run(Outcome.CANCELLED, 5), is_withdrawn=True)) == cancelled
    assert noted(_run(), replace(cancelled, is_withdrawn=True)).outcome is Outcome.CANCELLED


@pytest.mark.parametrize("outcome", list(Outcome))
def test_what_was_seen_of_another_object_is_no_news_of_this_run(outcome: Outcome) -> None:
    copied = replace(_run(outcome, 60, done="1-9"), remote_id="id-2")
    assert noted(_run(), copied) == _run()


# --- keys -----------------------------------------------------------------------------------------

small_runs = st.builds(
    Run,
    address=st.builds(Address, st.just("p"), st.just("task"), task_names),
    run_key=digests,
    attempt=st.integers(1, 12),
    remote_id=st.just("id"),
    cover=st.just("") | digests,
)


def _identity(run: Run) -> tuple[str, str, int, str]:
    return str(run.address), run.run_key, run.attempt, run.cover


@given(small_runs, st.tuples(task_names, digests, st.integers(1, 12), digests), st.data())
def test_a_key_tells_runs_apart_by_address_run_key_attempt_and_ranges(
    one: Run, other: tuple[str, str, int, str], data: st.DataObject
) -> None:
    name, run_key, attempt, cover = other
    changed = [
        replace(one, address=replace(one.address, name=name)),
        replace(one, run_key=run_key),
        replace(one, attempt=attempt),
        replace(one, cover=cover),
        replace(one, remote_id="id-2"),
    ]
    two = data.draw(st.sampled_from(changed))
    assert (run_key_text(one) == run_key_text(two)) is (_identity(one) == _identity(two))


@given(small_runs)
def test_a_key_holds_four_parts_and_no_more_spaces(run: Run) -> None:
    assert len(run_key_text(run).split(" ")) == 4
