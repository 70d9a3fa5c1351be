"""What a farm's workers are, and which of them carry a pool or a group. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.kinds import Machines
from reconciler.providers.deadline.kinds.machines import GROUP, POOL, WORKERS
from reconciler.quantities import NotAQuantity, memory_mib

Body = Mapping[str, Any]
_MIB = 1 << 20
_NO_GPU = frozenset({"", "none", "unknown"})


def machines(
    workers: Sequence[Body],
    capabilities: Mapping[str, Any],
    names: Mapping[str, Collection[str]],
) -> tuple[Machines, ...]:
    """What jobs may be placed by: the site's own table first, then groups and workers as they are.

    `workers` have `Info` and `Settings`; those that are not enabled count for nothing. A group that
    the table names is as the table says; what can't be read of it counts as nothing. `names` are
    the groups and pools the farm has, by field.
    """
    told = tuple(_told(workers, capabilities, names))
    named = {(each.field, each.value.lower()) for each in told}
    alone = [each for each in map(_worker, workers) if each is not None]
    groups = (each for each in _groups(workers, alone) if (GROUP, each.value) not in named)
    return (*told, *groups, *alone)


# --- the site's table -----------------------------------------------------------------------------


_CARRIED = {GROUP: "Grps", POOL: "Pools"}
"""Where a worker's settings say which of them it carries."""


def _told(
    workers: Sequence[Body], capabilities: Mapping[str, Any], names: Mapping[str, Collection[str]]
) -> Iterator[Machines]:
    for field, key in _CARRIED.items():
        table = capabilities.get(field)
        there = {each.lower() for each in names.get(field, ())}
        for name, size in table.items() if isinstance(table, Mapping) else ():
            if isinstance(size, Mapping):
                yield Machines(
                    field,
                    str(name).lower(),
                    cpu=_whole(size.get("cpu")),
                    memory_mib=_memory(size.get("memory")),
                    gpu=size.get("gpu") is True,
                    hosts=_carriers(workers, key, str(name).lower()),
                    is_there=str(name).lower() in there,
                )


def _carriers(workers: Iterable[Body], key: str, name: str) -> tuple[str, ...]:
    """The enabled workers that carry a pool or a group."""
    settings = (part(each, "Settings") for each in workers)
    found = (
        name_of(each)
        for each in settings
        if each.get("Enable") is not False and name in map(str.lower, listed(each, key))
    )
    return tuple(sorted(found))


def _memory(written: Any) -> int:
    try:
        return int(memory_mib(str(written)))
    except NotAQuantity:
        return 0


def _whole(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0


# --- the live inventory ---------------------------------------------------------------------------


def _worker(worker: Body) -> Machines | None:
    """One worker by itself; `None` when it takes no tasks or has no name."""
    info, settings = part(worker, "Info"), part(worker, "Settings")
    name = name_of(settings) or name_of(info)
    if not name or settings.get("Enable") is False:
        return None
    return Machines(
        WORKERS,
        name,
        cpu=_whole(info.get("Procs")),
        memory_mib=_whole(info.get("RAM")) // _MIB,
        gpu=str(info.get("Vid") or "").strip().lower() not in _NO_GPU,
        hosts=(name,),
    )


def name_of(settings: Body) -> str:
    """A worker's name as the farm writes it."""
    return str(settings.get("Name") or settings.get("_id") or "")


def _groups(workers: Iterable[Body], alone: Iterable[Machines]) -> Iterator[Machines]:
    """Each group as its weakest member is; of members that are not enabled nothing counts."""
    known = {each.value: each for each in alone}
    members: dict[str, list[Machines]] = {}
    for worker in workers:
        settings = part(worker, "Settings")
        one = known.get(name_of(settings))
        if one is not None:
            for group in listed(settings, "Grps"):
                members.setdefault(group.lower(), []).append(one)
    for group, found in sorted(members.items()):
        yield Machines(
            GROUP,
            group,
            cpu=min(each.cpu for each in found),
            memory_mib=min(each.memory_mib for each in found),
            gpu=all(each.gpu for each in found),
            hosts=tuple(sorted(each.value for each in found)),
        )


def listed(settings: Body, key: str) -> list[str]:
    """A worker's pools or groups in their order; older builds have them as one text."""
    found = settings.get(key)
    names = found.split(",") if isinstance(found, str) else found
    texts = names if isinstance(names, list) else ()
    return [each.strip() for each in texts if isinstance(each, str) and each.strip()]


def part(worker: Body, name: str) -> Body:
    """Its `Info` or `Settings`; empty where it shows none."""
    found = worker.get(name)
    return found if isinstance(found, Mapping) else {}
