"""The operations on tasks.

Source: Qarnot Compute API v1.0 page, tasks; SDKs python 2.23 and csharp 7.0 for the statuses.
"""

from collections.abc import Mapping

from reconciler.sandbox.qarnot.errors import business_error, not_found
from reconciler.sandbox.qarnot.listing import Lists
from reconciler.sandbox.qarnot.output import instance_number
from reconciler.sandbox.qarnot.ranges import range_text
from reconciler.sandbox.qarnot.reading import folded
from reconciler.sandbox.qarnot.snapshots import set_periodic, shown_snapshot, take_snapshot
from reconciler.sandbox.qarnot.task import UPDATE_RULES, Task
from reconciler.sandbox.qarnot.task_creation import TaskCreation
from reconciler.sandbox.qarnot.task_filters import task_kind
from reconciler.sandbox.qarnot.task_life import KIND, TaskLife
from reconciler.sandbox.qarnot.task_output import TaskText
from reconciler.sandbox.qarnot.updates import checked_changes, with_hidden_secrets
from reconciler.sandbox.qarnot.world import World
from reconciler.sandbox.vendor import Json

REDONE: Mapping[str, tuple[str, ...]] = {
    "retry": ("Failure",),
    "recover": ("Failure", "Cancelled"),
    "resume": ("Cancelled",),
}
_ENDED_INSTANCES = ("instanceCount", "advancedRanges")


class Tasks:
    """What can be done with the tasks of a world; `now_s` is the virtual time of the call.

    Every method that takes an identifier accepts a uuid or a shortname, and raises `Refused`
    (404) when there is no such task.
    """

    def __init__(self, world: World, life: TaskLife) -> None:
        self._world = world
        self._life = life
        self._text = TaskText(world)
        self._creation = TaskCreation(world, life)
        self.lists = Lists(world.tasks, task_kind(world, self._text), world.switches)

    def find(self, identifier: str) -> Task:
        """The task of that uuid or shortname."""
        found = self._world.found(self._world.tasks, identifier)
        if found is None:
            raise not_found(KIND, identifier)
        return found

    def create(self, body: Json, now_s: float) -> Task:
        """A new task, in state Submitted.

        Raises:
            Refused: the body is wrong, or the account may not have it.
        """
        return self._creation.create(body, now_s)

    def rendered(self, identifier: str, now_s: float) -> str:
        """The task as JSON text."""
        return self._text.whole(self.find(identifier), now_s)

    def clone(self, identifier: str, body: Json, now_s: float) -> Task:
        """A new task with the fields of another, but for its shortname and what the body gives."""
        source = self.find(identifier)
        given = {name: value for name, value in folded(body).items() if value is not None}
        inherited = dict(source.fields)
        if given.keys() & {name.lower() for name in _ENDED_INSTANCES}:
            inherited |= dict.fromkeys(_ENDED_INSTANCES)
        return self._creation.create(_as_body(inherited) | given, now_s)

    def redo(self, verb: str, identifier: str, body: Json, now_s: float) -> Task:
        """A new task for the instances of an ended one that failed or were cancelled.

        Raises:
            Refused: the task runs, or has no such instances.
        """
        source = self.find(identifier)
        if not source.is_over:
            raise self._wrong_state("The task has not ended")
        instances = source.ended_in(*REDONE[verb])
        if not instances:
            status = self._world.switches["redo_nothing_status"]
            raise business_error(status, f"The task has no instance to {verb}")
        own = {"instanceCount": None, "advancedRanges": range_text(instances)}
        fixed = {"pooluuid", "instancecount", "advancedranges"}
        given = {
            name: value
            for name, value in folded(body).items()
            if value is not None and name not in fixed
        }
        return self._creation.create(_as_body(source.fields | own) | given, now_s)

    def abort(self, identifier: str, now_s: float) -> None:
        """Cancel a task that is on its way; one that is being cancelled stays so."""
        task = self.find(identifier)
        if task.state == "PendingCancel":
            return
        self._refuse_unless_active(task)
        self._life.cancel(task, now_s)

    def delete(self, identifier: str, now_s: float) -> None:
        """Abort the task if it is on its way, and delete it."""
        self._life.delete(self.find(identifier), now_s)

    def resync(self, identifier: str) -> None:
        """Send the present content of the resource buckets to the instances."""
        self._refuse_unless_active(self.find(identifier))

    def update(self, identifier: str, body: Json, now_s: float) -> None:
        """Change constants and tags; other fields stay as they are."""
        task = self.find(identifier)
        changes = checked_changes(UPDATE_RULES, body, self._world.switches)
        self._refuse_unless_active(task)
        if "constants" in changes:
            former = task.fields["constants"]
            switches = self._world.switches
            changes["constants"] = with_hidden_secrets(former, changes["constants"], switches)
        task.fields.update(changes)
        task.track.modified_s = int(now_s)
        task.rendered.clear()
        self._world.changed(KIND, task)

    def _refuse_unless_active(self, task: Task) -> None:
        if not task.is_active:
            raise self._wrong_state("The task is not running")

    def _wrong_state(self, message: str) -> Exception:
        return business_error(self._world.switches["wrong_state_status"], message)

    def set_periodic_snapshot(self, identifier: str, body: Json) -> None:
        """Take snapshots at an interval from now on."""
        task = self.find(identifier)
        self._refuse_unless_active(task)
        set_periodic(task, body, self._world.switches)
        self._world.changed(KIND, task)

    def snapshot(self, identifier: str, body: Json, now_s: float) -> Json:
        """Take one snapshot; the answer is its id, or nothing from an older service."""
        task = self.find(identifier)
        self._refuse_unless_active(task)
        taken = take_snapshot(task, body, now_s)
        return {"id": taken} if self._world.switches["snapshot_answer"] == "id" else None

    def shown_snapshot(self, identifier: str, snapshot: str, now_s: float) -> Json:
        """A snapshot as a GET shows it."""
        task = self.find(identifier)
        found = shown_snapshot(task, snapshot, self._world.switches, now_s)
        if found is None:
            raise not_found("snapshot", snapshot)
        return found

    def output(self, identifier: str, instance: str | None, stream: str, *, fresh: bool) -> str:
        """What the instances printed; 404 for an instance that the task never has."""
        task = self.find(identifier)
        number = instance_number(instance, task.instances)
        output = task.stdout if stream == "stdout" else task.stderr
        return output.fresh(number) if fresh else output.whole(number)


def _as_body(fields: Mapping[str, Json]) -> dict[str, Json]:
    """Stored fields as the body of a creation: without what belongs to the source alone."""
    body = {name.lower(): value for name, value in fields.items() if value is not None}
    body.pop("shortname", None)
    if "jobuuid" in body:  # the pool is that of the job
        body.pop("pooluuid", None)
    return body
