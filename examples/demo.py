"""The whole story against the sandbox: plan, apply, plan again. Run by `./dev demo`.

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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent / "manifests" / "qarnot"
RECONCILER = [sys.executable, "-m", "reconciler.cli.entry"]
STEPS = (
    ("Make an empty state.", ["state", "init"]),
    ("What would happen? Nothing is there yet.", ["plan", "-out", "plan.json"]),
    ("Carry out exactly what was reviewed.", ["apply", "plan.json"]),
    ("Once more: what was applied is no change.", ["plan"]),
    ("What the vendor has now.", ["status"]),
)
GO_ON = """\
That was real HTTP against the sandbox; it is stopped, and nothing is left behind.

Go on:
  ./dev run sandbox                     a sandbox of your own on ports 8800 and 8801
  ./dev run init my-farm                a workspace of your own
  ./dev run explain qarnot/pool.scaling what a field means
  ./dev run plan -chdir examples/manifests/qarnot -env prod
"""


def main() -> int:
    """0 when every command did what it should."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="reconciler-demo-") as folder:
        workspace = Path(folder) / "qarnot"
        shutil.copytree(EXAMPLE, workspace, ignore=shutil.ignore_patterns(".reconciler"))
        with sandbox(Path(folder) / "sandbox.json") as places:
            _point_at(workspace / "reconciler.yaml", places["qarnot"]["url"])
            env = {**os.environ, "QARNOT_TOKEN": places["qarnot"]["token"]}
            for why, arguments in STEPS:
                print(f"\n# {why}\n$ reconciler {' '.join(arguments)}", flush=True)
                done = subprocess.run(
                    [*RECONCILER, *arguments], cwd=workspace, env=env, check=False
                )
                if done.returncode != 0:
                    print(f"demo: that ended with {done.returncode}", file=sys.stderr)
                    return 1
    print(f"\n{GO_ON}\nThe demo took {time.monotonic() - began:.1f} s.")
    return 0


@contextmanager
def sandbox(written: Path) -> Iterator[dict[str, dict[str, str]]]:
    """A running sandbox on free ports, stopped at the end."""
    command = [*RECONCILER, "sandbox", "-port", "0", "-write", str(written)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield _when_ready(written, process)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)


def _when_ready(written: Path, process: subprocess.Popen[bytes]) -> dict[str, dict[str, str]]:
    for _ in range(400):
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
