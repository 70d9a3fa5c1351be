"""What stands around the spec of one kind, as JSON Schema."""

from __future__ import annotations

from reconciler.kinds import KindSpec, Nature
from reconciler.manifest.check import barred
from reconciler.manifest.envelope import LifecycleBlock, Metadata
from reconciler.manifest.schema_shape import shape_of
from reconciler.values import Tree


def metadata_of(kind: KindSpec) -> Tree:
    """`metadata` of one kind."""
    block = shape_of(Metadata)
    return {**block, "properties": {**block["properties"], "labels": _labels(kind, block)}}


def _labels(kind: KindSpec, metadata: Tree) -> Tree:
    labels: Tree = metadata["properties"]["labels"]
    if kind.table.row("labels") is not None:
        return labels
    return _none_of(kind)


def _none_of(kind: KindSpec) -> Tree:
    return {"type": "null", "description": f"A {kind.kind} of {kind.vendor} has none."}


def lifecycle_of(kind: KindSpec) -> Tree:
    """`lifecycle` of one kind, which may be null."""
    if kind.nature is Nature.PART:
        return _none_of(kind)
    return {"anyOf": [_lifecycle(kind), {"type": "null"}]}


def _lifecycle(kind: KindSpec) -> Tree:
    block = shape_of(LifecycleBlock)
    without = barred(kind)
    only = "For work in ranges only." if kind.nature is Nature.FINITE else "For finite work only."
    known = {key: each for key, each in block["properties"].items() if key not in without}
    # a null says nothing, so it is no slip even where the key has no meaning
    known |= {key: {"type": "null", "description": only} for key in without}
    known["onRemove"] = {
        "description": known["onRemove"]["description"],
        **_ways(kind, known["onRemove"]),
        "default": kind.default_on_remove,
    }
    return {**block, "properties": known}


def _ways(kind: KindSpec, any_kind: Tree) -> Tree:
    words: Tree = {"enum": [*kind.on_remove, None]}
    if kind.identity is None:
        return words
    return {"anyOf": [words, *(e for e in any_kind["anyOf"] if e.get("type") == "object")]}
