"""A pool as the emulator keeps it, and the rules of its fields.

Source: Qarnot Compute API v1.0 page, pools; SDKs python 2.23 and csharp 7.0 for the fields that
the page lacks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.sandbox.qarnot.hardware_constraints import cores_per_instance, hardware_constraint
from reconciler.sandbox.qarnot.output import Output
from reconciler.sandbox.qarnot.reading import (
    Rule,
    boolean,
    list_of,
    mapping_of_texts,
    text,
    time_span,
    whole,
)
from reconciler.sandbox.qarnot.scaling_policies import scaling
from reconciler.sandbox.qarnot.shapes import (
    ACCESS_RIGHTS,
    ADVANCED_BUCKET,
    CACHE_TTL_S,
    FORCED_CONSTANT,
    FORCED_NETWORK_RULE,
    MOST_BUCKETS,
    MULTI_SLOTS,
    PREPARATION_TASK,
    PRIVILEGES,
    RETRY_SETTINGS,
    SCHEDULING_TYPE,
    SHORTNAME,
    TAGS,
    default_elastic,
    elastic,
    key_values,
    no_access_rights,
    no_privileges,
    no_retries,
    uuid,
)
from reconciler.sandbox.vendor import Json

ACTIVE = frozenset(
    {"Submitted", "PartiallyDispatched", "FullyDispatched", "PartiallyExecuting", "FullyExecuting"}
)
OVER = frozenset({"Closed", "Failure"})
MOST_CONSTANTS = 50

CREATE_RULES = (
    Rule("elasticProperty", elastic, default_elastic),
    Rule("scaling", scaling),
    Rule("preparationTask", PREPARATION_TASK),
    Rule("constants", key_values(MOST_CONSTANTS), list),
    Rule("constraints", key_values(MOST_CONSTANTS), list),
    Rule("forcedConstants", list_of(FORCED_CONSTANT), list),
    Rule("forcedNetworkRules", list_of(FORCED_NETWORK_RULE), list),
    Rule("secretsAccessRights", ACCESS_RIGHTS, no_access_rights),
    Rule("tags", TAGS, list),
    Rule("resourceBuckets", list_of(text(), most=MOST_BUCKETS), list),
    Rule("advancedResourceBuckets", list_of(ADVANCED_BUCKET, most=MOST_BUCKETS)),
    Rule("priority", whole()),
    Rule("hardwareConstraints", list_of(hardware_constraint), list),
    Rule("schedulingType", SCHEDULING_TYPE),
    Rule("targetedReservedMachineKey", text()),
    Rule("targetedReservationName", text()),
    Rule("autoDeleteOnCompletion", boolean, lambda: False),
    Rule("completionTimeToLive", time_span, lambda: "00:00:00"),
    Rule("labels", mapping_of_texts, dict),
    Rule("privileges", PRIVILEGES, no_privileges),
    Rule("defaultRetrySettings", RETRY_SETTINGS, no_retries),
    Rule("defaultResourcesCacheTTLSec", whole(0), lambda: CACHE_TTL_S),
    Rule("maxTimeQueueSeconds", whole(0)),
    Rule("multiSlotsSettings", MULTI_SLOTS),
    Rule("projectUuid", uuid),
    Rule("name", text(), lambda: "", is_required=True),
    Rule("shortname", text(below=1 << 20, pattern=SHORTNAME)),
    Rule("profile", text(), lambda: "", is_required=True),
    Rule("instanceCount", whole(0), lambda: 0),
    Rule("taskDefaultWaitForPoolResourcesSynchronization", boolean),
)
_RULE_OF: Mapping[str, Rule] = {rule.name: rule for rule in CREATE_RULES}
UPDATE_RULES = tuple(
    _RULE_OF[name] for name in ("constants", "constraints", "tags", "elasticProperty", "scaling")
)


@dataclass(slots=True)
class Pool:
    """One pool. `fields` are those of the rules above, as stored; the rest is the service's own.

    `slots` counts the nodes that are asked for, `running` those that run. `stamp` grows whenever
    planned steps of its life are given up, `scale_stamp` the same for steps of scaling.
    """

    uuid: str
    fields: dict[str, Json]
    created_s: int
    state: str = "Submitted"
    previous_state: str | None = None
    state_s: int = 0
    previous_state_s: int | None = None
    modified_s: int = 0
    ended_s: int | None = None
    slots: int = 0
    running: int = 0
    first_ran_s: int | None = None
    executed_s: float = 0.0
    accrued_at_s: float = 0.0
    demand: int = 0
    policy_since_s: float = 0.0
    former_policy: str | None = None
    idle_since_s: float | None = None
    stamp: int = 0
    scale_stamp: int = 0
    errors: list[Json] = field(default_factory=list)
    stdout: Output = field(default_factory=Output)
    stderr: Output = field(default_factory=Output)
    rendered: dict[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def shortname(self) -> str:
        """The unique name its user chose, or the uuid."""
        return str(self.fields["shortname"] or self.uuid)

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

    def accrue(self, at_s: float) -> None:
        """Count the node time up to now; called before the running count changes."""
        self.executed_s += self.running * max(0.0, at_s - self.accrued_at_s)
        self.accrued_at_s = at_s

    def executed_until(self, at_s: float) -> float:
        """Node seconds so far."""
        return self.executed_s + self.running * max(0.0, at_s - self.accrued_at_s)
