"""A job as the emulator keeps it, and the rules of its fields.

Source: Qarnot Compute API v1.0 page, jobs.
"""

from dataclasses import dataclass, field

from reconciler.sandbox.qarnot.reading import Rule, boolean, text, time_span
from reconciler.sandbox.qarnot.shapes import SHORTNAME, TAGS, uuid
from reconciler.sandbox.qarnot.track import StateTrack
from reconciler.sandbox.vendor import Json

CREATE_RULES = (
    Rule("name", text(), lambda: "", is_required=True),
    Rule("shortname", text(below=1 << 20, pattern=SHORTNAME)),
    Rule("poolUuid", uuid),
    Rule("useDependencies", boolean, lambda: False),
    Rule("tags", TAGS, list),
    Rule("maxWallTime", time_span),
    Rule("autoDeleteOnCompletion", boolean, lambda: False),
    Rule("completionTimeToLive", time_span, lambda: "00:00:00"),
)


@dataclass(slots=True)
class Job:
    """One job: a container of tasks, which does not complete by itself."""

    uuid: str
    shortname: str
    fields: dict[str, Json]
    created_s: int
    track: StateTrack
    rendered: dict[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """The present state."""
        return self.track.state

    @property
    def is_active(self) -> bool:
        """Whether the job takes tasks."""
        return self.track.state == "Active"

    @property
    def is_over(self) -> bool:
        """Whether nothing will happen to the job any more."""
        return self.track.state == "Completed"
