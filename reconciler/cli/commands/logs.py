"""`reconciler logs`."""

from __future__ import annotations

from typing import Any

import anyio
import click

from reconciler.cli.options import Where, workspace_options
from reconciler.cli.screen import Screen


@click.command("logs")
@click.argument("address")
@workspace_options
@click.option("--stderr", "is_error", is_flag=True, help="What it wrote to stderr.")
@click.option("--instance", type=click.IntRange(min=0), help="Of one instance, or frame, alone.")
@click.option("--attempt", type=click.IntRange(min=1), help="Of that attempt, not the newest run.")
@click.option("--follow", "-f", is_flag=True, help="Go on until the run is over.")
@click.pass_obj
def command(screen: Screen, /, **flags: Any) -> int:
    """Print what the newest run at ADDRESS wrote to stdout, as long as its vendor keeps it."""
    return anyio.run(_logs, screen, flags)


async def _logs(screen: Screen, flags: dict[str, Any]) -> int:
    from reconciler.address import Address
    from reconciler.cli.outside import SystemClock
    from reconciler.cli.remembered import run_of
    from reconciler.cli.session import open_providers, open_store, open_workspace
    from reconciler.cli.transcript import Transcript
    from reconciler.ports import Output

    address = Address.parse(flags["address"])
    opened = open_workspace(Where.of(flags))
    store = open_store(opened)
    run = run_of(address, store.read(), flags["attempt"])
    store.close()
    async with open_providers(opened, None) as providers:
        transcript = Transcript(
            provider=providers[run.address.provider],
            run=run,
            wanted=Output(flags["is_error"], flags["instance"]),
            screen=screen,
            clock=SystemClock(),
        )
        await (transcript.follow() if flags["follow"] else transcript.show())
    return 0
