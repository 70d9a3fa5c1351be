"""What pools and tasks of Qarnot have in common: fields of their specs, rows of their tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from reconciler import fields
from reconciler.fields import Mutability, SetBy
from reconciler.kinds import Demand, Refusal, Spec
from reconciler.providers.qarnot.kinds import blocks
from reconciler.providers.qarnot.kinds.hardware import (
    HardwareConstraint,
    fold_requirements,
    refuse_hardware,
    spelled_requirement,
)
from reconciler.spec_model import Duration, SpecModel
from reconciler.values import Path

Row = fields.Field
Group = tuple[Row, ...]
EITHER: Mapping[str, Any] = {"set_by": SetBy.EITHER}


class WorkSpec(SpecModel):
    """What a person may say of a pool and of a task alike."""

    requirements: blocks.Requirements | None = None
    hardware_constraints: list[HardwareConstraint] | None = None
    constants: dict[blocks.ConstantKey, blocks.ConstantValue] | None = None
    tags: blocks.Tags | None = None
    secrets_access_rights: blocks.SecretsAccessRights | None = None
    resource_buckets: Annotated[list[blocks.Text] | None, Field(max_length=100)] = None
    advanced_resource_buckets: Annotated[
        list[blocks.AdvancedBucket] | None, Field(max_length=100)
    ] = None
    auto_delete_on_completion: bool | None = None
    completion_time_to_live: Duration | None = None
    scheduling_type: blocks.SchedulingWord | None = None
    targeted_reserved_machine_key: blocks.Text | None = None
    targeted_reservation_name: blocks.Text | None = None
    default_resources_cache_ttl_sec: Annotated[
        blocks.Count | None, Field(alias="defaultResourcesCacheTTLSec")
    ] = None
    privileges: blocks.Privileges | None = None
    max_time_queue_seconds: blocks.PositiveCount | None = None
    project_uuid: blocks.Uuid | None = None
    priority: int | None = None
    constraints: (
        dict[blocks.ConstantKey, Annotated[str, StringConstraints(max_length=2048)]] | None
    ) = None
    forced_constants: list[blocks.ForcedConstant] | None = None
    forced_network_rules: list[blocks.ForcedNetworkRule] | None = None


def fold_work(spec: Spec) -> dict[str, Any]:
    """The spec with requirements and bucket names in the vendor's own fields."""
    folded = {key: value for key, value in spec.items() if value is not None}
    fold_requirements(folded)
    blocks.fold_buckets(folded)
    return folded


def spelled_work(spec: Spec, path: Path) -> Path:
    """Where in the manifest's `spec` a folded path was written."""
    match path:
        case ("hardwareConstraints", str() as discriminator, *_):
            return spelled_requirement(spec, discriminator) or path
        case ("hardwareConstraints",) if "hardwareConstraints" not in spec:
            return ("requirements",) if spec.get("requirements") else path
        case ("advancedResourceBuckets", *_) if spec.get("resourceBuckets"):
            return ("resourceBuckets",)
        case _:
            return path


def refuse_work(spec: Spec, *, most_constants: int) -> Iterator[Refusal]:
    """What Qarnot would refuse of a pool and of a task alike."""
    yield from refuse_hardware(spec)
    yield from blocks.refuse_constants(spec, limit=most_constants)
    yield from blocks.refuse_buckets(spec)
    yield from blocks.refuse_scheduling(spec)


def instances_demand(spec: Spec, amount: float) -> tuple[Demand, ...]:
    """What running so many instances asks of the account; reserved machines have no quota here."""
    match spec.get("schedulingType"):
        case "reserved":
            return ()
        case "onDemand":
            return (Demand("onDemand instances", amount, is_hard=False),)
        case _:
            return (Demand("flex instances", amount, is_hard=False),)


# --- rows -----------------------------------------------------------------------------------------

_CONSTRAINT = "hardwareConstraints[discriminator]"
_R_CONSTRAINT = "hardwareConstraints[]"
_BUCKET = "advancedResourceBuckets[bucketName]"
_R_BUCKET = "advancedResourceBuckets[]"


