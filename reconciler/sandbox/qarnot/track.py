"""What pools, jobs and tasks have in common: states with their times, and time spent running."""

from dataclasses import dataclass


@dataclass(slots=True)
class StateTrack:
    """The present state, the one before, and when they began.

    `stamp` grows whenever planned steps are given up; an event with another stamp means nothing.
    """

    state: str
    since_s: int
    modified_s: int
    previous: str | None = None
    previous_since_s: int | None = None
    ended_s: int | None = None
    stamp: int = 0

    def enter(self, state: str, at_s: float) -> None:
        """Go on to another state."""
        self.previous, self.previous_since_s = self.state, self.since_s
        self.state, self.since_s = state, int(at_s)
        self.modified_s = int(at_s)

    def give_up_steps(self) -> None:
        """Whatever was planned will not happen."""
        self.stamp += 1


def new_track(state: str, at_s: float) -> StateTrack:
    """The track of something that was created then."""
    return StateTrack(state, int(at_s), int(at_s))


@dataclass(slots=True)
class RunTime:
    """How many instances run, and how long they have run together."""

    counted_at_s: float
    running: int = 0
    first_s: int | None = None
    executed_s: float = 0.0

    def change(self, running: int, at_s: float) -> None:
        """So many run from now on."""
        self.executed_s = self.executed_until(at_s)
        self.counted_at_s = at_s
        self.running = running
        if running and self.first_s is None:
            self.first_s = int(at_s)

    def executed_until(self, at_s: float) -> float:
        """Instance seconds so far."""
        return self.executed_s + self.running * max(0.0, at_s - self.counted_at_s)

    def wall_s(self, end_s: float) -> int | None:
        """Seconds from the first instance's start; None when none has started."""
        return None if self.first_s is None else max(0, int(end_s) - self.first_s)
