"""What must hold in every state of the model, and which states can't be told apart."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from functools import cache
from typing import TypeVar

from reconciler.diff.change import Standing
from reconciler.lifecycle import OnChange, OnEnd
from reconciler.model import Outcome, Settled, Verb
from tests.simulation.model import (
    Broken,
    Flight,
    Held,
    Memo,
    Note,
    Rules,
    State,
    barred_with,
    bars_of,
    claims,
    ended,
    passed,
)
from tests.simulation.model_apply import WELL, Ask, adopted, applied, view
from tests.simulation.model_tables import Verdict, decided, unconfirmed

# --- what always holds ----------------------------------------------------------------------------


def check(state: State) -> None:
    """Nothing goes on twice; every object is remembered, or an open intent leads to it.

    Raises:
        Broken: one of these does not hold.
    """
    going = [each for each in state.held if not each.is_over and not each.is_copy]
    for one, other in itertools.combinations(going, 2):
        if one.key == other.key and one.cover & other.cover:
            raise Broken(f"{one} and {other} go on at once")
    told = {each[:3] for each in state.memos if each.outcome is Outcome.UNKNOWN}
    told |= {each[:3] for each in state.notes if each.verb is Verb.CREATE}
    for each in state.held:
        if not each.is_known and not each.is_copy and each[:3] not in told:
            raise Broken(f"{each} is lost")
    remembered = told | {each[:3] for each in state.memos}
    for marker in state.vanished:
        if marker not in remembered:
            raise Broken(f"{marker} came and went")


# --- the way on -----------------------------------------------------------------------------------

NOT_OURS = (Outcome.FAILED, Outcome.CANCELLED, Outcome.LOST, Outcome.UNKNOWN)
STUCK = (Standing.BLOCKED, Standing.HELD, Standing.WAITING)


def check_way_on(rules: Rules, state: State, known: set[State]) -> None:
    """Two applies and nothing is left to do; what is held then is held for a person to decide.

    Each way out that the table names for it leads out.

    `known` are states from which that was found before; it gets this one's.

    Raises:
        Broken: it is not so.
    """
    mended = _applied(rules, passed(state))
    name = canonical(rules, mended)
    if name in known:
        return
    known.add(name)
    mended = _applied(rules, mended)
    verdict = decided(rules, view(rules, mended))
    if verdict.is_pending or mended.notes:
        raise Broken(f"two applies leave {verdict.action} to do, and {mended.notes}")
    if applied(rules, mended).trail:
        raise Broken("what was applied twice is sent a third time")
    is_for_a_person = any(
        each.key == mended.want and each.outcome in NOT_OURS for each in mended.memos
    )
    if verdict.standing is Standing.HELD and not is_for_a_person:
        raise Broken("what we withdrew, or what succeeded, is held")
    if verdict.standing in STUCK:
        _check_ways_out(rules, mended, verdict)


def _applied(rules: Rules, state: State, ask: Ask = Ask.NOTHING) -> State:
    after = applied(rules, state, WELL, ask).state
    check(after)
    return after


def _check_ways_out(rules: Rules, state: State, verdict: Verdict) -> None:
    ways = [(word, way) for word, way in _WAYS.items() if word in verdict.way_out]
    if not ways:
        raise Broken(f"no way out of: {verdict.says}")
    for word, way in ways:
        if word == "stop " and unconfirmed(rules, state):
            continue  # it ends them; whether they were the work, `adopt` says
        allowing, after = way(rules, state)
        left = decided(allowing, view(allowing, after))
        is_a_persons = word in ("stop ", "adopt ") and left.standing is Standing.HELD
        if left.standing in STUCK and left.says == verdict.says and not is_a_persons:
            raise Broken(f"{word} does not help: {verdict.says}")


def _rerun(rules: Rules, state: State) -> tuple[Rules, State]:
    return rules, _applied(rules, state, Ask.RERUN)


def _raise_run(rules: Rules, state: State) -> tuple[Rules, State]:
    return rules, _applied(rules, state._replace(want=state.want + 2))


def _stop(rules: Rules, state: State) -> tuple[Rules, State]:
    return rules, _applied(rules, _applied(rules, state, Ask.STOP))


def _adopt(rules: Rules, state: State) -> tuple[Rules, State]:
    """What nothing confirms; what stands twice is stopped."""
    strange = unconfirmed(rules, state)
    if not strange:
        return _stop(rules, state)
    return rules, _applied(rules, adopted(state, strange[0]))


def _replace(rules: Rules, state: State) -> tuple[Rules, State]:
    allowing = _replacing(rules)
    return allowing, _applied(allowing, state)


@cache
def _replacing(rules: Rules) -> Rules:
    return replace(rules, lifecycle=replace(rules.lifecycle, on_change=OnChange.REPLACE))


def _wait(rules: Rules, state: State) -> tuple[Rules, State]:
    for _ in range(2):
        for each in state.held:
            state = state if each.is_over else ended(state, each, Settled.SUCCEEDED)
        state = _applied(rules, state)
    return rules, state


_WAYS: dict[str, Callable[[Rules, State], tuple[Rules, State]]] = {
    "rerun": _rerun,
    "lifecycle.run": _raise_run,
    "stop ": _stop,
    "adopt ": _adopt,
    "onChange": _replace,
    "wait": _wait,
    "with a later apply": _wait,
}
"""What a person does who reads this in a remedy."""


# --- which states are one -------------------------------------------------------------------------


def canonical(rules: Rules, state: State) -> State:
    """One state for all that can't be told apart, whatever happens next.

    The wanted key is 0, the other work's 1; keys of an earlier `run`, below 0, are never wanted
    again, so what has ended of them is left out. An object whose end is remembered leaves what it
    bars. Runs that we withdrew, and whose frames newer ones speak for, decide nothing but attempt
    numbers, which are counted anew.
    """
    remembered = {each[:3] for each in state.memos}
    came = tuple(sorted({*state.vanished} - remembered))
    state = _without_ended(rules, state)._replace(vanished=came)
    state = state._replace(memos=tuple(_plain(each) for each in _deciding(rules, state)))
    state = _renamed(state)
    return state._replace(
        held=tuple(sorted(state.held)),
        memos=tuple(sorted(state.memos)),
        notes=tuple(sorted(state.notes)),
        flights=tuple(sorted(set(state.flights))),
        vanished=tuple(sorted(state.vanished)),
    )


def _without_ended(rules: Rules, state: State) -> State:
    kept, barred = [], state.barred
    ends = {each[:3]: each.done for each in state.memos if each.is_seen_end}
    for each in state.held:
        is_told = each.is_known and each[:3] in ends and not each.done & ~ends[each[:3]]
        if is_told and each.is_over:
            barred = barred_with(barred, each.key, bars_of(rules, each))
        else:
            kept.append(each)
    current = (state.want, state.want ^ 1)
    barred = tuple((key, bars) for key, bars in barred if key in current and bars)
    return state._replace(held=tuple(kept), barred=barred)


def _deciding(rules: Rules, state: State) -> Iterable[Memo]:
    """The runs that something may depend on."""
    is_counted = OnEnd.RERUN in (rules.lifecycle.on_failure, rules.lifecycle.on_lost)
    there = {each[:3] for each in (*state.held, *state.notes, *state.flights)}
    for memo in state.memos:
        if memo.outcome is Outcome.ACTIVE or memo[:3] in there:
            yield memo
        elif memo.key in (state.want, state.want ^ 1):
            left = claims(rules, memo.cover)
            for each in state.memos:
                if each.key == memo.key and each.attempt > memo.attempt:
                    left &= ~claims(rules, each.cover)
            is_shadowed = memo.is_seen_end and not left
            if not is_shadowed or (is_counted and memo.outcome is not Outcome.WITHDRAWN):
                yield memo


def _plain(memo: Memo) -> Memo:
    """The run without what its outcome makes meaningless."""
    if memo.outcome is Outcome.ACTIVE:
        return memo if memo.seen == 2 else memo._replace(seen=0)
    done = memo.done if memo.outcome in (Outcome.FAILED, Outcome.CANCELLED) else 0
    return memo._replace(done=done, seen=0, is_withdrawn=False)


N = TypeVar("N", Held, Memo, Note, Flight)


def _by_content(state: State, older: Collection[int]) -> Iterable[int]:
    """Keys nobody will want again, in an order that does not hang on their numbers."""
    if len(older) < 2:
        return older

    def content(key: int) -> list[list[tuple[object, ...]]]:
        return [sorted(e[1:] for e in those if e[0] == key) for those in state[2:6]]

    return sorted(older, key=content)


def _renamed(state: State) -> State:
    """Keys and attempts counted anew, in their order."""
    marked = {each[:2] for those in state[2:6] for each in those}
    marked |= {each[:2] for each in state.vanished}
    current = (state.want, state.want ^ 1)
    older = {key for key, _ in marked}.difference(current)
    keys = dict(zip(current, (0, 1), strict=True))
    keys |= {key: -number for number, key in enumerate(_by_content(state, older), start=1)}
    names: dict[tuple[int, int], tuple[int, int]] = {}
    counts: dict[int, int] = {}
    for key, attempt in sorted(marked):
        counts[key] = counts.get(key, 0) + 1
        names[key, attempt] = (keys[key], counts[key])
    if not state.want and all(name == told for name, told in names.items()):
        return state

    def renamed(those: tuple[N, ...]) -> tuple[N, ...]:
        told = ((each, names[each[:2]]) for each in those)
        return tuple(each._replace(key=key, attempt=attempt) for each, (key, attempt) in told)

    return state._replace(
        want=0,
        held=renamed(state.held),
        memos=renamed(state.memos),
        notes=renamed(state.notes),
        flights=renamed(state.flights),
        barred=tuple(sorted((keys[key], bars) for key, bars in state.barred)),
        vanished=tuple((*names[key, attempt], cover) for key, attempt, cover in state.vanished),
    )
