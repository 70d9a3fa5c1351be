"""pydantic's errors in the words of a person who writes YAML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.address import NAME_PATTERN
from reconciler.manifest.nearest import did_you_mean
from reconciler.quantities import CLOCK_PATTERN, DURATION_PATTERN, MEMORY_PATTERN
from reconciler.values import Path

NO_ALTERNATIVE = "no_alternative"
"""The kind of a slip that stands for all alternatives of a value."""

_QUOTED = re.compile(r"'([^']*)'")
_CHOICE = re.compile(r"\^\(([\w|-]+)\)\$")
_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "none_required": "null",
}
_FORMATS = {
    MEMORY_PATTERN: "a size with its unit, such as 64GiB or 30720MB",
    DURATION_PATTERN: "a duration such as 90s, 10m, 1h30m or 2d",
    CLOCK_PATTERN: 'a time of day in UTC, such as "08:00" or "19:30:00"',
    NAME_PATTERN: "letters, digits, '.', '_' and '-', with a letter or digit at both ends",
}
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
_LENGTHS = {
    "string_too_long": ("max_length", "at most", "characters"),
    "string_too_short": ("min_length", "at least", "characters"),
    "too_long": ("max_length", "at most", "entries"),
    "too_short": ("min_length", "at least", "entries"),
}


@dataclass(frozen=True, slots=True)
class Slip:
    """One of pydantic's errors: where in the value, under which alternative, and about what.

    `union` is the path of the value that has alternatives, `branch` the one this error is about.
    `is_key`: the key itself is wrong, not its value.
    """

    path: Path
    kind: str
    context: Mapping[str, Any]
    found: Any
    message: str
    union: Path = ()
    branch: str = ""
    is_key: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    code: str
    summary: str
    cause: str
    remedy: str


def describe(value: Any) -> str:
    """What a value is, said without showing what may be long or secret."""
    match value:
        case None:
            return "nothing (null)"
        case bool():
            return f"{value}".lower()
        case int() | float():
            return f"the number {value}"
        case str():
            return "text"
        case Mapping():
            return "an object"
        case _:
            return "a list"


def choose(slips: Iterable[Slip]) -> list[Slip]:
    """One voice where a value has alternatives: the nearest one's errors, or all types at once."""
    told: dict[Path, dict[str, list[Slip]]] = {}
    chosen = []
    for slip in slips:
        if slip.branch:
            told.setdefault(slip.union, {}).setdefault(slip.branch, []).append(slip)
        else:
            chosen.append(slip)
    for union, branches in told.items():
        near = [each for each in branches.values() if not _is_another_type(each, union)]
        nearest: list[Slip] = min(near, key=len, default=[])
        chosen.extend(nearest or [_no_alternative(union, branches)])
    return chosen


def _is_another_type(slips: list[Slip], union: Path) -> bool:
    if len(slips) != 1 or slips[0].path != union:
        return False
    is_no_word = slips[0].kind == "literal_error" and isinstance(slips[0].found, Mapping | list)
    return is_no_word or slips[0].kind in _TYPES


def _no_alternative(union: Path, branches: Mapping[str, list[Slip]]) -> Slip:
    kinds = dict.fromkeys(_TYPES.get(slips[0].kind, "text") for slips in branches.values())
    if "a number" in kinds:
        kinds.pop("a whole number", None)
    found = next(iter(branches.values()))[0].found
    return Slip(union, NO_ALTERNATIVE, {"wanted": " or ".join(kinds)}, found, "")


def plain_words(slip: Slip) -> Words:
    """The error as a problem's sentences."""
    name = f"the key {_name(slip.path)}" if slip.is_key else _name(slip.path)
    if slip.kind == NO_ALTERNATIVE:
        return _wrong_type(slip, slip.context["wanted"])
    if slip.kind in _TYPES:
        return _wrong_type(slip, _TYPES[slip.kind])
    if slip.kind in _BOUNDS or slip.kind in _LENGTHS:
        return _out_of_bounds(slip, name)
    return _SENTENCES.get(slip.kind, _otherwise)(slip, name)


def _wrong_type(slip: Slip, wanted: str) -> Words:
    remedy = f"write {wanted}"
    if wanted == "text" and isinstance(slip.found, bool | int | float):
        remedy = "quote it, so that it is text"
    elif isinstance(slip.found, str) and "text" not in wanted:
        remedy = f"write {wanted}; without quotes, if it is quoted"
    summary = f"{_name(slip.path)} has to be {wanted}"
    return Words("M204", summary, f"it is {describe(slip.found)}", remedy)


def _name(path: Path) -> str:
    if not path:
        return "the value"
    last = path[-1]
    return f"element {last + 1} of {_name(path[:-1])}" if isinstance(last, int) else f"'{last}'"


def _unknown(_: Slip, name: str) -> Words:
    return Words("M202", f"{name} is no key of this object", "no field has this name", "")


def _missing(_: Slip, name: str) -> Words:
    return Words("M203", f"{name} is missing", "it has no default", f"add {name}")


def _no_tag(_: Slip, name: str) -> Words:
    return Words("M203", f"{name} is missing", "it tells what the object is", f"add {name}")


def _choice(slip: Slip, name: str) -> Words:
    expected = slip.context.get("expected_tags") or slip.context.get("expected")
    return _one_of(name, _quoted(expected), slip.found)


def _one_of(name: str, choices: list[str], found: Any) -> Words:
    meant = did_you_mean(found, choices) if isinstance(found, str) else ""
    one_of = "one of " + ", ".join(choices) if len(choices) > 1 else f"'{choices[0]}'"
    return Words(
        "M205",
        f"{name} has to be {one_of}",
        f"it is {describe(found)} that is none of these"
        if isinstance(found, str)
        else f"it is {describe(found)}",
        meant or f"write {one_of}",
    )


def _pattern(slip: Slip, name: str) -> Words:
    pattern = str(slip.context.get("pattern", ""))
    choice = _CHOICE.fullmatch(pattern)
    if choice:
        return _one_of(name, choice[1].split("|"), slip.found)
    wanted = _FORMATS.get(pattern, f"text of the form {pattern}")
    return Words(
        "M207", f"{name} is not of the right form", "the text reads otherwise", f"write {wanted}"
    )


def _refused(slip: Slip, name: str) -> Words:
    said = str(slip.context.get("error") or slip.message)
    return Words("M207", f"{name} is not of the right form", said, "write it so")


def _out_of_bounds(slip: Slip, name: str) -> Words:
    if slip.kind in _BOUNDS:
        key, words = _BOUNDS[slip.kind]
        limit = f"{words} {slip.context.get(key)}"
        cause = f"it is {describe(slip.found)}"
    else:
        key, words, unit = _LENGTHS[slip.kind]
        limit = f"{words} {slip.context.get(key)} {unit} long"
        cause = f"it has {len(slip.found)} {unit}"
    return Words("M206", f"{name} has to be {limit}", cause, "bring it into these bounds")


def _otherwise(slip: Slip, name: str) -> Words:
    return Words("M204", f"{name} is not valid", slip.message, "see `reconciler explain`")


def _quoted(text: Any) -> list[str]:
    return _QUOTED.findall(str(text)) or [str(text)]


_SENTENCES: Mapping[str, Callable[[Slip, str], Words]] = {
    "extra_forbidden": _unknown,
    "missing": _missing,
    "literal_error": _choice,
    "enum": _choice,
    "union_tag_invalid": _choice,
    "union_tag_not_found": _no_tag,
    "string_pattern_mismatch": _pattern,
    "value_error": _refused,
}
