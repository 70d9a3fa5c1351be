"""One app for each story: its jobs and files are gone when the next one begins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.sandbox.server import RunningSandbox
from tests.contract.control import Control
from tests.e2e.desk import Desk
from tests.e2e.flow.app import App, somebody
from tests.e2e.spawner import Spawner


@pytest.fixture
def app(
    running: RunningSandbox, control: Control, spawner: Spawner, tmp_path: Path
) -> Iterator[App]:
    """A workspace with nothing declared, an empty state, nothing at the vendor and no limits."""
    access = running.running.access["flow"]
    there = Control(control.http, "flow")
    there.set(switches={"rate_limits": "off", "token_life_s": 10**7})
    desk = Desk.at_app(tmp_path / "film-c", access, there, spawner)
    with somebody(access) as person:
        yield App(desk, person)
    desk.leave()
