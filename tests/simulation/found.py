"""What an exploration came across, told the same way by all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Found:
    """What an exploration came across; a violation with the moves that led to it."""

    states: int = 0
    transitions: int = 0
    violations: list[tuple[tuple[str, ...], str]] = field(default_factory=list)


Tell = Callable[[Found], None]


def void(_: object) -> None:
    """Nobody asks what comes of it."""
