"""The Deadline emulator: one farm's Web Service, its routes, its truth."""

from collections.abc import Callable, Mapping

from reconciler.sandbox.deadline.commands import Commands
from reconciler.sandbox.deadline.job_life import JobLife
from reconciler.sandbox.deadline.job_routes import JobRoutes
from reconciler.sandbox.deadline.limit_routes import LimitRoutes
from reconciler.sandbox.deadline.membership import GROUPS, POOLS, MembershipRoutes
from reconciler.sandbox.deadline.other_routes import OtherRoutes
from reconciler.sandbox.deadline.rendering import Rendering
from reconciler.sandbox.deadline.task_routes import TaskRoutes
from reconciler.sandbox.deadline.transport import (
    METHODS,
    USER,
    Asked,
    Refused,
    check_credentials,
    refused,
)
from reconciler.sandbox.deadline.worker_routes import WorkerRoutes
from reconciler.sandbox.deadline.world import World
from reconciler.sandbox.deadline.world_forms import objects, restore, saved
from reconciler.sandbox.deadline.world_seed import WorldSeed
from reconciler.sandbox.settings import change_tables
from reconciler.sandbox.vendor import Answer, Beginning, Call, Json

Route = Callable[[Asked], Answer]
_VERBS = frozenset(METHODS.split(", ")) - {"OPTIONS"}


class DeadlineVendor:
    """A `Vendor`: the Web Service of one farm."""

    def __init__(self, beginning: Beginning) -> None:
        self._world = World(beginning.clock, beginning.seed, beginning.secret)
        self._life = JobLife(self._world)
        self._rendering = Rendering(self._world, self._life)
        self._handlers = {**self._life.handlers(), **self._rendering.handlers()}
        self._routes = self._resources()
        if beginning.saved is not None:
            restore(self._world, beginning.saved)
        else:
            seed = WorldSeed(self._world, self._life, self._rendering)
            seed.fill({} if beginning.world is None else beginning.world)

    def access(self) -> dict[str, str]:
        """The user and the password."""
        return {"user": USER, "password": self._world.password}

    def handle(self, call: Call) -> Answer:
        """The service's answer to one request."""
        try:
            answer = self._answer(call)
        except Refused as refusal:
            answer = refusal.answer
        if self._world.switches["server_header"] == "absent":
            return answer
        headers = (*answer.headers, ("Server", "Kestrel"))
        return Answer(answer.status, answer.body, answer.content_type, headers, answer.stream)

    def _answer(self, call: Call) -> Answer:
        now_s = self._world.settle(self._handlers)
        check_credentials(call, self._world.switches, self._world.password)
        if call.method not in _VERBS:
            status = 200 if call.method == "OPTIONS" else 405
            return Answer(status, headers=(("Allow", METHODS),))
        verbs = self._routes.get(call.path.rstrip("/").lower())
        if verbs is None:
            raise refused(404, f"there is no {call.path[:60]}.")
        route = verbs.get(call.method)
        if route is None:
            raise refused(501, "not implemented.")
        return route(Asked(call, now_s))

    def objects(self) -> Json:
        """All objects as stored, what no answer shows included."""
        self._world.settle(self._handlers)
        return objects(self._world)

    def settings(self) -> Json:
        """Retention, quotas and switches, each with its value, values and meaning."""
        return {name: table.described() for name, table in self._world.tables().items()}

    def change_settings(self, wanted: Mapping[str, Json]) -> None:
        """Set `retention_s`, `quotas` and `switches`.

        Raises:
            SettingError: a name or a value is unknown; nothing was changed.
        """
        self._world.settle(self._handlers)
        change_tables(self._world.tables(), wanted)
        if "retention_s" in wanted:
            for job in self._world.jobs.values():
                self._life.plan_clean_up(job)

    def saved(self) -> Json:
        """The whole world as JSON."""
        self._world.settle(self._handlers)
        return saved(self._world)

    def _resources(self) -> Mapping[str, Mapping[str, Route]]:
        world, life, rendering = self._world, self._life, self._rendering
        jobs = JobRoutes(world, life, rendering)
        tasks = TaskRoutes(world, Commands(world, life, rendering))
        limits = LimitRoutes(world, life)
        workers = WorkerRoutes(world, life, rendering)
        others = OtherRoutes(world)
        found: dict[str, Mapping[str, Route]] = {
            "jobs": _verbs(jobs.get, put=jobs.put, post=jobs.post, delete=jobs.delete),
            "tasks": _verbs(tasks.get, put=tasks.put),
            "limitgroups": _verbs(limits.get, put=limits.put, delete=limits.delete),
            "slaves": _verbs(workers.get, put=workers.put, delete=workers.delete),
            "slavesrenderingjob": _verbs(workers.get_rendering),
            "jobreports": _verbs(others.job_reports),
            "taskreports": _verbs(others.task_reports),
            "maximumpriority": _verbs(others.maximum_priority),
            "jobtasklimit": _verbs(others.job_task_limit),
            "repository": _verbs(others.repository, post=others.history),
            "users": _verbs(others.users),
            "usergroups": _verbs(others.user_groups),
        }
        for name, kind in (("pools", POOLS), ("groups", GROUPS)):
            one = MembershipRoutes(world, life, kind)
            found[name] = _verbs(one.get, put=one.put, post=one.post, delete=one.delete)
        return {"": _verbs(others.banner)} | {f"/api/{name}": found[name] for name in found}


def _verbs(
    get: Route, *, put: Route | None = None, post: Route | None = None, delete: Route | None = None
) -> Mapping[str, Route]:
    given = {"GET": get, "PUT": put, "POST": post, "DELETE": delete}
    return {verb: route for verb, route in given.items() if route is not None}
