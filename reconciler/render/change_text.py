"""One change of a plan as text: sign, address, reason, and every field that moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.fields import Mutability
from reconciler.kinds import Spec
from reconciler.lifecycle import OnRemove
from reconciler.model import Usage
from reconciler.plan.plan import Action, Change, FieldChange, Reason, Standing
from reconciler.quantities import NotAQuantity, show_duration
from reconciler.ranges import ranges
from reconciler.render.problems import counted, headline, reason_lines
from reconciler.render.safe import columns
from reconciler.render.style import Cell, Paper, Tone
from reconciler.render.value_text import key_width, tree_lines, value_text
from reconciler.values import UNSEEN

_INDENT = 4
_STARTING: Final = (Action.CREATE, Action.REPLACE)
_VALUE_MAX_WIDTH = 40

_SIGNS: Final = {
    Action.CREATE: ("+", Tone.CREATE),
    Action.UPDATE: ("~", Tone.UPDATE),
    Action.REPLACE: ("±", Tone.REPLACE),
    Action.TERMINATE: ("-", Tone.REMOVE),
    Action.DELETE: ("-", Tone.REMOVE),
    Action.ADOPT: ("=", Tone.CREATE),
    Action.FORGET: (".", Tone.DIM),
    Action.NO_OP: (" ", Tone.PLAIN),
}
_STANDING_SIGNS: Final = {
    Standing.BLOCKED: ("!", Tone.BLOCKED),
    Standing.HELD: ("?", Tone.HELD),
    Standing.WAITING: (">", Tone.HELD),
}
_REASONS: Final = {
    Reason.NOT_FOUND: "not there yet",
    Reason.REMOVED_OUTSIDE: "removed outside",
    Reason.ENDED: "over at the vendor",
    Reason.NOT_DECLARED: "not declared (prune)",
    Reason.COMPLETED: "its work is done",
    Reason.RETRY: "run again",
    Reason.NOT_SUCCEEDED: "its last run did not succeed",
    Reason.MOVED: "what it runs on is replaced",
    Reason.TAKEN: "its name is taken",
    Reason.UNSETTLED: "an earlier answer is not settled",
}
_MARKS: Final = {
    Mutability.REPLACE: ("forces replacement", Tone.REPLACE),
    Mutability.WORK: ("new run", Tone.CREATE),
    Mutability.NEXT_RUN: ("waits for the next run", Tone.HELD),
    Mutability.AT_NEXT_CREATE: ("waits for the next creation", Tone.HELD),
    Mutability.FIXED: ("can't be changed", Tone.BLOCKED),
    Mutability.IN_PLACE: ("", Tone.PLAIN),
}


@dataclass(frozen=True, slots=True)
class HeadWidths:
    """The columns that the headlines of a plan are aligned to."""

    address: int
    action: int


def head_widths(changes: Sequence[Change]) -> HeadWidths:
    """Wide enough for most of the changes; a very long address sticks out."""
    return HeadWidths(
        key_width(str(each.address) for each in changes),
        key_width(_action_text(each) for each in changes),
    )


def change_lines(change: Change, paper: Paper, widths: HeadWidths) -> list[str]:
    """A headline, then each field with both values, losses, notes, and what stands in the way."""
    return [
        *_head_lines(change, paper, widths),
        *_run_lines(change, paper),
        *_creation_lines(change, paper),
        *field_lines(_telling(change), change.action, paper),
        *_follow_up_lines(change, paper),
        *_loss_lines(change.loss, paper),
        *_waiting_lines(change, paper),
        *(line for note in change.notes for line in _note_lines(note, paper)),
        *_problem_lines(change, paper),
    ]


def reason_text(reason: Reason) -> str:
    """The reason in words: `manifest changed`."""
    return _REASONS.get(reason, reason.replace("_", " "))


def field_lines(fields: Sequence[FieldChange], action: Action, paper: Paper) -> list[str]:
    """A line per field, aligned: path, both values with their unit, consequence, place."""
    width = key_width([each.path for each in fields])
    values = [_values_text(each, action) for each in fields]
    widths = [columns(each) for each in values]
    value_width = max((each for each in widths if each <= _VALUE_MAX_WIDTH), default=0)
    return [
        line
        for field, value in zip(fields, values, strict=True)
        for line in paper.row(
            [
                Cell(field.path, width=width),
                Cell(value, width=value_width),
                *_field_marks(field, action),
            ],
            indent=_INDENT,
            hanging=_INDENT + 4,
        )
    ]


def _head_lines(change: Change, paper: Paper, widths: HeadWidths) -> list[str]:
    sign, tone = _STANDING_SIGNS.get(change.standing) or _SIGNS[change.action]
    is_placed = change.location is not None and change.action is not Action.ADOPT
    place = str(change.location) if is_placed else change.remote_id
    cells = [
        Cell(f"{sign} {change.address}", tone, widths.address + 2),
        Cell(_action_text(change), width=widths.action),
        Cell(place, Tone.DIM),
    ]
    return paper.row(cells, hanging=_INDENT)


def _action_text(change: Change) -> str:
    words = [] if change.standing is Standing.READY else [change.standing.value]
    if change.action is not Action.NO_OP:
        words.append(_action_word(change))
    return f"{' '.join(words) or 'no change'}: {reason_text(change.reason)}"


def _action_word(change: Change) -> str:
    removes = change.action in (Action.TERMINATE, Action.DELETE)
    is_archive = removes and change.on_remove is OnRemove.ARCHIVE
    return "archive" if is_archive else change.action.value


def _run_lines(change: Change, paper: Paper) -> list[str]:
    """Which runs a change of finite work ends, and which one it starts."""
    started, ended = _started_text(change), ""
    if change.action in (Action.REPLACE, Action.TERMINATE) and (started or change.also):
        ended = f"stops {counted(len(change.also) + 1, 'run')}"
    said = ", then starts ".join(each for each in (ended, started) if each)
    return paper.wrap(said, first=f"{' ' * _INDENT}run: ") if said else []


def _started_text(change: Change) -> str:
    """`frames 5-6, attempt 2`; nothing of a first attempt at all of it, which the spec tells.

    Work without ranges is one piece.
    """
    request = change.request
    if request is None or not request.marker.run_key or change.action not in _STARTING:
        return ""
    spec, attempt = request.resource.spec, request.marker.attempt
    is_whole = request.ranges in ("", _whole(spec))
    if is_whole and attempt == 1 and change.action is Action.CREATE:
        return ""
    unit = "instances" if "instances" in spec else "frames"
    is_one_of_one = is_whole and len(ranges(request.ranges or "0")) == 1
    part = "" if is_one_of_one else f"{unit} {request.ranges}, "
    return f"{part}attempt {attempt}"


def _whole(spec: Spec) -> str:
    """All that a spec asks for, by the shared words for it."""
    parts = ",".join(each.get("frames") or "" for each in spec.get("tasks") or ())
    try:
        told = spec.get("frames") or parts
        return str(ranges(told or f"0-{int(spec.get('instances') or 1) - 1}"))
    except (NotAQuantity, ValueError):
        return ""


def _telling(change: Change) -> Sequence[FieldChange]:
    """The fields that say more than the spec of a creation, which is shown whole.

    Of new work at an address that had other work: what makes it so, though the vendor shows nothing
    of how it ran before.
    """
    if change.action is not Action.CREATE:
        return change.fields
    causes = [each for each in change.fields if _is_cause(each, change)]
    return [e for e in change.fields if e.is_secret or e.before is not UNSEEN or e in causes]


_RANGES = frozenset({"frames", "instances"})


def _is_cause(field: FieldChange, change: Change) -> bool:
    is_work = field.mutability is Mutability.WORK and field.root not in _RANGES
    return is_work and change.reason is Reason.MANIFEST_CHANGED


def _follow_up_lines(change: Change, paper: Paper) -> list[str]:
    """What is done to a container once its work is done; no plan has it as a change.

    Finite work has a run key: what follows its end is the vendor's own doing.
    """
    if change.request is None or change.request.marker.run_key:
        return []
    follows = change.request.resource.spec.get("onComplete")
    if not isinstance(follows, str) or follows == "keep":
        return []
    said = f"{follows} it (apply -wait does)"
    return paper.wrap(said, first=f"{' ' * _INDENT}when its work is done: ")


def _creation_lines(change: Change, paper: Paper) -> list[str]:
    if change.action is not Action.CREATE or change.request is None:
        return []
    resource = change.request.resource
    labels = {"metadata.labels": resource.labels} if resource.labels else {}
    shown = {**resource.spec, **labels}
    return tree_lines(shown, paper, _INDENT) if shown else []


def _values_text(field: FieldChange, action: Action) -> str:
    if field.is_secret:
        return "(secret) changed"
    if action is Action.CREATE and field.before is UNSEEN:
        return "no longer set" if field.after is UNSEEN else "changed"  # its value is told above
    unit = f" {field.unit}" if field.unit else ""
    return f"{value_text(field.before)} -> {value_text(field.after)}{unit}"


def _field_marks(field: FieldChange, action: Action) -> list[Cell]:
    """What a change means; a replacement is the next creation, so nothing waits for one then."""
    mark, tone = _MARKS[field.mutability]
    if action is Action.REPLACE and field.mutability is Mutability.AT_NEXT_CREATE:
        mark = ""
    drift = [Cell("drift", Tone.WARNING)] if field.is_drift else []
    consequence = [Cell(mark, tone)] if mark else []
    return [*drift, *consequence, *_place_cell(field)]


def _place_cell(field: FieldChange) -> list[Cell]:
    """Where it is written; line and column alone where the headline's file has to do."""
    place = field.location
    if place is None:
        return []
    return [Cell(str(place), Tone.DIM, short=f":{place.line}:{place.column}")]


