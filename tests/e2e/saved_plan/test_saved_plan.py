"""What was reviewed is what happens: a saved plan applies exactly itself, once, or refuses."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from tests.e2e.desk import Desk


@pytest.fixture
def saved(desk: Desk) -> Path:
    """A plan that creates two pools."""
    assert desk.run("plan", "-out", "plan.json").code == 0
    return desk.folder / "plan.json"


def require_refused(desk: Desk, words: str) -> None:
    """Exit 7, nothing sent, and a sentence that says why and what to do."""
    before = desk.control.writes()
    done = desk.run("apply", "plan.json")
    assert done.code == 7, done.said
    assert words in done.err
    assert "fix:" in done.err
    assert desk.control.writes() == before, "a refused plan must send nothing"


def test_it_is_applied_exactly_and_once(desk: Desk, saved: Path) -> None:
    assert saved.stat().st_mode & 0o777 == 0o600
    assert desk.run("apply", "plan.json").code == 0
    assert desk.pools().keys() == {"preview", "final"}
    desk.require_settled()
    require_refused(desk, "used before")


def test_a_plan_that_was_half_done_is_used(desk: Desk, saved: Path) -> None:
    desk.control.fault("status", method="POST", path="/pools", status=400, skip=1)
    assert desk.run("apply", "plan.json").code == 6
    require_refused(desk, "used before")
    assert desk.run("apply", "-auto-approve").code == 0
    assert desk.creations() == 3
    desk.require_settled()


@pytest.mark.parametrize("place", ["instanceCount", "action", "workspace_id", "address"])
def test_an_altered_plan_is_refused(desk: Desk, saved: Path, place: str) -> None:
    text = saved.read_text("utf-8")
    alterations = {
        "instanceCount": ('"instanceCount":3', '"instanceCount":300'),
        "action": ('"action":"create"', '"action":"delete"'),
        "workspace_id": ("ws-0123456789abcdef", "ws-0123456789abcdee"),
        "address": ("farm/pool/final", "farm/pool/other"),
    }
    was, now = alterations[place]
    compact = json.dumps(json.loads(text), separators=(",", ":"))
    assert was in compact
    saved.write_text(compact.replace(was, now, 1), "utf-8")
    done = desk.run("apply", "plan.json")
    assert done.code == 7, done.said
    assert desk.creations() == 0


def test_a_damaged_plan_is_refused_in_a_sentence(desk: Desk, saved: Path) -> None:
    whole = saved.read_bytes()
    for content in (whole[: len(whole) // 2], b"\xff\xfe\x00", b"[" * 100_000):
        saved.write_bytes(content)
        done = desk.run("apply", "plan.json")
        assert done.code == 7, done.said
        assert "error[" in done.err


def test_a_plan_of_other_manifests_is_stale(desk: Desk, saved: Path) -> None:
    desk.declare("more", "{profile: docker-batch, instanceCount: 1}")
    require_refused(desk, "manifests have changed")


def test_a_plan_whose_object_has_moved_is_stale(desk: Desk) -> None:
    assert desk.run("apply", "-auto-approve").code == 0
    file = desk.folder / "manifests" / "pools.yaml"
    file.write_text(file.read_text("utf-8").replace("tags: [fx]", "tags: [fx, dune]"), "utf-8")
    assert desk.run("plan", "-out", "plan.json").code == 0
    _tag(desk, desk.pool("preview"), "by-hand")
    require_refused(desk, "has moved")


def test_a_plan_of_another_state_is_stale(desk: Desk, saved: Path) -> None:
    for each in (desk.folder / ".reconciler").iterdir():
        each.unlink()
    assert desk.run("state", "init").code == 0
    require_refused(desk, "another state")


def _tag(desk: Desk, uuid: str, tag: str) -> None:
    """Somebody else's hand on the pool."""
    text = (desk.folder / "reconciler.yaml").read_text("utf-8")
    url = next(line.split("url: ")[1] for line in text.splitlines() if "url: " in line)
    headers = {"Authorization": desk.env["FARM_TOKEN"]}
    httpx.put(f"{url}/pools/{uuid}", json={"tags": [tag]}, headers=headers).raise_for_status()
