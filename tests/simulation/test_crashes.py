"""A process that dies anywhere can be run again: nothing twice, nothing lost, soon nothing to do.

The vendor here is in memory: it enforces our unique id, or does not, as each test says; a lost
answer is either carried out at once or never.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from reconciler.kinds import KindSpec
from reconciler.lifecycle import OnRemove
from reconciler.providers.qarnot.kinds.pool import POOL
from tests.fakes import Fault
from tests.simulation.mortal import Crash, Doom
from tests.simulation.studio import (
    NAMELESS,
    SCOPE,
    Strangers,
    Studio,
    at,
    check_converges,
    check_no_duplicate,
    check_nothing_lost,
    pool,
    pools,
)

POLICY: dict[str, Any] = {"prune": True, "max_deletes": 9}
VENDORS = pytest.mark.parametrize("kind", [POOL, NAMELESS], ids=["unique id", "no unique id"])


@dataclass(slots=True)
class Scene:
    """A studio right before an apply, and what in it is nobody's business of ours."""

    studio: Studio
    strangers: Strangers
    clone: str

    def check(self) -> None:
        check_no_duplicate(self.studio, but=[self.clone])
        check_nothing_lost(self.studio, but=[self.clone])
        self.strangers.check()


def scene(kind: KindSpec = POOL, **habits: Any) -> Scene:
    """Creations, an update, replacements of both ways, removals: all in one apply."""
    studio = Studio(kind, **habits)
    strangers = Strangers(studio)
    terminated = pool("ended", {"profile": "old"}, on_remove=OnRemove.TERMINATE)
    was = pools(keep={}, tagged={}, replaced={"profile": "old"}, gone={})
    studio.declare(*was, terminated, pool("closed", on_remove=OnRemove.TERMINATE))
    studio.apply()
    strangers.add("somebody's")
    marker = next(each.marker for each in studio.live() if each.name == "keep")
    clone = strangers.add("a clone", marker)
    if habits:
        studio.clock.advance(1000)
    now = pools(keep={}, tagged={"tags": ["x"]}, replaced={"profile": "new"}, new={}, other={})
    studio.declare(*now, pool("ended", {"profile": "new"}, on_remove=OnRemove.TERMINATE))
    return Scene(studio, strangers, clone)


def moments(make: Callable[[], Scene]) -> int:
    """How many moments a process that does not die has."""
    doom = Doom()
    make().studio.apply(doom, **POLICY)
    return doom.moments


def die_at(made: Scene, moment: int) -> None:
    with pytest.raises(Crash):
        made.studio.apply(Doom(moment), **POLICY)
    made.check()


@VENDORS
def test_a_process_may_die_at_any_moment_of_an_apply(kind: KindSpec) -> None:
    count = moments(lambda: scene(kind))
    assert count > 20
    for moment in range(count):
        made = scene(kind)
        die_at(made, moment)
        check_converges(made.studio, **POLICY)
        made.check()
        assert set(made.studio.specs()) == {"keep", "tagged", "replaced", "new", "other", "ended"}
        assert made.studio.specs()["replaced"]["profile"] == "new"


def small(kind: KindSpec) -> Scene:
    """One replacement."""
    studio = Studio(kind)
    studio.declare(*pools(replaced={"profile": "old"}))
    studio.apply()
    studio.declare(*pools(replaced={"profile": "new"}))
    return Scene(studio, Strangers(studio), "")


@pytest.mark.parametrize(("kind", "step"), [(POOL, 1), (NAMELESS, 4)], ids=["unique id", "none"])
def test_a_process_may_die_again_while_it_mends_what_one_left(kind: KindSpec, step: int) -> None:
    """Every pair of moments where the vendor enforces our unique id; every fourth elsewhere."""
    for first in range(moments(lambda: small(kind))):
        second = first % step
        while True:
            made = small(kind)
            die_at(made, first)
            doom = Doom(second)
            try:
                made.studio.apply(doom, **POLICY)
            except Crash:
                made.check()
            check_converges(made.studio, **POLICY)
            made.check()
            if not doom.is_dead:
                break
            second += step


@VENDORS
@pytest.mark.parametrize(
    ("verb", "count"), [("create", 4), ("update", 1), ("stop", 3), ("delete", 2)]
)
@pytest.mark.parametrize(
    "fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.NOT_SENT, Fault.REFUSED]
)
def test_any_answer_may_be_lost_before_or_after_its_effect(
    kind: KindSpec, verb: str, count: int, fault: Fault
) -> None:
    for index in range(count):
        made = scene(kind)
        made.studio.vendor.inject(verb, *[None] * index, fault)
        made.studio.apply(**POLICY)
        made.check()
        check_converges(made.studio, **POLICY)
        made.check()


def test_a_process_may_die_after_any_answer_was_lost() -> None:
    for moment in range(0, moments(scene), 3):
        made = scene()
        made.studio.vendor.inject("create", Fault.LOST_AFTER, Fault.LOST_BEFORE)
        made.studio.vendor.inject("delete", Fault.LOST_AFTER)
        die_at(made, moment)
        check_converges(made.studio, passes=3, **POLICY)
        made.check()


@VENDORS
def test_an_object_may_be_listed_late(kind: KindSpec) -> None:
    for moment in range(0, moments(lambda: scene(kind, list_lag_s=60.0)), 2):
        made = scene(kind, list_lag_s=60.0)
        die_at(made, moment)
        check_converges(made.studio, passes=3, **POLICY)
        made.check()


def test_a_process_may_die_in_an_apply_of_a_reviewed_plan() -> None:
    reviewed = scene().studio.plan(**POLICY)
    for moment in range(0, moments(scene), 3):
        made = scene()
        with pytest.raises(Crash):
            made.studio.apply_file(reviewed, Doom(moment))
        made.check()
        check_converges(made.studio, **POLICY)
        made.check()


def test_the_vendors_clock_and_ours_may_jump_by_a_day_between_two_processes() -> None:
    for jump in (timedelta(days=1), timedelta(days=-1)):
        for moment in range(0, moments(scene), 5):
            made = scene()
            die_at(made, moment)
            clock = made.studio.clock
            state = made.studio.store.shelf[SCOPE]
            state.holding = state.holding.released
            clock.set_wall_clock(clock.now() + jump)
            began = clock.monotonic()
            made.studio.apply(**POLICY)
            assert clock.monotonic() - began < 600
            check_converges(made.studio, **POLICY)
            made.check()


def test_what_was_deleted_outside_comes_back_once() -> None:
    made = scene()
    check_converges(made.studio, **POLICY)
    record = made.studio.recorded.records[at("keep")]
    made.studio.vendor.remove(record.remote_id)
    check_converges(made.studio, **POLICY)
    made.check()
    assert made.studio.recorded.records[at("keep")].ordinal == record.ordinal + 1
