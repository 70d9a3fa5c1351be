"""What a person may write, a vendor show and a state remember, for hypothesis."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from reconciler.address import Address
from reconciler.lifecycle import Lifecycle, OnChange, OnEnd, OnGrow, OnRemove, WhenRunning
from reconciler.model import Marker, Observed, Record, Resource, Settled, Usage

LAW = settings(
    derandomize=True,
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""How the laws are tried: the same examples each time, few enough to be quick."""

PROVIDER = "qarnot-prod"
UUIDS = [f"1f0c6a52-6d1e-4b8a-9b58-6f0a52d7c00{number}" for number in range(10)]

# --- small words ----------------------------------------------------------------------------------

names = st.sampled_from(["a", "B-2", "houdini-sim", "x.y_z", "n" * 200, "0", "Sim.2", "q7"])
texts = st.sampled_from(
    [
        "a",
        "docker-batch",
        "Ünï cødé",
        "a b",
        "  padded ",
        "日本",
        "x:y#z",
        "t" * 511,
        "null",
        "0.10",
    ]
    + [f"word {number}" for number in range(20)]
)
values = st.sampled_from(["", "1", "v", "a=b", "two words", "é" * 40, "{}", "1e3", "x" * 2048])
keys = st.sampled_from(["A", "B.C", "d_e", "F-1", "g", "DOCKER_REPO", "k" * 64, "9", "Z.z.Z"])
counts = st.sampled_from([0, 1, 2, 90, 2**31 - 1])
sizes = st.sampled_from([1, 2, 7, 64, 2**31 - 1])
shares = st.sampled_from([0, 1, 0.2, 0.25, 1.0])
memory = st.sampled_from(["1MB", "30720MB", "64GiB", "65536MiB", "1.5TiB", "512KiB"])
clock_times = st.sampled_from(["00:00", "08:00", "08:00:30", "19:30:00", "23:59", "23:59:59"])
secrets = st.sampled_from(
    [{"secretRef": {"env": "KEY"}}, {"secretRef": {"env": "KEY2"}}, {"secretRef": {"file": "k"}}]
)


@st.composite
def durations(draw: st.DrawFn, least_s: int = 0) -> str:
    """One length of time in any of its spellings."""
    seconds = draw(st.integers(least_s, 400_000))
    plain = f"{seconds}s"
    split = f"{seconds // 3600}h{seconds // 60 % 60}m{seconds % 60}s"
    days = f"{seconds // 86400}d{seconds % 86400}s"
    return draw(st.sampled_from([plain, split, days]))


def some(fields: Mapping[str, st.SearchStrategy[Any]], **required: Any) -> st.SearchStrategy[Any]:
    """Objects with the required fields and any of the others."""
    return st.fixed_dictionaries(required, optional=dict(fields))


# --- a Qarnot pool --------------------------------------------------------------------------------

days = st.lists(
    st.sampled_from(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]),
    min_size=1,
    max_size=7,
    unique=True,
)
period_ends = st.tuples(clock_times, clock_times).filter(lambda ends: ends[0][:5] != ends[1][:5])


