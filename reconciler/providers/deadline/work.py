"""The jobs of one farm: read, steered and ended, each step decided by what was read.

A 500 may mean an unknown job, a refused command or a broken server: the job itself tells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import anyio

from reconciler.errors import Conflict, NotFound, Problem, Rejected, Unavailable, UnexpectedReply
from reconciler.model import Marker, Observed, Request, Settled
from reconciler.ports import Scope
from reconciler.providers.at_once import at_once
from reconciler.providers.deadline.client import IDS_A_READ, Client
from reconciler.providers.deadline.kinds.blocks import name_of
from reconciler.providers.deadline.kinds.limit import LIMITS
from reconciler.providers.deadline.kinds.members import GROUPS, POOLS
from reconciler.providers.deadline.listing import Body, Glimpse, Jobs, JobStat
from reconciler.providers.deadline.marker import (
    MARKER,
    STOP,
    STOPPED,
    dictionary_of,
    unmarked,
    with_note,
)
from reconciler.providers.deadline.translate_job import (
    changed as changed_parts,
)
from reconciler.providers.deadline.translate_job import (
    frames_to_append,
    from_job,
    submission,
    with_tasks,
)
from reconciler.providers.marker_text import from_text
from reconciler.providers.redact import excerpt

_ONE_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_NAMING = {POOLS: ("Pool", "SecPool"), GROUPS: ("Grp",)}
_OVER = (JobStat.COMPLETED, JobStat.FAILED)
_STARTS = (JobStat.ACTIVE, JobStat.PENDING)
"""States in which tasks may be taken up."""


@dataclass(frozen=True, slots=True)
class Work:
    """`clean` takes secrets out of what the vendor says of a job."""

    client: Client
    scope: Scope
    concurrency: int
    clean: Callable[[str], str]

    # --- read -------------------------------------------------------------------------------------

    def is_ours(self, job: Glimpse) -> bool:
        """Whether it carries a marker of this workspace and env."""
        marker = marker_in(job)
        return marker is not None and Scope(marker.workspace_id, marker.env) == self.scope

    async def deleted(self, is_wanted: Callable[[Glimpse], bool]) -> dict[str, Body]:
        """The wanted ones among all deleted jobs, by id."""
        try:
            return (await self.client.all_jobs(is_wanted, deleted=True)).wanted
        except Rejected:
            # quirk: one sentence of the page wants an id here, another one gives all without;
            # tests/contract/test_deadline_quirks.py::test_deleted_jobs_are_found_either_way
            ids = sorted(await self.client.job_ids(deleted=True))
        found = await self._bodies(ids, deleted=True)
        return {
            each: body for each, body in found.items() if is_wanted(Glimpse.model_validate(body))
        }

    async def observed(self, live: Iterable[Body], deleted: Iterable[Body]) -> list[Observed]:
        """These bodies as we see them, with the frames of what ended early that are done."""
        seen = await at_once(self._seen, list(live), self.concurrency)
        return [*seen, *(self._clean(from_job(each, is_deleted=True)) for each in deleted)]

    async def read(self, ids: Sequence[str]) -> dict[str, Observed | None]:
        """Each of these. A deleted one without our marker is absent: we have removed it."""
        live = await self._bodies(ids)
        missing = [each for each in ids if each not in live]
        gone = await self._bodies(missing, deleted=True)
        marked = [each for each in gone.values() if self.is_ours(Glimpse.model_validate(each))]
        found = await self.observed(live.values(), marked)
        return {**dict.fromkeys(ids), **{each.remote_id: each for each in found}}

    async def body(self, job_id: str) -> Body | None:
        """The whole object; `None` when the farm has no such job, or has it deleted."""
        return (await self._bodies([job_id])).get(job_id)

    async def _bodies(self, ids: Collection[str], *, deleted: bool = False) -> dict[str, Body]:
        asked = [each for each in dict.fromkeys(ids) if _ONE_ID.fullmatch(each)]
        parts = [asked[at : at + IDS_A_READ] for at in range(0, len(asked), IDS_A_READ)]

        async def some(part: Sequence[str]) -> list[Body]:
            return await self._some(part, deleted=deleted)

        found = await at_once(some, parts, self.concurrency)
        return {str(body.get("_id")): body for part in found for body in part}

    async def _some(self, ids: Sequence[str], *, deleted: bool) -> list[Body]:
        try:
            return await self.client.jobs(ids, deleted=deleted)
        except Unavailable:
            # quirk: a server may answer an unknown id with 500;
            # tests/contract/test_deadline_quirks.py::test_an_unknown_job_is_absent_either_way
            there = await self.client.job_ids(deleted=deleted)
            known = [each for each in ids if each in there]
            return await self.client.jobs(known, deleted=deleted) if known else []

    async def _seen(self, body: Body) -> Observed:
        observed = self._clean(from_job(body))
        if not observed.settled.is_over or observed.settled is Settled.SUCCEEDED:
            return observed
        if not body.get("CompletedChunks"):
            return observed
        return with_tasks(observed, await self.client.tasks(observed.remote_id))

    def _clean(self, observed: Observed) -> Observed:
        if not observed.failure:
            return observed
        return replace(observed, failure=excerpt(self.clean(observed.failure)))

    # --- change -----------------------------------------------------------------------------------

    async def submit(self, request: Request) -> str:
        """The id of the new job."""
        return await self.client.submit(submission(request))

    async def update(self, job_id: str, request: Request, changed: frozenset[str]) -> None:
        """
        Raises:
            NotFound: the job is gone.
        """
        needed = changed_parts(await self.there(job_id), request, changed)
        try:
            if needed.job is not None:
                await self.client.save(needed.job)
            if needed.machine_limit is not None:
                limits = needed.machine_limit
                await self.client.command("setjobmachinelimit", job_id, **limits)
        except (Unavailable, UnexpectedReply):
            left = changed_parts(await self.there(job_id), request, changed)
            if (left.job, left.machine_limit) != (None, None):
                raise

    async def append(self, job_id: str, request: Request) -> None:
        """Add the frames the job does not have yet; it has them, or an error says it may not.

        What it sends has arrived or failed within the deadline of one request from the call: who
        waits so long before asking again adds nothing twice.

        Raises:
            NotFound: the job is gone.
        """
        ends_at = anyio.current_time() + self.client.deadline_s
        frames = frames_to_append(await self.there(job_id), request)
        if not frames:
            return
        try:
            await self.client.append(job_id, frames, ends_at - anyio.current_time())
        except (Unavailable, UnexpectedReply):
            if frames_to_append(await self.there(job_id), request):
                raise

    async def drain(self, job_id: str) -> None:
        """Suspend what is not rendering; a job that is gone, over or suspended is done."""
        await self._command(
            "suspendnonrendering", job_id, lambda job: job.get("Stat") not in _STARTS
        )

    async def stop(self, job_id: str) -> None:
        """Suspend, note that we did, then fail or complete it as it was submitted to be."""
        body = await self._suspended(job_id)
        if body is None or body.get("Stat") in _OVER:
            return
        dictionary = dictionary_of(body["Props"])
        if STOPPED not in dictionary:
            await self.client.save(with_note(body, STOPPED, "true"))
        ending = "complete" if dictionary.get(STOP) == "complete" else "fail"
        await self._command(ending, job_id, lambda job: job.get("Stat") in _OVER)

    async def archive(self, job_id: str) -> None:
        """Suspend it where it is not over, then put it away.

        Raises:
            Conflict: tasks of it still render.
        """
        if await self._suspended(job_id) is None:
            return
        await self._command("archive", job_id, _never)
        if await self.body(job_id) is not None:
            raise Conflict(_renders_on(job_id))

    async def delete(self, job_id: str) -> None:
        """Take off what is ours, then delete it: brought back, it is nobody's.

        Raises:
            Conflict: the farm keeps it; our notes are back on it.
        """
        body = await self.body(job_id)
        if body is None:
            return
        bare = unmarked(body)
        is_marked = bare["Props"] != body["Props"]
        try:
            if is_marked:
                await self.client.save(bare)
            await self.client.delete_job(job_id)
        except (Unavailable, UnexpectedReply) as error:
            if await self.body(job_id) is None:
                return
            if is_marked:
                await self.client.save(body)
            if body["Props"].get("Protect"):
                raise Conflict(_protected(job_id, error.problem.cause)) from None
            raise

    async def _suspended(self, job_id: str) -> Body | None:
        """The job once nothing more of it is taken up; `None` when it is gone."""
        body = await self.body(job_id)
        if body is None or body.get("Stat") not in _STARTS:
            return body
        await self._command("suspend", job_id, lambda job: job.get("Stat") not in _STARTS)
        return await self.body(job_id)

    async def _command(self, name: str, job_id: str, is_done: Callable[[Body], bool]) -> None:
        """Send a command; where the answer is no success, the job tells whether it is done."""
        try:
            await self.client.command(name, job_id)
        except (Unavailable, UnexpectedReply):
            body = await self.body(job_id)
            if body is not None and not is_done(body):
                raise

    async def there(self, job_id: str) -> Body:
        """The whole object.

        Raises:
            NotFound: the farm has no such job, or has it deleted.
        """
        body = await self.body(job_id)
        if body is None:
            raise NotFound(_absent(job_id))
        return body

    # --- what jobs use ----------------------------------------------------------------------------

    async def users(self, used: str) -> Jobs:
        """Who uses a pool, a group or a limit: ours as wanted, of others how many."""
        return await self.client.all_jobs(lambda job: used in job.uses() and self.is_ours(job))

    async def move(self, bodies: Sequence[Body], used: str, to: str) -> None:
        """Have jobs of ours name something else.

        Raises:
            Conflict: the farm did not keep it.
        """

        async def save(body: Body) -> None:
            await self.client.save(renamed(body, used, to))

        await at_once(save, bodies, self.concurrency)
        after = await self._bodies([str(each["_id"]) for each in bodies])
        left = [each for each in after.values() if used in Glimpse.model_validate(each).uses()]
        if left:
            raise Conflict(_not_moved(left, used))


def marker_in(job: Glimpse) -> Marker | None:
    """The marker a job carries, whoever's it is."""
    return from_text(job.noted(MARKER))


