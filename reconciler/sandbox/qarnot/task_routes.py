"""The routes of tasks.

Source: Qarnot Compute API v1.0 page, tasks; SDK python 2.23 for the snapshot that is read back.
"""

from collections.abc import Iterator

from reconciler.sandbox.qarnot.bulk import creation_route
from reconciler.sandbox.qarnot.common_routes import (
    DONE,
    NamedRoute,
    creation_answer,
    list_routes,
    output_routes,
    read_route,
    timed_action,
)
from reconciler.sandbox.qarnot.json_text import encoded
from reconciler.sandbox.qarnot.tasks import REDONE, Tasks
from reconciler.sandbox.qarnot.transport import Asked, Route
from reconciler.sandbox.qarnot.world import World
from reconciler.sandbox.vendor import Answer


class TaskRoutes:
    """Calls become operations on tasks, and their results answers."""

    def __init__(self, world: World, tasks: Tasks) -> None:
        self._world = world
        self._tasks = tasks

    def routes(self) -> Iterator[NamedRoute]:
        """Method, path and route."""
        yield from list_routes("/tasks", self._tasks.lists, has_summaries=True)
        yield from output_routes("/tasks", self._tasks)
        yield "POST", "/tasks", creation_route(self._world, "tasks", self._tasks.create)
        yield "GET", "/tasks/*", read_route(self._tasks.rendered)
        yield "PUT", "/tasks/*", self._update
        yield "PATCH", "/tasks/*", self._resync
        yield "DELETE", "/tasks/*", timed_action(self._tasks.delete)
        yield "POST", "/tasks/*/abort", timed_action(self._tasks.abort)
        yield "POST", "/tasks/*/clone", self._clone
        for verb in REDONE:
            yield "POST", f"/tasks/*/{verb}", self._redo(verb)
        yield "POST", "/tasks/*/snapshot/periodic", self._periodic_snapshot
        yield "POST", "/tasks/*/snapshot", self._snapshot
        yield "GET", "/tasks/*/snapshot/*", self._shown_snapshot

    def _update(self, asked: Asked) -> Answer:
        self._tasks.update(asked.ids[0], asked.json_object(), asked.now_s)
        return DONE

    def _resync(self, asked: Asked) -> Answer:
        self._tasks.resync(asked.ids[0])
        return DONE

    def _clone(self, asked: Asked) -> Answer:
        task = self._tasks.clone(asked.ids[0], asked.json_object(), asked.now_s)
        return creation_answer(self._world, asked, "tasks", task)

    def _redo(self, verb: str) -> Route:
        def route(asked: Asked) -> Answer:
            body = asked.json_object() if asked.call.body.strip() else {}
            task = self._tasks.redo(verb, asked.ids[0], body, asked.now_s)
            return creation_answer(self._world, asked, "tasks", task)

        return route

    def _periodic_snapshot(self, asked: Asked) -> Answer:
        self._tasks.set_periodic_snapshot(asked.ids[0], asked.json_object())
        return DONE

    def _snapshot(self, asked: Asked) -> Answer:
        answer = self._tasks.snapshot(asked.ids[0], asked.json_object(), asked.now_s)
        return DONE if answer is None else Answer(200, encoded(answer))

    def _shown_snapshot(self, asked: Asked) -> Answer:
        task, snapshot = asked.ids
        return Answer(200, encoded(self._tasks.shown_snapshot(task, snapshot, asked.now_s)))
