"""What is declared runs once; what a task or a file changes is the next run of its job."""

from __future__ import annotations

import json

import pytest

from reconciler.values import Json
from tests.e2e.desk import FAST
from tests.e2e.flow.app import DAY_S, JOBS, UPLOADS, App, task

MONTH_S = 30 * DAY_S
MINUTE: Json = {"rate_limits": "on", "rate_limit_window_s": 60 / FAST}
MAP = (
    "{name: each, type: map, values: {source: seasons}, task: {name: one, bifrost: {compound: c}}}"
)


# --- nothing to do --------------------------------------------------------------------------------


def test_a_show_is_planned_applied_and_then_as_declared(app: App) -> None:
    app.file("trees.json", "{}")
    app.file("plane.usda", "#usda 1.0")
    app.job("forest", task("scatter", "v1", "trees.json", "plane.usda"), "tags: [film-c]")
    app.job("seasons", MAP, "displayName: All of them, queue: '@default'".replace(", ", "\n  "))
    app.apply()
    app.require_idle()
    app.work(60)
    app.require_idle()
    app.work()
    app.require_idle()
    made = app.control.objects("jobs").values()
    assert [each["status"] for each in made] == ["SUCCEEDED"] * 2
    assert app.completions() == 2


def test_a_month_later_the_vendor_has_forgotten_and_we_have_not(app: App) -> None:
    """What was seen to end has ended; what was last seen at work is presumed to have."""
    app.job("seen")
    app.apply()
    app.work()
    app.job("unseen")
    app.apply()
    app.work(MONTH_S + DAY_S)
    assert app.control.objects("jobs") == {}
    app.require_idle()
    told = app.told("status")
    assert "since removed by the vendor" in told
    assert "presumed finished" in told


def test_a_plan_says_how_long_its_creations_take(app: App) -> None:
    for number in range(31):
        app.job(f"shot-{number:02}")
    told = " ".join(app.plan().out.split())
    assert "Plan: 31 to create" in told
    assert "about 3 min" in told, told


def test_forty_jobs_are_made_without_a_refusal(app: App) -> None:
    app.control.set(switches=MINUTE)
    for number in range(40):
        app.job(f"shot-{number:02}")
    app.apply()
    assert len(app.control.objects("jobs")) == 40
    assert all(each["status"] < 400 for each in app.control.requests())
    app.control.set(switches={"rate_limits": "off"})
    app.require_idle()


def test_a_minute_that_somebody_else_has_used_up_is_waited_out(app: App) -> None:
    app.control.set(switches=MINUTE)
    app.job("late")
    for _ in range(10):
        app.person.post(JOBS, json={"tasks": [{"name": "theirs", "executor": "bifrost"}]})
    app.apply()
    assert len(app.jobs("late")) == 1


# --- the next run ---------------------------------------------------------------------------------


def test_a_changed_task_is_the_next_run_and_the_plan_names_its_field(app: App) -> None:
    two = f"{task('first')}, {task('second', 'v1')}"
    app.job("shot", two)
    app.apply()
    app.work()
    app.job("shot", two.replace("second, bifrost: {compound: v1", "second, bifrost: {compound: v2"))
    told = app.plan().out
    assert "create: manifest changed" in told
    assert "tasks[second].bifrost.compound" in told
    assert "tasks[first]" not in told
    app.apply()
    app.require_idle()
    app.work()
    app.job("shot", two)
    app.require_idle()
    assert app.statuses() == {"shot": ["SUCCEEDED"] * 2}, "back to what has run runs nothing"


def test_what_runs_is_refused_a_change_waited_for_or_replaced(app: App) -> None:
    app.job("shot")
    app.apply()
    app.job("shot", task(compound="v2"))
    assert "stop farm/job/shot" in app.apply(code=5).out
    app.job("shot", task(compound="v2"), lifecycle="onChange: wait")
    assert "waiting" in app.apply().out
    app.job("shot", task(compound="v2"), lifecycle="onChange: replace")
    assert app.apply_meanwhile(60).code == 0
    app.require_idle()
    app.work()
    app.require_idle()
    assert app.statuses() == {"shot": ["CANCELED", "SUCCEEDED"]}


def test_what_steers_a_job_is_no_work_and_is_told(app: App) -> None:
    app.job("shot")
    app.apply()
    app.job("shot", spec="tags: [urgent]")
    told = app.plan().out
    assert "waits for the next run" in told
    assert "tags" in told
    app.require_idle()


# --- files ----------------------------------------------------------------------------------------


