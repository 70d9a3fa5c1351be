"""One tree in three languages at equal bytes: manifest, record of a zone, terraform resource."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from bench.workload import Tree, Workload, is_changed, padding, size_of

DOCUMENTS_A_FILE = 100
VALUE_LENGTH = 250
"""Of a TXT value, in characters; DNS takes 255 at once."""

_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9 _./-]*(?<! )")
_NO_TEXTS = frozenset({"true", "false", "null", "yes", "no", "on", "off"})

Write = Callable[[Tree, str], str]
"""A tree as one document in some language, with a text in it that means nothing."""


def document(workload: Workload, number: int, write: Write, *, is_edited: bool = False) -> str:
    """The document of that number, `size_of(number)` bytes; an edit may move that by a few.

    Raises:
        ValueError: the language needs more bytes for it than it may have.
    """
    tree = workload.tree(number)
    room = size_of(number) - len(write(tree, padding(1))) + 1
    if room < 1:
        raise ValueError(f"document {number} is {1 - room} bytes too long")
    return write(workload.edited(tree) if is_edited else tree, padding(room))


def documents(
    workload: Workload, numbers: Iterable[int], write: Write, *, has_edits: bool = False
) -> str:
    """The documents of these numbers, one after the other; with edits, one in ten is changed."""
    return "".join(
        document(workload, each, write, is_edited=has_edits and is_changed(each))
        for each in numbers
    )


def files(
    workload: Workload, count: int, write: Write, *, has_edits: bool = False
) -> Iterator[str]:
    """`count` documents, a hundred in a file."""
    for start in range(0, count, DOCUMENTS_A_FILE):
        numbers = range(start, min(start + DOCUMENTS_A_FILE, count))
        yield documents(workload, numbers, write, has_edits=has_edits)


# --- ours -----------------------------------------------------------------------------------------


def manifest(tree: Tree, note: str) -> str:
    """A YAML document in block style, as people write them."""
    return plain_manifest({**tree, "spec": _with_note(tree["spec"], note)})


def plain_manifest(tree: Tree) -> str:
    """The same as it is, padded by nothing."""
    return "".join(f"{line}\n" for line in ("---", *_block(tree, "")))


def element(tree: Tree, note: str) -> str:
    """A task as an element of `spec.tasks` of the job it names."""
    fields = {key: each for key, each in tree["spec"].items() if key != "job"}
    inside = {**tree["metadata"], **_with_note(fields, note)}
    return "".join(f"{line}\n" for line in _items([inside], "    "))


def _with_note(spec: Tree, note: str) -> Tree:
    return {**spec, "constants": {**spec["constants"], "NOTE": note}}


def _block(value: Tree, indent: str) -> Iterator[str]:
    for key, each in value.items():
        if isinstance(each, dict):
            yield f"{indent}{key}:"
            yield from _block(each, f"{indent}  ")
        elif isinstance(each, list) and isinstance(each[0], dict):
            yield f"{indent}{key}:"
            yield from _items(each, f"{indent}  ")
        elif isinstance(each, list):
            yield f"{indent}{key}: [{', '.join(map(_scalar, each))}]"
        else:
            yield f"{indent}{key}: {_scalar(each)}"


def _items(values: Sequence[Tree], indent: str) -> Iterator[str]:
    for each in values:
        first, *rest = _block(each, f"{indent}  ")
        yield f"{indent}- {first.lstrip()}"
        yield from rest


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value not in _NO_TEXTS:
        return value
    return json.dumps(value)


# --- octodns --------------------------------------------------------------------------------------


def record(tree: Tree, note: str) -> str:
    """A TXT record of a zone that holds the manifest's text, in a few long values.

    A value for each line would be nearer to the manifest, and takes octodns twice the time.
    """
    lines = (line.strip().replace('"', "") for line in manifest(tree, "").splitlines()[1:-1])
    text = "  ".join(lines)
    pieces = (text[start : start + VALUE_LENGTH] for start in range(0, len(text), VALUE_LENGTH))
    values = "".join(f"  - '{each}'\n" for each in (*pieces, note))
    return f"{tree['metadata']['name']}:\n  ttl: 300\n  type: TXT\n  values:\n{values}"


# --- terraform ------------------------------------------------------------------------------------


def resource(tree: Tree, note: str) -> str:
    """A `terraform_data` resource whose input is the manifest, literally."""
    inputs = "".join(f"    {key} = {_literal(each)}\n" for key, each in tree.items())
    name = tree["metadata"]["name"]
    note_line = f"    note = {json.dumps(note)}\n"
    return f'resource "terraform_data" "{name}" {{\n  input = {{\n{inputs}{note_line}  }}\n}}\n'


def _literal(value: Any) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{key} = {_literal(each)}" for key, each in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return json.dumps(value)
