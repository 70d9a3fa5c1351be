"""A small farm to plan in: places, containers and work that is declared, remembered and there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler.address import Address
from reconciler.diff.compare import Knowledge, desired_form, managed_digests
from reconciler.diff.runkey import run_keys
from reconciler.kinds import KindSpec, Nature
from reconciler.model import (
    Facts,
    Intent,
    Marker,
    Observation,
    Observed,
    Outcome,
    Quota,
    Record,
    Recorded,
    Resource,
    Run,
    Settled,
    Usage,
    Verb,
)
from reconciler.plan.build import Desired, plan
from reconciler.plan.memory import noted
from reconciler.plan.plan import Change, Plan
from reconciler.plan.policy import Policy
from reconciler.plan.work import cover_of
from reconciler.values import Json, keyed_digest
from tests.toy_kinds import JOB, KINDS, POOL, PROVIDER, TASK, toy
from tests.unit.plan.world import BROKEN_OFF

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
WORKSPACE, ENV = "ws-5c1d0e9a7b3f4d21", "prod"
TTL = 1000


def seal(value: Json) -> str:
    return keyed_digest(b"k" * 32, value)


KNOWN = Knowledge(seal, {})


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def task(name: str = "t", kind: KindSpec = TASK, **more: Any) -> Resource:
    """Work `A` unless said otherwise; `lifecycle` is its block."""
    lifecycle = more.pop("lifecycle", {})
    return toy(kind, name, lifecycle, **{"work": "A", "ttl": TTL, **more})


def pool(name: str = "p", profile: str = "a", **lifecycle: Any) -> Resource:
    return toy(POOL, name, lifecycle, profile=profile)


def job(name: str = "j", **spec: Any) -> Resource:
    return toy(JOB, name, **spec)


def key(resource: Resource) -> str:
    return run_keys(KINDS[resource.kind], resource, WORKSPACE, ENV, lambda each: each)[0]


@dataclass(frozen=True, slots=True)
class Life:
    """What was made of a resource: as remembered, and as it is there; `settled` `None`: gone."""

    resource: Resource
    settled: Settled | None = Settled.IN_PROGRESS
    outcome: Outcome = Outcome.ACTIVE
    attempt: int = 1
    ranges: str | None = None
    done: str = ""
    seen_ago_s: float = 10.0
    made_ago_s: float = 100.0
    is_withdrawn: bool = False
    is_remembered: bool = True
    stands_on: Mapping[str, str] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    spec: Mapping[str, Any] | None = None
    suffix: str = ""

    @property
    def kind(self) -> KindSpec:
        return KINDS[self.resource.kind]

    @property
    def remote_id(self) -> str:
        return f"id-{self.resource.address.name}-{self.attempt}{self.suffix}"

    @property
    def covered(self) -> str:
        if self.ranges is not None:
            return self.ranges
        return self.kind.ranges(self.resource.spec) if self.kind.ranges is not None else ""

    @property
    def marker(self) -> Marker:
        address = self.resource.address
        if self.kind.nature is not Nature.FINITE:
            return Marker(WORKSPACE, ENV, address, self.attempt)
        cover = cover_of(self.covered)
        return Marker(
            WORKSPACE, ENV, address, self.attempt, key(self.resource), self.attempt, cover
        )

    @property
    def run(self) -> Run:
        return Run(
            address=self.resource.address,
            run_key=self.marker.run_key,
            attempt=self.attempt,
            remote_id=self.remote_id,
            cover=self.marker.cover,
            ranges=self.covered,
            outcome=self.outcome,
            seen_at=ago(self.seen_ago_s),
            kind=self.kind.id,
            done=self.done,
            made_at=ago(self.made_ago_s),
            retention_s=self.kind.retention_s(self.resource.spec),
            is_withdrawn=self.is_withdrawn,
        )

    @property
    def observed(self) -> Observed:
        assert self.settled is not None
        spec = self.spec if self.spec is not None else desired_form(self.kind, self.resource)
        hidden = {each.path for each in self.kind.references}
        return Observed(
            kind=self.kind.id,
            remote_id=self.remote_id,
            spec={name: each for name, each in spec.items() if name not in hidden},
            settled=self.settled,
            marker=self.marker,
            name=self.resource.address.name,
            unseen=frozenset(hidden),
            stands_on=self.stands_on,
            ranges=self.covered,
            done=self.done,
            usage=self.usage,
        )

    @property
    def record(self) -> Record:
        made = Record(
            address=self.resource.address,
            kind=self.kind.id,
            remote_id=self.remote_id,
            ordinal=self.attempt,
            first_address=self.resource.address,
            managed=managed_digests(self.kind, desired_form(self.kind, self.resource), KNOWN),
        )
        return noted(self.kind, made, self.resource)


def there(resource: Resource, **more: Any) -> Life:
    """A place or a container that stands."""
    return Life(resource, **{"settled": Settled.CURRENT, **more})


@dataclass(frozen=True, slots=True)
class Farm:
    """Everything a plan is made from; `lives` from the oldest to the newest."""

    resources: tuple[Resource, ...] = ()
    lives: tuple[Life, ...] = ()
    intents: tuple[Intent, ...] = ()
    strangers: tuple[Observed, ...] = ()
    incomplete: tuple[str, ...] = ()
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    paces: Mapping[str, float] = field(default_factory=dict)
    maxima: Mapping[str, float] = field(default_factory=dict)
    kinds: Mapping[str, KindSpec] = field(default_factory=lambda: KINDS)
    forgotten: frozenset[Address] = frozenset()
    existing: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    is_configured: bool = True
    vendor_ahead_s: float | None = None

    def but(self, **changes: Any) -> Farm:
        return replace(self, **changes)

    def declaring(self, *resources: Resource) -> Farm:
        return replace(self, resources=resources)

    @property
    def recorded(self) -> Recorded:
        remembered = [each for each in self.lives if each.is_remembered]
        records = {each.resource.address: each.record for each in remembered}
        return Recorded(
            "lineage",
            7,
            {key: each for key, each in records.items() if key not in self.forgotten},
            tuple(e.run for e in remembered if e.kind.nature is Nature.FINITE),
            self.intents,
        )

    @property
    def observation(self) -> Observation:
        live = tuple(each.observed for each in self.lives if each.settled is not None)
        ahead = self.vendor_ahead_s
        times = {} if ahead is None else {PROVIDER: NOW + timedelta(seconds=ahead)}
        return Observation(
            now=NOW,
            objects={PROVIDER: (*live, *self.strangers)} if self.is_configured else {},
            incomplete={(PROVIDER, kind): BROKEN_OFF for kind in self.incomplete},
            facts={
                PROVIDER: Facts(
                    "ana@example.org",
                    self.quotas,
                    maxima=self.maxima,
                    creations_per_min=self.paces,
                )
            },
            existing=self.existing,
            times=times,
        )

    @property
    def desired(self) -> Desired:
        return Desired(self.resources, "inputs", WORKSPACE, ENV, self.kinds)

    def plan(self, **policy: Any) -> Plan:
        return plan(self.desired, self.recorded, self.observation, Policy(seal, **policy))

    def change(self, name: str, **policy: Any) -> Change:
        """The one change of that name."""
        found = self.plan(**policy).changes
        (change,) = (each for each in found if each.address.name == name)
        return change


def intent(life: Life, verb: Verb = Verb.CREATE) -> Intent:
    """The note of a request whose answer never came."""
    return Intent(
        operation_id=f"op-{life.remote_id}",
        address=life.resource.address,
        kind=life.kind.id,
        verb=verb,
        request_digest="",
        first_send=NOW,
        send_by=NOW,
        ordinal=life.attempt,
        first_address=life.resource.address,
        run_key=life.marker.run_key,
        attempt=life.marker.attempt,
        cover=life.marker.cover,
        ranges=life.covered,
    )
