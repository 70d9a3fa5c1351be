"""A small kind of no vendor, with one of each sort of field."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field as Limits

from reconciler.fields import DURATION, UNORDERED, Field, FieldTable, Mutability, SetBy
from reconciler.kinds import Ability, KindSpec, Nature
from reconciler.spec_model import Duration, Memory, Reference, SecretReference, SpecModel

Count = Annotated[int, Limits(ge=0, le=1000)]


class Fixed(SpecModel):
    type: Literal["fixed"]
    name: str
    slots: Count


class Queue(SpecModel):
    type: Literal["queue"]
    name: str
    max_slots: Count
    idle_time: Duration | None = None
    factor: Annotated[int | float, Limits(ge=0, le=1)] | None = None


class Scaling(SpecModel):
    policies: list[Annotated[Fixed | Queue, Limits(discriminator="type")]]


class ExampleSpec(SpecModel):
    profile: Annotated[str, Limits(min_length=1, max_length=64)]
    pool: Reference | None = None
    memory: Memory | None = None
    ssd: bool = False
    scheduling: Annotated[str, Limits(pattern="^(flex|reserved)$")] | None = None
    tags: Annotated[list[str], Limits(max_length=10)] = Limits(default_factory=list)
    constants: dict[str, str | SecretReference] | None = None
    scaling: Scaling | None = None


def _row(path: str, doc: str, mutability: Mutability = Mutability.IN_PLACE, **more: Any) -> Field:
    return Field(path, path.replace("[name]", "[]"), mutability, doc=doc, **more)


_POLICY = "scaling.policies[name]"

EXAMPLE_KIND = KindSpec(
    vendor="acme",
    kind="Farm",
    nature=Nature.STANDING,
    model=lambda: ExampleSpec,
    table=FieldTable(
        _row("profile", "The software | the machines run.", Mutability.REPLACE, source="page 3"),
        _row("pool", "Where it stands.", Mutability.REPLACE),
        _row("memory", "At least.", Mutability.REPLACE, unit="MiB"),
        _row("ssd", "Whether it needs an SSD.", Mutability.REPLACE, default=False),
        _row("scheduling", "flex or reserved.", set_by=SetBy.EITHER),
        _row("tags", "Free words to find it by.", compare=UNORDERED, default=[]),
        _row("constants", "What the work finds there."),
        _row("constants.*", "Any text."),
        _row("constants.SECRET__*", "A secret.", secret=True),
        _row("scaling", "How many slots stand ready."),
        _row("scaling.policies", "In order: the first policy that is on holds."),
        _row(f"{_POLICY}.type", "fixed or queue."),
        _row(f"{_POLICY}.name", "Unique in the farm."),
        _row(f"{_POLICY}.slots", "Slots always there (fixed).", unit="slots"),
        _row(f"{_POLICY}.maxSlots", "Ceiling (queue).", unit="slots"),
        _row(f"{_POLICY}.idleTime", "How long a slot idles.", unit="s", compare=DURATION),
        _row(f"{_POLICY}.factor", "Share added at once, 0 to 1."),
        _row("uuid", "The remote id.", Mutability.FIXED, set_by=SetBy.VENDOR),
    ),
    abilities=frozenset({Ability.MARKER, Ability.UPDATE}),
    doc="A farm of machines for examples.",
    examples=({"profile": "docker-batch", "tags": ["film-a"]},),
)
