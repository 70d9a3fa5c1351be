"""Cases, contestants, and paired runs: ours, peer, ours, peer, in the same minutes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bench.child import Command, Spent, run
from bench.figures import median
from bench.pools import POOLS
from bench.tasks import TASKS
from bench.workload import Workload


class Case(StrEnum):
    """What is measured. The order matters: each leaves behind what the next one needs."""

    VERSION = "--version"
    HELP = "--help"
    VALIDATE = "validate"
    PLAN_NEW = "plan, all new"
    APPLY = "apply, all new"
    NO_CHANGE = "plan, no change"
    ACTIVE = "plan, all active"
    CHANGED = "plan, 1 in 10 changed"
    JUST_ENDED = "plan, all just succeeded"
    ENDED = "plan, all succeeded"
    REMOVED = "plan, all removed by the vendor"


STARTS = (Case.VERSION, Case.HELP)
FIRST = (Case.VALIDATE, Case.PLAN_NEW, Case.APPLY)
IDLE = frozenset({Case.NO_CHANGE, Case.ACTIVE, Case.JUST_ENDED, Case.ENDED, Case.REMOVED})
"""Nothing is to be done: the same for who knows no work that ends."""
WORKS = {
    POOLS.name: (*FIRST, Case.NO_CHANGE, Case.CHANGED),
    TASKS.name: (
        *FIRST,
        *(Case.ACTIVE, Case.CHANGED, Case.JUST_ENDED, Case.ENDED, Case.REMOVED),
    ),
}
"""The cases of each workload, in order."""


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Entry:
    """How a contestant takes part in a case: `before` is not timed; `runs` is how often at most."""

    command: Command
    before: Callable[[], None] = _nothing
    runs: int = 1000


class Contestant(Protocol):
    """A program with documents of its own, laid out in a folder of its own."""

    name: str

    def lay_out(self, workload: Workload, size: int) -> None:
        """Write that many documents; nothing is made of them yet."""

    def start(self, case: Case) -> Entry | None:
        """How it takes part in `--version` and `--help`."""

    def work(self, case: Case) -> Entry | None:
        """How it takes part in the others; `None` when it does not."""

    def aside_s(self) -> float:
        """CPU seconds so far of what it talks to, which is no part of it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The median of one contestant's runs of one case; `aside_s` is the vendor's own CPU."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    aside_s: float = 0.0
    runs: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """One case at one size: what each contestant that took part needed, by name."""

    case: Case
    size: int
    by_name: Mapping[str, Measured] = field(default_factory=dict)
    workload: str = ""


@dataclass(slots=True)
class _Run:
    spent: Spent
    aside_s: float


def starts(contestants: Sequence[Contestant], runs: int, scratch: Path) -> list[Result]:
    """`--version` and `--help`; the first run of each, which fills caches, does not count."""
    found = []
    for case in STARTS:
        entries = [(each, each.start(case)) for each in contestants]
        _paired(entries, 1, scratch)
        found.append(Result(case, 0, _medians(_paired(entries, runs, scratch))))
    return found


def works(
    contestants: Sequence[Contestant], workload: Workload, size: int, runs: int, scratch: Path
) -> Iterable[Result]:
    """Every case of a workload at one size, in order."""
    for case in WORKS[workload.name]:
        entries = [(each, each.work(case)) for each in contestants]
        print(f"bench: {size} {workload.name}: {case}", file=sys.stderr, flush=True)
        found = _medians(_paired(entries, runs, scratch))
        yield Result(case, size, found, workload.name)


def _paired(
    entries: Iterable[tuple[Contestant, Entry | None]], runs: int, scratch: Path
) -> dict[str, list[_Run]]:
    """In turn, so that whatever else the machine does falls on all alike."""
    taking_part = [(who, entry) for who, entry in entries if entry is not None]
    found: dict[str, list[_Run]] = {who.name: [] for who, _ in taking_part}
    for number in range(runs):
        for who, entry in taking_part:
            if number < entry.runs:
                found[who.name].append(_once(who, entry, scratch))
    return found


def _once(who: Contestant, entry: Entry, scratch: Path) -> _Run:
    entry.before()
    before_s = who.aside_s()
    spent = run(entry.command, scratch)
    return _Run(spent, who.aside_s() - before_s)


def _medians(found: Mapping[str, Sequence[_Run]]) -> dict[str, Measured]:
    return {
        name: Measured(
            wall_s=median(each.spent.wall_s for each in runs),
            cpu_s=median(each.spent.cpu_s for each in runs),
            peak_mib=median(each.spent.peak_mib for each in runs),
            aside_s=median(each.aside_s for each in runs),
            runs=len(runs),
        )
        for name, runs in found.items()
    }
