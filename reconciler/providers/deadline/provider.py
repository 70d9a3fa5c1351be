"""The provider contract for one Deadline farm."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from reconciler.errors import (
    Conflict,
    NotFound,
    Problem,
    ProviderError,
    Rejected,
    Unavailable,
    UnexpectedReply,
)
from reconciler.kinds import Kinds
from reconciler.model import Facts, Listing, Marker, Observed, Record, Request, Usage
from reconciler.ports import Output, Scope
from reconciler.providers.deadline.client import Client
from reconciler.providers.deadline.kinds.blocks import name_of
from reconciler.providers.deadline.kinds.job import JOB, MAXIMUM_PRIORITY
from reconciler.providers.deadline.listing import Body, Glimpse, Jobs, JobStat
from reconciler.providers.deadline.membership import ROUTES, Membership
from reconciler.providers.deadline.translate_job import from_job, is_over
from reconciler.providers.deadline.translate_workers import machines
from reconciler.providers.deadline.work import Work, marker_in
from reconciler.providers.redact import Redactor, excerpt
from reconciler.values import Json


@dataclass(slots=True)
class DeadlineProvider:
    """One farm. However many jobs it has, one list of all and one of the deleted are read.

    Pools, groups and limits have no place for a marker: all of them are listed, and their `usage`
    counts the jobs that name them and are not over, ours and those of others.
    """

    name: str
    client: Client
    scope: Scope
    concurrency: int
    request_deadline_s: float
    settle_after_s: float
    kinds: Kinds
    account: str
    capabilities: Mapping[str, Json] = field(default_factory=dict)
    batch_size: int = 1
    redactor: Redactor = field(default_factory=Redactor)
    _work: Work = field(init=False)
    _membership: Membership = field(init=False)

    def __post_init__(self) -> None:
        self._work = Work(self.client, self.scope, self.concurrency, self.redactor.clean)
        self._membership = Membership(self.client)

    async def observe(self, kinds: Collection[str], known: Collection[Record]) -> Listing:
        """
        Raises:
            ProviderError: the list of all jobs could not be read to its end.
        """
        ids = frozenset(each.remote_id for each in known if each.kind == JOB.id)
        jobs = await self.client.all_jobs(lambda job: job.job_id in ids or self._work.is_ours(job))
        found, failed = await self._membership.observe([each for each in kinds if each in ROUTES])
        ours = _users_among(jobs.wanted.values())
        objects = [_used(each, ours, jobs.users) for each in found]
        if JOB.id in kinds:
            try:
                objects += await self._jobs(jobs)
            except ProviderError as error:
                objects += [from_job(each) for each in jobs.wanted.values()]
                failed[JOB.id] = error
        return Listing(
            tuple(objects), {kind: error.problem for kind, error in sorted(failed.items())}
        )

    async def _jobs(self, jobs: Jobs) -> list[Observed]:
        """The wanted ones, and of the deleted those that carry our marker.

        Who deletes for us takes it off, so these are those that others or the farm have deleted.
        """
        deleted = await self._work.deleted(self._work.is_ours)
        gone = [body for each, body in deleted.items() if each not in jobs.wanted]
        return await self._work.observed(jobs.wanted.values(), gone)

    async def read(self, kind: str, remote_ids: Sequence[str]) -> Mapping[str, Observed | None]:
        if kind == JOB.id:
            return await self._work.read(remote_ids)
        return await self._membership.read(kind, remote_ids)

    async def find(
        self, kind: str, markers: Sequence[Marker]
    ) -> Mapping[Marker, tuple[Observed, ...]]:
        """In one list of all jobs and one of the deleted; pools and the like by their names."""
        if kind != JOB.id:
            return await self._find_named(kind, markers)
        wanted = frozenset(markers)

        def is_wanted(job: Glimpse) -> bool:
            return marker_in(job) in wanted

        live = (await self.client.all_jobs(is_wanted)).wanted
        deleted = await self._work.deleted(is_wanted)
        gone = [body for each, body in deleted.items() if each not in live]
        found = await self._work.observed(live.values(), gone)
        return {each: tuple(one for one in found if one.marker == each) for each in markers}

    async def _find_named(
        self, kind: str, markers: Sequence[Marker]
    ) -> Mapping[Marker, tuple[Observed, ...]]:
        identity = self.kinds[kind].identity
        ids = {each: identity(each.address.name, {}) if identity else "" for each in markers}
        there = await self._membership.read(kind, list(ids.values()))
        found = {each: there[remote_id] for each, remote_id in ids.items()}
        return {each: (one,) if one is not None else () for each, one in found.items()}

    async def stage(self, requests: Sequence[Request]) -> None:
        """Nothing is brought: files are named by paths that the Web Service reads itself."""

    async def create(self, requests: Sequence[Request]) -> Sequence[str | ProviderError]:
        return [await self._created(each) for each in requests]

    async def _created(self, request: Request) -> str | ProviderError:
        try:
            if request.resource.kind == JOB.id:
                return await self._work.submit(request)
            return await self._membership.create(request)
        except ProviderError as error:
            return error

    async def append(self, remote_id: str, request: Request) -> None:
        await self._work.append(remote_id, request)

    async def update(self, remote_id: str, request: Request, changed: frozenset[str]) -> None:
        if request.resource.kind == JOB.id:
            await self._work.update(remote_id, request, changed)
        else:
            await self._membership.update(request, changed)

    async def drain(self, kind: str, remote_id: str) -> None:
        await self._work.drain(remote_id)

    async def stop(self, kind: str, remote_id: str) -> None:
        await self._work.stop(remote_id)

    async def archive(self, kind: str, remote_id: str) -> None:
        await self._work.archive(remote_id)

    async def delete(self, kind: str, remote_id: str, replacement: str = "") -> None:
        """
        Raises:
            Conflict: jobs of others use it, or ours do and nothing is to take its place.
        """
        if kind == JOB.id:
            await self._work.delete(remote_id)
            return
        await self._vacate(kind, remote_id, replacement)
        await self._membership.remove(kind, remote_id)

    async def _vacate(self, kind: str, used: str, replacement: str) -> None:
        """See to it that nobody's unfinished work names it any more."""
        jobs = await self._work.users(used)
        if jobs.users[used]:
            raise Conflict(_in_use(used, jobs.users[used], jobs.some[used]))
        if replacement:
            to = await self._membership.spelled(kind, name_of(replacement))
            if to is None:
                raise Conflict(_no_replacement(replacement))
            ours = [each for each in jobs.wanted.values() if not _is_completed(each)]
            await self._work.move(ours, used, to)
        elif ours := [each for each in jobs.wanted.values() if not is_over(each)]:
            raise Conflict(_in_use(used, len(ours), [from_job(each).name for each in ours[:3]]))

    async def resolve(self, kind: str, name_or_id: str) -> str:
        if kind != JOB.id:
            return await self._membership.resolve(kind, name_or_id)
        await self._work.there(name_or_id)
        return name_or_id

    async def facts(self) -> Facts:
        """Whose account it is, the machines that jobs may be placed on, the highest priority."""
        workers = await self.client.workers("infosettings")
        fields = {"group": "groups", "pool": "pools"}
        asked = {each: fields[each] for each in fields if self.capabilities.get(each)}
        names = {field: await self.client.names(each) for field, each in asked.items()}
        return Facts(
            self.account,
            machines=machines(workers, self.capabilities, names),
            maxima=await self._maxima(),
        )

    async def _maxima(self) -> dict[str, float]:
        try:
            return {MAXIMUM_PRIORITY: await self.client.maximum_priority()}
        except (Rejected, NotFound, Unavailable, UnexpectedReply):
            return {}

    async def logs(self, kind: str, remote_id: str, wanted: Output) -> AsyncIterator[str]:
        """The log or error reports of a job, or of its task number `wanted.instance`, in order."""
        if kind != JOB.id:
            raise Rejected(_no_logs(kind))
        of = "error" if wanted.is_error else "log"
        try:
            reports = await self.client.reports(remote_id, wanted.instance, of)
        except Unavailable:
            await self._work.there(remote_id)
            raise
        for report in sorted(reports, key=lambda each: str(each.get("Date"))):
            yield await self.client.report_text(
                remote_id, wanted.instance, of, str(report.get("_id"))
            )

    async def outputs(self, kind: str, remote_id: str) -> Mapping[str, str]:
        """Nothing: results stand in the folders that `Observed.outputs` names."""
        return {}

    def vendor_now(self) -> datetime | None:
        return self.client.vendor_now()

    async def aclose(self) -> None:
        await self.client.aclose()


