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
class Vendor:
    """Where manifests say it is, who they say they are, and what its work is called there."""

    url: str
    secrets: dict[str, str]
    work: str


VENDORS = {
    "qarnot": Vendor("http://127.0.0.1:8801", {"QARNOT_TOKEN": "token"}, "tasks"),
    "deadline": Vendor(
        "http://127.0.0.1:8802",
        {"DEADLINE_USER": "user", "DEADLINE_PASSWORD": "password"},
        "jobs",
    ),
    "flow": Vendor(
        "http://127.0.0.1:8803",
        {"APS_CLIENT_ID": "clientId", "APS_CLIENT_SECRET": "clientSecret"},
        "jobs",
    ),
}
USED: dict[str, tuple[str, ...]] = {**{each: (each,) for each in VENDORS}, "studio": (*VENDORS,)}
"""The vendors of each example."""
TRIED = [("studio", "default"), *((name, env) for name in VENDORS for env in ("default", "prod"))]


def test_every_example_is_tried() -> None:
    assert {each.name for each in EXAMPLES.iterdir()} == {name for name, _ in TRIED}


@pytest.mark.parametrize(("name", "env"), TRIED)
def test_an_example_works_to_its_end_and_stays_done(
    running: RunningSandbox, control: Control, spawner: Spawner, tmp_path: Path, name: str, env: str
) -> None:
    desk = a_desk(tmp_path / name, running, control, spawner)

    def run(*arguments: str) -> Done:
        done = desk.run(*arguments, "-env", env)
        assert done.code == 0, done.said
        return done

    run("validate")
    run("state", "init")
    run("plan", "-out", "plan.json")
    run("apply", "plan.json")
    control.advance(86_400)
    while "not started" in run("status").out:
        run("apply", "-auto-approve")
        control.advance(86_400)
    run("wait")
    control.advance(30 * 86_400)
    for vendor in USED[name]:
        assert Control(control.http, vendor).objects(VENDORS[vendor].work) == {}
    assert "No changes." in run("plan", "-detailed-exitcode").out


def a_desk(folder: Path, running: RunningSandbox, control: Control, spawner: Spawner) -> Desk:
    """With a copy of the example of that name, pointed at the sandbox."""
    shutil.copytree(EXAMPLES / folder.name, folder, ignore=shutil.ignore_patterns(".reconciler"))
    file, env = folder / "reconciler.yaml", {"HOME": str(folder.parent)}
    text = file.read_text("utf-8")
    for each in USED[folder.name]:
        vendor, access = VENDORS[each], running.running.access[each]
        text = text.replace(vendor.url, access["url"])
        env |= {name: access[told] for name, told in vendor.secrets.items()}
    file.write_text(text, "utf-8")
    return Desk(folder, control, spawner, env)
