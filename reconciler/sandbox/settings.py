"""Settings as rows: each has a name, the values it takes, a default and a meaning."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.sandbox.vendor import Json


class SettingError(Exception):
    """A name or value of a control call is unknown; the text is a sentence for its sender."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words or numbers."""

    words: tuple[str | int, ...]

    def accepts(self, value: Json) -> bool:
        """Whether the value may be set."""
        return type(value) in {str, int} and value in self.words

    def says(self) -> str:
        """The values, for a person."""
        return " | ".join(map(str, self.words))


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in a range; `none` is what `null` stands for, where it is taken."""

    minimum: float
    maximum: float
    none: str = ""
    is_whole: bool = True

    def accepts(self, value: Json) -> bool:
        """Whether the value may be set."""
        if value is None:
            return bool(self.none)
        if isinstance(value, bool) or not isinstance(value, int if self.is_whole else int | float):
            return False
        return self.minimum <= value <= self.maximum

    def says(self) -> str:
        """The values, for a person."""
        text = f"{self.minimum:g} to {self.maximum:g}"
        return f"{text}, or null ({self.none})" if self.none else text


@dataclass(frozen=True, slots=True)
class Words:
    """A list of strings; where `known` is not empty, of these alone.

    `pattern` is a regular expression that each of them matches.
    """

    known: tuple[str, ...] = ()
    pattern: str = ""

    def accepts(self, value: Json) -> bool:
        """Whether the value may be set."""
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            return False
        if self.pattern and not all(re.fullmatch(self.pattern, item) for item in value):
            return False
        return not self.known or set(value) <= set(self.known)

    def says(self) -> str:
        """The values, for a person."""
        if self.pattern:
            return f"a list of strings that match {self.pattern}"
        return f"a list of: {', '.join(self.known)}" if self.known else "a list of strings"


@dataclass(frozen=True, slots=True)
class Setting:
    """One row. `source` is the place in the vendor's documentation that leaves the point open."""

    name: str
    takes: Choice | Amount | Words
    default: Json
    meaning: str
    source: str = ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`"; did you mean a, b?"`, or all that is known when nothing is close."""
    names = sorted(known)
    close = difflib.get_close_matches(str(word), names, n=3, cutoff=0.6)
    return f"; did you mean {', '.join(close)}?" if close else f"; known: {', '.join(names)}"


class SettingTable:
    """The values of a set of rows. `version` grows with each change."""

    def __init__(self, rows: Iterable[Setting]) -> None:
        self._rows = {row.name: row for row in rows}
        self._values: dict[str, Json] = {row.name: row.default for row in self._rows.values()}
        self.version = 0

    def __getitem__(self, name: str) -> Json:
        return self._values[name]

    def check(self, wanted: Json, what: str) -> None:
        """Nothing, when all of `wanted` can be set.

        Raises:
            SettingError: says the first name or value that can't be set, and what could.
        """
        if not isinstance(wanted, Mapping):
            raise SettingError(f"{what} must be an object of names and values")
        for name, value in wanted.items():
            row = self._rows.get(name)
            if row is None:
                raise SettingError(
                    f"there is no {name!r} in {what}{did_you_mean(name, self._rows)}"
                )
            if not row.takes.accepts(value):
                raise SettingError(f"{name} takes {row.takes.says()}, not {value!r}")

    def change(self, wanted: Mapping[str, Json]) -> None:
        """Set values that `check` has passed."""
        self._values.update(wanted)
        self.version += 1

    def values(self) -> dict[str, Json]:
        """All values by name."""
        return dict(self._values)

    def described(self) -> dict[str, Json]:
        """Each row with its present value, for a person or a tool."""
        return {row.name: _described(row, self._values[row.name]) for row in self._rows.values()}


def change_tables(tables: Mapping[str, SettingTable], wanted: Mapping[str, Json]) -> None:
    """Apply all of a control call, or nothing. `tables` are retention, quotas and switches.

    Raises:
        SettingError: a name or a value is unknown; nothing was changed.
    """
    # the one row of retention is asked for by its own name
    named = {"retention_s": "retention", "quotas": "quotas", "switches": "switches"}
    for name in wanted:
        if name not in named:
            raise SettingError(f"there is no setting {name!r}{did_you_mean(name, named)}")
    asked = {
        named[name]: {name: values} if name == "retention_s" else values
        for name, values in wanted.items()
    }
    restore_tables({name: tables[name] for name in asked}, asked)


def restore_tables(tables: Mapping[str, SettingTable], kept: Mapping[str, Json]) -> None:
    """Set the values that are kept by the names of the tables, all or none.

    Raises:
        SettingError: a name or a value is unknown.
        KeyError: a table is not kept.
    """
    for name, table in tables.items():
        table.check(kept[name], name)
    for name, table in tables.items():
        table.change(kept[name])


def _described(row: Setting, value: Json) -> Json:
    described = {"value": value, "default": row.default, "takes": row.takes.says()}
    return described | {"meaning": row.meaning, "source": row.source}
