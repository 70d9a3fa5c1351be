"""kill -9 at every request of an apply of work: run it again, and each task runs once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.sandbox.server import RunningSandbox
from tests.contract.control import STANDING_STILL, Control
from tests.e2e.desk import Desk
from tests.e2e.spawner import Spawner

MANIFESTS = Path(__file__).parent / "manifests"
AT_ONCE = 6
HELD_BACK_S = 0.3
TASKS = {f"shot/{layer}{number}" for layer in "abc" for number in range(1, 5)}


@dataclass(frozen=True, slots=True)
class Moment:
    """The request during which the process dies, and whether the vendor still does it."""

    match: Mapping[str, Any]
    skip: int
    is_done: bool


@contextmanager
def a_desk(folder: Path, spawner: Spawner) -> Iterator[Desk]:
    """With an account of its own."""
    with (
        RunningSandbox(STANDING_STILL) as sandbox,
        httpx.Client(base_url=sandbox.control_url, timeout=30, verify=False) as http,
    ):
        desk = Desk.at(folder, sandbox.qarnot, Control(http, "qarnot"), spawner)
        desk.take(MANIFESTS)
        yield desk
        desk.leave()


def die(desk: Desk, moment: Moment) -> None:
    """Apply, and be killed while that request is under way."""
    where = {**moment.match, "skip": moment.skip}
    desk.control.fault("latency", seconds=HELD_BACK_S, **where)
    if not moment.is_done:
        desk.control.fault("drop_before", **where)
    process = desk.start("apply", "-auto-approve")
    assert desk.kill_when(process, lambda: desk.control.fired() > 0), "it must come to that"
    desk.await_that(lambda: any(each["fault"] for each in desk.control.requests()))


def require_whole(desk: Desk) -> None:
    """All of it, each once; it works to its end, and nothing is left to do."""
    done = desk.apply()
    assert done.code == 0, done.said
    tasks = desk.made("tasks")
    assert tasks.keys() == TASKS, "nothing may be lost"
    for collection in ("pools", "jobs", "tasks"):
        assert all(len(each) == 1 for each in desk.made(collection).values()), "nothing twice"
    desk.control.advance(7200)
    assert {each["state"] for each in desk.control.objects("tasks").values()} == {"Success"}
    desk.require_idle()


def undisturbed(tmp_path: Path, spawner: Spawner) -> list[dict[str, Any]]:
    """The requests of an apply that nothing happens to."""
    with a_desk(tmp_path / "undisturbed", spawner) as desk:
        assert desk.apply().code == 0
        return [dict(each) for each in desk.control.requests()]


def every_request(requests: list[dict[str, Any]]) -> Iterator[Moment]:
    """Killed during each of them, and it was never done; so each that came before was answered."""
    for number in range(len(requests)):
        yield Moment({}, number, is_done=False)


def every_creation(requests: list[dict[str, Any]]) -> Iterator[Moment]:
    """Killed during each of them, and it is done all the same."""
    for path in ("/pools", "/jobs", "/tasks"):
        match = {"method": "POST", "path": path}
        for number in range(sum(each["path"] == path for each in requests)):
            yield Moment(match, number, is_done=True)


def test_each_layer_of_a_job_is_one_request(tmp_path: Path, spawner: Spawner) -> None:
    creations = [m.match["path"] for m in every_creation(undisturbed(tmp_path, spawner))]
    assert creations == ["/pools", "/jobs", "/tasks", "/tasks", "/tasks"]


@pytest.mark.parametrize("moments", [every_request, every_creation])
def test_killed_at_any_request_the_next_apply_ends_it(
    moments: Any, tmp_path: Path, spawner: Spawner
) -> None:
    def play(numbered: tuple[int, Moment]) -> None:
        number, moment = numbered
        with a_desk(tmp_path / str(number), spawner) as desk:
            die(desk, moment)
            require_whole(desk)

    all_moments = list(moments(undisturbed(tmp_path, spawner)))
    assert len(all_moments) > 4
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(play, enumerate(all_moments)))
