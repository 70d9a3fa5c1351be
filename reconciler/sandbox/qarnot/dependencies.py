"""Tasks that wait for others of their job.

Source: Qarnot Compute API v1.0 page and web documentation, jobs; SDK python 2.23 for conditions.
"""

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
    """How the dependencies of a task that has some stand; `gone` have just been deleted."""
    finals = ((_final_state(world, uuid, gone), wanted) for uuid, wanted in wanted_of(task.fields))
    verdicts = {_verdict(final, wanted) for final, wanted in finals}
    return next(one for one in (NOT_FULFILLED, WAITING, FULFILLED) if one in verdicts)


def _verdict(final: str | None, wanted: frozenset[str] | None) -> str:
    if final is None:
        return WAITING
    return FULFILLED if wanted is None or final.lower() in wanted else NOT_FULFILLED


def _final_state(world: World, uuid: str, gone: frozenset[str] = frozenset()) -> str | None:
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
    advanced = given.get("advancedDependsOn") or []
    return {
        "dependsOn": given.get("dependsOn") or [],
        "advancedDependsOn": [_shown_dependency(world, one) for one in advanced],
        "state": task.dependency_state,
    }


def _shown_dependency(world: World, given: Json) -> Json:
    final = _final_state(world, given["taskUuid"])
    wanted = frozenset(given["taskFinalStateCondition"] or ()) or None
    return {**given, "actualFinalState": final, "state": _verdict(final, wanted)}
