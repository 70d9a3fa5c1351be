"""Deadline's routes: one method each, and the one table of what its answers mean.

Source: Deadline 10 REST pages; the standalone Python API for bare `Success` and `_id` answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from reconciler.answers import unnamed, unusable
from reconciler.errors import (
    Effect,
    Problem,
    ProviderError,
    Rejected,
)
from reconciler.providers.body import parse_json
from reconciler.providers.call import Call, CallKind, Expects, Reply
from reconciler.providers.deadline.listing import Body, JobArray, Jobs, Wanted
from reconciler.providers.http import Transport
from reconciler.providers.redact import excerpt
from reconciler.providers.statuses import error_of

WHOSE = "the Web Service's"
"""Whose answer an error is about."""
LIST_CAP_BYTES = 4 << 30
LIST_ATTEMPT_S = 300.0
LIST_DEADLINE_S = 900.0
"""A list of 400 MB over a slow line; `timeouts.readS` still ends one that stands still."""
IDS_A_READ = 100
"""Ids in one query: 2.7 KB of the 8 KB that web servers take as a request's first line."""
TASKS_CAP_BYTES = 256 << 20
_NO_QUERY: Mapping[str, str] = MappingProxyType({})
_ALSO_REFUSES = frozenset({500})


def translate_error(status: int, reply: Reply) -> ProviderError:
    """The error of an answer that is not 2xx.

    A 500 stands for every exception of the server: an unknown job, a refused transition, a broken
    database. Only reading tells them apart.
    """
    if status == 501:
        return Rejected(
            Problem(
                Rejected.code,
                "the Web Service does not offer this call",
                cause=f"status 501: {excerpt(reply.text)}",
                remedy="check the provider's url, and that the farm runs Deadline 10.1 or newer",
            )
        )
    return error_of(status, reply)


