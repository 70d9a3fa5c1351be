"""The problems YAML text itself can have: codes M101 to M119, in one place."""

from __future__ import annotations

from reconciler.errors import Location, Problem, Severity
from reconciler.manifest.scalars import Refused
from reconciler.manifest.source import show_character
from reconciler.settings import Caps


def syntax(summary: str, cause: str, remedy: str) -> Problem:
    return Problem(code="M103", summary=summary, cause=cause, remedy=remedy)


def repeated_key(key: str) -> Problem:
    merge = "; to merge several objects write `<<: [*one, *other]`" if key == "<<" else ""
    return Problem(
        code="M104",
        summary=f"the key '{shorten(key)}' stands twice in one object",
        cause="only one of the two values could count",
        remedy=f"remove one of the two{merge}",
    )


def key_not_text(shown: str) -> Problem:
    return Problem(
        code="M105",
        summary=f"the key {shorten(shown)} is not text",
        cause="unquoted it reads as a number, a bool, null or a whole object",
        remedy="quote it",
    )


def foreign_tag(tag: str) -> Problem:
    return Problem(
        code="M106",
        summary=f"the tag {shorten(tag)} is not allowed",
        cause="tags can make a reader build arbitrary objects; only YAML's core tags are read",
        remedy="remove the tag, or use !!str, !!int, !!float, !!bool, !!null, !!map or !!seq",
    )


def tag_directive() -> Problem:
    return Problem(
        code="M106",
        summary="%TAG lines are not allowed",
        cause="only YAML's core tags are read",
        remedy="remove the line, and the tags that use it",
    )


def refused_scalar(refused: Refused) -> Problem:
    return Problem(
        code=refused.code, summary=refused.summary, cause=refused.cause, remedy=refused.remedy
    )


def undefined_alias(name: str) -> Problem:
    return Problem(
        code="M110",
        summary=f"*{shorten(name)} repeats an anchor that is not there",
        cause="an anchor counts from its place to the end of its document",
        remedy=f"write &{shorten(name)} at the value to repeat, above this line",
    )


def recursive_anchor(name: str) -> Problem:
    return Problem(
        code="M111",
        summary=f"*{shorten(name)} stands inside its own anchor",
        cause="the value would hold itself, without end",
        remedy="repeat a value that is complete above this line",
    )


def bad_merge() -> Problem:
    return Problem(
        code="M112",
        summary="`<<` merges something that is no object",
        cause="a merge key takes an alias of an object, or a list of such aliases",
        remedy="write `<<: *name`, with &name at an object",
    )


def hidden_in_key(character: str) -> Problem:
    return Problem(
        code="M113",
        summary=f"a key holds the invisible character {show_character(character)}",
        cause="two keys that look the same could differ",
        remedy="type the key again without it",
    )


def lone_surrogate(character: str) -> Problem:
    return Problem(
        code="M113",
        summary=f"the text holds {show_character(character)}, half of a character",
        cause="no file or message can carry it",
        remedy="write the whole character",
    )


def hidden_in_text(character: str) -> Problem:
    return Problem(
        code="M114",
        summary=f"the text holds the invisible character {show_character(character)}",
        cause="what a reviewer sees is not what will be used",
        remedy="remove it if it was not meant",
        severity=Severity.WARNING,
    )


def too_deep(caps: Caps) -> Problem:
    return _over_cap(f"the nesting is deeper than {caps.depth} levels", "flatten it", "depth")


def too_many_nodes(caps: Caps) -> Problem:
    return _over_cap(
        f"the file holds more than {caps.nodes} values, those repeated by aliases included",
        "split the file",
        "nodes",
    )


def too_many_aliases(caps: Caps) -> Problem:
    return _over_cap(f"the file holds more than {caps.aliases} aliases", "split it", "aliases")


def too_many_bytes(name: str, caps: Caps) -> Problem:
    problem = _over_cap(f"the file is larger than {caps.file_bytes} bytes", "split it", "fileBytes")
    return problem.at(Location(name, 1, 1))


def too_many_problems(count: int) -> Problem:
    return Problem(
        code="M119",
        summary=f"the file has more than {count} problems; the rest of it was not read",
        cause="so many slips mostly have one cause",
        remedy="mend the first ones and run again",
    )


def _over_cap(summary: str, remedy: str, cap: str) -> Problem:
    return Problem(
        code="M115",
        summary=summary,
        cause="a cap keeps hostile or broken files from using up the machine",
        remedy=f"{remedy}, or raise spec.caps.{cap} in reconciler.yaml",
    )


def shorten(text: str) -> str:
    """Text of a stranger at a length that fits a sentence."""
    return text if len(text) <= 60 else f"{text[:57]}..."
