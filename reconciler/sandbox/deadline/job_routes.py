"""/api/jobs: reads, submissions, commands, deletions.

Source: Deadline 10 REST pages, jobs.
"""

from collections.abc import Mapping
from copy import deepcopy

from reconciler.sandbox.deadline.commands import COMMANDS, Commands
from reconciler.sandbox.deadline.job import Job, JobStat
from reconciler.sandbox.deadline.job_edits import Body, JobEdits
from reconciler.sandbox.deadline.job_life import JobLife
from reconciler.sandbox.deadline.job_lists import JobLists
from reconciler.sandbox.deadline.rendering import Rendering
from reconciler.sandbox.deadline.saving import Saving
from reconciler.sandbox.deadline.shapes import Shapes
from reconciler.sandbox.deadline.submission import Submission
from reconciler.sandbox.deadline.transport import (
    Asked,
    Success,
    failed,
    invalid,
    is_true,
    json_answer,
    needed,
    text_of,
    texts_of,
)
from reconciler.sandbox.deadline.world import World
from reconciler.sandbox.vendor import Answer

_ARCHIVABLE = frozenset({JobStat.SUSPENDED, JobStat.COMPLETED, JobStat.FAILED})


def archive_path(job: Job) -> str:
    """The file in the repository that an archived job is kept in."""
    return f"/mnt/repository/jobsArchived/{job.job_id}.zip"


class JobRoutes:
    """The four verbs."""

    def __init__(self, world: World, life: JobLife, rendering: Rendering) -> None:
        self._world = world
        self._life = life
        self._saving = Saving(world, life, rendering)
        self._lists = JobLists(world, Shapes(world))
        self._submission = Submission(world, life)
        self._commands = Commands(world, life, rendering)
        self._edits = JobEdits(world, life, rendering, self._saving).commands()
        self._success = Success(world.switches)

    def get(self, asked: Asked) -> Answer:
        """Reads."""
        return self._lists.read(asked)

    def post(self, asked: Asked) -> Answer:
        """Submissions."""
        body = asked.body()
        listed_from_s = asked.now_s + asked.call.slow_list_s
        if "Jobs" in body:
            return self._submit_several(body, asked.now_s, listed_from_s)
        job = self._submission.read(body, asked.now_s)
        self._submission.put(job, asked.now_s, listed_from_s)
        if is_true(body.get("IdOnly")):
            return json_answer({"_id": job.job_id})
        return self._lists.one(job)

    def _submit_several(self, body: Body, at_s: float, listed_from_s: float) -> Answer:
        sent = body["Jobs"]
        if not isinstance(sent, list) or not all(isinstance(one, dict) for one in sent):
            raise invalid("Jobs must be a list of objects.")
        is_chain = is_true(body.get("Dependent"))
        jobs = [self._submission.read(one, at_s) for one in sent]
        for i, (job, one) in enumerate(zip(jobs, sent, strict=True)):
            if i and (is_chain or is_true(one.get("DependsOnPrevious"))):
                self._submission.put_after(job, jobs[i - 1], at_s, listed_from_s)
            else:
                self._submission.put(job, at_s, listed_from_s)
        if self._world.switches["batch_answer"] == "success":
            return self._success()
        return self._lists.several(jobs)

    def put(self, asked: Asked) -> Answer:
        """Commands."""
        body = asked.body()
        command = text_of(body, "Command").lower()
        match command:
            case "save":
                self._saving.save(body, asked.now_s)
            case "import":
                return self._import(body, asked.now_s)
            case "undelete":
                self._undelete(body, asked.now_s)
            case _:
                self._command(command, body, asked.now_s)
        return self._success()

    def _command(self, command: str, body: Body, at_s: float) -> None:
        edit = self._edits.get(command, self._archive if command == "archive" else None)
        if edit is None and command not in COMMANDS:
            raise failed(f"invalid command {command[:60]}.")
        job = self._world.known_job(text_of(body, "JobID"))
        if edit is not None:
            edit(job, body, at_s)
        else:
            self._commands.of_job(job, command, at_s)

    def _archive(self, job: Job, _body: Body, at_s: float) -> None:
        if job.stat in _ARCHIVABLE:
            self._life.archive(job, at_s)
        else:
            self._commands.refuse_state(f"job {job.job_id} is queued or rendering.")

    def _import(self, body: Body, at_s: float) -> Answer:
        needed(body, "File")
        of_path = {archive_path(job): job for job in self._world.archived.values()}
        done: list[str] = []
        undone: list[str] = []
        for path in texts_of(body, "File"):
            job = of_path.get(path)
            if job is None or job.job_id in self._world.jobs | self._world.deleted:
                undone.append(path)
                continue
            if is_true(body.get("DeleteFile")):
                del self._world.archived[job.job_id]
            self._life.bring_back(deepcopy(job), at_s)
            done.append(job.job_id)
        return json_answer({"Imported": done, "NotImported": undone})

    def _undelete(self, body: Body, at_s: float) -> None:
        ids = [*texts_of(body, "JobID"), *texts_of(body, "JobIDs")]
        if not ids:
            raise invalid("at least one job ID is needed.")
        for job_id in ids:
            if job_id not in self._world.deleted and job_id not in self._world.jobs:
                raise failed(f"no deleted job with ID {job_id[:60]}.")
        for job_id in ids:
            job = self._world.deleted.get(job_id)
            if job is None:
                self._commands.refuse_state(f"job {job_id} is not deleted.")
            else:
                self._life.bring_back(job, at_s)

    def delete(self, asked: Asked) -> Answer:
        """Deletions, and the purge of what is deleted."""
        ids = asked.names("JobID")
        if not ids:
            raise invalid("at least one job ID is needed.")
        is_purge = asked.flag("Purge")
        known = self._world.deleted if is_purge else self._world.jobs
        self._check_deletion(ids, known)
        for job_id in ids:
            if is_purge:
                self._life.purge(job_id)
            elif job_id in self._world.jobs:
                self._life.delete(self._world.jobs[job_id], asked.now_s)
        return self._success()

    def _check_deletion(self, ids: list[str], known: Mapping[str, Job]) -> None:
        unknown = next((job_id for job_id in ids if job_id not in known), None)
        if unknown is not None and self._world.switches["unknown_delete"] == "error":
            raise failed(f"no job with ID {unknown[:60]}.")
        jobs = [self._world.jobs[job_id] for job_id in ids if job_id in self._world.jobs]
        is_refused = self._world.switches["protected_delete"] == "refuse"
        if is_refused and any(job.prop("Protect") for job in jobs):
            raise failed("a protected job can't be deleted.")
