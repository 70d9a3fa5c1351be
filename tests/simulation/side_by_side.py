"""The model and the real code through the same moves: whatever one of them does, the other does.

The real one is the whole of plan and apply over a vendor and a state in memory. Its figures leave
room between what the model calls fresh, past and long ago, for as many kills as there are moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import anyio

from reconciler.address import Address
from reconciler.apply.prepare import Choice
from reconciler.diff.change import Action, Standing
from reconciler.diff.runkey import run_keys
from reconciler.kinds import KindSpec
from reconciler.model import Marker, Resource, Settled, Verb
from reconciler.plan.policy import Policy
from reconciler.ranges import ranges
from reconciler.workflow import make_plan
from tests.fakes import Fault, MemoryObject
from tests.simulation.model import Flight, Held, Rules, State, copied, long_passed, passed, removed
from tests.simulation.model import arrived as model_arrived
from tests.simulation.model import ended as model_ended
from tests.simulation.model_apply import WELL, Answer, Ask, Fate, applied, planned, view
from tests.simulation.model_laws import check, check_way_on
from tests.simulation.model_tables import decided
from tests.simulation.mortal import Crash, Doom
from tests.simulation.studio import SCOPE, Studio
from tests.toy_kinds import LOOSE, PROVIDER, TASK, at, toy

MOST_MOVES = 9
"""More kills than this take longer than the model calls just now."""
_PATIENCE_S = 1_000.0
_LAG_S = 400.0
_SOON_S = 5_000.0
_TTL_S = 1_000_000
_LATE_S = 2.0 * _TTL_S
_FAULTS = {
    Answer.REFUSED: Fault.REFUSED,
    Answer.LOST_BEFORE: Fault.LOST_BEFORE,
    Answer.LOST_AFTER: Fault.LOST_AFTER,
    Answer.LATE: Fault.LOST_BEFORE,
}


@dataclass(slots=True)
class Pair:
    """One workspace in the model and in the real code; after each move the two are alike."""

    rules: Rules
    state: State = field(default_factory=State)
    studio: Studio = field(init=False)
    flying: list[tuple[Flight, Marker, str]] = field(default_factory=list)
    """What is on its way, as the real vendor gets it: the marker, or the id to stop."""

    def __post_init__(self) -> None:
        lag_s = _LAG_S if self.rules.lags else 0.0
        kind = TASK if self.rules.is_unique else LOOSE
        self.studio = Studio(kind, provider=PROVIDER, list_lag_s=lag_s)
        self.studio.vendor.request_deadline_s = _PATIENCE_S
        self.studio.vendor.settle_after_s = _PATIENCE_S
        self._declare()

    # --- moves

    def say(self, edited: State) -> None:
        """The manifest is edited."""
        self.state = edited
        self._declare()

    def plan(self) -> None:
        self.state = planned(self.rules, self.state)
        self.studio.plan()

    def kill(self, moment: int) -> None:
        """An apply that is killed, or comes to its end before that."""
        story = applied(self.rules, self.state)
        is_dead = moment < len(story.trail)
        self.state = story.trail[moment] if is_dead else story.state
        try:
            self.studio.apply(Doom(moment))
        except Crash:
            assert is_dead, "the real apply has more effects than the model's"
        else:
            assert not is_dead, "the model's apply has more effects than the real one"

    def apply(self, fate: Fate = WELL, ask: Ask = Ask.NOTHING) -> None:
        before, vendor = len(self.state.flights), self.studio.vendor
        self.state = applied(self.rules, self.state, fate, ask).state
        for verb, answer in (("create", fate.create), ("stop", fate.stop)):
            if answer is not Answer.DONE:
                is_once = verb == "create" and not fate.is_blind
                vendor.inject(verb, *[_FAULTS[answer]] * (1 if is_once else 2))
        if fate.is_blind:
            vendor.inject("find", *[Fault.NOT_SENT] * 4)
        asked = frozenset({self.address})
        policy: dict[str, Any] = {} if ask is Ask.NOTHING else {ask.value: asked}
        self.studio.apply(max_deletes=99, **policy)
        vendor._faults.clear()
        self._note_flight(before)

    def arrive(self) -> None:
        """What is on its way arrives."""
        for flight, marker, remote_id in self.flying:
            self.state = model_arrived(self.rules, self.state, flight)
            world = self.studio.vendor.world
            if flight.verb is Verb.STOP:
                world.stop(world.objects[remote_id])
            elif world.twin(self.kind, marker) is None:
                made = world.make(self.kind, "t", {"ttl": _TTL_S}, marker)
                made.ranges = _frames(flight.cover)
        self.flying = []

    def end(self, position: int, settled: Settled, *, in_part: bool = False) -> None:
        """One of the unfinished objects moves on."""
        going = [each for each in sorted(self.state.held) if not each.is_over]
        if not going:
            return
        each = going[position % len(going)]
        done = each.cover & -each.cover if in_part else 0
        real = self._real(each)
        self.state = model_ended(self.state, each, settled, done)
        self.studio.vendor.settle(real.remote_id, settled, _frames(done))

    def remove(self, position: int) -> None:
        """A person removes an object."""
        held = sorted(self.state.held)
        if held:
            each = held[position % len(held)]
            self.studio.vendor.remove(self._real(each).remote_id)
            self.state = removed(self.rules, self.state, each, by_person=True)

    def copy(self, position: int) -> None:
        """A person makes another one of an object, where people do so."""
        held = sorted(self.state.held)
        if held and self.rules.has_copies and not any(each.is_copy for each in held):
            each = held[position % len(held)]
            self.studio.vendor.clone(self._real(each).remote_id)
            self.state = copied(self.state, each)

    def pass_time(self, *, is_long: bool) -> None:
        self.state = long_passed(self.rules, self.state) if is_long else passed(self.state)
        self.studio.clock.advance(_LATE_S if is_long else _SOON_S)
        self.studio.vendor.world.pass_time()

    # --- what both say

    def check(self) -> None:
        """The same would be planned, remembered and there, and what always holds holds."""
        check(self.state)
        assert self._planned_by_model() == self._planned()
        assert sorted(self._held_by_model()) == sorted(self._held())
        assert sorted(self._memos_by_model()) == sorted(self._memos())
        assert [e.verb for e in self.state.notes] == [e.verb for e in self.studio.recorded.intents]
        if not self.state.flights:
            self.flying = []

    def _planned_by_model(self) -> tuple[Action, Standing]:
        verdict = decided(self.rules, view(self.rules, self.state))
        return verdict.action, verdict.standing

    def _planned(self) -> tuple[Action, Standing]:
        """By a plan that remembers nothing."""
        setting = replace(self.studio._setting(Doom()), records=False)
        choice = Choice(lambda seal: Policy(seal, max_deletes=99))
        plan = anyio.run(make_plan, setting, choice).plan
        if not plan.changes:
            return Action.NO_OP, Standing.READY
        (change,) = plan.changes
        return change.action, change.standing

    def _held_by_model(self) -> list[tuple[Any, ...]]:
        return [(*each[:3], each.settled, each.done) for each in self.state.held]

    def _held(self) -> list[tuple[Any, ...]]:
        there = self.studio.vendor.objects.values()
        return [(*self._marked(e), e.settled, _bits(e.done)) for e in there]

    def _memos_by_model(self) -> list[tuple[Any, ...]]:
        return [(*each[:4], each.done, each.is_withdrawn) for each in self.state.memos]

    def _memos(self) -> list[tuple[Any, ...]]:
        return [
            (self._keys()[e.run_key], e.attempt, _bits(e.ranges), e.outcome, _bits(e.done),
             e.is_withdrawn)
            for e in self.studio.recorded.runs
        ]  # fmt: skip

    # --- between the two

    @property
    def kind(self) -> KindSpec:
        return TASK if self.rules.is_unique else LOOSE

    @property
    def address(self) -> Address:
        return at(self.kind, "t")

    def _resource(self, key: int) -> Resource:
        wish = toy(self.kind, "t", work="AB"[key % 2], frames=f"1-{self.state.last}", ttl=_TTL_S)
        return replace(wish, lifecycle=replace(self.rules.lifecycle, run=1 + key // 2))

    def _declare(self) -> None:
        self.studio.declare(self._resource(self.state.want))

    def _keys(self) -> dict[str, int]:
        """Run keys as the model numbers them."""
        scope = (SCOPE.workspace_id, SCOPE.env)
        return {
            run_keys(self.kind, self._resource(key), *scope, lambda address: address)[0]: key
            for key in range(self.state.want + 2)
        }

    def _marked(self, each: MemoryObject) -> tuple[int, int, int]:
        assert each.marker is not None
        return self._keys()[each.marker.run_key], each.marker.attempt, _bits(each.ranges)

    def _real(self, each: Held) -> MemoryObject:
        there = self.studio.vendor.objects.values()
        found = (real for real in there if self._marked(real) == each[:3])
        return next(real for real in found if real.has_unique_id is not each.is_copy)

    def _note_flight(self, before: int) -> None:
        for flight in self.state.flights[before:]:
            call = self.studio.vendor.calls[-1]
            assert call.marker is not None
            self.flying.append((flight, call.marker, call.remote_id))


def _bits(text: str) -> int:
    return sum(1 << (frame - 1) for frame in ranges(text))


def _frames(bits: int) -> str:
    return ",".join(str(frame + 1) for frame in range(bits.bit_length()) if bits >> frame & 1)


Told = tuple[str, int]
"""A move by name, and which object, moment or fate of several is meant."""
ENDS = {
    "succeeds": Settled.SUCCEEDED,
    "fails": Settled.FAILED,
    "is cancelled": Settled.CANCELLED,
    "is suspended": Settled.SUSPENDED,
    "goes on": Settled.IN_PROGRESS,
}
FATES = (
    *(Fate(create=each, is_blind=True) for each in Answer if each is not Answer.DONE),
    *(Fate(stop=each) for each in Answer if each is not Answer.DONE),
    Fate(create=Answer.LOST_BEFORE),
    Fate(create=Answer.LOST_AFTER),
)
NAMES = (
    "edit", "grow", "shrink", "raise run", "plan", "apply", "rerun", "stop", "is killed",
    "meets", "arrives", "is removed", "is copied", "fails in part", "soon", "late", *ENDS,
)  # fmt: skip


def tell(pair: Pair, moves: Sequence[Told]) -> None:
    """The same story for both, held against each other after every move; then there is a way on."""
    for name, which in moves:
        _move(pair, name, which)
        pair.check()
    check_way_on(pair.rules, pair.state, set())


def _move(pair: Pair, name: str, which: int) -> None:
    state = pair.state
    match name:
        case "edit":
            pair.say(state._replace(want=state.want ^ 1))
        case "grow":
            pair.say(state._replace(last=min(state.last + 1, 3)))
        case "shrink":
            pair.say(state._replace(last=max(state.last - 1, 1)))
        case "raise run":
            pair.say(state._replace(want=state.want + 2))
        case "plan":
            pair.plan()
        case "apply" | "rerun" | "stop":
            pair.apply(ask=Ask.NOTHING if name == "apply" else Ask(name))
        case "is killed":
            pair.kill(which)
        case "meets":
            pair.apply(FATES[which % len(FATES)])
        case _:
            _live(pair, name, which)


def _live(pair: Pair, name: str, which: int) -> None:
    match name:
        case "arrives":
            pair.arrive()
        case "is removed":
            pair.remove(which)
        case "is copied":
            pair.copy(which)
        case "fails in part":
            pair.end(which, Settled.FAILED, in_part=True)
        case "soon" | "late":
            pair.pass_time(is_long=name == "late")
        case _:
            pair.end(which, ENDS[name])
