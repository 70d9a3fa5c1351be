"""What lifecycle said is remembered: taking the block out of git unprotects nothing."""

from __future__ import annotations

import pytest

from reconciler.address import Address
from reconciler.lifecycle import Lifecycle, OnRemove, WhenRunning
from reconciler.model import Record, Resource
from reconciler.plan.context import guard_of
from reconciler.plan.memory import noted
from reconciler.providers.qarnot.kinds.pool import POOL

ADDRESS = Address("farm", "pool", "sim")
REMEMBERED = Record(
    ADDRESS,
    POOL.id,
    "id-1",
    1,
    ADDRESS,
    protect=True,
    on_remove=OnRemove.TERMINATE,
    when_running=WhenRunning.DRAIN,
)


def resource(lifecycle: Lifecycle) -> Resource:
    return Resource(ADDRESS, POOL.id, {"profile": "p", "instanceCount": 1}, lifecycle=lifecycle)


def test_a_block_that_is_gone_leaves_the_guard_as_it_was() -> None:
    guard = guard_of(POOL, resource(Lifecycle()), REMEMBERED)
    assert (guard.protect, guard.on_remove, guard.when_running) == (
        True,
        OnRemove.TERMINATE,
        WhenRunning.DRAIN,
    )
    assert noted(POOL, REMEMBERED, resource(Lifecycle())) == REMEMBERED


@pytest.mark.parametrize("is_protected", [True, False])
def test_what_the_block_says_counts(is_protected: bool) -> None:
    said = Lifecycle(protect=is_protected, on_remove=OnRemove.FORGET, when_running=WhenRunning.STOP)
    guard = guard_of(POOL, resource(said), REMEMBERED)
    assert (guard.protect, guard.on_remove, guard.when_running) == (
        is_protected,
        OnRemove.FORGET,
        WhenRunning.STOP,
    )


def test_with_nothing_said_or_remembered_the_kind_decides() -> None:
    guard = guard_of(POOL, resource(Lifecycle()), None)
    assert (guard.protect, guard.on_remove, guard.when_running) == (
        False,
        OnRemove.DELETE,
        WhenRunning.REFUSE,
    )


def test_a_new_object_of_an_address_is_guarded_as_the_one_before() -> None:
    made = Record(ADDRESS, POOL.id, "id-2", 2, ADDRESS)
    assert made.guarded_as(REMEMBERED).protect
    assert made.guarded_as(None) == made
