"""What somebody changed by hand is shown with both values, and brought back by the next apply."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from qarnot.connection import Connection

from reconciler.sandbox.server import RunningSandbox
from tests.e2e.desk import Desk


@pytest.fixture
def sdk(running: RunningSandbox) -> Iterator[Connection]:
    """The vendor's own SDK, in somebody else's hands."""
    access = running.qarnot
    connection = Connection(
        client_token=access.token, cluster_url=access.url, retry_count=0, cluster_timeout=10
    )
    yield connection
    connection._http.close()


def test_a_change_by_hand_is_shown_with_both_values_and_taken_back(
    desk: Desk, sdk: Connection
) -> None:
    assert desk.run("apply", "-auto-approve").code == 0
    pool = sdk.retrieve_pool(desk.pool("preview"))
    pool.tags = ["by-hand"]
    pool.constants = {"DOCKER_REPO": "alpine"}
    pool.commit()
    plan = desk.run("plan", "-detailed-exitcode")
    assert plan.code == 2
    for words in ("by-hand", "fx", "alpine", "ubuntu", "drift"):
        assert words in plan.out, plan.out
    uuid = desk.pool("preview")
    assert desk.run("apply", "-auto-approve").code == 0
    assert desk.pool("preview") == uuid
    desk.require_settled()
    true = desk.control.objects("pools")[uuid]
    assert true["tags"] == ["fx"]
    assert true["constants"] == [{"key": "DOCKER_REPO", "value": "ubuntu"}]


@pytest.mark.parametrize("way", ["close", "delete"])
def test_an_object_ended_by_hand_is_made_anew(desk: Desk, sdk: Connection, way: str) -> None:
    assert desk.run("apply", "-auto-approve").code == 0
    uuid = desk.pool("preview")
    pool = sdk.retrieve_pool(uuid)
    pool.close() if way == "close" else pool.delete()
    plan = desk.run("plan", "-detailed-exitcode")
    assert plan.code == 2
    assert desk.run("apply", "-auto-approve").code == 0
    assert desk.pool("preview") != uuid
    desk.require_settled()
