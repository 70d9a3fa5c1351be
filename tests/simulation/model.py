"""A small vendor and our memory of one piece of work, as states that are compared and counted.

A state holds what the vendor has, what is on its way to it, what we remember and what the manifest
says; frames are bits of a number, times are what they decide. `model_tables` decides in it,
`model_apply` carries out, `model_laws` says what must hold; nothing here calls the real apply.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeVar

from reconciler.diff.finite_table import FINITE, FiniteSituation
from reconciler.diff.table import Row
from reconciler.lifecycle import UNSAID, Lifecycle, OnEnd, OnGrow
from reconciler.model import Outcome, Settled, Verb

Marker = tuple[int, int, int]
"""Run key, attempt, frames."""
T = TypeVar("T")


class Broken(AssertionError):
    """A law does not hold; says which."""


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """What one exploration takes for granted; the last four are broken on purpose by tests.

    `lags`: a new object is not listed at once. `is_unique`: the vendor makes one object, however
    often it is asked under one marker. `has_copies`: people copy objects with our marker on them.
    """

    is_unique: bool = True
    lags: bool = False
    lifecycle: Lifecycle = UNSAID
    has_copies: bool = False
    table: tuple[Row[FiniteSituation], ...] = FINITE
    waits: bool = True
    notes_first: bool = True
    lag_ends: bool = True


class By(StrEnum):
    """Who ended what was cancelled; `EITHER` where nobody could tell."""

    NOBODY = "nobody"
    US = "us"
    PERSON = "person"
    EITHER = "either"


class Held(NamedTuple):
    """One object of the vendor's. `bars` are claims that nobody may make again unasked."""

    key: int
    attempt: int
    cover: int
    settled: Settled = Settled.IN_PROGRESS
    done: int = 0
    bars: int = 0
    is_known: bool = False
    """Whether the state has a run with its id."""
    is_fresh: bool = True
    """Whether a list that lags does not show it yet."""
    by: By = By.NOBODY
    is_copy: bool = False
    """Whether somebody made it of another one, our marker with it; no unique id leads to it."""

    @property
    def is_over(self) -> bool:
        return self.settled in OVER


class Memo(NamedTuple):
    """One run as the state remembers it.

    `seen` tells how long ago: 0 just now, 1 a while, 2 longer than the vendor keeps what is over.
    """

    key: int
    attempt: int
    cover: int
    outcome: Outcome = Outcome.ACTIVE
    done: int = 0
    is_withdrawn: bool = False
    seen: int = 0

    @property
    def is_seen_end(self) -> bool:
        return self.outcome.is_over and not self.outcome.is_inferred


class Note(NamedTuple):
    """One open intent; `first` tells how long ago it was first sent, as `Memo.seen` does."""

    key: int
    attempt: int
    cover: int
    verb: Verb
    first: int = 0
    is_past: bool = False
    """Whether what was sent last can arrive no more, and is listed if it did."""


class Flight(NamedTuple):
    """A request whose sender hears no more of it, and which may still arrive."""

    key: int
    attempt: int
    cover: int
    verb: Verb
    is_asked: bool = False


class State(NamedTuple):
    """`want` is the wanted run key, twice the number of `lifecycle.run` plus which work it is.

    `barred` are (key, claims) of objects that are gone; `vanished` markers of objects that came and
    went while no run was remembered of them.
    """

    want: int = 0
    last: int = 2
    held: tuple[Held, ...] = ()
    memos: tuple[Memo, ...] = ()
    notes: tuple[Note, ...] = ()
    flights: tuple[Flight, ...] = ()
    barred: tuple[tuple[int, int], ...] = ()
    vanished: tuple[Marker, ...] = ()

    @property
    def wanted(self) -> int:
        """The frames the manifest asks for."""
        return (1 << self.last) - 1

    def memo(self, marker: Marker) -> Memo | None:
        return next((each for each in self.memos if each[:3] == marker), None)

    def known(self, marker: Marker) -> Held | None:
        """The object a remembered run has the id of, if it is there."""
        found = (each for each in self.held if each.is_known and each[:3] == marker)
        return next(found, None)


OVER = frozenset({Settled.SUCCEEDED, Settled.FAILED, Settled.CANCELLED})


def swapped(those: tuple[T, ...], was: T, becomes: T | None) -> tuple[T, ...]:
    """The same with one of them changed, or left out."""
    position = next(number for number, each in enumerate(those) if each is was)
    kept = () if becomes is None else (becomes,)
    return (*those[:position], *kept, *those[position + 1 :])


# --- what the vendor does -------------------------------------------------------------------------


def made(rules: Rules, state: State, marker: Marker, *, is_asked: bool) -> State:
    """A creation arrives.

    Raises:
        Broken: it does again what nobody asked for again, or what still goes on.
    """
    if rules.is_unique and any(e[:3] == marker and not e.is_copy for e in state.held):
        return state
    key, attempt, cover = marker
    _judge(rules, state, marker, is_asked=is_asked)
    bars = claims(rules, cover)
    if is_asked:
        state = _wiped(state, key, bars)
    return state._replace(held=(*state.held, Held(key, attempt, cover, bars=bars)))


def claims(rules: Rules, cover: int) -> int:
    """What a run of these frames does once and for all: each of them, or all of them together."""
    return 1 << cover if rules.lifecycle.on_grow is OnGrow.RERUN else cover


