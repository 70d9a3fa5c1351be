"""Every story of a few moves in the model: `python -m tests.simulation.explore --model --depth 6`.

A move is one thing that somebody does or that happens: the manifest is edited, frames are added or
taken, `lifecycle.run` is raised; a plan, an apply with whatever becomes of its calls and wherever
it is killed, a `rerun`, a `stop`; one piece of work succeeds, fails wholly or in part, is cancelled
or suspended by a person, goes on, is removed, is copied; a request that was given up arrives; time
passes, for longer than any lost answer is waited for or than the vendor keeps what is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from reconciler.lifecycle import Lifecycle, OnChange, OnEnd, OnGrow
from reconciler.model import Settled
from tests.simulation.found import Found, Tell, void
from tests.simulation.model import (
    Broken,
    Flight,
    Held,
    Rules,
    State,
    arrived,
    copied,
    ended,
    long_passed,
    passed,
    removed,
)
from tests.simulation.model_apply import WELL, Answer, Ask, Fate, applied, planned
from tests.simulation.model_laws import canonical, check, check_way_on

_EAGER = Lifecycle(
    on_change=OnChange.REPLACE, on_failure=OnEnd.RERUN, on_lost=OnEnd.RERUN, max_attempts=2
)
_PATIENT = Lifecycle(on_change=OnChange.WAIT)
_WHOLE = Lifecycle(on_change=OnChange.REPLACE, on_grow=OnGrow.RERUN)
LIFECYCLES: Mapping[str, Lifecycle] = {
    "by default": Lifecycle(),
    "patient": _PATIENT,
    "eager": _EAGER,
    "whole": _WHOLE,
}
GAMES: Mapping[str, Rules] = {
    f"{vendor}, {name}": Rules(is_unique=is_unique, lags=not is_unique, lifecycle=lifecycle)
    for vendor, is_unique in (("unique id", True), ("no unique id", False))
    for name, lifecycle in LIFECYCLES.items()
} | {"unique id, with copies": Rules(lifecycle=_EAGER, has_copies=True)}
FATES = (
    *(Fate(create=each, is_blind=True) for each in Answer if each is not Answer.DONE),
    *(Fate(stop=each) for each in Answer if each is not Answer.DONE),
    *(Fate(create=each) for each in (Answer.LOST_BEFORE, Answer.LOST_AFTER, Answer.LATE)),
)

Move = Callable[[], Iterator[tuple[str, State]]]
"""The states it may come to, each with what became of it on the way."""


def moves(rules: Rules, state: State) -> Iterator[tuple[str, Move]]:
    """Everything that may happen next, by name; an apply comes to several states."""
    yield "edit", partial(_only, state._replace(want=state.want ^ 1))
    yield "raise run", partial(_only, state._replace(want=state.want + 2))
    if state.last < 3:
        yield "grow", partial(_only, state._replace(last=state.last + 1))
    if state.last > 1:
        yield "shrink", partial(_only, state._replace(last=state.last - 1))
    yield "plan", lambda: _only(planned(rules, state))
    for ask in Ask:
        yield "apply" if ask is Ask.NOTHING else ask.value, partial(_runs, rules, state, ask)
    for each in state.held:
        yield from _lives(rules, state, each)
    for flight in state.flights:
        yield f"{flight.verb} {flight[:3]} arrives", partial(_arrived, rules, state, flight)
    yield "soon", lambda: _only(passed(state))
    yield "late", lambda: _only(long_passed(rules, state))


def _only(state: State) -> Iterator[tuple[str, State]]:
    yield "", state


def _arrived(rules: Rules, state: State, flight: Flight) -> Iterator[tuple[str, State]]:
    yield from _only(arrived(rules, state, flight))


def _runs(rules: Rules, state: State, ask: Ask) -> Iterator[tuple[str, State]]:
    """An apply, whatever becomes of its calls, and wherever it is killed."""
    story = applied(rules, state, WELL, ask)
    yield "", story.state
    for moment, killed in enumerate(story.trail):
        if killed not in story.trail[:moment]:
            yield f", killed at {moment}", killed
    for killed in story.flying:
        yield ", killed with a request on its way", killed
    if story.flying:
        for fate in FATES:
            blind = ", blind" if fate.is_blind else ""
            say = f", create {fate.create}, stop {fate.stop}{blind}"
            yield say, applied(rules, state, fate, ask).state


def _lives(rules: Rules, state: State, each: Held) -> Iterator[tuple[str, Move]]:
    name = str(each[:3])
    if not each.is_over:
        is_still = each.settled is Settled.SUSPENDED
        moved = Settled.IN_PROGRESS if is_still else Settled.SUSPENDED
        for settled in (Settled.SUCCEEDED, Settled.FAILED, Settled.CANCELLED, moved):
            yield f"{name} {settled}", partial(_only, ended(state, each, settled))
        first = each.cover & -each.cover
        if first != each.cover:
            failed = ended(state, each, Settled.FAILED, first)
            yield f"{name} failed in part", partial(_only, failed)
    if rules.has_copies and not any(e.is_copy for e in state.held):
        yield f"{name} copied", partial(_only, copied(state, each))
    yield f"{name} removed", partial(_only, removed(rules, state, each, by_person=True))


def explored(rules: Rules, depth: int, *, most: int = 1, tell: Tell = void) -> Found:
    """Breadth first, so that a violation comes with as few moves as it takes."""
    found, known, met = Found(), set[State](), set[State]()
    start = canonical(rules, State())
    came: dict[State, tuple[State, str] | None] = {start: None}
    frontier = [start]
    for _ in range(depth):
        following: list[State] = []
        for state in frontier:
            for name, move in moves(rules, state):
                try:
                    for how, after in move():
                        found.transitions += 1
                        if after in met:
                            continue
                        met.add(after)
                        check(after)
                        told = canonical(rules, after)
                        if told not in came:
                            came[told] = (state, name + how)
                            following.append(told)
                            check_way_on(rules, told, known)
                except Broken as error:
                    found.violations.append(((*_path(came, state), name), str(error)))
                    if len(found.violations) >= most:
                        return found
        frontier = following
        found.states = len(came)
        tell(found)
    return found


def _path(came: Mapping[State, tuple[State, str] | None], state: State) -> tuple[str, ...]:
    before = came[state]
    return () if before is None else (*_path(came, before[0]), before[1])
