"""A task as the emulator keeps it, and the rules of its fields.

Source: Qarnot Compute API v1.0 page, tasks; SDKs python 2.23 and csharp 7.0 for the fields that
the page lacks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.sandbox.qarnot.command import command_of
from reconciler.sandbox.qarnot.output import Output
from reconciler.sandbox.qarnot.ranges import MOST_INSTANCES, range_ids
from reconciler.sandbox.qarnot.reading import (
    Problems,
    Rule,
    boolean,
    list_of,
    record,
    text,
    whole,
    word,
)
from reconciler.sandbox.qarnot.shapes import (
    LABELLED_RULES,
    RETRY_SETTINGS,
    key_values,
    no_retries,
    uuid,
)
from reconciler.sandbox.qarnot.track import RunTime, StateTrack
from reconciler.sandbox.vendor import Json

ACTIVE = frozenset(
    {
        "Submitted",
        "PartiallyDispatched",
        "FullyDispatched",
        "PartiallyExecuting",
        "FullyExecuting",
        "UploadingResults",
    }
)
OVER = frozenset({"Success", "Failure", "Cancelled"})
MOST_CONSTANTS = 150
_CONDITION = record(
    Rule("taskUuid", uuid, is_required=True),
    Rule("taskFinalStateCondition", list_of(word("success", "failure", "cancelled"))),
)
_DEPENDENCIES = record(
    Rule("dependsOn", list_of(uuid)), Rule("advancedDependsOn", list_of(_CONDITION))
)


def _ranges(value: Json, path: str, problems: Problems) -> Json:
    try:
        range_ids(value)
    except (AttributeError, ValueError):
        problems.add(path, f"The value must be ranges of at most {MOST_INSTANCES} ids.")
        return None
    return value


TEXT_NAMES = (
    "resultBucket",
    "resultsBucket",
    "resultsBucketPrefix",
    "snapshotWhitelist",
    "snapshotBlacklist",
    "resultsWhitelist",
    "resultsBlacklist",
    "snapshotBucket",
    "snapshotBucketPrefix",
)
CREATE_RULES = (
    *LABELLED_RULES,
    Rule("profile", text()),
    Rule("poolUuid", uuid),
    Rule("jobUuid", uuid),
    Rule("instanceCount", whole(1, MOST_INSTANCES)),
    Rule("advancedRanges", _ranges),
    *(Rule(name, text()) for name in TEXT_NAMES),
    Rule("resultsCacheTTLSec", whole(0)),
    Rule("constants", key_values(MOST_CONSTANTS), list),
    Rule("constraints", key_values(MOST_CONSTANTS), list),
    Rule("retrySettings", RETRY_SETTINGS, no_retries),
    Rule("dependencies", _DEPENDENCIES),
    Rule("waitForPoolResourcesSynchronization", boolean),
    Rule("uploadResultsOnCancellation", boolean),
)
_RULE_OF: Mapping[str, Rule] = {rule.name: rule for rule in CREATE_RULES}
UPDATE_RULES = tuple(_RULE_OF[name] for name in ("constants", "constraints", "tags"))


@dataclass(slots=True)
class Ended:
    """What became of one instance."""

    instance: int
    state: str
    seconds: float
    attempts: int
    exit_code: int


@dataclass(slots=True)
class Wave:
    """Instances that began together and will end together."""

    number: int
    began_s: float
    instances: list[int]


@dataclass(slots=True)
class Task:
    """One task. Every instance is in one of `queued`, `dispatched`, `waves` and `ended`.

    `profile` and `cores` are those of its pool where it has one. `dependency_state` is None for a
    task without dependencies.
    """

    uuid: str
    shortname: str
    fields: dict[str, Json]
    created_s: int
    track: StateTrack
    time: RunTime
    profile: str
    cores: int
    queued: list[int]
    dispatched: list[int] = field(default_factory=list)
    waves: list[Wave] = field(default_factory=list)
    begun_waves: int = 0
    ended: list[Ended] = field(default_factory=list)
    attempts: dict[int, int] = field(default_factory=dict)
    dependency_state: str | None = None
    snapshot_interval_s: int = 0
    snapshots: list[Json] = field(default_factory=list)
    errors: list[Json] = field(default_factory=list)
    stdout: Output = field(default_factory=Output)
    stderr: Output = field(default_factory=Output)
    rendered: dict[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """The present state."""
        return self.track.state

    @property
    def name(self) -> str:
        """The free name."""
        return str(self.fields["name"])

    @property
    def is_active(self) -> bool:
        """Whether the task is on its way: it can be aborted and updated."""
        return self.track.state in ACTIVE

    @property
    def is_over(self) -> bool:
        """Whether nothing will happen to the task any more."""
        return self.track.state in OVER

    @property
    def host(self) -> str:
        """The uuid of the pool it runs in; empty outside of pools."""
        return str(self.fields["poolUuid"] or "")

    @property
    def instances(self) -> list[int]:
        """The ids of all instances."""
        return instance_ids(self.fields)

    @property
    def started(self) -> list[int]:
        """The instances that hold a slot."""
        return [*self.dispatched, *(one for wave in self.waves for one in wave.instances)]

    def ended_in(self, *states: str) -> list[int]:
        """The instances that ended in one of these states."""
        return [one.instance for one in self.ended if one.state in states]

    @property
    def progress(self) -> float:
        """The share of instances that have ended, 0 to 100."""
        total = len(self.queued) + len(self.started) + len(self.ended)
        return round(100.0 * len(self.ended) / total, 2) if total else 0.0


def instance_ids(fields: Mapping[str, Json]) -> list[int]:
    """The ids of the instances that these fields ask for; ranges go before the count."""
    if fields["advancedRanges"] is not None:
        return range_ids(fields["advancedRanges"])
    return list(range(fields["instanceCount"] or 0))


def work_seconds(task: Task, usual_s: float) -> float:
    """How long one instance works."""
    seconds = command_of(task.fields["constants"]).seconds
    return usual_s if seconds is None else seconds
