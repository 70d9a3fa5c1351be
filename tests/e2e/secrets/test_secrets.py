"""No secret in any byte we write: state, saved plan, output, error, at any end of a command."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from json import dumps
from urllib.parse import quote, quote_plus

import pytest

from tests.e2e.desk import Desk

CANARIES = {
    "env": 'canary/ä+5b0e"7d1f=&env',
    "file": "canary/ö+9c44'a2e8=&file",
    "other": "canary/ü+77d1%20c3=&other",
    "wrong": "canary-wrong-token-2f8e",
}


def forms(secret: str) -> Iterator[bytes]:
    """A secret as it may hide in text."""
    raw = secret.encode()
    yield raw
    for encode in (b64encode, urlsafe_b64encode):
        yield from (encode(b"x" * shift + raw)[4 : -4 or None] for shift in range(3))
    yield raw.hex().encode()
    yield from (text.encode() for text in (quote(secret, safe=""), quote_plus(secret)))
    yield from (text.encode() for text in (dumps(secret)[1:-1], repr(secret)[1:-1]))
    yield secret.encode("utf-16-le")


def written(desk: Desk) -> Iterator[tuple[str, bytes]]:
    """Every byte that came of the commands."""
    keys = desk.folder / "keys"
    for file in desk.folder.parent.rglob("*"):
        if file.is_file() and keys not in file.parents:
            yield str(file), file.read_bytes()
    for number, done in enumerate(desk.heard):
        yield f"command {number}", done.said.encode()


def require_no_secret(desk: Desk) -> None:
    tokens = [*CANARIES.values(), desk.env["FARM_TOKEN"]]
    for place, content in written(desk):
        for secret in tokens:
            for form in forms(secret):
                assert form not in content, f"a secret stands in {place}"


@pytest.fixture
def keyed(desk: Desk) -> Desk:
    desk.env["FARM_KEY"] = CANARIES["env"]
    (desk.folder / "keys").mkdir()
    (desk.folder / "keys" / "studio.key").write_text(CANARIES["file"], "utf-8")
    return desk


def test_no_secret_in_any_byte_written(keyed: Desk) -> None:
    """Whether the vendor hides them, as in the beginning, or shows them, as in the end."""
    desk = keyed
    assert desk.run("plan", "-out", "plan.json").code == 0
    assert desk.run("apply", "plan.json").code == 0
    desk.require_settled()
    desk.control.set(switches={"secret_constants": "shown"})
    desk.require_settled()
    desk.env["FARM_KEY"] = CANARIES["other"]
    changed = desk.run("plan", "-json", "-detailed-exitcode")
    assert changed.code == 2, "a rotated secret is a change"
    assert desk.run("apply", "-auto-approve", "-json").code == 0
    desk.require_settled()
    assert desk.run("status").code == 0
    (true,) = desk.control.objects("pools").values()
    values = {each["key"]: each["value"] for each in true["constants"]}
    assert values["QARNOT_SECRET__FROM_ENV"] == CANARIES["other"], "it must reach the vendor"
    assert values["QARNOT_SECRET__FROM_FILE"] == CANARIES["file"]
    require_no_secret(desk)


_TASK = """\
apiVersion: qarnot/v1
kind: Task
metadata: {name: secretive}
spec:
  profile: docker-batch
  instances: 1
  constants:
    DOCKER_CMD: exit 3
    QARNOT_SECRET__FROM_ENV: {secretRef: {env: FARM_KEY}}
    QARNOT_SECRET__FROM_FILE: {secretRef: {file: keys/studio.key}}
"""


def test_no_secret_of_work_in_any_byte_written_and_a_rotated_one_runs_nothing(keyed: Desk) -> None:
    """In plans, notes before effects, bulk calls, runs that are remembered, and what is told."""
    desk = keyed
    desk.write("work", _TASK + "---\n" + _TASK.replace("secretive", "discreet"))
    assert desk.run("plan", "-out", "plan.json").code == 0
    desk.control.fault("drop_after", method="POST", path="/tasks")
    desk.run("apply", "plan.json")
    assert desk.apply().code == 0
    true = desk.task("secretive")
    values = {each["key"]: each["value"] for each in true["constants"]}
    assert values["QARNOT_SECRET__FROM_ENV"] == CANARIES["env"], "it must reach the vendor"
    desk.control.set(switches={"secret_constants": "shown"})
    desk.control.advance(7200)
    for command in ("status", "wait", "plan"):
        desk.run(command)
        desk.run(command, "-json")
    for command in ("history", "logs"):
        desk.run(command, "farm/task/secretive")
    assert desk.run("rerun", "farm/task/secretive", "-auto-approve").code == 0
    desk.env["FARM_KEY"] = CANARIES["other"]
    before = len(desk.changes())
    assert desk.apply().code == 0
    assert not any("/tasks" in each for each in desk.changes()[before:])
    require_no_secret(desk)


def test_no_secret_in_what_is_said_of_a_failure(keyed: Desk) -> None:
    desk = keyed
    echo = {"message": f"Bad value: {CANARIES['env']}"}
    desk.control.fault("status", method="POST", path="/pools", status=400, body=echo)
    assert desk.run("apply", "-auto-approve").code != 0
    desk.control.fault("drop_before", method="POST", path="/pools")
    desk.run("apply", "-auto-approve", "-json")
    token, desk.env["FARM_TOKEN"] = desk.env["FARM_TOKEN"], CANARIES["wrong"]
    assert desk.run("plan").code == 4
    desk.env["FARM_TOKEN"] = token
    require_no_secret(desk)


def test_a_secret_that_is_not_there_is_no_change_to_plan_and_an_error_to_apply(
    keyed: Desk,
) -> None:
    desk = keyed
    assert desk.run("apply", "-auto-approve").code == 0
    del desk.env["FARM_KEY"]
    desk.require_settled()
    desk.declare(
        "more",
        "{profile: docker-batch, instanceCount: 1, "
        "constants: {QARNOT_SECRET__K: {secretRef: {env: FARM_KEY}}}}",
    )
    done = desk.run("apply", "-auto-approve")
    assert (done.code, "FARM_KEY" in done.err) == (3, True), done.said
    assert desk.creations() == 1, "nothing may be sent when a secret is missing"
