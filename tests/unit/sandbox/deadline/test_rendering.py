"""Workers render on the virtual clock: order, limits, errors, timeouts, reports."""

from typing import Any

import pytest

from reconciler.sandbox.vendor import Call
from tests.unit.sandbox.deadline.farm import Farm, basic


@pytest.fixture
def farm() -> Farm:
    return Farm()


def one_worker(**settings: Any) -> Farm:
    """A farm with one worker."""
    return Farm({"workers": [{"Name": "node01", **settings}]})


def started(farm: Farm, *jobs: str) -> list[str]:
    """The jobs that have started, in the order of their starts."""
    found = [job for job in farm.get("jobs") if not job["DateStart"].startswith("0001")]
    order = {job["_id"]: job["DateStart"] for job in found}
    return sorted(order, key=order.__getitem__)


def busy(farm: Farm, job: str) -> list[str]:
    """The names of the workers that render a job."""
    found: list[str] = farm.get("slavesrenderingjob", JobID=job)
    return found


def test_a_job_renders_on_free_workers_and_completes(farm: Farm) -> None:
    job = farm.submit(Frames="1-6")
    assert farm.state(job) == (1, {"Queued": 6})
    farm.pass_time(5)
    assert farm.state(job) == (1, {"Queued": 1, "Rendering": 5})
    assert busy(farm, job) == ["node01", "node02", "node03", "node04", "gpu01"]
    farm.pass_time(15)
    assert farm.tasks(job)[0]["Prog"] == "50 %"
    farm.pass_time(15)
    assert farm.state(job) == (1, {"Rendering": 1, "Completed": 5})
    farm.pass_time(30)
    found = farm.job(job)
    assert (found["Stat"], found["ComFra"], found["Errs"]) == (3, 6, 0)
    assert found["DateStart"] == "2026-03-02T08:00:05.000+00:00"
    assert found["DateComp"] == "2026-03-02T08:01:05.000+00:00"


def test_progress_of_a_single_task_is_shown_on_the_job(farm: Farm) -> None:
    job = farm.submit(Frames="1")
    farm.pass_time(5)
    assert farm.job(job)["SnglTskPrg"] == "0 %"
    farm.pass_time(15)
    assert farm.job(job)["SnglTskPrg"] == "50 %"
    farm.pass_time(15)
    assert farm.job(job)["SnglTskPrg"] == "100 %"


def test_a_chunk_takes_the_time_of_its_frames_and_a_sleep_its_own(farm: Farm) -> None:
    farm.set(frame_s=10)
    chunk = farm.submit(Frames="1-4", ChunkSize=4)
    sleep = farm.submit({"Executable": "/bin/sleep", "Arguments": "7"}, Plugin="CommandLine")
    farm.pass_time(13)
    assert farm.job(sleep)["Stat"] == 3
    farm.pass_time(31)
    assert farm.job(chunk)["Stat"] == 1
    farm.pass_time(1)
    assert farm.job(chunk)["Stat"] == 3


def test_pools_then_priority_then_age_decide() -> None:
    farm = one_worker(Pools=["film", "ads"])
    old, urgent = farm.submit(Frames="1"), farm.submit(Frames="1", Priority=90)
    ads = farm.submit(Frames="1", Pool="ads")
    second = farm.submit(Frames="1", Pool="elsewhere", SecondaryPool="film")
    film, elsewhere = farm.submit(Frames="1", Pool="Film"), farm.submit(Pool="elsewhere")
    farm.pass_time(1000)
    assert started(farm) == [film, ads, urgent, old, second]
    assert farm.state(elsewhere) == (1, {"Queued": 4})


