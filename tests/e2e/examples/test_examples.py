"""The examples run as they stand: applied, finished, removed by the vendor, and nothing to do."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.sandbox.server import RunningSandbox
from tests.contract.control import Control
from tests.e2e.desk import Desk, Done
from tests.e2e.spawner import Spawner

EXAMPLES = Path(__file__).parents[3] / "examples" / "manifests"


@dataclass(frozen=True, slots=True)
class Example:
    """Where its manifests say the vendor is, who they say they are, and what its work is called."""

    url: str
    secrets: dict[str, str]
    work: str


OF_VENDOR = {
    "qarnot": Example("http://127.0.0.1:8801", {"QARNOT_TOKEN": "token"}, "tasks"),
    "deadline": Example(
        "http://127.0.0.1:8802",
        {"DEADLINE_USER": "user", "DEADLINE_PASSWORD": "password"},
        "jobs",
    ),
    "flow": Example(
        "http://127.0.0.1:8803",
        {"APS_CLIENT_ID": "clientId", "APS_CLIENT_SECRET": "clientSecret"},
        "jobs",
    ),
}


def test_every_example_is_tried() -> None:
    assert {each.name for each in EXAMPLES.iterdir()} == OF_VENDOR.keys()


@pytest.mark.parametrize("env", ["default", "prod"])
@pytest.mark.parametrize("vendor", OF_VENDOR)
def test_an_example_works_to_its_end_and_stays_done(
    running: RunningSandbox,
    control: Control,
    spawner: Spawner,
    tmp_path: Path,
    vendor: str,
    env: str,
) -> None:
    folder, example, access = tmp_path / vendor, OF_VENDOR[vendor], running.running.access[vendor]
    shutil.copytree(EXAMPLES / vendor, folder, ignore=shutil.ignore_patterns(".reconciler"))
    file = folder / "reconciler.yaml"
    file.write_text(file.read_text("utf-8").replace(example.url, access["url"]), "utf-8")
    secrets = {name: access[told] for name, told in example.secrets.items()}
    there = Control(control.http, vendor)
    desk = Desk(folder, there, spawner, {"HOME": str(tmp_path), **secrets})

    def run(*arguments: str) -> Done:
        done = desk.run(*arguments, "-env", env)
        assert done.code == 0, done.said
        return done

    run("validate")
    run("state", "init")
    run("plan", "-out", "plan.json")
    run("apply", "plan.json")
    there.advance(86_400)
    while "not started" in run("status").out:
        run("apply", "-auto-approve")
        there.advance(86_400)
    run("wait")
    there.advance(30 * 86_400)
    assert there.objects(example.work) == {}
    assert "No changes." in desk.run("plan", "-detailed-exitcode", "-env", env).out
