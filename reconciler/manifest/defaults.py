"""What the workspace says of every resource of a kind, as the lowest layer of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.errors import Problem
from reconciler.kinds import Kinds, KindSpec, Nature
from reconciler.manifest.check import no_labels, no_meaning
from reconciler.manifest.layers import Elsewhere, Layer, Layers, without
from reconciler.manifest.nearest import suggest
from reconciler.settings import Workspace
from reconciler.values import Path, get_in

_LABELS: Path = ("metadata", "labels")
_LIFECYCLE: Path = ("lifecycle",)


class Defaults:
    """The usable defaults of each kind; `problems` are those of the others."""

    def __init__(self, workspace: Workspace, kinds: Kinds) -> None:
        self._workspace = workspace
        self._layers: dict[str, Layer] = {}
        self.problems = tuple(self._read(kinds))

    def under(self, kind: KindSpec, own: Layer) -> Layers:
        """The layers of a resource that `own` declares."""
        below = self._layers.get(kind.id)
        return Layers((own,), 0) if below is None else Layers((below, own), 1)

    def _read(self, kinds: Kinds) -> Iterator[Problem]:
        for name, said in self._workspace.defaults.items():
            if name not in kinds:
                yield self._unknown(name, kinds)
                continue
            prefix: Path = ("spec", "defaults", name)
            usable: Mapping[str, Any] = said
            # told once of the defaults, not again of each resource
            for path, problem in _not_taken(kinds[name]):
                if isinstance(get_in(said, path), dict):
                    yield problem.at(self._workspace.locate((*prefix, *path)))
                usable = without(usable, path)
            if usable:
                self._layers[name] = Layer(usable, Elsewhere(self._workspace.locate, prefix))

    def _unknown(self, name: str, kinds: Kinds) -> Problem:
        return Problem(
            code="M212",
            summary=f"there are defaults for '{name[:80]}', which is no kind",
            cause="defaults are given by kind, as vendor/Kind",
            remedy=suggest(name, kinds.keys(), otherwise="remove them"),
            location=self._workspace.locate(("spec", "defaults", name)),
        )


def _not_taken(kind: KindSpec) -> Iterator[tuple[Path, Problem]]:
    """What may not be said of any resource of a kind, by where it would stand."""
    if kind.table.row("labels") is None:
        yield _LABELS, no_labels(kind)
    if kind.nature is Nature.PART:
        yield _LIFECYCLE, no_meaning(kind, "lifecycle")
