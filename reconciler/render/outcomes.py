"""How steps are spoken of: what they do, what they did, and in which colour they ended."""

from __future__ import annotations

from typing import Final

from reconciler.model import Verb
from reconciler.render.style import Tone
from reconciler.report import Passed

DOING: Final = {
    Verb.CREATE: "creating",
    Verb.APPEND: "adding to",
    Verb.UPDATE: "updating",
    Verb.STOP: "terminating",
    Verb.DELETE: "deleting",
    Verb.ADOPT: "adopting",
    Verb.FORGET: "forgetting",
}
DONE: Final = {
    Verb.CREATE: "created",
    Verb.APPEND: "added to",
    Verb.UPDATE: "updated",
    Verb.STOP: "terminated",
    Verb.DELETE: "deleted",
    Verb.ADOPT: "adopted",
    Verb.FORGET: "forgotten",
}
TONES: Final = {
    Passed.DONE: Tone.GOOD,
    Passed.FAILED: Tone.ERROR,
    Passed.SKIPPED: Tone.HELD,
    Passed.PENDING: Tone.HELD,
    Passed.UNKNOWN: Tone.WARNING,
}
