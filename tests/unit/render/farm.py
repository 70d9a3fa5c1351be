"""A render farm at work: jobs and tasks in a plan, a status, a wait and a history."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from reconciler.address import Address
from reconciler.errors import Location, Problem
from reconciler.fields import Mutability
from reconciler.model import Marker, Outcome, Request, Resource, Run, Settled, Usage
from reconciler.plan.plan import Action, Change, FieldChange, Reason, Standing
from reconciler.render.status import StatusRow, WorkStatus
from reconciler.report import Phase, WaitReport, WorkSeen
from reconciler.values import UNSEEN
from tests.unit.render.examples import MADE_AT, UUID, WORKSPACE, plan, pool

RUN_KEY = "k1-9c2f4be1d07a35e86f41b2c0"


def job(name: str) -> Address:
    return Address("qarnot-prod", "job", name)


def task(name: str) -> Address:
    return Address("qarnot-prod", "task", name)


def place(line: int) -> Location:
    return Location("manifests/shots.yaml", line, 7)


def request(address: Address, spec: dict[str, Any], ranges: str = "", attempt: int = 1) -> Request:
    kind = f"qarnot/{address.kind.capitalize()}"
    key, number = (RUN_KEY, attempt) if address.kind == "task" else ("", 0)
    marker = Marker(WORKSPACE, "prod", address, 1, key, number)
    return Request(Resource(address, kind, spec), {}, marker, ranges=ranges)


def change(address: Address, action: Action, reason: Reason, line: int, **more: Any) -> Change:
    return Change(address, "qarnot/Task", action, reason, location=place(line), **more)


JOB_SPEC = {"pool": "render", "useDependencies": True, "onComplete": "terminate"}
BEAUTY = {"frames": "1-120", "job": "shot-010", "constants": {"DOCKER_CMD": "render beauty"}}
CRYPTO = {"frames": "1-150", "job": "shot-010", "constants": {"DOCKER_CMD": "render crypto"}}

NEW_JOB = change(
    job("shot-020"), Action.CREATE, Reason.NOT_FOUND, 30,
    request=request(job("shot-020"), JOB_SPEC),
)  # fmt: skip
NEW_TASK = change(
    task("shot-020/beauty"), Action.CREATE, Reason.NOT_FOUND, 36,
    request=request(task("shot-020/beauty"), {**BEAUTY, "job": "shot-020"}, "1-120"),
)  # fmt: skip
GROWN = change(
    task("shot-010/crypto"), Action.CREATE, Reason.MANIFEST_CHANGED, 12,
    request=request(task("shot-010/crypto"), CRYPTO, "121-150", attempt=2),
    fields=(FieldChange("frames", UNSEEN, "1-150", Mutability.WORK, "frames"),),
    notes=("1-120: succeeded",),
)  # fmt: skip
STEERED = change(
    task("shot-010/sim"), Action.UPDATE, Reason.MANIFEST_CHANGED, 14, remote_id=UUID,
    fields=(
        FieldChange("tags", ["a"], ["a", "urgent"], Mutability.IN_PLACE, "tags"),
        FieldChange("retries", 0, 2, Mutability.NEXT_RUN, "retries"),
    ),
)  # fmt: skip
RETRIED = change(
    task("shot-010/qc"), Action.CREATE, Reason.RETRY, 16,
    request=request(task("shot-010/qc"), {"instances": 1, "job": "shot-010"}, "0", attempt=2),
    notes=("failed",),
)  # fmt: skip
ONE_OF_MANY = change(
    task("shot-010/crypto"), Action.CREATE, Reason.RETRY, 18,
    request=request(task("shot-010/crypto"), CRYPTO, "7", attempt=2),
)  # fmt: skip
ONE_PIECE = change(
    task("scatter"), Action.CREATE, Reason.NOT_FOUND, 19, request=request(task("scatter"), {}),
)  # fmt: skip
ONE_PIECE_AGAIN = change(
    task("scatter"), Action.CREATE, Reason.RETRY, 19,
    request=request(task("scatter"), {}, attempt=2),
)  # fmt: skip
REMADE = change(
    job("shot-030"), Action.REPLACE, Reason.MOVED, 44, remote_id=UUID,
    request=request(job("shot-030"), JOB_SPEC),
)  # fmt: skip
POOL_REPLACED = Change(
    pool("render"), "qarnot/Pool", Action.REPLACE, Reason.IMMUTABLE_FIELD, remote_id=UUID,
    fields=(
        FieldChange("profile", "docker-batch", "docker-network", Mutability.REPLACE, "profile"),
    ),
    loss=Usage(4, 32, 18, 145_904.0),
    notes=("stops unfinished work: qarnot-prod/task/shot-030/wide",),
)  # fmt: skip
TAKEN_DOWN = change(
    task("shot-030/wide"), Action.REPLACE, Reason.MOVED, 46, remote_id=UUID, also=("second",),
    request=request(task("shot-030/wide"), {"frames": "1-24"}, "1-24", attempt=3),
    loss=Usage(4, 32, 18, 145_904.0),
    notes=("what it runs on is replaced or removed",),
)  # fmt: skip
STOPPED = change(
    task("shot-030/old"), Action.TERMINATE, Reason.NOT_DECLARED, 0, remote_id=UUID,
    also=("second",), loss=Usage(2, 16, 5, 600.0),
)  # fmt: skip
PRESUMED = change(
    task("shot-000/beauty"), Action.NO_OP, Reason.PRESUMED_FINISHED, 3,
    notes=("presumed finished",),
)  # fmt: skip
HELD = change(
    task("shot-010/denoise"), Action.NO_OP, Reason.NOT_SUCCEEDED, 18, standing=Standing.HELD,
    problem=Problem(
        "P210",
        "qarnot-prod/task/shot-010/denoise: failed",
        remedy="rerun qarnot-prod/task/shot-010/denoise starts it again; "
        "so does raising lifecycle.run",
        address="qarnot-prod/task/shot-010/denoise",
    ),
)  # fmt: skip
WAITING = change(
    task("shot-010/comp"), Action.CREATE, Reason.MANIFEST_CHANGED, 20, standing=Standing.WAITING,
    fields=(FieldChange("constants.DOCKER_CMD", "comp", "comp -v2", Mutability.WORK, "constants"),),
    problem=Problem(
        "P210",
        "qarnot-prod/task/shot-010/comp: waits until the run of the earlier declaration is over",
        address="qarnot-prod/task/shot-010/comp",
    ),
)  # fmt: skip
FORGOTTEN = Change(
    task("shot-001/old"), "qarnot/Task", Action.FORGET, Reason.NOT_DECLARED, forgets=True,
    notes=("it is gone at the vendor",),
)  # fmt: skip
FARM_PLAN = plan(
    REMADE, NEW_JOB, POOL_REPLACED, PRESUMED, FORGOTTEN, WAITING, GROWN, HELD, RETRIED, STEERED,
    NEW_TASK, STOPPED, TAKEN_DOWN, unchanged={task("shot-010/layout"): "1"},
)  # fmt: skip

FARM_STATUS = (
    StatusRow(
        job("shot-010"), Settled.CURRENT, "Active", remote_id=UUID,
        members={Phase.SUCCEEDED: 2, Phase.RUNNING: 1, Phase.FAILED: 1, Phase.NOT_STARTED: 1},
    ),
    StatusRow(pool("render"), Settled.CURRENT, "FullyExecuting", Usage(4, 32), UUID),
    StatusRow(
        task("shot-000/beauty"), Settled.ABSENT, remote_id=UUID,
        work=WorkStatus(Phase.SUCCEEDED, 1, "1-120", 120, 120, is_gone=True),
    ),
    StatusRow(
        task("shot-010/beauty"), Settled.IN_PROGRESS, "PartiallyExecuting", Usage(3, 24), UUID,
        work=WorkStatus(Phase.RUNNING, 2, "1-120", 80, 120, 0.42),
    ),
    StatusRow(
        task("shot-010/denoise"), Settled.FAILED, "Failure", remote_id=UUID,
        work=WorkStatus(Phase.FAILED, 1, "0", 0, 1, failure="instance 0 exited with code 3"),
    ),
    StatusRow(
        task("shot-010/layout"), Settled.SUCCEEDED, "Success", remote_id=UUID,
        work=WorkStatus(
            Phase.SUCCEEDED, 1, "0", 1, 1, outputs={"uuid": UUID, "resultBucket": "shot-010"}
        ),
    ),
    StatusRow(task("shot-010/qc"), Settled.ABSENT, work=WorkStatus(Phase.NOT_STARTED, total=1)),
)  # fmt: skip

FARM_WAIT = WaitReport(
    (
        WorkSeen(task("shot-010/beauty"), Phase.SUCCEEDED, "1-120", "Success", 2, UUID, 1.0),
        WorkSeen(
            task("shot-010/denoise"), Phase.FAILED, "0", "Failure", 1, UUID,
            failure="instance 0 exited with code 3",
        ),
        WorkSeen(task("shot-010/layout"), Phase.SUCCEEDED, "0", attempt=1, is_gone=True),
        WorkSeen(task("shot-010/qc"), Phase.NOT_STARTED, "0"),
        WorkSeen(task("shot-010/sim"), Phase.RUNNING, "0-3", "FullyExecuting", 1, UUID, 0.5),
    ),
    is_late=True,
    elapsed_s=7200.0,
)  # fmt: skip


def run(attempt: int, outcome: Outcome, ranges: str, done: str, hours: int) -> Run:
    return Run(
        address=task("shot-010/beauty"),
        run_key=RUN_KEY,
        attempt=attempt,
        remote_id=UUID,
        ranges=ranges,
        outcome=outcome,
        seen_at=MADE_AT + timedelta(hours=hours + 1),
        done=done,
        made_at=MADE_AT + timedelta(hours=hours),
    )


FARM_HISTORY = (
    run(1, Outcome.FAILED, "1-120", "1-80", 0),
    run(2, Outcome.SUCCEEDED, "81-120", "81-120", 5),
    Run(task("shot-010/beauty"), RUN_KEY, 3, "", outcome=Outcome.UNKNOWN),
)
