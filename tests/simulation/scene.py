"""A workspace of finite work as one state of a game: what may happen next, and what always holds.

The code under it is the real one: plan, apply and the notes between them. Only the vendor and the
state are in memory, and people are moves of the game.
"""

from __future__ import annotations

import copy
import hashlib
import itertools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from reconciler.address import Address
from reconciler.errors import PlanRefused
from reconciler.lifecycle import OnEnd
from reconciler.model import Marker, Resource, Run, Settled, Verb
from reconciler.plan.attempts import attempts
from reconciler.plan.plan import Plan
from reconciler.ranges import Ranges, ranges
from tests.fakes import Fault, MemoryObject, MemoryStore
from tests.memory_world import Upstream
from tests.simulation.found import void
from tests.simulation.mortal import Crash, Doom
from tests.simulation.studio import SCOPE, Studio

RETENTION_S = 10_000.0
SHORT_S = 400.0
"""Longer than any lost answer is waited for."""
LONG_S = 2 * RETENTION_S
_AGES_S = (60.0, 160.0, 300.0, RETENTION_S)
"""Ages that something is decided by: between two of them all times are alike."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the manifests say, as far as the moves of the game change it."""

    work: str = "A"
    last: int = 2
    run: int = 1
    place: str = "X"
    lifecycle: Mapping[str, Any] = field(default_factory=dict)

    @property
    def told(self) -> tuple[Any, ...]:
        return self.work, self.last, self.run, self.place


@dataclass(frozen=True, slots=True)
class Script:
    """The rules of one game: which kinds there are, and what is declared for a wish."""

    studio: Callable[[], Studio]
    declared: Callable[[Wish], tuple[Resource, ...]]
    wish: Wish = Wish()
    has_frames: bool = True
    has_place: bool = False
    prelude: tuple[str, ...] = ()
    """The moves that were made before the game begins."""

    def begin(self) -> Scene:
        scene = Scene(self, self.studio(), self.wish)
        scene.say(self.wish)
        for name in self.prelude:
            dict(moves(scene))[name](scene)
        return scene


@dataclass(frozen=True, slots=True)
class Purpose:
    """What one object was made for, told without any run key of ours."""

    address: Address
    work: str
    run: int


