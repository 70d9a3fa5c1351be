"""Many creations in one call: an answer for each, whatever becomes of the call.

Source: Compute API v1.0 page, bulk creation of jobs and tasks; what a bulk answers as a whole when
one of its items is wrong is documented nowhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anyio

from reconciler.errors import (
    AlreadyExists,
    Conflict,
    Effect,
    Forbidden,
    ProviderError,
    QuotaExceeded,
    Rejected,
)
from reconciler.providers.call import Reply
from reconciler.providers.qarnot.client import (
    Body,
    Client,
    creation_error,
    no_uuid,
    translate_error,
)

Made = str | ProviderError
"""The uuid of what was made, or why it was not."""

_ABOUT_ONE = (Rejected, Conflict, AlreadyExists, Forbidden, QuotaExceeded)
"""Refusals that one item may have brought upon all."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """Creations in one collection; all of it ends within the client's deadline for one request.

    `clean` takes secrets out of what the vendor says of an item.
    """

    client: Client
    collection: str
    clean: Callable[[str], str]

    async def create(self, bodies: Sequence[Body]) -> list[Made]:
        """A uuid or an error for each body, in order."""
        ends_at = anyio.current_time() + self.client.deadline_s
        return await self._create(bodies, ends_at) if bodies else []

    async def _create(self, bodies: Sequence[Body], ends_at: float) -> list[Made]:
        left_s = ends_at - anyio.current_time()
        try:
            if len(bodies) == 1:
                return [await self.client.create(self.collection, bodies[0], left_s)]
            items = await self.client.create_many(self.collection, bodies, left_s)
        except ProviderError as error:
            is_over = len(bodies) == 1 or anyio.current_time() >= ends_at
            if is_over or error.effect is Effect.UNKNOWN or not isinstance(error, _ABOUT_ONE):
                return [error] * len(bodies)
        else:
            return answers(items, len(bodies), self.clean)
        half = len(bodies) // 2
        first = await self._create(bodies[:half], ends_at)
        return [*first, *await self._create(bodies[half:], ends_at)]


def answers(items: Any, count: int, clean: Callable[[str], str]) -> list[Made]:
    """What a bulk's answer says of each of its items; what it does not say is unknown."""
    if not isinstance(items, list) or len(items) != count:
        return [no_uuid()] * count
    made = [_answer(each, clean) for each in items]
    times = Counter(each for each in made if isinstance(each, str))
    return [no_uuid() if isinstance(each, str) and times[each] > 1 else each for each in made]


def _answer(item: Any, clean: Callable[[str], str]) -> Made:
    told: Mapping[str, Any] = item if isinstance(item, Mapping) else {}
    status, uuid = told.get("statusCode"), told.get("uuid")
    if not isinstance(status, int) or status // 100 not in (2, 4, 5):
        return no_uuid()
    if status >= 400:
        message = clean(str(told.get("message") or ""))
        return creation_error(translate_error(status, Reply(status, json={"message": message})))
    return uuid if isinstance(uuid, str) and uuid else no_uuid()
