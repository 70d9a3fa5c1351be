"""Uploads: begun, filled part by part through presigned URLs, completed with the parts' ETags.

Source: reference of the storage API, v1; its page on resource transfer; public sample programs.
"""

from dataclasses import replace

from reconciler.sandbox.flow.answers import service_error
from reconciler.sandbox.flow.links import Links
from reconciler.sandbox.flow.spaces import SCRATCH, Space
from reconciler.sandbox.flow.stored import Link, Resource, Upload, etag_of
from reconciler.sandbox.flow.world import World
from reconciler.sandbox.vendor import Json

MOST_URLS = 25
_MOST_PART = 10_000
_HEADERS = ("cacheControl", "contentDisposition", "contentEncoding", "contentType")


class Uploads:
    """The uploads of all apps."""

    def __init__(self, world: World, links: Links) -> None:
        self._world = world
        self._links = links

    def begin(self, app: str, space: Space, wanted: Json) -> Upload:
        """A new upload, nothing of it there yet.

        Raises:
            Refused: 400, without a resource id; 403, the space is not for uploads.
        """
        if space.provider != SCRATCH:
            raise service_error(403, f"space {space.id} takes no uploads")
        resource_id = _text(wanted, "resourceId")
        headers = {name: wanted[name] for name in _HEADERS if isinstance(wanted.get(name), str)}
        upload = Upload(self._world.new_uuid(), app, resource_id, headers)
        self._world.uploads[upload.id] = upload
        return upload

    def found(self, app: str, upload_id: Json, resource_id: Json) -> Upload:
        """The upload of that id, which must be for that resource.

        Raises:
            Refused: 404.
        """
        upload = self._world.uploads.get(upload_id) if isinstance(upload_id, str) else None
        if upload is None or (upload.app, upload.resource_id) != (app, resource_id):
            raise service_error(404, f"upload {upload_id} of resource {resource_id} does not exist")
        return upload

    def shown(self, upload: Upload, space: Space, urls: list[Json]) -> Json:
        """An upload with URLs for its parts."""
        head = {"id": upload.id, "resourceId": upload.resource_id, "spaceId": space.id}
        return {"upload": head, "urls": urls}

    def urls(self, upload: Upload, parts: range, base_url: str, life_s: float) -> list[Json]:
        """A presigned URL for each of these parts."""
        link = Link(upload.app, self._world.expiry_now_s() + life_s, upload_id=upload.id)
        return [
            {"partId": part, "url": self._links.url(replace(link, part_id=part), base_url)}
            for part in parts
        ]

    def complete(self, app: str, space: Space, wanted: Json) -> Json:
        """Make the resource of an upload out of the parts that are named.

        Raises:
            Refused: 400 for a part that is missing or another; 404 for an upload that is not open.
        """
        upload = self.found(app, wanted.get("uploadId"), _text(wanted, "resourceId"))
        accepts_again = self._world.switches["complete_twice"] == "accept"
        if upload.is_complete and not accepts_again:
            raise service_error(404, f"upload {upload.id} is not open")
        if not upload.is_complete:
            content = self._content(upload, wanted.get("parts"))
            asked = {name: wanted[name] for name in _HEADERS if isinstance(wanted.get(name), str)}
            resource = Resource(content, self._world.clock.now_s(), upload.headers | asked)
            self._world.resources[app, upload.resource_id] = resource
            upload.is_complete, upload.parts = True, {}
        return {"resourceId": upload.resource_id, "urn": space.urn(upload.resource_id)}

    def _content(self, upload: Upload, parts: Json) -> bytes:
        if not isinstance(parts, list) or not parts:
            raise service_error(400, "parts: must be a list of at least one part")
        named = [self._part(upload, part, f"parts[{i}]") for i, part in enumerate(parts)]
        ids = [part_id for part_id, _ in named]
        if len(set(ids)) < len(ids):
            raise service_error(400, "parts: a part is named twice")
        return b"".join(content for _, content in sorted(named))

    def _part(self, upload: Upload, part: Json, path: str) -> tuple[int, bytes]:
        if not isinstance(part, dict) or type(part.get("partId")) is not int:
            raise service_error(400, f"{path}.partId: must be a whole number")
        content = upload.parts.get(part["partId"])
        if content is None:
            raise service_error(400, f"{path}: part {part['partId']} was not uploaded")
        right, given = etag_of(content), part.get("etag")
        if self._world.switches["etag_quotes"] == "optional" and isinstance(given, str):
            right, given = right.strip('"'), given.strip('"')
        if given != right:
            raise service_error(400, f"{path}.etag: is not that of part {part['partId']}")
        return part["partId"], content


def part_range(wanted: Json, path: str) -> range:
    """The parts that `{partId, numParts}` asks for; 1 of 1 when it says nothing.

    Raises:
        Refused: 400.
    """
    given = wanted if isinstance(wanted, dict) else {}
    first, count = given.get("partId", 1), given.get("numParts", 1)
    if type(first) is not int or not 1 <= first <= _MOST_PART:
        raise service_error(400, f"{path}partId: must be 1 to {_MOST_PART}")
    if type(count) is not int or not 1 <= count <= MOST_URLS:
        raise service_error(400, f"{path}numParts: must be 1 to {MOST_URLS}")
    return range(first, first + count)


def _text(wanted: Json, name: str) -> str:
    value = wanted.get(name) if isinstance(wanted, dict) else None
    if not isinstance(value, str) or not value:
        raise service_error(400, f"{name}: must be a string that is not empty")
    return value
