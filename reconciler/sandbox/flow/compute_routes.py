"""The routes of the compute API. Source: reference of the compute API, v1."""

from collections.abc import Callable, Iterator

from reconciler.sandbox.flow.answers import json_answer, service_error
from reconciler.sandbox.flow.job import Execution, Job, Kept
from reconciler.sandbox.flow.jobs import Jobs, Queue
from reconciler.sandbox.flow.paging import Listed, Start, in_order, page_answer, start_of
from reconciler.sandbox.flow.rendering import Rendering
from reconciler.sandbox.flow.spaces import Spaces
from reconciler.sandbox.flow.transport import Asked, Endpoint, json_object
from reconciler.sandbox.flow.updates import Window, window_of
from reconciler.sandbox.flow.world import World
from reconciler.sandbox.vendor import Answer, Json

_QUEUES = "/flow/compute/v1/queues/{}"
_JOB = f"{_QUEUES}/jobs/{{}}"
_FILTER = "filter[name]"


class ComputeRoutes:
    """Queues, jobs, tasks, executions, outputs and logs."""

    def __init__(self, world: World, jobs: Jobs, spaces: Spaces) -> None:
        self._world = world
        self._switches = world.switches
        self._jobs = jobs
        self._spaces = spaces
        self._rendering = Rendering(world.switches)

    def endpoints(self) -> Iterator[Endpoint]:
        """All of them."""
        reads = "readsPerMinute"
        yield Endpoint("GET", f"{_QUEUES}/jobs", self._list, reads)
        yield Endpoint("POST", f"{_QUEUES}/jobs", self._create, "createsPerMinute", "code:all")
        yield Endpoint("POST", f"{_QUEUES}/jobs:cancel", self._cancel, "cancelsPerMinute")
        yield Endpoint("GET", f"{_QUEUES}/jobs:updates", self._updates, reads)
        yield Endpoint("GET", _JOB, self._read, reads)
        yield Endpoint("DELETE", _JOB, self._delete, "deletesPerMinute")
        yield Endpoint("GET", f"{_JOB}/executions", self._executions, reads)
        yield Endpoint("GET", f"{_JOB}/executions:updates", self._changed_executions, reads)
        yield Endpoint("GET", f"{_JOB}/logs", self._logs, reads)
        yield Endpoint("GET", f"{_JOB}/outputs", self._outputs, reads)
        yield Endpoint("GET", f"{_JOB}/tasks", self._tasks, reads)

    def _queue(self, asked: Asked) -> Queue:
        queue = self._jobs.queue(asked.caller.app, asked.ids[0])
        check_region(asked, queue.region, f"queue {queue.id}", self._world)
        return queue

    def _job(self, asked: Asked) -> Job:
        return self._jobs.found(self._queue(asked), asked.ids[1])

    def _create(self, asked: Asked) -> Answer:
        queue = self._queue(asked)
        body = json_object(asked.call, self._switches)
        listed_s = asked.now_s + asked.call.slow_list_s if asked.call.slow_list_s else 0.0
        job = self._jobs.create(queue, body, asked.now_s, listed_s=listed_s)
        is_short = self._switches["creation_answer"] == "id_only"
        shown = {"id": job.id} if is_short else self._rendering.job(job, asked.now_s)
        return json_answer(self._switches["creation_status"], shown)

    def _list(self, asked: Asked) -> Answer:
        queue = self._queue(asked)
        start = start_of(asked)
        return self._job_page(asked, start, self._jobs.listed(queue, _is_listed(asked)))

    def _updates(self, asked: Asked) -> Answer:
        queue = self._queue(asked)
        start = start_of(asked, ("after", "before"))
        window = self._window(start)
        jobs = self._jobs.listed(queue, _is_listed(asked))
        changed = [job for job in jobs if window.holds(job.changed_s(asked.now_s))]
        return self._job_page(asked, start, changed)

    def _job_page(self, asked: Asked, start: Start, jobs: list[Job]) -> Answer:
        sign = 1
        if self._switches["jobs_order"] == "newest":
            sign = -1
            jobs.reverse()
        listed = Listed(
            jobs, lambda job: sign * job.number, lambda job: self._rendering.job(job, asked.now_s)
        )
        return page_answer(asked, start, listed, self._switches)

    def _read(self, asked: Asked) -> Answer:
        return json_answer(200, self._rendering.job(self._job(asked), asked.now_s))

    def _cancel(self, asked: Asked) -> Answer:
        queue = self._queue(asked)
        job_id = json_object(asked.call, self._switches).get("jobId")
        if not isinstance(job_id, str) or not 0 < len(job_id) <= 1024:
            raise service_error(400, "jobId: must be a string of 1 to 1024 characters")
        self._jobs.cancel(self._jobs.found(queue, job_id), asked.now_s)
        return self._nothing(200)

    def _delete(self, asked: Asked) -> Answer:
        if self._switches["delete_route"] == "absent":
            raise service_error(405)
        self._jobs.delete(self._job(asked), asked.now_s)
        return self._nothing(202)

    def _nothing(self, status: int) -> Answer:
        is_bare = self._switches["empty_answers"] == "nothing"
        return Answer(status) if is_bare else json_answer(status, {})

    def _tasks(self, asked: Asked) -> Answer:
        job = self._job(asked)
        start = start_of(asked, (_FILTER,))
        tasks = [task for task in job.tasks if self._passes(start.query, task)]
        if self._switches["tasks_order"] == "reversed":
            tasks.reverse()
        return page_answer(asked, start, in_order(tasks, lambda task: task), self._switches)

    def _passes(self, query: dict[str, str], task: Json) -> bool:
        if _FILTER not in query or query[_FILTER] == task["name"]:
            return True
        is_loose = self._switches["filter_match"] == "any_case"
        return bool(is_loose and query[_FILTER].lower() == task["name"].lower())

    def _executions(self, asked: Asked) -> Answer:
        job = self._job(asked)
        return self._execution_page(asked, start_of(asked), list(enumerate(job.executions)))

    def _changed_executions(self, asked: Asked) -> Answer:
        job = self._job(asked)
        start = start_of(asked, ("after",))
        window = self._window(start)
        now_s = asked.now_s

        def changed_s(one: Execution) -> float:
            return one.changed_s(now_s) or job.created_s

        found = [pair for pair in enumerate(job.executions) if window.holds(changed_s(pair[1]))]
        return self._execution_page(asked, start, found)

    def _window(self, start: Start) -> Window:
        return window_of(start.query, self._switches["updates_boundary"])

    def _execution_page(
        self, asked: Asked, start: Start, found: list[tuple[int, Execution]]
    ) -> Answer:
        listed = Listed(
            found,
            lambda pair: pair[0],
            lambda pair: self._rendering.execution(pair[1], asked.now_s),
        )
        return page_answer(asked, start, listed, self._switches)

    def _outputs(self, asked: Asked) -> Answer:
        job = self._job(asked)
        return self._kept_page(asked, job, list(job.outputs(asked.now_s)), has_urn=True)

    def _logs(self, asked: Asked) -> Answer:
        job = self._job(asked)
        has_urn = self._switches["log_urns"] == "present"
        return self._kept_page(asked, job, list(job.logs(asked.now_s)), has_urn=has_urn)

    def _kept_page(self, asked: Asked, job: Job, kept: list[Kept], *, has_urn: bool) -> Answer:
        space = self._spaces.outputs(job)

        def shown(one: Kept) -> Json:
            body = {"path": one.path, "resourceId": one.resource_id, "spaceId": space.id}
            return body | ({"urn": space.urn(one.resource_id)} if has_urn else {})

        return page_answer(asked, start_of(asked), in_order(kept, shown), self._switches)


def _is_listed(asked: Asked) -> Callable[[Job], bool]:
    """Whether a job is in a list by now, and not too young for one that is slow."""
    youngest_s = asked.now_s - asked.call.slow_list_s
    return lambda job: job.listed_s <= asked.now_s and job.created_s <= youngest_s


def check_region(asked: Asked, region: str, what: str, world: World) -> None:
    """The region header, where there is one, must be that of the queue or space.

    Raises:
        Refused: with the status of the switch.
    """
    given = asked.call.headers.get("region", region)
    if given != region:
        status = world.switches["wrong_region_status"]
        raise service_error(status, f"{what} is not in region '{given}'")
