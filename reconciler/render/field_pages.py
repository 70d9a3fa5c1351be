"""What one field is: its row and its type put together, for `explain` and the reference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from reconciler.errors import Problem, UserError
from reconciler.fields import EXACT, Field, Mutability, Node, SetBy
from reconciler.kinds import KindSpec
from reconciler.render.schema_words import Schema, below, type_words
from reconciler.render.value_text import value_text

_CHANGES: Final = {
    Mutability.WORK: "makes a new run",
    Mutability.IN_PLACE: "in place",
    Mutability.NEXT_RUN: "waits for the next run",
    Mutability.REPLACE: "replaces the resource",
    Mutability.AT_NEXT_CREATE: "waits for the next creation",
    Mutability.FIXED: "is refused",
}
_SETTERS: Final = {
    SetBy.USER: "you",
    SetBy.VENDOR: "the vendor",
    SetBy.EITHER: "you, or the vendor when it is left out",
}


@dataclass(frozen=True, slots=True)
class FieldPage:
    """One field with the fields below it; `row` is `None` where the table only passes through."""

    path: str
    type: str
    is_required: bool
    row: Field | None
    children: tuple[FieldPage, ...]

    @property
    def doc(self) -> str:
        return self.row.doc if self.row is not None else ""

    @property
    def is_vendors(self) -> bool:
        """Whether the vendor alone sets it."""
        return self.row is not None and self.row.set_by is SetBy.VENDOR

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]

    def facts(self, vendor: str) -> Iterator[tuple[str, str]]:
        """Labels with what there is to say, in the order of a page; nothing empty."""
        if self.type:
            yield "type", self.type
        if self.is_required:
            yield "required", "yes"
        if self.row is not None:
            yield from _row_facts(self.row, vendor)


def _row_facts(row: Field, vendor: str) -> Iterator[tuple[str, str]]:
    if row.default is not None:
        yield "default", value_text(row.default)
    if row.unit:
        yield "unit", row.unit
    yield "set by", _SETTERS[row.set_by]
    if row.set_by is not SetBy.VENDOR:
        yield "a change", _CHANGES[row.mutability]
    if row.secret:
        yield "secret", "yes: never shown, written as {secretRef: …}"
    if row.compare is not EXACT:
        yield "compared", row.compare.name
    yield f"at {vendor}", row.remote
    if row.source:
        yield "source", row.source


def change_words(mutability: Mutability) -> str:
    """What a change of the field does: `in place`, `replaces the resource`."""
    return _CHANGES[mutability]


def field_pages(kind: KindSpec) -> tuple[FieldPage, ...]:
    """The top-level fields of a kind, each with all fields below it, in the table's order."""
    schema: Schema = kind.model().model_json_schema(by_alias=True)
    return _pages("", kind.table.root, schema, schema)


def flat(pages: tuple[FieldPage, ...]) -> Iterator[FieldPage]:
    """Every page, a field before the fields below it."""
    for page in pages:
        yield page
        yield from flat(page.children)


def find_page(kind: KindSpec, path: str) -> FieldPage:
    """The field at `path`; list keys (`[name]`) and a leading `spec.` may be left out.

    Raises:
        UserError: the kind has no such field; the nearest ones are named.
    """
    by_path = {_bare(page.path): page for page in flat(field_pages(kind))}
    wanted = _bare(path).removeprefix("spec.")
    if wanted in by_path:
        return by_path[wanted]
    near = get_close_matches(wanted, by_path, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else ""
    raise UserError(
        Problem(
            code="U120",
            summary=f"{kind.id} has no field '{path}'",
            cause="neither its table nor its model names it",
            remedy=hint or f"`reconciler explain {kind.id.lower()}` lists its fields",
        )
    )


def _bare(path: str) -> str:
    return ".".join(part.partition("[")[0] for part in path.split("."))


def _pages(path: str, node: Node, schema: Schema, root: Schema) -> tuple[FieldPage, ...]:
    base = f"{path}[{node.list_key}]" if node.list_key else path
    return tuple(
        _page(f"{base}.{key}" if base else key, child, below(schema, key, root), root)
        for key, child in node.children.items()
    )


def _page(path: str, node: Node, found: tuple[Schema, bool] | None, root: Schema) -> FieldPage:
    schema, is_required = found or ({}, False)
    return FieldPage(
        path=path,
        type=type_words(schema, root) if schema else "",
        is_required=is_required,
        row=node.row,
        children=_pages(path, node, schema, root),
    )
