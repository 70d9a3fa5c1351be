"""A pool as the emulator keeps it, and the rules of its fields.

Source: Qarnot Compute API v1.0 page, pools; SDKs python 2.23 and csharp 7.0 for the fields that
the page lacks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.sandbox.qarnot.hardware_constraints import cores_per_instance
from reconciler.sandbox.qarnot.output import Output
from reconciler.sandbox.qarnot.reading import Rule, boolean, text, whole
from reconciler.sandbox.qarnot.scaling_policies import scaling
from reconciler.sandbox.qarnot.shapes import (
    LABELLED_RULES,
    MULTI_SLOTS,
    PREPARATION_TASK,
    RETRY_SETTINGS,
    default_elastic,
    elastic,
    key_values,
    no_retries,
)
from reconciler.sandbox.qarnot.track import RunTime, StateTrack
from reconciler.sandbox.vendor import Json

ACTIVE = frozenset(
    {"Submitted", "PartiallyDispatched", "FullyDispatched", "PartiallyExecuting", "FullyExecuting"}
)
OVER = frozenset({"Closed", "Failure"})
MOST_CONSTANTS = 50

CREATE_RULES = (
    *LABELLED_RULES,
    Rule("profile", text(), lambda: "", is_required=True),
    Rule("instanceCount", whole(0), lambda: 0),
    Rule("elasticProperty", elastic, default_elastic),
    Rule("scaling", scaling),
    Rule("preparationTask", PREPARATION_TASK),
    Rule("constants", key_values(MOST_CONSTANTS), list),
    Rule("constraints", key_values(MOST_CONSTANTS), list),
    Rule("defaultRetrySettings", RETRY_SETTINGS, no_retries),
    Rule("multiSlotsSettings", MULTI_SLOTS),
    Rule("taskDefaultWaitForPoolResourcesSynchronization", boolean),
)
_RULE_OF: Mapping[str, Rule] = {rule.name: rule for rule in CREATE_RULES}
UPDATE_RULES = tuple(
    _RULE_OF[name] for name in ("constants", "constraints", "tags", "elasticProperty", "scaling")
)


@dataclass(slots=True)
class Pool:
    """One pool. `fields` are those of the rules above, as stored; the rest is the service's own.

    `nodes` are asked for, `time.running` of them run; `demand` counts the instances of tasks that
    are queued or running on it, `used_slots` those that were given a slot. `scale_stamp` is to the
    autoscaler's steps what `track.stamp` is to the others, `scale_at_s` the time of its next one.
    """

    uuid: str
    shortname: str
    fields: dict[str, Json]
    created_s: int
    track: StateTrack
    time: RunTime
    nodes: int = 0
    demand: int = 0
    used_slots: int = 0
    policy_since_s: float = 0.0
    former_policy: str | None = None
    idle_since_s: float | None = None
    scale_stamp: int = 0
    scale_at_s: float | None = None
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
        """Whether the pool takes tasks."""
        return self.state in ACTIVE

    @property
    def is_over(self) -> bool:
        """Whether nothing will happen to the pool any more."""
        return self.state in OVER

    @property
    def policies(self) -> list[Json]:
        """The scaling policies; none for a static or elastic pool."""
        stored = self.fields["scaling"]
        return stored["policies"] if stored else []

    @property
    def is_scaled(self) -> bool:
        """Whether the service decides how many nodes there are."""
        return bool(self.policies) or bool(self.fields["elasticProperty"]["isElastic"])

    @property
    def cores(self) -> int:
        """The cores of one node."""
        return cores_per_instance(self.fields["hardwareConstraints"])

    @property
    def slots_per_node(self) -> int:
        """How many tasks' instances one node takes."""
        settings = self.fields["multiSlotsSettings"]
        return (settings or {}).get("slotsPerNode") or 1

    @property
    def free_slots(self) -> int:
        """How many more instances of tasks can start now."""
        if self.state not in {"PartiallyExecuting", "FullyExecuting"}:
            return 0
        return max(0, self.time.running * self.slots_per_node - self.used_slots)
