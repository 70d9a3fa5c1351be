"""How tasks come to be: what is checked, and what they inherit from job and pool.

Source: Qarnot Compute API v1.0 page, tasks; SDK python 2.23 for the statuses.
"""

from reconciler.sandbox.qarnot.checks import (
    open_pool,
    read_work,
    refuse_admin_fields,
    refuse_missing_buckets,
    refuse_new,
    refuse_unknown_profile,
)
from reconciler.sandbox.qarnot.dependencies import refuse_bad_dependencies
from reconciler.sandbox.qarnot.errors import business_error
from reconciler.sandbox.qarnot.hardware_constraints import cores_per_instance
from reconciler.sandbox.qarnot.pool import Pool
from reconciler.sandbox.qarnot.reading import Problems
from reconciler.sandbox.qarnot.task import CREATE_RULES, Task, instance_ids
from reconciler.sandbox.qarnot.task_life import KIND, TaskLife
from reconciler.sandbox.qarnot.track import RunTime, new_track
from reconciler.sandbox.qarnot.world import World
from reconciler.sandbox.vendor import Json


class TaskCreation:
    """Makes tasks of bodies."""

    def __init__(self, world: World, life: TaskLife) -> None:
        self._world = world
        self._life = life

    def create(self, body: Json, now_s: float) -> Task:
        """A new task, in state Submitted.

        Raises:
            Refused: the body is wrong, or the account may not have it.
        """
        switches = self._world.switches
        problems = Problems()
        fields = read_work(CREATE_RULES, body, switches, problems)
        if not problems.found and not instance_ids(fields):
            problems.add("instanceCount", "instanceCount or advancedRanges is required.")
        problems.refuse()
        pool = self._place(fields)
        refuse_admin_fields(fields, switches)
        refuse_missing_buckets(fields, switches)
        refuse_bad_dependencies(self._world, fields)
        refuse_new(self._world, KIND, fields["shortname"])
        task = self._made(fields, pool, now_s)
        self._life.begin(task, now_s)
        return task

    def _place(self, fields: Json) -> Pool | None:
        """The pool of the task, which its job may decide; checks what excludes what."""
        if fields["poolUuid"] is not None and fields["jobUuid"] is not None:
            raise business_error(400, "poolUuid and jobUuid exclude each other")
        if fields["jobUuid"] is not None:
            fields["poolUuid"] = self._pool_of_job(fields["jobUuid"])
        pool = open_pool(self._world, fields["poolUuid"])
        if pool is None:
            if fields["profile"] is None:
                raise business_error(400, "A profile, a pool or a job is required")
            refuse_unknown_profile(fields["profile"], self._world.switches)
        else:
            _refuse_own_machine(fields)
        return pool

    def _pool_of_job(self, uuid: str) -> str | None:
        job = self._world.jobs.get(uuid)
        if job is None or not job.is_active:
            status = self._world.switches["missing_parent_status"]
            raise business_error(status, f"The job {uuid} is not active")
        pool_uuid: str | None = job.fields["poolUuid"]
        return pool_uuid

    def _made(self, fields: Json, pool: Pool | None, now_s: float) -> Task:
        if pool is not None and fields["waitForPoolResourcesSynchronization"] is None:
            default = pool.fields["taskDefaultWaitForPoolResourcesSynchronization"]
            fields["waitForPoolResourcesSynchronization"] = default
        uuid = self._world.new_uuid()
        return Task(
            uuid=uuid,
            shortname=fields["shortname"] or uuid,
            fields=fields,
            created_s=int(now_s),
            track=new_track("Submitted", now_s),
            time=RunTime(now_s),
            profile=pool.fields["profile"] if pool else fields["profile"],
            cores=pool.cores if pool else cores_per_instance(fields["hardwareConstraints"]),
            queued=instance_ids(fields),
        )


def _refuse_own_machine(fields: Json) -> None:
    for name in ("profile", "hardwareConstraints", "projectUuid"):
        if fields[name]:
            raise business_error(400, f"{name} can't be set for a task in a pool")