@st.composite
def periods(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Periods with names of their own or none; overnight ones among them."""
    count = draw(st.integers(0, 3))
    found = []
    for number in range(count):
        start, end = draw(period_ends)
        name = {"name": f"period {number}"} if draw(st.booleans()) else {}
        found.append({**name, "days": draw(days), "start": start, "end": end})
    return found


@st.composite
def policies(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """One scaling policy of either type, its bounds the right way round."""
    own = {"name": name, **draw(st.fixed_dictionaries({}, optional={"periods": periods()}))}
    if draw(st.booleans()):
        return {"type": "fixed", "slots": draw(counts), **own}
    most = draw(sizes)
    return {
        "type": "queue",
        "maxSlots": most,
        **own,
        **draw(_queue_settings(most)),
    }


def _queue_settings(most: int) -> st.SearchStrategy[dict[str, Any]]:
    return some(
        {
            "minSlots": st.integers(0, most),
            "minIdleSlots": st.integers(0, most),
            "minIdleTime": durations(),
            "factor": shares,
        }
    )


@st.composite
def scalings(draw: st.DrawFn) -> dict[str, Any]:
    policy_names = draw(st.lists(texts, min_size=1, max_size=3, unique=True))
    return {"policies": [draw(policies(name)) for name in policy_names]}


@st.composite
def elastics(draw: st.DrawFn) -> dict[str, Any]:
    most = draw(sizes)
    settings = {
        "minSlots": st.integers(0, most),
        "minIdleSlots": st.integers(0, most),
        "minIdleTime": durations(),
        "resizePeriod": durations(least_s=90),
        "resizeFactor": shares,
    }
    return {"maxSlots": most, **draw(some(settings))}


def _constraint(short: str, **fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    discriminator = f"{short}HardwareConstraint" if short else "SpecificHardwareConstraint"
    return st.fixed_dictionaries({"discriminator": st.just(discriminator), **fields})


hardware = (
    st.tuples(
        st.none() | _constraint("MinimumCore", coreCount=st.integers(1, 16)),
        st.none() | _constraint("MaximumCore", coreCount=st.integers(16, 64)),
        st.none() | _constraint("MinimumRam", minimumMemoryMB=st.integers(1, 4096)),
        st.none() | _constraint("MaximumRam", maximumMemoryMB=st.sampled_from([96000, 96000.5])),
        st.none() | _constraint("MinimumRamCoreRatio", minimumMemoryGBCoreRatio=st.just(1.5)),
        st.none() | _constraint("MaximumRamCoreRatio", maximumMemoryGBCoreRatio=st.just(6)),
        st.none() | _constraint("", specificationKey=texts),
        st.none() | _constraint("CpuModel", cpuModel=texts),
        st.none() | _constraint("Gpu") | _constraint("NoGpu"),
        st.none() | _constraint("SSD") | _constraint("NoSSD"),
    )
    .map(lambda found: [each for each in found if each is not None])
    .flatmap(st.permutations)
    .map(list)
)
requirements = some(
    {
        "cpu": st.integers(1, 16),
        "memory": memory,
        "gpu": st.booleans(),
        "ssd": st.booleans(),
    }
)
advanced_buckets = st.lists(
    some(
        {
            "filtering": some({"prefixFiltering": st.fixed_dictionaries({"prefix": texts})}),
            "resourcesTransformation": some(
                {"stripPrefix": st.fixed_dictionaries({"prefix": texts})}
            ),
            "cacheTTLSec": counts,
        },
        bucketName=texts,
    ),
    max_size=3,
    unique_by=lambda bucket: bucket["bucketName"],
)
constants = st.dictionaries(keys, values | st.integers(-9, 9), max_size=4)
secret_constants = st.dictionaries(keys.map("QARNOT_SECRET__{}".format), secrets, max_size=2)
forced_constants = st.lists(
    some(
        {
            "forcedValue": values,
            "forceExportInEnvironment": st.booleans(),
            "access": st.sampled_from(["ReadOnly", "ReadWrite"]),
        },
        constantName=keys,
    ),
    max_size=2,
    unique_by=lambda constant: constant["constantName"],
)
network_rules = st.lists(
    some(
        {
            **dict.fromkeys(("port", "to", "publicHost", "publicPort", "forwarder"), texts),
            **dict.fromkeys(("priority", "description", "name", "applicationType"), texts),
            "toQBox": st.booleans(),
            "toPayload": st.booleans(),
        },
        inbound=st.booleans(),
        proto=st.sampled_from(["tcp", "udp"]),
    ),
    max_size=2,
)

POOL_EXTRAS: Mapping[str, st.SearchStrategy[Any]] = {
    "displayName": texts,
    "constants": st.builds(lambda one, other: {**one, **other}, constants, secret_constants),
    "tags": st.lists(texts, max_size=10, unique=True),
    "secretsAccessRights": some(
        {
            "bySecret": st.lists(texts, max_size=3, unique=True),
            "byPrefix": st.lists(texts, max_size=3, unique=True),
        }
    ),
    "preparationTask": st.fixed_dictionaries({"commandLine": texts}),
    "autoDeleteOnCompletion": st.booleans(),
    "completionTimeToLive": durations(),
    "taskDefaultWaitForPoolResourcesSynchronization": st.booleans(),
    "defaultResourcesCacheTTLSec": counts | st.just(7776000),
    "privileges": some({"exportApiAndStorageCredentialsInEnvironment": st.booleans()}),
    "defaultRetrySettings": some(
        {"maxTotalRetries": counts, "maxPerInstanceRetries": counts},
    ),
    "maxTimeQueueSeconds": sizes,
    "multiSlotsSettings": st.fixed_dictionaries({"slotsPerNode": sizes}),
    "projectUuid": st.sampled_from(UUIDS),
    "priority": st.integers(-5, 5),
    "constraints": st.dictionaries(keys, values, max_size=2),
    "forcedConstants": forced_constants,
    "forcedNetworkRules": network_rules,
}


@st.composite
def pool_specs(draw: st.DrawFn) -> dict[str, Any]:
    """A spec the model takes and `refuse` has nothing against; any field may be there or not."""
    spec: dict[str, Any] = draw(some(POOL_EXTRAS, profile=texts))
    size, value = draw(
        st.one_of(
            st.tuples(st.just("instanceCount"), sizes),
            st.tuples(st.just("scaling"), scalings()),
            st.tuples(st.just("elastic"), elastics()),
        )
    )
    spec[size] = value
    spec |= draw(
        st.one_of(
            _nothing, _one("requirements", requirements), _one("hardwareConstraints", hardware)
        )
    )
    spec |= draw(
        st.one_of(
            _nothing,
            _one("advancedResourceBuckets", advanced_buckets),
            _one("resourceBuckets", st.lists(texts, max_size=3, unique=True)),
        )
    )
    spec |= draw(_schedulings())
    return spec


_nothing: st.SearchStrategy[dict[str, Any]] = st.builds(dict)


def _one(key: str, found: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({key: found})


def _schedulings() -> st.SearchStrategy[dict[str, Any]]:
    reserved = some(
        {"targetedReservedMachineKey": texts, "targetedReservationName": texts},
        schedulingType=st.just("reserved"),
    )
    free = st.sampled_from([{}, {"schedulingType": "flex"}, {"schedulingType": "onDemand"}])
    return free | reserved


# --- resources, lives, memories -------------------------------------------------------------------

addresses = st.builds(Address, st.just(PROVIDER), st.just("pool"), names)
labels = st.dictionaries(keys, values, max_size=3)
lifecycles = st.builds(
    Lifecycle,
    protect=st.booleans(),
    run=st.integers(1, 9),
    on_change=st.sampled_from(OnChange),
    on_grow=st.none() | st.sampled_from(OnGrow),
    on_failure=st.sampled_from(OnEnd),
    max_attempts=st.integers(1, 5),
    on_lost=st.sampled_from(OnEnd),
    on_remove=st.sampled_from([None, OnRemove.DELETE, OnRemove.TERMINATE, OnRemove.FORGET]),
    when_running=st.none() | st.sampled_from(WhenRunning),
)
resources = st.builds(
    Resource,
    address=addresses,
    kind=st.just("qarnot/Pool"),
    spec=pool_specs(),
    labels=labels,
    lifecycle=lifecycles,
)
usages = st.builds(
    Usage,
    instances=st.integers(0, 9),
    cores=st.integers(0, 99),
    queued_instances=st.integers(0, 3),
)
digests = st.sampled_from([f"{number:032x}" for number in range(8)])
times = st.integers(0, 10**9).map(
    lambda seconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
observations = st.builds(
    Observed,
    kind=st.just("qarnot/Pool"),
    remote_id=st.sampled_from(UUIDS),
    spec=pool_specs(),
    settled=st.sampled_from(
        [Settled.CURRENT, Settled.IN_PROGRESS, Settled.CANCELLED, Settled.FAILED]
    ),
    usage=usages,
    name=texts,
)
records = st.builds(
    Record,
    address=addresses,
    kind=st.just("qarnot/Pool"),
    remote_id=st.just("") | st.sampled_from(UUIDS),
    ordinal=st.integers(0, 9),
    first_address=addresses,
    managed=st.dictionaries(texts, digests, max_size=3),
    not_honoured=st.dictionaries(texts, st.tuples(digests, digests), max_size=2),
    protect=st.booleans(),
    on_remove=st.none() | st.sampled_from(OnRemove),
    when_running=st.none() | st.sampled_from(WhenRunning),
)


# --- work that runs once --------------------------------------------------------------------------

run_keys = st.sampled_from(["", *(f"k1-{number:024x}" for number in range(4))])
frames = st.lists(
    st.sampled_from(["1", "7", "2-5", "1-10", "10-40x10", "-3-0"]), min_size=1, max_size=3
).map(",".join)
markers = st.builds(
    Marker,
    workspace_id=st.just("ws-5c1d0e9a7b3f4d21"),
    env=st.sampled_from(["default", "prod"]),
    address=st.builds(
        Address,
        st.just(PROVIDER),
        st.sampled_from(["pool", "job", "task"]),
        names | st.builds("{}/{}".format, names, names),
    ),
    ordinal=st.integers(1, 9),
    run_key=run_keys,
    attempt=st.integers(0, 3),
    cover=st.just("") | digests,
)


finite_specs = some(
    {
        "work": texts,
        "steer": texts,
        "tags": st.lists(texts, max_size=3, unique=True),
        "frames": frames,
        "ttl": st.sampled_from([0, 60, 86_400]),
    }
)
"""Specs of a toy's work that stands alone, each field set or not."""
