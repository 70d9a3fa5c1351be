"""Presigned URLs: who has one needs no token, and a token sent there has gone too far.

Source: page on resource transfer of the storage API; public sample programs.
"""

import re
from dataclasses import replace
from email.utils import formatdate

from reconciler.sandbox.flow.spaces import Spaces
from reconciler.sandbox.flow.stored import Link, Resource, etag_of
from reconciler.sandbox.flow.world import World
from reconciler.sandbox.vendor import Answer, Call

PREFIX = "/presigned/"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_DAY_S = 86_400
_ANY_TYPE = "application/octet-stream"
_HEADER_OF = {
    "cacheControl": "cache-control",
    "contentDisposition": "content-disposition",
    "contentEncoding": "content-encoding",
}


class Links:
    """Gives out presigned URLs and serves them."""

    def __init__(self, world: World, spaces: Spaces) -> None:
        self._world = world
        self._spaces = spaces

    def url(self, link: Link, base_url: str) -> str:
        """A new URL for this."""
        self._forget_expired()
        key = self._world.hidden(f"link {self._world.new_uuid()}")
        self._world.links[key] = link
        return f"{base_url}{PREFIX}{'put' if link.upload_id else 'get'}/{key}"

    def _forget_expired(self) -> None:
        links, now_s = self._world.links, self._now_s()
        while links and (oldest := next(iter(links))) and links[oldest].expires_s + _DAY_S <= now_s:
            del links[oldest]

    def _now_s(self) -> float:
        return self._world.expiry_now_s()

    def serve(self, call: Call) -> Answer:
        """The answer to a call of such a URL."""
        verb, _, key = call.path.removeprefix(PREFIX).partition("/")
        link = self._world.links.get(key)
        if link is None or verb != ("put" if link.upload_id else "get"):
            return _refusal(404, "NoSuchKey")
        refuses = self._world.switches["bearer_to_presigned"] == "refuse"
        if refuses and "authorization" in call.headers:
            return _refusal(400, "InvalidArgument")
        if link.expires_s <= self._now_s() or call.expires_token:
            return _refusal(403, "AccessDenied")
        if link.upload_id:
            return self._put(link, call)
        return self._get(link, call)

    def _put(self, link: Link, call: Call) -> Answer:
        upload = self._world.uploads.get(link.upload_id)
        if call.method != "PUT":
            return _refusal(405, "MethodNotAllowed")
        if upload is None or upload.is_complete:
            return _refusal(404, "NoSuchUpload")
        upload.parts[link.part_id] = call.body
        return Answer(200, headers=(("ETag", etag_of(call.body)),))

    def _get(self, link: Link, call: Call) -> Answer:
        if call.method not in {"GET", "HEAD"}:
            return _refusal(405, "MethodNotAllowed")
        resource = self._spaces.linked(link)
        if resource is None:
            return _refusal(404, "NoSuchKey")
        said = resource.headers | link.headers
        kind = said.get("contentType", _ANY_TYPE)
        headers = _headers(resource, said)
        span = _RANGE.fullmatch(call.headers.get("range", ""))
        if span is None or not any(span.groups()):
            return Answer(200, resource.content, kind, headers)
        return _part(resource.content, span, Answer(206, b"", kind, headers))


def _headers(resource: Resource, said: dict[str, str]) -> tuple[tuple[str, str], ...]:
    # what a client wanted said is no header any more when it could end one
    safe = {name: text for name, text in said.items() if text.isascii() and text.isprintable()}
    return (
        ("ETag", etag_of(resource.content)),
        ("Last-Modified", formatdate(resource.made_s, usegmt=True)),
        ("Accept-Ranges", "bytes"),
        *((_HEADER_OF[name], text) for name, text in safe.items() if name in _HEADER_OF),
    )


def _part(content: bytes, span: re.Match[str], whole: Answer) -> Answer:
    size = len(content)
    if span[1]:
        first, last = int(span[1]), min(int(span[2] or size - 1), size - 1)
    else:
        first, last = max(0, size - int(span[2])), size - 1
    if first > last:
        return Answer(416, headers=(("Content-Range", f"bytes */{size}"),))
    headers = (*whole.headers, ("Content-Range", f"bytes {first}-{last}/{size}"))
    return replace(whole, body=content[first : last + 1], headers=headers)


def _refusal(status: int, code: str) -> Answer:
    body = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code></Error>"
    return Answer(status, body.encode(), "application/xml")
