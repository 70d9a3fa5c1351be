"""The nouns: what is wanted, what we remember, what is there. Frozen; no verb lives here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from reconciler.address import Address
from reconciler.errors import Location, Problem
from reconciler.kinds import Machines, RefRole
from reconciler.lifecycle import UNSAID, Lifecycle, OnRemove, WhenRunning
from reconciler.values import Json, Path

Locate = Callable[[Path], Location | None]
"""Where a field of a document stands in its file: its own place or its nearest parent's."""


def nowhere(_: Path) -> Location | None:
    """The `Locate` of what no file declares."""
    return None


# --- wanted ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ref:
    """A field that names another object: a resource of ours, or one that exists but is not ours.

    Exactly one of `target` and `existing` is set. `when` lists the final states an upstream may
    have ended in; none: it has to have succeeded.
    """

    path: Path
    kind: str
    target: Address | None = None
    existing: str | None = None
    role: RefRole = RefRole.PLACE
    when: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """The typed thing one manifest document declares; `kind` is `KindSpec.id`."""

    address: Address
    kind: str
    spec: Mapping[str, Any]
    labels: Mapping[str, str] = field(default_factory=dict)
    lifecycle: Lifecycle = UNSAID
    references: tuple[Ref, ...] = ()
    locate: Locate = field(default=nowhere, compare=False, repr=False)


# --- ownership ------------------------------------------------------------------------------------

MARKER_VERSION = 1


@dataclass(frozen=True, slots=True)
class Marker:
    """The note of owner and address we leave on an object; `address` is the first one it had.

    `ordinal` counts creations of the address; `run_key`, `attempt` and `cover` (a digest of the
    ranges) belong to finite work and are empty or 0 elsewhere.
    """

    workspace_id: str
    env: str
    address: Address
    ordinal: int
    run_key: str = ""
    attempt: int = 0
    cover: str = ""
    version: int = MARKER_VERSION


# --- there ----------------------------------------------------------------------------------------


class Settled(StrEnum):
    """Where an object is in its own life, in our words."""

    CURRENT = "current"
    IN_PROGRESS = "in_progress"
    SUSPENDED = "suspended"
    DRAINING = "draining"
    TERMINATING = "terminating"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ABSENT = "absent"
    UNKNOWN = "unknown"

    @property
    def is_over(self) -> bool:
        """Whether it has come to its end at the vendor, or is on its last way there."""
        return self in _OVER


_OVER = frozenset({Settled.TERMINATING, Settled.SUCCEEDED, Settled.FAILED, Settled.CANCELLED})


@dataclass(frozen=True, slots=True)
class Usage:
    """What is running on an object now: what stopping it would lose."""

    instances: int = 0
    cores: int = 0
    queued_instances: int = 0
    core_seconds: float = 0.0
    users: int = 0
    """Unfinished jobs of anybody that name it, and outlive it."""
    foreign_users: int = 0
    """Those of them that are not ours."""

    @property
    def is_busy(self) -> bool:
        """Whether unfinished work of anybody stands on it."""
        return self.queued_instances > 0


@dataclass(frozen=True, slots=True)
class Observed:
    """A live object translated into the manifest's folded form.

    `unseen` holds fields the vendor does not show, though they may be set, and fields that are
    references, which it shows as remote ids (`stands_on`). `state` is its own word, for people.
    Secret values are already fingerprints.
    """

    kind: str
    remote_id: str
    spec: Mapping[str, Any]
    settled: Settled
    state: str = ""
    marker: Marker | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    unseen: frozenset[str] = frozenset()
    usage: Usage = Usage()
    name: str = ""
    created_at: datetime | None = None
    ended_at: datetime | None = None
    stands_on: Mapping[str, str] = field(default_factory=dict)
    """Remote ids of what it runs on and is grouped by, by the field of the spec."""
    uses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Remote ids of what it names at the vendor and outlives, by the field of the spec."""
    ranges: str = ""
    """The frames or instances it covers, where its kind has them."""
    done: str = ""
    """Those of them that surely succeeded, whatever became of the rest."""
    can_grow: bool = False
    """Whether ranges may be added to it now, finished or not."""
    reopens: str = ""
    """Ranges that may have to run again when others are added: a last portion that is not full."""
    progress: float | None = None
    """From 0 to 1, where the vendor tells."""
    outputs: Mapping[str, str] = field(default_factory=dict)
    """Where its results are, by name."""
    failure: str = ""
    """What the vendor says went wrong: text from outside."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What one provider answered for some kinds; incomplete ones prove no absence."""

    objects: tuple[Observed, ...]
    incomplete: Mapping[str, Problem] = field(default_factory=dict)
    """Kinds whose list could not be read to its end, with the reason."""


