"""The edge between HTTP and a vendor, without a socket."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.sandbox.gateway import Gateway
from reconciler.sandbox.sandbox import Sandbox, Start
from reconciler.sandbox.vendor import Answer, Beginning, Call


class Broken:
    """A vendor with a defect."""

    def __init__(self, beginning: Beginning) -> None:
        self.secret = beginning.secret

    def access(self) -> dict[str, str]:
        return {}

    def handle(self, call: Call) -> Answer:
        raise ZeroDivisionError(call.path)

    def objects(self) -> Any:
        return []

    def settings(self) -> Any:
        return {}

    def change_settings(self, wanted: Mapping[str, Any]) -> None:
        raise AssertionError(wanted)

    def saved(self) -> Any:
        return None


def test_a_defect_of_ours_is_an_answer_and_a_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sandbox = Sandbox({"broken": Broken}, Start(0, 0.0, 1, {}))
    handled: list[bool] = []
    gateway = Gateway(sandbox, "broken", lambda: handled.append(True))
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/here", "headers": []}
    scope |= {"query_string": b"", "server": ("127.0.0.1", 1)}
    with caplog.at_level(logging.ERROR):
        asyncio.run(gateway(scope, receive, send))
    assert sent[0]["status"] == 500
    assert b"a defect of the sandbox" in sent[1]["body"]
    assert "GET /here: a defect of the broken sandbox" in caplog.text
    assert [one.status for one in sandbox.log._received] == [500]
    assert handled == [True]
