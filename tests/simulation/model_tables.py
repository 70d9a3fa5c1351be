"""What the model decides: shares of frames as bits, each through the real table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from reconciler.diff.change import Action, Standing
from reconciler.diff.finite_table import STILL_THERE, Current, FiniteSituation
from reconciler.diff.table import Decision, first_match
from reconciler.lifecycle import OnGrow
from reconciler.model import Observed, Outcome, Run, Settled, Verb
from reconciler.plan.attempts import outcome_of
from tests.simulation.model import Held, Marker, Memo, Rules, State
from tests.toy_kinds import TASK, at

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_KEPT_S = 100.0
_SEEN_AT = {0: _NOW, 1: _NOW - timedelta(seconds=1), 2: _NOW - timedelta(seconds=_KEPT_S)}


class Seen(NamedTuple):
    """One remembered run with its object, if that is there, and what holds of it now."""

    memo: Memo
    live: Held | None
    outcome: Outcome

    @property
    def done(self) -> int:
        if self.outcome in (Outcome.SUCCEEDED, Outcome.PRESUMED_FINISHED):
            return self.memo.cover
        return self.memo.done | (self.live.done if self.live is not None else 0)


class Part(NamedTuple):
    """A share of what is wanted; `tries` are its creations less those we withdrew."""

    frames: int
    current: Current
    tries: int


class Verdict(NamedTuple):
    """What is to be done: `frames` to make as `attempt`, after `stops` have ended."""

    action: Action
    standing: Standing
    frames: int = 0
    attempt: int = 0
    stops: tuple[Held, ...] = ()
    way_out: str = ""
    says: str = ""

    @property
    def is_pending(self) -> bool:
        return self.standing is Standing.READY and self.action is not Action.NO_OP


@cache
def outcome(memo: Memo, settled: Settled | None) -> Outcome:
    """`outcome_of`, told in the model's words; `settled` is that of the run's object."""
    live = None if settled is None else Observed(TASK.id, "1", {}, settled)
    run, is_withdrawn, seen = memo.outcome, memo.is_withdrawn, memo.seen
    known = Run(at(TASK, "t"), "k", 1, "1", outcome=run, seen_at=_SEEN_AT[seen],
                retention_s=_KEPT_S, is_withdrawn=is_withdrawn)  # fmt: skip
    return outcome_of(known, live, _NOW)


def runs_of(state: State) -> list[Seen]:
    """Every remembered run as it stands now, in the order of attempts."""
    return [_seen(state, each) for each in sorted(state.memos)]


def _seen(state: State, memo: Memo) -> Seen:
    live = state.known(memo[:3])
    settled = live.settled if live is not None else None
    return Seen(memo, live, outcome(memo, settled))


def disputed(rules: Rules, state: State) -> list[Held]:
    """What stands beside a run that goes on, or carries our marker though nothing speaks of it."""
    runs = runs_of(state)
    active = {each.memo[:3] for each in runs if each.outcome is Outcome.ACTIVE}
    twins = [e for e in _strangers(rules, state) if e[:3] in active and not e.is_over]
    return [*twins, *unconfirmed(rules, state)]


def _strangers(rules: Rules, state: State) -> list[Held]:
    """What carries our marker, is listed, and is no remembered run's."""
    return [e for e in state.held if not e.is_known and not (rules.lags and e.is_fresh)]


def decided(rules: Rules, state: State, *, is_rerun: bool = False) -> Verdict:
    """The change of the one address, as `plan` would tell it."""
    runs = runs_of(state)
    going = [each for each in runs if each.outcome is Outcome.ACTIVE]
    parts, others = _parts(rules, state, runs, going)
    over = [each for each in parts if each.current not in STILL_THERE]
    failed = [each for each in over if each.current is not Current.SUCCEEDED]
    asked = (failed or over) if is_rerun else []
    is_twofold = any(e.key == state.want or not e.is_over for e in disputed(rules, state))
    facts = (not state.notes, is_twofold, bool(others))
    decisions = [
        _row(rules, facts, Current.NONE if each in asked else each.current, each.tries)
        for each in parts
    ]
    verdict = _joined(parts, decisions, [each.live for each in others if each.live])
    return verdict._replace(attempt=_next_attempt(rules, state)) if verdict.frames else verdict


