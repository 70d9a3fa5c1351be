"""Files -> resources: all documents of a workspace, all that is wrong with them, in one go."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from reconciler.address import Address, is_name
from reconciler.errors import Problem, errors_of
from reconciler.kinds import Kinds, KindSpec
from reconciler.manifest.check import Checker, is_secret, lifecycle_of
from reconciler.manifest.compose import compose
from reconciler.manifest.composer import Words
from reconciler.manifest.expand import expand
from reconciler.manifest.layers import Elsewhere, Layer, Layers, Places
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
from reconciler.manifest.shape import MAX_FINDINGS, Finding
from reconciler.manifest.source import Source
from reconciler.model import Lifecycle, Resource
from reconciler.settings import Workspace
from reconciler.values import Path, canonical, get_in

_NAME: Path = ("metadata", "name")
_UNSAID = Lifecycle()
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


def load(
    sources: Iterable[Source], overlays: Iterable[Source], workspace: Workspace, kinds: Kinds
) -> Loaded:
    """The resources that `sources` declare, with the overlays of the workspace's env on them."""
    loader = _Loader(workspace, kinds)
    return loader.load(sources, overlays)


class _Loader:
    """The state of one load: what was found wrong so far, and whether all could be read."""

    def __init__(self, workspace: Workspace, kinds: Kinds) -> None:
        self._workspace = workspace
        self._kinds = kinds
        self._checker = Checker(kinds)
        self._problems: list[Problem] = []
        self._told: Counter[int] = Counter()
        self._is_complete = True
        self._words: Words = {}

    def load(self, sources: Iterable[Source], overlays: Iterable[Source]) -> Loaded:
        known = read_overlays(self._documents(overlays), self._workspace)
        self._problems += [*known.problems, *self._unknown_defaults()]
        drafts = self._distinct(
            draft
            for document in self._documents(sources)
            for draft in self._drafts(document, known)
        )
        self._problems += known.unused([draft.address for draft in drafts])
        resources = [each for draft in drafts if (each := self._resource(draft)) is not None]
        self._check_references(resources, drafts)
        resources.sort(key=lambda each: each.address)
        problems = sorted(dict.fromkeys(self._problems), key=_place)
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
            self._problems += problems
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
                self._report(draft, document)

    def _trees(self, document: Document) -> tuple[Any, ...]:
        value = document.value
        if not document.has_expressions and not (isinstance(value, dict) and "matrix" in value):
            return (value,)
        expanded = expand(value, self._workspace.vars, self._workspace.caps)
        self._report(expanded.findings, document)
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
        return _Draft(kind, address, layers, document.is_whole)

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
                problem = declared_twice(draft.address)
                place, other = draft.layers.locate(_NAME), known.layers.locate(_NAME)
                related = (other,) if other is not None else ()
                self._problems.append(replace(problem, location=place, related=related))
        return list(first.values())

    def _resource(self, draft: _Draft) -> Resource | None:
        if not draft.is_whole:
            return None
        kind, tree = draft.kind, draft.layers.merged()
        findings = self._checker.findings(kind, tree)
        if findings:
            self._report(findings, draft.layers, draft)
            if errors_of(each.problem for each in findings):
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

    def _check_references(self, resources: list[Resource], drafts: list[_Draft]) -> None:
        addresses = (draft.address for draft in drafts)
        directory = Directory(addresses, is_complete=self._is_complete)
        for resource in resources:
            for finding in directory.findings(resource):
                place = resource.locate(finding.path)
                self._problems.append(finding.problem.at(place, str(resource.address)))
        problem = circle(resources)
        if problem is not None:
            at = {str(each.address): each.locate for each in resources}
            self._problems.append(problem.at(at[problem.address](_NAME)))

    def _report(
        self, findings: Sequence[Finding], places: Places, draft: _Draft | None = None
    ) -> None:
        """Place the findings; of one document only so many are told, whatever a matrix makes."""
        document = id(draft.layers.own_places if draft is not None else places)
        room = MAX_FINDINGS - self._told[document]
        self._told[document] += len(findings)
        index = places.index() if len(findings) > 1 and room > 0 else places
        placed = [
            (each, index.locate(each.path, on_key=each.on_key)) for each in findings[: max(room, 0)]
        ]
        private = {
            place.line
            for each, place in placed
            if place is not None and draft is not None and is_secret(draft.kind, each.path)
        }
        for finding, place in placed:
            hidden = place is not None and place.line in private
            shown = replace(place, excerpt="") if place is not None and hidden else place
            address = str(draft.address) if draft is not None else ""
            self._problems.append(finding.problem.at(shown, address))


def inputs_digest(resources: Iterable[Resource]) -> str:
    """A digest of what the resources, in order of their addresses, are to be."""
    hasher = hashlib.sha256()
    for each in resources:
        lifecycle = None if each.lifecycle == _UNSAID else asdict(each.lifecycle)
        hasher.update(_canonical([str(each.address), each.spec, each.labels, lifecycle]).encode())
    return hasher.hexdigest()[:32]


def _canonical(value: Any) -> str:
    """As `values.canonical`, in a quarter of its time where no whole number is a float."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return canonical(value) if _WHOLE_FLOAT.search(text) else text


def _place(problem: Problem) -> tuple[str, int, int, str]:
    at = problem.location
    return (at.file, at.line, at.column, problem.code) if at else ("", 0, 0, problem.code)
