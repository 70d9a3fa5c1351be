"""The Qarnot task in the contract suite: two declarations for each row a person may write."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.providers.qarnot.kinds.task import TASK
from tests.contract.suite.cases import Case, Trial
from tests.contract.suite.qarnot_work import (
    CANARIES,
    WORK_TRIALS,
    Fragment,
    a_pool,
    of_block,
    of_field,
)


def _frames(first: str, then: str) -> Trial:
    return Trial({"instances": None, "frames": first}, {"instances": None, "frames": then})


_TEXTS = (
    *("resultBucket", "resultsWhitelist", "resultsBlacklist", "snapshotWhitelist"),
    *("snapshotBlacklist", "snapshotBucket", "snapshotBucketPrefix"),
)
_RETRIES: tuple[Fragment, Fragment] = ({"maxTotalRetries": 3}, {"maxTotalRetries": 4})

TRIALS: Mapping[str, Trial] = {
    **WORK_TRIALS,
    **{name: of_field(name, "one", "two") for name in _TEXTS},
    "pool": Trial(
        {"profile": None, "pool": {"existing": "farm-one"}},
        {"profile": None, "pool": {"existing": "farm-two"}},
    ),
    "job": of_field("job", {"existing": "shot-one"}, {"existing": "shot-two"}),
    "instances": of_field("instances", 3, 4),
    "frames": _frames("1-4", "1-8x2"),
    "resultsCacheTTLSec": of_field("resultsCacheTTLSec", 60, 120),
    "uploadResultsOnCancellation": of_field("uploadResultsOnCancellation", False, True),
    "retries": of_field("retries", 1, 2),
    "retrySettings": of_block("retrySettings", {"maxPerInstanceRetries": 2}, _RETRIES[0]),
    "retrySettings.maxTotalRetries": of_block("retrySettings", *_RETRIES),
    "retrySettings.maxPerInstanceRetries": of_block(
        "retrySettings", {"maxPerInstanceRetries": 1}, {"maxPerInstanceRetries": 2}
    ),
    "waitForPoolResourcesSynchronization": of_field(
        "waitForPoolResourcesSynchronization", False, True
    ),
}


QARNOT_TASK = Case(
    kind=TASK,
    collection="tasks",
    base={"profile": "docker-batch", "instances": 2},
    trials=TRIALS,
    secrets=CANARIES,
    ours=frozenset({"shortname"}),
    settings={"switches": {"admin": "yes"}, "quotas": {"maxTask": None}},
    moving=frozenset({"lastModified"}),
    own=frozenset({"uuid", "shortname", "name", "labels"}),
    elsewhere={
        "dependsOn": "test_qarnot_work.py::test_dependencies_take_the_form_that_says_them",
        "snapshotInterval": "test_qarnot_work.py::test_snapshots_are_taken_as_often_as_declared",
    },
    strangers=(
        a_pool("farm-one"),
        a_pool("farm-two"),
        ("/jobs", {"name": "shot-one", "shortname": "shot-one"}),
        ("/jobs", {"name": "shot-two", "shortname": "shot-two"}),
    ),
    sizes=frozenset({"instances", "frames"}),
    taken=frozenset({"constants", "constants.*", "constants.QARNOT_SECRET__*"}),
)
