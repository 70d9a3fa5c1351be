"""The account: its limits and counts, its profiles, the settings and versions of the service.

Source: Qarnot Compute API v1.0 page, UserInfo and profiles; SDK python 2.23.
"""

from collections.abc import Mapping

from reconciler.sandbox.qarnot.reading import INT32_MAX
from reconciler.sandbox.qarnot.world import World
from reconciler.sandbox.vendor import Json

_BUCKET_BYTES = 10_737_418_240


def _docker_profile(name: str) -> Json:
    descriptions = {
        "DOCKER_REPO": "image to run",
        "DOCKER_TAG": "tag of the image",
        "DOCKER_CMD": "command to run",
    }
    constants = [
        {"name": key, "value": "latest" if key == "DOCKER_TAG" else "", "description": text}
        for key, text in descriptions.items()
    ]
    return {"name": name, "constants": constants, "licenses": []}


_LICENSED = {
    "name": "blender-4",
    "constants": [{"name": "BLEND_FILE", "value": "", "description": "scene to render"}],
    "licenses": [{"name": "demo", "maxInstances": 4, "maxCores": 32}],
}
PROFILES: Mapping[str, Json] = {
    "docker-batch": _docker_profile("docker-batch"),
    "docker-network": _docker_profile("docker-network"),
    "blender-4": _LICENSED,
}
VERSIONS: Json = [
    {"version": "v0.1", "endOfLife": "2021-04-06"},
    {"version": "v1.0", "endOfLife": None},
]
SERVICE_SETTINGS: Json = {"storage": None}


def user_info(world: World) -> Json:
    """The account as `/info` shows it; a lifted limit is the largest int."""
    limits = {name: _shown(most) for name, most in world.quotas.values().items()}
    used = world.capacity.total()
    body: Json = {
        "email": "sandbox@example.org",
        **limits,
        "poolCount": len(world.pools),
        "jobCount": len(world.jobs),
        "taskCount": len(world.tasks),
        "runningPoolCount": sum(pool.is_active for pool in world.pools),
        "runningTaskCount": sum(task.is_active for task in world.tasks),
        "runningInstanceCount": used.instances,
        "runningCoreCount": used.cores,
        "reservedQuotas": [],
        "quotaBytes": 0,
        "usedQuotaBytes": 0,
        "quotaBytesBucket": _BUCKET_BYTES,
        "usedQuotaBytesBucket": 0,
        "defaultScheduling": "Flex",
        "defaultReservedSpecificationKey": "",
    }
    if world.switches["computing_quotas"] == "present":
        body["computingQuotas"] = _computing_quotas(world, limits)
    return body


def _shown(most: int | None) -> int:
    return INT32_MAX if most is None else most


def _computing_quotas(world: World, limits: Mapping[str, int]) -> Json:
    def quota(word: str, scheduling: str) -> Json:
        usage = world.capacity.used(scheduling)
        return {
            "maxInstances": limits[f"max{word}Instances"],
            "runningInstancesCount": usage.instances,
            "maxCores": limits[f"max{word}Cores"],
            "runningCoresCount": usage.cores,
        }

    own = {"flex": quota("Flex", "flex"), "onDemand": quota("OnDemand", "onDemand")}
    return {"user": {**own, "reserved": []}, "organization": None}
