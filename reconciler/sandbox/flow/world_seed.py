"""Worlds that people wrote down, to begin with."""

from reconciler.sandbox.flow.answers import Refused
from reconciler.sandbox.flow.job import CANCELED, FAILED, OVER, QUEUED, RUNNING, SUCCEEDED, Job
from reconciler.sandbox.flow.jobs import Jobs
from reconciler.sandbox.flow.stored import NEVER_S, Resource, Token
from reconciler.sandbox.flow.world import DEFAULT, FIRST_APP, World
from reconciler.sandbox.flow.world_forms import change_settings
from reconciler.sandbox.sandbox import WorldError
from reconciler.sandbox.settings import SettingError
from reconciler.sandbox.vendor import Json

_STATUSES = OVER | {QUEUED, RUNNING}
_PARTS = frozenset({"settings", "tokens", "resources", "jobs"})
_BESIDE = frozenset({"status", "age_s", "queue", "app"})


class WorldSeed:
    """Fills a new world with settings, files and jobs.

    A job is the body of a creation, with `status`, `age_s` (seconds since its creation), `queue`
    and `app` beside it. It was created that long ago; with a status it stands in it since. A
    resource is `{"id", "text"}` in the first app's scratch space.
    `tokens` are scopes by the text of a token of the first app that never expires.
    """

    def __init__(self, world: World, jobs: Jobs) -> None:
        self._world = world
        self._jobs = jobs

    def fill(self, wanted: Json) -> None:
        """Fill the world.

        Raises:
            WorldError: says which part can't be used, and why.
        """
        if not isinstance(wanted, dict) or wanted.keys() - _PARTS:
            raise WorldError(f"a flow world is an object of {', '.join(sorted(_PARTS))}")
        try:
            change_settings(self._world, wanted.get("settings", {}))
        except SettingError as error:
            raise WorldError(f"flow settings: {error}") from error
        for text, scopes in wanted.get("tokens", {}).items():
            self._world.tokens[text] = Token(FIRST_APP, tuple(scopes), NEVER_S)
        for i, one in enumerate(wanted.get("resources", [])):
            self._add_resource(one, f"flow resources[{i}]")
        for i, one in enumerate(wanted.get("jobs", [])):
            self._add_job(one, f"flow jobs[{i}]")

    def _add_resource(self, wanted: Json, where: str) -> None:
        texts = wanted.values() if isinstance(wanted, dict) else ()
        if set(wanted) != {"id", "text"} or not all(isinstance(text, str) for text in texts):
            raise WorldError(f"{where} must be an object of id and text, both strings")
        resource = Resource(wanted["text"].encode(), self._world.clock.now_s())
        self._world.resources[FIRST_APP, wanted["id"]] = resource

    def _add_job(self, wanted: Json, where: str) -> None:
        if not isinstance(wanted, dict):
            raise WorldError(f"{where} must be an object")
        status, age_s = wanted.get("status"), wanted.get("age_s", 0)
        is_known = status is None or status in _STATUSES
        if not is_known or not isinstance(age_s, int | float) or age_s < 0:
            known = ", ".join(sorted(_STATUSES))
            raise WorldError(f"{where}: status is one of {known}, age_s is 0 or more")
        created_s = self._world.clock.now_s() - age_s
        body = {name: value for name, value in wanted.items() if name not in _BESIDE}
        try:
            queue = self._jobs.queue(wanted.get("app", FIRST_APP), wanted.get("queue", DEFAULT))
            job = self._jobs.create(queue, body, created_s)
        except Refused as refused:
            raise WorldError(f"{where}: {refused.answer.body.decode()}") from refused
        if status is not None:
            _place(job, status)
            self._world.note_gone(job)


def _place(job: Job, status: str) -> None:
    """Put a job into a status, since its creation; one that is not over stays so."""
    started_s = None if status == QUEUED else job.created_s
    ended_s = job.created_s if status in OVER else None
    job.started_s, job.ended_s, job.error = started_s, ended_s, None
    job.outcome = status if status in OVER else SUCCEEDED
    if status == FAILED:
        job.error = {"title": "Task failed", "detail": "the evaluation ended with an error"}
    for one in job.executions:
        one.started_s, one.ended_s, one.outcome = started_s, ended_s, job.outcome
        one.error = {**job.error, "title": "Execution failed"} if job.error else None
        if status in {FAILED, CANCELED}:
            one.outputs = []
