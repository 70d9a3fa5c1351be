"""The machines Flow has, and which of them a task may expect: the vendor picks, nobody can."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from reconciler.kinds import Choice, Machines, Refusal, Spec
from reconciler.quantities import memory_mib
from reconciler.values import Path

SIZES: Final = (
    (1, 8192),
    (2, 8192),
    (2, 16384),
    (4, 30720),
    (16, 32768),
    (16, 65536),
    (16, 122880),
)
"""(vCPUs, MB), the smallest first. Source: Flow Graph Engine API v1, machine_configuration."""
MOST_CPU, MOST_MEMORY_MB = SIZES[-1]
"""Also the most that may be asked for. Source: the same, list tasks in a job: requirements."""
_MOST_NAMES = 3
_NOT_OFFERED = ("gpu", "ssd")


def expected_machine(cpu: float, memory_mib: float) -> str:
    """The machine the vendor will most likely pick, as `16 vCPUs, 32768 MB`; empty for none.

    Source: Flow Graph Engine API v1, machine_configuration: the closest match to what was asked.
    """
    fitting = (size for size in SIZES if size[0] >= cpu and size[1] >= memory_mib)
    found = next(fitting, None)
    return _shown(*found) if found is not None else ""


def _shown(cpu: int, memory_mb: int) -> str:
    return f"{cpu} vCPU{'s' if cpu > 1 else ''}, {memory_mb} MB"


def asked(task: Mapping[str, Any]) -> tuple[float, float]:
    """(vCPUs, MiB) that a task requires; 0 for what it says nothing of."""
    said: Mapping[str, Any] = task.get("requirements") or {}
    memory = said.get("memory") or 0
    return said.get("cpu") or 0, memory_mib(memory) if isinstance(memory, str) else memory


def choose(spec: Spec, _: tuple[Machines, ...]) -> Choice | None:
    """What to tell of the machines a job's tasks may expect; nothing is sent for it."""
    tasks: dict[str, list[str]] = {}
    for task in spec.get("tasks") or ():
        needs = asked(task.get("task") or task)
        if any(needs):
            tasks.setdefault(expected_machine(*needs), []).append(str(task["name"]))
    says = "; ".join(f"{size} for {_names(names)}" for size, names in sorted(tasks.items()))
    return Choice({}, f"expected size, no reservation: {says}") if says else None


def _names(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    listed = ", ".join(sorted(names)[:_MOST_NAMES])
    return f"{listed} and {more} more" if more > 0 else listed


# --- what no machine has --------------------------------------------------------------------------


def refuse_requirements(task: Mapping[str, Any], path: Path) -> Iterator[Refusal]:
    """What a task at `path` asks of a machine that no machine of Flow has."""
    said: Mapping[str, Any] = task.get("requirements") or {}
    cpu, memory = asked(task)
    if cpu > MOST_CPU:
        yield _too_much((*path, "requirements", "cpu"), f"{cpu} vCPUs", f"cpu: {MOST_CPU}")
    if memory > MOST_MEMORY_MB:
        most = f"memory: {MOST_MEMORY_MB}MB"
        yield _too_much((*path, "requirements", "memory"), f"{memory:g} MB of memory", most)
    if memory % 1:
        yield Refusal(
            code="M610",
            path=(*path, "requirements", "memory"),
            summary="memory is no whole number of MB",
            cause="Flow counts it in whole MB",
            remedy="round it",
        )
    for key in _NOT_OFFERED:
        if said.get(key):
            yield Refusal(
                code="M609",
                path=(*path, "requirements", key),
                summary=f"Flow can't be asked for {key}",
                cause="its machines are told apart by cpu and memory alone",
                remedy=f"remove {key}, or run this at a vendor that has it",
            )


def _too_much(path: Path, wanted: str, most: str) -> Refusal:
    return Refusal(
        code="M608",
        path=path,
        summary=f"no machine of Flow has {wanted}",
        cause=f"the largest has {_shown(*SIZES[-1])}",
        remedy=f"write {most}, or less",
    )
