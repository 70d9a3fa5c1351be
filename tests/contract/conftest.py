"""One sandbox for each module; every test begins with an empty account and time standing still."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from reconciler.sandbox.server import RunningSandbox
from tests.contract.control import STANDING_STILL, Control
from tests.contract.workplace import Workplace, config_of


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with RunningSandbox(STANDING_STILL) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def control_port(running: RunningSandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.control_url, verify=False) as http:
        yield http


@pytest.fixture
def control(control_port: httpx.Client) -> Control:
    """The control port of a sandbox as new."""
    control = Control(control_port, "qarnot")
    control.reset()
    return control


@pytest.fixture
def place(running: RunningSandbox, control: Control) -> Workplace:
    """A workspace at an empty Qarnot account."""
    access = running.qarnot
    return Workplace(config_of("qarnot", access.url), access.token)
