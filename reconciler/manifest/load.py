"""Files -> resources: all documents of a workspace, all that is wrong with them, in one go."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from reconciler.address import Address
from reconciler.errors import Problem, errors_of
from reconciler.kinds import Kinds
from reconciler.lifecycle import UNSAID
from reconciler.manifest.beside import beside
from reconciler.manifest.check import Checker, lifecycle_of
from reconciler.manifest.compose import compose
from reconciler.manifest.composer import Words
from reconciler.manifest.drafts import Draft, Drafter
from reconciler.manifest.locate import Document
from reconciler.manifest.overlays import read_overlays
from reconciler.manifest.parts import lost, untold, whole_of, wholes
from reconciler.manifest.refs import Directory, circle, declared_twice, references_of
from reconciler.manifest.renames import moved_along, with_whole_name
from reconciler.manifest.shape import Finding
from reconciler.manifest.source import Source
from reconciler.manifest.tell import Told, once_each
from reconciler.model import Resource
from reconciler.settings import Workspace
from reconciler.values import Path, canonical

_NAME: Path = ("metadata", "name")
_LIFECYCLE = tuple(each.name for each in fields(UNSAID))
_WHOLE_FLOAT = re.compile(r"[0-9](?:\.0[,\]}]|e\+)")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the manifests say. `resources` are sorted by address and valid one by one.

    `problems` are sorted by place; with an error among them `resources` are not all there is.
    `inputs` is a digest of the resources' values: the same for any order of files, any comments
    and any formatting. `parts` are addresses of what is no resource, with that of its whole.
    """

    resources: tuple[Resource, ...]
    problems: tuple[Problem, ...]
    inputs: str
    parts: Mapping[Address, Address] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of each file the resources name, by path; who reads files fills it in."""


def load(
    sources: Iterable[Source], overlays: Iterable[Source], workspace: Workspace, kinds: Kinds
) -> Loaded:
    """The resources that `sources` declare, with the overlays of the workspace's env on them."""
    loader = _Loader(workspace, kinds)
    return loader.load(sources, overlays)


class _Loader:
    """One load: what was found wrong so far."""

    def __init__(self, workspace: Workspace, kinds: Kinds) -> None:
        self._workspace = workspace
        self._kinds = kinds
        self._checker = Checker(kinds)
        self._told = Told()
        self._all_read = self._is_complete = True
        self._words: Words = {}

    def load(self, sources: Iterable[Source], overlays: Iterable[Source]) -> Loaded:
        known = read_overlays(self._documents(overlays), self._workspace)
        drafter = Drafter(self._workspace, self._kinds, self._checker, self._told, known)
        drafts = self._distinct(
            draft for document in self._documents(sources) for draft in drafter.drafts(document)
        )
        unused = known.unused([draft.address for draft in drafts])
        self._is_complete = self._all_read and drafter.is_complete
        resources = self._resources(drafts)
        problems = [*known.problems, *drafter.problems, *unused, *self._told.shown()]
        in_order = sorted(once_each(problems), key=_place)
        parts = {each.address: whole for each in drafts if (whole := whole_of(each)) is not None}
        return Loaded(resources, tuple(in_order), inputs_digest(resources), parts)

    def _documents(self, sources: Iterable[Source]) -> Iterator[Document]:
        for source in sources:
            documents, problems = compose(source, self._workspace.caps, self._words)
            self._told.problems += problems
            self._all_read = self._all_read and not errors_of(problems)
            yield from (each for each in documents if each.value is not None)

    def _distinct(self, drafts: Iterable[Draft]) -> list[Draft]:
        first: dict[tuple[str, str, str], Draft] = {}
        for draft in drafts:
            known = first.setdefault(draft.address.folded, draft)
            if known is not draft:
                self._told_twice(draft, known)
        return list(first.values())

    def _told_twice(self, draft: Draft, known: Draft) -> None:
        problem = declared_twice(draft.address)
        if self._told.has_room(draft.file):
            other = known.layers.locate(_NAME)
            problem = replace(problem, related=(other,) if other is not None else ())
        self._told.add(draft.file, problem, lambda: draft.layers.locate(_NAME))

    def _resources(self, drafts: list[Draft]) -> tuple[Resource, ...]:
        addresses = [draft.address for draft in drafts]
        directory = Directory(addresses, is_complete=self._is_complete)
        wrong = {
            each.address for each in drafts if each.is_part and self._is_wrong(each, directory)
        }
        by_address = {each.address: each for each in wholes(drafts, wrong, self._kinds)}
        known = {
            address: resource
            for address, draft in by_address.items()
            if (resource := self._resource(draft)) is not None
        }
        self._check_references(known, directory, by_address)
        return tuple(moved_along(known[address], known) for address in sorted(known))

    def _is_wrong(self, part: Draft, directory: Directory) -> bool:
        """Whether a part has slips, each of which is told."""
        is_valid = part.is_whole and self._is_valid(part, part.layers.merged())
        findings = tuple(lost(part, directory, is_valid=is_valid))
        self._tell(part, findings)
        return bool(findings) or not is_valid

    def _resource(self, draft: Draft) -> Resource | None:
        kind, tree = draft.kind, draft.layers.merged()
        if not draft.is_whole or not self._is_valid(draft, tree):
            return None
        return Resource(
            address=draft.address,
            kind=kind.id,
            spec=tree["spec"],
            labels=tree["metadata"].get("labels") or {},
            lifecycle=with_whole_name(lifecycle_of(tree.get("lifecycle")), draft.address),
            references=references_of(kind, draft.address, tree["spec"]),
            locate=draft.layers.only_needed().locate,
        )

    def _is_valid(self, draft: Draft, tree: Mapping[str, Any]) -> bool:
        if self._told.has_room(draft.file):
            findings = self._checker.findings(draft.kind, tree, draft.beside)
            self._tell(draft, untold(draft, findings, is_complete=self._is_complete))
            return not errors_of(each.problem for each in findings) and not draft.wrong_parts
        is_valid = self._checker.accepts(draft.kind, tree)
        if not is_valid:
            self._told.leave_out(draft.file)
        return is_valid and not draft.wrong_parts

    def _check_references(
        self,
        known: Mapping[Address, Resource],
        directory: Directory,
        drafts: Mapping[Address, Draft],
    ) -> None:
        for address, resource in known.items():
            draft = drafts[address]
            findings = (*directory.findings(resource), *beside(draft.kind, resource, known))
            self._tell(draft, findings)
        round_trip = circle(known.values())
        if round_trip is not None:
            at = {str(address): each.locate for address, each in known.items()}
            self._told.problems.append(round_trip.at(at[round_trip.address](_NAME)))

    def _tell(self, draft: Draft, findings: tuple[Finding, ...]) -> None:
        self._told.add_all(draft.file, findings, draft.layers, draft.kind, draft.address)


def inputs_digest(resources: Iterable[Resource]) -> str:
    """A digest of what the resources, in order of their addresses, are to be."""
    hasher = hashlib.sha256()
    for each in resources:
        said = each.lifecycle
        lifecycle = None if said == UNSAID else {key: getattr(said, key) for key in _LIFECYCLE}
        hasher.update(_canonical([str(each.address), each.spec, each.labels, lifecycle]).encode())
    return hasher.hexdigest()[:32]


def _canonical(value: Any) -> str:
    """As `values.canonical`, in a quarter of its time where no whole number is a float."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return canonical(value) if _WHOLE_FLOAT.search(text) else text


def _place(problem: Problem) -> tuple[str, int, int, str]:
    at = problem.location
    return (at.file, at.line, at.column, problem.code) if at else ("", 0, 0, problem.code)
