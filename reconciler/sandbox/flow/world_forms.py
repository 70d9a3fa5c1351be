"""A world as JSON: the truth for tests, and the file that is kept."""

import base64
import dataclasses
import hashlib
from collections.abc import Mapping
from typing import Any

from reconciler.sandbox.flow.job import Execution, Job
from reconciler.sandbox.flow.rendering import date_text
from reconciler.sandbox.flow.spaces import SCRATCH
from reconciler.sandbox.flow.stored import Link, Resource, Token, Upload
from reconciler.sandbox.flow.world import DEFAULT, World
from reconciler.sandbox.sandbox import WorldError
from reconciler.sandbox.settings import SettingError, change_tables, restore_tables
from reconciler.sandbox.vendor import Json


def change_settings(world: World, wanted: Mapping[str, Json]) -> None:
    """Apply all of `wanted` to the tables, or nothing.

    Raises:
        SettingError: a name or a value is unknown.
    """
    change_tables(world.tables(), wanted)
    world.plan_next_gone()


def objects(world: World, now_s: float) -> Json:
    """Everything there is, jobs oldest first."""
    return {
        "apps": [{"clientId": app, "clientSecret": key} for app, key in world.apps().items()],
        "jobs": [_job(job, now_s) for job in world.jobs.values()],
        "resources": [_resource(*key, one) for key, one in world.resources.items()],
        "uploads": [_upload(one) for one in world.uploads.values()],
    }


def _job(job: Job, now_s: float) -> Json:
    return {
        "id": job.id,
        "app": job.app,
        "queue": job.queue,
        "name": job.name,
        "tags": job.tags,
        "tasks": job.tasks,
        "status": job.status(now_s),
        "error": job.error if job.is_over(now_s) else None,
        "created": date_text(job.created_s),
        "changed": date_text(job.changed_s(now_s)),
        "cancelAsked": job.canceled_s is not None,
        "executions": [
            {"taskName": one.task, "index": one.index, "status": one.status(now_s)}
            for one in job.executions
        ],
        "outputs": [one.path for one in job.outputs(now_s)],
    }


def _resource(app: str, resource_id: str, resource: Resource) -> Json:
    content = resource.content
    digest = hashlib.sha256(content).hexdigest()
    truth = {"app": app, "spaceId": f"{SCRATCH}:{DEFAULT}", "id": resource_id}
    return truth | {"size": len(content), "sha256": digest, "made": date_text(resource.made_s)}


def _upload(upload: Upload) -> Json:
    truth = {"id": upload.id, "app": upload.app, "resourceId": upload.resource_id}
    return truth | {"parts": sorted(upload.parts), "isComplete": upload.is_complete}


def saved(world: World) -> Json:
    """The world as JSON, for `restore`."""
    return {
        "seed": world.seed,
        "made_ids": world.made_ids,
        "made_jobs": world.made_jobs,
        **{name: table.values() for name, table in world.tables().items()},
        "submitted": world.submitted,
        "tokens": {text: dataclasses.asdict(one) for text, one in world.tokens.items()},
        "jobs": [_saved_job(job) for job in world.jobs.values()],
        "resources": [
            [*key, {**dataclasses.asdict(one), "content": _text(one.content)}]
            for key, one in world.resources.items()
        ],
        "uploads": [_saved_upload(one) for one in world.uploads.values()],
        "links": {key: dataclasses.asdict(one) for key, one in world.links.items()},
    }


def _saved_job(job: Job) -> Json:
    return {**_values(job), "executions": [_values(one) for one in job.executions]}


def _values(item: Job | Execution) -> dict[str, Json]:
    return {one.name: getattr(item, one.name) for one in dataclasses.fields(item)}


def _saved_upload(upload: Upload) -> Json:
    parts = [[part, _text(content)] for part, content in upload.parts.items()]
    return {**dataclasses.asdict(upload), "parts": parts}


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def restore(world: World, kept: Json) -> None:
    """Fill a new world with what `saved` gave.

    Raises:
        WorldError: it is not what `saved` gives.
    """
    try:
        restore_tables(world.tables(), kept)
        world.seed, world.made_ids = kept["seed"], kept["made_ids"]
        world.made_jobs = kept["made_jobs"]
        world.submitted.update(kept["submitted"])
        for text, token in kept["tokens"].items():
            world.tokens[text] = Token(**{**token, "scopes": tuple(token["scopes"])})
        world.jobs.update((one["id"], _job_of(one)) for one in kept["jobs"])
        for app, resource_id, one in kept["resources"]:
            content = base64.b64decode(one["content"])
            world.resources[app, resource_id] = Resource(**{**one, "content": content})
        world.uploads.update((one["id"], _upload_of(one)) for one in kept["uploads"])
        world.links.update((key, Link(**one)) for key, one in kept["links"].items())
    except (AttributeError, LookupError, TypeError, ValueError, SettingError) as error:
        raise WorldError(f"the kept world of flow is damaged: {error!r}") from error
    world.plan_next_gone()


def _job_of(kept: dict[str, Any]) -> Job:
    return Job(**{**kept, "executions": [_execution_of(one) for one in kept["executions"]]})


def _execution_of(kept: dict[str, Any]) -> Execution:
    outputs = [(name, id_) for name, id_ in kept["outputs"]]
    return Execution(**{**kept, "log": tuple(kept["log"]), "outputs": outputs})


def _upload_of(kept: dict[str, Any]) -> Upload:
    parts = {part: base64.b64decode(content) for part, content in kept["parts"]}
    return Upload(**{**kept, "parts": parts})
