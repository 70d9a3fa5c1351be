"""Our own part of each case, against a sandbox in a process of its own."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from dataclasses import dataclass, field
from pathlib import Path

from bench.child import Command, run
from bench.contest import Case, Entry
from bench.manifests import manifests
from bench.pools import POOLS
from bench.rehearsal import Rehearsal
from bench.workload import Workload

PROGRAM = str(Path(sys.executable).with_name("reconciler"))
_WORKSPACE = """\
apiVersion: reconciler/v1
kind: Workspace
metadata: {{name: bench, workspaceId: ws-00000000beefcafe}}
spec:
  manifests: {manifests}
  state: sqlite:///.reconciler/state.db
  providers:
    qarnot-bench:
      type: qarnot
      url: {url}
      auth: {{token: {{secretRef: {{env: QARNOT_TOKEN}}}}}}
"""


@dataclass(slots=True)
class Ours:
    """A workspace in `folder` with the manifests as they are, and a second set with edits."""

    folder: Path
    sandbox: Rehearsal
    workload: Workload = POOLS
    size: int = 0
    name: str = field(default="reconciler", init=False)

    def lay_out(self, workload: Workload, size: int) -> None:
        """Manifests of that many documents, an empty state, an empty vendor."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.workload, self.size = workload, size
        for folder, has_edits in (("manifests", False), ("edited", True)):
            (self.folder / folder).mkdir(parents=True)
            for name, text in manifests(workload, size, has_edits=has_edits):
                (self.folder / folder / name).write_text(text, "utf-8")
        self._begin_again()

    def start(self, case: Case) -> Entry | None:
        return Entry(Command((PROGRAM, case.value), self.folder.parent, "reconciler"))

    def work(self, case: Case) -> Entry | None:
        count = self.workload.resources(self.size)
        idle = self._command("plan", says=rf"No changes\. {count:,} resources")
        match case:
            case Case.VALIDATE:
                return Entry(self._command("validate", says=str(count)))
            case Case.PLAN_NEW:
                return Entry(self._command("plan", says=f"Plan: {count} to create, 0 to"))
            case Case.APPLY:
                done = self._command("apply", "-auto-approve", says=f"{count}")
                return Entry(done, self._begin_again)
            case Case.NO_CHANGE | Case.ACTIVE | Case.ENDED:
                return Entry(idle, self._unedited)
            case Case.CHANGED:
                says = f"Plan: 0 to create, {self.size // 10} to update, 0 to replace"
                return Entry(self._command("plan", says=says), self._edit)
            case Case.JUST_ENDED:
                return Entry(idle, self._end)
            case Case.REMOVED:
                return Entry(idle, self._outlast)
            case _:
                return None

    def aside_s(self) -> float:
        return self.sandbox.cpu_s()

    def sent(self) -> tuple[int, int]:
        """Requests the vendor received since it was emptied, and transactions of our state."""
        return self.sandbox.requests(), self._transactions()

    def _transactions(self) -> int:
        with sqlite3.connect(self.folder / ".reconciler" / "state.db") as connection:
            (body,) = connection.execute("SELECT body FROM scopes").fetchone()
        connection.close()
        return int(json.loads(body)["serial"])

    @property
    def env(self) -> dict[str, str]:
        """What its commands need in their environment."""
        return {"QARNOT_TOKEN": self.sandbox.token}

    def _begin_again(self) -> None:
        shutil.rmtree(self.folder / ".reconciler", ignore_errors=True)
        self.sandbox.reset()
        self.point_at("manifests")
        run(self._command("state", "init"), self.folder.parent)

    def _edit(self) -> None:
        self.point_at("edited")

    def _unedited(self) -> None:
        self.point_at("manifests")

    def _end(self) -> None:
        """All work ended, and nobody has looked since: the state is as the apply left it."""
        self._unedited()
        state, as_applied = self.folder / ".reconciler", self.folder / ".applied"
        if not as_applied.exists():
            self.sandbox.end_work()
            shutil.copytree(state, as_applied)
        shutil.rmtree(state)
        shutil.copytree(as_applied, state)

    def _outlast(self) -> None:
        self.sandbox.outlast_work()

    def point_at(self, manifests: str) -> None:
        """Take `manifests` or `edited` as what is declared."""
        text = _WORKSPACE.format(manifests=manifests, url=self.sandbox.url)
        (self.folder / "reconciler.yaml").write_text(text, "utf-8")

    def _command(self, *arguments: str, says: str = "") -> Command:
        return Command((PROGRAM, *arguments), self.folder, says, self.env)
