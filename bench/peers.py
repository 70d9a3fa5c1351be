"""What others need for documents of the same bytes: octodns from PyPI, terraform where it is."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.child import Command, run
from bench.contest import IDLE, Case, Entry
from bench.formats import Write, files, record, resource
from bench.workload import Workload

_BIN = Path(sys.executable).parent
_CONFIG = """\
providers:
  source: {{class: octodns.provider.yaml.YamlProvider, directory: ./{source}, enforce_order: false}}
  target: {{class: octodns.provider.yaml.YamlProvider, directory: ./target, enforce_order: false}}
zones:
"""
_ZONE = "  {zone}: {{sources: [source], targets: [target]}}\n"


def octodns_is_there() -> bool:
    """Whether `./dev bench` installed it."""
    return (_BIN / "octodns-sync").exists()


@dataclass(slots=True)
class Octodns:
    """Zones of a hundred TXT records; from one folder of YAML to another."""

    folder: Path
    size: int = 0
    name: str = field(default="octodns", init=False)

    def lay_out(self, workload: Workload, size: int) -> None:
        """Zones of that many records, and an empty target."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.size = size
        for source, has_edits in (("source", False), ("edited", True)):
            zones = [f"zone-{number:03}.example." for number in range((size + 99) // 100)]
            written = _write(self.folder / source, workload, size, record, has_edits=has_edits)
            for zone, text in zip(zones, written, strict=True):
                (self.folder / source / f"{zone}yaml").write_text(text, "utf-8")
            config = "".join(
                (_CONFIG.format(source=source), *(_ZONE.format(zone=z) for z in zones))
            )
            (self.folder / f"{source}.yaml").write_text(config, "utf-8")
        self._empty_target()

    def start(self, case: Case) -> Entry | None:
        if case is Case.VERSION:
            return None
        return Entry(Command((str(_BIN / "octodns-sync"), "--help"), self.folder.parent, "usage"))

    def work(self, case: Case) -> Entry | None:
        all_new = rf"Creates=100\b(?s:.*)Creates={(self.size - 1) % 100 + 1}\b"
        match case:
            case Case.VALIDATE:
                return Entry(self._command("octodns-validate", "source"))
            case Case.PLAN_NEW:
                return Entry(self._command("octodns-sync", "source", says=all_new))
            case Case.APPLY:
                doing = self._command("octodns-sync", "source", "--doit", says="total changes")
                return Entry(doing, self._empty_target)
            case idle if idle in IDLE:
                return Entry(self._command("octodns-sync", "source", says="No changes"))
            case Case.CHANGED:
                return Entry(self._command("octodns-sync", "edited", says="Updates=10"))
            case _:
                return None

    def aside_s(self) -> float:
        return 0.0

    def _empty_target(self) -> None:
        shutil.rmtree(self.folder / "target", ignore_errors=True)
        (self.folder / "target").mkdir()

    def _command(self, program: str, source: str, *more: str, says: str = "") -> Command:
        config = ("--config-file", f"{source}.yaml")
        return Command((str(_BIN / program), *config, *more), self.folder, says)


TERRAFORM_SIZE = 1000
"""It needs minutes from here on."""


def find_terraform() -> str | None:
    """Where terraform is, if anywhere."""
    return shutil.which("terraform")


@dataclass(slots=True)
class Terraform:
    """`terraform_data` resources with literal blocks; that provider is built in."""

    folder: Path
    program: str
    size: int = 0
    name: str = field(default="terraform", init=False)

    def lay_out(self, workload: Workload, size: int) -> None:
        """Resources of that many, and no state."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.size = size
        if size > TERRAFORM_SIZE:
            return
        for name, has_edits in (("plain", False), ("edited", True)):
            written = _write(self.folder / name, workload, size, resource, has_edits=has_edits)
            for number, text in enumerate(written):
                (self.folder / name / f"{workload.name}_{number:03}.tf").write_text(text, "utf-8")
        (self.folder / "cli.tfrc").touch()
        for name in ("plain", "edited"):
            run(self._command("init", folder=name), self.folder.parent)

    def start(self, case: Case) -> Entry | None:
        argument, says = ("version", "Terraform") if case is Case.VERSION else ("-help", "Usage")
        return Entry(Command((self.program, argument), self.folder.parent, says, self._env))

    def work(self, case: Case) -> Entry | None:
        if self.size > TERRAFORM_SIZE:
            return None
        state = f"-state={self.folder / 'terraform.tfstate'}"
        match case:
            case Case.VALIDATE:
                return Entry(self._command("validate", says="Success"), runs=2)
            case Case.PLAN_NEW:
                says = f"Plan: {self.size} to add"
                return Entry(self._command("plan", state, says=says), runs=1)
            case Case.APPLY:
                doing = self._command("apply", "-auto-approve", state, says="Apply complete")
                return Entry(doing, runs=1)
            case idle if idle in IDLE:
                return Entry(self._command("plan", state, says="No changes"), runs=2)
            case Case.CHANGED:
                changing = self._command("plan", state, folder="edited", says="to change")
                return Entry(changing, runs=1)
            case _:
                return None

    def aside_s(self) -> float:
        return 0.0

    @property
    def _env(self) -> dict[str, str]:
        here = str(self.folder / "cli.tfrc") if self.size else "/dev/null"
        return {"TF_CLI_CONFIG_FILE": here, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}

    def _command(self, verb: str, *more: str, folder: str = "plain", says: str = "") -> Command:
        flags = () if verb == "validate" else ("-input=false",)
        arguments = (self.program, verb, "-no-color", *flags, *more)
        return Command(arguments, self.folder / folder, says, self._env)


def _write(
    folder: Path, workload: Workload, size: int, write: Write, *, has_edits: bool
) -> Iterator[str]:
    folder.mkdir(parents=True)
    return files(workload, size, write, has_edits=has_edits)
