"""The window of time that an updates call asks for. Source: reference of the compute API, v1."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from reconciler.sandbox.flow.answers import service_error


@dataclass(frozen=True, slots=True)
class Window:
    """From a time to another, each where there is one; `has_edges` says whether both are in it."""

    after_s: float | None
    before_s: float | None
    has_edges: bool

    def holds(self, at_s: float) -> bool:
        """Whether this time is in the window."""
        if not self.has_edges and at_s in {self.after_s, self.before_s}:
            return False
        is_late = self.after_s is None or at_s >= self.after_s
        return is_late and (self.before_s is None or at_s <= self.before_s)


def window_of(query: Mapping[str, str], boundary: str) -> Window:
    """The window of `after` and `before`.

    Raises:
        Refused: 400, one of them is no date.
    """
    return Window(_seconds(query, "after"), _seconds(query, "before"), boundary == "inclusive")


def _seconds(query: Mapping[str, str], name: str) -> float | None:
    if name not in query:
        return None
    try:
        date = datetime.fromisoformat(query[name])
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise service_error(400, f"{name}: must be a date of ISO 8601") from error
