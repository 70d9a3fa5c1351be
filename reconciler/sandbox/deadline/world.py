"""All there is on one farm, and the time it lives in."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reconciler.sandbox.clock import Event, Timeline, VirtualClock
from reconciler.sandbox.deadline.job import Job
from reconciler.sandbox.deadline.limit import Limit
from reconciler.sandbox.deadline.queue import NONE, RenderQueue
from reconciler.sandbox.deadline.reports import Report
from reconciler.sandbox.deadline.switches import QUOTAS, RETENTION, SWITCHES
from reconciler.sandbox.deadline.transport import USER, Asked, failed, invalid
from reconciler.sandbox.deadline.worker import Worker
from reconciler.sandbox.settings import SettingTable
from reconciler.sandbox.vendor import Json

EventHandler = Callable[[Event], None]
MACHINE = "ws-emu"


@dataclass(slots=True)
class World:
    """The objects, settings and planned events of one emulated farm.

    Jobs stand in `jobs` or `deleted`, in the order of their coming; `archived` holds archive files,
    of which one may be of a job that was imported; `pools` and `groups` map a name to the time from
    which lists show it; `limits` and `workers` have lower-case keys; `pending` holds the ids of the
    jobs that the pending scan looks at. Each id follows from the seed and the number of ids before.
    """

    clock: VirtualClock
    seed: int
    password: str
    made_ids: int = 0
    switches: SettingTable = field(default_factory=lambda: SettingTable(SWITCHES))
    quotas: SettingTable = field(default_factory=lambda: SettingTable(QUOTAS))
    retention: SettingTable = field(default_factory=lambda: SettingTable(RETENTION))
    timeline: Timeline = field(default_factory=Timeline)
    jobs: dict[str, Job] = field(default_factory=dict)
    deleted: dict[str, Job] = field(default_factory=dict)
    archived: dict[str, Job] = field(default_factory=dict)
    pools: dict[str, float] = field(default_factory=lambda: {NONE: 0.0})
    groups: dict[str, float] = field(default_factory=lambda: {NONE: 0.0})
    limits: dict[str, Limit] = field(default_factory=dict)
    workers: dict[str, Worker] = field(default_factory=dict)
    users: dict[str, list[str]] = field(default_factory=lambda: {USER: ["Everyone"]})
    reports: dict[str, list[Report]] = field(default_factory=dict)
    history: list[str] = field(default_factory=list)
    queue: RenderQueue = field(default_factory=RenderQueue)
    pending: dict[str, None] = field(default_factory=dict)

    def new_id(self, at_s: float) -> str:
        """An id of 24 hex digits, never made before in this world; later ones sort later."""
        self.made_ids += 1
        digest = hashlib.blake2b(str(self.seed).encode(), digest_size=5).hexdigest()
        return f"{int(at_s) % 2**32:08x}{digest}{self.made_ids % 2**24:06x}"

    def tables(self) -> Mapping[str, SettingTable]:
        """All settings by the names of their tables."""
        return {"retention": self.retention, "quotas": self.quotas, "switches": self.switches}

    def known_job(self, job_id: Json) -> Job:
        """The job of that id on the farm.

        Raises:
            Refused: 500, there is none.
        """
        job = self.jobs.get(job_id) if isinstance(job_id, str) else None
        if job is None:
            raise failed(f"no job with ID {str(job_id)[:60]}.")
        return job

    def asked_job(self, asked: Asked) -> Job:
        """The job that a query names.

        Raises:
            Refused: 400, it names none; 500, there is no such job.
        """
        job_id = asked.query("JobID")
        if not job_id:
            raise invalid("JobID is missing.")
        return self.known_job(job_id)

    def settle(self, handlers: Mapping[str, EventHandler]) -> float:
        """Let everything happen that is due, each at its own time; returns the present time."""
        now_s = self.clock.now_s()
        while (event := self.timeline.pop_due(now_s)) is not None:
            handlers[event.kind](event)
        return now_s
