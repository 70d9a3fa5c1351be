"""Who may run: the account's limits of running work, and the machines that the vendor has."""

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.sandbox.qarnot.pool import Pool
from reconciler.sandbox.settings import SettingTable

_LIMITS = {
    "flex": ("maxFlexInstances", "maxFlexCores"),
    "onDemand": ("maxOnDemandInstances", "maxOnDemandCores"),
}


@dataclass(slots=True)
class Usage:
    """What runs at present, or is about to."""

    pools: int = 0
    instances: int = 0
    cores: int = 0

    def add(self, instances: int, cores: int, *, pools: int = 0) -> None:
        """Count more (or, negative, less)."""
        self.pools += pools
        self.instances += instances
        self.cores += instances * cores


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

    def room(self, pool: Pool) -> int:
        """How many more instances of this pool may run."""
        return max(0, min(self._rooms(pool.fields["schedulingType"], pool.cores), default=1 << 40))

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

    def take(self, pool: Pool, instances: int, *, pools: int = 0) -> None:
        """Count instances of a pool as running (negative: as gone)."""
        self.used(pool.fields["schedulingType"]).add(instances, pool.cores, pools=pools)
