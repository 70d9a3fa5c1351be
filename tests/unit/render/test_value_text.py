from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.render.safe import columns
from reconciler.render.style import Paper
from reconciler.render.value_text import elapsed_text, tree_lines, value_text
from reconciler.values import UNSEEN, leaves
from tests.unit.render import hostile

trees = st.dictionaries(hostile.text, hostile.values, max_size=4)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (4, "4"),
        (0.2, "0.2"),
        (True, "true"),
        (None, "null"),
        ("docker", '"docker"'),
        ('say "hi"\\', '"say \\"hi\\"\\\\"'),
        ("two\nlines", '"two\\nlines"'),
        ([], "[]"),
        ({}, "{}"),
        (("a", 1), '["a", 1]'),
        ({"cpu": 16, "tags": ["x"]}, '{cpu: 16, tags: ["x"]}'),
        ({"secretRef": {"env": "KEY"}}, "(secret from env KEY)"),
        ({"secretRef": {"file": "k.txt"}}, "(secret from file k.txt)"),
        (UNSEEN, "(not set)"),
    ],
)
def test_a_value_reads_as_written(value: Any, text: str) -> None:
    assert value_text(value) == text


@given(trees, st.integers(20, 120))
def test_a_tree_leaves_no_value_out(tree: dict[str, Any], width: int) -> None:
    shown = "".join("".join(tree_lines(tree, Paper(width), 4)).split())
    for _, leaf in leaves(tree):
        assert "".join(value_text(leaf).split()) in shown


@given(trees, st.integers(40, 120))
def test_a_tree_breaks_what_can_be_broken(tree: dict[str, Any], width: int) -> None:
    for line in tree_lines(tree, Paper(width), 4):
        assert columns(line) <= width or " " not in line.strip(" -")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.44, "0.4s"), (0.0, "0s"), (9.96, "10s"), (12.34, "12s"), (5400.2, "1h30m")],
)
def test_tenths_are_shown_below_ten_seconds_only(seconds: float, text: str) -> None:
    assert elapsed_text(seconds) == text
