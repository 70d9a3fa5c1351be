"""The fields of tasks that filters and orders may name.

Source: SDK csharp 7.0, filterable fields of tasks.
"""

from collections.abc import Mapping

from reconciler.sandbox.qarnot.dependencies import wanted_of
from reconciler.sandbox.qarnot.filters import FieldType, FilterField
from reconciler.sandbox.qarnot.listing import ListedKind
from reconciler.sandbox.qarnot.task import Task
from reconciler.sandbox.qarnot.task_output import TaskText
from reconciler.sandbox.qarnot.work_filters import of, run_fields, run_orders, stored
from reconciler.sandbox.qarnot.world import World

_NUMBER, _TEXT, _JSON = FieldType.NUMBER, FieldType.TEXT, FieldType.JSON
_TEXT_NAMES = (
    "jobUuid",
    "poolUuid",
    "advancedRanges",
    "resultBucket",
    "snapshotWhitelist",
    "snapshotBlacklist",
    "resultsWhitelist",
    "resultsBlacklist",
)
_OWN: Mapping[str, FilterField[Task]] = {
    **{f"{name[0].upper()}{name[1:]}": stored(_TEXT, name) for name in _TEXT_NAMES},
    "Profile": of(_TEXT, lambda task: task.profile),
    "InstanceCount": of(_NUMBER, lambda task: len(task.instances)),
    "Progress": of(_NUMBER, lambda task: task.progress),
    "SnapshotInterval": of(_NUMBER, lambda task: task.snapshot_interval_s),
    "ResultsCount": of(_NUMBER, lambda task: len(task.ended_in("Success"))),
    "Constants": stored(_JSON, "constants"),
    "Constraints": stored(_JSON, "constraints"),
    "Labels": stored(_JSON, "labels"),
    "RetrySettings": stored(_JSON, "retrySettings"),
    "CompletedInstances": of(FieldType.LIST, lambda task: [str(i.instance) for i in task.ended]),
    "Dependencies.DependsOn": of(
        FieldType.LIST, lambda task: [uuid for uuid, _ in wanted_of(task.fields)]
    ),
}


def task_kind(world: World, text: TaskText) -> ListedKind[Task]:
    """Tasks as the list routes see them."""
    fields: Mapping[str, FilterField[Task]] = {**run_fields(world.clock.now_s), **_OWN}
    return ListedKind(fields, run_orders(), render=text.whole, render_summary=text.summary)
