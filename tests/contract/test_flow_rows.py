"""Each row of the Flow job keeps its word: what is declared is there, and what a change means."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.diff.change import Action
from reconciler.fields import Mutability, SetBy
from reconciler.lifecycle import OnChange
from reconciler.model import Resource
from reconciler.providers.flow.kinds.job import JOB
from reconciler.providers.flow.translate_tasks import normal
from reconciler.values import Json, Tree
from tests.contract.control import Control
from tests.contract.flow_studio import SIMULATE, UNTIL_OVER_S, a_job, unhurried
from tests.contract.workplace import Workplace, referring, require_empty, with_lifecycle

VENDOR = "flow"
BIFROST: Tree = {
    "name": "trees",
    "bifrost": {
        "compound": "User::Graphs::addTrees",
        "bifrostVersion": "2.12.1.0",
        "frames": {"start": 1, "end": 3},
        "ports": {"inputPorts": [{"name": "density", "type": "float", "value": 0.25}]},
        "executions": [
            {
                "templateRange": {"start": 1, "end": 3},
                "frameId": "{executionId}",
                "outputs": [
                    {
                        "source": {"path": "a.{executionId:04}"},
                        "target": {"name": "a.{executionId}"},
                    }
                ],
            }
        ],
    },
}
MAP: Tree = {"name": "all", "type": "map", "values": {"source": "list"}, "task": SIMULATE}
TRIALS: dict[str, tuple[Json, Json]] = {
    "displayName": ("Shot 010", "Shot 020"),
    "tags": (["film-a", "fx"], ["film-b"]),
    "onComplete": ("keep", "delete"),
    "tasks": ([SIMULATE], [SIMULATE, MAP]),
    "tasks[name].*": (
        [{**SIMULATE, "requirements": {"cpu": 4, "memory": "30720MB"}, "timeout": "15m"}],
        [{**SIMULATE, "requirements": {"cpu": 8, "memory": "30GiB"}, "timeout": "1h"}],
    ),
}
ELSEWHERE = {"queue": "test_flow_verbs.py", "dependsOn": "test_flow_quirks.py"}
ROWS = {row.path: row for row in JOB.table if row.set_by is not SetBy.VENDOR}


@pytest.fixture(autouse=True)
def _unhurried(place: Workplace, control: Control) -> None:
    unhurried(place, control)


def of(row: str, value: Json) -> Resource:
    return referring(JOB, "shot", {"tasks": [SIMULATE], row.partition("[")[0]: value})


def test_every_row_a_person_may_write_is_tried() -> None:
    assert TRIALS.keys() | ELSEWHERE.keys() == ROWS.keys()


@pytest.mark.parametrize("row", TRIALS)
@pytest.mark.parametrize("which", [0, 1])
def test_what_is_declared_is_there_and_a_second_plan_is_empty(
    place: Workplace, control: Control, row: str, which: int
) -> None:
    declared = of(row, TRIALS[row][which])
    assert place.apply(declared).code == 0
    require_empty(place.plan(declared))
    seen = place.read(declared)
    for field in {"displayName", "tags"} & declared.spec.keys():
        assert sorted(seen.spec[field]) == sorted(declared.spec[field])
    (stored,) = control.objects("jobs").values()
    assert {task["name"] for task in stored["tasks"]} == {
        each["name"] for each in declared.spec["tasks"]
    }
    control.advance(UNTIL_OVER_S)
    require_empty(place.plan(declared))


@pytest.mark.parametrize("row", TRIALS)
def test_only_what_decides_the_result_makes_a_new_run(
    place: Workplace, control: Control, row: str
) -> None:
    first, then = (of(row, value) for value in TRIALS[row])
    is_work = ROWS[row].mutability is Mutability.WORK
    place.apply(first)
    control.advance(UNTIL_OVER_S)
    place.apply(then)
    assert len(control.objects("jobs")) == (2 if is_work else 1)
    control.advance(UNTIL_OVER_S)
    place.apply(then)
    place.apply(first)
    assert len(control.objects("jobs")) == (2 if is_work else 1), "nothing runs a second time"


def test_changed_work_that_runs_is_refused_or_takes_its_place(
    place: Workplace, control: Control
) -> None:
    first, then = (of("tasks", value) for value in TRIALS["tasks"])
    place.apply(first)
    control.advance(40)
    assert place.apply(then).code == 5
    assert len(control.objects("jobs")) == 1
    control.set(switches={"canceling_s": 0})
    applied = place.apply(with_lifecycle(then, on_change=OnChange.REPLACE))
    assert (applied.code, applied.actions["shot"]) == (0, Action.REPLACE)
    control.advance(UNTIL_OVER_S)
    statuses = sorted(each["status"] for each in control.objects("jobs").values())
    assert statuses == ["CANCELED", "SUCCEEDED"]


@pytest.mark.parametrize("order", ["vendor", "submitted", "sorted"])
@pytest.mark.parametrize("task", [SIMULATE, BIFROST, MAP], ids=["plain", "bifrost", "map"])
def test_tasks_come_back_as_they_were_sent(
    place: Workplace, control: Control, task: Tree, order: str
) -> None:
    control.set(
        switches={"task_key_order": order, "task_type": "filled", "tasks_order": "reversed"}
    )
    declared = a_job(tasks=[task, {**SIMULATE, "name": "other"}])
    assert place.apply(declared).code == 0
    (stored,) = control.objects("jobs").values()

    async def read(provider: Any) -> Any:
        return await provider.connections.client.parts("@default", stored["id"], "tasks")

    assert by_name(place.ask(read)) == by_name(stored["tasks"])


def by_name(tasks: list[Tree]) -> dict[str, Tree]:
    return {each["name"]: normal(each) for each in tasks}
