"""`./dev bench`: everything measured in one session, on this machine, against peers."""

from __future__ import annotations

import argparse
import compileall
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

from bench.child import environment
from bench.contest import Case, Contestant, starts, works
from bench.farm import FOREIGN, crowds
from bench.farm import NAME as FARM
from bench.ours import Ours
from bench.peers import Octodns, Terraform, find_terraform, octodns_is_there
from bench.pools import POOLS
from bench.rehearsal import rehearsal
from bench.report import Findings, Sent, page
from bench.requests import requests_a_second
from bench.stages import Stage
from bench.tasks import TASKS
from bench.workload import Workload

OUT = Path(__file__).with_name("out")
PACKAGE = Path(__file__).parent.with_name("reconciler")
WORKLOADS = {each.name: each for each in (POOLS, TASKS)}


@dataclass(frozen=True, slots=True)
class Session:
    """What one session measures."""

    sizes: Sequence[int]
    runs: int
    workloads: Sequence[Workload]
    foreign: int = 0
    """Jobs of others on a farm; 0: it is not measured."""


def main() -> None:
    """Measure, print the page, keep it and the figures in bench/out/."""
    asked = _arguments()
    session = _session(asked)
    OUT.mkdir(exist_ok=True)
    compileall.compile_dir(PACKAGE, quiet=1)  # as pip does with what it installs, so with peers
    with tempfile.TemporaryDirectory(prefix="reconciler-bench-") as folder:
        scratch = Path(folder)
        findings = Findings(machine=_machine())
        peers = list(_peers(scratch, findings, asked.without))
        _measure(findings, peers, scratch, session)
    text = page(findings)
    print(text)
    (OUT / "bench.md").write_text(text, "utf-8")
    figures = json.dumps(asdict(findings), indent=1, default=str)
    (asked.json or OUT / "bench.json").write_text(figures, "utf-8")


def _session(asked: argparse.Namespace) -> Session:
    names = asked.workload or (*WORKLOADS, FARM)
    foreign = FOREIGN // 50 if asked.quick else FOREIGN
    return Session(
        sizes=(100,) if asked.quick else tuple(int(each) for each in asked.sizes.split(",")),
        runs=1 if asked.quick else asked.runs,
        workloads=tuple(WORKLOADS[each] for each in names if each != FARM),
        foreign=foreign if FARM in names else 0,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--sizes", default="100,1000,10000", help="how many documents, in turn")
    parser.add_argument("--runs", type=int, default=3, help="of each case; medians are shown")
    parser.add_argument(
        "--quick", action="store_true", help="100 documents, one run: does it work?"
    )
    parser.add_argument(
        "--workload",
        action="append",
        choices=(*WORKLOADS, FARM),
        help="pools, tasks, farm; all when left out",
    )
    parser.add_argument("--without", action="append", default=[], metavar="PEER", help="leave out")
    parser.add_argument("--json", type=Path, help="where the figures go; bench/out/bench.json")
    return parser.parse_args()


def _measure(
    findings: Findings,
    peers: Sequence[Contestant],
    scratch: Path,
    session: Session,
) -> None:
    with rehearsal(scratch) as sandbox:
        ours = Ours(scratch / "ours", sandbox)
        contestants: list[Contestant] = [ours, *peers]
        findings.results += starts(contestants, max(session.runs, 3), scratch)
        for workload, size in product(session.workloads, session.sizes):
            for each in contestants:
                each.lay_out(workload, size)
            for result in works(contestants, workload, size, session.runs, scratch):
                findings.results.append(result)
                if result.case is Case.APPLY:
                    findings.sent.append(Sent(workload.name, size, *ours.sent()))
            ours.point_at("manifests")
            findings.stages.setdefault(workload.name, {})[size] = _stages(ours)
        if session.foreign:
            findings.crowds = crowds(sandbox, scratch, session.foreign, session.runs)
    findings.requests = requests_a_second(2000, session.runs)


def _peers(scratch: Path, findings: Findings, without: Sequence[str]) -> Iterator[Contestant]:
    """Those that are here and wanted; the others are named as not run."""
    program = find_terraform()
    here: dict[str, Contestant | None] = {
        "octodns": Octodns(scratch / "octodns") if octodns_is_there() else None,
        "terraform": Terraform(scratch / "terraform", program) if program else None,
    }
    for name, peer in here.items():
        if name in without:
            findings.not_run.append(f"not run: {name} was left out")
        elif peer is None:
            findings.not_run.append(f"not run: {name} is absent")
        else:
            yield peer


def _stages(ours: Ours) -> list[Stage]:
    command = [sys.executable, "-m", "bench.stages", str(ours.folder)]
    env = environment(ours.env)
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    return [Stage(**each) for each in json.loads(done.stdout)]


def _machine() -> str:
    python, kernel = platform.python_version(), f"{platform.system()} {platform.machine()}"
    load = os.getloadavg()[0]
    return f"Python {python}, {kernel}, {os.cpu_count()} cores, load {load:.1f} at the start."


if __name__ == "__main__":
    main()
