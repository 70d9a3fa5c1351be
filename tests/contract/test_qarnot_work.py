"""Tasks and jobs of Qarnot, one promise each, over real HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.diff.change import Action
from reconciler.errors import AlreadyExists, Conflict, Forbidden, NotFound
from reconciler.kinds import Spec
from reconciler.model import Observed, Quota, Resource, Settled
from reconciler.ports import Output, Provider
from reconciler.providers.qarnot.kinds.job import JOB
from reconciler.providers.qarnot.kinds.pool import POOL
from reconciler.providers.qarnot.kinds.task import TASK
from reconciler.providers.qarnot.marker import from_tags, shortname
from reconciler.values import Json, Tree
from tests.contract.control import Control
from tests.contract.workplace import Workplace, referring, require_empty, resource

ALONE: Spec = {"profile": "docker-batch", "instances": 1}
IN_SHOT: Spec = {**ALONE, "job": "shot"}
SHOT = resource(JOB, "shot", {"useDependencies": True, "tags": ["film"]})
ABSENT = "00000000-0000-4000-8000-000000000000"
UNTIL_OVER_S = 3600


def task(name: str, spec: Spec = ALONE, **more: Any) -> Resource:
    return referring(TASK, name, {**spec, **more})


def many(count: int, **more: Any) -> list[Resource]:
    return [task(f"t{number:03}", **more) for number in range(count)]


def true_task(control: Control, place: Workplace, declared: Resource) -> Tree:
    return control.objects("tasks")[place.remote_id(declared)]


def read(place: Workplace, declared: Resource) -> Observed:
    return place.read(declared)


# --- what is sent ---------------------------------------------------------------------------------


def test_dependencies_take_the_form_that_says_them(place: Workplace, control: Control) -> None:
    layout, sim = task("shot/layout", IN_SHOT), task("shot/sim", IN_SHOT)
    plain = task("shot/plain", IN_SHOT, dependsOn=["layout", "sim"])
    asked = task(
        "shot/asked",
        IN_SHOT,
        dependsOn=["layout", {"task": "sim", "finalState": ["failure", "success"]}],
    )
    declared = [SHOT, layout, sim, plain, asked]
    assert place.apply(*declared).code == 0
    layout_id, sim_id = place.remote_id(layout), place.remote_id(sim)
    assert true_task(control, place, plain)["dependencies"]["dependsOn"] == [layout_id, sim_id]
    assert true_task(control, place, asked)["dependencies"]["advancedDependsOn"] == [
        {"taskUuid": layout_id, "taskFinalStateCondition": ["success"]},
        {"taskUuid": sim_id, "taskFinalStateCondition": ["failure", "success"]},
    ]
    require_empty(place.plan(*declared))
    control.advance(UNTIL_OVER_S)
    require_empty(place.plan(*declared))
    assert {each["state"] for each in control.objects("tasks").values()} == {"Success"}


def test_a_dependency_that_is_met_is_not_sent(place: Workplace, control: Control) -> None:
    layout = task("shot/layout", IN_SHOT)
    place.apply(SHOT, layout)
    control.advance(UNTIL_OVER_S)
    late = task("shot/late", IN_SHOT, dependsOn=["layout"])
    assert place.apply(SHOT, layout, late).actions == {"shot/late": Action.CREATE}
    assert true_task(control, place, late)["dependencies"] is None
    assert true_task(control, place, late)["jobUuid"] == place.remote_id(SHOT)


@pytest.mark.parametrize("floor_s", [0, 60])
def test_snapshots_are_taken_as_often_as_declared(
    place: Workplace, control: Control, floor_s: int
) -> None:
    control.set(switches={"snapshot_floor_s": floor_s})
    first, then = task("t", snapshotInterval="10m"), task("t", snapshotInterval="20m")
    assert place.apply(first).code == 0
    made = place.remote_id(first)
    assert read(place, first).spec["snapshotInterval"] == 600
    require_empty(place.plan(first))
    applied = place.apply(then)
    assert (applied.code, applied.actions) == (0, {"t": Action.UPDATE})
    assert read(place, then).spec["snapshotInterval"] == 1200
    assert place.apply(task("t")).actions == {"t": Action.UPDATE}
    assert "snapshotInterval" not in read(place, then).spec, "0 is never"
    require_empty(place.plan(task("t")))
    assert list(control.objects("tasks")) == [made]


def test_an_interval_that_is_raised_by_the_vendor_is_told_and_never_fought(
    place: Workplace, control: Control
) -> None:
    control.set(switches={"snapshot_floor_s": 300})
    declared = task("t", snapshotInterval="1m")
    assert place.apply(declared).report.not_honoured
    writes = control.writes()
    place.apply(declared)
    assert control.writes() == writes


def test_what_follows_a_job_is_never_sent(place: Workplace, control: Control) -> None:
    kept = resource(JOB, "kept", {"onComplete": "keep"})
    gone = resource(JOB, "gone", {"onComplete": "delete"})
    assert place.apply(kept, gone).code == 0
    require_empty(place.plan(kept, gone))
    assert "onComplete" not in str(control.objects("jobs"))
    unsaid = resource(JOB, "gone", {})
    assert place.plan(kept, unsaid).is_empty, "no call could change it"


def test_a_job_carries_our_marker_in_one_tag(place: Workplace, control: Control) -> None:
    tags: list[Json] = [f"tag {number}" for number in range(9)]
    declared = resource(JOB, "full", {"tags": tags})
    assert place.apply(declared).code == 0
    require_empty(place.plan(declared))
    (true,) = control.objects("jobs").values()
    assert true["tags"][:9] == tags
    marker = from_tags(true["tags"])
    assert marker is not None
    assert marker.address == declared.address
    assert true["shortname"] == shortname(marker)


def test_150_constants_reach_the_vendor(place: Workplace, control: Control) -> None:
    constants: Json = {f"K{number:03}": str(number) for number in range(150)}
    declared = task("t", constants=constants)
    assert place.apply(declared).code == 0
    require_empty(place.plan(declared))
    assert len(true_task(control, place, declared)["constants"]) == 150


@pytest.mark.parametrize(
    ("size", "sent"),
    [
        ({"instances": 3}, (3, None)),
        ({"instances": None, "frames": "1-10x3,2"}, (None, "1-2,4,7,10")),
    ],
)
def test_instances_are_a_count_and_frames_are_ranges(
    place: Workplace, control: Control, size: Mapping[str, Json], sent: tuple[Any, Any]
) -> None:
    spec = {key: each for key, each in {**ALONE, **size}.items() if each is not None}
    declared = task("t", spec)
    assert place.apply(declared).code == 0
    require_empty(place.plan(declared))
    true = true_task(control, place, declared)
    assert (true["instanceCount"], true["advancedRanges"]) == sent


def test_added_frames_alone_are_run(place: Workplace, control: Control) -> None:
    base: Spec = {"profile": "docker-batch"}
    place.apply(task("t", base, frames="1-4"))
    control.advance(UNTIL_OVER_S)
    more = task("t", base, frames="1-6")
    assert place.apply(more).code == 0
    require_empty(place.plan(more))
    ranges = sorted(each["advancedRanges"] for each in control.objects("tasks").values())
    assert ranges == ["1-4", "5-6"]


# --- many at once ---------------------------------------------------------------------------------


def test_tasks_that_are_ready_together_are_made_in_one_call(
    place: Workplace, control: Control
) -> None:
    declared = many(12)
    assert place.apply(*declared).code == 0
    assert control.writes() == ["POST /tasks"]
    assert len(control.objects("tasks")) == 12
    require_empty(place.plan(*declared))


@pytest.mark.parametrize(
    ("bulk", "item"), [(200, 200), (207, 200), (200, 201)], ids=["plain", "207", "201"]
)
def test_a_bulk_with_one_bad_item_makes_the_others(
    place: Workplace, control: Control, bulk: int, item: int
) -> None:
    switches = {"bulk_status": bulk, "bulk_item_status": item, "buckets": ["assets"]}
    control.set(switches=switches)
    bad = task("bad", resourceBuckets=["asets"])
    declared = [*many(4, resourceBuckets=["assets"]), bad]
    applied = place.apply(*declared)
    assert applied.code == 6
    assert len(control.objects("tasks")) == 4
    (failed,) = (each for each in applied.report.steps if each.problem is not None)
    assert failed.address == bad.address
    assert failed.problem is not None
    assert "asets" in failed.problem.cause
    assert not place.store.read().intents, "a clean refusal leaves nothing open"
    mended = [*declared[:-1], task("bad", resourceBuckets=["assets"])]
    assert place.apply(*mended).code == 0
    require_empty(place.plan(*mended))


def test_jobs_are_made_in_one_call_as_well(place: Workplace, control: Control) -> None:
    declared = [resource(JOB, f"j{number}", {"tags": ["a"]}) for number in range(5)]
    assert place.apply(*declared).code == 0
    assert control.writes() == ["POST /jobs"]
    require_empty(place.plan(*declared))


def test_a_secret_in_a_refused_item_is_not_told(place: Workplace, control: Control) -> None:
    place.secrets["env:KEY"] = "canary-1f0c6a52"
    secret: Json = {"QARNOT_SECRET__KEY": {"secretRef": {"env": "KEY"}}}
    item = {"statusCode": 400, "uuid": None, "message": "x" * 190 + " canary-1f0c6a52"}
    control.fault("status", method="POST", path="/tasks", status=200, body=[item, item])
    applied = place.apply(*many(2, constants=secret))
    assert applied.code == 1
    assert "canary" not in repr(applied.report)


# --- verbs ----------------------------------------------------------------------------------------


def test_objects_of_each_kind_are_listed_read_and_found(place: Workplace) -> None:
    declared = [SHOT, task("shot/a", IN_SHOT), task("b")]
    place.apply(*declared)
    markers = {each.remote_id: each.marker for each in map(place.read, declared)}
    assert None not in markers.values()

    async def found(provider: Provider) -> set[str]:
        listed = (await provider.observe([JOB.id, TASK.id, POOL.id], ())).objects
        assert {each.remote_id: each.marker for each in listed} == markers
        again = [
            await provider.find(each.kind, [each.marker])
            for each in listed
            if each.marker is not None
        ]
        return {each.remote_id for answer in again for (each,) in answer.values()}

    assert place.ask(found) == markers.keys()


def test_one_marker_makes_one_task_also_in_bulk(place: Workplace, control: Control) -> None:
    wanted = place.request(task("t"))

    async def twice(provider: Provider) -> Any:
        return await provider.create([wanted, wanted])

    made, refused = place.ask(twice)
    assert isinstance(made, str)
    assert isinstance(refused, AlreadyExists)
    assert len(control.objects("tasks")) == 1


@pytest.mark.parametrize("status", [403, 409])
@pytest.mark.parametrize(("kind", "spec"), [(TASK, ALONE), (JOB, {})], ids=["task", "job"])
def test_stopping_what_is_over_is_done(
    place: Workplace, control: Control, kind: Any, spec: Spec, status: int
) -> None:
    control.set(switches={"wrong_state_status": status})
    declared = resource(kind, "x", spec)
    place.apply(declared)
    remote_id = place.remote_id(declared)
    for seconds in (0, 5, 3600, 3600):
        control.advance(seconds)
        place.ask(lambda provider: provider.stop(kind.id, remote_id))
    assert read(place, declared).settled in (Settled.CANCELLED, Settled.SUCCEEDED)
    place.ask(lambda provider: provider.stop(kind.id, ABSENT))


def test_a_finished_task_stays_finished_when_it_is_stopped(
    place: Workplace, control: Control
) -> None:
    place.apply(task("t"))
    control.advance(UNTIL_OVER_S)
    remote_id = place.remote_id(task("t"))
    place.ask(lambda provider: provider.stop(TASK.id, remote_id))
    assert read(place, task("t")).settled is Settled.SUCCEEDED


@pytest.mark.parametrize("kind", [TASK, JOB], ids=["task", "job"])
def test_a_stop_that_is_forbidden_while_it_runs_is_an_error(
    place: Workplace, control: Control, kind: Any
) -> None:
    declared = resource(kind, "x", ALONE if kind is TASK else {})
    place.apply(declared)
    remote_id = place.remote_id(declared)
    control.fault("status", path="/*s/*/*", method="POST", status=403, body={"message": "no"})
    with pytest.raises(Forbidden):
        place.ask(lambda provider: provider.stop(kind.id, remote_id))


@pytest.mark.parametrize("way", ["refuse", "terminate"])
def test_a_job_goes_only_when_nothing_in_it_runs(
    place: Workplace, control: Control, way: str
) -> None:
    control.set(switches={"delete_running_job": way})
    place.apply(SHOT, task("shot/a", IN_SHOT))
    job_id = place.remote_id(SHOT)

    async def delete(provider: Provider) -> None:
        await provider.delete(JOB.id, job_id)

    if way == "refuse":
        with pytest.raises((Forbidden, Conflict)):
            place.ask(delete)
        assert list(control.objects("jobs")) == [job_id]
        place.ask(lambda provider: provider.stop(JOB.id, job_id))
    place.ask(delete)
    assert control.objects("jobs") == {}
    place.ask(delete)


def test_a_job_goes_while_its_tasks_are_going(place: Workplace, control: Control) -> None:
    control.set(switches={"tasks_after_delete": "pending"})
    tasks = [task(f"shot/{name}", IN_SHOT) for name in "ab"]
    place.apply(SHOT, *tasks)

    async def delete(provider: Provider) -> None:
        for each in (*tasks, SHOT):
            await provider.delete(each.kind, place.remote_id(each))

    place.ask(delete)
    assert control.objects("jobs") == {}


@pytest.mark.parametrize("after", ["absent", "pending"])
@pytest.mark.parametrize("kind", [TASK, JOB], ids=["task", "job"])
def test_deleting_twice_is_done(place: Workplace, control: Control, kind: Any, after: str) -> None:
    control.set(switches={"tasks_after_delete": after, "jobs_after_delete": after})
    declared = resource(kind, "x", ALONE if kind is TASK else {})
    place.apply(declared)
    remote_id = place.remote_id(declared)
    for seconds in (0, 5, 600):
        place.ask(lambda provider: provider.delete(kind.id, remote_id))
        control.advance(seconds)
    (found,) = place.ask(lambda provider: provider.read(kind.id, [remote_id])).values()
    assert found is None


def test_an_update_of_the_absent_is_not_found(place: Workplace) -> None:
    wanted = place.request(task("t", tags=["a"], snapshotInterval="10m"))

    async def update(provider: Provider, field: str) -> None:
        await provider.update(ABSENT, wanted, frozenset({field}))

    with pytest.raises(NotFound):
        place.ask(lambda provider: update(provider, "tags"))
    with pytest.raises(NotFound):
        place.ask(lambda provider: update(provider, "snapshotInterval"))


def test_the_output_of_an_instance_is_told_apart(place: Workplace, control: Control) -> None:
    declared = task("t", {"profile": "docker-batch", "frames": "5-6"})
    place.apply(declared)
    control.advance(UNTIL_OVER_S)
    remote_id = place.remote_id(declared)

    async def text(provider: Provider, wanted: Output) -> str:
        return "".join([each async for each in provider.logs(TASK.id, remote_id, wanted)])

    whole = place.ask(lambda provider: text(provider, Output()))
    five = place.ask(lambda provider: text(provider, Output(instance=5)))
    assert five
    assert five in whole
    assert five != whole
    place.ask(lambda provider: text(provider, Output(is_error=True, instance=6)))
    with pytest.raises(NotFound):
        place.ask(lambda provider: text(provider, Output(instance=7)))


# --- what is told ---------------------------------------------------------------------------------


def test_what_became_of_a_task_is_told(place: Workplace, control: Control) -> None:
    control.set(switches={"failing_names": ["t#2"]})
    declared = task("t", instances=4, resultBucket="out")
    place.apply(declared)
    begun = read(place, declared)
    assert (begun.settled, begun.done, begun.usage.queued_instances) == (
        Settled.IN_PROGRESS,
        "",
        4,
    )
    control.advance(UNTIL_OVER_S)
    observed = read(place, declared)
    assert observed.settled is Settled.FAILED
    assert (observed.ranges, observed.done, observed.progress) == ("0-3", "0-1,3", 1.0)
    assert "code" in observed.failure
    assert observed.outputs == {"uuid": observed.remote_id, "resultBucket": "out"}
    assert observed.created_at is not None
    assert observed.ended_at is not None
    assert observed.ended_at > observed.created_at
    assert observed.usage.core_seconds > 0
    assert not observed.usage.is_busy


def test_what_is_over_and_not_deleted_counts_for_the_quotas(
    place: Workplace, control: Control
) -> None:
    control.set(quotas={"maxTask": 2, "maxJob": 7})
    place.apply(SHOT, task("a"), task("b"))
    control.advance(UNTIL_OVER_S)
    facts = place.ask(lambda provider: provider.facts())
    assert facts.quotas["tasks"] == Quota(2, 2)
    assert facts.quotas["jobs"] == Quota(1, 7)
    applied = place.apply(SHOT, task("a"), task("b"), task("c"))
    assert applied.code == 5, "the quota has no room, and that is known before any call"
    assert len(control.objects("tasks")) == 2
