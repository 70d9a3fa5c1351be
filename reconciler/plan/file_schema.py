"""The JSON Schema of a plan file, read off the types that are written."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Union

from reconciler.address import Address
from reconciler.plan.plan import FORMAT_VERSION, Plan
from reconciler.values import Tree, Unseen

_PLAIN: Mapping[Any, Tree] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    Address: {"type": "string", "pattern": "^[^/]+/[^/]+/.+$"},
    Any: {},
    type(None): {"type": "null"},
}


def plan_file_schema() -> Tree:
    """Draft 2020-12; what is equal to its default may be left out."""
    known: dict[str, Tree] = {}
    body = _schema(Plan, known)
    hexadecimal = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A saved plan (`reconciler plan -out FILE`)",
        "description": "Applied exactly or refused. Never edit it: its digest covers every value.",
        "type": "object",
        "additionalProperties": False,
        "required": ["fileDigest", "formatVersion", "kind", "plan", "reviewDigest"],
        "properties": {
            "formatVersion": {"const": FORMAT_VERSION},
            "kind": {"const": "Plan"},
            "reviewDigest": {**hexadecimal, "description": "One value for all that look the same."},
            "fileDigest": {**hexadecimal, "description": "One value for this plan alone."},
            "plan": body,
        },
        "$defs": dict(sorted(known.items())),
    }


def _schema(kind: Any, known: dict[str, Tree]) -> Tree:
    if isinstance(kind, typing.Hashable) and kind in _PLAIN:
        return _PLAIN[kind]
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        return _union(arguments, known)
    if origin is not None:
        return _generic(origin, arguments, known)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [each.value for each in kind]}
    assert is_dataclass(kind), kind
    assert isinstance(kind, type)
    return _object(kind, known)


def _union(kinds: tuple[Any, ...], known: dict[str, Tree]) -> Tree:
    if Unseen in kinds or len([each for each in kinds if each is not type(None)]) > 1:
        return {}  # any JSON value, or the mark for "not shown"
    return {"anyOf": [_schema(each, known) for each in kinds]}


def _generic(origin: Any, arguments: tuple[Any, ...], known: dict[str, Tree]) -> Tree:
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _schema(arguments[1], known)}
    assert isinstance(origin, type)
    assert issubclass(origin, Sequence | frozenset), origin
    if origin is tuple and arguments[-1] is not Ellipsis:
        return {"type": "array", "prefixItems": [_schema(each, known) for each in arguments]}
    return {"type": "array", "items": _schema(arguments[0], known)}


def _object(kind: type, known: dict[str, Tree]) -> Tree:
    name = kind.__name__
    if name not in known:
        known[name] = {}
        hints = typing.get_type_hints(kind)
        written = [each for each in fields(kind) if each.compare]
        known[name] = {
            "type": "object",
            "additionalProperties": False,
            "description": (kind.__doc__ or "").split("\n")[0],
            "required": [
                each.name
                for each in written
                if each.default is MISSING and each.default_factory is MISSING
            ],
            "properties": {each.name: _schema(hints[each.name], known) for each in written},
        }
    return {"$ref": f"#/$defs/{name}"}
