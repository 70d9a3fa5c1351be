"""The provider contract for one Flow app."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from reconciler.answers import unable, unusable
from reconciler.errors import (
    Conflict,
    NotFound,
    Problem,
    ProviderError,
    Rejected,
)
from reconciler.kinds import Kinds
from reconciler.model import Facts, Listing, Marker, Observed, Record, Request
from reconciler.ports import Files, Output, Scope
from reconciler.providers.at_once import at_once
from reconciler.providers.flow.client import Client
from reconciler.providers.flow.connections import Connections
from reconciler.providers.flow.kinds.job import JOB
from reconciler.providers.flow.marker import from_name, name_digest
from reconciler.providers.flow.results import Results
from reconciler.providers.flow.service import WHOSE, Body
from reconciler.providers.flow.translate import (
    from_job,
    queue_and_id,
    queue_of,
    remote_id_of,
    submission,
)
from reconciler.providers.flow.uploads import Uploads
from reconciler.providers.flow.watch import Watch
from reconciler.providers.redact import excerpt

READ_IN_BULK_FROM = 4
"""From so many jobs of a queue on, its list is asked instead of each of them."""


Pick = Callable[[Observed, Body], Observed | None]
"""What is kept of a job that is listed, if anything."""


@dataclass(frozen=True, slots=True)
class _Listed:
    """What one queue told: jobs, or why it could not be read to its end."""

    queue: str
    jobs: tuple[Observed, ...] = ()
    error: ProviderError | None = None

    @property
    def is_missing(self) -> bool:
        return isinstance(self.error, NotFound)


@dataclass(slots=True)
class FlowProvider:
    """One app. Of its queues those are listed that are named; a job's id counts in its queue."""

    name: str
    connections: Connections
    files: Files
    queues: Sequence[str]
    scope: Scope
    concurrency: int
    settle_after_s: float
    kinds: Kinds
    account: str
    batch_size: int = 1
    request_deadline_s: float = field(init=False)
    _client: Client = field(init=False)
    _uploads: Uploads = field(init=False)
    _watch: Watch = field(init=False)
    _results: Results = field(init=False)

    def __post_init__(self) -> None:
        ways = self.connections
        self._client = ways.client
        self.request_deadline_s = ways.client.deadline_s
        self._uploads = Uploads(ways.storage, ways.transfer, self.files)
        self._watch = Watch(ways.client, self._seen)
        self._results = Results(ways.client, ways.storage, ways.transfer)

    # --- what is there ----------------------------------------------------------------------------

    async def observe(self, kinds: Collection[str], known: Collection[Record]) -> Listing:
        """
        Raises:
            ProviderError: no queue could be read.
        """
        if JOB.id not in kinds:
            return Listing(())
        ids = frozenset(each.remote_id for each in known)
        used = {queue_and_id(each)[0] for each in ids}
        listed = await self._listed(
            lambda job, _: job if job.remote_id in ids or self._is_ours(job.marker) else None
        )
        errors = [each.error for each in listed if each.error is not None]
        if len(errors) == len(listed) and errors:
            raise errors[0]
        # a queue that is not there holds nothing, but what we know in it is not therefore gone
        told = [
            each.error
            for each in listed
            if each.error is not None and (not each.is_missing or each.queue in used)
        ]
        incomplete = {JOB.id: told[0].problem} if told else {}
        return Listing(tuple(job for each in listed for job in each.jobs), incomplete)

    async def _listed(self, pick: Pick) -> list[_Listed]:
        """What is picked of the jobs of each queue, in lists begun after the call."""

        async def ask(queue: str) -> _Listed:
            jobs: dict[str, Observed] = {}
            try:
                async for page in self._client.jobs(queue):
                    picked = (pick(self._seen(body, queue), body) for body in page.items)
                    jobs |= {job.remote_id: job for job in picked if job is not None}
            except ProviderError as error:
                return _Listed(queue, tuple(jobs.values()), error)
            return _Listed(queue, tuple(jobs.values()))

        return await at_once(ask, self.queues, self.concurrency)

    def _seen(self, body: Body, queue: str) -> Observed:
        observed = from_job(body, queue)
        if not observed.failure:
            return observed
        return replace(observed, failure=excerpt(self.connections.redactor.clean(observed.failure)))

    def _is_ours(self, marker: Marker | None) -> bool:
        return marker is not None and Scope(marker.workspace_id, marker.env) == self.scope

    async def read(self, kind: str, remote_ids: Sequence[str]) -> Mapping[str, Observed | None]:
        """A few by themselves; more of a queue by its list, and then by what changed in it."""
        queues: dict[str, list[str]] = {}
        for each in remote_ids:
            queue, job_id = queue_and_id(each)
            if queue and job_id:
                queues.setdefault(queue, []).append(job_id)
        found: dict[str, Observed | None] = dict.fromkeys(remote_ids)
        for queue, ids in queues.items():
            is_bulk = len(ids) >= READ_IN_BULK_FROM
            there = await self._watch.look(queue, ids) if is_bulk else {}
            # a list may lag behind: only who asks by the id learns that a job is gone
            missing = [each for each in ids if each not in there]
            answers = await at_once(partial(self._one, queue), missing, self.concurrency)
            for job_id, job in zip(missing, answers, strict=True):
                if job is not None:
                    there[job_id] = job
            if is_bulk:
                self._watch.note(queue, there)
            found |= {each.remote_id: each for each in there.values()}
        return found

    async def _one(self, queue: str, job_id: str) -> Observed | None:
        try:
            return self._seen(await self._client.job(queue, job_id), queue)
        except NotFound:
            return None

    async def find(
        self, kind: str, markers: Sequence[Marker]
    ) -> Mapping[Marker, tuple[Observed, ...]]:
        """In one list of each queue: by the tags, and where none come back by the name.

        Raises:
            ProviderError: a queue could not be read to its end, or its jobs show nothing of ours.
        """
        digests = {name_digest(each): each for each in markers}
        shown: set[bool] = set()

        def pick(job: Observed, body: Body) -> Observed | None:
            shown.add(bool(body.get("tags") or body.get("name")))
            marker = job.marker or digests.get(from_name(str(body.get("name") or "")))
            return replace(job, marker=marker) if marker in markers else None

        listed = await self._listed(pick)
        errors = [each.error for each in listed if each.error is not None]
        untold = [each for each in errors if not isinstance(each, NotFound)]
        if untold or len(errors) == len(listed):
            raise (untold or errors)[0]
        if shown == {False}:
            cause = "its jobs come without tags and names, so none can be told from another"
            raise unusable(WHOSE, cause)
        jobs = [job for each in listed for job in each.jobs]
        return {each: tuple(job for job in jobs if job.marker == each) for each in markers}

    async def resolve(self, kind: str, name_or_id: str) -> str:
        """A job by `queue/id`, or by its id alone in one of the queues."""
        queue, job_id = queue_and_id(name_or_id)
        places = [(queue, job_id)] if job_id else [(each, name_or_id) for each in self.queues]
        for queue, job_id in places:
            if await self._one(queue, job_id) is not None:
                return remote_id_of(queue, job_id)
        raise NotFound(_no_job(name_or_id))

    async def facts(self) -> Facts:
        """Whose account it is, the queues that can be used, and how fast jobs are made."""
        usable = await at_once(self._client.is_usable, self.queues, self.concurrency)
        there = (queue for queue, is_usable in zip(self.queues, usable, strict=True) if is_usable)
        return Facts(
            account=self.account,
            catalogues={"queues": frozenset(there)},
            creations_per_min={JOB.id: self._client.creations_per_min},
        )

    # --- what is made -----------------------------------------------------------------------------

    async def stage(self, requests: Sequence[Request]) -> None:
        """Every file the requests name is in the scratch space after it, and their turns are there.

        Raises:
            Rejected: a file is not what was planned.
        """
        await self._uploads.stage(
            {path: digest for each in requests for path, digest in each.files.items()}
        )
        for _ in requests:
            await self._client.book_creation()

    async def create(self, requests: Sequence[Request]) -> Sequence[str | ProviderError]:
        return [await self._made(each) for each in requests]

    async def _made(self, request: Request) -> str | ProviderError:
        queue = queue_of(request.spec)
        body = submission(request, self._uploads.urns(request.files))
        try:
            return remote_id_of(queue, await self._client.create(queue, body))
        except ProviderError as error:
            return error

    async def append(self, remote_id: str, request: Request) -> None:
        raise unable("Flow", "append", request.resource.kind)

    async def update(self, remote_id: str, request: Request, changed: frozenset[str]) -> None:
        raise unable("Flow", "update", request.resource.kind)

    # --- what is ended ----------------------------------------------------------------------------

    async def drain(self, kind: str, remote_id: str) -> None:
        raise unable("Flow", "drain", kind)

    async def archive(self, kind: str, remote_id: str) -> None:
        raise unable("Flow", "archive", kind)

    async def stop(self, kind: str, remote_id: str) -> None:
        """Cancel; it may be a while until the job has ended."""
        queue, job_id = queue_and_id(remote_id)
        self._watch.forget(queue, job_id)
        try:
            with suppress(NotFound):
                await self._client.cancel(queue, job_id)
        except (Rejected, Conflict):
            job = await self._one(queue, job_id)
            if job is not None and not job.settled.is_over:
                raise

    async def delete(self, kind: str, remote_id: str, replacement: str = "") -> None:
        """
        Raises:
            Conflict: it has not ended, and Flow deletes only what has.
        """
        queue, job_id = queue_and_id(remote_id)
        self._watch.forget(queue, job_id)
        try:
            with suppress(NotFound):
                await self._client.delete(queue, job_id)
        except (Rejected, Conflict) as error:
            job = await self._one(queue, job_id)
            if job is None:
                return
            if job.settled.is_over:
                raise
            raise Conflict(_not_over(job_id, error.problem.cause)) from None

    # --- what is told -----------------------------------------------------------------------------

    async def outputs(self, kind: str, remote_id: str) -> Mapping[str, str]:
        """The URN of each of a job's outputs by its path: one call for each job.

        Raises:
            NotFound: there is no such job.
        """
        return await self._results.outputs(*queue_and_id(remote_id))

    async def logs(self, kind: str, remote_id: str, wanted: Output) -> AsyncIterator[str]:
        """The logs of a job, or of its executions number `wanted.instance`."""
        async for text in self._results.logs(*queue_and_id(remote_id), wanted):
            yield text

    def vendor_now(self) -> datetime | None:
        return self._client.vendor_now()

    async def aclose(self) -> None:
        await self.connections.aclose()


def _no_job(name_or_id: str) -> Problem:
    return Problem(
        code=NotFound.code,
        summary=f"there is no job {excerpt(name_or_id, 80)}",
        cause="a job is named by its id, or by its queue and id; names are not unique",
        remedy="write it like '@default/5b0f3f0e-3c1d-4a53-9a38-0d6f1f0c7a11'",
    )


def _not_over(job_id: str, cause: str) -> Problem:
    return Problem(
        code=Conflict.code,
        summary=f"job {job_id} has not ended, and is not deleted before",
        cause=cause,
        remedy="stop it, and run the command again when it has ended",
    )
