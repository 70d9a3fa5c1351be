"""A sandbox for the vendors' own clients, and a way to see what it really holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from qarnot.connection import Connection

from reconciler.sandbox.server import RunningSandbox, SandboxOptions


@dataclass(frozen=True)
class Control:
    """The control port of the running sandbox."""

    http: httpx.Client

    def pools(self) -> dict[str, Any]:
        """The true pools by name."""
        return self.objects("pools")

    def objects(self, kind: str) -> dict[str, Any]:
        """The true objects of one kind by name."""
        found = self.http.get("/_sandbox/objects", params={"vendor": "qarnot"}).json()[kind]
        return {one["name"]: one for one in found}

    def advance(self, seconds: float) -> None:
        """Move the virtual time."""
        self.http.post("/_sandbox/advance", json={"seconds": seconds}).raise_for_status()

    def set(self, **settings: Any) -> None:
        """Change settings of the Qarnot emulator."""
        answer = self.http.post("/_sandbox/settings", json={"vendor": "qarnot", **settings})
        assert answer.status_code == 200, answer.text

    def fault(self, kind: str, **rest: Any) -> None:
        """Plan a fault."""
        body = {"vendor": "qarnot", "kind": kind, **rest}
        answer = self.http.post("/_sandbox/faults", json=body)
        assert answer.status_code == 200, answer.text

    def requests(self) -> list[tuple[str, str]]:
        """Method and path of every request received."""
        found = self.http.get("/_sandbox/requests").json()
        return [(one["method"], one["path"]) for one in found]


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    """One sandbox for the tests of a module; time stands still unless it is advanced."""
    with RunningSandbox(SandboxOptions(speed=0, seed=7, start_s=1_772_438_400.0)) as sandbox:
        yield sandbox


@pytest.fixture
def control(running: RunningSandbox) -> Iterator[Control]:
    """The control port of a sandbox as new."""
    with httpx.Client(base_url=running.control_url, verify=False) as http:
        http.post("/_sandbox/reset").raise_for_status()
        yield Control(http)


def _connect(running: RunningSandbox, retries: int) -> Connection:
    return Connection(
        client_token=running.qarnot.token,
        cluster_url=running.qarnot.url,
        retry_count=retries,
        retry_wait=0.01,
        cluster_timeout=10,
    )


@pytest.fixture
def sdk(running: RunningSandbox, control: Control) -> Iterator[Connection]:
    """The official SDK, connected; it does not retry."""
    connection = _connect(running, 0)
    yield connection
    connection._http.close()


@pytest.fixture
def retrying_sdk(running: RunningSandbox, control: Control) -> Iterator[Connection]:
    """The official SDK, connected; it retries once."""
    connection = _connect(running, 1)
    yield connection
    connection._http.close()
