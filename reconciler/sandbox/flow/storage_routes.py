"""The routes of the storage API. Source: reference of the storage API, v1."""

from collections.abc import Callable, Iterator
from email.utils import formatdate, parsedate_to_datetime

from reconciler.sandbox.flow.answers import json_answer, service_error
from reconciler.sandbox.flow.compute_routes import check_region
from reconciler.sandbox.flow.links import Links
from reconciler.sandbox.flow.spaces import Space, Spaces
from reconciler.sandbox.flow.stored import Link, Resource, Upload, etag_of
from reconciler.sandbox.flow.transport import Asked, Endpoint, json_object
from reconciler.sandbox.flow.uploads import MOST_URLS, Uploads, part_range
from reconciler.sandbox.flow.world import World
from reconciler.sandbox.vendor import Answer, Json

_SPACE = "/flow/storage/v1/spaces/{}"
_RESOURCE = f"{_SPACE}/resources/{{*}}"
_READ, _WRITE = "data:read", "data:write"
_MINUTES = "expirationInMinutes"
_MOST_MINUTES = 7 * 24 * 60
_SAID = {
    "responseCacheControl": "cacheControl",
    "responseContentDisposition": "contentDisposition",
    "responseContentType": "contentType",
}


class StorageRoutes:
    """Spaces, resources, uploads and the URLs for transfers."""

    def __init__(self, world: World, spaces: Spaces, links: Links) -> None:
        self._world = world
        self._spaces = spaces
        self._links = links
        self._uploads = Uploads(world, links)

    def endpoints(self) -> Iterator[Endpoint]:
        """All of them; those with more of a path come first."""
        reads, batches, others = "readsPerMinute", "uploadUrlsPerMinute", "storagePerMinute"
        download, upload = f"{_RESOURCE}/download-url", f"{_RESOURCE}/upload-urls"
        batch = f"{_SPACE}/resources:batch-get"
        yield Endpoint("GET", _SPACE, self._space_shown, reads, _READ)
        yield Endpoint("GET", download, self._download_url, others, _READ)
        yield Endpoint("GET", upload, self._upload_urls, others, _WRITE)
        yield Endpoint("GET", _RESOURCE, self._resource_shown, reads, _READ)
        yield Endpoint("POST", f"{batch}-download-urls", self._download_urls, reads, _READ)
        yield Endpoint("POST", f"{batch}-upload-urls", self._more_urls, batches, _WRITE)
        yield Endpoint("POST", f"{_SPACE}/uploads", self._begin, others, _WRITE)
        yield Endpoint("POST", f"{_SPACE}/uploads:batch-create", self._begin_all, others, _WRITE)
        yield Endpoint("POST", f"{_SPACE}/uploads:complete", self._complete, others, _WRITE)
        complete_all = f"{_SPACE}/uploads:batch-complete"
        yield Endpoint("POST", complete_all, self._complete_all, others, _WRITE)

    def _space(self, asked: Asked) -> Space:
        space = self._spaces.found(asked.caller.app, asked.ids[0])
        check_region(asked, space.region, f"space {space.id}", self._world)
        return space

    def _body(self, asked: Asked) -> dict[str, Json]:
        return json_object(asked.call, self._world.switches)

    def _space_shown(self, asked: Asked) -> Answer:
        space = self._space(asked)
        body = {"id": space.id, "provider": space.provider, "spaceKey": space.key}
        return json_answer(200, body)

    def _resource_shown(self, asked: Asked) -> Answer:
        space, resource_id = self._space(asked), asked.ids[1]
        resource = self._spaces.resource(asked.caller.app, space, resource_id)
        return json_answer(200, self._spaces.shown(space, resource_id, resource))

    def _download_url(self, asked: Asked) -> Answer:
        space, resource_id = self._space(asked), asked.ids[1]
        resource = self._spaces.resource(asked.caller.app, space, resource_id)
        headers = asked.call.headers
        if _is_unchanged(resource, headers.get("if-none-match"), headers.get("if-modified-since")):
            return Answer(304)
        said = {_SAID[name]: text for name in _SAID if (text := asked.query(name)) is not None}
        return json_answer(200, {"url": self._url(asked, space, resource_id, said)})

    def _url(self, asked: Asked, space: Space, resource_id: str, said: dict[str, str]) -> str:
        expires_s = self._world.expiry_now_s() + self._life_s(asked)
        app = asked.caller.app
        link = Link(app, expires_s, space_id=space.id, resource_id=resource_id, headers=said)
        return self._links.url(link, asked.call.base_url)

    def _life_s(self, asked: Asked) -> float:
        text = asked.query(_MINUTES)
        if text is None:
            return float(self._world.switches["url_life_s"])
        is_number = text.isascii() and text.isdecimal() and len(text) < 7
        if not is_number or not 1 <= int(text) <= _MOST_MINUTES:
            raise service_error(400, f"{_MINUTES}: must be 1 to {_MOST_MINUTES}")
        return int(text) * 60.0

    def _download_urls(self, asked: Asked) -> Answer:
        space = self._space(asked)
        wanted = _requests(self._body(asked), "resources")
        return json_answer(200, {"results": [self._linked(asked, space, one) for one in wanted]})

    def _linked(self, asked: Asked, space: Space, wanted: Json) -> Json:
        resource_id = wanted.get("resourceId")
        if not isinstance(resource_id, str):
            raise service_error(400, "resources[].resourceId: must be a string")
        resource = self._spaces.resource(asked.caller.app, space, resource_id)
        if _is_unchanged(resource, wanted.get("ifNoneMatch"), wanted.get("ifModifiedSince")):
            return {"resourceId": resource_id}
        said = {_SAID[name]: wanted[name] for name in _SAID if isinstance(wanted.get(name), str)}
        return {"resourceId": resource_id, "url": self._url(asked, space, resource_id, said)}

    def _upload_urls(self, asked: Asked) -> Answer:
        wanted = {name: _whole(asked.query(name)) for name in ("partId", "numParts")}
        given = {name: value for name, value in wanted.items() if value is not None}
        body = {"resourceId": asked.ids[1], "uploadId": asked.query("uploadId"), **given}
        return json_answer(200, self._urls_for(asked, self._space(asked), body))

    def _more_urls(self, asked: Asked) -> Answer:
        space = self._space(asked)
        wanted = _requests(self._body(asked), "requests")
        _check_total(wanted)
        return json_answer(200, {"results": [self._urls_for(asked, space, one) for one in wanted]})

    def _urls_for(self, asked: Asked, space: Space, wanted: Json) -> Json:
        parts, app = part_range(wanted, ""), asked.caller.app
        if wanted.get("uploadId") is None:
            upload = self._uploads.begin(app, space, wanted)
        else:
            upload = self._uploads.found(app, wanted["uploadId"], wanted.get("resourceId"))
        return self._with_urls(asked, space, upload, parts)

    def _with_urls(self, asked: Asked, space: Space, upload: Upload, parts: range) -> Json:
        life_s = self._life_s(asked)
        urls = self._uploads.urls(upload, parts, asked.call.base_url, life_s)
        return self._uploads.shown(upload, space, urls)

    def _begin(self, asked: Asked) -> Answer:
        return json_answer(201, self._begun(asked, self._space(asked), self._body(asked)))

    def _begun(self, asked: Asked, space: Space, wanted: Json) -> Json:
        asks = "uploadUrls" in wanted
        parts = part_range(wanted["uploadUrls"], "uploadUrls.") if asks else range(0)
        upload = self._uploads.begin(asked.caller.app, space, wanted)
        return self._with_urls(asked, space, upload, parts)

    def _begin_all(self, asked: Asked) -> Answer:
        space = self._space(asked)
        wanted = _requests(self._body(asked), "requests")
        _check_total([one.get("uploadUrls", {"numParts": 0}) for one in wanted])
        return json_answer(201, {"results": [self._begun(asked, space, one) for one in wanted]})

    def _complete(self, asked: Asked) -> Answer:
        return self._completed(asked, lambda body, complete: complete(body))

    def _complete_all(self, asked: Asked) -> Answer:
        return self._completed(
            asked,
            lambda body, complete: {"results": [complete(one) for one in _requests(body)]},
        )

    def _completed(
        self, asked: Asked, shown: Callable[[Json, Callable[[Json], Json]], Json]
    ) -> Answer:
        space, app = self._space(asked), asked.caller.app
        body = self._body(asked)
        return json_answer(200, shown(body, lambda one: self._uploads.complete(app, space, one)))


def _requests(body: dict[str, Json], name: str = "requests") -> list[dict[str, Json]]:
    wanted = body.get(name)
    if not isinstance(wanted, list) or not all(isinstance(one, dict) for one in wanted):
        raise service_error(400, f"{name}: must be a list of objects")
    if not 1 <= len(wanted) <= MOST_URLS:
        raise service_error(400, f"{name}: must have 1 to {MOST_URLS} items")
    return wanted


def _check_total(wanted: list[Json]) -> None:
    counts = [one.get("numParts", 1) if isinstance(one, dict) else 1 for one in wanted]
    if sum(count for count in counts if type(count) is int) > MOST_URLS:
        raise service_error(400, f"at most {MOST_URLS} URLs in total")


def _whole(text: str | None) -> Json:
    """A query parameter as the number it is, else as it is, to be refused."""
    if text is not None and text.isascii() and text.isdecimal() and len(text) < 7:
        return int(text)
    return text


def _is_unchanged(resource: Resource, etag: Json, since: Json) -> bool:
    if isinstance(etag, str):
        return etag in {"*", etag_of(resource.content)}
    if not isinstance(since, str):
        return False
    try:
        made = parsedate_to_datetime(formatdate(resource.made_s, usegmt=True))
        return made <= parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False
