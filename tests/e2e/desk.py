"""A person's desk: a workspace in a folder, commands as real processes, an account."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

import reconciler
from reconciler.ports import Scope
from reconciler.providers.qarnot.marker import LABEL
from reconciler.sandbox.server import QarnotAccess
from reconciler.state.sqlite_store import SqliteStore
from tests.contract.control import Control

PATIENCE_S = 60.0
SCOPE = Scope("ws-0123456789abcdef", "default")
_RECONCILER = [sys.executable, "-W", "error", "-m", "reconciler.cli.entry"]
_IMPORTS = str(Path(reconciler.__file__).parent.parent)
_WORKSPACE = """\
apiVersion: reconciler/v1
kind: Workspace
metadata: {{name: film-a, workspaceId: ws-0123456789abcdef}}
spec:
  providers:
    farm:
      type: qarnot
      url: {url}
      auth: {{token: {{secretRef: {{env: FARM_TOKEN}}}}}}
      timeouts: {{connect: 2s, read: 2s, request: 2s}}
"""
_ENDED = frozenset({"Closing", "Closed", "Failure", "PendingDelete"})


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended, and every byte it said."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return f"{self.out}\n{self.err}"


@dataclass(slots=True)
class Desk:
    """`env` is the whole environment of the commands; `heard` keeps what all of them said."""

    folder: Path
    control: Control
    env: dict[str, str]
    heard: list[Done] = field(default_factory=list)

    @classmethod
    def at(cls, folder: Path, manifests: Path, access: QarnotAccess, control: Control) -> Desk:
        """A workspace with a copy of these manifests and an empty state."""
        folder.mkdir()
        shutil.copytree(manifests, folder / "manifests")
        desk = cls(
            folder,
            control,
            {
                "PATH": os.environ["PATH"],
                "HOME": str(folder.parent),
                "TMPDIR": str(folder.parent),
                "PYTHONPATH": _IMPORTS,
                "FARM_TOKEN": access.token,
            },
        )
        desk.point_at(access.url)
        SqliteStore(folder / ".reconciler" / "state.db", SCOPE).init()
        return desk

    def point_at(self, url: str) -> None:
        """Write `reconciler.yaml` for a vendor at this address."""
        text = _WORKSPACE.format(url=url)
        (self.folder / "reconciler.yaml").write_text(text, "utf-8")

    def run(self, *arguments: str) -> Done:
        """One command from start to end; it never shows a traceback."""
        return self.end(self.start(*arguments))

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """One command under way, with a process group of its own."""
        return subprocess.Popen(
            [*_RECONCILER, *arguments],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def end(self, process: subprocess.Popen[bytes]) -> Done:
        """Wait for a command; its words are kept."""
        out, err = process.communicate(timeout=PATIENCE_S)
        done = Done(process.returncode, out.decode("utf-8"), err.decode("utf-8"))
        assert "Traceback" not in done.said, done.said
        assert "Warning:" not in done.err, done.err
        self.heard.append(done)
        return done

    def kill_when(self, process: subprocess.Popen[bytes], condition: Callable[[], bool]) -> bool:
        """SIGKILL as soon as it holds; false when the command ended before."""
        is_so = self.await_that(condition, process)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        self.end(process)
        return is_so

    def await_that(
        self, condition: Callable[[], bool], process: subprocess.Popen[bytes] | None = None
    ) -> bool:
        """Whether it came to hold before the process ended, in bounded time."""
        until = monotonic() + PATIENCE_S
        while not condition():
            if process is not None and process.poll() is not None:
                return condition()
            assert monotonic() < until, "the awaited condition never came"
            sleep(0.005)
        return True

    # --- what is true

    def pools(self) -> Mapping[str, list[str]]:
        """The ids of living pools, by the name in their marker's address."""
        found: dict[str, list[str]] = {}
        for uuid, each in self.control.objects("pools").items():
            if each["state"] not in _ENDED:
                name = each["labels"].get(LABEL, each["name"]).rsplit("/", 1)[-1]
                found.setdefault(name, []).append(uuid)
        return found

    def pool(self, name: str) -> str:
        """The id of the one living pool of that name."""
        (uuid,) = self.pools()[name]
        return uuid

    def creations(self) -> int:
        """How many creations have come to the vendor."""
        return self.control.writes().count("POST /pools")

    # --- what a person does

    def declare(self, name: str, spec: str) -> None:
        """A manifest of one pool; `spec` is written in flow style."""
        text = f"apiVersion: qarnot/v1\nkind: Pool\nmetadata: {{name: {name}}}\nspec: {spec}\n"
        (self.folder / "manifests" / f"{name}.yaml").write_text(text, "utf-8")

    def withdraw(self, name: str) -> None:
        (self.folder / "manifests" / f"{name}.yaml").unlink()

    def require_settled(self) -> None:
        """The second plan is empty."""
        plan = self.run("plan", "-detailed-exitcode")
        assert (plan.code, "No changes." in plan.out) == (0, True), plan.said
