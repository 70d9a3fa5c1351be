"""Files of the workspace in Flow's scratch space: each content once, under its own digest.

A resource's id is made of the digest of its content, so that what is there under it is what was
planned, whoever brought it, and bringing it twice makes no second one.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from typing import BinaryIO

import anyio
import anyio.to_thread

from reconciler.errors import ConfigError, Conflict, Effect, Problem, ProviderError, Rejected
from reconciler.ports import Files
from reconciler.providers.at_once import at_once
from reconciler.providers.flow.storage import MOST_URLS, Storage
from reconciler.providers.flow.transfer import Transfer

PART_BYTES = 8 << 20
MOST_PART_BYTES = 64 << 20
MOST_BYTES = MOST_URLS * MOST_PART_BYTES
"""As much as one request for URLs serves: how to ask for more is not documented."""
_FILES_AT_ONCE = 2
"""Each holds one part in memory."""
_TRIES = 3


def resource_id(digest: str) -> str:
    """The id of a content in the scratch space; without a slash, which ids may not all hold."""
    return f"rc-{digest}"


def part_bytes(size_bytes: int) -> int:
    """How large each part of a file is but the last, which may be smaller."""
    return max(PART_BYTES, ceil(size_bytes / MOST_URLS))


@dataclass(slots=True)
class Uploads:
    """What one process has brought to Flow, or found there."""

    storage: Storage
    transfer: Transfer
    files: Files
    _urns: dict[str, str] = field(default_factory=dict)
    """By digest."""
    _locks: dict[str, anyio.Lock] = field(default_factory=dict)

    def urns(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """The URN of each staged file by its path; `files` has their digests."""
        return {path: self._urns[each] for path, each in files.items() if each in self._urns}

    async def stage(self, files: Mapping[str, str]) -> None:
        """Bring all that is not there; `files` has SHA-256 digests in hex, by path.

        Raises:
            Rejected: a file is not there any more, has changed since it was planned, or is larger
                than 1600 MiB.
        """
        paths = {digest: path for path, digest in files.items()}
        await at_once(self._stage_one, list(paths.items()), _FILES_AT_ONCE)

    async def _stage_one(self, wanted: tuple[str, str]) -> None:
        digest, path = wanted
        async with self._locks.setdefault(digest, anyio.Lock()):
            if digest not in self._urns:
                with _opened(self.files, path) as file:
                    self._urns[digest] = await self._brought(path, digest, file)

    async def _brought(self, path: str, digest: str, file: BinaryIO) -> str:
        """The URN of a content that is there, or is there now.

        An answer that was lost is looked for before anything is sent again, and so is what a URL
        that had run out has kept from being sent.
        """
        size_bytes = file.seek(0, os.SEEK_END)
        if size_bytes > MOST_BYTES:
            raise Rejected(_too_large(path, size_bytes))
        urn, error = await self._urn(digest, size_bytes), None
        for _ in range(_TRIES):
            if urn is not None:
                return urn
            try:
                await self._send(path, digest, file, size_bytes)
            except ProviderError as refused:
                error = refused
                if error.effect is Effect.NONE and not isinstance(error, Conflict):
                    raise
            urn = await self._urn(digest, size_bytes)
        if urn is None:
            raise type(error)(error.problem) if error else Conflict(_not_there(path))
        return urn

    async def _urn(self, digest: str, size_bytes: int) -> str | None:
        found = await self.storage.resource(resource_id(digest))
        return found.urn if found is not None and found.size_bytes == size_bytes else None

    async def _send(self, path: str, digest: str, file: BinaryIO, size_bytes: int) -> None:
        size = part_bytes(size_bytes)
        upload = await self.storage.begin(resource_id(digest), max(1, ceil(size_bytes / size)))
        hashed, etags = hashlib.sha256(), []
        file.seek(0)
        for url in upload.urls:
            content = await anyio.to_thread.run_sync(file.read, size)
            await anyio.to_thread.run_sync(hashed.update, content)
            etags.append(await self.transfer.put(url, content))
        if hashed.hexdigest() != digest:
            raise Rejected(_changed(path))
        await self.storage.complete(resource_id(digest), upload.upload_id, etags)


@contextmanager
def _opened(files: Files, path: str) -> Iterator[BinaryIO]:
    try:
        file = files.open(path)
    except ConfigError as error:
        raise Rejected(error.problems[0]) from None
    with file:
        yield file


def _changed(path: str) -> Problem:
    return Problem(
        code=Rejected.code,
        summary=f"the file {path} has changed since it was planned",
        cause="what was reviewed is what is sent, and nothing else",
        remedy="run plan again",
    )


def _too_large(path: str, size_bytes: int) -> Problem:
    return Problem(
        code=Rejected.code,
        summary=f"the file {path} is too large to be uploaded",
        cause=f"it has {size_bytes >> 20} MiB, and at most {MOST_BYTES >> 20} MiB are taken",
        remedy="upload it by other means, and name its URN as source: {uri: URN}",
    )


def _not_there(path: str) -> Problem:
    return Problem(
        code=Conflict.code,
        summary=f"the file {path} was uploaded and is not there",
        cause="Flow took its parts and shows no resource of that size",
        remedy="run the command again later",
    )
