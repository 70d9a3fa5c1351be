"""Our files for each workload: what the documents stand on is written beside them."""

from __future__ import annotations

from collections.abc import Iterator

from bench.formats import documents, element, files, manifest, plain_manifest
from bench.tasks import (
    TASKS,
    TASKS_A_JOB,
    is_inline,
    job_tree,
    jobs_of,
    pool_tree,
    pools_of,
)
from bench.workload import Workload


def manifests(
    workload: Workload, count: int, *, has_edits: bool = False
) -> Iterator[tuple[str, str]]:
    """Names and texts of the files that declare `count` documents."""
    if workload is TASKS:
        pools = (plain_manifest(pool_tree(each)) for each in range(pools_of(count)))
        yield "pools.yaml", "".join(pools)
        for job in range(jobs_of(count)):
            yield f"job-{job:03}.yaml", _job(job, count, has_edits=has_edits)
        return
    for number, text in enumerate(files(workload, count, manifest, has_edits=has_edits)):
        yield f"{workload.name}-{number:03}.yaml", text


def _job(job: int, count: int, *, has_edits: bool) -> str:
    first = job * TASKS_A_JOB
    numbers = range(first, min(first + TASKS_A_JOB, count))
    around = plain_manifest(job_tree(job))
    if is_inline(job):
        return f"{around}  tasks:\n{documents(TASKS, numbers, element, has_edits=has_edits)}"
    return around + documents(TASKS, numbers, manifest, has_edits=has_edits)
