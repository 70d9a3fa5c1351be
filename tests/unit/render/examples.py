"""A plan, a report, problems and a status as a studio would meet them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from reconciler.address import Address
from reconciler.errors import Location, Problem, Severity
from reconciler.fields import Mutability
from reconciler.lifecycle import OnRemove
from reconciler.model import Marker, Request, Resource, Settled, Usage, Verb
from reconciler.plan.plan import (
    Action,
    Binding,
    Change,
    FieldChange,
    Plan,
    QuotaVerdict,
    Reason,
    Standing,
    Verdict,
)
from reconciler.render.status import StatusRow
from reconciler.report import Passed, Report, StepReport
from reconciler.values import UNSEEN

MADE_AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
WORKSPACE = "ws-5c1d0e9a7b3f4d21"
UUID = "6f1c9d9e-0d4c-4a7e-9d3a-1f2e3d4c5b6a"


def pool(name: str) -> Address:
    return Address("qarnot-prod", "pool", name)


def place(line: int, column: int, path: str = "", excerpt: str = "") -> Location:
    return Location("manifests/pools.yaml", line, column, path, excerpt)


def request(address: Address, spec: dict[str, object]) -> Request:
    resource = Resource(address, "qarnot/Pool", spec, labels={"show": "dune", "team": "fx"})
    return Request(resource, {}, Marker(WORKSPACE, "prod", address, 1))


HOUDINI = request(
    pool("houdini-sim"),
    {
        "displayName": "Houdini simulation",
        "profile": "docker-batch",
        "requirements": {"cpu": 16, "memory": "64GiB", "ssd": True},
        "constants": {
            "DOCKER_REPO": "registry.example.com/studio/houdini",
            "QARNOT_SECRET__KEY": {"secretRef": {"env": "FARM_KEY"}},
        },
        "scaling": {
            "policies": [
                {
                    "name": "office",
                    "type": "fixed",
                    "slots": 4,
                    "periods": [{"days": ["monday", "friday"], "start": "08:00", "end": "19:30"}],
                },
                {"name": "night", "type": "queue", "minSlots": 0, "maxSlots": 64},
            ]
        },
        "tags": ["film-a", "simulation"],
    },
)

CREATION = Change(
    pool("houdini-sim"),
    "qarnot/Pool",
    Action.CREATE,
    Reason.NOT_FOUND,
    request=HOUDINI,
    location=place(1, 1),
)
UPDATE = Change(
    pool("render-small"),
    "qarnot/Pool",
    Action.UPDATE,
    Reason.MANIFEST_CHANGED,
    remote_id=UUID,
    location=place(9, 3),
    fields=(
        FieldChange(
            "scaling.policies[night].maxSlots",
            4,
            8,
            Mutability.IN_PLACE,
            "scaling",
            unit="slots",
            location=place(14, 60),
        ),
        FieldChange(
            "tags", ["film-a"], ["film-a", "night"], Mutability.IN_PLACE, "tags", is_drift=True
        ),
        FieldChange(
            "constants.QARNOT_SECRET__KEY",
            UNSEEN,
            UNSEEN,
            Mutability.IN_PLACE,
            "constants",
            is_secret=True,
            location=place(17, 5),
        ),
        FieldChange(
            "labels.team",
            "fx",
            "lighting",
            Mutability.AT_NEXT_CREATE,
            "labels",
            location=place(4, 12),
        ),
    ),
    notes=("FARM_KEY is not available here: whether QARNOT_SECRET__OTHER changed is not known",),
)
REPLACEMENT = Change(
    pool("sim-large"),
    "qarnot/Pool",
    Action.REPLACE,
    Reason.IMMUTABLE_FIELD,
    remote_id=UUID,
    location=place(31, 3),
    fields=(
        FieldChange(
            "profile",
            "docker-batch",
            "docker-network",
            Mutability.REPLACE,
            "profile",
            location=place(34, 12),
        ),
    ),
    loss=Usage(instances=12, cores=96, queued_instances=40, core_seconds=12000),
)
BLOCKED = Change(
    pool("previz"),
    "qarnot/Pool",
    Action.REPLACE,
    Reason.IMMUTABLE_FIELD,
    standing=Standing.BLOCKED,
    remote_id=UUID,
    location=place(52, 3),
    fields=(FieldChange("profile", "docker-batch", "maya-2027", Mutability.REPLACE, "profile"),),
    problem=Problem(
        "P203",
        "3 instances are running on it",
        "replacing a pool stops everything unfinished on it, and lifecycle.whenRunning is refuse",
        "set lifecycle.whenRunning to drain or stop, or apply when the pool is idle",
        address=str(pool("previz")),
    ),
)
HELD = Change(
    Address("qarnot-prod", "task", "shot-010/beauty"),
    "qarnot/Task",
    Action.CREATE,
    Reason.RETRY,
    standing=Standing.HELD,
    location=place(70, 3),
    problem=Problem(
        "P310",
        "its last run failed",
        "lifecycle.onFailure is hold",
        "run `reconciler rerun qarnot-prod/task/shot-010/beauty` once the cause is mended",
    ),
)
WAITING = Change(
    Address("qarnot-prod", "task", "shot-010/comp"),
    "qarnot/Task",
    Action.CREATE,
    Reason.NOT_FOUND,
    standing=Standing.WAITING,
    waits_for=frozenset({Address("qarnot-prod", "task", "shot-010/beauty")}),
)
DELETION = Change(
    pool("old-nightly"),
    "qarnot/Pool",
    Action.DELETE,
    Reason.NOT_DECLARED,
    remote_id="0c6a4f6e-98a5-4c3e-8f0e-5d2b1a3c4e5f",
    on_remove=OnRemove.DELETE,
)
ADOPTION = Change(pool("hand-made"), "qarnot/Pool", Action.ADOPT, Reason.REQUESTED, remote_id=UUID)

BINDING = Binding(
    WORKSPACE,
    "prod",
    "d1",
    "l1",
    endpoints={"qarnot-prod": "https://api.qarnot.com"},
    accounts={"qarnot-prod": "farm@studio.example"},
)


def plan(*changes: Change, **more: object) -> Plan:
    return Plan(
        **{  # type: ignore[arg-type]  # a test's short way to write a plan
            "binding": BINDING,
            "made_at": MADE_AT,
            "expires_at": MADE_AT + timedelta(days=1),
            "changes": changes,
            "commit": "8b760d1c0ffee",
            "serial": 41,
            **more,
        }
    )


HTTP_WARNING = Problem(
    "C207",
    "qarnot-prod is reached over plain http",
    "allowHttp is true for it in reconciler.yaml",
    "use https where the farm offers it",
    severity=Severity.WARNING,
)
FULL_PLAN = plan(
    CREATION,
    ADOPTION,
    DELETION,
    BLOCKED,
    UPDATE,
    REPLACEMENT,
    HELD,
    WAITING,
    unchanged={pool("a"): "1", pool("b"): "2"},
    orphans=(Address("deadline-farm", "pool", "left-over"),),
    verdicts=(
        QuotaVerdict("qarnot-prod", "maxPool", 8, 1, 20, Verdict.FITS),
        QuotaVerdict("qarnot-prod", "maxTotalCores", 1240, 256, 1400, Verdict.EXCEEDS),
        QuotaVerdict("qarnot-prod", "maxStorage", None, 12, None, Verdict.UNKNOWN),
    ),
    problems=(HTTP_WARNING,),
)

TOO_MANY_SLOTS = Problem(
    "M523",
    "minSlots is more than maxSlots",
    "minSlots is 64, maxSlots is 32",
    "lower minSlots to 32 or less, or raise maxSlots",
    address=str(pool("render-small")),
    location=place(12, 21, "spec.scaling.policies[night].minSlots", "          minSlots: 64"),
)
DUPLICATE = Problem(
    "M105",
    "the key 'profile' is written twice",
    "the second value would silently win",
    "keep one of the two",
    location=place(31, 3, "spec.profile", "  profile: docker-network"),
    related=(place(28, 3, "spec.profile", "  profile: docker-batch"),),
)
LONG_TEXT = "spec: {displayName: " + "a very long name " * 7 + ", profile: dokcer-batch, ssd: true}"
LONG_LINE = Problem(
    "M110",
    "'dokcer-batch' is no profile of the account",
    "the account lists 14 profiles",
    "did you mean docker-batch?",
    location=Location(
        "manifests/fx/sim.yaml", 7, LONG_TEXT.index("dokcer") + 1, "spec.profile", LONG_TEXT
    ),
)
PROBLEMS = (DUPLICATE, HTTP_WARNING, LONG_LINE, TOO_MANY_SLOTS)

QUOTA = Problem(
    "V402",
    "Qarnot refused to create the pool: the quota maxPool (20) is used up",
    "20 of 20 pools exist",
    "close a pool that is not needed, or ask Qarnot for a larger quota",
)
LOST = Problem(
    "V503",
    "the connection was cut before an answer came",
    "the pool may have been made all the same",
    "run `reconciler apply` again: it looks for the pool by its unique name",
)
NEEDS = Problem("A101", "qarnot-prod/pool/houdini-sim, which it needs, was not made")
GOOD_REPORT = Report(
    steps=(
        StepReport(pool("houdini-sim"), Verb.CREATE, Passed.DONE, UUID),
        StepReport(pool("render-small"), Verb.UPDATE, Passed.DONE, UUID),
        StepReport(pool("sim-large"), Verb.STOP, Passed.DONE, UUID),
        StepReport(pool("sim-large"), Verb.CREATE, Passed.DONE, UUID),
        StepReport(pool("old-nightly"), Verb.DELETE, Passed.DONE),
        StepReport(pool("hand-made"), Verb.ADOPT, Passed.DONE, UUID),
    ),
    elapsed_s=12.34,
    requests={"qarnot-prod": 9},
)
BAD_REPORT = Report(
    steps=(
        StepReport(pool("render-small"), Verb.UPDATE, Passed.DONE, UUID),
        StepReport(pool("houdini-sim"), Verb.CREATE, Passed.FAILED, problem=QUOTA),
        StepReport(pool("previz"), Verb.CREATE, Passed.UNKNOWN, problem=LOST),
        StepReport(
            Address("qarnot-prod", "task", "shot-010/beauty"),
            Verb.CREATE,
            Passed.SKIPPED,
            problem=NEEDS,
        ),
    ),
    not_honoured=(
        Problem(
            "A120",
            "Qarnot took priority 5 and kept 0",
            "the account may not set priorities",
            "remove spec.priority, or ask Qarnot for the permission",
            address=str(pool("render-small")),
            severity=Severity.WARNING,
        ),
    ),
    interrupted=2,
    elapsed_s=75.2,
    requests={"qarnot-prod": 14},
)

STATUS = (
    StatusRow(
        pool("houdini-sim"),
        Settled.CURRENT,
        "FullyExecuting",
        Usage(instances=12, cores=192),
        UUID,
    ),
    StatusRow(
        pool("render-small"),
        Settled.IN_PROGRESS,
        "PartiallyDispatched",
        Usage(),
        UUID,
        "2 of 8 slots",
    ),
    StatusRow(pool("old-nightly"), Settled.ABSENT, note="removed outside"),
)