def test_groups_keep_workers_out() -> None:
    farm = Farm({"workers": [{"Name": "a", "Grps": ["gpu"]}, {"Name": "b"}]})
    job = farm.submit(Group="GPU")
    farm.pass_time(10)
    assert busy(farm, job) == ["a"]
    unknown = farm.submit(Group="none such")
    farm.pass_time(1000)
    assert farm.state(unknown) == (1, {"Queued": 4})


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        ({"Allowlist": "NODE02,node03"}, ["node02", "node03"]),
        ({"Denylist": "node01,gpu01,node04,node03"}, ["node02"]),
        ({"MachineLimit": 2}, ["node01", "node02"]),
        ({"LimitGroups": "Two"}, ["node01", "node02"]),
        ({"LimitGroups": "two,gpu only"}, ["gpu01"]),
        ({"LimitGroups": "not one"}, ["node02", "node03", "node04", "gpu01"]),
        ({"LimitGroups": "two exempt"}, ["node01", "node02", "node03", "gpu01"]),
        ({"LimitGroups": "no such limit"}, []),
    ],
)
def test_lists_and_limits_choose_workers(keys: dict[str, Any], names: list[str]) -> None:
    limits = [
        {"Name": "two", "Limit": 2},
        {"Name": "gpu only", "Limit": 9, "White": True, "Slaves": ["GPU01"]},
        {"Name": "not one", "Limit": 9, "Slaves": ["node01"]},
        {"Name": "two exempt", "Limit": 2, "SlavesEx": ["node01", "gpu01"]},
    ]
    farm = Farm({"limits": limits})
    job = farm.submit(Frames="1-9", **keys)
    farm.pass_time(10)
    assert busy(farm, job) == names


def test_stubs_of_a_limit_are_shared_by_jobs_and_given_back() -> None:
    farm = Farm({"limits": [{"Name": "nuke", "Limit": 1}]})
    first = farm.submit(Frames="1", LimitGroups="nuke")
    second = farm.submit(Frames="1", LimitGroups="nuke")
    farm.pass_time(10)
    assert farm.vendor.objects()["limits"][0]["holders"] == ["node01"]
    assert (busy(farm, first), busy(farm, second)) == (["node01"], [])
    farm.pass_time(30)
    assert (farm.job(first)["Stat"], busy(farm, second)) == (3, ["node01"])


def test_a_stub_may_be_given_back_early_or_by_a_reset() -> None:
    farm = Farm({"limits": [{"Name": "nuke", "Limit": 1, "RelPer": 50}]})
    jobs = [farm.submit(Frames="1", LimitGroups="nuke") for _ in range(3)]
    farm.pass_time(19)
    assert [bool(busy(farm, job)) for job in jobs] == [True, False, False]
    farm.pass_time(2)
    assert [bool(busy(farm, job)) for job in jobs] == [True, True, False]
    farm.ok("PUT", "limitgroups", {"Command": "reset", "Name": "nuke"})
    farm.pass_time(6)
    assert [bool(busy(farm, job)) for job in jobs] == [True, True, True]


def test_a_machine_limit_may_be_released_early(farm: Farm) -> None:
    job = farm.submit(MachineLimit=1, MachineLimitProgress=50)
    farm.pass_time(19)
    assert len(busy(farm, job)) == 1
    farm.pass_time(2)
    assert len(busy(farm, job)) == 2


def test_a_raised_machine_limit_is_seen_soon(farm: Farm) -> None:
    job = farm.submit(MachineLimit=1)
    farm.pass_time(6)
    farm.command("setjobmachinelimitmaximum", job, Limit=3)
    farm.pass_time(5)
    assert len(busy(farm, job)) == 3


@pytest.mark.parametrize(
    ("keys", "count"),
    [
        ({"ConcurrentTasks": 3}, 3),
        ({"ConcurrentTasks": 16}, 4),
        ({"ConcurrentTasks": 6, "LimitConcurrentTasksToNumberOfCpus": "false"}, 6),
        ({"ConcurrentTasks": 3, "Sequential": "true"}, 1),
    ],
)
def test_a_worker_takes_several_tasks_of_one_job(keys: dict[str, Any], count: int) -> None:
    farm = one_worker(Procs=4)
    job = farm.submit(Frames="1-9", **keys)
    farm.submit()
    farm.pass_time(6)
    assert farm.job(job)["RenderingChunks"] == count
    assert busy(farm, job) == ["node01"]


