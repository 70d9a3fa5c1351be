"""Defaults under a resource, the overlay of the environment over it, and where each came from."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Location
from reconciler.manifest.layers import Layer, Layers
from reconciler.values import Path, get_in, merge
from tests.unit.manifest.farm import declare, only, rack, spot, workspace

TREES = st.recursive(
    st.none() | st.integers(0, 3) | st.lists(st.integers(0, 3), max_size=2),
    lambda each: st.dictionaries(st.sampled_from("abc"), each, max_size=3),
    max_leaves=8,
).filter(lambda each: isinstance(each, dict))

DEFAULTS = """\
  defaults:
    farm/Rack:
      metadata: {labels: {show: dune, team: fx}}
      spec:
        tags: [film-a, "${{ var.quality }}"]
        size: 2
        rules: [{name: r, type: fixed, slots: 1}]
  vars: {quality: draft}
"""


class Named:
    """Places that tell only which layer was asked."""

    def __init__(self, name: str) -> None:
        self.name = name

    def locate(self, path: Path, *, on_key: bool = False) -> Location:
        return Location(self.name, 1, 1)

    def index(self) -> Named:
        return self


@given(st.lists(TREES, min_size=1, max_size=3), st.data())
def test_a_value_is_placed_in_the_highest_layer_that_says_it(trees: list[Any], data: Any) -> None:
    layers = Layers(tuple(Layer(tree, Named(str(n))) for n, tree in enumerate(trees)), 0)
    merged = layers.merged()
    path = data.draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(tuple))
    value = get_in(merged, path)
    place = layers.locate(path)
    assert place is not None
    if not isinstance(value, dict) and value in (0, 1, 2, 3):
        assert get_in(trees[int(place.file)], path) == value
        assert all(
            get_in(merge({}, tree), path) != value or number <= int(place.file)
            for number, tree in enumerate(trees)
        )


def test_the_order_is_defaults_resource_overlay() -> None:
    overlay = """\
address: one/rack/a
metadata: {labels: {team: null, env: prod}}
spec: {size: 8, mode: null}
lifecycle: {protect: true}
"""
    text = rack("a", "{profile: docker, mode: fast, tags: [mine]}")
    loaded = declare(text, overlay, workspace(DEFAULTS))
    assert loaded.problems == ()
    (found,) = loaded.resources
    assert found.spec == {
        "profile": "docker",
        "tags": ["mine"],
        "size": 8,
        "rules": [{"name": "r", "type": "fixed", "slots": 1}],
    }
    assert found.labels == {"show": "dune", "env": "prod"}
    assert found.lifecycle.protect


PLACES = [
    (("spec", "profile"), "manifests/m.yaml:5:17"),
    (("spec", "size"), "overlays/prod/o.yaml:2:14"),
    (("spec", "tags", 1), "reconciler.yaml:14:24"),
    (("spec", "rules", 0, "slots"), "reconciler.yaml:16:47"),
    (("spec", "nowhere"), "manifests/m.yaml:5:7"),
    (("metadata", "labels", "show"), "reconciler.yaml:12:33"),
]


@pytest.mark.parametrize(("path", "where"), PLACES)
def test_every_field_knows_the_file_that_set_it(path: Path, where: str) -> None:
    overlay = "address: one/rack/a\nspec: {size: 8}\n"
    loaded = declare(rack("a"), overlay, workspace(DEFAULTS))
    assert str(loaded.resources[0].locate(path)) == where


def test_a_slip_of_a_default_or_an_overlay_is_told_in_its_own_file() -> None:
    overlay = "address: one/rack/a\nspec: {size: '8'}\n"
    bad = workspace("  defaults: {farm/Rack: {spec: {mode: fst}}}\n")
    problems = declare(rack("a"), overlay, bad).problems
    assert [spot(each) for each in problems] == [
        "overlays/prod/o.yaml:2:14 spec.size",
        "reconciler.yaml:10:39 spec.defaults.farm/Rack.spec.mode",
    ]


BAD_OVERLAYS = [
    ("address: one/rack/b\n", "M410", "1:10 address"),
    ("address: rack/b\n", "U101", "1:10 address"),
    ("spec: {size: 1}\n", "M203", "1:1 address"),
    ("address: one/rack/a\nspek: {}\n", "M202", "2:1 spek"),
    ("address: one/rack/a\nmetadata: {name: b}\n", "M202", "2:12 metadata.name"),
    ("address: one/rack/a\nspec: {profile: '${{ var.x }}'}\n", "M403", "2:17 spec.profile"),
    ("address: one/rack/a\n---\naddress: one/rack/A\n", "M411", "3:10 address"),
    ("- a\n", "M204", "1:1 "),
]


@pytest.mark.parametrize(("overlay", "code", "where"), BAD_OVERLAYS)
def test_an_overlay_that_can_t_be_used_is_told(overlay: str, code: str, where: str) -> None:
    problem = only(declare(rack("a"), overlay))
    assert (problem.code, spot(problem)) == (code, f"overlays/prod/o.yaml:{where}")


def test_a_near_address_is_offered_for_an_overlay() -> None:
    problem = only(declare(rack("houdini"), "address: one/rack/hudini\n"))
    assert problem.remedy == "did you mean 'one/rack/houdini'?"


def test_a_required_field_removed_by_an_overlay_is_told_there() -> None:
    problem = only(declare(rack("a"), "address: one/rack/a\nspec: {profile: null}\n"))
    assert (problem.code, spot(problem)) == ("M203", "overlays/prod/o.yaml:2:17 spec.profile")


def test_defaults_of_no_kind_are_told() -> None:
    problem = only(declare(rack("a"), where=workspace("  defaults: {farm/Rak: {spec: {}}}\n")))
    assert (problem.code, problem.remedy) == ("M212", "did you mean 'farm/Rack'?")


def test_a_default_may_name_the_provider() -> None:
    second = """\
    two:
      type: farm
      url: https://two.example.com
      auth: {user: {secretRef: {env: U}}, password: {secretRef: {env: P}}}
"""
    assert only(declare(rack("a"), where=workspace(second))).code == "M302"
    named = second + "  defaults: {farm/Rack: {metadata: {provider: two}}}\n"
    loaded = declare(rack("a"), where=workspace(named))
    assert [str(each.address) for each in loaded.resources] == ["two/rack/a"]
