"""What the kinds of Deadline share: words as people write them, names as the farm keeps them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from reconciler import fields
from reconciler.fields import Compare, Mutability, SetBy
from reconciler.kinds import Refusal, Spec
from reconciler.providers.deadline.frames import check_frames
from reconciler.spec_model import Memory, SpecModel
from reconciler.values import Path

Row = fields.Field
NONE = "none"
"""The pool and the group that everything is in."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=4096)]
AnyText = Annotated[str, StringConstraints(max_length=4096)]
ListedText = Annotated[
    str, StringConstraints(pattern=r"^[^,\s]([^,\r\n]*[^,\s])?$", max_length=4096)
]
"""A text that may stand in one of the vendor's lists, which commas part."""
FarmName = Annotated[
    str, StringConstraints(pattern=r"^[^,/\s]([^,/\r\n]*[^,/\s])?$", max_length=200)
]
WorkerName = Annotated[
    str, StringConstraints(pattern=r"^[^,\s]([^,\r\n]*[^,\s])?$", max_length=200)
]
Workers = Annotated[list[WorkerName], Field(max_length=10_000)]
Whole = Annotated[int, Field(ge=0, le=2**31 - 1)]
Percentage = Annotated[int | float, Field(ge=0, le=100)]
Frames = Annotated[
    str,
    StringConstraints(min_length=1, max_length=20_000),
    AfterValidator(check_frames),
    Field(description="Frames, in the order they are rendered: 1-240, 1-240x10, 240-1, 1-10,20."),
]


class Requirements(SpecModel):
    """The shared words for what a machine must have; `false` asks for nothing."""

    cpu: Annotated[int, Field(ge=1, le=65_536)] | None = None
    memory: Memory | None = None
    gpu: bool | None = None


def identity(kind: str) -> Callable[[str, Spec], str]:
    """How a pool, a group or a limit is told by its name; they may share one, so the kind leads.

    Source: Deadline 10 REST pages: names of pools are folded to lower case.
    """
    return lambda name, spec: remote_id(kind, spec.get("name") or name)


def remote_id(kind: str, name: str) -> str:
    """`pools/film`: the remote id of what has this name at the farm."""
    return f"{kind}/{name.lower()}"


def name_of(remote_id: str) -> str:
    """`film` of `pools/film`: the farm's own name."""
    return remote_id.partition("/")[2]


def user(path: str, remote: str, doc: str, mutability: Mutability, **columns: Any) -> Row:
    """A row of a pool, a group or a limit that a person sets."""
    return Row(path, remote, mutability, doc=doc, **columns)


def name_row(kind: str, source: str) -> Row:
    return Row(
        "name",
        "name",
        Mutability.REPLACE,
        SetBy.EITHER,
        compare=fields.CASELESS,
        doc=f"The {kind}'s name at the farm; the resource's own when left out. Lower case there.",
        source=source,
    )


def refuse_none(kind: str) -> Callable[[Spec], tuple[Refusal, ...]]:
    """Refuses the name the vendor keeps for what is in no pool or group."""

    def refuse(spec: Spec) -> tuple[Refusal, ...]:
        if str(spec.get("name") or "").lower() != NONE:
            return ()
        return (
            Refusal(
                code="M571",
                path=("name",),
                summary=f"'{NONE}' can't be declared",
                cause=f"every farm has this {kind}, and it can't be removed",
                remedy="give it another name",
            ),
        )

    return refuse


def twice(names: Sequence[str], *path: str) -> tuple[Refusal, ...]:
    """Workers that the list at `path` names twice, whatever the case."""
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        first.setdefault(name.lower(), index)
    return tuple(
        Refusal(
            code="M572",
            path=(*path, index),
            summary=f"the worker '{name}' is named twice",
            cause="a worker is in a list or it is not, whatever the case of its name",
            remedy="remove one of the two",
        )
        for index, name in enumerate(names)
        if first[name.lower()] != index
    )


def said(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are set."""
    return {key: value for key, value in spec.items() if value is not None}


def nobody(path: Path) -> Refusal:
    """An empty list of the only workers there are."""
    return Refusal(
        code="M574",
        path=path,
        summary="no worker would be allowed",
        cause="the list names the only workers that may, and it is empty",
        remedy="name some, or remove it to allow all",
    )


def as_text(value: Any) -> str:
    """A value of a plugin or of the environment as the farm keeps it: text, `True` and `False`."""
    return value if isinstance(value, str) else str(value)


def trimmed(texts: Sequence[str]) -> list[str]:
    """The texts without the empty ones at the end."""
    kept = [*texts]
    while kept and not kept[-1]:
        kept.pop()
    return kept


AS_TEXT = Compare("text; true is True", as_text)