def test_a_worker_out_of_use_takes_nothing() -> None:
    workers = [{"Name": "a", "Enable": False}, {"Name": "b", "Stat": 3}, {"Name": "c", "TskLmt": 1}]
    farm = Farm({"workers": workers})
    job = farm.submit()
    farm.pass_time(10)
    assert busy(farm, job) == ["c"]


def test_a_failing_task_is_tried_until_its_limit(farm: Farm) -> None:
    farm.set(failing_names=["comet#2,4"])
    job = farm.submit()
    farm.pass_time(40)
    assert farm.job(job)["Errs"] == 2
    farm.pass_time(300)
    assert farm.state(job) == (4, {"Completed": 2, "Failed": 2})
    assert [task["Errs"] for task in farm.tasks(job)] == [0, 3, 0, 3]
    (failed,) = farm.get("jobs", States="Failed")
    assert failed["DateComp"].startswith("0001")


@pytest.mark.parametrize(
    ("keys", "errors", "state"),
    [
        ({"OverrideTaskFailureDetection": "true", "FailureDetectionTaskErrors": 1}, 1, 4),
        ({"OverrideJobFailureDetection": "true", "FailureDetectionJobErrors": 2}, 2, 4),
    ],
)
def test_a_job_has_failure_limits_of_its_own(
    farm: Farm, keys: dict[str, Any], errors: int, state: int
) -> None:
    farm.set(failing_names=["comet#1"])
    job = farm.submit(**keys)
    farm.pass_time(400)
    found = farm.job(job)
    assert (found["Errs"], found["Stat"]) == (errors, state)


def test_a_job_that_gives_up_fails_all_that_is_left() -> None:
    farm = one_worker()
    farm.set(failing_names=["comet"], job_errors=2, task_errors=0)
    job = farm.submit()
    farm.pass_time(400)
    assert farm.state(job) == (4, {"Failed": 4})


def test_a_failure_may_be_a_passing_one(farm: Farm) -> None:
    farm.set(failing_names=["com*!1"])
    job = farm.submit()
    farm.pass_time(100)
    assert farm.state(job) == (3, {"Completed": 4})
    assert farm.job(job)["Errs"] == 4


def test_a_worker_that_fails_often_is_bad_for_the_job() -> None:
    farm = one_worker()
    farm.set(failing_names=["comet!2", "other!2"], bad_worker_errors=1)
    job, other = farm.submit(Frames="1"), farm.submit(Name="other", IgnoreBadJobDetection="true")
    farm.pass_time(1000)
    assert farm.job(job)["Bad"] == ["node01"]
    assert farm.state(job) == (1, {"Queued": 1})
    assert farm.job(other)["Stat"] == 3


TIMEOUTS = [
    ("Error", 4, 3), ("ErrorAndNotify", 4, 3), ("Notify", 3, 0), ("Complete", 3, 0),
    ("Fail", 4, 1), ("FailAndNotify", 4, 1), ("Requeue", 1, 0),
]  # fmt: skip


@pytest.mark.parametrize(("word", "state", "errors"), TIMEOUTS)
def test_a_task_that_takes_too_long(farm: Farm, word: str, state: int, errors: int) -> None:
    job = farm.submit(Frames="1", TaskTimeoutSeconds=10, OnTaskTimeout=word)
    farm.pass_time(200)
    found = farm.job(job)
    assert (found["Stat"], found["Errs"]) == (state, errors)


def test_time_limits_may_count_per_frame_and_downwards(farm: Farm) -> None:
    keys: dict[str, Any] = {"ChunkSize": 4, "TaskTimeoutSeconds": 40, "Frames": "1-4"}
    whole = farm.submit(**keys)
    each = farm.submit(**keys, EnableFrameTimeouts="true")
    short = farm.submit(Frames="1", MinRenderTimeSeconds=31)
    farm.pass_time(400)
    assert [farm.job(job)["Stat"] for job in (whole, each, short)] == [4, 3, 4]


