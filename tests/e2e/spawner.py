"""Commands as processes of their own, without paying for the imports each time.

One process imports the program once; each command is a fork of it, in a session of its own, with
its own folder, environment and output: it can be signalled and killed like any other. The program
itself starts nothing before its command line is known, so a fork is as a started process is.
"""

from __future__ import annotations

import json
import os
import pkgutil
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from threading import Lock
from time import monotonic, sleep, time

import anyio

_LOOK_AGAIN_S = 0.004


@dataclass(frozen=True, slots=True)
class Pace:
    """The clock of a command goes so many times as fast as ours, since that moment of ours.

    For what waits by the minute: whoever has the same pace has the same time.
    """

    since_s: float
    rate: float


@dataclass(frozen=True, slots=True)
class Command:
    """One under way; `said` holds `out`, `err` and, when it has ended, `code`."""

    pid: int
    said: Path

    def poll(self) -> int | None:
        """How it ended: its exit code, or the negative number of the signal that killed it."""
        with suppress(FileNotFoundError):
            return int((self.said / "code").read_text("ascii"))
        return None

    def wait(self, patience_s: float) -> int:
        until = monotonic() + patience_s
        while (code := self.poll()) is None:
            assert monotonic() < until, "the command never ended"
            sleep(_LOOK_AGAIN_S)
        return code

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)


@dataclass(frozen=True, slots=True)
class Spawner:
    """Starts commands in the process that has imported everything."""

    process: subprocess.Popen[str]
    lock: Lock = field(default_factory=Lock)

    def start(
        self,
        arguments: Sequence[str],
        folder: Path,
        env: Mapping[str, str],
        said: Path,
        pace: Pace | None = None,
    ) -> Command:
        """One command; `said` is an empty folder for what it says."""
        wanted = {
            "arguments": ["reconciler", *arguments],
            "folder": str(folder),
            "env": dict(env),
            "said": str(said),
            "pace": None if pace is None else [pace.since_s, pace.rate],
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with self.lock:
            self.process.stdin.write(json.dumps(wanted) + "\n")
            self.process.stdin.flush()
            return Command(int(self.process.stdout.readline()), said)


@contextmanager
def spawner() -> Iterator[Spawner]:
    """A running one; it ends, with all it started, at the end."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    with process:
        yield Spawner(process)


# --- inside that process --------------------------------------------------------------------------

_LATE = ("httpcore._async", "h11", "certifi", "anyio._backends._asyncio", "sqlite3")
"""What a command imports when it first asks a vendor."""


def _import_all() -> None:
    import reconciler

    for each in pkgutil.walk_packages(reconciler.__path__, "reconciler."):
        if not each.name.startswith("reconciler.sandbox"):
            import_module(each.name)
    for name in _LATE:
        import_module(name)


def _serve() -> None:
    """Fork for each line of stdin, tell the child's id, note how each child ended."""
    going: dict[int, Path] = {}
    lines = os.fdopen(0, "rb", buffering=0, closefd=False)
    while True:
        ready, _, _ = select.select([lines], [], [], _LOOK_AGAIN_S if going else None)
        if ready:
            line = lines.readline()
            if not line:
                break
            wanted = json.loads(line)
            pid = os.fork()
            if pid == 0:
                _become(wanted)
            going[pid] = Path(wanted["said"])
            print(pid, flush=True)
        _note_ended(going)
    for pid in going:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _note_ended(going: dict[int, Path]) -> None:
    for pid in list(going):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            said = going.pop(pid)
            code = os.waitstatus_to_exitcode(status)
            (said / "code.new").write_text(str(code), "ascii")
            (said / "code.new").rename(said / "code")


def _hurry(since_s: float, rate: float) -> None:
    """Here, for the rest of this process: time goes so much faster since then."""
    from reconciler.cli.outside import SystemClock

    def now(_: SystemClock) -> datetime:
        return datetime.fromtimestamp(since_s + (time() - since_s) * rate, UTC)

    async def sleep(_: SystemClock, seconds: float) -> None:
        await anyio.sleep(seconds / rate)

    faster = {"now": now, "monotonic": lambda _: monotonic() * rate, "sleep": sleep}
    for name, method in faster.items():
        setattr(SystemClock, name, method)


def _become(wanted: dict[str, object]) -> None:
    """Be the command; never comes back."""
    code: object = 70
    try:
        os.setsid()
        said = Path(str(wanted["said"]))
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(said / name, os.O_WRONLY | os.O_CREAT, 0o600), number)
        os.chdir(str(wanted["folder"]))
        env, arguments = wanted["env"], wanted["arguments"]
        assert isinstance(env, dict)
        assert isinstance(arguments, list)
        pace = wanted["pace"]
        if isinstance(pace, list):
            _hurry(*pace)
        os.environ.clear()
        os.environ.update(env)
        sys.argv[:] = arguments
        from reconciler.cli.entry import main

        main()
        code = 0
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    _import_all()
    _serve()
