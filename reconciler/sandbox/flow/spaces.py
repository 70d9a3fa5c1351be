"""The spaces of the storage service and what is in them.

Source: reference of the storage API, v1; public sample programs for names and URNs.
"""

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.sandbox.flow.answers import service_error
from reconciler.sandbox.flow.job import Job, Kept
from reconciler.sandbox.flow.stored import Link, Resource
from reconciler.sandbox.flow.world import DEFAULT, World
from reconciler.sandbox.vendor import Json

SCRATCH, OUTPUTS = "scratch", "outputs"
_URN = re.compile(r"urn:adsk:fc\.([a-z]+):[a-z-]+\.prd:resource:([^/]+)/(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Space:
    """A space that its caller may use; `job` is the one whose outputs it holds."""

    provider: str
    key: str
    region: str
    job: Job | None = None

    @property
    def id(self) -> str:
        """`<provider>:<key>`."""
        return f"{self.provider}:{self.key}"

    def urn(self, resource_id: str) -> str:
        """The name of a resource for inputs of jobs."""
        return f"urn:adsk:fc.{self.provider}:{self.region}.prd:resource:{self.key}/{resource_id}"


class Spaces:
    """Finds spaces and resources, each app its own."""

    def __init__(self, world: World) -> None:
        self._world = world

    def found(self, app: str, space_id: str) -> Space:
        """The space of that id.

        Raises:
            Refused: 404, there is none for this caller.
        """
        space = self._find(app, *space_id.partition(":")[::2])
        if space is None:
            raise service_error(404, f"space {space_id} does not exist")
        return space

    def outputs(self, job: Job) -> Space:
        """The space of a job's outputs and logs."""
        return Space(OUTPUTS, job.space, job.region, job)

    def _find(self, app: str, provider: str, key: str) -> Space | None:
        if (provider, key) == (SCRATCH, DEFAULT):
            return Space(SCRATCH, DEFAULT, self._world.switches["region"])
        if provider == OUTPUTS:
            jobs = self._world.jobs.values()
            job = next((job for job in jobs if (job.app, job.space) == (app, key)), None)
            return None if job is None else self.outputs(job)
        return None

    def resource(self, app: str, space: Space, resource_id: str) -> Resource:
        """A resource as it is now.

        Raises:
            Refused: 404.
        """
        found = self._resource(app, space, resource_id)
        if found is None:
            raise service_error(404, f"resource {resource_id} does not exist in {space.id}")
        return found

    def linked(self, link: Link) -> Resource | None:
        """The resource that a presigned URL is for, as it is now."""
        space = self._find(link.app, *link.space_id.partition(":")[::2])
        return None if space is None else self._resource(link.app, space, link.resource_id)

    def _resource(self, app: str, space: Space, resource_id: str) -> Resource | None:
        if space.job is None:
            return self._world.resources.get((app, resource_id))
        kept = self._kept(space.job)
        found = next((one for one in kept if one.resource_id == resource_id), None)
        return None if found is None else Resource(_content(space.job, found), found.since_s)

    def _kept(self, job: Job) -> Iterator[Kept]:
        now_s = self._world.clock.now_s()
        yield from job.outputs(now_s)
        yield from job.logs(now_s)

    def resolves(self, app: str, uri: str) -> bool:
        """Whether a uri is the URN of a resource that this caller has."""
        match = _URN.fullmatch(uri)
        space = None if match is None else self._find(app, match[1], match[2])
        if match is None or space is None:
            return False
        return space.urn(match[3]) == uri and self._resource(app, space, match[3]) is not None

    def shown(self, space: Space, resource_id: str, resource: Resource) -> Json:
        """A resource as the service shows it."""
        digest = hashlib.sha1(resource.content, usedforsecurity=False).digest()
        is_hex = self._world.switches["sha1"] == "hex"
        return {
            "id": resource_id,
            "sha1": digest.hex() if is_hex else base64.b64encode(digest).decode(),
            "size": len(resource.content),
            "urn": space.urn(resource_id),
        }


def _content(job: Job, kept: Kept) -> bytes:
    text = f"The sandbox made {kept.path} of job {job.name or job.id}.\n"
    return text.encode("utf-8", "replace")
