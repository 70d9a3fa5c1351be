"""One plan on a farm of Deadline where we have a hundred jobs, and others have very many.

Source: Deadline 10 REST pages, jobs: one list of all, without paging or filter.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.child import Command, Spent, run
from bench.figures import median
from bench.formats import plain_manifest
from bench.ours import PROGRAM
from bench.rehearsal import Rehearsal
from bench.workload import SHOWS, TEAMS, Tree

NAME = "farm"
JOBS = 100
"""Of ours."""
FOREIGN = 50_000
_WORKSPACE = """\
apiVersion: reconciler/v1
kind: Workspace
metadata: {{name: bench-farm, workspaceId: ws-00000000feedcafe}}
spec:
  providers:
    farm:
      type: deadline
      url: {url}
      auth:
        user: {{secretRef: {{env: FARM_USER}}}}
        password: {{secretRef: {{env: FARM_PASSWORD}}}}
"""


@dataclass(frozen=True, slots=True)
class Crowd:
    """What one plan took beside so many jobs of others; the list of all jobs has `list_mib`."""

    foreign: int
    list_mib: float
    wall_s: float
    cpu_s: float
    peak_mib: float


def crowds(sandbox: Rehearsal, scratch: Path, foreign: int, runs: int) -> list[Crowd]:
    """A plan without changes beside no job of others, then beside so many; medians of runs."""
    farm = _Workspace(scratch / NAME, {**sandbox.farm})
    farm.lay_out()
    _reset(sandbox)
    run(farm.command("state", "init"), scratch)
    run(farm.command("apply", "-auto-approve", says=f"{JOBS + 1} created"), scratch)
    answers = scratch / "answers.json"
    answers.write_text(json.dumps(_answers(sandbox, farm, scratch)), "utf-8")
    return [_beside(farm, answers, each, runs) for each in (0, foreign)]


def _beside(farm: _Workspace, answers: Path, foreign: int, runs: int) -> Crowd:
    scratch = answers.parent
    with _server(answers, foreign) as (url, list_bytes):
        farm.point_at(url)
        command = farm.command("plan", says=rf"No changes\. {JOBS + 1} resources")
        run(command, scratch)  # what was seen is written down now
        spent = [run(command, scratch) for _ in range(runs)]
    return _crowd(foreign, list_bytes, spent)


def _crowd(foreign: int, list_bytes: int, spent: Sequence[Spent]) -> Crowd:
    return Crowd(
        foreign,
        list_bytes / 2**20,
        median(each.wall_s for each in spent),
        median(each.cpu_s for each in spent),
        median(each.peak_mib for each in spent),
    )


# --- what is declared -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Workspace:
    """Manifests of a pool and a hundred jobs in `folder`; `access` is that of the sandbox."""

    folder: Path
    access: Mapping[str, str]

    def lay_out(self) -> None:
        (self.folder / "manifests").mkdir(parents=True)
        trees = (_document("Pool", "film", {"workers": ["node01"]}), *map(job, range(JOBS)))
        text = "".join(map(plain_manifest, trees))
        (self.folder / "manifests" / "farm.yaml").write_text(text, "utf-8")
        self.point_at(self.access["url"])

    def point_at(self, url: str) -> None:
        (self.folder / "reconciler.yaml").write_text(_WORKSPACE.format(url=url), "utf-8")

    def command(self, *arguments: str, says: str = "") -> Command:
        secrets = {"FARM_USER": self.access["user"], "FARM_PASSWORD": self.access["password"]}
        return Command((PROGRAM, *arguments), self.folder, says, secrets)


def job(number: int) -> Tree:
    """The manifest of one job of ours."""
    show, team = SHOWS[number % len(SHOWS)], TEAMS[number // 7 % len(TEAMS)]
    first = 1001 + number % 40
    return _document(
        "Job",
        f"{team}-{number:05}",
        {
            "plugin": ("MayaBatch", "Nuke", "Houdini")[number % 3],
            "pluginInfo": {
                "Version": str(2020 + number % 6),
                "SceneFile": f"/shows/{show}/{team}/{number:05}.scene",
                "Camera": "renderCam",
            },
            "frames": f"{first}-{first + 99}",
            "chunkSize": 1 + number % 8,
            "pool": "film",
            "priority": 30 + number % 60,
            "comment": f"{team} of {show}",
            "environment": {"SHOW": show, "SHOT": f"{number:05}"},
        },
    )


def _document(kind: str, name: str, spec: Tree) -> Tree:
    return {"apiVersion": "deadline/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


# --- what the farm answers ------------------------------------------------------------------------


def _reset(sandbox: Rehearsal) -> None:
    """Nothing is on the farm, and no request was received."""
    urllib.request.urlopen(f"{sandbox.control}/_sandbox/reset", b"{}", timeout=60).close()


def _answers(sandbox: Rehearsal, farm: _Workspace, scratch: Path) -> dict[str, str]:
    """The sandbox's answer to each request that a plan makes, by path and query."""
    before = len(_requests(sandbox))
    run(farm.command("plan", says="No changes"), scratch)
    asked = {f"{each['path']}?{each['query']}".rstrip("?") for each in _requests(sandbox)[before:]}
    return {each: _answer(farm, each) for each in sorted(asked)}


def _requests(sandbox: Rehearsal) -> list[dict[str, str]]:
    url = f"{sandbox.control}/_sandbox/requests?vendor=deadline"
    with urllib.request.urlopen(url, timeout=60) as answer:
        received: list[dict[str, str]] = json.loads(answer.read())
    return received


def _answer(farm: _Workspace, target: str) -> str:
    account = f"{farm.access['user']}:{farm.access['password']}".encode()
    headers = {"Authorization": f"Basic {base64.b64encode(account).decode()}"}
    request = urllib.request.Request(f"{farm.access['url']}{target}", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(answer.read().decode("utf-8"))


@contextmanager
def _server(answers: Path, foreign: int) -> Iterator[tuple[str, int]]:
    """The address of a farm that gives these answers, and how many bytes its list of jobs has."""
    command = [sys.executable, "-m", "bench.farm_server", str(answers), str(foreign)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            port, list_bytes = map(int, process.stdout.readline().split())
            yield f"http://127.0.0.1:{port}", list_bytes
        finally:
            process.stdin.close()
            process.terminate()
