"""What can be done with jobs: create, find, cancel, delete.

Source: reference of the compute API, v1.
"""

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from reconciler.sandbox.flow.answers import job_missing, service_error
from reconciler.sandbox.flow.description import DescriptionReader
from reconciler.sandbox.flow.job import Job
from reconciler.sandbox.flow.planning import Planner
from reconciler.sandbox.flow.spaces import Spaces
from reconciler.sandbox.flow.world import DEFAULT, FIRST_APP, World
from reconciler.sandbox.vendor import Json


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue that its caller may use."""

    app: str
    id: str
    region: str


class Jobs:
    """The jobs of all apps."""

    def __init__(self, world: World, spaces: Spaces) -> None:
        self._world = world
        self._reader = DescriptionReader(world.switches)
        self._planner = Planner(world, spaces)

    def queue(self, app: str, queue_id: str) -> Queue:
        """The queue of that id.

        Raises:
            Refused: 403, it is somebody else's; 404, there is none.
        """
        switches = self._world.switches
        if queue_id == DEFAULT:
            return Queue(app, queue_id, switches["region"])
        named = (entry.partition(" ") for entry in switches["queues"])
        regions = {name: region or switches["region"] for name, _, region in named}
        is_foreign = queue_id in switches["foreign_queues"]
        if is_foreign or (queue_id in regions and app != FIRST_APP):
            raise service_error(403)
        if queue_id not in regions:
            raise service_error(404, f"queue {queue_id} does not exist")
        return Queue(app, queue_id, regions[queue_id])

    def create(self, queue: Queue, body: Json, created_s: float, *, listed_s: float = 0.0) -> Job:
        """A new job, its life planned.

        Raises:
            Refused: 400 for a description that is wrong; the quota's status when it is used up.
        """
        described = self._reader.read(body)
        self._planner.check(queue.app, described.tasks)
        self._refuse_beyond_quota(queue.app, created_s)
        world = self._world
        world.made_jobs += 1
        job = Job(
            id=world.new_uuid(),
            number=world.made_jobs,
            app=queue.app,
            queue=queue.id,
            region=queue.region,
            space=world.new_uuid(),
            name=described.name,
            tags=described.tags,
            tasks=described.tasks,
            created_s=created_s,
            listed_s=listed_s,
        )
        self._planner.plan(job)
        world.submitted[queue.app] = world.submitted.get(queue.app, 0) + 1
        world.jobs[job.id] = job
        world.note_gone(job)
        return job

    def _refuse_beyond_quota(self, app: str, now_s: float) -> None:
        most = self._world.quotas["freeSubmissions"]
        if most is None or self._world.submitted.get(app, 0) < most:
            return
        today = datetime.fromtimestamp(now_s, UTC)
        left = calendar.monthrange(today.year, today.month)[1] - today.day + 1
        back = (today + timedelta(days=left)).strftime("%Y-%m-%dT00:00:00Z")
        title = "Submission refused: the free quota would be exceeded"
        status = self._world.switches["quota_refusal_status"]
        raise service_error(status, f"Quota returns on {back}", title)

    def found(self, queue: Queue, job_id: str) -> Job:
        """The job of that id in this queue.

        Raises:
            Refused: 404.
        """
        job = self._world.jobs.get(job_id)
        if job is None or (job.app, job.queue) != (queue.app, queue.id):
            raise job_missing(job_id)
        return job

    def listed(self, queue: Queue, is_wanted: Callable[[Job], bool]) -> list[Job]:
        """The jobs of a queue that are wanted, oldest first."""
        jobs = self._world.jobs_of(queue.app, queue.id)
        return [job for job in jobs if is_wanted(job)]

    def cancel(self, job: Job, now_s: float) -> None:
        """Ask for the end of a job.

        Raises:
            Refused: where a switch says so, when it is over or was cancelled before.
        """
        if job.is_over(now_s) or job.canceled_s is not None:
            status = self._world.switches["cancel_finished_status"]
            if status != 200:
                raise service_error(status, f"job {job.id} has ended")
            return
        job.cancel(now_s, now_s + self._world.switches["canceling_s"])
        self._world.note_gone(job)

    def delete(self, job: Job, now_s: float) -> None:
        """Ask for a job to be gone, with its outputs and logs.

        Raises:
            Refused: 400 where a switch says so, when it is not over.
        """
        if not job.is_over(now_s):
            if self._world.switches["delete_running"] == "refuse":
                raise service_error(400, f"job {job.id} has not ended")
            job.cancel(now_s, now_s)
        job.deleted_s = now_s if job.deleted_s is None else job.deleted_s
        self._world.note_gone(job)
        if self._world.switches["delete_s"] == 0:
            del self._world.jobs[job.id]
