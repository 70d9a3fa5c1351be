"""How the vendor reads JSON: names in any case, unknown names ignored, null as not given.

A reader takes a value, its path and the problems found so far, and gives the value as the vendor
stores it. Every problem of a body is found before it is refused.

Source: SDKs csharp 7.0, nodejs 1.18 and python 2.23, which spell names differently.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.sandbox.qarnot.errors import INVALID_INPUT, validation_error
from reconciler.sandbox.qarnot.times import span_seconds
from reconciler.sandbox.vendor import Json

INT32_MAX = 2**31 - 1


@dataclass(slots=True)
class Problems:
    """The texts of what is wrong, by path."""

    found: dict[str, list[str]] = field(default_factory=dict)

    def add(self, path: str, text: str) -> None:
        """Remember one more."""
        self.found.setdefault(path, []).append(text)

    def refuse(self) -> None:
        """Nothing when nothing is wrong.

        Raises:
            Refused: 400 with all that was found.
        """
        if self.found:
            raise validation_error(self.found)


Reader = Callable[[Json, str, Problems], Json]


def nothing() -> None:
    """The default of a field that is null when it is not given."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One field of an input model: its name, its reader and the value when it is not given."""

    name: str
    reader: Reader
    default: Callable[[], Json] = nothing
    is_required: bool = False
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self.name.lower())


def folded(value: Mapping[str, Json]) -> dict[str, Json]:
    """The same members with lower-case names; of names that differ in case the last wins."""
    return {name.lower(): member for name, member in value.items()}


def record(*rules: Rule) -> Reader:
    """An object with these fields, in this order."""

    def read(value: Json, path: str, problems: Problems) -> Json:
        if not isinstance(value, dict):
            problems.add(path, INVALID_INPUT)
            return {rule.name: rule.default() for rule in rules}
        return read_fields(rules, value, path, problems)

    return read


def read_fields(
    rules: Sequence[Rule], value: Mapping[str, Json], path: str, problems: Problems
) -> dict[str, Json]:
    """The fields of an object by the vendor's names; a null one has its default."""
    given = folded(value)
    return {
        rule.name: rule.default()
        if (member := given.get(rule.key)) is None and not rule.is_required
        else _read_field(rule, member, path, problems)
        for rule in rules
    }


def _read_field(rule: Rule, value: Json, path: str, problems: Problems) -> Json:
    here = f"{path}.{rule.name}" if path else rule.name
    if value is None or (rule.is_required and value == ""):
        problems.add(here, f"The {rule.name} field is required.")
        return rule.default()
    return rule.reader(value, here, problems)


def text(*, below: int = 2048, pattern: re.Pattern[str] | None = None) -> Reader:
    """A string shorter than `below`; where there is a pattern, all of it must match."""

    def read(value: Json, path: str, problems: Problems) -> Json:
        if not isinstance(value, str):
            problems.add(path, "The JSON value could not be converted to System.String.")
            return ""
        if len(value) >= below:
            problems.add(path, f"The length must be below {below} characters.")
        elif pattern is not None and not pattern.fullmatch(value):
            problems.add(path, f"The value must match {pattern.pattern}.")
        return value

    return read


def number(minimum: float, maximum: float, *, is_whole: bool) -> Reader:
    """A number in a range, both ends included, kept as it is spelled."""
    kind = "Int32" if is_whole else "Decimal"
    allowed = (int,) if is_whole else (int, float)

    def read(value: Json, path: str, problems: Problems) -> Json:
        if isinstance(value, bool) or not isinstance(value, allowed):
            problems.add(path, f"The JSON value could not be converted to System.{kind}.")
            return minimum
        if not minimum <= value <= maximum:
            problems.add(path, f"The value must be between {minimum:g} and {maximum:g}.")
        return value

    return read


def whole(minimum: int = -INT32_MAX - 1, maximum: int = INT32_MAX) -> Reader:
    """A whole number in a range."""
    return number(minimum, maximum, is_whole=True)


def boolean(value: Json, path: str, problems: Problems) -> Json:
    """True or false."""
    if not isinstance(value, bool):
        problems.add(path, "The JSON value could not be converted to System.Boolean.")
    return value


def word(*known: str) -> Reader:
    """One of these words, in any case; kept as it is spelled here."""
    by_lower = {one.lower(): one for one in known}

    def read(value: Json, path: str, problems: Problems) -> Json:
        found = by_lower.get(value.lower()) if isinstance(value, str) else None
        if found is None:
            problems.add(path, f"The value must be one of {', '.join(known)}.")
        return found

    return read


def time_span(value: Json, path: str, problems: Problems) -> Json:
    """A time span that is not negative, of any number of hours, kept as it is spelled."""
    try:
        is_good = isinstance(value, str) and span_seconds(value, hours_may_pass_23=True) >= 0
    except ValueError:
        is_good = False
    if not is_good:
        problems.add(path, "The JSON value could not be converted to System.TimeSpan.")
        return "00:00:00"
    return value


def list_of(reader: Reader, *, most: int | None = None) -> Reader:
    """A list with at most so many items, none of them null."""

    def read(value: Json, path: str, problems: Problems) -> Json:
        if not isinstance(value, list):
            problems.add(path, INVALID_INPUT)
            return []
        if most is not None and len(value) > most:
            problems.add(path, f"At most {most} items are allowed.")
            return []
        return [_read_item(reader, item, f"{path}[{i}]", problems) for i, item in enumerate(value)]

    return read


def _read_item(reader: Reader, item: Json, path: str, problems: Problems) -> Json:
    if item is None:
        problems.add(path, "Null is not allowed.")
        return None
    return reader(item, path, problems)


def mapping_of_texts(value: Json, path: str, problems: Problems) -> Json:
    """An object of strings, its names kept as they are."""
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        problems.add(path, "The JSON value could not be converted to a dictionary of strings.")
        return {}
    return value
