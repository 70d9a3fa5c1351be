"""Qarnot's routes: one method each, and the one table of what its answers mean.

Source: Compute API v1.0 page; qarnot-sdk-python 2.23 for error texts.
"""

from __future__ import annotations

import codecs
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from reconciler.answers import unnamed, unusable
from reconciler.errors import (
    AlreadyExists,
    Conflict,
    NotFound,
    Problem,
    ProviderError,
    QuotaExceeded,
    Rejected,
    UnexpectedReply,
)
from reconciler.providers.call import Call, CallKind, Expects, Reply
from reconciler.providers.http import Transport
from reconciler.providers.statuses import error_of
from reconciler.values import Json

Body = dict[str, Any]

WHOSE = "Qarnot's"
"""Whose answer an error is about."""
PAGE_SIZE = 100
MAX_PAGES = 10_000


def message_of(reply: Reply) -> str:
    """What the vendor says is wrong, from any of its three shapes of error bodies."""
    body = reply.json
    if not isinstance(body, Mapping):
        return ""
    error = body.get("error")
    nested = error.get("message") if isinstance(error, Mapping) else error
    errors = body.get("errors")
    listed = _flattened(errors) if isinstance(errors, Mapping) else ""
    return str(body.get("message") or nested or listed or body.get("title") or "")


def _flattened(errors: Mapping[str, Any]) -> str:
    """`{"name": ["too long"]}` as `name: too long`."""
    parts = []
    for path, texts in errors.items():
        text = " ".join(map(str, texts)) if isinstance(texts, list) else str(texts)
        parts.append(f"{path}: {text}" if path else text)
    return "; ".join(parts)


def translate_error(status: int, reply: Reply) -> ProviderError:
    """The error of an answer that is not 2xx."""
    message = message_of(reply)
    words = message.lower()
    plain = error_of(status, reply, message)
    if status in (400, 403, 409) and "shortname" in words:
        return AlreadyExists(_taken_problem(message))
    if status == 403 and "maximum number of" in words:
        return QuotaExceeded(_quota_problem(message))
    return plain


def _taken_problem(message: str) -> Problem:
    return Problem(
        code=AlreadyExists.code,
        summary="an object that is not ours already has the shortname we make from the address",
        cause=message[:200],
        remedy="remove that object at Qarnot, or rename the resource",
    )


def _quota_problem(message: str) -> Problem:
    return Problem(
        code=QuotaExceeded.code,
        summary="a quota of the account is used up",
        cause=message[:200],
        remedy="delete what is no longer needed, or ask Qarnot to raise the quota; then run again",
    )


