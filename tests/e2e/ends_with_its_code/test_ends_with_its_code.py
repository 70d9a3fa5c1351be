"""Scripts can trust the exit code: one number for each way a command ends."""

from __future__ import annotations

import json

import pytest

from reconciler.sandbox.server import RunningSandbox
from tests.e2e.desk import Desk


def test_a_wrong_token_is_4_and_is_not_shown(desk: Desk) -> None:
    desk.env["FARM_TOKEN"] = "wrong-token-canary-77af"
    for command in (["plan"], ["plan", "-json"], ["apply", "-auto-approve"], ["status"]):
        done = desk.run(*command)
        assert done.code == 4, done.said
        assert "wrong-token-canary-77af" not in done.said
        assert done.said.count("the credential was refused") == 1


def test_a_missing_token_is_3_and_names_the_variable(desk: Desk) -> None:
    del desk.env["FARM_TOKEN"]
    done = desk.run("plan")
    assert (done.code, "FARM_TOKEN" in done.err) == (3, True), done.said


def test_a_vendor_that_is_down_is_9(desk: Desk) -> None:
    desk.point_at("http://127.0.0.1:9")
    done = desk.run("plan")
    assert done.code == 9, done.said
    assert "can't be reached" in done.err


def test_a_vendor_that_answers_with_a_web_page_is_9(desk: Desk) -> None:
    desk.control.fault("html", count=None)
    assert desk.run("plan").code == 9


def test_a_quota_used_up_half_way_is_6_and_the_next_run_goes_on(
    desk: Desk, running: RunningSandbox
) -> None:
    for number in range(8):
        desk.declare(f"p{number}", "{profile: docker-batch, instanceCount: 1}")
    assert desk.run("plan", "-out", "plan.json").code == 0
    desk.control.set(quotas={"maxPool": 4})
    half = desk.run("apply", "plan.json")
    assert half.code == 6, half.said
    assert "quota" in half.said
    assert len(desk.pools()) == 4
    desk.control.set(quotas={"maxPool": 50})
    assert desk.run("apply", "-auto-approve").code == 0
    assert len(desk.pools()) == 10
    assert all(len(ids) == 1 for ids in desk.pools().values())
    desk.require_settled()


def test_a_quota_the_plan_exceeds_is_5_and_the_rest_is_applied(desk: Desk) -> None:
    desk.control.set(quotas={"maxPool": 1})
    plan = desk.run("plan")
    assert (plan.code, "no room for farm/pool/preview" in plan.said) == (5, True), plan.said
    assert desk.run("apply", "-auto-approve").code == 5
    assert desk.pools().keys() == {"final"}


def test_what_is_protected_is_5(desk: Desk) -> None:
    text = (
        "apiVersion: qarnot/v1\nkind: Pool\nmetadata: {name: precious}\n"
        "spec: {profile: docker-batch, instanceCount: %d}\nlifecycle: {protect: true}\n"
    )
    file = desk.folder / "manifests" / "precious.yaml"
    file.write_text(text % 1, "utf-8")
    assert desk.run("apply", "-auto-approve").code == 0
    uuid = desk.pool("precious")
    file.write_text(text % 2, "utf-8")
    done = desk.run("apply", "-auto-approve")
    assert (done.code, "is protected" in done.said) == (5, True), done.said
    file.unlink()
    assert desk.run("apply", "-auto-approve", "-prune").code == 5
    assert desk.pool("precious") == uuid


def test_nobody_to_ask_is_5_and_nothing_is_done(desk: Desk) -> None:
    done = desk.run("apply")
    assert (done.code, "-auto-approve" in done.err) == (5, True)
    assert desk.creations() == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["plam"], 64),
        (["plan", "-no-such-flag"], 64),
        (["plan", "-target", "nonsense"], 64),
        (["apply", "no-such-file.json"], 64),
        (["validate"], 0),
        (["--version"], 0),
    ],
    ids=str,
)
def test_usage_is_64(desk: Desk, arguments: list[str], code: int) -> None:
    assert desk.run(*arguments).code == code


def test_a_manifest_that_is_wrong_is_3_with_its_place(desk: Desk) -> None:
    desk.declare("wrong", "{profile: docker-batch, instanceCuont: 1}")
    for command in ("validate", "plan"):
        done = desk.run(command)
        assert done.code == 3, done.said
        assert "manifests/wrong.yaml:4:" in done.err
        assert "instanceCount" in done.err, "the near miss is named"


def test_a_folder_without_a_workspace_is_3(desk: Desk) -> None:
    (desk.folder / "reconciler.yaml").unlink()
    done = desk.run("plan")
    assert (done.code, "reconciler init" in done.err) == (3, True)


def test_json_documents_come_alone_on_stdout(desk: Desk) -> None:
    done = desk.run("apply", "-auto-approve", "-json")
    assert done.code == 0
    assert json.loads(done.out)
