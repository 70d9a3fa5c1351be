"""A plan as a person reviews it; its last lines are the ones scripts look for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from typing import Final

from reconciler.plan.plan import (
    Action,
    Change,
    Pace,
    Plan,
    QuotaVerdict,
    Reason,
    Standing,
    Verdict,
)
from reconciler.render.change_text import change_lines, head_widths
from reconciler.render.problems import counted, problems_text
from reconciler.render.style import Cell, Paper, Tone
from reconciler.render.value_text import key_width

_ALWAYS_COUNTED: Final = (
    Action.CREATE,
    Action.UPDATE,
    Action.REPLACE,
    Action.TERMINATE,
    Action.DELETE,
)
_COUNTED_WHEN_ANY: Final = (Action.ADOPT, Action.FORGET)
_ORDER: Final = (Standing.READY, Standing.WAITING, Standing.HELD, Standing.BLOCKED)
_VERDICT_TONES: Final = {
    Verdict.FITS: Tone.GOOD,
    Verdict.TIGHT: Tone.WARNING,
    Verdict.EXCEEDS: Tone.BLOCKED,
    Verdict.UNKNOWN: Tone.DIM,
}


def plan_text(plan: Plan, paper: Paper) -> str:
    """The whole plan, nothing left out: what is ready first, what stands in the way last.

    Ends in `Plan: 3 to create, 1 to update, ….` or `No changes.`, each on a line never broken.
    """
    sections = (
        _header_lines(plan, paper),
        _changes_lines(plan, paper),
        _orphan_lines(plan, paper),
        _quota_lines(plan.verdicts, paper),
        [line for each in plan.paces for line in paper.wrap(pace_text(each))],
        [problems_text(plan.problems, paper)] if plan.problems else [],
        summary_lines(plan, paper),
    )
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def summary_lines(plan: Plan, paper: Paper) -> list[str]:
    """How many of each action, how many unchanged; then what is not done now."""
    aside = _aside_text(plan)
    if plan.is_empty:
        return [f"{paper.paint('No changes.', Tone.STRONG)} {_nothing_to_do(plan, aside)}"]
    counts = ", ".join(
        f"{plan.count(action)} to {action}"
        for action in (*_ALWAYS_COUNTED, *_COUNTED_WHEN_ANY)
        if action in _ALWAYS_COUNTED or plan.count(action)
    )
    unchanged = f"{unchanged_count(plan)} unchanged."
    line = f"{paper.paint(f'Plan: {counts}.', Tone.STRONG)} {unchanged}"
    return [line, *([f"Not done now: {aside}."] if aside else [])]


def unchanged_count(plan: Plan) -> int:
    """Resources an apply has nothing to do for, though nothing stands in the way."""
    idle = {
        each.address
        for each in plan.changes
        if each.action is Action.NO_OP and each.standing is Standing.READY
    }
    return len(plan.unchanged.keys() | idle)


def time_text(when: datetime) -> str:
    """`2026-11-21 09:30 UTC`."""
    return f"{when:%Y-%m-%d %H:%M} UTC"


def _nothing_to_do(plan: Plan, aside: str) -> str:
    if aside:
        return f"Nothing can be done now: {aside}."
    if plan.changes and not plan.unchanged and all(map(_is_requested, plan.changes)):
        return "Nothing has to be done for what was asked."
    number = unchanged_count(plan)
    if number:
        return f"{counted(number, 'resource')} {'is' if number == 1 else 'are'} as declared."
    return "Nothing of ours is left." if plan.is_destroy else "Nothing is declared."


def _is_requested(change: Change) -> bool:
    return change.reason is Reason.REQUESTED


def _aside_text(plan: Plan) -> str:
    standings = Counter(each.standing for each in plan.changes)
    return ", ".join(
        f"{standings[each]} {each}" for each in reversed(_ORDER[1:]) if standings[each]
    )


def _header_lines(plan: Plan, paper: Paper) -> list[str]:
    binding = plan.binding
    title = "Destroy plan" if plan.is_destroy else "Plan"
    commit = f", commit {plan.commit[:12]}" if plan.commit else ""
    name = f"{plan.workspace} ({binding.workspace_id})" if plan.workspace else binding.workspace_id
    times = f"made {time_text(plan.made_at)}, expires {time_text(plan.expires_at)}"
    width = key_width(binding.endpoints)
    endpoints = [
        [Cell(name, width=width), Cell(url), Cell(_account_text(plan, name))]
        for name, url in sorted(binding.endpoints.items())
    ]
    return [
        *paper.wrap(f"{title} for {name}, env {binding.env}{commit}", tone=Tone.STRONG),
        *paper.wrap(f"{times}, state serial {plan.serial}", first="  ", tone=Tone.DIM),
        *(line for cells in endpoints for line in paper.row(_dim(cells), indent=2)),
    ]


def _account_text(plan: Plan, provider: str) -> str:
    account = plan.binding.accounts.get(provider, "")
    return f"account {account}" if account else ""


def _dim(cells: Iterable[Cell]) -> list[Cell]:
    return [Cell(each.text, Tone.DIM, each.width) for each in cells]


def _changes_lines(plan: Plan, paper: Paper) -> list[str]:
    widths = head_widths(plan.changes)
    blocks = [change_lines(each, paper, widths) for each in sorted(plan.changes, key=_place)]
    if not blocks:
        return []
    return [*blocks[0], *(line for pair in pairwise(blocks) for line in _after(*pair))]


def _place(change: Change) -> int:
    return _ORDER.index(change.standing)


def _after(above: list[str], block: list[str]) -> list[str]:
    """A block, with a blank line before it unless both it and the one above are single lines."""
    return block if len(above) == len(block) == 1 else ["", *block]


def _orphan_lines(plan: Plan, paper: Paper) -> list[str]:
    if not plan.orphans:
        return []
    orphans = counted(len(plan.orphans), "orphan")
    title = f"{orphans}, no longer declared and kept (prune is off)"
    return [
        *paper.wrap(title),
        *(f"    {paper.paint(str(each), Tone.DIM)}" for each in plan.orphans),
    ]


def _quota_lines(verdicts: tuple[QuotaVerdict, ...], paper: Paper) -> list[str]:
    if not verdicts:
        return []
    names = key_width([each.provider for each in verdicts])
    quotas = key_width([each.quota for each in verdicts])
    words = key_width(each.verdict for each in verdicts)
    rows = [
        [
            Cell(each.verdict, _VERDICT_TONES[each.verdict], words),
            Cell(each.provider, width=names),
            Cell(each.quota, width=quotas),
            Cell(_sum_text(each)),
        ]
        for each in verdicts
    ]
    return ["Quotas", *(line for cells in rows for line in paper.row(cells, indent=4, hanging=8))]


def pace_text(pace: Pace) -> str:
    """`flow-1: 31 to create, about 3 min at the 10 creations a minute flow/Job takes`."""
    minutes = max(1, round(pace.minutes))
    rate = f"{number_text(pace.per_min)} creations a minute {pace.kind} takes"
    return f"{pace.provider}: {pace.creations} to create, about {minutes} min at the {rate}"


def _sum_text(verdict: QuotaVerdict) -> str:
    used = "?" if verdict.used is None else number_text(verdict.used)
    total = f"{used} used + {number_text(verdict.added)}"
    if verdict.limit is not None:
        return f"{total} of {number_text(verdict.limit)}"
    return f"{total}, {'limit not known' if verdict.verdict is Verdict.UNKNOWN else 'no limit'}"


def number_text(value: float) -> str:
    """`1,234` or `0.25`."""
    return f"{int(value):,}" if value == int(value) else f"{value:,.2f}"
