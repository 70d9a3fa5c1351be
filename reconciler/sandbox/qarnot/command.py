"""What an emulated instance does: the few words of its command that the emulator understands.

A rehearsal needs work that takes time, prints and fails. `sleep N`, `echo TEXT` and `exit N` in
the constant DOCKER_CMD do that, in any mixture with words that mean nothing here.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from reconciler.sandbox.vendor import Json

_COMMAND_KEY = "DOCKER_CMD"
_WORD = re.compile(
    r"\bsleep (?P<sleep>\d{1,7})\b|\becho (?P<echo>[^;&|\n\"']{1,200})|\bexit (?P<exit>\d{1,3})\b"
)


@dataclass(frozen=True, slots=True)
class Command:
    """Seconds of work (None: the usual), lines printed, and the exit code."""

    seconds: float | None = None
    lines: tuple[str, ...] = ()
    exit_code: int = 0


def command_of(constants: list[Json]) -> Command:
    """What instances with these constants do."""
    return _read(next((one["value"] for one in constants if one["key"] == _COMMAND_KEY), ""))


@lru_cache(maxsize=1024)
def _read(text: str) -> Command:
    found = list(_WORD.finditer(text))
    sleeps = [float(one["sleep"]) for one in found if one["sleep"]]
    exits = [int(one["exit"]) for one in found if one["exit"]]
    lines = tuple(one["echo"].strip() for one in found if one["echo"])
    return Command(sum(sleeps) if sleeps else None, lines, exits[0] if exits else 0)
