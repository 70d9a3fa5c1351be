"""Problems as text: what, where with an excerpt, why, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.errors import Location, Problem, Severity, errors_of
from reconciler.render.safe import columns, cut, cut_start, safe, split_at
from reconciler.render.style import Paper, Tone

_GUTTER = 5
_TAB = 4
_TONES = {Severity.ERROR: Tone.ERROR, Severity.WARNING: Tone.WARNING}


def problem_text(problem: Problem, paper: Paper) -> str:
    """One problem, whole, without a line end after its last line."""
    return "\n".join(problem_lines(problem, paper))


def problems_text(problems: Iterable[Problem], paper: Paper) -> str:
    """All of them by file and position, blank lines between; of several, how many at the end.

    Those that have no place come first; empty when there is no problem.
    """
    ordered = sorted(problems, key=_position)
    if not ordered:
        return ""
    total = [count_line(ordered)] if len(ordered) > 1 else []
    return "\n\n".join([*(problem_text(each, paper) for each in ordered), *total])


def count_line(problems: Sequence[Problem]) -> str:
    """`3 errors, 1 warning in 2 files`."""
    errors = len(errors_of(problems))
    files = {each.location.file for each in problems if each.location is not None}
    counts = (counted(errors, "error"), counted(len(problems) - errors, "warning"))
    said = ", ".join(each for each in counts if not each.startswith("0 "))
    return f"{said} in {counted(len(files), 'file')}" if files else said


def counted(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def problem_lines(problem: Problem, paper: Paper) -> list[str]:
    """The lines of `problem_text`."""
    return [
        *_head_lines(problem, paper),
        *(_place_lines("  --> ", problem.location, paper) if problem.location else []),
        *reason_lines(problem, paper, indent=2),
        *(
            line
            for each in problem.related
            for line in _place_lines("  note: also here --> ", each, paper)
        ),
    ]


def reason_lines(problem: Problem, paper: Paper, *, indent: int) -> list[str]:
    """The why and the fix, where there are any."""
    parts = (("why", problem.cause), ("fix", problem.remedy))
    return [
        line
        for word, text in parts
        if text
        for line in paper.wrap(text, first=f"{' ' * indent}{word}: ")
    ]


def headline(problem: Problem, *, beside: str = "") -> str:
    """The summary, with the address before it unless the summary, or what is beside, names it.

    An address the summary begins with is left out where it stands beside.
    """
    if beside and problem.summary.startswith(f"{beside}: "):
        return problem.summary.removeprefix(f"{beside}: ")
    others = f" and {len(problem.also):,} more" if problem.also else ""
    named = {word.strip(",.;:'") for word in problem.summary.split()}
    if not problem.address or (problem.address in {*named, beside} and not others):
        return problem.summary
    return f"{problem.address}{others}: {problem.summary}"


def _head_lines(problem: Problem, paper: Paper) -> list[str]:
    label = f"{problem.severity}[{safe(problem.code)}]"
    first, *rest = paper.wrap(headline(problem), first=f"{label}: ", rest="    ", tone=Tone.STRONG)
    return [paper.paint(label, _TONES[problem.severity]) + first[len(label) :], *rest]


def _place_lines(label: str, location: Location, paper: Paper) -> list[str]:
    where = f"{label}{safe(str(location))}"
    path = safe(location.path)
    is_one_line = columns(where) + 3 + columns(path) <= paper.width
    placed = [f"{where}   {path}".rstrip()] if is_one_line else [where, f"      {path}"]
    return [*placed, *excerpt_lines(location, paper)]


def excerpt_lines(location: Location, paper: Paper) -> list[str]:
    """The line of the file and a caret under its column, cut around the column when too long.

    Empty when the location carries no excerpt.
    """
    if not location.excerpt.strip():
        return []
    number = str(location.line).rjust(_GUTTER)
    room = max(paper.width - len(number) - len(" | "), 8)
    before, after = _window(*_sides(location), room)
    blank = " " * len(number)
    caret = " " * columns(before) + paper.paint("^", Tone.ERROR)
    return [
        f"{paper.paint(f'{number} | ', Tone.DIM)}{before}{after}".rstrip(),
        f"{paper.paint(f'{blank} | ', Tone.DIM)}{caret}",
    ]


def _sides(location: Location) -> tuple[str, str]:
    """The excerpt before and from its column on; made safe as a whole, as it is printed whole."""
    column = max(location.column, 1) - 1
    before = location.excerpt[:column].expandtabs(_TAB)
    whole = safe(before + location.excerpt[column:].replace("\t", " " * _TAB))
    return split_at(whole, columns(safe(before)))


def _window(before: str, after: str, room: int) -> tuple[str, str]:
    """Both sides of the caret in `room` columns; the side with less to say leaves room."""
    if columns(before) + columns(after) <= room:
        return before, after
    ahead = min(columns(after), max(room // 2, room - columns(before)))
    return cut_start(before, room - ahead), cut(after, ahead)


def _position(problem: Problem) -> tuple[str, int, int, str]:
    place = problem.location
    if place is None:
        return ("", 0, 0, problem.code)
    return (place.file, place.line, place.column, problem.code)
