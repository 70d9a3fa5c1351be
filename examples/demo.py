"""The whole story against the sandbox: plan, apply, let work finish. Run by `./dev demo`.

Works in a temporary folder that is gone at the end; the sandbox listens on loopback only. Each
command is a fork of this process, which has imported the program once: most of a second saved.
"""

from __future__ import annotations

import json
import os
import pkgutil
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from urllib.request import Request, urlopen

import reconciler

EXAMPLES = Path(__file__).resolve().parent / "manifests"
RECONCILER = [sys.executable, "-m", "reconciler.cli.entry"]
HOUR_S = 3_600
DAY_S = 86_400
GO_ON = """\
That was real HTTP against the sandbox; it is stopped, and nothing is left behind.

Go on:
  ./dev run sandbox                     a sandbox of your own on ports 8800 to 8803
  ./dev run init my-farm                a workspace of your own
  ./dev run explain qarnot/task.frames  what a field means
  ./dev run plan -chdir examples/manifests/qarnot -env prod
"""


@dataclass(frozen=True, slots=True)
class Studio:
    """A workspace, the sandbox's control port, and the environment of the commands."""

    folder: Path
    control: str
    env: Mapping[str, str]

    def run(self, command: str, code: int = 0) -> None:
        """One command, shown; it has to end with this code."""
        print(f"$ reconciler {command}", flush=True)
        pid = os.fork()
        if pid == 0:
            _become(command, self)
        _, status = os.waitpid(pid, 0)
        ended = os.waitstatus_to_exitcode(status)
        if ended != code:
            raise SystemExit(f"demo: that ended with {ended}, not with {code}")

    def let_pass(self, seconds: int, words: str) -> None:
        """Move the vendor's clock."""
        print(f"# ... {words} at the vendor", flush=True)
        body = json.dumps({"seconds": seconds}).encode()
        with urlopen(Request(f"{self.control}/_sandbox/advance", body), timeout=30):
            pass

    def edit(self, file: str, was: str, becomes: str) -> None:
        """Change one line of a manifest, shown as a diff would."""
        path = self.folder / file
        print(f"# {file}:  {was}  ->  {becomes}", flush=True)
        path.write_text(path.read_text("utf-8").replace(was, becomes), "utf-8")


def reviewed(studio: Studio) -> None:
    """Pools, two jobs and an array of simulations: reviewed, then applied exactly."""
    studio.run("state init")
    studio.run("plan -out plan.json")
    studio.run("apply plan.json")
    studio.run("plan")


def finished(studio: Studio) -> None:
    """Work runs once: it ends, the vendor removes it, and there is nothing to do."""
    studio.let_pass(2 * HOUR_S, "two hours pass")
    studio.run("wait")
    studio.run("status")
    studio.let_pass(30 * DAY_S, "a month passes: it has removed all that was over")
    studio.run("plan")


def grown(studio: Studio) -> None:
    """More frames are asked for: only those that are missing run, in a job made for them."""
    studio.edit("reconciler.yaml", "frames: 1-24", "frames: 1-30")
    studio.run("apply -auto-approve")


def failed(studio: Studio) -> None:
    """What failed is held: nothing runs again until a person, or the manifest, says so."""
    studio.edit("work/simulation.yaml", "onFailure: rerun", "onFailure: hold")
    studio.edit("work/simulation.yaml", "sh -c 'echo variant $INSTANCE_ID'", "exit 3")
    studio.run("apply -auto-approve")
    studio.let_pass(2 * HOUR_S, "two hours pass")
    studio.run("wait qarnot-prod/task/flood-variants", code=11)
    studio.run("plan")
    studio.run("rerun qarnot-prod/task/flood-variants -auto-approve")


