"""Text -> documents: plain values, each able to tell where it stands."""

from __future__ import annotations

import re

from reconciler.errors import Problem
from reconciler.manifest import slips
from reconciler.manifest.composer import Composer, Words
from reconciler.manifest.events import open_events
from reconciler.manifest.locate import Document
from reconciler.manifest.source import Source, locate_in, text_of
from reconciler.settings import Caps

_TAG_DIRECTIVE = re.compile(r"^%TAG\b", re.MULTILINE)


def compose(
    source: Source, caps: Caps, words: Words | None = None
) -> tuple[tuple[Document, ...], tuple[Problem, ...]]:
    """The documents of a file, and everything that is wrong with it as YAML.

    `words` may be handed from file to file: what unquoted words mean is then found out once.

    After a syntax error reading goes on at the next `---`. Neither time nor memory grows faster
    than the file, whatever it holds; nothing is raised.
    """
    bare = source.without_mark()
    if len(bare.data) > caps.file_bytes:
        return (), (slips.too_many_bytes(bare.name, caps),)
    text = text_of(bare)
    if isinstance(text, Problem):
        return (), (text,)
    # libyaml takes quadratic time over %TAG lines: test_hostile.py::test_tag_lines
    if "%TAG" in text and (directive := _TAG_DIRECTIVE.search(text)):
        place = locate_in(bare.name, text, directive.start(), 1)
        return (), (slips.tag_directive().at(place),)
    composer = Composer(bare, text, caps, {} if words is None else words)
    base: int | None = 0
    while base is not None:
        base = composer.read(open_events(text[base:].encode() if base else bare.data), base)
    return tuple(composer.documents), tuple(composer.problems)
