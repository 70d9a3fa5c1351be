"""What one kind of one vendor is: its model, its table, its nature and what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from reconciler.fields import FieldTable
from reconciler.values import Path

if TYPE_CHECKING:
    from pydantic import BaseModel

Spec = Mapping[str, Any]
"""A kind's `spec` in the manifest's own words: camelCase keys, amounts as written."""


class Nature(StrEnum):
    """`STANDING` is kept as declared; `FINITE` runs once; `CONTAINER` groups finite work."""

    STANDING = "standing"
    FINITE = "finite"
    CONTAINER = "container"


class Ability(StrEnum):
    """What the vendor can do for a kind; a missing one is never faked."""

    MARKER = "marker"
    UNIQUE_ID = "unique_id"
    UPDATE = "update"
    STOP = "stop"
    DELETE = "delete"
    ARCHIVE = "archive"
    BULK_CREATE = "bulk_create"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the vendor would refuse, or what makes no sense, told by field path before any call."""

    code: str
    path: Path
    summary: str
    cause: str
    remedy: str
    is_warning: bool = False


@dataclass(frozen=True, slots=True)
class ReferenceField:
    """A field that names another resource of the same provider."""

    path: str
    kind: str


@dataclass(frozen=True, slots=True)
class Demand:
    """What one resource asks of a quota.

    A hard quota refuses at creation; a soft one only makes the vendor wait.
    """

    quota: str
    amount: float
    is_hard: bool = True


def _no_demands(_: Spec) -> tuple[Demand, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class KindSpec:
    """One (vendor, kind), for every room but the provider's own.

    `model` is called once, when the kind is first met: building a pydantic model costs time.
    `fold` writes the shared words (`requirements`) in the vendor's own fields; `spelled` says, for
    a folded spec's path, where the person wrote it. `remote_defaults` never enter the fold.
    """

    vendor: str
    kind: str
    nature: Nature
    model: Callable[[], type[BaseModel]]
    table: FieldTable
    abilities: frozenset[Ability]
    doc: str
    fold: Callable[[Spec], dict[str, Any]] = dict
    spelled: Callable[[Spec, Path], Path] = field(default=lambda spec, path: path)
    refuse: Callable[[Spec], Iterable[Refusal]] = field(default=lambda spec: ())
    references: tuple[ReferenceField, ...] = ()
    demands: Callable[[Spec], tuple[Demand, ...]] = _no_demands
    catalogues: tuple[tuple[str, str], ...] = ()
    """(field path, catalogue name) pairs checked against the provider's facts."""
    marker_tags: int = 0
    """How many of the vendor's tags our marker takes."""
    on_remove: tuple[str, ...] = ("delete", "forget")
    default_on_remove: str = "delete"
    examples: tuple[Spec, ...] = ()

    @property
    def id(self) -> str:
        """`qarnot/Pool`, as `defaults` of the workspace and `explain` name it."""
        return f"{self.vendor}/{self.kind}"

    @property
    def api_version(self) -> str:
        return f"{self.vendor}/v1"

    @property
    def slug(self) -> str:
        """The kind inside an address."""
        return self.kind.lower()


Kinds = Mapping[str, KindSpec]
"""All kinds this build knows, by `KindSpec.id`."""
