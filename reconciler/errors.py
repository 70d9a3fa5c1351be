"""What went wrong, where, why and how to mend it: the words every room uses to say so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file a person wrote: line and column count from 1, column in characters.

    `path` names the field (`spec.scaling.policies[night].maxSlots`), `excerpt` is that line's text.
    """

    file: str
    line: int
    column: int
    path: str = ""
    excerpt: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing a person has to know: `code` is stable, `remedy` says what to do about it."""

    code: str
    summary: str
    cause: str = ""
    remedy: str = ""
    address: str = ""
    location: Location | None = None
    related: tuple[Location, ...] = ()
    severity: Severity = Severity.ERROR
    also: tuple[str, ...] = ()
    """Other addresses that the same lines are wrong for: a matrix makes many of one document."""

    def at(self, location: Location | None, address: str = "") -> Problem:
        """The same problem, placed; a place it already has is kept."""
        return replace(self, location=self.location or location, address=self.address or address)


def errors_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems that forbid going on: warnings left out."""
    return tuple(each for each in problems if each.severity is Severity.ERROR)


class Effect(StrEnum):
    """What a failed call may have done at the vendor: `UNKNOWN` has to be settled, never resent."""

    NONE = "none"
    UNKNOWN = "unknown"


class ReconcilerError(Exception):
    """Base of all errors that reach a user; carries every problem found, never a secret."""

    code: ClassVar[str] = "R000"

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(each.summary for each in problems))
        self.problems = problems


class UserError(ReconcilerError):
    """The person who asked can mend it."""

    code = "U000"


class ManifestError(UserError):
    code = "M000"


class ConfigError(UserError):
    code = "C000"


class PlanRefused(UserError):
    """A plan may not be made or applied as asked: policy, cycle, stale or altered plan."""

    code = "P000"


class PlanStale(PlanRefused):
    """The plan is stale, altered, expired or used."""

    code = "P100"


class ProviderError(ReconcilerError):
    """A vendor, or the way to it, refused. `effect` says whether the call may have passed."""

    code = "V000"

    def __init__(self, problem: Problem, *, effect: Effect = Effect.NONE) -> None:
        super().__init__(problem)
        self.effect = effect

    @property
    def problem(self) -> Problem:
        return self.problems[0]


class AuthFailed(ProviderError):
    code = "V401"


class Forbidden(ProviderError):
    code = "V403"


class NotFound(ProviderError):
    code = "V404"


class AlreadyExists(ProviderError):
    """The vendor holds another object under the unique id we asked for."""

    code = "V409"


class Rejected(ProviderError):
    """The vendor found the request itself wrong."""

    code = "V400"


class Conflict(ProviderError):
    """The object is in a state that does not allow the call."""

    code = "V412"


class QuotaExceeded(ProviderError):
    code = "V402"


class RateLimited(ProviderError):
    code = "V429"


class Unavailable(ProviderError):
    """No usable answer: refused connection, time-out, 5xx after all retries."""

    code = "V503"


class UnexpectedReply(ProviderError):
    """An answer came that is not of the promised shape."""

    code = "V502"


class StateError(ReconcilerError):
    code = "S000"


class StateMissing(StateError):
    code = "S404"


class Locked(StateError):
    code = "S423"


class Corrupt(StateError):
    code = "S500"


class TooNew(StateError):
    code = "S505"


class InternalError(ReconcilerError):
    """A defect of ours."""

    code = "I000"
