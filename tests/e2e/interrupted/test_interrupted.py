"""Ctrl-C: what is in flight is finished, nothing new begins, and the next run goes on."""

from __future__ import annotations

import signal
import sqlite3

import pytest

from tests.e2e.desk import Desk

COUNT = 40


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_signal_ends_in_order(desk: Desk, number: int, code: int) -> None:
    desk.control.fault("latency", method="POST", path="/pools", seconds=0.15, count=None)
    process = desk.start("apply", "-auto-approve", "-parallelism", "4")
    assert desk.await_that(lambda: desk.creations() >= 6, process)
    process.send_signal(number)
    done = desk.end(process)
    assert done.code == code, done.said
    made = len(desk.pools())
    assert 6 <= made < COUNT
    assert open_intents(desk) == 0, "what was in flight must be settled"
    assert "run" in done.said.lower()
    desk.control.clear_faults()
    assert desk.run("apply", "-auto-approve").code == 0
    assert desk.creations() == COUNT, "nothing may be asked for twice"
    desk.require_settled()


def test_the_second_signal_leaves_at_once_and_the_state_is_right(desk: Desk) -> None:
    desk.control.fault("latency", method="POST", path="/pools", seconds=1.5, count=4, skip=8)
    process = desk.start("apply", "-auto-approve", "-parallelism", "4")
    assert desk.await_that(lambda: desk.creations() >= 8, process)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    done = desk.end(process)
    assert done.code == 130, done.said
    desk.control.clear_faults()
    assert desk.run("apply", "-auto-approve").code == 0
    assert all(len(ids) == 1 for ids in desk.pools().values())
    assert len(desk.pools()) == COUNT
    desk.require_settled()


def open_intents(desk: Desk) -> int:
    file = desk.folder / ".reconciler" / "state.db"
    connection = sqlite3.connect(file)
    try:
        return int(connection.execute("SELECT count(*) FROM intents").fetchone()[0])
    finally:
        connection.close()
