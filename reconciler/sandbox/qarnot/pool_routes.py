"""The routes of pools.

Source: Qarnot Compute API v1.0 page, pools.
"""

from collections.abc import Iterator

from reconciler.sandbox.qarnot.json_text import encoded
from reconciler.sandbox.qarnot.pool import Pool
from reconciler.sandbox.qarnot.pools import Pools, checked_scaling
from reconciler.sandbox.qarnot.transport import Asked, Route
from reconciler.sandbox.qarnot.world import World
from reconciler.sandbox.vendor import Answer

DONE = Answer(200)
_TEXT = "text/plain; charset=utf-8"


class PoolRoutes:
    """Calls become operations on pools, and their results answers."""

    def __init__(self, world: World, pools: Pools) -> None:
        self._world = world
        self._pools = pools

    def routes(self) -> Iterator[tuple[str, str, Route]]:
        """Method, path and route."""
        lists = self._pools.lists
        yield "GET", "/pools", lambda asked: lists.whole(asked.call, asked.now_s)
        yield "GET", "/pools/summaries", self._summaries
        yield "POST", "/pools", self._create
        yield "POST", "/pools/search", self._search
        yield "POST", "/pools/paginate", self._paginate
        yield "POST", "/pools/summaries/paginate", self._paginate_summaries
        yield "GET", "/pools/*", self._get
        yield "PUT", "/pools/*", self._update
        yield "PATCH", "/pools/*", self._resync
        yield "DELETE", "/pools/*", self._delete
        yield "POST", "/pools/*/close", self._close
        yield "POST", "/pools/*/clone", self._clone
        yield "GET", "/pools/*/scaling", self._scaling
        yield "PUT", "/pools/*/scaling", self._update_scaling
        yield "POST", "/sanity-checks/pools/scaling", self._check_scaling
        for stream in ("stdout", "stderr"):
            for path in (f"/pools/*/{stream}", f"/pools/*/{stream}/*"):
                yield "GET", path, self._output(stream, fresh=False)
                yield "POST", path, self._output(stream, fresh=True)

    def _summaries(self, asked: Asked) -> Answer:
        return self._pools.lists.whole(asked.call, asked.now_s, is_summary=True)

    def _search(self, asked: Asked) -> Answer:
        return self._pools.lists.search(asked.json_object(), asked.call, asked.now_s)

    def _paginate(self, asked: Asked) -> Answer:
        return self._pools.lists.paginate(asked.json_object(), asked.call, asked.now_s)

    def _paginate_summaries(self, asked: Asked) -> Answer:
        lists, body = self._pools.lists, asked.json_object()
        return lists.paginate(body, asked.call, asked.now_s, is_summary=True)

    def _create(self, asked: Asked) -> Answer:
        return self._created(asked, self._pools.create(asked.json_object(), asked.now_s))

    def _clone(self, asked: Asked) -> Answer:
        body = asked.json_object()
        return self._created(asked, self._pools.clone(asked.ids[0], body, asked.now_s))

    def _created(self, asked: Asked, pool: Pool) -> Answer:
        if asked.call.slow_list_s:
            self._world.pools.hide(pool, asked.now_s + asked.call.slow_list_s)
        return creation_answer(self._world, asked, "pools", pool.uuid)

    def _get(self, asked: Asked) -> Answer:
        return Answer(200, self._pools.rendered(asked.ids[0], asked.now_s).encode())

    def _update(self, asked: Asked) -> Answer:
        self._pools.update(asked.ids[0], asked.json_object(), asked.now_s)
        return DONE

    def _resync(self, asked: Asked) -> Answer:
        self._pools.resync(asked.ids[0])
        return DONE

    def _delete(self, asked: Asked) -> Answer:
        self._pools.delete(asked.ids[0], asked.now_s)
        return DONE

    def _close(self, asked: Asked) -> Answer:
        self._pools.close(asked.ids[0], asked.now_s)
        return DONE

    def _scaling(self, asked: Asked) -> Answer:
        return Answer(200, encoded(self._pools.scaling(asked.ids[0], asked.now_s)))

    def _update_scaling(self, asked: Asked) -> Answer:
        self._pools.update_scaling(asked.ids[0], asked.json_object(), asked.now_s)
        return Answer(200, b"{}")

    def _check_scaling(self, asked: Asked) -> Answer:
        checked_scaling(asked.json_object())
        return DONE

    def _output(self, stream: str, *, fresh: bool) -> Route:
        def route(asked: Asked) -> Answer:
            instance = asked.ids[1] if len(asked.ids) > 1 else None
            printed = self._pools.output(asked.ids[0], instance, stream, fresh=fresh)
            return Answer(200, printed.encode(), _TEXT)

        return route


def creation_answer(world: World, asked: Asked, collection: str, uuid: str) -> Answer:
    """The answer to the creation of one object, with its place."""
    path = f"/{collection}/{uuid}"
    places = {
        "relative": path,
        "absolute": f"{asked.call.base_url}{path}",
        "versioned": f"/v1{path}",
    }
    place = places.get(world.switches["location"])
    headers = () if place is None else (("Location", place),)
    body = encoded({"uuid": uuid})
    return Answer(world.switches["creation_status"], body, headers=headers)
