"""Files -> resources: all documents of a workspace, all that is wrong with them, in one go."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from reconciler.address import Address, is_name
from reconciler.errors import Problem, errors_of
from reconciler.kinds import Kinds, KindSpec
from reconciler.lifecycle import UNSAID
from reconciler.manifest.check import Checker, lifecycle_of
from reconciler.manifest.compose import compose
from reconciler.manifest.composer import Words
from reconciler.manifest.expand import expand
from reconciler.manifest.layers import Elsewhere, Layer, Layers
from reconciler.manifest.locate import Document
from reconciler.manifest.nearest import suggest
from reconciler.manifest.overlays import Overlays, read_overlays
from reconciler.manifest.refs import (
    Directory,
    circle,
    declared_twice,
    provider_of,
    references_of,
)
from reconciler.manifest.shape import Finding
from reconciler.manifest.source import Source
from reconciler.manifest.tell import Told
from reconciler.model import Resource
from reconciler.settings import Workspace
from reconciler.values import Path, canonical, get_in

_NAME: Path = ("metadata", "name")
_SHARE = 3  # of the values a file may hold, the share that one resource may
_WHOLE_FLOAT = re.compile(r"[0-9](?:\.0[,\]}]|e\+)")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the manifests say. `resources` are sorted by address and valid one by one.

    `problems` are sorted by place; with an error among them `resources` are not all there is.
    `inputs` is a digest of the resources' values: the same for any order of files, any comments
    and any formatting.
    """

    resources: tuple[Resource, ...]
    problems: tuple[Problem, ...]
    inputs: str


@dataclass(frozen=True, slots=True)
class _Draft:
    """A document whose kind and address are known, and nothing else."""

    kind: KindSpec
    address: Address
    layers: Layers
    is_whole: bool
    file: str


def load(
    sources: Iterable[Source], overlays: Iterable[Source], workspace: Workspace, kinds: Kinds
) -> Loaded:
    """The resources that `sources` declare, with the overlays of the workspace's env on them."""
    loader = _Loader(workspace, kinds)
    return loader.load(sources, overlays)


