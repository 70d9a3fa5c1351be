"""`${{ var.name }}` and `${{ matrix.key }}`: typed, on parsed values, never on text."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from reconciler.errors import Problem
from reconciler.manifest.nearest import suggest
from reconciler.manifest.shape import MAX_FINDINGS, Finding
from reconciler.settings import Caps
from reconciler.values import Json, Path, get_in

OPENING = "${{"
_ESCAPED = "$" + OPENING
_EXPRESSION = re.compile(r"\$?\$\{\{(?:([^{}]*)\}\})?")
_NAME = re.compile(r"\s*(var|matrix)\.([A-Za-z_][A-Za-z0-9_-]*)\s*")
_NODES_PER_CAP = 4  # a matrix may make so many times the values that one file may hold

Scope: TypeAlias = Mapping[str, Mapping[str, Json]]
"""The values of `var` and of `matrix`, by name."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text with expressions: pieces of text and (namespace, name) pairs, in order."""

    parts: tuple[str | tuple[str, str], ...]

    def fill(self, scope: Scope) -> Any:
        """The value itself, where the text is one expression and nothing else."""
        values = [part if isinstance(part, str) else scope[part[0]][part[1]] for part in self.parts]
        if len(values) == 1:
            return values[0]
        return "".join(each if isinstance(each, str) else json.dumps(each) for each in values)


Sites: TypeAlias = Template | dict[str | int, Any] | None
"""The parts of a tree that hold expressions, nested as the tree is; `None`: there are none."""


@dataclass(frozen=True, slots=True)
class Expanded:
    """The trees a document stands for: one, or one per combination of its matrix."""

    trees: tuple[Any, ...]
    findings: tuple[Finding, ...] = ()


def expand(value: Any, variables: Mapping[str, Json], caps: Caps) -> Expanded:
    """A document's trees with every expression replaced; parts without one are shared."""
    if not isinstance(value, dict) or "matrix" not in value:
        return substitute(value, variables)
    filled = substitute(value["matrix"], variables, ("matrix",))
    if filled.findings:
        return filled
    rest = {key: each for key, each in value.items() if key != "matrix"}
    matrix = filled.trees[0]
    slips = tuple(_matrix_slips(matrix, rest, caps))
    if slips:
        return Expanded((), slips)
    combinations = itertools.product(*matrix.values())
    scopes = [
        {"var": variables, "matrix": dict(zip(matrix, each, strict=True))} for each in combinations
    ]
    return _told_apart(_fill_each(rest, scopes))


def substitute(value: Any, variables: Mapping[str, Json], path: Path = ()) -> Expanded:
    """The one tree a value without matrix stands for; it stands at `path` of its document."""
    return _fill_each(value, [{"var": variables, "matrix": {}}], path)


def _fill_each(value: Any, scopes: list[dict[str, Any]], path: Path = ()) -> Expanded:
    findings: list[Finding] = []
    sites = _sites(value, path, scopes[0], findings)
    if findings:
        return Expanded((), tuple(findings))
    return Expanded(tuple(_fill(value, sites, scope) for scope in scopes))


def _sites(value: Any, path: Path, scope: Scope, findings: list[Finding]) -> Sites:
    """Where expressions stand; those that can't be filled go to `findings`, up to a number."""
    if len(findings) >= MAX_FINDINGS:
        return None
    if isinstance(value, str):
        return _template(value, path, scope, findings) if OPENING in value else None
    if isinstance(value, dict):
        findings += [_in_key(path, key) for key in value if OPENING in key]
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)  # type: ignore[assignment]
    else:
        return None
    found = {key: _sites(each, (*path, key), scope, findings) for key, each in parts}
    return {key: each for key, each in found.items() if each is not None} or None


def _fill(value: Any, sites: Sites, scope: Scope) -> Any:
    if sites is None:
        return value
    if isinstance(sites, Template):
        return sites.fill(scope)
    filled = value.copy()
    for key, below in sites.items():
        filled[key] = _fill(value[key], below, scope)
    return filled


