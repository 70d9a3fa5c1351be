from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.render.safe import columns, safe
from reconciler.render.style import Cell, Paper, Tone
from tests.unit.render import hostile
from tests.unit.render.hostile import OUR_COLOURS

widths = st.integers(10, 120)
cells = st.lists(st.builds(Cell, hostile.text, st.sampled_from(Tone), st.integers(0, 30)))


@given(hostile.text, widths)
def test_only_an_unbreakable_word_is_wider_than_the_paper(text: str, width: int) -> None:
    for line in Paper(width).wrap(text, first="  why: "):
        assert columns(line) <= width or " " not in line.removeprefix("  why: ").strip(" ")


@given(hostile.text, widths)
def test_wrapped_lines_hold_every_word_in_order(text: str, width: int) -> None:
    lines = Paper(width).wrap(text, first="- ")
    assert " ".join(line[2:] for line in lines) == safe(text)


@given(cells, widths)
def test_a_row_holds_every_cell_in_order(row: list[Cell], width: int) -> None:
    shown = "".join("".join(Paper(width).row(row)).split())
    assert shown == "".join("".join(safe(each.text).split()) for each in row)


@given(cells, widths)
def test_a_row_is_wider_than_the_paper_only_by_one_word(row: list[Cell], width: int) -> None:
    for line in Paper(width).row(row, indent=2):
        assert columns(line) <= width or " " not in line.strip(" ")


@given(cells, widths)
def test_colour_changes_nothing_but_colour(row: list[Cell], width: int) -> None:
    painted = Paper(width, colour=True).row(row)
    assert [OUR_COLOURS.sub("", line) for line in painted] == Paper(width).row(row)


def test_a_short_form_is_said_where_the_long_one_finds_no_room() -> None:
    row = [Cell("tags", width=8), Cell("pools.yaml:14:60", short=":14:60")]
    assert Paper(40).row(row) == ["tags      pools.yaml:14:60"]
    assert Paper(20).row(row) == ["tags      :14:60"]
    assert Paper(15).row(row) == ["tags", "    pools.yaml:14:60"]


def test_without_colour_nothing_is_painted() -> None:
    assert Paper().paint("x", Tone.ERROR) == "x"
    assert Paper(colour=True).paint("x", Tone.ERROR) == "\x1b[1;31mx\x1b[0m"
