"""Whatever a person may write of a farm: applied it leaves nothing to do, steered it stays one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from reconciler.diff.change import Action
from reconciler.kinds import KindSpec
from reconciler.lifecycle import OnChange
from reconciler.model import Resource
from reconciler.providers.deadline.kinds.group import GROUP
from reconciler.providers.deadline.kinds.job import JOB
from reconciler.providers.deadline.kinds.limit import LIMIT
from reconciler.providers.deadline.kinds.pool import POOL
from reconciler.sandbox.server import RunningSandbox
from reconciler.values import Json, Tree, merge
from tests.contract.control import Control
from tests.contract.workplace import (
    Workplace,
    referring,
    require_empty,
    with_lifecycle,
    workplace_at,
)
from tests.unit.providers.deadline.strategies import job_specs, live_specs

VENDOR = "deadline"
MANY = settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # each step towards a smaller one is half a second
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example begins anew
)
UPSTREAM: dict[str, Json] = {"plugin": "Nuke", "frames": "1"}
PLACED = {"group", "allowedWorkers", "deniedWorkers", "requirements"}
"""They exclude each other."""
AROUND = (
    *(referring(POOL, name, {}) for name in ("film", "ads")),
    *(referring(LIMIT, name, {"maximum": 4}) for name in ("nuke", "maya")),
    referring(GROUP, "cpu16", {"workers": ["node01"]}),
    *(referring(JOB, name, UPSTREAM) for name in ("layout", "sim", "comp")),
)


def fresh(running: RunningSandbox, control: Control) -> Workplace:
    """A farm that has what generated specs name and do not declare."""
    control.reset()
    place = workplace_at(VENDOR, running.running.access[VENDOR])
    place.past_us("POST", "/api/pools", {"Pool": "shared"}).raise_for_status()
    place.past_us("POST", "/api/groups", {"Group": "old"}).raise_for_status()
    return place


def _placeable(spec: dict[str, Any]) -> dict[str, Any]:
    """The same, requiring what the farm has."""
    return {**spec, "requirements": {"cpu": 16}} if "requirements" in spec else spec


def _steered(spec: dict[str, Any], live: dict[str, Any]) -> Mapping[str, Any]:
    """The spec with these fields changed; what excludes something in it is left out."""
    placed = PLACED & spec.keys()
    barred = PLACED - placed if placed else set()
    barred |= {"cleanup"} & spec.keys()
    steered: Mapping[str, Any] = merge(spec, {k: v for k, v in live.items() if k not in barred})
    return steered


def declared(spec: Mapping[str, Any]) -> list[Resource]:
    return [*AROUND, referring(JOB, "shot", spec)]


@MANY
@given(job_specs().map(_placeable), live_specs().map(_placeable))
def test_a_job_is_what_was_declared_and_stays_one_job_when_it_is_steered(
    running: RunningSandbox, control: Control, spec: dict[str, Any], live: dict[str, Any]
) -> None:
    place = fresh(running, control)
    first, then = declared(spec), declared(_steered(spec, live))
    applied = place.apply(*first)
    assert applied.code == 0, [(c.problem, c.notes) for c in applied.plan.changes if c.problem]
    require_empty(place.plan(*first))
    made = place.remote_id(first[-1])
    applied = place.apply(*then)
    assert applied.code == 0, [(c.problem, c.notes) for c in applied.plan.changes if c.problem]
    assert place.remote_id(then[-1]) == made
    require_empty(place.plan(*then))


def test_other_work_is_one_new_job_and_the_old_one_ends_as_declared(
    place: Workplace, control: Control
) -> None:
    first = referring(JOB, "shot", {**UPSTREAM, "pluginInfo": {"Threads": 8}})
    other = referring(JOB, "shot", {**UPSTREAM, "pluginInfo": {"Threads": 16}})
    place.apply(first)
    writes = control.writes()
    assert place.apply(other).code == 5, "a run that is not over blocks the next one"
    assert control.writes() == writes
    replacing = with_lifecycle(other, on_change=OnChange.REPLACE)
    assert place.apply(replacing).code == 0
    require_empty(place.plan(replacing))
    jobs = control.objects("jobs")
    assert len(jobs) == 2
    made = jobs.pop(place.remote_id(other))
    (ended,) = jobs.values()
    assert (made["Stat"], made["Props"]["PlugInfo"]) == (1, {"Threads": "16"})
    assert (ended["Stat"], ended["Props"]["PlugInfo"]) == (4, {"Threads": "8"})


Step = tuple[KindSpec, Tree, Tree, str, Tree]
STEPS: tuple[Step, ...] = (
    (POOL, {"workers": ["node01"]}, {"workers": []}, "pools", {"workers": []}),
    (POOL, {}, {"workers": ["Node03"]}, "pools", {"workers": ["node03"]}),
    (GROUP, {"workers": ["node01"]}, {"workers": ["node02"]}, "groups", {"workers": ["node02"]}),
    (LIMIT, {"maximum": 1}, {"maximum": 9}, "limits", {"Limit": 9}),
    (
        LIMIT,
        {"maximum": 1, "workers": {"allow": ["node01"]}},
        {"maximum": 1, "workers": {"deny": ["node02"]}},
        "limits",
        {"White": False, "Slaves": ["node02"]},
    ),
    (
        LIMIT,
        {"maximum": 1},
        {"maximum": 1, "exemptWorkers": ["node01"]},
        "limits",
        {"SlavesEx": ["node01"]},
    ),
    (LIMIT, {"maximum": 1, "releaseAt": 90}, {"maximum": 1}, "limits", {"RelPer": -1.0}),
)
"""Kind, declared first and then, where it is, what it then has."""


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step[0].slug)
def test_what_is_known_by_its_name_is_brought_to_what_is_declared(
    place: Workplace, control: Control, step: Step
) -> None:
    kind, first, then, collection, kept = step
    place.apply(referring(kind, "film", first))
    declared = referring(kind, "film", then)
    assert place.apply(declared).actions == {"film": Action.UPDATE}
    require_empty(place.plan(declared))
    true = control.objects(collection)["film"]
    assert {**true, **true.get("Props", {})}.items() >= kept.items()


def test_a_pool_takes_its_place_among_those_of_a_worker(place: Workplace, control: Control) -> None:
    for name in ("ads", "old"):
        place.past_us("POST", "/api/pools", {"Pool": name}).raise_for_status()
        place.past_us("PUT", "/api/pools", {"Slave": "node01", "Pool": name}).raise_for_status()
    for position, order in ((2, ["ads", "film", "old"]), (1, ["film", "ads", "old"])):
        declared = referring(
            POOL, "film", {"workers": [{"name": "node01", "position": position}, "node02"]}
        )
        assert place.apply(declared).code == 0
        require_empty(place.plan(declared))
        assert control.objects("workers")["node01"]["Settings"]["Pools"] == order
        assert control.objects("workers")["node02"]["Settings"]["Pools"] == ["film"]
