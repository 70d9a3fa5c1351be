"""What the suite needs to know of one (provider, kind) beside its table: two specs for each row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.fields import Field, SetBy
from reconciler.kinds import KindSpec, Nature, Spec
from reconciler.model import Resource
from reconciler.values import Json, merge
from tests.contract.control import Control
from tests.contract.workplace import Workplace, referring

_STEP = re.compile(r"([^.\[\]]+)(?:\[([^\]]*)\])?")


@dataclass(frozen=True, slots=True)
class Trial:
    """Two declarations that differ in one row; each is laid upon the case's base.

    `drags` are rows of the vendor that must move along with it.
    """

    first: Mapping[str, Json]
    then: Mapping[str, Json]
    labels: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})
    drags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of one vendor.

    `collection` is its place in the sandbox's true objects, `ours` are vendor-set rows that carry
    our marker, `settings` is what the sandbox must allow for all rows to be tried.
    """

    kind: KindSpec
    collection: str
    base: Spec
    trials: Mapping[str, Trial]
    secrets: Mapping[str, str] = field(default_factory=dict)
    ours: frozenset[str] = frozenset()
    settings: Mapping[str, Any] = field(default_factory=dict)
    moving: frozenset[str] = frozenset()
    """Fields of the true object that tell of its life, not of what was asked."""
    own: frozenset[str] = frozenset()
    """Fields of the true object in which no two objects are alike."""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Rows that need a story of their own, and the test that tells it."""
    strangers: tuple[tuple[str, Json], ...] = ()
    """Creations by somebody else, (path, body), that the trials refer to."""
    sizes: frozenset[str] = frozenset()
    """Rows that say how much is run: more of it is no other work."""
    child: Callable[[Resource], Resource] | None = None
    """Work that stands in a container: it is made again for its sake alone."""
    taken: frozenset[str] = frozenset()
    """Rows the vendor would change in place, though we never ask it to."""

    @property
    def id(self) -> str:
        return self.kind.id

    @property
    def tried_rows(self) -> tuple[Field, ...]:
        return tuple(row for row in self.kind.table if self.tries(row))

    def tries(self, row: Field) -> bool:
        """Whether a person may write the row, and it has two declarations here."""
        return row.set_by is not SetBy.VENDOR and row.path not in self.elsewhere

    @property
    def is_standing(self) -> bool:
        return self.kind.nature is Nature.STANDING

    @property
    def is_finite(self) -> bool:
        return self.kind.nature is Nature.FINITE

    def ready(self, place: Workplace, control: Control) -> Workplace:
        """An account in which everything the trials name is there and allowed."""
        control.set(**self.settings)
        place.secrets.update(self.secrets)
        for path, body in self.strangers:
            place.stranger(path, body)
        return place

    def first(self, row: Field, name: str = "tried") -> Resource:
        trial = self.trials[row.path]
        return self.declared(trial.first, name, trial.labels[0])

    def then(self, row: Field, name: str = "tried") -> Resource:
        trial = self.trials[row.path]
        return self.declared(trial.then, name, trial.labels[1])

    def declared(
        self,
        fragment: Mapping[str, Json],
        name: str = "tried",
        labels: Mapping[str, str] | None = None,
    ) -> Resource:
        return referring(self.kind, name, merge(self.base, fragment), labels=labels or {})


def root_of(path: str) -> str:
    """The top-level field of a row's path, or of its remote one."""
    match = _STEP.match(path)
    assert match is not None, path
    return match[1]


def stored_at(stored: Any, remote: str) -> list[Any]:
    """All values of a true object at a row's remote place; `list[NAME]` picks by discriminator."""
    values = [stored]
    for key, element in _STEP.findall(remote):
        values = list(_below(values, key, element))
    return values


def _below(values: list[Any], key: str, element: str) -> Iterator[Any]:
    for value in values:
        found = value.get(key) if isinstance(value, Mapping) else None
        if isinstance(found, list):
            yield from (
                each for each in found if not element or each.get("discriminator") == element
            )
        elif found is not None:
            yield found
