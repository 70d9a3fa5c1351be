"""The Deadline task: a part of a job's frames, with a name that only its manifest knows."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from reconciler.fields import FieldTable, Mutability
from reconciler.kinds import KindSpec, Nature, ReferenceField, RefRole
from reconciler.providers.deadline.kinds import blocks
from reconciler.spec_model import Reference, SpecModel

_OURS = "reconciler: the job's frames are those of its tasks, one after the other"


class TaskSpec(SpecModel):
    """Some frames of a job."""

    job: Reference
    frames: blocks.Frames


def _work(path: str, remote: str, doc: str, **columns: Any) -> blocks.Row:
    return blocks.user(path, remote, doc, Mutability.WORK, source=_OURS, **columns)


TASK_FIELDS = FieldTable(
    _work("job", "", "The job it is a part of."),
    _work("frames", "Props.Frames", "Its frames; they follow those of the task before it."),
)


def _model() -> type[BaseModel]:
    return TaskSpec


TASK = KindSpec(
    vendor="deadline",
    kind="Task",
    nature=Nature.PART,
    model=_model,
    table=TASK_FIELDS,
    abilities=frozenset(),
    doc="Some frames of a job, under a name of their own that the farm does not know.",
    fold=blocks.said,
    references=(ReferenceField("job", "Job", RefRole.CONTAINER),),
    examples=({"job": "shot-010", "frames": "1-240"},),
)
