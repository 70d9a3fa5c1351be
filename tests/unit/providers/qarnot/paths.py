"""The fields a kind's model has, as paths to hold against its table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from reconciler.fields import SetBy
from reconciler.kinds import KindSpec

_WHOLE = ("forcedConstants.", "forcedNetworkRules.", "dependsOn.")
"""Lists the table has one row for."""


def of_model(kind: KindSpec) -> set[str]:
    """The paths of every field, lists without their keys."""
    schema = kind.model().model_json_schema(by_alias=True)
    return {path for path in _below(schema, schema) if not path.startswith(_WHOLE)}


def of_table(kind: KindSpec) -> set[str]:
    """The paths of every row a person may write, in the same form."""
    return {
        re.sub(r"\[[^]]*\]", "", row.path)
        for row in kind.table
        if row.set_by is not SetBy.VENDOR and "*" not in row.path and row.path != "labels"
    }


def _below(schema: dict[str, Any], node: dict[str, Any], path: str = "") -> Iterator[str]:
    for branch in node.get("anyOf", []) + node.get("oneOf", []):
        yield from _below(schema, branch, path)
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        if name not in ("SecretReference", "ExistingReference"):
            yield from _below(schema, schema["$defs"][name], path)
    if "items" in node:
        yield from _below(schema, node["items"], path)
    for key, below in node.get("properties", {}).items():
        here = f"{path}.{key}" if path else key
        yield here
        yield from _below(schema, below, here)
