"""JSON Schemas (draft 2020-12) of what people write: for editors, reviewers and other tools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler import fields
from reconciler.fields import Field, Mutability, Node, SetBy
from reconciler.kinds import Inline, Kinds, KindSpec
from reconciler.manifest.envelope import Defaults, Manifest, Overlay
from reconciler.manifest.schema_envelope import lifecycle_of, metadata_of
from reconciler.manifest.schema_shape import (
    DRAFT,
    EXPRESSION_DEF,
    closed_pattern,
    partial,
    shape_of,
    with_expressions,
)
from reconciler.manifest.workspace_check import Vendors
from reconciler.manifest.workspace_file import WorkspaceFile
from reconciler.quantities import show_duration
from reconciler.settings import AuthSlots
from reconciler.spec_model import SecretReference
from reconciler.values import Tree

_MEANING = {
    Mutability.WORK: "A change is new work.",
    Mutability.IN_PLACE: "A change is made in place.",
    Mutability.NEXT_RUN: "A change counts from the next run on.",
    Mutability.REPLACE: "A change replaces the object.",
    Mutability.AT_NEXT_CREATE: "A change waits for the next creation.",
    Mutability.FIXED: "It can't be changed.",
}
_MATRIX: Tree = {
    "type": "object",
    "description": "One resource per combination of these values, used as ${{ matrix.key }}.",
    "minProperties": 1,
    "additionalProperties": {
        "type": "array",
        "minItems": 1,
        "items": {"type": ["string", "number", "boolean", "null"]},
    },
    "examples": [{"shot": ["010", "020"]}],
}


def manifest_schemas(kinds: Kinds, vendors: Vendors) -> dict[str, Tree]:
    """A schema per file name: one per kind, all kinds, overlays, the workspace.

    They say what the models say, and allow an expression wherever a value may stand. Nothing in
    them refers to another file or to the network.
    """
    each = {f"{kind.vendor}.{kind.slug}": kind for _, kind in sorted(kinds.items())}
    inside = {name: _elements(kinds, kind) for name, kind in each.items()}
    every = {name: one for elements in inside.values() for name, one in elements.items()}
    return {
        **{
            f"{name}.schema.json": _file(
                f"A {kind.kind} of {kind.vendor}", manifest_of(kind), inside[name]
            )
            for name, kind in each.items()
        },
        "manifest.schema.json": _file("A manifest of reconciler", _any_kind(each), every),
        "overlay.schema.json": _file(
            "What an environment changes of a resource", _overlay(each), every
        ),
        "workspace.schema.json": _file("reconciler.yaml", _workspace(each, vendors), every),
    }


def _file(title: str, schema: Tree, elements: Tree) -> Tree:
    defs = {**schema.get("$defs", {}), **elements, "expression": EXPRESSION_DEF}
    return {"$schema": DRAFT, "title": title, **schema, "$defs": defs}


# --- one kind -------------------------------------------------------------------------------------


def manifest_of(kind: KindSpec) -> Tree:
    """The schema of one kind's manifest, as it is written."""
    envelope = shape_of(Manifest)
    envelope["properties"] = {
        "apiVersion": {"const": kind.api_version},
        "kind": {"const": kind.kind},
        "metadata": with_expressions(metadata_of(kind)),
        "matrix": _MATRIX,
        "spec": with_expressions(spec_of(kind)),
        "lifecycle": with_expressions(lifecycle_of(kind)),
    }
    return {**envelope, "description": kind.doc, "examples": _examples(kind)}


def _examples(kind: KindSpec) -> list[Tree]:
    return [
        {
            "apiVersion": kind.api_version,
            "kind": kind.kind,
            "metadata": {"name": f"my-{kind.slug}"},
            "spec": dict(spec),
        }
        for spec in kind.examples
    ]


def spec_of(kind: KindSpec) -> Tree:
    """The schema of a spec whose expressions are replaced: what the kind's model accepts.

    The elements of `Inline` lists are schemas of their own, under `$defs` of the file.
    """
    spec: Tree = _described(shape_of(kind.model()), kind.table.root, kind)
    if not kind.inline:
        return spec
    own = spec["properties"]
    lists = {each.path: _list_of(kind, each, is_own=each.path in own) for each in kind.inline}
    # documents may give the parts that the list itself has none of
    required = {"required": [each for each in spec.get("required", ()) if each not in lists]}
    spec = {**spec, "properties": {**own, **lists}}
    return {**spec, **required} if "required" in spec else spec


