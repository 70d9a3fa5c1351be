"""A state that is missing, newer or damaged is refused, with the way out; nothing is sent."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.desk import Desk


def remove(file: Path) -> None:
    for each in file.parent.iterdir():
        each.unlink()


def make_newer(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def alter_a_row(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.execute("UPDATE records SET body = replace(body, 'preview', 'proview')")
    connection.commit()
    connection.close()


def drop_a_row(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.execute("DELETE FROM records WHERE key LIKE '%preview%'")
    connection.commit()
    connection.close()


def cut(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    file.write_bytes(file.read_bytes()[:5000])


def fill_with_noise(file: Path) -> None:
    remove(file)
    file.write_bytes(bytes(range(256)) * 64)


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "missing": (remove, "state init"),
    "newer": (make_newer, "newer"),
    "altered": (alter_a_row, "state"),
    "a row gone": (drop_a_row, "state"),
    "cut": (cut, "state"),
    "noise": (fill_with_noise, "state"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_it_is_refused_with_the_way_out(desk: Desk, damage: str) -> None:
    assert desk.run("apply", "-auto-approve").code == 0
    act, words = DAMAGES[damage]
    act(desk.folder / ".reconciler" / "state.db")
    before = desk.control.writes()
    done = desk.run("apply", "-auto-approve")
    assert done.code == 1, done.said
    assert words in done.err
    assert "fix:" in done.err
    assert desk.control.writes() == before, "nothing may be sent without a sound state"
    assert len(desk.pools()) == 2


def test_a_new_state_is_not_made_over_living_objects(desk: Desk) -> None:
    assert desk.run("apply", "-auto-approve").code == 0
    remove(desk.folder / ".reconciler" / "state.db")
    done = desk.run("state", "init")
    assert done.code == 1
    assert "carry this workspace's marker" in done.err
