"""Each row of the table for finite work, told by what the vendor truly received."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.e2e.desk import Desk, Done

DAY_S = 86_400
HOUR_S = 3_600
ADDRESS = "farm/task/work"
_MANIFEST = """\
apiVersion: qarnot/v1
kind: Task
metadata: {name: work}
spec:
  profile: docker-batch
  instances: 1
  completionTimeToLive: 1d
  constants: {DOCKER_CMD: "%s"}
  tags: [%s]
lifecycle: {%s}
"""
_SLOWLY = "sleep 7200"
_BADLY = "exit 3"

Switches = Mapping[str, Any]


def want(desk: Desk, command: str, lifecycle: str = "", tag: str = "film-a") -> None:
    """The manifest asks for this work; another command is other work."""
    desk.write("work", _MANIFEST % (command, tag, lifecycle))


def start(desk: Desk, command: str, lifecycle: str = "") -> str:
    """The work was applied; the id of its task."""
    want(desk, command, lifecycle)
    assert desk.apply().code == 0
    return str(desk.task("work")["uuid"])


def states(desk: Desk) -> list[str]:
    """Of all tasks the vendor still has, the oldest first."""
    return [each["state"] for each in desk.made("tasks").get("work", ())]


def require_untouched(desk: Desk, code: int, *words: str) -> Done:
    """An apply says this, and changes nothing at the vendor."""
    before = desk.changes()
    done = desk.apply()
    assert done.code == code, done.said
    for each in words:
        assert each in done.said, done.said
    assert desk.changes() == before, "nothing may be sent"
    return done


def require_new(desk: Desk, *changes: str) -> None:
    """An apply sends exactly these changes; after it, nothing is left to do.

    What it stops first takes its time to end, which is waited for.
    """
    before = desk.changes()
    done = desk.apply_meanwhile(60) if len(changes) > 1 else desk.apply()
    assert done.code == 0, done.said
    assert desk.changes()[len(before) :] == list(changes), done.said
    desk.require_idle()


# --- the rows -------------------------------------------------------------------------------------


def unreadable(desk: Desk) -> None:
    start(desk, _SLOWLY)
    want(desk, "echo other", "onChange: replace")
    desk.declare("p", "{profile: docker-batch, instanceCount: 1}")
    desk.control.fault("status", method="POST", path="/tasks/paginate", status=500, count=None)
    before = desk.changes()
    assert desk.apply().code in (5, 9, 10)
    assert not any("/tasks" in each for each in desk.changes()[len(before) :])
    desk.control.clear_faults()
    assert desk.apply_meanwhile(60).code == 0
    assert states(desk) == ["Cancelled", "Submitted"]


def half_readable(desk: Desk) -> None:
    """The second page of the list never comes: what stands on it is not taken for absent."""
    first = start(desk, _SLOWLY)
    desk.control.set(switches={"page_cap": 1})
    desk.write("more", (_MANIFEST % ("echo more", "film-a", "")).replace("name: work", "name: m"))
    assert desk.apply().code == 0
    desk.control.fault(
        "status", method="POST", path="/tasks/paginate", status=500, count=None, skip=1, every=1
    )
    want(desk, "echo other", "onChange: replace")
    before = desk.changes()
    assert desk.apply().code in (5, 9, 10)
    assert desk.changes() == before
    desk.control.clear_faults()
    assert desk.task("work")["uuid"] == first


def open_intent(desk: Desk) -> None:
    want(desk, _SLOWLY)
    desk.control.fault("latency", method="POST", path="/tasks", seconds=0.3)
    desk.control.fault("drop_before", method="POST", path="/tasks")
    process = desk.start("apply", "-auto-approve")
    assert desk.kill_when(process, lambda: desk.control.fired() > 0)
    plan = desk.run("plan")
    assert (plan.code, desk.made("tasks")) == (10, {}), plan.said
    assert desk.apply().code == 0
    assert len(desk.made("tasks")["work"]) == 1
    desk.require_idle()


def cloned(desk: Desk) -> None:
    """Somebody's copy bears our marker: which of the two is the work, nobody can tell."""
    first = start(desk, _SLOWLY)
    copy = desk.ask("POST", f"/tasks/{first}/clone", {})["uuid"]
    require_untouched(desk, 10, ADDRESS, "two objects")
    desk.ask("POST", f"/tasks/{copy}/abort")
    desk.control.advance(60)
    desk.require_idle()


