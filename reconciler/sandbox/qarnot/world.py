"""All that one account owns, and the time it lives in."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.sandbox.clock import Event, Timeline, VirtualClock
from reconciler.sandbox.qarnot.collection import Collection, Item
from reconciler.sandbox.qarnot.pool import Pool
from reconciler.sandbox.qarnot.switches import QUOTAS, RETENTION, SWITCHES
from reconciler.sandbox.settings import SettingTable

EventHandler = Callable[[Event], None]


@dataclass(slots=True)
class World:
    """The objects, settings and planned events of one emulated account.

    Each id follows from the seed and the number of ids made before it. `waiting` holds the uuids
    of the pools without room, first come first served.
    """

    clock: VirtualClock
    seed: int
    token: str
    made_ids: int = 0
    switches: SettingTable = field(default_factory=lambda: SettingTable(SWITCHES))
    quotas: SettingTable = field(default_factory=lambda: SettingTable(QUOTAS))
    retention: SettingTable = field(default_factory=lambda: SettingTable(RETENTION))
    timeline: Timeline = field(default_factory=Timeline)
    pools: Collection[Pool] = field(default_factory=Collection)
    waiting: dict[str, None] = field(default_factory=dict)

    def collections(self) -> dict[str, Collection[Any]]:
        """The objects by the name of their kind."""
        return {"pool": self.pools}

    def found(self, collection: Collection[Item], identifier: str) -> Item | None:
        """The object of that uuid or shortname."""
        by_uuid, by_name = collection.get(identifier.lower()), collection.named(identifier)
        if self.switches["identity_clash"] == "shortname":
            return by_name or by_uuid
        return by_uuid or by_name

    def new_uuid(self) -> str:
        """A uuid that was never made before in this world."""
        self.made_ids += 1
        digest = hashlib.blake2b(
            f"{self.seed}:{self.made_ids}".encode(), digest_size=16
        ).hexdigest()
        parts = (digest[:8], digest[8:12], f"4{digest[13:16]}", f"8{digest[17:20]}", digest[20:])
        return "-".join(parts)

    def settle(self, handlers: Mapping[str, EventHandler]) -> float:
        """Let everything happen that is due, each at its own time; returns the present time."""
        now_s = self.clock.now_s()
        while (event := self.timeline.pop_due(now_s)) is not None:
            handlers[event.kind](event)
        return now_s
