"""The routes of Flow's storage API that uploads and downloads need: one method each.

Source: Flow Graph Engine API v1, storage reference; resource transfer; public sample programs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from reconciler.answers import unusable
from reconciler.errors import NotFound
from reconciler.providers.flow.service import NONE, WHOSE, Body, Service, Texts

SCRATCH = "scratch:@default"
MOST_URLS = 25
"""URLs that one request may ask for."""
LINK_MINUTES = 60

GET_RESOURCE = "GET /spaces/{spaceId}/resources/{resourceId}"
DOWNLOAD_URLS = "POST /spaces/{spaceId}/resources:batch-get-download-urls"
BEGIN_UPLOAD = "POST /spaces/{spaceId}/uploads"
COMPLETE_UPLOAD = "POST /spaces/{spaceId}/uploads:complete"
STORAGE_LIMITS: Mapping[str, float] = MappingProxyType(
    dict.fromkeys((GET_RESOURCE, DOWNLOAD_URLS, BEGIN_UPLOAD, COMPLETE_UPLOAD), 60.0)
)
"""Requests a minute of one app; where the table could not be read, as for those that stand in it.

Source: Flow Graph Engine API v1, rate limits.
"""


@dataclass(frozen=True, slots=True)
class Resource:
    """A file in a space; `urn` is what jobs name it by, and tells nothing else."""

    urn: str
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload under way: a presigned URL for each of its parts, in order."""

    upload_id: str
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Storage:
    """One method per route. Resources of jobs are asked for with the region of their queue."""

    service: Service

    async def resource(self, resource_id: str) -> Resource | None:
        """A file in the scratch space; `None` where there is none."""
        path = f"/spaces/{SCRATCH}/resources/{quote(resource_id, safe='')}"
        try:
            body = await self.service.get(GET_RESOURCE, path)
        except NotFound:
            return None
        size = body.get("size")
        return Resource(_text(body, "urn"), size if type(size) is int else None)

    async def begin(self, resource_id: str, parts: int) -> Upload:
        """A new upload of at most 25 parts to the scratch space; only its end makes anything."""
        wanted: Body = {"resourceId": resource_id, "uploadUrls": {"partId": 1, "numParts": parts}}
        path = f"/spaces/{SCRATCH}/uploads?expirationInMinutes={LINK_MINUTES}"
        body = await self.service.ask(BEGIN_UPLOAD, path, wanted)
        head, links = body.get("upload"), body.get("urls")
        urls = tuple(_text(each, "url") for each in links) if isinstance(links, list) else ()
        if len(urls) != parts:
            raise unusable(WHOSE, "an upload has not as many URLs as were asked for")
        return Upload(_text(head, "id"), urls)

    async def complete(self, resource_id: str, upload_id: str, etags: Sequence[str]) -> None:
        """Make a resource of these parts, which are numbered from 1 on; is sent once."""
        parts = [{"partId": n, "etag": etag} for n, etag in enumerate(etags, start=1)]
        wanted: Body = {"resourceId": resource_id, "uploadId": upload_id, "parts": parts}
        path = f"/spaces/{SCRATCH}/uploads:complete"
        await self.service.make(COMPLETE_UPLOAD, path, wanted)

    async def download_urls(
        self, space: str, resource_ids: Sequence[str], headers: Texts = NONE
    ) -> Mapping[str, str]:
        """A presigned URL for each of at most 25 resources of one space.

        Raises:
            NotFound: the space or one of them is gone.
        """
        path = f"/spaces/{quote(space, safe=':@')}/resources:batch-get-download-urls"
        wanted = {"resources": [{"resourceId": each} for each in resource_ids]}
        body = await self.service.ask(DOWNLOAD_URLS, path, wanted, headers)
        results = body.get("results")
        listed: list[Body] = results if isinstance(results, list) else []
        urls = {_text(each, "resourceId"): _text(each, "url") for each in listed}
        if not urls.keys() >= {*resource_ids}:
            raise unusable(WHOSE, "not all resources that were asked for have a URL")
        return urls


def _text(body: Any, name: str) -> str:
    value = body.get(name) if isinstance(body, Mapping) else None
    if not isinstance(value, str) or not value:
        raise unusable(WHOSE, f"{name} is missing, or no text")
    return value
