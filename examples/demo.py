"""The whole story against the sandbox: plan, apply, let work finish. Run by `./dev demo`.

Works in a temporary folder that is gone at the end; the sandbox listens on loopback only.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

EXAMPLE = Path(__file__).resolve().parent / "manifests" / "qarnot"
RECONCILER = [sys.executable, "-m", "reconciler.cli.entry"]
HOUR_S = 3_600
DAY_S = 86_400
GO_ON = """\
That was real HTTP against the sandbox; it is stopped, and nothing is left behind.

Go on:
  ./dev run sandbox                     a sandbox of your own on ports 8800 and 8801
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
        arguments = [*RECONCILER, *command.split()]
        done = subprocess.run(arguments, cwd=self.folder, env=self.env, check=False)
        if done.returncode != code:
            raise SystemExit(f"demo: that ended with {done.returncode}, not with {code}")

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


CHAPTERS: tuple[Callable[[Studio], None], ...] = (reviewed, finished, grown, failed)


def main() -> int:
    """0 when every command did what it should."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="reconciler-demo-") as folder:
        workspace = Path(folder) / "qarnot"
        shutil.copytree(EXAMPLE, workspace, ignore=shutil.ignore_patterns(".reconciler"))
        with sandbox(Path(folder) / "sandbox.json") as places:
            _point_at(workspace / "reconciler.yaml", places["qarnot"]["url"])
            env = {**os.environ, "QARNOT_TOKEN": places["qarnot"]["token"]}
            studio = Studio(workspace, places["control"]["url"], env)
            for number, chapter in enumerate(CHAPTERS, start=1):
                print(f"\n== {number}. {chapter.__doc__}", flush=True)
                chapter(studio)
    print(f"\n{GO_ON}\nThe demo took {time.monotonic() - began:.1f} s.")
    return 0


@contextmanager
def sandbox(written: Path) -> Iterator[dict[str, dict[str, str]]]:
    """A running sandbox on free ports, whose time stands still; stopped at the end."""
    command = [*RECONCILER, "sandbox", "-port", "0", "-speed", "0", "-write", str(written)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
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


def _point_at(file: Path, url: str) -> None:
    file.write_text(file.read_text("utf-8").replace("http://127.0.0.1:8801", url), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