def rendered(studio: Studio) -> None:
    """A farm of Deadline, in the same words: pools, groups, licences, and jobs of two shots."""
    studio.run("state init")
    studio.run("apply -auto-approve")
    studio.edit("shots/shots.yaml", "cpu: 32, memory: 96GiB", "cpu: 128, memory: 96GiB")
    studio.run("plan -target farm/job/sim-010", code=5)
    studio.edit("shots/shots.yaml", "cpu: 128, memory: 96GiB", "cpu: 32, memory: 96GiB")


def steered(studio: Studio) -> None:
    """What steers a job changes in place; added frames join the job that is there."""
    studio.edit("shots/shots.yaml", "priority: 60", "priority: 75")
    studio.edit("reconciler.yaml", " frames: 1001-1024", " frames: 1001-1030")
    studio.run("apply -auto-approve")
    studio.let_pass(DAY_S, "a day passes")
    studio.run("wait")
    studio.let_pass(30 * DAY_S, "a month passes: the farm has cleaned up")
    studio.run("plan")


STORIES: Mapping[str, tuple[Callable[[Studio], None], ...]] = {
    "qarnot": (reviewed, finished, grown, failed),
    "deadline": (rendered, steered),
}
"""Chapters by the vendor whose example they change."""
ADDRESSES = {"qarnot": "http://127.0.0.1:8801", "deadline": "http://127.0.0.1:8802"}
"""Where the examples say that the vendors are."""


def main() -> int:
    """0 when every command did what it should."""
    began = time.monotonic()
    told = [(vendor, chapter) for vendor, chapters in STORIES.items() for chapter in chapters]
    with (
        tempfile.TemporaryDirectory(prefix="reconciler-demo-") as folder,
        sandbox(Path(folder) / "sandbox.json") as places,
    ):
        studios = {each: _studio(Path(folder) / each, each, places) for each in STORIES}
        for number, (vendor, chapter) in enumerate(told, start=1):
            print(f"\n== {number}. {chapter.__doc__}", flush=True)
            chapter(studios[vendor])
    print(f"\n{GO_ON}\nThe demo took {time.monotonic() - began:.1f} s.")
    return 0


def _studio(folder: Path, vendor: str, places: Mapping[str, Mapping[str, str]]) -> Studio:
    """A copy of the vendor's example that is pointed at the sandbox."""
    shutil.copytree(EXAMPLES / vendor, folder, ignore=shutil.ignore_patterns(".reconciler"))
    file, place = folder / "reconciler.yaml", places[vendor]
    file.write_text(file.read_text("utf-8").replace(ADDRESSES[vendor], place["url"]), "utf-8")
    secrets = {f"{vendor}_{key}".upper(): value for key, value in place.items() if key != "url"}
    return Studio(folder, places["control"]["url"], {**os.environ, **secrets})


def _become(command: str, studio: Studio) -> None:
    """Be that command; never comes back."""
    os.chdir(studio.folder)
    os.environ.clear()
    os.environ.update(studio.env)
    sys.argv[:] = ["reconciler", *command.split()]
    code: object = 70
    try:
        import_module("reconciler.cli.entry").main()
        code = 0
    except SystemExit as ended:
        code = ended.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


def _import_all() -> None:
    """All that commands need, but for the sandbox."""
    for each in pkgutil.walk_packages(reconciler.__path__, "reconciler."):
        if not each.name.startswith("reconciler.sandbox"):
            import_module(each.name)


@contextmanager
def sandbox(written: Path) -> Iterator[dict[str, dict[str, str]]]:
    """A running sandbox on free ports, whose time stands still; stopped at the end."""
    command = [*RECONCILER, "sandbox", "-port", "0", "-speed", "0", "-write", str(written)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _import_all()
        yield _when_ready(written, process)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)


def _when_ready(written: Path, process: subprocess.Popen[bytes]) -> dict[str, dict[str, str]]:
    for _ in range(800):
        if written.exists():
            places: dict[str, dict[str, str]] = json.loads(written.read_text("utf-8"))
            return places
        if process.poll() is not None:
            break
        time.sleep(0.025)
    raise SystemExit("demo: the sandbox did not start")


if __name__ == "__main__":
    sys.exit(main())
