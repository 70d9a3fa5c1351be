"""Moments as vendors write them."""

from __future__ import annotations

from datetime import datetime
from typing import Any


def moment(text: Any) -> datetime | None:
    """A moment with its zone; `None` for the year 1, which means "not yet", and for no moment."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    is_told = found is not None and found.year > 1 and found.tzinfo is not None
    return found if is_told else None
