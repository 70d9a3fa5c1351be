"""Rows of the job's table: each says where the farm keeps it, and what a submission calls it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reconciler.fields import Field, Mutability, SetBy
from reconciler.values import Path

_PAGE = "Deadline 10 REST pages, jobs"


@dataclass(frozen=True, slots=True)
class Told:
    """A row, with the vendor's two names for it where both hold the manifest's very value.

    `submitted` is a key of JobInfo, where a list is joined by commas, `kept` one of Props. Both are
    empty for a field that is translated in its own way.
    """

    row: Field
    submitted: str = ""
    kept: str = ""

    @property
    def path(self) -> Path:
        """Where it stands in a folded spec."""
        return tuple(self.row.path.split("."))


def plain(path: str, names: str, doc: str, mutability: Mutability, **columns: Any) -> Told:
    """A field the farm keeps as the manifest says it; `names` is `JobInfo key, Props key`."""
    submitted, _, kept = names.partition(", ")
    row = Field(path, f"Props.{kept}", mutability, doc=doc, source=_source(submitted), **columns)
    return Told(row, submitted, kept)


def own(path: str, names: str, doc: str, mutability: Mutability, **columns: Any) -> Told:
    """A field translated in its own way; `names` is `JobInfo key, place in the job`."""
    submitted, _, kept = names.partition(", ")
    source = {"source": _source(submitted), **columns}
    return Told(Field(path, kept, mutability, doc=doc, **source))


def live(path: str, names: str, doc: str, **columns: Any) -> Told:
    """A plain field that `save` changes."""
    return plain(path, names, doc, Mutability.IN_PLACE, **columns)


def later(path: str, names: str, doc: str, **columns: Any) -> Told:
    """A plain field that steers, and that no call surely changes."""
    return plain(path, names, doc, Mutability.NEXT_RUN, **columns)


def vendor(path: str, remote: str, doc: str, unit: str = "") -> Told:
    """A row the vendor alone sets."""
    return Told(
        Field(path, remote, Mutability.FIXED, SetBy.VENDOR, unit=unit, doc=doc, source=_PAGE)
    )


def _source(submitted: str) -> str:
    return f"Deadline 10 manual, job info: {submitted}" if submitted else _PAGE