def renamed(body: Body, used: str, to: str) -> Body:
    """A job that names something else wherever it names what has the remote id `used`."""
    kind, name = used.partition("/")[0], name_of(used).lower()

    def other(value: Any) -> Any:
        return to if isinstance(value, str) and value.lower() == name else value

    props = body["Props"]
    changed = {key: other(props[key]) for key in _NAMING.get(kind, ()) if key in props}
    if kind == LIMITS and isinstance(props.get("Limits"), list):
        changed["Limits"] = list(dict.fromkeys(map(other, props["Limits"])))
    return {**body, "Props": {**props, **changed}}


def _never(_: Body) -> bool:
    return False


def _absent(job_id: str) -> Problem:
    return Problem(
        code=NotFound.code,
        summary=f"the farm has no job {excerpt(job_id, 80)}",
        cause="it was deleted, archived or cleaned up, or was never there",
        remedy="run plan again",
    )


def _renders_on(job_id: str) -> Problem:
    return Problem(
        code=Conflict.code,
        summary=f"job {job_id} can't be archived yet",
        cause="the farm archives only jobs of which nothing is queued or rendering",
        remedy="run the same command again when its last tasks have ended",
    )


def _protected(job_id: str, cause: str) -> Problem:
    return Problem(
        code=Conflict.code,
        summary=f"job {job_id} is protected at the farm",
        cause=cause,
        remedy="set protected: false and apply, or delete it in the Monitor as its owner",
    )


def _not_moved(bodies: Sequence[Body], used: str) -> Problem:
    return Problem(
        code=Conflict.code,
        summary=f"{len(bodies)} jobs of ours still use {name_of(used)}",
        cause="they were saved with its replacement, and the farm did not keep it",
        remedy="change them in the Monitor, then run the same command again",
    )
