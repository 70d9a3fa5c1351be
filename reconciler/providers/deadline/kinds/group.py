"""The Deadline group: a class of machines that jobs ask for."""

from __future__ import annotations

from pydantic import BaseModel

from reconciler.fields import FieldTable
from reconciler.kinds import KindSpec, Nature
from reconciler.providers.deadline.kinds import blocks, members
from reconciler.spec_model import SpecModel

_PAGE = "Deadline 10 REST pages, groups"


class GroupSpec(SpecModel):
    """A group, and which workers are in it."""

    name: blocks.FarmName | None = None
    workers: blocks.Workers | None = None


GROUP_FIELDS = FieldTable(blocks.name_row("group", _PAGE), members.workers_row(_PAGE))


def _model() -> type[BaseModel]:
    return GroupSpec


GROUP = KindSpec(
    vendor="deadline",
    kind="Group",
    nature=Nature.STANDING,
    model=_model,
    table=GROUP_FIELDS,
    abilities=members.ABILITIES,
    doc="A class of machines: a job of a group is rendered by the workers in it alone.",
    fold=blocks.said,
    refuse=members.refuse("group"),
    identity=blocks.identity(members.GROUPS),
    examples=({"workers": ["node01", "node02"]},),
)
