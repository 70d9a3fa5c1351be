"""A small world to plan in: pools that are declared, remembered and there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler.address import Address
from reconciler.diff.compare import Knowledge, desired_form, managed_digests
from reconciler.errors import Problem
from reconciler.lifecycle import Lifecycle
from reconciler.model import (
    Facts,
    Intent,
    Marker,
    Observation,
    Observed,
    Quota,
    Record,
    Recorded,
    Resource,
    Settled,
    Usage,
    Verb,
)
from reconciler.plan.build import Desired, plan
from reconciler.plan.memory import noted
from reconciler.plan.plan import Change, Plan
from reconciler.plan.policy import Policy
from reconciler.providers.qarnot.kinds.pool import POOL
from reconciler.values import Json, keyed_digest

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
WORKSPACE, ENV, PROVIDER = "ws-5c1d0e9a7b3f4d21", "prod", "qarnot-prod"
BUSY = Usage(instances=2, cores=16, queued_instances=3)
BROKEN_OFF = Problem("V503", "the list broke off")


def seal(value: Json) -> str:
    return keyed_digest(b"k" * 32, value)


KNOWN = Knowledge(seal, {})


def at(name: str) -> Address:
    return Address(PROVIDER, "pool", name)


def pool(name: str, spec: Mapping[str, Any] | None = None, **lifecycle: Any) -> Resource:
    """A resource; keyword arguments are its `lifecycle`."""
    body = {"profile": "docker-batch", "instanceCount": 1, **(spec or {})}
    return Resource(at(name), POOL.id, body, lifecycle=Lifecycle(**lifecycle))


def marker(name: str, ordinal: int = 1) -> Marker:
    return Marker(WORKSPACE, ENV, at(name), ordinal)


def live(resource: Resource, ordinal: int = 1, **changes: Any) -> Observed:
    """The object a creation of this resource gave."""
    name = resource.address.name
    there = Observed(
        kind=POOL.id,
        remote_id=f"id-{name}-{ordinal}",
        spec=desired_form(POOL, resource),
        settled=Settled.CURRENT,
        marker=marker(name, ordinal),
        name=name,
    )
    return replace(there, **changes)


def record(resource: Resource, ordinal: int = 1, **changes: Any) -> Record:
    """What is remembered once it was created."""
    name = resource.address.name
    made = Record(
        address=resource.address,
        kind=POOL.id,
        remote_id=f"id-{name}-{ordinal}",
        ordinal=ordinal,
        first_address=resource.address,
        managed=managed_digests(POOL, desired_form(POOL, resource), KNOWN),
    )
    return replace(noted(POOL, made, resource), **changes)


def intent(name: str, ordinal: int = 1, **changes: Any) -> Intent:
    """A creation whose answer was lost."""
    lost = Intent(
        operation_id=f"op-{name}-{ordinal}",
        address=at(name),
        kind=POOL.id,
        verb=Verb.CREATE,
        request_digest="",
        first_send=NOW,
        send_by=NOW + timedelta(seconds=5),
        ordinal=ordinal,
        first_address=at(name),
    )
    return replace(lost, **changes)


@dataclass(frozen=True, slots=True)
class World:
    """Everything a plan is made from."""

    resources: tuple[Resource, ...] = ()
    records: tuple[Record, ...] = ()
    objects: tuple[Observed, ...] = ()
    intents: tuple[Intent, ...] = ()
    is_incomplete: bool = False
    is_configured: bool = True
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    profiles: frozenset[str] | None = None
    inputs: str = "inputs"

    @classmethod
    def settled(cls, *resources: Resource, **changes: Any) -> World:
        """Everything declared was made as asked."""
        return cls(
            resources=resources,
            records=tuple(record(each) for each in resources),
            objects=tuple(live(each) for each in resources),
            **changes,
        )

    def but(self, **changes: Any) -> World:
        return replace(self, **changes)

    @property
    def recorded(self) -> Recorded:
        records = {each.address: each for each in self.records}
        return Recorded("lineage", 7, records, (), self.intents)

    @property
    def observation(self) -> Observation:
        catalogues = {} if self.profiles is None else {"profiles": self.profiles}
        facts = Facts("ana@example.org", self.quotas, catalogues)
        return Observation(
            now=NOW,
            objects={PROVIDER: self.objects} if self.is_configured else {},
            incomplete={(PROVIDER, POOL.id): BROKEN_OFF} if self.is_incomplete else {},
            facts={PROVIDER: facts},
            endpoints={PROVIDER: "https://api.qarnot.com"},
        )

    @property
    def desired(self) -> Desired:
        return Desired(self.resources, self.inputs, WORKSPACE, ENV, {POOL.id: POOL})

    def plan(self, **policy: Any) -> Plan:
        return plan(self.desired, self.recorded, self.observation, Policy(seal, **policy))

    def change(self, name: str, **policy: Any) -> Change:
        """The one change of that name."""
        found = self.plan(**policy).changes
        (change,) = (each for each in found if each.address.name == name)
        return change


def pools(count: int) -> tuple[Resource, ...]:
    return tuple(pool(f"p{number:02}") for number in range(count))
