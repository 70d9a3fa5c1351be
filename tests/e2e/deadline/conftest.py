"""One farm for each story: its jobs, pools and limits are gone when the next one begins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from reconciler.sandbox.server import RunningSandbox
from tests.contract.control import Control
from tests.e2e.deadline.farm import Farm
from tests.e2e.desk import Desk
from tests.e2e.spawner import Spawner


@pytest.fixture
def farm(
    running: RunningSandbox, control: Control, spawner: Spawner, tmp_path: Path
) -> Iterator[Farm]:
    """A workspace with nothing declared, an empty state, five workers that have nothing to do."""
    access = running.running.access["deadline"]
    there = Control(control.http, "deadline")
    desk = Desk.at_farm(tmp_path / "film-b", access, there, spawner)
    account = (access["user"], access["password"])
    with httpx.Client(base_url=access["url"], auth=account, verify=False) as person:
        yield Farm(desk, person)
    desk.leave()
