"""Files of the workspace that manifests name: their content is part of the work."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from reconciler.cli.files import open_below
from reconciler.errors import ConfigError, Problem
from reconciler.kinds import Kinds
from reconciler.model import Resource
from reconciler.values import Path as Place

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class WorkspaceFiles:
    """`reconciler.ports.Files` of one workspace: below its root, and never through a link."""

    root: Path

    def digest(self, path: str) -> str:
        sealed = hashlib.sha256()
        with self.open(path) as file:
            while chunk := file.read(_CHUNK):
                sealed.update(chunk)
        return sealed.hexdigest()

    def open(self, path: str) -> BinaryIO:
        found = open_below(self.root, path)
        if isinstance(found, Problem):
            raise ConfigError(found)
        return found


def digests_of(
    resources: Iterable[Resource], kinds: Kinds, files: WorkspaceFiles
) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """The digest of every file these resources name, by path; and what is wrong with the others.

    A file is read once; each place that names one that can't be read is told.
    """
    found: dict[str, str] = {}
    wrong: dict[str, Problem] = {}
    named = list(_named(resources, kinds))
    for path in dict.fromkeys(path for *_, path in named):
        try:
            found[path] = files.digest(path)
        except ConfigError as error:
            wrong[path] = error.problems[0]
    told = tuple(
        _told(wrong[path], resource, place, path)
        for resource, place, path in named
        if path in wrong
    )
    return found, told


def _named(resources: Iterable[Resource], kinds: Kinds) -> Iterator[tuple[Resource, Place, str]]:
    for resource in resources:
        for place, path in kinds[resource.kind].files(resource.spec):
            yield resource, place, path


def _told(problem: Problem, resource: Resource, place: Place, path: str) -> Problem:
    """The problem where the manifest names the file."""
    return replace(
        problem,
        summary=f"the file '{path}' can't be used: {problem.summary}",
        address=str(resource.address),
        location=resource.locate(("spec", *place)),
    )
