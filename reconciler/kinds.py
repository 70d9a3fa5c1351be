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
    """`STANDING` is kept as declared; `FINITE` runs once; `CONTAINER` groups finite work.

    A `PART` has no life of its own: its document is folded into the resource it belongs to.
    """

    STANDING = "standing"
    FINITE = "finite"
    CONTAINER = "container"
    PART = "part"


class Ability(StrEnum):
    """What the vendor can do for a kind; a missing one is never faked."""

    MARKER = "marker"
    UNIQUE_ID = "unique_id"
    UPDATE = "update"
    STOP = "stop"
    DELETE = "delete"
    ARCHIVE = "archive"
    BULK_CREATE = "bulk_create"
    DEPENDENCIES = "dependencies"
    """The vendor itself holds a run back until its upstreams have ended."""
    APPEND = "append"
    """Frames may be added to an object that is there, finished or not."""
    DRAIN = "drain"
    """What runs may end while nothing more is started."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the vendor would refuse, or what makes no sense, told by field path before any call."""

    code: str
    path: Path
    summary: str
    cause: str
    remedy: str
    is_warning: bool = False


class RefRole(StrEnum):
    """What a reference is for.

    `PLACE`: what it runs on, and ends with. `CONTAINER`: what groups it. `UPSTREAM`: what has to
    end before it. `USED`: what it names at the vendor, and outlives.
    """

    PLACE = "place"
    CONTAINER = "container"
    UPSTREAM = "upstream"
    USED = "used"


@dataclass(frozen=True, slots=True)
class ReferenceField:
    """A field that names another resource of the same provider.

    `path` leads to a name, or to a list of names. `states` names the key beside an upstream's name
    that lists the final states it may end in, of `FINAL_STATES`.
    """

    path: str
    kind: str
    role: RefRole = RefRole.PLACE
    states: str = ""


FINAL_STATES = ("success", "failure", "cancelled")


@dataclass(frozen=True, slots=True)
class Inline:
    """Resources of another kind that may stand inside this one, in the list at `path` of its spec.

    Each has a `name`, may have `labels` and `lifecycle`, and else the fields of its own spec;
    `reference` is the field of theirs that names this resource. Where the other kind is a `PART`,
    it is the other way round: the list is a field of this kind's own model and table, and documents
    of theirs become elements of it, after those written there, sorted by name. They have neither
    labels nor lifecycle, and `reference` is their one `CONTAINER`.
    """

    path: str
    kind: str
    reference: str


@dataclass(frozen=True, slots=True)
class Demand:
    """What one resource asks of a quota.

    A hard quota refuses at creation; a soft one only makes the vendor wait.
    """

    quota: str
    amount: float
    is_hard: bool = True


@dataclass(frozen=True, slots=True)
class Machines:
    """Some of a farm's machines that one field can ask for: those of a group, or one by one.

    `cpu` counts logical processors and `memory_mib` MiB of the weakest of them. `hosts` are their
    names, where they are known.
    """

    field: str
    value: str
    cpu: int
    memory_mib: int
    gpu: bool = False
    hosts: tuple[str, ...] = ()
    is_there: bool = True
    """Whether the farm has the field's value now; a table may name a group that is still to be."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Machines chosen for what is required: the fields to send, and what to tell of it."""

    fields: Mapping[str, Any]
    says: str


Choose = Callable[[Spec, tuple[Machines, ...]], Choice | Refusal | None]
"""What a spec's requirements come to on a farm; `None` where it requires nothing."""


def _no_demands(_: Spec) -> tuple[Demand, ...]:
    return ()


def _never(_: Spec) -> float | None:
    return None


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
    refuse_beside: Callable[[Spec, Mapping[str, Spec]], Iterable[Refusal]] = field(
        default=lambda spec, referred: ()
    )
    """As `refuse`, knowing the specs of what it refers to, by the reference field's path.

    What a container itself refers to stands under `job.pool`, when `job` is its field.
    """
    references: tuple[ReferenceField, ...] = ()
    inline: tuple[Inline, ...] = ()
    formulas: tuple[frozenset[str], ...] = ()
    """The top-level WORK fields each formula of the run key knows, the oldest first.

    One that stands here is never changed: run keys of finished work rest on it.
    """
    ranges: Callable[[Spec], str] | None = None
    """The frames or instances a spec asks for, in the form of `reconciler.ranges`."""
    grows: Callable[[Spec], bool] = field(default=lambda spec: False)
    """Whether added ranges alone are run when `lifecycle.onGrow` is silent."""
    retention_s: Callable[[Spec], float | None] = _never
    """How long after its end an object surely stays; `None`: until somebody removes it."""
    demands: Callable[[Spec], tuple[Demand, ...]] = _no_demands
    files: Callable[[Spec], tuple[tuple[Path, str], ...]] = field(default=lambda spec: ())
    """The files of the workspace a spec names: where each stands in it, and its path."""
    ends_before_deletion: bool = False
    """Whether what goes on has to come to its end before the vendor deletes it."""
    ends_itself: bool = False
    """Whether the vendor itself does what `onComplete` says of finite work."""
    choose: Choose | None = None
    """For vendors that can't place work by what it requires: the machines that do."""
    identity: Callable[[str, Spec], str] | None = None
    """The remote id of a resource, by its name and spec, where that is all its identity.

    Such a kind has no place for a marker: the record is the proof that an object is ours.
    """
    lacking: Mapping[str, str] = field(default_factory=dict)
    """Kinds that people look for beside this one, and why the vendor has no such thing."""
    catalogues: tuple[tuple[str, str], ...] = ()
    """(field path, catalogue name) pairs checked against the provider's facts."""
    maxima: tuple[tuple[str, str], ...] = ()
    """(field path, maximum's name) pairs checked against the provider's facts."""
    marker_tags: int = 0
    """How many of the vendor's tags our marker takes."""
    on_remove: tuple[str, ...] = ("delete", "forget")
    default_on_remove: str = "delete"
    default_when_running: str = "refuse"
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
