"""Text that Markdown shows as it is written."""

from __future__ import annotations

import re

from reconciler.render.safe import safe

_MARKUP = re.compile(r"[\\`*_\[\]<>#|~@&$]")
_SCHEME = re.compile(r"(?i)\b(https?|ftp|mailto|www)(?=[:.])")
_RUNS = re.compile(r"`+")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", "#": "&#35;"}


def plain_markdown(text: str) -> str:
    """`text` on one line, with no markup, link, mention, issue number or HTML in it."""
    inert = _MARKUP.sub(lambda match: _ENTITIES.get(match[0], f"\\{match[0]}"), safe(text))
    return re.sub(r"^(\s*)(\d+)([.)])", r"\1\2\\\3", re.sub(r"^(\s*)([-+=])", r"\1\\\2", inert))


def code_markdown(text: str) -> str:
    """`text` as a code span that nothing in it can end, fit for a table's cell."""
    inert = safe(text)
    fence = "`" * (max((len(run) for run in _RUNS.findall(inert)), default=0) + 1)
    blank = " " if inert.startswith("`") or inert.endswith("`") or not inert.strip() else ""
    escaped = inert.replace("|", "\\|")
    return f"{fence}{blank}{escaped}{blank}{fence}"
