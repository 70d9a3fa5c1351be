"""A pydantic model as the manifest room uses it: yes or no quickly, and findings in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ValidationError

from reconciler.errors import Problem
from reconciler.manifest.narrow import Part, narrow
from reconciler.manifest.nearest import suggest
from reconciler.manifest.words import Slip, choose, plain_words
from reconciler.values import Path, Tree

UNKNOWN_KEY = "M202"
MAX_FINDINGS = 50
"""Findings of one document that are told; more have mostly one cause."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem and the path it stands at, until somebody knows the file."""

    path: Path
    problem: Problem
    on_key: bool = False


class Shape:
    """One model; built when first asked."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._model = model
        model.model_rebuild()
        self._is_valid = model.__pydantic_validator__.isinstance_python

    def accepts(self, value: Any) -> bool:
        """Whether the value is valid; builds no object."""
        return self._is_valid(value)

    def findings(
        self, value: Any, prefix: Path = (), beside: frozenset[str] = frozenset()
    ) -> tuple[Finding, ...]:
        """What is wrong with `value`, which stands at `prefix` of its document.

        `beside` are keys that may be meant where the value itself has an unknown one.
        Of a huge value only the first slips are told; there is at least one if it is not valid.
        """
        part = narrow(value, self.accepts)
        try:
            self._model.__pydantic_validator__.validate_python(part.value)
        except ValidationError as error:
            slips = [_slip(each, part.value) for each in error.errors(include_url=False)]
            chosen = choose(slips)[:MAX_FINDINGS]
            return tuple(self._finding(each, part, prefix, beside) for each in chosen)
        return ()

    def _finding(self, slip: Slip, part: Part, prefix: Path, beside: frozenset[str]) -> Finding:
        words = plain_words(slip)
        remedy = words.remedy
        if words.code == UNKNOWN_KEY:
            known = self._keys(slip.path[:-1], part.value) - {slip.path[-1]}
            known |= beside if len(slip.path) == 1 else frozenset()
            remedy = suggest(str(slip.path[-1]), known, otherwise="remove it")
        problem = Problem(code=words.code, summary=words.summary, cause=words.cause, remedy=remedy)
        is_key = slip.is_key or words.code == UNKNOWN_KEY
        return Finding((*prefix, *part.whole_path(slip.path)), problem, on_key=is_key)

    def _keys(self, path: Path, value: Any) -> frozenset[str]:
        nodes = list(self._alternatives(self._schema, value))
        for part in path:
            value = value[part]
            below = [each for node in nodes for each in _children(node, part)]
            nodes = [each for node in below for each in self._alternatives(node, value)]
        return frozenset(key for node in nodes for key in node.get("properties", ()))

    @cached_property
    def _schema(self) -> Tree:
        return self._model.model_json_schema(by_alias=True)

    def _alternatives(self, node: Tree, value: Any) -> Iterator[Tree]:
        """The schema nodes that may be about `value`: those of another discriminator left out."""
        if "$ref" in node:
            node = self._schema["$defs"][node["$ref"].rpartition("/")[2]]
        yield node
        told = node.get("discriminator", {})
        if told and isinstance(value, dict):
            ref = told["mapping"].get(value.get(told["propertyName"]))
            yield from self._alternatives({"$ref": ref}, value) if ref else ()
            return
        for each in (*node.get("anyOf", ()), *node.get("oneOf", ())):
            yield from self._alternatives(each, value)


def _children(node: Tree, part: str | int) -> list[Tree]:
    if isinstance(part, int):
        below = [node.get("items")]
    else:
        named = node.get("properties", {}).get(part)
        free = [node.get("additionalProperties"), *node.get("patternProperties", {}).values()]
        below = [named] if named else free
    return [each for each in below if isinstance(each, dict)]


def _slip(error: Mapping[str, Any], value: Any) -> Slip:
    """The error with its place in the value: pydantic mixes the names of alternatives into it."""
    path: Path = ()
    union: Path = ()
    branch = ""
    kind, context, parts = error["type"], error.get("ctx", {}), list(error["loc"])
    if kind.startswith("union_tag"):
        parts.append(context["discriminator"].strip("'"))
    is_key = parts[-1:] == ["[key]"]
    for number, part in enumerate(parts):
        is_last = number == len(parts) - 1
        if _has(value, part):
            path, value = (*path, part), value[part]
        elif is_last and kind in ("missing", "union_tag_not_found"):
            path = (*path, part)
        elif not branch and part != "[key]":
            union, branch = path, str(part)
    return Slip(path, kind, context, value, error["msg"], union, branch, is_key)


def _has(value: Any, part: str | int) -> bool:
    if isinstance(part, int):
        return isinstance(value, list) and part < len(value)
    return isinstance(value, dict) and part in value