class _Loader:
    """One load: what was found wrong so far, and whether every address is known."""

    def __init__(self, workspace: Workspace, kinds: Kinds) -> None:
        self._workspace = workspace
        self._kinds = kinds
        self._checker = Checker(kinds)
        self._told = Told()
        self._is_complete = True
        self._words: Words = {}

    def load(self, sources: Iterable[Source], overlays: Iterable[Source]) -> Loaded:
        known = read_overlays(self._documents(overlays), self._workspace)
        problems = [*known.problems, *self._unknown_defaults()]
        drafts = self._distinct(
            draft
            for document in self._documents(sources)
            for draft in self._drafts(document, known)
        )
        problems += known.unused([draft.address for draft in drafts])
        resources = [each for draft in drafts if (each := self._resource(draft)) is not None]
        self._check_references(resources, drafts)
        resources.sort(key=lambda each: each.address)
        problems = sorted(dict.fromkeys([*problems, *self._told.problems]), key=_place)
        return Loaded(tuple(resources), tuple(problems), inputs_digest(resources))

    def _unknown_defaults(self) -> Iterator[Problem]:
        for name in self._workspace.defaults:
            if name not in self._kinds:
                yield Problem(
                    code="M212",
                    summary=f"there are defaults for '{name[:80]}', which is no kind",
                    cause="defaults are given by kind, as vendor/Kind",
                    remedy=suggest(name, self._kinds.keys(), otherwise="remove them"),
                    location=self._workspace.locate(("spec", "defaults", name)),
                )

    def _documents(self, sources: Iterable[Source]) -> Iterator[Document]:
        for source in sources:
            documents, problems = compose(source, self._workspace.caps, self._words)
            self._told.problems += problems
            self._is_complete = self._is_complete and not errors_of(problems)
            yield from (each for each in documents if each.value is not None)

    def _drafts(self, document: Document, overlays: Overlays) -> Iterator[_Draft]:
        for tree in self._trees(document):
            draft = self._draft(tree, document)
            if isinstance(draft, _Draft):
                layers = overlays.on(draft.address, draft.layers)
                yield draft if layers is draft.layers else replace(draft, layers=layers)
            else:
                self._is_complete = False
                self._told.add_all(document.source.name, draft, document)

    def _trees(self, document: Document) -> tuple[Any, ...]:
        value = document.value
        if document.size > self._workspace.caps.nodes // _SHARE:
            self._is_complete = False
            self._told.add_all(document.source.name, (Finding((), _too_large(document)),), document)
            return ()
        if not document.has_expressions and not (isinstance(value, dict) and "matrix" in value):
            return (value,)
        expanded = expand(value, self._workspace.vars, self._workspace.caps)
        self._told.add_all(document.source.name, expanded.findings, document)
        self._is_complete = self._is_complete and not expanded.findings
        return expanded.trees

    def _draft(self, tree: Any, document: Document) -> _Draft | tuple[Finding, ...]:
        kind = self._checker.kind_of(tree)
        if isinstance(kind, Finding):
            return (kind,)
        layers = self._with_defaults(kind, tree, document)
        merged = layers.merged()
        name = get_in(merged, ("metadata", "name"))
        if not isinstance(name, str) or not is_name(name):
            return self._checker.findings(kind, merged)
        wanted = get_in(merged, ("metadata", "provider"))
        provider = provider_of(kind, wanted if isinstance(wanted, str) else None, self._workspace)
        if isinstance(provider, Finding):
            return (provider, *self._checker.findings(kind, merged))
        address = Address(provider, kind.slug, name)
        return _Draft(kind, address, layers, document.is_whole, document.source.name)

    def _with_defaults(self, kind: KindSpec, tree: Any, document: Document) -> Layers:
        own = Layer(tree, document)
        defaults = self._workspace.defaults.get(kind.id)
        if not defaults:
            return Layers((own,), 0)
        places = Elsewhere(self._workspace.locate, ("spec", "defaults", kind.id))
        return Layers((Layer(defaults, places), own), 1)

    def _distinct(self, drafts: Iterable[_Draft]) -> list[_Draft]:
        first: dict[tuple[str, str, str], _Draft] = {}
        for draft in drafts:
            known = first.setdefault(draft.address.folded, draft)
            if known is not draft:
                self._told_twice(draft, known)
        return list(first.values())

    def _told_twice(self, draft: _Draft, known: _Draft) -> None:
        problem = declared_twice(draft.address)
        if self._told.has_room(draft.file):
            other = known.layers.locate(_NAME)
            problem = replace(problem, related=(other,) if other is not None else ())
        self._told.add(draft.file, problem, lambda: draft.layers.locate(_NAME))

    def _resource(self, draft: _Draft) -> Resource | None:
        kind, tree = draft.kind, draft.layers.merged()
        if not draft.is_whole or not self._is_valid(draft, tree):
            return None
        return Resource(
            address=draft.address,
            kind=kind.id,
            spec=tree["spec"],
            labels=tree["metadata"].get("labels") or {},
            lifecycle=lifecycle_of(tree.get("lifecycle")),
            references=references_of(kind, draft.address.provider, tree["spec"]),
            locate=draft.layers.only_needed().locate,
        )

    def _is_valid(self, draft: _Draft, tree: Mapping[str, Any]) -> bool:
        if self._told.has_room(draft.file):
            findings = self._checker.findings(draft.kind, tree)
            self._told.add_all(draft.file, findings, draft.layers, (draft.kind, draft.address))
            return not errors_of(each.problem for each in findings)
        is_valid = self._checker.accepts(draft.kind, tree)
        if not is_valid:
            self._told.leave_out(draft.file)
        return is_valid

    def _check_references(self, resources: list[Resource], drafts: list[_Draft]) -> None:
        files = {draft.address: draft.file for draft in drafts}
        directory = Directory(files.keys(), is_complete=self._is_complete)
        for resource in resources:
            for each in directory.findings(resource):
                problem = replace(each.problem, address=str(resource.address))
                place = partial(resource.locate, each.path)
                self._told.add(files[resource.address], problem, place)
        round_trip = circle(resources)
        if round_trip is not None:
            at = {str(each.address): each.locate for each in resources}
            self._told.problems.append(round_trip.at(at[round_trip.address](_NAME)))


def _too_large(document: Document) -> Problem:
    return Problem(
        code="M213",
        summary=f"the resource is too large: it holds {document.size} values",
        cause="a cap keeps hostile or broken files from using up the machine",
        remedy="split it, or raise spec.caps.nodes in reconciler.yaml",
    )


def inputs_digest(resources: Iterable[Resource]) -> str:
    """A digest of what the resources, in order of their addresses, are to be."""
    hasher = hashlib.sha256()
    for each in resources:
        lifecycle = None if each.lifecycle == UNSAID else asdict(each.lifecycle)
        hasher.update(_canonical([str(each.address), each.spec, each.labels, lifecycle]).encode())
    return hasher.hexdigest()[:32]


def _canonical(value: Any) -> str:
    """As `values.canonical`, in a quarter of its time where no whole number is a float."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return canonical(value) if _WHOLE_FLOAT.search(text) else text


def _place(problem: Problem) -> tuple[str, int, int, str]:
    at = problem.location
    return (at.file, at.line, at.column, problem.code) if at else ("", 0, 0, problem.code)
