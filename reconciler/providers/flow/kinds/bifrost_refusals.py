"""Mistakes in a typed Bifrost payload, which the vendor would only tell by a failed execution."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.kinds import Refusal
from reconciler.providers.flow.payload import expanded, placeholders
from reconciler.values import Path

Block = Mapping[str, Any]
_MOST_EXPANDED = 10_000
"""Of so many executions names are held together; a clash shows in far fewer."""


def refuse_bifrost(block: Block, path: Path) -> Iterator[Refusal]:
    """What is wrong with a Bifrost block that stands at `path`."""
    yield from _refuse_backwards(block.get("frames"), (*path, "frames"))
    yield from _refuse_ports(block.get("ports") or {}, (*path, "ports"))
    files = _places(block.get("definitionFiles"), ("target", "path"))
    for place, text in files:
        yield from _refuse_text(text, (*path, "definitionFiles", *place), has_range=False)
    for index, execution in enumerate(block.get("executions") or ()):
        place = (*path, "executions", index)
        yield from _refuse_execution(execution, place)
        yield from _refuse_frame(execution, block.get("frames"), (*place, "frameId"))


def _refuse_backwards(numbers: Block | None, path: Path) -> Iterator[Refusal]:
    if numbers is not None and numbers["end"] < numbers["start"]:
        yield Refusal(
            code="M618",
            path=(*path, "end"),
            summary=f"{path[-1]} ends before it starts",
            cause=f"it goes from {numbers['start']} to {numbers['end']}, both included",
            remedy="exchange the two, or mend one of them",
        )


def _refuse_ports(ports: Block, path: Path) -> Iterator[Refusal]:
    names = [each["name"] for each in ports.get("inputPorts") or ()]
    for index in _repeated(names):
        yield Refusal(
            code="M624",
            path=(*path, "inputPorts", index, "name"),
            summary=f"the port '{names[index][:80]}' is set twice",
            cause="a port has one value",
            remedy="remove one of the two",
        )


def _repeated(names: Sequence[str]) -> Iterator[int]:
    """Places of names that stand further ahead as well."""
    seen = set[str]()
    for index, name in enumerate(names):
        if name in seen:
            yield index
        seen.add(name)


# --- executions -----------------------------------------------------------------------------------


def _refuse_execution(execution: Block, path: Path) -> Iterator[Refusal]:
    numbers = execution.get("templateRange")
    yield from _refuse_backwards(numbers, (*path, "templateRange"))
    for place, text in _texts(execution):
        yield from _refuse_text(text, (*path, *place), has_range=numbers is not None)
    yield from _refuse_outputs(execution, path)


def _texts(execution: Block) -> Iterator[tuple[Path, str]]:
    """The texts of an execution in which the vendor replaces templates, and where they stand."""
    frame = execution.get("frameId")
    if isinstance(frame, str):
        yield ("frameId",), frame
    inputs, outputs = execution.get("inputs"), execution.get("outputs")
    for place, text in _places(inputs, ("target", "path")):
        yield ("inputs", *place), text
    for part in (("source", "path"), ("target", "name")):
        yield from ((("outputs", *place), text) for place, text in _places(outputs, part))


def _places(files: Iterable[Block] | None, part: tuple[str, str]) -> Iterator[tuple[Path, str]]:
    outer, inner = part
    return (((index, *part), each[outer][inner]) for index, each in enumerate(files or ()))


def _refuse_text(text: str, path: Path, *, has_range: bool) -> Iterator[Refusal]:
    for placeholder, is_known in placeholders(text):
        if not is_known:
            yield Refusal(
                code="M620",
                path=path,
                summary=f"'{placeholder[:80]}' stands for nothing",
                cause="Bifrost knows {executionId}, and {executionId:04} for a number of 4 digits",
                remedy="write one of these, or remove the braces",
            )
        elif not has_range:
            yield Refusal(
                code="M619",
                path=path,
                summary=f"'{placeholder}' has no number to stand for",
                cause="it is replaced in executions that have a templateRange alone",
                remedy="add templateRange: {start: 1, end: 24} to the execution",
            )


def _refuse_outputs(execution: Block, path: Path) -> Iterator[Refusal]:
    names = [each["target"]["name"] for each in execution.get("outputs") or ()]
    numbers = _numbers(execution.get("templateRange")) if len(names) > 1 else ()
    for number in numbers:
        made = [expanded(each, number) for each in names]
        index = next(_repeated(made), None)
        if index is not None:
            yield Refusal(
                code="M623",
                path=(*path, "outputs", index, "target", "name"),
                summary=f"two outputs of one execution are named '{made[index][:80]}'",
                cause="what an execution keeps is told apart by name",
                remedy="rename one of the two",
            )
            return


def _numbers(said: Block | None) -> range:
    if said is None:
        return range(1)
    return range(said["start"], min(said["end"] + 1, said["start"] + _MOST_EXPANDED))


def _refuse_frame(execution: Block, frames: Block | None, path: Path) -> Iterator[Refusal]:
    frame, numbers = execution.get("frameId"), execution.get("templateRange")
    if isinstance(frame, str) and not any(placeholders(frame)):
        yield Refusal(
            code="M621",
            path=path,
            summary="a frame is a number, or {executionId}",
            cause="it is text in which nothing is replaced",
            remedy="write the number without quotes",
        )
    if frames is None or frame is None:
        return
    told = (
        [frame] if isinstance(frame, int) else [numbers["start"], numbers["end"]] if numbers else []
    )
    outside = [each for each in told if not frames["start"] <= each <= frames["end"]]
    if outside:
        yield Refusal(
            code="M622",
            path=path,
            summary=f"frame {outside[0]} is not evaluated",
            cause=f"frames goes from {frames['start']} to {frames['end']}",
            remedy="widen frames, or narrow the execution",
        )
