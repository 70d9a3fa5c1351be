"""The figures as a page of Markdown: what was needed, by whom, and which goals were reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bench.contest import STARTS, Measured, Result
from bench.farm import JOBS, Crowd
from bench.figures import growth_exponent, ratio_text, seconds_text
from bench.goals import OURS, Verdict, verdicts
from bench.stages import Stage


@dataclass(frozen=True, slots=True)
class Sent:
    """What the last apply of one size asked of the vendor, and of our state's disk."""

    workload: str
    size: int
    requests: int
    transactions: int


@dataclass(slots=True)
class Findings:
    """Everything one session measured; `not_run` says of each missing part why."""

    results: list[Result] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    stages: dict[str, dict[int, list[Stage]]] = field(default_factory=dict)
    requests: dict[str, float] = field(default_factory=dict)
    crowds: list[Crowd] = field(default_factory=list)
    not_run: list[str] = field(default_factory=list)
    machine: str = ""


def page(findings: Findings) -> str:
    """The whole page."""
    sections = (
        ["# Bench", findings.machine, *findings.not_run],
        ["## Start", *_starts(findings.results)],
        ["## Work, medians of whole processes", *_works(findings.results)],
        ["## What an apply sends", *_sent(findings.sent)],
        ["## How our cost grows", *_growth(findings.results)],
        ["## Where one plan without changes spends its time", *_stages(findings.stages)],
        ["## Requests a second, 50 at a time, answers of 1 KB", *_requests(findings.requests)],
        ["## A plan on a farm that others use as well", *_crowds(findings.crowds)],
        ["## Goals", *_goals(verdicts(findings.results, findings.crowds))],
    )
    return "\n\n".join("\n".join(_spaced(each)) for each in sections) + "\n"


def _spaced(lines: Sequence[str]) -> Iterator[str]:
    """A heading and each sentence with a blank line after it; the rows of a table together."""
    for line, following in zip(lines, (*lines[1:], ""), strict=True):
        yield line
        if following and not (line.startswith("|") and following.startswith("|")):
            yield ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lines of a Markdown table; all columns but the first stand to the right."""
    yield f"| {' | '.join(head)} |"
    yield f"|---|{'---:|' * (len(head) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _starts(results: Sequence[Result]) -> Iterator[str]:
    names = _names(results)
    rows = [
        [each.case.value, *(_start_cell(each.by_name.get(name)) for name in names)]
        for each in results
        if each.case in STARTS
    ]
    yield from table(["CPU, memory", *names], rows)


def _start_cell(measured: Measured | None) -> str:
    if measured is None:
        return ""
    return f"{seconds_text(measured.cpu_s)}, {measured.peak_mib:.0f} MiB"


def _works(results: Sequence[Result]) -> Iterator[str]:
    head = (
        "N",
        "case",
        "who",
        "wall",
        "CPU",
        "peak MiB",
        "wall : ours",
        "CPU : ours",
        "sandbox CPU",
    )
    rows = (row for each in results if each.case not in STARTS for row in _work_rows(each))
    yield from table(head, rows)


def _work_rows(result: Result) -> Iterator[Sequence[str]]:
    ours = result.by_name[OURS]
    for name, measured in result.by_name.items():
        yield (
            f"{result.size:,} {result.workload}",
            result.case.value,
            name,
            seconds_text(measured.wall_s),
            seconds_text(measured.cpu_s),
            f"{measured.peak_mib:.0f}",
            "" if name == OURS else ratio_text(measured.wall_s / ours.wall_s),
            "" if name == OURS else ratio_text(measured.cpu_s / ours.cpu_s),
            seconds_text(measured.aside_s) if name == OURS else "",
        )


def _sent(found: Sequence[Sent]) -> Iterator[str]:
    """Transactions with a commit; those that only take or give back the lease do not count."""
    rows = (
        [f"{each.size:,} {each.workload}", f"{each.requests:,}", f"{each.transactions:,}"]
        for each in found
    )
    yield from table(("N", "requests to the vendor", "transactions of the state"), rows)


def _growth(results: Sequence[Result]) -> Iterator[str]:
    sizes = sorted({each.size for each in results if each.case not in STARTS})[-2:]
    if len(sizes) < 2:
        yield "One size alone shows no growth."
        return
    rows = []
    for workload, case in dict.fromkeys((each.workload, each.case) for each in results):
        at = {e.size: e.by_name[OURS] for e in results if (e.workload, e.case) == (workload, case)}
        if all(size in at for size in sizes):
            values = [[at[s].wall_s, at[s].cpu_s, at[s].peak_mib] for s in sizes]
            powers = (growth_exponent(sizes, column) for column in zip(*values, strict=True))
            rows.append([f"{workload}: {case.value}", *(f"{power:.2f}" for power in powers)])
    yield f"The power of N from {sizes[0]:,} to {sizes[1]:,}; 1.00 is linear."
    yield from table(("case", "wall", "CPU", "memory"), rows)


def _stages(stages: Mapping[str, Mapping[int, Sequence[Stage]]]) -> Iterator[str]:
    yield (
        "One process, instrumented; CPU, and by how much the peak of memory rose. "
        "`load` reads files and YAML, `observe` asks the sandbox and translates."
    )
    columns = [(workload, size) for workload, sizes in stages.items() for size in sorted(sizes)]
    names = [each.name for each in stages[columns[0][0]][columns[0][1]]] if columns else []
    cells = {(at, e.name): e for at in columns for e in stages[at[0]][at[1]]}
    rows = [[name, *(_stage_cell(cells[at, name]) for at in columns)] for name in names]
    yield from table(["stage", *(f"{size:,} {workload}" for workload, size in columns)], rows)


def _stage_cell(stage: Stage) -> str:
    return f"{seconds_text(max(stage.cpu_s, 0))}, {max(stage.peak_mib, 0):.0f} MiB"


def _requests(requests: Mapping[str, float]) -> Iterator[str]:
    if not requests:
        yield "Not run."
        return
    ratio = requests["ours"] / requests["httpx"]
    yield (
        f"Our transport {requests['ours']:,.0f}, one httpx pool of 50 {requests['httpx']:,.0f}: "
        f"{ratio_text(ratio)}."
    )


def _crowds(crowds: Sequence[Crowd]) -> Iterator[str]:
    if not crowds:
        yield "Not run."
        return
    yield f"Deadline, {JOBS} jobs of ours, no change; what the farm itself took is not counted."
    head = ("jobs of others", "list of all jobs, MiB", "wall", "CPU", "peak MiB")
    rows = (
        [
            f"{each.foreign:,}",
            f"{each.list_mib:.1f}",
            *(seconds_text(each.wall_s), seconds_text(each.cpu_s)),
            f"{each.peak_mib:.0f}",
        ]
        for each in crowds
    )
    yield from table(head, rows)


def _goals(found: Iterable[Verdict]) -> Iterator[str]:
    rows = [(each.goal, each.reached_text, each.measured) for each in found]
    yield from table(("goal", "reached", "measured"), rows)


def _names(results: Sequence[Result]) -> list[str]:
    return list(dict.fromkeys(name for each in results for name in each.by_name))