@dataclass(slots=True)
class Scene:
    """One state of the game. `by` says who ended what was cancelled; `deleted` is a person's."""

    script: Script
    studio: Studio
    wish: Wish
    purposes: dict[str, Purpose] = field(default_factory=dict)
    by: dict[str, str] = field(default_factory=dict)
    deleted: dict[str, bool] = field(default_factory=dict)
    """By id, whether the state had a run of it when a person removed it."""
    asked: frozenset[str] = frozenset()
    """What a person's rerun made: whatever was made before it counts no more."""

    # --- moves

    def say(self, wish: Wish) -> None:
        self.wish = wish
        self.studio.declare(*self.script.declared(wish))

    def plan(self, **policy: Any) -> Plan:
        sent, before = len(self.studio.vendor.calls), self.runs()
        made = self.studio.plan(max_deletes=99, **policy)
        assert len(self.studio.vendor.calls) == sent, "a plan sends nothing"
        self._check_memory(before)
        return made

    def apply(self, doom: Doom | None = None, **policy: Any) -> int:
        """Carry out what is planned; how many calls that sent. No move of anybody's is unasked."""
        vendor, before = self.studio.vendor, self.runs()
        count, sent = len(vendor.ever), len(vendor.calls)
        try:
            self.studio.apply(doom, max_deletes=99, **policy)
        except (Crash, PlanRefused):
            pass
        finally:
            vendor._faults.clear()
        self._blame(policy)
        for each in vendor.ever[count:]:
            self._judge(each, before, policy.get("rerun", frozenset()))
        self._check_memory(before)
        return len(vendor.calls) - sent

    def _blame(self, policy: Mapping[str, Any]) -> None:
        """Who ended what has been cancelled since: in an apply, we did, or an upstream."""
        who = "asked" if policy.get("stop") else "us"
        called = {call.remote_id for call in self.studio.vendor.calls}
        for each in self._newly_cancelled():
            broken = any(upstream.is_broken for upstream in each.upstreams)
            mine = called & {each.remote_id, *_grounds(self.studio, each)}
            self.by[each.remote_id] = who if mine else "vendor" if broken else "nobody"

    def _newly_cancelled(self) -> list[MemoryObject]:
        ever = self.studio.vendor.ever
        return [e for e in ever if e.settled is Settled.CANCELLED and e.remote_id not in self.by]

    def _blame_others(self, who: str) -> None:
        """As `_blame`, between applies: nobody can tell it from a stop of ours that is open."""
        ending = {e.remote_id for e in self.studio.recorded.intents if e.verb is not Verb.CREATE}
        for each in self._newly_cancelled():
            self.by[each.remote_id] = "us" if each.remote_id in ending else who

    def finish(self, each: MemoryObject, settled: Settled, done: str = "") -> None:
        """Work comes to its end; a person's cancel is one of them."""
        self.studio.vendor.settle(each.remote_id, settled, done)
        self.studio.vendor.world.pass_time()
        self._blame_others("person")

    def delete(self, each: MemoryObject) -> None:
        """A person removes it at the vendor, over or not."""
        self.deleted[each.remote_id] = each.remote_id in self.runs()
        self.studio.vendor.remove(each.remote_id)
        self.studio.vendor.world.pass_time()
        self._blame_others("person")

    def pass_time(self, seconds: float) -> None:
        self.studio.clock.advance(seconds)
        self.studio.vendor.world.pass_time()
        self._blame_others("vendor")

    # --- what is known of it

    @property
    def vendor_objects(self) -> Collection[MemoryObject]:
        return self.studio.vendor.objects.values()

    def going(self) -> list[MemoryObject]:
        """Unfinished work that is there."""
        return [each for each in self.vendor_objects if each.is_unfinished]

    def is_only_withdrawn(self, address: Address) -> bool:
        """Whether all that was made of what is wanted there was ended by us, and can be seen."""
        mine = [
            each
            for each in self.studio.vendor.ever
            if (purpose := self.purposes.get(each.remote_id)) is not None
            and (purpose.address, purpose.run) == (address, self.wish.run)
            and purpose.work in (self.wish.work, address.name)
        ]
        there = self.studio.vendor.objects
        return bool(mine) and all(
            self.by.get(each.remote_id) == "us" and each.remote_id in there for each in mine
        )

    def unconfirmed(self, address: Address) -> list[str]:
        """Remote ids of what carries our marker and is not remembered."""
        recorded, observation = self.studio.look()
        known = attempts(recorded, observation).get(address)
        return [each.remote_id for each in known.unconfirmed] if known is not None else []

    def runs(self) -> dict[str, Run]:
        return {each.remote_id: each for each in self.studio.recorded.runs if each.remote_id}

    def intended(self) -> frozenset[Marker]:
        """The markers of creations that may have passed, as far as the state knows."""
        return frozenset(
            Marker(SCOPE.workspace_id, SCOPE.env, each.first_address, each.ordinal,
                   each.run_key, each.attempt, each.cover)
            for each in self.studio.recorded.intents
            if each.verb is Verb.CREATE
        )  # fmt: skip

    # --- what must hold of a creation

    def _judge(
        self,
        made: MemoryObject,
        before: Mapping[str, Run],
        rerun: Collection[Address],
    ) -> None:
        """No work is made twice, but for a reason that somebody gave."""
        if not made.marker or not made.marker.run_key:
            return
        purpose = Purpose(made.marker.address, made.spec["work"], self.wish.run)
        earlier = [
            each
            for each in self.studio.vendor.ever
            if self.purposes.get(each.remote_id) == purpose and _overlap(each, made)
        ]
        self.purposes[made.remote_id] = purpose
        if purpose.address in rerun:
            self.asked |= {made.remote_id}
        for each in _since_asked(earlier, self.asked):
            if purpose.address in rerun and not each.is_unfinished:
                continue
            excuse = self._excuse(each, made, before.get(each.remote_id))
            assert excuse, f"{made.remote_id} does again what {each.remote_id} did: {_fate(each)}"

    def _excuse(self, each: MemoryObject, made: MemoryObject, run: Run | None) -> str:
        """Why the same may be made again after `each`; nothing when it may not."""
        lifecycle = self.wish.lifecycle
        if each.is_unfinished and each.remote_id in self.studio.vendor.objects:
            return ""
        is_seen = run is not None and run.outcome.is_over and not run.outcome.is_inferred
        if self.deleted.get(each.remote_id) is False and not is_seen:
            return "a person removed it before its lost answer was settled"
        if each.settled is Settled.CANCELLED and self.by.get(each.remote_id) == "us":
            return "we withdrew it ourselves"
        is_eager = lifecycle.get("on_lost") is OnEnd.RERUN
        if is_eager and each.remote_id in self.deleted and not is_seen:
            return "it was lost, and lost work is to run again"
        if each.settled is Settled.FAILED and not _done(each) & ranges(made.ranges):
            return "failed" if lifecycle.get("on_failure") is OnEnd.RERUN else ""
        return ""

    # --- what always holds

    def check(self) -> None:
        """Nothing goes on twice; every object of ours is remembered, or was never answered for."""
        self._check_single()
        self._check_remembered()

    def _check_single(self) -> None:
        for one, other in itertools.combinations(self.going(), 2):
            mine, theirs = self.purposes.get(one.remote_id), self.purposes.get(other.remote_id)
            is_same = mine is not None and mine == theirs
            assert not (is_same and _overlap(one, other)), (one.remote_id, other.remote_id)

    def _check_memory(self, before: Mapping[str, Run]) -> None:
        """What was seen to end has ended so, for ever."""
        now = self.runs()
        for remote_id, run in before.items():
            if run.outcome.is_over and not run.outcome.is_inferred:
                assert now[remote_id].outcome is run.outcome, (run, now[remote_id])
                assert not ranges(run.done) - ranges(now[remote_id].done)

    def _check_remembered(self) -> None:
        state, intended = self.studio.recorded, self.intended()
        known = {each.remote_id for each in state.records.values()} | self.runs().keys()
        told = {
            (each.address, each.run_key, each.attempt, each.cover)
            for each in state.runs
            if not each.remote_id
        }
        for each in self.studio.vendor.ever:
            marker = each.marker
            is_run = marker is not None and bool(marker.run_key)
            if each.remote_id in known or marker is None or marker in intended or not is_run:
                continue
            if (marker.address, marker.run_key, marker.attempt, marker.cover) in told:
                continue
            assert each.remote_id not in self.studio.vendor.objects, f"{each.remote_id} is lost"
            assert each.remote_id in self.deleted, f"{each.remote_id} came and went"

    # --- copies and names of states

    def copied(self) -> Scene:
        return Scene(
            self.script,
            _copied(self.studio),
            self.wish,
            dict(self.purposes),
            dict(self.by),
            dict(self.deleted),
            self.asked,
        )

    def name(self) -> bytes:
        """The same for states that can't be told apart: ids by age, times by what they decide."""
        return hashlib.blake2b(repr(tuple(self._told())).encode(), digest_size=12).digest()

    def _told(self) -> Iterable[Any]:
        state, now = self.studio.recorded, self.studio.clock.now()
        order = {each.remote_id: n for n, each in enumerate(self.studio.vendor.ever)}

        def age(when: datetime | None) -> int | None:
            if when is None:
                return None
            return sum((now - when).total_seconds() >= each for each in _AGES_S)

        yield self.wish.told
        for each in self.studio.vendor.ever:
            there = each.remote_id in self.studio.vendor.objects
            yield each.marker, each.settled, each.ranges, each.done, there
            yield self.by.get(each.remote_id), self.deleted.get(each.remote_id)
            yield self.purposes.get(each.remote_id), sorted(each.spec.items(), key=str)
            yield age(each.created_at), age(each.ended_at)
        for record in state.records.values():
            yield record.address, order.get(record.remote_id), record.ordinal
            yield record.first_address, sorted(record.managed.items()), record.depends_on
        for run in state.runs:
            yield run.address, run.run_key, run.attempt, order.get(run.remote_id), run.cover
            yield run.outcome, run.done, run.is_withdrawn, age(run.seen_at), age(run.made_at)
        for intent in state.intents:
            yield intent.address, intent.verb, intent.run_key, intent.attempt, intent.cover
            yield order.get(intent.remote_id), age(intent.send_by), intent.ordinal


