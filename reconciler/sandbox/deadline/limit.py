"""A limit: so many workers at once may use a thing.

Source: Deadline 10 REST pages, limit groups; which keys stand under `Props` is partly inferred.
"""

from dataclasses import dataclass, field

from reconciler.sandbox.deadline.job import Job, Task
from reconciler.sandbox.vendor import Json


@dataclass(slots=True)
class Limit:
    """`holders` are the running tasks that hold a stub: worker by job and task number."""

    name: str
    count: int = 1
    white: bool = False
    release: float = -1.0
    workers: list[str] = field(default_factory=list)
    exempt: list[str] = field(default_factory=list)
    holders: dict[tuple[str, int], str] = field(default_factory=dict)
    listed_from_s: float = 0.0

    def admits(self, worker: str) -> bool:
        """Whether the worker may use it at all, and a stub is free for it or not needed."""
        name = worker.lower()
        if name in map(str.lower, self.exempt):
            return True
        is_listed = name in map(str.lower, self.workers)
        if is_listed != self.white and (self.white or self.workers):
            return False
        users = set(self.holders.values())
        return worker in users or len(users) < self.count

    def take(self, job: Job, task: Task) -> None:
        """A task begins on a worker that holds or needs a stub."""
        if task.worker.lower() not in map(str.lower, self.exempt):
            self.holders[job.job_id, task.number] = task.worker

    def give_back(self, job: Job, task: Task) -> None:
        """A task ended, or is far enough."""
        self.holders.pop((job.job_id, task.number), None)

    def props(self) -> dict[str, Json]:
        """The editable part."""
        return {
            "Limit": self.count,
            "White": self.white,
            "RelPer": self.release,
            "Slaves": list(self.workers),
            "SlavesEx": list(self.exempt),
        }
