"""Rows of what decides a Flow task's result; a map task has those of the task it repeats again."""

from __future__ import annotations

from typing import Any

from reconciler import fields
from reconciler.fields import Field, Mutability

PAGE = "Flow Graph Engine API v1, list tasks in a job"
BIFROST_PAGE = "Flow Graph Engine API v1, Bifrost payload"
SAMPLES = "Autodesk's public sample programs"
OURS = "reconciler"


def work(path: str, remote: str, doc: str, source: str = PAGE, **columns: Any) -> Field:
    """A row that decides what is computed."""
    return Field(path, remote, Mutability.WORK, doc=doc, source=source, **columns)


def steering(path: str, remote: str, doc: str, source: str, **columns: Any) -> Field:
    """A row that decides nothing of the result; the vendor changes nothing of what is there."""
    return Field(path, remote, Mutability.NEXT_RUN, doc=doc, source=source, **columns)


def content(inside: str = "") -> tuple[Field, ...]:
    """What is executed, on what and with what, of a task at `inside` of its spec."""

    def row(path: str, remote: str, doc: str, **columns: Any) -> Field:
        return work(f"{inside}{path}", f"{inside}{remote}", doc, **columns)

    def inner(path: str, remote: str, rows: tuple[Field, ...]) -> tuple[Field, ...]:
        return tuple(
            row(f"{path}{each.path}", f"{remote}{each.remote}", each.doc, source=each.source)
            for each in rows
        )

    return (
        row("executor", "executor",
            "What carries it out: its name, or name and version. bifrost for a bifrost block."),
        row("executor.name", "executor.name", "The executor."),
        row("executor.version", "executor.version", "That version of it."),
        row("hints", "hints", "Free words that the executor may take into account.", default={}),
        row("inputs", "inputs", "Files it finds, in every one of its executions.", default=[]),
        *inner("inputs", "inputs[]", _FILE),
        row("timeout", "limitations.maxExecutionTimeInSeconds",
            "How long it may run; at most 2d.", unit="s", compare=fields.DURATION),
        row("requirements", "requirements",
            "The shared words for what a machine must have; the vendor picks the closest."),
        row("requirements.cpu", "requirements.cpu", "At least so many, at most 16.",
            unit="vCPUs"),
        row("requirements.memory", "requirements.memory",
            "At least so much, at most 122880MB.", unit="MiB", compare=fields.MEMORY),
        row("requirements.gpu", "", "Flow can't be asked for it; false asks for nothing."),
        row("requirements.ssd", "", "Flow can't be asked for it; false asks for nothing."),
        row("payload", "payload",
            "What the executor is told, sent as it is written; a null member counts as not set."),
        row("bifrost", "payload", "What the executor bifrost is told, instead of payload.",
            source=BIFROST_PAGE),
        *inner("bifrost.", "payload.", _BIFROST),
        *inner("bifrost.definitionFiles", "payload.definitionFiles[]", _GRAPH),
        *inner("bifrost.executions.inputs", "payload.executions[].inputs[]", _FILE),
    )  # fmt: skip


_FILE = (
    work(".source", ".source", "Where it comes from: one of uri, spaceId with key, file."),
    work(".source.uri", ".source.uri", "The URN of a resource of Flow's own storage."),
    work(".source.spaceId", ".source.spaceId", "A storage space of the job."),
    work(".source.key", ".source.key", "The object's key in that space."),
    work(".source.file", ".source.uri",
         "A file below the workspace's root: uploaded, and new work when its content changes."),
    work(".target", ".target", "Where the task finds it."),
    work(".target.path", ".target.path", "A path below the task's own folder."),
)  # fmt: skip
_GRAPH = tuple(each for each in _FILE if each.path not in (".source.spaceId", ".source.key"))


def _bifrost(path: str, remote: str, doc: str, source: str = BIFROST_PAGE) -> Field:
    return work(path, remote, doc, source)


_BIFROST = (
    _bifrost("action", "action", "Evaluate, also when left out, or ListPorts."),
    _bifrost("compound", "options.compound", "The compound, as User::Graphs::scatter."),
    _bifrost("bifrostVersion", "options.bifrostVersion", "Better named than left to the vendor."),
    _bifrost("frames", "options.frames", "Frames to evaluate one after the other."),
    _bifrost("frames.start", "options.frames.start", "The first."),
    _bifrost("frames.end", "options.frames.end", "The last."),
    _bifrost("frames.fps", "options.frames.fps", "How many a second."),
    _bifrost("definitionFiles", "definitionFiles", "Graphs to load."),
    _bifrost("ports", "ports", "What the compound is told."),
    _bifrost("ports.inputPorts", "ports.inputPorts", "Ports with values."),
    _bifrost("ports.inputPorts.name", "ports.inputPorts[].name", "The port."),
    _bifrost("ports.inputPorts.type", "ports.inputPorts[].type", "Its type, as float."),
    _bifrost("ports.inputPorts.value", "ports.inputPorts[].value",
             "Its value; always sent as text, true and false in lower case."),
    _bifrost("ports.jobPorts", "ports.jobPorts", "Sent as they are written.", SAMPLES),
    _bifrost("executions", "executions", "Runs of the compound.", SAMPLES),
    _bifrost("executions.templateRange", "executions[].templateRange",
             "One run for each of these numbers, which {executionId} stands for.", SAMPLES),
    _bifrost("executions.templateRange.start", "executions[].templateRange.start", "The first.",
             SAMPLES),
    _bifrost("executions.templateRange.end", "executions[].templateRange.end", "The last.",
             SAMPLES),
    _bifrost("executions.frameId", "executions[].frameId", "Its frame, or {executionId}.",
             SAMPLES),
    _bifrost("executions.inputs", "executions[].inputs", "Files for this run alone.", SAMPLES),
    _bifrost("executions.outputs", "executions[].outputs", "Files to keep of it.", SAMPLES),
    _bifrost("executions.outputs.source", "executions[].outputs[].source", "What is kept.",
             SAMPLES),
    _bifrost("executions.outputs.source.path", "executions[].outputs[].source.path",
             "Its path below the task's own folder.", SAMPLES),
    _bifrost("executions.outputs.target", "executions[].outputs[].target", "How it is kept.",
             SAMPLES),
    _bifrost("executions.outputs.target.name", "executions[].outputs[].target.name",
             "Its name in the list of outputs.", SAMPLES),
)  # fmt: skip
