"""The Qarnot task: work that runs once, in a job, in a pool or alone."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from reconciler import fields
from reconciler.fields import Compare, FieldTable, Mutability
from reconciler.kinds import (
    FINAL_STATES,
    Ability,
    Demand,
    KindSpec,
    Nature,
    ReferenceField,
    RefRole,
    Spec,
)
from reconciler.providers.dependencies import dependencies
from reconciler.providers.qarnot.kinds import blocks
from reconciler.providers.qarnot.kinds.task_refusals import (
    MAX_CONSTANTS,
    MAX_INSTANCES,
    refuse,
    refuse_beside,
)
from reconciler.providers.qarnot.kinds.work import (
    EITHER,
    Rows,
    WorkSpec,
    fold_work,
    instances_demand,
    spelled_work,
)
from reconciler.quantities import NotAQuantity, frames
from reconciler.ranges import ranges
from reconciler.spec_model import Duration, Reference, SpecModel
from reconciler.values import Path


def _checked_frames(text: str) -> str:
    frames(text)
    return text


Frames = Annotated[
    str,
    StringConstraints(min_length=1, max_length=20_000),
    AfterValidator(_checked_frames),
    Field(description="Frames: 1-240, 1-240x10, 1-10,20,30-40."),
]
FinalState = Annotated[str, StringConstraints(pattern=f"^({'|'.join(FINAL_STATES)})$")]


class Dependency(SpecModel):
    """A task of the same job, and how it may have ended; it has to have succeeded otherwise."""

    task: blocks.Text
    final_state: Annotated[list[FinalState], Field(min_length=1, max_length=3)] | None = None


class TaskSpec(WorkSpec):
    """What a Qarnot task is to do; exactly one of instances and frames says how often."""

    display_name: blocks.Text | None = None
    profile: blocks.Text | None = None
    pool: Reference | None = None
    job: Reference | None = None
    instances: Annotated[int, Field(ge=1, le=MAX_INSTANCES)] | None = None
    frames: Frames | None = None
    depends_on: Annotated[list[blocks.Text | Dependency], Field(max_length=2048)] | None = None
    result_bucket: blocks.Text | None = None
    results_whitelist: blocks.Text | None = None
    results_blacklist: blocks.Text | None = None
    results_cache_ttl_sec: Annotated[blocks.Count | None, Field(alias="resultsCacheTTLSec")] = None
    upload_results_on_cancellation: bool | None = None
    snapshot_interval: Duration | None = None
    snapshot_whitelist: blocks.Text | None = None
    snapshot_blacklist: blocks.Text | None = None
    snapshot_bucket: blocks.Text | None = None
    snapshot_bucket_prefix: blocks.Text | None = None
    retries: blocks.Count | None = None
    retry_settings: blocks.RetrySettings | None = None
    wait_for_pool_resources_synchronization: bool | None = None


def _set_of_frames(value: Any) -> Any:
    try:
        return str(ranges(value))
    except NotAQuantity:
        return value


DEPENDENCIES = dependencies("task")
FRAMES = Compare("as a set of frames", _set_of_frames)

_ROWS = Rows("task", Mutability.NEXT_RUN)
_user, _work, _vendor = _ROWS.user, _ROWS.work, _ROWS.vendor

TASK_FIELDS = FieldTable(
    _user("displayName", "name", "The name people see at Qarnot.", **EITHER),
    _work("profile", "profile", "The software the work runs in; that of the pool, inside one."),
    _user("pool", "poolUuid", "The pool it runs in; not together with job."),
    _user("job", "jobUuid", "The job it belongs to; it runs in the job's pool, if that has one."),
    _work("instances", "instanceCount", "How often it runs: instances 0, 1, 2, …",
          unit="instances"),
    _work("frames", "advancedRanges", "Which instances run; added ones alone are run later.",
          compare=FRAMES),
    _user("dependsOn", "dependencies",
          "Tasks of the same job that end before it begins, by name; with finalState, how.",
          default=[], compare=DEPENDENCIES),
    *_ROWS.machines(),
    # --- what the work finds, and what it leaves
    *_ROWS.constants(_work, MAX_CONSTANTS),
    *_ROWS.rights(),
    *_ROWS.buckets(Mutability.WORK),
    _work("resultBucket", "resultBucket", "Where results go; made if it does not exist.",
          default=""),
    _work("resultsWhitelist", "resultsWhitelist",
          "Regular expression of the result files to keep; may hold ${CONSTANT}.", default=""),
    _work("resultsBlacklist", "resultsBlacklist",
          "Regular expression of the result files to leave; may hold ${CONSTANT}.", default=""),
    _user("resultsCacheTTLSec", "resultsCacheTTLSec", "How long results stay cached.", unit="s",
          source=_ROWS.sdk, **EITHER),
    _user("uploadResultsOnCancellation", "uploadResultsOnCancellation",
          "Whether a cancelled task still uploads its results.", default=False),
    _ROWS.live("snapshotInterval", "snapshotInterval",
               "Results so far are uploaded so often; 0s: only at the end.", default=0, unit="s",
               compare=fields.DURATION, source="Compute API v1.0 page, periodic snapshot"),
    _user("snapshotWhitelist", "snapshotWhitelist", "As resultsWhitelist, for snapshots.",
          default=""),
    _user("snapshotBlacklist", "snapshotBlacklist", "As resultsBlacklist, for snapshots.",
          default=""),
    _user("snapshotBucket", "snapshotBucket", "Where snapshots go; resultBucket when left out.",
          default=""),
    _user("snapshotBucketPrefix", "snapshotBucketPrefix", "Put before the paths of snapshots.",
          default=""),
    *_ROWS.privileges(),
    _user("retries", "retrySettings.maxTotalRetries",
          "How often in all a failed instance is tried again; none when 0."),
    *_ROWS.retries("retrySettings", "The vendor's own words for retries."),
    *_ROWS.cache(),
    _user("waitForPoolResourcesSynchronization", "waitForPoolResourcesSynchronization",
          "Whether it waits until the pool's files are in place; as the pool says when left out.",
          **EITHER),
    # --- how it is scheduled and kept
    *_ROWS.scheduling(),
    *_ROWS.retention(),
    _ROWS.project(),
    _ROWS.live("tags", "tags", "Free words to find it by, at most 10.", default=[],
               compare=fields.UNORDERED),
    *_ROWS.labels(),
    # --- for accounts with special permissions
    *_ROWS.special(Mutability.WORK),
    # --- the vendor's own
    *_ROWS.identity("workspace, address, run key, attempt and ranges",
                    "Submitted … FullyExecuting, UploadingResults, Success, Failure, Cancelled."),
    *_ROWS.running(),
    *_ROWS.times(),
    *_ROWS.reports(),
    _vendor("progress", "How much has ended."),
    _vendor("completedInstances", "What became of each instance."),
    _vendor("resultsCount", "How many instances left results."),
    _vendor("maxRetriesPerInstance", "An older name of a retry setting."),
)  # fmt: skip


def fold(spec: Spec) -> dict[str, Any]:
    """The spec in the vendor's own fields; references stay as written."""
    folded = fold_work(spec)
    retries = folded.pop("retries", None)
    if retries:
        folded["retrySettings"] = {"maxTotalRetries": retries}
    return folded


