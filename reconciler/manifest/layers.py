"""Layers of one resource, lowest first: workspace defaults, its manifest, the env's overlay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from reconciler.errors import Location
from reconciler.model import Locate
from reconciler.values import UNSEEN, Path, Tree, get_in, merge


class Places(Protocol):
    """Who knows where the paths of one document stand."""

    def locate(self, path: Path, *, on_key: bool = False) -> Location | None:
        """The place of a value or its key, or of the nearest parent there is."""

    def index(self) -> Places:
        """The same knowledge, for whoever has several places to find."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Places of a part of another file, whose document begins at `prefix`."""

    find: Locate
    prefix: Path

    def locate(self, path: Path, *, on_key: bool = False) -> Location | None:
        return self.find((*self.prefix, *path))

    def index(self) -> Places:
        return self


@dataclass(frozen=True, slots=True)
class Layer:
    """What one document says, shaped as a manifest is."""

    tree: Mapping[str, Any]
    places: Places


@dataclass(frozen=True, slots=True)
class Layers:
    """All that is said of one resource; `own` is the number of its manifest's layer."""

    layers: tuple[Layer, ...]
    own: int

    def merged(self) -> Mapping[str, Any]:
        """What holds: the higher layer wins, objects merge, lists replace, `null` removes."""
        if len(self.layers) == 1:
            return self.layers[0].tree
        tree: Tree = {}
        for layer in self.layers:
            tree = merge(tree, layer.tree)
        return tree

    def locate(self, path: Path, *, on_key: bool = False) -> Location | None:
        """The place in the file that set the value, or in which it is missing."""
        return self.said_by(path).places.locate(path, on_key=on_key)

    def said_by(self, path: Path) -> Layer:
        """The layer that set the value at `path`."""
        return self.layers[self._set_by(path)]

    def under(self, top: Layer) -> Layers:
        """The same below one more layer."""
        return Layers((*self.layers, top), self.own)

    def without(self, path: Path) -> Layers:
        """The same, but that no layer says anything at `path`."""
        return Layers(
            tuple(Layer(without(each.tree, path), each.places) for each in self.layers), self.own
        )

    def with_places(self, change: Callable[[Places], Places]) -> Layers:
        """The same layers, their places changed."""
        layers = tuple(Layer(each.tree, change(each.places)) for each in self.layers)
        return Layers(layers, self.own)

    def index(self) -> Layers:
        """As `Places.index`."""
        return self.with_places(lambda each: each.index())

    @property
    def own_places(self) -> Places:
        """The places of the resource's own document."""
        return self.layers[self.own].places

    def only_needed(self) -> Places:
        """Who can locate the resource's fields and holds no more than that takes."""
        return self if len(self.layers) > 1 else self.own_places

    def _set_by(self, path: Path) -> int:
        """The highest layer that says something at the deepest part of `path` there is.

        A scalar, a list or `null` hides what lower layers say below it.
        """
        numbers = list(range(len(self.layers)))
        for depth in range(1, len(path) + 1):
            said = {n: get_in(self.layers[n].tree, path[:depth]) for n in numbers}
            speaking = [n for n in numbers if said[n] is not UNSEEN]
            if not speaking:
                break
            hiding = [n for n in speaking if not isinstance(said[n], Mapping)]
            numbers = [n for n in speaking if n >= max(hiding, default=0)]
            if depth == len(path):
                return numbers[-1]
        return self.own if self.own in numbers else numbers[-1]


def without(tree: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """The tree less what stands at `path`, which is made of keys; the tree given is not changed."""
    key, *rest = path
    if not isinstance(tree, Mapping) or key not in tree:
        return tree
    if not rest:
        return {name: each for name, each in tree.items() if name != key}
    return {**tree, str(key): without(tree[str(key)], tuple(rest))}
