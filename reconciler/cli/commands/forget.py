"""`reconciler forget`."""

from __future__ import annotations

from typing import Any

import anyio
import click

from reconciler.cli.options import asking_options, workspace_options
from reconciler.cli.screen import Screen


@click.command("forget")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@workspace_options
@asking_options
@click.pass_obj
def command(screen: Screen, /, **flags: Any) -> int:
    """Stop owning what stands at ADDRESS, without ending it.

    What has run is remembered all the same: finished work is not run again.
    """
    from reconciler.address import Address
    from reconciler.cli.asking import asked, by_policy

    wanted = frozenset(map(Address.parse, flags["addresses"]))
    return anyio.run(
        asked,
        screen,
        flags,
        "Forget this? Nothing is ended at the vendor.",
        by_policy(forget=wanted),
    )