def _loss_lines(loss: Usage | None, paper: Paper) -> list[str]:
    if loss is None:
        return []
    parts = (
        (loss.instances, f"{counted(loss.instances, 'running instance')}"),
        (loss.cores, f"{counted(loss.cores, 'core')} in use"),
        (loss.queued_instances, f"{counted(loss.queued_instances, 'unfinished instance')}"),
        (loss.core_seconds, f"{show_duration(loss.core_seconds)} of core time"),
    )
    lost = ", ".join(text for amount, text in parts if amount)
    return paper.wrap(lost, first=f"{' ' * _INDENT}loses: ", tone=Tone.REMOVE) if lost else []


def _waiting_lines(change: Change, paper: Paper) -> list[str]:
    if change.standing is not Standing.WAITING or not change.waits_for:
        return []
    waited = ", ".join(map(str, sorted(change.waits_for)))
    return paper.wrap(waited, first=f"{' ' * _INDENT}waits for: ")


def _note_lines(note: str, paper: Paper) -> list[str]:
    return paper.wrap(note, first=f"{' ' * _INDENT}note: ")


def _problem_lines(change: Change, paper: Paper) -> list[str]:
    problem = change.problem
    if problem is None:
        return []
    said = headline(problem, beside=str(change.address))
    first = f"{' ' * _INDENT}{problem.code}: "
    tone = Tone.BLOCKED if change.standing is Standing.BLOCKED else Tone.HELD
    place = problem.location if problem.location != change.location else None
    return [
        *paper.wrap(said, first=first, tone=tone),
        *(paper.wrap(str(place), first=f"{' ' * _INDENT}--> ") if place is not None else []),
        *reason_lines(problem, paper, indent=_INDENT),
    ]
