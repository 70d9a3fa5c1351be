"""Is a resource's tree what its kind allows? All findings at once, a quick yes for the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.errors import Problem, Severity
from reconciler.fields import SetBy
from reconciler.kinds import Kinds, KindSpec, Nature, Refusal
from reconciler.lifecycle import UNSAID, Lifecycle, OnChange, OnEnd, OnGrow, OnRemove, WhenRunning
from reconciler.manifest.envelope import Manifest
from reconciler.manifest.nearest import suggest
from reconciler.manifest.refs import container_field
from reconciler.manifest.shape import UNKNOWN_KEY, Finding, Shape
from reconciler.values import Path

_STEP = re.compile(r"[^.\[\]]+|\[[^\]]+\]")
FINITE_ONLY = ("run", "onChange", "onGrow", "onFailure", "maxAttempts", "onLost")
"""Keys of `lifecycle` that are about work which ends."""


class Checker:
    """Checks the resources of one run; each model is built when its kind is first met."""

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._envelope = Shape(Manifest)
        self._shapes: dict[str, Shape] = {}

    def kind_of(self, tree: Any) -> KindSpec | Finding:
        """The kind a document declares, or why that is none we know."""
        if not isinstance(tree, dict):
            return Finding((), _not_a_resource())
        version, word = tree.get("apiVersion"), tree.get("kind")
        if not isinstance(version, str) or not isinstance(word, str):
            return Finding((), _no_kind(tree))
        vendor, _, number = version.partition("/")
        kind = self._kinds.get(f"{vendor}/{word}")
        if kind is not None and number == "v1":
            return kind
        return self._unknown_kind(version, word)

    def _unknown_kind(self, version: str, word: str) -> Finding:
        versions = {each.api_version for each in self._kinds.values()}
        if version not in versions:
            return Finding(("apiVersion",), _unknown("apiVersion", version, versions))
        own = [each for each in self._kinds.values() if each.api_version == version]
        words = {each.kind for each in own}
        for each in own:
            if word in each.lacking:
                return Finding(("kind",), _lacking(word, version, each.lacking[word]))
        return Finding(("kind",), _unknown("kind", word, words))

    def findings(
        self, kind: KindSpec, tree: Mapping[str, Any], beside: frozenset[str] = frozenset()
    ) -> tuple[Finding, ...]:
        """What is wrong with a resource whose expressions are replaced and layers merged.

        `beside` are keys that a person may have meant among the fields of its spec.
        """
        if not self._envelope.accepts(tree):
            found = self._envelope.findings(tree)
            spec = tree.get("spec")
            more = self._in_spec(kind, spec, beside) if isinstance(spec, dict) else ()
            return (*found, *more)
        return (
            *self._in_spec(kind, tree["spec"], beside),
            *_in_labels(kind, tree),
            *(_in_lifecycle(kind, tree) if tree.get("lifecycle") else ()),
        )

    def accepts(self, kind: KindSpec, tree: Mapping[str, Any]) -> bool:
        """Whether `findings` has no error, without looking for words."""
        return (
            self._envelope.accepts(tree)
            and self._shape(kind).accepts(tree["spec"])
            and all(each.is_warning for each in kind.refuse(tree["spec"]))
            and not any(_in_labels(kind, tree))
            and not any(_in_lifecycle(kind, tree))
        )

    def _shape(self, kind: KindSpec) -> Shape:
        shape = self._shapes.get(kind.id)
        if shape is None:
            shape = self._shapes[kind.id] = Shape(kind.model())
        return shape

    def _in_spec(
        self, kind: KindSpec, spec: dict[str, Any], beside: frozenset[str]
    ) -> tuple[Finding, ...]:
        shape = self._shape(kind)
        if not shape.accepts(spec):
            found = shape.findings(spec, ("spec",), beside)
            return tuple(_vendor_set(kind, each) for each in found)
        return tuple(refused(each) for each in kind.refuse(spec))


def is_secret(kind: KindSpec, path: Path) -> bool:
    """Whether a document's path holds what the vendor keeps secret."""
    if path[:1] != ("spec",):
        return False
    row = kind.table.row_at(path[1:])
    return row is not None and row.secret


