"""Keeps the world of a sandbox in a folder while it changes."""

import asyncio
import time
from pathlib import Path

from reconciler.sandbox.sandbox import Sandbox
from reconciler.sandbox.world_files import keep

_PAUSE_S = 1.0
_SHARE_OF_TIME = 20  # writing takes at most one part in twenty, however large the world


class Keeper:
    """Writes the world soon after a change and at the end; without a folder it does nothing."""

    def __init__(self, sandbox: Sandbox, folder: Path | None) -> None:
        self._sandbox = sandbox
        self._folder = folder
        self._waiting: asyncio.TimerHandle | None = None
        self._pause_s = _PAUSE_S

    def changed(self) -> None:
        """There may be something new to keep."""
        if self._folder is not None and self._waiting is None:
            loop = asyncio.get_running_loop()
            self._waiting = loop.call_later(self._pause_s, self._write)

    def close(self) -> None:
        """Write what is left to write."""
        if self._folder is not None:
            if self._waiting is not None:
                self._waiting.cancel()
            self._write()

    def _write(self) -> None:
        self._waiting = None
        if self._folder is None:
            return
        began_s = time.monotonic()
        keep(self._folder, self._sandbox.saved())
        self._pause_s = max(_PAUSE_S, _SHARE_OF_TIME * (time.monotonic() - began_s))
