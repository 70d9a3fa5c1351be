"""The workspace as its file says: what holds for every command run in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model import Locate, nowhere
from reconciler.pointers import SecretRef
from reconciler.values import Json

DEFAULT_ENV = "default"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, between two bytes, and for a whole request with its answer."""

    connect_s: float = 10.0
    read_s: float = 30.0
    request_s: float = 30.0


@dataclass(frozen=True, slots=True)
class AuthSlots:
    """The credentials a vendor takes, as `auth` names them: all of them, or none if `is_optional`.

    Optional ones are for endpoints that ask nobody who they are.
    """

    names: tuple[str, ...]
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """One entry of `spec.providers`; `type` is the vendor, `auth` the vendor's own slots."""

    name: str
    type: str
    url: str
    auth: Mapping[str, SecretRef] = field(default_factory=dict)
    concurrency: int = 8
    rate_limits: Mapping[str, float] = field(default_factory=dict)
    timeouts: Timeouts = Timeouts()
    settle_after_s: float = 120.0
    allow_http: bool = False
    ca_file: str | None = None
    region: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """Services of the vendor that are not under `url`: each one's own base URL, by name."""
    queues: Mapping[str, str] = field(default_factory=dict)
    """The queues to look at, with their regions; an empty one is that of the provider."""
    capabilities: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Caps:
    """How much a reader takes in before it refuses: per file, and for the whole set."""

    file_bytes: int = 8 << 20
    set_bytes: int = 256 << 20
    nodes: int = 300_000
    depth: int = 64
    aliases: int = 10_000
    matrix: int = 10_000


@dataclass(frozen=True, slots=True)
class Safety:
    prune: bool = False
    max_deletes: int | None = None


@dataclass(frozen=True, slots=True)
class Workspace:
    """`reconciler.yaml`, with the env and variables of the command line laid on it."""

    name: str
    workspace_id: str
    env: str = DEFAULT_ENV
    manifests: tuple[str, ...] = ("manifests",)
    state: str = "sqlite:///.reconciler/state.db"
    providers: Mapping[str, ProviderConfig] = field(default_factory=dict)
    defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    safety: Safety = Safety()
    vars: Mapping[str, Json] = field(default_factory=dict)
    caps: Caps = Caps()
    locate: Locate = field(default=nowhere, compare=False, repr=False)