def _vendor_set(kind: KindSpec, finding: Finding) -> Finding:
    row = kind.table.row_at(finding.path[1:])
    if finding.problem.code != UNKNOWN_KEY or row is None or row.set_by is not SetBy.VENDOR:
        return finding
    problem = Problem(
        code="M208",
        summary=f"'{finding.path[-1]}' is set by the vendor alone",
        cause=row.doc or "it tells what the vendor did, not what you want",
        remedy="remove it; `status` shows its value",
    )
    return replace(finding, problem=problem)


def refused(refusal: Refusal) -> Finding:
    """What a kind refuses, as a finding of the document."""
    severity = Severity.WARNING if refusal.is_warning else Severity.ERROR
    problem = Problem(
        refusal.code, refusal.summary, refusal.cause, refusal.remedy, severity=severity
    )
    return Finding(("spec", *refusal.path), problem)


# --- lifecycle ------------------------------------------------------------------------------------


RESERVED_LABEL = "reconciler"
"""The label our marker takes, where a vendor has labels."""


def _in_labels(kind: KindSpec, tree: Mapping[str, Any]) -> Iterator[Finding]:
    labels = tree["metadata"].get("labels")
    if labels is None:
        return
    if kind.table.row("labels") is None:
        yield Finding(("metadata", "labels"), no_labels(kind), on_key=True)
    elif RESERVED_LABEL in labels:
        yield Finding(
            ("metadata", "labels", RESERVED_LABEL),
            Problem(
                code="M214",
                summary=f"the label '{RESERVED_LABEL}' is ours",
                cause="it holds the marker that says whose object it is",
                remedy="give the label another name",
            ),
        )


def no_labels(kind: KindSpec) -> Problem:
    """Of a kind whose vendor has no place for labels."""
    has_tags = kind.table.row("tags") is not None
    is_part = kind.nature is Nature.PART
    return Problem(
        code="M215",
        summary=f"a {kind.kind} of {kind.vendor} has no labels",
        cause=_only_a_part(kind) if is_part else "the vendor has no place for them",
        remedy="use tags, or remove them" if has_tags else "remove them",
    )


def _only_a_part(kind: KindSpec) -> str:
    field = container_field(kind)
    whole = field.kind.rpartition("/")[2] if field is not None else "other resource"
    return f"it is a part of its {whole}, and no object of its own at {kind.vendor}"


def lifecycle_of(block: Mapping[str, Any] | None) -> Lifecycle:
    """The block of a checked manifest; what it leaves out has its default."""
    said = {key: each for key, each in (block or {}).items() if each is not None}
    if not said:
        return UNSAID
    on_grow, when_running = said.get("onGrow"), said.get("whenRunning")
    on_remove, replacement = _removal(said.get("onRemove"))
    return Lifecycle(
        protect=said.get("protect"),
        run=said.get("run", 1),
        renamed_from=said.get("renamedFrom"),
        ignore=tuple(said.get("ignore", ())),
        on_change=OnChange(said.get("onChange", "refuse")),
        on_grow=OnGrow(on_grow) if on_grow else None,
        on_failure=OnEnd(said.get("onFailure", "hold")),
        max_attempts=said.get("maxAttempts", 3),
        on_lost=OnEnd(said.get("onLost", "hold")),
        on_remove=on_remove,
        replacement=replacement,
        when_running=WhenRunning(when_running) if when_running else None,
    )


def _removal(said: Any) -> tuple[OnRemove | None, str | None]:
    if isinstance(said, Mapping):
        return OnRemove.DELETE, said["delete"]["replacement"]
    return OnRemove(said) if said else None, None


def _in_lifecycle(kind: KindSpec, tree: Mapping[str, Any]) -> Iterator[Finding]:
    block = tree.get("lifecycle") or {}
    if kind.nature is Nature.PART:
        if block:
            yield Finding(("lifecycle",), no_meaning(kind, "lifecycle"), on_key=True)
        return
    for key in barred(kind):
        if block.get(key) is not None:
            yield Finding(("lifecycle", key), no_meaning(kind, key), on_key=True)
    way = block.get("onRemove")
    if isinstance(way, Mapping):
        yield from _in_removal(kind, tree["metadata"]["name"], way["delete"]["replacement"])
    elif way is not None and way not in kind.on_remove:
        yield Finding(("lifecycle", "onRemove"), _no_such_way(kind, way))
    for number, path in enumerate(block.get("ignore") or ()):
        yield from _unknown_path(kind, number, path)


