"""The runs that a task's payload asks for; what it does not say in a known way is passed over.

Source: page on the Bifrost payload; public sample programs for templates.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.sandbox.vendor import Json

_MOST_FRAMES = 1_000_000
_TEMPLATE = re.compile(r"\{executionId(?::0(\d{1,2}))?\}")


@dataclass(frozen=True, slots=True)
class AskedRun:
    """One run: the names of its outputs, the uris of its inputs, the frames it evaluates."""

    outputs: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()
    frames: int = 1


def asked_runs(task: Json) -> Iterator[AskedRun]:
    """The runs of a task: one for each entry of `executions` and number of its templateRange."""
    payload = task.get("payload", {})
    common = (*_uris(task.get("inputs")), *_uris(payload.get("definitionFiles")))
    options = payload.get("options")
    span = _span(options.get("frames") if isinstance(options, dict) else None)
    frames = min(span[1] - span[0] + 1, _MOST_FRAMES) if span else 1
    entries = payload.get("executions")
    if not isinstance(entries, list) or not entries:
        yield AskedRun(uris=common, frames=frames)
        return
    for entry in entries:
        if isinstance(entry, dict):
            yield from _runs_of(entry, common, frames)


def _runs_of(entry: Json, common: tuple[str, ...], frames: int) -> Iterator[AskedRun]:
    names = tuple(_output_names(entry.get("outputs")))
    uris = (*common, *_uris(entry.get("inputs")))
    own_frames = 1 if "frameId" in entry else frames
    template = _span(entry.get("templateRange"))
    if template is None:
        yield AskedRun(names, uris, own_frames)
        return
    for number in range(template[0], template[1] + 1):
        yield AskedRun(tuple(_filled(name, number) for name in names), uris, own_frames)


def _filled(name: str, number: int) -> str:
    return _TEMPLATE.sub(lambda match: f"{number:0{int(match[1] or 0)}d}", name)


def _span(given: Json) -> tuple[int, int] | None:
    if not isinstance(given, dict):
        return None
    start, end = given.get("start"), given.get("end")
    if not isinstance(start, int) or not isinstance(end, int) or end < start:
        return None
    return start, end


def _uris(given: Json) -> Iterator[str]:
    for one in given if isinstance(given, list) else ():
        source = one.get("source") if isinstance(one, dict) else None
        uri = source.get("uri") if isinstance(source, dict) else None
        if isinstance(uri, str):
            yield uri


def _output_names(given: Json) -> Iterator[str]:
    for one in given if isinstance(given, list) else ():
        target = one.get("target") if isinstance(one, dict) else None
        name = target.get("name") if isinstance(target, dict) else None
        if isinstance(name, str):
            yield name
