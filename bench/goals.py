"""What we hold ourselves to, and whether a session's figures show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from bench.contest import Case, Measured, Result
from bench.farm import FOREIGN, Crowd
from bench.figures import growth_exponent, ratio_text, seconds_text
from bench.pools import POOLS
from bench.tasks import TASKS

OURS = "reconciler"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One goal; `is_reached` is `None` where this session did not measure it."""

    goal: str
    is_reached: bool | None = None
    measured: str = "not measured"

    @property
    def reached_text(self) -> str:
        return "" if self.is_reached is None else "yes" if self.is_reached else "no"


def verdicts(results: Sequence[Result], crowds: Sequence[Crowd] = ()) -> Iterator[Verdict]:
    """Every goal with what was measured for it."""
    at = {(each.workload, each.case, each.size): each.by_name for each in results}

    def of(workload: str, case: Case, size: int, name: str = OURS) -> Measured | None:
        return at.get((workload, case, size), {}).get(name)

    for workload, idle in ((POOLS.name, Case.NO_CHANGE), (TASKS.name, Case.ACTIVE)):
        look = partial(of, workload)
        for each in _of_one_workload(look, idle):
            yield replace(each, goal=f"{workload}: {each.goal}")
    yield _quick("--version", 0.100, of("", Case.VERSION, 0))
    yield _quick("--help", 0.150, of("", Case.HELP, 0))
    yield from _among(crowds)


def _of_one_workload(of: Callable[..., Measured | None], idle: Case) -> Iterator[Verdict]:
    no_change, changed = of(idle, 10_000), of(Case.CHANGED, 10_000)
    yield _faster("terraform", 30, of(idle, 1000), of(idle, 1000, "terraform"))
    yield _faster("octodns", 3, no_change, of(idle, 10_000, "octodns"), "10,000")
    yield _below("no-change plan of 10,000 under 300 MB", 300e6 / 2**20, no_change)
    yield _edited(no_change, changed)
    yield _growing(of(idle, 1000), no_change)
    yield _applying(of(Case.APPLY, 10_000), of(Case.APPLY, 10_000, "octodns"))


def _faster(
    peer: str, times: float, ours: Measured | None, theirs: Measured | None, size: str = "1,000"
) -> Verdict:
    goal = f"no-change plan of {size} at least {times:g} times faster than {peer}"
    if ours is None or theirs is None:
        return Verdict(goal)
    ratio = theirs.wall_s / ours.wall_s
    return Verdict(goal, ratio >= times, ratio_text(ratio))


def _below(goal: str, most_mib: float, ours: Measured | None) -> Verdict:
    if ours is None:
        return Verdict(goal)
    return Verdict(goal, ours.peak_mib < most_mib, f"{ours.peak_mib * 2**20 / 1e6:.0f} MB")


def _edited(no_change: Measured | None, changed: Measured | None) -> Verdict:
    goal = "1 in 10 changed at most 1.25 times no-change, at 10,000"
    if no_change is None or changed is None:
        return Verdict(goal)
    ratio = changed.wall_s / no_change.wall_s
    return Verdict(goal, ratio <= 1.25, f"{ratio:.2f}")


def _growing(small: Measured | None, large: Measured | None) -> Verdict:
    goal = "growth of the no-change plan, 1,000 to 10,000: a power of at most 1.1"
    if small is None or large is None:
        return Verdict(goal)
    power = growth_exponent((1000, 10_000), (small.wall_s, large.wall_s))
    return Verdict(goal, power <= 1.1, f"{power:.2f}")


def _quick(flag: str, most_s: float, ours: Measured | None) -> Verdict:
    goal = f"{flag} in at most {seconds_text(most_s)} of CPU"
    if ours is None:
        return Verdict(goal)
    return Verdict(goal, ours.cpu_s <= most_s, seconds_text(ours.cpu_s))


def _among(crowds: Sequence[Crowd]) -> Iterator[Verdict]:
    """On a farm: those of a session that had all the jobs of others."""
    cpu, memory = (
        f"farm: plan beside {FOREIGN:,} jobs of others in at most 10 s of CPU",
        "farm: at most 1 KB of memory more for each job of others",
    )
    if not crowds or crowds[-1].foreign != FOREIGN:
        yield from (Verdict(cpu), Verdict(memory))
        return
    alone, crowded = crowds[0], crowds[-1]
    more = (crowded.peak_mib - alone.peak_mib) * 2**20 / crowded.foreign
    yield Verdict(cpu, crowded.cpu_s <= 10, seconds_text(crowded.cpu_s))
    yield Verdict(memory, more <= 1000, f"{max(more, 0):.0f} bytes")


def _applying(ours: Measured | None, theirs: Measured | None) -> Verdict:
    goal = "apply of 10,000, every creation noted durably, against octodns writing 10,000 records"
    if ours is None or theirs is None:
        return Verdict(goal)
    pair = f"{seconds_text(ours.wall_s)} against {seconds_text(theirs.wall_s)}"
    return Verdict(goal, ours.wall_s <= theirs.wall_s, pair)