def barred(kind: KindSpec) -> tuple[str, ...]:
    """Keys of `lifecycle` that mean nothing for a kind."""
    if kind.nature is not Nature.FINITE:
        return FINITE_ONLY
    return () if kind.ranges is not None else ("onGrow",)


def no_meaning(kind: KindSpec, key: str) -> Problem:
    """Of `lifecycle`, or a key of it, that says nothing of a kind."""
    match kind.nature:
        case Nature.STANDING:
            cause = f"it is about work that ends; a {kind.kind} is kept as declared"
        case Nature.CONTAINER:
            cause = f"it is about work that ends; a {kind.kind} only groups such work"
        case Nature.FINITE:
            cause = f"it is about added frames or instances; a {kind.kind} has none"
        case Nature.PART:
            cause = _only_a_part(kind)
    return Problem(
        code="M209",
        summary=f"'{key}' has no meaning for a {kind.kind}",
        cause=cause,
        remedy="remove it",
    )


def _no_such_way(kind: KindSpec, way: str) -> Problem:
    return Problem(
        code="M209",
        summary=f"a {kind.kind} can't be removed by '{way}'",
        cause=f"{kind.vendor} has no such way for it",
        remedy=f"use one of {', '.join(kind.on_remove)}",
    )


def _in_removal(kind: KindSpec, name: str, replacement: str) -> Iterator[Finding]:
    path: Path = ("lifecycle", "onRemove", "delete")
    if kind.identity is None:
        yield Finding(path, _no_replacement(kind), on_key=True)
    elif replacement.casefold() == name.casefold():
        yield Finding((*path, "replacement"), _own_replacement(kind, replacement))


def _no_replacement(kind: KindSpec) -> Problem:
    return Problem(
        code="M219",
        summary=f"nothing can take the place of a {kind.kind}",
        cause=f"what runs at {kind.vendor} can't be moved from one to another by name",
        remedy="write onRemove: delete",
    )


def _own_replacement(kind: KindSpec, name: str) -> Problem:
    return Problem(
        code="M219",
        summary=f"'{name[:80]}' can't take its own place",
        cause="it is gone when its users look for it",
        remedy=f"name another {kind.kind}",
    )


def _unknown_path(kind: KindSpec, number: int, path: str) -> Iterator[Finding]:
    node = kind.table.root
    for step in _STEP.findall(path) or [path]:
        if step.startswith("["):
            continue
        below = node.child(step)
        if below is None:
            remedy = suggest(step, node.children.keys(), otherwise="remove it")
            problem = Problem(
                code="M210",
                summary=f"'{path[:80]}' is no field of a {kind.kind}",
                cause=f"it has no '{step[:80]}' there",
                remedy=remedy,
            )
            yield Finding(("lifecycle", "ignore", number), problem)
            return
        node = below


# --- what it is -----------------------------------------------------------------------------------


def _not_a_resource() -> Problem:
    return Problem(
        code="M201",
        summary="the document is no resource",
        cause="a resource is an object with apiVersion, kind, metadata and spec",
        remedy="write these keys, or move the file out of the manifests folder",
    )


def _no_kind(tree: Iterable[str]) -> Problem:
    missing = [key for key in ("apiVersion", "kind") if key not in tree]
    what = f"{' and '.join(missing)} missing" if missing else "apiVersion and kind have to be text"
    return Problem(
        code="M201",
        summary=f"the document does not tell what it is: {what}",
        cause="apiVersion and kind choose the vendor and the kind of the resource",
        remedy="add them, like apiVersion: qarnot/v1 and kind: Pool",
    )


def _lacking(word: str, version: str, why: str) -> Problem:
    return Problem(
        code="M220",
        summary=f"there is no {word} for {version}",
        cause=why,
        remedy="remove the document; refer to what is there instead",
    )


def _unknown(key: str, word: str, known: set[str]) -> Problem:
    return Problem(
        code="M211",
        summary=f"the {key} '{word[:80]}' is not known",
        cause="this version of reconciler has no such one",
        remedy=suggest(word, known, otherwise="see `reconciler explain`"),
    )
