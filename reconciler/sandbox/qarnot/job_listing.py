"""How a job reads on the wire, and the fields of jobs that filters and orders may name.

Source: Qarnot Compute API v1.0 page, jobs; SDK csharp 7.0, filterable fields of jobs.
"""

from collections.abc import Mapping

from reconciler.sandbox.qarnot.filters import FieldType, FilterField
from reconciler.sandbox.qarnot.job import Job
from reconciler.sandbox.qarnot.listing import ListedKind
from reconciler.sandbox.qarnot.rendering import (
    COMPLETION_SHOWN,
    IDENTITY_SHOWN,
    STATE_SHOWN,
    Shown,
    field,
    kept_text,
    members,
    shown_span,
    with_nulls,
)
from reconciler.sandbox.qarnot.work_filters import stored, tracked_fields, tracked_orders
from reconciler.sandbox.qarnot.world import World
from reconciler.sandbox.settings import SettingTable
from reconciler.sandbox.vendor import Json


def _wall_time(job: Job, switches: SettingTable) -> Json:
    longest = job.fields["maxWallTime"]
    return None if longest is None else shown_span(longest, switches)


_SHOWN: Shown[Job] = {
    **IDENTITY_SHOWN,
    **STATE_SHOWN,
    **COMPLETION_SHOWN,
    "poolUuid": field("poolUuid"),
    "useDependencies": field("useDependencies"),
    "maxWallTime": _wall_time,
}


def job_json(job: Job, switches: SettingTable) -> str:
    """The job as JSON text."""
    return f"{{{kept_text(job, 'state', switches, _fields)}}}"


def _fields(job: Job, switches: SettingTable) -> str:
    shown = {name: show(job, switches) for name, show in _SHOWN.items()}
    return members(with_nulls(shown, switches))


def job_kind(world: World) -> ListedKind[Job]:
    """Jobs as the list routes see them; they have no summaries."""
    fields: Mapping[str, FilterField[Job]] = {
        **tracked_fields(),
        "PoolUuid": stored(FieldType.TEXT, "poolUuid"),
        "UseDependencies": stored(FieldType.BOOLEAN, "useDependencies"),
    }

    def render(job: Job, _at_s: float) -> str:
        return job_json(job, world.switches)

    return ListedKind(fields, tracked_orders(), render, render)
