"""Which machine a task may expect: the smallest that has what is asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.kinds import Choice
from reconciler.providers.flow.kinds.job import JOB
from reconciler.providers.flow.machines import MOST_CPU, MOST_MEMORY_MB, SIZES, expected_machine
from tests.strategies import LAW


@pytest.mark.parametrize(
    ("cpu", "memory_mib", "expected"),
    [
        (0, 0, "1 vCPU, 8192 MB"),
        (8, 0, "16 vCPUs, 32768 MB"),
        (4, 30721, "16 vCPUs, 32768 MB"),
        (1, 9000, "2 vCPUs, 16384 MB"),
        (16, 30720, "16 vCPUs, 32768 MB"),
        (4, 30720, "4 vCPUs, 30720 MB"),
        (16, 122880, "16 vCPUs, 122880 MB"),
        (17, 1, ""),
        (1, 122881, ""),
    ],
)
def test_the_first_size_that_is_large_enough_is_expected(
    cpu: int, memory_mib: int, expected: str
) -> None:
    assert expected_machine(cpu, memory_mib) == expected


@LAW
@given(st.integers(0, MOST_CPU), st.integers(0, MOST_MEMORY_MB))
def test_what_may_be_asked_for_has_a_machine(cpu: int, memory_mib: int) -> None:
    assert expected_machine(cpu, memory_mib)
    assert (max(c for c, _ in SIZES), max(m for _, m in SIZES)) == (MOST_CPU, MOST_MEMORY_MB)


def test_a_plan_tells_the_sizes_its_tasks_may_expect_and_sends_nothing_for_it() -> None:
    four = {"requirements": {"cpu": 4, "memory": "30720MB"}}
    tasks = [
        *({"name": name, **four} for name in ("d", "c", "b", "a")),
        {"name": "free"},
        {"name": "m", "type": "map", "task": {"name": "in", "requirements": {"memory": "64GiB"}}},
    ]
    assert JOB.choose is not None
    assert JOB.choose({"tasks": tasks}, ()) == Choice(
        {},
        "expected size, no reservation: 16 vCPUs, 65536 MB for m;"
        " 4 vCPUs, 30720 MB for a, b, c and 1 more",
    )
    assert JOB.choose({"tasks": [{"name": "free"}]}, ()) is None