def _described(node: Any, known: Node, kind: KindSpec) -> Any:
    """The schema with what the kind's table says of each field."""
    if not isinstance(node, dict):
        return node
    described: Tree = dict(node)
    for key in {"anyOf", "oneOf"} & node.keys():
        described[key] = [_described(each, known, kind) for each in node[key]]
    if "items" in node:
        described["items"] = _described(node["items"], known, kind)
    if "properties" in node:
        described["properties"] = {
            **_vendor_fields(known),
            **{
                name: _with_row(each, known.child(name), kind)
                for name, each in node["properties"].items()
            },
        }
    if "patternProperties" in node:
        described["patternProperties"] = {
            pattern: _with_row(each, known.child(""), kind)
            for pattern, each in node["patternProperties"].items()
        }
    if isinstance(node.get("additionalProperties"), dict):
        below = known.child("")
        described["additionalProperties"] = _with_row(node["additionalProperties"], below, kind)
    return _secret_keys(described, known)


def _with_row(node: Any, known: Node | None, kind: KindSpec) -> Any:
    if known is None or not isinstance(node, dict):
        return node
    described: Tree = _described(node, known, kind)
    row = known.row
    if row is None:
        return described
    if row.secret:
        described = shape_of(SecretReference)
    default = _default(row)
    return {
        **described,
        "description": _description(row, kind),
        **({} if default is None else {"default": default}),
    }


def _description(row: Field, kind: KindSpec) -> str:
    unit = f"In {row.unit}." if row.unit else ""
    remote = f"At {kind.vendor}: {row.remote}." if row.remote else ""
    return " ".join(part for part in (row.doc, unit, _MEANING[row.mutability], remote) if part)


def _default(row: Field) -> Any:
    """The default as a person would write it; none where nothing would be written."""
    value = row.default
    if row.compare is fields.DURATION and isinstance(value, int | float):
        return show_duration(value) if value else None
    if row.compare is fields.MEMORY and isinstance(value, int | float):
        return f"{value}MiB"
    return value if isinstance(value, bool | int | float | str) and value != "" else None


def _vendor_fields(known: Node) -> Tree:
    """Fields that are told and can't be set: no value of them is valid."""
    return {
        key: {"readOnly": True, "not": {}, "description": f"{below.row.doc} Set by the vendor."}
        for key, below in known.children.items()
        if below.row is not None and below.row.set_by is SetBy.VENDOR
    }


def _secret_keys(node: Tree, known: Node) -> Tree:
    """Keys under which the vendor keeps secrets take a reference and nothing else."""
    patterns: Tree = node.get("patternProperties", {})
    for prefix, below in known.wildcards if patterns else ():
        if below.row is not None and below.row.secret:
            (pattern, value), *_ = patterns.items()
            reference = {**shape_of(SecretReference), "description": below.row.doc}
            patterns = {closed_pattern(prefix, pattern): value, f"^{prefix}": reference}
    return {**node, "patternProperties": patterns} if patterns else node


# --- inside another kind --------------------------------------------------------------------------


def _elements(kinds: Kinds, kind: KindSpec) -> dict[str, Tree]:
    """The schemas of what may stand inside a resource, by their names in `$defs`."""
    return {
        _def_of(kind, inline): with_expressions(element_of(kinds[inline.kind], inline))
        for inline in kind.inline
    }


def _def_of(kind: KindSpec, inline: Inline) -> str:
    return f"{kind.vendor}.{kind.slug}.{inline.path}"


def _list_of(kind: KindSpec, inline: Inline, *, is_own: bool) -> Tree:
    word = inline.kind.rpartition("/")[2]
    apart = f"Each is a {word} of its own, as if it stood in a document."
    parts = f"Each is a part of it, as is each document of kind {word} that names it."
    return {
        "description": parts if is_own else apart,
        "anyOf": [
            {"type": "array", "items": {"$ref": f"#/$defs/{_def_of(kind, inline)}"}},
            {"type": "null"},
        ],
    }


