"""What `plan` and `apply` do to a state of the model, moment by moment, so that it can be cut."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from reconciler.diff.change import Action
from reconciler.model import Outcome, Verb
from tests.simulation.model import (
    Broken,
    By,
    Flight,
    Held,
    Memo,
    Note,
    Rules,
    State,
    claims,
    made,
    passed,
    stopped,
    swapped,
)
from tests.simulation.model_tables import decided, disputed, outcome, runs_of


class Answer(StrEnum):
    """What becomes of a call; the last three leave its sender without an answer."""

    DONE = "done"
    REFUSED = "refused"
    LOST_BEFORE = "lost before"
    LOST_AFTER = "lost after"
    LATE = "on its way"


class Fate(NamedTuple):
    """What becomes of the calls of one apply; blind: no look at the vendor finds out either."""

    create: Answer = Answer.DONE
    stop: Answer = Answer.DONE
    is_blind: bool = False


class Ask(StrEnum):
    """What a person asks of the address."""

    NOTHING = "nothing"
    RERUN = "rerun"
    STOP = "stop"


WELL = Fate()
_STRANGE = (-99, 0, 0)
"""The marker in a note about an object that no run is remembered of."""


@dataclass(slots=True)
class Story:
    """One apply: the `state` it has come to, and what a kill leaves in its place.

    `trail` is what it leaves at each moment around an effect, in order; `flying` what it leaves
    when a request was sent right before, and has not arrived yet.
    """

    rules: Rules
    state: State
    fate: Fate
    ask: Ask
    trail: list[State] = field(default_factory=list)
    flying: list[State] = field(default_factory=list)

    def moment(self) -> None:
        self.trail.append(self.state)

    def commit(self, state: State) -> None:
        self.moment()
        self.state = state
        self.moment()


def applied(rules: Rules, state: State, fate: Fate = WELL, ask: Ask = Ask.NOTHING) -> Story:
    """One apply, told to its end.

    Raises:
        Broken: work was made again unasked.
    """
    story = Story(rules, state, fate, ask)
    _settle(story)
    _remember(story)
    _carry_out(story)
    return story


def planned(rules: Rules, state: State) -> State:
    """What a plan leaves: nothing is sent or settled, what was seen is remembered."""
    return _noted(state, settled(rules, state, is_blind=False))


def view(rules: Rules, state: State) -> State:
    """The state that a plan decides in."""
    return _seen(settled(rules, state, is_blind=False))


# --- open intents ---------------------------------------------------------------------------------


def settled(rules: Rules, state: State, *, is_blind: bool) -> State:
    """The same with every intent closed that can be, by reading."""
    for note in state.notes:
        if note.verb is Verb.CREATE:
            state = _creation_settled(rules, state, note, is_blind=is_blind)
        elif note.is_past:
            state = _stop_settled(state, note)
    return state


def _creation_settled(rules: Rules, state: State, note: Note, *, is_blind: bool) -> State:
    marker = note[:3]
    found = _found(rules, state, note, is_blind=is_blind)
    memo = state.memo(marker)
    closed = state._replace(notes=swapped(state.notes, note, None))
    if memo is not None:
        return closed
    if found is not None and len(found) == 1:
        return _known(closed, found[0], Memo(*marker, seen=note.first))
    if found is None or found or not note.is_past:
        return state
    if note.first == 2:
        return closed._replace(memos=(*state.memos, Memo(*marker, Outcome.UNKNOWN)))
    return closed


def _found(rules: Rules, state: State, note: Note, *, is_blind: bool) -> list[Held] | None:
    """What carries its marker, as far as a look shows; `None` when nobody can look."""
    if is_blind:
        return None
    there = [each for each in state.held if each[:3] == note[:3]]
    if rules.is_unique:
        return [each for each in there if not each.is_copy]
    return [e for e in there if not (rules.lags and e.is_fresh)]


def _stop_settled(state: State, note: Note) -> State:
    memo = state.memo(note[:3])
    state = state._replace(notes=swapped(state.notes, note, None))
    if memo is None or not memo.is_withdrawn or memo.outcome is not Outcome.ACTIVE:
        return state
    live = state.known(note[:3])
    if live is None:
        return _told(state, memo._replace(outcome=Outcome.UNKNOWN))
    return _told(state, memo._replace(is_withdrawn=live.is_over))


def _known(state: State, held: Held, memo: Memo) -> State:
    """The state has a run with the id of this object."""
    there = swapped(state.held, held, held._replace(is_known=True))
    return state._replace(held=there, memos=(*state.memos, memo))


def adopted(state: State, held: Held) -> State:
    """A person has us own what nothing confirms."""
    return _known(state, held, Memo(*held[:3]))


def _settle(story: Story) -> None:
    rules, is_blind = story.rules, story.fate.is_blind
    after = settled(rules, story.state, is_blind=is_blind)
    if any(not each.is_past for each in after.notes):
        _wait(story)
        after = settled(rules, story.state, is_blind=is_blind)
    if len(after.notes) < len(story.state.notes):
        story.commit(after)


def _wait(story: Story) -> None:
    if story.rules.waits:
        story.state = passed(story.state, is_listed=story.rules.lag_ends)
    else:
        aged = tuple(each._replace(is_past=True) for each in story.state.notes)
        story.state = story.state._replace(notes=aged)


# --- what is seen ---------------------------------------------------------------------------------


def _told(state: State, memo: Memo) -> State:
    """The run as it is remembered from now on.

    Raises:
        Broken: an end that was seen is forgotten.
    """
    was = state.memo(memo[:3])
    assert was is not None, memo
    if was.is_seen_end and (memo.outcome is not was.outcome or was.done & ~memo.done):
        raise Broken(f"{was} is now remembered as {memo}")
    return state._replace(memos=swapped(state.memos, was, memo))


def _ended_as(memo: Memo, live: Held | None) -> Memo:
    """The run with what became of it.

    Raises:
        Broken: who ended it is told wrong.
    """
    settled = live.settled if live is not None else None
    became = outcome(memo, settled)
    if live is not None and live.is_over and memo.outcome is Outcome.ACTIVE:
        wrong = {Outcome.CANCELLED: By.US, Outcome.WITHDRAWN: By.PERSON}.get(became)
        if live.by is wrong:
            raise Broken(f"{live} is remembered as {became}")
    done = memo.done | (live.done if live is not None else 0)
    return memo._replace(outcome=became, done=done, seen=0)


def _news(state: State) -> list[Memo]:
    """The runs that are there, and stand otherwise than remembered, or were seen long ago."""
    found = []
    for memo in state.memos:
        live = state.known(memo[:3])
        if live is None:
            continue
        now = _ended_as(memo, live)
        is_old = now.outcome is Outcome.ACTIVE and memo.seen > 0
        if now[:5] != memo[:5] or is_old:
            found.append(now)
    return found


def _absences(state: State) -> list[Memo]:
    return [
        each.memo._replace(outcome=each.outcome, seen=0)
        for each in runs_of(state)
        if each.live is None and each.outcome is not each.memo.outcome
    ]


def _seen(state: State) -> State:
    for memo in _news(state):
        state = _told(state, memo)
    return state


def _noted(stored: State, absorbed: State) -> State:
    """What a plan remembers: facts about runs, whatever the state holds of them by now."""
    for now in _news(absorbed):
        was = stored.memo(now[:3])
        if was is None:
            held = next(e for e in stored.held if e not in absorbed.held and e[:3] == now[:3])
            stored = _known(stored, held, now)
        elif was.is_seen_end:
            stored = _told(stored, was._replace(done=was.done | now.done))
        else:
            ours = was.is_withdrawn and now.outcome is Outcome.CANCELLED
            became = Outcome.WITHDRAWN if ours else now.outcome
            done = was.done | now.done
            stored = _told(stored, was._replace(outcome=became, done=done, seen=0))
    return stored


def _remember(story: Story) -> None:
    news = [*_news(story.state), *_absences(story.state)]
    if not news:
        return
    state = story.state
    for memo in news:
        state = _told(state, memo)
    story.commit(state)


# --- what is sent ---------------------------------------------------------------------------------


def _carry_out(story: Story) -> None:
    if story.ask is Ask.STOP:
        _stop_asked(story)
        return
    verdict = decided(story.rules, story.state, is_rerun=story.ask is Ask.RERUN)
    if not verdict.is_pending:
        return
    ended: list[Held] = []
    for each in verdict.stops:
        if not _stop(story, each):
            break
        ended.append(each)
    else:
        if verdict.action is not Action.TERMINATE:
            _create(story, (story.state.want, verdict.attempt, verdict.frames))
    _note_ends(story, ended)


def _stop_asked(story: Story) -> None:
    state = story.state
    going = [each.live for each in runs_of(state) if each.outcome is Outcome.ACTIVE]
    others = [each for each in disputed(story.rules, state) if not each.is_over]
    ended: list[Held] = []
    for each in (*(live for live in going if live is not None), *others):
        if not _stop(story, each):
            break
        ended.append(each)
    _note_ends(story, ended)


def _stop(story: Story, held: Held) -> bool:
    """Whether it was stopped for sure."""
    state, marker = story.state, held[:3]
    name = marker if held.is_known else _STRANGE
    note, was = Note(*name, Verb.STOP), state.memo(marker) if held.is_known else None
    noted = state._replace(notes=(*state.notes, note))
    is_ours = was is not None and story.ask is not Ask.STOP
    if is_ours and was is not None:
        noted = _told(noted, was._replace(is_withdrawn=True))
    story.commit(noted)
    story.moment()
    answer = story.fate.stop
    if answer is Answer.REFUSED:
        story.commit(state)
        return False
    story.flying.append(_sent(story, held, Verb.STOP))
    if answer is Answer.LATE:
        story.state = story.flying[-1]
    if answer in (Answer.DONE, Answer.LOST_AFTER):
        by = By.PERSON if story.ask is Ask.STOP else By.US
        story.state = stopped(story.state, held, by)
    story.moment()
    if answer is not Answer.DONE:
        return False
    story.commit(story.state._replace(notes=_without(story.state.notes, note)))
    return True


def _sent(story: Story, each: Held | Note, verb: Verb) -> State:
    """A request is on its way, and its sender hears no more of it."""
    is_asked = story.ask is (Ask.STOP if verb is Verb.STOP else Ask.RERUN)
    flight = Flight(each.key, each.attempt, each.cover, verb, is_asked)
    return story.state._replace(flights=(*story.state.flights, flight))


def _without(notes: tuple[Note, ...], note: Note) -> tuple[Note, ...]:
    return tuple(each for each in notes if (each[:3], each.verb) != (note[:3], note.verb))


def _create(story: Story, marker: tuple[int, int, int]) -> None:
    note = Note(*marker, Verb.CREATE)
    _require_tries_left(story, note)
    if story.rules.notes_first:
        story.commit(story.state._replace(notes=(*story.state.notes, note)))
    story.moment()
    answer = story.fate.create
    if answer is Answer.REFUSED:
        story.commit(story.state._replace(notes=_without(story.state.notes, note)))
        return
    story.flying.append(_sent(story, note, Verb.CREATE))
    if answer is Answer.LATE:
        story.state = story.flying[-1]
    if answer in (Answer.DONE, Answer.LOST_AFTER):
        _make(story, note)
    if answer is Answer.DONE:
        _answered(story, note)
    elif not story.fate.is_blind:
        _look_for(story, note)


def _require_tries_left(story: Story, note: Note) -> None:
    """
    Raises:
        Broken: what failed or was lost is made more often than `maxAttempts` allows.
    """
    most = story.rules.lifecycle.max_attempts
    asked = claims(story.rules, note.cover) if story.ask is not Ask.RERUN else 0
    own = [each for each in sorted(story.state.memos) if each.key == note.key]
    while asked:
        claim = asked & -asked
        asked ^= claim
        tries = [each for each in own if claims(story.rules, each.cover) & claim]
        counted = [each for each in tries if each.outcome is not Outcome.WITHDRAWN]
        if len(counted) >= most and tries[-1].outcome in (Outcome.FAILED, Outcome.LOST):
            raise Broken(f"{note[:3]} is tried again after {counted}")


def _make(story: Story, note: Note) -> None:
    is_asked = story.ask is Ask.RERUN
    story.state = made(story.rules, story.state, note[:3], is_asked=is_asked)
    story.moment()


def _answered(story: Story, note: Note) -> None:
    state = story.state
    there = [e for e in state.held if e[:3] == note[:3] and not e.is_known and not e.is_copy]
    closed = state._replace(notes=_without(state.notes, note))
    story.commit(_known(closed, there[-1], Memo(*note[:3])))


def _look_for(story: Story, note: Note) -> None:
    """Its answer was lost: it is looked for, waited for, and sent again when it never arrived."""
    if not _found(story.rules, story.state, note, is_blind=False):
        _wait(story)
    if not _found(story.rules, story.state, note, is_blind=False):
        again = (*_without(story.state.notes, note), note._replace(first=1))
        story.commit(story.state._replace(notes=again))
        story.moment()
        _make(story, note)
    _answered(story, note)


def _note_ends(story: Story, stopped_ones: Iterable[Held]) -> None:
    """How the stopped runs ended is remembered."""
    state = story.state
    for each in stopped_ones:
        memo = state.memo(each[:3])
        if each.is_known and memo is not None:
            now = _ended_as(memo, state.known(each[:3]))
            state = _told(state, now) if now.outcome.is_over else state
    if state is not story.state:
        story.commit(state)
