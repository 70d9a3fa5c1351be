"""The Qarnot emulator: one account, its routes, its truth."""

from collections.abc import Iterator, Mapping

from reconciler.sandbox.qarnot.account import PROFILES, SERVICE_SETTINGS, VERSIONS, user_info
from reconciler.sandbox.qarnot.common_routes import DONE, NamedRoute
from reconciler.sandbox.qarnot.errors import Refused, not_found
from reconciler.sandbox.qarnot.hardware import cpu_models_like, hardware_page
from reconciler.sandbox.qarnot.job_routes import job_routes
from reconciler.sandbox.qarnot.jobs import Jobs
from reconciler.sandbox.qarnot.json_text import encoded
from reconciler.sandbox.qarnot.lives import Lives
from reconciler.sandbox.qarnot.pool_routes import PoolRoutes
from reconciler.sandbox.qarnot.pools import Pools
from reconciler.sandbox.qarnot.task_routes import TaskRoutes
from reconciler.sandbox.qarnot.tasks import Tasks
from reconciler.sandbox.qarnot.transport import (
    Asked,
    RateLimit,
    Routes,
    check_read_only,
    check_token,
    path_parts,
)
from reconciler.sandbox.qarnot.world import World
from reconciler.sandbox.qarnot.world_forms import change_settings, objects, restore, saved
from reconciler.sandbox.qarnot.world_seed import WorldSeed
from reconciler.sandbox.vendor import Answer, Beginning, Call, Json


class QarnotVendor:
    """A `Vendor`: the compute API of Qarnot for one account."""

    def __init__(self, beginning: Beginning) -> None:
        self._world = World(beginning.clock, beginning.seed, beginning.secret)
        self._lives = Lives(self._world)
        self._handlers = self._lives.handlers()
        self._pools = Pools(self._world, self._lives.pools)
        self._jobs = Jobs(self._world, self._lives.jobs)
        self._tasks = Tasks(self._world, self._lives.tasks)
        self._limit = RateLimit(self._world.switches)
        self._routes = Routes([*self._account_routes(), *self._work_routes()])
        if beginning.saved is not None:
            restore(self._world, self._lives, beginning.saved)
        elif beginning.world is not None:
            kinds = (self._pools, self._jobs, self._tasks)
            WorldSeed(self._world, self._lives, *kinds).fill(beginning.world)

    def access(self) -> dict[str, str]:
        """The token."""
        return {"token": self._world.token}

    def handle(self, call: Call) -> Answer:
        """The service's answer to one request."""
        try:
            return self._answer(call)
        except Refused as refused:
            return refused.answer

    def _answer(self, call: Call) -> Answer:
        now_s = self._world.settle(self._handlers)
        parts = path_parts(call.path)
        check_token(call, parts, self._world.token)
        refusal = self._limit.refusal()
        if refusal is not None:
            return refusal
        check_read_only(call, parts, self._world.switches)
        route, ids = self._routes.found(call.method, parts)
        return route(Asked(call, ids, now_s))

    def objects(self) -> Json:
        """All objects as stored, secrets included."""
        self._world.settle(self._handlers)
        return objects(self._world)

    def settings(self) -> Json:
        """Retention, quotas and switches, each with its value, values and meaning."""
        return {
            "retention": self._world.retention.described(),
            "quotas": self._world.quotas.described(),
            "switches": self._world.switches.described(),
        }

    def change_settings(self, wanted: Mapping[str, Json]) -> None:
        """Set `retention_s`, `quotas` and `switches`; what waits for room tries again.

        Raises:
            SettingError: a name or a value is unknown; nothing was changed.
        """
        now_s = self._world.settle(self._handlers)
        change_settings(self._world, wanted)
        self._lives.admit_waiting(now_s)

    def saved(self) -> Json:
        """The whole world as JSON."""
        self._world.settle(self._handlers)
        return saved(self._world)

    def _work_routes(self) -> Iterator[NamedRoute]:
        yield from PoolRoutes(self._world, self._pools, self._jobs, self._tasks).routes()
        yield from job_routes(self._world, self._jobs, self._tasks)
        yield from TaskRoutes(self._world, self._tasks).routes()

    def _account_routes(self) -> Iterator[NamedRoute]:
        yield "GET", "/", lambda _asked: DONE
        yield "GET", "/status", lambda _asked: DONE
        yield "GET", "/settings", lambda _asked: Answer(200, encoded(SERVICE_SETTINGS))
        yield "GET", "/versions", lambda _asked: Answer(200, encoded(VERSIONS))
        yield "GET", "/info", lambda _asked: Answer(200, encoded(user_info(self._world)))
        yield "GET", "/profiles", lambda _asked: Answer(200, encoded(list(PROFILES)))
        yield "GET", "/profiles/*", _profile
        yield "GET", "/hardware-constraints", _hardware
        yield "GET", "/hardware-constraints/cpu-model-constraints/search", _cpu_models


def _profile(asked: Asked) -> Answer:
    name = asked.ids[0]
    if name not in PROFILES:
        raise not_found("profile", name)
    return Answer(200, encoded(PROFILES[name]))


def _hardware(asked: Asked) -> Answer:
    return Answer(200, encoded(hardware_page(asked.query("limit"), asked.query("offset"))))


def _cpu_models(asked: Asked) -> Answer:
    return Answer(200, encoded(cpu_models_like(asked.query("cpuModel") or "")))
