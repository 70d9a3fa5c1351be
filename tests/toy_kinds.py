"""A toy vendor's kinds: places, containers and work that runs once; no room of a real vendor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from reconciler.address import Address
from reconciler.fields import UNORDERED, Field, FieldTable, Mutability
from reconciler.kinds import (
    Ability,
    KindSpec,
    Nature,
    ReferenceField,
    RefRole,
    Spec,
)
from reconciler.lifecycle import Lifecycle
from reconciler.model import Ref, Resource
from reconciler.ranges import ranges
from reconciler.spec_model import Reference, SpecModel
from reconciler.values import Path

VENDOR = "toy"
PROVIDER = "toy-1"


class PoolSpec(SpecModel):
    """A place work runs on."""

    profile: str | None = None
    slots: int | None = None
    tags: list[str] | None = None


class JobSpec(SpecModel):
    """What groups work."""

    pool: Reference | None = None
    title: str | None = None


class TaskSpec(SpecModel):
    """Work that runs once."""

    work: str | None = None
    steer: str | None = None
    tags: list[str] | None = None
    frames: str | None = None
    pool: Reference | None = None
    job: Reference | None = None
    depends_on: list[Reference] | None = None
    rack: Reference | None = None
    requirements: dict[str, int] | None = None
    ttl: int | None = None


def _row(name: str, mutability: Mutability, **more: Any) -> Field:
    return Field(name, name, mutability, default=more.pop("default", ""), **more)


_TAGS = _row("tags", Mutability.IN_PLACE, compare=UNORDERED, default=[])
_MANAGED = frozenset({Ability.MARKER, Ability.STOP, Ability.DELETE})
_UNIQUE = _MANAGED | {Ability.UNIQUE_ID}


def _kind(
    name: str, nature: Nature, model: type[BaseModel], table: FieldTable, **more: Any
) -> KindSpec:
    return KindSpec(VENDOR, name, nature, lambda: model, table, doc=model.__doc__ or "", **more)


POOL = _kind(
    "Pool",
    Nature.STANDING,
    PoolSpec,
    FieldTable(
        _row("profile", Mutability.REPLACE),
        _row("slots", Mutability.IN_PLACE, default=1),
        _TAGS,
    ),
    abilities=_UNIQUE | {Ability.UPDATE},
)
JOB = _kind(
    "Job",
    Nature.CONTAINER,
    JobSpec,
    FieldTable(
        _row("pool", Mutability.AT_NEXT_CREATE),
        _row("title", Mutability.AT_NEXT_CREATE),
    ),
    abilities=_UNIQUE,
    references=(ReferenceField("pool", POOL.id),),
)


def _frames(spec: Spec) -> str:
    return str(ranges(spec.get("frames") or ""))


def _ttl_s(spec: Spec) -> float | None:
    ttl = spec.get("ttl")
    return None if ttl is None else float(ttl)


RACK = _kind(
    "Rack",
    Nature.STANDING,
    PoolSpec,
    FieldTable(
        _row("profile", Mutability.REPLACE),
        _row("slots", Mutability.IN_PLACE, default=1),
        _TAGS,
    ),
    abilities=frozenset({Ability.UPDATE, Ability.DELETE, Ability.STOP}),
    identity=lambda name, spec: f"racks/{name}",
)
"""Known by its name alone: it has no place for a marker, and work that uses it outlives it."""


def _finite(name: str, abilities: frozenset[Ability]) -> KindSpec:
    return _kind(
        name,
        Nature.FINITE,
        TaskSpec,
        FieldTable(
            _row("work", Mutability.WORK),
            _row("steer", Mutability.NEXT_RUN),
            _TAGS,
            _row("frames", Mutability.WORK),
            _row("pool", Mutability.NEXT_RUN),
            _row("job", Mutability.NEXT_RUN),
            _row("dependsOn", Mutability.NEXT_RUN, default=[]),
            _row("ttl", Mutability.NEXT_RUN, default=None),
            _row("rack", Mutability.IN_PLACE),
            _row("requirements", Mutability.IN_PLACE, default={}),
        ),
        abilities=abilities | {Ability.UPDATE, Ability.BULK_CREATE, Ability.DEPENDENCIES},
        references=(
            ReferenceField("pool", POOL.id),
            ReferenceField("job", JOB.id, RefRole.CONTAINER),
            ReferenceField("dependsOn", f"{VENDOR}/{name}", RefRole.UPSTREAM),
            ReferenceField("rack", RACK.id, RefRole.USED),
        ),
        formulas=(frozenset({"work"}),),
        ranges=_frames,
        grows=lambda spec: True,
        retention_s=_ttl_s,
        on_remove=("terminate", "delete", "forget"),
        default_on_remove="terminate",
        default_when_running="stop",
    )


TASK = _finite("Task", _UNIQUE)
LOOSE = _finite("Loose", _MANAGED)
"""Work with a marker, at a vendor that takes no unique id of ours."""
BARE = _finite("Bare", _MANAGED - {Ability.MARKER})
"""Work that has no slot for a marker: known by its name and by records."""
GROWING = _finite("Growing", _MANAGED | {Ability.APPEND, Ability.DRAIN, Ability.ARCHIVE})
"""Work whose frames may be added to while it is there."""
KINDS: Mapping[str, KindSpec] = {
    each.id: each for each in (POOL, JOB, TASK, LOOSE, BARE, GROWING, RACK)
}


def at(kind: KindSpec, name: str) -> Address:
    return Address(PROVIDER, kind.slug, name)


def toy(
    kind: KindSpec, name: str, lifecycle: Mapping[str, Any] | None = None, **spec: Any
) -> Resource:
    """One declared resource; its references are those its spec names."""
    return Resource(
        at(kind, name),
        kind.id,
        spec,
        lifecycle=Lifecycle(**(lifecycle or {})),
        references=tuple(ref for each in kind.references for ref in _refs(each, spec)),
    )


def _refs(row: ReferenceField, spec: Spec) -> tuple[Ref, ...]:
    value = spec.get(row.path)
    if value is None:
        return ()
    if isinstance(value, list):
        return tuple(_ref(row, each, number) for number, each in enumerate(value))
    return (_ref(row, value),)


def _ref(row: ReferenceField, value: Any, *position: int) -> Ref:
    path: Path = (row.path, *position)
    if isinstance(value, Mapping):
        return Ref(path, row.kind, existing=value["existing"], role=row.role)
    return Ref(path, row.kind, target=at(KINDS[row.kind], value), role=row.role)
