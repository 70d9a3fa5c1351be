"""What the state remembers, as an open intent looks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.address import Address
from reconciler.model import Intent, Outcome, Record, Recorded, Run

_Marked = tuple[Address, str, int, str]
"""First address, run key, attempt and cover: what a marker tells one creation by."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Records by address; runs by what made them, and by their object."""

    records: Mapping[Address, Record]
    by_marker: Mapping[_Marked, Run]
    by_object: Mapping[tuple[str, str], Sequence[Run]]

    @classmethod
    def of(cls, recorded: Recorded) -> Memory:
        """For a state without open intents nothing is looked for: no run stands in it."""
        by_marker: dict[_Marked, Run] = {}
        by_object: dict[tuple[str, str], list[Run]] = {}
        for each in recorded.runs if recorded.intents else ():
            if each.remote_id:
                marked = (each.address, each.run_key, each.attempt, each.cover)
                by_marker.setdefault(marked, each)
                by_object.setdefault((each.address.provider, each.remote_id), []).append(each)
        return cls(recorded.records, by_marker, by_object)

    def made_by(self, intent: Intent) -> Run | None:
        """The run a creation made, when somebody has seen it while its answer was lost."""
        marked = (intent.first_address, intent.run_key, intent.attempt, intent.cover)
        return self.by_marker.get(marked)

    def ended_by(self, intent: Intent) -> list[Run]:
        """The runs an intent was to end, as far as nobody has seen them end."""
        there = self.by_object.get((intent.address.provider, intent.remote_id), ())
        return [each for each in there if each.is_withdrawn and each.outcome is Outcome.ACTIVE]