def _template(text: str, path: Path, scope: Scope, findings: list[Finding]) -> Template | None:
    parts: list[str | tuple[str, str]] = []
    position = 0
    for found in _EXPRESSION.finditer(text):
        parts.append(text[position : found.start()])
        position = found.end()
        if found[0].startswith(_ESCAPED):
            parts.append(found[0][1:])
            continue
        name = _NAME.fullmatch(found[1] or "")
        problem = _slip(found[0], found[1], name, scope)
        if problem is not None:
            findings.append(Finding(path, problem))
        elif name is not None:
            parts.append((name[1], name[2]))
    template = Template(tuple(each for each in (*parts, text[position:]) if each != ""))
    findings += [Finding(path, each) for each in _structured_in_text(template, scope)]
    return template


def _slip(
    written: str, inside: str | None, name: re.Match[str] | None, scope: Scope
) -> Problem | None:
    if inside is None:
        return Problem(
            code="M401",
            summary="an expression is not closed",
            cause=f"{OPENING} begins an expression",
            remedy=f"close it with }}}}, or write {_ESCAPED} for the text itself",
        )
    if name is None:
        return Problem(
            code="M402",
            summary=f"{written[:80]} is no expression",
            cause="an expression names one value, and computes nothing",
            remedy=f"write {OPENING} var.name }}}} or {OPENING} matrix.key }}}}",
        )
    namespace, key = name[1], name[2]
    if key in scope[namespace]:
        return None
    place = "spec.vars, --var-file and --var" if namespace == "var" else "this document's matrix"
    return Problem(
        code="M403",
        summary=f"{namespace}.{key} is not known",
        cause=f"no value of this name stands in {place}",
        remedy=suggest(key, scope[namespace].keys(), otherwise=f"add it to {place}"),
    )


def _structured_in_text(template: Template, scope: Scope) -> Iterator[Problem]:
    named = [part for part in template.parts if isinstance(part, tuple)]
    for namespace, key in named if len(template.parts) > 1 else ():
        if isinstance(scope[namespace][key], list | dict):
            yield Problem(
                code="M404",
                summary=f"{namespace}.{key} can't stand inside a text",
                cause="it is a list or an object",
                remedy=f"let {OPENING} {namespace}.{key} }}}} be the whole value",
            )


def _in_key(path: Path, key: str) -> Finding:
    problem = Problem(
        code="M405",
        summary="an expression stands in a key",
        cause="expressions are replaced in values only",
        remedy=f"write the key out, or {_ESCAPED} in a value",
    )
    return Finding((*path, key), problem, on_key=True)


def _matrix_slips(matrix: Any, rest: Any, caps: Caps) -> Iterator[Finding]:
    if not isinstance(matrix, dict) or not matrix:
        yield Finding(("matrix",), _matrix_form())
        return
    for key, axis in matrix.items():
        scalars = isinstance(axis, list) and not any(isinstance(e, list | dict) for e in axis)
        if not scalars or not axis:
            yield Finding(("matrix", key), _matrix_form())
            return
    count = math.prod(map(len, matrix.values()))
    most = min(caps.matrix, caps.nodes * _NODES_PER_CAP // _count(rest))
    if count > most:
        yield too_many(count, most)


def too_many(count: int, most: int) -> Finding:
    """Of a matrix that makes more resources than it may."""
    problem = Problem(
        code="M406",
        summary=f"the matrix stands for {count} resources, more than {most}",
        cause="a cap keeps a slip from becoming a flood",
        remedy="shorten its lists, or raise spec.caps.matrix in reconciler.yaml",
    )
    return Finding(("matrix",), problem, on_key=True)


def _matrix_form() -> Problem:
    return Problem(
        code="M407",
        summary="a matrix is an object of lists",
        cause="each key takes every value of its list in turn",
        remedy='write it like matrix: {shot: ["010", "020"]}',
    )


def _count(value: Any) -> int:
    below = value.values() if isinstance(value, dict) else value
    return 1 + sum(map(_count, below)) if isinstance(value, dict | list) else 1


def _told_apart(expanded: Expanded) -> Expanded:
    """Refuse a matrix whose resources would share a name."""
    named = {str(get_in(tree, ("metadata", "name"))): tree for tree in expanded.trees}
    if len(named) == len(expanded.trees):
        return expanded
    problem = Problem(
        code="M408",
        summary="the matrix gives several resources the same name",
        cause=f"{len(expanded.trees)} combinations make {len(named)} names",
        remedy=f"use every key of the matrix in the name: {OPENING} matrix.key }}}}",
    )
    return Expanded(tuple(named.values()), (Finding(("metadata", "name"), problem),))
