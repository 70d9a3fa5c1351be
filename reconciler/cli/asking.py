"""What a person asks of single addresses: planned, shown, confirmed and carried out as by apply."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from reconciler.address import Address
from reconciler.apply.prepare import Choice
from reconciler.cli.applying import Applying
from reconciler.cli.deciding import Command
from reconciler.cli.options import Asked, Where
from reconciler.cli.screen import Screen
from reconciler.plan.policy import Policy
from reconciler.workflow import surveyed

Choose = Callable[[Command], Awaitable[Choice]]


async def asked(screen: Screen, flags: Mapping[str, Any], question: str, choose: Choose) -> int:
    """The exit code of one such command."""
    applying = Applying(
        screen=screen,
        where=Where.of(flags),
        asked=Asked(),
        must_ask=not flags["auto_approve"],
        may_ask=flags["may_ask"],
        lock_timeout=flags["lock_timeout"],
        question=question,
        choose=choose,
    )
    return await applying.go()


def by_policy(**wanted: Any) -> Choose:
    """The policy that wants this of some addresses, and nothing else at all."""

    async def choose(_: Command) -> Choice:
        return Choice(partial(Policy, **wanted))

    return choose


def to_rerun(addresses: frozenset[Address]) -> Choose:
    """The policy that runs these again, and nothing else; it refuses what can't be run again."""

    async def choose(under_way: Command) -> Choice:
        standing = await surveyed(under_way.setting)
        again = standing.to_rerun(addresses)
        targets = again | standing.containers_of(again)
        return Choice(partial(Policy, rerun=again, targets=targets))

    return choose
