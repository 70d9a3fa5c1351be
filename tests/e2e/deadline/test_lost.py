"""Answers that never come, and processes that are killed: one job each, and it works to its end."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.sandbox.server import RunningSandbox
from tests.contract.control import STANDING_STILL, Control
from tests.e2e.deadline.farm import DONE, Farm
from tests.e2e.desk import Desk
from tests.e2e.killed_at_work.test_killed_at_work import AT_ONCE, Moment, die
from tests.e2e.spawner import Spawner

JOBS = "/api/jobs"


# --- answers --------------------------------------------------------------------------------------


def require_done(farm: Farm) -> None:
    """Applied again if it has to be, then nothing is left to do."""
    done = farm.desk.apply()
    if done.code:
        assert done.code in (6, 9, 10), done.said
        farm.apply()
    farm.require_idle()


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_a_submit_whose_answer_is_lost_makes_one_job(farm: Farm, kind: str) -> None:
    """Done and not told, or never done: it is looked for before anything is sent again."""
    farm.job("beauty", "1-4")
    farm.control.fault(kind, method="POST", path=JOBS)
    require_done(farm)
    assert len(farm.control.objects("jobs")) == 1
    farm.work()
    farm.require_idle()


@pytest.mark.parametrize(
    "mishap",
    [{"kind": "drop_after", "count": 3}, {"kind": "status", "status": 500}],
    ids=["cut", "500"],
)
def test_a_change_that_is_lost_is_made_once(farm: Farm, mishap: dict[str, Any]) -> None:
    """Frames that are appended, the job saved, its machine limit set."""
    farm.job("beauty", "1-4")
    farm.apply()
    farm.job("beauty", "1-6", "priority: 70, machineLimit: {maximum: 2}")
    farm.control.fault(**mishap, method="PUT", path=JOBS)
    require_done(farm)
    job = farm.one("beauty")
    assert [*farm.tasks(job)] == [*"123456"], "each frame once"
    assert (job["Props"]["Pri"], job["Props"]["MachLmt"]) == (70, 2)


@pytest.mark.parametrize(
    ("kind", "spec", "method", "path"),
    [
        ("Pool", "workers: [node01]", "POST", "/api/pools"),
        ("Pool", "workers: [node01]", "PUT", "/api/pools"),
        ("Group", "workers: [node01]", "POST", "/api/groups"),
        ("Limit", "maximum: 1", "PUT", "/api/limitgroups"),
    ],
    ids=["pool", "its workers", "group", "limit"],
)
def test_a_name_whose_making_is_lost_is_ours_and_whole(
    farm: Farm, kind: str, spec: str, method: str, path: str
) -> None:
    farm.declare(kind, "film", spec)
    farm.control.fault("drop_after", method=method, path=path)
    require_done(farm)
    made = farm.control.objects(f"{kind.lower()}s")
    assert [*made.keys() - {"none"}] == ["film"]
    farm.declare(kind, "film", spec, "onRemove: delete")
    farm.job("other", "1")
    farm.apply()
    farm.withdraw(kind, "film")
    farm.apply("-prune")
    assert "film" not in farm.control.objects(f"{kind.lower()}s"), "it was ours to remove"


# --- kills ----------------------------------------------------------------------------------------


@contextmanager
def a_farm(folder: Path, spawner: Spawner) -> Iterator[Farm]:
    """With workers of its own: a pool, and two jobs one after the other."""
    with (
        RunningSandbox(STANDING_STILL) as sandbox,
        httpx.Client(base_url=sandbox.control_url, timeout=30, verify=False) as http,
    ):
        access = sandbox.running.access["deadline"]
        desk = Desk.at_farm(folder, access, Control(http, "deadline"), spawner)
        farm = Farm(desk, http)
        farm.declare("Pool", "film", "workers: [node01]")
        farm.job("light", "1-2", "pool: film")
        farm.job("comp", "1-2", "pool: film, dependsOn: [light]")
        yield farm
        desk.leave()


def moments(folder: Path, spawner: Spawner) -> Iterator[Moment]:
    """Killed during each request of an apply: never done, and where it changes something, done."""
    with a_farm(folder, spawner) as farm:
        farm.apply()
        requests = [(each["method"], each["path"]) for each in farm.control.requests()]
    for number in range(len(requests)):
        yield Moment({}, number, is_done=False)
    for method, path in sorted({each for each in requests if each[0] != "GET"}):
        for number in range(requests.count((method, path))):
            yield Moment({"method": method, "path": path}, number, is_done=True)


def require_whole(farm: Farm) -> None:
    """Both jobs once, in order, to their end; and nothing is left to do."""
    farm.apply()
    made = farm.control.objects("jobs")
    assert sorted(each["Props"]["Name"] for each in made.values()) == ["comp", "light"]
    assert farm.control.objects("pools")["film"]["workers"] == ["node01"]
    farm.work()
    farm.require_idle()
    assert (farm.stat("light"), farm.stat("comp")) == ([DONE], [DONE])


def test_killed_at_any_request_the_next_apply_ends_it(tmp_path: Path, spawner: Spawner) -> None:
    def play(numbered: tuple[int, Moment]) -> None:
        number, moment = numbered
        with a_farm(tmp_path / str(number), spawner) as farm:
            die(farm.desk, moment)
            require_whole(farm)

    all_moments = [*moments(tmp_path / "undisturbed", spawner)]
    assert [each.match.get("path") for each in all_moments if each.is_done] == [
        *(JOBS, JOBS, "/api/pools", "/api/pools")
    ]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(play, enumerate(all_moments)))
