"""What a person may write of a Qarnot task or job, for hypothesis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from reconciler.kinds import FINAL_STATES
from tests.strategies import (
    POOL_EXTRAS,
    advanced_buckets,
    durations,
    hardware,
    requirements,
    sizes,
    some,
    texts,
)

_OF_POOLS = frozenset(
    {
        *("preparationTask", "taskDefaultWaitForPoolResourcesSynchronization"),
        *("defaultRetrySettings", "multiSlotsSettings"),
    }
)
_MACHINES_KEYS = ("requirements", "hardwareConstraints", "projectUuid")

spans = st.tuples(st.integers(0, 300), st.integers(0, 12), st.sampled_from([1, 1, 2, 10]))


@st.composite
def frames(draw: st.DrawFn) -> str:
    """Ranges that do not overlap, in any order, stepped ones among them."""
    parts, start = [], draw(st.integers(0, 5))
    for gap, length, step in draw(st.lists(spans, min_size=1, max_size=4)):
        first, last = start + gap, start + gap + length
        named = str(first) if first == last else f"{first}-{last}"
        parts.append(f"{named}x{step}" if step > 1 and first != last else named)
        start = last + 1
    return ",".join(draw(st.permutations(parts)))


dependencies = st.lists(
    st.sampled_from(["layout", "sim", "light", "comp"]), unique=True, max_size=3
).flatmap(
    lambda names: st.tuples(
        *(
            st.just(name)
            | st.fixed_dictionaries(
                {"task": st.just(name)},
                optional={
                    "finalState": st.lists(st.sampled_from(FINAL_STATES), min_size=1, unique=True)
                },
            )
            for name in names
        )
    ).map(list)
)

TASK_EXTRAS: Mapping[str, st.SearchStrategy[Any]] = {
    **{key: each for key, each in POOL_EXTRAS.items() if key not in _OF_POOLS},
    **dict.fromkeys(
        ("resultBucket", "resultsWhitelist", "resultsBlacklist", "snapshotWhitelist"), texts
    ),
    **dict.fromkeys(("snapshotBlacklist", "snapshotBucket", "snapshotBucketPrefix"), texts),
    "resultsCacheTTLSec": st.integers(0, 10**6),
    "uploadResultsOnCancellation": st.booleans(),
    "waitForPoolResourcesSynchronization": st.booleans(),
    "snapshotInterval": st.integers(0, 9999).map("{}s".format),
}


@st.composite
def task_specs(draw: st.DrawFn) -> dict[str, Any]:
    """A spec the model takes and `refuse` has nothing against; any field may be there or not."""
    spec: dict[str, Any] = draw(some(TASK_EXTRAS))
    spec |= draw(
        st.one_of(
            st.fixed_dictionaries({"instances": st.integers(1, 2048)}),
            st.fixed_dictionaries({"frames": frames()}),
        )
    )
    spec |= draw(
        st.one_of(
            st.just({}),
            st.fixed_dictionaries({"retries": sizes | st.just(0)}),
            st.fixed_dictionaries(
                {"retrySettings": some({"maxTotalRetries": sizes, "maxPerInstanceRetries": sizes})}
            ),
        )
    )
    spec |= draw(
        st.one_of(
            st.just({}),
            st.fixed_dictionaries({"advancedResourceBuckets": advanced_buckets}),
            st.fixed_dictionaries({"resourceBuckets": st.lists(texts, max_size=3, unique=True)}),
        )
    )
    return draw(_placed(spec))


def _placed(spec: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The same alone, in a pool, or in a job, which may let it wait for others."""
    bare = {key: each for key, each in spec.items() if key not in _MACHINES_KEYS}
    machines = st.one_of(
        st.just({}),
        st.fixed_dictionaries({"requirements": requirements}),
        st.fixed_dictionaries({"hardwareConstraints": hardware}),
    )
    alone = machines.map(lambda found: {**spec, **found, "profile": "docker-batch"})
    in_pool = st.sampled_from(["farm", {"existing": "shared-farm"}])
    in_job = dependencies.map(lambda found: {**bare, "job": "shot-010", "dependsOn": found})
    return st.one_of(alone, in_pool.map(lambda pool: {**bare, "pool": pool}), in_job)


job_specs = some(
    {
        "displayName": texts,
        "pool": st.sampled_from(["farm", {"existing": "shared-farm"}]),
        "useDependencies": st.booleans(),
        "tags": st.lists(texts, max_size=9, unique=True),
        "maxWallTime": durations(least_s=1),
        "autoDeleteOnCompletion": st.booleans(),
        "completionTimeToLive": durations(),
        "onComplete": st.sampled_from(["keep", "terminate", "delete"]),
    }
)
