"""Every promise has a folder with manifests and a driver; a module's tests share one sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from reconciler.sandbox.server import RunningSandbox
from tests.contract.control import STANDING_STILL, Control
from tests.e2e.desk import Desk
from tests.e2e.spawner import Spawner, spawner


@pytest.fixture(scope="session", name="spawner")
def one_spawner() -> Iterator[Spawner]:
    with spawner() as running:
        yield running


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with RunningSandbox(STANDING_STILL) as sandbox:
        yield sandbox


@pytest.fixture
def control(running: RunningSandbox) -> Iterator[Control]:
    with httpx.Client(base_url=running.control_url, verify=False) as http:
        control = Control(http, "qarnot")
        control.reset()
        yield control


@pytest.fixture
def desk(
    running: RunningSandbox,
    control: Control,
    spawner: Spawner,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Iterator[Desk]:
    """A workspace of the promise's manifests, if it has any; an empty state, an empty account."""
    desk = Desk.at(tmp_path / "film-a", running.qarnot, control, spawner)
    manifests = request.path.parent / "manifests"
    if manifests.is_dir():
        desk.take(manifests)
    yield desk
    desk.leave()
