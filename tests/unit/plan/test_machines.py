"""What work requires is brought to machines the farm has, at the time it is made."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.diff.change import Standing
from reconciler.errors import PlanStale
from reconciler.kinds import Choice, Machines, Refusal, Spec
from reconciler.model import Facts, Resource
from reconciler.plan.plan import Change
from tests.simulation.studio import Studio
from tests.toy_kinds import GROWING, PROVIDER, RACK, toy

SMALL = Machines("rack", "small", cpu=8, memory_mib=1024, hosts=("n1", "n2"))
LARGE = Machines("rack", "large", cpu=64, memory_mib=4096, hosts=("n9",))


def choose(spec: Spec, machines: tuple[Machines, ...]) -> Choice | Refusal | None:
    wanted = spec.get("requirements")
    if not wanted:
        return None
    fitting = [each for each in machines if each.cpu >= wanted["cpu"]]
    if not fitting:
        return Refusal("M590", ("requirements", "cpu"), "too much", "none has it", "ask for less")
    return Choice({"rack": fitting[0].value}, f"chosen: {', '.join(fitting[0].hosts)}")


def work(cpu: int, name: str = "shot") -> Resource:
    return toy(GROWING, name, frames="1-2", requirements={"cpu": cpu})


def studio(cpu: int) -> Studio:
    made = Studio(replace(GROWING, choose=choose), RACK, provider=PROVIDER)
    made.vendor.account = Facts(machines=(SMALL, LARGE))
    made.declare(work(cpu))
    return made


def only(made: Studio) -> Change:
    (change,) = made.plan().changes
    return change


def test_the_machines_are_part_of_the_plan_and_told() -> None:
    change = only(studio(16))
    assert change.request is not None
    assert change.request.chosen == {"rack": "large"}
    assert "chosen: n9" in change.notes


def test_what_no_machine_has_is_blocked_at_its_place() -> None:
    change = only(studio(128))
    assert (change.standing, change.problem and change.problem.code) == (Standing.BLOCKED, "M590")


def test_what_runs_keeps_its_machines_until_it_requires_others() -> None:
    made = studio(4)
    made.apply()
    made.vendor.account = Facts(machines=(LARGE,))
    assert made.plan().is_empty
    made.declare(work(5))
    change = only(made)
    assert change.request is not None
    assert change.request.chosen == {"rack": "large"}


def test_other_machines_than_were_reviewed_make_the_plan_stale() -> None:
    made = studio(4)
    reviewed = made.plan()
    made.vendor.account = Facts(machines=(LARGE,))
    with pytest.raises(PlanStale):
        made.apply_file(reviewed)


def test_a_class_of_machines_that_is_not_there_is_made_first_or_blocks() -> None:
    made = studio(4)
    made.vendor.account = Facts(machines=(replace(SMALL, is_there=False),))
    change = only(made)
    assert (change.standing, change.problem and change.problem.code) == (Standing.BLOCKED, "P404")
    made.declare(work(4), toy(RACK, "small"))
    changes = {each.address.name: each for each in made.plan().changes}
    assert changes["shot"].waits_for == {changes["small"].address}
    made.apply()
    assert made.plan().is_empty
