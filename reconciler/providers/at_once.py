"""Many questions at a time, never more than a vendor takes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import anyio

from reconciler.errors import ProviderError

T = TypeVar("T")
U = TypeVar("U")


async def at_once(ask: Callable[[T], Awaitable[U]], of: Sequence[T], most: int) -> list[U]:
    """The answers, in order; at most so many questions are under way.

    Raises:
        ProviderError: one of them failed; all of them have ended.
    """
    found: dict[int, U | ProviderError] = {}
    limit = anyio.CapacityLimiter(most)

    async def answer(number: int, each: T) -> None:
        async with limit:
            try:
                found[number] = await ask(each)
            except ProviderError as error:
                found[number] = error

    async with anyio.create_task_group() as tasks:
        for number, each in enumerate(of):
            tasks.start_soon(answer, number, each)
    return [_or_raise(found[number]) for number in range(len(of))]


def _or_raise(found: U | ProviderError) -> U:
    if isinstance(found, ProviderError):
        raise found
    return found