def test_a_changed_file_is_a_new_run_and_what_did_not_change_is_not_sent_again(app: App) -> None:
    app.file("trees.json", "{}")
    app.file("plane.usda", "one")
    app.job("forest", task("scatter", "v1", "trees.json", "plane.usda"))
    app.apply()
    app.work()
    app.file("plane.usda", "another")
    told = app.plan().out
    assert "create: manifest changed" in told
    assert "tasks[scatter].inputs" in told
    app.apply()
    app.require_idle()
    assert (len(app.jobs("forest")), app.completions()) == (2, 3)
    (first, second) = (each["tasks"][0]["inputs"] for each in app.jobs("forest"))
    assert first[0] == second[0]
    assert first[1] != second[1]
    app.file("plane.usda", "one")
    app.work()
    app.require_idle()
    assert app.completions() == 3, "what has run is not even uploaded"


def test_one_content_under_two_names_is_brought_once(app: App) -> None:
    app.file("a.usda", "the same")
    app.file("b.usda", "the same")
    app.job("one", task("scatter", "v1", "a.usda", "b.usda"))
    app.job("two", task("scatter", "v1", "b.usda"))
    app.apply()
    assert len(app.jobs("one") + app.jobs("two")) == 2
    assert [each for each in app.sent() if each == f"POST {UPLOADS}"] == [f"POST {UPLOADS}"]
    app.require_idle()


def test_a_file_of_many_parts_comes_whole(app: App) -> None:
    app.file("large.vdb", "0123456789abcdef" * (1 << 20))
    app.job("shot", task("simulate", "v1", "large.vdb"))
    app.apply()
    (made,) = app.control.objects("resources").values()
    assert made["size"] == 16 << 20
    assert f"rc-{made['sha256']}" == made["id"]
    assert sum(each.startswith("PUT ") for each in app.sent()) == 2
    app.require_idle()


@pytest.mark.parametrize("command", ["validate", "plan"])
def test_a_file_that_is_not_there_is_told_at_its_line(app: App, command: str) -> None:
    app.job("shot", task("simulate", "v1", "gone.usda"))
    done = app.desk.run(command)
    assert done.code == 3, done.said
    assert "gone.usda" in done.said
    assert "shot.yaml:5:" in done.said


# --- mistakes that are told before any call -------------------------------------------------------


def test_a_pool_is_refused_and_says_why_there_is_none(app: App) -> None:
    app.job("shot")
    app.desk.edit("shot", "kind: Job", "kind: Pool")
    told = app.desk.run("validate")
    assert told.code == 3
    assert "there is no Pool for flow/v1" in told.said
    assert "shot.yaml:2:7" in told.said
    assert "queue" in told.said


def test_a_queue_that_nobody_has_is_told_at_its_line_with_the_nearest(app: App) -> None:
    app.control.set(switches={"queues": ["sim-large"]})
    app.desk.account += '      queues: {"@default": {}, sim-large: {}}\n'
    app.desk.point_at(app.desk.url)
    app.job("shot", spec="queue: sim-larg")
    done = app.desk.run("plan")
    assert done.code == 5, done.said
    assert "the account has no queue 'sim-larg'" in done.said
    assert "did you mean 'sim-large'?" in done.said
    assert "shot.yaml:6:10" in done.said
    app.job("shot", spec="queue: sim-large")
    app.apply()
    app.require_idle()
    assert app.one("shot")["queue"] == "sim-large"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (task(requirements="{cpu: 32}"), "no machine of Flow has 32 vCPUs"),
        (task(timeout="3d"), "can't be limited to 3d"),
        (f"{task('a')}, {task('A')}", "farm/task/shot/A is declared twice"),
        (
            task().replace("name: out.usd", "name: 'out.{frame}.usd'"),
            "'{frame}' stands for nothing",
        ),
    ],
    ids=["cpu", "timeout", "twice", "template"],
)
def test_what_flow_would_refuse_is_told_without_a_call(app: App, wrong: str, said: str) -> None:
    app.job("shot", wrong)
    done = app.desk.run("plan")
    assert done.code == 3, done.said
    assert said in done.said
    assert len(app.control.requests()) == 1, "a person's token"


def test_the_expected_machine_is_told_and_is_no_difference(app: App) -> None:
    app.job("shot", task(requirements="{cpu: 8, memory: 20GiB}"))
    assert "expected size, no reservation: 16 vCPUs, 32768 MB" in app.plan().out
    app.apply()
    app.require_idle()
    assert app.one("shot")["tasks"][0]["requirements"] == {"cpu": 8, "memory": 20480}


def test_the_plan_as_a_document_tells_the_same(app: App) -> None:
    app.job("shot")
    app.apply()
    app.work()
    app.job("shot", task(compound="v2"))
    (change,) = json.loads(app.plan("-json").out)["changes"]
    assert [each["path"] for each in change["fields"]] == ["tasks[simulate].bifrost.compound"]
