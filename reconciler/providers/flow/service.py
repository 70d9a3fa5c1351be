"""One service of the API: what all its routes have in common, pages above all.

Source: Flow Graph Engine API v1, pagination: `nextUrl` is called usable as it is, and its sample is
relative to the host; a page may be empty and not the last.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from reconciler.answers import unusable
from reconciler.providers.call import Call, CallKind, Expects, Reply
from reconciler.providers.http import Transport
from reconciler.providers.origin import same_origin
from reconciler.values import Json

Body = dict[str, Any]
Texts = Mapping[str, str]

WHOSE = "Flow's"
"""Whose answer an error is about."""
MAX_PAGES = 10_000
NONE: Texts = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Page:
    """Some items of a list, and the vendor's time when it was answered."""

    items: list[Body]
    date: datetime | None


@dataclass(frozen=True, slots=True)
class Service:
    """The way to one service and the path its routes begin with.

    A route is named as in the vendor's table of rate limits: `POST /queues/{queueId}/jobs`.
    `deadline_s` bounds what ends something or only prepares, with its wait for a turn.
    """

    transport: Transport
    base_path: str
    deadline_s: float

    async def pages(
        self, route: str, path: str, headers: Texts = NONE, query: Texts = NONE
    ) -> AsyncIterator[Page]:
        """The pages of a list, in the vendor's order; what moves meanwhile may come twice.

        Raises:
            UnexpectedReply: a page is not of the promised shape, leads to another origin, or to one
                that was there before.
        """
        reply = await self._read(route, f"{self.base_path}{path}", headers, query)
        seen: set[str] = set()
        for _ in range(MAX_PAGES):
            page = _object(reply)
            yield Page(_objects(page.get("results")), reply.date)
            link = _next(page)
            if link is None:
                return
            url = same_origin(self.transport.origin, link)
            if url in seen:
                break
            seen.add(url)
            reply = await self._read(route, url, headers)
        raise unusable(WHOSE, "its list of pages does not come to an end")

    async def get(self, route: str, path: str, headers: Texts = NONE) -> Body:
        """One object."""
        return _object(await self._read(route, f"{self.base_path}{path}", headers))

    async def ask(self, route: str, path: str, json: Json, headers: Texts = NONE) -> Body:
        """What is answered to a POST that changes nothing of worth: it may be sent again."""
        call = self._call(route, path, CallKind.IDEMPOTENT, json, headers)
        return _object(await self.transport.send(call))

    async def make(
        self,
        route: str,
        path: str,
        json: Json,
        headers: Texts = NONE,
        deadline_s: float | None = None,
    ) -> Reply:
        """The answer to a POST that is sent again only when it surely did nothing."""
        call = self._call(route, path, CallKind.CREATE, json, headers)
        return await self.transport.send(replace(call, deadline_s=deadline_s or self.deadline_s))

    async def end(self, route: str, path: str, json: Json = None, headers: Texts = NONE) -> None:
        """A request that comes to the same when it is sent again; its answer holds nothing."""
        call = self._call(route, path, CallKind.IDEMPOTENT, json, headers)
        await self.transport.send(replace(call, expects=Expects.EMPTY))

    async def _read(self, route: str, path: str, headers: Texts, query: Texts = NONE) -> Reply:
        call = Call("GET", path, CallKind.READ, query=query, endpoint=route, headers=headers)
        return await self.transport.send(call)

    def _call(self, route: str, path: str, kind: CallKind, json: Json, headers: Texts) -> Call:
        return Call(
            route.partition(" ")[0],
            f"{self.base_path}{path}",
            kind,
            json=json,
            endpoint=route,
            deadline_s=self.deadline_s,
            headers=headers,
        )


def _next(page: Body) -> str | None:
    pagination = page.get("pagination")
    link = pagination.get("nextUrl") if isinstance(pagination, Mapping) else None
    if link is not None and not isinstance(link, str):
        raise unusable(WHOSE, "the link to the next page is no text")
    return link or None


def _object(reply: Reply) -> Body:
    if not isinstance(reply.json, dict):
        raise unusable(WHOSE, "an object was expected")
    return reply.json


def _objects(items: Any) -> list[Body]:
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        raise unusable(WHOSE, "a page holds no list of objects")
    return items
