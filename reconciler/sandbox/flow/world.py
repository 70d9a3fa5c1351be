"""All that the emulated service holds, and the time it lives in."""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from reconciler.sandbox.clock import VirtualClock
from reconciler.sandbox.flow.job import Job
from reconciler.sandbox.flow.stored import Link, Resource, Token, Upload
from reconciler.sandbox.flow.switches import QUOTAS, RETENTION, SWITCHES
from reconciler.sandbox.settings import SettingTable

FIRST_APP, OTHER_APP = "sandbox-app", "sandbox-other-app"
DEFAULT = "@default"


@dataclass(slots=True)
class World:
    """The apps, jobs, files and settings of one emulated service.

    Each id follows from the seed and the number of ids made before it. `jobs` are by id, oldest
    first; `resources` are the files of the scratch spaces by app and resource id; `links` are
    presigned URLs by their unguessable part.
    """

    clock: VirtualClock
    seed: int
    secret: str
    wall: Callable[[], float] = time.time
    made_ids: int = 0
    made_jobs: int = 0
    switches: SettingTable = field(default_factory=lambda: SettingTable(SWITCHES))
    quotas: SettingTable = field(default_factory=lambda: SettingTable(QUOTAS))
    retention: SettingTable = field(default_factory=lambda: SettingTable(RETENTION))
    submitted: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    resources: dict[tuple[str, str], Resource] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    next_gone_s: float | None = None

    def tables(self) -> dict[str, SettingTable]:
        """All settings by the names of their tables."""
        return {"retention": self.retention, "quotas": self.quotas, "switches": self.switches}

    def apps(self) -> dict[str, str]:
        """The secret of each app by its client id."""
        return {app: self.hidden(f"app {app}") for app in (FIRST_APP, OTHER_APP)}

    def hidden(self, name: str) -> str:
        """Text that nobody guesses, the same for the same name."""
        return hashlib.blake2b(f"{self.secret}:{name}".encode(), digest_size=20).hexdigest()

    def new_uuid(self) -> str:
        """A version 4 UUID that was never made before in this world."""
        self.made_ids += 1
        hexes = hashlib.blake2b(f"{self.seed}:flow:{self.made_ids}".encode(), digest_size=16)
        one = hexes.hexdigest()
        return "-".join((one[:8], one[8:12], f"4{one[13:16]}", f"8{one[17:20]}", one[20:]))

    def expiry_now_s(self) -> float:
        """The time by which tokens and presigned URLs expire."""
        is_wall = self.switches["expiry_clock"] == "wall"
        return self.wall() if is_wall else self.clock.now_s()

    def settle(self) -> float:
        """Let go what is due to go; returns the present time."""
        now_s = self.clock.now_s()
        if self.next_gone_s is not None and self.next_gone_s <= now_s:
            for job in [job for job in self.jobs.values() if _is_due(self.gone_s(job), now_s)]:
                del self.jobs[job.id]
            self.plan_next_gone()
        return now_s

    def gone_s(self, job: Job) -> float | None:
        """When a job disappears as things stand; None: never."""
        kept_s = self.retention["retention_s"]
        is_by_end = self.switches["retention_from"] == "completion"
        begun_s = job.ended_s if is_by_end else job.created_s
        times = [
            None if kept_s is None or begun_s is None else begun_s + kept_s,
            None if job.deleted_s is None else job.deleted_s + self.switches["delete_s"],
        ]
        return min((at_s for at_s in times if at_s is not None), default=None)

    def plan_next_gone(self) -> None:
        """Find out anew when the next job disappears: after a job or a setting changed."""
        times = (self.gone_s(job) for job in self.jobs.values())
        self.next_gone_s = min((at_s for at_s in times if at_s is not None), default=None)

    def note_gone(self, job: Job) -> None:
        """The end of this job was brought forward, or it is new."""
        gone_s = self.gone_s(job)
        if gone_s is not None and (self.next_gone_s is None or gone_s < self.next_gone_s):
            self.next_gone_s = gone_s

    def jobs_of(self, app: str, queue: str) -> Iterator[Job]:
        """The jobs of a queue, oldest first."""
        return (job for job in self.jobs.values() if (job.app, job.queue) == (app, queue))


def _is_due(at_s: float | None, now_s: float) -> bool:
    return at_s is not None and at_s <= now_s