class Client:
    """One method per route; bodies in, bodies out. `deadline_s` bounds one request that writes.

    A command that is answered by 500 is not sent again: its `Unavailable` may be a refusal, and
    says nothing of its effect.
    """

    __slots__ = ("_transport", "deadline_s")

    def __init__(self, transport: Transport, deadline_s: float) -> None:
        self._transport = transport
        self.deadline_s = deadline_s

    # --- jobs -------------------------------------------------------------------------------------

    async def all_jobs(self, wanted: Wanted, *, deleted: bool = False) -> Jobs:
        """The list of all jobs, or of all deleted ones, read to its end.

        Raises:
            UnexpectedReply: it is not whole.
        """
        call = Call(
            "GET",
            "/api/jobs",
            CallKind.READ,
            query=_DELETED if deleted else _NO_QUERY,
            body_cap=LIST_CAP_BYTES,
            endpoint="GET /api/jobs",
            deadline_s=LIST_DEADLINE_S,
            attempt_s=LIST_ATTEMPT_S,
        )
        return await self._transport.pour(call, lambda: JobArray(wanted))

    async def job_ids(self, *, deleted: bool = False) -> frozenset[str]:
        """Ids of all jobs, or of all deleted ones."""
        query = {**(_DELETED if deleted else _NO_QUERY), "IdOnly": "true"}
        return frozenset(await self._texts("/api/jobs", query))

    async def jobs(self, ids: Sequence[str], *, deleted: bool = False) -> list[Body]:
        """Those of at most 100 jobs that are there; a server may answer 500 where one is not.

        Raises:
            Unavailable: also when one of them is unknown.
        """
        query = {"JobID": ",".join(ids), **(_DELETED if deleted else _NO_QUERY)}
        found = await self._get("/api/jobs", query, refusing=_ALSO_REFUSES)
        bodies = _objects(found, "the list of jobs")
        if not all(isinstance(each.get("Props"), dict) and each.get("_id") for each in bodies):
            raise unusable(WHOSE, "a job has no id, or no properties")
        return bodies

    async def submit(self, body: Body) -> str:
        """The id of the new job."""
        reply = await self._transport.send(
            Call(
                "POST",
                "/api/jobs",
                CallKind.CREATE,
                json=body,
                endpoint="POST /api/jobs",
                deadline_s=self.deadline_s,
            )
        )
        answer = reply.json if isinstance(reply.json, Mapping) else {}
        job_id = answer.get("_id")
        if not isinstance(job_id, str) or not job_id:
            raise unnamed(WHOSE, "job")
        return job_id

    async def command(self, name: str, job_id: str, **more: Any) -> None:
        """A command for one job that may safely be sent again."""
        await self._put("/api/jobs", {"Command": name, "JobID": job_id, **more})

    async def append(self, job_id: str, frames: str, deadline_s: float) -> None:
        """Frames behind those of a job: never sent again, as that would add them twice."""
        body = {"Command": "appendjobframerange", "JobID": job_id, "FrameList": frames}
        await self._command(
            Call("PUT", "/api/jobs", CallKind.WRITE, json=body, deadline_s=deadline_s)
        )

    async def save(self, job: Body) -> None:
        """Store a whole job object that was read a moment ago."""
        await self._put("/api/jobs", {"Command": "save", "Job": job})

    async def delete_job(self, job_id: str) -> None:
        await self._delete("/api/jobs", {"JobID": job_id})

    async def tasks(self, job_id: str) -> Any:
        """A job's tasks, in whatever container the server has them."""
        return await self._get(
            "/api/tasks", {"JobID": job_id}, body_cap=TASKS_CAP_BYTES, refusing=_ALSO_REFUSES
        )

    # --- pools, groups, limits, workers -----------------------------------------------------------

    async def names(self, collection: str) -> Sequence[str]:
        """All `pools` or `groups`."""
        return await self._texts(f"/api/{collection}", _NO_QUERY)

    async def add_name(self, collection: str, name: str) -> None:
        """One more pool or group; one that is there stays as it is."""
        await self._repeatable("POST", f"/api/{collection}", json={_KEY[collection]: name})

    async def remove_name(self, collection: str, name: str) -> None:
        """Remove one pool, group or limit, and nothing else.

        Raises:
            Rejected: the name would be read as several.
        """
        if "," in name or name != name.strip() or not name:
            raise Rejected(_several_names(name))
        await self._delete(f"/api/{collection}", {_KEY[collection]: name})

    async def give_workers(self, collection: str, body: Body) -> None:
        """Add pools or groups to workers, or set the list of one worker."""
        await self._put(f"/api/{collection}", body)

    async def take_from_workers(self, collection: str, query: Mapping[str, str]) -> None:
        """Take pools or groups away from workers."""
        await self._delete(f"/api/{collection}", query)

    async def limits(self) -> list[Body]:
        return _objects(await self._get("/api/limitgroups"), "the list of limits")

    async def set_limit(self, body: Body) -> None:
        """Create a limit, or change what the body names of it."""
        await self._put("/api/limitgroups", body)

    async def workers(self, of: str) -> list[Body]:
        """All workers: their `settings`, or their `infosettings`."""
        found = await self._get("/api/slaves", {"Data": of}, body_cap=TASKS_CAP_BYTES)
        return _objects(found, "the list of workers")

    async def maximum_priority(self) -> int:
        """The highest priority that a job of this farm may have."""
        found = await self._get("/api/maximumpriority", refusing=_ALSO_REFUSES)
        if not isinstance(found, int) or isinstance(found, bool):
            raise unusable(WHOSE, "the maximum priority is no number")
        return found

    # --- reports ----------------------------------------------------------------------------------

    async def reports(self, job_id: str, task: int | None, of: str) -> list[Body]:
        """The `log` or `error` reports of a job or of one task; none where the answer is a text."""
        found = await self._report(job_id, task, {"Data": of})
        return _objects(found, "the list of reports") if isinstance(found, list) else []

    async def report_text(self, job_id: str, task: int | None, of: str, report: str) -> str:
        """The text of one report, whatever it is wrapped in."""
        query = {"Data": f"{of}contents", "ReportID": report}
        found = await self._report(job_id, task, query)
        texts = found if isinstance(found, list) else [found]
        return "".join(each for each in texts if isinstance(each, str))

    async def _report(self, job_id: str, task: int | None, query: Mapping[str, str]) -> Any:
        path = "/api/jobreports" if task is None else "/api/taskreports"
        number = {} if task is None else {"TaskID": str(task)}
        call = Call(
            "GET",
            path,
            CallKind.READ,
            query={"JobID": job_id, **number, **query},
            expects=Expects.TEXT,
            body_cap=TASKS_CAP_BYTES,
            endpoint=f"GET {path}",
            refusing=_ALSO_REFUSES,
        )
        reply = await self._transport.send(call)
        try:
            return parse_json(reply.content)
        except ValueError:
            return reply.text

    def vendor_now(self) -> datetime | None:
        return self._transport.vendor_time

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def _get(self, path: str, query: Mapping[str, str] = _NO_QUERY, **limits: Any) -> Any:
        call = Call("GET", path, CallKind.READ, query=query, endpoint=f"GET {path}", **limits)
        return (await self._transport.send(call)).json

    async def _texts(self, path: str, query: Mapping[str, str]) -> Sequence[str]:
        found = await self._get(path, query)
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise unusable(WHOSE, f"the answer to {path} is no list of texts")
        return found

    async def _put(self, path: str, body: Body) -> None:
        await self._repeatable("PUT", path, json=body)

    async def _delete(self, path: str, query: Mapping[str, str]) -> None:
        await self._repeatable("DELETE", path, query=query)

    async def _repeatable(self, method: str, path: str, **what: Any) -> None:
        """A command that does the same when it comes twice."""
        await self._command(
            Call(
                method,
                path,
                CallKind.IDEMPOTENT,
                deadline_s=self.deadline_s,
                refusing=_ALSO_REFUSES,
                **what,
            )
        )

    async def _command(self, call: Call) -> None:
        endpoint = f"{call.method} {call.path}"
        call = replace(call, expects=Expects.TEXT, endpoint=endpoint)
        said = (await self._transport.send(call)).text.strip().strip('"')
        if said != "Success":
            cause = f"a command was answered by: {excerpt(said)}"
            raise unusable(WHOSE, cause, effect=Effect.UNKNOWN)


_DELETED: Mapping[str, str] = MappingProxyType({"Deleted": "true"})
_KEY: Mapping[str, str] = MappingProxyType(
    {"pools": "Pool", "groups": "Group", "limitgroups": "Names"}
)


def _objects(found: Any, what: str) -> list[Body]:
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise unusable(WHOSE, f"{what} is no list of objects")
    return found


def _several_names(name: str) -> Problem:
    return Problem(
        code=Rejected.code,
        summary=f"'{excerpt(name, 80)}' can't be removed over the Web Service",
        cause="it reads a comma in a name as the end of one name and the start of the next",
        remedy="remove it in the Monitor",
    )
