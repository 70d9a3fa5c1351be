"""`reconciler wait`."""

from __future__ import annotations

from typing import Any

import anyio
import click

from reconciler.cli.options import (
    Asked,
    Where,
    record_option,
    seconds_of,
    timeout_option,
    workspace_options,
)
from reconciler.cli.screen import Screen


@click.command("wait")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@workspace_options
@timeout_option
@record_option
@click.pass_obj
def command(screen: Screen, /, **flags: Any) -> int:
    """Wait until declared work is over, or the work at ADDRESS: a job's is all of its tasks.

    Exits with 11 when any of it ended badly, with 2 when some was never started. Leaving it changes
    nothing: the work goes on.
    """
    return anyio.run(_wait, screen, flags)


async def _wait(screen: Screen, flags: dict[str, Any]) -> int:
    from reconciler.address import Address
    from reconciler.cli.deciding import opened_command
    from reconciler.cli.endings import of_wait
    from reconciler.cli.waiting import show_wait, wait_shown

    addresses = [Address.parse(each) for each in flags["addresses"]]
    timeout_s = seconds_of("timeout", flags["timeout"])
    async with opened_command(Where.of(flags), Asked.of(flags), screen) as under_way:
        report = await wait_shown(under_way, addresses, timeout_s)
    show_wait(report, screen)
    return of_wait(report)