class Client:
    """One method per route; bodies in, bodies out. `deadline_s` bounds one request that writes."""

    __slots__ = ("_transport", "deadline_s")

    def __init__(self, transport: Transport, deadline_s: float) -> None:
        self._transport = transport
        self.deadline_s = deadline_s

    async def pages(
        self, collection: str, filters: Body | None = None
    ) -> AsyncIterator[list[Body]]:
        """The pages of a list, oldest first, each item once as far as the vendor keeps its word.

        Raises:
            UnexpectedReply: the chain of pages has no end, or a page is not of the promised shape.
        """
        token: str | None = None
        size: int | None = PAGE_SIZE
        seen: set[str] = set()
        for _ in range(MAX_PAGES):
            try:
                page = await self._page(collection, filters, token, size)
            except Rejected:
                # quirk: nobody says how large a page may be, or that a larger one is cut;
                # tests/contract/test_qarnot_quirks.py::test_a_refused_page_size_is_given_up
                if size is None:
                    raise
                size = None
                continue
            yield _items(page)
            token = page.get("nextToken")
            if not page.get("isTruncated"):
                return
            if not isinstance(token, str) or token in seen:
                break
            seen.add(token)
        raise unusable(WHOSE, "its list of pages does not come to an end")

    async def _page(
        self, collection: str, filters: Body | None, token: str | None, size: int | None
    ) -> Body:
        body = {
            "token": token,
            "filter": filters,
            "maximumResults": size,
            "orderBy": "creationDate",
            "orderType": "ASC",
        }
        return await self._read("POST", f"/{collection}/paginate", json=body)

    async def get(self, collection: str, name: str) -> Body:
        """One object by uuid or shortname.

        Raises:
            NotFound: there is none.
        """
        return await self._read("GET", f"/{collection}/{quote(name, safe='')}")

    async def create(self, collection: str, body: Body, deadline_s: float) -> str:
        """The uuid of what was made."""
        answer = await self._create(collection, body, deadline_s)
        uuid = answer.get("uuid") if isinstance(answer, Mapping) else None
        if not isinstance(uuid, str) or not uuid:
            raise no_uuid()
        return uuid

    async def create_many(self, collection: str, bodies: Sequence[Body], deadline_s: float) -> Any:
        """What the vendor answers to several creations in one call, as it is: jobs and tasks."""
        return await self._create(collection, list(bodies), deadline_s)

    async def _create(self, collection: str, body: Json, deadline_s: float) -> Any:
        call = Call(
            "POST",
            f"/{collection}",
            CallKind.CREATE,
            json=body,
            endpoint=f"POST /{collection}",
            deadline_s=deadline_s,
        )
        try:
            return (await self._transport.send(call)).json
        except NotFound as error:
            raise creation_error(error) from None

    async def update(self, collection: str, uuid: str, body: Body) -> None:
        await self._write("PUT", f"/{collection}/{uuid}", json=body)

    async def act(self, collection: str, uuid: str, action: str) -> None:
        """`close` a pool; `abort` a task; `terminate` a job."""
        await self._write("POST", f"/{collection}/{uuid}/{action}")

    async def snapshots(self, uuid: str, body: Body) -> None:
        """Set how often a task's results so far are uploaded; an interval of 0 ends that."""
        await self._write("POST", f"/tasks/{uuid}/snapshot/periodic", json=body)

    async def delete(self, collection: str, uuid: str) -> None:
        await self._write("DELETE", f"/{collection}/{uuid}")

    async def tasks_of(self, job: str) -> list[Body]:
        """The tasks of a job."""
        tasks = (await self._send("GET", f"/jobs/{job}/tasks")).json
        return _objects(tasks, "a job")

    async def delete_with_tasks(self, uuid: str) -> None:
        """Delete a job whatever is left in it."""
        await self._write("DELETE", f"/jobs/{uuid}", query={"force": "true"})

    async def account(self) -> Body:
        return await self._read("GET", "/info")

    async def profiles(self) -> Sequence[str]:
        names = (await self._send("GET", "/profiles")).json
        if not isinstance(names, list):
            raise unusable(WHOSE, "its list of profiles is not a list")
        return [str(each) for each in names]

    async def output(
        self, collection: str, uuid: str, stream: str, instance: int | None
    ) -> AsyncIterator[str]:
        """The whole `stdout` or `stderr`, of all instances or of one, as text."""
        of_one = f"/{instance}" if instance is not None else ""
        path = f"/{collection}/{uuid}/{stream}{of_one}"
        call = Call("GET", path, CallKind.READ, expects=Expects.TEXT)
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        async for chunk in self._transport.stream(call):
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)

    def vendor_now(self) -> datetime | None:
        return self._transport.vendor_time

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def _read(self, method: str, path: str, json: Body | None = None) -> Body:
        reply = await self._send(method, path, json)
        if not isinstance(reply.json, dict):
            raise unusable(WHOSE, "an object was expected")
        return reply.json

    async def _send(self, method: str, path: str, json: Body | None = None) -> Reply:
        return await self._transport.send(
            Call(method, path, CallKind.READ, json=json, endpoint=f"{method} {path.split('/')[1]}")
        )

    async def _write(
        self,
        method: str,
        path: str,
        json: Body | None = None,
        query: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        call = Call(
            method,
            path,
            CallKind.IDEMPOTENT,
            query=query,
            json=json,
            expects=Expects.EMPTY,
            endpoint=f"{method} /{path.split('/')[1]}",
            deadline_s=self.deadline_s,
        )
        await self._transport.send(call)


def _items(page: Body) -> list[Body]:
    return _objects(page.get("data"), "a page")


def _objects(items: Any, where: str) -> list[Body]:
    if not isinstance(items, list) or not all(
        isinstance(each, dict) and isinstance(each.get("uuid"), str) for each in items
    ):
        raise unusable(WHOSE, f"{where} holds no list of objects with a uuid")
    return items


def no_uuid() -> UnexpectedReply:
    """The error of an answer that does not tell what was made."""
    return unnamed(WHOSE, "uuid")


def creation_error(error: ProviderError) -> ProviderError:
    """The error of a creation: a 404 speaks of what it names, such as a bucket.

    Source: Compute API v1.0 page, create pool and create task.
    """
    if not isinstance(error, NotFound):
        return error
    return Conflict(
        Problem(
            code=Conflict.code,
            summary="something the creation names does not exist at Qarnot, most likely a bucket",
            cause=error.problem.cause,
            remedy="create the bucket, or correct its name",
        )
    )
