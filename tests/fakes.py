"""Stand-ins for the ports that keep their promises: a vendor, a state, a clock, in memory.

They are no mocks: each obeys the laws its real counterpart is tested for, and nothing more.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from typing import BinaryIO

from reconciler.errors import ConfigError, Problem
from reconciler.pointers import SecretRef
from reconciler.ports import Revealed
from reconciler.report import Event
from tests.manual_clock import START, ManualClock
from tests.memory_store import MemoryState, MemoryStore
from tests.memory_vendor import Call, Fault, MemoryProvider
from tests.memory_world import Habits, MemoryObject, MemoryWorld

__all__ = [
    "START",
    "Call",
    "Fault",
    "Habits",
    "ManualClock",
    "MemoryFiles",
    "MemoryObject",
    "MemoryProvider",
    "MemorySecrets",
    "MemoryState",
    "MemoryStore",
    "MemoryWorld",
    "RecordingReporter",
]


class MemorySecrets:
    """Secrets by `SecretRef.key`; `fetched` lists the keys asked for, in order."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)
        self.fetched: list[str] = []

    def fetch(self, ref: SecretRef) -> Revealed | None:
        self.fetched.append(ref.key)
        value = self._values.get(ref.key)
        return None if value is None else Revealed(value)


class MemoryFiles:
    """Files of a workspace, by path."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = contents

    def digest(self, path: str) -> str:
        with self.open(path) as file:
            return hashlib.sha256(file.read()).hexdigest()

    def open(self, path: str) -> BinaryIO:
        if path not in self._contents:
            raise ConfigError(Problem("F103", f"there is no {path}"))
        return io.BytesIO(self._contents[path])


class RecordingReporter:
    """Keeps every event, in order."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def event(self, event: Event) -> None:
        self.events.append(event)