def _since_asked(earlier: Sequence[MemoryObject], asked: Collection[str]) -> Sequence[MemoryObject]:
    """From the last one that a person asked for; all, when nobody asked."""
    starts = [number for number, each in enumerate(earlier) if each.remote_id in asked]
    return earlier[starts[-1] :] if starts else earlier


def _overlap(one: MemoryObject, other: MemoryObject) -> bool:
    if not one.ranges and not other.ranges:
        return True
    return bool(ranges(one.ranges) & ranges(other.ranges))


def _done(each: MemoryObject) -> Ranges:
    return ranges(each.done)


def _fate(each: MemoryObject) -> str:
    return f"{each.ranges or 'all'} {each.settled}"


def _grounds(studio: Studio, each: MemoryObject) -> frozenset[str]:
    known = {held.remote_id: held for held in studio.vendor.ever}
    direct = frozenset(each.stands_on.values())
    return direct.union(*(known[ground].stands_on.values() for ground in direct if ground in known))


def _copied(studio: Studio) -> Studio:
    """The same studio at the same moment; the two never meet."""
    made = Studio(*studio.kinds.values(), provider=studio.provider)
    made.clock.set_wall_clock(studio.clock.now())
    made.vendor.world.habits = studio.vendor.habits
    made.vendor.batch_size, made.vendor.concurrency = studio.vendor.batch_size, 2
    world, was = made.vendor.world, studio.vendor.world
    twins = {id(each): copy.copy(each) for each in was.ever}
    for each in twins.values():
        each.spec = dict(each.spec)
        each.upstreams = tuple(
            Upstream(twins[id(above.held)], above.states) for above in each.upstreams
        )
    world.ever = [twins[id(each)] for each in was.ever]
    world.objects |= {key: twins[id(each)] for key, each in was.objects.items()}
    world._known |= {key: twins[id(each)] for key, each in was._known.items()}
    world._ids = itertools.count(len(world.ever) + 1)
    held = studio.store.shelf[SCOPE]
    state = replace(
        held, records=dict(held.records), runs=dict(held.runs), intents=dict(held.intents)
    )
    made.store = MemoryStore(SCOPE, {SCOPE: state})
    made._ids = itertools.count(state.serial * 100 + 1)
    made._processes = itertools.count(state.holding.fence + 1)
    made.resources = studio.resources
    return made