def element_of(kind: KindSpec, inline: Inline) -> Tree:
    """The schema of one resource inside another one, its expressions replaced."""
    spec, metadata = spec_of(kind), metadata_of(kind)
    fields = {key: each for key, each in spec["properties"].items() if key != inline.reference}
    own = {
        "name": metadata["properties"]["name"],
        "labels": metadata["properties"]["labels"],
        "lifecycle": lifecycle_of(kind),
    }
    required = [key for key in spec.get("required", ()) if key != inline.reference]
    return {
        **spec,
        "description": kind.doc,
        "properties": {**own, **fields},
        "required": ["name", *required],
    }


# --- all kinds ------------------------------------------------------------------------------------


def _any_kind(kinds: Mapping[str, KindSpec]) -> Tree:
    versions = sorted({each.api_version for each in kinds.values()})
    words = {
        version: sorted(each.kind for each in kinds.values() if each.api_version == version)
        for version in versions
    }
    return {
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": {"enum": versions, "description": "The vendor, and our schema for it."},
            "kind": {
                "enum": sorted({word for each in words.values() for word in each}),
                "description": "What it is.",
            },
        },
        "allOf": [
            *(
                _when({"apiVersion": version}, {"properties": {"kind": {"enum": words[version]}}})
                for version in versions
            ),
            *(
                _when(
                    {"apiVersion": kind.api_version, "kind": kind.kind},
                    {"$ref": f"#/$defs/{name}"},
                )
                for name, kind in kinds.items()
            ),
        ],
        "$defs": {name: manifest_of(kind) for name, kind in kinds.items()},
    }


def _when(said: Mapping[str, str], then: Tree) -> Tree:
    properties = {key: {"const": word} for key, word in said.items()}
    return {"if": {"properties": properties, "required": list(said)}, "then": then}


def _partial_spec(kind: KindSpec) -> Tree:
    return {"anyOf": [with_expressions(partial(spec_of(kind))), {"type": "null"}]}


def _overlay(kinds: Mapping[str, KindSpec]) -> Tree:
    overlay = with_expressions(shape_of(Overlay))
    by_slug: dict[str, list[str]] = {}
    for name, kind in kinds.items():
        by_slug.setdefault(kind.slug, []).append(name)
    return {
        **overlay,
        "allOf": [
            {
                "if": {"properties": {"address": {"pattern": f"^[^/]+/{slug}/"}}},
                "then": {
                    "properties": {
                        "spec": {"anyOf": [{"$ref": f"#/$defs/{name}"} for name in names]}
                    }
                },
            }
            for slug, names in sorted(by_slug.items())
        ],
        "$defs": {name: _partial_spec(kind) for name, kind in kinds.items()},
    }


def _workspace(kinds: Mapping[str, KindSpec], vendors: Vendors) -> Tree:
    workspace = shape_of(WorkspaceFile)
    spec = with_expressions(workspace["properties"]["spec"])
    defaults = with_expressions(shape_of(Defaults))
    by_kind = {
        kind.id: {
            **defaults,
            "properties": {**defaults["properties"], "spec": {"$ref": f"#/$defs/{name}"}},
        }
        for name, kind in kinds.items()
    }
    spec["properties"]["defaults"] = {
        "description": "By kind: merged under each resource of it.",
        "anyOf": [
            {"type": "object", "properties": by_kind, "additionalProperties": False},
            {"type": "null"},
        ],
    }
    _tell_vendors(spec["properties"]["providers"], vendors)
    workspace["properties"]["spec"] = spec
    return {**workspace, "$defs": {name: _partial_spec(kind) for name, kind in kinds.items()}}


def _tell_vendors(providers: Tree, vendors: Vendors) -> None:
    """Let each provider's block offer the vendors there are, and the credentials each takes."""
    (by_name,) = (each for each in providers["anyOf"] if "patternProperties" in each)
    for block in by_name["patternProperties"].values():
        block["anyOf"][0]["properties"]["type"] = {
            "enum": sorted(vendors),
            "description": "The vendor.",
        }
        block["anyOf"][0]["allOf"] = [
            _when({"type": vendor}, _credentials(slots))
            for vendor, slots in sorted(vendors.items())
        ]


def _credentials(slots: AuthSlots) -> Tree:
    if not slots.names:
        return {}
    names = list(slots.names)
    auth: Tree = {"required": names, "propertyNames": {"enum": names}}
    if slots.is_optional:
        return {"properties": {"auth": {"anyOf": [{"maxProperties": 0}, auth]}}}
    return {"required": ["auth"], "properties": {"auth": auth}}
