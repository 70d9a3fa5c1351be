"""What a small vendor truly holds, and what becomes of it as time passes; no port stands here.

Work waits for its upstreams, works, ends; what it stood on or was grouped by takes it down; what is
over is removed after its time. `tests.memory_vendor` is the way in.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from reconciler.errors import Conflict, Problem, ProviderError, Rejected
from reconciler.kinds import Ability, KindSpec, Nature, RefRole
from reconciler.model import Marker, Observed, Settled, Usage
from reconciler.ranges import ranges
from reconciler.values import Tree
from tests.manual_clock import ManualClock

_SAID = {Settled.SUCCEEDED: "success", Settled.FAILED: "failure", Settled.CANCELLED: "cancelled"}
"""`kinds.FINAL_STATES` by what they say."""
_GROWS = frozenset({Settled.IN_PROGRESS, Settled.SUSPENDED, Settled.SUCCEEDED, Settled.FAILED})
"""What takes more ranges, where the vendor can add them at all."""


@dataclass(slots=True)
class Habits:
    """How this vendor behaves; every figure in seconds of its clock."""

    latency_s: float = 0.0
    list_lag_s: float = 0.0
    """A new object is not listed for so long; by its id, or its unique id, it is found at once."""
    works_for_s: float | None = None
    """Finite work succeeds so long after its last upstream; `None`: only when a test ends it."""
    retention_s: float | None = None
    """What is over is removed after so long, or after its own time where that is shorter."""
    stopping_takes_s: float | None = None
    """Work that was stopped is on its way to its end for so long; `None`: it is there at once."""
    draining_takes_s: float = 0.0
    """What runs in work that is drained comes to its end after so long; then it is suspended."""
    closing_cancels: bool = True
    """Whether a place takes down the unfinished work on it when it comes to its end."""
    clock_ahead_s: float | None = 0.0
    """How far the vendor's clock is before ours; `None`: it tells no time, and is at ours."""
    ignored_fields: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By kind: top-level fields that are accepted and not kept."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """What work waits for, and the final states that will do."""

    held: MemoryObject
    states: tuple[str, ...] = ()

    @property
    def is_broken(self) -> bool:
        """Whether it ended otherwise than it may."""
        if self.held.ended_at is None:
            return False
        return _SAID.get(self.held.settled, "") not in (self.states or ("success",))


@dataclass(slots=True, eq=False)
class MemoryObject:
    """One object as the vendor truly holds it; `spec` has remote ids for references."""

    kind: KindSpec
    remote_id: str
    name: str
    spec: Tree
    settled: Settled
    created_at: datetime
    marker: Marker | None
    labels: Mapping[str, str]
    ended_at: datetime | None = None
    usage: Usage = field(default_factory=Usage)
    stands_on: Mapping[str, str] = field(default_factory=dict)
    upstreams: tuple[Upstream, ...] = ()
    ranges: str = ""
    done: str = ""
    progress: float | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""
    has_unique_id: bool = True
    """Whether it is the one that its marker's unique id leads to."""
    stopped_at: datetime | None = None
    drained_at: datetime | None = None
    grown_at: datetime | None = None

    @property
    def is_unfinished(self) -> bool:
        return self.kind.nature is Nature.FINITE and self.ended_at is None

    @property
    def works_from(self) -> datetime | None:
        """When its last upstream had ended; `None` while it waits for one."""
        ends = [each.held.ended_at for each in self.upstreams]
        known = [end for end in ends if end is not None]
        begins_at = self.grown_at or self.created_at
        return max([begins_at, *known]) if len(known) == len(ends) else None

    def end(self, settled: Settled, at: datetime, done: str = "") -> None:
        """It comes to its end; what has ended stays as it is. `done` of no range: as it ended."""
        if self.ended_at is not None:
            return
        self.settled, self.ended_at = settled, at
        if self.kind.nature is not Nature.FINITE:
            return
        self.done = done or (self.ranges if settled is Settled.SUCCEEDED else self.done)
        if settled is Settled.SUCCEEDED:
            self.progress, self.outputs = 1.0, {"results": f"results-of-{self.remote_id}"}
        elif settled is Settled.FAILED:
            self.failure = "the command ended with 1"

    def observed(self) -> Observed:
        """As a client sees it: references are shown by remote ids alone."""
        hidden = {each.path.partition(".")[0] for each in self.kind.references}
        used = {each.path for each in self.kind.references if each.role is RefRole.USED}
        takes_more = Ability.APPEND in self.kind.abilities
        hidden |= {"frames"} if takes_more else set()
        spec = {key: each for key, each in self.spec.items() if key not in hidden}
        return Observed(
            kind=self.kind.id,
            remote_id=self.remote_id,
            spec=copy.deepcopy(spec),
            settled=self.settled,
            state=self.settled.value,
            marker=self.marker,
            labels=dict(self.labels),
            unseen=frozenset(hidden),
            usage=self.usage,
            name=self.name,
            created_at=self.created_at,
            ended_at=self.ended_at,
            stands_on={key: each for key, each in self.stands_on.items() if key not in used},
            uses={key: _listed(self.spec[key]) for key in used if self.spec.get(key)},
            ranges=self.ranges,
            done=self.done,
            can_grow=takes_more and self.settled in _GROWS,
            progress=self.progress,
            outputs=dict(self.outputs),
            failure=self.failure,
        )