def unconfirmed(desk: Desk) -> None:
    """An older state knows nothing of the task that is there."""
    older = desk.folder.parent / "older"
    shutil.copytree(desk.folder / ".reconciler", older)
    first = start(desk, _SLOWLY)
    shutil.rmtree(desk.folder / ".reconciler")
    shutil.copytree(older, desk.folder / ".reconciler")
    require_untouched(desk, 10, ADDRESS)
    assert states(desk) == ["Submitted"]
    assert desk.task("work")["uuid"] == first


def another_is_refused(desk: Desk) -> None:
    start(desk, _SLOWLY)
    want(desk, "echo other")
    require_untouched(desk, 5, "onChange", "stop")
    desk.control.advance(3 * HOUR_S)
    require_new(desk, "POST /tasks")


def another_is_waited_for(desk: Desk) -> None:
    start(desk, _SLOWLY)
    want(desk, "echo other", "onChange: wait")
    require_untouched(desk, 0, "waits")
    desk.control.advance(3 * HOUR_S)
    require_new(desk, "POST /tasks")


def another_is_replaced(desk: Desk) -> None:
    first = start(desk, _SLOWLY)
    desk.control.advance(300)
    want(desk, "echo other", "onChange: replace")
    require_new(desk, f"POST /tasks/{first}/abort", "POST /tasks")
    desk.control.advance(HOUR_S)
    assert states(desk) == ["Cancelled", "Success"]


def active(desk: Desk) -> None:
    """What can be steered is; the work goes on, and a late list makes no second one."""
    first = start(desk, _SLOWLY)
    desk.control.fault("slow_list", path="/tasks/paginate", seconds=DAY_S, count=None)
    desk.require_idle()
    desk.control.clear_faults()
    want(desk, _SLOWLY, tag="film-b")
    require_new(desk, f"PUT /tasks/{first}")
    desk.edit("work", "completionTimeToLive: 1d", "completionTimeToLive: 2d")
    require_untouched(desk, 0)
    assert desk.task("work")["tags"] == ["film-b"]


def draining(desk: Desk) -> None:
    """Somebody's abort takes its time: nothing is steered, nothing is made anew."""
    first = start(desk, _SLOWLY)
    desk.ask("POST", f"/tasks/{first}/abort")
    want(desk, _SLOWLY, tag="film-b")
    require_untouched(desk, 0)


def succeeded(desk: Desk) -> None:
    """There, removed by the vendor, or years ago: it has run."""
    start(desk, "echo done")
    desk.control.advance(HOUR_S)
    assert states(desk) == ["Success"]
    desk.require_idle()
    want(desk, "echo done", tag="film-b")
    desk.require_idle()
    desk.control.advance(400 * DAY_S)
    assert states(desk) == []
    desk.require_idle()


def withdrawn(desk: Desk) -> None:
    """What our own apply had stopped runs when it is wanted again."""
    start(desk, _SLOWLY)
    want(desk, "echo other", "onChange: replace")
    assert desk.apply_meanwhile(60).code == 0
    desk.control.advance(HOUR_S)
    want(desk, _SLOWLY)
    require_new(desk, "POST /tasks")
    assert states(desk) == ["Cancelled", "Success", "Submitted"]


def failed_is_held(desk: Desk) -> None:
    start(desk, _BADLY)
    desk.control.advance(HOUR_S)
    assert states(desk) == ["Failure"]
    require_untouched(desk, 0, "failed", "rerun")
    desk.control.advance(3 * DAY_S)
    require_untouched(desk, 0, "failed", "rerun")


def failed_is_tried_again(desk: Desk) -> None:
    start(desk, _BADLY, "onFailure: rerun, maxAttempts: 2")
    desk.control.advance(HOUR_S)
    require_new(desk, "POST /tasks")
    desk.control.advance(HOUR_S)
    assert states(desk) == ["Failure", "Failure"]
    require_untouched(desk, 0, "failed", "rerun")


def cancelled(desk: Desk) -> None:
    """Somebody did not want it: no policy runs it again."""
    first = start(desk, _SLOWLY, "onFailure: rerun, onLost: rerun")
    desk.ask("POST", f"/tasks/{first}/abort")
    desk.control.advance(60)
    require_untouched(desk, 0, "cancelled", "rerun")
    desk.ask("DELETE", f"/tasks/{first}")
    desk.control.advance(120)
    require_untouched(desk, 0, "cancelled", "rerun")


def presumed_finished(desk: Desk) -> None:
    """It ended and went while nobody looked, as its manifest had said it would."""
    start(desk, "echo done", "onLost: rerun")
    desk.control.advance(2 * DAY_S)
    assert states(desk) == []
    desk.require_idle()
    assert "presumed finished" in desk.run("status").said


