"""The routes of jobs.

Source: Qarnot Compute API v1.0 page, jobs.
"""

from collections.abc import Iterator

from reconciler.sandbox.qarnot.bulk import creation_route
from reconciler.sandbox.qarnot.common_routes import (
    DONE,
    NamedRoute,
    list_routes,
    read_route,
    timed_action,
)
from reconciler.sandbox.qarnot.jobs import Jobs
from reconciler.sandbox.qarnot.tasks import Tasks
from reconciler.sandbox.qarnot.transport import Asked
from reconciler.sandbox.qarnot.world import World
from reconciler.sandbox.vendor import Answer


def job_routes(world: World, jobs: Jobs, tasks: Tasks) -> Iterator[NamedRoute]:
    """Method, path and route."""

    def delete(asked: Asked) -> Answer:
        is_forced = (asked.query("force") or "").lower() == "true"
        jobs.delete(asked.ids[0], asked.now_s, is_forced=is_forced)
        return DONE

    def tasks_of_job(asked: Asked) -> Answer:
        return tasks.lists.named(jobs.task_uuids(asked.ids[0]), asked.now_s)

    yield from list_routes("/jobs", jobs.lists, has_summaries=False)
    yield "POST", "/jobs", creation_route(world, "jobs", jobs.create)
    yield "GET", "/jobs/*", read_route(jobs.rendered)
    yield "DELETE", "/jobs/*", delete
    yield "POST", "/jobs/*/terminate", timed_action(jobs.terminate)
    yield "GET", "/jobs/*/tasks", tasks_of_job