@cache
def _row(rules: Rules, facts: tuple[bool, bool, bool], current: Current, tries: int) -> Decision:
    is_settled, is_twofold, other_is_active = facts
    situation = FiniteSituation(
        is_settled=is_settled,
        is_twofold=is_twofold,
        other_is_active=other_is_active,
        current=current,
        attempts=tries,
        lifecycle=rules.lifecycle,
    )
    return first_match(rules.table, situation)[1]


def unconfirmed(rules: Rules, state: State) -> list[Held]:
    """What carries our marker, and nothing we remember says that we made it."""
    noted = {each[:3] for each in state.notes if each.verb is Verb.CREATE}
    told: set[Marker] = {each[:3] for each in state.memos} | noted
    return [each for each in _strangers(rules, state) if each[:3] not in told]


# --- shares ---------------------------------------------------------------------------------------


def _parts(
    rules: Rules, state: State, runs: Sequence[Seen], going: Sequence[Seen]
) -> tuple[list[Part], list[Seen]]:
    """The shares of what is wanted, and what goes on for something else."""
    own = [each for each in runs if each.memo.key == state.want]
    if rules.lifecycle.on_grow is not OnGrow.RERUN:
        others = [each for each in going if each.memo.key != state.want]
        return list(_shares(state.wanted, own)), others
    fitting = [each for each in own if each.memo.cover == state.wanted]
    others = [each for each in going if each not in fitting]
    now = _current(fitting[-1]) if fitting else Current.NONE
    return [Part(state.wanted, now, _tries(fitting))], others


def _shares(left: int, own: Sequence[Seen]) -> Iterable[Part]:
    """Each frame is its newest run's to speak for."""
    for each in reversed(own):
        mine = left & each.memo.cover
        left &= ~mine
        done = mine & each.done if each.outcome is not Outcome.PRESUMED_FINISHED else 0
        if done:
            yield Part(done, Current.SUCCEEDED, 0)
        if mine & ~done:
            rest = mine & ~done
            yield Part(rest, _current(each), _tries([e for e in own if e.memo.cover & rest]))
    if left:
        yield Part(left, Current.NONE, 0)


def _tries(runs: Iterable[Seen]) -> int:
    return sum(each.outcome is not Outcome.WITHDRAWN for each in runs)


def _current(each: Seen) -> Current:
    if each.outcome is Outcome.ACTIVE:
        is_still = each.live is not None and each.live.settled is Settled.SUSPENDED
        return Current.SUSPENDED if is_still else Current.ACTIVE
    if each.memo.outcome is Outcome.ACTIVE and each.live is None:
        if each.outcome is Outcome.PRESUMED_FINISHED:
            return Current.ABSENT_IN_TIME
        if each.outcome is Outcome.LOST:
            return Current.ABSENT_TOO_SOON
    return Current(each.outcome.value)


# --- the whole ------------------------------------------------------------------------------------

_ENDING = (Action.REPLACE, Action.TERMINATE)
_MAKING = (Action.REPLACE, Action.CREATE)


def _joined(
    parts: Sequence[Part], decisions: Sequence[Decision], others: Sequence[Held]
) -> Verdict:
    ready = [each for each in decisions if each.standing is Standing.READY]
    frames = 0
    for part, each in zip(parts, decisions, strict=True):
        if each.standing is Standing.READY and each.action in _MAKING:
            frames |= part.frames
    is_ending = any(each.action in _ENDING for each in ready)
    stops = tuple(others) if is_ending else ()
    if frames:
        action = Action.REPLACE if is_ending else Action.CREATE
        return Verdict(action, Standing.READY, frames, stops=stops)
    if is_ending:
        return Verdict(Action.TERMINATE, Standing.READY, stops=stops)
    for standing in (Standing.BLOCKED, Standing.HELD, Standing.WAITING):
        for each in decisions:
            if each.standing is standing:
                return Verdict(each.action, standing, way_out=each.way_out, says=each.says)
    return Verdict(Action.NO_OP, Standing.READY)


def _next_attempt(rules: Rules, state: State) -> int:
    borne = [e.attempt for e in unconfirmed(rules, state)]
    own = [e.attempt for e in state.memos if e.key == state.want]
    return max([0, *own, *borne]) + 1
