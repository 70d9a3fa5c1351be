"""The machines of a farm: the site's own table first, then what the workers say of themselves."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.kinds import Machines
from reconciler.providers.deadline.translate_workers import machines
from tests.unit.sandbox.deadline.farm import Farm

GIB = 1024


def worker(name: str, cpu: int = 16, ram_gib: int = 64, **settings: Any) -> dict[str, Any]:
    return {
        "Info": {"Name": name, "Procs": cpu, "RAM": ram_gib << 30, "Vid": settings.pop("vid", "")},
        "Settings": {"_id": name.lower(), "Name": name, "Enable": True, **settings},
    }


def alone(name: str, cpu: int = 16, ram_gib: int = 64, **more: Any) -> Machines:
    return Machines("allowedWorkers", name, cpu, ram_gib * GIB, hosts=(name,), **more)


def test_a_worker_is_as_it_says() -> None:
    assert machines([worker("Node01"), worker("n2", 8, 32, vid="NVIDIA A6000")], {}, {}) == (
        alone("Node01"),
        alone("n2", 8, 32, gpu=True),
    )


def test_a_group_is_as_its_weakest_member() -> None:
    found = machines(
        [worker("b", 32, 64, Grps=["Big"]), worker("a", 16, 128, Grps=["big", "x"], vid="A6000")],
        {},
        {},
    )
    assert found[:2] == (
        Machines("group", "big", 16, 64 * GIB, hosts=("a", "b")),
        Machines("group", "x", 16, 128 * GIB, gpu=True, hosts=("a",)),
    )


def test_a_worker_that_is_not_enabled_counts_for_nothing() -> None:
    off = worker("off", 1, 1, Grps=["big", "gone"], Enable=False)
    assert machines([off, worker("on", Grps=["big"])], {}, {}) == (
        Machines("group", "big", 16, 64 * GIB, hosts=("on",)),
        alone("on"),
    )


def test_the_sites_own_table_comes_first_and_says_what_a_group_is() -> None:
    table = {
        "group": {"Big": {"cpu": 64, "memory": "256GiB", "gpu": True}},
        "pool": {"film": {"cpu": 8, "memory": "30720MB"}},
    }
    names = {"group": ["none", "BIG"], "pool": ["none"]}
    assert machines([worker("a", Grps=["big"])], table, names) == (
        Machines("group", "big", 64, 256 * GIB, gpu=True, hosts=("a",)),
        Machines("pool", "film", 8, 30720, is_there=False),
        alone("a"),
    )


@pytest.mark.parametrize(
    "table",
    [
        {"group": None},
        {"group": ["big"]},
        {"group": {"big": 16}},
        {"workers": {"big": {"cpu": 1}}},
    ],
)
def test_a_table_that_says_nothing_readable_is_none(table: dict[str, Any]) -> None:
    assert machines([], table, {}) == ()


def test_what_can_not_be_read_of_a_group_counts_as_nothing() -> None:
    table = {"group": {"big": {"cpu": "many", "memory": 64, "gpu": "yes"}}}
    assert machines([], table, {}) == (Machines("group", "big", 0, 0, is_there=False),)


@pytest.mark.parametrize(
    "odd", [{}, {"Info": None, "Settings": None}, {"Info": {}, "Settings": {"Enable": True}}]
)
def test_a_worker_without_a_name_is_none(odd: dict[str, Any]) -> None:
    assert machines([odd], {}, {}) == ()


def test_an_older_build_lists_groups_as_one_text() -> None:
    (group, _) = machines([worker("a", Grps="big, ")], {}, {})
    assert group.value == "big"


def test_the_emulated_farms_workers_are_read() -> None:
    farm = Farm({"workers": [{"Name": "node01", "Procs": 32}, {"Name": "node02"}]})
    farm.ok("POST", "groups", {"Group": "all"})
    farm.ok("PUT", "groups", {"Slave": ["node01", "node02"], "Group": "all"})
    assert machines(farm.get("slaves", Data="infosettings"), {}, {}) == (
        Machines("group", "all", 16, 64 * GIB, hosts=("node01", "node02")),
        alone("node01", 32),
        alone("node02"),
    )
