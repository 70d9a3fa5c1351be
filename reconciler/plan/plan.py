"""A plan is data: what will be done, why, based on what. Nothing here decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from reconciler.address import Address
from reconciler.diff.change import Action, FieldChange, Reason, Standing
from reconciler.errors import Location, Problem
from reconciler.lifecycle import OnRemove
from reconciler.model import Record, Request, Usage

FORMAT_VERSION = 1

__all__ = [
    "FORMAT_VERSION",
    "Action",
    "Binding",
    "Change",
    "FieldChange",
    "Pace",
    "Plan",
    "QuotaVerdict",
    "Reason",
    "Standing",
    "Verdict",
]


@dataclass(frozen=True, slots=True)
class Change:
    """One resource's action, with all that the apply and the reviewer need to know.

    `request` is what will be sent (create, update, replace); `remote_id` what is there now;
    `basis` the digest of the observation it rests on. `notes` are sentences for people: values that
    wait for the next creation, losses.
    """

    address: Address
    kind: str
    action: Action
    reason: Reason
    standing: Standing = Standing.READY
    fields: tuple[FieldChange, ...] = ()
    request: Request | None = None
    remote_id: str = ""
    basis: str = ""
    ordinal: int = 0
    """The creation ordinal of the object that is there now; 0 when none was ever made."""
    on_remove: OnRemove | None = None
    waits_for: frozenset[Address] = frozenset()
    """What is made first, before this is made or changed."""
    ends_after: frozenset[Address] = frozenset()
    """What is ended first, before this is ended."""
    also: tuple[str, ...] = ()
    """Further objects of the address that are changed or ended alike: runs of other ranges."""
    stops_first: bool = False
    """Whether what is deleted is stopped, and has come to its end, before."""
    drains: bool = False
    """Whether what runs may come to its end before the rest is stopped."""
    replacement: str = ""
    """The remote id of what takes its place for those of our objects that use it."""
    is_append: bool = False
    """Whether the request's ranges are added to the object that is there."""
    forgets: bool = False
    """Whether the record goes when this is done."""
    notes: tuple[str, ...] = ()
    problem: Problem | None = None
    loss: Usage | None = None
    location: Location | None = None

    @property
    def is_pending(self) -> bool:
        """Whether an apply would send something for it."""
        return self.standing is Standing.READY and self.action is not Action.NO_OP


class Verdict(StrEnum):
    FITS = "fits"
    TIGHT = "tight"
    EXCEEDS = "exceeds"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class QuotaVerdict:
    """Whether what the plan adds fits the account: `used + added` against `limit`."""

    provider: str
    quota: str
    used: float | None
    added: float
    limit: float | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Pace:
    """How many of a kind a plan creates where the vendor takes only so many a minute."""

    provider: str
    kind: str
    creations: int
    per_min: float

    @property
    def minutes(self) -> float:
        """How long they take at least."""
        return self.creations / self.per_min


@dataclass(frozen=True, slots=True)
class Binding:
    """What a plan is tied to; it applies to nothing else."""

    workspace_id: str
    env: str
    inputs: str
    lineage: str
    endpoints: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """Ordered by address. `unchanged` maps an address to the digest of its observation.

    `orphans` left the manifests and are kept, because prune is off. `problems` are findings of the
    whole plan; any of severity error blocks the changes it names and ends in exit code 5.
    """

    binding: Binding
    made_at: datetime
    expires_at: datetime
    changes: tuple[Change, ...] = ()
    unchanged: Mapping[Address, str] = field(default_factory=dict)
    orphans: tuple[Address, ...] = ()
    verdicts: tuple[QuotaVerdict, ...] = ()
    paces: tuple[Pace, ...] = ()
    problems: tuple[Problem, ...] = ()
    remembered: tuple[Record, ...] = ()
    """Records to write that ask nothing of a vendor: a rename, what `lifecycle` says now."""
    is_destroy: bool = False
    workspace: str = ""
    """The workspace's name, for people; `binding` has its id."""
    commit: str = ""
    serial: int = 0

    def count(self, action: Action) -> int:
        """How many changes of that action are ready."""
        return sum(each.action is action and each.is_pending for each in self.changes)

    @property
    def pending(self) -> tuple[Change, ...]:
        return tuple(each for each in self.changes if each.is_pending)

    @property
    def is_empty(self) -> bool:
        """Whether an apply would send nothing."""
        return not any(each.is_pending for each in self.changes)
