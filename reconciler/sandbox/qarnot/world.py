"""All that one account owns, and the time it lives in."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.sandbox.clock import Event, Timeline, VirtualClock
from reconciler.sandbox.qarnot.capacity import Capacity
from reconciler.sandbox.qarnot.collection import Collection, Item
from reconciler.sandbox.qarnot.groups import Groups
from reconciler.sandbox.qarnot.job import Job
from reconciler.sandbox.qarnot.pool import Pool
from reconciler.sandbox.qarnot.rendering import Rendered, forget_state
from reconciler.sandbox.qarnot.switches import QUOTAS, RETENTION, SWITCHES
from reconciler.sandbox.qarnot.task import Task
from reconciler.sandbox.qarnot.times import span_seconds
from reconciler.sandbox.settings import SettingTable

EventHandler = Callable[[Event], None]
LIST_ROUTE_OF = {"pool": "pools", "job": "jobs", "task": "tasks"}
_QUOTA_OF = {"pool": "maxPool", "job": "maxJob", "task": "maxTask"}


@dataclass(slots=True)
class World:
    """The objects, settings and planned events of one emulated account.

    Each id follows from the seed and the number of ids made before it. `waiting_pools` holds the
    uuids of pools without room, and `waiting_tasks` those of tasks by the pool they wait for (the
    empty key: for the account), first come first served; `running_tasks` those that had a slot and
    have not ended. `expendable` holds by kind what may be deleted when its quota is reached,
    oldest first.
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
    jobs: Collection[Job] = field(default_factory=Collection)
    tasks: Collection[Task] = field(default_factory=Collection)
    waiting_pools: dict[str, None] = field(default_factory=dict)
    waiting_tasks: Groups = field(default_factory=Groups)
    running_tasks: dict[str, None] = field(default_factory=dict)
    tasks_of_pool: Groups = field(default_factory=Groups)
    tasks_of_job: Groups = field(default_factory=Groups)
    dependants: Groups = field(default_factory=Groups)
    expendable: Groups = field(default_factory=Groups)
    capacity: Capacity = field(init=False)

    def __post_init__(self) -> None:
        self.capacity = Capacity(self.switches, self.quotas)

    def collections(self) -> dict[str, Collection[Any]]:
        """The objects by the name of their kind."""
        return {"pool": self.pools, "job": self.jobs, "task": self.tasks}

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

    def plan(self, item: Rendered, kind: str, at_s: float) -> None:
        """Plan a step in the life of an object; void when its steps are given up."""
        self.timeline.plan(at_s, kind, item.uuid, item.track.stamp)

    def enter(self, kind: str, item: Rendered, state: str, at_s: float) -> None:
        """Move an object on to a state, its last one when it is over then."""
        item.track.enter(state, at_s)
        if item.is_over:
            item.track.ended_s = int(at_s)
            if item.fields["autoDeleteOnCompletion"]:
                self.expendable.add(kind, item.uuid)
            self.plan_retention(kind, item)
        self.changed(kind, item)

    def changed(self, kind: str, item: Rendered) -> None:
        """The state or the counts of an object have changed."""
        forget_state(item)
        self.collections()[kind].touch()

    def plan_retention(self, kind: str, item: Rendered) -> None:
        """Plan the end of what is over, by its own time to live or the vendor's retention."""
        ended_s = item.track.ended_s
        if ended_s is None or not item.is_over:
            return
        item.track.give_up_steps()
        own_s = span_seconds(item.fields["completionTimeToLive"], hours_may_pass_23=True)
        ages = [age for age in (own_s or None, self.retention["retention_s"]) if age is not None]
        if ages:
            self.plan(item, f"{kind}.gone", max(ended_s + min(ages), self.clock.now_s()))

    def room_in_quota(self, kind: str) -> bool:
        """Whether one more fits; of those that may go for it, the one that ended first goes."""
        most = self.quotas[_QUOTA_OF[kind]]
        collection = self.collections()[kind]
        if most is None or len(collection) < most:
            return True
        uuid = self.expendable.first(kind)
        if uuid is None:
            return False
        self.forget(kind, collection.get(uuid))
        return True

    def quota(self, kind: str) -> int | None:
        """How many of a kind the account may have."""
        most: int | None = self.quotas[_QUOTA_OF[kind]]
        return most

    def forget(self, kind: str, item: Any) -> None:
        """Remove an object and every mention of it."""
        self.collections()[kind].remove(item)
        self.expendable.discard(kind, item.uuid)
        if kind == "task":
            self.tasks_of_pool.discard(item.fields["poolUuid"] or "", item.uuid)
            self.tasks_of_job.discard(item.fields["jobUuid"] or "", item.uuid)
