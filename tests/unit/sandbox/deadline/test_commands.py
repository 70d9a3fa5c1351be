"""State commands of jobs and tasks, machine limits, and `save`."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.sandbox.deadline.job import JobStat
from reconciler.sandbox.deadline.props import PROPS, Edit
from tests.unit.sandbox.deadline.farm import MISSING, Farm

TASK_COMMANDS = ["suspend", "resume", "resumefailed", "requeue", "pend", "releasepending"]
TASK_COMMANDS += ["complete", "fail"]
JOB_COMMANDS = [*TASK_COMMANDS, "suspendnonrendering"]


@pytest.fixture
def farm() -> Farm:
    return Farm()


STEP = st.tuples(
    st.sampled_from([*JOB_COMMANDS, "append"]),
    st.none() | st.lists(st.integers(0, 3), min_size=1, max_size=3),
    st.integers(0, 40),
)


def expected_stat(counts: dict[str, int], total: int) -> set[int]:
    """What the counters alone say of the state; a job that is ordered to stop may say so early."""
    if counts.get("Completed", 0) == total:
        return {JobStat.COMPLETED}
    if counts.get("Queued"):
        return {JobStat.ACTIVE}
    if counts.get("Rendering"):
        ordered = set() if counts.get("Pending") else {JobStat.SUSPENDED, JobStat.COMPLETED}
        return {JobStat.ACTIVE, *ordered, *({JobStat.FAILED} if ordered else set())}
    if counts.get("Suspended"):
        return {JobStat.SUSPENDED}
    return {JobStat.PENDING} if counts.get("Pending") else {JobStat.FAILED}


@settings(max_examples=60, deadline=None)
@given(st.lists(STEP, max_size=8), st.booleans())
def test_states_always_follow_from_the_tasks(steps: list[Any], depends: bool) -> None:
    farm = Farm()
    farm.set(failing_names=["comet#2"], task_errors=1)
    first = farm.submit(Pool="elsewhere")
    job = farm.submit(JobDependencies=first) if depends else farm.submit()
    for name, tasks, seconds in steps:
        if name == "append":
            farm.command("appendjobframerange", job, FrameList="9")
        elif tasks is None or name not in TASK_COMMANDS:
            farm.command(name, job)
        else:
            body = {"Command": name, "JobID": job, "TaskList": tasks}
            farm.ok("PUT", "tasks", body)
        farm.pass_time(seconds)
        found = farm.job(job)
        assert found["Stat"] in expected_stat(farm.counts(found), found["Props"]["Tasks"])
        busy = [one for one in farm.get("slaves", Data="info") if one["JobId"] == job]
        assert len(busy) == found["RenderingChunks"]
    farm.command("complete", job)
    farm.pass_time(10)
    assert farm.job(job)["Stat"] == JobStat.COMPLETED


def test_suspending_takes_tasks_back_when_their_workers_see_it(farm: Farm) -> None:
    job = farm.submit(MachineLimit=2)
    farm.pass_time(10)
    assert farm.state(job) == (1, {"Queued": 2, "Rendering": 2})
    farm.command("suspend", job)
    assert farm.state(job) == (2, {"Rendering": 2, "Suspended": 2})
    farm.pass_time(5)
    assert farm.state(job) == (2, {"Suspended": 4})
    farm.command("resume", job)
    assert farm.state(job) == (1, {"Queued": 4})
    farm.pass_time(100)
    assert farm.job(job)["Stat"] == 3


def test_suspending_can_take_effect_at_once(farm: Farm) -> None:
    farm.set(notice_s=0)
    job = farm.submit()
    farm.pass_time(10)
    farm.command("suspend", job)
    assert farm.state(job) == (2, {"Suspended": 4})


def test_suspending_what_does_not_render_lets_the_rest_end(farm: Farm) -> None:
    job = farm.submit(MachineLimit=2)
    farm.pass_time(10)
    farm.command("suspendnonrendering", job)
    assert farm.state(job) == (2, {"Rendering": 2, "Suspended": 2})
    farm.pass_time(100)
    assert farm.state(job) == (2, {"Suspended": 2, "Completed": 2})


def test_a_drained_task_that_fails_is_suspended_too(farm: Farm) -> None:
    farm.set(failing_names=["comet"])
    job = farm.submit(Frames="1-2", MachineLimit=1)
    farm.pass_time(10)
    farm.command("suspendnonrendering", job)
    farm.pass_time(100)
    assert farm.state(job) == (2, {"Suspended": 2})
    assert farm.job(job)["Errs"] == 1


def test_resuming_before_the_worker_saw_the_stop_still_starts_again(farm: Farm) -> None:
    job = farm.submit(Frames="1")
    farm.pass_time(10)
    farm.command("suspend", job)
    farm.command("resume", job)
    farm.pass_time(26)
    (task,) = farm.tasks(job)
    assert (task["Stat"], task["Start"]) == (4, "2026-03-02T08:00:20.000+00:00")
    farm.pass_time(14)
    assert farm.job(job)["Stat"] == 3


@pytest.mark.parametrize(
    ("name", "stat", "count"), [("complete", 3, "Completed"), ("fail", 4, "Failed")]
)
def test_completing_and_failing_end_a_job(farm: Farm, name: str, stat: int, count: str) -> None:
    job = farm.submit(MachineLimit=1)
    farm.pass_time(10)
    farm.command(name, job)
    assert farm.state(job) == (stat, {"Rendering": 1, count: 3})
    farm.pass_time(5)
    assert farm.state(job) == (stat, {count: 4})


def test_a_failed_job_is_resumed_without_its_errors(farm: Farm) -> None:
    farm.set(failing_names=["comet#2!3"])
    job = farm.submit()
    farm.pass_time(300)
    assert farm.state(job) == (4, {"Completed": 3, "Failed": 1})
    assert (farm.job(job)["Errs"], farm.tasks(job)[1]["Errs"]) == (3, 3)
    farm.set(failing_names=[])
    farm.command("resumefailed", job)
    assert farm.state(job) == (1, {"Queued": 1, "Completed": 3})
    assert (farm.job(job)["Errs"], farm.tasks(job)[1]["Errs"]) == (0, 0)
    farm.pass_time(100)
    assert farm.job(job)["Stat"] == 3


def test_errors_may_outlive_a_resume(farm: Farm) -> None:
    farm.set(failing_names=["comet#2"], resumefailed_errors="kept")
    job = farm.submit()
    farm.pass_time(300)
    farm.command("resumefailed", job)
    assert farm.job(job)["Errs"] == 3


@pytest.mark.parametrize(("switch", "state"), [("stays", 2), ("active", 1)])
def test_requeueing_a_suspended_job(farm: Farm, switch: str, state: int) -> None:
    farm.set(requeue_suspended=switch)
    job = farm.submit(Frames="1-2")
    farm.pass_time(100)
    farm.command("requeue", job)
    assert farm.state(job) == (1, {"Queued": 2})
    farm.pass_time(100)
    farm.command("appendjobframerange", job, FrameList="3")
    farm.command("suspend", job)
    farm.command("requeue", job)
    assert farm.job(job)["Stat"] == state
    assert farm.job(job)["CompletedChunks"] == 0


NOT_SENSIBLE = [("resume", 1), ("resumefailed", 1), ("releasepending", 1), ("pend", 1)]


@pytest.mark.parametrize(("name", "stat"), NOT_SENSIBLE)
def test_a_command_without_sense_does_nothing_or_is_refused(
    farm: Farm, name: str, stat: int
) -> None:
    job = farm.submit()
    before = farm.job(job)
    farm.command(name, job)
    assert farm.job(job) == before
    farm.set(wrong_state="error")
    farm.refused(500, "PUT", "jobs", {"Command": name, "JobID": job})
    farm.refused(500, "PUT", "tasks", {"Command": name, "JobID": job, "TaskList": [0]}) if (
        name != "pend"
    ) else None
    assert farm.job(job)["Stat"] == stat


@pytest.mark.parametrize("task_list", [{}, {"TaskList": []}, {"TaskList": None}, {"TaskIDs": [1]}])
def test_a_task_command_without_tasks_is_for_all(farm: Farm, task_list: dict[str, Any]) -> None:
    job = farm.submit()
    farm.ok("PUT", "tasks", {"Command": "suspend", "JobID": job, **task_list})
    assert farm.stats(job) == [3, 3, 3, 3]


def test_the_trap_can_be_taken_away(farm: Farm) -> None:
    job = farm.submit()
    farm.set(empty_task_list="none")
    farm.ok("PUT", "tasks", {"Command": "suspend", "JobID": job})
    assert farm.stats(job) == [2, 2, 2, 2]
    farm.set(empty_task_list="error")
    farm.refused(500, "PUT", "tasks", {"Command": "suspend", "JobID": job})


@pytest.mark.parametrize("task_list", [1, "1", [1], ["1"]])
def test_a_task_is_named_by_number_or_text(farm: Farm, task_list: object) -> None:
    job = farm.submit()
    farm.ok("PUT", "tasks", {"Command": "suspend", "JobID": job, "TaskList": task_list})
    assert farm.stats(job) == [2, 3, 2, 2]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"JobID": MISSING}, 400),
        ({"Command": "requeue"}, 400),
        ({"Command": "requeue", "JobID": MISSING}, 500),
        ({"Command": "suspendnonrendering"}, 500),
        ({"Command": "requeue", "TaskList": "x"}, 400),
        ({"Command": "requeue", "TaskList": [9]}, 500),
        ({"Command": "requeue", "TaskList": [-9]}, 500),
        ({"Command": "requeue", "TaskList": [1.5]}, 500),
    ],
)
def test_a_task_command_that_can_not_be_read(farm: Farm, body: dict[str, Any], status: int) -> None:
    job = farm.submit()
    known = {"JobID": job} if "TaskList" in body else {}
    farm.refused(status, "PUT", "tasks", known | body)
    assert farm.stats(job) == [2, 2, 2, 2]


def test_tasks_are_read_in_each_form(farm: Farm) -> None:
    job = farm.submit(Frames="1-4", ChunkSize=2)
    whole = farm.get("tasks", JobID=job)
    assert (whole["ID"], whole["PreTask"], whole["PostTask"]) == (job, None, None)
    assert [task["_id"] for task in whole["Tasks"]] == [f"{job}_0", f"{job}_1"]
    assert farm.get("tasks", JobID=job, TaskID=1) == whole["Tasks"][1]
    assert farm.get("tasks", JobID=job, IdOnly="true") == [0, 1]
    farm.set(tasks_container="list", one_task="list")
    assert farm.get("tasks", JobID=job) == whole["Tasks"]
    assert farm.get("tasks", JobID=job, TaskID=1) == whole["Tasks"][1:]
    farm.refused(400, "GET", "tasks")
    farm.refused(500, "GET", "tasks", query={"JobID": MISSING})
    says = "Error: TaskID must be an integer."
    assert farm.refused(400, "GET", "tasks", query={"JobID": job, "TaskID": "zero"}) == says
    farm.refused(500, "GET", "tasks", query={"JobID": job, "TaskID": 2})


def test_the_machine_limit_is_set_in_parts(farm: Farm) -> None:
    job = farm.submit()
    sent = {"Limit": 5, "SlaveList": ["node01"], "WhiteListFlag": True, "Progress": 90.0}

    def limit() -> tuple[Any, ...]:
        props = farm.job(job)["Props"]
        return tuple(props[name] for name in ("MachLmt", "ListedSlaves", "White", "MachLmtProg"))

    farm.command("setjobmachinelimit", job, **sent)
    assert limit() == (5, ["node01"], True, 90.0)
    farm.command("setjobmachinelimitmaximum", job, Limit=2)
    farm.command("setjobmachinelimitwhitelistflag", job, WhiteListFlag=False)
    farm.command("addslavestojobmachinelimitlist", job, SlaveList=["NODE01", "node02"])
    assert limit() == (2, ["node01", "node02"], False, 90.0)
    farm.command("removeslavesfromjobmachinelimitlist", job, SlaveList="node01")
    farm.command("setjobmachinelimitlistedslaves", job, SlaveList="a,b")
    assert limit() == (2, ["a", "b"], False, 90.0)
    farm.command("setjobmachinelimit", job, SlaveList=[])
    farm.command("setjobmachinelimit", job)
    assert limit() == (2, [], False, 90.0)


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("setjobmachinelimitmaximum", {"Limit": "many"}, "Limit must be an integer."),
        ("setjobmachinelimitmaximum", {}, "Limit is missing from the message body."),
        ("setjobmachinelimitwhitelistflag", {"WhiteListFlag": "x"}, "WhiteListFlag must be a"),
        ("setjobmachinelimitwhitelistflag", {"WhitelistFlag": True}, "WhiteListFlag is missing"),
        ("setjobmachinelimitlistedslaves", {"SlaveList": []}, "at least one Worker is needed."),
        ("addslavestojobmachinelimitlist", {}, "at least one Worker is needed."),
        ("removeslavesfromjobmachinelimitlist", {"SlaveList": ""}, "at least one Worker"),
        ("setjobmachinelimit", {"Limit": 1, "Progress": "x"}, "Progress must be a number."),
        ("setjobmachinelimit", {"Limit": 1, "SlaveList": [1]}, "SlaveList must be"),
    ],
)
def test_a_machine_limit_that_can_not_be_read(
    farm: Farm, name: str, body: dict[str, Any], says: str
) -> None:
    job = farm.submit()
    before = farm.job(job)
    sent = {"Command": name, "JobID": job, **body}
    assert says in farm.refused(400, "PUT", "jobs", sent)
    assert farm.job(job) == before


def test_saving_what_was_read_changes_nothing(farm: Farm) -> None:
    keys = {"Comment": "c", "ExtraInfoKeyValue0": "a=b", "Allowlist": "node01", "Frames": "1-9x2"}
    job = farm.submit({"Scene": "/s"}, **keys, LimitGroups="nuke", EnvironmentKeyValue0="A=1")
    before = farm.job(job)
    assert farm.save(job) == before


CHANGES: dict[str, Any] = {
    "Name": "other", "Batch": "b", "Cmmt": "c", "Pool": "film", "SecPool": "ads", "Grp": "g",
    "Pri": 75, "Conc": 4, "ConcLimt": False, "OnComp": 1, "MaxTime": 60, "Timeout": 2,
    "Limits": ["nuke"], "Env": {"A": "1"}, "PlugInfo": {"Scene": "/t"}, "ExDic": {"k": "v"},
    "Ex0": "x", "DepPer": 50.0, "NotUser": [], "JobFailOvr": True, "JobFailErr": 9,
    "OverCleanDays": 4, "SchdDate": "2026-03-05T10:00:00.000+00:00", "MonStart": "08:00:00",
    "OptIns": {"a": {}}, "ReqAss": [{"FileName": "/a"}],
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_an_editable_property_is_saved(farm: Farm, name: str) -> None:
    job = farm.submit(Pool="elsewhere")
    before = farm.job(job)
    after = farm.save(job, **{name: CHANGES[name]})
    assert after["Props"] == before["Props"] | {name: CHANGES[name]}
    farm.set(save_ignored=[name])
    assert farm.save(job, **{name: before["Props"][name]}) == after


FIXED = {"Frames": "1-9", "Chunk": 3, "Tasks": 9, "MachLmt": 7, "White": True, "MachLmtProg": 5.0,
         "ListedSlaves": ["node01"]}  # fmt: skip


@pytest.mark.parametrize("name", FIXED)
def test_what_has_commands_of_its_own_is_dropped_by_save(farm: Farm, name: str) -> None:
    job = farm.submit()
    before = farm.job(job)
    assert farm.save(job, **{name: FIXED[name]}) == before
    assert PROPS
    assert next(one for one in PROPS if one.name == name).edit not in {Edit.SAVE, Edit.DOUBTFUL}


def test_save_may_store_frames_and_machine_limits(farm: Farm) -> None:
    farm.set(save_frames="stored", save_machine_limit="stored")
    job = farm.submit()
    after = farm.save(job, Frames="1-9", Chunk=3, MachLmt=7, ListedSlaves=["node01"])
    assert farm.frames(job) == ["1-3", "4-6", "7-9"]
    assert (after["Props"]["MachLmt"], after["Props"]["ListedSlaves"]) == (7, ["node01"])


def test_what_a_saved_job_leaves_out_is_reset_or_kept(farm: Farm) -> None:
    job = farm.submit(Comment="c", Priority=70)
    part = {"_id": job, "Props": {"Name": "n"}}
    farm.set(save_omitted="keep")
    farm.ok("PUT", "jobs", {"Command": "save", "Job": part})
    props = farm.job(job)["Props"]
    assert (props["Name"], props["Cmmt"], props["Pri"]) == ("n", "c", 70)
    farm.set(save_omitted="reset")
    farm.ok("PUT", "jobs", {"Command": "save", "Job": part})
    props = farm.job(job)["Props"]
    assert (props["Name"], props["Cmmt"], props["Pri"], props["Frames"]) == ("n", "", 50, "1-4")


@pytest.mark.parametrize(
    "props",
    [
        {"Pri": "high"}, {"Pri": 1.5}, {"Pri": True}, {"Pri": 2**40}, {"Conc": []}, {"Name": 7},
        {"Seq": 1}, {"Limits": "nuke"}, {"Limits": [1]}, {"Env": []}, {"Env": {"A": []}},
        {"Dep": ["id"]}, {"SchdDate": "soon"}, {"SchdDate": 7}, {"MonStart": "soon"},
        {"DepPer": "x"}, {"Frames": 7}, {"OptIns": []},
    ],
)  # fmt: skip
def test_a_wrong_type_stores_nothing(farm: Farm, props: dict[str, Any]) -> None:
    job = farm.submit()
    before = farm.job(job)
    sent = before | {"Props": before["Props"] | {"Cmmt": "changed"} | props}
    farm.refused(500, "PUT", "jobs", {"Command": "save", "Job": sent})
    assert farm.job(job) == before


@pytest.mark.parametrize(
    ("sent", "status"),
    [("x", 400), ({}, 500), ({"_id": MISSING}, 500), ({"_id": 7, "Props": {}}, 500)],
)
def test_a_saved_job_that_is_none(farm: Farm, sent: object, status: int) -> None:
    farm.refused(status, "PUT", "jobs", {"Command": "save", "Job": sent})


def test_a_deleted_job_is_not_saved(farm: Farm) -> None:
    job = farm.submit()
    whole = farm.job(job)
    farm.ok("DELETE", "jobs", query={"JobID": job})
    farm.refused(500, "PUT", "jobs", {"Command": "save", "Job": whole})


def test_saved_dependencies_may_pend_what_is_queued(farm: Farm) -> None:
    first, job = farm.submit(Pool="elsewhere"), farm.submit(Pool="elsewhere")
    assert farm.save(job, Dep=[{"JobID": first}])["Stat"] == 6
    farm.set(save_dependencies="keep", save_doubtful="ignored")
    assert farm.save(job, Dep=[])["Props"]["Dep"] == [{"JobID": first}]
    farm.set(save_doubtful="stored")
    other = farm.submit(Pool="elsewhere")
    assert farm.save(other, Dep=[{"JobID": first}])["Stat"] == 1
