"""`explain`: one kind or one field of it, from its table and model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconciler.kinds import KindSpec, Nature
from reconciler.render.field_pages import FieldPage, field_pages, find_page
from reconciler.render.safe import pad
from reconciler.render.style import Cell, Paper, Tone
from reconciler.render.value_text import key_width, tree_lines

_WIDE = 120

NATURE_WORDS = {
    Nature.STANDING: "standing: kept as declared",
    Nature.FINITE: "finite: runs once, being finished is the goal",
    Nature.CONTAINER: "container: groups finite work",
    Nature.PART: "part: lives and ends with the resource it belongs to",
}


def explain_text(kind: KindSpec, path: str, paper: Paper) -> str:
    """The kind itself when `path` is empty, else the field at `path` with the fields below it.

    Raises:
        UserError: the kind has no such field; the nearest ones are named.
    """
    sections = _kind_sections(kind, paper) if not path else _field_sections(kind, path, paper)
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def _kind_sections(kind: KindSpec, paper: Paper) -> list[list[str]]:
    pages = field_pages(kind)
    example = tree_lines(kind.examples[0], paper, 2) if kind.examples else []
    return [
        [paper.paint(kind.id, Tone.STRONG)],
        paper.wrap(kind.doc, first="  "),
        _fact_lines(list(_facts(kind)), paper),
        _children_lines("Fields", [each for each in pages if not each.is_vendors], paper),
        _children_lines("Set by the vendor", [each for each in pages if each.is_vendors], paper),
        ["Example", *example] if example else [],
    ]


def _facts(kind: KindSpec) -> Iterator[tuple[str, str]]:
    yield "apiVersion", kind.api_version
    yield "kind", kind.kind
    yield "nature", NATURE_WORDS[kind.nature]
    if kind.nature is not Nature.PART:
        yield "can", ", ".join(sorted(each.replace("_", " ") for each in kind.abilities))
        yield "on remove", f"{kind.default_on_remove} (or {_others(kind)})"
    yield from (("inline", inline_words(each.path, each.kind)) for each in kind.inline)


def inline_words(path: str, kind: str) -> str:
    """What may stand in a list of a spec as resources of their own."""
    return f"spec.{path}: a list of {kind}, each with a name and the fields of its own spec"


def _others(kind: KindSpec) -> str:
    return ", ".join(each for each in kind.on_remove if each != kind.default_on_remove)


def _field_sections(kind: KindSpec, path: str, paper: Paper) -> list[list[str]]:
    page = find_page(kind, path)
    return [
        paper.row([Cell(kind.id, Tone.STRONG), Cell(page.path, Tone.STRONG)], hanging=2),
        paper.wrap(page.doc, first="  ") if page.doc else [],
        _fact_lines(list(page.facts(kind.vendor)), paper),
        _children_lines("Fields", page.children, paper),
    ]


def _fact_lines(facts: Sequence[tuple[str, str]], paper: Paper) -> list[str]:
    width = key_width(label for label, _ in facts)
    return [
        line
        for label, text in facts
        for line in paper.wrap(text, first=f"  {label.ljust(width)}  ")
    ]


def _children_lines(title: str, children: Iterable[FieldPage], paper: Paper) -> list[str]:
    """A field a line, its type with it where the paper is wide enough."""
    rows = [(each.name, _short_type(each), each.doc) for each in children]
    names = key_width(name for name, _, _ in rows)
    types = key_width(kind for _, kind, _ in rows)
    is_wide = paper.width >= _WIDE
    lines = [
        line
        for name, kind, doc in rows
        for line in paper.wrap(
            doc,
            first=f"  {pad(name, names)}  " + (f"{pad(kind, types)}  " if is_wide else ""),
            rest=" " * (names + 4 + (types + 2 if is_wide else 0)),
        )
    ]
    return [title, *lines] if lines else []


def _short_type(page: FieldPage) -> str:
    """The type without its limits, so that a child stays on one line."""
    if page.type.startswith("object"):
        return "object"
    if " or " in page.type and page.type.startswith('"'):
        return "one of a few words"
    return page.type.partition(",")[0]
