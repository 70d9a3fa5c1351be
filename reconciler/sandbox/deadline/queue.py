"""Jobs with queued tasks, in the order in which workers take them.

Source: Deadline 10 manual, job scheduling: pool, priority, first-in first-out.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import merge

from reconciler.sandbox.deadline.job import Job, JobStat, TaskStat

NONE = "none"
"""The pool and the group that always exist."""
Rank = tuple[int, float, str]
_Place = tuple[str, str, str]


@dataclass(slots=True)
class RenderQueue:
    """For each pool and group the ranks of its jobs: priority first, then age, then id."""

    _ranks: dict[_Place, list[Rank]] = field(default_factory=dict)
    _held: dict[str, tuple[tuple[_Place, ...], Rank]] = field(default_factory=dict)

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._held

    def put(self, job: Job) -> None:
        """Note the job at its present places, or nowhere when it has nothing to render."""
        wanted = _wanted(job)
        if self._held.get(job.job_id) == wanted:
            return
        self.drop(job.job_id)
        if wanted is not None:
            for place in wanted[0]:
                insort(self._ranks.setdefault(place, []), wanted[1])
            self._held[job.job_id] = wanted

    def drop(self, job_id: str) -> None:
        """Forget a job."""
        places, rank = self._held.pop(job_id, ((), (0, 0.0, "")))
        for place in places:
            ranks = self._ranks[place]
            del ranks[bisect_left(ranks, rank)]
            if not ranks:
                del self._ranks[place]

    def candidates(self, pools: Sequence[str], groups: Sequence[str]) -> Iterator[str]:
        """Ids of the jobs for a worker: pool by pool as first pools, then as secondary ones.

        Only valid until the queue changes.
        """
        for role in ("first", "second"):
            for pool in pools:
                found = (self._ranks.get((role, pool, group), ()) for group in groups)
                yield from (rank[2] for rank in merge(*found))


def _wanted(job: Job) -> tuple[tuple[_Place, ...], Rank] | None:
    scripts = [task for task in (job.pre_task, job.post_task) if task is not None]
    queued = job.counts[TaskStat.QUEUED] or any(one.stat == TaskStat.QUEUED for one in scripts)
    if job.stat != JobStat.ACTIVE or not queued:
        return None
    group = job.prop("Grp").lower() or NONE
    places = [("first", job.prop("Pool").lower() or NONE, group)]
    if job.prop("SecPool"):
        places.append(("second", job.prop("SecPool").lower(), group))
    return tuple(places), (-int(job.prop("Pri")), job.date_s, job.job_id)
