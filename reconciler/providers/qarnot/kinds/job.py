"""The Qarnot job: a group of tasks, which may wait for each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from reconciler import fields
from reconciler.fields import FieldTable, Mutability
from reconciler.kinds import (
    Ability,
    Demand,
    Inline,
    KindSpec,
    Nature,
    ReferenceField,
    RefRole,
    Refusal,
    Spec,
)
from reconciler.providers.own_tags import refuse_marker_tags
from reconciler.providers.qarnot.kinds import blocks
from reconciler.providers.qarnot.kinds.work import EITHER, Rows
from reconciler.spec_model import Duration, Reference, SpecModel

MARKER_TAG = "reconciler:"
"""How the tag begins that holds our marker."""
MARKER_TAGS = 1
MAX_TAGS = 10 - MARKER_TAGS
"""Source: Compute API v1.0 page, tags of a job, less what our marker takes."""

WhatFollows = Annotated[str, StringConstraints(pattern="^(keep|terminate|delete)$")]


class JobSpec(SpecModel):
    """What a Qarnot job is to be; its tasks may stand in it, or be documents that name it."""

    display_name: blocks.Text | None = None
    pool: Reference | None = None
    use_dependencies: bool | None = None
    tags: Annotated[list[blocks.Tag], Field(max_length=MAX_TAGS)] | None = None
    max_wall_time: Duration | None = None
    auto_delete_on_completion: bool | None = None
    completion_time_to_live: Duration | None = None
    on_complete: WhatFollows | None = None


_ROWS = Rows("job", Mutability.AT_NEXT_CREATE, ended="completed")
_user = _ROWS.user

JOB_FIELDS = FieldTable(
    _user("displayName", "name", "The name people see at Qarnot.", **EITHER),
    _user("pool", "poolUuid", "The pool its tasks run in."),
    _user("useDependencies", "useDependencies", "Whether its tasks may wait for each other.",
          default=False),
    _user("tags", "tags", f"Free words to find it by, at most {MAX_TAGS}: our marker takes one.",
          default=[], compare=fields.UNORDERED),
    _user("maxWallTime", "maxWallTime", "After so long it is terminated with all of its tasks.",
          default=0, unit="s", compare=fields.DURATION),
    *_ROWS.retention(),
    _user("onComplete", "", "keep, terminate or delete: what is done with it once all is over.",
          default="keep", source="reconciler: never sent"),
    *_ROWS.identity("workspace, address and ordinal", "Active, Terminating, Completed, Deleting."),
)  # fmt: skip


def fold(spec: Spec) -> dict[str, Any]:
    """The spec as it is; nothing of a job has a shorter form."""
    return {key: value for key, value in spec.items() if value is not None}


def refuse(spec: Spec) -> Iterator[Refusal]:
    """What Qarnot would refuse, or what could never work, with the field it stands in."""
    written = spec.get("maxWallTime")
    if written is not None and blocks.seconds_of(written) <= 0:
        yield Refusal(
            code="M561",
            path=("maxWallTime",),
            summary="a job with no time at all can't run anything",
            cause=f"maxWallTime is {written}, after which the job is terminated",
            remedy="write the longest time it may take, or leave it out for no limit",
        )
    yield from refuse_marker_tags(spec.get("tags"), MARKER_TAG, "M562")


def demands(_: Spec) -> tuple[Demand, ...]:
    """One of the account's jobs."""
    return (Demand("jobs", 1),)


def _model() -> type[BaseModel]:
    return JobSpec


JOB = KindSpec(
    vendor="qarnot",
    kind="Job",
    nature=Nature.CONTAINER,
    model=_model,
    table=JOB_FIELDS,
    abilities=frozenset(
        {Ability.MARKER, Ability.UNIQUE_ID, Ability.STOP, Ability.DELETE, Ability.BULK_CREATE}
    ),
    doc="A group of tasks that share a pool and may wait for each other.",
    fold=fold,
    refuse=refuse,
    references=(ReferenceField("pool", "Pool", RefRole.PLACE),),
    inline=(Inline("tasks", "qarnot/Task", "job"),),
    retention_s=blocks.retention_s,
    demands=demands,
    marker_tags=MARKER_TAGS,
    on_remove=("terminate", "delete", "forget"),
    default_on_remove="terminate",
    examples=({"pool": "houdini-sim", "useDependencies": True, "maxWallTime": "2d"},),
)
