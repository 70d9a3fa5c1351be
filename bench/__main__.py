"""`./dev bench`: everything measured in one session, on this machine, against peers."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench.contest import Contestant, starts, works
from bench.ours import Ours
from bench.peers import Octodns, Terraform, find_terraform, octodns_is_there
from bench.rehearsal import rehearsal
from bench.report import Findings, page
from bench.requests import requests_a_second
from bench.stages import Stage

OUT = Path(__file__).with_name("out")


def main() -> None:
    """Measure, print the page, keep it and the figures in bench/out/."""
    asked = _arguments()
    sizes = (100,) if asked.quick else tuple(int(each) for each in asked.sizes.split(","))
    runs = 1 if asked.quick else asked.runs
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="reconciler-bench-") as folder:
        findings = _measured(Path(folder), sizes, runs)
    text = page(findings)
    print(text)
    (OUT / "bench.md").write_text(text, "utf-8")
    figures = json.dumps(asdict(findings), indent=1, default=str)
    (asked.json or OUT / "bench.json").write_text(figures, "utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--sizes", default="100,1000,10000", help="how many pools, in turn")
    parser.add_argument("--runs", type=int, default=3, help="of each case; medians are shown")
    parser.add_argument("--quick", action="store_true", help="100 pools, one run: does it work?")
    parser.add_argument("--json", type=Path, help="where the figures go; bench/out/bench.json")
    return parser.parse_args()


def _measured(scratch: Path, sizes: Sequence[int], runs: int) -> Findings:
    findings = Findings(machine=_machine())
    with rehearsal(scratch) as sandbox:
        ours = Ours(scratch / "ours", sandbox)
        contestants: list[Contestant] = [ours, *_peers(scratch, findings)]
        findings.results += starts(contestants, max(runs, 3), scratch)
        for size in sizes:
            for each in contestants:
                each.lay_out(size)
            findings.results += works(contestants, size, runs, scratch)
            ours.point_at("manifests")
            findings.stages[size] = _stages(ours)
    findings.requests = requests_a_second(2000, runs)
    return findings


def _peers(scratch: Path, findings: Findings) -> list[Contestant]:
    """Those that are here; the others are named as not run."""
    found: list[Contestant] = []
    if octodns_is_there():
        found.append(Octodns(scratch / "octodns"))
    else:
        findings.not_run.append("not run: octodns is absent")
    program = find_terraform()
    if program is not None:
        found.append(Terraform(scratch / "terraform", program))
    else:
        findings.not_run.append("not run: terraform is absent")
    return found


def _stages(ours: Ours) -> list[Stage]:
    command = [sys.executable, "-m", "bench.stages", str(ours.folder)]
    env = {**os.environ, **ours.env}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    return [Stage(**each) for each in json.loads(done.stdout)]


def _machine() -> str:
    python, kernel = platform.python_version(), f"{platform.system()} {platform.machine()}"
    load = os.getloadavg()[0]
    return f"Python {python}, {kernel}, {os.cpu_count()} cores, load {load:.1f} at the start."


if __name__ == "__main__":
    main()
