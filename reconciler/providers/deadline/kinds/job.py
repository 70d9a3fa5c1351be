"""The Deadline job: frames of one plugin, rendered once."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from reconciler.kinds import (
    Ability,
    Inline,
    KindSpec,
    Nature,
    ReferenceField,
    RefRole,
    Spec,
)
from reconciler.providers.deadline.frames import as_set
from reconciler.providers.deadline.kinds import blocks
from reconciler.providers.deadline.kinds.job_blocks import JobSpec
from reconciler.providers.deadline.kinds.job_refusals import refuse
from reconciler.providers.deadline.kinds.job_table import JOB_FIELDS
from reconciler.providers.deadline.kinds.machines import choose
from reconciler.values import Path

MAXIMUM_PRIORITY = "maximumPriority"
"""The name of the farm's own bound. Source: Deadline 10 REST pages, maximum priority."""
_DAY_S = 86_400


def fold(spec: Spec) -> dict[str, Any]:
    """The spec with the frames of its tasks as its own; references stay as written."""
    folded = blocks.said(spec)
    parts = folded.pop("tasks", None)
    if parts:
        folded["frames"] = ",".join(each["frames"] for each in parts)
    return folded


def spelled(spec: Spec, path: Path) -> Path:
    """Where in the manifest's `spec` a folded path was written."""
    return ("tasks",) if path[:1] == ("frames",) and spec.get("tasks") else path


def ranges_of(spec: Spec) -> str:
    """The frames it asks for, as a set; nothing of an empty spec."""
    return as_set(fold(spec).get("frames") or "")


def retention_s(spec: Spec) -> float | None:
    """How long after its end the farm surely keeps it, by what the job itself says."""
    if spec.get("onComplete") in ("archive", "delete"):
        return 0.0
    cleanup = spec.get("cleanup") or {}
    days = cleanup.get("days")
    return float(days * _DAY_S) if days is not None and cleanup.get("enabled", True) else None


def _always(_: Spec) -> bool:
    """Frames stand for themselves."""
    return True


def _model() -> type[BaseModel]:
    return JobSpec


FORMULA_1 = frozenset(
    {
        "plugin",
        "pluginInfo",
        "auxiliaryFiles",
        "environment",
        "environmentOnly",
        "includeEnvironment",
        "scripts",
        "customPluginDirectory",
        "networkRoot",
        "outputs",
        "tile",
        "maintenance",
    }
)
"""Never changed: run keys of finished work rest on it. A new WORK field makes a new formula."""

JOB = KindSpec(
    vendor="deadline",
    kind="Job",
    nature=Nature.FINITE,
    model=_model,
    table=JOB_FIELDS,
    abilities=frozenset(
        {
            Ability.MARKER,
            Ability.UPDATE,
            Ability.STOP,
            Ability.DELETE,
            Ability.ARCHIVE,
            Ability.APPEND,
            Ability.DRAIN,
            Ability.DEPENDENCIES,
        }
    ),
    doc="Frames of one plugin, rendered once each by the workers of a farm.",
    fold=fold,
    spelled=spelled,
    refuse=refuse,
    references=(
        ReferenceField("pool", "Pool", RefRole.USED),
        ReferenceField("secondaryPool", "Pool", RefRole.USED),
        ReferenceField("group", "Group", RefRole.USED),
        ReferenceField("limits", "Limit", RefRole.USED),
        ReferenceField("dependsOn", "Job", RefRole.UPSTREAM, states="finalState"),
    ),
    inline=(Inline("tasks", "deadline/Task", "job"),),
    formulas=(FORMULA_1,),
    ranges=ranges_of,
    grows=_always,
    retention_s=retention_s,
    ends_itself=True,
    maxima=(("priority", MAXIMUM_PRIORITY),),
    choose=choose,
    on_remove=("terminate", "delete", "archive", "forget"),
    default_on_remove="terminate",
    default_when_running="stop",
    examples=(
        {
            "plugin": "MayaBatch",
            "pluginInfo": {"Version": "2024", "SceneFile": "/shows/dune/010/lighting.ma"},
            "frames": "1-240",
            "chunkSize": 4,
            "pool": "film",
            "requirements": {"cpu": 16, "memory": "64GiB"},
            "priority": 60,
        },
        {
            "plugin": "Nuke",
            "pluginInfo": {"SceneFile": "/shows/dune/010/comp.nk", "BatchMode": True},
            "tasks": [
                {"name": "preview", "frames": "1-240x10"},
                {"name": "rest", "frames": "1-240"},
            ],
            "dependsOn": ["lighting"],
            "limits": ["nuke"],
            "onComplete": "archive",
        },
    ),
)