def lost_is_held(desk: Desk) -> None:
    first = start(desk, _SLOWLY)
    desk.ask("DELETE", f"/tasks/{first}")
    desk.control.advance(120)
    assert states(desk) == []
    require_untouched(desk, 0, "lost", "rerun")
    desk.control.advance(9 * DAY_S)
    require_untouched(desk, 0, "lost", "rerun")


def lost_is_tried_again(desk: Desk) -> None:
    first = start(desk, _SLOWLY, "onLost: rerun, maxAttempts: 2")
    desk.ask("DELETE", f"/tasks/{first}")
    desk.control.advance(120)
    require_new(desk, "POST /tasks")
    desk.ask("DELETE", f"/tasks/{desk.task('work')['uuid']}")
    desk.control.advance(120)
    require_untouched(desk, 0, "lost", "rerun")


def unknown(desk: Desk) -> None:
    """The answer was lost, and so much time has passed that the work may have come and gone."""
    want(desk, "echo done", "onLost: rerun")
    desk.control.fault("latency", method="POST", path="/tasks", seconds=0.3)
    process = desk.start("apply", "-auto-approve")
    assert desk.kill_when(process, lambda: desk.control.fired() > 0)
    assert desk.await_that(lambda: bool(desk.made("tasks")))
    desk.control.advance(3 * DAY_S)
    assert states(desk) == []
    require_untouched(desk, 0, "unknown", "rerun")
    desk.require_idle()


def nothing_of_this_key(desk: Desk) -> None:
    """Other work has run here, and is over: this one has not."""
    start(desk, "echo one")
    desk.control.advance(HOUR_S)
    start(desk, "echo two")
    desk.control.advance(HOUR_S)
    assert states(desk) == ["Success", "Success"]
    want(desk, "echo one")
    desk.require_idle()


# --- the table ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """A row's number, a story that only it decides, and the vendors it has to hold at."""

    number: str
    story: Callable[[Desk], None]
    vendors: tuple[Switches, ...] = field(default=({},))


_NULLS: Switches = {"nulls_in_output": "unset", "unselected_fields": "default"}
_AT_ONCE: Switches = {"closing_s": 0}
_SLOW_DELETION: Switches = {"tasks_after_delete": "pending"}
_HIDES: Switches = {"list_hides_closed": "yes"}
_FORBIDS: Switches = {"wrong_state_status": 409}
TABLE = (
    Row("1", unreadable),
    Row("1", half_readable),
    Row("2", open_intent),
    Row("3", cloned, ({}, _AT_ONCE)),
    Row("3", unconfirmed),
    Row("4", another_is_refused, ({}, _HIDES)),
    Row("4", another_is_waited_for),
    Row("4", another_is_replaced, ({}, _AT_ONCE, _FORBIDS)),
    Row("5", active, ({}, {"put_null": "clear_absent"}, _NULLS)),
    Row("5", draining),
    Row("6", succeeded, ({}, _SLOW_DELETION, _HIDES)),
    Row("7", withdrawn, ({}, _AT_ONCE)),
    Row("8a", failed_is_held, ({}, _HIDES)),
    Row("8a", failed_is_tried_again, ({}, {"shortname_scope": "account"})),
    Row("8b", cancelled, ({}, _SLOW_DELETION)),
    Row("9", presumed_finished, ({}, _SLOW_DELETION)),
    Row("10a", lost_is_held, ({}, _SLOW_DELETION)),
    Row("10a", lost_is_tried_again, ({}, _SLOW_DELETION)),
    Row("10b", unknown),
    Row("11", nothing_of_this_key, ({}, _HIDES)),
)
_CASES = [(row, switches) for row in TABLE for switches in row.vendors]


def _named(row: Row, switches: Switches) -> str:
    told = [f"{name}={value}" for name, value in switches.items()]
    return " ".join((row.number, row.story.__name__, *told))


@pytest.mark.parametrize(("row", "switches"), _CASES, ids=[_named(*each) for each in _CASES])
def test_what_the_row_decides_is_what_the_vendor_gets(
    desk: Desk, row: Row, switches: Switches
) -> None:
    if switches:
        desk.control.set(switches=dict(switches))
    row.story(desk)


def test_every_row_has_its_story() -> None:
    from reconciler.diff.finite_table import FINITE

    assert {row.number for row in TABLE} == {row.number for row in FINITE}