@dataclass(frozen=True, slots=True)
class Quota:
    """How much of something the account may have; `limit` is `None` when there is no bound."""

    used: float
    limit: float | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a provider tells about the account at one call each.

    A quota, catalogue or maximum that could not be read is missing, and then decides nothing.
    """

    account: str = ""
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    catalogues: Mapping[str, frozenset[str]] = field(default_factory=dict)
    maxima: Mapping[str, float] = field(default_factory=dict)
    """The highest value that a field may have, where the account sets it."""
    machines: tuple[Machines, ...] = ()
    creations_per_min: Mapping[str, float] = field(default_factory=dict)
    """By kind, where the vendor or our configuration allows only so many."""


@dataclass(frozen=True, slots=True)
class Observation:
    """All that `plan` may know of the world, frozen; time is an input like any other.

    `endpoints` maps a provider to its URL; `secrets` maps `SecretRef.key` to the
    value's keyed fingerprint, or to `None` when it is not available here.
    """

    now: datetime
    objects: Mapping[str, tuple[Observed, ...]] = field(default_factory=dict)
    incomplete: Mapping[tuple[str, str], Problem] = field(default_factory=dict)
    existing: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    facts: Mapping[str, Facts] = field(default_factory=dict)
    endpoints: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str | None] = field(default_factory=dict)
    times: Mapping[str, datetime] = field(default_factory=dict)
    """Each provider's own clock: ages of its objects are told by it."""

    def time_at(self, provider: str) -> datetime:
        """The provider's own time; ours when it tells none."""
        return self.times.get(provider, self.now)


# --- remembered -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Record:
    """What we last did at an address. `ordinal` 0 and no id: nothing was made yet.

    `managed` maps a field path to the keyed digest of the value we sent; `not_honoured` to the
    digests of (what we sent, what the vendor kept instead).
    """

    address: Address
    kind: str
    remote_id: str
    ordinal: int
    first_address: Address
    managed: Mapping[str, str] = field(default_factory=dict)
    not_honoured: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    protect: bool = False
    on_remove: OnRemove | None = None
    when_running: WhenRunning | None = None
    depends_on: tuple[Address, ...] = ()
    replacement: str = ""
    """The name of what takes its place when it is deleted."""

    def guarded_as(self, before: Record | None) -> Record:
        """The same with what was remembered of `lifecycle` at this address."""
        if before is None:
            return self
        return replace(
            self,
            protect=before.protect,
            on_remove=before.on_remove,
            when_running=before.when_running,
            replacement=before.replacement,
        )


class Outcome(StrEnum):
    """How a run of finite work ended; `ACTIVE` has not, as far as we saw."""

    ACTIVE = "active"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    PRESUMED_FINISHED = "presumed_finished"
    LOST = "lost"
    UNKNOWN = "unknown"

    @property
    def is_over(self) -> bool:
        return self not in (Outcome.ACTIVE, Outcome.UNKNOWN)

    @property
    def is_inferred(self) -> bool:
        """Whether nobody saw it: it gives way to what is seen later."""
        return self in _INFERRED


_INFERRED = frozenset({Outcome.PRESUMED_FINISHED, Outcome.LOST, Outcome.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Run:
    """One creation of finite work, as remembered under the first address of its resource.

    `cover` is the digest of `ranges`, `done` those that surely succeeded. Times are the vendor's:
    `made_at` when it was created, `seen_at` when the outcome was last seen. `retention_s` is how
    long the vendor keeps it once it has ended, as declared when it was made. `is_withdrawn`: an
    apply of ours asked to stop it, so that its being cancelled is no person's decision.
    """

    address: Address
    run_key: str
    attempt: int
    remote_id: str
    cover: str = ""
    ranges: str = ""
    outcome: Outcome = Outcome.ACTIVE
    seen_at: datetime | None = None
    kind: str = ""
    done: str = ""
    made_at: datetime | None = None
    retention_s: float | None = None
    is_withdrawn: bool = False


class Verb(StrEnum):
    """What a step asks of a provider, or of the state alone (`ADOPT`, `FORGET`)."""

    CREATE = "create"
    APPEND = "append"
    UPDATE = "update"
    STOP = "stop"
    DELETE = "delete"
    ADOPT = "adopt"
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class Intent:
    """The durable note before an effect. Nothing is sent after `send_by` (wall clock, UTC)."""

    operation_id: str
    address: Address
    kind: str
    verb: Verb
    request_digest: str
    first_send: datetime
    send_by: datetime
    ordinal: int
    first_address: Address
    remote_id: str = ""
    run_key: str = ""
    attempt: int = 0
    cover: str = ""
    ranges: str = ""
    retention_s: float | None = None
    vendor_time: datetime | None = None
    """The vendor's own time before the first send, when known: retention is told by it."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Everything the state knows of one (workspace, env), read in one moment."""

    lineage: str
    serial: int
    records: Mapping[Address, Record] = field(default_factory=dict)
    runs: tuple[Run, ...] = ()
    intents: tuple[Intent, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """What a provider creates or updates: a resource, whose it is, and the ids it refers to.

    `spec` is the folded spec; secrets and files in it are still references. `ranges` is the part of
    the work this request runs. `chosen` are fields that follow from what is required. `upstreams`
    has the remote ids of the runs it has to wait for; `met` are upstreams that have ended as asked:
    nothing waits for them.
    """

    resource: Resource
    spec: Mapping[str, Json]
    marker: Marker
    remote_ids: Mapping[Address, str] = field(default_factory=dict)
    existing_ids: Mapping[tuple[str, str], str] = field(default_factory=dict)
    ranges: str = ""
    upstreams: Mapping[Address, tuple[str, ...]] = field(default_factory=dict)
    met: frozenset[Address] = frozenset()
    chosen: Mapping[str, Json] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    """The files its spec names, by path: SHA-256 of the content that is meant, in hex."""
