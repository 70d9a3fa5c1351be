"""Our own part of each case, against a sandbox in a process of its own."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from bench.child import Command, run
from bench.contest import Case, Entry
from bench.formats import files, manifest
from bench.rehearsal import Rehearsal

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
    size: int = 0
    name: str = field(default="reconciler", init=False)

    def lay_out(self, size: int) -> None:
        """Manifests of that many pools, an empty state, an empty vendor."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.size = size
        for name, has_edits in (("manifests", False), ("edited", True)):
            (self.folder / name).mkdir(parents=True)
            for number, text in enumerate(files(size, manifest, has_edits=has_edits)):
                (self.folder / name / f"pools-{number:03}.yaml").write_text(text, "utf-8")
        self._begin_again()

    def start(self, case: Case) -> Entry | None:
        return Entry(Command((PROGRAM, case.value), self.folder.parent, "reconciler"))

    def work(self, case: Case) -> Entry | None:
        match case:
            case Case.VALIDATE:
                return Entry(self._command("validate", says=str(self.size)))
            case Case.PLAN_NEW:
                return Entry(self._command("plan", says=f"Plan: {self.size} to create, 0 to"))
            case Case.APPLY:
                done = self._command("apply", "-auto-approve", says=f"{self.size}")
                return Entry(done, self._begin_again)
            case Case.NO_CHANGE:
                return Entry(self._command("plan", says=rf"No changes\. {self.size:,} resources"))
            case Case.CHANGED:
                says = f"Plan: 0 to create, {self.size // 10} to update, 0 to replace"
                return Entry(self._command("plan", says=says), self._edit)
            case _:
                return None

    def aside_s(self) -> float:
        return self.sandbox.cpu_s()

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

    def point_at(self, manifests: str) -> None:
        """Take `manifests` or `edited` as what is declared."""
        text = _WORKSPACE.format(manifests=manifests, url=self.sandbox.url)
        (self.folder / "reconciler.yaml").write_text(text, "utf-8")

    def _command(self, *arguments: str, says: str = "") -> Command:
        return Command((PROGRAM, *arguments), self.folder, says, self.env)