# --- what may happen next -------------------------------------------------------------------------

Move = Callable[[Scene], None]


def moves(scene: Scene) -> Iterable[tuple[str, Move]]:
    """Everything that may happen in this state, by name."""
    yield from _edits(scene)
    yield "plan", lambda scene: void(scene.plan())
    yield "apply", lambda scene: void(scene.apply())
    yield from _broken(scene)
    yield from _lives(scene)
    yield "soon", lambda scene: scene.pass_time(SHORT_S)
    yield "late", lambda scene: scene.pass_time(LONG_S)


def _edits(scene: Scene) -> Iterable[tuple[str, Move]]:
    wish, script = scene.wish, scene.script
    yield "edit", lambda s: s.say(replace(s.wish, work="B" if s.wish.work == "A" else "A"))
    if script.has_frames and wish.last < 3:
        yield "grow", lambda s: s.say(replace(s.wish, last=s.wish.last + 1))
    if script.has_frames and wish.last > 1:
        yield "shrink", lambda s: s.say(replace(s.wish, last=s.wish.last - 1))
    if wish.run < 2:
        yield "raise run", lambda s: s.say(replace(s.wish, run=s.wish.run + 1))
    if script.has_place:
        yield "move", lambda s: s.say(replace(s.wish, place="Y" if s.wish.place == "X" else "X"))


def _broken(scene: Scene) -> Iterable[tuple[str, Move]]:
    """Applies that don't come to their end: answers lost, and no way to look; deaths."""
    doom = Doom()
    if not scene.copied().apply(doom):
        return
    for verb in ("create", "stop"):
        for fault in (Fault.LOST_BEFORE, Fault.LOST_AFTER):
            yield f"apply, {verb} {fault}", _apply_blind(verb, fault)
    for moment in range(doom.moments):
        yield f"apply, killed at {moment}", _killed(moment)


def _apply_blind(verb: str, fault: Fault) -> Move:
    def move(scene: Scene) -> None:
        scene.studio.vendor.inject(verb, fault, fault)
        scene.studio.vendor.inject("find", *[Fault.NOT_SENT] * 4)
        scene.apply()

    return move


def _killed(moment: int) -> Move:
    return lambda scene: void(scene.apply(Doom(moment)))


def _lives(scene: Scene) -> Iterable[tuple[str, Move]]:
    """What the vendor, or a person at the vendor, does to the work that is there."""
    for position, each in enumerate(scene.going()):
        yield f"succeed {position}", _end(position, Settled.SUCCEEDED)
        yield f"fail {position}", _end(position, Settled.FAILED)
        if ranges(each.ranges) and len(ranges(each.ranges)) > 1:
            yield f"fail {position} in part", _end(position, Settled.FAILED, in_part=True)
        yield f"cancel {position}", _end(position, Settled.CANCELLED)
        if each.settled is not Settled.SUSPENDED:
            yield f"suspend {position}", _end(position, Settled.SUSPENDED)
    finite = [each for each in scene.vendor_objects if each.marker and each.marker.run_key]
    for position in range(len(finite)):
        yield f"delete {position}", _delete(position)


def _end(position: int, settled: Settled, *, in_part: bool = False) -> Move:
    def move(scene: Scene) -> None:
        each = scene.going()[position]
        first = next(iter(ranges(each.ranges)), "")
        scene.finish(each, settled, str(first) if in_part else "")

    return move


def _delete(position: int) -> Move:
    def move(scene: Scene) -> None:
        finite = [each for each in scene.vendor_objects if each.marker and each.marker.run_key]
        scene.delete(finite[position])

    return move