def _users_among(bodies: Collection[Body]) -> Counter[str]:
    """How many of our own jobs name a pool, a group or a limit, and are not over."""
    going_on = (each for each in bodies if not is_over(each))
    return Counter(used for each in going_on for used in Glimpse.model_validate(each).uses())


def _used(observed: Observed, ours: Counter[str], others: Counter[str]) -> Observed:
    foreign = others[observed.remote_id]
    usage = Usage(users=ours[observed.remote_id] + foreign, foreign_users=foreign)
    return replace(observed, usage=usage)


def _is_completed(body: Body) -> bool:
    return bool(body.get("Stat") == JobStat.COMPLETED)


def _in_use(used: str, count: int, some: Sequence[str]) -> Problem:
    names = ", ".join(excerpt(each, 60) for each in some)
    return Problem(
        code=Conflict.code,
        summary=f"{count} unfinished jobs use {used.replace('/', ' ', 1)}",
        cause=f"among them {names}; they would be left without it",
        remedy="wait, move or remove them; ours move to onRemove: {delete: {replacement: NAME}}",
    )


def _no_replacement(replacement: str) -> Problem:
    return Problem(
        code=Conflict.code,
        summary=f"the farm has no {name_of(replacement)} to take its place",
        cause="jobs that name what is not there are never rendered",
        remedy="make it first, or name another replacement",
    )


def _no_logs(kind: str) -> Problem:
    return Problem(
        code=Rejected.code,
        summary=f"a {kind.rpartition('/')[2].lower()} has no output",
        cause="only jobs have reports at the farm",
        remedy="ask for the logs of a job",
    )
