"""A studio: manifests, a vendor, a state and a clock, and the whole story told over them."""

from __future__ import annotations

import copy
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

import anyio

from reconciler.address import Address
from reconciler.apply.prepare import LEASE_S, Choice, Setting
from reconciler.apply.rebuild import Rebuild
from reconciler.apply.run import Interrupt, Ports
from reconciler.kinds import Ability, KindSpec
from reconciler.lifecycle import Lifecycle
from reconciler.model import Marker, Observation, Recorded, Resource, Settled, Verb
from reconciler.plan.plan import Plan
from reconciler.plan.policy import Policy
from reconciler.ports import Scope
from reconciler.providers.qarnot.kinds.pool import POOL
from reconciler.report import Report
from reconciler.values import digest, keyed_digest
from reconciler.workflow import (
    Show,
    apply_now,
    apply_plan,
    erase,
    look,
    make_plan,
    nobody_looks,
)
from tests.fakes import (
    Habits,
    ManualClock,
    MemoryObject,
    MemoryProvider,
    MemorySecrets,
    MemoryStore,
    RecordingReporter,
)
from tests.simulation.mortal import Crash, Doom, MortalProvider, MortalStore

T = TypeVar("T")

SCOPE = Scope("ws-5c1d0e9a7b3f4d21", "default")
NAMELESS = replace(POOL, abilities=POOL.abilities - {Ability.UNIQUE_ID})
"""A pool of a vendor that takes no unique id of ours."""


def at(name: str) -> Address:
    return Address("qarnot", "pool", name)


def pool(name: str, spec: Mapping[str, Any] | None = None, **lifecycle: Any) -> Resource:
    body = {"profile": "docker-batch", "instanceCount": 1, **(spec or {})}
    return Resource(at(name), POOL.id, body, lifecycle=Lifecycle(**lifecycle))


def pools(**specs: Mapping[str, Any]) -> tuple[Resource, ...]:
    return tuple(pool(name, spec) for name, spec in specs.items())


async def yes(_: Plan) -> bool:
    return True


class Studio:
    """One workspace; `apply` and `plan` are new processes each time."""

    def __init__(self, *kinds: KindSpec, provider: str = "qarnot", **habits: Any) -> None:
        self.clock = ManualClock()
        self.provider = provider
        self.kinds = {kind.id: kind for kind in kinds or (POOL,)}
        self.vendor = MemoryProvider(provider, self.kinds, self.clock, Habits(**habits))
        self.store = MemoryStore(SCOPE)
        self.store.init()
        self.resources: tuple[Resource, ...] = ()
        self.files: Mapping[str, str] = {}
        self.events = RecordingReporter()
        self.interrupt = Interrupt()
        self._ids = itertools.count(1)
        self._processes = itertools.count(1)

    def declare(self, *resources: Resource) -> None:
        self.resources = resources

    # --- processes

    def plan(self, **policy: Any) -> Plan:
        setting = self._setting(Doom())
        return _run(lambda: make_plan(setting, _choice(policy))).plan

    def apply(
        self,
        doom: Doom | None = None,
        confirm: Callable[[Plan], Awaitable[bool]] = yes,
        show: Show = nobody_looks,
        **policy: Any,
    ) -> Report | None:
        """
        Raises:
            Crash: the process died where `doom` said; its lease has run out since.
        """
        setting = self._setting(doom or Doom())
        return self._survive(lambda: apply_now(setting, _choice(policy), confirm, show=show))

    def apply_file(
        self,
        reviewed: Plan,
        doom: Doom | None = None,
        confirm: Callable[[Plan], Awaitable[bool]] = yes,
        **policy: Any,
    ) -> Report | None:
        setting = self._setting(doom or Doom())
        return self._survive(lambda: apply_plan(setting, _choice(policy), reviewed, confirm))

    def look(self) -> tuple[Recorded, Observation]:
        setting = self._setting(Doom())
        return _run(lambda: look(setting))

    def erase(self) -> None:
        erase(self._setting(Doom()))

    def rebuild(self) -> None:
        """The state is lost, and made anew from what carries our marker."""
        setting = self._setting(Doom())
        seal = partial(keyed_digest, b"k" * 32)
        anew = Rebuild(setting.desired, setting.ports.providers, self.clock, seal)
        batch = _run(anew.restored)
        self.store = MemoryStore(SCOPE)
        self.store.init(batch)

    def _survive(self, work: Callable[[], Awaitable[T]]) -> T:
        try:
            return _run(work)
        except Crash:
            self.clock.advance(LEASE_S + 1)
            raise

    def _setting(self, doom: Doom) -> Setting:
        return Setting(
            scope=SCOPE,
            kinds=self.kinds,
            resources=self.resources,
            inputs=digest([[str(each.address), each.spec] for each in self.resources]),
            ports=Ports(
                providers={self.provider: MortalProvider(self.vendor, doom)},
                store=MortalStore(self.store, doom),
                clock=self.clock,
                reporter=self.events,
                new_id=lambda: f"op-{next(self._ids)}",
                interrupt=self.interrupt,
            ),
            secrets=MemorySecrets({}),
            endpoints={"qarnot": "memory:"},
            files=self.files,
            holder=f"process {next(self._processes)}",
        )

    # --- the truth

    @property
    def recorded(self) -> Recorded:
        return self.store.read()

    def live(self) -> list[MemoryObject]:
        """Our objects that are not over."""
        ours = (each for each in self.vendor.objects.values() if each.marker is not None)
        return [each for each in ours if not each.settled.is_over]

    def specs(self) -> dict[str, Mapping[str, Any]]:
        """What stands at each recorded address."""
        return {
            record.address.name: self.vendor.objects[record.remote_id].spec
            for record in self.recorded.records.values()
            if record.remote_id in self.vendor.objects
        }

    def change_outside(self, name: str, **fields: Any) -> None:
        """Somebody sets fields of an object by hand."""
        record = self.recorded.records[at(name)]
        self.vendor.objects[record.remote_id].spec |= fields

    def calls(self) -> list[str]:
        return [each.verb for each in self.vendor.calls]