class MemoryWorld:
    """`objects` is the truth, by remote id; `ever` every object there ever was."""

    def __init__(self, name: str, clock: ManualClock, habits: Habits) -> None:
        self.clock = clock
        self.habits = habits
        self.objects: dict[str, MemoryObject] = {}
        self.ever: list[MemoryObject] = []
        self._name = name
        self._known: dict[str, MemoryObject] = {}
        self._ids = itertools.count(1)

    def now(self) -> datetime:
        """The vendor's own time."""
        return self.clock.now() + timedelta(seconds=self.habits.clock_ahead_s or 0.0)

    def make(
        self,
        kind: KindSpec,
        name: str,
        spec: Tree,
        marker: Marker | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> MemoryObject:
        """A new object; work begins, all else stands at once. One of this name may be it."""
        named = kind.identity(name, spec) if kind.identity is not None else ""
        if named in self.objects:
            return self.objects[named]
        made = MemoryObject(
            kind=kind,
            remote_id=named or f"{self._name}-{next(self._ids)}",
            name=name,
            spec=copy.deepcopy(spec),
            settled=Settled.IN_PROGRESS if kind.nature is Nature.FINITE else Settled.CURRENT,
            created_at=self.now(),
            marker=marker,
            labels=dict(labels or {}),
        )
        return self._enter(made)

    def clone(self, held: MemoryObject) -> MemoryObject:
        """Somebody copies an object with the marker on it; no unique id leads to the copy."""
        made = self.make(held.kind, held.name, held.spec, held.marker, held.labels)
        made.stands_on, made.upstreams = held.stands_on, held.upstreams
        made.ranges, made.has_unique_id = held.ranges, False
        return made

    def _enter(self, made: MemoryObject) -> MemoryObject:
        self.objects[made.remote_id] = self._known[made.remote_id] = made
        self.ever.append(made)
        return made

    def twin(self, kind: KindSpec, marker: Marker) -> MemoryObject | None:
        """The object that holds this unique id already, where the vendor enforces one."""
        if Ability.UNIQUE_ID not in kind.abilities:
            return None
        twins = (each for each in self.objects.values() if each.marker == marker)
        return next((each for each in twins if each.kind is kind and each.has_unique_id), None)

    def require_open(self, remote_id: str) -> None:
        """
        Raises:
            Conflict: nothing can be made on or in this any more: it is over.
            Rejected: it was removed.
        """
        held = self._still_there(remote_id)
        if held is not None and held.settled.is_over:
            raise refusal(Conflict, f"{remote_id} is over: {held.settled}")

    def upstream(self, remote_id: str, states: tuple[str, ...]) -> Upstream:
        """
        Raises:
            Rejected: there is no such work, or none any more.
        """
        held = self._still_there(remote_id)
        if held is None:
            raise refusal(Rejected, f"there is no {remote_id} to wait for")
        return Upstream(held, states)

    def _still_there(self, remote_id: str) -> MemoryObject | None:
        """`None` for what this vendor never made: an object of a kind it does not play."""
        if remote_id in self._known and remote_id not in self.objects:
            raise refusal(Rejected, f"{remote_id} was removed")
        return self.objects.get(remote_id)

    # --- ends

    def end(self, held: MemoryObject, settled: Settled, done: str = "") -> None:
        """It comes to its end now, and with it what can't go on without it."""
        if held.ended_at is None:
            held.end(settled, self.now(), done)
            self._take_down(held)

    def stop(self, held: MemoryObject) -> None:
        """Ask it to end; one that is over stays as it is."""
        if held.settled.is_over:
            return
        if self.habits.stopping_takes_s is not None and held.is_unfinished:
            held.settled, held.stopped_at = Settled.TERMINATING, self.now()
        else:
            self.end(held, Settled.CANCELLED)

    def drain(self, held: MemoryObject) -> None:
        """What runs comes to its end, nothing more is started."""
        if held.is_unfinished and held.settled is Settled.IN_PROGRESS:
            held.settled, held.drained_at = Settled.DRAINING, self.now()
            self._go_on(held, self.now())

    def append(self, held: MemoryObject, text: str) -> None:
        """Ranges are added: what it lacks is worked off, even where it was over."""
        there = ranges(held.ranges)
        if not ranges(text) - there:
            return
        held.ranges, held.grown_at = str(there | ranges(text)), self.now()
        if held.ended_at is not None:
            held.settled, held.ended_at, held.progress = Settled.IN_PROGRESS, None, None

    def remove(self, held: MemoryObject) -> None:
        """It is gone at once; work that was not over has been cancelled."""
        del self.objects[held.remote_id]
        self.end(held, Settled.CANCELLED)

    def move_users(self, held: MemoryObject, replacement: str) -> None:
        """Our own work that used what is gone uses another from now on."""
        for each in self.objects.values():
            used = each.observed().uses if each.marker is not None else {}
            fields = [field for field, ids in used.items() if held.remote_id in ids]
            each.spec |= dict.fromkeys(fields, replacement)

    def _take_down(self, held: MemoryObject) -> None:
        is_place = held.kind.nature is Nature.STANDING
        if held.kind.nature is Nature.FINITE or (is_place and not self.habits.closing_cancels):
            return
        for each in self.unfinished_on(held):
            self.stop(each)

    def unfinished_on(self, held: MemoryObject) -> list[MemoryObject]:
        """Unfinished work that stands on it or on what stands on it, in the order of creation."""
        return [
            each
            for each in self.objects.values()
            if each.is_unfinished and self._stands_on(each, held)
        ]

    def _stands_on(self, each: MemoryObject, held: MemoryObject) -> bool:
        grounds = each.stands_on.values()
        return held.remote_id in grounds or any(
            self._stands_on(self._known[ground], held)
            for ground in grounds
            if ground in self._known
        )

    # --- time

    def pass_time(self) -> None:
        """What happened since the last time: work ended, what is over was removed."""
        now = self.now()
        for each in list(self.objects.values()):
            self._go_on(each, now)
        for each in list(self.objects.values()):
            if self._is_forgotten(each, now):
                del self.objects[each.remote_id]

    def _go_on(self, each: MemoryObject, now: datetime) -> None:
        """One object's life until now; what it waits for was made, and has gone on, before it."""
        if each.stopped_at is not None:
            end = each.stopped_at + timedelta(seconds=self.habits.stopping_takes_s or 0.0)
            if end <= now:
                each.end(Settled.CANCELLED, end)
        elif each.settled is Settled.DRAINING and each.drained_at is not None:
            if each.drained_at + timedelta(seconds=self.habits.draining_takes_s) <= now:
                each.settled = Settled.SUSPENDED
        elif each.settled is Settled.IN_PROGRESS:
            broken = [u.held.ended_at for u in each.upstreams if u.is_broken and u.held.ended_at]
            if broken:
                each.end(Settled.CANCELLED, max(each.created_at, min(broken)))
            else:
                self._work(each, now)

    def _work(self, each: MemoryObject, now: datetime) -> None:
        start, works_for_s = each.works_from, self.habits.works_for_s
        if start is None or works_for_s is None:
            return
        end = start + timedelta(seconds=works_for_s)
        if end <= now:
            each.end(Settled.SUCCEEDED, end)
        elif each.is_unfinished:
            each.progress = max(0.0, (now - start).total_seconds() / works_for_s)

    def _is_forgotten(self, each: MemoryObject, now: datetime) -> bool:
        own_s = each.kind.retention_s(each.spec)
        ages_s = [age_s for age_s in (own_s, self.habits.retention_s) if age_s is not None]
        if each.ended_at is None or not ages_s:
            return False
        return each.ended_at + timedelta(seconds=min(ages_s)) <= now

    # --- what is shown

    def is_listed(self, each: MemoryObject) -> bool:
        return each.created_at + timedelta(seconds=self.habits.list_lag_s) <= self.now()

    def shown(self, each: MemoryObject) -> Observed:
        """As a client sees it, with what is running on it."""
        if each.kind.nature is not Nature.STANDING:
            return each.observed()
        if each.kind.identity is not None:
            users = [one for one in self.objects.values() if one.is_unfinished and _uses(one, each)]
            foreign = sum(one.marker is None for one in users)
            return replace(each.observed(), usage=Usage(users=len(users), foreign_users=foreign))
        count = len(self.unfinished_on(each))
        usage = replace(
            each.usage,
            instances=each.usage.instances + count,
            queued_instances=each.usage.queued_instances + count,
        )
        return replace(each.observed(), usage=usage)


def refusal(error: type[ProviderError], summary: str) -> ProviderError:
    """An error of the vendor's, before any effect."""
    return error(Problem(error.code, summary))


def _listed(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else (value,)


def _uses(one: MemoryObject, other: MemoryObject) -> bool:
    return any(other.remote_id in ids for ids in one.observed().uses.values())
