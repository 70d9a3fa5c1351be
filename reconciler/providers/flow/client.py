"""The routes of Flow's compute API: one method each, and the one table of what its answers mean.

Source: Flow Graph Engine API v1, reference and rate limits; public client code.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from types import MappingProxyType
from urllib.parse import quote

from reconciler.answers import unnamed, unusable
from reconciler.errors import (
    Conflict,
    Forbidden,
    NotFound,
    Problem,
    ProviderError,
    QuotaExceeded,
)
from reconciler.providers.call import Reply
from reconciler.providers.flow.messages import message_of, service_text
from reconciler.providers.flow.service import NONE, WHOSE, Body, Page, Service, Texts
from reconciler.providers.statuses import error_of

LIST_JOBS = "GET /queues/{queueId}/jobs"
CREATE_JOB = "POST /queues/{queueId}/jobs"
CANCEL_JOB = "POST /queues/{queueId}/jobs:cancel"
UPDATED_JOBS = "GET /queues/{queueId}/jobs:updates"
GET_JOB = "GET /queues/{queueId}/jobs/{jobId}"
DELETE_JOB = "DELETE /queues/{queueId}/jobs/{jobId}"
PARTS = {part: f"{GET_JOB}/{part}" for part in ("executions", "logs", "outputs", "tasks")}
"""The routes of the lists that a job has."""

_WRITES_PER_MIN = 10.0
_READS_PER_MIN = 60.0
LIMITS: Mapping[str, float] = MappingProxyType(
    {
        **dict.fromkeys((CREATE_JOB, CANCEL_JOB, DELETE_JOB), _WRITES_PER_MIN),
        **dict.fromkeys((LIST_JOBS, UPDATED_JOBS, GET_JOB, *PARTS.values()), _READS_PER_MIN),
    }
)
"""Requests a minute of one app. The table does not name the delete: it is taken for a cancel.

Source: Flow Graph Engine API v1, rate limits.
"""
_MINUTE_S = 60.0


def creation_deadline_s(request_s: float) -> float:
    """How long a creation may take: its turn is booked before, so that it is sent at once.

    Only a minute that another process has used up may come between.
    """
    return request_s + _MINUTE_S


def turn_deadline_s(request_s: float, limits: Mapping[str, float], concurrency: int) -> float:
    """How long a request may take that waits for its turn behind so many others."""
    slowest = min(limits[each] for each in (CREATE_JOB, CANCEL_JOB, DELETE_JOB))
    return request_s + _MINUTE_S * (1 + ceil(concurrency / slowest))


def translate_error(status: int, reply: Reply) -> ProviderError:
    """The error of an answer that is not 2xx."""
    if status in (403, 429) and _is_quota(reply):
        return QuotaExceeded(_quota_problem(message_of(reply)))
    return error_of(status, reply, message_of(reply))


def _is_quota(reply: Reply) -> bool:
    """Whether the submitter's quota is used up, which no wait of ours mends.

    quirk: the rate limiter's words are "Quota limit exceeded.", so it is told by who says it;
    tests/contract/test_flow_quirks.py::test_a_used_up_quota_is_told_and_never_repeated
    """
    return "quota" in service_text(reply).lower() and not reply.header("retry-after")


def _quota_problem(message: str) -> Problem:
    return Problem(
        code=QuotaExceeded.code,
        summary="the quota of the account is used up",
        cause=message[:200],
        remedy="run again when it is back, or have it raised by Autodesk",
    )


@dataclass(frozen=True, slots=True)
class Client:
    """One method per route; bodies in, bodies out. `regions` are those of single queues.

    `deadline_s` bounds a creation, of which `creations_per_min` are sent.
    """

    service: Service
    deadline_s: float
    creations_per_min: float = LIMITS[CREATE_JOB]
    regions: Texts = field(default_factory=dict)

    async def jobs(self, queue: str) -> AsyncIterator[Page]:
        """All jobs of a queue, page by page.

        Raises:
            NotFound: there is no such queue.
        """
        pages = self.service.pages(LIST_JOBS, f"{_at(queue)}/jobs", self.region(queue))
        async for page in pages:
            yield _of_jobs(page)

    async def updated_jobs(self, queue: str, after: datetime) -> AsyncIterator[Page]:
        """The jobs of a queue that changed since then; whether at that very moment, nobody says."""
        query = {"after": after.strftime("%Y-%m-%dT%H:%M:%SZ")}
        path = f"{_at(queue)}/jobs:updates"
        async for page in self.service.pages(UPDATED_JOBS, path, self.region(queue), query):
            yield _of_jobs(page)

    async def is_usable(self, queue: str) -> bool:
        """Whether a queue is there for this app: nothing but its list tells."""
        try:
            await self.service.get(LIST_JOBS, f"{_at(queue)}/jobs", self.region(queue))
        except (NotFound, Forbidden):
            return False
        return True

    async def job(self, queue: str, job_id: str) -> Body:
        """
        Raises:
            NotFound: there is none.
        """
        body = await self.service.get(GET_JOB, _job(queue, job_id), self.region(queue))
        return _of_jobs(Page([body], None)).items[0]

    async def book_creation(self) -> None:
        """Wait for a turn among the creations of a minute; the next creation takes it.

        Raises:
            RateLimited: there is none for long.
        """
        await self.service.transport.book(CREATE_JOB, self.service.deadline_s)

    async def create(self, queue: str, body: Body) -> str:
        """The id of the new job."""
        try:
            reply = await self.service.make(
                CREATE_JOB, f"{_at(queue)}/jobs", body, self.region(queue), self.deadline_s
            )
        except NotFound as error:
            raise Conflict(_no_queue(queue, error.problem.cause)) from None
        job_id = reply.json.get("id") if isinstance(reply.json, Mapping) else None
        if not isinstance(job_id, str) or not job_id:
            raise unnamed(WHOSE, "job")
        return job_id

    async def cancel(self, queue: str, job_id: str) -> None:
        path = f"{_at(queue)}/jobs:cancel"
        await self.service.end(CANCEL_JOB, path, {"jobId": job_id}, self.region(queue))

    async def delete(self, queue: str, job_id: str) -> None:
        await self.service.end(DELETE_JOB, _job(queue, job_id), headers=self.region(queue))

    async def parts(self, queue: str, job_id: str, part: str) -> list[Body]:
        """All `executions`, `logs`, `outputs` or `tasks` of a job.

        Raises:
            NotFound: there is no such job.
        """
        path = f"{_job(queue, job_id)}/{part}"
        pages = self.service.pages(PARTS[part], path, self.region(queue))
        return [each async for page in pages for each in page.items]

    def region(self, queue: str) -> Texts:
        """The header of a queue whose region is its own."""
        region = self.regions.get(queue)
        return {"region": region} if region else NONE

    def vendor_now(self) -> datetime | None:
        return self.service.transport.vendor_time


def _at(queue: str) -> str:
    return f"/queues/{quote(queue, safe='@:')}"


def _job(queue: str, job_id: str) -> str:
    return f"{_at(queue)}/jobs/{quote(job_id, safe='')}"


def _of_jobs(page: Page) -> Page:
    if not all(isinstance(each.get("id"), str) and each["id"] for each in page.items):
        raise unusable(WHOSE, "a job has no id")
    return page


def _no_queue(queue: str, cause: str) -> Problem:
    return Problem(
        code=Conflict.code,
        summary=f"there is no queue {queue} that this app may use",
        cause=cause,
        remedy="name one that is there; nothing can make a queue over the API",
    )
