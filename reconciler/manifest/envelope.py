"""What stands around a spec: the blocks that every kind's manifest has."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from reconciler.address import NAME_MAX_LENGTH, NAME_PATTERN
from reconciler.spec_model import SpecModel

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=NAME_MAX_LENGTH)]
Label = Annotated[str, StringConstraints(max_length=2048)]
LabelKey = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Hold = Literal["hold", "rerun"]


class Metadata(SpecModel):
    """Whose resource this is, and what it is called here."""

    name: Annotated[
        Name,
        Field(
            description="Unique per provider and kind, whatever the case; the last part "
            "of the address."
        ),
    ]
    provider: Annotated[
        Name | None,
        Field(
            description="A provider of reconciler.yaml; may be left out when just one of this "
            "vendor exists."
        ),
    ] = None
    labels: Annotated[
        dict[LabelKey, Label] | None,
        Field(description="Words of your own, written at creation."),
    ] = None


class Successor(SpecModel):
    """What its users are moved to before it is deleted."""

    replacement: Annotated[
        str,
        StringConstraints(min_length=1, max_length=NAME_MAX_LENGTH),
        Field(description="The name of another one of its kind."),
    ]


class DeleteWithSuccessor(SpecModel):
    """Delete it once our own work that names it is moved to another one."""

    delete: Successor


class LifecycleBlock(SpecModel):
    """How changes, ends and removal of this resource are treated."""

    protect: Annotated[
        bool | None, Field(description="Never stop, replace or delete it; remembered.")
    ] = None
    run: Annotated[
        int | None, Field(ge=1, le=2**31 - 1, description="Raise it to run finished work again.")
    ] = None
    renamed_from: Annotated[
        str | None,
        StringConstraints(min_length=1, max_length=2 * NAME_MAX_LENGTH + 1),
        Field(description="The name it had before; keeps the object."),
    ] = None
    ignore: Annotated[
        list[str] | None,
        Field(max_length=100, description="Paths of spec that are never compared or changed."),
    ] = None
    on_change: Annotated[
        Literal["refuse", "wait", "replace"] | None,
        Field(description="When the work changed while an older run is active."),
    ] = None
    on_grow: Annotated[
        Literal["missing", "rerun"] | None,
        Field(description="When ranges were added: only what is missing, or all again."),
    ] = None
    on_failure: Annotated[Hold | None, Field(description="After a failed run.")] = None
    max_attempts: Annotated[
        int | None, Field(ge=1, le=1000, description="How often one run may be created.")
    ] = None
    on_lost: Annotated[
        Hold | None, Field(description="After a run that vanished before its end was seen.")
    ] = None
    on_remove: Annotated[
        Literal["terminate", "delete", "archive", "forget"] | DeleteWithSuccessor | None,
        Field(description="When the manifest is gone, under prune."),
    ] = None
    when_running: Annotated[
        Literal["refuse", "drain", "stop"] | None,
        Field(description="When unfinished work would be lost."),
    ] = None


class Manifest(SpecModel):
    """One resource: what it is, how it is named and what it is to be."""

    api_version: str
    kind: str
    metadata: Metadata
    spec: dict[str, Any]
    lifecycle: LifecycleBlock | None = None


class PartialMetadata(SpecModel):
    """What an overlay may say of metadata; `null` removes a label."""

    labels: dict[LabelKey, Label | None] | None = None


class DefaultMetadata(PartialMetadata):
    """What a default may say of metadata."""

    provider: Name | None = None


class Overlay(SpecModel):
    """What one environment changes of a resource; `null` removes, lists replace."""

    address: Annotated[str, Field(description="provider/kind/name, as `plan` prints it.")]
    metadata: PartialMetadata | None = None
    spec: dict[str, Any] | None = None
    lifecycle: LifecycleBlock | None = None


class Defaults(SpecModel):
    """What every resource of a kind has when it does not say otherwise."""

    metadata: DefaultMetadata | None = None
    spec: dict[str, Any] | None = None
    lifecycle: LifecycleBlock | None = None
