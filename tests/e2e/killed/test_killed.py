"""kill -9 at any moment: run it again, and nothing is there twice and nothing is lost."""

from __future__ import annotations

import random
from functools import partial

import pytest

from tests.e2e.desk import Desk

COUNT = 40
ANY_SEED = 20261121


def require_whole(desk: Desk) -> None:
    """All pools, each once, all of them known; the second plan is empty."""
    assert desk.run("apply", "-auto-approve").code == 0
    pools = desk.pools()
    assert len(pools) == COUNT, "nothing may be lost"
    assert all(len(ids) == 1 for ids in pools.values()), "nothing may be there twice"
    desk.require_settled()
    assert len(desk.control.objects("pools")) == COUNT


def has_created(desk: Desk, count: int) -> bool:
    return desk.creations() >= count


def has_asked(desk: Desk, count: int) -> bool:
    return len(desk.control.requests()) >= count


def slow_down(desk: Desk) -> None:
    """Every change at the vendor takes a while, so that there is time to be killed in."""
    for method, path in (("POST", "/pools"), ("PUT", "/pools/*"), ("POST", "/pools/*/close")):
        desk.control.fault("latency", method=method, path=path, seconds=0.1, count=None)


def test_an_apply_killed_again_and_again_is_ended_by_the_next(desk: Desk) -> None:
    slow_down(desk)
    for creations in (1, 9, 24, COUNT):
        process = desk.start("apply", "-auto-approve", "-parallelism", "4")
        assert desk.kill_when(process, partial(has_created, desk, creations))
    desk.control.clear_faults()
    require_whole(desk)


def test_an_apply_killed_at_any_request_is_ended_by_the_next(desk: Desk) -> None:
    slow_down(desk)
    moments = random.Random(ANY_SEED)
    for _ in range(4):
        past = len(desk.control.requests())
        moment = past + moments.randint(1, 30)
        process = desk.start("apply", "-auto-approve", "-parallelism", "8")
        desk.kill_when(process, partial(has_asked, desk, moment))
    desk.control.clear_faults()
    require_whole(desk)


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_killed_while_a_lost_answer_is_waited_for(desk: Desk, kind: str) -> None:
    desk.control.fault(kind, method="POST", path="/pools", skip=20, count=3)
    process = desk.start("apply", "-auto-approve")
    desk.kill_when(process, lambda: desk.creations() >= COUNT - 1)
    require_whole(desk)


def test_replacements_killed_half_way_are_ended_by_the_next(desk: Desk) -> None:
    assert desk.run("apply", "-auto-approve").code == 0
    before = {each for ids in desk.pools().values() for each in ids}
    file = desk.folder / "manifests" / "pools.yaml"
    file.write_text(file.read_text("utf-8").replace("instanceCount: 1", "instanceCount: 2"))
    slow_down(desk)
    again = ["apply", "-auto-approve", "-max-deletes", str(COUNT)]
    for creations in (COUNT + 3, COUNT + 17):
        process = desk.start(*again)
        assert desk.kill_when(process, partial(has_created, desk, creations))
    desk.control.clear_faults()
    assert desk.run(*again).code == 0
    require_whole(desk)
    assert not before & desk.control.objects("pools").keys(), "all of them must have been replaced"
