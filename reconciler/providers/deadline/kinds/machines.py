"""Which machines of a farm a job's requirements come to: a selection, not a reservation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.kinds import Choice, Machines, Refusal, Spec
from reconciler.quantities import memory_mib

GROUP, POOL, WORKERS = "group", "pool", "allowedWorkers"
"""The fields of a job that ask for machines."""
_KEPT_BY_THE_SYSTEM = 0.03
"""Of a machine's memory: a worker reports so much less than what was bought."""
_MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Needs:
    """What is asked of one machine."""

    cpu: int = 0
    memory_mib: float = 0
    gpu: bool = False

    @classmethod
    def of(cls, spec: Spec) -> Needs:
        """Those of a job's spec, written or formed."""
        said: Mapping[str, Any] = spec.get("requirements") or {}
        memory = said.get("memory") or 0
        return cls(
            cpu=said.get("cpu") or 0,
            memory_mib=memory_mib(memory) if isinstance(memory, str) else memory,
            gpu=bool(said.get("gpu")),
        )

    def __bool__(self) -> bool:
        return bool(self.cpu or self.memory_mib or self.gpu)

    def __str__(self) -> str:
        words = (
            f"{self.cpu} cpu" if self.cpu else "",
            f"{_memory(self.memory_mib)} of memory" if self.memory_mib else "",
            "a gpu" if self.gpu else "",
        )
        return ", ".join(filter(None, words))

    def are_met_by(self, machines: Machines) -> bool:
        return not any(self.lacks_of(machines))

    def lacks_of(self, machines: Machines) -> tuple[bool, float]:
        """Whether the gpu is missing, and which share of what is asked for, at the worst."""
        enough = self.memory_mib * (1 - _KEPT_BY_THE_SYSTEM)
        return (
            self.gpu and not machines.gpu,
            max(_lack(self.cpu, machines.cpu), _lack(enough, machines.memory_mib)),
        )


def _memory(mib: float) -> str:
    return f"{mib / 1024:.10g} GiB" if mib >= 1024 else f"{mib:.10g} MiB"


def _lack(asked: float, there: float) -> float:
    return max(0.0, (asked - there) / asked) if asked else 0.0


def choose(spec: Spec, machines: tuple[Machines, ...]) -> Choice | Refusal | None:
    """The smallest group that fits, else a pool if the job names none, else all fitting workers."""
    needs = Needs.of(spec)
    if not needs:
        return None
    fitting = [each for each in machines if needs.are_met_by(each)]
    wanted = (GROUP,) if spec.get(POOL) else (GROUP, POOL)
    for field in wanted:
        classes = [each for each in fitting if each.field == field]
        if classes:
            smallest = min(classes, key=_size)
            return Choice({field: smallest.value}, _of_class(smallest))
    workers = sorted(each.value for each in fitting if each.field == WORKERS)
    if workers:
        return Choice({WORKERS: workers}, _says(_names(workers)))
    return _refused(needs, [each for each in machines if each.field != POOL or POOL in wanted])


def _size(machines: Machines) -> tuple[int, int, str]:
    return machines.cpu, machines.memory_mib, machines.value


def _of_class(machines: Machines) -> str:
    hosts = f" ({_names(machines.hosts)})" if machines.hosts else ""
    return _says(f"{machines.field} {machines.value}{hosts}")


def _says(chosen: str) -> str:
    return f"selection, not reservation: {chosen}"


def _names(names: Iterable[str]) -> str:
    listed = sorted(names)
    more = len(listed) - _MOST_NAMES
    return ", ".join(listed[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _refused(needs: Needs, machines: list[Machines]) -> Refusal:
    if not machines:
        return Refusal(
            code="M591",
            path=("requirements",),
            summary="no machine of the farm is known",
            cause="no worker is enabled, and the provider's capabilities name none",
            remedy="describe groups or pools under capabilities in reconciler.yaml",
        )
    order = (GROUP, POOL, WORKERS)
    nearest = min(
        machines, key=lambda each: (needs.lacks_of(each), order.index(each.field), _size(each))
    )
    return Refusal(
        code="M590",
        path=("requirements",),
        summary=f"no group, pool or worker of the farm has {needs}",
        cause=f"the nearest is {_described(nearest)}",
        remedy="ask for that, or for less",
    )


def _described(machines: Machines) -> str:
    word = "worker" if machines.field == WORKERS else machines.field
    gpu = ", a gpu" if machines.gpu else ""
    size = f"{machines.cpu} cpu, {_memory(machines.memory_mib)} of memory{gpu}"
    return f"the {word} {machines.value} with {size}"
