"""The payload of the executor `bifrost`: what a typed block sends, and what its templates make.

Source: Flow Graph Engine API v1, Bifrost payload; templates: public client code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from reconciler.values import Tree, get_in

EXECUTOR: Final = "bifrost"
OPTIONS: Final = ("compound", "bifrostVersion", "frames")
"""Fields of the block that stand under `options` of the payload, in its order."""
_DEFAULT_ACTION = "Evaluate"
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_TEMPLATE = re.compile(r"\{executionId(?::0([1-9]\d?))?\}")


def payload_of(block: Mapping[str, Any]) -> Tree:
    """What a block of the manifest sends; files are still references, nothing empty stands in it.

    Values of ports are text.
    """
    options: Mapping[str, Any] = {key: block.get(key) for key in OPTIONS}
    ports: Mapping[str, Any] = block.get("ports") or {}
    return said(
        {
            "action": block.get("action") or _DEFAULT_ACTION,
            "options": said({**options, "frames": said(options["frames"] or {})}),
            "definitionFiles": [placed(each) for each in block.get("definitionFiles") or ()],
            "ports": said(
                {
                    "inputPorts": [_port(each) for each in ports.get("inputPorts") or ()],
                    "jobPorts": ports.get("jobPorts"),
                }
            ),
            "executions": [_execution(each) for each in block.get("executions") or ()],
        }
    )


def said(block: Mapping[str, Any]) -> Tree:
    """The members that say something: no `null`, no empty list or object."""
    return {key: each for key, each in block.items() if each is not None and each not in ([], {})}


def placed(file: Mapping[str, Any]) -> Tree:
    """A file with its place as the vendor reads it: a relative path."""
    path = get_in(file, ("target", "path"))
    if not isinstance(path, str):
        return dict(file)
    return {**file, "target": {**file["target"], "path": local_path(path)}}


def local_path(text: str) -> str:
    """Source: Flow Graph Engine API v1, list tasks in a job: target is always made relative."""
    return text.lstrip("/")


def _port(port: Mapping[str, Any]) -> Tree:
    return {**port, "value": _as_text(port["value"])}


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _execution(execution: Mapping[str, Any]) -> Tree:
    inputs = [placed(each) for each in execution.get("inputs") or ()]
    return said({**execution, "inputs": inputs})


# --- templates ------------------------------------------------------------------------------------


def placeholders(text: str) -> Iterator[tuple[str, bool]]:
    """What stands in braces in a text, and whether the vendor has something to put there."""
    return ((each, _TEMPLATE.fullmatch(each) is not None) for each in _PLACEHOLDER.findall(text))


def expanded(text: str, number: int) -> str:
    """The text of the execution of that number: `a.{executionId:04}` as `a.0007`."""
    return _TEMPLATE.sub(lambda found: f"{number:0{found[1] or 1}}", text)
