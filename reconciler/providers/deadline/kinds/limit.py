"""The Deadline limit: how many workers may use a thing at once, such as a licence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, Field

from reconciler import fields
from reconciler.fields import FieldTable, Mutability
from reconciler.kinds import Ability, KindSpec, Nature, Refusal, Spec
from reconciler.providers.deadline.kinds import blocks
from reconciler.spec_model import SpecModel

LIMITS = "limits"
"""How the remote ids begin."""
OFF = -1.0
"""A percentage that is never reached. Source: Deadline 10 REST pages, limit groups."""


class WorkersBlock(SpecModel):
    """Who may use it at all; one of the two lists."""

    allow: blocks.Workers | None = None
    deny: blocks.Workers | None = None


class LimitSpec(SpecModel):
    """How often a thing is there, and who may use it."""

    name: blocks.FarmName | None = None
    maximum: Annotated[int, Field(ge=0, le=2**31 - 1)]
    workers: WorkersBlock | None = None
    exempt_workers: blocks.Workers | None = None
    release_at: blocks.Percentage | None = None


_PAGE = "Deadline 10 REST pages, limit groups"


def _live(path: str, remote: str, doc: str, **columns: Any) -> blocks.Row:
    return blocks.user(path, remote, doc, Mutability.IN_PLACE, **{"source": _PAGE, **columns})


LIMIT_FIELDS = FieldTable(
    blocks.name_row("limit", _PAGE),
    _live("maximum", "Props.Limit", "How many workers may hold it at once.", unit="workers"),
    _live("workers", "Props.Slaves",
          "Which workers may use it: allow names the only ones, deny all that may not.",
          default={}),
    _live("workers.allow", "Props.Slaves", "Only these.", compare=fields.CASELESS_SET),
    _live("workers.deny", "Props.Slaves", "All but these.", default=[],
          compare=fields.CASELESS_SET),
    _live("exemptWorkers", "Props.SlavesEx", "They use it without holding it.", default=[],
          compare=fields.CASELESS_SET),
    _live("releaseAt", "Props.RelPer",
          "Given back when a task has come so far; at its end when left out.", default=OFF,
          unit="%"),
)  # fmt: skip


def refuse(spec: Spec) -> Iterator[Refusal]:
    """What is wrong with a limit, with the field it stands in."""
    workers = spec.get("workers") or {}
    for key in ("allow", "deny"):
        yield from blocks.twice(workers.get(key) or [], "workers", key)
    yield from blocks.twice(spec.get("exemptWorkers") or [], "exemptWorkers")
    if workers.get("allow") is not None and workers.get("deny") is not None:
        yield Refusal(
            code="M573",
            path=("workers",),
            summary="allow and deny exclude each other",
            cause="Deadline keeps one list, and whether it allows or denies",
            remedy="keep allow for the only workers, or deny for all but these",
        )
    elif workers.get("allow") == []:
        yield blocks.nobody(("workers", "allow"))


def _model() -> type[BaseModel]:
    return LimitSpec


LIMIT = KindSpec(
    vendor="deadline",
    kind="Limit",
    nature=Nature.STANDING,
    model=_model,
    table=LIMIT_FIELDS,
    abilities=frozenset({Ability.UPDATE, Ability.DELETE}),
    doc="How many workers may use a thing at once: licences, a file server.",
    fold=blocks.said,
    refuse=refuse,
    identity=blocks.identity(LIMITS),
    examples=(
        {"maximum": 10},
        {"name": "nuke", "maximum": 4, "workers": {"deny": ["node09"]}, "releaseAt": 90},
    ),
)
