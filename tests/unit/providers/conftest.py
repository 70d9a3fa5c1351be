"""The transport is tested on asyncio, over real sockets on loopback, with waits in virtual time."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.unit.providers.raw_server import RawServer


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def server() -> AsyncIterator[RawServer]:
    async with RawServer() as running:
        yield running
