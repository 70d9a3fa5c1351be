"""The examples run as they stand: applied, finished, removed by the vendor, and nothing to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reconciler.sandbox.server import RunningSandbox
from tests.contract.control import Control
from tests.e2e.desk import Desk
from tests.e2e.spawner import Spawner

EXAMPLES = Path(__file__).parents[3] / "examples" / "manifests"
_URL = "http://127.0.0.1:8801"


@pytest.mark.parametrize("env", ["default", "prod"])
@pytest.mark.parametrize("example", [each.name for each in sorted(EXAMPLES.iterdir())])
def test_an_example_works_to_its_end_and_stays_done(
    running: RunningSandbox,
    control: Control,
    spawner: Spawner,
    tmp_path: Path,
    example: str,
    env: str,
) -> None:
    folder = tmp_path / example
    shutil.copytree(EXAMPLES / example, folder, ignore=shutil.ignore_patterns(".reconciler"))
    file = folder / "reconciler.yaml"
    file.write_text(file.read_text("utf-8").replace(_URL, running.qarnot.url), "utf-8")
    commands = {"HOME": str(tmp_path), "QARNOT_TOKEN": running.qarnot.token}
    desk = Desk(folder, control, spawner, commands)

    def run(*arguments: str) -> None:
        done = desk.run(*arguments, "-env", env)
        assert done.code == 0, done.said

    run("state", "init")
    run("plan", "-out", "plan.json")
    run("apply", "plan.json")
    control.advance(7200)
    run("wait")
    control.advance(30 * 86_400)
    assert control.objects("tasks") == {}
    assert "No changes." in desk.run("plan", "-detailed-exitcode", "-env", env).out
