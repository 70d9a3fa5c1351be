"""What the core asks of the outside: six protocols, and what passes through them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from reconciler.address import Address
from reconciler.errors import ProviderError
from reconciler.kinds import Kinds
from reconciler.model import (
    Facts,
    Intent,
    Listing,
    Marker,
    Observed,
    Record,
    Recorded,
    Request,
    Run,
)
from reconciler.pointers import SecretRef
from reconciler.report import Event


@dataclass(frozen=True, slots=True)
class Output:
    """Which output of an object; `instance` `None`: of all its instances together."""

    is_error: bool = False
    instance: int | None = None


class Provider(Protocol):
    """One configured endpoint of one vendor. Never waits, retries, orders or prints.

    Every method may raise a `ProviderError`; its `effect` says whether the call may have passed.
    """

    name: str
    kinds: Kinds
    request_deadline_s: float
    settle_after_s: float
    concurrency: int
    batch_size: int
    """How many requests one `create` call takes to advantage; 1 where there is no bulk form."""

    async def observe(self, kinds: Collection[str], known: Collection[Record]) -> Listing:
        """Every object carrying our marker, page by page, and whether the list is complete."""

    async def read(self, kind: str, remote_ids: Sequence[str]) -> Mapping[str, Observed | None]:
        """The objects by id; `None` for one that is absent."""

    async def find(
        self, kind: str, markers: Sequence[Marker]
    ) -> Mapping[Marker, tuple[Observed, ...]]:
        """All objects with these very markers, an answer for each: how lost answers are settled.

        Where the vendor has no unique id it is a look at a complete list begun after the call.
        """

    async def stage(self, requests: Sequence[Request]) -> None:
        """Bring what creations need beside their bodies, such as files; may be repeated.

        It comes before any note of a creation is written, and may take its time.
        """

    async def create(self, requests: Sequence[Request]) -> Sequence[str | ProviderError]:
        """A remote id or an error for each request, in order; what they need was staged."""

    async def append(self, remote_id: str, request: Request) -> None:
        """Add what is missing of the request's ranges to an object that is there.

        Asked for kinds with `Ability.APPEND` alone, and safe to repeat: it looks first.
        """

    async def update(self, remote_id: str, request: Request, changed: frozenset[str]) -> None:
        """Bring the fields named in `changed` (top-level, folded) to what `request` says."""

    async def drain(self, kind: str, remote_id: str) -> None:
        """Let what runs come to its end, start nothing more; for kinds with `Ability.DRAIN`."""

    async def stop(self, kind: str, remote_id: str) -> None:
        """End active work, keep the vendor's record; absent or already over is done."""

    async def archive(self, kind: str, remote_id: str) -> None:
        """Put it away where the vendor keeps such; for kinds with `Ability.ARCHIVE`."""

    async def delete(self, kind: str, remote_id: str, replacement: str = "") -> None:
        """Remove it at the vendor; absent is done.

        Our own objects that use it are first moved to the `replacement`, a remote id.

        Raises:
            Conflict: others use it.
        """

    async def resolve(self, kind: str, name_or_id: str) -> str:
        """The remote id of an object that is not ours.

        Raises:
            NotFound: there is none.
        """

    async def facts(self) -> Facts:
        """What plan may ask at one call each."""

    def logs(self, kind: str, remote_id: str, wanted: Output) -> AsyncIterator[str]:
        """Its output as text, streamed.

        Raises:
            NotFound: there is no such object or instance.
        """

    async def outputs(self, kind: str, remote_id: str) -> Mapping[str, str]:
        """Where its results are, by name, as far as telling that takes a call of its own.

        Raises:
            NotFound: there is no such object.
        """

    def vendor_now(self) -> datetime | None:
        """The vendor's own clock as its last answer told it; `None` before any."""

    async def aclose(self) -> None: ...


class Revealed:
    """A secret's value. Prints, pickles and compares as `***`; `reveal` is the one way in."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        return self.__value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, _: str) -> str:
        return "***"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


class Secrets(Protocol):
    def fetch(self, ref: SecretRef) -> Revealed | None:
        """The value, or `None` where it is not available here."""


class Files(Protocol):
    """The files of the workspace that manifests name, by their paths below its root.

    Both raise `ConfigError`: there is none, it is no plain file, or it does not lie there.
    """

    def digest(self, path: str) -> str:
        """SHA-256 of its content, in hex."""

    def open(self, path: str) -> BinaryIO:
        """Its content, to be read and closed."""


class Clock(Protocol):
    def now(self) -> datetime:
        """Wall clock, UTC."""

    def monotonic(self) -> float:
        """Seconds that never run backwards."""

    async def sleep(self, seconds: float) -> None: ...


class Reporter(Protocol):
    def event(self, event: Event) -> None: ...


# --- the state ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scope:
    """State, lease and markers belong to one of these."""

    workspace_id: str
    env: str


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write. `fence` grows with each holder; a write with an old one is refused."""

    holder: str
    fence: int
    expires_at: datetime
    ttl_s: float
    taken_over_from: str = ""
    """The holder whose lease ran out unreleased: its last sends may still land."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction writes, all or nothing."""

    put_records: tuple[Record, ...] = ()
    drop_records: tuple[Address, ...] = ()
    open_intents: tuple[Intent, ...] = ()
    close_intents: tuple[str, ...] = ()
    """Operation ids; one that is not open is no error."""
    put_runs: tuple[Run, ...] = ()
    use_plan: str = ""
    """A plan's file digest: a plan is used once."""


class StateStore(Protocol):
    """The memory of one (workspace, env). Every write is one transaction, durable on return.

    Methods raise `StateError`: `StateMissing` before `init`, `Locked`, `Corrupt`, `TooNew`.
    """

    def init(self, holding: Batch | None = None) -> None:
        """Make a state for the scope, empty or holding what was restored; one that is is refused.

        What it holds is there from the first moment: a state is never empty by a crash.
        """

    def read(self) -> Recorded:
        """Everything, as of one moment."""

    def key(self) -> bytes:
        """The 32 random bytes that key this state's digests."""

    def used_plans(self) -> frozenset[str]:
        """File digests of the plans whose first intent was written."""

    def acquire(self, holder: str, ttl_s: float, now: datetime) -> Lease:
        """
        Raises:
            Locked: another holder's lease has not run out.
        """

    def renew(self, lease: Lease, now: datetime) -> Lease:
        """
        Raises:
            Locked: the lease was taken over.
        """

    def release(self, lease: Lease) -> None: ...

    def commit(self, lease: Lease, batch: Batch) -> None:
        """
        Raises:
            Locked: the lease's fence is no longer the newest.
        """

    def note(self, runs: Sequence[Run]) -> None:
        """Outcomes seen, insert-only: needs no lease, never undoes what is over."""

    def erase(self, lease: Lease) -> None:
        """Forget records, runs and intents of this scope; key and lineage are made anew."""

    def verify(self) -> tuple[str, ...]:
        """What is wrong with the stored bytes, in sentences; empty when nothing is."""

    def backup(self) -> None:
        """Keep a copy of the sound state, over the one kept before; a damaged one is refused.

        Raises:
            Corrupt: the state is damaged; the copy kept before stays.
        """

    def close(self) -> None: ...