def spelled(spec: Spec, path: Path) -> Path:
    """Where in the manifest's `spec` a folded path was written."""
    is_short = path[:1] == ("retrySettings",) and spec.get("retries") is not None
    return ("retries",) if is_short else spelled_work(spec, path)


def ranges_of(spec: Spec) -> str:
    """The instances or frames it asks for, as a set; nothing of an empty spec."""
    if spec.get("frames"):
        return str(ranges(spec["frames"]))
    count = spec.get("instances")
    return str(ranges(f"0-{count - 1}")) if count else ""


def grows(spec: Spec) -> bool:
    """Frames stand for themselves; an instance may divide its work by their count."""
    return bool(spec.get("frames"))


def demands(spec: Spec) -> tuple[Demand, ...]:
    """One of the account's tasks; its instances as well, where no pool provides for them."""
    one = (Demand("tasks", 1),)
    if not spec.get("profile"):
        return one  # only a task with a profile is surely in no pool
    return (*one, *instances_demand(spec, len(ranges(ranges_of(spec)))))


def _model() -> type[BaseModel]:
    return TaskSpec


FORMULA_1 = frozenset(
    {
        "profile",
        "constants",
        "advancedResourceBuckets",
        "resultBucket",
        "resultsWhitelist",
        "resultsBlacklist",
        "forcedConstants",
    }
)
"""Never changed: run keys of finished work rest on it. A new WORK field makes a new formula."""

TASK = KindSpec(
    vendor="qarnot",
    kind="Task",
    nature=Nature.FINITE,
    model=_model,
    table=TASK_FIELDS,
    abilities=frozenset(
        {
            Ability.MARKER,
            Ability.UNIQUE_ID,
            Ability.UPDATE,
            Ability.STOP,
            Ability.DELETE,
            Ability.BULK_CREATE,
            Ability.DEPENDENCIES,
        }
    ),
    doc="Work of one profile, run once for each of its instances or frames.",
    fold=fold,
    spelled=spelled,
    refuse=refuse,
    refuse_beside=refuse_beside,
    references=(
        ReferenceField("pool", "Pool", RefRole.PLACE),
        ReferenceField("job", "Job", RefRole.CONTAINER),
        ReferenceField("dependsOn", "Task", RefRole.UPSTREAM, states="finalState"),
    ),
    formulas=(FORMULA_1,),
    ranges=ranges_of,
    grows=grows,
    retention_s=blocks.retention_s,
    demands=demands,
    catalogues=(("profile", "profiles"),),
    on_remove=("terminate", "delete", "forget"),
    default_on_remove="terminate",
    default_when_running="stop",
    examples=(
        {
            "profile": "docker-batch",
            "instances": 4,
            "constants": {"DOCKER_REPO": "library/debian", "DOCKER_CMD": "sh simulate.sh"},
            "resourceBuckets": ["inputs"],
            "resultBucket": "outputs",
        },
        {"job": "shot-010", "frames": "1-240", "dependsOn": ["layout"], "resultBucket": "renders"},
    ),
)
