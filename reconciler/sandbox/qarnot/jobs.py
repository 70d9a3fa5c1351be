"""The operations on jobs.

Source: Qarnot Compute API v1.0 page, jobs; SDK python 2.23 for the statuses.
"""

from reconciler.sandbox.qarnot.checks import check_shortname, check_span, open_pool, refuse_new
from reconciler.sandbox.qarnot.errors import business_error, not_found
from reconciler.sandbox.qarnot.job import CREATE_RULES, Job
from reconciler.sandbox.qarnot.job_life import KIND, JobLife
from reconciler.sandbox.qarnot.job_listing import job_json, job_kind
from reconciler.sandbox.qarnot.listing import Lists
from reconciler.sandbox.qarnot.reading import Problems, read_fields
from reconciler.sandbox.qarnot.track import new_track
from reconciler.sandbox.qarnot.world import World
from reconciler.sandbox.vendor import Json


class Jobs:
    """What can be done with the jobs of a world; `now_s` is the virtual time of the call.

    Every method that takes an identifier accepts a uuid or a shortname, and raises `Refused`
    (404) when there is no such job.
    """

    def __init__(self, world: World, life: JobLife) -> None:
        self._world = world
        self._life = life
        self.lists = Lists(world.jobs, job_kind(world), world.switches)

    def find(self, identifier: str) -> Job:
        """The job of that uuid or shortname."""
        found = self._world.found(self._world.jobs, identifier)
        if found is None:
            raise not_found(KIND, identifier)
        return found

    def create(self, body: Json, now_s: float) -> Job:
        """A new job, which is Active.

        Raises:
            Refused: the body is wrong, or the account may not have it.
        """
        switches = self._world.switches
        problems = Problems()
        fields = read_fields(CREATE_RULES, body, "", problems)
        for name in ("maxWallTime", "completionTimeToLive"):
            check_span(fields[name], name, switches, problems)
        check_shortname(fields["shortname"], switches, problems)
        problems.refuse()
        open_pool(self._world, fields["poolUuid"])
        refuse_new(self._world, KIND, fields["shortname"])
        uuid, track = self._world.new_uuid(), new_track("Active", now_s)
        job = Job(uuid, fields["shortname"] or uuid, fields, int(now_s), track)
        self._life.begin(job, now_s)
        return job

    def rendered(self, identifier: str, _now_s: float) -> str:
        """The job as JSON text."""
        return job_json(self.find(identifier), self._world.switches)

    def task_uuids(self, identifier: str) -> list[str]:
        """The uuids of the tasks of a job, oldest first."""
        return [task.uuid for task in self._life.tasks_of(self.find(identifier))]

    def terminate(self, identifier: str, now_s: float) -> None:
        """End the job; a job that is ending stays so."""
        job = self.find(identifier)
        if job.state in {"Terminating", "Deleting"}:
            return
        if not job.is_active:
            status = self._world.switches["wrong_state_status"]
            raise business_error(status, "The job is not active")
        self._life.terminate(job, now_s)

    def delete(self, identifier: str, now_s: float, *, is_forced: bool) -> None:
        """Delete the job; with running tasks only when it is forced."""
        job = self.find(identifier)
        needs_force = self._world.switches["delete_running_job"] == "refuse"
        if needs_force and not is_forced and any(True for _ in self._life.unfinished(job)):
            raise business_error(403, "The job still contains running tasks")
        self._life.delete(job, now_s)
