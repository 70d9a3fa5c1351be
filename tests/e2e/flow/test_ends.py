"""How jobs end: stopped, withdrawn, by somebody's hand; what they leave; what is seen of it."""

from __future__ import annotations

import pytest

from reconciler.values import Json
from tests.e2e.flow.app import CANCEL, JOBS, App, task

WORDS = {
    "queued_status": "SUBMITTED",
    "running_status": "EXECUTING",
    "canceling_status": "CANCELING",
    "canceled_status": "CANCELLED",
}


def running(app: App, lifecycle: str = "") -> None:
    """A job at work."""
    app.job("shot", lifecycle=lifecycle)
    app.apply()
    app.work(40)
    assert app.statuses() == {"shot": ["RUNNING"]}


# --- stopped, withdrawn ---------------------------------------------------------------------------


def test_a_job_that_is_stopped_is_cancelled_and_held(app: App) -> None:
    running(app)
    app.told("stop", "farm/job/shot", "-auto-approve")
    app.work(60)
    app.require_idle()
    assert (app.statuses(), app.sent().count(CANCEL)) == ({"shot": ["CANCELED"]}, 1)
    assert "rerun" in app.plan().out
    app.told("rerun", "farm/job/shot", "-auto-approve")
    app.work()
    app.require_idle()
    assert app.statuses() == {"shot": ["CANCELED", "SUCCEEDED"]}


@pytest.mark.parametrize("words", [{}, WORDS], ids=["usual words", "words never heard of"])
def test_what_is_withdrawn_is_cancelled_when_prune_is_asked_for(
    app: App, words: dict[str, Json]
) -> None:
    """Whatever word stands between the cancel and the end."""
    app.control.set(switches=words)
    running(app)
    app.job("other")
    app.apply()
    app.desk.withdraw("shot")
    assert "farm/job/shot" in app.apply().out
    assert CANCEL not in app.sent()
    app.apply("-prune")
    app.work(60)
    assert app.statuses()["shot"] == ["CANCELED"]
    app.require_idle()
    assert not any(each.startswith("DELETE") for each in app.sent())


@pytest.mark.parametrize("how", ["terminate", "delete"])
def test_what_is_withdrawn_and_over_is_deleted_only_if_asked(app: App, how: str) -> None:
    app.job("shot", lifecycle=f"onRemove: {how}")
    app.job("other")
    app.apply()
    app.work()
    app.desk.withdraw("shot")
    app.apply("-prune")
    assert ("shot" in app.statuses()) == (how == "terminate")
    assert CANCEL not in app.sent()
    app.require_idle()


def test_a_job_that_is_over_is_deleted_when_its_manifest_says_so(app: App) -> None:
    app.job("shot", spec="onComplete: delete")
    app.apply_and_wait()
    assert app.control.objects("jobs") == {}
    app.require_idle()


# --- by somebody's hand ---------------------------------------------------------------------------


def test_a_job_cancelled_by_hand_is_drift_and_held(app: App) -> None:
    running(app)
    app.cancel(str(app.one("shot")["id"]))
    app.work(60)
    app.require_idle()
    assert "rerun farm/job/shot" in app.plan().out
    assert "cancelled" in app.told("status")


def test_a_job_deleted_by_hand_is_lost_unless_it_was_seen_to_end(app: App) -> None:
    running(app)
    app.job("done")
    app.apply()
    app.delete(str(app.one("shot")["id"]))
    app.work()
    app.told("status")
    app.delete(str(app.one("done")["id"]))
    app.require_idle()
    told = app.told("status")
    assert "lost" in told
    assert "since removed by the vendor" in told
    app.told("rerun", "farm/job/shot", "-auto-approve")
    app.work()
    app.require_idle()
    assert app.statuses() == {"shot": ["SUCCEEDED"]}


def test_tags_changed_by_hand_are_drift_that_waits_for_the_next_run(app: App) -> None:
    """No route changes them; so a list shows them as if one had."""
    app.job("shot", spec="tags: [film-c, urgent]")
    app.apply()
    shown = app.person.get(JOBS).raise_for_status().json()["results"]
    shown[0]["tags"] = [each for each in shown[0]["tags"] if each != "urgent"]
    answer: Json = {"results": shown}
    app.control.fault("status", status=200, body=answer, method="GET", path=JOBS, count=None)
    told = app.plan().out
    assert "drift" in told
    assert "tags" in told
    assert "waits for the next run" in told
    app.require_idle()


# --- what is seen ---------------------------------------------------------------------------------


def test_words_never_heard_of_mean_that_it_still_goes_on(app: App) -> None:
    app.control.set(switches=WORDS)
    app.job("shot")
    app.apply()
    assert "SUBMITTED" in app.told("status")
    app.work(40)
    assert "EXECUTING" in app.told("status")
    app.require_idle()
    assert "1 succeeded" in app.apply_and_wait().out


def test_logs_and_outputs_of_a_job_are_listed(app: App) -> None:
    app.job("shot", f"{task('one')}, {task('two')}")
    app.apply()
    app.work()
    told = app.told("logs", "farm/job/shot")
    assert [each for each in told.splitlines() if each.startswith("==>")] == [
        "==> /one/0/bifrost.log <==",
        "==> /two/0/bifrost.log <==",
    ]
    told = app.told("status", "farm/job/shot")
    assert "/one/0/out.usd: urn:adsk:" in " ".join(told.split())
    assert "/two/0/out.usd: urn:adsk:" in " ".join(told.split())


def test_a_job_that_failed_says_why_and_is_held(app: App) -> None:
    app.control.set(switches={"failing_names": ["shot */two"]})
    app.job("shot", f"{task('one')}, {task('two')}")
    told = app.apply_and_wait(code=11).out
    assert "the evaluation ended with an error" in " ".join(told.split())
    app.require_idle()
    assert "two 0" in app.told("logs", "farm/job/shot", "-stderr")
    assert app.statuses() == {"shot": ["FAILED"]}
