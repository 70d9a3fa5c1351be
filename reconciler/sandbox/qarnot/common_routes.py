"""The routes that every kind has: lists, pages, creation, output.

Source: Qarnot Compute API v1.0 page.
"""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from reconciler.sandbox.qarnot.collection import Collection
from reconciler.sandbox.qarnot.json_text import encoded
from reconciler.sandbox.qarnot.listing import Lists
from reconciler.sandbox.qarnot.transport import Asked, Route
from reconciler.sandbox.qarnot.world import World
from reconciler.sandbox.vendor import Answer

DONE = Answer(200)
NamedRoute = tuple[str, str, Route]
_TEXT = "text/plain; charset=utf-8"


class Printing(Protocol):
    """What gives the output of an object."""

    def output(self, identifier: str, instance: str | None, stream: str, *, fresh: bool) -> str:
        """The text of a stream."""


def list_routes(prefix: str, lists: Lists[Any], *, has_summaries: bool) -> Iterator[NamedRoute]:
    """Whole lists, search and pages."""

    def paginate(asked: Asked) -> Answer:
        return lists.paginate(asked.json_object(), asked.call, asked.now_s)

    def paginate_summaries(asked: Asked) -> Answer:
        return lists.paginate(asked.json_object(), asked.call, asked.now_s, is_summary=True)

    yield "GET", prefix, lambda asked: lists.whole(asked.call, asked.now_s)
    yield (
        "POST",
        f"{prefix}/search",
        lambda asked: lists.search(asked.json_object(), asked.call, asked.now_s),
    )
    yield "POST", f"{prefix}/paginate", paginate
    if has_summaries:
        yield (
            "GET",
            f"{prefix}/summaries",
            lambda asked: lists.whole(asked.call, asked.now_s, is_summary=True),
        )
        yield "POST", f"{prefix}/summaries/paginate", paginate_summaries


def output_routes(prefix: str, work: Printing) -> Iterator[NamedRoute]:
    """Standard output and error, whole (GET) and fresh (POST), of all and of one instance."""
    for stream in ("stdout", "stderr"):
        for path in (f"{prefix}/*/{stream}", f"{prefix}/*/{stream}/*"):
            yield "GET", path, _output(work, stream, fresh=False)
            yield "POST", path, _output(work, stream, fresh=True)


def _output(work: Printing, stream: str, *, fresh: bool) -> Route:
    def route(asked: Asked) -> Answer:
        instance = asked.ids[1] if len(asked.ids) > 1 else None
        return Answer(200, work.output(asked.ids[0], instance, stream, fresh=fresh).encode(), _TEXT)

    return route


def read_route(rendered: Callable[[str, float], str]) -> Route:
    """GET of one object."""
    return lambda asked: Answer(200, rendered(asked.ids[0], asked.now_s).encode())


def timed_action(action: Callable[[str, float], None]) -> Route:
    """An action on one object, without a body and with an empty answer."""

    def route(asked: Asked) -> Answer:
        action(asked.ids[0], asked.now_s)
        return DONE

    return route


def creation_answer(world: World, asked: Asked, collection: str, item: Any) -> Answer:
    """The answer to the creation of one object, with its place."""
    hide_new(world.collections()[collection[:-1]], asked, item)
    path = f"/{collection}/{item.uuid}"
    places = {
        "relative": path,
        "absolute": f"{asked.call.base_url}{path}",
        "versioned": f"/v1{path}",
    }
    place = places.get(world.switches["location"])
    headers = () if place is None else (("Location", place),)
    body = encoded({"uuid": item.uuid})
    return Answer(world.switches["creation_status"], body, headers=headers)


def hide_new(collection: Collection[Any], asked: Asked, item: Any) -> None:
    """Leave a new object out of lists for a while, where a fault says so."""
    if asked.call.slow_list_s:
        collection.hide(item, asked.now_s + asked.call.slow_list_s)
