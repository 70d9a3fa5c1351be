"""The Flow emulator: auth, compute and storage under one host, its truth."""

from collections.abc import Mapping

from reconciler.sandbox.flow.answers import Refused
from reconciler.sandbox.flow.compute_routes import ComputeRoutes
from reconciler.sandbox.flow.jobs import Jobs
from reconciler.sandbox.flow.links import PREFIX, Links
from reconciler.sandbox.flow.spaces import Spaces
from reconciler.sandbox.flow.storage_routes import StorageRoutes
from reconciler.sandbox.flow.tokens import TOKEN_PATH, Tokens
from reconciler.sandbox.flow.transport import Asked, RateLimit, Routes
from reconciler.sandbox.flow.world import FIRST_APP, World
from reconciler.sandbox.flow.world_forms import change_settings, objects, restore, saved
from reconciler.sandbox.flow.world_seed import WorldSeed
from reconciler.sandbox.vendor import Answer, Beginning, Call, Json


class FlowVendor:
    """A `Vendor`: the Flow compute API for two apps, of which clients are given the first."""

    def __init__(self, beginning: Beginning) -> None:
        self._world = World(beginning.clock, beginning.seed, beginning.secret)
        spaces = Spaces(self._world)
        jobs = Jobs(self._world, spaces)
        self._links = Links(self._world, spaces)
        self._limit = RateLimit(self._world.switches, self._world.quotas)
        self._tokens = Tokens(self._world, self._limit)
        compute = ComputeRoutes(self._world, jobs, spaces)
        storage = StorageRoutes(self._world, spaces, self._links)
        self._routes = Routes([*compute.endpoints(), *storage.endpoints()])
        if beginning.saved is not None:
            restore(self._world, beginning.saved)
        elif beginning.world is not None:
            WorldSeed(self._world, jobs).fill(beginning.world)

    def access(self) -> dict[str, str]:
        """The credentials of the first app."""
        return {"clientId": FIRST_APP, "clientSecret": self._world.apps()[FIRST_APP]}

    def handle(self, call: Call) -> Answer:
        """The answer of the service that the path leads to."""
        try:
            return self._answer(call)
        except Refused as refused:
            return refused.answer

    def _answer(self, call: Call) -> Answer:
        now_s = self._world.settle()
        if call.path.startswith(PREFIX):
            return self._links.serve(call)
        if (call.method, call.path) == ("POST", TOKEN_PATH):
            return self._tokens.issue(call)
        caller = self._tokens.caller(call)
        endpoint, ids = self._routes.found(call.method, call.path)
        self._tokens.check_scope(caller, endpoint.scope)
        self._limit.count(caller.app, f"{endpoint.method} {endpoint.path}", endpoint.limit)
        return endpoint.route(Asked(call, caller, ids, now_s))

    def objects(self) -> Json:
        """All apps, jobs, resources and uploads as stored, secrets included."""
        return objects(self._world, self._world.settle())

    def settings(self) -> Json:
        """Retention, quotas and switches, each with its value, values and meaning."""
        return {name: table.described() for name, table in self._world.tables().items()}

    def change_settings(self, wanted: Mapping[str, Json]) -> None:
        """Set `retention_s`, `quotas` and `switches`.

        Raises:
            SettingError: a name or a value is unknown; nothing was changed.
        """
        self._world.settle()
        change_settings(self._world, wanted)

    def saved(self) -> Json:
        """The whole world as JSON."""
        self._world.settle()
        return saved(self._world)