def _choice(policy: Mapping[str, Any]) -> Choice:
    return Choice(lambda seal: Policy(seal, **policy))


def _run(work: Callable[[], Awaitable[T]]) -> T:
    try:
        return anyio.run(work)
    except BaseExceptionGroup as group:
        crashes = group.subgroup(Crash)
        if crashes is None:
            raise
        raise Crash from group


# --- what always holds ----------------------------------------------------------------------------


Looks = tuple[str, Mapping[str, Any], Settled, Mapping[str, str]]


def looks(held: MemoryObject) -> Looks:
    """What somebody would see of an object."""
    return held.name, copy.deepcopy(held.spec), held.settled, dict(held.labels)


@dataclass(slots=True)
class Strangers:
    """Objects that are not ours, as they were: nobody may change or end one."""

    studio: Studio
    were: dict[str, Looks] = field(default_factory=dict)

    def add(self, name: str, marker: Marker | None = None) -> str:
        remote_id = self.studio.vendor.add(POOL.id, name, {"profile": "theirs"}, marker)
        self.were[remote_id] = looks(self.studio.vendor.objects[remote_id])
        return remote_id

    def check(self) -> None:
        vendor = self.studio.vendor
        assert self.were.keys() <= vendor.objects.keys()
        assert {each: looks(vendor.objects[each]) for each in self.were} == self.were
        assert not {call.remote_id for call in vendor.calls} & self.were.keys()


def check_no_duplicate(studio: Studio, but: Iterable[str] = ()) -> None:
    """G1: at most one live object of ours for each address, copies by others left out."""
    mine = [each for each in studio.live() if each.remote_id not in set(but)]
    twice = Counter(each.marker.address for each in mine if each.marker is not None)
    assert not twice or max(twice.values()) == 1, twice


def check_nothing_lost(studio: Studio, but: Iterable[str] = ()) -> None:
    """G2: each live object of ours is recorded, or an open intent leads to it."""
    state = studio.recorded
    recorded = {each.remote_id for each in state.records.values()}
    intended = {
        (each.first_address, each.ordinal) for each in state.intents if each.verb is Verb.CREATE
    }
    for each in studio.live():
        if each.remote_id in recorded or each.remote_id in set(but):
            continue
        assert each.marker is not None
        assert (each.marker.address, each.marker.ordinal) in intended, each


def check_converges(studio: Studio, *, passes: int = 2, **policy: Any) -> None:
    """G7, G8: soon there is nothing to do, and then nothing is sent."""
    for _ in range(passes):
        studio.apply(**policy)
    made = studio.plan(**policy)
    assert made.is_empty, made.pending
    assert [each for each in made.changes if each.problem is not None] == []
    sent = len(studio.vendor.calls)
    studio.apply(**policy)
    assert len(studio.vendor.calls) == sent
    assert studio.recorded.intents == ()
