from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import Settled
from reconciler.render.safe import columns
from reconciler.render.status import StatusRow
from reconciler.render.status_text import status_text
from reconciler.render.style import Paper
from tests.unit.render import examples, hostile
from tests.unit.render.examples import pool


@given(st.lists(hostile.rows, min_size=1, max_size=4), st.integers(60, 200))
def test_the_table_fits_its_paper(rows: list[StatusRow], width: int) -> None:
    bare = [StatusRow(row.address, row.settled, row.state, row.usage) for row in rows]
    table = status_text(bare, Paper(width)).split("\n\n")[0]
    assert all(columns(line) <= width for line in table.splitlines())


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_a_note_is_never_lost(width: int) -> None:
    assert "removed outside" in status_text(examples.STATUS, Paper(width))


def test_columns_that_hold_nothing_are_left_out() -> None:
    text = status_text([StatusRow(pool("a"), Settled.CURRENT)], Paper(80))
    assert text.splitlines()[0].split() == ["address", "settled"]


def test_a_column_that_finds_no_room_is_named() -> None:
    assert "No room for: remote id." in status_text(examples.STATUS, Paper(80)).splitlines()


def test_a_state_is_cut_before_an_address_is() -> None:
    address = pool("a" * 30)
    row = StatusRow(address, Settled.IN_PROGRESS, "PartiallyDispatched")
    line = status_text([row], Paper(74)).splitlines()[1]
    assert line == f"{address}  in progress  PartiallyDi…"


def test_no_resources_are_said_so() -> None:
    assert status_text([], Paper(80)) == "No resources."
