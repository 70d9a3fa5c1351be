"""What a request whose answer was lost has made: the look for it, and how long to wait.

A creation is looked for by its marker, or by the name that is all its identity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from reconciler.errors import ProviderError
from reconciler.kinds import Ability
from reconciler.model import Intent, Marker, Observed, Settled
from reconciler.ports import Provider, Scope

SEND_WINDOW_S = 5.0
"""How long after its note a request may still be sent."""


class Looked(StrEnum):
    ONE = "one"
    NONE = "none"
    SEVERAL = "several"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look for one marker brought; `observed` is there exactly when it is `ONE`."""

    looked: Looked
    observed: Observed | None = None


def marker_of(intent: Intent, scope: Scope) -> Marker:
    """The marker the object of this creation carries, if it was made."""
    return Marker(
        workspace_id=scope.workspace_id,
        env=scope.env,
        address=intent.first_address,
        ordinal=intent.ordinal,
        run_key=intent.run_key,
        attempt=intent.attempt,
        cover=intent.cover,
    )


async def look(provider: Provider, intent: Intent, scope: Scope) -> Finding:
    """Ask the vendor for what one creation may have made."""
    return (await looks(provider, [intent], scope))[intent.operation_id]


async def looks(provider: Provider, intents: Sequence[Intent], scope: Scope) -> dict[str, Finding]:
    """What each of these creations of one kind has made, by operation id: one look for all.

    By their markers; where the kind has no place for any, by the name that is their identity.
    """
    if not intents:
        return {}
    kind = intents[0].kind
    marked = {each.operation_id: marker_of(each, scope) for each in intents}
    try:
        if provider.kinds[kind].identity is not None:
            there = await provider.read(kind, [each.remote_id for each in intents])
            return {each.operation_id: _one_of(there[each.remote_id]) for each in intents}
        found = await provider.find(kind, list(marked.values()))
    except ProviderError:
        return dict.fromkeys(marked, Finding(Looked.UNREADABLE))
    return {number: _finding(found.get(marker, ())) for number, marker in marked.items()}


def _finding(found: Sequence[Observed]) -> Finding:
    """Of several that are all over, one speaks for them: what succeeded, else the oldest."""
    if len(found) < 2:
        return _one_of(found[0] if found else None)
    if not all(each.settled.is_over for each in found):
        return Finding(Looked.SEVERAL)
    return _one_of(min(found, key=_precedence))


def _precedence(observed: Observed) -> tuple[bool, str, str]:
    is_lesser = observed.settled is not Settled.SUCCEEDED
    return is_lesser, str(observed.created_at or ""), observed.remote_id


def _one_of(observed: Observed | None) -> Finding:
    return Finding(Looked.NONE if observed is None else Looked.ONE, observed)


async def looks_again(
    provider: Provider, intents: Sequence[Intent], scope: Scope
) -> dict[str, Finding]:
    """As `looks`, for requests that can arrive no more: what is missing now was not made.

    Where the vendor enforces no unique id of ours, that takes two complete lists.
    """
    first = await looks(provider, intents, scope)
    if not intents or _is_unique(intents[0], provider):
        return first
    missing = [each for each in intents if first[each.operation_id].looked is Looked.NONE]
    return first | await looks(provider, missing, scope)


def settled_from(intent: Intent, provider: Provider) -> datetime:
    """When an object that is still missing was surely not made by this intent's request."""
    return intent.send_by + timedelta(seconds=_settles_after_s(intent, provider))


def patience_s(intent: Intent, provider: Provider, now: datetime) -> float:
    """Seconds until then; never longer than a request sent just now would need.

    So a wall clock that somebody set back makes nobody wait for a day.
    """
    left_s = (settled_from(intent, provider) - now).total_seconds()
    return max(0.0, min(left_s, SEND_WINDOW_S + _settles_after_s(intent, provider)))


def _settles_after_s(intent: Intent, provider: Provider) -> float:
    after_s = 0.0 if _is_unique(intent, provider) else provider.settle_after_s
    return provider.request_deadline_s + after_s


def _is_unique(intent: Intent, provider: Provider) -> bool:
    """Whether one creation sent twice makes one object: by a unique id, or by its very name."""
    kind = provider.kinds[intent.kind]
    return kind.identity is not None or Ability.UNIQUE_ID in kind.abilities
