"""Jobs after other jobs: the vendor knows no such thing, so each is made in its turn."""

from __future__ import annotations

from tests.e2e.flow.app import App, task


def chain(app: App) -> None:
    """A simulation, a mesh of it, a picture of that."""
    app.job("sim")
    app.job("mesh", spec="dependsOn: [sim]")
    app.job("picture", spec="dependsOn: [mesh]")


def test_what_depends_on_another_waits_and_a_later_apply_picks_it_up(app: App) -> None:
    chain(app)
    told = app.apply().out
    assert "1 created" in told
    assert "it waits until farm/job/sim has ended" in told
    app.require_idle()
    for made in (["sim"], ["sim", "mesh"], ["sim", "mesh", "picture"]):
        assert list(app.statuses()) == made
        app.work()
        app.apply()
    app.require_idle()
    assert app.statuses() == {each: ["SUCCEEDED"] for each in ("sim", "mesh", "picture")}


def test_apply_wait_goes_on_by_itself(app: App) -> None:
    chain(app)
    told = app.apply_and_wait()
    assert "3 succeeded" in told.out
    made = app.control.objects("jobs").values()
    ordered = [str(each["name"]).partition(" ")[0] for each in made]
    assert ordered == ["sim", "mesh", "picture"]
    app.require_idle()


def test_what_stands_on_a_failure_is_blocked_until_it_was_mended(app: App) -> None:
    app.control.set(switches={"failing_names": ["sim *"]})
    chain(app)
    assert "2 not started, 1 failed" in app.apply_and_wait(code=5).out
    assert "blocked" in app.plan(code=5).out
    assert app.statuses() == {"sim": ["FAILED"]}
    app.control.set(switches={"failing_names": []})
    app.desk.run("rerun", "farm/job/sim", "-auto-approve")
    app.apply_and_wait()
    assert app.statuses()["sim"] == ["FAILED", "SUCCEEDED"]
    assert app.statuses()["picture"] == ["SUCCEEDED"]
    app.require_idle()


def test_a_final_state_says_which_end_will_do(app: App) -> None:
    app.control.set(switches={"failing_names": ["sim *"]})
    app.job("sim")
    app.job("report", spec="dependsOn: [{job: sim, finalState: [success, failure]}]")
    app.apply_and_wait(code=11)
    assert app.statuses() == {"sim": ["FAILED"], "report": ["SUCCEEDED"]}


def test_an_upstream_that_runs_again_runs_nothing_else_again(app: App) -> None:
    chain(app)
    app.apply_and_wait()
    app.job("sim", task(compound="v2"))
    told = app.plan().out
    assert "farm/job/mesh: depends on it, has ended, and is not run again" in told
    app.apply_and_wait()
    app.require_idle()
    assert app.statuses()["mesh"] == ["SUCCEEDED"]
