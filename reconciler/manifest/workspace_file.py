"""The form of reconciler.yaml."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from reconciler.manifest.envelope import Defaults, Name
from reconciler.spec_model import Duration, SecretReference, SpecModel

API_VERSION = "reconciler/v1"
KIND = "Workspace"
ID_PATTERN = r"^ws-[0-9a-f]{16}$"

Text = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
Folder = Annotated[Text, Field(description="A folder below reconciler.yaml, with forward slashes.")]
QueueName = Annotated[str, StringConstraints(pattern=r"^[^/\s]+$", max_length=1024)]
Rate = Annotated[int | float, Field(gt=0, le=100_000)]


class WorkspaceMetadata(SpecModel):
    name: Annotated[Name, Field(description="How people call it; `destroy` asks for it.")]
    workspace_id: Annotated[
        str,
        StringConstraints(pattern=ID_PATTERN),
        Field(description="Random, written once by `init`; state and markers carry it."),
    ]


class TimeoutsBlock(SpecModel):
    """How long a request may take."""

    connect: Annotated[Duration | None, Field(description="To connect; 10s by default.")] = None
    read: Annotated[Duration | None, Field(description="Between two bytes; 30s by default.")] = None
    request: Annotated[
        Duration | None, Field(description="For a whole request and its answer; 30s by default.")
    ] = None


class TlsBlock(SpecModel):
    ca_file: Annotated[Text, Field(description="Certificates to trust beside the system's.")]


class EndpointsBlock(SpecModel):
    """Services of Flow that are not under the provider's url, each with its own base URL."""

    auth: Annotated[
        Text | None, Field(description="The auth service; url/authentication/v2 by default.")
    ] = None
    storage: Annotated[
        Text | None, Field(description="The storage service; url/flow/storage/v1 by default.")
    ] = None


class QueueBlock(SpecModel):
    """A queue of Flow that jobs may go to."""

    region: Annotated[
        Text | None, Field(description="Where it was made; the provider's region by default.")
    ] = None


class ProviderBlock(SpecModel):
    """One endpoint of one vendor."""

    type: Annotated[Text, Field(description="The vendor.")]
    url: Annotated[Text, Field(description="https, unless it is on loopback or allowHttp is true.")]
    auth: Annotated[
        dict[str, SecretReference] | None,
        Field(description="Credentials, each as secretRef; which ones depends on the vendor."),
    ] = None
    concurrency: Annotated[
        int | None, Field(ge=1, le=256, description="Requests at a time; 8 by default.")
    ] = None
    rate_limits: Annotated[
        dict[Text, Rate] | None, Field(description="Requests a minute, by the vendor's route.")
    ] = None
    timeouts: TimeoutsBlock | None = None
    settle_after: Annotated[
        Duration | None,
        Field(description="How late a created object may appear in lists; 2m by default."),
    ] = None
    allow_http: Annotated[
        bool | None, Field(description="Send credentials without TLS. Only on a network of yours.")
    ] = None
    tls: TlsBlock | None = None
    region: Annotated[
        Text | None, Field(description="Sent to Flow with every request where it is said.")
    ] = None
    endpoints: EndpointsBlock | None = None
    queues: Annotated[
        dict[QueueName, QueueBlock | None] | None,
        Field(min_length=1, description="Flow's queues that are looked at; @default by default."),
    ] = None
    capabilities: Annotated[
        dict[str, Any] | None,
        Field(description="What this installation can do, where the vendor does not tell."),
    ] = None


class SafetyBlock(SpecModel):
    """What an apply may take away."""

    prune: Annotated[
        bool | None, Field(description="Remove what is ours and no longer declared.")
    ] = None
    max_deletes: Annotated[
        int | None, Field(ge=0, le=1_000_000, description="At most so many at once.")
    ] = None


class CapsBlock(SpecModel):
    """How much is read before it is refused."""

    file_bytes: Annotated[int | None, Field(ge=1, le=1 << 30)] = None
    set_bytes: Annotated[int | None, Field(ge=1, le=1 << 34)] = None
    nodes: Annotated[int | None, Field(ge=1, le=100_000_000)] = None
    depth: Annotated[int | None, Field(ge=8, le=128)] = None
    aliases: Annotated[int | None, Field(ge=0, le=10_000_000)] = None
    matrix: Annotated[int | None, Field(ge=1, le=1_000_000)] = None


class WorkspaceSpec(SpecModel):
    manifests: Annotated[
        Folder | Annotated[list[Folder], Field(min_length=1, max_length=1000)] | None,
        Field(description="Where manifests are; `manifests` by default."),
    ] = None
    state: Annotated[
        Text | None, Field(description="sqlite:///path below reconciler.yaml, or postgresql://…")
    ] = None
    providers: Annotated[
        dict[Name, ProviderBlock] | None, Field(description="Endpoints by a name of yours.")
    ] = None
    defaults: Annotated[
        dict[str, Defaults] | None,
        Field(description="By kind, like qarnot/Pool: merged under each resource of it."),
    ] = None
    safety: SafetyBlock | None = None
    vars: Annotated[
        dict[str, Any] | None, Field(description="Values for ${{ var.name }} in manifests.")
    ] = None
    caps: CapsBlock | None = None


class WorkspaceFile(SpecModel):
    """What holds for every command in this folder."""

    api_version: Literal["reconciler/v1"]
    kind: Literal["Workspace"]
    metadata: WorkspaceMetadata
    spec: WorkspaceSpec
