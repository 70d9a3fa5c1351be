"""Who may run: the account's limits of running work, and the machines that the vendor has."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from reconciler.sandbox.settings import SettingTable
from reconciler.sandbox.vendor import Json

_LIMITS = {
    "flex": ("maxFlexInstances", "maxFlexCores"),
    "onDemand": ("maxOnDemandInstances", "maxOnDemandCores"),
}
NO_LIMIT = 1 << 40


class Runnable(Protocol):
    """What takes machines: a pool, or a task outside of pools."""

    fields: dict[str, Json]

    @property
    def cores(self) -> int:
        """The cores of one instance."""


@dataclass(slots=True)
class Usage:
    """What runs at present, or is about to."""

    pools: int = 0
    instances: int = 0
    cores: int = 0


class Capacity:
    """Counts what runs by scheduling type, and says what still fits."""

    def __init__(self, switches: SettingTable, quotas: SettingTable) -> None:
        self._switches = switches
        self._quotas = quotas
        self._used: dict[str, Usage] = {}

    def used(self, scheduling: str) -> Usage:
        """What runs of one scheduling type."""
        return self._used.setdefault(scheduling, Usage())

    def total(self) -> Usage:
        """What runs of all types."""
        every = self._used.values()
        return Usage(
            sum(one.pools for one in every),
            sum(one.instances for one in every),
            sum(one.cores for one in every),
        )

    def has_pool_place(self) -> bool:
        """Whether one more pool may run."""
        most = self._quotas["maxRunningPool"]
        return most is None or self.total().pools < most

    def room(self, work: Runnable) -> int:
        """How many more instances of this work may run."""
        rooms = self._rooms(work.fields["schedulingType"], work.cores)
        return max(0, min(rooms, default=NO_LIMIT))

    def _rooms(self, scheduling: str, cores: int) -> Iterable[int]:
        total, own = self.total(), self.used(scheduling)
        of_instances, of_cores = _LIMITS.get(scheduling, (None, None))
        limits = (
            (self._switches["capacity"], total.instances, 1),
            (self._quotas["maxInstances"], total.instances, 1),
            (self._quotas["maxCores"], total.cores, cores),
            (self._quotas[of_instances] if of_instances else None, own.instances, 1),
            (self._quotas[of_cores] if of_cores else None, own.cores, cores),
        )
        return [(limit - used) // each for limit, used, each in limits if limit is not None]

    def take(self, work: Runnable, instances: int, *, pools: int = 0) -> None:
        """Count instances of this work as running (negative: as gone)."""
        used = self.used(work.fields["schedulingType"])
        used.pools += pools
        used.instances += instances
        used.cores += instances * work.cores
