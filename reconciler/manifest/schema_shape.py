"""pydantic's JSON Schema as an editor and a strict validator want it: no references, no noise."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from reconciler.values import Tree

EXPRESSION: Tree = {"$ref": "#/$defs/expression"}
EXPRESSION_DEF: Tree = {
    "type": "string",
    "pattern": r"\$\{\{",
    "description": "An expression: ${{ var.name }} or ${{ matrix.key }}.",
}
DRAFT = "https://json-schema.org/draft/2020-12/schema"

_NOISE = ("title", "default", "discriminator", "$defs")
_BOUNDS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
_MAPS = ("properties", "patternProperties")
_LISTS = ("anyOf", "oneOf", "allOf")
_INNER = ("items", "additionalProperties", "propertyNames")


def shape_of(model: type[BaseModel]) -> Tree:
    """The model's schema, written out whole: the objects are closed, bounds are real keywords."""
    raw = model.model_json_schema(by_alias=True)
    shaped: Tree = _plain(raw, raw.get("$defs", {}))
    return shaped


def _plain(node: Any, known: Tree) -> Any:
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        beside = {key: each for key, each in node.items() if key != "$ref"}
        return _plain({**known[node["$ref"].rpartition("/")[2]], **beside}, known)
    # alternatives with a discriminator exclude each other anyway, but an expression fits several
    renamed: dict[str, str] = {"oneOf": "anyOf"} if "discriminator" in node else _BOUNDS
    kept: Tree = {
        str(renamed.get(key, key)): each for key, each in node.items() if key not in _NOISE
    }
    plain = _map_inner(kept, lambda each: _plain(each, known))
    if "patternProperties" in plain:
        plain.setdefault("additionalProperties", False)
    return _flat(plain)


def _map_inner(node: Tree, change: Callable[[Any], Any]) -> Tree:
    """The schema with each schema directly inside it changed."""
    changed = dict(node)
    for key in _MAPS:
        if key in node:
            changed[key] = {name: change(each) for name, each in node[key].items()}
    for key in _LISTS:
        if key in node:
            changed[key] = [change(each) for each in node[key]]
    for key in _INNER:
        if key in node:
            changed[key] = change(node[key])
    return changed


def _flat(node: Tree) -> Tree:
    """Alternatives of alternatives as one list, where nothing stands between them."""
    if "anyOf" not in node:
        return node
    alternatives: list[Any] = []
    for each in node["anyOf"]:
        alternatives += each["anyOf"] if each.keys() == {"anyOf"} else [each]
    return {**node, "anyOf": alternatives}


def with_expressions(node: Any) -> Any:
    """The schema of what stands before substitution: any value inside may be an expression."""
    if not isinstance(node, dict):
        return node
    changed = dict(node)
    for key in _MAPS:
        if key in node:
            changed[key] = {name: _or_expression(each) for name, each in node[key].items()}
    for key in ("items", "additionalProperties"):
        if key in node:
            changed[key] = _or_expression(node[key])
    for key in ("anyOf", "oneOf"):
        if key in node:
            changed[key] = [with_expressions(each) for each in node[key]]
    return changed


def _or_expression(node: Any) -> Any:
    if not isinstance(node, dict) or not node or "not" in node or _is_free_text(node):
        return node
    inner = with_expressions(node)
    if "anyOf" in inner:
        return {**inner, "anyOf": [*inner["anyOf"], EXPRESSION]}
    said = {key: inner[key] for key in ("description", "default", "examples") if key in inner}
    rest = {key: each for key, each in inner.items() if key not in said}
    return {**said, "anyOf": [rest, EXPRESSION]}


def _is_free_text(node: Tree) -> bool:
    return node.get("type") == "string" and not {"pattern", "const", "enum"} & node.keys()


def partial(node: Any) -> Any:
    """The schema of a part that is merged onto another: nothing is required, `null` removes.

    Elements of lists stay whole, since lists replace.
    """
    if not isinstance(node, dict):
        return node
    changed = {key: each for key, each in node.items() if key not in ("required", "oneOf")}
    for key in _MAPS:
        if key in node:
            changed[key] = {name: _or_null(each) for name, each in node[key].items()}
    if isinstance(node.get("additionalProperties"), dict):
        changed["additionalProperties"] = _or_null(node["additionalProperties"])
    if "anyOf" in node:
        changed["anyOf"] = [partial(each) for each in node["anyOf"]]
    return changed


def _or_null(node: Any) -> Any:
    inner = partial(node)
    if not isinstance(inner, dict) or not inner or "not" in inner:
        return inner
    if "anyOf" in inner:
        return _flat({**inner, "anyOf": [*inner["anyOf"], {"type": "null"}]})
    return {"anyOf": [inner, {"type": "null"}]}


def closed_pattern(prefix: str, pattern: str) -> str:
    """The pattern for the same keys, less those with the prefix."""
    return f"^(?!{re.escape(prefix)}){pattern.removeprefix('^')}"
