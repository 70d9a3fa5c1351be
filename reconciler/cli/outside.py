"""The outside, for real: clock, secrets, who we are, whether another process lives."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import anyio

from reconciler.errors import ConfigError, Problem
from reconciler.pointers import SecretRef
from reconciler.ports import Revealed

SECRET_FOLDER = Path("/run/secrets")
"""Where containers find their secrets; the one place outside the workspace that is read."""
_SECRET_CAP_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class SystemSecrets:
    """Secrets from the environment, and from files under the workspace or `/run/secrets`."""

    root: Path
    _known: dict[SecretRef, Revealed | None] = field(default_factory=dict)

    def fetch(self, ref: SecretRef) -> Revealed | None:
        if ref not in self._known:
            self._known[ref] = self._read(ref)
        return self._known[ref]

    def require(self, ref: SecretRef, place: str) -> Revealed:
        """
        Raises:
            ConfigError: it is not available here; `place` says what wanted it.
        """
        value = self.fetch(ref)
        if value is None:
            raise ConfigError(
                Problem(
                    code="C202",
                    summary=f"{place} is not available",
                    cause=f"there is nothing in {ref}",
                    remedy=f"set {ref} and run again",
                )
            )
        return value

    def _read(self, ref: SecretRef) -> Revealed | None:
        if ref.env is not None:
            value = os.environ.get(ref.env)
            return Revealed(value) if value else None
        assert ref.file is not None
        path = (self.root / ref.file).resolve()
        is_inside = any(path.is_relative_to(each) for each in (self.root.resolve(), SECRET_FOLDER))
        if not is_inside:
            raise ConfigError(_outside(ref))
        with suppress(OSError, UnicodeDecodeError), path.open("rb") as file:
            return Revealed(file.read(_SECRET_CAP_BYTES).decode().rstrip("\r\n"))
        return None


def _outside(ref: SecretRef) -> Problem:
    return Problem(
        code="C203",
        summary=f"{ref} lies outside the workspace",
        cause=f"secrets are read from files under the workspace or {SECRET_FOLDER} only",
        remedy="move the file, or use an environment variable",
    )


def holder() -> str:
    """Who we are, as the lease remembers it: host, process, and when the process began."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_began(pid)}"


def is_alive(name: str) -> bool | None:
    """Whether a holder still runs: `None` when it is of another host or can't be told."""
    host, _, rest = name.rpartition(":")[0].rpartition(":")
    began = name.rpartition(":")[2]
    if host != socket.gethostname() or not rest.isdecimal():
        return None
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return None
    return _began(int(rest)) == began or (None if began == "0" else False)


def _began(pid: int) -> str:
    """The kernel's start time of a process, so that a reused number is not taken for it."""
    with suppress(OSError, IndexError, ValueError):
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[19]
    return "0"


def jitter() -> Callable[[], float]:
    """Numbers from 0 up to 1, to spread retries."""
    from random import Random

    return Random().random  # noqa: S311 - it spreads load, it guards nothing
