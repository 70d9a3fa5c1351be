"""Requirements: which machines of a farm they come to, and what is said when there are none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.kinds import Choice, Machines, Refusal
from reconciler.providers.deadline.kinds.job import JOB
from reconciler.providers.deadline.kinds.job_table import JOB_FIELDS
from reconciler.providers.deadline.kinds.machines import choose
from tests.strategies import LAW

GIB = 1024
SMALL = Machines("group", "cpu16", 16, 64 * GIB, hosts=("node01", "node02"))
LARGE = Machines("group", "cpu32", 32, 256 * GIB)
GPU = Machines("group", "gpu", 32, 128 * GIB, gpu=True)
FILM = Machines("pool", "film", 64, 512 * GIB)
ONE = Machines("allowedWorkers", "node01", 16, 62 * GIB + 600, hosts=("node01",))
TWO = Machines("allowedWorkers", "Node02", 64, 512 * GIB, hosts=("Node02",))
ALL = (TWO, LARGE, FILM, ONE, GPU, SMALL)


def chosen(requirements: Mapping[str, Any], *machines: Machines, **spec: Any) -> Any:
    return choose({"requirements": requirements, **spec}, machines)


@pytest.mark.parametrize(
    "spec", [{}, {"requirements": {}}, {"requirements": {"gpu": False}}, {"requirements": None}]
)
def test_a_job_that_requires_nothing_is_placed_by_nothing(spec: dict[str, Any]) -> None:
    assert choose(spec, ALL) is None


@pytest.mark.parametrize(
    ("requirements", "group"),
    [
        ({"cpu": 8}, "cpu16"),
        ({"cpu": 17}, "gpu"),
        ({"cpu": 17, "memory": "200GiB"}, "cpu32"),
        ({"memory": "64GiB"}, "cpu16"),
        ({"memory": 65536}, "cpu16"),
        ({"memory": "66GiB"}, "gpu"),  # 64 GiB as a system tells them may have been 65.9
        ({"memory": "65GiB"}, "cpu16"),
        ({"gpu": True}, "gpu"),
        ({"cpu": 32, "memory": "131GiB", "gpu": True}, "gpu"),
    ],
)
def test_the_smallest_group_that_fits_is_chosen(requirements: dict[str, Any], group: str) -> None:
    assert chosen(requirements, *ALL).fields == {"group": group}


def test_a_choice_names_the_machines_and_promises_nothing() -> None:
    assert chosen({"cpu": 8}, *ALL).says == (
        "selection, not reservation: group cpu16 (node01, node02)"
    )
    assert chosen({"cpu": 17, "memory": "200GiB"}, *ALL).says == (
        "selection, not reservation: group cpu32"
    )
    many = [Machines("allowedWorkers", f"n{i}", 8, 0, hosts=(f"n{i}",)) for i in range(7)]
    assert chosen({"cpu": 8}, *many).says == (
        "selection, not reservation: n0, n1, n2, n3, n4 and 2 more"
    )


def test_a_pool_is_chosen_where_no_group_fits_and_the_job_names_none() -> None:
    need = {"cpu": 64}
    assert chosen(need, *ALL).fields == {"pool": "film"}
    assert chosen(need, *ALL, pool="ads").fields == {"allowedWorkers": ["Node02"]}


def test_workers_that_fit_are_chosen_where_nothing_else_does() -> None:
    assert chosen({"cpu": 16}, ONE, TWO).fields == {"allowedWorkers": ["Node02", "node01"]}
    assert chosen({"memory": "64GiB"}, ONE, TWO).fields == {"allowedWorkers": ["Node02", "node01"]}
    assert chosen({"memory": "70GiB"}, ONE, TWO).fields == {"allowedWorkers": ["Node02"]}


@pytest.mark.parametrize(
    ("requirements", "nearest"),
    [
        ({"cpu": 100}, "the pool film with 64 cpu, 512 GiB of memory"),
        ({"cpu": 33, "gpu": True}, "the group gpu with 32 cpu, 128 GiB of memory, a gpu"),
        ({"memory": "1TiB"}, "the pool film with 64 cpu, 512 GiB of memory"),
    ],
)
def test_where_none_fits_the_nearest_is_named(requirements: dict[str, Any], nearest: str) -> None:
    refusal = chosen(requirements, *ALL)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.path) == ("M590", ("requirements",))
    assert refusal.cause == f"the nearest is {nearest}"
    assert refusal.remedy


def test_what_is_lacking_is_said_in_numbers() -> None:
    refusal = chosen({"cpu": 100, "memory": "1.5TiB", "gpu": True}, *ALL)
    assert refusal.summary == (
        "no group, pool or worker of the farm has 100 cpu, 1536 GiB of memory, a gpu"
    )


def test_a_pool_that_may_not_be_chosen_is_not_the_nearest() -> None:
    assert "worker Node02" in chosen({"cpu": 100}, *ALL, pool="ads").cause


@pytest.mark.parametrize("spec", [{}, {"pool": "ads"}])
def test_a_farm_nobody_knows_is_told_apart_from_one_that_is_too_small(spec: dict[str, Any]) -> None:
    refusal = chosen({"cpu": 1}, *([FILM] if spec else []), **spec)
    assert refusal.code == "M591"


some_machines = st.lists(
    st.builds(
        Machines,
        st.sampled_from(["group", "pool", "allowedWorkers"]),
        st.sampled_from(["a", "b", "c", "d"]),
        st.integers(0, 64),
        st.integers(0, 300_000),
        st.booleans(),
    ),
    max_size=6,
).map(tuple)
needs = st.fixed_dictionaries(
    {},
    optional={
        "cpu": st.integers(1, 64),
        "memory": st.sampled_from(["1GiB", "64GiB", "200000MB"]),
        "gpu": st.booleans(),
    },
)


@LAW
@given(needs, some_machines, st.booleans())
def test_what_is_chosen_fits_and_a_refusal_means_that_nothing_does(
    requirements: dict[str, Any], machines: tuple[Machines, ...], has_pool: bool
) -> None:
    spec = {"requirements": requirements, **({"pool": "ads"} if has_pool else {})}
    found = choose(spec, machines)
    formed = JOB_FIELDS.form(JOB.fold(spec))
    assert choose(formed, machines) == found == choose(spec, tuple(reversed(machines)))
    least = formed.get("requirements", {})
    fitting = {
        (each.field, each.value)
        for each in machines
        if each.cpu >= least.get("cpu", 0)
        and each.memory_mib >= least.get("memory", 0) * 0.97
        and (each.gpu or not least.get("gpu"))
        and not (has_pool and each.field == "pool")
    }
    match found:
        case None:
            assert not least
        case Choice(fields):
            ((field, value),) = fields.items()
            values = value if isinstance(value, list) else [value]
            assert {(field, each) for each in values} <= fitting
        case Refusal():
            assert not fitting
