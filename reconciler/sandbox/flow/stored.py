"""What the auth and storage services remember."""

import hashlib
from dataclasses import dataclass, field

NEVER_S = 1e12


def etag_of(content: bytes) -> str:
    """The ETag of these bytes, with its quotes."""
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


@dataclass(frozen=True, slots=True)
class Token:
    """An access token; `expires_s` is by the clock of expiry."""

    app: str
    scopes: tuple[str, ...]
    expires_s: float


@dataclass(frozen=True, slots=True)
class Resource:
    """A file in a scratch space; `headers` are what its uploader wants downloads to say."""

    content: bytes
    made_s: float
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Upload:
    """An upload on its way; `parts` are the bytes that came, by part id."""

    id: str
    app: str
    resource_id: str
    headers: dict[str, str] = field(default_factory=dict)
    parts: dict[int, bytes] = field(default_factory=dict)
    is_complete: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """What a presigned URL is for: a part of an upload, or a resource of a space.

    `expires_s` is by the clock of expiry; `headers` go with each answer.
    """

    app: str
    expires_s: float
    upload_id: str = ""
    part_id: int = 0
    space_id: str = ""
    resource_id: str = ""
    headers: dict[str, str] = field(default_factory=dict)
