"""An answer that never comes: the next look finds out, and each object is there once."""

from __future__ import annotations

import pytest

from tests.e2e.desk import Desk

_FARM = """\
apiVersion: qarnot/v1
kind: Pool
metadata: {name: farm}
spec: {profile: docker-batch, instanceCount: 4}
---
apiVersion: qarnot/v1
kind: Job
metadata: {name: shot}
spec:
  pool: farm
  tasks: [%s]
"""
_LATE_S = 2.5
"""A little more than a request may take."""
_ONE = "{name: a, instances: 1}"
_MANY = ", ".join(f"{{name: {name}, instances: 1}}" for name in "abcd")


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "latency"])
@pytest.mark.parametrize(
    ("path", "tasks"),
    [("/pools", _ONE), ("/jobs", _ONE), ("/tasks", _ONE), ("/tasks", _MANY)],
    ids=["pool", "job", "task", "bulk"],
)
def test_each_is_there_once_and_a_second_plan_is_empty(
    desk: Desk, path: str, tasks: str, kind: str
) -> None:
    """Never done, done, or done when nobody listens any more."""
    desk.write("farm", _FARM % tasks)
    desk.control.fault(kind, method="POST", path=path, seconds=_LATE_S)
    done = desk.apply()
    if done.code:
        assert done.code in (6, 10), done.said
        assert desk.apply().code == 0
    made = {each: len(desk.control.objects(each)) for each in ("pools", "jobs", "tasks")}
    assert made == {"pools": 1, "jobs": 1, "tasks": tasks.count("name")}
    desk.require_idle()
    desk.control.advance(7200)
    desk.require_idle()


def test_a_bulk_whose_answer_is_cut_in_half_leaves_nothing_twice(desk: Desk) -> None:
    desk.write("farm", _FARM % _MANY)
    desk.control.fault("truncate", method="POST", path="/tasks")
    assert desk.apply().code in (0, 6, 10)
    assert desk.apply().code == 0
    assert {name: len(each) for name, each in desk.made("tasks").items()} == dict.fromkeys(
        ("shot/a", "shot/b", "shot/c", "shot/d"), 1
    )
    desk.require_idle()


def test_a_bulk_that_is_refused_in_part_makes_the_rest(desk: Desk) -> None:
    """The account has room for two of four: the others come when there is room again."""
    desk.control.set(quotas={"maxTask": 2})
    desk.write("farm", _FARM % _MANY)
    assert desk.apply().code == 5
    assert len(desk.control.objects("tasks")) == 2
    desk.control.set(quotas={"maxTask": 100})
    assert desk.apply().code == 0
    assert len(desk.control.objects("tasks")) == 4
    desk.require_idle()
