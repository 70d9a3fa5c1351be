"""The Flow job: tasks that are executed once; it can't be changed once it is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field, StringConstraints

from reconciler import fields
from reconciler.fields import FieldTable, SetBy
from reconciler.kinds import (
    FINAL_STATES,
    Ability,
    Inline,
    KindSpec,
    Nature,
    ReferenceField,
    RefRole,
    Refusal,
    Spec,
)
from reconciler.pointers import FileRef
from reconciler.providers.dependencies import dependencies
from reconciler.providers.flow.kinds.blocks import PartOfJob, Text
from reconciler.providers.flow.kinds.rows import OURS, steering, work
from reconciler.providers.flow.kinds.task_refusals import files_in, refuse_task
from reconciler.providers.flow.machines import choose
from reconciler.providers.flow.marker import MARKER_TAG, NAME_LENGTH
from reconciler.providers.flow.translate_tasks import folded_tasks, spelled_part
from reconciler.providers.own_tags import refuse_marker_tags
from reconciler.spec_model import SpecModel
from reconciler.values import Path

DEFAULT_QUEUE: Final = "@default"
"""Source: Flow Graph Engine API v1, create job: the queue of the app or the user who asks."""
RETENTION_S: Final = 30 * 86_400.0
"""Source: Flow Graph Engine API v1, delete job: gone within 30 days, finished or not."""

FinalState = Annotated[str, StringConstraints(pattern=f"^({'|'.join(FINAL_STATES)})$")]
Queue = Annotated[str, StringConstraints(pattern=r"^[^/\s]+$", max_length=1024)]
WhatFollows = Annotated[str, StringConstraints(pattern="^(keep|delete)$")]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=1024)]


class Dependency(SpecModel):
    """A job, and how it may have ended; it has to have succeeded otherwise."""

    job: Text
    final_state: Annotated[list[FinalState], Field(min_length=1, max_length=3)] | None = None


class JobSpec(SpecModel):
    """What a Flow job executes; its tasks may stand in it, or be documents that name it."""

    display_name: Annotated[str, StringConstraints(min_length=1, max_length=NAME_LENGTH)] | None = (
        None
    )
    queue: Queue | None = None
    tags: Annotated[list[Tag], Field(max_length=1_000)] | None = None
    tasks: Annotated[list[PartOfJob], Field(min_length=1, max_length=10_000)]
    depends_on: Annotated[list[Text | Dependency], Field(max_length=1_000)] | None = None
    on_complete: WhatFollows | None = None


# --- the table ------------------------------------------------------------------------------------

_CREATE = "Flow Graph Engine API v1, create job"
_JOB = "Flow Graph Engine API v1, get job"


DEPENDENCIES = dependencies("job")


def _vendor(path: str, doc: str) -> fields.Field:
    return fields.Field(path, path, fields.Mutability.FIXED, SetBy.VENDOR, doc=doc, source=_JOB)


JOB_FIELDS = FieldTable(
    steering("displayName", "name",
             "The name people see at Flow, followed there by a short mark of ours; the resource's"
             " own when left out.", _CREATE, set_by=SetBy.EITHER),
    steering("queue", "queueId",
             "Where it waits: @default, or the id of a queue that is there. Where it ran decides"
             " nothing of the result.", _CREATE, default=DEFAULT_QUEUE),
    steering("tags", "tags", "Free words to find it by; our marker stands in some more.", _CREATE,
             default=[], compare=fields.UNORDERED),
    work("tasks", "tasks", "What it executes, in no order.", _CREATE),
    work("tasks[name].*", "tasks[]", "A field of a task; those of a payload count on their own."),
    steering("dependsOn", "",
             "Jobs that end before it is made, by name; with finalState, how.", OURS, default=[],
             compare=DEPENDENCIES),
    steering("onComplete", "", "keep or delete: what is done with it once it is over.", OURS,
             default="keep"),
    _vendor("id", "The remote id, behind the queue."),
    _vendor("status", "QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELED, and others that may come."),
    _vendor("error", "What went wrong."),
)  # fmt: skip


# --- what is written, what is compared ------------------------------------------------------------


def fold(spec: Spec) -> dict[str, Any]:
    """The spec with its tasks by part, as `scatter.executor`, so that each may change alone."""
    folded = {key: each for key, each in spec.items() if each is not None}
    if "tasks" in folded:
        folded["tasks"] = folded_tasks(folded["tasks"])
    return folded


def spelled(spec: Spec, path: Path) -> Path:
    """Where in the manifest's `spec` a folded path was written; a task stands by its name."""
    match path:
        case ("tasks", str() as key, *rest):
            return ("tasks", *spelled_part(spec.get("tasks") or (), key, tuple(rest)))
        case _:
            return path


