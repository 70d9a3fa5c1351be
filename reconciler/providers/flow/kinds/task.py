"""The Flow task: what a job executes; the vendor knows it only as a part of its job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from reconciler.fields import FieldTable
from reconciler.kinds import KindSpec, Nature, ReferenceField, RefRole, Refusal, Spec
from reconciler.providers.flow.kinds.blocks import AnyTask
from reconciler.providers.flow.kinds.rows import OURS, content, work
from reconciler.providers.flow.kinds.task_refusals import refuse_task
from reconciler.spec_model import Reference


class TaskSpec(AnyTask):
    """A task, and the job it is a part of."""

    job: Reference


TASK_FIELDS = FieldTable(
    work("job", "", "The job it is a part of.", OURS),
    work("type", "type", "task, also when left out, or map: it repeats another task."),
    *content(),
    work("values", "values", "Of a map task: what it repeats its task for."),
    work("values.source", "values.source", "Where the values come from; handed on as it is."),
    work("task", "task", "Of a map task: what is done with each value."),
    work("task.name", "task.name", "Its name, in a list of names of its own."),
    *content("task."),
)


def _said(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {key: each for key, each in spec.items() if each is not None}


def _model() -> type[BaseModel]:
    return TaskSpec


def refuse(spec: Spec) -> Iterator[Refusal]:
    """What is wrong with a task in a document of its own."""
    return refuse_task(spec)


TASK = KindSpec(
    vendor="flow",
    kind="Task",
    nature=Nature.PART,
    model=_model,
    table=TASK_FIELDS,
    abilities=frozenset(),
    doc="What a job executes, by a name that is unique in it. A changed task is a new run.",
    fold=_said,
    refuse=refuse,
    references=(ReferenceField("job", "Job", RefRole.CONTAINER),),
    examples=(
        {
            "job": "nightly-scatter",
            "requirements": {"cpu": 4, "memory": "30720MB"},
            "timeout": "15m",
            "bifrost": {
                "compound": "User::Graphs::scatter",
                "bifrostVersion": "2.12.1.0",
                "definitionFiles": [
                    {
                        "source": {"file": "graphs/scatter.json"},
                        "target": {"path": "scatter.json"},
                    }
                ],
                "ports": {"inputPorts": [{"name": "density", "type": "float", "value": 0.25}]},
                "executions": [
                    {"outputs": [{"source": {"path": "out.usd"}, "target": {"name": "out.usd"}}]}
                ],
            },
        },
        {
            "job": "variants",
            "type": "map",
            "values": {"source": "variant-list"},
            "task": {
                "name": "one-variant",
                "executor": "bifrost",
                "payload": {
                    "action": "Evaluate",
                    "options": {"compound": "User::Graphs::variant"},
                },
            },
        },
    ),
)
