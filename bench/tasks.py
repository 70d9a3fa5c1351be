"""Finite work as a studio would declare it: jobs of two hundred tasks, five jobs in a pool.

Of six tasks two wait for others. The tasks of every other job stand in it, those of the rest are
documents that name it. Frames and instances take turns.
"""

from __future__ import annotations

from bench.workload import SHOWS, TEAMS, Tree, Workload

TASKS_A_JOB = 200
JOBS_A_POOL = 5
_STEPS = ("beauty", "crypto", "sim", "cache", "comp", "encode")


def job_of(number: int) -> int:
    """The number of the job a task is in."""
    return number // TASKS_A_JOB


def is_inline(job: int) -> bool:
    """Whether the tasks of a job stand in it."""
    return job % 2 == 0


def jobs_of(count: int) -> int:
    """How many jobs so many tasks need."""
    return -(-count // TASKS_A_JOB)


def pools_of(count: int) -> int:
    """How many pools so many tasks need."""
    return -(-jobs_of(count) // JOBS_A_POOL)


def task(number: int) -> Tree:
    """One task as a document, without the constant `NOTE` that pads it."""
    job, show, team = job_of(number), SHOWS[number % len(SHOWS)], TEAMS[number // 7 % len(TEAMS)]
    step = _STEPS[number % len(_STEPS)]
    count = 1 + number % 12
    size: Tree = {"frames": f"{count}-{count + 48}"} if number % 2 else {"instances": count}
    spec: Tree = {
        "job": job_name(job),
        "displayName": f"{step.capitalize()} {number:05} of {show}",
        **size,
        **_upstreams(number),
        "tags": [show, team, f"sequence-{number // 100:03}"],
        "resourceBuckets": [f"plates-{number % 8}", "luts"],
        "resultBucket": f"renders-{job:03}",
        "resultsWhitelist": "^(out|logs)/.*",
        "retries": number % 3 + 1,
        "completionTimeToLive": "7d",
    }
    spec["constants"] = {
        "DOCKER_REPO": f"studio/{team}",
        "DOCKER_TAG": f"{number % 9}.{number % 4}",
        "DOCKER_CMD": f"sh render.sh shot-{number:05}",
        "SHOT": f"{number:05}",
    }
    return {
        "apiVersion": "qarnot/v1",
        "kind": "Task",
        "metadata": {"name": task_name(number), "labels": {"show": show, "team": team}},
        "spec": spec,
    }


def _upstreams(number: int) -> Tree:
    """A comp waits for two renders, what encodes it for the comp, however that ended."""
    first = number - number % len(_STEPS)
    if first < job_of(number) * TASKS_A_JOB:
        return {}  # its group began in another job
    match number % len(_STEPS):
        case 4:
            return {"dependsOn": [task_name(first), task_name(first + 1)]}
        case 5:
            states = ["success", "failure"]
            return {"dependsOn": [{"task": task_name(first + 4), "finalState": states}]}
        case _:
            return {}


def edited(tree: Tree) -> Tree:
    """The same task with another tag: what it computes stays."""
    spec = tree["spec"]
    return {**tree, "spec": {**spec, "tags": [*spec["tags"][:-1], "sequence-new"]}}


def task_name(number: int) -> str:
    return f"{_STEPS[number % len(_STEPS)]}-{number:05}"


def job_name(job: int) -> str:
    return f"shot-{job:03}"


def job_tree(job: int) -> Tree:
    """One job, without tasks."""
    spec: Tree = {
        "pool": _pool_name(job // JOBS_A_POOL),
        "useDependencies": True,
        "tags": [SHOWS[job % len(SHOWS)], f"shot-{job:03}"],
    }
    return _document("Job", job_name(job), spec)


def pool_tree(pool: int) -> Tree:
    """One pool of machines."""
    spec: Tree = {
        "profile": "docker-batch",
        "requirements": {"cpu": 8, "memory": "32GiB"},
        "instanceCount": 200,
        "tags": ["bench", f"farm-{pool:02}"],
    }
    return _document("Pool", _pool_name(pool), spec)


def _pool_name(pool: int) -> str:
    return f"farm-{pool:02}"


def _document(kind: str, name: str, spec: Tree) -> Tree:
    return {"apiVersion": "qarnot/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def _resources(count: int) -> int:
    return count + jobs_of(count) + pools_of(count)


TASKS = Workload("tasks", task, edited, _resources)
