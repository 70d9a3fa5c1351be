"""Connections that an application can cut in the middle of an answer."""

import asyncio
from typing import Any

from starlette.types import Scope
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

_STATE_KEY = "connection"


def open_connection(
    config: Config,
    server_state: ServerState,
    app_state: dict[str, Any],
    _loop: asyncio.AbstractEventLoop | None = None,
) -> H11Protocol:
    """uvicorn's own protocol, which `cut` finds again in the state of each request's scope."""
    state = dict(app_state)
    protocol = H11Protocol(config, server_state, state, _loop)
    state[_STATE_KEY] = protocol
    return protocol


async def cut(scope: Scope) -> None:
    """Close the connection of this request at once; what is not sent yet stays unsent."""
    scope["state"][_STATE_KEY].transport.abort()
    await asyncio.sleep(0)  # the server learns of the loss before the application returns
