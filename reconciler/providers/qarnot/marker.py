"""Where our marker stands at Qarnot: a label with all of it, and a shortname made from it.

The shortname is unique per account and kind, so that a creation sent twice makes one object.
Source: Compute API v1.0 page, shortname; uniqueness is also what the SDKs rely on.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from reconciler.address import Address
from reconciler.model import MARKER_VERSION, Marker
from reconciler.values import canonical

LABEL = "reconciler"
_SLUG_LENGTH = 33
_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")


def to_label(marker: Marker) -> str:
    """The marker as one text, its address last."""
    return " ".join(
        (
            str(marker.version),
            marker.workspace_id,
            marker.env,
            str(marker.ordinal),
            marker.run_key or "-",
            str(marker.attempt),
            marker.cover or "-",
            str(marker.address),
        )
    )


def from_label(text: str) -> Marker | None:
    """The marker a label holds; `None` when it holds none of a version we know."""
    parts = text.split(" ", 7)
    numbers = (parts[0], parts[3], parts[5]) if len(parts) == 8 else ()
    if not numbers or not all(each.isdecimal() and len(each) < 10 for each in numbers):
        return None
    _, workspace_id, env, ordinal, run_key, attempt, cover, address = parts
    names = address.split("/", 2)
    if int(parts[0]) != MARKER_VERSION or len(names) != 3:
        return None
    return Marker(
        workspace_id=workspace_id,
        env=env,
        address=Address(*names),
        ordinal=int(ordinal),
        run_key="" if run_key == "-" else run_key,
        attempt=int(attempt),
        cover="" if cover == "-" else cover,
    )


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
