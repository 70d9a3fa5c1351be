"""The provider contract for one Qarnot account."""

from __future__ import annotations

from collections.abc import (
    AsyncIterator,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import groupby

import anyio

from reconciler.answers import unable
from reconciler.errors import (
    Conflict,
    Forbidden,
    NotFound,
    Problem,
    ProviderError,
    Rejected,
)
from reconciler.kinds import Ability, Kinds
from reconciler.model import Facts, Listing, Marker, Observed, Quota, Record, Request
from reconciler.pointers import SecretRef
from reconciler.ports import Output, Revealed, Scope, Secrets
from reconciler.providers.at_once import at_once
from reconciler.providers.qarnot.bulk import Bulk
from reconciler.providers.qarnot.client import PAGE_SIZE, Body, Client
from reconciler.providers.qarnot.kinds.job import JOB
from reconciler.providers.qarnot.kinds.pool import POOL
from reconciler.providers.qarnot.kinds.task import TASK
from reconciler.providers.qarnot.marker import of_scope, shortname
from reconciler.providers.qarnot.translate import from_remote, to_remote, to_update
from reconciler.providers.qarnot.translate_task import SNAPSHOT_INTERVAL, to_snapshots
from reconciler.providers.redact import Redactor, excerpt

READ_IN_BULK_FROM = 4
"""From so many ids on, one filtered list is asked instead of an object each."""
IDS_A_PAGE = PAGE_SIZE
BATCH_SIZE = 100
"""Creations in one call: 10,000 tasks are 100 calls of some 100 KB each, a lost answer leaves no
more than 100 to look for, and it is as many tasks as an account usually may have."""
_STOP = {POOL.id: "close", JOB.id: "terminate", TASK.id: "abort"}
_COLLECTION = {POOL.id: "pools", JOB.id: "jobs", TASK.id: "tasks"}


@dataclass(slots=True)
class QarnotProvider:
    """One account. Its lists are whole: objects that are not ours are left out as pages come in."""

    name: str
    client: Client
    scope: Scope
    secrets: Secrets
    concurrency: int
    request_deadline_s: float
    settle_after_s: float
    kinds: Kinds
    batch_size: int = BATCH_SIZE
    redactor: Redactor = field(default_factory=Redactor)
    """Learns every secret that is sent, so that no answer can bring it back."""

    async def observe(self, kinds: Collection[str], known: Collection[Record]) -> Listing:
        ids = frozenset(record.remote_id for record in known)
        objects: dict[str, Observed] = {}
        incomplete: dict[str, Problem] = {}
        for kind in sorted(kinds):
            try:
                async for page in self.client.pages(_COLLECTION[kind]):
                    found = (self._seen(kind, body) for body in page)
                    objects |= {
                        each.remote_id: each
                        for each in found
                        if each.remote_id in ids or self._is_ours(each)
                    }
            except ProviderError as error:
                if not objects:
                    raise
                incomplete[kind] = error.problem
        return Listing(tuple(objects.values()), incomplete)

    def _seen(self, kind: str, body: Body) -> Observed:
        observed = from_remote(kind, body)
        marker = of_scope(observed.marker, self.scope)
        if marker is observed.marker and not observed.failure:
            return observed
        told = excerpt(self.redactor.clean(observed.failure))
        return replace(observed, marker=marker, failure=told)

    def _is_ours(self, observed: Observed) -> bool:
        marker = observed.marker
        return marker is not None and Scope(marker.workspace_id, marker.env) == self.scope

    async def read(self, kind: str, remote_ids: Sequence[str]) -> Mapping[str, Observed | None]:
        found: dict[str, Observed | None] = dict.fromkeys(remote_ids)
        if len(remote_ids) >= READ_IN_BULK_FROM:
            found |= await self._read_in_bulk(kind, remote_ids)
        missing = [each for each, observed in found.items() if observed is None]
        answers = await at_once(partial(self._read_one, kind), missing, self.concurrency)
        found |= zip(missing, answers, strict=True)
        return found

    async def _read_in_bulk(self, kind: str, ids: Sequence[str]) -> dict[str, Observed]:
        parts = [ids[start : start + IDS_A_PAGE] for start in range(0, len(ids), IDS_A_PAGE)]
        answers = await at_once(partial(self._read_some, kind), parts, self.concurrency)
        found = {each.remote_id: each for answer in answers for each in answer}
        return {each: found[each] for each in ids if each in found}

    async def _read_some(self, kind: str, ids: Sequence[str]) -> list[Observed]:
        filters: Body = {"operator": "In", "field": "Uuid", "values": list(ids)}
        pages = self.client.pages(_COLLECTION[kind], filters)
        return [self._seen(kind, body) async for page in pages for body in page]

    async def _read_one(self, kind: str, name: str) -> Observed | None:
        try:
            return self._seen(kind, await self.client.get(_COLLECTION[kind], name))
        except NotFound:
            return None

    async def find(
        self, kind: str, markers: Sequence[Marker]
    ) -> Mapping[Marker, tuple[Observed, ...]]:
        """By our shortname, which the vendor keeps unique: at most one, and only with the label."""
        names = [*map(shortname, markers)]
        answers = await at_once(partial(self._read_one, kind), names, self.concurrency)
        return {
            marker: (found,) if found is not None and found.marker == marker else ()
            for marker, found in zip(markers, answers, strict=True)
        }

    async def stage(self, requests: Sequence[Request]) -> None:
        """Nothing: all that is made here is in its body."""

    async def create(self, requests: Sequence[Request]) -> Sequence[str | ProviderError]:
        """In bulk where the vendor has it; a task's snapshots are asked for right after it.

        A task that was made is made: what becomes of that second call, the next plan sees.
        """
        answers: list[str | ProviderError] = []
        for kind, alike in groupby(requests, key=lambda each: each.resource.kind):
            answers += await self._made(kind, list(alike))
        await self._snapshot(requests, answers)
        return answers

    async def _made(self, kind: str, requests: Sequence[Request]) -> list[str | ProviderError]:
        bodies = [self._body(each) for each in requests]
        sent = [each for each in bodies if not isinstance(each, ProviderError)]
        bulk = Bulk(self.client, _COLLECTION[kind], self.redactor.clean)
        if Ability.BULK_CREATE in self.kinds[kind].abilities:
            made = await bulk.create(sent)
        else:
            made = [answer for each in sent for answer in await bulk.create([each])]
        following = iter(made)
        return [each if isinstance(each, ProviderError) else next(following) for each in bodies]

    def _body(self, request: Request) -> Body | ProviderError:
        try:
            return to_remote(request, self._reveal)
        except ProviderError as error:
            return error

    async def _snapshot(
        self, requests: Sequence[Request], answers: Sequence[str | ProviderError]
    ) -> None:
        """Ask for the periodic snapshots of what was made: the creation itself can't."""
        limit = anyio.CapacityLimiter(self.concurrency)

        async def ask(uuid: str, request: Request) -> None:
            async with limit:
                with suppress(ProviderError):
                    await self.client.snapshots(uuid, to_snapshots(request.spec))

        with anyio.move_on_after(self.request_deadline_s):
            async with anyio.create_task_group() as tasks:
                for request, answer in zip(requests, answers, strict=True):
                    if isinstance(answer, str) and SNAPSHOT_INTERVAL in request.spec:
                        tasks.start_soon(ask, answer, request)

    async def append(self, remote_id: str, request: Request) -> None:
        raise unable("Qarnot", "append", request.resource.kind)

    async def update(self, remote_id: str, request: Request, changed: frozenset[str]) -> None:
        kind = request.resource.kind
        body = to_update(request, changed, self._reveal)
        if body:
            await self.client.update(_COLLECTION[kind], remote_id, body)
        if SNAPSHOT_INTERVAL in changed:
            await self.client.snapshots(remote_id, to_snapshots(request.spec))

    async def drain(self, kind: str, remote_id: str) -> None:
        raise unable("Qarnot", "drain", kind)

    async def archive(self, kind: str, remote_id: str) -> None:
        raise unable("Qarnot", "archive", kind)

    async def stop(self, kind: str, remote_id: str) -> None:
        """Close, terminate or abort. Where that is refused, what is over by then counts as done."""
        try:
            with suppress(NotFound):
                await self.client.act(_COLLECTION[kind], remote_id, _STOP[kind])
        except (Forbidden, Conflict):
            if not await self._is_over(kind, remote_id):
                raise

    async def _is_over(self, kind: str, remote_id: str) -> bool:
        observed = await self._read_one(kind, remote_id)
        return observed is None or observed.settled.is_over

    async def delete(self, kind: str, remote_id: str, replacement: str = "") -> None:
        """Delete. A job goes with tasks that are on their way only when all of it is ending."""
        with suppress(NotFound):
            try:
                await self.client.delete(_COLLECTION[kind], remote_id)
            except (Forbidden, Conflict):
                if kind != JOB.id or not await self._is_ending(remote_id):
                    raise
                await self.client.delete_with_tasks(remote_id)

    async def _is_ending(self, job: str) -> bool:
        if await self._is_over(JOB.id, job):
            return True
        tasks = await self.client.tasks_of(job)
        return all(self._seen(TASK.id, each).settled.is_over for each in tasks)

    async def resolve(self, kind: str, name_or_id: str) -> str:
        return str((await self.client.get(_COLLECTION[kind], name_or_id))["uuid"])

    async def facts(self) -> Facts:
        """The account with its quotas, and the profiles it may use."""
        account = await self.client.account()
        profiles = frozenset(await self.client.profiles())
        return Facts(
            account=str(account.get("email") or ""),
            quotas=dict(_quotas(account)),
            catalogues={"profiles": profiles},
        )

    async def logs(self, kind: str, remote_id: str, wanted: Output) -> AsyncIterator[str]:
        stream = "stderr" if wanted.is_error else "stdout"
        async for text in self.client.output(_COLLECTION[kind], remote_id, stream, wanted.instance):
            yield text

    async def outputs(self, kind: str, remote_id: str) -> Mapping[str, str]:
        """Nothing: results stand in the bucket that `Observed.outputs` names."""
        return {}

    def vendor_now(self) -> datetime | None:
        return self.client.vendor_now()

    async def aclose(self) -> None:
        await self.client.aclose()

    def _reveal(self, ref: SecretRef) -> Revealed:
        value = self.secrets.fetch(ref)
        if value is None:
            raise Rejected(
                Problem(
                    code="C201",
                    summary=f"the secret in {ref} is not available",
                    cause="it is needed for what is about to be sent",
                    remedy=f"set {ref} where apply runs",
                )
            )
        self.redactor.add(value)
        return value


_QUOTAS = (
    ("pools", "poolCount", "maxPool"),
    ("jobs", "jobCount", "maxJob"),
    ("tasks", "taskCount", "maxTask"),
    ("flex instances", "runningInstanceCount", "maxFlexInstances"),
    ("onDemand instances", "runningInstanceCount", "maxOnDemandInstances"),
)


def _quotas(account: Body) -> Iterable[tuple[str, Quota]]:
    """Counts hold what is over and not deleted; a missing limit decides nothing.

    Source: Compute API v1.0 page, user info.
    """
    for name, used, limit in _QUOTAS:
        if isinstance(account.get(limit), int) and isinstance(account.get(used), int):
            yield name, Quota(account[used], account[limit])