@dataclass(frozen=True, slots=True)
class Rows:
    """Makes the rows of one kind's table.

    `kind` is the vendor's word in its sources, `mutability` that of a field which only a creation
    sets, `ended` what the kind has done when it is over.
    """

    kind: str
    mutability: Mutability
    ended: str = "ended"

    @property
    def sdk(self) -> str:
        """The source of fields that the vendor's page lacks."""
        return f"qarnot-sdk-python 2.23, create {self.kind}"

    @property
    def page(self) -> str:
        return f"Compute API v1.0 page, create {self.kind}"

    def user(self, path: str, remote: str, doc: str, **columns: Any) -> Row:
        """A row that only a creation sets."""
        return Row(
            path, remote, doc=doc, **{"mutability": self.mutability, "source": self.page, **columns}
        )

    def live(self, path: str, remote: str, doc: str, **columns: Any) -> Row:
        """A row that an update sets as well."""
        source = f"Compute API v1.0 page, update {self.kind}"
        return Row(
            path,
            remote,
            doc=doc,
            **{"mutability": Mutability.IN_PLACE, "source": source, **columns},
        )

    def work(self, path: str, remote: str, doc: str, **columns: Any) -> Row:
        """A row that decides what is computed."""
        return self.user(path, remote, doc, **{"mutability": Mutability.WORK, **columns})

    def vendor(self, path: str, doc: str, unit: str = "") -> Row:
        """A row the vendor alone sets."""
        source = f"Compute API v1.0 page, {self.kind}"
        return Row(path, path, Mutability.FIXED, SetBy.VENDOR, unit=unit, doc=doc, source=source)

    def machines(self) -> Group:
        """What machines it runs on."""
        user = self.user
        return (
            user("requirements", "hardwareConstraints",
                 "The shared words for what a machine must have."),
            user("requirements.cpu", "hardwareConstraints[MinimumCoreHardwareConstraint].coreCount",
                 "At least so many.", unit="cores"),
            user("requirements.memory",
                 "hardwareConstraints[MinimumRamHardwareConstraint].minimumMemoryMB",
                 "At least so much.", unit="MiB", compare=fields.MEMORY),
            user("requirements.gpu", "hardwareConstraints[GpuHardwareConstraint]",
                 "true: a machine with a GPU."),
            user("requirements.ssd", "hardwareConstraints[SSDHardwareConstraint]",
                 "true: a machine with an SSD."),
            user("hardwareConstraints", "hardwareConstraints",
                 "The vendor's own list, each kind once.", default=[], compare=fields.UNORDERED),
            user(f"{_CONSTRAINT}.discriminator", f"{_R_CONSTRAINT}.discriminator",
                 "Which of the twelve constraints."),
            user(f"{_CONSTRAINT}.coreCount", f"{_R_CONSTRAINT}.coreCount",
                 "For MinimumCore and MaximumCore.", unit="cores"),
            user(f"{_CONSTRAINT}.minimumMemoryMB", f"{_R_CONSTRAINT}.minimumMemoryMB",
                 "For MinimumRam.", unit="MB"),
            user(f"{_CONSTRAINT}.maximumMemoryMB", f"{_R_CONSTRAINT}.maximumMemoryMB",
                 "For MaximumRam.", unit="MB"),
            user(f"{_CONSTRAINT}.minimumMemoryGBCoreRatio",
                 f"{_R_CONSTRAINT}.minimumMemoryGBCoreRatio", "For MinimumRamCoreRatio.",
                 unit="GB per core"),
            user(f"{_CONSTRAINT}.maximumMemoryGBCoreRatio",
                 f"{_R_CONSTRAINT}.maximumMemoryGBCoreRatio", "For MaximumRamCoreRatio.",
                 unit="GB per core"),
            user(f"{_CONSTRAINT}.specificationKey", f"{_R_CONSTRAINT}.specificationKey",
                 "For SpecificHardware; the account's hardware catalogue lists the keys."),
            user(f"{_CONSTRAINT}.cpuModel", f"{_R_CONSTRAINT}.cpuModel", "For CpuModel."),
        )  # fmt: skip

    def constants(self, row: Callable[..., Row], most: int) -> Group:
        """What the profile and the work are told."""
        return (
            row("constants", "constants",
                f"Constants of the profile and of the work, at most {most}.", default={}),
            row("constants.*", "constants[].value", "A text; a whole number is sent as text.",
                compare=fields.TEXT),
            row("constants.QARNOT_SECRET__*", "constants[].value",
                "A secret, written as secretRef.", secret=True),
        )  # fmt: skip

    def rights(self) -> Group:
        """Which of the vendor's secrets the work may read."""
        return (
            self.user("secretsAccessRights", "secretsAccessRights",
                      "Secrets of the vendor's secret manager that the work may read.", default={},
                      compare=fields.SPARSE),
            self.user("secretsAccessRights.bySecret", "secretsAccessRights.bySecret[].key",
                      "By name.", compare=fields.UNORDERED),
            self.user("secretsAccessRights.byPrefix", "secretsAccessRights.byPrefix[].prefix",
                      "By prefix.", compare=fields.UNORDERED),
        )  # fmt: skip

    def buckets(self, mutability: Mutability) -> Group:
        """Which files it finds."""

        def row(path: str, remote: str, doc: str, **columns: Any) -> Row:
            return self.user(path, remote, doc, **{"mutability": mutability, **columns})

        return (
            row("resourceBuckets", "advancedResourceBuckets",
                "Buckets copied whole to the machines; sent in the advanced form."),
            row("advancedResourceBuckets", "advancedResourceBuckets",
                "Buckets with a choice of files; not together with resourceBuckets.", default=[],
                compare=fields.UNORDERED),
            row(f"{_BUCKET}.bucketName", f"{_R_BUCKET}.bucketName", "An existing bucket."),
            row(f"{_BUCKET}.filtering", f"{_R_BUCKET}.filtering", "Which files.", default={},
                compare=fields.SPARSE),
            row(f"{_BUCKET}.filtering.prefixFiltering", f"{_R_BUCKET}.filtering.prefixFiltering",
                "Files under a prefix.", compare=fields.SPARSE),
            row(f"{_BUCKET}.filtering.prefixFiltering.prefix",
                f"{_R_BUCKET}.filtering.prefixFiltering.prefix", "The prefix."),
            row(f"{_BUCKET}.resourcesTransformation", f"{_R_BUCKET}.resourcesTransformation",
                "Where the files appear.", default={}, compare=fields.SPARSE),
            row(f"{_BUCKET}.resourcesTransformation.stripPrefix",
                f"{_R_BUCKET}.resourcesTransformation.stripPrefix",
                "Take a prefix off the paths the work sees.", compare=fields.SPARSE),
            row(f"{_BUCKET}.resourcesTransformation.stripPrefix.prefix",
                f"{_R_BUCKET}.resourcesTransformation.stripPrefix.prefix", "The prefix."),
            row(f"{_BUCKET}.cacheTTLSec", f"{_R_BUCKET}.cacheTTLSec",
                f"How long the files stay cached; the {self.kind}'s default when left out.",
                unit="s"),
        )  # fmt: skip

    def privileges(self) -> Group:
        return (
            self.user("privileges", "privileges", "Rights of the work.", default={},
                      compare=fields.SPARSE),
            self.user("privileges.exportApiAndStorageCredentialsInEnvironment",
                      "privileges.exportApiAndStorageCredentialsInEnvironment",
                      "Whether the work finds the account's credentials in its environment."),
        )  # fmt: skip

    def retries(self, name: str, doc: str) -> Group:
        """How often what failed is tried again."""
        return (
            self.user(name, name, doc, default={}, compare=fields.SPARSE),
            self.user(f"{name}.maxTotalRetries", f"{name}.maxTotalRetries",
                      "For a whole task; none when 0 or left out."),
            self.user(f"{name}.maxPerInstanceRetries", f"{name}.maxPerInstanceRetries",
                      "For one instance; none when 0."),
        )  # fmt: skip

    def cache(self) -> Group:
        return (
            self.user("defaultResourcesCacheTTLSec", "defaultResourcesCacheTTLSec",
                      "How long files of buckets stay cached.", default=7776000, unit="s"),
        )  # fmt: skip

    def scheduling(self) -> Group:
        """In which class of machines it waits, and how long."""
        return (
            self.user("schedulingType", "schedulingType",
                      "flex, onDemand or reserved; the account's default when left out.",
                      compare=fields.CASELESS, **EITHER),
            self.user("targetedReservedMachineKey", "targetedReservedMachineKey",
                      "A reserved machine type, with schedulingType reserved.", default=""),
            self.user("targetedReservationName", "targetedReservationName",
                      "A reservation, with schedulingType reserved.", default="", source=self.sdk),
            self.user("maxTimeQueueSeconds", "maxTimeQueueSeconds",
                      f"Queued longer than this without machines, the {self.kind} ends in error.",
                      default=0, unit="s", source=self.sdk),
        )  # fmt: skip

    def retention(self) -> Group:
        """How long the vendor keeps it when it is over."""
        return (
            self.user("autoDeleteOnCompletion", "autoDeleteOnCompletion",
                      f"Once {self.ended}, Qarnot may delete it when room in the {self.kind} quota"
                      " is needed.", default=False),
            self.user("completionTimeToLive", "completionTimeToLive",
                      f"Deleted so long after it {self.ended}; never when left out.", default=0,
                      unit="s", compare=fields.DURATION),
        )  # fmt: skip

    def project(self) -> Row:
        return self.user(
            "projectUuid", "projectUuid", "The project it is billed to.", source=self.sdk, **EITHER
        )

    def labels(self) -> Group:
        columns: Mapping[str, Any] = {"mutability": Mutability.AT_NEXT_CREATE}
        return (
            self.user("labels", "labels",
                      "metadata.labels: written at creation, Qarnot can't change them later.",
                      default={}, **columns),
            self.user("labels.*", "labels", "A word of your own and its value.", **columns),
        )  # fmt: skip

    def special(self, forced_constants: Mutability) -> Group:
        """For accounts with special permissions."""
        return (
            self.user("priority", "priority", "Needs an administrator's permission.", **EITHER),
            self.live("constraints", "constraints", "Needs an administrator's permission.",
                      default={}),
            self.user("forcedConstants", "forcedConstants", "Needs a special permission.",
                      default=[], compare=blocks.FORCED_CONSTANTS, source=self.sdk,
                      mutability=forced_constants),
            self.user("forcedNetworkRules", "forcedNetworkRules", "Needs a special permission.",
                      default=[], compare=blocks.FORCED_RULES, source=self.sdk),
        )  # fmt: skip

    def identity(self, handle: str, states: str) -> Group:
        """Who it is and how it stands, as the vendor tells."""
        return (
            self.vendor("uuid", "The remote id."),
            self.vendor("shortname", f"The unique handle; we make it from {handle}."),
            self.vendor("state", states),
            self.vendor("previousState", "The state before."),
            self.vendor("stateTransitionTime", "When the state was entered."),
            self.vendor("previousStateTransitionTime", "When the state before was entered."),
            self.vendor("creationDate", "When it was made."),
            self.vendor("lastModified", "When it last changed."),
        )

    def running(self) -> Group:
        """What it uses now, as the vendor tells."""
        return (
            self.vendor("endDate", "When it came to its end."),
            self.vendor("runningInstanceCount", "Instances running now.", "instances"),
            self.vendor("runningCoreCount", "Cores running now.", "cores"),
        )

    def times(self) -> Group:
        """What it has used, as the vendor tells."""
        return (
            self.vendor("executionTime", "Time spent executing."),
            self.vendor("wallTime", "Time since it started."),
        )

    def reports(self) -> Group:
        """How it went, as the vendor tells."""
        return (
            self.vendor("errors", "What went wrong at the vendor."),
            self.vendor("status", "Progress and machines."),
        )
