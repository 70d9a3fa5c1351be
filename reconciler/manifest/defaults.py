"""What the workspace says of every resource of a kind, as the lowest layer of each."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.errors import Problem
from reconciler.kinds import Kinds, KindSpec
from reconciler.manifest.check import no_labels
from reconciler.manifest.layers import Elsewhere, Layer, Layers, without
from reconciler.manifest.nearest import suggest
from reconciler.settings import Workspace
from reconciler.values import Path, get_in

_LABELS: Path = ("metadata", "labels")


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
            has_place = kinds[name].table.row("labels") is not None
            if not has_place and isinstance(get_in(said, _LABELS), dict):
                yield no_labels(kinds[name]).at(self._workspace.locate((*prefix, *_LABELS)))
            # told once of the defaults, not again of each resource
            usable = said if has_place else without(said, _LABELS)
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
