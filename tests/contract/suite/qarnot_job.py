"""The Qarnot job in the contract suite: two declarations for each row a person may write."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model import Resource
from reconciler.providers.qarnot.kinds.job import JOB
from reconciler.providers.qarnot.kinds.task import TASK
from tests.contract.suite.cases import Case, Trial
from tests.contract.suite.qarnot_work import a_pool, of_field
from tests.contract.workplace import referring

TRIALS: Mapping[str, Trial] = {
    "displayName": of_field("displayName", "One", "Two"),
    "pool": of_field("pool", {"existing": "farm-one"}, {"existing": "farm-two"}),
    "useDependencies": of_field("useDependencies", False, True),
    "tags": of_field("tags", ["fx", "dune"], ["fx", "arrakis"]),
    "maxWallTime": of_field("maxWallTime", "6h", "1d12h"),
    "autoDeleteOnCompletion": of_field("autoDeleteOnCompletion", False, True),
    "completionTimeToLive": of_field("completionTimeToLive", "90m", "2d12h"),
}


def _task_in(job: Resource) -> Resource:
    """A task of this job, which brings its own profile where the job has no pool."""
    name = f"{job.address.name}/work"
    own = {} if job.spec.get("pool") else {"profile": "docker-batch"}
    spec = {"job": job.address.name, "instances": 1, **own}
    return referring(TASK, name, spec)


QARNOT_JOB = Case(
    kind=JOB,
    collection="jobs",
    base={},
    trials=TRIALS,
    ours=frozenset({"shortname"}),
    settings={"quotas": {"maxJob": None}},
    moving=frozenset({"lastModified"}),
    own=frozenset({"uuid", "shortname", "name", "tags"}),
    elsewhere={"onComplete": "test_qarnot_work.py::test_what_follows_a_job_is_never_sent"},
    child=_task_in,
    strangers=(a_pool("farm-one"), a_pool("farm-two")),
)
