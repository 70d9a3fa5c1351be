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

EXAMPLE = Path(__file__).resolve().parent / "manifests" / "studio"
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

Each vendor has an example of its own in examples/manifests: more fields, the same commands.
"""


@dataclass(frozen=True, slots=True)
class Studio:
    """A workspace, the sandbox's control port, and the environment of the commands."""

    folder: Path
    control: str
    env: Mapping[str, str]

    def run(self, command: str, code: int = 0) -> None:
        """One command, shown; it has to end with this code."""
        _, status = os.waitpid(self._started(command), 0)
        _require(status, code)

    def run_for_hours(self, command: str) -> None:
        """The same, while the vendors' time goes on: five minutes in each tenth of a second."""
        pid, ended, status = self._started(command), 0, 0
        while not ended:
            time.sleep(0.1)
            self._advance(300)
            ended, status = os.waitpid(pid, os.WNOHANG)
        _require(status, 0)

    def let_pass(self, seconds: int, words: str) -> None:
        """Move the vendors' clock."""
        print(f"# ... {words} at the vendors", flush=True)
        self._advance(seconds)

    def _started(self, command: str) -> int:
        print(f"$ reconciler {command}", flush=True)
        pid = os.fork()
        if pid == 0:
            _become(command, self)
        return pid

    def _advance(self, seconds: int) -> None:
        body = json.dumps({"seconds": seconds}).encode()
        with urlopen(Request(f"{self.control}/_sandbox/advance", body), timeout=30):
            pass

    def edit(self, file: str, was: str, becomes: str) -> None:
        """Change one line of a manifest, shown as a diff would."""
        path = self.folder / file
        print(f"# {file}:  {was}  ->  {becomes}", flush=True)
        path.write_text(path.read_text("utf-8").replace(was, becomes), "utf-8")


def _require(status: int, code: int) -> None:
    ended = os.waitstatus_to_exitcode(status)
    if ended != code:
        raise SystemExit(f"demo: that ended with {ended}, not with {code}")


def reviewed(studio: Studio) -> None:
    """A show at Qarnot, Deadline and Flow: reviewed as one plan, then applied exactly."""
    studio.run("validate")
    studio.run("state init")
    studio.run("plan -out plan.json")
    studio.run("apply plan.json")


def steered(studio: Studio) -> None:
    """Work is under way: what only steers it changes in place, and it renders on."""
    studio.let_pass(60, "a minute passes")
    studio.edit("farm/shots.yaml", "priority: 60", "priority: 75")
    studio.run("apply -auto-approve")


def finished(studio: Studio) -> None:
    """Time goes on: what waited for other work follows by itself, until all of it is done."""
    studio.run_for_hours("apply -auto-approve -wait")
    studio.run("status")


def grown(studio: Studio) -> None:
    """More frames are asked for: only those run. What a task is told is its job's next run."""
    studio.edit("reconciler.yaml", "frames: 1001-1048", "frames: 1001-1060")
    studio.edit("sets/beach.yaml", "value: 0.25", "value: 0.5")
    studio.run("apply -auto-approve")


def forgotten(studio: Studio) -> None:
    """Work runs once: a month later the vendors know nothing of it, and nothing is to do."""
    studio.let_pass(2 * HOUR_S, "two hours pass")
    studio.run("wait")
    studio.let_pass(31 * DAY_S, "a month passes, and all that was over is removed")
    studio.run("plan")
    studio.run("status")


def failed(studio: Studio) -> None:
    """What failed is held: nothing runs again until a person, or the manifest, says so."""
    studio.edit("cloud/simulation.yaml", "sh -c 'echo variant $INSTANCE_ID'", "exit 3")
    studio.run("apply -auto-approve -target cloud/task/sea")
    studio.let_pass(2 * HOUR_S, "two hours pass")
    studio.run("wait cloud/task/sea", code=11)
    studio.run("plan -target cloud/task/sea")
    studio.run("rerun cloud/task/sea -auto-approve")


CHAPTERS: tuple[Callable[[Studio], None], ...] = (
    *(reviewed, steered, finished),
    *(grown, forgotten, failed),
)
ADDRESSES = {
    "qarnot": "http://127.0.0.1:8801",
    "deadline": "http://127.0.0.1:8802",
    "flow": "http://127.0.0.1:8803",
}
"""Where the example says that the vendors are."""
SECRETS = {
    "QARNOT_TOKEN": ("qarnot", "token"),
    "DEADLINE_USER": ("deadline", "user"),
    "DEADLINE_PASSWORD": ("deadline", "password"),
    "APS_CLIENT_ID": ("flow", "clientId"),
    "APS_CLIENT_SECRET": ("flow", "clientSecret"),
}
"""By the variables in which the example looks for them."""


def main() -> int:
    """0 when every command did what it should."""
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="reconciler-demo-") as folder,
        sandbox(Path(folder) / "sandbox.json") as places,
    ):
        studio = _studio(Path(folder) / "studio", places)
        for number, chapter in enumerate(CHAPTERS, start=1):
            print(f"\n== {number}. {chapter.__doc__}", flush=True)
            chapter(studio)
    print(f"\n{GO_ON}\nThe demo took {time.monotonic() - began:.1f} s.")
    return 0


def _studio(folder: Path, places: Mapping[str, Mapping[str, str]]) -> Studio:
    """A copy of the example that is pointed at the sandbox."""
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".reconciler"))
    file = folder / "reconciler.yaml"
    text = file.read_text("utf-8")
    for vendor, address in ADDRESSES.items():
        text = text.replace(address, places[vendor]["url"])
    file.write_text(text, "utf-8")
    secrets = {name: places[vendor][key] for name, (vendor, key) in SECRETS.items()}
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
