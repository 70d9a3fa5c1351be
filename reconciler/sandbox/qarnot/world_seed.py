"""Worlds that people wrote down, to begin with."""

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.sandbox.qarnot.errors import Refused
from reconciler.sandbox.qarnot.jobs import Jobs
from reconciler.sandbox.qarnot.lives import Lives
from reconciler.sandbox.qarnot.pool import ACTIVE as ACTIVE_POOL
from reconciler.sandbox.qarnot.pool import OVER as OVER_POOL
from reconciler.sandbox.qarnot.pools import Pools
from reconciler.sandbox.qarnot.reading import folded
from reconciler.sandbox.qarnot.task import OVER as OVER_TASK
from reconciler.sandbox.qarnot.tasks import Tasks
from reconciler.sandbox.qarnot.world import LIST_ROUTE_OF, World
from reconciler.sandbox.qarnot.world_forms import change_settings
from reconciler.sandbox.sandbox import WorldError
from reconciler.sandbox.settings import SettingError
from reconciler.sandbox.vendor import Json

_STATES: Mapping[str, frozenset[str]] = {
    "pool": ACTIVE_POOL | OVER_POOL,
    "job": frozenset({"Active", "Completed"}),
    "task": OVER_TASK | {"Submitted"},
}
_FIRST_STATE = {"pool": "Submitted", "job": "Active", "task": "Submitted"}


class WorldSeed:
    """Fills a new world with settings, pools, jobs and tasks.

    An object is the body of a creation, with `state` and `age_s` (seconds since its creation)
    beside it; it is created that long ago and stands in that state since. `poolUuid` and `jobUuid`
    may be the shortname of a pool or job of the same world.
    """

    def __init__(self, world: World, lives: Lives, pools: Pools, jobs: Jobs, tasks: Tasks) -> None:
        self._world = world
        self._create: Mapping[str, Callable[[Json, float], Any]] = {
            "pool": pools.create,
            "job": jobs.create,
            "task": tasks.create,
        }
        self._place: Mapping[str, Callable[[Any, str, float], None]] = {
            "pool": lives.pools.place,
            "job": lives.jobs.place,
            "task": lives.tasks.place,
        }

    def fill(self, wanted: Json) -> None:
        """Fill the world.

        Raises:
            WorldError: says which part can't be used, and why.
        """
        lists = LIST_ROUTE_OF.values()
        if not isinstance(wanted, dict) or wanted.keys() - {"settings", *lists}:
            raise WorldError(f"a qarnot world is an object of settings, {', '.join(lists)}")
        try:
            change_settings(self._world, wanted.get("settings", {}))
        except SettingError as error:
            raise WorldError(f"qarnot settings: {error}") from error
        for kind, name in LIST_ROUTE_OF.items():
            for i, body in enumerate(wanted.get(name, [])):
                self._add(kind, body, f"qarnot {name}[{i}]")

    def _add(self, kind: str, body: Json, where: str) -> None:
        if not isinstance(body, dict):
            raise WorldError(f"{where} must be an object")
        state, age_s = body.get("state", _FIRST_STATE[kind]), body.get("age_s", 0)
        if state not in _STATES[kind] or not isinstance(age_s, int | float) or age_s < 0:
            known = ", ".join(sorted(_STATES[kind]))
            raise WorldError(f"{where}: state is one of {known}, age_s is 0 or more")
        created_s = self._world.clock.now_s() - age_s
        try:
            item = self._create[kind](self._with_uuids(body), created_s)
        except Refused as refused:
            raise WorldError(f"{where}: {refused.answer.body.decode()}") from refused
        if state != _FIRST_STATE[kind]:
            self._place[kind](item, state, created_s)

    def _with_uuids(self, body: Mapping[str, Json]) -> dict[str, Json]:
        """The body with the uuids of the pool and job that it names."""
        given = folded(body)
        for kind in ("pool", "job"):
            name = f"{kind}uuid"
            found = self._world.found(self._world.collections()[kind], str(given.get(name)))
            if found is not None:
                given[name] = found.uuid
        return given
