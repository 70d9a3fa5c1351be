"""Which workers carry a pool or a group: what both kinds have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reconciler import fields
from reconciler.fields import Mutability, SetBy
from reconciler.kinds import Ability, Refusal, Spec
from reconciler.providers.deadline.kinds import blocks

POOLS = "pools"
GROUPS = "groups"
"""How the remote ids of each kind begin."""
ABILITIES = frozenset({Ability.UPDATE, Ability.DELETE})


def workers_row(source: str) -> blocks.Row:
    return blocks.user(
        "workers", "Workers[]",
        "The workers that carry it, by name; left to others when left out. [] for none.",
        Mutability.IN_PLACE, set_by=SetBy.EITHER, compare=fields.CASELESS_SET, source=source,
    )  # fmt: skip


def refuse(word: str) -> Callable[[Spec], tuple[Refusal, ...]]:
    """What is wrong with a pool or a group."""
    refuse_name = blocks.refuse_none(word)

    def refuse_both(spec: Spec) -> tuple[Refusal, ...]:
        names = [worker_name(each) for each in spec.get("workers") or ()]
        return (*refuse_name(spec), *blocks.twice(names, "workers"))

    return refuse_both


def worker_name(element: Any) -> str:
    """Of an element of `workers`, which is a name or has one."""
    return str(element["name"] if isinstance(element, Mapping) else element)
