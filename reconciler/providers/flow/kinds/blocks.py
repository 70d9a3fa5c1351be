"""What a person may say of a Flow task: the model, block by block."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from reconciler.address import NAME_MAX_LENGTH, NAME_PATTERN
from reconciler.spec_model import Duration, Memory, SpecModel

Text = Annotated[str, StringConstraints(min_length=1, max_length=4096)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""A name at the vendor. Source: Flow Graph Engine API v1, list tasks in a job: executor."""
TaskName = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=NAME_MAX_LENGTH)]
InnerName = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
LocalPath = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
"""Source: Flow Graph Engine API v1, list tasks in a job: target."""
Positive = Annotated[int, Field(ge=1, le=2**31 - 1)]
Frame = Annotated[int, Field(ge=-(10**9), le=10**9)]
FreeObject = dict[str, Any]


class ExecutorVersion(SpecModel):
    """That version of an executor."""

    name: Word
    version: Word


class Requirements(SpecModel):
    """The shared words for what a machine must have; `false` asks for nothing."""

    cpu: Positive | None = None
    memory: Memory | None = None
    gpu: bool | None = None
    ssd: bool | None = None


# --- files ----------------------------------------------------------------------------------------


class UriSource(SpecModel):
    """A resource of Flow's own storage, by its URN."""

    uri: Text


class SpaceSource(SpecModel):
    """An object of a storage space."""

    space_id: Text
    key: Text


class FileSource(SpecModel):
    """A file below the workspace's root: what is in it is part of the work."""

    file: Text


class Target(SpecModel):
    """Where the task finds it."""

    path: LocalPath


class TaskInput(SpecModel):
    """A file, and where the task finds it."""

    source: UriSource | SpaceSource | FileSource
    target: Target


class DefinitionFile(SpecModel):
    """A graph to load, and where the task finds it."""

    source: UriSource | FileSource
    target: Target


# --- Bifrost --------------------------------------------------------------------------------------


class Frames(SpecModel):
    """The frames that are evaluated one after the other."""

    start: Frame
    end: Frame
    fps: Annotated[int | float, Field(gt=0, le=10_000, allow_inf_nan=False)] | None = None


class InputPort(SpecModel):
    """A port of the compound and its value, which is sent as text."""

    name: Text
    type: Text
    value: (
        Annotated[str, StringConstraints(max_length=65_536)]
        | bool
        | int
        | Annotated[float, Field(allow_inf_nan=False)]
    )


class Ports(SpecModel):
    """What the compound is told."""

    input_ports: Annotated[list[InputPort], Field(max_length=10_000)] | None = None
    job_ports: Annotated[list[FreeObject], Field(max_length=10_000)] | None = None


class TemplateRange(SpecModel):
    """The numbers an execution is repeated for, both ends included."""

    start: Frame
    end: Frame


class OutputSource(SpecModel):
    """A file the task has written."""

    path: LocalPath


class OutputTarget(SpecModel):
    """The name it is kept under."""

    name: Text


class TaskOutput(SpecModel):
    """A file to keep."""

    source: OutputSource
    target: OutputTarget


class Execution(SpecModel):
    """One run of the compound, or one for each number of `templateRange`."""

    template_range: TemplateRange | None = None
    frame_id: Frame | Text | None = None
    inputs: Annotated[list[TaskInput], Field(max_length=10_000)] | None = None
    outputs: Annotated[list[TaskOutput], Field(max_length=10_000)] | None = None


class Bifrost(SpecModel):
    """What the executor `bifrost` is to evaluate."""

    action: Literal["Evaluate", "ListPorts"] | None = None
    compound: Text
    bifrost_version: Word | None = None
    frames: Frames | None = None
    definition_files: Annotated[list[DefinitionFile], Field(max_length=1_000)] | None = None
    ports: Ports | None = None
    executions: Annotated[list[Execution], Field(max_length=10_000)] | None = None


# --- tasks ----------------------------------------------------------------------------------------


class Content(SpecModel):
    """What is executed, on what and with what."""

    executor: Word | ExecutorVersion | None = None
    hints: FreeObject | None = None
    inputs: Annotated[list[TaskInput], Field(max_length=10_000)] | None = None
    timeout: Duration | None = None
    requirements: Requirements | None = None
    payload: FreeObject | None = None
    bifrost: Bifrost | None = None


class InnerTask(Content):
    """What a map task does with each of its values."""

    name: InnerName


class MapValues(SpecModel):
    """Where the values of a map task come from; the vendor alone knows what that means."""

    source: Text


class AnyTask(Content):
    """A task, or with `type: map` one that repeats another for each of its values."""

    type: Literal["task", "map"] | None = None
    task: InnerTask | None = None
    values: MapValues | None = None


class PartOfJob(AnyTask):
    """A task of the job, by a name that is unique in it."""

    name: TaskName
