"""An apply's report as text: what went wrong first, then one line with what was done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from reconciler.address import Address
from reconciler.model import Verb
from reconciler.render.outcomes import DONE, TONES
from reconciler.render.problems import counted, headline, problem_lines, reason_lines
from reconciler.render.style import Cell, Paper, Tone
from reconciler.render.value_text import elapsed_text, key_width
from reconciler.report import Passed, Report, StepReport

_REMOVALS: Final = (Verb.STOP, Verb.DELETE)
_ALWAYS_COUNTED: Final = ("created", "updated", "replaced", "terminated", "deleted")
_SIGNALS: Final = {2: "SIGINT", 15: "SIGTERM"}
_NEXT: Final = (
    (Passed.UNKNOWN, "settles what is unknown by reading"),
    (Passed.FAILED, "tries again what failed"),
    (Passed.PENDING, "waits for what is under way"),
    (Passed.SKIPPED, "takes up what was not reached"),
)
_NOT_DONE: Final = (Passed.FAILED, Passed.UNKNOWN, Passed.SKIPPED, Passed.PENDING)


def report_text(report: Report, paper: Paper) -> str:
    """Every step that did not pass, with its problem; what to run next; then the counts.

    The last line begins with `Apply complete:` or `Apply incomplete:` and is never broken.
    """
    sections = (
        *(problem_lines(each, paper) for each in report.not_honoured),
        *_step_sections(report, paper),
        _next_lines(report, paper),
        [_summary_line(report, paper)],
    )
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def done_counts(report: Report) -> dict[str, int]:
    """How many addresses were created, updated, replaced, … in the plan's own words.

    A removal and a creation of one address that both passed count as one `replaced`.
    """
    verbs: dict[Address, set[Verb]] = {}
    for step in report.steps:
        if step.passed is Passed.DONE:
            verb = Verb.UPDATE if step.verb is Verb.APPEND else step.verb
            verbs.setdefault(step.address, set()).add(verb)
    counts = Counter(word for each in verbs.values() for word in _done_words(each))
    always = {word: counts[word] for word in _ALWAYS_COUNTED}
    return {**always, **{word: counts[word] for word in ("adopted", "forgotten") if counts[word]}}


def _done_words(verbs: set[Verb]) -> Iterator[str]:
    is_replaced = Verb.CREATE in verbs and not verbs.isdisjoint(_REMOVALS)
    if is_replaced:
        yield "replaced"
    for verb in sorted(verbs):
        if not is_replaced or verb not in (Verb.CREATE, *_REMOVALS):
            yield DONE[verb]


def _step_sections(report: Report, paper: Paper) -> Iterator[list[str]]:
    """A section for each step that went wrong, then one for all that were not reached."""
    steps = [step for step in report.steps if step.passed is not Passed.DONE]
    width = key_width(f"{step.verb} {step.address}" for step in steps)
    for passed in (Passed.FAILED, Passed.UNKNOWN):
        yield from (_step_lines(step, paper, width) for step in steps if step.passed is passed)
    for passed in (Passed.SKIPPED, Passed.PENDING):
        here = [step for step in steps if step.passed is passed]
        yield [line for step in here for line in _step_lines(step, paper, width)]


def _step_lines(step: StepReport, paper: Paper, width: int) -> list[str]:
    problem = step.problem
    said = "" if problem is None else headline(problem, beside=str(step.address))
    code = f"[{problem.code}]" if problem is not None else ""
    cells = [
        Cell(f"{step.passed}{code}", TONES[step.passed]),
        Cell(f"{step.verb} {step.address}", width=width),
        Cell(step.remote_id, Tone.DIM),
    ]
    return [
        *paper.row(cells),
        *(paper.wrap(said, first="  ") if said else []),
        *(reason_lines(problem, paper, indent=2) if problem is not None else []),
    ]


def _next_lines(report: Report, paper: Paper) -> list[str]:
    reasons = [what for passed, what in _NEXT if report.count(passed)]
    if not reasons and not report.interrupted:
        return []
    *most, last = reasons or ["goes on from here"]
    will = f"{', '.join(most)} and {last}" if most else last
    name = _SIGNALS.get(report.interrupted, f"signal {report.interrupted}")
    cut = f"{name} ended this apply; what was done is recorded. " if report.interrupted else ""
    return paper.wrap(f"{cut}Run `reconciler apply` again: it {will}.", first="next: ")


def _summary_line(report: Report, paper: Paper) -> str:
    done = ", ".join(f"{number} {word}" for word, number in done_counts(report).items())
    is_complete = report.is_complete and not report.interrupted
    verdict, tone = ("complete", Tone.GOOD) if is_complete else ("incomplete", Tone.ERROR)
    rest = ", ".join(f"{report.count(each)} {each}" for each in _NOT_DONE if report.count(each))
    requests = sum(report.requests.values())
    took = [f"Took {elapsed_text(report.elapsed_s)}"]
    took += [counted(requests, "request")] if requests else []
    return " ".join(
        (
            paper.paint(f"Apply {verdict}:", tone),
            f"{done}.",
            *([f"{rest}."] if rest else []),
            paper.paint(f"{', '.join(took)}.", Tone.DIM),
        )
    )
