"""`reconciler rerun`."""

from __future__ import annotations

from typing import Any

import anyio
import click

from reconciler.cli.options import asking_options, workspace_options
from reconciler.cli.screen import Screen


@click.command("rerun")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@workspace_options
@asking_options
@click.pass_obj
def command(screen: Screen, /, **flags: Any) -> int:
    """Run finished work at ADDRESS again; of a job, its tasks that did not succeed.

    Of work in several parts, those that did not succeed; all of it, when all of it did.
    """
    from reconciler.address import Address
    from reconciler.cli.asking import asked, to_rerun

    wanted = frozenset(map(Address.parse, flags["addresses"]))
    return anyio.run(asked, screen, flags, "Run this again?", to_rerun(wanted))
