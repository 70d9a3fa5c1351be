"""Many jobs looked at again and again: one call a look, however many they are.

Source: Flow Graph Engine API v1, list updated jobs: it gives those that changed since a moment; who
was deleted is in no such list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reconciler.model import Observed
from reconciler.providers.flow.client import Client
from reconciler.providers.flow.service import Body

OVERLAP_S = 15.0
"""Each look begins so long before the last one: nobody says which edge of the window counts."""
LIST_AFTER_S = 300.0
"""So often the whole list is read, by the vendor's time: only that shows what is gone."""

See = Callable[[Body, str], Observed]


@dataclass(slots=True)
class _Looked:
    """What the looks at one queue have told: the whole list first, changes since then."""

    jobs: dict[str, Observed]
    listed: datetime | None = None
    last: datetime | None = None

    def may_follow(self, ids: Sequence[str]) -> bool:
        """Whether what changed since the last look tells how these are."""
        if self.listed is None or self.last is None or not self.jobs.keys() >= {*ids}:
            return False
        return self.last - self.listed < timedelta(seconds=LIST_AFTER_S)


@dataclass(slots=True)
class Watch:
    """The jobs of all queues that are looked at; `see` makes an `Observed` of a body in a queue.

    What was seen to be over is not looked at again: an end is an end.
    """

    client: Client
    see: See
    _queues: dict[str, _Looked] = field(default_factory=dict)

    async def look(self, queue: str, ids: Sequence[str]) -> dict[str, Observed]:
        """Those of these jobs that are there."""
        looked = self._queues.setdefault(queue, _Looked({}))
        going = [each for each in ids if each not in looked.jobs or not _is_over(looked, each)]
        if going:
            if looked.may_follow(going):
                await self._follow(queue, looked)
            else:
                await self._list(queue, looked, frozenset(ids))
        return {each: looked.jobs[each] for each in ids if each in looked.jobs}

    def note(self, queue: str, jobs: Mapping[str, Observed]) -> None:
        """These were there when each was asked for by itself: changes are followed from now on."""
        self._queues[queue].jobs.update(jobs)

    def forget(self, queue: str, job_id: str) -> None:
        """We have done something to it: whatever was seen of it says nothing any more."""
        if queue in self._queues:
            self._queues[queue].jobs.pop(job_id, None)

    async def _list(self, queue: str, looked: _Looked, wanted: frozenset[str]) -> None:
        watched = wanted | looked.jobs.keys()
        jobs, first = dict[str, Observed](), None
        async for page in self.client.jobs(queue):
            first = first or page.date
            jobs |= {
                body["id"]: self.see(body, queue) for body in page.items if body["id"] in watched
            }
        looked.jobs, looked.listed, looked.last = jobs, first, first

    async def _follow(self, queue: str, looked: _Looked) -> None:
        assert looked.last is not None
        changed, first = dict[str, Observed](), None
        async for page in self.client.updated_jobs(
            queue, looked.last - timedelta(seconds=OVERLAP_S)
        ):
            first = first or page.date
            changed |= {
                body["id"]: self.see(body, queue)
                for body in page.items
                if body["id"] in looked.jobs
            }
        looked.jobs |= changed
        looked.last = first


def _is_over(looked: _Looked, job_id: str) -> bool:
    return looked.jobs[job_id].settled.is_over
