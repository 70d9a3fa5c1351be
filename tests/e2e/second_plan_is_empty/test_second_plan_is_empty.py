"""Plan, apply, plan: what was applied is no change, whatever the vendor makes of it meanwhile."""

from __future__ import annotations

import json

from tests.e2e.desk import Desk


def test_plan_apply_plan(desk: Desk) -> None:
    first = desk.run("plan", "-detailed-exitcode")
    assert first.code == 2
    assert "Plan: 2 to create, 0 to update, 0 to replace, 0 to terminate, 0 to delete." in first.out
    assert desk.creations() == 0, "a plan only reads"
    assert desk.run("apply", "-auto-approve").code == 0
    desk.require_settled()
    desk.control.advance(3600)
    desk.require_settled()
    before = desk.control.writes()
    again = desk.run("apply", "-auto-approve")
    assert (again.code, "No changes." in again.out) == (0, True)
    assert desk.control.writes() == before, "a second apply must send nothing"
    assert desk.pools().keys() == {"simulation", "preview"}


def test_an_update_keeps_the_object_and_a_removal_needs_prune(desk: Desk) -> None:
    desk.declare("extra", "{profile: docker-batch, instanceCount: 1, tags: [a]}")
    assert desk.run("apply", "-auto-approve").code == 0
    uuid = desk.pool("extra")
    desk.declare("extra", "{profile: docker-batch, instanceCount: 1, tags: [b]}")
    plan = desk.run("plan", "-json", "-detailed-exitcode")
    assert (plan.code, plan.err) == (2, "")
    assert json.loads(plan.out)["formatVersion"] == 1
    assert desk.run("apply", "-auto-approve").code == 0
    assert desk.pool("extra") == uuid, "an update must keep the remote id"
    desk.withdraw("extra")
    kept = desk.run("plan", "-detailed-exitcode")
    assert (kept.code, "farm/pool/extra" in kept.out) == (0, True), "an orphan is shown and kept"
    assert desk.run("apply", "-auto-approve", "-prune").code == 0
    assert "extra" not in desk.pools()
    desk.require_settled()


def test_what_was_destroyed_can_be_made_again_at_once(desk: Desk) -> None:
    """The vendor still holds the names of what it is about to delete."""
    desk.control.set(switches={"pools_after_delete": "pending"})
    assert desk.run("apply", "-auto-approve").code == 0
    assert desk.run("destroy", "-auto-approve").code == 0
    assert not desk.pools()
    assert desk.run("apply", "-auto-approve").code == 0
    assert desk.pools().keys() == {"simulation", "preview"}
    desk.require_settled()