def test_job_scripts_are_tasks_before_and_after(farm: Farm) -> None:
    job = farm.submit(Frames="1-2", PreJobScript="a.py", PostJobScript="b.py")

    def scripts() -> tuple[int, int]:
        found = farm.get("tasks", JobID=job)
        return found["PreTask"]["Stat"], found["PostTask"]["Stat"]

    farm.pass_time(6)
    assert (scripts(), farm.state(job)) == ((4, 2), (1, {"Queued": 2}))
    farm.pass_time(30)
    assert (scripts(), farm.state(job)) == ((5, 2), (1, {"Rendering": 2}))
    farm.pass_time(30)
    assert (scripts(), farm.state(job)) == ((5, 4), (1, {"Completed": 2}))
    farm.pass_time(30)
    assert (scripts(), farm.state(job)) == ((5, 5), (3, {"Completed": 2}))


def test_a_failed_pre_job_script_fails_the_job(farm: Farm) -> None:
    farm.set(failing_names=["comet"], task_errors=1)
    job = farm.submit(PreJobScript="a.py", PostJobScript="b.py")
    farm.pass_time(100)
    assert farm.state(job) == (4, {"Queued": 4})
    assert farm.save(job, PrJobScrp="", PoJobScrp="")["Stat"] == 1
    assert farm.get("tasks", JobID=job)["PreTask"] is None


def test_an_order_to_fail_that_names_no_frames_is_none(farm: Farm) -> None:
    farm.set(failing_names=["comet#oops"])
    job = farm.submit()
    farm.pass_time(100)
    assert farm.job(job)["Stat"] == 3


def test_reports_tell_of_each_run(farm: Farm) -> None:
    farm.set(failing_names=["comet#1!1"])
    job = farm.submit(Frames="1-2")
    none = farm.send("GET", "jobreports", query={"JobID": job, "Data": "all"})
    assert (none.status, none.content_type.split(";")[0]) == (200, "text/plain")
    farm.pass_time(100)
    reports = farm.get("jobreports", JobID=job, Data="all")
    assert sorted(one["Type"] for one in reports) == [0, 0, 1]
    (error,) = farm.get("jobreports", JobID=job, Data="error")
    assert (error["Task"], error["Slave"], error["TaskTime"]) == (0, "node01", "00:00:30")
    assert (error["Job"], error["JobName"], error["Plugin"]) == (job, "comet", "Nuke")
    assert len(farm.get("taskreports", JobID=job, TaskID=0, Data="all")) == 2
    (text,) = farm.get("jobreports", JobID=job, Data="errorcontents", ReportID=error["_id"])
    assert "ended with an error" in text
    farm.refused(400, "GET", "jobreports", query={"JobID": job, "Data": "errorcontents"})
    farm.refused(400, "GET", "jobreports", query={"JobID": job, "Data": "everything"})
    farm.refused(400, "GET", "taskreports", query={"JobID": job, "TaskID": "x"})
    farm.refused(400, "GET", "jobreports")
    farm.refused(500, "GET", "jobreports", query={"JobID": "x"})
    by_worker = farm.get("slaves", Name="node01", Data="reports")
    assert error in by_worker
    assert "Task 0" in farm.get("slaves", Name="node01", Data="reportcontents")[0]
    reply = farm.send("GET", "slaves", query={"Name": "gpu01", "Data": "reports"})
    assert reply.text == "No reports."


def test_a_list_may_be_sent_while_the_farm_goes_on(farm: Farm) -> None:
    for _ in range(300):
        farm.submit(Frames="1")
    answer = farm.vendor.handle(Call("GET", "/api/jobs", headers=basic()))
    assert answer.stream is not None
    parts = iter(answer.stream)
    first = next(parts)
    farm.ok("DELETE", "jobs", query={"JobID": farm.get("jobs", IdOnly="true")[-1]})
    rest = b"".join(parts)
    assert (first + rest).count(b'"_id"') == 300
