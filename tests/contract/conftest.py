"""One sandbox for each module; every test begins with an empty account and time standing still."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from reconciler.sandbox.server import RunningSandbox
from tests.contract.control import STANDING_STILL, Control
from tests.contract.suite.cases import Case
from tests.contract.workplace import Workplace, workplace_at


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with RunningSandbox(STANDING_STILL) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def control_port(running: RunningSandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.control_url, verify=False) as http:
        yield http


@pytest.fixture
def vendor(request: pytest.FixtureRequest) -> str:
    """Whose account it is: that of the test's case, else what the module says, else Qarnot's."""
    callspec = getattr(request.node, "callspec", None)
    tried = callspec.params.get("case", callspec.params.get("tried")) if callspec else None
    case = tried[0] if isinstance(tried, tuple) else tried
    if isinstance(case, Case):
        return case.kind.vendor
    return str(getattr(request.module, "VENDOR", "qarnot"))


@pytest.fixture
def control(control_port: httpx.Client, vendor: str) -> Control:
    """The control port of a sandbox as new."""
    control = Control(control_port, vendor)
    control.reset()
    return control


@pytest.fixture
def place(running: RunningSandbox, control: Control) -> Workplace:
    """A workspace at an empty account."""
    return workplace_at(control.vendor, running.running.access[control.vendor])
