"""What is measured on: documents as a studio would write them, the same ones in every run.

Contestants get documents of equal bytes; `formats` writes the trees and pads them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Tree = dict[str, Any]

BYTES = (1000, 1040, 1080, 1120, 1160)
"""Sizes of the documents, in turn."""
CHANGED_EVERY = 10
_OF_ONE_SIZE = 5
_WORDS = "the quick render of a shot goes over every lazy frame and waits for light "
SHOWS = ("dune", "meridian", "northwind", "saltmarsh")
TEAMS = ("fx", "comp", "lighting", "layout", "lookdev")


@dataclass(frozen=True, slots=True)
class Workload:
    """Documents by number. `tree` is one as a manifest, without the constant `NOTE` that pads it.

    `resources` says how many resources so many documents are for us: what they stand on counts.
    """

    name: str
    tree: Callable[[int], Tree]
    edited: Callable[[Tree], Tree]
    """The same after a change that needs no new object."""
    resources: Callable[[int], int]


def size_of(number: int) -> int:
    """How many bytes the document of that number has, whoever writes it."""
    return BYTES[number // _OF_ONE_SIZE % len(BYTES)]


def padding(count: int) -> str:
    """So many bytes of plain words, with no blank at the end."""
    text = (_WORDS * (count // len(_WORDS) + 1))[:count]
    return f"{text[:-1]}." if text.endswith(" ") else text


def is_changed(number: int) -> bool:
    """Whether the document is one of the one in ten that change; all sorts have their turn."""
    return number % CHANGED_EVERY == number // CHANGED_EVERY % CHANGED_EVERY
