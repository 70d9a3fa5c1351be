"""The provider contract for one Qarnot account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

import anyio

from reconciler.errors import (
    Conflict,
    Forbidden,
    NotFound,
    Problem,
    ProviderError,
    Rejected,
)
from reconciler.kinds import Kinds
from reconciler.model import (
    Facts,
    Listing,
    Marker,
    Observed,
    Quota,
    Record,
    Request,
    SecretRef,
)
from reconciler.ports import Output, Revealed, Scope, Secrets
from reconciler.providers.qarnot.client import Body, Client
from reconciler.providers.qarnot.kinds.job import JOB
from reconciler.providers.qarnot.kinds.pool import POOL
from reconciler.providers.qarnot.kinds.task import TASK
from reconciler.providers.qarnot.marker import of_scope, shortname
from reconciler.providers.qarnot.translate import from_remote, to_remote, to_update
from reconciler.providers.redact import Redactor, excerpt

READ_IN_BULK_FROM = 4
"""From so many ids on, one filtered list is asked instead of an object each."""
IDS_A_PAGE = 50
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
    batch_size: int = 1
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
        found |= dict(zip(missing, await self._read_each(kind, missing), strict=True))
        return found

    async def _read_in_bulk(self, kind: str, ids: Sequence[str]) -> dict[str, Observed]:
        found: dict[str, Observed] = {}
        for start in range(0, len(ids), IDS_A_PAGE):
            values = list(ids[start : start + IDS_A_PAGE])
            filters: Body = {"operator": "In", "field": "Uuid", "values": values}
            async for page in self.client.pages(_COLLECTION[kind], filters):
                found |= {body["uuid"]: self._seen(kind, body) for body in page}
        return {each: found[each] for each in ids if each in found}

    async def _read_each(self, kind: str, ids: Sequence[str]) -> list[Observed | None]:
        found: dict[str, Observed | ProviderError | None] = {}
        limit = anyio.CapacityLimiter(self.concurrency)

        async def read(remote_id: str) -> None:
            async with limit:
                try:
                    found[remote_id] = await self._read_one(kind, remote_id)
                except ProviderError as error:
                    found[remote_id] = error

        async with anyio.create_task_group() as tasks:
            for each in ids:
                tasks.start_soon(read, each)
        return [_or_raise(found[each]) for each in ids]

    async def _read_one(self, kind: str, name: str) -> Observed | None:
        try:
            return self._seen(kind, await self.client.get(_COLLECTION[kind], name))
        except NotFound:
            return None

    async def find(self, kind: str, marker: Marker) -> tuple[Observed, ...]:
        """By our shortname, which the vendor keeps unique: at most one, and only with the label."""
        found = await self._read_one(kind, shortname(marker))
        return (found,) if found is not None and found.marker == marker else ()

    async def create(self, requests: Sequence[Request]) -> Sequence[str | ProviderError]:
        return [await self._create_one(each) for each in requests]

    async def _create_one(self, request: Request) -> str | ProviderError:
        try:
            body = to_remote(request, self._reveal)
            return await self.client.create(_COLLECTION[request.resource.kind], body)
        except ProviderError as error:
            return error

    async def update(self, remote_id: str, request: Request, changed: frozenset[str]) -> None:
        body = to_update(request, changed, self._reveal)
        await self.client.update(_COLLECTION[request.resource.kind], remote_id, body)

    async def stop(self, kind: str, remote_id: str) -> None:
        """Close. Refused for a pool that is not running, which is then looked at again."""
        try:
            with suppress(NotFound):
                await self.client.act(_COLLECTION[kind], remote_id, "close")
        except (Forbidden, Conflict):
            observed = await self._read_one(kind, remote_id)
            if observed is not None and not observed.settled.is_over:
                raise

    async def delete(self, kind: str, remote_id: str) -> None:
        with suppress(NotFound):
            await self.client.delete(_COLLECTION[kind], remote_id)

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


def _or_raise(found: Observed | ProviderError | None) -> Observed | None:
    if isinstance(found, ProviderError):
        raise found
    return found


_QUOTAS = (
    ("pools", "poolCount", "maxPool"),
    ("flex instances", "runningInstanceCount", "maxFlexInstances"),
    ("onDemand instances", "runningInstanceCount", "maxOnDemandInstances"),
)


def _quotas(account: Body) -> Iterable[tuple[str, Quota]]:
    """A missing limit decides nothing. Source: Compute API v1.0 page, user info."""
    for name, used, limit in _QUOTAS:
        if isinstance(account.get(limit), int) and isinstance(account.get(used), int):
            yield name, Quota(account[used], account[limit])
