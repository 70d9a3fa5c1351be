"""One command as a whole process: what it took, and whether it said what it should."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launcher.py")
TIMEOUT_S = 1200


class Unexpected(Exception):
    """A command did not do what is measured; the text tells what it did."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What one process took from start to end."""

    wall_s: float
    cpu_s: float
    peak_mib: float


@dataclass(frozen=True, slots=True)
class Command:
    """A command line; `says` is a pattern its output must hold, so that no failure is timed."""

    arguments: tuple[str, ...]
    folder: Path
    says: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """Ours and more; compiled modules are kept, as they are wherever a program is installed."""
    kept = {key: each for key, each in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **more}


def run(command: Command, scratch: Path) -> Spent:
    """Run a command to its end; its output goes to a file in `scratch`, as in CI.

    Raises:
        Unexpected: it failed, or said something else.
    """
    report, output = scratch / "spent.txt", scratch / "output.txt"
    with output.open("wb") as file:
        launcher = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LAUNCHER), str(report), *command.arguments],
            cwd=command.folder,
            env=environment(command.env),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        _wait(launcher)
    wall_s, cpu_s, peak_kib, code = (float(each) for each in report.read_text("ascii").split())
    text = output.read_text("utf-8", "replace")
    if code != 0 or not re.search(command.says, text):
        shown = " ".join(command.arguments[:6])
        raise Unexpected(f"{shown} ended with {code:g}; its last words:\n{text[-1500:]}")
    return Spent(wall_s, cpu_s, peak_kib / 1024)


def _wait(launcher: subprocess.Popen[bytes]) -> None:
    """Until it ends; it and its command are ended whatever happens here."""
    try:
        launcher.wait(TIMEOUT_S)
    except BaseException:
        os.killpg(launcher.pid, 9)
        launcher.wait()
        raise
