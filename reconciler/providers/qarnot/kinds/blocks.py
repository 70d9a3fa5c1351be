"""Blocks that pools and tasks of Qarnot share, as people write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from reconciler.fields import Compare
from reconciler.kinds import Refusal, Spec
from reconciler.quantities import NotAQuantity, duration_s
from reconciler.spec_model import Memory, SecretReference, SpecModel
from reconciler.values import Path

SECRET_PREFIX = "QARNOT_SECRET__"  # noqa: S105 - the name of a slot, no secret
"""Constants with this prefix are write-only secrets. Source: Compute API v1.0 page, constants."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=2047)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=511)]
ConstantKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,2048}$")]
ConstantValue = Annotated[str, StringConstraints(max_length=2048)] | int | SecretReference
Uuid = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
]
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
PositiveCount = Annotated[int, Field(ge=1, le=2**31 - 1)]
Tags = Annotated[list[Tag], Field(max_length=10)]


SchedulingWord = Annotated[
    str, StringConstraints(pattern="^(flex|onDemand|reserved)$"), Field(examples=["flex"])
]


class Requirements(SpecModel):
    """The shared words for what a machine must have; `false` asks for nothing."""

    cpu: PositiveCount | None = None
    memory: Memory | None = None
    gpu: bool | None = None
    ssd: bool | None = None


class SecretsAccessRights(SpecModel):
    """Secrets of the vendor's own secret manager that the work may read."""

    by_secret: list[Text] | None = None
    by_prefix: list[Text] | None = None


class PrefixFiltering(SpecModel):
    prefix: Text


class Filtering(SpecModel):
    prefix_filtering: PrefixFiltering | None = None


class StripPrefix(SpecModel):
    prefix: Text


class ResourcesTransformation(SpecModel):
    strip_prefix: StripPrefix | None = None


class AdvancedBucket(SpecModel):
    """A bucket with a choice of its files and how they are placed."""

    bucket_name: Text
    filtering: Filtering | None = None
    resources_transformation: ResourcesTransformation | None = None
    cache_ttl_sec: Annotated[Count | None, Field(alias="cacheTTLSec")] = None


class Privileges(SpecModel):
    export_api_and_storage_credentials_in_environment: bool | None = None


class RetrySettings(SpecModel):
    max_total_retries: Count | None = None
    max_per_instance_retries: Count | None = None


class ForcedConstant(SpecModel):
    """Needs a permission of the vendor that few accounts have."""

    constant_name: ConstantKey
    forced_value: Annotated[str, StringConstraints(max_length=2048)] | None = None
    force_export_in_environment: bool | None = None
    access: Annotated[str, StringConstraints(pattern="^Read(Only|Write)$")] | None = None


class ForcedNetworkRule(SpecModel):
    """Needs a permission of the vendor that few accounts have. Ports are texts at the vendor."""

    inbound: bool
    proto: Annotated[str, StringConstraints(pattern="^(tcp|udp)$")]
    port: Text | None = None
    to: Text | None = None
    public_host: Text | None = None
    public_port: Text | None = None
    forwarder: Text | None = None
    priority: Text | None = None
    description: Text | None = None
    to_q_box: Annotated[bool | None, Field(alias="toQBox")] = None
    to_payload: bool | None = None
    name: Text | None = None
    application_type: Text | None = None


def _members(value: Any, unset: Mapping[str, Any]) -> Any:
    return [
        {key: each for key, each in one.items() if each is not None and each != unset.get(key)}
        for one in value
    ]


FORCED_CONSTANTS = Compare(
    "members that are null count as unset", lambda value: _members(value, {})
)
FORCED_RULES = Compare(
    "members that are null count as unset, so does priority 1000",
    lambda value: _members(value, {"priority": "1000"}),
)
"""The service fills a rule's priority in. Source: qarnot-sdk-csharp 7.0.1, forced network rule."""


def fold_buckets(spec: dict[str, Any]) -> None:
    """Write plain bucket names as the advanced form, the one both are compared in."""
    names = spec.pop("resourceBuckets", None)
    if names:
        spec["advancedResourceBuckets"] = [{"bucketName": name} for name in names]


def refuse_constants(spec: Spec, *, limit: int) -> Iterator[Refusal]:
    """Literal secrets, secrets the vendor would show, and too many constants."""
    constants: Mapping[str, Any] = spec.get("constants") or {}
    for key, value in constants.items():
        is_reference = isinstance(value, Mapping)
        if key.startswith(SECRET_PREFIX) and not is_reference:
            yield Refusal(
                code="M501",
                path=("constants", key),
                summary=f"{key} is a secret and may not stand in a manifest",
                cause=f"Qarnot keeps constants that start with {SECRET_PREFIX} secret",
                remedy=f"write {key}: {{secretRef: {{env: NAME}}}}",
            )
        elif is_reference and not key.startswith(SECRET_PREFIX):
            yield Refusal(
                code="M502",
                path=("constants", key),
                summary=f"{key} would be shown to everyone who can read it at Qarnot",
                cause=f"only constants that start with {SECRET_PREFIX} are kept secret there",
                remedy=f"name it {SECRET_PREFIX}{key}",
            )
    if len(constants) > limit:
        yield Refusal(
            code="M503",
            path=("constants",),
            summary=f"{len(constants)} constants are too many",
            cause=f"Qarnot takes at most {limit} here",
            remedy="put the rest into a file of a resource bucket",
        )


def refuse_buckets(spec: Spec) -> Iterator[Refusal]:
    """Both forms of bucket lists at once."""
    if spec.get("resourceBuckets") and spec.get("advancedResourceBuckets"):
        yield Refusal(
            code="M504",
            path=("advancedResourceBuckets",),
            summary="resourceBuckets and advancedResourceBuckets exclude each other",
            cause="Qarnot takes one of the two lists",
            remedy="move the plain names into advancedResourceBuckets as {bucketName: name}",
        )


def refuse_scheduling(spec: Spec) -> Iterator[Refusal]:
    """Reservations named without `schedulingType: reserved`."""
    for key in ("targetedReservedMachineKey", "targetedReservationName"):
        if spec.get(key) and spec.get("schedulingType") != "reserved":
            yield Refusal(
                code="M505",
                path=(key,),
                summary=f"{key} needs schedulingType: reserved",
                cause="a reservation is only looked at for reserved scheduling",
                remedy=f"add schedulingType: reserved, or remove {key}",
            )


def refuse_fractions(
    block: Mapping[str, Any], path: Path, keys: Iterable[str]
) -> Iterator[Refusal]:
    """Times under these keys of a block that are no whole number of seconds."""
    for key in keys:
        if seconds_of(block.get(key)) % 1:
            yield Refusal(
                code="M526",
                path=(*path, key),
                summary=f"{key} is no whole number of seconds",
                cause="Qarnot counts it in whole seconds",
                remedy="round it",
            )


def seconds_of(amount: Any) -> int | float:
    """A length of time as written or in seconds; 0 for none, and for what is no such amount."""
    if not isinstance(amount, str):
        return amount or 0
    try:
        return duration_s(amount)
    except NotAQuantity:
        return 0


def retention_s(spec: Spec) -> float | None:
    """How long after its end the vendor surely keeps a task or a job; `None`: no end is set."""
    if spec.get("autoDeleteOnCompletion"):
        return 0.0
    seconds = seconds_of(spec.get("completionTimeToLive"))
    return float(seconds) if seconds > 0 else None
