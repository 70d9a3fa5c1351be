"""The Deadline pool: a name that jobs ask for and workers carry, in an order of their own."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from reconciler.fields import FieldTable, Mutability, SetBy
from reconciler.kinds import KindSpec, Nature, Spec
from reconciler.providers.deadline.kinds import blocks, members
from reconciler.spec_model import SpecModel
from reconciler.values import Path

_PAGE = "Deadline 10 REST pages, pools"


class PlacedWorker(SpecModel):
    """A worker, and the pool's place among those it carries: it looks at the first one first."""

    name: blocks.WorkerName
    position: Annotated[int, Field(ge=1, le=1000)] | None = None


class PoolSpec(SpecModel):
    """A pool, and which workers carry it."""

    name: blocks.FarmName | None = None
    workers: Annotated[list[blocks.WorkerName | PlacedWorker], Field(max_length=10_000)] | None = (
        None
    )


POOL_FIELDS = FieldTable(
    blocks.name_row("pool", _PAGE),
    members.workers_row(_PAGE),
    blocks.user(
        "positions.*", "Workers[].Settings.Pools",
        "The pool's place among those of a worker, from 1; written as position of that worker.",
        Mutability.IN_PLACE, set_by=SetBy.EITHER, source="Deadline 10 manual, pools and groups",
    ),
)  # fmt: skip


def fold(spec: Spec) -> dict[str, Any]:
    """The workers by name alone; where they have the pool stands beside, under `positions`."""
    folded = blocks.said(spec)
    workers = folded.get("workers")
    if workers is None:
        return folded
    folded["workers"] = [members.worker_name(each) for each in workers]
    placed = {
        each["name"].lower(): each["position"]
        for each in workers
        if not isinstance(each, str) and each.get("position") is not None
    }
    return {**folded, "positions": placed} if placed else folded


def spelled(_: Spec, path: Path) -> Path:
    """Where in the manifest's `spec` a folded path was written; of a place, which worker's."""
    if path[:1] != ("positions",):
        return path
    return ("workers", *path[1:], *("position" for _ in path[1:]))


def _model() -> type[BaseModel]:
    return PoolSpec


POOL = KindSpec(
    vendor="deadline",
    kind="Pool",
    nature=Nature.STANDING,
    model=_model,
    table=POOL_FIELDS,
    abilities=members.ABILITIES,
    doc="A name that jobs ask for: workers that carry it render them, the first of theirs first.",
    fold=fold,
    spelled=spelled,
    refuse=members.refuse("pool"),
    identity=blocks.identity(members.POOLS),
    examples=(
        {},
        {"name": "film", "workers": ["node01", {"name": "node02", "position": 1}]},
    ),
)
