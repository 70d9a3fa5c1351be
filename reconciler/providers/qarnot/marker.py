"""Where our marker stands at Qarnot: a label or a tag with all of it, a shortname made from it.

The shortname is unique per account and kind, so that a creation sent twice makes one object.
Source: Compute API v1.0 page, shortname; uniqueness is also what the SDKs rely on.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.model import Marker
from reconciler.ports import Scope
from reconciler.providers.marker_text import from_text, to_text
from reconciler.providers.qarnot.kinds.job import MARKER_TAG
from reconciler.values import canonical, digest

LABEL = "reconciler"
_FOLDED = "#"
"""How a digest begins; no workspace's own id holds this character."""
_TAG_LENGTH = 511
"""Source: Compute API v1.0 page, tags."""
_SLUG_LENGTH = 33
_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")


to_label, from_label = to_text, from_text
"""A label holds the marker's text as it is."""


def shortname(marker: Marker) -> str:
    """`rc-<workspace>-<name>-<hash>`, at most 63 letters, digits and hyphens."""
    identity = canonical(
        [
            marker.workspace_id,
            marker.env,
            str(marker.address),
            marker.ordinal,
            marker.run_key,
            marker.attempt,
            marker.cover,
        ]
    )
    name = _NOT_IN_SLUG.sub("-", marker.address.name.lower()).strip("-")[:_SLUG_LENGTH].strip("-")
    workspace = _NOT_IN_SLUG.sub("", marker.workspace_id.removeprefix("ws-").lower())[:8]
    return f"rc-{workspace}-{name}-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"


def without_marker(labels: Mapping[str, str]) -> dict[str, str]:
    """The labels a person set."""
    return {key: value for key, value in labels.items() if key != LABEL}


# --- jobs, which have no labels -------------------------------------------------------------------


def to_tag(marker: Marker) -> str:
    """The marker as one tag; a digest stands for workspace and env where both are too long.

    So it always fits: names have at most 200 characters, and the rest at most 85.
    """
    tag = MARKER_TAG + to_label(marker)
    if len(tag) <= _TAG_LENGTH:
        return tag
    short = _folded(Scope(marker.workspace_id, marker.env))
    return MARKER_TAG + to_label(replace(marker, workspace_id=short, env="-"))


def from_tags(tags: Iterable[str]) -> Marker | None:
    """The marker among these tags, if there is one; `of_scope` spells out what is folded in it."""
    labels = (from_label(tag.removeprefix(MARKER_TAG)) for tag in tags if is_ours(tag))
    return next((each for each in labels if each is not None), None)


def of_scope(marker: Marker | None, scope: Scope) -> Marker | None:
    """The marker with workspace and env spelled out, if it is one of this scope."""
    is_folded = marker is not None and marker.workspace_id.startswith(_FOLDED)
    if marker is None or not is_folded or marker.workspace_id != _folded(scope):
        return marker
    return replace(marker, workspace_id=scope.workspace_id, env=scope.env)


def tags_without_marker(tags: Iterable[str]) -> list[str]:
    """The tags a person set."""
    return [each for each in tags if not is_ours(each)]


def is_ours(tag: str) -> bool:
    """Whether a tag is one that no person may set."""
    return tag.startswith(MARKER_TAG)


def _folded(scope: Scope) -> str:
    return f"{_FOLDED}{digest([scope.workspace_id, scope.env])}"
