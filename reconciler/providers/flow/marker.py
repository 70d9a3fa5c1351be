"""Where our marker stands at Flow: some tags with all of it, a digest of it in the job's name.

A job's name always carries the digest, so that a job can be told again by it where a list comes
back without tags. Both are lost to nobody: what a person set is given back without them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from reconciler.model import Marker
from reconciler.providers.marker_text import from_text, to_text
from reconciler.values import digest

MARKER_TAG: Final = "reconciler:"
"""How each tag begins that holds a part of our marker."""
_PART: Final = 80
"""Characters of the marker in one tag, which has less than 100 with its number.

Source: no page tells a limit of tags; shorter ones are the safer ones.
"""
_TAG = re.compile(rf"{MARKER_TAG}([1-9]\d?)/([1-9]\d?):(.*)", re.DOTALL)
_MARK = re.compile(r" \[rc ([0-9a-f]{12})\]$")
_WHOLE_NAME: Final = 200
"""Source: Flow Graph Engine API v1, create job: name."""
NAME_LENGTH: Final = _WHOLE_NAME - len(" [rc 0123456789ab]")
"""How long a name may be that our digest follows."""


# --- tags -----------------------------------------------------------------------------------------


def to_tags(marker: Marker) -> list[str]:
    """All of the marker as tags of less than 100 characters each, of ASCII and without blanks.

    They tell their order themselves: `reconciler:1/2:…`, `reconciler:2/2:…`.
    """
    text = to_text(marker).replace(" ", ":")
    parts = [text[start : start + _PART] for start in range(0, len(text), _PART)]
    return [f"{MARKER_TAG}{n}/{len(parts)}:{part}" for n, part in enumerate(parts, start=1)]


def from_tags(tags: Iterable[str]) -> Marker | None:
    """The marker among these tags; `None` where there is none, or not exactly one whole."""
    matches = (_TAG.fullmatch(each) for each in {*tags})
    parts = sorted((int(found[1]), found[2], found[3]) for found in matches if found is not None)
    numbers = [(number, of) for number, of, _ in parts]
    if not parts or numbers != [(n, str(len(parts))) for n in range(1, len(parts) + 1)]:
        return None
    return from_text("".join(part for *_, part in parts).replace(":", " "))


def tags_without_marker(tags: Iterable[str]) -> list[str]:
    """The tags a person set."""
    return [each for each in tags if not each.startswith(MARKER_TAG)]


# --- the name -------------------------------------------------------------------------------------


def name_digest(marker: Marker) -> str:
    """The short digest of the whole marker that a job's name ends with."""
    return digest(to_text(marker))[:12]


def to_name(name: str, marker: Marker) -> str:
    """`nightly-scatter [rc 0123456789ab]`; a name that is too long is cut before the mark."""
    return f"{name[:NAME_LENGTH]} [rc {name_digest(marker)}]"


def from_name(name: str) -> str:
    """The digest of a marker that a job's name ends with; empty where there is none."""
    found = _MARK.search(name)
    return found[1] if found is not None else ""


def name_without_marker(name: str) -> str:
    """The name a person set."""
    return _MARK.sub("", name)