def files(spec: Spec) -> tuple[tuple[Path, str], ...]:
    """The files of the workspace its tasks name: where each stands in `spec`, and its path."""
    return tuple(
        ((*place, "source"), ref.path)
        for index, task in enumerate(spec.get("tasks") or ())
        for place, each in files_in(task, ("tasks", index))
        if (ref := FileRef.from_manifest(each["source"])) is not None
    )


def refuse(spec: Spec) -> Iterator[Refusal]:
    """What is wrong with a job, with the field it stands in."""
    first: dict[str, int] = {}
    for index, task in enumerate(spec.get("tasks") or ()):
        yield from refuse_task(task, ("tasks", index))
        if first.setdefault(task["name"].casefold(), index) != index:
            yield Refusal(
                code="M602",
                path=("tasks", index, "name"),
                summary=f"the task '{task['name'][:80]}' is named twice",
                cause="names are unique inside a job, whatever the case",
                remedy="rename one of the two",
            )
    yield from refuse_marker_tags(spec.get("tags"), MARKER_TAG, "M601")


def retention_s(_: Spec) -> float:
    """The vendor's own, which no job can change."""
    return RETENTION_S


def _model() -> type[BaseModel]:
    return JobSpec


FORMULA_1 = frozenset({"tasks"})
"""Never changed: run keys of finished work rest on it. A new WORK field makes a new formula.

The queue is not in it: the same tasks give the same result wherever they waited.
"""

JOB = KindSpec(
    vendor="flow",
    kind="Job",
    nature=Nature.FINITE,
    model=_model,
    table=JOB_FIELDS,
    abilities=frozenset({Ability.MARKER, Ability.STOP, Ability.DELETE}),
    doc="Tasks that are executed once. It is stopped as a whole, and never changed.",
    fold=fold,
    spelled=spelled,
    refuse=refuse,
    references=(ReferenceField("dependsOn", "Job", RefRole.UPSTREAM, states="finalState"),),
    inline=(Inline("tasks", "flow/Task", "job"),),
    formulas=(FORMULA_1,),
    retention_s=retention_s,
    lacking={
        "Pool": "Flow has no call that makes or changes a queue: a job names one that is there"
    },
    ends_before_deletion=True,
    files=files,
    choose=choose,
    catalogues=(("queue", "queues"),),
    on_remove=("terminate", "delete", "forget"),
    default_on_remove="terminate",
    default_when_running="stop",
    examples=(
        {
            "displayName": "Simulation of shot 010",
            "tags": ["film-a"],
            "tasks": [
                {
                    "name": "simulate",
                    "requirements": {"cpu": 16, "memory": "64GiB"},
                    "timeout": "2d",
                    "bifrost": {
                        "compound": "User::Graphs::rubber",
                        "bifrostVersion": "2.12.1.0",
                        "frames": {"start": 1, "end": 24, "fps": 24},
                        "definitionFiles": [
                            {
                                "source": {"file": "graphs/rubber.json"},
                                "target": {"path": "rubber.json"},
                            }
                        ],
                        "executions": [
                            {
                                "templateRange": {"start": 1, "end": 24},
                                "frameId": "{executionId}",
                                "outputs": [
                                    {
                                        "source": {"path": "cache.{executionId:04}.bob"},
                                        "target": {"name": "cache.{executionId:04}.bob"},
                                    }
                                ],
                            }
                        ],
                    },
                }
            ],
        },
        {
            "dependsOn": ["simulation"],
            "tasks": [
                {
                    "name": "merge",
                    "executor": {"name": "bifrost", "version": "1"},
                    "inputs": [
                        {
                            "source": {"spaceId": "stage", "key": "part-a"},
                            "target": {"path": "in/a.usd"},
                        }
                    ],
                    "payload": {
                        "action": "ListPorts",
                        "options": {"compound": "User::Graphs::merge"},
                    },
                }
            ],
        },
    ),
)
