"""The routes of pools.

Source: Qarnot Compute API v1.0 page, pools.
"""

from collections.abc import Iterator

from reconciler.sandbox.qarnot.common_routes import (
    DONE,
    NamedRoute,
    creation_answer,
    list_routes,
    output_routes,
    read_route,
    timed_action,
)
from reconciler.sandbox.qarnot.jobs import Jobs
from reconciler.sandbox.qarnot.json_text import encoded
from reconciler.sandbox.qarnot.pools import Pools, checked_scaling
from reconciler.sandbox.qarnot.tasks import Tasks
from reconciler.sandbox.qarnot.transport import Asked
from reconciler.sandbox.qarnot.world import World
from reconciler.sandbox.vendor import Answer


class PoolRoutes:
    """Calls become operations on pools, and their results answers."""

    def __init__(self, world: World, pools: Pools, jobs: Jobs, tasks: Tasks) -> None:
        self._world = world
        self._pools = pools
        self._jobs = jobs
        self._tasks = tasks

    def routes(self) -> Iterator[NamedRoute]:
        """Method, path and route."""
        yield from list_routes("/pools", self._pools.lists, has_summaries=True)
        yield from output_routes("/pools", self._pools)
        yield "POST", "/pools", self._create
        yield "GET", "/pools/*", read_route(self._pools.rendered)
        yield "PUT", "/pools/*", self._update
        yield "PATCH", "/pools/*", self._resync
        yield "DELETE", "/pools/*", timed_action(self._pools.delete)
        yield "POST", "/pools/*/close", timed_action(self._pools.close)
        yield "POST", "/pools/*/clone", self._clone
        yield "GET", "/pools/*/scaling", self._scaling
        yield "PUT", "/pools/*/scaling", self._update_scaling
        yield "GET", "/pools/*/jobs", self._jobs_of_pool
        yield "GET", "/pools/*/tasks", self._tasks_of_pool
        yield "POST", "/sanity-checks/pools/scaling", self._check_scaling

    def _create(self, asked: Asked) -> Answer:
        pool = self._pools.create(asked.json_object(), asked.now_s)
        return creation_answer(self._world, asked, "pools", pool)

    def _clone(self, asked: Asked) -> Answer:
        pool = self._pools.clone(asked.ids[0], asked.json_object(), asked.now_s)
        return creation_answer(self._world, asked, "pools", pool)

    def _update(self, asked: Asked) -> Answer:
        self._pools.update(asked.ids[0], asked.json_object(), asked.now_s)
        return DONE

    def _resync(self, asked: Asked) -> Answer:
        self._pools.resync(asked.ids[0])
        return DONE

    def _scaling(self, asked: Asked) -> Answer:
        return Answer(200, encoded(self._pools.scaling(asked.ids[0], asked.now_s)))

    def _update_scaling(self, asked: Asked) -> Answer:
        self._pools.update_scaling(asked.ids[0], asked.json_object(), asked.now_s)
        return Answer(200, b"{}")

    def _check_scaling(self, asked: Asked) -> Answer:
        checked_scaling(asked.json_object())
        return DONE

    def _jobs_of_pool(self, asked: Asked) -> Answer:
        pool = self._pools.find(asked.ids[0])
        uuids = [job.uuid for job in self._world.jobs if job.fields["poolUuid"] == pool.uuid]
        return self._jobs.lists.named(uuids, asked.now_s)

    def _tasks_of_pool(self, asked: Asked) -> Answer:
        return self._tasks.lists.named(self._pools.task_uuids(asked.ids[0]), asked.now_s)
