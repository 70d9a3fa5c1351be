"""Tasks that wait for others of their job.

Source: Qarnot Compute API v1.0 page and web documentation, jobs; SDK python 2.23 for conditions.
"""

from collections.abc import Iterator

from reconciler.sandbox.qarnot.errors import business_error
from reconciler.sandbox.qarnot.task import Task
from reconciler.sandbox.qarnot.world import World
from reconciler.sandbox.vendor import Json

WAITING = "waiting"
FULFILLED = "dependencyConditionsFulfilled"
NOT_FULFILLED = "dependencyConditionsNotFulfilled"
_GONE = "Cancelled"  # what was deleted before it ended counts as cancelled


def wanted_of(fields: Json) -> list[tuple[str, frozenset[str] | None]]:
    """The uuids that a task depends on, with the final states that fulfil each (None: any)."""
    dependencies = fields["dependencies"] or {}
    plain = [(uuid, None) for uuid in dependencies.get("dependsOn") or []]
    return plain + [
        (one["taskUuid"], frozenset(one["taskFinalStateCondition"] or ()) or None)
        for one in dependencies.get("advancedDependsOn") or []
    ]


def refuse_bad_dependencies(world: World, fields: Json) -> None:
    """400 unless every dependency is a task of the same job, which must use dependencies."""
    wanted = wanted_of(fields)
    if not wanted:
        return
    dependencies = fields["dependencies"]
    if dependencies.get("dependsOn") and dependencies.get("advancedDependsOn"):
        raise business_error(400, "dependsOn and advancedDependsOn exclude each other")
    job = world.jobs.get(fields["jobUuid"] or "")
    if job is None or not job.fields["useDependencies"]:
        raise business_error(400, "Dependencies need a job that uses them")
    for uuid, _ in wanted:
        other = world.tasks.get(uuid)
        if other is None or other.fields["jobUuid"] != job.uuid:
            raise business_error(400, f"No such task in the job: {uuid}")


def state_of(world: World, task: Task, gone: frozenset[str] = frozenset()) -> str:
    """How the dependencies of a task stand; `gone` are tasks that have just been deleted."""
    verdicts = list(_verdicts(world, task, gone))
    if False in verdicts:
        return NOT_FULFILLED
    return WAITING if None in verdicts else FULFILLED


def _verdicts(world: World, task: Task, gone: frozenset[str]) -> Iterator[bool | None]:
    for uuid, conditions in wanted_of(task.fields):
        final = final_state(world, uuid, gone)
        yield None if final is None else conditions is None or final.lower() in conditions


def final_state(world: World, uuid: str, gone: frozenset[str] = frozenset()) -> str | None:
    """The state in which a task ended, as long as it is known."""
    other = world.tasks.get(uuid)
    if other is None or uuid in gone:
        return _GONE
    return other.state if other.is_over else None


def shown_dependencies(world: World, task: Task) -> Json:
    """The dependencies as a GET shows them; null for a task without any."""
    if task.dependency_state is None:
        return None
    given = task.fields["dependencies"]
    advanced = [
        {**one, "actualFinalState": final_state(world, one["taskUuid"])}
        for one in given.get("advancedDependsOn") or []
    ]
    return {
        "dependsOn": given.get("dependsOn") or [],
        "advancedDependsOn": advanced,
        "state": task.dependency_state,
    }
