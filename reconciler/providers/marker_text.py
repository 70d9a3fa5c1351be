"""A marker as one text, for vendors that keep free text beside an object."""

from __future__ import annotations

from reconciler.address import Address
from reconciler.model import MARKER_VERSION, Marker


def to_text(marker: Marker) -> str:
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


def from_text(text: str) -> Marker | None:
    """The marker a text holds; `None` when it holds none of a version we know."""
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
