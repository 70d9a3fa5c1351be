"""What a job leaves: its logs as text, and where its outputs are.

Source: Flow Graph Engine API v1, outputs and logs: `path` is `/<task>/<execution>/<name>`.
"""

from __future__ import annotations

import codecs
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from reconciler.errors import NotFound, Problem
from reconciler.ports import Output
from reconciler.providers.flow.client import Client
from reconciler.providers.flow.messages import title_and_detail
from reconciler.providers.flow.service import Body
from reconciler.providers.flow.storage import MOST_URLS, Storage
from reconciler.providers.flow.transfer import Transfer

LOG_CAP_BYTES = 256 << 20
"""Of one log, decoded."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A file that an execution left."""

    path: str
    space: str
    resource_id: str
    urn: str = ""

    @property
    def execution(self) -> str:
        """The number of the execution it is of, as text; a task's name may hold slashes."""
        return self.path.rpartition("/")[0].rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Results:
    """Reads what is kept of one job at a time."""

    client: Client
    storage: Storage
    transfer: Transfer

    async def outputs(self, queue: str, job_id: str) -> Mapping[str, str]:
        """The URN of each output by its path; empty while there are none.

        Raises:
            NotFound: there is no such job.
        """
        kept = _kept(await self.client.parts(queue, job_id, "outputs"))
        return {each.path: each.urn or f"{each.space}/{each.resource_id}" for each in kept}

    async def logs(self, queue: str, job_id: str, wanted: Output) -> AsyncIterator[str]:
        """The logs of all executions, each under its path where they are several.

        What went wrong is no log at Flow: it is told by the executions themselves.

        Raises:
            NotFound: there is no such job, or no log of that execution beside others.
        """
        if wanted.is_error:
            for text in await self._failures(queue, job_id, wanted.instance):
                yield text
            return
        found = list(_kept(await self.client.parts(queue, job_id, "logs")))
        logs = [each for each in found if wanted.instance in (None, _number(each.execution))]
        if found and not logs:
            raise NotFound(_no_execution(job_id, wanted.instance))
        for space, inside in groupby(logs, key=lambda each: each.space):
            async for text in self._texts(queue, space, list(inside), titled=len(logs) > 1):
                yield text

    async def _texts(
        self, queue: str, space: str, logs: list[_Kept], *, titled: bool
    ) -> AsyncIterator[str]:
        for start in range(0, len(logs), MOST_URLS):
            some = logs[start : start + MOST_URLS]
            ids = [each.resource_id for each in some]
            urls = await self.storage.download_urls(space, ids, self.client.region(queue))
            for each in some:
                if titled:
                    yield f"==> {each.path} <==\n"
                async for text in self._text(urls[each.resource_id]):
                    yield text

    async def _text(self, url: str) -> AsyncIterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        async for chunk in self.transfer.get(url, LOG_CAP_BYTES):
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)

    async def _failures(self, queue: str, job_id: str, instance: int | None) -> list[str]:
        executions = await self.client.parts(queue, job_id, "executions")
        return [
            f"{each.get('taskName') or 'execution'} {each.get('index', number)}: {said}\n"
            for number, each in enumerate(executions)
            if instance in (None, each.get("index", number))
            and (said := title_and_detail(each.get("error")))
        ]


def _kept(entries: Iterable[Body]) -> Iterator[_Kept]:
    """What can be fetched of these entries; one that does not say where it is is left out."""
    for each in entries:
        match each:
            case {"path": str(path), "spaceId": str(space), "resourceId": str(resource)}:
                yield _Kept(path, space, resource, str(each.get("urn") or ""))


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _no_execution(job_id: str, instance: int | None) -> Problem:
    return Problem(
        code=NotFound.code,
        summary=f"job {job_id} has no log of execution {instance}",
        cause="executions are counted from 0, in each task",
        remedy="ask for the logs of all of them",
    )
