"""`reconciler state`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anyio
import click

from reconciler.cli.options import Where, workspace_options
from reconciler.cli.screen import Screen
from reconciler.errors import Problem, StateError
from reconciler.model import Outcome, Run

LEASE_S = 30.0
_NAMED = 20
"""Addresses that are named before the rest is counted."""


@click.group("state")
def command() -> None:
    """Make, check or show the state."""


@command.command("init")
@workspace_options
@click.pass_obj
def init(screen: Screen, /, **flags: Any) -> int:
    """Make an empty state for this workspace and environment."""
    return anyio.run(_init, screen, flags)


async def _init(screen: Screen, flags: dict[str, Any]) -> int:
    from reconciler.cli.session import open_providers, open_store, open_workspace, state_path

    opened = open_workspace(Where.of(flags))
    async with open_providers(opened, None) as providers:
        for name, provider in providers.items():
            listing = await provider.observe(list(provider.kinds), ())
            if listing.objects:
                raise StateError(_objects_of_ours(name, len(listing.objects)))
    open_store(opened).init()
    screen.say(f"An empty state was made: {state_path(opened)} ({opened.scope.env})")
    return 0


def _objects_of_ours(provider: str, count: int) -> Problem:
    return Problem(
        code="S406",
        summary=f"{count} objects at {provider} carry this workspace's marker",
        cause="an empty state would not know them",
        remedy="bring the state back from its backup, or run: reconciler state rebuild",
    )


@command.command("rebuild")
@workspace_options
@click.pass_obj
def rebuild(screen: Screen, /, **flags: Any) -> int:
    """Make a lost state anew from the markers on live objects."""
    return anyio.run(_rebuild, screen, flags)


async def _rebuild(screen: Screen, flags: dict[str, Any]) -> int:
    from reconciler.apply.rebuild import Rebuild
    from reconciler.cli.outside import SystemClock
    from reconciler.cli.session import (
        load_manifests,
        open_providers,
        open_store,
        open_workspace,
    )
    from reconciler.plan.build import Desired
    from reconciler.values import digest

    opened = open_workspace(Where.of(flags))
    loaded = load_manifests(opened, screen)
    scope = opened.scope
    desired = Desired(loaded.resources, loaded.inputs, scope.workspace_id, scope.env, opened.kinds)
    store = open_store(opened)
    async with open_providers(opened, None) as providers:
        screen.note(
            "Waiting until nothing that was under way can still arrive, then listing twice."
        )
        anew = Rebuild(desired, providers, SystemClock(), digest, loaded.files)
        batch = await anew.restored()
    store.init(batch)
    store.close()
    screen.say(f"Restored {len(batch.put_records)} records; they are protected until next applied.")
    _tell_unknown(screen, batch.put_runs)
    return 0


def _tell_unknown(screen: Screen, runs: Sequence[Run]) -> None:
    """Work of which nobody can say any more whether it ran."""
    unknown = [str(run.address) for run in runs if run.outcome is Outcome.UNKNOWN]
    for name in unknown[:_NAMED]:
        screen.say(f"  {name}: it can't be told whether it ran; held until you say: rerun {name}")
    if len(unknown) > _NAMED:
        screen.say(f"  and {len(unknown) - _NAMED} more; `plan` shows them all.")


@command.command("unlock")
@workspace_options
@click.pass_obj
def unlock(screen: Screen, /, **flags: Any) -> int:
    """Take the lease from a holder that is surely gone, and let it go."""
    from reconciler.cli.outside import SystemClock, holder
    from reconciler.cli.session import open_workspace, state_path
    from reconciler.state.sqlite_store import SqliteStore

    opened = open_workspace(Where.of(flags))
    store = SqliteStore(state_path(opened), opened.scope, is_alive=lambda _: False)
    lease = store.acquire(holder(), LEASE_S, SystemClock().now())
    store.release(lease)
    store.close()
    before = lease.taken_over_from
    screen.say(f"Unlocked; it was held by {before}." if before else "It was not locked.")
    return 0


@command.command("verify")
@workspace_options
@click.pass_obj
def verify(screen: Screen, /, **flags: Any) -> int:
    """Check every byte of the state."""
    from reconciler.cli.session import open_store, open_workspace

    store = open_store(open_workspace(Where.of(flags)))
    wrong = store.verify()
    store.close()
    screen.say("\n".join(wrong) if wrong else "The state is whole.")
    return 1 if wrong else 0


@command.command("list")
@workspace_options
@click.pass_obj
def list_records(screen: Screen, /, **flags: Any) -> int:
    """Show every recorded address with its remote id."""
    from reconciler.cli.session import open_store, open_workspace

    store = open_store(open_workspace(Where.of(flags)))
    recorded = store.read()
    store.close()
    if screen.is_json:
        rows = [
            {"address": str(address), "remoteId": record.remote_id, "ordinal": record.ordinal}
            for address, record in sorted(recorded.records.items())
        ]
        screen.document({"formatVersion": 1, "serial": recorded.serial, "records": rows})
        return 0
    lines = [f"{address}  {each.remote_id}" for address, each in sorted(recorded.records.items())]
    screen.say("\n".join(lines) or "Nothing is recorded yet.")
    return 0
