"""Pools, groups and limits of one farm, and which workers carry them.

Source: Deadline 10 REST pages, pools, groups, limit groups. The forms that set a whole list, or
purge it, touch what is not ours: they are never used.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import anyio

from reconciler.errors import Conflict, Effect, NotFound, Problem, ProviderError, Unavailable
from reconciler.model import Observed, Request
from reconciler.providers.deadline.client import Client
from reconciler.providers.deadline.kinds.blocks import NONE, name_of, remote_id
from reconciler.providers.deadline.kinds.group import GROUP
from reconciler.providers.deadline.kinds.limit import LIMIT, LIMITS
from reconciler.providers.deadline.kinds.members import GROUPS, POOLS
from reconciler.providers.deadline.kinds.pool import POOL
from reconciler.providers.deadline.listing import Body
from reconciler.providers.deadline.translate_standing import (
    Give,
    Take,
    farm_name,
    from_group,
    from_limit,
    from_pool,
    limit_set,
    pool_changes,
)

ROUTES: Mapping[str, str] = MappingProxyType(
    {POOL.id: "pools", GROUP.id: "groups", LIMIT.id: "limitgroups"}
)
"""Where each kind lives."""
_IN_IDS = {POOL.id: POOLS, GROUP.id: GROUPS, LIMIT.id: LIMITS}
_MEMBERS = frozenset({"workers", "positions"})


@dataclass(frozen=True, slots=True)
class Membership:
    """What is known by its name alone. Changes of who carries what are made one after another."""

    client: Client
    lock: anyio.Lock = field(default_factory=anyio.Lock)

    async def observe(
        self, kinds: Collection[str]
    ) -> tuple[list[Observed], dict[str, ProviderError]]:
        """All objects of these kinds, ours or not; and why some kinds could not be listed."""
        found: list[Observed] = []
        failed: dict[str, ProviderError] = {}
        workers: list[Body] | None = None
        for kind in sorted(kinds):
            try:
                if workers is None and kind != LIMIT.id:
                    workers = await self.client.workers("settings")
                found += await self._all_of(kind, workers or [])
            except ProviderError as error:
                failed[kind] = error
        return found, failed

    async def _all_of(self, kind: str, workers: Sequence[Body]) -> list[Observed]:
        """Every object of one kind; `none`, which every farm has, is left out."""
        if kind == LIMIT.id:
            return [from_limit(each) for each in await self.client.limits()]
        make = from_pool if kind == POOL.id else from_group
        names = await self.client.names(ROUTES[kind])
        return [make(name, workers) for name in names if name.lower() != NONE]

    async def read(self, kind: str, ids: Sequence[str]) -> dict[str, Observed | None]:
        """Each of these, `None` where it is absent."""
        found, failed = await self.observe([kind])
        if failed:
            raise failed[kind]
        there = {each.remote_id: each for each in found}
        return {each: there.get(each) for each in ids}

    async def spelled(self, kind: str, name: str) -> str | None:
        """A name as the farm writes it, whatever the case it is asked for in."""
        if kind == LIMIT.id:
            names: Sequence[str] = [from_limit(each).name for each in await self.client.limits()]
        else:
            names = await self.client.names(ROUTES[kind])
        return next((each for each in names if each.lower() == name.lower()), None)

    async def resolve(self, kind: str, name: str) -> str:
        """
        Raises:
            NotFound: there is none of this name.
        """
        if await self.spelled(kind, name) is None:
            raise NotFound(_absent(kind, name))
        return remote_id(_IN_IDS[kind], name)

    async def create(self, request: Request) -> str:
        """The remote id of what is there now.

        Raises:
            Conflict: somebody else has made it since the plan.
            ProviderError: with an unknown effect once it may be there, with workers or without.
        """
        kind, name = request.resource.kind, farm_name(request)
        if await self.spelled(kind, name) is not None:
            raise Conflict(_made_by_others(kind, name))
        try:
            await self._add(request, name)
            await self._bring(request, _MEMBERS)
        except ProviderError as error:
            if error.effect is Effect.NONE and await self._is_absent(kind, name):
                raise
            raise type(error)(error.problem, effect=Effect.UNKNOWN) from None
        return remote_id(_IN_IDS[kind], name)

    async def _add(self, request: Request, name: str) -> None:
        if request.resource.kind == LIMIT.id:
            await self.client.set_limit(limit_set(request))
        else:
            await self.client.add_name(ROUTES[request.resource.kind], name)

    async def _is_absent(self, kind: str, name: str) -> bool:
        """Whether it is surely not there."""
        try:
            return await self.spelled(kind, name) is None
        except ProviderError:
            return False

    async def update(self, request: Request, changed: Collection[str]) -> None:
        """
        Raises:
            NotFound: it is gone.
        """
        kind, name = request.resource.kind, farm_name(request)
        if await self.spelled(kind, name) is None:
            raise NotFound(_absent(kind, name))
        if kind == LIMIT.id:
            await self.client.set_limit(limit_set(request))
        await self._bring(request, changed)

    async def _bring(self, request: Request, changed: Collection[str]) -> None:
        """Have exactly the workers carry it that the request names."""
        if request.resource.kind == LIMIT.id:
            return
        route = ROUTES[request.resource.kind]
        async with self.lock:
            workers = await self.client.workers("settings")
            for change in pool_changes(request, workers, changed):
                match change:
                    case Give(body):
                        await self.client.give_workers(route, body)
                    case Take(query):
                        await self.client.take_from_workers(route, query)

    async def remove(self, kind: str, remote_id: str) -> None:
        """One DELETE that names it alone; absent is done."""
        name = await self.spelled(kind, name_of(remote_id))
        if name is None:
            return
        try:
            await self.client.remove_name(ROUTES[kind], name)
        except Unavailable:
            if not await self._is_absent(kind, name):
                raise


def _absent(kind: str, name: str) -> Problem:
    return Problem(
        code=NotFound.code,
        summary=f"the farm has no {_word(kind)} '{name[:80]}'",
        cause="its list of names was read, and does not hold it",
        remedy="check the name, or make it",
    )


def _made_by_others(kind: str, name: str) -> Problem:
    return Problem(
        code=Conflict.code,
        summary=f"the farm has a {_word(kind)} '{name[:80]}' by now, and it is not ours",
        cause="it was not there when the plan was made; nothing tells who made it",
        remedy="plan again, and adopt it or give yours another name",
    )


def _word(kind: str) -> str:
    return kind.rpartition("/")[2].lower()