def _judge(rules: Rules, state: State, marker: Marker, *, is_asked: bool) -> None:
    key, _, cover = marker
    claimed = 0 if is_asked else claims(rules, cover)
    for each in (one for one in state.held if not one.is_copy):
        is_same = each.key == key
        if not each.is_over and (each.cover & cover or not is_same):
            raise Broken(f"{marker} is made beside {each}")
        if is_same and bars_of(rules, each) & claimed:
            raise Broken(f"{marker} does again what {each} did")
    if dict(state.barred).get(key, 0) & claimed:
        raise Broken(f"{marker} does again what is gone")


def _wiped(state: State, key: int, claimed: int) -> State:
    """What a person asks for again: what was made of it before counts no more."""
    return state._replace(
        held=tuple(
            each._replace(bars=each.bars & ~claimed) if each.key == key else each
            for each in state.held
        ),
        barred=tuple(
            (other, bars & ~claimed if other == key else bars) for other, bars in state.barred
        ),
    )


def bars_of(rules: Rules, each: Held) -> int:
    """The claims nobody may make again unasked after what has ended so."""
    if each.settled is Settled.CANCELLED and each.by in (By.US, By.EITHER):
        return 0
    if each.settled is Settled.FAILED and rules.lifecycle.on_failure is OnEnd.RERUN:
        return each.bars & (0 if rules.lifecycle.on_grow is OnGrow.RERUN else each.done)
    return each.bars


def stopped(state: State, each: Held, by: By) -> State:
    """A stop arrives; what is over stays as it is."""
    if each.is_over:
        return state
    ended = each._replace(settled=Settled.CANCELLED, by=by)
    return state._replace(held=swapped(state.held, each, ended))


def removed(rules: Rules, state: State, each: Held, *, by_person: bool) -> State:
    """It is gone; work that was not over was cancelled by it."""
    over = each if each.is_over else _cancelled(state, each)
    memo = state.memo(each[:3]) if each.is_known else None
    is_seen = memo is not None and memo.is_seen_end
    bars = bars_of(rules, over)
    is_eager = rules.lifecycle.on_lost is OnEnd.RERUN
    if by_person and not is_seen and (is_eager or not each.is_known):
        bars = 0  # a person removed it before it was known, or lost work is declared to run again
    gone = () if by_person or each.is_known or each.is_copy else (each[:3],)
    return state._replace(
        held=swapped(state.held, each, None),
        barred=barred_with(state.barred, each.key, bars),
        vanished=(*state.vanished, *gone),
    )


def barred_with(
    barred: tuple[tuple[int, int], ...], key: int, bars: int
) -> tuple[tuple[int, int], ...]:
    """The same with more frames of a key."""
    if not bars:
        return barred
    found = dict(barred)
    found[key] = found.get(key, 0) | bars
    return tuple(sorted(found.items()))


def _cancelled(state: State, each: Held) -> Held:
    """A person cancels it; whose it was can't be told while a stop of ours is open."""
    ending = {note[:3] for note in state.notes if note.verb is Verb.STOP}
    ending |= {flight[:3] for flight in state.flights if flight.verb is Verb.STOP}
    by = By.EITHER if each[:3] in ending else By.PERSON
    return each._replace(settled=Settled.CANCELLED, by=by)


def ended(state: State, each: Held, settled: Settled, done: int = 0) -> State:
    """It comes to its end, is suspended or goes on; a person's cancel is one of them."""
    if settled is Settled.CANCELLED:
        after = _cancelled(state, each)
    else:
        full = each.cover if settled is Settled.SUCCEEDED else done
        after = each._replace(settled=settled, done=full)
    return state._replace(held=swapped(state.held, each, after))


def copied(state: State, each: Held) -> State:
    """Somebody makes another one of it."""
    copy = Held(*each[:3], is_copy=True)
    return state._replace(held=(*state.held, copy))


def arrived(rules: Rules, state: State, flight: Flight) -> State:
    """A request arrives whose sender hears no more of it."""
    state = state._replace(flights=swapped(state.flights, flight, None))
    marker = flight[:3]
    if flight.verb is Verb.CREATE:
        return made(rules, state, marker, is_asked=flight.is_asked)
    going = [e for e in state.held if e[:3] == marker and not e.is_over and not e.is_copy]
    by = By.PERSON if flight.is_asked else By.US
    return stopped(state, going[0], by) if going else state


# --- time -----------------------------------------------------------------------------------------


def passed(state: State, *, is_listed: bool = True) -> State:
    """So much time that nothing that was sent can arrive any more."""
    held = tuple(e._replace(is_fresh=False) if e.is_fresh else e for e in state.held)
    return state._replace(
        held=held if is_listed else state.held,
        memos=tuple(e if e.seen else e._replace(seen=1) for e in state.memos),
        notes=tuple(e._replace(is_past=True, first=max(e.first, 1)) for e in state.notes),
        flights=(),
    )


def long_passed(rules: Rules, state: State) -> State:
    """So much time that the vendor has removed all that was over."""
    for each in state.held:
        if each.is_over:
            state = removed(rules, state, each, by_person=False)
    state = passed(state)
    return state._replace(
        memos=tuple(each._replace(seen=2) for each in state.memos),
        notes=tuple(each._replace(first=2) for each in state.notes),
    )
